/* SPDX-License-Identifier: BSD-2-Clause */
/** tenure.c: what becomes of a tenure. Two halves: hear() is what the service says, settle() what follows from the time and from
 * who is inside. A step is one, then the other.
 *
 *                  want                 GRANTED                 closed, nobody inside
 *        NONE ------------> ASKING ------------------> HELD ------------------------> GIVING
 *         ^  ^                 |  \                    ^  |                             |  ^
 *         |  |          QUEUED |   \ nobody wants      |  | deadline, LOST              |  |
 *         |  |                 v    v          GRANTED |  v                             |  | owner has left
 *         |  |              QUEUED -> DROPPING         |  LOST -------------------------|--+
 *         |  |                 |         |             |                                |
 *         |  |                 +---------|-------------+                                |
 *         |  +-- RELEASED, LOST ---------+                                              |
 *         +----- RELEASED, LOST --------------------------------------------------------+
 *
 *   state            event                          next      what is done
 *   NONE             an asker                       ASKING    session up, not too early: a new request
 *   ASKING, QUEUED   GRANTED                        HELD      published; with less than min_use left: GIVING
 *   ASKING, QUEUED   QUEUED                         QUEUED    asked again at its hint, at a third of our place's life
 *   ASKING, QUEUED   UNKNOWN                        ASKING    asked again, same request
 *   ASKING, QUEUED   CONTENDED                      same      it has overtaken the grant: HELD will be born revoked
 *   ASKING, QUEUED   LOST                           NONE      a new request, if somebody still wants
 *   ASKING, QUEUED   nobody wants any more          DROPPING  CANCEL
 *   HELD             GRANTED, same token            HELD      a renewal: the deadline moves, never back
 *   HELD             CONTENDED                      HELD      revoked: closed after max_tenure, max_handoffs, or when empty;
 *                                                             after min_hold at the earliest, or nobody might get in at all
 *   HELD             deadline, LOST, another token  LOST      closed; the owner inside is told
 *   HELD, closed     nobody inside                  GIVING    RELEASE; not revoked and somebody asks: open again
 *   LOST             nobody inside                  GIVING    RELEASE: a session that lived on would keep our place for ever
 *   GIVING,DROPPING  RELEASED, LOST                 NONE
 *   with an outcome  `next` reached; session up     same      the same request again, later and later, up to a second
 *   any              of an older request            same      nothing: a larger request has finished the smaller
 *   any              session NEW                              HELD: LOST; others: NONE
 *
 * Closing comes in two steps, since local owners come and go without asking anybody: first newcomers are kept out, and then
 * it is looked whether somebody has come in before. That is what `again` is for.
 */
#include "remote/tenure.h"

#define MS 1000000ll

/* What may be asked twice, is asked again after that, then after twice that, and so on. */
#define BACKOFF_FIRST (20 * MS)
#define BACKOFF_MOST  (1000 * MS)

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- requests ---- */

/* The one request that belongs to the state: it may be sent as often as need be. */
static void send(
	struct pawl__tenure *t, const struct pawl__tenure_view *v, pawl_remote_kind_t kind, struct pawl__tenure_move *m)
{
	m->op = (pawl_remote_op_t){ .kind = kind,
		.req = t->req,
		.hi = t->hi,
		.floor = t->floor,
		.ttl_ns = v->rules->ttl,
		.wait_ns = v->rules->ttl,
		.clean = !t->unclean };
	t->next = v->now + t->backoff;
	t->backoff = sooner(2 * t->backoff, BACKOFF_MOST);
	m->changed = true;
}

static void enter(struct pawl__tenure *t, const struct pawl__tenure_view *v, pawl__tenure_state_t state,
	struct pawl__tenure_move *m)
{
	t->state = (uint8_t)state;
	t->next = v->now;
	t->backoff = BACKOFF_FIRST;
	t->open = false;
	m->changed = true;
	m->told = true;
}

/* ---- what the service says ---- */

static void revoke(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	if (t->revoked_at || v->rules->strict) /* that one goes soon enough */
		return;
	t->revoked_at = v->now;
	t->stop_at = later(1, (int64_t)v->look.grants + v->rules->max_handoffs); /* 0 is none */
	m->changed = true;
}

