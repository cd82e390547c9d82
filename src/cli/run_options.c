/* SPDX-License-Identifier: BSD-2-Clause */
/** run_options.c: the command line of `pawl run`. flock(1)'s options mean here what they mean there, or are refused with a
 * reason; what follows the name of the lock is the command's. */
#include "cli/run.h"

#include <stdlib.h>
#include <string.h>

pawl_deadline_t cli_run_for_ever(const struct run *run)
{
	(void)run;
	return PAWL_FOREVER;
}

static pawl_deadline_t at_once(const struct run *run)
{
	(void)run;
	return PAWL_TRY;
}

static pawl_deadline_t within(const struct run *run)
{
	return pawl_in_ns(run->wait_ns);
}

/* Seconds with a decimal fraction and nothing else: strtod alone would take "-1", "1e9", "0x10", "inf". */
static void take_wait(struct run *run, const char *text, struct argp_state *state)
{
	double seconds = strtod(text, NULL);
	const char *dot = strchr(text, '.');

	if (text[strspn(text, "0123456789.")] || !text[strspn(text, ".")] || (dot && strchr(dot + 1, '.')))
		argp_error(state, "-w takes seconds such as 5 or 0.2, not '%s'", text);
	run->deadline = seconds > 0 ? within : at_once;
	run->wait_ns = seconds < 9e9 ? (int64_t)(seconds * 1e9) : INT64_MAX;
}

static void take_ttl(struct run *run, const char *text, struct argp_state *state)
{
	if (!cli_read_time(text, &run->ttl_ns))
		argp_error(state, "-t takes a time such as 10s, 500ms or 2m, not '%s'", text);
}

static void take_exit_code(struct run *run, const char *text, struct argp_state *state)
{
	char *end;
	long code = strtol(text, &end, 10);

	if (!*text || *end || text[strspn(text, "0123456789")] || code > 255)
		argp_error(state, "-E takes an exit code from 0 to 255, not '%s'", text);
	run->conflict = (int)code;
}

static void take_shell_words(struct run *run, char **rest, struct argp_state *state)
{
	static char fallback[] = "/bin/sh", option[] = "-c";
	char *shell = getenv("SHELL");

	if (!rest[1] || rest[2])
		argp_error(state, "-c takes exactly one argument, the words for the shell: quote them");
	run->shell_words[0] = shell && *shell ? shell : fallback;
	run->shell_words[1] = option;
	run->shell_words[2] = rest[1];
	run->command = run->shell_words;
}

