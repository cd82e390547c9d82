/* SPDX-License-Identifier: BSD-2-Clause */
/** command.h: start a command, pass signals on to it, wait for its end. For `pawl run`. */
#ifndef PAWL__CLI_COMMAND_H
#define PAWL__CLI_COMMAND_H

#include "cli/cli.h"

struct cli_ended {
	int status;    /* exit code for us: the command's own; 128 + signal; 126, 127, 71 if it was never started */
	int by_signal; /* the terminal's SIGINT or SIGQUIT ended the command, and we were meant as well; else 0 */
};

/** Run `argv` to its end. Forwarded meanwhile: TERM INT HUP QUIT USR1 USR2 TSTP CONT, unless ignored when we began.
 * A command that could not be executed is explained on stderr. */
struct cli_ended cli_command(char **argv);

/** End by this signal, so that a shell sees that ^C was meant for its script too. Returns only if it is blocked. */
void cli_end_by(int signal);

#endif
