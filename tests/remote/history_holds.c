/* SPDX-License-Identifier: BSD-2-Clause */
/** history_holds.c: the events of each client become holds; what a client by itself, and the register, can tell of faults
 * (history.h).
 *
 *   client is   ASK     GRANTED  FAILED  UNKNOWN  AGAIN HELD LOST  GIVE     GIVEN STALE  REFUSED      DIED
 *   out         asking  odd      odd     odd      odd              giving*  odd          odd          gone
 *   asking      odd     inside   out     gone     odd              odd      odd          odd          gone
 *   inside      odd     odd      odd     odd      inside           giving   odd          odd          gone: a death
 *   giving      odd     odd      odd     odd      odd              odd      out          gone: fault  gone
 *   giving*     odd     odd      odd     odd      odd              odd      out: fault   out          gone
 *   gone        odd     odd      odd     odd      odd              odd      odd          odd          odd
 */
#include "history.h"

#include <stdio.h>
#include <stdlib.h>

enum client_is { OUT, ASKING, INSIDE, GIVING, GIVING_NOTHING, GONE };

struct walk {
	struct history_holds *holds;
	struct history_verdict *v;
	struct history_hold hold; /* the present one */
	enum client_is is;
	int64_t gave; /* since when it is GIVING */
};

static int by_client(const void *x, const void *y)
{
	const struct history_event *const *p = x, *const *q = y;

	if ((*p)->client != (*q)->client)
		return (*p)->client < (*q)->client ? -1 : 1;
	return (*p > *q) - (*p < *q);
}

/* Those that concern the lock, by client. */
static size_t sort(const struct history_event *events, size_t n, unsigned lock, const struct history_event **sorted)
{
	size_t m = 0;

	for (const struct history_event *e = events; e < events + n; e++)
		if (e->what != HISTORY_NOTHING && (e->what == HISTORY_DIED || e->lock == lock))
			sorted[m++] = e;
	qsort(sorted, m, sizeof(*sorted), by_client);
	return m;
}

/* The hold is over, or all that is known of it. */
static void close_hold(struct walk *w)
{
	w->v->grants += w->hold.granted != INT64_MAX;
	w->v->losses += w->hold.lost;
	w->v->deaths += w->hold.died;
	w->holds->at[w->holds->n++] = w->hold;
	w->is = OUT;
}

static void ask(struct walk *w, const struct history_event *e)
{
	w->hold = (struct history_hold){
		.client = e->client, .host = e->host, .asked = e->at, .granted = INT64_MAX, .sure = INT64_MIN, .over = INT64_MAX
	};
	w->is = ASKING;
}

static void be_granted(struct walk *w, const struct history_event *e)
{
	w->hold.token = e->token;
	w->hold.granted = e->at;
	w->hold.owner_died = e->owner_died;
	w->is = INSIDE;
}

/* `valid` is what was true when it asked, and all the time before. */
static void be_told(struct walk *w, const struct history_event *e)
{
	if (e->what == HISTORY_LOST)
		w->hold.lost = true;
	else if (w->hold.lost)
		history_blame(w->v, HISTORY_TOLD, "client %u: lost, and valid again at %lld", e->client, (long long)e->at);
	else
		w->hold.sure = e->at;
}

static void take_again(struct walk *w, const struct history_event *e)
{
	if (pawl_fence_cmp(e->token, w->hold.token))
		history_blame(w->v, HISTORY_REENTRY, "client %u at %lld: token %llu.%llu became %llu.%llu", e->client,
			(long long)e->at, (unsigned long long)w->hold.token.hi, (unsigned long long)w->hold.token.lo,
			(unsigned long long)e->token.hi, (unsigned long long)e->token.lo);
}

/* It went well: so it had the lock until it gave it back. */
static void be_given(struct walk *w, const struct history_event *e)
{
	if (e->what == HISTORY_STALE)
		w->hold.lost = true;
	else if (w->hold.lost)
		history_blame(w->v, HISTORY_TOLD, "client %u: lost, and given back at %lld as if not", e->client,
			(long long)e->at);
	else
		w->hold.sure = w->gave;
	w->hold.over = e->at;
	close_hold(w);
}

static void give(struct walk *w, const struct history_event *e)
{
	w->gave = e->at;
	w->is = w->is == INSIDE ? GIVING : GIVING_NOTHING;
}