/* What follows the name of the lock is the command's, options and all. */
static void take_command(struct run *run, char **rest, struct argp_state *state)
{
	if (rest[0] && (!strcmp(rest[0], "-c") || !strcmp(rest[0], "--command"))) {
		take_shell_words(run, rest, state);
		return;
	}
	if (rest[0] && !strcmp(rest[0], "--"))
		rest++;
	else if (rest[0] && rest[0][0] == '-')
		argp_error(state,
			"'%s' stands behind the name: options go before it, a command of that name "
			"behind --",
			rest[0]);
	if (!rest[0])
		argp_error(state, "a command is missing");
	run->command = rest;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = (void *)&run->space_name;
		run->remote = getenv("PAWL_REMOTE");
		if (run->remote && !*run->remote)
			run->remote = NULL;
		return 0;
	case ARGP_KEY_END:
		if (run->ttl_ns && !run->remote)
			argp_error(state, "-t is for leases: no lock service is named, by -r or PAWL_REMOTE");
		run->space_given = run->space_name != cli_default_space;
		return 0;
	case 'n':
		run->deadline = at_once;
		return 0;
	case 'w':
		take_wait(run, arg, state);
		return 0;
	case 'E':
		take_exit_code(run, arg, state);
		return 0;
	case 'r':
		run->remote = arg;
		return 0;
	case 't':
		take_ttl(run, arg, state);
		return 0;
	case 'o':
		run->close_descriptor = true;
		return 0;
	case 'v':
		run->verbose = true;
		return 0;
	case 'x':
	case 'e':
		return 0;
	case 's':
		argp_error(state, "locks of pawl are exclusive: there are no shared ones");
		return 0;
	case 'u':
		argp_error(state, "a lock is given up when its command ends, not by -u");
		return 0;
	case 'F':
		argp_error(state, "-F cannot be: a process that executes another program gives up its locks");
		return 0;
	case 'c':
		argp_error(state, "-c goes behind the name of the lock");
		return 0;
	case ARGP_KEY_ARG:
		run->name = arg;
		take_command(run, state->argv + state->next, state);
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "the name of the lock and a command are missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "nonblock", 'n', NULL, 0, "Fail rather than wait if the lock is held", 0 },
	{ "nb", 'n', NULL, OPTION_ALIAS, NULL, 0 },
	{ "timeout", 'w', "SECS", 0, "Wait so long at most; fractions are allowed, 0 is -n", 0 },
	{ "wait", 'w', NULL, OPTION_ALIAS, NULL, 0 },
	{ "conflict-exit-code", 'E', "CODE", 0, "Exit code when -n or -w did not get the lock (1)", 0 },
	{ "close", 'o', NULL, 0,
		"Do not pass the lock's descriptor to the command: what it leaves running does not "
		"keep the lock",
		0 },
	{ "remote", 'r', "URL", 0, "Share the lock with other hosts by this lock service: $PAWL_REMOTE, else none", 0 },
	{ "ttl", 't', "TIME", 0, "How long the lease outlives a host that has vanished: 10s, 500ms (10s)", 0 },
	{ "exclusive", 'x', NULL, 0, "An exclusive lock: as always", 0 },
	{ NULL, 'e', NULL, OPTION_ALIAS, NULL, 0 },
	{ "verbose", 'v', NULL, 0, "Say on stderr how long it took, the token, whether the last owner died", 0 },
	{ "shared", 's', NULL, OPTION_HIDDEN, NULL, 0 },
	{ "unlock", 'u', NULL, OPTION_HIDDEN, NULL, 0 },
	{ "no-fork", 'F', NULL, OPTION_HIDDEN, NULL, 0 },
	{ "command", 'c', "WORDS", OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

static const char doc[] =
	"Run COMMAND while holding the lock NAME, as flock(1) does.\v"
	"The lock lasts as long as COMMAND and whatever it left running, also if "
	"pawl is killed; -o makes that: as long "
	"as pawl. COMMAND gets SIGTERM if pawl dies, and every TERM, INT, HUP, "
	"QUIT, USR1, USR2, TSTP and CONT that is sent "
	"to pawl. It finds in its environment PAWL_FENCE (32 hex digits that "
	"grow from run to run: let the resource "
	"refuse smaller ones), PAWL_LOCK and PAWL_SPACE.\n\n"
	"With a remote the lock is shared with every host that names the same service, and the host's lease is "
	"renewed as long as COMMAND runs. If it is lost all the same, COMMAND and its descendants get SIGTERM, then "
	"SIGKILL before another host can have the lock, and the exit code is 75. A password is better off in "
	"$PAWL_REMOTE than in -r, where others see it.\n\n"
	"Exit: COMMAND's own code; 128 + N if signal N ended it; 1 (or -E) lock "
	"not had; 64 usage; 66 the space cannot be "
	"opened; 69 the lock service cannot be reached; 71 another system error; 75 the lease was lost; 126 COMMAND "
	"cannot be executed; 127 "
	"there is no such command.\n\n"
	"Examples:\n"
	"  pawl run orders/42 -- ./settle 42\n"
	"  pawl run -n -E 0 nightly ./backup\n"
	"  pawl run -w 2.5 printer -c 'lpr *.ps && rm *.ps'";

const struct argp cli_run_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME [--] COMMAND [ARG...]\nNAME -c WORDS",
	.doc = doc,
	.children = cli_space_child,
};
