/* SPDX-License-Identifier: BSD-2-Clause */
/** step.h: a victim that is led through a call instruction by instruction, and killed at a chosen one.
 *
 * A *point* is a place to be killed at: behind each single step, and asleep in the kernel (a system call is one step, so
 * a call that sleeps is two points: asleep, and returned). With `own_text` only steps that end in the program's own text
 * (where the static library is) and steps that were a system call count; the tens of thousands of libc instructions
 * between them change nothing that others can see. Such a way is stepped along once and recorded; the way to each of its
 * points is then run, since a step costs tens of microseconds.
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
	unsigned hits, sleeps; /* step_goto: how often it came to the wanted place, how often it slept */
	int exit;              /* what it ended with, if it never came to its call */
	bool ready, in_flight, slept;
};

/* The points of a long way, recorded by stepping along it once: the nth time at pc, or (pc 0) the nth sleep. */
#define STEP_PATH_MAX 65536
struct step_path {
	unsigned n;
	struct {
		uintptr_t pc;
		unsigned nth;
	} at[STEP_PATH_MAX];
};

/** Fork the victim: `before`, then a stop, then `act` between the two changes of *phase. */
struct victim {
	volatile uint32_t phase;
	volatile int rc;
	volatile uint32_t who; /* filled by `before`, for the parent; so is the next one, by `act` */
	volatile int64_t deadline_ns;
	volatile pid_t mate;   /* a second thread, that nobody traces */
	volatile bool stepped; /* all of the way, by the parent: it takes its time */
	void (*before)(void);
	int (*act)(void);
};
void step_fork(struct step *s, struct victim *v);
/** True once it stands just before the call; `wait` for that, at most 10 s, or look only. */
bool step_ready(struct step *s, bool wait);
enum step_end step_to(struct step *s, unsigned point);
/** As step_to, and note each point passed in `path` (may be NULL). */
enum step_end step_along(struct step *s, unsigned point, struct step_path *path);
/** Let it run, at full speed, to a point of a path that was recorded: a hardware breakpoint stops it there. On another way
 * than the recorded one it may never come by: STEP_OVER. */
enum step_end step_goto(struct step *s, const struct step_path *path, unsigned point);
/** False if there are no hardware breakpoints to be had. */
bool step_can_goto(void);
/** The offset of an address in the program's text, for addr2line; 0 if it is not there. */
uintptr_t step_in_text(uintptr_t pc);
/** SIGKILL; `reap` waits for the end. */
void step_kill(struct step *s);
void step_reap(struct step *s);

#endif
