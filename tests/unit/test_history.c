/* SPDX-License-Identifier: BSD-2-Clause */
/** test_history.c: the checker of histories: short ones, written by hand, each with what is wrong with it; and long random ones of a
 * lock that works, whole and with one thing changed.
 *
 * A history by hand is a row of words. The first letter is the client and its host, a capital is the same client elsewhere: A is
 * client a on host b. Then ? ask, + granted, ! failed, = again, . valid, x not valid, - give, 0 given, s stale, p refused, w passed
 * the register, d died, u unknown; then the token, and * for owner_died. The times are the places.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/harness.h"
#include "../remote/history.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { SEEDS = 10 }; /* it is one thread, and slow there */
#else
enum { SEEDS = 100 };
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NONE = HISTORY_FAULTS, MOST = 20000 };

static struct history_event events[MOST];
static size_t n_events;

/* ---- by hand ---- */

static void add_word(const char *word)
{
	static const char letters[] = " ?+!ux=.-0spwd";
	static const uint32_t kinds[] = { 0, HISTORY_ASK, HISTORY_GRANTED, HISTORY_FAILED, HISTORY_UNKNOWN,
		HISTORY_LOST, HISTORY_AGAIN, HISTORY_HELD, HISTORY_GIVE, HISTORY_GIVEN, HISTORY_STALE, HISTORY_REFUSED,
		HISTORY_PASSED, HISTORY_DIED };
	struct history_event *e = &events[n_events];
	char *end;

	*e = (struct history_event){ .at = (int64_t)n_events * 10,
		.client = (uint32_t)tolower(word[0]),
		.host = (uint32_t)tolower(word[0]) + (isupper(word[0]) ? 1 : 0),
		.what = kinds[strchr(letters, word[1]) - letters] };
	e->token.hi = strtoull(word + 2, &end, 10);
	if (*end == '.')
		e->token.lo = strtoull(end + 1, &end, 10);
	e->owner_died = *end == '*';
	n_events++;
}

static void read_by_hand(const char *text)
{
	char copy[512], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", text);
	n_events = 0;
	for (char *word; (word = strtok_r(rest, " ", &rest));)
		add_word(word);
}

static struct history_verdict check(unsigned promises)
{
	struct history_verdict v = { 0 };

	history_check(events, n_events, 0, promises, &v);
	return v;
}

/* What was found, if it is one fault and no other. */
static int only_fault(const struct history_verdict *v)
{
	int found = NONE;

	for (int f = 0; f < HISTORY_FAULTS; f++)
		if (v->faults[f])
			found = found == NONE ? f : -1;
	return found;
}

