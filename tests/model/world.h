/* SPDX-License-Identifier: BSD-2-Clause */
/** world.h: all that an execution consists of, at one address, so that it can be copied away and back, and compared.
 *
 * The arena: struct world | the memory of model_alloc | a stack for each thread. A saved state is the used part of each.
 */
#ifndef PAWL_TESTS_MODEL_WORLD_H
#define PAWL_TESTS_MODEL_WORLD_H

#include <setjmp.h>

#include "model.h"

#define WORLD_HEAD     ((size_t)16 << 10)
#define WORLD_HEAP     ((size_t)64 << 10)
#define WORLD_STACK    ((size_t)64 << 10)
#define WORLD_STORES   8 /* entries of a store buffer */
#define WORLD_SLEEPERS 16
#define WORLD_RETIRED  4
#define WORLD_LISTED   2 /* robust mutexes of a thread */

/* What must be true before a thread can take its next step. */
enum need {
	NEED_NOTHING,
	NEED_OWN_EMPTY,    /* its store buffer has drained */
	NEED_OWN_WITHOUT,  /* its store buffer has nothing for the four bytes at `arg` */
	NEED_ROOM,         /* its store buffer is not full */
	NEED_OTHERS_EMPTY, /* the store buffer of thread `arg` has drained */
	NEED_CHOICE,       /* the scheduler answers: one of `arg` */
};

enum life { READY, ASLEEP, DYING, ENDED }; /* DYING: what is left is the kernel's to do (death.c) */

struct store {
	uint64_t value;
	uintptr_t address;
	uint8_t size;
	bool release;
};

struct thread {
	jmp_buf context;
	char *sp; /* its stack is in use from here on */
	uintptr_t arg;
	int64_t until; /* ASLEEP: when the time is up */
	enum life life;
	enum need need;
	uint32_t self; /* pawl_self_, pawl_restart_ and pawl__recent, while it does not run */
	ptrdiff_t restart;
	struct pawl__member *recent;
	uintptr_t listed[WORLD_LISTED], pending; /* futex words of robust mutexes that it holds; that it locks or unlocks */
	uintptr_t rouses;                        /* DYING: the kernel is about to wake one who sleeps there */
	unsigned chosen;
	bool chance; /* NEED_CHOICE: all but 0 count as a preemption */
	bool woken, timed_out;
	bool comparing, starts_anew; /* inside a PAWL_STORE_IF; told not to store any more */
	unsigned stores;
	struct store store[WORLD_STORES];
};

/* A thread on a futex queue. The queues are one list, ordered by address; within one, by arrival. */
struct sleeper {
	uintptr_t word;
	uint16_t thread;
	bool is_private;
};

struct range {
	uintptr_t begin, end;
};

struct world {
	int64_t now;
	unsigned ticks, spurious; /* how many are left */
	unsigned sleepers;
	struct sleeper sleeper[WORLD_SLEEPERS];
	unsigned retired;
	struct range retire[WORLD_RETIRED];
	size_t heap;           /* bytes of it in use */
	size_t hole, hole_end; /* and of those, what stays as setup has left it: no part of the state */
	unsigned threads;
	unsigned begun;        /* bit t: T(t) has taken its first step */
	unsigned deaths;       /* how many kills are left */
	unsigned doomed, dead; /* bits: T(t) has been sent SIGKILL and is going to die; has died */
	/* Only the order in which actions are tried depends on these, unless preemptions are counted. */
	unsigned last;
	bool resting[MODEL_THREADS];
	struct thread thread[MODEL_THREADS];
};

#define THE_ADDRESS ((uintptr_t)1 << 40)
/* The same constant everywhere, so that access to it costs no more than to a global variable. */
static struct world *const world = (struct world *)THE_ADDRESS;

/** An empty world for so many threads; the arena is there from the first call on. */
void world_begin(unsigned threads);
char *world_stack_top(unsigned thread);
bool world_has(const void *p);
/** In whose stack `p` lies; MODEL_THREADS: in none. */
unsigned world_stack_of(const void *p);
/** Address of a 4-byte unit of the arena, as a number, and how many there are. */
size_t world_unit(uintptr_t p);
#define WORLD_UNITS ((WORLD_HEAD + WORLD_HEAP + MODEL_THREADS * WORLD_STACK) / 4)

/** Bytes that world_save needs, at most. */
size_t world_size(void);
/** Copy the state to `to`; returns its length. */
size_t world_save(unsigned char *to);
void world_load(const unsigned char *from);

struct digest {
	uint64_t a, b;
};
/** Of a saved state; `whole`: also of what matters to the order of trying only. */
struct digest world_digest(unsigned char *saved, size_t length, bool whole);

#endif
