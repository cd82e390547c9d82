/* SPDX-License-Identifier: BSD-2-Clause */
/** atomics.c: loads, stores and read-modify-writes of the code under test: when the scheduler is asked, and what they do.
 *
 * SC: each is a step, and has its effect at once. TSO and PSO: a store goes into the thread's buffer; that it leaves is the
 * scheduler's doing (actions.c). Loads see the own buffer first. A read-modify-write and a SEQ_CST store wait until the own
 * buffer is empty; in PSO, if it is not a release either, or a comparison that fails, only until the buffer has nothing for
 * its word. Loads are never late: a missing ACQUIRE cannot be seen here.
 */
#include <string.h>

#include <pawl/restart.h>

#include "fibre.h"
#include "known.h"
#include "memory.h"
#include "trace.h"

#define QUICK_LOADS 100 /* without asking the scheduler, between two steps */

/* Before a load. Who spins on a word that nobody has written yet has to let the writer run. */
static void step_to_load(const void *p, unsigned size)
{
	if (known_may_change(p, size) || ++fibre_quick > QUICK_LOADS)
		fibre_step(NEED_NOTHING, 0);
}

static bool is_full(void)
{
	return fibre_current && fibre_current->stores == WORLD_STORES;
}

static void step_to_store(enum model_order order)
{
	if (memory_kind == MODEL_SC || order == MODEL_SEQ_CST)
		fibre_step(NEED_OWN_EMPTY, 0);
	else if (known_fences() || is_full())
		fibre_step(NEED_ROOM, 0);
}

static bool drains(enum model_order order)
{
	return memory_kind != MODEL_PSO || memory_is_release(order);
}

static void step_to_rmw(uintptr_t p, enum model_order order)
{
	if (drains(order))
		fibre_step(NEED_OWN_EMPTY, 0);
	else
		fibre_step(NEED_OWN_WITHOUT, p);
}

/* A comparison that fails is a relaxed load, whatever the order of one that does not. */
static void step_to_cas(uintptr_t p, unsigned size, enum model_order order, uint64_t want)
{
	if (memory_kind != MODEL_PSO) {
		fibre_step(NEED_OWN_EMPTY, 0);
		return;
	}
	fibre_step(NEED_OWN_WITHOUT, p);
	if (drains(order) && fibre_current && fibre_current->stores > 0 && memory_fetch(p, size) == want)
		fibre_step(NEED_OWN_EMPTY, 0);
}

/* ---- the operations of atomics.h ---- */

uint64_t model_load(const void *p, unsigned size, const char *function, const char *object, enum model_order order)
{
	struct model_site site = { function, object, order };
	uint64_t v;

	if (memory_is_aside(p))
		return memory_fetch((uintptr_t)p, size);
	step_to_load(p, size);
	v = memory_see(fibre_current, (uintptr_t)p, size);
	trace_event("load", p, &site, v, v);
	return v;
}

void model_store(void *p, unsigned size, const char *function, const char *object, enum model_order order, uint64_t v)
{
	struct model_site site = { function, object, order };

	if (memory_is_aside(p)) {
		memory_commit((uintptr_t)p, size, v);
		return;
	}
	known_write((uintptr_t)p, size);
	step_to_store(order);
	memory_put((uintptr_t)p, size, v, order);
	trace_event(fibre_current && fibre_current->stores ? "store, to the buffer" : "store", p, &site, v, v);
}

static uint64_t after(enum model_rmw what, uint64_t old, uint64_t v)
{
	switch (what) {
	case MODEL_ADD:
		return old + v;
	case MODEL_OR:
		return old | v;
	case MODEL_AND:
		return old & v;
	default:
		return v;
	}
}

uint64_t model_rmw(void *p, unsigned size, const char *function, const char *object, enum model_order order,
	enum model_rmw what, uint64_t v)
{
	static const char *const name[] = { "exchange", "fetch and add", "fetch and or", "fetch and and" };
	struct model_site site = { function, object, order };
	uint64_t old, then;

