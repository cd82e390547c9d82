/* SPDX-License-Identifier: BSD-2-Clause */
/** conform_rules.c: the rules of pawl/remote.h as cases (conform.h): the service is well. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conform_kit.h"

/* ---- one host ---- */

static bool a_free_lock_is_granted(void)
{
	int64_t before = pawl_remote_now();
	pawl_remote_event_t e = acquire(&a, 1);

	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(is_after(e.hi, 0));
	CHECK(!e.owner_died);
	CHECK(!e.contended || !shows_others());
	CHECK(e.deadline_ns > before);
	CHECK(e.deadline_ns <= pawl_remote_deadline(answered - target->delay_ns, ttl_of(&a)));
	return true;
}

static bool a_request_is_one_however_often(void)
{
	pawl_remote_event_t e = acquire(&a, 1);

	CHECK(e.what == PAWL_REMOTE_GRANTED);
	for (int i = 0; i < 3; i++)
		CHECK(still_has(&a, 1, e.hi));
	CHECK(is_over(release(&a, 1, e.hi)));
	CHECK(is_over(release(&a, 1, e.hi)));
	return true;
}

static bool copies_in_one_go(void)
{
	pawl_remote_op_t op = op_of(&a, PAWL_REMOTE_ACQUIRE, case_lock, 1, 0);
	pawl_remote_event_t e;

	for (int i = 0; i < 5; i++)
		CHECK(a.backend->submit(a.open, &op) == 0);
	e = acquire(&a, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(still_has(&a, 1, e.hi));
	CHECK(is_over(release(&a, 1, e.hi)));
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_GRANTED); /* nothing of the five is left */
	return true;
}

/* With all others of its host, and unasked. */
static bool a_lease_is_kept_alive(void)
{
	pawl_remote_event_t e = acquire(&brief_a, 1);
	int64_t end = pawl_remote_now() + ttl_of(&brief_a);

	CHECK(e.what == PAWL_REMOTE_GRANTED);
	while (brief_a.alive_until <= e.deadline_ns && pawl_remote_now() < end)
		pump();
	CHECK(brief_a.alive_until > e.deadline_ns);
	return true;
}

