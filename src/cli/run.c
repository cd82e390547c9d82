/* SPDX-License-Identifier: BSD-2-Clause */
/** run.c: `pawl run`: a command under a lock, by flock(1)'s contract.
 *
 * The walk: options; open the space; take the lock; make it linger; tell the command its token; run it; give the lock back.
 * Whichever step fails, give_back() returns what the steps before it took.
 */
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
	const char *space_name, *name;
	char **command;
	char *shell_words[4]; /* the command of -c: shell, -c, words */
	pawl_deadline_t (*deadline)(const struct run *run);
	int64_t wait_ns;
	int conflict; /* exit code for a lock not had */
	bool close_descriptor, verbose;

	pawl_space_t *space;
	pawl_lock_t *lock;
	pawl_grant_t grant;
	bool had;       /* the lock is ours */
	int descriptor; /* keeps the lock alive in the command and what it starts; -1 = none */
};

/* ---- options ---- */

static pawl_deadline_t for_ever(const struct run *run)
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

	if (text[strspn(text, "0123456789.")] || !text[strspn(text, ".")] ||
		(dot && strchr(dot + 1, '.')))
		argp_error(state, "-w takes seconds such as 5 or 0.2, not '%s'", text);
	run->deadline = seconds > 0 ? within : at_once;
	run->wait_ns = seconds < 9e9 ? (int64_t)(seconds * 1e9) : INT64_MAX;
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
		argp_error(state,
			"-c takes exactly one argument, the words for the shell: quote them");
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
	case 'o':
		run->close_descriptor = true;
		return 0;
	case 'v':
		run->verbose = true;
		return 0;
	case 'x':
		return 0;
	case 's':
		argp_error(state, "locks of pawl are exclusive: there are no shared ones");
		return 0;
	case 'u':
		argp_error(state, "a lock is given up when its command ends, not by -u");
		return 0;
	case 'F':
		argp_error(state,
			"-F cannot be: a process that executes another program gives up its locks");
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
	{"nonblock", 'n', NULL, 0, "Fail rather than wait if the lock is held", 0},
	{"nb", 'n', NULL, OPTION_ALIAS, NULL, 0},
	{"timeout", 'w', "SECS", 0, "Wait so long at most; fractions are allowed, 0 is -n", 0},
	{"wait", 'w', NULL, OPTION_ALIAS, NULL, 0},
	{"conflict-exit-code", 'E', "CODE", 0, "Exit code when -n or -w did not get the lock (1)",
		0},
	{"close", 'o', NULL, 0,
		"Do not pass the lock's descriptor to the command: what it leaves running does not "
		"keep the lock",
		0},
	{"exclusive", 'x', NULL, 0, "An exclusive lock: as always", 0},
	{NULL, 'e', NULL, OPTION_ALIAS, NULL, 0},
	{"verbose", 'v', NULL, 0,
		"Say on stderr how long it took, the token, whether the last owner died", 0},
	{"shared", 's', NULL, OPTION_HIDDEN, NULL, 0},
	{"unlock", 'u', NULL, OPTION_HIDDEN, NULL, 0},
	{"no-fork", 'F', NULL, OPTION_HIDDEN, NULL, 0},
	{"command", 'c', "WORDS", OPTION_HIDDEN, NULL, 0},
	{0},
};

static const char doc[] = "Run COMMAND while holding the lock NAME, as flock(1) does.\v"
			  "The lock lasts as long as COMMAND and whatever it left running, also if "
			  "pawl is killed; -o makes that: as long "
			  "as pawl. COMMAND gets SIGTERM if pawl dies, and every TERM, INT, HUP, "
			  "QUIT, USR1, USR2, TSTP and CONT that is sent "
			  "to pawl. It finds in its environment PAWL_FENCE (32 hex digits that "
			  "grow from run to run: let the resource "
			  "refuse smaller ones), PAWL_LOCK and PAWL_SPACE.\n\n"
			  "Exit: COMMAND's own code; 128 + N if signal N ended it; 1 (or -E) lock "
			  "not had; 64 usage; 66 the space cannot be "
			  "opened; 71 another system error; 126 COMMAND cannot be executed; 127 "
			  "there is no such command.\n\n"
			  "Examples:\n"
			  "  pawl run orders/42 -- ./settle 42\n"
			  "  pawl run -n -E 0 nightly ./backup\n"
			  "  pawl run -w 2.5 printer -c 'lpr *.ps && rm *.ps'";

/* ---- the walk ---- */

