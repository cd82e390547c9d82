/* SPDX-License-Identifier: BSD-2-Clause */
/** history.h: what clients of a lock saw, and whether a lock may be seen like that.
 *
 * A history is an array of events. Those of one client, who does one thing at a time, are in its order; those of the register
 * that a lock guards are in the order in which it took them; nothing else follows from their places. Times are of one clock that
 * all share. What is asked for is noted before the call, what came of it after it, so a lock has less to answer for than it may
 * have done, and every fault found is one.
 *
 *   event    of a client                                        carries
 *   ASK      it calls acquire                                   -
 *   GRANTED  and has the lock                                   token, owner_died
 *   FAILED   and has it not: busy, time up, no service          -
 *   UNKNOWN  and nobody knows; as a client that is killed in it -
 *   AGAIN    it took it once more, and gave that back           token of that
 *   HELD     was told `valid` when it asked at that time        -
 *   LOST     was told `not valid`                               -
 *   GIVE     it calls release                                   -
 *   GIVEN    and that went well                                 -
 *   STALE    and is told that the lease was lost                -
 *   REFUSED  and is told that the lock is not its own           -
 *   PASSED   the guarded register took its token                token
 *   DIED     it was killed                                      -
 * After UNKNOWN and DIED a client says no more.
 *
 * With tokens the check is a sort and a walk; without them it is a search for an order in which it all may have happened.
 *
 * Source       Wing, Gong, Testing and Verifying Concurrent Objects (1993); Lowe, Testing for Linearizability (2017): the memory.
 */
#ifndef PAWL_TESTS_HISTORY_H
#define PAWL_TESTS_HISTORY_H

#include <pawl/base.h>

enum history_what {
	HISTORY_NOTHING, /* somebody was killed while noting it */
	HISTORY_ASK,
	HISTORY_GRANTED,
	HISTORY_FAILED,
	HISTORY_UNKNOWN,
	HISTORY_AGAIN,
	HISTORY_HELD,
	HISTORY_LOST,
	HISTORY_GIVE,
	HISTORY_GIVEN,
	HISTORY_STALE,
	HISTORY_REFUSED,
	HISTORY_PASSED,
	HISTORY_DIED, /* of all locks: `lock` says nothing */
};

struct history_event {
	int64_t at; /* ns */
	pawl_fence_t token;
	uint32_t client, host;
	uint16_t lock;
	bool owner_died;
	uint32_t what; /* written last */
};

/* What can be wrong with one. */
enum history_fault {
	HISTORY_ODD,      /* no client can do that: the test is at fault */
	HISTORY_ORDER,    /* granted before another one asked, and yet with a larger token */
	HISTORY_OVERLAP,  /* two believed in it at one time, rightly by all they knew */
	HISTORY_REENTRY,  /* taken again, it had another token */
	HISTORY_OWNER,    /* given back by one who did not have it, or refused to one who had */
	HISTORY_REGISTER, /* the register took a smaller token after a larger one */
	HISTORY_TWICE,    /* one token, two grants */
	HISTORY_TOLD,     /* told that it was lost, and then that it was not */
	HISTORY_DEATH,    /* an owner died, and the next one was not told */
	HISTORY_FAULTS
};

#define HISTORY_TOKENS 0x1u /* the lock has tokens; without: a search */
#define HISTORY_DEATHS 0x2u /* it tells of dead owners, on other hosts too */

struct history_verdict {
	uint64_t faults[HISTORY_FAULTS];
	uint64_t grants, moves;          /* moves: to another host than that of the grant before. With tokens only */
	uint64_t losses, deaths;         /* of holds */
	pawl_fence_t last;               /* the largest token */
	char first[HISTORY_FAULTS][160]; /* of each fault the first, in words */
};

/** Check what concerns `lock`. Adds to `*v`. Returns how many faults it found. */
uint64_t history_check(
	const struct history_event *events, size_t n, unsigned lock, unsigned promises, struct history_verdict *v);
/** A fault's name. */
const char *history_fault_name(enum history_fault fault);

/* ---- between the parts of it ---- */

/** One client's way in and out again. */
struct history_hold {
	uint32_t client, host;
	pawl_fence_t token;
	int64_t asked, granted; /* granted: INT64_MAX: it is not known whether it was */
	int64_t sure; /* up to here it believed in it, rightly by all it knew; INT64_MIN: at no time for sure */
	int64_t over; /* here it was over at the latest; INT64_MAX: open */
	bool owner_died, died, lost;
};

struct history_holds {
	struct history_hold *at;
	size_t n;
};

/** The holds of a lock, those of each client in its order, clients one after the other; finds the faults of single clients and of
 * the register. To be freed. */
struct history_holds history_holds(const struct history_event *events, size_t n, unsigned lock, struct history_verdict *v);
/** Without tokens: is there an order in which one had it at a time? Up to some thousands of holds. */
void history_search(const struct history_holds *holds, struct history_verdict *v);
/** One more fault. */
void history_blame(struct history_verdict *v, enum history_fault fault, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