static bool a_lease_is_renewed(void)
{
	pawl_remote_event_t e, more;

	if (!renews())
		return a_lease_is_kept_alive();
	e = acquire(&a, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	more = ask(&a, PAWL_REMOTE_RENEW, 1, e.hi);
	CHECK(more.what == PAWL_REMOTE_GRANTED && more.hi == e.hi);
	CHECK(more.deadline_ns >= e.deadline_ns);
	CHECK(ask(&b, PAWL_REMOTE_RENEW, 1, e.hi).what == PAWL_REMOTE_LOST);
	CHECK(still_has(&a, 1, e.hi));
	return true;
}

static bool tokens_grow(void)
{
	uint64_t last = 0;

	CHECK(a.flags & PAWL_REMOTE_FENCES);
	for (uint64_t req = 1; req <= 20; req++) {
		struct host *h = req % 2 ? &a : &b;
		pawl_remote_event_t e = acquire(h, req);

		CHECK(e.what == PAWL_REMOTE_GRANTED);
		CHECK(is_after(e.hi, last));
		CHECK(!e.owner_died);
		CHECK(is_over(release(h, req, e.hi)));
		last = e.hi;
	}
	return true;
}

/* No token at all, rather than one that might be believed in. */
static bool no_token_is_given(void)
{
	CHECK(!(a.flags & PAWL_REMOTE_FENCES));
	CHECK(acquire(&a, 1).hi == 0);
	CHECK(acquire(&a, 2).hi == 0);
	return true;
}

static bool tokens_start_above_the_floor(void)
{
	pawl_remote_op_t op = op_of(&a, PAWL_REMOTE_ACQUIRE, case_lock, 1, 0);
	pawl_remote_event_t e;

	op.floor = 1000000007;
	e = ask_op(&a, op);
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(a.flags & PAWL_REMOTE_FENCES);
	CHECK(e.hi > op.floor);
	CHECK(!e.owner_died);
	CHECK(is_over(release(&a, 1, e.hi)));
	CHECK(acquire(&b, 1).hi > e.hi);
	return true;
}

static bool a_broken_floor_is_refused(void)
{
	pawl_remote_op_t op = op_of(&c, PAWL_REMOTE_ACQUIRE, case_lock, 1, 0);

	op.floor = UINT64_MAX; /* would use the counter up */
	CHECK(c.backend->submit(c.open, &op) == EINVAL);
	return true;
}

static bool large_request_numbers(void)
{
	const uint64_t large[] = { 2, UINT64_C(1) << 32, UINT64_C(99999999999999), (UINT64_C(1) << 53) - 1 };

	for (size_t i = 0; i < COUNT(large); i++) {
		pawl_remote_event_t e = acquire(&a, large[i]);

		CHECK(e.what == PAWL_REMOTE_GRANTED);
		CHECK(acquire(&a, large[i] - 1).what == PAWL_REMOTE_LOST);
		CHECK(still_has(&a, large[i], e.hi));
	}
	return true;
}

/* ---- two hosts ---- */

static bool the_second_is_queued(void)
{
	pawl_remote_event_t first = acquire(&a, 1), second = acquire(&b, 1);

	CHECK(first.what == PAWL_REMOTE_GRANTED);
	CHECK(second.what == PAWL_REMOTE_QUEUED);
	CHECK(second.hint_ns > 0);
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(still_has(&a, 1, first.hi));
	return true;
}

static bool who_has_it_is_told_that_others_wait(void)
{
	pawl_remote_event_t first = acquire(&a, 1);

	CHECK(shows_others());
	CHECK(!first.contended);
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(hear(&a, PAWL_REMOTE_CONTENDED, 1).what == PAWL_REMOTE_CONTENDED);
	CHECK(acquire(&a, 1).contended);
	CHECK(!renews() || ask(&a, PAWL_REMOTE_RENEW, 1, first.hi).contended);
	return true;
}

/* It cannot see them: so it says, and takes each lease for wanted. */
static bool others_are_said_to_be_unseen(void)
{
	CHECK(!shows_others());
	CHECK(acquire(&a, 1).contended);
	return true;
}

static bool a_release_lets_the_next_one_in(void)
{
	pawl_remote_event_t first = acquire(&a, 1), next;

	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(is_over(release(&a, 1, first.hi)));
	next = wait_grant(&b, 1).event;
	CHECK(next.what == PAWL_REMOTE_GRANTED);
	CHECK(is_after(next.hi, first.hi));
	CHECK(!next.owner_died);
	CHECK(acquire(&a, 2).what == PAWL_REMOTE_QUEUED);
	CHECK(still_has(&b, 1, next.hi));
	return true;
}

static bool an_old_release_touches_nothing(void)
{
	pawl_remote_event_t first = acquire(&a, 1), next;

	CHECK(is_over(release(&a, 1, first.hi)));
	next = acquire(&b, 1);
	CHECK(next.what == PAWL_REMOTE_GRANTED);
	CHECK(is_over(release(&a, 1, first.hi)));
	CHECK(is_over(release(&a, 2, next.hi))); /* not its own */
	CHECK(is_over(ask(&a, PAWL_REMOTE_CANCEL, 3, 0).what));
	CHECK(still_has(&b, 1, next.hi));
	return true;
}

static bool a_larger_request_finishes_the_smaller(void)
{
	pawl_remote_event_t first = acquire(&a, 1), second = acquire(&a, 2), next;

	CHECK(first.what == PAWL_REMOTE_GRANTED && second.what == PAWL_REMOTE_GRANTED);
	CHECK(is_after(second.hi, first.hi));
	CHECK(second.owner_died); /* nobody said that none did */
	CHECK(!renews() || ask(&a, PAWL_REMOTE_RENEW, 1, first.hi).what == PAWL_REMOTE_LOST);
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(acquire(&a, 3).what == PAWL_REMOTE_QUEUED); /* a new request is a new place */
	next = wait_grant(&b, 1).event;
	CHECK(next.what == PAWL_REMOTE_GRANTED && is_after(next.hi, second.hi));
	CHECK(acquire(&a, 4).what == PAWL_REMOTE_QUEUED);
	CHECK(is_over(release(&b, 1, next.hi)));
	CHECK(acquire(&a, 3).what == PAWL_REMOTE_LOST);
	CHECK(wait_grant(&a, 4).event.what == PAWL_REMOTE_GRANTED);
	return true;
}

static bool a_larger_request_is_a_new_place(void)
{
	pawl_remote_event_t first = acquire(&a, 1);

	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(acquire(&c, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(acquire(&b, 2).what == PAWL_REMOTE_QUEUED);
	CHECK(is_over(release(&a, 1, first.hi)));
	CHECK(wait_grant(&c, 1).event.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&b, 2).what == PAWL_REMOTE_QUEUED);
	return true;
}

static bool late_copies_of_smaller_requests_do_nothing(void)
{
	pawl_remote_event_t e = acquire(&a, 5);

	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&a, 4).what == PAWL_REMOTE_LOST);
	CHECK(is_over(release(&a, 4, e.hi)));
	CHECK(is_over(ask(&a, PAWL_REMOTE_CANCEL, 4, 0).what));
	CHECK(!renews() || ask(&a, PAWL_REMOTE_RENEW, 4, e.hi).what == PAWL_REMOTE_LOST);
	CHECK(still_has(&a, 5, e.hi));
	CHECK(is_over(release(&a, 5, e.hi)));
	CHECK(acquire(&a, 5).what == PAWL_REMOTE_LOST); /* a zombie otherwise */
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_GRANTED);
	return true;
}

