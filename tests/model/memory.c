/* SPDX-License-Identifier: BSD-2-Clause */
/** memory.c: loads, stores and read-modify-writes of the code under test: when the scheduler is asked, and what they do.
 *
 * SC: each is a step, and has its effect at once. TSO and PSO: a store goes into the thread's buffer, which nobody else can
 * see, so it is no step; that it leaves is the scheduler's doing (actions.c). Loads see the own buffer first. A
 * read-modify-write and a SEQ_CST store wait until the own buffer is empty; in PSO, if they are not a release either, only
 * until it has nothing for their word. Loads are never late: a missing ACQUIRE cannot be seen here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pawl/restart.h>

#include "fibre.h"
#include "memory.h"
#include "trace.h"

enum model_memory memory_kind;

#define QUICK_LOADS 100 /* without asking the scheduler, between two steps */

static unsigned char written[WORLD_UNITS]; /* by unit of 4 bytes */
static bool learned;

/* ---- what is written by anybody ---- */

void memory_forget(void)
{
	memset(written, 0, sizeof(written));
	learned = false;
}

bool memory_has_learned(void)
{
	bool was = learned;

	learned = false;
	return was;
}

void memory_known(char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t u = 0; u < WORLD_UNITS && at < size; u++)
		if (written[u])
			at += (size_t)snprintf(text + at, size - at, "%s%zx", at ? "." : "", u);
}

bool memory_know(const char *text)
{
	memory_forget();
	while (*text && *text != '/') {
		char *end;
		unsigned long u = strtoul(text, &end, 16);

		if (end == text || u >= WORLD_UNITS)
			return false;
		written[u] = 1;
		text = *end == '.' ? end + 1 : end;
	}
	return true;
}

static void learn(uintptr_t p, unsigned size)
{
	if (!fibre_current || !world_has((void *)p))
		return;
	for (size_t u = world_unit(p); u <= world_unit(p + size - 1); u++) {
		learned |= !written[u];
		written[u] = 1;
	}
}

static bool may_change(const void *p, unsigned size)
{
	bool may = false;

	if (!world_has(p))
		return true;
	for (size_t u = world_unit((uintptr_t)p); u <= world_unit((uintptr_t)p + size - 1); u++)
		may |= written[u];
	return may;
}

/* Before a load. Who spins on a word that nobody has written yet has to let the writer run. */
static void step_to_load(const void *p, unsigned size)
{
	if (may_change(p, size) || ++fibre_quick > QUICK_LOADS)
		fibre_step(NEED_NOTHING, 0);
}

/* ---- memory itself ---- */