static int open_lock(struct run *run)
{
	int rc = pawl_space_open(&run->space, run->space_name, NULL);

	if (rc) {
		cli_say_reason();
		return rc == EINVAL ? CLI_USAGE : CLI_NO_SPACE;
	}
	rc = pawl_lock_open(run->space, run->name, PAWL_AUTO_RECOVER | PAWL_TIMESTAMP, &run->lock);
	if (!rc)
		return CLI_FINE;
	cli_say("cannot open the lock: %s; a name has 1 to %d bytes", pawl_strerror(rc),
		PAWL_NAME_MAX);
	return rc == EINVAL || rc == ENAMETOOLONG ? CLI_USAGE : CLI_SYSTEM;
}

static void say_who_holds_it(const struct run *run, int rc)
{
	static pawl_lock_info_t info;
	const char *why = rc == EBUSY ? "it is held" : "it was held all the time";

	if (!run->verbose)
		return;
	if (pawl_lock_info(run->lock, &info) == 0 && info.pid)
		cli_say("did not get the lock: %s, now by process %d%s; `pawl show` says more", why,
			(int)info.pid, info.foreign_pid ? " of another PID namespace" : "");
	else
		cli_say("did not get the lock: %s; `pawl show` says by whom", why);
}

static int explain_failure(const struct run *run, int rc)
{
	char *name = cli_escape(run->name);
	int status = CLI_SYSTEM;

	if (rc == ENOTRECOVERABLE) {
		cli_say("the lock '%s' is poisoned: an owner died and the next did not repair its "
			"data; see to it, "
			"then `pawl reset`",
			name);
	} else if (rc == EIDRM) {
		cli_say("the space '%s' was removed while we waited; run it again",
			run->space_name);
		status = CLI_NO_SPACE;
	} else {
		cli_say("cannot take the lock '%s': %s; `pawl doctor` may know why", name,
			pawl_strerror(rc));
	}
	free(name);
	return status;
}

/* Ours until give_back(), which clang's analysis cannot follow: the result is an exit code. */
static int take(struct run *run) PAWL_NO_ANALYSIS
{
	pawl_deadline_t began = pawl_in_ns(1);
	int rc = pawl_lock_acquire(run->lock, run->deadline(run), &run->grant);
	char fence[PAWL_FENCE_LEN];

	if (rc == (EBUSY) || rc == (ETIMEDOUT)) {
		say_who_holds_it(run, rc);
		return run->conflict;
	}
	if (rc)
		return explain_failure(run, rc);
	run->had = true;
	if (run->verbose)
		cli_say("getting lock took %.6f seconds, fence %s, owner died %s, remote %s",
			(double)(pawl_in_ns(1) - began) / 1e9,
			pawl_fence_format(run->grant.fence, fence),
			run->grant.owner_died ? "yes" : "no", run->grant.remote ? "yes" : "no");
	return CLI_FINE;
}

static int make_linger(struct run *run)
{
	int rc = run->close_descriptor ? 0 : pawl_lock_linger(run->lock, &run->descriptor);

	if (!rc)
		return CLI_FINE;
	cli_say("cannot make the lock last as long as the command: %s; with -o it lasts as long as "
		"pawl",
		pawl_strerror(rc));
	return CLI_SYSTEM;
}

static int tell_command(const struct run *run)
{
	char fence[PAWL_FENCE_LEN];

	if (setenv("PAWL_FENCE", pawl_fence_format(run->grant.fence, fence), 1) == 0 &&
		setenv("PAWL_LOCK", run->name, 1) == 0 &&
		setenv("PAWL_SPACE", run->space_name, 1) == 0)
		return CLI_FINE;
	cli_say("out of memory, the command was not started; try again when there is more");
	return CLI_SYSTEM;
}

static void give_back(struct run *run) PAWL_NO_ANALYSIS
{
	if (run->descriptor >= 0)
		close(run->descriptor);
	if (run->had)
		pawl_lock_release(run->lock);
	if (run->lock)
		pawl_lock_close(run->lock);
	if (run->space)
		pawl_space_close(run->space);
}

static struct cli_ended execute(struct run *run)
{
	struct cli_ended ended = {0};

	ended.status = make_linger(run);
	if (!ended.status)
		ended.status = tell_command(run);
	if (ended.status)
		return ended;
	if (run->verbose)
		cli_say("executing %s", run->command[0]);
	return cli_command(run->command);
}

int cli_run(int argc, char **argv)
{
	static const struct argp argp = {.options = options,
		.parser = parse,
		.args_doc = "NAME [--] COMMAND [ARG...]\nNAME -c WORDS",
		.doc = doc,
		.children = cli_space_child};
	struct run run = {.deadline = for_ever, .conflict = CLI_NOT_HAD, .descriptor = -1};
	struct cli_ended ended = {0};

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &run);
	ended.status = open_lock(&run);
	if (!ended.status)
		ended.status = take(&run);
	if (run.had)
		ended = execute(&run);
	give_back(&run);
	if (ended.by_signal)
		cli_end_by(ended.by_signal);
	return ended.status;
}