static bool whoever_cancels_leaves_the_queue(void)
{
	pawl_remote_event_t first = acquire(&a, 1);

	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(is_over(ask(&b, PAWL_REMOTE_CANCEL, 1, 0).what));
	CHECK(is_over(ask(&b, PAWL_REMOTE_CANCEL, 1, 0).what));
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_LOST);
	CHECK(is_over(release(&a, 1, first.hi)));
	CHECK(acquire(&c, 1).what == PAWL_REMOTE_GRANTED);
	return true;
}

static bool a_cancelled_grant_is_given_back(void)
{
	pawl_remote_event_t next;

	CHECK(acquire(&a, 1).what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(is_over(ask(&a, PAWL_REMOTE_CANCEL, 1, 0).what));
	next = wait_grant(&b, 1).event;
	CHECK(next.what == PAWL_REMOTE_GRANTED);
	CHECK(!next.owner_died);
	CHECK(acquire(&a, 1).what == PAWL_REMOTE_LOST);
	return true;
}

static bool a_cancel_may_come_before_its_request(void)
{
	CHECK(is_over(ask(&a, PAWL_REMOTE_CANCEL, 3, 0).what));
	CHECK(acquire(&a, 3).what == PAWL_REMOTE_LOST);
	CHECK(acquire(&a, 2).what == PAWL_REMOTE_LOST);
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_GRANTED);
	return true;
}

static bool who_asked_first_is_first(void)
{
	pawl_remote_event_t e = acquire(&a, 1);

	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(acquire(&c, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED); /* its place is what it was */
	CHECK(is_over(release(&a, 1, e.hi)));
	e = wait_grant(&b, 1).event;
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&c, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(is_over(release(&b, 1, e.hi)));
	CHECK(wait_grant(&c, 1).event.what == PAWL_REMOTE_GRANTED);
	return true;
}

/* ---- owners that died ---- */

static pawl_remote_what_t release_unclean(struct host *h, uint64_t req, uint64_t hi)
{
	pawl_remote_op_t op = op_of(h, PAWL_REMOTE_RELEASE, case_lock, req, hi);

	op.clean = false;
	return ask_op(h, op).what;
}

static bool an_unclean_release_is_told_to_the_next(void)
{
	pawl_remote_event_t e = acquire(&a, 1);

	CHECK(is_over(release_unclean(&a, 1, e.hi)));
	e = acquire(&b, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED && e.owner_died);
	e = acquire(&b, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED && e.owner_died); /* the same answer */
	CHECK(is_over(release(&b, 1, e.hi)));
	e = acquire(&c, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED && !e.owner_died);
	return true;
}

static bool a_cancelled_grant_hands_on_that_an_owner_died(void)
{
	pawl_remote_event_t e = acquire(&a, 1);

	CHECK(is_over(release_unclean(&a, 1, e.hi)));
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_GRANTED);
	CHECK(is_over(ask(&b, PAWL_REMOTE_CANCEL, 1, 0).what));
	e = acquire(&c, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED && e.owner_died);
	return true;
}

