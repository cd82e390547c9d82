/* SPDX-License-Identifier: BSD-2-Clause */
/** check.c: the judge, which alone sees all hosts at one true time. What it says of each mode:
 *
 *   exclusion   always, also over failovers: two hosts that believe at one time to have a lock are a violation
 *   tokens      rise strictly, always; but for a lock whose era jump was itself forgotten by a second failover: then counted
 *   deaths      who is granted a lock after an owner died inside is told; with the same exception
 *   times       a deadline does not go back, nobody comes in after it, no keeper that runs sits it out
 *   requests    count up; after SESSION(UP) what was under way is sent again
 *   fairness    a revoked tenure has no more local grants than it may
 *   losses      whoever is inside when a lease is lost is told, before anybody else may be granted the lock
 *   timers      where somebody wants something, something is due
 *   calm        a keeper does not look again and again at a lock where nothing happens
 *   progress    once things have ceased to go wrong, nobody waits for longer than sim.bound
 *   leavings    when nobody wants anything any more, the service is empty, and so is every seat
 */
#include "check.h"

#include <stdarg.h>
#include <string.h>

#include "service.h"

struct counts counts;
void (*check_on_entered)(uint32_t t);
char failure[200];

void check_begin(void)
{
	failure[0] = '\0';
	trace_begin();
}

void violation(const char *format, ...)
{
	char text[160];
	va_list args;

	if (failure[0])
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(failure, sizeof(failure), "%.9f s: %s", (double)true_now / 1e9, text);
	TRACE("VIOLATION: %s", text);
}

/* ---- belief ---- */

static bool believes(const struct slot *s)
{
	int64_t shown = host_now(&sim.host[s->host]);

	if (s->word && !s->owner_dead && sim.thread[s->word].phase == IN && shown < s->seat.until)
		return true;
	return shown < s->seat.good;
}

void check_lock(uint32_t lock)
{
	uint32_t believer = 0;

	if (sim.o.hosts > 64) /* the scale of it: tokens and the service's word are all there is to see */
		return;
	for (uint32_t s = sim.lock[lock].slots; s; s = sim.slot[s].next_of_lock) {
		if (!believes(&sim.slot[s]))
			continue;
		if (believer)
			violation("exclusion: hosts %u and %u both believe that they have lock %u",
				sim.slot[believer].host, sim.slot[s].host, lock);
		believer = s;
	}
}

/* ---- owners ---- */

static void check_token(uint32_t t, struct lock *l)
{
	const struct thread *th = &sim.thread[t];

	if (th->hi > l->hi || (th->hi == l->hi && th->lo > l->lo))
		;
	else if (l->forgets)
		counts.excused++;
	else
		violation("tokens: host %u got (%llu, %llu) after (%llu, %llu)", th->host, (unsigned long long)th->hi,
			(unsigned long long)th->lo, (unsigned long long)l->hi, (unsigned long long)l->lo);
	if (th->hi != l->hi)
		counts.handoffs++;
	l->hi = th->hi;
	l->lo = th->lo;
}

static void check_wait(const struct thread *th)
{
	int64_t since = th->began > sim.healed_at ? th->began : sim.healed_at;

	if (sim.healed_at == 0)
		return;
	counts.longest = true_now - since > counts.longest ? true_now - since : counts.longest;
	if (true_now - since > sim.bound)
		violation("progress: host %u waited for lock %u for %.3f s, more than %.3f", th->host,
			sim.slot[th->slot].lock, (double)(true_now - since) / 1e9, (double)sim.bound / 1e9);
}

