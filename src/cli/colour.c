/* SPDX-License-Identifier: BSD-2-Clause */
/** colour.c: whether stdout wants colour, and which; how wide it is. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool wanted(void)
{
	const char *refuse = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(refuse && *refuse) && term && strcmp(term, "dumb") != 0;
}

const char *cli_colour(cli_colour_t colour)
{
	static const char *const sequences[] = {
		[CLI_PLAIN] = "\033[0m", [CLI_GREEN] = "\033[32m", [CLI_YELLOW] = "\033[33m", [CLI_RED] = "\033[31m"
	};
	static int asked = -1;

	if (asked < 0)
		asked = wanted();
	return asked ? sequences[colour] : "";
}

int cli_columns(void)
{
	struct winsize size = { 0 };

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

cli_colour_t cli_state_colour(const char *state_name)
{
	static const struct {
		pawl_lock_state_t state;
		cli_colour_t colour;
	} colours[] = {
		{ PAWL_STATE_HELD, CLI_GREEN },
		{ PAWL_STATE_LINGERING, CLI_YELLOW },
		{ PAWL_STATE_DEAD, CLI_RED },
		{ PAWL_STATE_POISONED, CLI_RED },
	};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (!strcmp(state_name, pawl_lock_state_name(colours[i].state)))
			return colours[i].colour;
	return CLI_PLAIN;
}
