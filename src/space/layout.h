/* SPDX-License-Identifier: BSD-2-Clause */
/** layout.h: the bytes of a segment. Changing anything here is a new PAWL__FORMAT.
 *
 *   0x00000000  header            one page: stamp, counters, the robust words that guard the table's growth
 *   0x00001000  liveness slots    4,096 of 128 bytes; slot 0 is nobody's; prepared in blocks of 64 as threads come
 *   0x00081000  office            of a space with a remote: what its keepers hand on; one page
 *   0x00082000  bells             a bit for each place: its seat is to be looked at
 *   0x00090000  places            `capacity` of 128 bytes, one per name; open addressing, never moving
 *   ...         long names        one record of 1 KiB for every 64 places, for names of 64 bytes and more
 *   ...         seats             of a space with a remote: 256 bytes for each place
 *   ...         figures           256 bytes for each place: how long its lock was waited for, and held
 *
 * Memory of places, long names, seats and figures is reserved in chunks of 64 KiB before the first store there (reserve.c), so that a
 * large table costs microseconds to make and a full file system is ENOSPC, never SIGBUS.
 *
 * I7: nothing in here is an address, and whatever is read from here and used as an index is checked against its bounds
 *     first: by pawl__slot_at, pawl__place_at, pawl__long_at, pawl__seat_at, pawl__figures_at (process.h), by nobody else.
 */
#ifndef PAWL__LAYOUT_H
#define PAWL__LAYOUT_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include <ck_sequence.h>

#include <pawl/lock.h>
#include <pawl/space.h>

#include "remote/seat.h"
#include "space/word.h"

#define PAWL__MAGIC  0x31306c7761707e00ull /* "\0~pawl01" */
#define PAWL__FORMAT 4u

#define PAWL__SLOTS         (PAWL__SLOT_MAX + 1)
#define PAWL__SLOT_BLOCK    64u /* slots prepared at a time: two pages */
#define PAWL__WINDOW        64u /* a name lives within so many places of its hash */
#define PAWL__STRIPES       64u
#define PAWL__CHUNK         0x10000u
#define PAWL__CHUNK_WORDS   104u
#define PAWL__LONG_RATIO    64u   /* places per long name */
#define PAWL__SHORT_MAX     63u   /* longest name that fits into its place */
#define PAWL__LONG_NAME_MAX 1015u /* PAWL_NAME_MAX */

#define PAWL__CAPACITY_DEFAULT 65536u
#define PAWL__CAPACITY_MIN     64u
#define PAWL__CAPACITY_MAX     (1u << 20)

#define PAWL__CAPACITY_REMOTE (1u << 18) /* at most, with a remote: a bell for each */

#define PAWL__SLOTS_OFF  0x1000u
#define PAWL__OFFICE_OFF 0x81000u
#define PAWL__BELLS_OFF  0x82000u
#define PAWL__PLACES_OFF 0x90000u

/* header flags */
#define PAWL__PERSISTENT 1u
#define PAWL__REMOVED    2u /* somebody saw that the file has no name any more: EIDRM from here on */

struct pawl__header {
	/* the stamp: written before the segment has a name, constant from then on, `magic` last */
	uint64_t magic;
	uint32_t format;
	uint32_t header_size;
	uint64_t total_size;
	uint64_t layout_hash; /* sizes, offsets, word split, byte order, where the C library keeps a mutex's futex word */
	uint8_t boot_id[16]; /* TIDs of another boot look alive for ever: see adopt.c */
	uint64_t time_ns;    /* creator's time namespace: times stored here mean something only there */
	uint32_t capacity;
	uint32_t token_off; /* of the futex word within a slot's mutex */
	int64_t epoch_ns;   /* where token counters begin, CLOCK_REALTIME */
	int32_t creator_pid;
	uint32_t remote; /* 1: there are an office and seats */

	uint32_t flags;
	uint64_t floor; /* I6: no counter of a reclaimed name was higher; new names begin here */

	/* liveness slots */
	uint32_t slots_ready; /* slots 1 .. slots_ready - 1 may be read */
	uint32_t slot_hint;   /* where the next claim begins to look: rotates */

