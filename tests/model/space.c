/* SPDX-License-Identifier: BSD-2-Clause */
/** space.c: what a space consists of where nothing is mapped: header, slots, a process's view, members (space.h); and what the
 * library calls in place of joining threads to a process's list, reserving memory, and looking at files.
 *
 * Joining itself is the library's, down to the token (live.c). Statistics, and what only its own thread reads, lie aside: they
 * make no steps.
 */
#include "swap.h" /* before what it changes */

#include <errno.h>
#include <string.h>

#include "space/live.h"
#include "space/member.h"
#include "space/reserve.h"
#include "space/segment.h"

#include "death.h"
#include "fibre.h"
#include "space.h"

__thread struct pawl__member *pawl__recent;

static unsigned siblings;
static struct pawl__header *header;
static struct pawl_space *space[MODEL_THREADS]; /* by thread */
static struct pawl__member *member[MODEL_THREADS];

void space_begin(const struct model_case *c)
{
	siblings = c->siblings;
	for (unsigned t = 0; t < world->threads; t++)
		world->thread[t].recent = NULL;
}

struct pawl_space *space_of(unsigned thread)
{
	return space[thread];
}

struct pawl__header *space_header(void)
{
	return header;
}

/* ---- setup ---- */

static size_t size_of_process(unsigned slots)
{
	return offsetof(struct pawl_space, own) + (slots + 1) * sizeof(uint32_t);
}

static void open_in_process(unsigned t, unsigned slots)
{
	if (siblings & 1u << t) {
		space[t] = space[t - 1];
		return;
	}
	space[t] = model_alloc(size_of_process(slots));
	space[t]->header = header;
	model_name(space[t]->own, (slots + 1) * sizeof(uint32_t), "own");
}

static struct pawl__slot *slot_of(unsigned s)
{
	return (struct pawl__slot *)((char *)header + PAWL__SLOTS_OFF) + s;
}

static void join_from_the_start(unsigned t)
{
	struct pawl__slot *slot = slot_of(t + 1);

	slot->state = 1u << 2 | PAWL__SLOT_OWNED;
	death_list(t, (uint32_t *)&slot->token);
	member[t]->me = pawl__word_make(t + 1, 1);
	space[t]->own[t + 1] = member[t]->me;
	world->thread[t].recent = member[t];
}

static void name_slots(unsigned slots)
{
	static const char *const token[] = { "token 1", "token 2", "token 3", "token 4" };
	static const char *const state[] = { "state 1", "state 2", "state 3", "state 4" };

	for (unsigned s = 0; s < slots && s < 4; s++) {
		model_name(&slot_of(s + 1)->token, 4, token[s]);
		model_name(&slot_of(s + 1)->state, 4, state[s]);
	}
}

void space_open(unsigned slots, unsigned joined)
{
	header = model_alloc(PAWL__SLOTS_OFF + (slots + 1) * sizeof(struct pawl__slot));
	header->slots_ready = slots + 1;
	model_aside(&header->joins, sizeof(header->joins) + sizeof(header->recovered) + sizeof(header->reclaimed) +
					    sizeof(header->rescued_by_slice));
	model_constant(header->chunks, PAWL__SLOTS_OFF - offsetof(struct pawl__header, chunks));
	name_slots(slots);
	for (unsigned t = 0; t < world->threads; t++) {
		open_in_process(t, slots);
		member[t] = model_alloc(sizeof(*member[t]));
		member[t]->space = space[t];
		model_aside(member[t], sizeof(*member[t]));
		if (joined & 1u << t)
			join_from_the_start(t);
	}
}

/* ---- in place of member.c ---- */

static unsigned me(void)
{
	return (unsigned)(fibre_current - world->thread);
}

struct pawl__member *pawl__member_old(struct pawl_space *s)
{
	struct pawl__member *m = fibre_current ? member[me()] : NULL;

	return m && m->space == s && m->me != 0 ? m : NULL;
}

int pawl__member_join(struct pawl_space *s, struct pawl__member **m)
{
	uint32_t id;
	int rc;

	*m = member[me()];
	if (pawl__member_old(s))
		return 0;
	rc = pawl__live_join(s, &id);
	if (rc != 0)
		return rc;
	(*m)->me = id;
	pawl__recent = *m;
	return 0;
}

void space_leave(unsigned thread)
{
	uint32_t id = member[thread]->me;

	member[thread]->me = 0;
	pawl__recent = NULL;
	MODEL_CHECK(pawl__live_leave(space[thread], id, member[thread]->held != 0));
}

/* ---- in place of files, memory and system calls ---- */

int pawl__reserve_range(const struct pawl_space *s, uint64_t off, uint64_t size)
{
	(void)s, (void)off, (void)size;
	return ENOSPC; /* there are no more slots than these */
}

int pawl__segment_is_there(const struct pawl_space *s)
{
	(void)s;
	return 0;
}

void pawl__live_sign(struct pawl_space *s, uint32_t slot)
{
	(void)s, (void)slot;
}

/* None that live.c makes is answered: it then asks no further whether a list is as it should be. */
long model_syscall(long number, ...)
{
	(void)number;
	return -1;
}

void model_full_fence(void)
{
	fibre_step(NEED_OWN_EMPTY, 0);
}
