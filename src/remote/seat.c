/* SPDX-License-Identifier: BSD-2-Clause */
/** seat.c: the keeper's side of a seat (seat.h): a step of the tenure, written down before anything is sent, then published. */
#include "remote/seat.h"

#include <string.h>

#include "core/point.h"

/* ---- writing down, publishing ---- */

static void write_down(struct pawl__seat *seat, const struct pawl__tenure *t)
{
	uint32_t other = ~seat->current & 1;
	uint64_t words[sizeof(*t) / 8];

	memcpy(words, t, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		PAWL_STORE(&seat->words[other][i], words[i],
			RELAXED); /* relaxed: SE6 publishes them; who shows them to people may look any time */
	PAWL__POINT("seat/written");
	/* SE6 release: pairs with SE5: the copy is whole before it counts */
	PAWL_STORE(&seat->current, other, RELEASE);
	PAWL__POINT("seat/written-down");
}

/* Newcomers may use the lease until then. Somebody who left may have closed the seat meanwhile: that stands, unless it is
 * opened anew. */
static void publish_good(struct pawl__seat *seat, int64_t good, bool anew)
{
	int64_t was = PAWL_LOAD(&seat->good, RELAXED); /* relaxed: the CAS decides */

	if (good == 0) {
		/* SE1 seq_cst: pairs with SE4: whoever came in before it is seen by the look that follows (SE2) */
		PAWL_XCHG(&seat->good, 0, SEQ_CST);
		return;
	}
	/* SE7 release: pairs with SE4: hi, until, stop_at are of this tenure */
	if (was != 0 || anew)
		PAWL_CAS(&seat->good, &was, good, RELEASE);
}

static void publish(struct pawl__seat *seat, const struct pawl__tenure *t, int64_t min_use, bool anew)
{
	bool held = t->state == PAWL__T_HELD;

	/* relaxed: SE7 and SE1 order them for those to whom it matters; for the others they are times and bounds */
	if (held && t->open && anew)
		PAWL_STORE(&seat->hi, t->hi, RELAXED);
	PAWL_STORE(&seat->until, held ? t->deadline : 0, RELAXED);              /* relaxed: as above */
	PAWL_STORE(&seat->stop_at, held && t->open ? t->stop_at : 1u, RELAXED); /* relaxed: as above */
	PAWL_STORE(&seat->state, t->state, RELAXED);                            /* relaxed: as above */
	publish_good(seat, held && t->open ? t->deadline - min_use : 0, anew);
	PAWL__POINT("seat/published");
}

/* ---- serving ---- */

static void look(const struct pawl__seat *seat, const struct pawl__seat_world *w, const struct pawl__tenure *t,
	struct pawl__look *l)
{
	w->look(w->arg, l);
	l->closed = t->open && PAWL_LOAD(&seat->good, RELAXED) == 0; /* relaxed: what matters is who is inside, SE2 */
	l->untold = PAWL_LOAD(&seat->died, RELAXED) != 0; /* relaxed: it counts when nobody is inside who could clear it, SE2 */
}

static void carry_out(struct pawl__seat *seat, const struct pawl__seat_world *w, struct pawl__tenure_move *m)
{
	if (m->told) {
		/* SE8 release: pairs with SE9: who sees the bell moved sees why */
		PAWL_FETCH_ADD(&seat->bell, 1u, RELEASE);
		w->tell(w->arg);
	}
	if (m->lost)
		w->lost(w->arg);
	if (m->jeopardy)
		w->jeopardy(w->arg);
	if (m->op.kind != 0)
		w->submit(w->arg, &m->op); /* refused: `next` comes again */
}

static void step(struct pawl__seat *seat, const struct pawl__seat_world *w, const pawl_remote_event_t *event,
	struct pawl__tenure_move *m)
{
	struct pawl__tenure t = *pawl__seat_tenure(seat);
	struct pawl__tenure_view view = { .now = w->now, .up = w->up, .not_before = w->not_before, .rules = w->rules };
	bool was_open = t.open;

	look(seat, w, &t, &view.look);
	pawl__tenure_step(&t, &view, event, m);
	if (m->changed) {
		if (m->died) /* before: once it is written down it will not be heard again */
			PAWL_STORE(&seat->died, 1u, RELAXED); /* relaxed: SE7 shows it to whom it concerns */
		write_down(seat, &t);
		if (m->handed_on)                             /* after: it is told twice rather than never */
			PAWL_STORE(&seat->died, 0u, RELAXED); /* relaxed: nobody is inside, nor comes in */
		publish(seat, &t, w->rules->min_use, t.open && !was_open);
	}
	carry_out(seat, w, m);
}

int64_t pawl__seat_serve(struct pawl__seat *seat, const struct pawl__seat_world *world, const pawl_remote_event_t *event)
{
	struct pawl__tenure_move m;

	step(seat, world, event, &m);
	while (m.again)
		step(seat, world, NULL, &m);
	return m.wake_at;
}

void pawl__seat_adopt(struct pawl__seat *seat)
{
	/* Held open, and not published, or closed by one who left: closed is right for both. serve() looks who is there. */
	const struct pawl__tenure *t = pawl__seat_tenure(seat);

	/* relaxed: ours to write. A deadline that was only written down is published as it is opened again */
	if (t->state == PAWL__T_HELD && t->open && PAWL_LOAD(&seat->good, RELAXED) != 0 &&
		PAWL_LOAD(&seat->until, RELAXED) == t->deadline) {
		PAWL_STORE(&seat->stop_at, t->stop_at, RELAXED); /* relaxed: a bound; it may have been written down only */
		return;
	}
	publish(seat, &(struct pawl__tenure){ .state = t->state, .deadline = t->deadline, .hi = t->hi }, 0, false);
}

void pawl__seat_rename(struct pawl__seat *seat, uint32_t gen, uint64_t req)
{
	uint64_t before = pawl__seat_tenure(seat)->req;
	struct pawl__tenure t = { .req = before > req ? before : req };

	write_down(seat, &t);
	publish(seat, &t, 0, false);
	PAWL_STORE(&seat->died, 0u, RELAXED); /* relaxed: nobody holds the lock */
	PAWL_STORE(&seat->gen, gen, RELEASE); /* SE11 release: pairs with SE10: it is closed */
}

/* ---- bounds ---- */

#define TENURE_UNIT 100000ll
#define IDLE_UNIT   10000000ll

static int64_t units(int64_t ns, int64_t unit)
{
	return ns / unit + (ns % unit != 0);
}

uint64_t pawl__bounds_pack(const struct pawl__bounds *b)
{
	int64_t tenure = units(b->max_tenure, TENURE_UNIT), idle = units(b->idle_keep, IDLE_UNIT);

	if (tenure < 0 || tenure > UINT16_MAX || idle < 0 || idle > UINT16_MAX)
		return 0;
	return (uint64_t)b->handoffs << 32 | (uint64_t)idle << 16 | (uint64_t)tenure;
}

void pawl__bounds_apply(uint64_t packed, struct pawl__tenure_rules *rules)
{
	uint32_t handoffs = (uint32_t)(packed >> 32);

	if (packed & UINT16_MAX)
		rules->max_tenure = (int64_t)(packed & UINT16_MAX) * TENURE_UNIT;
	if (packed >> 16 & UINT16_MAX)
		rules->idle_keep = (int64_t)(packed >> 16 & UINT16_MAX) * IDLE_UNIT;
	if (handoffs != 0) {
		rules->max_handoffs = handoffs - 1;
		rules->min_hold = handoffs == 1 ? 0 : rules->min_hold;
	}
}
