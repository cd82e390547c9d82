/* SPDX-License-Identifier: BSD-2-Clause */
/** go.c: Go's channel as a lock, as a queue, and its mutex, measured by a program in Go (bench/go/main.go), which is
 * started for each measurement and reports as our own workers would. */
#include "../row.h"

#ifdef BENCH_go
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "window.h"

#define PEER      "pawl-bench-go"
#define WITHIN_NS 10000000000 /* beside the window: to start, and to end */

/* ---- windows ---- */

/* "seconds cpu_ns switches ops.." */
static int read_report(char *text, unsigned counted, bench_report_t *report)
{
	char *at = text, *end;

	report->seconds = strtod(at, &end);
	report->cpu_ns = strtod(end, &end);
	report->switches = strtod(end, &end);
	for (unsigned i = 0; i < counted; i++) {
		at = end;
		report->ops[i] = strtoull(at, &end, 10);
	}
	return counted && end == at ? EPROTO : 0;
}

static int ask(const char *const words[BENCH_WORDS_MOST], const bench_window_t *w, bench_report_t *report)
{
	char text[4096];
	int rc = bench_command(words, w->length_ns + WITHIN_NS, text, sizeof(text));

	return rc ? rc : read_report(text, w->counted, report);
}

typedef char word_t[24];

static const char *number(word_t text, double n)
{
	snprintf(text, sizeof(word_t), "%.0f", n);
	return text;
}

static int lock_window(const char *kind, const bench_window_t *w, bench_report_t *report)
{
	word_t n, ns;

	if (w->inside_ns > 0 || w->outside_ns > 0)
		return ENOTSUP; /* its loop has no delay in it */
	return ask((const char *const[BENCH_WORDS_MOST]){ PEER, "lock", kind, number(n, w->workers),
			   number(ns, (double)w->length_ns) },
		w, report);
}

static int chan_window(const bench_window_t *w, bench_report_t *report)
{
	return lock_window("chan", w, report);
}

static int mutex_window(const bench_window_t *w, bench_report_t *report)
{
	return lock_window("mutex", w, report);
}

static int queue_window(const bench_window_t *w, bench_report_t *report)
{
	word_t n, ns;

	return ask((const char *const[BENCH_WORDS_MOST]){ PEER, "queue", number(n, w->counted), "256",
			   number(ns, (double)w->length_ns) },
		w, report);
}

static int rally_window(const bench_window_t *w, bench_report_t *report)
{
	word_t inside, ns;

	return ask((const char *const[BENCH_WORDS_MOST]){ PEER, "rally", number(ns, (double)w->length_ns),
			   number(inside, w->inside_ns) },
		w, report);
}

/* ---- single operations ---- */

static double one(const char *kind, const bench_act_t *act)
{
	char text[64], *end;
	double ns;

	if (bench_command((const char *const[BENCH_WORDS_MOST]){ PEER, "act", kind, act->name }, WITHIN_NS, text,
		    sizeof(text)) != 0)
		return NAN;
	ns = strtod(text, &end);
	return end == text ? NAN : ns;
}

static double chan_act(const bench_act_t *act)
{
	return one("chan", act);
}

static double mutex_act(const bench_act_t *act)
{
	return one("mutex", act);
}

static const bench_act_t chan_acts[] = {
	{ .name = "pair", .elsewhere = chan_act },
	{ .name = "try", .elsewhere = chan_act },
	{ .name = "refused", .elsewhere = chan_act },
	{ .name = "timed+clock", .elsewhere = chan_act },
	{ .name = NULL },
};

static const bench_act_t mutex_acts[] = {
	{ .name = "pair", .elsewhere = mutex_act },
	{ .name = "try", .elsewhere = mutex_act },
	{ .name = "refused", .elsewhere = mutex_act },
	{ .name = NULL },
};

static int find_peer(void *mem)
{
	(void)mem;
	return bench_command_find(PEER);
}

#define ROW(row, its_name, its_what, its_traits, window, its_acts)                                                     \
	const bench_row_t row = {                                                                                      \
		.name = its_name,                                                                                      \
		.what = its_what,                                                                                      \
		.traits = its_traits,                                                                                  \
		.spin_ns = -1,                                                                                         \
		.open = find_peer,                                                                                     \
		.shut = bench_row_shut_nothing,                                                                        \
		.elsewhere = window,                                                                                   \
		.acts = its_acts,                                                                                      \
	}
#else
#define ROW(row, its_name, its_what, its_traits, window, its_acts)                                                     \
	BENCH_ROW_ABSENT(row, its_name, its_what, "golang-go")
#endif

ROW(bench_go_chan, "go_chan", "Go: a channel of one, filled, as a lock", BENCH_BARE, chan_window, chan_acts);
ROW(bench_go_mutex, "go_mutex", "Go: sync.Mutex", BENCH_BARE, mutex_window, mutex_acts);
ROW(bench_queue_go, "go_chan", "Go: a buffered channel", 0, queue_window, NULL);
ROW(bench_rally_go, "go_chan", "Go: two channels of one", 0, rally_window, NULL);
