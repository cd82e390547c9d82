/* SPDX-License-Identifier: BSD-2-Clause */
/** process.h: what a process knows about a space it has open, and about its own threads in it. Private memory only. */
#ifndef PAWL__PROCESS_H
#define PAWL__PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <pawl/space.h>

#include "space/layout.h"

struct pawl__member;
struct cds_lfht;

struct pawl_space {
	struct pawl__header *header; /* the mapping; NULL once given up */
	uint64_t size;
	uint32_t capacity; /* copies of what the header says, checked once: a peer cannot move our bounds */
	uint32_t token_off;
	bool has_remote;
	struct pawl__office *office;     /* NULL: no remote */
	struct pawl__tenure_rules rules; /* and copies of what the office says */
	char host[36], shown_url[512];
	bool url_is_whole;
	struct pawl__keeper *keeper; /* this process's candidate for the role; NULL: none. keeper.c */
	int bell;                    /* an eventfd: what it waits for as the keeper, beside the service; -1: none yet */
	uint32_t in_charge;          /* it is the keeper, and hears that bell */
	char *url;                   /* of the remote, whole, as this process was given it; NULL: it was not */
	uint32_t watches;            /* somebody wants to be told of lost leases (remote/watch.c) */

	char path[PATH_MAX]; /* "" for an anonymous one */
	int fd;              /* membership: a shared OFD lock on byte 0; -1 once lost (fork without descriptors) */
	int fork_fd;         /* membership made ready for the child of a fork that is under way; else -1 */
	dev_t dev;
	ino_t ino;

	unsigned opens;               /* pawl_space_open minus pawl_space_close; 0: closed, waits for its last thread */
	struct pawl__member *members; /* threads of this process that have a slot */
	struct pawl_space *next;      /* in the list of the process's spaces */

	struct cds_lfht *handles; /* (name, flags) -> pawl_lock_t; handle.c */
	pthread_mutex_t handles_lock;
	unsigned long handle_count, idle_handles;

	uint32_t own[PAWL__SLOTS]; /* by slot: the id of this process's thread that has it, 0 if none does (rule F1) */
};

/* One thread in one space. */
struct pawl__member {
	struct pawl_space *space;
	uint32_t me;   /* its id: inc << 12 | slot; 0: not joined (yet, or not in this process after a fork) */
	uint32_t held; /* words it holds; written by the thread, read by pawl_space_close */
	struct pawl__member *next_of_thread;
	struct pawl__member *next_of_space;
};

/* I7: every index that was read from the segment goes through one of these five. NULL: out of bounds, or not there. */
static inline struct pawl__slot *pawl__slot_at(const struct pawl_space *space, uint32_t slot)
{
	/* LV1 acquire: pairs with LV2 (grow): a slot counted as ready has its mutex prepared */
	if (slot == 0 || slot >= PAWL__SLOTS || slot >= PAWL_LOAD(&space->header->slots_ready, ACQUIRE))
		return NULL;
	return (struct pawl__slot *)((char *)space->header + PAWL__SLOTS_OFF) + slot;
}

bool pawl__chunk_is_there(const struct pawl_space *space, uint64_t off);

static inline struct pawl__place *pawl__place_at(const struct pawl_space *space, uint32_t place)
{
	uint64_t off = PAWL__PLACES_OFF + (uint64_t)place * sizeof(struct pawl__place);

	if (place >= space->capacity || !pawl__chunk_is_there(space, off))
		return NULL;
	return (struct pawl__place *)((char *)space->header + off);
}

/* The first place at or after `*i` that is there, and its index in `*i`; NULL at the end. To walk over all of them:
 * for (i = 0; (place = pawl__place_from(space, &i)); i++) */
static inline struct pawl__place *pawl__place_from(const struct pawl_space *space, uint32_t *i)
{
	for (; *i < space->capacity; *i = (*i | (PAWL__CHUNK / sizeof(struct pawl__place) - 1)) + 1) {
		struct pawl__place *place = pawl__place_at(space, *i);

		if (place)
			return place;
		/* nothing in this chunk */
	}
	return NULL;
}

static inline struct pawl__long *pawl__long_at(const struct pawl_space *space, uint32_t record)
{
	uint64_t off = pawl__longs_off(space->capacity) + (uint64_t)record * sizeof(struct pawl__long);

	if (record >= pawl__longs_of(space->capacity) || !pawl__chunk_is_there(space, off))
		return NULL;
	return (struct pawl__long *)((char *)space->header + off);
}

static inline struct pawl__seat *pawl__seat_at(const struct pawl_space *space, uint32_t place)
{
	uint64_t off = pawl__seats_off(space->capacity) + (uint64_t)place * sizeof(struct pawl__seat);

	if (!space->office || place >= space->capacity || !pawl__chunk_is_there(space, off))
		return NULL;
	return (struct pawl__seat *)((char *)space->header + off);
}

static inline struct pawl__figures *pawl__figures_at(const struct pawl_space *space, uint32_t place)
{
	uint64_t off = pawl__figures_off(space->capacity, space->office != NULL) +
		       (uint64_t)place * sizeof(struct pawl__figures);

	if (place >= space->capacity || !pawl__chunk_is_there(space, off))
		return NULL;
	return (struct pawl__figures *)((char *)space->header + off);
}

static inline uint32_t pawl__place_index(const struct pawl_space *space, const struct pawl__place *place)
{
	return (uint32_t)(place - (struct pawl__place *)((char *)space->header + PAWL__PLACES_OFF));
}

/** What a place's generation says now. */
static inline uint32_t pawl__table_gen(const struct pawl__place *place)
{
	/* TB1 acquire: pairs with TB2 (fill): a READY place has its name */
	return PAWL_LOAD(&place->gen, ACQUIRE);
}

static inline bool pawl__gen_is_ready(uint32_t gen)
{
	return (gen & 3) == PAWL__PLACE_READY;
}

/* The futex word inside a slot's mutex, where the kernel writes the death of its thread. */
static inline uint32_t *pawl__token(const struct pawl_space *space, struct pawl__slot *slot)
{
	return (uint32_t *)((char *)&slot->token + space->token_off);
}

/** Guards the list of spaces, `opens`, and each space's list of members. Held while forking. */
extern pthread_mutex_t pawl__registry;

/** Every space this process has open or cannot let go of yet. Guarded by pawl__registry. */
extern struct pawl_space *pawl__spaces;

/** Says why, for pawl_space_reason(), and returns rc: `return pawl__refuse(EPROTO, "%s: ...", path);` */
int pawl__refuse(int rc, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