void check_entered(uint32_t t, bool told)
{
	const struct thread *th = &sim.thread[t];
	struct slot *s = &sim.slot[th->slot];
	struct lock *l = &sim.lock[s->lock];

	TRACE("host %u lock %u: thread %u enters with (%llu, %llu)%s", th->host, s->lock, t, (unsigned long long)th->hi,
		(unsigned long long)th->lo, told ? ", told of a death" : "");
	counts.grants++;
	counts.died += told;
	s->said_lost = false;
	if (s->word != t || s->owner_dead)
		violation("exclusion: thread %u is inside without its slot", t);
	if (host_now(&sim.host[th->host]) >= s->seat.until)
		violation("times: thread %u of host %u comes in when the lease on lock %u has run out", t, th->host, s->lock);
	if (s->allowed && s->grants > s->allowed)
		violation("fairness: host %u hands lock %u on and on, while others wait", th->host, s->lock);
	check_token(t, l);
	if (l->dirty && !told && !l->forgets)
		violation("deaths: thread %u of host %u was not told that an owner of lock %u had died", t, th->host,
			s->lock);
	l->dirty = false;
	check_wait(th);
	check_lock(s->lock);
	if (check_on_entered)
		check_on_entered(t);
}

void check_left(uint32_t t, bool valid)
{
	const struct thread *th = &sim.thread[t];

	TRACE("host %u lock %u: thread %u leaves%s", th->host, sim.slot[th->slot].lock, t, valid ? "" : ", ESTALE");
	counts.losses += !valid;
}

void check_died(uint32_t t)
{
	const struct thread *th = &sim.thread[t];
	const struct slot *s = &sim.slot[th->slot];

	counts.deaths++;
	TRACE("host %u: thread %u dies in phase %u", th->host, t, th->phase);
	if (th->phase == IN && host_now(&sim.host[th->host]) < s->seat.until)
		sim.lock[s->lock].dirty = true;
}

/* ---- serving ---- */

void check_told_lost(uint32_t s)
{
	TRACE("host %u lock %u: lost", sim.slot[s].host, sim.slot[s].lock);
	sim.slot[s].said_lost = true;
}

void check_before(uint32_t s, struct served *before)
{
	const struct slot *sl = &sim.slot[s];

	*before = (struct served){ .tenure = *pawl__seat_tenure(&sl->seat), .owner = sl->word, .grants = sl->grants };
}

static void check_timer(const struct slot *s, const struct pawl__tenure *t)
{
	bool wanted = s->word && !s->owner_dead && s->seat.asking == s->word;

	if (s->wake_at != INT64_MAX || s->rung)
		return;
	if (wanted && sim.host[s->host].up)
		violation("timers: host %u forgets who waits for lock %u, %s", s->host, s->lock,
			pawl__tenure_state_name(t->state));
	if (t->state == PAWL__T_HELD || t->state == PAWL__T_LOST)
		violation("timers: host %u forgets that it has lock %u, %s", s->host, s->lock,
			pawl__tenure_state_name(t->state));
}

static void check_calm(struct slot *s, const struct served *before, const struct pawl__tenure *t)
{
	bool same = !before->event && before->owner == s->word && before->grants == s->grants &&
		    memcmp(t, &before->tenure, sizeof(*t)) == 0;

	if (!same || s->idle_serves == 0 || true_now - s->idle_since > 2 * MS) {
		s->idle_serves = 0;
		s->idle_since = true_now;
	}
	if (++s->idle_serves > 40)
		violation("calm: the keeper of host %u looks at lock %u over and over, %s", s->host, s->lock,
			pawl__tenure_state_name(t->state));
}

/* What was written down may be believed by the next keeper, what was published is believed at once. */
static void check_published(const struct slot *s, const struct pawl__tenure *was, const struct pawl__tenure *t)
{
	if (t->req < was->req || t->floor < was->floor)
		violation("requests: host %u counts back, lock %u", s->host, s->lock);
	if (t->state == PAWL__T_HELD && was->state == PAWL__T_HELD && t->hi == was->hi && t->deadline < was->deadline)
		violation("times: the deadline of host %u for lock %u goes back", s->host, s->lock);
	if (t->state == PAWL__T_HELD && t->deadline <= host_now(&sim.host[s->host]))
		violation("times: host %u has lock %u beyond its deadline", s->host, s->lock);
	if (t->state != PAWL__T_HELD && (s->seat.good != 0 || s->seat.until != 0))
		violation("exclusion: the seat of host %u for lock %u is open, %s", s->host, s->lock,
			pawl__tenure_state_name(t->state));
}