/* ---- time ---- */

static bool a_lease_that_ends_goes_to_the_next(void)
{
	pawl_remote_event_t first = acquire(&brief_a, 1);
	struct host_event next;

	CHECK(first.what == PAWL_REMOTE_GRANTED);
	brief_a.asleep = true;
	next = wait_grant(&brief_b, 1);
	brief_a.asleep = false;
	CHECK(next.event.what == PAWL_REMOTE_GRANTED);
	CHECK(next.at >= first.deadline_ns);
	CHECK(is_after(next.event.hi, first.hi));
	CHECK(next.event.owner_died);
	return true;
}

/* What it had may be told as lost at once, at the next request, or with all it had; but told it is. */
static bool is_told_lost(struct host *h, uint64_t req, uint64_t hi)
{
	int64_t end = pawl_remote_now() + 20 * NS_PER_S;

	if (renews())
		return ask(h, PAWL_REMOTE_RENEW, req, hi).what == PAWL_REMOTE_LOST;
	while (pawl_remote_now() < end) {
		if (host_take(h, PAWL_REMOTE_LOST, case_lock, req) || host_take(h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_NEW))
			return true;
		pump();
	}
	return false;
}

static bool a_lease_that_ended_is_lost(void)
{
	pawl_remote_event_t first = acquire(&brief_a, 1), next;

	CHECK(first.what == PAWL_REMOTE_GRANTED);
	brief_a.asleep = true;
	next = wait_grant(&b, 1).event;
	CHECK(next.what == PAWL_REMOTE_GRANTED);
	brief_a.asleep = false;
	CHECK(is_told_lost(&brief_a, 1, first.hi));
	CHECK(is_over(release(&brief_a, 1, first.hi)));
	CHECK(still_has(&b, 1, next.hi));
	return true;
}

static bool a_lease_that_ended_is_not_taken_back(void)
{
	pawl_remote_event_t first = acquire(&brief_a, 1), next;

	CHECK(first.what == PAWL_REMOTE_GRANTED);
	brief_a.asleep = true;
	next = wait_grant(&b, 1).event;
	brief_a.asleep = false;
	CHECK(next.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&brief_a, 1).what != PAWL_REMOTE_GRANTED);
	CHECK(!renews() || ask(&brief_a, PAWL_REMOTE_RENEW, 1, first.hi).what == PAWL_REMOTE_LOST);
	CHECK(is_over(release(&brief_a, 1, first.hi)));
	CHECK(still_has(&b, 1, next.hi));
	CHECK(acquire(&brief_a, 2).what == PAWL_REMOTE_QUEUED);
	return true;
}

/* The same grant, with as much time as the session has been given meanwhile. */
static pawl_remote_event_t alive(pawl_remote_event_t e)
{
	pump();
	answered = pawl_remote_now();
	if (brief_a.alive_until > e.deadline_ns)
		e.deadline_ns = brief_a.alive_until;
	return e;
}

/* For three times to live. Another host waits, which is to get it as soon as it ends. */
static bool keeps_it_with(pawl_remote_kind_t kind)
{
	pawl_remote_event_t e = acquire(&brief_a, 1);
	int64_t then = pawl_remote_now() + 3 * ttl_of(&brief_a);

	CHECK(e.what == PAWL_REMOTE_GRANTED);
	while (pawl_remote_now() < then) {
		pawl_remote_event_t more = renews() || kind != PAWL_REMOTE_RENEW ? ask(&brief_a, kind, 1, e.hi) : alive(e);

		if (answered > e.deadline_ns) { /* this machine is too slow to say anything */
			tap_note("asked too late: nothing was seen");
			return true;
		}
		CHECK(more.what == PAWL_REMOTE_GRANTED && more.hi == e.hi);
		e = more;
		CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED || answered > e.deadline_ns);
		pump_until(pawl_remote_now() + ttl_of(&brief_a) / 4);
	}
	return true;
}

