/* SPDX-License-Identifier: BSD-2-Clause */
/** check.h: what must never be, what must come, and what is counted on the way. */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include <stdio.h>

#include "world.h"

struct counts {
	uint64_t seeds, events, messages, requests, grants, remote, handoffs, losses, died, deaths, faults, excused;
	int64_t time, longest; /* simulated; wait after the faults had ceased */
};

extern struct counts counts;

/** Why the run has failed; "" if it has not. The first reason counts. */
extern char failure[200];
void violation(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** To be called when somebody comes in; NULL. */
extern void (*check_on_entered)(uint32_t t);

void check_begin(void);
void check_entered(uint32_t t, bool told);
void check_left(uint32_t t, bool valid);
void check_died(uint32_t t);
void check_told_lost(uint32_t s);
/** At most one host believes that it has the lock. */
void check_lock(uint32_t lock);

/** Before and after a serve(). */
struct served {
	struct pawl__tenure tenure;
	uint32_t owner;
	uint64_t grants;
	uint32_t sent, lost_told; /* in it */
	const pawl_remote_event_t *event;
};
void check_before(uint32_t s, struct served *before);
void check_served(uint32_t s, const struct served *served);

/** All who wanted have been served; nothing of ours is left. */
void check_idle(void);
void check_empty(void);

/* The trace: what happened last, if --trace. */
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
void trace_print(FILE *out);
void trace_begin(void);
#define TRACE(...)                                                                                                     \
	do {                                                                                                           \
		if (sim.o.trace)                                                                                       \
			trace(__VA_ARGS__);                                                                            \
	} while (0)

#endif