static void blame_owner(struct walk *w, const struct history_event *e, const char *what)
{
	history_blame(w->v, HISTORY_OWNER, "client %u at %lld: %s", e->client, (long long)e->at, what);
}

/* An end that is not known of: of an acquire, of a hold, of a release. */
static void leave_open(struct walk *w, bool died)
{
	w->hold.died = died && w->is == INSIDE;
	if (w->is == ASKING || w->is == INSIDE || w->is == GIVING)
		close_hold(w);
	w->is = GONE;
}

static void blame_odd(struct walk *w, const struct history_event *e)
{
	history_blame(w->v, HISTORY_ODD, "client %u at %lld: event %u, which cannot be", e->client, (long long)e->at,
		e->what);
}

static void step(struct walk *w, const struct history_event *e)
{
	switch (e->what << 4 | w->is) {
	case HISTORY_ASK << 4 | OUT:
		ask(w, e);
		break;
	case HISTORY_GRANTED << 4 | ASKING:
		be_granted(w, e);
		break;
	case HISTORY_FAILED << 4 | ASKING:
		w->is = OUT;
		break;
	case HISTORY_UNKNOWN << 4 | ASKING:
		leave_open(w, false);
		break;
	case HISTORY_AGAIN << 4 | INSIDE:
		take_again(w, e);
		break;
	case HISTORY_HELD << 4 | INSIDE:
	case HISTORY_LOST << 4 | INSIDE:
		be_told(w, e);
		break;
	case HISTORY_GIVE << 4 | INSIDE:
	case HISTORY_GIVE << 4 | OUT:
		give(w, e);
		break;
	case HISTORY_GIVEN << 4 | GIVING:
	case HISTORY_STALE << 4 | GIVING:
		be_given(w, e);
		break;
	case HISTORY_GIVEN << 4 | GIVING_NOTHING:
	case HISTORY_STALE << 4 | GIVING_NOTHING:
		blame_owner(w, e, "gave back what it did not have");
		w->is = OUT;
		break;
	case HISTORY_REFUSED << 4 | GIVING:
		blame_owner(w, e, "could not give back what it had");
		leave_open(w, false);
		break;
	case HISTORY_REFUSED << 4 | GIVING_NOTHING:
		w->is = OUT;
		break;
	default:
		if (e->what == HISTORY_DIED && w->is != GONE)
			leave_open(w, true);
		else
			blame_odd(w, e);
	}
}

static void walk_clients(const struct history_event *const *sorted, size_t n, struct walk *w)
{
	for (size_t i = 0; i < n; i++) {
		if (sorted[i]->what != HISTORY_PASSED)
			step(w, sorted[i]);
		if (i + 1 < n && sorted[i + 1]->client == sorted[i]->client)
			continue;
		leave_open(w, false);
		w->is = OUT;
	}
}

static void check_register(const struct history_event *events, size_t n, unsigned lock, struct history_verdict *v)
{
	pawl_fence_t seen = { 0, 0 };

	for (const struct history_event *e = events; e < events + n; e++) {
		if (e->what != HISTORY_PASSED || e->lock != lock)
			continue;
		if (pawl_fence_cmp(e->token, seen) < 0)
			history_blame(v, HISTORY_REGISTER, "client %u at %lld: token %llu.%llu was taken after %llu.%llu",
				e->client, (long long)e->at, (unsigned long long)e->token.hi,
				(unsigned long long)e->token.lo, (unsigned long long)seen.hi, (unsigned long long)seen.lo);
		seen = e->token;
	}
}

static void *get(size_t n, size_t size)
{
	void *memory = calloc(n + 1, size);

	if (!memory) {
		perror("history");
		exit(99);
	}
	return memory;
}

struct history_holds history_holds(const struct history_event *events, size_t n, unsigned lock, struct history_verdict *v)
{
	const struct history_event **sorted = get(n, sizeof(*sorted));
	struct history_holds holds = { .at = get(n, sizeof(*holds.at)) };
	struct walk w = { .holds = &holds, .v = v };

	walk_clients(sorted, sort(events, n, lock, sorted), &w);
	free((void *)sorted);
	check_register(events, n, lock, v);
	return holds;
}