static void be_granted(struct pawl__tenure *t, const struct pawl__tenure_view *v, const pawl_remote_event_t *e,
	struct pawl__tenure_move *m)
{
	bool useless = e->deadline_ns <= v->now + v->rules->min_use; /* a late reply is a failure, however late */
	bool contended = e->contended || t->revoked_at != 0;

	enter(t, v, useless ? PAWL__T_GIVING : PAWL__T_HELD, m);
	t->hi = e->hi;
	t->floor = t->floor > e->hi ? t->floor : e->hi;
	m->died = e->owner_died && !useless;
	t->unclean = useless && (e->owner_died || v->look.untold); /* nobody was told: hand it on */
	if (useless)
		return;
	t->open = true;
	t->deadline = e->deadline_ns;
	t->granted_at = v->now;
	t->first_grant = (uint32_t)v->look.grants;
	t->revoked_at = t->idle_at = 0;
	t->stop_at = v->rules->strict ? later(1, (int64_t)v->look.grants) : 0;
	t->jeopardy = e->deadline_ns - v->now <= v->rules->ttl / 3;                  /* a short one is no news */
	t->next = v->now + sooner(v->rules->ttl / 3, (e->deadline_ns - v->now) / 2); /* it may be for a short while only */
	if (contended)
		revoke(t, v, m);
}

static void be_renewed(struct pawl__tenure *t, const struct pawl__tenure_view *v, const pawl_remote_event_t *e,
	struct pawl__tenure_move *m)
{
	if (e->deadline_ns > t->deadline) {
		t->deadline = e->deadline_ns;
		t->next = v->now + v->rules->ttl / 3;
		t->jeopardy = false;
		m->changed = m->told = true;
	}
	if (e->contended)
		revoke(t, v, m);
}

static void lose(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	enter(t, v, PAWL__T_LOST, m);
	m->lost = m->again = true;
}

static void forget(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	enter(t, v, PAWL__T_NONE, m);
	t->unclean = false;
	t->next = v->now + v->rules->pause;
}

static void hear_of_asking(struct pawl__tenure *t, const struct pawl__tenure_view *v, const pawl_remote_event_t *e,
	struct pawl__tenure_move *m)
{
	switch (e->what) {
	case PAWL_REMOTE_GRANTED:
		be_granted(t, v, e, m);
		break;
	case PAWL_REMOTE_QUEUED:
		m->told = t->state != PAWL__T_QUEUED;
		t->state = PAWL__T_QUEUED;
		t->backoff = BACKOFF_FIRST;
		t->next = v->now + later(sooner(e->hint_ns, v->rules->ttl / 3), MS); /* a lost hint costs no more than that */
		m->changed = true;
		break;
	case PAWL_REMOTE_UNKNOWN:
		t->state = PAWL__T_ASKING;
		t->next = v->now + t->backoff;
		m->changed = true;
		break;
	case PAWL_REMOTE_LOST:
		forget(t, v, m);
		break;
	case PAWL_REMOTE_CONTENDED: /* it has overtaken the grant: that one is born revoked */
		t->revoked_at = v->now;
		m->changed = true;
		break;
	default:
		break; /* RELEASED: of what we do not have */
	}
}

static void hear_of_held(struct pawl__tenure *t, const struct pawl__tenure_view *v, const pawl_remote_event_t *e,
	struct pawl__tenure_move *m)
{
	switch (e->what) {
	case PAWL_REMOTE_GRANTED:
		if (e->hi == t->hi)
			be_renewed(t, v, e, m);
		else
			lose(t, v, m); /* the service has granted it once more: ours had ended */
		break;
	case PAWL_REMOTE_CONTENDED:
		revoke(t, v, m);
		break;
	case PAWL_REMOTE_LOST:
		lose(t, v, m);
		break;
	default:
		break; /* QUEUED: a late copy. RELEASED: we did not ask. UNKNOWN: a renewal, which is sent again anyway */
	}
}

static void hear_of_ending(struct pawl__tenure *t, const struct pawl__tenure_view *v, const pawl_remote_event_t *e,
	struct pawl__tenure_move *m)
{
	if (e->what == PAWL_REMOTE_RELEASED || e->what == PAWL_REMOTE_LOST)
		forget(t, v, m);
}

