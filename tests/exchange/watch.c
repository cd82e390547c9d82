/* SPDX-License-Identifier: BSD-2-Clause */
/* watch.c: looks on from outside: the progress line, and, when nothing goes any more, who waits
 * for what. */
#include <unistd.h>

#include "exchange.h"

/* The counters belong to running threads: a glance, exact once they have gone. */
void watch_totals(const struct exchange *x, struct totals *t)
{
	*t = (struct totals){ 0 };
	for (unsigned i = 0; i < lane_count(x); i++) {
		t->grants += PAWL_LOAD(&x->lanes[i].grants, RELAXED);
		t->acked += PAWL_LOAD(&x->lanes[i].acked, RELAXED);
		t->recovered += PAWL_LOAD(&x->lanes[i].recovered, RELAXED);
	}
}

static bool any_frozen(const struct exchange *x)
{
	for (unsigned place = 0; place < x->opt->workers; place++) {
		if (freeze_holds(x, place))
			return true;
	}
	return false;
}

void watch_progress(const struct exchange *x, const struct outcome *out, int64_t elapsed_ns)
{
	struct totals t;

	if (!isatty(STDERR_FILENO))
		return;
	watch_totals(x, &t);
	fprintf(stderr, "\r%5.1f s  %llu sales  %llu grants  %u kills  %llu owner deaths recovered%s\033[K",
		(double)elapsed_ns / 1e9, (unsigned long long)t.acked, (unsigned long long)t.grants, out->kills,
		(unsigned long long)t.recovered, any_frozen(x) ? "  a host stands still" : "");
}

void watch_progress_end(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static bool sits(const struct exchange *x, unsigned lane)
{
	const struct place *p = &x->places[lane / x->opt->threads];

	return p->pid != 0 && PAWL_LOAD(&x->lanes[lane].serial, ACQUIRE) == p->serial;
}

/* Nobody has got anything, or some buyer that is alive has asked in vain, for longer than our
 * patience. */
bool watch_stuck(const struct exchange *x, int64_t last_grant_ns)
{
	int64_t since = clock_ns() - x->opt->patience_ns;

	if (last_grant_ns < since)
		return true;
	for (unsigned i = 0; i < lane_count(x); i++) {
		if (sits(x, i) && PAWL_LOAD(&x->lanes[i].asked_ns, RELAXED) < since &&
			PAWL_LOAD(&x->lanes[i].phase, ACQUIRE) == PHASE_ACQUIRE)
			return true;
	}
	return false;
}

static int dump_lock(const pawl_lock_info_t *info, void *arg)
{
	unsigned *quiet = arg;

	if (info->state == PAWL_STATE_FREE && info->waiters == 0)
		++*quiet;
	else
		fprintf(stderr,
			"  %s: %s%s, owner pid %d tid %d (%s), %u asleep, %llu grants, %llu "
			"deaths\n",
			info->name, pawl_lock_state_name(info->state), info->inconsistent ? ", inconsistent" : "",
			info->pid, info->tid, info->command, info->waiters, (unsigned long long)info->grants,
			(unsigned long long)info->deaths);
	return 0;
}

static void dump_locks(const struct exchange *x, unsigned host)
{
	pawl_space_t *space, *store;
	pawl_remote_info_t remote;
	unsigned quiet = 0;

	fprintf(stderr, "exchange: host %u: the locks that are not free, or are waited for:\n", host + 1);
	if (home_open(x, host, &space, &store) != 0)
		return;
	pawl_lock_list(space, dump_lock, &quiet);
	fprintf(stderr, "  %u more are free, nobody waits\n", quiet);
	if (pawl_space_remote(space, &remote) == 0 && remote.url[0] != '\0' && !remote.up)
		fprintf(stderr, "  %s cannot be reached: %s\n", remote.url, remote.reason);
	if (home_close(space, store) != 0)
		fputs("exchange: the space cannot be closed\n", stderr);
}

void watch_dump(struct exchange *x)
{
	fprintf(stderr, "exchange: HUNG: somebody has waited in vain for %.1f s; the buyers:\n",
		(double)x->opt->patience_ns / 1e9);
	for (unsigned i = 0; i < lane_count(x); i++) {
		const struct lane *lane = &x->lanes[i];

		if (sits(x, i))
			fprintf(stderr, "  worker %d buyer %u: %s orders/%s, asked %.3f s ago\n",
				(int)x->places[i / x->opt->threads].pid, i % x->opt->threads, phase_name(lane->phase),
				x->orders->at[lane->order].id, (double)(clock_ns() - lane->asked_ns) / 1e9);
	}
	for (unsigned host = 0; host < x->opt->hosts; host++)
		dump_locks(x, host);
}
