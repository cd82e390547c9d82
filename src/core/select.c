/* SPDX-License-Identifier: BSD-2-Clause */
/** select.c: doing one of several things, whichever can be done first (chan.h).
 *
 * Nothing is locked: try all, in random order; announce ourselves at each; try all again; sleep on all their words at once
 * (futex_waitv); from the start. At most one try succeeds, and that ends it, so that two things are never done. The kernel
 * names one word that woke us, but each of them may have spent a wake-up on this sleeper: so, when it leaves, every case
 * passes on what there is to do there (I4).
 */
#include <errno.h>

#include "core/chan.h"
#include "core/clock.h"
#include "core/fence.h"
#include "core/park.h"
#include "core/self.h"
#include "core/tokens.h"
#include "core/wait.h"

struct selection {
	const pawl_case_t *cases;
	size_t n;
	size_t chosen;                     /* n: none yet */
	uint8_t order[PAWL_SELECT_MAX];    /* a permutation of the cases */
	uint32_t counted[PAWL_SELECT_MAX]; /* for takes: see tokens.h */
	struct pawl__watch watch[PAWL_SELECT_MAX];
	unsigned watches;
	bool announced;
	bool fences; /* a channel is among them: tokens need no fence, the kernel compares the whole of them */
};

PAWL_STATIC_ASSERT(PAWL_SELECT_MAX <= PAWL__PARK_MOST && PAWL_SELECT_MAX <= UINT8_MAX, "one word for each case");

/* A case without an object does not take part. */
static pawl_case_kind_t kind_of(const pawl_case_t *it)
{
	bool there = it->kind == PAWL_CASE_TAKE ? it->tokens != NULL : it->chan != NULL;

	return there ? it->kind : PAWL_CASE_NEVER;
}

static int try_case(const pawl_case_t *it)
{
	switch (kind_of(it)) {
	case PAWL_CASE_SEND:
		return pawl__chan_try_send(it->chan, it->from);
	case PAWL_CASE_RECV:
		return pawl__chan_try_recv(it->chan, it->into);
	case PAWL_CASE_TAKE:
		return pawl_tokens_take(it->tokens, PAWL_TRY);
	case PAWL_CASE_NEVER:
		break;
	}
	return EBUSY;
}

/* Try them, each one as likely to be the first as any other. The order is drawn as we go: most of the time few are tried. */
static int try_all(struct selection *s)
{
	for (size_t i = 0; i < s->n; i++) {
		size_t j = i + pawl__random_below((uint32_t)(s->n - i));
		uint8_t which = s->order[j];
		int rc;

		s->order[j] = s->order[i];
		s->order[i] = which;
		rc = try_case(&s->cases[which]);
		if (rc != EBUSY) {
			s->chosen = which;
			return rc;
		}
	}
	return EBUSY;
}

static int spin(struct selection *s, pawl_deadline_t deadline)
{
	struct pawl__spin spin;
	int rc;

	pawl__spin_begin(&spin, &pawl__own_patience, *pawl__own_patience.spin_ns, true, deadline);
	while ((rc = try_all(s)) == EBUSY && pawl__spin_on(&spin))
		;
	return rc;
}

/* ---- sleeping ---- */

static uint32_t *event_of(const pawl_case_t *it)
{
	return it->kind == PAWL_CASE_SEND ? &it->chan->not_full : &it->chan->not_empty;
}

/* Once is enough for a word that stands in several cases. */
static bool is_watched(const struct selection *s, const uint32_t *word)
{
	for (unsigned i = 0; i < s->watches; i++)
		if (s->watch[i].word == word)
			return true;
	return false;
}

static void watch(struct selection *s, const uint32_t *word, uint32_t value)
{
	s->watch[s->watches++] = (struct pawl__watch){ .word = word, .value = value, .is_private = true };
}

/* Returns 0; EBUSY: one can be had now; EAGAIN. */
static int announce_take(struct selection *s, size_t i)
{
	pawl_tokens_t *t = s->cases[i].tokens;
	uint32_t v;
	int rc;

	do {
		v = PAWL_LOAD(&t->word, RELAXED); /* relaxed: announcing it, and the kernel, compare it again */
		if (v & PAWL_TOKENS_FREE_)
			return EBUSY;
		rc = pawl__tokens_announce(t, &v, &s->counted[i]);
	} while (rc == EBUSY);
	if (rc == 0)
		watch(s, &t->word, v);
	return rc;
}

