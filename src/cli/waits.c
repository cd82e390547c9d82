/* SPDX-License-Identifier: BSD-2-Clause */
/** waits.c: looking who waits for whom (waits.h). What is seen was true one after the other, not at one moment: a circle counts when
 * it is seen twice, with the same holds. */
#include "cli/waits.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHOWN = 10, LONGEST = 64 };

/* ---- the threads of the space ---- */

struct threads {
	pawl_thread_info_t *all;
	size_t n;
};

static int each_thread(const pawl_thread_info_t *info, void *arg)
{
	struct threads *t = arg;

	t->all = cli_must(realloc(t->all, (t->n + 1) * sizeof(*t->all)));
	t->all[t->n++] = *info;
	return 0;
}

static struct threads read_threads(pawl_space_t *space)
{
	struct threads t = { 0 };

	pawl_thread_list(space, each_thread, &t);
	return t;
}

static const pawl_thread_info_t *find_member(const struct threads *t, uint32_t member)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->all[i].member == member)
			return &t->all[i];
	return NULL;
}

/* ---- where the waiting of an owner leads ---- */

static bool goes_round(struct cli_waits *w, const char *lock)
{
	for (w->first = 0; w->first < w->n_links; w->first++)
		if (!strcmp(w->links[w->first].lock, lock))
			return true;
	return false;
}

static void follow(struct cli_waits *w, pawl_space_t *space, const struct threads *threads, const char *name)
{
	static pawl_lock_info_t info;
	const pawl_thread_info_t *owner;

	while (w->n_links < LONGEST && !(w->is_circle = goes_round(w, name))) {
		if (pawl_lock_peek(space, name, &info) || info.state != PAWL_STATE_HELD || info.asking)
			return;
		owner = find_member(threads, info.member);
		if (!owner)
			return;
		w->links = cli_must(realloc(w->links, (w->n_links + 1) * sizeof(*w->links)));
		w->links[w->n_links++] =
			(struct cli_link){ .lock = cli_format("%s", info.name), .owner = *owner, .grant = info.fence.lo };
		name = owner->waits_for;
		if (!*name)
			return;
	}
}

static void forget_links(struct cli_waits *w)
{
	for (size_t i = 0; i < w->n_links; i++)
		free(w->links[i].lock);
	free(w->links);
	w->links = NULL;
	w->n_links = 0;
	w->is_circle = false;
}

static bool is_same(const struct cli_waits *a, const struct cli_waits *b)
{
	if (a->n_links != b->n_links || a->is_circle != b->is_circle || a->first != b->first)
		return false;
	for (size_t i = 0; i < a->n_links; i++)
		if (a->links[i].grant != b->links[i].grant || a->links[i].owner.member != b->links[i].owner.member)
			return false;
	return true;
}

static void read_links(struct cli_waits *w, pawl_space_t *space, const char *name)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	struct threads threads = read_threads(space);
	struct cli_waits again = { 0 };

	follow(w, space, &threads, name);
	free(threads.all);
	if (!w->is_circle)
		return;
	nanosleep(&moment, NULL);
	threads = read_threads(space);
	follow(&again, space, &threads, name);
	w->is_circle = is_same(w, &again);
	forget_links(&again);
	free(threads.all);
}

/* ---- who waits for the lock ---- */

static int by_wait(const void *a, const void *b)
{
	const pawl_thread_info_t *x = a, *y = b;

	return x->since_ns < y->since_ns ? -1 : x->since_ns > y->since_ns;
}

struct cli_waits *cli_waits_read(pawl_space_t *space, const pawl_lock_info_t *info)
{
	struct cli_waits *w = cli_must(calloc(1, sizeof(*w)));
	struct threads threads = read_threads(space);
	size_t kept = 0;

	for (size_t i = 0; i < threads.n; i++)
		if (!strcmp(threads.all[i].waits_for, info->name))
			threads.all[kept++] = threads.all[i];
	if (kept)
		qsort(threads.all, kept, sizeof(*threads.all), by_wait);
	w->waiters = threads.all;
	w->n_waiters = kept;
	read_links(w, space, info->name);
	return w;
}

void cli_waits_free(struct cli_waits *w)
{
	forget_links(w);
	free(w->waiters);
	free(w);
}

/* ---- for people ---- */

static void print_thread(const char *label, const pawl_thread_info_t *t, const char *more)
{
	char *command = cli_escape(t->command);

	printf("%-10s %s, process %d, thread %d%s%s\n", label, command, (int)t->pid, (int)t->tid,
		t->foreign_pid ? " (numbers of another PID namespace)" : "", more);
	free(command);
}

static void print_waiter(const char *label, const pawl_thread_info_t *t)
{
	char age[16], *more = cli_format(", for %s", cli_age(cli_age_ns(t->since_ns), age));

	print_thread(label, t, more);
	free(more);
}

static void print_link(const char *label, const struct cli_link *l)
{
	char *name = cli_escape(l->lock), *next = cli_escape(l->owner.waits_for);
	char *more = *next ? cli_format(", holds %s and waits for %s", name, next) : cli_format(", holds %s", name);

	print_thread(label, &l->owner, more);
	free(name);
	free(next);
	free(more);
}

static void print_links(const struct cli_waits *w)
{
	for (size_t i = w->is_circle ? w->first : 1; i < w->n_links; i++)
		print_link(i == (w->is_circle ? w->first : 1) ? (w->is_circle ? "deadlock" : "behind") : "", &w->links[i]);
	if (!w->is_circle)
		return;
	printf("%*s", 11, "");
	cli_print_wrapped(11,
		"none of them goes on unless one gives up by its deadline, or is ended: then its locks are free, with "
		"EOWNERDEAD; take them in the same order everywhere");
}

void cli_waits_print(const struct cli_waits *w)
{
	for (size_t i = 0; i < w->n_waiters && i < SHOWN; i++)
		print_waiter(i == 0 ? "waiting" : "", &w->waiters[i]);
	if (w->n_waiters > SHOWN)
		printf("%-10s and %zu more\n", "", w->n_waiters - SHOWN);
	print_links(w);
}

/* ---- as JSON ---- */

static json_t *thread_object(const pawl_thread_info_t *t)
{
	json_t *object = cli_must(json_object());

	cli_json_put(object, "pid", json_integer(t->pid));
	cli_json_put(object, "tid", json_integer(t->tid));
	cli_json_put(object, "foreign_pid", json_boolean(t->foreign_pid));
	cli_json_put(object, "command", cli_json_text(t->command));
	cli_json_put(object, "waits_for", *t->waits_for ? cli_json_text(t->waits_for) : json_null());
	cli_json_put(object, "waits_seconds",
		*t->waits_for ? json_real((double)cli_age_ns(t->since_ns) / 1e9) : json_null());
	return object;
}

static json_t *link_object(const struct cli_link *l)
{
	json_t *object = thread_object(&l->owner);

	cli_json_put(object, "holds", cli_json_text(l->lock));
	return object;
}

void cli_waits_put_json(json_t *object, const struct cli_waits *w)
{
	json_t *waiting = cli_must(json_array()), *behind = cli_must(json_array());

	for (size_t i = 0; i < w->n_waiters; i++)
		if (json_array_append_new(waiting, thread_object(&w->waiters[i])))
			cli_must(NULL);
	for (size_t i = 0; i < w->n_links; i++)
		if (json_array_append_new(behind, link_object(&w->links[i])))
			cli_must(NULL);
	cli_json_put(object, "waiting", waiting);
	cli_json_put(object, "chain", behind);
	cli_json_put(object, "deadlock", json_boolean(w->is_circle));
}
