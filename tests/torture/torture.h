/* SPDX-License-Identifier: BSD-2-Clause */
/** torture.h: a black box under torture: what the driver, its workers and the plan of faults share.
 *
 * Built against an installed pawl alone: its headers, its library, pkg-config. Everything it holds against the library lies on a
 * page of its own: who believes to own each lock, two counters that differ only inside, the last token, and what each thread does.
 */
#ifndef PAWL_TORTURE_H
#define PAWL_TORTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <pawl/pawl.h>

#define WORKERS     6
#define THREADS     3  /* of a worker */
#define LOCKS       12 /* a third of them each: robust in memory, by name, by name in a space that comes and goes */
#define SMALL_STACK 32768

typedef enum kind { ROBUST, NAMED, PASSING, KINDS } kind_t;

static inline kind_t kind_of(unsigned lock)
{
	return (kind_t)(lock % KINDS);
}

/* ---- the plan ---- */

typedef enum fault {
	KILL,        /* SIGKILL, whenever it comes */
	KILL_BUSY,   /* the victim's own timer: it hits a thread that runs */
	STOP,        /* SIGSTOP, for a while */
	SLOW,        /* SIGSTOP and SIGCONT, in turn: a CPU limit */
	FORK,        /* the worker goes on in its child; the parent leaves, one way or the other */
	FORK_INSIDE, /* the same, while it holds a lock, which the child must not have */
	EXEC,        /* another program in the same process, from inside a lock or not */
	REMOUNT,     /* closes all, and attaches anew */
	FILL,        /* names, until there is no room */
	NO_FILES,    /* RLIMIT_NOFILE: not one more descriptor, for a while */
	NO_MEMORY,   /* RLIMIT_AS, or a malloc that fails */
	NO_ROOM,     /* the file system of the segments is full */
	NICE,        /* of low rank, and bound to one CPU */
	FAULTS
} fault_t;

extern const char *const fault_names[FAULTS];

struct step {
	unsigned wait_us; /* since the one before */
	fault_t fault;
	unsigned victim;
	unsigned more; /* what there is to choose within the fault */
};

/** The next step. The same seed gives the same steps. */
struct step plan_next(uint64_t *seed);
/** A number for the first `n` steps of a seed, to compare. */
uint64_t plan_digest(uint64_t seed, unsigned n);

/* ---- the page ---- */

typedef enum phase { IDLE, ACQUIRE, INSIDE, RELEASE, FAULTY } phase_t;

struct hand {
	uint32_t life; /* who it is at present: no two threads ever have the same */
	uint32_t phase;
	uint32_t lock;
	pid_t pid, tid;
	uint64_t ops;
};

struct record {
	uint32_t owner; /* a life */
	uint64_t a, b;  /* equal outside */
	pawl_fence_t fence;
	uint64_t sections;
};

struct worker {
	pid_t pid;
	uint32_t fault; /* one that it carries out itself: 1 + fault_t */
	uint32_t more;
	uint32_t lean; /* something is denied to it: calls that make things may fail */
	struct hand hands[THREADS];
};

struct page {
	pid_t driver;
	uint32_t busted; /* a control: take no lock at all */
	uint32_t lives;
	uint32_t rest;                                   /* 1: nobody begins an operation; 2: and all end */
	uint32_t full;                                   /* the file system is */
	uint64_t doubles, torn, tokens, updates, errors; /* violations */
	uint64_t told, lean_errors, signals, forks, remounts, filled;
	char trouble[200]; /* the first error */
	struct worker workers[WORKERS];
	struct record records[LOCKS];
	pawl_robust_t robust[LOCKS];
};

/** The life of a worker. */
_Noreturn void worker_live(struct page *page, unsigned index, int page_fd, const char *self);

#endif