	/* counters for people */
	uint64_t joins, recovered, reclaimed, rescued_by_slice;

	uint64_t chunks[PAWL__CHUNK_WORDS]; /* bit: this chunk of places, long names, seats or figures is reserved and may be read */

	pawl_robust_t longs;                  /* guards: which place has which long-name record */
	pawl_robust_t stripes[PAWL__STRIPES]; /* guards: insertion of the names whose hash falls on it */
};

/* A thread's liveness slot. Line 0 decides; line 1 is for people and never trusted. */
struct pawl__slot {
	pthread_mutex_t token; /* robust, process-shared; held by the thread as long as it is a member */
	uint32_t state;        /* inc << 2 | kind */
	uint32_t spare_[(64 - sizeof(pthread_mutex_t)) / 4 - 1]; /* the mutex: 40 bytes, 48 on aarch64 */

	ck_sequence_t who_sequence; /* guards pid .. command: written by the slot's thread, read by all */
	int32_t pid, tid;           /* as the thread saw itself */
	uint32_t waiting_place;     /* 1 + index of the place it sleeps for; 0 none */
	uint64_t pid_ns;            /* inode of its PID namespace */
	uint64_t started;           /* /proc/PID/stat field 22 */
	char command[16];
	uint32_t waiting_grant; /* low bits of the grant it sleeps behind, and when it began to */
	uint32_t candidate; /* its id, if it would be the keeper (remote/keeper.c); a dead one's: of a thread before it */
	int64_t waiting_since_ns;
};

/* slot.state & 3 */
#define PAWL__SLOT_FREE     0u
#define PAWL__SLOT_CLAIMING 1u
#define PAWL__SLOT_OWNED    2u

/* A name and its lock. */
struct pawl__place {
	pawl_robust_t lock;
	uint32_t gen;  /* count << 2 | kind; moves whenever the place changes its name */
	uint32_t hash; /* of the name */
	uint32_t mark;
	uint32_t long_name;   /* 1 + index of the record that holds the name; 0: it is in `name` */
	uint64_t first_grant; /* lock.grant when the name came here */
	uint32_t contended, deaths;
	ck_sequence_t since_sequence; /* guards the next two: written by the lock's owner */
	uint32_t since_grant;         /* low bits of the grant that `since_ns` belongs to */
	int64_t since_ns;

	uint64_t name[8]; /* NUL-padded text; as words, because it is read while it may be changing */
};

/* place.gen & 3 */
#define PAWL__PLACE_EMPTY   0u /* never used: a search ends here; no place returns to it */
#define PAWL__PLACE_FILLING 1u
#define PAWL__PLACE_READY   2u
#define PAWL__PLACE_GONE    3u

/* place.mark */
#define PAWL__TOUCHED 1u /* used since the reclaimer last came by */
#define PAWL__LINGER  2u /* whoever gets the lock waits for this place's byte of the side file */
#define PAWL__AWAIT   4u /* the lock's owner is waiting for that byte: it has not been granted the lock yet */

struct pawl__long {
	uint32_t place; /* 1 + index of the place that uses the record, if that place points back; else the record is free */
	uint32_t spare_;
	uint64_t text[127]; /* NUL-padded */
};

/* How long a place's lock was waited for, and held: for people (figures.c). */
struct pawl__figures {
	uint64_t wait_ns, hold_ns; /* all of them together */
	uint32_t gave_up;          /* waits that ended by their deadline */
	uint32_t spare_[3];
	uint32_t waits[PAWL_TIMES_BUCKETS], holds[PAWL_TIMES_BUCKETS]; /* how many were so long */
};

/* What the processes of a host share about its remote. Line 0 is for all of them, the rest is the keeper's. */
struct pawl__office {
	pawl_robust_t keeper; /* the role: held by the thread that speaks to the service */
	uint32_t doorbell;    /* moves when a bell is rung; the keeper sleeps on it */
	uint32_t news;      /* moves when a keeper takes over or ends, or a lease is lost; the candidates sleep on it */
	uint32_t up;        /* the service can be reached */
	uint32_t term;      /* which keeper this is */
	int64_t not_before; /* no ACQUIRE before that */
	uint64_t flags;     /* PAWL_REMOTE_*: of the backend that was opened last; or PAWL__URL_REFUSED */
	uint64_t losses;    /* for people */
	uint64_t reason[12]; /* why the service cannot be reached; text, as words, because it is read while it changes */

