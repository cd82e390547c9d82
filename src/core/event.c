/* SPDX-License-Identifier: BSD-2-Clause */
/** event.c: announcing a sleep, and waking (event.h). */
#include "core/event.h"
#include "core/park.h"

uint32_t pawl__event_announce(uint32_t *event)
{
	uint32_t v = PAWL_LOAD(event, RELAXED), mine; /* relaxed: a guess; the CAS decides */

	do
		mine = (v + PAWL__EVENT_SEQ) | PAWL__EVENT_SLEEPERS;
	/* EV1 acquire: pairs with EV2 (is_awaited, fenced): a change made before it is visible to our next look */
	while (!PAWL_CAS(event, &v, mine, ACQUIRE));
	return mine;
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
	uint32_t v = PAWL_LOAD(event, RELAXED); /* relaxed: a guess; the CAS decides */

	while (v & PAWL__EVENT_SLEEPERS) {
		/* relaxed: hands nothing over; whoever does not sleep yet finds the word changed */
		if (!PAWL_CAS(event, &v, v + PAWL__EVENT_SEQ, RELAXED))
			continue;
		v += PAWL__EVENT_SEQ;
		if (pawl__wake_private(event, 1) == 0)
			/* relaxed: fails if anybody has announced itself since, and then the flag is true */
			PAWL_CAS(event, &v, v & ~PAWL__EVENT_SLEEPERS, RELAXED);
		return;
	}
}

void pawl__event_wake_all(uint32_t *event)
{
	/* EV2 release: pairs with EV1, as in pawl__event_is_awaited */
	PAWL_FETCH_ADD(event, PAWL__EVENT_SEQ, RELEASE);
	pawl__wake_private(event, PAWL__WAKE_ALL);
}
