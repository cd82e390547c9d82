/* SPDX-License-Identifier: BSD-2-Clause */
/** step.h: a victim that is led through a call instruction by instruction, and killed at a chosen one.
 *
 * A *point* is a place to be killed at: behind each single step, and asleep in the kernel (a system call is one step, so
 * a call that sleeps is two points: asleep, and returned). With `own_text` only steps that end in the program's own text
 * (where the static library is) and steps that were a system call count; the tens of thousands of libc instructions
 * between them change nothing that others can see.
 */
#ifndef PAWL_TESTS_STEP_H
#define PAWL_TESTS_STEP_H

#include "harness.h"

enum { STEP_BEFORE, STEP_INSIDE, STEP_AFTER }; /* values of *phase, by the victim */

enum step_end {
	STEP_REACHED, /* stands at the wanted point */
	STEP_SLEEPS,  /* sleeps before it, said every millisecond; go on by calling step_to again */
	STEP_OVER,    /* the call ended before it */
	STEP_LOST,    /* the victim ended, or cannot be traced */
};

struct step {
	pid_t pid;
	const volatile uint32_t *phase;
	bool own_text;
	unsigned points; /* passed so far */
	unsigned long steps;
	bool ready, in_flight, slept;
};

/** Fork the victim: `before`, then a stop, then `act` between the two changes of *phase. */
struct victim {
	volatile uint32_t phase;
	volatile int rc;
	volatile uint32_t who; /* filled by `before`, for the parent */
	void (*before)(void);
	int (*act)(void);
};
void step_fork(struct step *s, struct victim *v);
/** True once it stands just before the call; `wait` for that, at most 10 s, or look only. */
bool step_ready(struct step *s, bool wait);
enum step_end step_to(struct step *s, unsigned point);
/** SIGKILL; `reap` waits for the end. */
void step_kill(struct step *s);
void step_reap(struct step *s);

#endif
