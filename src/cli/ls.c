/* SPDX-License-Identifier: BSD-2-Clause */
/** ls.c: `pawl ls`: the locks of a space, of every space, or the spaces themselves. Looks only. */
#include "cli/json.h"
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

struct ls {
	const char *space;
	bool json, all_spaces, spaces, busy, remote;

	const char *current; /* the space whose locks are being listed */
	struct cli_table table;
	json_t *list;
	int status;
};

/* ---- locks ---- */

enum { NAME, STATE, PID, TID, COMMAND, AGE, WAITERS, FENCE, TENURE, LEFT, LOCK_COLUMNS };

static const char *const lock_headings[] = { "SPACE", "NAME", "STATE", "PID", "TID", "COMMAND", "AGE", "WAITERS",
	"FENCE", "TENURE", "LEFT" };

/* On a terminal that is too narrow: numbers for machines go first. */
static const char *const lock_spare[] = { "FENCE", "TID", "COMMAND", "AGE", NULL };

static char *number_cell(int32_t number, bool foreign)
{
	return number ? cli_format("%d%s", (int)number, foreign ? "*" : "") : cli_format("-");
}

static char *age_cell(const pawl_lock_info_t *info)
{
	int64_t age = cli_age_ns(info->since_ns);
	char text[16];

	return age < 0 ? cli_format("-") : cli_format("%s%s", info->since_is_estimate ? ">" : "", cli_age(age, text));
}

static void add_row(struct ls *ls, const pawl_lock_info_t *info)
{
	char *cells[1 + LOCK_COLUMNS], **cell = cells, fence[PAWL_FENCE_LEN];

	if (ls->all_spaces)
		*cell++ = cli_escape(ls->current);
	cell[NAME] = cli_escape(info->name);
	cell[STATE] = cli_format("%s", cli_state(info));
	cell[PID] = number_cell(info->pid, info->foreign_pid);
	cell[TID] = number_cell(info->tid, info->foreign_pid);
	cell[COMMAND] = *info->command ? cli_escape(info->command) : cli_format("-");
	cell[AGE] = age_cell(info);
	cell[WAITERS] = cli_format("%u", (unsigned)info->waiters);
	cell[FENCE] = cli_format("%s", pawl_fence_format(info->fence, fence));
	if (ls->remote) {
		cell[TENURE] = cli_tenure(info);
		cell[LEFT] = cli_tenure_left(info);
	}
	cli_table_add(&ls->table, cells);
}

static int each_lock(const pawl_lock_info_t *info, void *arg)
{
	struct ls *ls = arg;

	if (ls->busy && info->state == PAWL_STATE_FREE)
		return 0;
	if (!ls->json)
		add_row(ls, info);
	else if (json_array_append_new(ls->list, cli_json_lock(ls->current, info)))
		cli_must(NULL);
	return 0;
}

/* Returns ENOENT if there is no such space. */
static int list_locks(struct ls *ls, const char *name)
{
	pawl_space_t *space;
	int rc = cli_open_existing(name, &space);

	if (rc) {
		ls->status = rc == ENOENT ? ls->status : rc == EINVAL ? CLI_USAGE : CLI_NO_SPACE;
		return rc;
	}
	ls->current = name;
	pawl_lock_list(space, each_lock, ls);
	pawl_space_close(space);
	return 0;
}

static int each_space(const char *name, const char *path, void *arg)
{
	(void)path;
	list_locks(arg, name); /* one that has just gone is no error */
	return 0;
}

static void prepare_lock_table(struct ls *ls)
{
	unsigned skip = ls->all_spaces ? 0 : 1, right = 1u << PID | 1u << TID | 1u << AGE | 1u << WAITERS | 1u << LEFT;

	ls->table.headings = lock_headings + skip;
	ls->table.columns = (ls->remote ? LOCK_COLUMNS : TENURE) + 1 - skip;
	ls->table.right = right << (1 - skip);
	ls->table.coloured = STATE + 1 - (int)skip;
	ls->table.width = cli_columns();
	ls->table.spare = lock_spare;
}

/* Columns about leases are for spaces that have some. */
static int look_for_remote(const char *name, const char *path, void *arg)
{
	struct ls *ls = arg;
	pawl_remote_info_t remote = { 0 };
	pawl_space_t *space;

	(void)path;
	if (cli_look_into(name, &space) == 0) {
		(void)pawl_space_remote(space, &remote);
		pawl_space_close(space);
	}
	return ls->remote |= *remote.url != '\0';
}

/* Where the directory cannot be read nobody knows which there are: that is not the same as none. */
static void scan(struct ls *ls, int (*each)(const char *name, const char *path, void *arg))
{
	if (pawl_space_scan(each, ls) == 0)
		return;
	cli_say_reason();
	ls->status = CLI_NO_SPACE;
}

static void gather_locks(struct ls *ls)
{
	if (ls->all_spaces)
		pawl_space_scan(look_for_remote, ls);
	else
		look_for_remote(ls->space, NULL, ls);
	prepare_lock_table(ls);
	if (ls->all_spaces)
		scan(ls, each_space);
	else if (list_locks(ls, ls->space) == ENOENT)
		cli_say_reason();
}

