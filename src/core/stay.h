/* SPDX-License-Identifier: BSD-2-Clause */
/** stay.h: has this thread been on its CPU all the time? Asked in place of a clock, by those who only need to know that they have
 * not been stopped, put to sleep with the machine, or made to wait behind others.
 *
 * Linux's restartable sequences tell. A thread leaves the address of a sequence it is not in, in the word that the kernel reads
 * whenever it lets the thread go on after something else has run; finding the thread elsewhere, the kernel clears the word.
 * Whoever else uses the word meanwhile (restart.h) makes it a stay that cannot be vouched for.
 *
 * Source   rseq(2), "rseq_cs": cleared when the thread was preempted, or got a signal, outside of the sequence.
 */
#ifndef PAWL__STAY_H
#define PAWL__STAY_H

#include <stdbool.h>
#include <stdint.h>

#include <pawl/restart.h>

#if defined(PAWL_RESTART_NOT_HERE_) || !defined(__has_builtin)
#define PAWL__NO_STAY
#elif !__has_builtin(__builtin_thread_pointer)
#define PAWL__NO_STAY
#endif

/** Get ready for what is below, each thread for itself; the first one finds out whether this kernel does that. */
void pawl__stay_get_ready(void);

#ifdef PAWL__NO_STAY
static inline void pawl__stay_begin(void)
{
}

static inline void pawl__stay_end(void)
{
}

static inline bool pawl__stay_is_unbroken(void)
{
	return false;
}
#else
extern const struct pawl__nowhere {
	_Alignas(32) uint32_t version;
	uint32_t flags;
	uint64_t start, length, instead;
} pawl__nowhere;

PAWL_STATIC_ASSERT(sizeof(struct pawl__nowhere) == 32, "the kernel's struct rseq_cs");

extern uint64_t pawl__stay_mark; /* that sequence; 0, which is none: this kernel does not do it */

static inline volatile uint64_t *pawl__stay_word(void)
{
	return (volatile uint64_t *)((char *)__builtin_thread_pointer() + pawl_restart_ + 8);
}

/** From now on. */
static inline void pawl__stay_begin(void)
{
	if (PAWL_LIKELY(pawl_restart_ != 0))
		*pawl__stay_word() = pawl__stay_mark;
}

/** No more, whatever happens. */
static inline void pawl__stay_end(void)
{
	if (pawl_restart_ != 0)
		*pawl__stay_word() = 0;
}

/** Since whichever pawl__stay_begin() of this thread: true is certain. */
static inline bool pawl__stay_is_unbroken(void)
{
	return pawl_restart_ != 0 && *pawl__stay_word() == (uint64_t)(uintptr_t)&pawl__nowhere;
}
#endif

#endif
