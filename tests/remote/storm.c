/* SPDX-License-Identifier: BSD-2-Clause */
/** storm.c: who is killed when, and the judgement (storm.h). One thread, which sleeps a millisecond at a time. */
#include "storm.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "record.h"

enum { EVENTS = 1000000 };

struct actor {
	puppet_t *puppet;
	int64_t stopped_until; /* 0: it runs */
};

static struct actor cast[PLAY_HOSTS * PLAY_EACH];
static struct service *service;
static enum { SERVES, KILLED, STOPPED } service_is;
static int64_t service_until;
static int64_t harmed_until[PLAY_HOSTS]; /* 0: its link is whole */
static uint64_t dice;
static struct storm_sum *sum;
static const struct storm_plan *plan;

static uint64_t up_to(uint64_t most)
{
	return random_next(&dice) % (most + 1);
}

/* Something that is done about every `ms`, and whose time has come. */
static bool due(int64_t *next, long ms)
{
	int64_t now = kids_now_ns();

	if (ms == 0 || now < *next)
		return false;
	*next = now + (int64_t)up_to(2 * (uint64_t)ms * 1000) * 1000;
	return true;
}

/* From a tenth of a time to live to one and a half. */
static int64_t some_time_on(void)
{
	int64_t ms = hosts->ttl_ms;

	return kids_now_ns() + (ms / 10 + (int64_t)up_to((uint64_t)ms * 14 / 10)) * 1000000;
}

static void complain(const char *what, uint64_t much)
{
	tap_note("violation: %s: %" PRIu64, what, much);
	sum->violations += much;
}

/* ---- processes ---- */

static uint32_t *client_of(size_t i)
{
	return &play->client[i / PLAY_EACH][i % PLAY_EACH];
}

static void start(size_t i)
{
	PAWL_STORE(client_of(i), 0u, RELAXED); /* relaxed: set by who is not forked yet */
	cast[i] = (struct actor){ .puppet = puppet_new(play_client, (long)i) };
}

static void note_death(size_t i)
{
	uint32_t client = PAWL_LOAD(client_of(i), RELAXED); /* relaxed: it is dead, and reaped */

	if (client)
		record_death(client);
}

static bool is_keeper(size_t i)
{
	return PAWL_LOAD(&play->keeper[i / PLAY_EACH], RELAXED) == cast[i].puppet->pid; /* relaxed: a hint */
}

static void kill_one(size_t i)
{
	sum->keeper_kills += is_keeper(i);
	sum->client_kills += i % PLAY_EACH != 0;
	puppet_kill(cast[i].puppet);
	note_death(i);
	start(i);
}

static size_t some_keeper(void)
{
	size_t first = up_to(PLAY_HOSTS - 1) * PLAY_EACH;

	for (size_t i = first; i < first + PLAY_EACH; i++)
		if (is_keeper(i))
			return i;
	return first + up_to(PLAY_EACH - 1);
}

static void stop_one(size_t i)
{
	if (cast[i].stopped_until)
		return;
	kill(cast[i].puppet->pid, SIGSTOP);
	cast[i].stopped_until = some_time_on();
	sum->stops++;
}

static void go_on(struct actor *a)
{
	if (a->stopped_until)
		kill(a->puppet->pid, SIGCONT);
	a->stopped_until = 0;
}

static void wake_those_due(void)
{
	for (size_t i = 0; i < sizeof(cast) / sizeof(*cast); i++)
		if (cast[i].stopped_until && kids_now_ns() >= cast[i].stopped_until)
			go_on(&cast[i]);
}

/* Nobody may end but by us. */
static void look_for_corpses(void)
{
	for (size_t i = 0; i < sizeof(cast) / sizeof(*cast); i++) {
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_PID, (id_t)cast[i].puppet->pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid == 0)
			continue;
		tap_note("a process ended: code %d, status %d", info.si_code, info.si_status);
		complain("a process ended by itself", 1);
		puppet_reap(cast[i].puppet);
		note_death(i);
		start(i);
	}
}

/* ---- the service ---- */

static void hit_service(void)
{
	service_is = up_to(1) ? KILLED : STOPPED;
	if (service_is == KILLED)
		service_kill(service);
	else
		service_stop(service);
	service_until = some_time_on();
	sum->service_faults++;
}

static void mend_service(void)
{
	if (service_is == KILLED && !service_again(service))
		complain("the service did not start again", 1);
	if (service_is == STOPPED)
		service_go_on(service);
	service_is = SERVES;
}

static void look_after_service(int64_t *next)
{
	if (service_is != SERVES && kids_now_ns() >= service_until) {
		mend_service();
		*next = kids_now_ns() + (int64_t)up_to(2 * (uint64_t)plan->service * 1000) * 1000;
	} else if (service_is == SERVES && due(next, plan->service)) {
		hit_service();
	}
}

static void mend_links(bool all)
{
	for (int h = 0; h < PLAY_HOSTS; h++)
		if (harmed_until[h] && (all || kids_now_ns() >= harmed_until[h])) {
			service_mend_link(service, h);
			harmed_until[h] = 0;
		}
}

