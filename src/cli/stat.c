/* SPDX-License-Identifier: BSD-2-Clause */
/** stat.c: `pawl stat`: what the spaces have counted since they were made: for people, as JSON, for Prometheus. Looks only. */
#include "cli/stat.h"

#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/times.h"

struct stat_options {
	const char *space; /* NULL: all of them */
	bool all_spaces, json, prometheus;
	char **names; /* only these locks, if there are any */
	int n_names;
};

/* ---- which locks ---- */

static bool is_wanted(const struct stat_options *o, const char *name)
{
	for (int i = 0; i < o->n_names; i++)
		if (!strcmp(o->names[i], name))
			return true;
	return o->n_names == 0;
}

static void keep_wanted(const struct stat_options *o, struct cli_top_sample *sample)
{
	size_t kept = 0;

	for (size_t i = 0; i < sample->n_locks; i++)
		if (is_wanted(o, sample->locks[i]->info.name))
			sample->locks[kept++] = sample->locks[i];
		else
			free(sample->locks[i]);
	sample->n_locks = kept;
}

/* Space by space, what was waited for most first; then what was used most. */
static int by_wait(const void *a, const void *b)
{
	const struct cli_top_lock *x = *(struct cli_top_lock *const *)a, *y = *(struct cli_top_lock *const *)b;
	int order = strcmp(x->space, y->space);

	if (order)
		return order;
	if (x->info.waits.sum_ns != y->info.waits.sum_ns)
		return x->info.waits.sum_ns > y->info.waits.sum_ns ? -1 : 1;
	if (x->info.grants != y->info.grants)
		return x->info.grants > y->info.grants ? -1 : 1;
	return strcmp(x->info.name, y->info.name);
}

/* Says so of a name that is nowhere. */
static int check_names(const struct stat_options *o, const struct cli_top_sample *sample)
{
	int status = CLI_FINE;

	for (int n = 0; n < o->n_names; n++) {
		bool found = false;
		char *safe;

		for (size_t i = 0; i < sample->n_locks; i++)
			found |= !strcmp(o->names[n], sample->locks[i]->info.name);
		if (found)
			continue;
		safe = cli_escape(o->names[n]);
		cli_say("there is no lock '%s': nobody has asked for it; `pawl ls` lists those there are", safe);
		free(safe);
		status = CLI_NO_SPACE;
	}
	return status;
}

/* ---- for people ---- */

enum { SPACE, NAME, GRANTS, CONTENDED, GAVE_UP, DEATHS, WAIT50, WAIT99, HOLD50, HOLD99, COLUMNS };

static const char *const headings[COLUMNS] = { "SPACE", "NAME", "GRANTS", "CONTENDED", "GAVE-UP", "DEATHS", "WAIT50",
	"WAIT99", "HOLD50", "HOLD99" };
static const char *const spare[] = { "HOLD50", "WAIT50", "DEATHS", "GAVE-UP", "SPACE", NULL };

static char *count_cell(uint64_t count)
{
	return cli_format("%llu", (unsigned long long)count);
}

static void add_row(struct cli_table *table, const struct cli_top_lock *lock, bool with_space)
{
	const pawl_lock_info_t *l = &lock->info;
	char *cells[COLUMNS] = { with_space ? cli_escape(lock->space) : NULL, cli_escape(l->name), count_cell(l->grants),
		count_cell(l->contended), count_cell(l->gave_up), count_cell(l->deaths), cli_times_cell(&l->waits, 0.5),
		cli_times_cell(&l->waits, 0.99), cli_times_cell(&l->holds, 0.5), cli_times_cell(&l->holds, 0.99) };

	cli_table_add(table, cells + !with_space);
}

static void print_space(const struct cli_top_space *space)
{
	const pawl_space_stats_t *s = &space->stats;
	char *name = cli_escape(space->name), *reason = cli_escape(space->reason ? space->reason : "");

	if (space->reason)
		printf("space %s  %s\n", name, reason);
	else
		printf("space %s  threads %u  joins %llu  locks %u of %u  recovered %llu  reclaimed %llu  rescued "
		       "%llu\n",
			name, (unsigned)s->threads, (unsigned long long)s->joins, (unsigned)s->names,
			(unsigned)s->capacity, (unsigned long long)s->recovered, (unsigned long long)s->reclaimed,
			(unsigned long long)s->rescued_by_slice);
	free(name);
	free(reason);
}

