/* SPDX-License-Identifier: BSD-2-Clause */
/** conform.c: runs the cases (conform.h), holds what is declared against what is seen, and fills in a column of the matrix. */
#include "conform.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conform_kit.h"

static const struct set {
	const struct conform_case *cases;
	bool share; /* hosts that are open all the time; else each case opens its own, and all is tidied up after it */
	bool needs_server;
} sets[] = {
	{ conform_rules, true, false }, { conform_keeper, false, false }, { conform_wire, false, true },
	{ conform_crowd, false, true },
	{ conform_server, false, true }, /* last: it makes the server forget what the hosts of the others have told it */
};

static const char *const no_server = "it has no server: nothing can happen to one";

/* ---- what is declared ---- */

static bool is_refused(const struct conform_case *k)
{
	for (const struct conform_case *r = conform_refusals; r->key; r++)
		if (strcmp(r->key, k->key) == 0)
			return r->run();
	tap_note("how that is refused is not known");
	return false;
}

static const struct conform_exception *exception_of(const struct conform_case *k)
{
	for (const struct conform_exception *e = target->exceptions; e && e->key; e++)
		if (strcmp(e->key, k->key) == 0)
			return e;
	return NULL;
}

static bool is_case(const char *key)
{
	for (size_t i = 0; i < COUNT(sets); i++)
		for (const struct conform_case *k = sets[i].cases; k->key; k++)
			if (strcmp(k->key, key) == 0)
				return true;
	return false;
}

static bool all_exceptions_are_of_cases(void)
{
	for (const struct conform_exception *e = target->exceptions; e && e->key; e++)
		if (!is_case(e->key)) {
			tap_note("no case has the key '%s'", e->key);
			return false;
		}
	return true;
}

/* ---- the matrix ---- */

/* Where this program lies is build/FLAVOR/tests/remote. */
static const char *matrix_folder(void)
{
	static char path[PATH_MAX - 64];
	char *end;

	if (getenv("MATRIX"))
		return getenv("MATRIX");
	if (readlink("/proc/self/exe", path, sizeof(path) - 8) > 0 && (end = strstr(path, "/tests/remote/")))
		strcpy(end, "/matrix");
	return path;
}

/* The column's file, written line by line: a test that dies leaves what it has seen. */
static FILE *open_column(void)
{
	const char *dir = matrix_folder();
	char path[PATH_MAX];
	FILE *f;

	if (!target->column)
		return NULL;
	mkdir(dir, 0777);
	snprintf(path, sizeof(path), "%.3000s/%s", dir, target->column);
	f = fopen(path, "we");
	if (!f)
		tap_note("no matrix: %s: %s", path, strerror(errno));
	return f;
}

static void fill_cell(FILE *column, const struct conform_case *k, const char *verdict, const char *reason)
{
	if (!column)
		return;
	fprintf(column, "%s\t%s\t%s\t%s\n", k->key, verdict, k->what, reason);
	fflush(column);
}

/* ---- running them ---- */

static bool open_all(void)
{
	struct host *const long_ones[] = { &a, &b, &c }, *const short_ones[] = { &brief_a, &brief_b, &brief_c };
	bool all = true;

	for (size_t i = 0; i < COUNT(long_ones); i++)
		all = all && open_host(long_ones[i], LONG) && open_host(short_ones[i], target->ttl_ns);
	return all;
}

/* No more was said than there was to say. */
static bool no_event_was_lost(void)
{
	unsigned lost = 0;

	for (size_t i = 0; i < EVERYBODY; i++)
		lost += everybody[i]->lost_events;
	return lost == 0;
}

static void close_all(void)
{
	for (size_t i = 0; i < EVERYBODY; i++)
		if (everybody[i]->open)
			host_close(everybody[i], true);
}

