/* SPDX-License-Identifier: BSD-2-Clause */
/** top.c: `pawl top`: the busiest locks, sample after sample: a page that is drawn anew on a terminal, plain text one below the other
 * elsewhere. Looks only.
 */
#include "cli/screen.h"
#include "cli/top.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct top {
	const char *space; /* NULL: all of them */
	int64_t delay_ns;
	unsigned long samples; /* to be shown; 0: until we are ended */
	bool all_spaces, once, json;

	bool screen;
	struct cli_top_sample *sample; /* the last */
};

/* ---- showing ---- */

static void draw(const struct top *top)
{
	cli_screen_page();
	/* the last row has to stay empty, or the page moves */
	cli_top_print(top->sample, top->space, cli_screen_rows() - 1, cli_screen_columns());
	cli_screen_page_end();
}

/* False: it cannot be written. */
static bool show(const struct top *top)
{
	if (top->screen)
		draw(top);
	else if (top->json)
		cli_top_print_json(top->sample);
	else
		cli_top_print(top->sample, top->space, 0, cli_columns());
	return fflush(stdout) == 0 && !ferror(stdout);
}

/* ---- sample after sample ---- */

static void read_sample(struct top *top)
{
	struct cli_top_sample *before = top->sample;

	top->sample = cli_top_sample(top->space, before);
	cli_top_free(before);
}

static void sleep_until(pawl_deadline_t until)
{
	struct timespec t = { .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* Until the next sample is due. False: it is not wanted any more. */
static bool wait_for_next(const struct top *top)
{
	pawl_deadline_t until = top->sample->at + top->delay_ns;
	cli_screen_event_t event = CLI_SCREEN_DRAW;

	if (!top->screen) {
		sleep_until(until);
		return true;
	}
	while (event == CLI_SCREEN_DRAW) {
		draw(top);
		event = ferror(stdout) ? CLI_SCREEN_QUIT : cli_screen_wait(until);
	}
	return event == CLI_SCREEN_TIME;
}

/* Rates need two readings: the first one, which is there already, is shown only where the page would be empty until the second. */
static void watch(struct top *top)
{
	unsigned long shown = 0;

	do {
		if (!wait_for_next(top))
			return;
		read_sample(top);
		if (!show(top))
			return;
	} while (top->samples == 0 || ++shown < top->samples);
}

/* ---- options ---- */

static void take_delay(struct top *top, const char *text, struct argp_state *state)
{
	double seconds = strtod(text, NULL);
	const char *dot = strchr(text, '.');

	if (text[strspn(text, "0123456789.")] || (dot && strchr(dot + 1, '.')) || !(seconds >= 0.01 && seconds <= 1e6))
		argp_error(state, "-d takes seconds such as 2 or 0.5, from 0.01 to 1000000, not '%s'", text);
	top->delay_ns = (int64_t)(seconds * 1e9);
}

static void take_samples(struct top *top, const char *text, struct argp_state *state)
{
	char *end;

	errno = 0;
	top->samples = strtoul(text, &end, 10);
	if (text[strspn(text, "0123456789")] || errno || top->samples == 0)
		argp_error(state, "-n takes a number of samples from 1, not '%s'", text);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct top *top = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = (void *)&top->space;
		state->child_inputs[1] = &top->json;
		return 0;
	case 'a':
		top->all_spaces = true;
		return 0;
	case 'd':
		take_delay(top, arg, state);
		return 0;
	case 'n':
		take_samples(top, arg, state);
		return 0;
	case 'o':
		top->once = true;
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
	{ "delay", 'd', "SECS", 0, "Time between two samples, fractions are allowed (1)", 0 },
	{ "samples", 'n', "N", 0, "End after so many samples; else it goes on until q or ^C", 0 },
	{ "once", 'o', NULL, 0, "One sample, printed below what is on the terminal", 0 },
	{ 0 },
};

static const char doc[] = "Watch the locks of a space, the busiest first.\v"
			  "Above: threads alive in the space, names, locks taken over from the dead, waiters that "
			  "found out by looking; and, "
			  "with a remote, whether the service is up, which process speaks to it and how many did "
			  "before, leases lost. Columns: "
			  "RATE, grants a second since the sample before; WAITED, those of them that had to wait; "
			  "WAIT50 and WAIT99, how long at most half of these waited, and 99 of 100; "
			  "WAITERS asleep now; STATE, PID "
			  "and COMMAND as in `pawl ls`; with a remote TENURE, LEFT as there; TOKEN, the half of the "
			  "fence that moves: the "
			  "service's, or the local one. What does not fit is cut (+) or left out.\n\n"
			  "On a terminal the page is drawn anew, q ends it. Elsewhere, and with --json, samples follow "
			  "each other. Looking takes "
			  "no lock and creates no space. A space that is not there, or goes, is no error. Exit: 0; 64 "
			  "usage; 66 a space could "
			  "not be opened the last time.";

static void finish(struct top *top)
{
	if (!top->screen)
		return;
	cli_screen_end();
	cli_top_print(top->sample, top->space, cli_screen_rows() - 1, cli_screen_columns()); /* what was seen last stays */
}

int cli_top(int argc, char **argv)
{
	static const struct argp argp = { .options = options, .parser = parse, .doc = doc, .children = cli_space_json_child };
	struct top top = { .delay_ns = 1000000000 };
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &top);
	if (top.all_spaces)
		top.space = NULL;
	if (top.once)
		top.samples = 1;
	read_sample(&top);
	if (top.sample->status == CLI_USAGE) {
		cli_say_reason();
	} else {
		top.screen = !top.once && !top.json && cli_screen_begin();
		watch(&top);
		finish(&top);
	}
	status = top.sample->status;
	cli_top_free(top.sample);
	return status;
}