static const struct row {
	const char *what, *text;
	int fault, search; /* with tokens; without */
} rows[] = {
	{ "nothing", "", NONE, NONE },
	{ "one after the other", "a? a+1 a- a0 b? b+2 b- b0", NONE, NONE },
	{ "one waits", "a? a+1 b? a- b+2 a0 b- b0", NONE, NONE },
	{ "asked in one order, granted in the other", "a? b? b+1 b- b0 a+2 a- a0", NONE, NONE },
	{ "the same tenure", "a? a+7.1 a- a0 b? b+7.2 b- b0", NONE, NONE },
	{ "refused", "a? a+1 b? b! a- a0", NONE, NONE },
	{ "two inside", "a? a+1 b? b+2 a- a0 b- b0", HISTORY_OVERLAP, HISTORY_OVERLAP },
	{ "two inside, who knows which was first", "a? b? a+1 b+2 a- b- a0 b0", HISTORY_OVERLAP, HISTORY_OVERLAP },
	{ "two inside, and one was told that it is still valid", "a? a+1 b? b+2 a. b- b0 a- as", HISTORY_OVERLAP,
		HISTORY_OVERLAP },
	{ "two inside, but one was told before", "a? a+1 a. ax b? b+2 a- as b- b0", NONE, NONE },
	{ "two inside, and one was told in the end", "a? a+1 b? b+2 b- b0 a- as", NONE, NONE },
	{ "a third is inside while two are", "a? a+1 b? b+2 b- b0 c? c+3 a- a0 c- c0", HISTORY_OVERLAP, HISTORY_OVERLAP },
	{ "back in time", "a? a+2 a- a0 b? b+1 b- b0", HISTORY_ORDER, NONE },
	{ "a token twice", "a? a+1 b? a- a0 b+1 b- b0", HISTORY_TWICE, NONE },
	{ "taken again", "a? a+1.5 a=1.5 a- a0", NONE, NONE },
	{ "taken again with another token", "a? a+1.5 a=1.6 a- a0", HISTORY_REENTRY, HISTORY_REENTRY },
	{ "given back by another one", "a? a+1 b- b0 a- a0", HISTORY_OWNER, HISTORY_OWNER },
	{ "refused to another one", "a? a+1 b- bp a- a0", NONE, NONE },
	{ "given back twice", "a? a+1 a- a0 a- a0", HISTORY_OWNER, HISTORY_OWNER },
	{ "refused the second time", "a? a+1 a- a0 a- ap", NONE, NONE },
	{ "refused to who has it", "a? a+1 a- ap", HISTORY_OWNER, HISTORY_OWNER },
	{ "lost and found", "a? a+1 ax a.", HISTORY_TOLD, HISTORY_TOLD },
	{ "lost and given back as if not", "a? a+1 ax a- a0", HISTORY_TOLD, HISTORY_TOLD },
	{ "the register moves on", "a? a+1 aw1 aw1 a- a0 b? b+2 bw2 b- b0", NONE, NONE },
	{ "the register goes back", "a? a+1 ax b? b+2 bw2 aw1 b- b0 a- as", HISTORY_REGISTER, HISTORY_REGISTER },
	{ "a dead owner, told of", "a? a+1 ad b? b+2* b- b0", NONE, NONE },
	{ "a dead owner, not told of", "a? a+1 ad b? b+2 b- b0", HISTORY_DEATH, NONE },
	{ "a dead owner who had given it back", "a? a+1 a- ad b? b+2 b- b0", NONE, NONE },
	{ "a dead owner who was valid later than that", "a? a+1 b? b+2* a. ad b- b0", HISTORY_OVERLAP, HISTORY_OVERLAP },
	{ "dead in acquire: granted for ever, or never, or for a while", "a? ad b? b+1 b- b0 c? c+3 c- c0", NONE, NONE },
	{ "dead in release", "a? a+1 a- ad b? b+2 b- b0", NONE, NONE },
	{ "unknown", "a? au b? b+2 b- b0", NONE, NONE },
	{ "more after the unknown", "a? au a? a+1", HISTORY_ODD, HISTORY_ODD },
	{ "granted to nobody who asked", "a+1", HISTORY_ODD, HISTORY_ODD },
	{ "alive after death", "a? a+1 ad a- a0", HISTORY_ODD, HISTORY_ODD },
	{ "on other hosts", "a? a+1 a- a0 A? A+2 A- A0", NONE, NONE },
};

static void each_by_hand(void **state)
{
	(void)state;
	for (const struct row *r = rows; r < rows + COUNT(rows); r++) {
		struct history_verdict with, without;

		read_by_hand(r->text);
		with = check(HISTORY_TOKENS | HISTORY_DEATHS);
		without = check(0);
		if (only_fault(&with) != r->fault || only_fault(&without) != r->search)
			fail_msg("%s (%s): %d and %d", r->what, r->text, only_fault(&with), only_fault(&without));
	}
}

static void deaths_count_only_where_they_are_told_of(void **state)
{
	struct history_verdict v;

	(void)state;
	read_by_hand("a? a+1 ad b? b+2 b- b0");
	v = check(HISTORY_TOKENS);
	assert_int_equal(only_fault(&v), NONE);
	assert_true(v.grants == 2 && v.moves == 1 && v.deaths == 1 && v.last.hi == 2);
}

static void other_locks_are_another_matter(void **state)
{
	struct history_verdict v;

	(void)state;
	read_by_hand("a? a+1 b? b+2 a- a0 b- b0");
	for (size_t i = 0; i < n_events; i++)
		events[i].lock = events[i].client == 'a';
	v = check(HISTORY_TOKENS);
	assert_int_equal(only_fault(&v), NONE);
	assert_true(v.grants == 1);
}

/* ---- random ones: a lock that works, seen by clients with a time of their own ---- */

enum { CLIENTS = 8 };

static struct made {
	uint64_t random;
	int64_t now;             /* the lock is free from here on */
	int64_t idle[CLIENTS];   /* and the client has nothing to do */
	uint32_t names[CLIENTS]; /* who follows a dead one is another */
	uint32_t next;
	pawl_fence_t token;
	bool died; /* the last owner */
} made;

static int64_t some(int64_t most)
{
	return 1 + (int64_t)(random_next(&made.random) % (uint64_t)most);
}

static struct history_event *add(unsigned c, int64_t at, uint32_t what)
{
	struct history_event *e = &events[n_events++];

	*e = (struct history_event){ .at = at, .client = made.names[c], .host = c % 3, .what = what, .token = made.token };
	return e;
}

static void bury(unsigned c, int64_t at)
{
	add(c, at, HISTORY_DIED);
	made.names[c] = made.next++;
	made.idle[c] = at + 1;
}