static bool a_renewed_lease_does_not_end(void)
{
	return keeps_it_with(PAWL_REMOTE_RENEW);
}

static bool a_lease_asked_for_again_does_not_end(void)
{
	return keeps_it_with(PAWL_REMOTE_ACQUIRE);
}

static bool a_place_lasts_no_longer_than_asked(void)
{
	pawl_remote_event_t e = acquire(&a, 1);

	CHECK(acquire(&brief_b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(acquire(&c, 1).what == PAWL_REMOTE_QUEUED);
	brief_b.asleep = true;
	pump_until(pawl_remote_now() + 2 * ttl_of(&brief_b));
	CHECK(is_over(release(&a, 1, e.hi)));
	e = acquire(&c, 1);
	brief_b.asleep = false;
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	return true;
}

/* ---- keepers ---- */

static bool reopen(struct host *h, bool last)
{
	host_close(h, last);
	return host_open(h);
}

static bool the_next_keeper_goes_on(void)
{
	pawl_remote_event_t first = acquire(&a, 1), next;

	CHECK(first.what == PAWL_REMOTE_GRANTED);
	CHECK(reopen(&a, false));
	CHECK(still_has(&a, 1, first.hi));
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(acquire(&c, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(reopen(&b, false));
	CHECK(is_over(release(&a, 1, first.hi)));
	next = wait_grant(&b, 1).event;
	CHECK(next.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&c, 1).what == PAWL_REMOTE_QUEUED);
	return true;
}

static bool a_release_may_be_the_next_keepers(void)
{
	pawl_remote_event_t first = acquire(&a, 1);

	CHECK(first.what == PAWL_REMOTE_GRANTED);
	CHECK(reopen(&a, false));
	CHECK(is_over(release(&a, 1, first.hi)));
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_GRANTED);
	return true;
}

static bool what_was_under_way_is_asked_again(void)
{
	pawl_remote_op_t op = op_of(&a, PAWL_REMOTE_ACQUIRE, case_lock, 7, 0);
	pawl_remote_event_t e;

	CHECK(a.backend->submit(a.open, &op) == 0);
	CHECK(reopen(&a, false)); /* sent or not: nobody knows */
	e = acquire(&a, 7);
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(still_has(&a, 7, e.hi));
	op = op_of(&a, PAWL_REMOTE_RELEASE, case_lock, 7, e.hi);
	CHECK(a.backend->submit(a.open, &op) == 0);
	CHECK(reopen(&a, false));
	CHECK(is_over(release(&a, 7, e.hi)));
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_GRANTED);
	return true;
}

/* What the next one hears comes in one go. */
static bool a_host_that_leaves_is_no_dead_owner(void)
{
	pawl_remote_event_t first = acquire(&a, 1), next;

	CHECK(first.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	b.asleep = true;
	CHECK(is_over(release(&a, 1, first.hi)));
	CHECK(reopen(&a, true));
	b.asleep = false;
	next = wait_grant(&b, 1).event;
	CHECK(next.what == PAWL_REMOTE_GRANTED && is_after(next.hi, first.hi));
	CHECK(!next.owner_died);
	next = acquire(&b, 1);
	CHECK(next.what == PAWL_REMOTE_GRANTED && !next.owner_died);
	return true;
}

/* ---- poll ---- */

static bool a_poll_ends_in_time(void)
{
	a.backend->poll(a.open, 0, a.wake);
	a.backend->poll(a.open, pawl_remote_now(), a.wake);
	a.backend->poll(a.open, pawl_remote_now() + 30 * NS_PER_MS, a.wake);
	return true; /* or the watchdog says otherwise */
}

static bool rings(int fd)
{
	return write(fd, &(uint64_t){ 1 }, 8) == 8;
}

/* That poll() leaves it readable: who rang is the keeper's business. */
static bool has_rung(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, 8) == 8 && n == 1;
}

static bool a_bell_ends_a_poll(void)
{
	CHECK(rings(a.wake));
	a.backend->poll(a.open, INT64_MAX, a.wake);
	CHECK(has_rung(a.wake));
	return true;
}

static void *ring_later(void *fd)
{
	nap_us(30000);
	return rings(*(int *)fd) ? fd : NULL;
}

static bool a_bell_ends_a_poll_that_waits(void)
{
	pthread_t thread;
	void *rang;

	CHECK(pthread_create(&thread, NULL, ring_later, &a.wake) == 0);
	do
		a.backend->poll(a.open, INT64_MAX, a.wake);
	while (!has_rung(a.wake)); /* it may return for events, too */
	CHECK(pthread_join(thread, &rang) == 0 && rang);
	return true;
}

/* ---- places ---- */

/* Each counts its requests by itself: a larger number of one finishes nothing of the other. */
static bool places_of_one_host_are_apart(void)
{
	pawl_remote_event_t first = acquire(&a, 5), second;
	struct host_event next;

	CHECK(first.what == PAWL_REMOTE_GRANTED);
	a.place = "1f";
	second = acquire(&a, 6);
	a.place = "";
	CHECK(second.what == PAWL_REMOTE_QUEUED);
	CHECK(still_has(&a, 5, first.hi));
	CHECK(is_over(release(&a, 5, first.hi)));
	a.place = "1f";
	next = wait_grant(&a, 6);
	CHECK(next.event.what == PAWL_REMOTE_GRANTED);
	CHECK(strcmp(next.place, "1f") == 0);
	CHECK(is_after(next.event.hi, first.hi));
	CHECK(is_over(release(&a, 6, next.event.hi)));
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_GRANTED);
	return true;
}

