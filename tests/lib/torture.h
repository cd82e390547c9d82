/* SPDX-License-Identifier: BSD-2-Clause */
/** torture.h: black-box torture of a target: processes contend, one of them is killed at a random moment, the others must
 * drain; thousands of times. It knows nothing of the lock but the calls of target.h, and judges by a page of its own.
 *
 * What makes a kill worth something: the victim arms its own timer, so that it fires on the running victim, inside lock,
 * section or release; and every kill is followed by a *quiescent round*: nobody arrives any more until all survivors are
 * through, for the next contender would silently rescue a sleeper whose wake-up was lost.
 */
#ifndef PAWL_TESTS_TORTURE_H
#define PAWL_TESTS_TORTURE_H

#include "harness.h"
#include "target.h"

#define TORTURE_PROCESSES 8
#define TORTURE_HANDS     32 /* threads of all processes */

struct torture {
	const struct target *target;
	unsigned processes, threads, locks;
	unsigned victims; /* processes killed in a round */
	bool mixed;       /* try and timed calls too, which cannot be left behind for long */
};

struct tally {
	uint64_t rounds, kills, phase[4]; /* the victim's: outside, acquiring, in the section, releasing */
	uint64_t ops, recovered;
	uint64_t doubles, torn, tokens, updates, undrained, errors;
};

/** Deaths inside acquire, section or release. */
uint64_t tally_effective(const struct tally *t);
/** Everything that must be 0. */
uint64_t tally_violations(const struct tally *t);
void tally_add(struct tally *sum, const struct tally *t);

/** Start the processes. */
void torture_begin(const struct torture *t, uint64_t seed);
/** One round: victims, drain, judgement, replacements. Results are added to the tally. */
void torture_round(struct tally *tally);
/** Kill all that is left. */
void torture_end(void);

#endif