/* It has it from `from` on: three things it does inside. */
static int64_t stay(unsigned c, int64_t from)
{
	int64_t at = from + some(100);

	add(c, at, HISTORY_PASSED);
	add(c, at += some(50), HISTORY_HELD);
	add(c, at += some(50), HISTORY_AGAIN);
	return at;
}

static void end_well(unsigned c, int64_t at)
{
	add(c, at += some(50), HISTORY_GIVE);
	made.now = at + some(10);
	add(c, made.now + some(30), HISTORY_GIVEN);
	made.idle[c] = made.now + 40;
	made.died = false;
}

/* Its lease is over; it learns of it long after. */
static void end_lost(unsigned c, int64_t at)
{
	made.now = at + some(10);
	add(c, at = made.now + some(2000), HISTORY_LOST);
	add(c, at += some(50), HISTORY_GIVE);
	add(c, at += some(50), HISTORY_STALE);
	made.idle[c] = at + 1;
	made.died = true;
}

static void end_dead(unsigned c, int64_t at)
{
	bury(c, at + some(10));
	made.now = made.idle[c] + some(500);
	made.died = true;
}

static void add_hold(unsigned c)
{
	static void (*const ends[])(unsigned, int64_t) = { end_lost, end_dead, end_well, end_well, end_well, end_well };
	int64_t from = made.now + some(50), at;

	if (made.idle[c] >= from)
		return;
	add(c, made.idle[c] + some(from - made.idle[c]) - 1, HISTORY_ASK);
	made.token.hi += random_next(&made.random) % 2;
	made.token.lo++;
	at = from + some(20);
	add(c, at, HISTORY_GRANTED)->owner_died = made.died;
	at = stay(c, at);
	ends[random_next(&made.random) % COUNT(ends)](c, at);
}

static void add_vain(unsigned c)
{
	int64_t at = made.idle[c] + some(100);

	add(c, at, HISTORY_ASK);
	if (random_next(&made.random) % 2) {
		bury(c, at + some(100));
	} else {
		add(c, at + some(100), HISTORY_FAILED);
		made.idle[c] = at + 101;
	}
}

static int by_time(const void *x, const void *y)
{
	const struct history_event *a = x, *b = y;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a->what > b->what) - (a->what < b->what);
}

static void make(uint64_t seed, size_t n)
{
	made = (struct made){ .random = seed, .next = CLIENTS };
	for (unsigned c = 0; c < CLIENTS; c++)
		made.names[c] = c;
	for (n_events = 0; n_events < n;) {
		unsigned c = (unsigned)(random_next(&made.random) % CLIENTS);

		if (random_next(&made.random) % 5)
			add_hold(c);
		else if (made.idle[c] < made.now)
			add_vain(c);
	}
	qsort(events, n_events, sizeof(*events), by_time);
}

/* ---- and what may be wrong with them ---- */

/* The first of that kind in the second half of the history, or from an event on; then it is of the same client, too. */
static struct history_event *first(struct history_event *from, uint32_t what)
{
	bool of_client = from;

	for (struct history_event *e = from ? from : events + n_events / 2; e < events + n_events; e++)
		if (e->what == what && (!of_client || e->client == from->client))
			return e;
	return NULL;
}

static struct history_event *next_granted(struct history_event *e)
{
	while (++e < events + n_events)
		if (e->what == HISTORY_GRANTED)
			return e;
	return NULL;
}

/* Did it end well, and the client do nothing more before the next one's grant? */
static bool ended_well(struct history_event *i, const struct history_event *j)
{
	bool well = false;

	for (struct history_event *e = i + 1; e < j; e++) {
		if (e->client != i->client)
			continue;
		if (well || e->what == HISTORY_LOST || e->what == HISTORY_DIED)
			return false;
		well = e->what == HISTORY_GIVEN;
	}
	return well;
}

/* The first such grant, its end, and the next one. */
static bool find_good_pair(struct history_event **i, struct history_event **given, struct history_event **j)
{
	for (*i = first(NULL, HISTORY_GRANTED); *i && (*j = next_granted(*i)); *i = *j)
		if (ended_well(*i, *j)) {
			*given = first(*i, HISTORY_GIVEN);
			return true;
		}
	return false;
}

/* What ended well lasts until after the next one's grant. */
static bool overlap(void)
{
	struct history_event *i, *given, *j, *give;

	if (!find_good_pair(&i, &given, &j))
		return false;
	give = first(i, HISTORY_GIVE);
	given->at = j->at + 2;
	give->at = j->at + 1;
	qsort(events, n_events, sizeof(*events), by_time);
	return true;
}

