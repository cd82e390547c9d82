/* SPDX-License-Identifier: BSD-2-Clause */
/** term.c: what the keeper does all day: it listens to the service and to the bells of this host, and lets each tenure that it
 * concerns decide (seat.c, tenure.c).
 *
 *   begin    open the backend, adopt the seats of the keeper before
 *   loop     until the next date:  poll the backend -> events;  bells -> places to look at;  dates that have come
 *   end      the last one here gives back what nobody uses; the others leave that to their successor
 */
#include "remote/term.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/park.h"
#include "core/point.h"
#include "core/probe.h"
#include "remote/ask.h"
#include "remote/keeper.h"
#include "remote/office.h"
#include "remote/registry.h"
#include "remote/strict.h"
#include "remote/watch.h"
#include "space/linger.h"
#include "space/live.h"
#include "space/segment.h"
#include "space/table.h"

#define LOOK_NS 1000000000ll /* however quiet it is: is the segment still there? */

#define STRICT_LOOK_NS 50000000ll /* a strict hold: has its owner died? */

/* One tenure the keeper has to do with. */
struct hold {
	struct term *term;
	uint32_t place, gen;
	/* They were there when it began, and stay: a peer can take a chunk's bit back at any time, not its memory (I7). */
	const struct pawl__place *at;
	struct pawl__seat *seat;
	int64_t wake_at;
	bool done;                          /* nothing to do with it any more */
	char name[PAWL__LONG_NAME_MAX + 1]; /* of the lock; and behind it */
	char *strict;                       /* of whom the place is (strict.c), "": the host's */
};

struct term {
	struct pawl_space *space;
	struct pawl__office *office;
	const struct pawl__term_end *end;
	struct pawl__tenure_rules rules, strict_rules;
	const pawl_backend_t *backend;
	pawl_remote_config_t config;
	void *opened;

	struct hold **at; /* by place */
	struct hold **holds;
	size_t n, room;

	int64_t life;     /* the longest that a lease was granted for */
	bool news;        /* the candidates of all processes have to know: many leases may be lost at once */
	bool troubled;    /* the reason in the office is that of a request */
	bool winding_up;  /* nothing is kept for later */
	bool away;        /* the service has been found to be, since it was last reached */
	int64_t watch_at; /* when to look after those inside, in this process */
	int wake_fd;      /* the candidate's */
	pthread_t doorman;
	uint32_t doorman_ends;
};

/* ---- what a seat's tenure asks of us ---- */

static pawl__who_t who_is(const struct hold *h, uint32_t word, bool asking)
{
	uint32_t token;

	switch (pawl__word_kind(word)) {
	case PAWL__OWNED:
		if (!pawl__live_is_alive(h->term->space, word, &token))
			return asking ? PAWL__NOBODY : PAWL__CORPSE; /* who died waiting was never in */
		return asking ? PAWL__ASKER : PAWL__INSIDE;
	case PAWL__ORPHAN:
	case PAWL__POISON: /* nobody has repaired it: that is for the next host to hear of */
		return PAWL__CORPSE;
	default:
		return PAWL__NOBODY;
	}
}

/* What a holder started still runs: the hold goes on without it (linger.c). */
static bool is_lingering(const struct hold *h, const struct pawl__place *place)
{
	return (PAWL_LOAD(&place->mark, RELAXED) & PAWL__LINGER) && /* relaxed: the holder set it before it left */
	       pawl__linger_is_held(h->term->space, h->place);
}

/* Who died waiting has left its bit in the word, and nobody may be there to take it away. */
static bool has_waiters(const struct hold *h, uint32_t word, pawl__who_t who)
{
	const struct pawl__slot *slot;

	if (!(word & PAWL__W_WAITERS) || who == PAWL__ASKER || who == PAWL__INSIDE)
		return word & PAWL__W_WAITERS;
	for (uint32_t s = 1; (slot = pawl__slot_at(h->term->space, s)); s++)
		if (PAWL_LOAD(&slot->waiting_place, RELAXED) == h->place + 1 && /* relaxed: who comes later rings */
			!pawl__live_is_vacant(h->term->space, s))
			return true;
	return false;
}

