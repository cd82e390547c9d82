/* SPDX-License-Identifier: BSD-2-Clause */
/** death.c: robust mutexes as the C library and the kernel share them: a list for each thread, one entry that is being worked on,
 * and what the kernel does with them when the thread has died.
 *
 * trylock and unlock are glibc's in their steps on the futex word and in the order of those and the list; a thread may be killed
 * between any two. The walk is Linux's handle_futex_death(): the word of each entry, compared and exchanged; then, as a step of
 * its own, one sleeper woken if WAITERS was set. Of the two kernels that differ in what they do with a pending entry, this is the
 * one that wakes less: only for a word that is 0.
 */
#include <errno.h>
#include <linux/futex.h>
#include <string.h>

#include "atomics.h"
#include "death.h"
#include "fibre.h"
#include "futex.h"
#include "known.h"
#include "memory.h"
#include "swap.h"
#include "trace.h"

static uint32_t tid_of(const struct thread *t)
{
	return (uint32_t)(t - world->thread) + 1;
}

/* ---- the list ---- */

static void list(struct thread *t, uintptr_t word)
{
	for (unsigned i = 0; i < WORLD_LISTED; i++)
		if (t->listed[i] == 0) {
			t->listed[i] = word;
			return;
		}
	trace_fail("more robust mutexes than the model has room for");
}

static void unlist(struct thread *t, uintptr_t word)
{
	for (unsigned i = 0; i < WORLD_LISTED; i++)
		if (t->listed[i] == word)
			t->listed[i] = 0;
}

void death_list(unsigned thread, uint32_t *word)
{
	*word = thread + 1;
	list(&world->thread[thread], (uintptr_t)word);
}

/* ---- the C library's part ---- */

/* Take it from the dead, or take it. */
static int try(uint32_t *word, uint32_t me)
{
	uint32_t v = PAWL_LOAD(word, RELAXED);

	while (v & FUTEX_OWNER_DIED)
		if (PAWL_CAS(word, &v, me | (v & FUTEX_WAITERS), ACQUIRE))
			return EOWNERDEAD;
	v = 0;
	if (PAWL_CAS(word, &v, me, ACQUIRE))
		return 0;
	return v & FUTEX_OWNER_DIED ? EAGAIN : EBUSY;
}

int model_mutex_trylock(pthread_mutex_t *m)
{
	struct thread *t = fibre_current;
	uint32_t *word = (uint32_t *)m;
	int rc;

	t->pending = (uintptr_t)word;
	do
		rc = try(word, tid_of(t));
	while (rc == EAGAIN);
	if (rc != EBUSY)
		list(t, (uintptr_t)word);
	t->pending = 0;
	return rc;
}

int model_mutex_consistent(pthread_mutex_t *m)
{
	(void)m; /* but for what this notes, no unlock here would leave it not recoverable */
	return 0;
}

int model_mutex_unlock(pthread_mutex_t *m)
{
	struct thread *t = fibre_current;
	uint32_t *word = (uint32_t *)m;

	t->pending = (uintptr_t)word;
	unlist(t, (uintptr_t)word);
	if (PAWL_XCHG(word, 0u, RELEASE) & FUTEX_WAITERS) {
		fibre_step(NEED_NOTHING, 0);
		futex_wake_one((uintptr_t)word, 0);
	}
	t->pending = 0;
	return 0;
}

/* ---- the kernel's ---- */

bool death_is_noticed(const struct thread *t)
{
	bool is = t->pending != 0;

	for (unsigned i = 0; i < WORLD_LISTED; i++)
		is |= t->listed[i] != 0;
	return is;
}

/* The entry that comes next is off the list then. */
static uintptr_t next(struct thread *t, bool *pending)
{
	uintptr_t word = t->pending;

	for (unsigned i = 0; i < WORLD_LISTED; i++)
		if (t->listed[i] != 0) {
			word = t->listed[i];
			t->listed[i] = 0;
			*pending = false;
			if (word == t->pending)
				t->pending = 0;
			return word;
		}
	*pending = true;
	t->pending = 0;
	return word;
}

static void bury(struct thread *t, uintptr_t word, bool pending)
{
	uint32_t v = memory_word((const uint32_t *)word), then = (v & FUTEX_WAITERS) | FUTEX_OWNER_DIED;

	if (pending && v == 0)
		t->rouses = word;
	if ((v & FUTEX_TID_MASK) != tid_of(t))
		return;
	known_write_by_kernel(word, 4);
	memory_commit(word, 4, then);
	trace_event("kernel: its owner has died", (const void *)word, NULL, v, then);
	if (v & FUTEX_WAITERS)
		t->rouses = word;
}

unsigned death_choices(unsigned thread)
{
	uintptr_t word = world->thread[thread].rouses;
	unsigned n = word ? futex_sleepers(word) : 1;

	return n > 0 ? n : 1;
}

void death_walk(unsigned thread, unsigned choice)
{
	struct thread *t = &world->thread[thread];
	bool pending;
	uintptr_t word;

	if (t->rouses) {
		trace_event("kernel: wakes one", (const void *)t->rouses, NULL, 0, 0);
		futex_wake_one(t->rouses, choice);
		t->rouses = 0;
	} else {
		word = next(t, &pending);
		bury(t, word, pending);
	}
	if (!t->rouses && !death_is_noticed(t))
		t->life = ENDED;
}
