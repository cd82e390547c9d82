/* SPDX-License-Identifier: BSD-2-Clause */
/** crash_gate.c: SIGKILL at every instruction of a guarded write: in at the gate, two stores to the data, out again.
 *
 * The one before came with token (1, 2^64 - 1), the victim comes with (2, 0): half of one and half of the other would be newer
 * than both. Behind each kill the older token is let in as long as the victim's does not count, and never after; the victim's
 * own is let in every time, and told of the death wherever the data is half written.
 */
#include <errno.h>
#include <stdlib.h>

#include <pawl/gate.h>

#include "../lib/step.h"
#include "../lib/tap.h"

static const pawl_fence_t older = { 1, UINT64_MAX }, newer = { 2, 0 };

static struct shared {
	pawl_gate_t gate;
	uint64_t a, b; /* equal, outside */
} * shared;
static struct victim *victim;
static pawl_space_t *space;

/* No deadline: reading the clock takes now more, now fewer instructions. */
static int write_guarded(pawl_fence_t token)
{
	int rc = pawl_gate_enter(space, &shared->gate, token, PAWL_FOREVER);

	if (rc != 0)
		return rc;
	PAWL_STORE(&shared->a, token.hi, RELAXED);
	PAWL_STORE(&shared->b, token.hi, RELAXED);
	return pawl_gate_leave(space, &shared->gate);
}

static void before(void)
{
	if (write_guarded(older) != 0)
		_Exit(1);
}

static int act(void)
{
	return write_guarded(newer);
}

static int come_again(pawl_fence_t token)
{
	int rc = pawl_gate_enter(space, &shared->gate, token, PAWL_FOREVER);

	if (pawl_owner_died(rc))
		shared->a = shared->b;
	if (pawl_acquired(rc) && pawl_gate_leave(space, &shared->gate) != 0)
		return EPROTO;
	return rc;
}

/* What the gate said behind the kills so far, and how often it said something else than at the one before. */
struct answers {
	int last;
	unsigned turns, deaths, torn, faults;
};

static void judge(struct answers *old, struct answers *new, unsigned point)
{
	bool torn = shared->a != shared->b, begun = shared->a == newer.hi;
	int as_old = come_again(older), as_new = come_again(newer);

	old->turns += as_old != old->last;
	new->turns += as_new != new->last;
	new->deaths += pawl_owner_died(as_new);
	new->torn += torn;
	if ((as_old == 0 && !begun) || as_old == ESTALE)
		if (as_new == (torn ? EOWNERDEAD : as_new) && pawl_acquired(as_new) && shared->a == shared->b) {
			old->last = as_old;
			new->last = as_new;
			return;
		}
	if (old->faults++ == 0)
		tap_note("killed at point %u, %s: the older token: %s; its own: %s", point, torn ? "torn" : "whole",
			pawl_strerror(as_old), pawl_strerror(as_new));
}

/* False when the write was over before that. */
static bool kill_at(unsigned point, struct answers *old, struct answers *new)
{
	struct step s = { .own_text = false };
	enum step_end end = STEP_LOST;

	*shared = (struct shared){ 0 };
	step_fork(&s, victim);
	if (step_ready(&s, true))
		do
			end = step_to(&s, point);
		while (end == STEP_SLEEPS);
	step_reap(&s);
	old->faults += end == STEP_LOST;
	judge(old, new, point);
	return end == STEP_REACHED;
}

static void sweep(void)
{
	struct answers old = { 0 }, new = { 0 };
	unsigned point = 0;

	while (kill_at(point, &old, &new) && point < 20000)
		point++;
	tap_note("%u points: in %u of them it dies inside, in %u with the data torn", point, new.deaths, new.torn);
	tap_ok(point > 50 && old.faults == 0, "killed at each instruction: the data is whole, or the next one is told");
	tap_ok(old.turns == 1 && old.last == ESTALE,
		"the older token is let in until the newer one counts, and no longer");
	tap_ok(new.turns == 2 && new.last == 0 && new.torn > 0, "a death is told of from the way in to the way out");
}

int main(void)
{
	const char *ci = getenv("CI");

	watchdog(280);
	private_dir();
	if (!may_trace()) {
		if (ci && *ci)
			tap_ok(false, "kill sweep of the gate: no permission to trace");
		else
			tap_skip("no permission to trace children", "kill sweep of the gate");
		return tap_done();
	}
	victim = shared_alloc(sizeof(*victim));
	shared = shared_alloc(sizeof(*shared));
	victim->before = before;
	victim->act = act;
	tap_ok(pawl_space_open(&space, "gate", NULL) == 0, "a space: %s", pawl_space_reason());
	sweep();
	tap_ok(pawl_space_check(space) == 0 && pawl_space_close(space) == 0, "and the space is whole");
	return tap_done();
}