static int announce(struct selection *s)
{
	int rc = 0;

	s->announced = true;
	s->fences = false;
	s->watches = 0;
	for (size_t i = 0; i < s->n && rc == 0; i++) {
		const pawl_case_t *it = &s->cases[i];

		if (kind_of(it) == PAWL_CASE_NEVER)
			continue;
		if (kind_of(it) == PAWL_CASE_TAKE) {
			if (!is_watched(s, &it->tokens->word))
				rc = announce_take(s, i);
			continue;
		}
		s->fences = true;
		if (!is_watched(s, event_of(it)))
			watch(s, event_of(it), pawl__event_announce(event_of(it)));
	}
	return rc;
}

/* Whoever might have been woken in our place, had we not been there, and has something to do. */
static void leave(struct selection *s)
{
	for (size_t i = 0; i < s->n && s->announced; i++) {
		const pawl_case_t *it = &s->cases[i];

		if (kind_of(it) == PAWL_CASE_TAKE)
			pawl__tokens_leave(it->tokens, s->counted[i]);
		else if (kind_of(it) != PAWL_CASE_NEVER)
			pawl__chan_leave(it->chan, event_of(it));
	}
}

/* Asleep on all words, or on none. */
static void sleep(struct selection *s, int64_t until)
{
	static const uint32_t nothing;

	if (s->watches == 0)
		watch(s, &nothing, 0);
	pawl__park(s->watch, s->watches, until);
}

static int wait_for_any(struct selection *s, pawl_deadline_t deadline)
{
	for (;;) {
		int told = announce(s), rc;
		/* Where there never was a heavy fence, the channels do without. */
		bool fence = told != 0 || !s->fences || !pawl__fence_can() || pawl__fence_heavy();
		int64_t now;

		if (told == EAGAIN)
			return told;
		rc = try_all(s);
		now = pawl__now();
		if (rc != EBUSY)
			return rc;
		if (now >= deadline)
			return ETIMEDOUT;
		if (told == 0)
			sleep(s, fence ? deadline : pawl__sooner(now + PAWL__FENCE_SLICE_NS, deadline));
	}
}

/* ---- the call ---- */

static bool is_valid(const pawl_case_t *it)
{
	switch (it->kind) {
	case PAWL_CASE_NEVER:
	case PAWL_CASE_RECV:
	case PAWL_CASE_TAKE:
		return true;
	case PAWL_CASE_SEND:
		return it->from || !it->chan;
	}
	return false;
}

static bool are_valid(const pawl_case_t *cases, size_t n, pawl_deadline_t deadline)
{
	bool any = deadline != PAWL_FOREVER;

	if (!cases || n == 0 || n > PAWL_SELECT_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_valid(&cases[i]))
			return false;
		any |= kind_of(&cases[i]) != PAWL_CASE_NEVER;
	}
	return any;
}

static int choose(struct selection *s, pawl_deadline_t deadline)
{
	int rc;

	for (size_t i = 0; i < s->n; i++)
		s->order[i] = (uint8_t)i;
	rc = try_all(s);
	if (rc != EBUSY || deadline == PAWL_TRY)
		return rc;
	rc = spin(s, deadline);
	if (rc != EBUSY)
		return rc;
	if (pawl__now() >= deadline)
		return ETIMEDOUT;
	for (size_t i = 0; i < s->n; i++)
		s->counted[i] = 0;
	rc = wait_for_any(s, deadline);
	leave(s);
	return rc;
}

int pawl_select(const pawl_case_t *cases, size_t n, pawl_deadline_t deadline, size_t *chosen)
{
	struct selection s; /* four kilobytes: filled in as they are needed */
	int rc = EINVAL;

	s.cases = cases;
	s.n = s.chosen = n;
	s.announced = false;
	if (are_valid(cases, n, deadline))
		rc = choose(&s, deadline);
	if (chosen)
		*chosen = s.chosen;
	return rc;
}
