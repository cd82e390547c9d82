/* SPDX-License-Identifier: BSD-2-Clause */
/** run.h: what `pawl run` was asked to do (run_options.c), and has in hand while it does it (run.c). */
#ifndef PAWL__CLI_RUN_H
#define PAWL__CLI_RUN_H

#include "cli/cli.h"

struct run {
	const char *space_name, *name;
	const char *remote; /* URL; NULL: this host's own */
	int64_t ttl_ns;     /* 0: the library's default */
	char **command;
	char *shell_words[4]; /* the command of -c: shell, -c, words */
	pawl_deadline_t (*deadline)(const struct run *run);
	int64_t wait_ns;
	int conflict; /* exit code for a lock not had */
	bool close_descriptor, verbose;
	bool space_given; /* by -S or the environment */

	pawl_space_t *space;
	pawl_lock_t *lock;
	pawl_grant_t grant;
	bool had;           /* the lock is ours */
	int interrupted_by; /* a signal that came while we waited for it; 0 */
	int descriptor;     /* keeps the lock alive in the command and what it starts; -1 = none */
};

/** The options and arguments of `pawl run`; the parser's input is a `struct run`, whose defaults are set already. */
extern const struct argp cli_run_argp;

/** The deadline of one who waits as long as it takes: the default. */
pawl_deadline_t cli_run_for_ever(const struct run *run);

#endif
