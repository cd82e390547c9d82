/* SPDX-License-Identifier: BSD-2-Clause */
/** top_view.c: a sample of `pawl top` for people, in the room there is, and as JSON. */
#include "cli/json.h"
#include "cli/table.h"
#include "cli/times.h"
#include "cli/top.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the spaces ---- */

/* Lines of the page that are left; below 0: as many as it takes. */
struct page {
	int rows, columns;
};

static bool has_room(struct page *page)
{
	if (page->rows == 0)
		return false;
	page->rows -= page->rows > 0;
	return true;
}

/* One line, freed; `label` and `colour` are its beginning. */
static void print_line(struct page *page, const char *label, cli_colour_t colour, char *line)
{
	int left = page->columns ? page->columns - (int)strlen(label) : 0;
	char *cut = cli_cut(line, !page->columns ? cli_width(line) : left > 0 ? left : 0);

	if (has_room(page))
		printf("%s%s%s%s\n", colour == CLI_PLAIN ? "" : cli_colour(colour), label,
			colour == CLI_PLAIN ? "" : cli_colour(CLI_PLAIN), cut);
	free(cut);
	free(line);
}

static char *keeper_text(const pawl_remote_info_t *remote)
{
	if (!remote->keeper_pid)
		return cli_format("no keeper");
	return cli_format("keeper %d, number %u", (int)remote->keeper_pid, (unsigned)remote->term);
}

/* What may be long stands at the end. */
static void print_remote(struct page *page, const pawl_remote_info_t *remote)
{
	char *url = cli_escape(remote->url), *reason = cli_escape(remote->reason), *keeper = keeper_text(remote);

	print_line(page, remote->up ? "  up" : "  unreachable", remote->up ? CLI_GREEN : CLI_RED,
		cli_format("  %s  losses %llu  %s%s%s", keeper, (unsigned long long)remote->losses, url,
			*reason ? ": " : "", reason));
	free(url);
	free(reason);
	free(keeper);
}

static void print_space(struct page *page, const struct cli_top_space *space)
{
	const pawl_space_stats_t *stats = &space->stats;
	char *name = cli_escape(space->name), *reason;

	if (space->reason) {
		reason = cli_escape(space->reason);
		print_line(page, "", CLI_PLAIN, cli_format("space %s  %s", name, reason));
		free(reason);
	} else {
		print_line(page, "", CLI_PLAIN,
			cli_format("space %s  threads %u  locks %u  recovered %llu  rescued %llu", name,
				(unsigned)stats->threads, (unsigned)stats->names, (unsigned long long)stats->recovered,
				(unsigned long long)stats->rescued_by_slice));
		if (*space->remote.url)
			print_remote(page, &space->remote);
	}
	free(name);
}

/* Half of the page at most. */
static void print_spaces(const struct cli_top_sample *sample, const char *name, struct page *page)
{
	struct page head = { .rows = page->rows / 2, .columns = page->columns };

	if (page->rows < 0)
		head.rows = -1;
	for (size_t i = 0; i < sample->n_spaces; i++)
		print_space(&head, &sample->spaces[i]);
	if (sample->n_spaces == 0)
		print_line(&head, "", CLI_PLAIN,
			name ? cli_format("space %s  is not there", name)
			     : cli_format("user %u has no spaces", (unsigned)geteuid()));
	if (page->rows > 0)
		page->rows -= page->rows / 2 - head.rows;
}

/* ---- the locks ---- */

static char *space_cell(const struct cli_top_lock *lock)
{
	return cli_escape(lock->space);
}

static char *name_cell(const struct cli_top_lock *lock)
{
	return cli_escape(lock->info.name);
}

/* Four digits or so: it is looked at, not added up. */
static char *per_second(double rate)
{
	static const char units[] = { 0, 'k', 'M', 'G' };
	size_t unit = 0;

	if (rate < 0)
		return cli_format("-");
	for (; rate >= 9999.5 && unit + 1 < sizeof(units); unit++)
		rate /= 1000;
	return cli_format("%.*f%.1s", rate < 99.95 && (unit || rate > 0) ? 1 : 0, rate, &units[unit]);
}

static char *rate_cell(const struct cli_top_lock *lock)
{
	return per_second(lock->rate);
}

static char *waited_cell(const struct cli_top_lock *lock)
{
	return per_second(lock->waited);
}

static char *wait50_cell(const struct cli_top_lock *lock)
{
	return cli_times_cell(&lock->waits, 0.5);
}

static char *wait99_cell(const struct cli_top_lock *lock)
{
	return cli_times_cell(&lock->waits, 0.99);
}

static char *waiters_cell(const struct cli_top_lock *lock)
{
	return cli_format("%u", (unsigned)lock->info.waiters);
}

static char *state_cell(const struct cli_top_lock *lock)
{
	return cli_format("%s", cli_state(&lock->info));
}

static char *tenure_cell(const struct cli_top_lock *lock)
{
	return cli_tenure(&lock->info);
}