/* The second asked when the first was over. */
static bool swap_tokens(void)
{
	struct history_event *i, *given, *j, *ask;
	pawl_fence_t token;

	if (!find_good_pair(&i, &given, &j))
		return false;
	for (ask = j; ask->client != j->client || ask->what != HISTORY_ASK;)
		ask--;
	ask->at = ask < given ? given->at : ask->at;
	token = i->token;
	i->token = j->token;
	j->token = token;
	qsort(events, n_events, sizeof(*events), by_time);
	return true;
}

static bool same_token(void)
{
	struct history_event *i, *given, *j;

	if (!find_good_pair(&i, &given, &j))
		return false;
	j->token = i->token;
	return true;
}

static bool other_token_again(void)
{
	struct history_event *e = first(NULL, HISTORY_AGAIN);

	return e && ++e->token.lo;
}

static bool refuse_the_owner(void)
{
	struct history_event *e = first(NULL, HISTORY_GIVEN);

	if (!e)
		return false;
	e->what = HISTORY_REFUSED;
	for (struct history_event *later = e + 1; later < events + n_events; later++) /* it says no more */
		if (later->client == e->client)
			later->what = HISTORY_NOTHING;
	return true;
}

static bool register_back(void)
{
	struct history_event *e = first(NULL, HISTORY_PASSED);

	e->token = (pawl_fence_t){ 0, 0 };
	return true;
}

static bool found_again(void)
{
	struct history_event *e = first(NULL, HISTORY_LOST), *give = e ? first(e, HISTORY_GIVE) : NULL;

	if (!give)
		return false;
	first(give, HISTORY_STALE)->what = HISTORY_GIVEN;
	return true;
}

static bool silent_death(void)
{
	struct history_event *e = first(NULL, HISTORY_GRANTED);

	while (e && !e->owner_died)
		e = next_granted(e);
	for (struct history_event *d = events; e && d < e; d++) /* not of one who lost it */
		if (d->what == HISTORY_LOST)
			d->what = HISTORY_NOTHING;
	if (!e)
		return false;
	for (struct history_event *g = events; g < events + n_events; g++)
		g->owner_died = false;
	return true;
}

static const struct mutation {
	const char *what;
	bool (*change)(void);
	int fault, search;
} mutations[] = {
	{ "a hold lasts into the next one", overlap, HISTORY_OVERLAP, HISTORY_OVERLAP },
	{ "two holds change their tokens", swap_tokens, HISTORY_ORDER, -1 },
	{ "two holds have one token", same_token, HISTORY_TWICE, -1 },
	{ "another token when taken again", other_token_again, HISTORY_REENTRY, HISTORY_REENTRY },
	{ "refused to the owner", refuse_the_owner, HISTORY_OWNER, HISTORY_OWNER },
	{ "the register takes an old token", register_back, HISTORY_REGISTER, HISTORY_REGISTER },
	{ "what was lost is given back as if not", found_again, HISTORY_TOLD, HISTORY_TOLD },
	{ "nobody is told of a death", silent_death, HISTORY_DEATH, -1 },
};

static void good_ones_are_good(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2 * SEEDS; seed++) {
		struct history_verdict with, without;

		make(seed, 600);
		with = check(HISTORY_TOKENS | HISTORY_DEATHS);
		without = check(0);
		if (only_fault(&with) != NONE || only_fault(&without) != NONE)
			fail_msg("seed %llu: %d and %d", (unsigned long long)seed, only_fault(&with), only_fault(&without));
		assert_true(with.grants > 20 && with.losses && with.deaths && with.moves);
	}
}

static void each_change_is_found(void **state)
{
	(void)state;
	for (const struct mutation *m = mutations; m < mutations + COUNT(mutations); m++)
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			struct history_verdict with, without;

			make(seed, 600);
			if (!m->change())
				fail_msg("%s, seed %llu: nothing to be changed", m->what, (unsigned long long)seed);
			with = check(HISTORY_TOKENS | HISTORY_DEATHS);
			without = check(0);
			if (!with.faults[m->fault] || (m->search >= 0 && !without.faults[m->search]))
				fail_msg("%s, seed %llu: not found", m->what, (unsigned long long)seed);
		}
}

/* What takes minutes when it is not as promised: n log n with tokens, and few states without. */
static void long_ones_are_no_problem(void **state)
{
	struct history_verdict v;

	(void)state;
	make(1, MOST - 16);
	v = check(HISTORY_TOKENS | HISTORY_DEATHS);
	assert_int_equal(only_fault(&v), NONE);
	v = check(0);
	assert_int_equal(only_fault(&v), NONE);
	assert_true(v.grants > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_by_hand),
		cmocka_unit_test(deaths_count_only_where_they_are_told_of),
		cmocka_unit_test(other_locks_are_another_matter),
		cmocka_unit_test(good_ones_are_good),
		cmocka_unit_test(each_change_is_found),
		cmocka_unit_test(long_ones_are_no_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