static void look(void *arg, struct pawl__look *l)
{
	const struct hold *h = arg;
	const struct pawl__place *place = h->at;
	uint32_t word;

	*l = (struct pawl__look){ .who = PAWL__NOBODY };
	if (pawl__table_gen(place) != h->gen) /* the name has gone: so has everybody who could want it */
		return;
	/* SE2 seq_cst: pairs with RB1: who is not seen inside sees what was published before */
	word = PAWL_LOAD(&place->lock.word, SEQ_CST);
	l->who = who_is(h, word, pawl__seat_is_asking(h->seat, pawl__word_id(word)));
	l->more = has_waiters(h, word, l->who);
	l->grants = PAWL_LOAD(&place->lock.grant, RELAXED); /* relaxed: a bound */
	if ((l->who == PAWL__NOBODY || l->who == PAWL__CORPSE) && is_lingering(h, place))
		l->who = PAWL__INSIDE;
}

static bool submit(void *arg, const pawl_remote_op_t *op)
{
	struct hold *h = arg;
	pawl_remote_op_t named = *op;
	int rc;

	named.name = h->name;
	named.place = h->strict;
	named.ttl_ns = named.wait_ns = h->term->config.ttl_ns; /* what is granted may be less: learn_life() */
	PAWL__POINT("term/submitting");
	rc = h->term->backend->submit(h->term->opened, &named);
	if (rc != 0 && rc != ENOTCONN) {
		pawl__office_say(h->term->office, strerror(rc));
		h->term->troubled = true; /* until a request has an outcome */
	}
	return rc == 0;
}

static void tell(void *arg)
{
	struct hold *h = arg;

	pawl__wake(&h->seat->bell, PAWL__WAKE_ALL);
}

static void lost(void *arg)
{
	struct hold *h = arg;

	PAWL_FETCH_ADD(&h->term->office->losses, 1u, RELAXED); /* relaxed: a statistic */
	PAWL__PROBE(tenure_lost, h->term->space->path, h->name, h->place, pawl__seat_tenure(h->seat)->hi, 0);
	h->term->news = true;
}

static void endangered(void *arg)
{
	struct hold *h = arg;

	h->term->news = true;
}

/* Nothing of the lock is ours, and nobody here waits for that to change: while the service is away, say. */
static bool is_done(struct hold *h)
{
	struct pawl__look l;

	if (h->wake_at != INT64_MAX || pawl__seat_tenure(h->seat)->state != PAWL__T_NONE)
		return false;
	look(h, &l);
	return l.who != PAWL__ASKER;
}

/* For who traces: what has become of the tenure. */
static void trace(const struct hold *h, const struct pawl__tenure *was, const struct pawl__tenure *is)
{
	if (is->state != PAWL__T_HELD)
		return;
	if (was->state != PAWL__T_HELD)
		PAWL__PROBE(tenure_acquired, h->term->space->path, h->name, h->place, is->hi, is->deadline);
	if (is->revoked_at != 0 && (was->state != PAWL__T_HELD || was->revoked_at == 0))
		PAWL__PROBE(tenure_revoked, h->term->space->path, h->name, h->place, is->hi, is->revoked_at);
}

static void serve(struct hold *h, const pawl_remote_event_t *event)
{
	struct pawl__office *office = h->term->office;
	struct pawl__tenure_rules rules = *h->strict ? h->term->strict_rules : h->term->rules;
	struct pawl__seat_world world = { .now = pawl__boot(),
		.up = PAWL_LOAD(&office->up, RELAXED),                 /* relaxed: ours */
		.not_before = PAWL_LOAD(&office->not_before, RELAXED), /* relaxed: ours */
		.rules = &rules,
		.arg = h,
		.look = look,
		.submit = submit,
		.tell = tell,
		.lost = lost,
		.jeopardy = endangered };
	struct pawl__tenure was = *pawl__seat_tenure(h->seat);

	if (!*h->strict && !h->term->winding_up)
		pawl__bounds_apply(PAWL_LOAD(&h->seat->bounds, RELAXED), &rules); /* relaxed: one word, for itself */
	if (pawl__table_gen(h->at) != h->gen) /* nobody can want it any more: not to be kept for them */
		rules.idle_keep = rules.min_hold = 0;
	h->wake_at = pawl__seat_serve(h->seat, &world, event);
	trace(h, &was, pawl__seat_tenure(h->seat));
	h->done = is_done(h);
	if (h->done && pawl__table_gen(h->at) != h->gen)
		pawl__bell_ring(h->term->space, h->place); /* whoever has the place now may have rung in vain */
}

