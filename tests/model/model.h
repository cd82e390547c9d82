/* SPDX-License-Identifier: BSD-2-Clause */
/** model.h: the explorer's side that clients see: what a case is, and what its threads may call.
 *
 * A client is a handful of threads that use one primitive in a small, finite way. The explorer runs them one at a time
 * and tries every order in which their operations on shared memory may happen (search.c), store buffers included
 * (memory.c). The library is the shipped source; only atomics (atomics.h), futexes and clocks (layer.c) are the engine's.
 *
 * All that threads share lies in memory from model_alloc (also calloc's, there); locals are the thread's own.
 */
#ifndef PAWL_TESTS_MODEL_MODEL_H
#define PAWL_TESTS_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_THREADS 4

/* How stores reach memory. Bits: a case may be explored under several. */
enum model_memory {
	MODEL_SC = 1,  /* at once */
	MODEL_TSO = 2, /* later, in the order they were made: x86 */
	MODEL_PSO = 4, /* later, in any order, but a release store not before those that were made before it */
	MODEL_ALL = MODEL_SC | MODEL_TSO | MODEL_PSO,
};

struct model_case {
	const char *name;
	unsigned threads;
	unsigned memory;                /* enum model_memory, or-ed; 0: all of them */
	void (*setup)(void);            /* nobody else runs; operations have their effect at once */
	void (*thread)(unsigned me);    /* 0 .. threads - 1 */
	void (*finish)(void);           /* all threads have ended: what must be true then */
	bool (*may_sleep)(unsigned me); /* nobody can run, `me` sleeps: is that as it should be? NULL: no */
	bool rescued;                   /* deadlines may end such a sleep: only sleepers without one count */
	bool (*beyond)(void);           /* a state not to go on from: what counts up for ever while some thread waits */
	unsigned preemptions;           /* at most so many switches away from a thread that could go on; 0: no limit */
	unsigned preemptions_long;      /* the same with LONG=1 */
	unsigned alike;                 /* bit t: T(t-1) and T(t) do the same, so T(t) need not be the one to begin */
	unsigned spurious;              /* so many wake-ups out of nowhere */
	unsigned ticks;                 /* so many times the clock may jump as it is read, by MODEL_TICK */
	unsigned deaths;                /* so many kills, of any thread at any step */
	unsigned immortal;              /* bit t: but not of T(t) */
	unsigned siblings;              /* bit t: T(t-1) and T(t) are of one process, which a kill takes whole */
	bool newborn;                   /* the threads have not locked anything yet: no number (self.h) */
	bool no_fence;                  /* the kernel refuses membarrier */
	bool fence_fails;               /* it does so later, when it is too late for another algorithm */
	bool no_restart;                /* restart.h is of no use here; */
	bool one_without_restart;       /* ... or not to T0 alone */
	bool any_sleeper;               /* FUTEX_WAKE takes any, not the one who came first */
	bool livelock_is_fine;          /* do not look for states from which no end can be reached */
	unsigned random;                /* not exhaustively: so many random runs */
	bool only_long;                 /* only with LONG=1 */
	const char *planted;            /* part of the failure that must be found: a test of the engine itself */
};

#define MODEL_T0_T1    0x2u /* for `alike` */
#define MODEL_T1_T2    0x4u
#define MODEL_T2_T3    0x8u
#define MODEL_T0_T1_T2 0x6u
#define MODEL_TICK     INT64_C(1000000000)
#define MODEL_EPOCH    INT64_C(1000000000000)

/** Has that thread been killed? The checker's knowledge: everybody has it at once. */
bool model_is_dead(unsigned thread);
void model_count_as_dead(unsigned thread);
/** The calling thread is killed here. */
void model_die(void);

/** A main function for a table of cases. */
int model_main(const char *primitive, const struct model_case *cases, size_t n, int argc, char **argv);

/** Zeroed memory that is part of the state. In setup only. */
void *model_alloc(size_t size);
/** What nobody writes any more is no part of the state: one piece, in whole words of 8. In setup only. */
void model_constant(const void *p, size_t size);
/** Name a variable for traces. In setup only. */
void model_name(const void *p, size_t size, const char *name);
#define MODEL_NAME(variable) model_name(&(variable), sizeof(variable), #variable)

/** A failure: ends the run. */
void model_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
#define MODEL_CHECK(what)                                                                                              \
	do {                                                                                                           \
		if (!(what))                                                                                           \
			model_fail("%s: not true: %s", __func__, #what);                                               \
	} while (0)

/** Ordinary data: like a relaxed load and store, but never atomic with anything. */
uint32_t model_read(const uint32_t *p);
void model_write(uint32_t *p, uint32_t v);
/** What the library calls in place of memcpy: data that other threads may see is read and written as above. */
void *model_memcpy(void *to, const void *from, size_t n);

/** What it calls in place of the C library's: memory from model_alloc, which is never given back; and the explorer's clock. */
void *model_aligned_alloc(size_t alignment, size_t size);
void model_free(void *p);
struct timespec;
int model_timespec_get(struct timespec *t, int base);

/** From here on nobody may touch that memory (its address may still be used to wake). */
void model_retire(const void *p, size_t n);

/** What no thread decides by, or none but its own: operations there take no step and need no order. In setup only. */
void model_aside(const void *p, size_t size);

/** One of n values, each tried. */
unsigned model_choose(unsigned n);

/** The explorer's time, now: a deadline that has passed, or that will pass only by a choice of the explorer's. */
int64_t model_now(void);

#endif