/* What is left over is not the next case's business; and no host is left out of it. */
static void forget_events(void)
{
	for (size_t i = 0; i < EVERYBODY; i++) {
		memset(everybody[i]->events, 0, sizeof(everybody[i]->events));
		everybody[i]->asleep = false;
		everybody[i]->place = "";
	}
}

/* A case of faults may end in the middle of one. */
static void mend(void)
{
	close_all();
	if (!target->server)
		return;
	rule((struct proxy_rules){ 0 });
	if (target->server->pid)
		server_go_on(target->server);
	else
		server_again(target->server);
}

static bool promised(const struct conform_case *k, FILE *column)
{
	bool passed = k->run();

	fill_cell(column, k, passed ? "passed" : "FAILED", "");
	return tap_ok(passed, "%s", k->what);
}

/* What cannot be promised is seen to be refused, or not to hold: an exception that has no reason any more is a failure. */
static bool excepted(const struct conform_case *k, const struct conform_exception *e, FILE *column)
{
	bool tried = e->how == CONFORM_DIFFERS || e->how == CONFORM_MAY, passed = tried && k->run();
	bool good = e->how == CONFORM_REFUSED ? is_refused(k) : !passed || e->how == CONFORM_MAY;
	const char *verdict = !good ? "FAILED" : passed ? "passed" : "impossible";

	fill_cell(column, k, verdict, passed && good ? "" : e->reason);
	if (!good)
		return tap_ok(false, "%s: declared impossible, %s", k->what, passed ? "and yet it holds" : "but not refused");
	if (passed)
		return tap_ok(true, "%s", k->what);
	return tap_ok(true, "declared impossible: %s: %s", k->what, e->reason);
}

/* CASES= names the keys of those that are looked into. */
static bool is_wanted(const struct conform_case *k)
{
	const char *wanted_ones = getenv("CASES");
	size_t n = strlen(k->key);

	for (const char *at = wanted_ones; at && (at = strstr(at, k->key)); at += n)
		if ((at == wanted_ones || at[-1] == ',') && (at[n] == ',' || !at[n]))
			return true;
	return !wanted_ones;
}

static void run_case(const struct conform_case *k, FILE *column)
{
	const struct conform_exception *e = exception_of(k);
	int64_t begin = now_ns();

	snprintf(case_lock, sizeof(case_lock), "case-%s", k->key);
	e ? excepted(k, e, column) : promised(k, column);
	if (now_ns() - begin > NS_PER_S)
		tap_note("%s: %.1f s", k->key, (double)(now_ns() - begin) / 1e9);
	forget_events();
}

/* Where there is no server, nothing can happen to it. */
static void pass_over(const struct set *set, FILE *column)
{
	for (const struct conform_case *k = set->cases; k->key; k++) {
		fill_cell(column, k, "impossible", no_server);
		tap_ok(true, "declared impossible: %s: %s", k->what, no_server);
	}
}

static void run_set(const struct set *set, FILE *column)
{
	if (set->needs_server && !target->server) {
		pass_over(set, column);
		return;
	}
	if (set->share && !tap_ok(open_all(), "hosts come up"))
		return;
	for (const struct conform_case *k = set->cases; k->key; k++) {
		if (!is_wanted(k))
			continue;
		run_case(k, column);
		if (!set->share)
			mend();
	}
	if (set->share)
		tap_ok(no_event_was_lost(), "no more was said than there was to say");
	close_all();
}

void conform_run(const struct conform *t)
{
	FILE *column;

	target = t;
	signal(SIGPIPE, SIG_IGN); /* blocked, where keepers are */
	column = open_column();
	tap_ok(all_exceptions_are_of_cases(), "what is declared impossible is a case");
	if (t->server && !tap_ok(proxy_start(&wire, t->server->port), "there is a wire to be cut"))
		return;
	for (size_t i = 0; i < COUNT(sets); i++)
		if (sets[i].share || t->column)
			run_set(&sets[i], column);
	proxy_end(&wire);
	if (column)
		fclose(column);
}