static void hear_of_session(struct pawl__tenure *t, const struct pawl__tenure_view *v, const pawl_remote_event_t *e,
	struct pawl__tenure_move *m)
{
	switch (e->state) {
	case PAWL_REMOTE_UP: /* or a new keeper: whatever was under way may never have been sent, or told */
		m->lost = t->state == PAWL__T_LOST;
		t->next = v->now;
		t->backoff = BACKOFF_FIRST;
		break;
	case PAWL_REMOTE_NEW:
		if (t->state == PAWL__T_HELD)
			lose(t, v, m);
		else if (t->state == PAWL__T_LOST)
			m->lost = true; /* as above */
		else if (t->state != PAWL__T_NONE)
			forget(t, v, m);
		break;
	case PAWL_REMOTE_ALIVE:
		if (t->state == PAWL__T_HELD)
			be_renewed(t, v, e, m);
		break;
	default:
		break; /* DOWN: deadlines run on, and `up` is in the view */
	}
}

typedef void hear_t(struct pawl__tenure *, const struct pawl__tenure_view *, const pawl_remote_event_t *,
	struct pawl__tenure_move *);

static hear_t *const hear[PAWL__T_STATES] = {
	[PAWL__T_ASKING] = hear_of_asking, [PAWL__T_QUEUED] = hear_of_asking, [PAWL__T_HELD] = hear_of_held, [PAWL__T_GIVING] = hear_of_ending, [PAWL__T_DROPPING] = hear_of_ending,
	/* NONE, LOST: nothing that is said of the last request matters any more */
};

/* ---- what follows from time and from who is inside ---- */

/* Nobody is inside, and nobody on this host is about to be. */
static bool is_empty(const struct pawl__look *look)
{
	return (look->who == PAWL__NOBODY || look->who == PAWL__CORPSE) && !look->more;
}

static void settle_none(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	int64_t from = later(t->next, v->not_before);

	if (v->look.who != PAWL__ASKER || !v->up)
		return;
	if (v->now < from) {
		m->wake_at = from;
		return;
	}
	enter(t, v, PAWL__T_ASKING, m);
	t->req++;
	t->hi = 0;
	t->revoked_at = 0;
	t->unclean = false;
	send(t, v, PAWL_REMOTE_ACQUIRE, m);
	m->wake_at = t->next;
}

/* The request of a state whose outcome is open, once more when its time has come. */
static void repeat(
	struct pawl__tenure *t, const struct pawl__tenure_view *v, pawl_remote_kind_t kind, struct pawl__tenure_move *m)
{
	if (v->up && v->now >= t->next)
		send(t, v, kind, m);
	m->wake_at = v->up ? t->next : INT64_MAX; /* SESSION(UP) will be heard */
}

static void settle_asking(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	if (!is_empty(&v->look)) { /* inside is, for a moment, also an asker who looks whether it may come in */
		if (v->up && v->now >= t->next && v->now < v->not_before)
			t->next = v->not_before;
		repeat(t, v, PAWL_REMOTE_ACQUIRE, m);
		return;
	}
	enter(t, v, PAWL__T_DROPPING, m);
	repeat(t, v, PAWL_REMOTE_CANCEL, m);
}

static void give(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	t->unclean = v->look.who == PAWL__CORPSE || v->look.untold;
	m->handed_on = v->look.untold;
	enter(t, v, PAWL__T_GIVING, m);
	repeat(t, v, PAWL_REMOTE_RELEASE, m);
}

/* Shall newcomers be kept out? If not yet, when is it worth another look? */
static bool is_to_close(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m, int64_t *look_at)
{
	const struct pawl__tenure_rules *r = v->rules;
	bool empty = is_empty(&v->look);

	if (v->look.closed)
		return true;
	if (t->revoked_at) {
		int64_t hold = t->granted_at + r->min_hold, end = later(t->revoked_at + r->max_tenure, hold);

		/* Who asked for it, and has not woken up yet, has a little longer: else a slow one would never come in. */
		if (v->look.who == PAWL__ASKER && (uint32_t)v->look.grants == t->first_grant)
			end = later(end, t->granted_at + sooner(8 * r->max_tenure, r->min_use));

		*look_at = sooner(end, later(hold, v->now + later(r->max_tenure / 8, MS / 4)));
		return v->now >= end || (empty && v->now >= hold);
	}
	*look_at = v->now + later(r->idle_keep, MS); /* who leaves it empty does not say so */
	if (!empty) {
		t->idle_at = 0;
		return false;
	}
	if (!t->idle_at || t->idle_grants != (uint32_t)v->look.grants) {
		t->idle_at = v->now + r->idle_keep;
		t->idle_grants = (uint32_t)v->look.grants;
		m->changed = true;
	}
	*look_at = t->idle_at;
	return v->now >= t->idle_at;
}

