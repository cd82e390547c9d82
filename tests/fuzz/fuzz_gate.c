/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_gate.c: gates: while the record is left alone, nobody with an older token than one that was let in is let in, and whoever comes
 * after a death inside is told; written over by a peer, at any byte, it is answered with an error or let in, never with a crash
 * or a wait beyond the deadline.
 */
#include <errno.h>
#include <string.h>

#include <pawl/gate.h>

#include "core/tune.h"
#include "space/live.h"
#include "space/member.h"
#include "space/robust.h"

#include "fuzz.h"

enum { STEPS = 64 };

static pawl_space_t *space;

/* What must come of it. */
static struct {
	pawl_fence_t newest;
	bool inside, died, hostile;
} model;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	pawl__tune.spin_ns = pawl__tune.slice_ns = 1000;
	if (pawl_space_open(&space, NULL, NULL))
		fuzz_fail("a space", __FILE__, __LINE__);
	return 0;
}

static void enter(pawl_gate_t *gate, uint64_t hi, uint64_t lo)
{
	pawl_fence_t fence = { .hi = hi, .lo = lo };
	int rc = pawl_gate_enter(space, gate, fence, PAWL_TRY);

	if (model.hostile)
		return;
	if (model.inside) {
		fuzz_must(rc == EDEADLK);
		return;
	}
	if (pawl_fence_cmp(fence, model.newest) < 0) {
		fuzz_must(rc == ESTALE);
		return;
	}
	fuzz_must(rc == (model.died ? EOWNERDEAD : 0));
	model.newest = fence;
	model.inside = true;
	model.died = false;
}

static void leave(pawl_gate_t *gate)
{
	int rc = pawl_gate_leave(space, gate);

	if (!model.hostile)
		fuzz_must(rc == (model.inside ? 0 : EPERM));
	model.inside = false;
}

/* As the death of whoever is inside leaves it: the word of an owner who is no more. */
static void die_inside(pawl_gate_t *gate)
{
	struct pawl__member *member = pawl__member_now(space);

	if (model.hostile || !model.inside || !member)
		return;
	gate->lock.word = PAWL__W_ORPHAN;
	pawl__member_holds(member, -1);
	model.inside = false;
	model.died = true;
}

static void scribble(pawl_gate_t *gate, struct fuzz *f)
{
	uint8_t at = fuzz_byte(f) % sizeof(*gate), n = fuzz_byte(f) % 9;

	for (uint8_t i = 0; i < n && at + i < (int)sizeof(*gate); i++)
		((uint8_t *)gate)[at + i] = fuzz_byte(f);
	model.hostile = true;
}

/* What is held in a record that has been written over is forgotten with it. */
static void forget_holds(void)
{
	struct pawl__member *member = pawl__member_now(space);

	if (member)
		PAWL_STORE(&member->held, 0u, RELAXED); /* nobody else is here */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz f = { bytes, n };
	pawl_gate_t gate = { .newest = 0 };

	memset(&model, 0, sizeof(model));
	for (int i = 0; i < STEPS && f.left > 0; i++) {
		uint8_t what = fuzz_byte(&f);

		switch (what & 3) {
		case 0:
			enter(&gate, what >> 6, what >> 2 & 15);
			break;
		case 1:
			leave(&gate);
			break;
		case 2:
			die_inside(&gate);
			break;
		default:
			if (what & 0x80)
				scribble(&gate, &f);
			else
				enter(&gate, fuzz_number(&f, 8), fuzz_number(&f, 8));
		}
	}
	forget_holds();
	return 0;
}