	if (!memory_is_aside(p)) {
		known_write((uintptr_t)p, size);
		step_to_rmw((uintptr_t)p, order);
	}
	old = memory_fetch((uintptr_t)p, size);
	then = after(what, old, v);
	memory_commit((uintptr_t)p, size, then);
	trace_event(name[what], p, &site, old, then);
	return old;
}

bool model_cas(void *p, unsigned size, const char *function, const char *object, enum model_order order, void *expected,
	uint64_t v)
{
	struct model_site site = { function, object, order };
	uint64_t old, want = 0;

	memcpy(&want, expected, size);
	known_write((uintptr_t)p, size);
	step_to_cas((uintptr_t)p, size, order, want);
	old = memory_fetch((uintptr_t)p, size);
	if (old == want)
		memory_commit((uintptr_t)p, size, v);
	memcpy(expected, &old, size);
	trace_event(old == want ? "compare and swap" : "compare and swap fails", p, &site, old, old == want ? v : old);
	return old == want;
}

/* restart.h: a comparison, and a store, between which others run; unless one of them calls pawl__fence_restart. */
bool model_store_if(uint32_t *p, unsigned size, const char *function, const char *object, enum model_order order,
	uint32_t old, uint32_t v)
{
	struct model_site site = { function, object, order };
	struct thread *t = fibre_current;
	bool stores;

	if (!pawl_restart_ || !t)
		return false;
	known_write((uintptr_t)p, size);
	t->comparing = true;
	fibre_step(NEED_ROOM, 0);
	stores = memory_see(t, (uintptr_t)p, size) == old;
	trace_event(stores ? "compare, to store" : "compare, not to store", p, &site, old, old);
	if (stores)
		fibre_step(NEED_ROOM, 0);
	stores &= !t->starts_anew;
	t->comparing = t->starts_anew = false;
	if (stores)
		memory_put((uintptr_t)p, size, v, order);
	trace_event(stores ? "store, having compared" : "does not store", p, &site, v, v);
	return stores;
}

/* ---- ordinary data ---- */

uint32_t model_read(const uint32_t *p)
{
	uint32_t v;

	fibre_step(NEED_NOTHING, 0);
	v = (uint32_t)memory_see(fibre_current, (uintptr_t)p, 4);
	trace_event("read", p, NULL, v, v);
	return v;
}

static void write(uintptr_t p, unsigned size, uint64_t v)
{
	known_write(p, size);
	if (memory_kind == MODEL_SC || is_full())
		fibre_step(NEED_ROOM, 0);
	memory_put(p, size, v, MODEL_RELAXED);
}

void model_write(uint32_t *p, uint32_t v)
{
	write((uintptr_t)p, 4, v);
	trace_event("write", p, NULL, v, v);
}

static bool is_own(const void *p)
{
	return !fibre_current || !world_has(p) || &world->thread[world_stack_of(p)] == fibre_current;
}

static void copy_piece(char *to, const char *from, unsigned size)
{
	uint64_t v = is_own(from) ? 0 : memory_see(fibre_current, (uintptr_t)from, size);

	if (is_own(from))
		memcpy(&v, from, size);
	else
		trace_event("copy from", from, NULL, v, v);
	if (is_own(to)) {
		memcpy(to, &v, size);
		return;
	}
	write((uintptr_t)to, size, v);
	trace_event("copy to", to, NULL, v, v);
}

void *model_memcpy(void *to, const void *from, size_t n)
{
	size_t unit = ((uintptr_t)to | (uintptr_t)from | n) % 4 == 0 ? 4 : 1;

	for (size_t i = 0; i < n; i += unit) {
		if (!is_own((const char *)from + i))
			fibre_step(NEED_NOTHING, 0);
		copy_piece((char *)to + i, (const char *)from + i, (unsigned)unit);
	}
	return to;
}