static void print_text(const struct stat_options *o, const struct cli_top_sample *sample)
{
	bool with_space = !o->space;
	struct cli_table table = { .headings = headings + !with_space,
		.columns = COLUMNS - !with_space,
		.right = (~0u << GRANTS) >> !with_space,
		.coloured = -1,
		.as_added = true,
		.width = cli_columns(),
		.spare = spare,
		.cut = "NAME" };

	for (size_t i = 0; i < sample->n_spaces; i++)
		print_space(&sample->spaces[i]);
	for (size_t i = 0; i < sample->n_locks; i++)
		add_row(&table, sample->locks[i], with_space);
	if (sample->n_locks)
		cli_table_print(&table);
}

/* ---- as JSON ---- */

static json_t *lock_object(const struct cli_top_lock *lock)
{
	json_t *object = cli_json_lock(lock->space, &lock->info);

	cli_json_put(object, "waits", cli_times_json(&lock->info.waits));
	cli_json_put(object, "holds", cli_times_json(&lock->info.holds));
	return object;
}

static void print_json(const struct cli_top_sample *sample)
{
	json_t *object = cli_must(json_object()), *spaces = cli_must(json_array()), *locks = cli_must(json_array());

	for (size_t i = 0; i < sample->n_spaces; i++) {
		const struct cli_top_space *s = &sample->spaces[i];

		if (json_array_append_new(spaces,
			    cli_json_space(s->name, s->path, s->reason ? NULL : &s->stats, &s->remote, s->reason)))
			cli_must(NULL);
	}
	for (size_t i = 0; i < sample->n_locks; i++)
		if (json_array_append_new(locks, lock_object(sample->locks[i])))
			cli_must(NULL);
	cli_json_put(object, "spaces", spaces);
	cli_json_put(object, "locks", locks);
	cli_json_print(object);
}

/* ---- options ---- */

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct stat_options *o = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = (void *)&o->space;
		state->child_inputs[1] = &o->json;
		return 0;
	case 'a':
		o->all_spaces = true;
		return 0;
	case 'p':
		o->prometheus = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->names = state->argv + state->next;
		o->n_names = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (o->json && o->prometheus)
			argp_error(state, "--json and --prometheus are two formats: choose one");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "all-spaces", 'a', NULL, 0, "The locks of every space of yours, with a column for the space", 0 },
	{ "prometheus", 'p', NULL, 0, "Prometheus' text exposition, for a textfile collector or a scraper", 0 },
	{ 0 },
};

/* A metric has no place for the reason. */
static void expose(const struct cli_top_sample *sample)
{
	for (size_t i = 0; i < sample->n_spaces; i++)
		if (sample->spaces[i].reason) {
			char *safe = cli_escape(sample->spaces[i].reason);

			cli_say("%s", safe);
			free(safe);
		}
	cli_stat_prometheus(sample);
}

static const char doc[] =
	"Print what a space has counted since it was made; NAMEs: of these locks only.\v"
	"Columns: GRANTS; CONTENDED, those that had to wait; GAVE-UP, waits that ended by their deadline; DEATHS "
	"of owners; WAIT50 and WAIT99, half of the waits and 99 of 100 took no longer; HOLD50 and HOLD99 the "
	"same of how long it was then held, by those that had waited, and by `pawl run`. Times are bounds of "
	"buckets, powers of two. A space that is not there has nothing to tell: no error. Exit: 0; 64 usage; "
	"66 a space could not be opened, or there is no such lock.";

int cli_stat(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "[NAME...]", .doc = doc, .children = cli_space_json_child
	};
	struct stat_options o = { 0 };
	struct cli_top_sample *sample;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (o.all_spaces)
		o.space = NULL;
	sample = cli_top_sample(o.space, NULL);
	keep_wanted(&o, sample);
	if (sample->n_locks)
		qsort(sample->locks, sample->n_locks, sizeof(struct cli_top_lock *), by_wait);
	status = sample->status ? sample->status : check_names(&o, sample);
	if (sample->status == CLI_USAGE)
		cli_say_reason();
	else if (o.json)
		print_json(sample);
	else if (o.prometheus)
		expose(sample);
	else
		print_text(&o, sample);
	cli_top_free(sample);
	return status;
}