/* A keeper does not know whether the one before has sent what it wrote down. */
static void check_resent(const struct slot *s, const struct served *served, const struct pawl__tenure *t)
{
	const struct host *h = &sim.host[s->host];
	bool asks = t->state == PAWL__T_ASKING || t->state == PAWL__T_QUEUED;
	bool ends = t->state == PAWL__T_GIVING || t->state == PAWL__T_DROPPING;

	if (served->sent == 0 && (ends || (asks && host_now(h) >= h->not_before)))
		violation("requests: host %u does not ask again for lock %u, %s", s->host, s->lock,
			pawl__tenure_state_name(t->state));
}

/* Who asked for it and has not come in yet has a little longer. */
static int64_t may_be_open_until(const struct slot *s, const struct pawl__tenure *t)
{
	const struct pawl__tenure_rules *r = &sim.rules;
	int64_t until = t->revoked_at + r->max_tenure,
		grace = t->granted_at + (8 * r->max_tenure < r->min_use ? 8 * r->max_tenure : r->min_use);

	return (uint32_t)s->grants == t->first_grant && grace > until ? grace : until;
}

static void check_heard(const struct slot *s, const struct served *served, const struct pawl__tenure *t)
{
	const pawl_remote_event_t *e = served->event;

	if (e && e->what == PAWL_REMOTE_SESSION && e->state == PAWL_REMOTE_UP)
		check_resent(s, served, t);
	if (e && e->what == PAWL_REMOTE_CONTENDED && e->req == t->req && t->state == PAWL__T_HELD && !t->revoked_at)
		violation("fairness: host %u does not hear that another waits for lock %u", s->host, s->lock);
	if (t->state == PAWL__T_HELD && t->revoked_at && t->open && host_now(&sim.host[s->host]) > may_be_open_until(s, t))
		violation("fairness: host %u keeps lock %u for longer than max_tenure", s->host, s->lock);
}

/* From when the keeper knew of it. Those who came in while it looked are beyond its count. */
static void count_handoffs(struct slot *s, const struct served *served, const struct pawl__tenure *t)
{
	if (t->state != PAWL__T_HELD || !t->revoked_at)
		s->allowed = 0;
	else if (!s->allowed)
		s->allowed = served->grants + sim.rules.max_handoffs + 3;
}

void check_served(uint32_t s, const struct served *before)
{
	struct slot *sl = &sim.slot[s];
	const struct pawl__tenure *t = pawl__seat_tenure(&sl->seat);
	bool inside = sl->word && !sl->owner_dead && sim.thread[sl->word].phase == IN;

	if (before->tenure.state != t->state)
		TRACE("host %u lock %u: %s -> %s", sl->host, sl->lock, pawl__tenure_state_name(before->tenure.state),
			pawl__tenure_state_name(t->state));
	if (inside && t->state != PAWL__T_HELD && t->state != PAWL__T_LOST)
		violation("exclusion: host %u gives lock %u away under its owner, %s", sl->host, sl->lock,
			pawl__tenure_state_name(t->state));
	if (inside && t->state == PAWL__T_LOST && sim.host[sl->host].up && !sl->said_lost && before->lost_told == 0)
		violation("losses: the owner of lock %u on host %u was not told", sl->lock, sl->host);
	check_published(sl, &before->tenure, t);
	check_heard(sl, before, t);
	check_timer(sl, t);
	check_calm(sl, before, t);
	count_handoffs(sl, before, t);
}

/* ---- the end ---- */

void check_idle(void)
{
	for (uint32_t t = 1; t <= sim.threads; t++)
		if (sim.thread[t].phase != IDLE)
			violation("progress: thread %u of host %u never got lock %u", t, sim.thread[t].host,
				sim.slot[sim.thread[t].slot].lock);
}

void check_empty(void)
{
	uint32_t left = service_left();

	if (left)
		violation("leavings: %u locks are not given back", left);
	for (uint32_t s = 1; s <= sim.slots; s++) {
		const struct pawl__tenure *t = pawl__seat_tenure(&sim.slot[s].seat);

		if (t->state != PAWL__T_NONE || sim.slot[s].seat.good != 0)
			violation("leavings: host %u still has lock %u, %s", sim.slot[s].host, sim.slot[s].lock,
				pawl__tenure_state_name(t->state));
	}
}
