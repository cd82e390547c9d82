/* SPDX-License-Identifier: BSD-2-Clause */
/** torture.c: the parent of a torture: rounds, drain, judgement, replacements (torture.h). */
#include "torture.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"
#include "torture_hand.h"

#define DRAIN_NS (1500 * NS_PER_MS)

static struct torture plan;
static pid_t process[TORTURE_PROCESSES];
static uint32_t round_at_fork; /* a child that starts late must not miss the round it is the victim of */
static uint64_t rng;
static uint64_t mismatch;  /* lost updates that have been counted already */
static uint64_t known_ops; /* operations that have */

uint64_t tally_effective(const struct tally *t)
{
	return t->phase[PHASE_ACQUIRE] + t->phase[PHASE_SECTION] + t->phase[PHASE_RELEASE];
}

uint64_t tally_violations(const struct tally *t)
{
	return t->doubles + t->torn + t->tokens + t->updates + t->undrained + t->errors;
}

void tally_add(struct tally *sum, const struct tally *t)
{
	const uint64_t *from = (const uint64_t *)t;
	uint64_t *to = (uint64_t *)sum;

	for (unsigned i = 0; i < sizeof(*t) / sizeof(*from); i++)
		to[i] += from[i];
}

static void process_body(void *arg)
{
	pid_t *slot = arg;

	hand_process((unsigned)(slot - process), round_at_fork);
}

static void replace(unsigned i)
{
	for (unsigned h = i * plan.threads; h < (i + 1) * plan.threads; h++) {
		hand_settle(&torture_page->hands[h], torture_page->hands[h].lock);
		torture_page->hands[h].phase = PHASE_OUTSIDE;
		torture_page->hands[h].rng = random_next(&rng);
	}
	round_at_fork = torture_page->round;
	process[i] = spawn(process_body, &process[i]);
}

static void begin(void)
{
	torture_page->victims = 0;
	torture_page->stop = 1;
	plan.target->init(plan.locks);
	for (unsigned i = 0; i < plan.processes; i++)
		replace(i);
}

void torture_begin(const struct torture *t, uint64_t seed)
{
	if (!torture_page)
		torture_page = shared_alloc(sizeof(*torture_page));
	memset(torture_page, 0, sizeof(*torture_page));
	plan = torture_page->plan = *t;
	rng = seed;
	mismatch = known_ops = 0;
	begin();
}

static void forget_dead_owners(void)
{
	for (unsigned i = 0; i < plan.locks; i++) {
		struct record *r = &torture_page->records[i];

		r->owner = 0;
		r->b = r->a;
		r->fence = 0; /* the next generation of locks counts anew */
	}
}

static void kill_all(void)
{
	for (unsigned i = 0; i < plan.processes; i++)
		kill_child(process[i]);
	for (unsigned h = 0; h < plan.processes * plan.threads; h++)
		hand_settle(&torture_page->hands[h], torture_page->hands[h].lock);
	plan.target->fini();
}

void torture_end(void)
{
	kill_all();
}

static bool is_victim(unsigned i)
{
	return torture_page->victims >> i & 1;
}

static void pick_victims(void)
{
	uint32_t chosen = 0;

	for (unsigned n = 0; n < plan.victims;) {
		unsigned i = (unsigned)(random_next(&rng) % plan.processes);

		n += !(chosen >> i & 1);
		chosen |= UINT32_C(1) << i;
	}
	torture_page->victims = chosen;
}

static void reap_victims(struct tally *t)
{
	for (unsigned i = 0; i < plan.processes; i++) {
		if (!is_victim(i))
			continue;
		reap(process[i]);
		t->kills++;
		t->phase[torture_page->hands[i * plan.threads].phase]++;
	}
}

static unsigned still_at_it(void)
{
	unsigned n = 0;

	for (unsigned h = 0; h < plan.processes * plan.threads; h++)
		n += !is_victim(h / plan.threads) &&
		     __atomic_load_n(&torture_page->hands[h].done, __ATOMIC_ACQUIRE) != torture_page->round;
	return n;
}

static bool drained(void)
{
	int64_t until = now_ns() + DRAIN_NS;

	for (;;) {
		uint32_t seen = __atomic_load_n(&torture_page->finished, __ATOMIC_ACQUIRE);

		if (!still_at_it())
			return true;
		if (now_ns() > until)
			return false;
		word_wait(&torture_page->finished, seen, until - now_ns() + NS_PER_MS);
	}
}

/* Who is never told of a death cannot repair: done here, once the others are through. */
static void repair_silently(void)
{
	for (unsigned i = 0; i < plan.locks && !plan.target->reports_death; i++) {
		struct record *r = &torture_page->records[i];

		if (r->owner && is_victim((r->owner - 1) / plan.threads)) {
			r->owner = 0;
			r->b = r->a;
		}
	}
}

static void report_undrained(void)
{
	for (unsigned h = 0; h < plan.processes * plan.threads; h++) {
		struct hand *hand = &torture_page->hands[h];

		if (is_victim(h / plan.threads) || hand->done == torture_page->round)
			continue;
		tap_note("%s: round %u: hand %u left behind in phase %u (1 acquiring): %s", plan.target->name,
			torture_page->round, h, hand->phase, where_is(hand->pid, hand->tid));
	}
	for (unsigned i = 0; i < plan.locks; i++)
		if (plan.target->word(i))
			tap_note("  lock %u: word %08x", i, plan.target->word(i));
}

static void check_updates(struct tally *t)
{
	uint64_t increments = 0, counted = 0, off;

	for (unsigned i = 0; i < plan.locks; i++) {
		increments += torture_page->records[i].a;
		counted += torture_page->records[i].died;
	}
	for (unsigned h = 0; h < plan.processes * plan.threads; h++)
		counted += torture_page->hands[h].count >> 1;
	off = counted - increments;
	if (off != mismatch)
		t->updates++;
	mismatch = off;
}

static void collect(struct tally *t)
{
	struct page *p = torture_page;
	uint64_t ops = 0;

	for (unsigned h = 0; h < plan.processes * plan.threads; h++)
		ops += p->hands[h].count >> 1;
	t->ops += ops - known_ops;
	known_ops = ops;
	t->recovered += p->recovered;
	t->doubles += p->doubles;
	t->torn += p->torn;
	t->tokens += p->tokens;
	t->errors += p->errors;
	p->recovered = p->doubles = p->torn = p->tokens = p->errors = 0;
}

void torture_round(struct tally *tally)
{
	struct page *p = torture_page;

	tally->rounds++;
	pick_victims();
	__atomic_store_n(&p->stop, 0, __ATOMIC_RELEASE);
	word_bump(&p->round);
	reap_victims(tally);
	__atomic_store_n(&p->stop, 1, __ATOMIC_RELEASE);
	if (!drained()) {
		tally->undrained++;
		report_undrained();
		kill_all();
		check_updates(tally);
		collect(tally);
		forget_dead_owners();
		begin();
		return;
	}
	repair_silently();
	for (unsigned i = 0; i < plan.processes; i++)
		if (is_victim(i))
			replace(i);
	check_updates(tally);
	collect(tally);
}