static bool overlap(uintptr_t a, size_t a_size, uintptr_t b, size_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

void model_retire(const void *p, size_t n)
{
	if (world->retired < WORLD_RETIRED)
		world->retire[world->retired++] = (struct range){ (uintptr_t)p, (uintptr_t)p + n };
}

static void check(uintptr_t p, unsigned size)
{
	for (unsigned i = 0; i < world->retired; i++) {
		const struct range *r = &world->retire[i];

		if (overlap(p, size, r->begin, r->end - r->begin))
			trace_fail("memory is touched after it was given back");
	}
}

static uint64_t fetch(uintptr_t p, unsigned size)
{
	uint64_t v = 0;

	check(p, size);
	memcpy(&v, (const void *)p, size);
	return v;
}

static void commit(uintptr_t p, unsigned size, uint64_t v)
{
	check(p, size);
	memcpy((void *)p, &v, size);
}

uint32_t memory_word(const uint32_t *p)
{
	return (uint32_t)fetch((uintptr_t)p, 4);
}

/* ---- the buffers ---- */

/* Memory as `t` sees it: byte by byte what it has stored last. */
static uint64_t see(const struct thread *t, uintptr_t p, unsigned size)
{
	uint64_t v = fetch(p, size);

	for (unsigned i = 0; t && i < t->stores; i++)
		for (unsigned b = 0; b < t->store[i].size; b++)
			if (t->store[i].address + b - p < size)
				((unsigned char *)&v)[t->store[i].address + b - p] =
					(unsigned char)(t->store[i].value >> 8 * b);
	return v;
}

bool memory_holds(const struct thread *t, uintptr_t p)
{
	for (unsigned i = 0; i < t->stores; i++)
		if (overlap(t->store[i].address, t->store[i].size, p, 4))
			return true;
	return false;
}

bool memory_may_leave(const struct thread *t, unsigned i)
{
	if (memory_kind != MODEL_PSO || (i > 0 && t->store[i].release))
		return i == 0;
	for (unsigned k = 0; k < i; k++)
		if (overlap(t->store[k].address, t->store[k].size, t->store[i].address, t->store[i].size))
			return false;
	return true;
}

void memory_leave(unsigned thread, unsigned i)
{
	struct thread *t = &world->thread[thread];
	struct store s = t->store[i];

	memmove(&t->store[i], &t->store[i + 1], (--t->stores - i) * sizeof(s));
	memset(&t->store[t->stores], 0, sizeof(s)); /* equal states are to be equal bytes */
	trace_event("leaves the buffer", (void *)s.address, NULL, fetch(s.address, s.size), s.value);
	commit(s.address, s.size, s.value);
}

static bool is_release(enum model_order order)
{
	return order == MODEL_RELEASE || order == MODEL_ACQ_REL || order == MODEL_SEQ_CST;
}

/* Into memory or the buffer, which has room. */
static void put(uintptr_t p, unsigned size, uint64_t v, enum model_order order)
{
	struct thread *t = fibre_current;

	if (!t || memory_kind == MODEL_SC || order == MODEL_SEQ_CST)
		commit(p, size, v);
	else
		t->store[t->stores++] =
			(struct store){ .value = v, .address = p, .size = (uint8_t)size, .release = is_release(order) };
}

static void store(uintptr_t p, unsigned size, uint64_t v, enum model_order order)
{
	learn(p, size);
	if (memory_kind == MODEL_SC || order == MODEL_SEQ_CST)
		fibre_step(NEED_OWN_EMPTY, 0);
	else if (fibre_current && fibre_current->stores == WORLD_STORES)
		fibre_step(NEED_ROOM, 0);
	put(p, size, v, order);
}

static void step_to_rmw(uintptr_t p, enum model_order order)
{
	if (memory_kind == MODEL_PSO && !is_release(order))
		fibre_step(NEED_OWN_WITHOUT, p);
	else
		fibre_step(NEED_OWN_EMPTY, 0);
}

/* ---- the operations of atomics.h ---- */

uint64_t model_load(const void *p, unsigned size, const char *function, const char *object, enum model_order order)
{
	struct model_site site = { function, object, order };
	uint64_t v;

	step_to_load(p, size);
	v = see(fibre_current, (uintptr_t)p, size);
	trace_event("load", p, &site, v, v);
	return v;
}

void model_store(void *p, unsigned size, const char *function, const char *object, enum model_order order, uint64_t v)
{
	struct model_site site = { function, object, order };

	store((uintptr_t)p, size, v, order);
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

	learn((uintptr_t)p, size);
	step_to_rmw((uintptr_t)p, order);
	old = fetch((uintptr_t)p, size);
	then = after(what, old, v);
	commit((uintptr_t)p, size, then);
	trace_event(name[what], p, &site, old, then);
	return old;
}

bool model_cas(void *p, unsigned size, const char *function, const char *object, enum model_order order, void *expected,
	uint64_t v)
{
	struct model_site site = { function, object, order };
	uint64_t old, want = 0;

	memcpy(&want, expected, size);
	learn((uintptr_t)p, size);
	step_to_rmw((uintptr_t)p, order);
	old = fetch((uintptr_t)p, size);
	if (old == want)
		commit((uintptr_t)p, size, v);
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
	learn((uintptr_t)p, size);
	t->comparing = true;
	fibre_step(NEED_ROOM, 0);
	stores = see(t, (uintptr_t)p, size) == old;
	trace_event(stores ? "compare, to store" : "compare, not to store", p, &site, old, old);
	if (stores)
		fibre_step(NEED_ROOM, 0);
	stores &= !t->starts_anew;
	t->comparing = t->starts_anew = false;
	if (stores)
		put((uintptr_t)p, size, v, order);
	trace_event(stores ? "store, having compared" : "does not store", p, &site, v, v);
	return stores;
}

/* ---- ordinary data ---- */

uint32_t model_read(const uint32_t *p)
{
	uint32_t v;

	fibre_step(NEED_NOTHING, 0);
	v = (uint32_t)see(fibre_current, (uintptr_t)p, 4);
	trace_event("read", p, NULL, v, v);
	return v;
}

void model_write(uint32_t *p, uint32_t v)
{
	store((uintptr_t)p, 4, v, MODEL_RELAXED);
	trace_event("write", p, NULL, v, v);
}

static bool is_own(const void *p)
{
	return !fibre_current || !world_has(p) || &world->thread[world_stack_of(p)] == fibre_current;
}

static void copy_piece(char *to, const char *from, unsigned size)
{
	uint64_t v = is_own(from) ? 0 : see(fibre_current, (uintptr_t)from, size);

	if (is_own(from))
		memcpy(&v, from, size);
	else
		trace_event("copy from", from, NULL, v, v);
	if (is_own(to)) {
		memcpy(to, &v, size);
		return;
	}
	store((uintptr_t)to, size, v, MODEL_RELAXED);
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
