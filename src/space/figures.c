/* SPDX-License-Identifier: BSD-2-Clause */
/** figures.c: counting waits and holds (figures.h), without an atomic instruction or a look at the clock that the walk does
 * not make anyway.
 *
 * A wait is known to have been one on the slow path only, and so is when it ended. When a hold began is known where its owner
 * waited for it, or wants it noted (PAWL_TIMESTAMP). Who has slept takes the lock with WAITERS (wait.c) and so comes to the slow
 * way out, where a system call follows: there is the time to see how long it was.
 *
 * Memory comes with a place's first wait, in chunks as ever. Where there is none, nothing is counted. But for `gave_up` only a
 * lock's owner writes its figures, so plain stores do; one who is killed in between has left one number out.
 */
#include "space/figures.h"

#include "core/cancel.h"
#include "space/reserve.h"

static struct pawl__figures *figures_of(const struct pawl_space *space, const struct pawl__place *place)
{
	return pawl__figures_at(space, pawl__place_index(space, place));
}

static struct pawl__figures *figures_made(const struct pawl_space *space, const struct pawl__place *place)
{
	struct pawl__figures *f = figures_of(space, place);
	int cancel;

	if (f)
		return f;
	cancel = pawl__cancel_off();
	pawl__reserve_chunk(space, pawl__figures_off(space->capacity, space->office != NULL) +
					   pawl__place_index(space, place) * sizeof(struct pawl__figures));
	pawl__cancel_back(cancel);
	return figures_of(space, place);
}

/* The first bucket whose bound is not below `ns`; the last one has none. */
static unsigned bucket_of(uint64_t ns)
{
	unsigned i = 0;

	while (i < PAWL_TIMES_BUCKETS - 1 && ns > PAWL_TIMES_BOUND(i))
		i++;
	return i;
}

static void add(uint64_t *sum, uint32_t *buckets, int64_t signed_ns)
{
	uint64_t ns = signed_ns > 0 ? (uint64_t)signed_ns : 0;
	uint32_t *bucket = &buckets[bucket_of(ns)];

	PAWL_STORE(sum, PAWL_LOAD(sum, RELAXED) + ns, RELAXED);       /* relaxed: the lock's owner writes, for people */
	PAWL_STORE(bucket, PAWL_LOAD(bucket, RELAXED) + 1u, RELAXED); /* relaxed: as above */
}

void pawl__figures_waited(const struct pawl_space *space, const struct pawl__place *place, int64_t ns)
{
	struct pawl__figures *f = figures_made(space, place);

	if (f)
		add(&f->wait_ns, f->waits, ns);
}

void pawl__figures_held(const struct pawl_space *space, const struct pawl__place *place, int64_t ns)
{
	struct pawl__figures *f = figures_made(space, place);

	if (f)
		add(&f->hold_ns, f->holds, ns);
}

void pawl__figures_gave_up(const struct pawl_space *space, const struct pawl__place *place)
{
	struct pawl__figures *f = figures_made(space, place);

	if (f)
		PAWL_FETCH_ADD(&f->gave_up, 1u, RELAXED); /* relaxed: a statistic */
}

void pawl__figures_forget(const struct pawl_space *space, const struct pawl__place *place)
{
	struct pawl__figures *f = figures_of(space, place);

	if (!f)
		return;
	PAWL_STORE(&f->wait_ns, 0u, RELAXED); /* relaxed: the lock's owner writes, for people, as all of these */
	PAWL_STORE(&f->hold_ns, 0u, RELAXED); /* relaxed */
	PAWL_STORE(&f->gave_up, 0u, RELAXED); /* relaxed */
	for (unsigned i = 0; i < PAWL_TIMES_BUCKETS; i++) {
		PAWL_STORE(&f->waits[i], 0u, RELAXED); /* relaxed */
		PAWL_STORE(&f->holds[i], 0u, RELAXED); /* relaxed */
	}
}

static void read_times(const uint64_t *sum, const uint32_t *buckets, pawl_times_t *times)
{
	times->sum_ns = PAWL_LOAD(sum, RELAXED); /* relaxed: for people */
	for (unsigned i = 0; i < PAWL_TIMES_BUCKETS; i++) {
		times->bucket[i] = PAWL_LOAD(&buckets[i], RELAXED); /* relaxed: for people */
		times->count += times->bucket[i];
	}
}

void pawl__figures_read(const struct pawl_space *space, uint32_t place, pawl_lock_info_t *info)
{
	const struct pawl__figures *f = pawl__figures_at(space, place);

	if (!f)
		return;
	info->gave_up = PAWL_LOAD(&f->gave_up, RELAXED); /* relaxed: for people */
	read_times(&f->wait_ns, f->waits, &info->waits);
	read_times(&f->hold_ns, f->holds, &info->holds);
}