static bool a_place_is_refused(void)
{
	pawl_remote_op_t op = op_of(&a, PAWL_REMOTE_ACQUIRE, case_lock, 1, 0);

	op.place = "1f";
	CHECK(a.backend->submit(a.open, &op) == EINVAL);
	CHECK(acquire(&a, 1).what == PAWL_REMOTE_GRANTED); /* and that was all */
	return true;
}

/* ---- names ---- */

static char longest[4][PAWL_NAME_MAX + 1];

static const char *const names[] = { "orders", "orders/42", "orders/", "/orders", "orders%2F42", "orders 42",
	"orders?42", " ", "/", "//", "%", ".", "..", "...", "../orders", "a.lock", ".new", "*", "{a}", "\"'\\", "\n",
	"\t", "\001\177", "\303\244", "\377\376", "ORDERS", longest[0], longest[1], longest[2], longest[3] };

static void make_longest(void)
{
	for (size_t i = 0; i < COUNT(longest); i++)
		memset(longest[i], i < 2 ? 'n' : '/', PAWL_NAME_MAX);
	longest[1][PAWL_NAME_MAX - 1] = longest[3][PAWL_NAME_MAX - 1] = 'x';
}

static bool any_name_is_a_lock_of_its_own(void)
{
	pawl_remote_event_t e;
	uint64_t hi[COUNT(names)];

	make_longest();
	for (size_t i = 0; i < COUNT(names); i++) {
		e = ask_of(&a, names[i], PAWL_REMOTE_ACQUIRE, 1, 0);
		if (e.what != PAWL_REMOTE_GRANTED || (e.contended && shows_others()))
			tap_note("'%.40s' is not granted, or contended", names[i]);
		CHECK(e.what == PAWL_REMOTE_GRANTED && (!e.contended || !shows_others()));
		hi[i] = e.hi;
	}
	for (size_t i = 0; i < COUNT(names); i++)
		CHECK(ask_of(&b, names[i], PAWL_REMOTE_ACQUIRE, 1, 0).what == PAWL_REMOTE_QUEUED);
	for (size_t i = 0; i < COUNT(names); i += 2)
		CHECK(is_over(ask_of(&a, names[i], PAWL_REMOTE_RELEASE, 1, hi[i]).what));
	for (size_t i = 0; i < COUNT(names); i++)
		CHECK(ask_of(&b, names[i], PAWL_REMOTE_ACQUIRE, 1, 0).what ==
			(i % 2 ? PAWL_REMOTE_QUEUED : PAWL_REMOTE_GRANTED));
	return true;
}

/* ---- all of them ---- */