	struct pawl__tenure_rules rules;
	uint32_t url_is_whole; /* nothing was taken out of `url`: whoever has only that can be the keeper */
	char host[36];         /* who we are to the service: 32 hex digits */
	char url[512];         /* without its secrets */
	uint8_t saved[PAWL_REMOTE_SAVED];
};

#define PAWL__URL_REFUSED (UINT64_C(1) << 32) /* by the backend: no keeper of this host will ever begin */

PAWL_STATIC_ASSERT(sizeof(struct pawl__office) <= PAWL__BELLS_OFF - PAWL__OFFICE_OFF, "the office is one page");
PAWL_STATIC_ASSERT(PAWL__BELLS_OFF + PAWL__CAPACITY_REMOTE / 8 <= PAWL__PLACES_OFF, "a bell for each place");
PAWL_STATIC_ASSERT(sizeof(struct pawl__header) <= PAWL__SLOTS_OFF, "the header is one page");
PAWL_STATIC_ASSERT(sizeof(struct pawl__slot) == 128, "two cache lines");
PAWL_STATIC_ASSERT(offsetof(struct pawl__slot, who_sequence) == 64, "what is waited on shares no line with display");
PAWL_STATIC_ASSERT(sizeof(struct pawl__place) == 128, "two cache lines");
PAWL_STATIC_ASSERT(offsetof(struct pawl__place, name) == 64, "the name has a line of its own");
PAWL_STATIC_ASSERT(sizeof(struct pawl__long) == 1024, "sixty-four to a chunk");
PAWL_STATIC_ASSERT(sizeof(struct pawl__figures) == 256, "two hundred and fifty-six to a chunk");
PAWL_STATIC_ASSERT(PAWL__SLOTS_OFF + PAWL__SLOTS * 128 <= PAWL__OFFICE_OFF, "regions do not overlap");
PAWL_STATIC_ASSERT(PAWL__PLACES_OFF % PAWL__CHUNK == 0, "chunks begin with the places");

static inline uint32_t pawl__longs_of(uint32_t capacity)
{
	return capacity / PAWL__LONG_RATIO;
}

static inline uint64_t pawl__longs_off(uint32_t capacity)
{
	uint64_t end = PAWL__PLACES_OFF + (uint64_t)capacity * sizeof(struct pawl__place);

	return (end + PAWL__CHUNK - 1) / PAWL__CHUNK * PAWL__CHUNK;
}

static inline uint64_t pawl__seats_off(uint32_t capacity)
{
	uint64_t end = pawl__longs_off(capacity) + (uint64_t)pawl__longs_of(capacity) * sizeof(struct pawl__long);

	return (end + PAWL__CHUNK - 1) / PAWL__CHUNK * PAWL__CHUNK;
}

static inline uint64_t pawl__figures_off(uint32_t capacity, bool remote)
{
	uint64_t end = pawl__seats_off(capacity) + (remote ? (uint64_t)capacity * sizeof(struct pawl__seat) : 0);

	return (end + PAWL__CHUNK - 1) / PAWL__CHUNK * PAWL__CHUNK;
}

static inline uint64_t pawl__total_of(uint32_t capacity, bool remote)
{
	uint64_t end = pawl__figures_off(capacity, remote) + (uint64_t)capacity * sizeof(struct pawl__figures);

	return (end + PAWL__CHUNK - 1) / PAWL__CHUNK * PAWL__CHUNK;
}

/* 128, 16 and 256 bytes for each place, or with a remote 256 more for a quarter of them at most. */
PAWL_STATIC_ASSERT(
	(uint64_t)PAWL__CAPACITY_MAX *(128 + 16 + 256) / PAWL__CHUNK <= 64 * PAWL__CHUNK_WORDS, "a bit for each");

#endif
