/* SPDX-License-Identifier: BSD-2-Clause */
/** event.h: a word to sleep on until something that lies in other words has changed.
 *
 *   bit    name      means                      set by    cleared by  legal to miss?         legal when untrue?
 *   0      SLEEPERS  somebody may sleep on it   sleeper   waker       no: a wake-up is lost  yes: one spare wake
 *   31..1  seq       + 1 when the flag is cleared and when all are woken, so that nobody goes to sleep in vain. Not at
 *                    each sleep: of many who go to sleep at the same time, each would keep the others awake
 *
 * Sleeper: announce; fence (fence.h); look again at what it waits for; sleep, if the word is still what announce gave it.
 * The other side: change what is waited for; look at the word (pawl__event_is_awaited); wake.
 */
#ifndef PAWL__EVENT_H
#define PAWL__EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <pawl/annotate.h>

#define PAWL__EVENT_SLEEPERS 1u
#define PAWL__EVENT_SEQ      2u

/** Say that we are going to sleep. Returns the word to sleep on. */
uint32_t pawl__event_announce(uint32_t *event);

/** Does anybody sleep? Behind the change that the sleepers wait for. `fenced`: they do not use pawl__fence_heavy(). */
static inline bool pawl__event_is_awaited(uint32_t *event, bool fenced)
{
	/* EV2 release: pairs with EV1 (announce): whoever announces itself after this has the change before its eyes. */
	if (fenced)
		return PAWL_FETCH_ADD(event, 0u, RELEASE) & PAWL__EVENT_SLEEPERS;
	PAWL_COMPILER_BARRIER();
	/* relaxed: that this load may pass the change, the sleeper makes good by its heavy fence */
	return PAWL_LOAD(event, RELAXED) & PAWL__EVENT_SLEEPERS;
}

/** Wake one, and let others go on sleeping unannounced: the woken one is bound to speak for them. */
void pawl__event_wake_for_all(uint32_t *event);

/** Wake one. SLEEPERS stays until a wake finds nobody. */
void pawl__event_wake_one(uint32_t *event);

/** Wake all, also those who are about to sleep. */
void pawl__event_wake_all(uint32_t *event);

#endif