static void settle_open(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	int64_t look_at = INT64_MAX;

	if (is_to_close(t, v, m, &look_at)) {
		t->open = false;
		m->changed = m->again = true;
		return;
	}
	m->wake_at = sooner(m->wake_at, look_at);
	if (v->look.who == PAWL__ASKER && v->now < t->deadline - v->rules->min_use)
		m->told = true; /* it has been open all the time, or is again; else it would come, find it closed, and ring */
}

/* Its owner rings as it leaves, unless it dies. */
static void come_again(const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	m->wake_at = sooner(m->wake_at, v->now + later(v->rules->max_tenure, MS));
}

/* This look was made after the closing: nobody comes in any more. */
static void settle_closed(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	if (!t->revoked_at && !v->rules->strict && !is_empty(&v->look)) {
		t->open = true;
		t->idle_at = 0;
		m->changed = m->told = true;
		return;
	}
	if (v->look.who != PAWL__INSIDE)
		give(t, v, m);
	else
		come_again(v, m);
}

static void renew(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	int64_t jeopardy = t->deadline - v->rules->ttl / 3;

	if (!t->jeopardy && v->now >= jeopardy)
		t->jeopardy = m->jeopardy = m->changed = true;
	if (v->rules->renews && v->up && v->now >= t->next) {
		t->backoff = later(v->rules->ttl / 6, MS);
		send(t, v, PAWL_REMOTE_RENEW, m);
	}
	m->wake_at = sooner(m->wake_at, t->jeopardy ? t->deadline : jeopardy);
	if (v->rules->renews && v->up)
		m->wake_at = sooner(m->wake_at, t->next);
}

static void settle_held(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	if (v->now >= t->deadline) {
		lose(t, v, m);
		return;
	}
	if (t->open)
		settle_open(t, v, m);
	else
		settle_closed(t, v, m);
	if (t->state == PAWL__T_HELD && !m->again)
		renew(t, v, m);
}

static void settle_lost(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	if (m->again)
		return;
	if (v->look.who != PAWL__INSIDE)
		give(t, v, m);
	else
		come_again(v, m);
}

static void settle(struct pawl__tenure *t, const struct pawl__tenure_view *v, struct pawl__tenure_move *m)
{
	switch (t->state) {
	case PAWL__T_NONE:
		settle_none(t, v, m);
		break;
	case PAWL__T_ASKING:
	case PAWL__T_QUEUED:
		settle_asking(t, v, m);
		break;
	case PAWL__T_HELD:
		settle_held(t, v, m);
		break;
	case PAWL__T_LOST:
		settle_lost(t, v, m);
		break;
	case PAWL__T_GIVING:
		repeat(t, v, PAWL_REMOTE_RELEASE, m);
		break;
	case PAWL__T_DROPPING:
		repeat(t, v, PAWL_REMOTE_CANCEL, m);
		break;
	default:
		break;
	}
}

void pawl__tenure_step(struct pawl__tenure *t, const struct pawl__tenure_view *view, const pawl_remote_event_t *event,
	struct pawl__tenure_move *move)
{
	*move = (struct pawl__tenure_move){ .wake_at = INT64_MAX };
	if (event && event->what == PAWL_REMOTE_SESSION)
		hear_of_session(t, view, event, move);
	else if (event && event->req == t->req && t->state < PAWL__T_STATES && hear[t->state])
		hear[t->state](t, view, event, move);
	settle(t, view, move);
}

const char *pawl__tenure_state_name(unsigned state)
{
	static const char *const names[PAWL__T_STATES] = { "none", "asking", "queued", "held", "lost", "giving", "dropping" };

	return state < PAWL__T_STATES ? names[state] : "odd";
}
