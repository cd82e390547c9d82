/* SPDX-License-Identifier: BSD-2-Clause */
/** top_sample.c: reading spaces and their locks for `pawl top`, and what has happened since the reading before.
 *
 * A space is open only while it is read: somebody who watches it for hours must not be what keeps it in being.
 */
#include "cli/times.h"
#include "cli/top.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct cli_top_sample *sample;
	const char *space;
};

/* ---- one space ---- */

static int each_lock(const pawl_lock_info_t *info, void *arg)
{
	struct reading *r = arg;
	struct cli_top_sample *s = r->sample;
	struct cli_top_lock *lock = cli_must(malloc(sizeof(*lock)));

	*lock = (struct cli_top_lock){ .space = r->space, .rate = -1, .waited = -1, .waits = info->waits, .info = *info };
	if (s->n_locks == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->locks = cli_must(realloc(s->locks, s->room * sizeof(struct cli_top_lock *)));
	}
	s->locks[s->n_locks++] = lock;
	return 0;
}

static struct cli_top_space *add_space(struct cli_top_sample *s, const char *name, const char *path)
{
	struct cli_top_space *space;

	s->spaces = cli_must(realloc(s->spaces, (s->n_spaces + 1) * sizeof(*s->spaces)));
	space = &s->spaces[s->n_spaces++];
	*space = (struct cli_top_space){ .name = cli_format("%s", name), .path = cli_format("%s", path) };
	return space;
}

static void read_space(struct cli_top_sample *s, pawl_space_t *space, const char *name)
{
	struct cli_top_space *of = add_space(s, name, pawl_space_path(space));
	struct reading reading = { .sample = s, .space = of->name };

	if (pawl_space_stats(space, &of->stats) || pawl_space_remote(space, &of->remote))
		return; /* they never fail with a space */
	s->remote |= *of->remote.url != '\0';
	pawl_lock_list(space, each_lock, &reading);
}

static void refused(struct cli_top_sample *s, const char *name, const char *path, int status)
{
	s->status = status;
	add_space(s, name, path)->reason = cli_format("%s", pawl_space_reason());
}

static void look_into(struct cli_top_sample *s, const char *name, const char *path)
{
	pawl_space_t *space;
	int rc = cli_look_into(name, &space);

	if (rc == 0) {
		read_space(s, space, name);
		pawl_space_close(space);
	} else if (rc != ENOENT) { /* that one has just gone */
		refused(s, name, path ? path : "", rc == EINVAL && !path ? CLI_USAGE : CLI_NO_SPACE);
	}
}

static int each_space(const char *name, const char *path, void *arg)
{
	look_into(arg, name, path);
	return 0;
}

/* ---- what has happened since ---- */

static int by_name(const void *a, const void *b)
{
	const struct cli_top_lock *x = *(struct cli_top_lock *const *)a, *y = *(struct cli_top_lock *const *)b;
	int order = strcmp(x->space, y->space);

	return order ? order : strcmp(x->info.name, y->info.name);
}

/* By rate; where nothing happens, first what has sleepers, then what is not free. */
static int by_business(const void *a, const void *b)
{
	const struct cli_top_lock *x = *(struct cli_top_lock *const *)a, *y = *(struct cli_top_lock *const *)b;

	if (x->rate != y->rate)
		return x->rate > y->rate ? -1 : 1;
	if (x->info.waiters != y->info.waiters)
		return x->info.waiters > y->info.waiters ? -1 : 1;
	if ((x->info.state == PAWL_STATE_FREE) != (y->info.state == PAWL_STATE_FREE))
		return x->info.state == PAWL_STATE_FREE ? 1 : -1;
	return by_name(a, b);
}

static bool was_refused(const struct cli_top_sample *before, const char *space)
{
	for (size_t i = 0; i < before->n_spaces; i++)
		if (!strcmp(before->spaces[i].name, space))
			return before->spaces[i].reason != NULL;
	return false;
}

/* Counters begin at 0 when a name comes to be: one that was not there, or had counted further, has come to be since. */
static double rate(uint64_t now, uint64_t then, double seconds)
{
	return (double)(now < then ? now : now - then) / seconds;
}

static void compare(struct cli_top_sample *s, const struct cli_top_sample *before)
{
	s->seconds = (double)(s->at - before->at) / 1e9;
	for (size_t i = 0; i < s->n_locks && s->seconds > 0; i++) {
		struct cli_top_lock *lock = s->locks[i], **found = NULL;
		bool again;

		if (was_refused(before, lock->space))
			continue;
		if (before->n_locks)
			found = bsearch(&lock, before->locks, before->n_locks, sizeof(struct cli_top_lock *), by_name);
		again = found && lock->info.grants >= (*found)->info.grants;
		lock->rate = rate(lock->info.grants, again ? (*found)->info.grants : 0, s->seconds);
		if (again)
			lock->waits = cli_times_since(&lock->info.waits, &(*found)->info.waits);
		lock->waited = rate(lock->info.contended, again ? (*found)->info.contended : 0, s->seconds);
	}
}

static void sort(struct cli_top_sample *s, const struct cli_top_sample *before)
{
	if (s->n_locks == 0)
		return;
	qsort(s->locks, s->n_locks, sizeof(struct cli_top_lock *), by_name);
	if (before)
		compare(s, before);
	s->busy = cli_must(malloc(s->n_locks * sizeof(struct cli_top_lock *)));
	memcpy(s->busy, s->locks, s->n_locks * sizeof(struct cli_top_lock *));
	qsort(s->busy, s->n_locks, sizeof(struct cli_top_lock *), by_business);
}

static int by_space(const void *a, const void *b)
{
	const struct cli_top_space *x = a, *y = b;

	return strcmp(x->name, y->name);
}

struct cli_top_sample *cli_top_sample(const char *name, const struct cli_top_sample *before)
{
	struct cli_top_sample *s = cli_must(calloc(1, sizeof(*s)));

	s->at = pawl_in_ns(1);
	if (name)
		look_into(s, name, NULL);
	else if (pawl_space_scan(each_space, s))
		refused(s, "*", "", CLI_NO_SPACE); /* which there are is not known */
	if (s->n_spaces)
		qsort(s->spaces, s->n_spaces, sizeof(*s->spaces), by_space);
	sort(s, before);
	return s;
}

void cli_top_free(struct cli_top_sample *sample)
{
	if (!sample)
		return;
	for (size_t i = 0; i < sample->n_locks; i++)
		free(sample->locks[i]);
	for (size_t i = 0; i < sample->n_spaces; i++) {
		free(sample->spaces[i].name);
		free(sample->spaces[i].path);
		free(sample->spaces[i].reason);
	}
	free(sample->locks);
	free(sample->busy);
	free(sample->spaces);
	free(sample);
}
