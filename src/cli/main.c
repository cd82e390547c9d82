/* SPDX-License-Identifier: BSD-2-Clause */
/** main.c: the `pawl` command: finds the subcommand, sees to it that what was printed has really been written. */
#include "cli/cli.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", cli_run, "run a command while holding a lock, as flock(1) does" },
	{ "ls", cli_ls, "list the locks of a space, or the spaces" },
	{ "show", cli_show, "say everything about one lock, and what to do about it" },
	{ "top", cli_top, "watch the busiest locks, and the lock service behind them" },
	{ "stat", cli_stat, "print what a space has counted, also for Prometheus" },
	{ "reset", cli_reset, "make a poisoned lock free again" },
	{ "rm", cli_rm, "remove a space that nobody uses" },
	{ "doctor", cli_doctor, "check the kernel, the limits, the directory and every space" },
	{ "bench", cli_bench, "measure locks against each other: pawl-bench" },
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* ---- the standard descriptors ---- */

/* A program started with stdout closed would get the segment as descriptor 1 and print into it. The placeholders refuse
 * what the descriptor is for, so that a write is still an error, and are gone in a command that we execute. */
static void fill_standard_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", (fd ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
}

/* At exit, so that it also covers what argp prints for --help. A pipe whose reader has gone ends us by SIGPIPE, as it ends
 * every other command; this is for full disks, and for who ignores that signal. */
static void close_stdout(void)
{
	bool failed = ferror(stdout);

	if (fclose(stdout) == 0 && !failed)
		return;
	cli_say("cannot write the output: %s; it is not complete", strerror(errno));
	_exit(CLI_OUTPUT);
}

static void print_version(FILE *stream, struct argp_state *state)
{
	(void)state;
	fprintf(stream, "pawl %s\n", pawl_version());
}

/* ---- finding the subcommand ---- */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edits from `typed` to `name` (Levenshtein, one row); more than enough is said to be 99. */
static unsigned distance(const char *typed, const char *name)
{
	unsigned row[16], width = (unsigned)strlen(name);

	if (width >= sizeof(row) / sizeof(row[0]) || strlen(typed) > 2 * width)
		return 99;
	for (unsigned j = 0; j <= width; j++)
		row[j] = j;
	for (unsigned i = 1; typed[i - 1]; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= width; j++) {
			unsigned above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (typed[i - 1] != name[j - 1]));
			diagonal = above;
		}
	}
	return row[width];
}

static const struct command *find(const char *name)
{
	for (unsigned i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static const struct command *nearest(const char *typed)
{
	const struct command *best = NULL;
	unsigned least = 3;

	for (unsigned i = 0; i < COMMANDS; i++) {
		unsigned edits = distance(typed, commands[i].name);

		if (edits < least && edits < strlen(commands[i].name)) {
			least = edits;
			best = &commands[i];
		}
	}
	return best;
}

static int unknown(const char *typed)
{
	const struct command *near = nearest(typed);
	char *safe = cli_escape(typed);

	if (near)
		cli_say("there is no subcommand '%s'; did you mean `pawl %s`? `pawl --help` lists "
			"all",
			safe, near->name);
	else
		cli_say("there is no subcommand '%s'; `pawl --help` lists those there are", safe);
	free(safe);
	return CLI_USAGE;
}

/* ---- options before the subcommand ---- */

struct chosen {
	int at; /* index of the subcommand in argv; 0 = none */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct chosen *chosen = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_ARG:
		chosen->at = state->next - 1;
		state->next = state->argc; /* the rest is the subcommand's */
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a subcommand is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *help_text(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size;
	FILE *stream;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	stream = cli_must(open_memstream(&list, &size));
	fputs("Subcommands:\n", stream);
	for (unsigned i = 0; i < COMMANDS; i++)
		fprintf(stream, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`pawl SUBCOMMAND --help` says more about each, and man pawl everything.\n", stream);
	return fclose(stream) ? NULL : list;
}

static const char doc[] = "Locks by name, shared by the processes of this host, that survive kill -9.\v ";

static int dispatch(int argc, char **argv)
{
	const struct command *command = find(argv[0]);
	char *name;
	int status;

	if (!command)
		return unknown(argv[0]);
	name = argv[0] = cli_format("pawl %s", command->name);
	status = command->main(argc, argv);
	free(name);
	return status;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse, .args_doc = "SUBCOMMAND [ARGUMENT...]", .doc = doc, .help_filter = help_text
	};
	struct chosen chosen = { 0 };

	fill_standard_descriptors();
	setlocale(LC_CTYPE, ""); /* for what is printable; numbers stay as they are in every language */
	argp_program_version_hook = print_version;
	if (atexit(close_stdout))
		cli_must(NULL);
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &chosen);
	return dispatch(argc - chosen.at, argv + chosen.at);
}