const struct conform_case conform_rules[] = {
	{ "free", a_free_lock_is_granted, "a free lock is granted, its deadline counted from before it was asked for" },
	{ "again", a_request_is_one_however_often, "a request asked again has the same answer, its token the same" },
	{ "copies", copies_in_one_go, "five copies of a request have the effect of one" },
	{ "renew", a_lease_is_renewed, "a lease is renewed, by its owner" },
	{ "tokens", tokens_grow, "tokens grow, whoever is granted the lock" },
	{ "floor", tokens_start_above_the_floor, "tokens start above the largest that a host has seen" },
	{ "broken-floor", a_broken_floor_is_refused, "a floor that would use the counter up is refused" },
	{ "numbers", large_request_numbers, "requests have 53 bits" },
	{ "excludes", the_second_is_queued, "one host has the lock, the second is queued" },
	{ "contended", who_has_it_is_told_that_others_wait, "whoever has the lock is told that others wait" },
	{ "next", a_release_lets_the_next_one_in, "a release lets the next one in, with a larger token" },
	{ "stale-release", an_old_release_touches_nothing, "a release of what is no longer held touches nothing" },
	{ "larger", a_larger_request_finishes_the_smaller, "a larger request finishes the smaller ones" },
	{ "new-place", a_larger_request_is_a_new_place, "a larger request is a new place, at the end of the queue" },
	{ "late-copies", late_copies_of_smaller_requests_do_nothing, "late copies of finished requests do nothing" },
	{ "cancel-queued", whoever_cancels_leaves_the_queue, "a cancelled request leaves the queue" },
	{ "cancel-granted", a_cancelled_grant_is_given_back, "a cancelled request gives back what it was granted" },
	{ "cancel-first", a_cancel_may_come_before_its_request, "a cancelled request that comes late does nothing" },
	{ "order", who_asked_first_is_first, "the lock is granted in the order of asking, whoever asks again" },
	{ "death", an_unclean_release_is_told_to_the_next, "an owner's death is told to the next host, and to no other" },
	{ "death-kept", a_cancelled_grant_hands_on_that_an_owner_died,
		"an owner's death is not lost with a grant that is cancelled" },
	{ "expiry", a_lease_that_ends_goes_to_the_next,
		"a lease that ends goes to the next, not before its deadline; an owner has died" },
	{ "lost", a_lease_that_ended_is_lost, "whoever had a lease that ended is told, and can do nothing to the next owner" },
	{ "steal-back", a_lease_that_ended_is_not_taken_back,
		"nobody takes a lease that ended back from the next one by asking again" },
	{ "renewed", a_renewed_lease_does_not_end, "a lease that is renewed does not end" },
	{ "asked-again", a_lease_asked_for_again_does_not_end, "nor does one that is asked for again" },
	{ "place-ends", a_place_lasts_no_longer_than_asked, "a host that asks no more does not hold up the queue" },
	{ "next-keeper", the_next_keeper_goes_on, "the next keeper of a host has its lease, or its place" },
	{ "next-releases", a_release_may_be_the_next_keepers,
		"the next keeper of a host can release what the last was granted" },
	{ "under-way", what_was_under_way_is_asked_again,
		"what was under way when a keeper ended is asked again, and is one request" },
	{ "leaves", a_host_that_leaves_is_no_dead_owner,
		"a host releases and leaves for good: the next one is not told of a death" },
	{ "poll-ends", a_poll_ends_in_time, "a poll ends at its time" },
	{ "bell", a_bell_ends_a_poll, "a poll ends at once when the bell has rung, and leaves it so" },
	{ "bell-later", a_bell_ends_a_poll_that_waits, "a poll that waits ends when the bell rings" },
	{ "places", places_of_one_host_are_apart, "the places of one host are as strange to each other as hosts" },
	{ "names", any_name_is_a_lock_of_its_own, "any name is a lock of its own" },
	{ NULL, NULL, NULL },
};

const struct conform_case conform_refusals[] = {
	{ "tokens", no_token_is_given, "" },
	{ "floor", no_token_is_given, "" },
	{ "contended", others_are_said_to_be_unseen, "" },
	{ "places", a_place_is_refused, "" },
	{ NULL, NULL, NULL },
};
