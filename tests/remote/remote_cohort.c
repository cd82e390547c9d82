/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_cohort.c: what tenures are worth: two hosts with two threads each want one lock all the time, once with leases that are
 * handed round on the host, and once with a lease for each grant. Locks a second, each host's share, the longest wait, violations.
 *
 *   LONG=1          services one after the other, ROUNDS= rounds of T= seconds (3) in turn, and judged; without it a look
 *   SERVICES=etcd   only those with that in their names
 *
 * Of a look only violations, and hosts that get nothing, are faults: how fast it is depends on who else is busy. At length: how much
 * more it is, what each host gets of it, and how long somebody waited, against what a tenure is bounded by.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "hosts.h"
#include "service.h"

enum { THREADS = 2, COHORT_HOSTS = 2 };

/* Who waits behind one host waits while that hands the lock round; and if the service, a keeper or what they said to each other gets
 * lost on the way, until the lease of that one has run out. */
#define MAX_TENURE_NS (5 * NS_PER_MS)

/* Where hosts are not granted it in the order in which they asked, chance takes longer to be even. */
enum { ROUNDS = 5, ROUNDS_WITHOUT_ORDER = 20 };

/* EACH_FOR_ITSELF is PAWL_STRICT. Where that is not to be had: one thread on a host, which gives each lease back before it asks for
 * another. */
enum way { HANDED_ROUND, EACH_FOR_ITSELF, ONE_GRANT };

/* In shared memory. */
static struct contest {
	enum way way;
	uint32_t begin, end;
	struct {
		uint64_t locks, lost, deaths;
		int64_t longest_wait; /* ns, with the section and the release before it: they take nothing */
		int error;
	} of[COHORT_HOSTS][THREADS];
} * contest;

/* Of one way to go about it. */
struct sum {
	uint64_t locks[COHORT_HOSTS], lost, violations;
	double seconds;
	int64_t longest_wait;
};

/* ---- what they do ---- */

static long my_host;

/* Nobody dies: to be told so is a fault, but no reason to stop. */
static bool add_one(unsigned thread) PAWL_NO_ANALYSIS
{
	int rc = pawl_lock_acquire(peer_lock[0], PAWL_FOREVER, NULL);

	if (rc == (EOWNERDEAD)) {
		contest->of[my_host][thread].deaths++;
		rc = pawl_lock_consistent(peer_lock[0]);
	}
	if (rc == 0) {
		/* relaxed, and no addition: the lock alone keeps them apart */
		PAWL_STORE(&hosts->data[0].plain, PAWL_LOAD(&hosts->data[0].plain, RELAXED) + 1, RELAXED);
		rc = pawl_lock_release(peer_lock[0]);
	}
	if (rc == (ESTALE))
		contest->of[my_host][thread].lost++;
	else if (rc)
		contest->of[my_host][thread].error = rc;
	contest->of[my_host][thread].locks++;
	return rc == 0 || rc == (ESTALE);
}

static void see_it_go(void)
{
	static __thread pawl_lock_info_t info;

	while (pawl_lock_info(peer_lock[0], &info) == 0 && info.tenure != PAWL_TENURE_NONE)
		nap_us(20);
}

static void *be_busy(void *arg)
{
	unsigned thread = (unsigned)(uintptr_t)arg;
	int64_t last, now;

	while (!PAWL_LOAD(&contest->begin, RELAXED)) /* relaxed: soon */
		nap_us(100);
	last = now_ns();
	while (!PAWL_LOAD(&contest->end, RELAXED) && add_one(thread)) { /* relaxed: soon */
		now = now_ns();                                         /* one look at the clock for each */
		if (now - last > contest->of[my_host][thread].longest_wait)
			contest->of[my_host][thread].longest_wait = now - last;
		last = now;
		if (contest->way == ONE_GRANT) {
			see_it_go();
			last = now_ns();
		}
	}
	return NULL;
}

static int contend(long host)
{
	static const pawl_lock_bounds_t nothing_kept = { .idle_keep_ns = 1, .no_handoffs = true },
					handed_round = { .max_tenure_ns = MAX_TENURE_NS };
	pthread_t threads[THREADS];
	unsigned n = contest->way == ONE_GRANT ? 1 : THREADS;

	my_host = host;
	if (contest->way != EACH_FOR_ITSELF &&
		pawl_lock_set_bounds(peer_lock[0], contest->way == ONE_GRANT ? &nothing_kept : &handed_round))
		return EINVAL;
	for (uintptr_t i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, be_busy, (void *)i))
			return EAGAIN;
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* ---- a round ---- */

static void add_up(struct sum *sum, int64_t ns)
{
	uint64_t locks = 0, lost = 0;

	for (int h = 0; h < COHORT_HOSTS; h++)
		for (int t = 0; t < THREADS; t++) {
			locks += contest->of[h][t].locks;
			lost += contest->of[h][t].lost;
			sum->locks[h] += contest->of[h][t].locks;
			if (contest->of[h][t].error)
				tap_note("host %d: %s", h, pawl_strerror(contest->of[h][t].error));
			if (contest->of[h][t].deaths)
				tap_note("host %d: told of %" PRIu64 " dead owners", h, contest->of[h][t].deaths);
			sum->violations += (contest->of[h][t].error != 0) + contest->of[h][t].deaths;
			if (contest->of[h][t].longest_wait > sum->longest_wait)
				sum->longest_wait = contest->of[h][t].longest_wait;
		}
	sum->lost += lost;
	if (locks - lost > hosts->data[0].plain || (!lost && locks != hosts->data[0].plain))
		sum->violations++;
	sum->seconds += (double)ns / 1e9;
}