/* ---- the list of those we have to do with ---- */

static bool make_room(struct term *t)
{
	size_t room = t->room ? 2 * t->room : 64;
	struct hold **holds;

	if (t->n < t->room)
		return true;
	holds = realloc(t->holds, room * sizeof(struct hold *));
	if (!holds)
		return false;
	t->holds = holds;
	t->room = room;
	return true;
}

/* The name a place has now; a seat that is about another name begins anew. The name may have lived at another place, and its
 * requests count on from there: nobody makes one in a microsecond, so a clock is ahead of them all. */
static bool read_name(struct hold *h)
{
	h->gen = pawl__table_gen(h->at);
	if (!pawl__table_name(h->term->space, (struct pawl__spot){ .index = h->place, .gen = h->gen }, h->name))
		return false;
	h->strict = pawl__strict_split(h->name);
	if (PAWL_LOAD(&h->seat->gen, RELAXED) != h->gen) /* relaxed: the keeper's, and we are it */
		pawl__seat_rename(h->seat, h->gen, (uint64_t)pawl__boot() / 1000);
	return true;
}

static struct hold *hold_of(struct term *t, uint32_t i)
{
	const struct pawl__place *place = pawl__place_at(t->space, i);
	struct pawl__seat *seat = pawl__seat_at(t->space, i);
	struct hold *h;

	if (!place || !seat)
		return NULL;
	if (t->at[i])
		return t->at[i];
	h = make_room(t) ? calloc(1, sizeof(*h)) : NULL;
	if (!h)
		return NULL; /* no memory: it will ring again */
	h->term = t;
	h->place = i;
	h->at = place;
	h->seat = seat;
	if (!read_name(h)) {
		free(h);
		return NULL;
	}
	return t->at[i] = t->holds[t->n++] = h;
}

static void drop_done(struct term *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->holds[i]->done) {
			t->at[t->holds[i]->place] = NULL;
			free(t->holds[i]);
		} else {
			t->holds[kept++] = t->holds[i];
		}
	t->n = kept;
}

/* ---- what the service says ---- */

/* Something of ours that no seat knows of: a late copy of a request, of a name that has gone since. */
static void send_back(struct term *t, const pawl_remote_event_t *e)
{
	pawl_remote_op_t op = { .kind = e->what == PAWL_REMOTE_GRANTED ? PAWL_REMOTE_RELEASE : PAWL_REMOTE_CANCEL,
		.name = e->name,
		.place = e->place ? e->place : "",
		.req = e->req,
		.hi = e->hi,
		.ttl_ns = t->config.ttl_ns,
		.clean = !e->owner_died };

	if (e->what == PAWL_REMOTE_GRANTED || e->what == PAWL_REMOTE_QUEUED)
		t->backend->submit(t->opened, &op);
}

static void hear_of_session(struct term *t, const pawl_remote_event_t *e)
{
	struct pawl__office *o = t->office;
	bool up = e->state != PAWL_REMOTE_DOWN;

	t->away = !up;
	if (e->state == PAWL_REMOTE_UP || e->state == PAWL_REMOTE_NEW)
		PAWL_STORE(&o->not_before, pawl__boot() + e->delay_ns, RELAXED); /* relaxed: ours */
	pawl__office_say(o, up ? "" : e->reason ? e->reason : "it does not answer");
	PAWL_STORE(&o->up, up, RELAXED); /* relaxed: for those who give up waiting */
	for (size_t i = 0; i < t->n; i++)
		serve(t->holds[i], e);
}

