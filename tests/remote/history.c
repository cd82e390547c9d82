/* SPDX-License-Identifier: BSD-2-Clause */
/** history.c: holds in the order of their tokens, and what that order has to be like (history.h). */
#include "history.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *history_fault_name(enum history_fault fault)
{
	static const char *const names[HISTORY_FAULTS] = { "odd", "order", "overlap", "re-entry", "owner", "register",
		"twice", "told", "death" };

	return names[fault];
}

void history_blame(struct history_verdict *v, enum history_fault fault, const char *format, ...)
{
	va_list args;

	if (v->faults[fault]++)
		return;
	va_start(args, format);
	vsnprintf(v->first[fault], sizeof(v->first[fault]), format, args);
	va_end(args);
}

static void blame_two(struct history_verdict *v, enum history_fault fault, const struct history_hold *i,
	const struct history_hold *j, int64_t by)
{
	history_blame(v, fault,
		"client %u, host %u, token %" PRIu64 ".%" PRIu64 "; client %u, host %u, token %" PRIu64 ".%" PRIu64
		", granted at %" PRId64 ", %" PRId64 " ns too soon",
		i->client, i->host, i->token.hi, i->token.lo, j->client, j->host, j->token.hi, j->token.lo, j->granted, by);
}

static int by_token(const void *x, const void *y)
{
	const struct history_hold *i = x, *j = y;
	int order = pawl_fence_cmp(i->token, j->token);

	return order ? order : (i->granted > j->granted) - (i->granted < j->granted);
}

/* Those that are known to have been granted, by token; they come to the front. */
static size_t sort(struct history_holds *holds)
{
	size_t known = 0;

	for (size_t i = 0; i < holds->n; i++)
		if (holds->at[i].granted != INT64_MAX)
			holds->at[known++] = holds->at[i];
	qsort(holds->at, known, sizeof(*holds->at), by_token);
	return known;
}

/* `j` and the one before it in the order of tokens. */
static void check_neighbours(
	const struct history_hold *i, const struct history_hold *j, unsigned promises, struct history_verdict *v)
{
	v->moves += i->host != j->host;
	if (pawl_fence_cmp(i->token, j->token) == 0)
		blame_two(v, HISTORY_TWICE, i, j, 0);
	if ((promises & HISTORY_DEATHS) && i->died && !j->owner_died)
		blame_two(v, HISTORY_DEATH, i, j, 0);
}

/* `j`, and of those with smaller tokens the one that asked last and the one that believed in it longest. */
static void check_before(const struct history_hold *asked, const struct history_hold *sure,
	const struct history_hold *j, struct history_verdict *v)
{
	if (j->granted < asked->asked)
		blame_two(v, HISTORY_ORDER, asked, j, asked->asked - j->granted);
	else if (j->granted < sure->sure)
		blame_two(v, HISTORY_OVERLAP, sure, j, sure->sure - j->granted);
}

static void walk(const struct history_hold *holds, size_t n, unsigned promises, struct history_verdict *v)
{
	const struct history_hold *asked = holds, *sure = holds;

	for (const struct history_hold *j = holds + 1; j < holds + n; j++) {
		check_neighbours(j - 1, j, promises, v);
		check_before(asked, sure, j, v);
		asked = j->asked > asked->asked ? j : asked;
		sure = j->sure > sure->sure ? j : sure;
	}
	if (n && pawl_fence_cmp(holds[n - 1].token, v->last) > 0)
		v->last = holds[n - 1].token;
}

static uint64_t all(const struct history_verdict *v)
{
	uint64_t sum = 0;

	for (int f = 0; f < HISTORY_FAULTS; f++)
		sum += v->faults[f];
	return sum;
}

uint64_t history_check(
	const struct history_event *events, size_t n, unsigned lock, unsigned promises, struct history_verdict *v)
{
	uint64_t before = all(v);
	struct history_holds holds = history_holds(events, n, lock, v);

	if (promises & HISTORY_TOKENS)
		walk(holds.at, sort(&holds), promises, v);
	else
		history_search(&holds, v);
	free(holds.at);
	return all(v) - before;
}
