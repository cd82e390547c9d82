/* SPDX-License-Identifier: BSD-2-Clause */
/** event.c: announcing a sleep, and waking (event.h). */
#include "core/event.h"
#include "core/park.h"

uint32_t pawl__event_announce(uint32_t *event)
{
	/* EV1 acquire: pairs with EV2 (is_awaited, fenced): a change made before it is visible to our next look */
	return PAWL_FETCH_OR(event, PAWL__EVENT_SLEEPERS, ACQUIRE) | PAWL__EVENT_SLEEPERS;
}

void pawl__event_wake_for_all(uint32_t *event)
{
	uint32_t v = PAWL_LOAD(event, RELAXED); /* relaxed: a guess; the CAS decides */

	while (v & PAWL__EVENT_SLEEPERS)
		/* relaxed: hands nothing over; whoever does not sleep yet finds the word changed */
		if (PAWL_CAS(event, &v, (v + PAWL__EVENT_SEQ) & ~PAWL__EVENT_SLEEPERS, RELAXED)) {
			pawl__wake_private(event, 1);
			return;
		}
}

void pawl__event_wake_one(uint32_t *event)
{
	uint32_t v = PAWL_LOAD(event, RELAXED); /* relaxed: whoever announces itself later sees what it is woken for */

	if (!(v & PAWL__EVENT_SLEEPERS) || pawl__wake_private(event, 1) > 0)
		return;
	/* Nobody slept: the flag goes. Whoever has announced itself and does not sleep yet finds the word changed, and whoever
	 * does sleep by now is woken. relaxed: hands nothing over; another waker's change is as good as ours */
	if (PAWL_CAS(event, &v, (v + PAWL__EVENT_SEQ) & ~PAWL__EVENT_SLEEPERS, RELAXED))
		pawl__wake_private(event, PAWL__WAKE_ALL);
}

void pawl__event_wake_all(uint32_t *event)
{
	/* EV2 release: pairs with EV1, as in pawl__event_is_awaited */
	PAWL_FETCH_ADD(event, PAWL__EVENT_SEQ, RELEASE);
	pawl__wake_private(event, PAWL__WAKE_ALL);
}