static bool is_named(const struct hold *h, const pawl_remote_event_t *e)
{
	return strcmp(h->name, e->name) == 0 && strcmp(h->strict, e->place ? e->place : "") == 0;
}

static bool is_about(const struct hold *h, const pawl_remote_event_t *e)
{
	return pawl__seat_tenure(h->seat)->req == e->req && is_named(h, e);
}

/* The name's place tells whose request it is, unless the name lost its place while that was under way. */
static struct hold *hold_for(const struct term *t, const pawl_remote_event_t *e)
{
	char text[PAWL__LONG_NAME_MAX + 1];
	struct pawl__name name;
	struct pawl__spot spot;
	struct hold *h = NULL;

	if (!pawl__strict_join(e->name, e->place, text) || pawl__name_read(text, &name) != 0)
		return NULL;
	if (pawl__table_find(t->space, &name, &spot) == 0)
		h = t->at[spot.index];
	if (h && is_about(h, e))
		return h;
	for (size_t i = 0; i < t->n; i++)
		if (is_about(t->holds[i], e))
			return t->holds[i];
	return h && is_named(h, e) ? h : NULL; /* the place's name may be older than that: it has requests of that number, too */
}

/* Why a request has no outcome, until one has: somebody waits for it, and asks why. */
static void note_trouble(struct term *t, const pawl_remote_event_t *e)
{
	if (e->what == PAWL_REMOTE_SESSION || (!e->reason && !t->troubled))
		return;
	pawl__office_say(t->office, e->reason ? e->reason : "");
	t->troubled = e->reason != NULL;
}

/* The rules go by the time to live that is asked for. Of a service that grants much less they have to go by that: a lease would
 * never be long enough to be used, or be renewed too late. One that comes late looks the same, until the next. */
static void learn_life(struct term *t, const pawl_remote_event_t *e)
{
	bool is_renewal = e->what == PAWL_REMOTE_SESSION && e->state == PAWL_REMOTE_ALIVE;
	int64_t now = pawl__boot(), ttl = t->config.ttl_ns;

	if ((e->what != PAWL_REMOTE_GRANTED && !is_renewal) || e->deadline_ns <= now || e->deadline_ns - now <= t->life)
		return;
	t->life = e->deadline_ns - now;
	if (t->life < ttl / 2)
		ttl = t->life;
	t->rules.ttl = t->strict_rules.ttl = ttl;
	t->rules.min_use = t->strict_rules.min_use = ttl / 20;
}

static void hear(void *arg, const pawl_remote_event_t *e)
{
	struct term *t = arg;
	struct hold *h;

	note_trouble(t, e);
	learn_life(t, e);
	if (e->what == PAWL_REMOTE_SESSION)
		hear_of_session(t, e);
	else if ((h = hold_for(t, e)))
		serve(h, e);
	else
		send_back(t, e);
}

/* ---- what this host says ---- */

static void hear_bells(struct term *t)
{
	uint64_t *bells = (uint64_t *)((char *)t->space->header + PAWL__BELLS_OFF);

	/* BE4 acquire: pairs with BE3: a word that has moved shows its bits */
	(void)PAWL_LOAD(&t->office->doorbell, ACQUIRE);
	for (uint32_t w = 0; w < t->space->capacity / 64; w++) {
		uint64_t bits;

		if (PAWL_LOAD(&bells[w], RELAXED) == 0) /* relaxed: the exchange decides */
			continue;
		/* BE2 acquire: pairs with BE1: what the ringer did before */
		bits = PAWL_XCHG(&bells[w], 0u, ACQUIRE);
		PAWL__POINT("term/bells-taken");
		for (; bits != 0; bits &= bits - 1) {
			struct hold *h = hold_of(t, w * 64 + (uint32_t)__builtin_ctzll(bits));

			if (h)
				serve(h, NULL);
		}
	}
}

