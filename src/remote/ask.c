/* SPDX-License-Identifier: BSD-2-Clause */
/** ask.c: ringing the keeper's bell, and waiting for what it says.
 *
 * A bell is a bit in the segment and a word that moves. The bit comes first: who is killed in between has asked for nothing that
 * the next ring, or the next keeper, would not find. A keeper that is killed with the bell in its ear is succeeded by one that
 * looks at all who ask.
 */
#include "remote/ask.h"

#include <errno.h>

#include "core/cancel.h"
#include "core/park.h"
#include "core/point.h"
#include "core/tune.h"
#include "remote/keeper.h"
#include "remote/office.h"
#include "remote/strict.h"

/* A try asks the service, once. It does not wait for one that does not answer. */
#define TRY_NS 2000000000ll

/* So long a URL that was refused may be refused by an earlier keeper, with another backend. */
#define REFUSED_NS 200000000ll

void pawl__bell_ring(const struct pawl_space *space, uint32_t place)
{
	uint64_t *bells = (uint64_t *)((char *)space->header + PAWL__BELLS_OFF);

	/* BE1 release: pairs with BE2 (term.c): what the ringer did before is seen by who hears the bell */
	PAWL_FETCH_OR(&bells[place / 64], 1ull << (place % 64), RELEASE);
	PAWL__POINT("ask/rung");
	/* BE3 seq_cst: pairs with BE4 (term.c): whoever sees the word move sees the bit; with BE7: it moves before we look, BE6 */
	PAWL_FETCH_ADD(&space->office->doorbell, 1u, SEQ_CST);
	if (!pawl__keeper_hears(space))
		pawl__wake(&space->office->doorbell, 1);
}

/* ---- waiting for a lease ---- */

struct asking {
	const struct pawl_space *space;
	struct pawl__seat *seat;
	uint32_t place, gen, me;
	const uint32_t *interrupts;
	uint32_t interrupts_seen;
	pawl_deadline_t deadline;
	int64_t began;
	bool strict; /* for a place of one's own */
};

/* Who says that it is asking is not inside, and who looks whether it may come in does not say so (seat.h). */
static bool may_enter(const struct asking *a)
{
	/* SE3 seq_cst: pairs with SE2: if the keeper sees us asking, we have yet to look, and see what it did before */
	PAWL_STORE(&a->seat->asking, 0u, SEQ_CST);
	PAWL__POINT("ask/looking");
	return pawl__seat_is_of(a->seat, a->gen) && pawl__seat_is_open(a->seat, pawl__boot());
}

static void say_so(const struct asking *a)
{
	PAWL_STORE(&a->seat->asking, a->me, SEQ_CST); /* SE3 seq_cst: pairs with SE2 */
	PAWL__POINT("ask/asking");
	pawl__bell_ring(a->space, a->place);
}

static bool is_up(const struct asking *a)
{
	return PAWL_LOAD(&a->space->office->up, RELAXED); /* relaxed: what it was a moment ago */
}

/* Of who would wait for ever. */
static int refusal(const struct asking *a, int64_t now)
{
	uint64_t flags = PAWL_LOAD(&a->space->office->flags, RELAXED); /* relaxed: there is nothing else to be seen */
	char reason[PAWL__REASON_LEN];

	if (a->strict && (flags & PAWL_REMOTE_ONE_PLACE))
		return pawl__refuse(EINVAL,
			"%s: this service gives a host one place, PAWL_STRICT needs one for each waiter: open "
			"the lock without, or use another protocol",
			a->space->path);
	if (!(flags & PAWL__URL_REFUSED) || now - a->began < REFUSED_NS)
		return 0;
	pawl__office_reason(a->space->office, reason);
	return pawl__refuse(EINVAL, "%s: %s", a->space->shown_url, reason);
}

/* What ends the waiting. 0: nothing yet. */
static int verdict(const struct asking *a, int64_t now)
{
	int rc = pawl__segment_is_there(a->space);

	if (rc != 0)
		return rc;
	if (PAWL_LOAD(a->interrupts, RELAXED) != a->interrupts_seen) /* relaxed: that it moves is all there is to see */
		return ECANCELED;
	rc = refusal(a, now);
	if (rc != 0)
		return rc;
	if (a->deadline == PAWL_TRY) {
		/* relaxed: it is our own request, and the bell has told us */
		if (PAWL_LOAD(&a->seat->state, RELAXED) == PAWL__T_QUEUED)
			return EBUSY;
		return now - a->began < TRY_NS ? 0 : is_up(a) ? EBUSY : EHOSTUNREACH;
	}
	if (now < a->deadline)
		return 0;
	return is_up(a) ? ETIMEDOUT : EHOSTUNREACH;
}

static void wait_for_bell(const struct asking *a, uint32_t bell, int64_t now)
{
	struct pawl__watch watch[] = { { .word = &a->seat->bell, .value = bell },
		{ .word = a->interrupts, .value = a->interrupts_seen } };
	int64_t until = a->deadline == PAWL_TRY ? a->began + TRY_NS : a->deadline;

	if (pawl__tune.slice_ns != PAWL_FOREVER)
		until = pawl__sooner(until, now + pawl__tune.slice_ns); /* I5 */
	pawl__park(watch, 2, until);
}

static int ask(const struct asking *a)
{
	for (;;) {
		/* SE9 acquire: pairs with SE8: what moved the bell is seen below */
		uint32_t bell = PAWL_LOAD(&a->seat->bell, ACQUIRE);
		int64_t now = pawl__now();
		int rc;

		if (may_enter(a))
			return 0;
		rc = verdict(a, now);
		if (rc != 0)
			return rc;
		say_so(a);
		wait_for_bell(a, bell, now);
	}
}

int pawl__lease_ask(struct pawl_lock *lock, struct pawl__spot spot, uint32_t me, pawl_deadline_t deadline, uint32_t interrupts)
{
	struct asking a = { .space = lock->space,
		.seat = pawl__seat_at(lock->space, spot.index),
		.place = spot.index,
		.gen = spot.gen,
		.me = me,
		.interrupts = &lock->interrupts,
		.interrupts_seen = interrupts,
		.deadline = deadline,
		.began = pawl__now(),
		.strict = pawl__strict_is_own(lock->text) };
	int rc, cancel;

	if (!a.seat)
		return EPROTO;
	cancel = pawl__cancel_off();
	rc = pawl__keeper_start(lock->space); /* in the child of a fork there is none yet */
	if (rc == 0)
		rc = ask(&a);
	pawl__cancel_back(cancel);
	return rc;
}