static bool run_round(puppet_t *const p[], long ms, struct sum *sum)
{
	int64_t begin = now_ns();
	bool good = true;

	for (int h = 0; h < COHORT_HOSTS; h++)
		puppet_ask(p[h], contend, h);
	PAWL_STORE(&contest->begin, 1u, RELAXED); /* relaxed: soon */
	nap_us(ms * 1000);
	PAWL_STORE(&contest->end, 1u, RELAXED); /* relaxed: soon */
	begin = now_ns() - begin;
	for (int h = 0; h < COHORT_HOSTS; h++)
		good &= puppet_answer(p[h]) == 0;
	add_up(sum, begin);
	return good;
}

/* Everybody has the space open, and has had the lock. */
static bool get_ready(puppet_t *p[])
{
	bool good = true;

	for (int h = 0; h < COHORT_HOSTS; h++)
		good &= (p[h] = hosts_process(h)) && puppet_do(p[h], peer_work, 0) == 0;
	hosts->data[0].plain = 0;
	return good;
}

static bool play(struct service *s, enum way way, long ms, struct sum *sum)
{
	puppet_t *p[COHORT_HOSTS] = { 0 };
	bool good;

	service_hosts(s);
	contest = kids_map(sizeof(*contest));
	hosts->idle_keep_ms = 0; /* as it comes */
	contest->way = way;
	hosts->strict = way == EACH_FOR_ITSELF;
	good = get_ready(p) && run_round(p, ms, sum);
	for (int h = 0; h < COHORT_HOSTS; h++)
		if (p[h]) {
			puppet_do(p[h], peer_close, 0);
			puppet_end(p[h]);
		}
	kids_unmap(contest, sizeof(*contest));
	hosts_end();
	return good;
}

static double per_second(const struct sum *sum)
{
	return (double)(sum->locks[0] + sum->locks[1]) / sum->seconds;
}

static double share(const struct sum *sum)
{
	uint64_t all = sum->locks[0] + sum->locks[1];

	return all ? (double)sum->locks[0] / (double)all : 0;
}

static void tell(const char *what, const struct sum *sum)
{
	tap_note("%-22s %12.0f locks/s   share %.3f   longest wait %7.1f ms   leases lost %" PRIu64
		 "   violations %" PRIu64,
		what, per_second(sum), share(sum), (double)sum->longest_wait / 1e6, sum->lost, sum->violations);
}

static void judge(const struct service *s, const struct sum *tenures, const struct sum *remote)
{
	int64_t most = MAX_TENURE_NS + s->kind->ttl_ms * NS_PER_MS;

	tap_ok(per_second(tenures) >= 100 * per_second(remote), "a hundred times as many as with a lease for each");
	tap_ok(share(tenures) >= 0.4 && share(tenures) <= 0.6, "each host has its share: 0.4 to 0.6 of them");
	tap_ok(tenures->longest_wait <= most, "nobody waited for more than max_tenure and ttl");
	tap_note("longest wait %.1f ms of at most %.0f: max_tenure %.0f, ttl %ld", (double)tenures->longest_wait / 1e6,
		(double)most / 1e6, (double)MAX_TENURE_NS / 1e6, s->kind->ttl_ms);
}

static void cases(struct service *s)
{
	bool at_length = env_long("LONG", 0), good = true;
	long usual = s->kind->promises & SERVICE_ORDER ? ROUNDS : ROUNDS_WITHOUT_ORDER;
	long rounds = at_length ? env_long("ROUNDS", usual) : 1, ms = at_length ? env_long("T", 3) * 1000 : 1000;
	struct sum tenures = { 0 }, remote = { 0 };
	enum way other = s->kind->promises & SERVICE_STRICT ? EACH_FOR_ITSELF : ONE_GRANT;

	for (long i = 0; i < rounds && good; i++)
		good = play(s, HANDED_ROUND, ms, &tenures) && (i >= ROUNDS || play(s, other, ms, &remote));
	tap_ok(good && tenures.violations == 0 && remote.violations == 0, "no violation");
	tap_ok(tenures.locks[0] && tenures.locks[1] && remote.locks[0] && remote.locks[1], "each host has its turns");
	if (at_length)
		judge(s, &tenures, &remote);
	tell("leases handed round", &tenures);
	tell("a lease for each grant", &remote);
	tap_note("ratio %.0f; a host hands round for at most 5 ms while the other one waits",
		per_second(&tenures) / per_second(&remote));
}

int main(int argc, char **argv)
{
	(void)argc;
	service_each(argv[0], cases, env_long("LONG", 0) ? SERVICE_IN_TURN : SERVICE_TOGETHER);
	return tap_done();
}