static void harm_link(int h)
{
	if (harmed_until[h] || !service->kind->server)
		return;
	service_harm_link(service, h, (unsigned)up_to(SERVICE_LINK_FAULTS - 1));
	harmed_until[h] = some_time_on();
	sum->link_faults++;
}

/* ---- from the beginning to the end ---- */

static void blow(void)
{
	int64_t begin = kids_now_ns(), end = begin + plan->seconds * NS_PER_S, next[5];

	for (int i = 0; i < 5; i++)
		next[i] = begin + 300 * NS_PER_MS;
	while (kids_now_ns() < end && record_has_room()) {
		if (due(&next[0], plan->kill_keeper))
			kill_one(some_keeper());
		if (due(&next[1], plan->kill_client))
			kill_one(up_to(sizeof(cast) / sizeof(*cast) - 1));
		if (due(&next[2], plan->stop_process))
			stop_one(up_to(1) ? some_keeper() : up_to(sizeof(cast) / sizeof(*cast) - 1));
		look_after_service(&next[3]);
		if (due(&next[4], plan->link))
			harm_link((int)up_to(PLAY_HOSTS - 1));
		mend_links(false);
		wake_those_due();
		look_for_corpses();
		kids_nap_us(1000);
	}
}

/* It ends what it is doing; a minute is for who waits behind leases of the dead, and a service that has just come back. Who is left
 * when one has had it has had it as well. */
static bool answers(size_t i, bool at_once, const char *what)
{
	puppet_t *p = cast[i].puppet;

	if (!puppet_done(p) && !at_once && puppet_answer(p) == KIDS_HUNG)
		puppet_answer(p);
	if (puppet_done(p) && p->answer == 0)
		return true;
	if (puppet_done(p))
		tap_note("host %zu, %s: %s", i / PLAY_EACH, what, pawl_strerror(p->answer));
	else
		tap_note("host %zu, %s, %s: does not end: %s", i / PLAY_EACH, what,
			is_keeper(i) ? "the keeper" : "not the keeper", where_is(p->pid, p->pid));
	return false;
}

static uint64_t wait_for_all(const char *what)
{
	uint64_t hung = 0;

	for (size_t i = 0; i < sizeof(cast) / sizeof(*cast); i++)
		hung += !answers(i, hung > 0, what);
	if (hung)
		complain(what, hung);
	return hung;
}

static void close_all(void)
{
	for (size_t i = 0; i < sizeof(cast) / sizeof(*cast); i++)
		puppet_ask(cast[i].puppet, peer_close, 0);
	wait_for_all("closing the space");
}

static void clear_up(void)
{
	for (size_t i = 0; i < sizeof(cast) / sizeof(*cast); i++)
		go_on(&cast[i]);
	mend_service();
	mend_links(true);
	PAWL_STORE(&play->stop, 1u, RELAXED); /* relaxed: soon */
	if (wait_for_all("coming to an end") == 0)
		close_all();
	for (size_t i = 0; i < sizeof(cast) / sizeof(*cast); i++)
		puppet_kill(cast[i].puppet);
}

static void judge_history(const struct play_workload *work)
{
	struct history_verdict v = { 0 };
	const struct history_event *events;
	size_t n;

	if (!record_all(&events, &n))
		complain("events that were not noted", 1);
	for (int lock = 0; lock < work->locks; lock++)
		history_check(events, n, (unsigned)lock, service->kind->promises, &v);
	for (int f = 0; f < HISTORY_FAULTS; f++)
		if (v.faults[f]) {
			tap_note("%s: %s", history_fault_name(f), v.first[f]);
			complain(history_fault_name(f), v.faults[f]);
		}
	sum->grants += v.grants;
	sum->moves += v.moves;
	sum->losses += v.losses;
	sum->deaths += v.deaths;
}

/* Without tokens an update may be lost, but only with a lease. */
static void judge_lists(const struct play_workload *work, uint64_t losses)
{
	for (int lock = 0; lock < work->locks; lock++) {
		unsigned missing = guarded_missing(&play->data[lock]);

		sum->missing += missing;
		if (missing && (work->list == PLAY_GUARDED || losses == 0))
			complain("updates lost", missing);
	}
	if (play->wrong)
		tap_note("the library said %s", pawl_strerror(play->wrong_rc));
	if (play->wrong)
		complain("an answer that there is not", play->wrong);
}

bool storm(struct service *s, const struct play_workload *work, const struct storm_plan *p, uint64_t seed,
	struct storm_sum *total)
{
	int64_t begin = kids_now_ns();
	uint64_t violations = total->violations, losses = total->losses;

	service = s;
	plan = p;
	sum = total;
	dice = seed;
	service_hosts(s);
	if (p->parted)
		hosts_part();
	hosts->flags = work->again ? PAWL_RECURSIVE : 0;
	record_new(EVENTS);
	play_new(work, seed);
	for (size_t i = 0; i < sizeof(cast) / sizeof(*cast); i++)
		start(i);
	blow();
	clear_up();
	judge_history(work);
	judge_lists(work, sum->losses - losses);
	play_end();
	record_end();
	hosts_end();
	sum->seconds += (double)(kids_now_ns() - begin) / 1e9;
	return sum->violations == violations;
}
