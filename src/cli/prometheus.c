/* SPDX-License-Identifier: BSD-2-Clause */
/** prometheus.c: a sample as Prometheus' text exposition, format 0.0.4: each family once, with HELP and TYPE before its samples;
 * histograms with cumulative buckets and +Inf; labels escaped, and UTF-8.
 *
 * The names are an interface: pawl(1) lists them.
 */
#include "cli/stat.h"

#include <stdlib.h>

/* ---- labels ---- */

/* Backslash, quote and newline have an escape there; bytes that are no UTF-8 are shown as in the tables. */
static void print_value(const char *bytes)
{
	char *safe = cli_is_utf8(bytes) ? NULL : cli_escape_all(bytes);

	for (const char *at = safe ? safe : bytes; *at; at++)
		if (*at == '\n')
			fputs("\\n", stdout);
		else
			printf("%s%c", *at == '\\' || *at == '"' ? "\\" : "", *at);
	free(safe);
}

static void print_labels(const char *space, const char *lock)
{
	fputs("{space=\"", stdout);
	print_value(space);
	if (lock) {
		fputs("\",lock=\"", stdout);
		print_value(lock);
	}
	putchar('"');
}

static void print_head(const char *name, const char *type, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* ---- a number for each space, or for each lock ---- */

static uint64_t readable_of(const struct cli_top_space *s)
{
	return s->reason == NULL;
}

static uint64_t threads_of(const struct cli_top_space *s)
{
	return s->stats.threads;
}

static uint64_t names_of(const struct cli_top_space *s)
{
	return s->stats.names;
}

static uint64_t capacity_of(const struct cli_top_space *s)
{
	return s->stats.capacity;
}

static uint64_t joins_of(const struct cli_top_space *s)
{
	return s->stats.joins;
}

static uint64_t recovered_of(const struct cli_top_space *s)
{
	return s->stats.recovered;
}

static uint64_t reclaimed_of(const struct cli_top_space *s)
{
	return s->stats.reclaimed;
}

static uint64_t rescued_of(const struct cli_top_space *s)
{
	return s->stats.rescued_by_slice;
}

static uint64_t up_of(const struct cli_top_space *s)
{
	return s->remote.up;
}

static uint64_t losses_of(const struct cli_top_space *s)
{
	return s->remote.losses;
}

static uint64_t keepers_of(const struct cli_top_space *s)
{
	return s->remote.term;
}

enum { ALL, OPENED, REMOTE };

static const struct space_family {
	const char *name, *type, *help;
	uint64_t (*of)(const struct cli_top_space *space);
	int which;
} space_families[] = {
	{ "pawl_space_readable", "gauge", "Whether the space could be opened (1) or not (0).", readable_of, ALL },
	{ "pawl_space_threads", "gauge", "Threads alive in the space.", threads_of, OPENED },
	{ "pawl_space_locks", "gauge", "Names in the space.", names_of, OPENED },
	{ "pawl_space_capacity", "gauge", "Names that the space can hold.", capacity_of, OPENED },
	{ "pawl_space_joins_total", "counter", "Threads that ever joined.", joins_of, OPENED },
	{ "pawl_space_recovered_total", "counter", "Locks taken over from a dead owner.", recovered_of, OPENED },
	{ "pawl_space_reclaimed_total", "counter", "Idle names that gave way to new ones.", reclaimed_of, OPENED },
	{ "pawl_space_rescued_total", "counter", "Waiters that found out by looking, not by being woken.", rescued_of, OPENED },
	{ "pawl_remote_up", "gauge", "Whether the lock service can be reached.", up_of, REMOTE },
	{ "pawl_remote_losses_total", "counter", "Leases lost while they were held.", losses_of, REMOTE },
	{ "pawl_remote_keepers_total", "counter", "Keepers so far, the present one included.", keepers_of, REMOTE },
};

static bool has(const struct cli_top_space *space, int which)
{
	return which == ALL || (!space->reason && (which == OPENED || *space->remote.url));
}

static void print_space_family(const struct cli_top_sample *sample, const struct space_family *f)
{
	bool headed = false;

	for (size_t i = 0; i < sample->n_spaces; i++) {
		const struct cli_top_space *space = &sample->spaces[i];

		if (!has(space, f->which))
			continue;
		if (!headed)
			print_head(f->name, f->type, f->help);
		headed = true;
		fputs(f->name, stdout);
		print_labels(space->name, NULL);
		printf("} %llu\n", (unsigned long long)f->of(space));
	}
}

static uint64_t held_of(const pawl_lock_info_t *l)
{
	return l->state == PAWL_STATE_HELD && !l->asking;
}

static uint64_t poisoned_of(const pawl_lock_info_t *l)
{
	return l->state == PAWL_STATE_POISONED;
}

static uint64_t waiters_of(const pawl_lock_info_t *l)
{
	return l->waiters;
}

static uint64_t grants_of(const pawl_lock_info_t *l)
{
	return l->grants;
}

static uint64_t contended_of(const pawl_lock_info_t *l)
{
	return l->contended;
}

static uint64_t gave_up_of(const pawl_lock_info_t *l)
{
	return l->gave_up;
}

static uint64_t deaths_of(const pawl_lock_info_t *l)
{
	return l->deaths;
}

static const struct lock_family {
	const char *name, *type, *help;
	uint64_t (*of)(const pawl_lock_info_t *lock);
} lock_families[] = {
	{ "pawl_lock_held", "gauge", "Whether somebody holds the lock.", held_of },
	{ "pawl_lock_poisoned", "gauge", "Whether the lock is poisoned, and waits for a reset.", poisoned_of },
	{ "pawl_lock_waiters", "gauge", "Threads asleep on the lock.", waiters_of },
	{ "pawl_lock_grants_total", "counter", "Grants.", grants_of },
	{ "pawl_lock_contended_total", "counter", "Grants that had to wait.", contended_of },
	{ "pawl_lock_gave_up_total", "counter", "Waits that ended by their deadline.", gave_up_of },
	{ "pawl_lock_owner_deaths_total", "counter", "Owners that died.", deaths_of },
};

static void print_lock_family(const struct cli_top_sample *sample, const struct lock_family *f)
{
	if (sample->n_locks)
		print_head(f->name, f->type, f->help);
	for (size_t i = 0; i < sample->n_locks; i++) {
		fputs(f->name, stdout);
		print_labels(sample->locks[i]->space, sample->locks[i]->info.name);
		printf("} %llu\n", (unsigned long long)f->of(&sample->locks[i]->info));
	}
}

/* ---- histograms ---- */

static void print_bucket(const char *name, const struct cli_top_lock *lock, const char *le, uint64_t count)
{
	printf("%s_bucket", name);
	print_labels(lock->space, lock->info.name);
	printf(",le=\"%s\"} %llu\n", le, (unsigned long long)count);
}

static void print_histogram(const char *name, const struct cli_top_lock *lock, const pawl_times_t *times)
{
	uint64_t count = 0;
	char le[32];

	for (unsigned i = 0; i < PAWL_TIMES_BUCKETS - 1; i++) {
		snprintf(le, sizeof(le), "%.12g", (double)PAWL_TIMES_BOUND(i) / 1e9);
		print_bucket(name, lock, le, count += times->bucket[i]);
	}
	print_bucket(name, lock, "+Inf", times->count);
	printf("%s_sum", name);
	print_labels(lock->space, lock->info.name);
	printf("} %.9f\n%s_count", (double)times->sum_ns / 1e9, name);
	print_labels(lock->space, lock->info.name);
	printf("} %llu\n", (unsigned long long)times->count);
}

/* Only of locks that have something to show: twenty-nine lines for each of 65,536 names are for nobody. */
static void print_times(const struct cli_top_sample *sample, const char *name, const char *help, bool holds)
{
	bool headed = false;

	for (size_t i = 0; i < sample->n_locks; i++) {
		const struct cli_top_lock *lock = sample->locks[i];
		const pawl_times_t *times = holds ? &lock->info.holds : &lock->info.waits;

		if (times->count == 0)
			continue;
		if (!headed)
			print_head(name, "histogram", help);
		headed = true;
		print_histogram(name, lock, times);
	}
}

void cli_stat_prometheus(const struct cli_top_sample *sample)
{
	for (size_t i = 0; i < sizeof(space_families) / sizeof(space_families[0]); i++)
		print_space_family(sample, &space_families[i]);
	for (size_t i = 0; i < sizeof(lock_families) / sizeof(lock_families[0]); i++)
		print_lock_family(sample, &lock_families[i]);
	print_times(sample, "pawl_lock_wait_seconds", "How long grants were waited for that had to wait.", false);
	print_times(sample, "pawl_lock_hold_seconds", "How long it was held by those that had to wait.", true);
}
