/* SPDX-License-Identifier: BSD-2-Clause */
/** latency.h: how long single acquisitions take: samples of workers, and the ranks of all of them together.
 *
 * A worker times one acquisition out of `every`, chosen at random. What does not fit replaces something at random
 * (reservoir sampling), so that those kept are a fair choice of those timed.
 */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_LATENCY_ROOM  8192 /* samples of one worker in one window */
#define BENCH_LATENCY_RANKS 20

/** Which ranks are kept: 0.01 to 1. */
extern const double bench_latency_ranks[BENCH_LATENCY_RANKS];

/** One worker's. */
typedef struct bench_latency {
	uint64_t *ticks; /* BENCH_LATENCY_ROOM of them */
	uint64_t seen;   /* so many were timed */
	uint64_t every;
	uint64_t seed; /* not 0 */
} bench_latency_t;

static inline uint64_t bench_latency_random(bench_latency_t *l)
{
	l->seed ^= l->seed << 13;
	l->seed ^= l->seed >> 7;
	l->seed ^= l->seed << 17;
	return l->seed >> 32;
}

/** How many acquisitions from here the next one to be timed is: 1 to 2 * every - 1. */
static inline uint64_t bench_latency_next(bench_latency_t *l)
{
	return 1 + ((bench_latency_random(l) * (2 * l->every - 1)) >> 32);
}

static inline void bench_latency_add(bench_latency_t *l, uint64_t ticks)
{
	uint64_t place = l->seen++;

	if (place >= BENCH_LATENCY_ROOM)
		place = (bench_latency_random(l) * l->seen) >> 32;
	if (place < BENCH_LATENCY_ROOM)
		l->ticks[place] = ticks;
}

/** One in how many to time, where so many are done in a window: often enough to fill half of the room, no more often than
 * once in four microseconds: the clock takes some hundredths of one. */
uint64_t bench_latency_every(double ops, double window_ns);

/** The ranks of all workers' samples together, in nanoseconds. A sample stands for as many as its worker timed for each it
 * kept. Each tick is `tick_ns` long, and `cost` of them are the clock's own. Returns how many samples there are; for 0 all
 * ranks are NAN. */
size_t bench_latency_merge(const bench_latency_t *const *workers, size_t n, double tick_ns, double cost,
	double ranks[BENCH_LATENCY_RANKS]);

/** Where in the list of ranks this one is; BENCH_LATENCY_RANKS if it is not kept. */
size_t bench_latency_rank(double p);

#endif
