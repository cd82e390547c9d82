/* SPDX-License-Identifier: BSD-2-Clause */
/** screen.h: the terminal as one page that is drawn again and again, without curses: a few sequences that every terminal of the
 * last forty years knows. The page is the terminal's alternate one, where it has that: what was there before comes back. */
#ifndef PAWL__CLI_SCREEN_H
#define PAWL__CLI_SCREEN_H

#include "cli/cli.h"

/** Take over the terminal that stdout is. False: it is none, or one that knows no sequences; nothing has changed. Whatever ends the
 * program from now on, a signal too, gives it back first; who is stopped (^Z) gives it back as well. */
bool cli_screen_begin(void);

/** Give it back; nothing if it is not ours. Async-signal-safe, but for what stdio has in hand. */
void cli_screen_end(void);

/** Rows of the terminal, 24 if it does not say; columns, 80. */
int cli_screen_rows(void);
int cli_screen_columns(void);

/** Begin the page, which is empty then, and end it. Rows that were not drawn stay empty; the last one has to. */
void cli_screen_page(void);
void cli_screen_page_end(void);

typedef enum cli_screen_event {
	CLI_SCREEN_TIME, /* the time is over */
	CLI_SCREEN_DRAW, /* the page has to be drawn anew: another size, or we were stopped */
	CLI_SCREEN_QUIT, /* q */
} cli_screen_event_t;

/** Wait until CLOCK_MONOTONIC is `until`, or something is to be done. */
cli_screen_event_t cli_screen_wait(pawl_deadline_t until);

#endif
