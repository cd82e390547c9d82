/* SPDX-License-Identifier: BSD-2-Clause */
/** conform_keeper.c: keepers that are killed, stopped, or told another time of day, as cases (conform.h). The first two are in
 * processes of their own.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conform_kit.h"
#include "wall.h"

enum { HOSTS = 2, KILLS = 25 };

/* What outlives a keeper: most of it is what a host's segment holds. */
static struct page {
	struct host host[HOSTS];
	uint64_t req[HOSTS];
	uint64_t last; /* the largest token anybody was granted */
	uint64_t owner, grants, wrong;
	int64_t deadline;
	uint64_t ready, over;
} * page;

/* The strongest order, and nothing is measured. */
#define GET(word)        __atomic_load_n(&(word), __ATOMIC_SEQ_CST)
#define PUT(word, value) __atomic_store_n(&(word), value, __ATOMIC_SEQ_CST)
#define ADD(word)        __atomic_add_fetch(&(word), 1, __ATOMIC_SEQ_CST)

/* Nothing may be open when a child is made: it would keep the connections. */
static void begin_page(void)
{
	page = shared_alloc(sizeof(*page));
	for (unsigned i = 0; i < HOSTS; i++)
		host_init(&page->host[i], target->backend, target->url, brief(), 200 + i);
}

/* In a child: the next keeper of that host. */
static struct host *take_up(unsigned i)
{
	everybody[0] = &page->host[i];
	if (!host_open(everybody[0]))
		_exit(1);
	return everybody[0];
}

/* ---- killed ---- */

static void take_and_give(struct host *h, unsigned i)
{
	uint64_t req = ADD(page->req[i]); /* written down before it is asked for */
	struct host_event e = wait_grant(h, req);

	if (e.event.what != PAWL_REMOTE_GRANTED || !is_after(e.event.hi, GET(page->last)))
		ADD(page->wrong);
	PUT(page->owner, i + 1);
	PUT(page->last, e.event.hi);
	ADD(page->grants);
	nap_us(500);
	if (GET(page->owner) != i + 1 && pawl_remote_now() < e.event.deadline_ns)
		ADD(page->wrong);
	release(h, req, e.event.hi);
}

static void work(void *number)
{
	unsigned i = *(unsigned *)number;
	struct host *h = take_up(i);

	for (;;)
		take_and_give(h, i);
}

static bool grants_go_on(void)
{
	uint64_t since = GET(page->grants);
	int64_t end = pawl_remote_now() + PATIENCE;

	while (GET(page->grants) < since + 4 && pawl_remote_now() < end)
		nap_us(1000);
	return GET(page->grants) >= since + 4;
}

/* One of two is killed, at any moment, and its next one begins. */
static bool keepers_are_killed(void)
{
	static unsigned numbers[HOSTS] = { 0, 1 };
	uint64_t seed = seed_of_run();
	bool go_on = true;
	pid_t pids[HOSTS];

	begin_page();
	for (unsigned i = 0; i < HOSTS; i++)
		pids[i] = spawn(work, &numbers[i]);
	for (int k = 0; k < KILLS && go_on; k++) {
		unsigned one = (unsigned)(random_next(&seed) % HOSTS);

		nap_us((long)(random_next(&seed) % 20000));
		kill_child(pids[one]);
		pids[one] = spawn(work, &numbers[one]);
		go_on = grants_go_on();
	}
	for (unsigned i = 0; i < HOSTS; i++)
		kill_child(pids[i]);
	tap_note("%d kills, %llu grants", KILLS, (unsigned long long)page->grants);
	CHECK(go_on);
	CHECK(page->wrong == 0);
	return true;
}

/* ---- stopped ---- */

/* Has the lock until it knows better; and then releases what it has no more. */
static void believe(void *unused)
{
	struct host *h = take_up(0);
	pawl_remote_event_t e = acquire(h, 1);

	(void)unused;
	held = (struct hold){ .h = h, .req = 1, .hi = e.hi, .deadline = e.deadline_ns, .ups = h->ups, .news = h->news };
	while (!held.over) {
		PUT(page->deadline, held.deadline);
		PUT(page->ready, e.what == PAWL_REMOTE_GRANTED);
		pump();
		hold_on(&held);
	}
	if (is_over(release(h, 1, e.hi)))
		PUT(page->over, 1);
	for (;;)
		pump();
}

static bool becomes(const uint64_t *word)
{
	int64_t end = pawl_remote_now() + PATIENCE;

	while (!GET(*word) && pawl_remote_now() < end)
		pump();
	return GET(*word);
}

static bool a_keeper_is_stopped(void)
{
	struct host_event e;
	pid_t pid;
	bool good;

	begin_page();
	pid = spawn(believe, NULL);
	good = becomes(&page->ready) && open_host(&b, brief()) && acquire(&b, 1).what == PAWL_REMOTE_QUEUED;
	kill(pid, SIGSTOP);
	e = wait_grant(&b, 1);
	good = good && e.event.what == PAWL_REMOTE_GRANTED;
	if (e.at < GET(page->deadline))
		tap_note("granted before its deadline");
	good = good && e.at >= GET(page->deadline);
	kill(pid, SIGCONT);
	good = good && becomes(&page->over);
	good = good && still_has(&b, 1, e.event.hi);
	kill_child(pid);
	return good;
}

/* ---- told another time ---- */

/* An hour on, and back by two: no lease ends, none is thought to last, and who waits is not forgotten. */
static bool lives_through(int64_t seconds)
{
	wall_set(seconds);
	CHECK(let_pass(brief() / 2));
	CHECK(has_settled());
	return !held.over;
}

static bool a_hosts_clock_is_set(void)
{
	bool good;

	CHECK(wall_is_everybodys());
	CHECK(open_host(&a, brief()) && open_host(&b, brief()) && one_has_it(&a, &b));
	good = lives_through(3600) && lives_through(-3600) && the_other_gets_it();
	wall_set(0);
	CHECK(good);
	return is_after(wanted.grant.event.hi, held.hi);
}

const struct conform_case conform_keeper[] = {
	{ "killed", keepers_are_killed, "keepers are killed at any moment: the next ones go on, and no token goes back" },
	{ "stopped", a_keeper_is_stopped, "a keeper is stopped: another host is granted the lock, not before its deadline; then it knows, and touches nothing" },
	{ "clock-here", a_hosts_clock_is_set,
		"a host's wall clock is set an hour on, and then back: its leases go on, and so does the queue" },
	{ NULL, NULL, NULL },
};
