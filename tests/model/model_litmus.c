/* SPDX-License-Identifier: BSD-2-Clause */
/** model_litmus.c: the explorer itself: what two threads may see of each other's stores under each memory; who waits in vain.
 */
#include <pawl/base.h>

#include "core/fence.h"
#include "model.h"

static struct shared {
	uint32_t x, y, seen_x, seen_y;
} * shared;

static void setup(void)
{
	shared = model_alloc(sizeof(*shared));
	MODEL_NAME(shared->x);
	MODEL_NAME(shared->y);
}

static void store_buffering(unsigned me)
{
	if (me == 0) {
		PAWL_STORE(&shared->x, 1u, RELEASE);
		shared->seen_y = PAWL_LOAD(&shared->y, ACQUIRE);
	} else {
		PAWL_STORE(&shared->y, 1u, RELEASE);
		shared->seen_x = PAWL_LOAD(&shared->x, ACQUIRE);
	}
}

static void store_buffering_seq_cst(unsigned me)
{
	if (me == 0) {
		PAWL_STORE(&shared->x, 1u, SEQ_CST);
		shared->seen_y = PAWL_LOAD(&shared->y, SEQ_CST);
	} else {
		PAWL_STORE(&shared->y, 1u, SEQ_CST);
		shared->seen_x = PAWL_LOAD(&shared->x, SEQ_CST);
	}
}

/* One side is fenced by the other. */
static void store_buffering_heavy(unsigned me)
{
	if (me == 0) {
		PAWL_STORE(&shared->x, 1u, RELAXED);
		shared->seen_y = PAWL_LOAD(&shared->y, RELAXED);
	} else {
		PAWL_STORE(&shared->y, 1u, RELAXED);
		pawl__fence_heavy();
		shared->seen_x = PAWL_LOAD(&shared->x, RELAXED);
	}
}

static void one_was_seen(void)
{
	MODEL_CHECK(shared->seen_x || shared->seen_y);
}

static void message(unsigned me)
{
	if (me == 0) {
		PAWL_STORE(&shared->x, 1u, RELAXED);
		PAWL_STORE(&shared->y, 1u, RELAXED);
	} else if (PAWL_LOAD(&shared->y, ACQUIRE)) {
		MODEL_CHECK(PAWL_LOAD(&shared->x, RELAXED));
	}
}

static void message_released(unsigned me)
{
	if (me == 0) {
		PAWL_STORE(&shared->x, 1u, RELAXED);
		PAWL_STORE(&shared->y, 1u, RELEASE);
	} else if (PAWL_LOAD(&shared->y, ACQUIRE)) {
		MODEL_CHECK(PAWL_LOAD(&shared->x, RELAXED));
	}
}

/* Within one preemption T1 can see this only if T0's store leaves while T0 may not go on: a run that has to be told by the
 * places of its choices among all there are, not among those that the budget pays. */
static void a_store_leaves(unsigned me)
{
	uint32_t first, second;

	if (me == 0) {
		PAWL_STORE(&shared->x, 1u, RELAXED);
		(void)PAWL_LOAD(&shared->y, RELAXED);
		shared->seen_y = 1; /* T0 is through */
		return;
	}
	first = PAWL_LOAD(&shared->x, RELAXED);
	second = PAWL_LOAD(&shared->x, RELAXED);
	MODEL_CHECK(first || !second || shared->seen_y);
	PAWL_STORE(&shared->y, 1u, RELAXED);
}

/* ---- waiting for what never comes ---- */

static void waits_in_vain(unsigned me)
{
	while (PAWL_LOAD(&shared->x, RELAXED) < 3)
		if (me == 1)
			PAWL_STORE(&shared->x, PAWL_LOAD(&shared->x, RELAXED) % 2 + 1, RELAXED);
}

static void waits_for_it(unsigned me)
{
	while (PAWL_LOAD(&shared->x, RELAXED) < 3)
		if (me == 1)
			PAWL_STORE(&shared->x, PAWL_LOAD(&shared->x, RELAXED) + 1, RELAXED);
}

#define LITMUS(what, t) .name = what, .threads = 2, .setup = setup, .thread = t

static const struct model_case cases[] = {
	{ LITMUS("store buffering", store_buffering), .memory = MODEL_SC, .finish = one_was_seen },
	{ LITMUS("store buffering", store_buffering), .memory = MODEL_TSO | MODEL_PSO, .finish = one_was_seen,
		.planted = "one_was_seen" },
	{ LITMUS("store buffering, seq_cst", store_buffering_seq_cst), .finish = one_was_seen },
	{ LITMUS("store buffering, heavy fence", store_buffering_heavy), .finish = one_was_seen },
	{ LITMUS("message", message), .memory = MODEL_SC | MODEL_TSO },
	{ LITMUS("message", message), .memory = MODEL_PSO, .planted = "shared->x" },
	{ LITMUS("message, released", message_released) },
	{ LITMUS("a store leaves, within one preemption", a_store_leaves), .memory = MODEL_TSO | MODEL_PSO,
		.preemptions = 1, .preemptions_long = 1, .planted = "first || !second" },
	{ LITMUS("waits for it", waits_for_it) },
	{ LITMUS("waits in vain", waits_in_vain), .planted = "livelock" },
};

int main(int argc, char **argv)
{
	return model_main("litmus", cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
