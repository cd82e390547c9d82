/* SPDX-License-Identifier: BSD-2-Clause */
/** park.h: sleeping on words of shared memory, and waking those who do. The only file that knows the futex calls.
 *
 * Every return of a wait means "look again", nothing more: a wake, a word that had changed already, a signal and a wake
 * meant for somebody else cannot be told apart. In particular *each* word of a wait may have spent a wake-up on this
 * sleeper, whatever the kernel says woke it: who does not take what it was woken for must pass the wake on.
 */
#ifndef PAWL__PARK_H
#define PAWL__PARK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define PAWL__WAKE_ALL INT_MAX

/* A word, and the value it must still have when the sleep begins (the kernel compares them again, atomically). */
struct pawl__watch {
	const uint32_t *word;
	uint32_t value;
	bool is_private; /* only threads of this process ever wake it */
};

#define PAWL__PARK_MOST 128 /* words; the kernel's limit */

/** Sleep until somebody wakes one of the `n` (1 .. PAWL__PARK_MOST) words, one has changed, or CLOCK_MONOTONIC reaches `until`
 * (PAWL_FOREVER: no limit). Where futex_waitv is refused, sleeps on the first word only, 5 ms at most.
 * Returns ETIMEDOUT if the time was up, EAGAIN if it did not sleep because a word had changed, else 0. Full memory barrier
 * before the words are compared. Never fails, may return early. */
int pawl__park(const struct pawl__watch *watch, unsigned n, int64_t until);

/** Wake up to `n` sleepers on a word that processes share. Returns how many. The address is all that is used: the memory
 * may be gone already. */
int pawl__wake(const uint32_t *word, int n);

/** The same for a word only this process sleeps on. */
int pawl__wake_private(const uint32_t *word, int n);

/** One rest for a waiter that goes on looking: `run` pauses. */
void pawl__rest(unsigned run);

/** Let others run on this CPU. */
void pawl__yield(void);

/** True if this kernel (and seccomp) let us sleep on two words. Asks the kernel once. */
bool pawl__can_waitv(void);

#endif