/* ---- spaces ---- */

enum { SPACE, NAMES, CAPACITY, THREADS, RECOVERED, KEPT, PATH, SPACE_COLUMNS };

static const char *const space_headings[] = { "SPACE", "NAMES", "CAPACITY", "THREADS", "RECOVERED", "KEPT", "PATH" };

static void add_space_row(struct ls *ls, const char *name, const char *path, const pawl_space_stats_t *stats)
{
	char *cells[SPACE_COLUMNS];

	cells[SPACE] = cli_escape(name);
	cells[NAMES] = stats ? cli_format("%u", (unsigned)stats->names) : cli_format("-");
	cells[CAPACITY] = stats ? cli_format("%u", (unsigned)stats->capacity) : cli_format("-");
	cells[THREADS] = stats ? cli_format("%u", (unsigned)stats->threads) : cli_format("-");
	cells[RECOVERED] = stats ? cli_format("%llu", (unsigned long long)stats->recovered) : cli_format("-");
	cells[KEPT] = cli_format("%s", !stats ? "refused" : stats->persistent ? "yes" : "no");
	cells[PATH] = cli_escape(path);
	cli_table_add(&ls->table, cells);
}

static void add_space_object(struct ls *ls, const char *name, const char *path, const pawl_space_stats_t *stats,
	const pawl_remote_info_t *remote)
{
	json_t *object = cli_json_space(name, path, stats, remote, stats ? NULL : pawl_space_reason());

	if (json_array_append_new(ls->list, object))
		cli_must(NULL);
}

static int show_space(const char *name, const char *path, void *arg)
{
	struct ls *ls = arg;
	pawl_space_stats_t stats;
	pawl_remote_info_t remote = { 0 };
	pawl_space_t *space = NULL;
	int rc = cli_open_existing(name, &space);

	if (rc == ENOENT)
		return 0; /* it has just gone */
	if (rc)
		ls->status = CLI_NO_SPACE;
	else if ((rc = pawl_space_stats(space, &stats)) == 0)
		rc = pawl_space_remote(space, &remote);
	if (ls->json)
		add_space_object(ls, name, path, rc ? NULL : &stats, &remote);
	else
		add_space_row(ls, name, path, rc ? NULL : &stats);
	if (space)
		pawl_space_close(space);
	return 0;
}

static void gather_spaces(struct ls *ls)
{
	ls->table.headings = space_headings;
	ls->table.columns = SPACE_COLUMNS;
	ls->table.right = 1u << NAMES | 1u << CAPACITY | 1u << THREADS | 1u << RECOVERED;
	ls->table.coloured = -1;
	scan(ls, show_space);
}

/* ---- options, output ---- */

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct ls *ls = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = (void *)&ls->space;
		state->child_inputs[1] = &ls->json;
		return 0;
	case 'a':
		ls->all_spaces = true;
		return 0;
	case 's':
		ls->spaces = true;
		return 0;
	case 'b':
		ls->busy = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many; a space is named by -S", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "all-spaces", 'a', NULL, 0, "The locks of every space of yours, with a column for the space", 0 },
	{ "spaces", 's', NULL, 0, "List the spaces, not the locks", 0 },
	{ "busy", 'b', NULL, 0, "Leave out locks that are free", 0 },
	{ 0 },
};

static const char doc[] =
	"List the locks of a space.\v"
	"Columns: NAME (what is not printable as \\xHH); STATE: free, held, dead (the owner died, "
	"the next to ask takes "
	"over), poisoned (see `pawl reset`), lingering (its owner has gone, a command started "
	"under it still runs); PID and "
	"TID of the owner (* in another PID namespace); COMMAND, the owner's thread name; AGE of "
	"the grant (> at least); "
	"WAITERS asleep; FENCE, the token of the present grant or the last. With a remote also: TENURE, what this "
	"host has of the lock at the service (none, asking, queued, held, lost, giving, dropping; ! another host "
	"has asked for it); LEFT, until when it is good unless it is renewed.\n\n"
	"Columns that do not fit on the terminal are left out: FENCE, TID, COMMAND, AGE, in this order.\n\n"
	"Looking takes no lock, changes no lock and creates no space. A space that is not there "
	"has no locks: that is said on "
	"stderr and is no error. Exit: 0; 64 usage; 66 a space could not be opened.";

static void print(struct ls *ls)
{
	json_t *object;

	if (!ls->json) {
		if (ls->status == CLI_FINE || ls->table.count > 0) /* headings of what could not be opened say nothing */
			cli_table_print(&ls->table);
		return;
	}
	object = cli_must(json_object());
	cli_json_put(object, ls->spaces ? "spaces" : "locks", cli_json_sorted(ls->list));
	cli_json_print(object);
}

int cli_ls(int argc, char **argv)
{
	static const struct argp argp = { .options = options, .parser = parse, .doc = doc, .children = cli_space_json_child };
	struct ls ls = { 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &ls);
	ls.list = ls.json ? cli_must(json_array()) : NULL;
	if (ls.spaces)
		gather_spaces(&ls);
	else
		gather_locks(&ls);
	print(&ls);
	return ls.status;
}
