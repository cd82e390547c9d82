/* SPDX-License-Identifier: BSD-2-Clause */
/** command.h: start a command, pass signals on to it, wait for its end. For `pawl run`. */
#ifndef PAWL__CLI_COMMAND_H
#define PAWL__CLI_COMMAND_H

#include "cli/cli.h"
#include "cli/lease.h"

struct cli_ended {
	int status;    /* exit code for us: the command's own; 128 + signal; 126, 127, 71 if it was never started */
	bool lost;     /* the lease was lost, and the command told to end */
	int by_signal; /* the terminal's SIGINT or SIGQUIT ended the command, and we were meant as well; else 0 */
};

/** Run `argv` to its end. Forwarded meanwhile: TERM INT HUP QUIT USR1 USR2 TSTP CONT, unless ignored when we began.
 * A command that could not be executed is explained on stderr. With a lease (else NULL) the end is that of all descendants, and all
 * of them end when the lease does; `alone`: the end is that of the command itself, as ever. */
struct cli_ended cli_command(char **argv, struct cli_lease *lease, bool alone);

/** End by this signal, so that a shell sees that ^C was meant for its script too. Returns only if it is blocked. */
void cli_end_by(int signal);

#endif
