/* SPDX-License-Identifier: BSD-2-Clause */
/** guarded.c: a set of bits behind a token (guarded.h). */
#include "guarded.h"

#include <errno.h>

#include "record.h"

void guarded_init(struct guarded *g)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT); /* without it, a death may leave sleepers behind */
	pthread_mutex_init(&g->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

uint32_t guarded_number(struct guarded *g)
{
	return PAWL_FETCH_ADD(&g->next, 1u, RELAXED) % GUARDED_NUMBERS; /* relaxed: a number, nothing else */
}

/* Who dies in there leaves the list half written: all that was in it still is, and nothing else is promised. */
static void enter(struct guarded *g)
{
	if (pthread_mutex_lock(&g->mutex) == EOWNERDEAD)
		pthread_mutex_consistent(&g->mutex);
}

static bool takes(struct guarded *g, unsigned lock, const pawl_fence_t *token)
{
	if (pawl_fence_cmp(*token, g->seen) < 0)
		return false;
	g->seen = *token;
	record(lock, HISTORY_PASSED, *token, false);
	return true;
}

/* Word by word: without a token nothing but the lock under test keeps two apart. */
static void copy(struct guarded_list *to, struct guarded_list *from)
{
	for (unsigned i = 0; i < GUARDED_NUMBERS / 64; i++)
		/* relaxed: the lock under test, or the list's mutex, orders them; else a torn list is what is looked for */
		PAWL_STORE(&to->bits[i], PAWL_LOAD(&from->bits[i], RELAXED), RELAXED);
}

static bool move(
	struct guarded *g, unsigned lock, const pawl_fence_t *token, struct guarded_list *to, struct guarded_list *from)
{
	bool taken = true;

	if (token)
		enter(g);
	if (token)
		taken = takes(g, lock, token);
	if (taken)
		copy(to, from);
	if (token)
		pthread_mutex_unlock(&g->mutex);
	return taken;
}

bool guarded_read(struct guarded *g, unsigned lock, const pawl_fence_t *token, struct guarded_list *list)
{
	return move(g, lock, token, list, &g->list);
}

bool guarded_write(struct guarded *g, unsigned lock, const pawl_fence_t *token, struct guarded_list *list, uint32_t number)
{
	list->bits[number / 64] |= UINT64_C(1) << number % 64;
	return move(g, lock, token, &g->list, list);
}

void guarded_promise(struct guarded *g, uint32_t number)
{
	PAWL_STORE(&g->promised[number], (uint8_t)1, RELAXED); /* relaxed: read when all have ended */
}

unsigned guarded_missing(const struct guarded *g)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < GUARDED_NUMBERS; i++)
		missing += g->promised[i] && !(g->list.bits[i / 64] >> i % 64 & 1);
	return missing;
}