static void keep_dates(struct term *t)
{
	int64_t now = pawl__boot();

	for (size_t i = 0; i < t->n; i++)
		if (t->holds[i]->wake_at <= now)
			serve(t->holds[i], NULL);
}

static int64_t next_date(const struct term *t)
{
	int64_t next = pawl__sooner(pawl__boot() + LOOK_NS, t->watch_at);

	for (size_t i = 0; i < t->n; i++)
		next = pawl__sooner(next, t->holds[i]->wake_at);
	return next;
}

/* poll() cannot wait for a futex: this thread does, and writes to a descriptor. */
static void *be_doorman(void *arg)
{
	struct term *t = arg;
	uint64_t one = 1;

	pthread_setname_np(pthread_self(), "pawl-doorbell");
	for (;;) {
		/* BE7 seq_cst: pairs with BE3: whoever woke the keeper before, BE6, has moved the word before */
		uint32_t seen = PAWL_LOAD(&t->office->doorbell, SEQ_CST);
		struct pawl__watch watch = { .word = &t->office->doorbell, .value = seen };

		if (PAWL_LOAD(&t->doorman_ends, RELAXED) || /* relaxed: nothing is handed over but the end */
			write(t->wake_fd, &one, sizeof(one)) != sizeof(one))
			return NULL;
		pawl__park(&watch, 1, PAWL_FOREVER);
	}
}

void pawl__term_nudge(const struct pawl_space *space)
{
	PAWL_FETCH_ADD(&space->office->doorbell, 1u, RELEASE); /* BE3 release: pairs with BE4, BE7 */
	pawl__wake(&space->office->doorbell, PAWL__WAKE_ALL);
}

/* ---- the day ---- */

static bool is_over(const struct term *t)
{
	return PAWL_LOAD(&t->end->asked, ACQUIRE) != 0; /* KP1 acquire: pairs with KP2 */
}

/* The keeper is its process's candidate too. */
static void watch(struct term *t)
{
	int64_t now = pawl__boot();

	if (now < t->watch_at && !t->news)
		return;
	if (t->news)
		pawl__news(t->space);
	t->news = false;
	t->watch_at = now + t->rules.ttl / 20;
	pawl__watch_look(t->space);
}

static void listen(struct term *t, int64_t until)
{
	uint64_t rung;

	t->backend->poll(t->opened, pawl__sooner(next_date(t), until), t->wake_fd);
	(void)!read(t->wake_fd, &rung, sizeof(rung));
}

static void work(struct term *t)
{
	listen(t, INT64_MAX);
	hear_bells(t);
	keep_dates(t);
	drop_done(t);
	watch(t);
}

/* Has the service yet to confirm that something is given back? What somebody is inside of is not: who exits will not leave it. */
static bool is_giving(const struct term *t)
{
	for (size_t i = 0; i < t->n; i++) {
		uint8_t state = pawl__seat_tenure(t->holds[i]->seat)->state;

		if (state == PAWL__T_GIVING || state == PAWL__T_DROPPING)
			return true;
	}
	return false;
}

/* Give back what nobody uses, and wait until that is confirmed. True if nothing of ours is left. */
static bool wind_up(struct term *t)
{
	int64_t end = pawl__boot() + t->end->within_ns;

	t->winding_up = true;
	t->rules.idle_keep = t->rules.min_hold = 0;
	for (size_t i = 0; i < t->n; i++) { /* closed, as by the last who left, and opened again if somebody is there */
		PAWL_STORE(&t->holds[i]->seat->good, 0, RELAXED); /* relaxed: what matters is who is inside, SE2 */
		t->holds[i]->wake_at = 0;
	}
	keep_dates(t);
	drop_done(t);
	while (is_giving(t) && !t->away && pawl__boot() < end) {
		listen(t, end);
		keep_dates(t);
		drop_done(t);
		watch(t);
	}
	return t->n == 0;
}

/* ---- beginning and end ---- */

/* Whoever asked the keeper before us may have been heard by it, and by nobody else. */
static bool is_ours_to_see_to(const struct pawl__seat *seat)
{
	/* SE2 seq_cst: pairs with SE3 */
	return pawl__seat_tenure(seat)->state != PAWL__T_NONE || PAWL_LOAD(&seat->asking, SEQ_CST) != 0;
}