static char *left_cell(const struct cli_top_lock *lock)
{
	return cli_tenure_left(&lock->info);
}

static char *pid_cell(const struct cli_top_lock *lock)
{
	if (!lock->info.pid)
		return cli_format("-");
	return cli_format("%d%s", (int)lock->info.pid, lock->info.foreign_pid ? "*" : "");
}

static char *command_cell(const struct cli_top_lock *lock)
{
	return *lock->info.command ? cli_escape(lock->info.command) : cli_format("-");
}

/* The half that hosts agree on; without a remote, the half that there is. */
static char *token_cell(const struct cli_top_lock *lock)
{
	return cli_format("%llx", (unsigned long long)(lock->info.remote ? lock->info.fence.hi : lock->info.fence.lo));
}

static const struct column {
	const char *heading;
	char *(*cell)(const struct cli_top_lock *lock);
	bool right, if_all, if_remote;
} columns[] = {
	{ "SPACE", space_cell, .if_all = true },
	{ "NAME", name_cell, .right = false },
	{ "RATE", rate_cell, .right = true },
	{ "WAITED", waited_cell, .right = true },
	{ "WAIT50", wait50_cell, .right = true },
	{ "WAIT99", wait99_cell, .right = true },
	{ "WAITERS", waiters_cell, .right = true },
	{ "STATE", state_cell, .right = false },
	{ "PID", pid_cell, .right = true },
	{ "COMMAND", command_cell, .right = false },
	{ "TENURE", tenure_cell, .if_remote = true },
	{ "LEFT", left_cell, .right = true, .if_remote = true },
	{ "TOKEN", token_cell, .right = false },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static const char *const spare[] = { "TOKEN", "COMMAND", "LEFT", "WAIT50", "PID", "SPACE", "WAITERS", "TENURE",
	"WAIT99", "WAITED", NULL };

/* The columns that this sample has. */
static unsigned choose(const struct cli_top_sample *sample, bool all, const struct column *chosen[COLUMNS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < COLUMNS; i++)
		if ((!columns[i].if_all || all) && (!columns[i].if_remote || sample->remote))
			chosen[n++] = &columns[i];
	return n;
}

static void prepare(struct cli_table *table, const struct column *const *chosen, const char **headings)
{
	for (unsigned i = 0; i < table->columns; i++) {
		headings[i] = chosen[i]->heading;
		table->right |= (unsigned)chosen[i]->right << i;
		if (chosen[i]->cell == state_cell)
			table->coloured = (int)i;
	}
	table->headings = headings;
}

static void print_locks(const struct cli_top_sample *sample, bool all, const struct page *page)
{
	struct cli_table table = { .as_added = true, .width = page->columns, .spare = spare, .cut = "NAME" };
	const struct column *chosen[COLUMNS];
	const char *headings[COLUMNS];
	char *cells[COLUMNS];

	table.columns = choose(sample, all, chosen);
	prepare(&table, chosen, headings);
	for (size_t i = 0; i < sample->n_locks && (page->rows < 0 || (int)i + 1 < page->rows); i++) {
		for (unsigned c = 0; c < table.columns; c++)
			cells[c] = chosen[c]->cell(sample->busy[i]);
		cli_table_add(&table, cells);
	}
	if (page->rows)
		cli_table_print(&table);
}

void cli_top_print(const struct cli_top_sample *sample, const char *name, int rows, int columns_there)
{
	struct page page = { .rows = rows ? rows : -1, .columns = columns_there };

	print_spaces(sample, name, &page);
	print_locks(sample, !name, &page);
}

/* ---- JSON ---- */

static json_t *per_second_or_null(double rate)
{
	return rate < 0 ? json_null() : json_real(rate);
}

static json_t *lock_object(const struct cli_top_lock *lock)
{
	json_t *object = cli_json_lock(lock->space, &lock->info);

	cli_json_put(object, "grants_per_second", per_second_or_null(lock->rate));
	cli_json_put(object, "contended_per_second", per_second_or_null(lock->waited));
	cli_json_put(object, "waits", cli_times_json(&lock->waits));
	return object;
}

static json_t *space_object(const struct cli_top_space *space)
{
	return cli_json_space(space->name, space->path, space->reason ? NULL : &space->stats, &space->remote, space->reason);
}

void cli_top_print_json(const struct cli_top_sample *sample)
{
	json_t *object = cli_must(json_object()), *spaces = cli_must(json_array()), *locks = cli_must(json_array());

	for (size_t i = 0; i < sample->n_spaces; i++)
		if (json_array_append_new(spaces, space_object(&sample->spaces[i])))
			cli_must(NULL);
	for (size_t i = 0; i < sample->n_locks; i++)
		if (json_array_append_new(locks, lock_object(sample->busy[i])))
			cli_must(NULL);
	cli_json_put(object, "seconds", json_real(sample->seconds));
	cli_json_put(object, "spaces", spaces);
	cli_json_put(object, "locks", locks);
	cli_json_print(object);
}