static void adopt(struct term *t)
{
	for (uint32_t i = 0; pawl__place_from(t->space, &i); i++) {
		struct pawl__seat *seat = pawl__seat_at(t->space, i);
		struct hold *h;

		if (!seat || !is_ours_to_see_to(seat))
			continue;
		pawl__seat_adopt(seat);
		h = hold_of(t, i);
		if (h)
			h->wake_at = 0;
	}
	PAWL__POINT("term/adopted");
}

static int open_backend(struct term *t)
{
	char reason[PAWL__REASON_LEN] = "";
	uint32_t term = PAWL_LOAD(&t->office->term, RELAXED) + 1; /* relaxed: the keeper's, RB1 */
	unsigned flags = 0;
	int rc = pawl__backend_find(t->space->url, &t->backend);

	PAWL_STORE(&t->office->term, term, RELAXED); /* relaxed: the keeper's; others show it */
	t->config = (pawl_remote_config_t){ .url = t->space->url,
		.host = t->space->host,
		.term = term,
		.ttl_ns = t->rules.ttl,
		.saved = t->office->saved,
		.event = hear,
		.arg = t };
	if (rc == 0) {
		rc = t->backend->open(&t->config, &t->opened, &flags, reason, sizeof(reason));
		if (rc == 0 || rc == EINVAL) /* relaxed: looked at again and again, ask.c */
			PAWL_STORE(&t->office->flags, rc == 0 ? (uint64_t)flags : PAWL__URL_REFUSED, RELAXED);
	}
	if (rc != 0)
		pawl__office_say(t->office, *reason ? reason : strerror(rc));
	t->rules.renews = !(flags & PAWL_REMOTE_ONE_LEASE);
	t->rules.pause = flags & PAWL_REMOTE_BLIND ? 10000000 : 0;
	t->strict_rules = t->rules;
	t->strict_rules.strict = true;
	/* It ends with its hold, whose end closes it: this is for who died inside, or gave up as it was granted. */
	t->strict_rules.idle_keep = pawl__sooner(t->rules.ttl / 20, STRICT_LOOK_NS);
	return rc;
}

static int cannot_begin(const struct term *t, int rc)
{
	char reason[PAWL__REASON_LEN];

	snprintf(reason, sizeof(reason), "the keeper cannot begin: %s", strerror(rc));
	pawl__office_say(t->office, reason);
	return rc;
}

static int begin(struct term *t)
{
	int rc;

	PAWL_STORE(&t->office->up, 0u, RELAXED); /* relaxed: for those who give up waiting */
	t->at = calloc(t->space->capacity, sizeof(struct hold *));
	if (!t->at)
		return cannot_begin(t, ENOMEM);
	rc = open_backend(t);
	if (rc != 0)
		return rc;
	rc = pthread_create(&t->doorman, NULL, be_doorman, t);
	if (rc != 0) {
		t->backend->close(t->opened, false);
		return cannot_begin(t, rc);
	}
	adopt(t);
	pawl__news(t->space); /* not before it is so: who failed waits for news */
	return 0;
}

static void free_all(struct term *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->holds[i]);
	free(t->holds);
	free(t->at);
}

int pawl__term_serve(struct pawl_space *space, const struct pawl__term_end *end)
{
	struct term t = { .space = space, .office = space->office, .end = end, .rules = space->rules, .wake_fd = space->bell };
	bool last = false;
	int rc = begin(&t);

	if (rc == 0) {
		while (!is_over(&t) && pawl__segment_is_there(space) == 0)
			work(&t);
		if (is_over(&t) && pawl__keeper_stand_down(space))
			last = wind_up(&t);
		PAWL_STORE(&t.doorman_ends, 1u, RELAXED); /* relaxed: the nudge orders it */
		pawl__term_nudge(space);
		pthread_join(t.doorman, NULL);
		t.backend->close(t.opened, last);
	}
	free_all(&t);
	return rc;
}
