/* SPDX-License-Identifier: BSD-2-Clause */
/** memory.c: the bytes, and the store buffers in front of them (memory.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fibre.h"
#include "memory.h"
#include "trace.h"

enum model_memory memory_kind;

/* ---- what lies aside ---- */

#define ASIDES 8

static struct range aside[ASIDES];
static unsigned asides;

void memory_begin(void)
{
	asides = 0;
}

void model_aside(const void *p, size_t size)
{
	if (asides == ASIDES) {
		fputs("more lies aside than the model has room for\n", stderr);
		exit(1);
	}
	aside[asides++] = (struct range){ (uintptr_t)p, (uintptr_t)p + size };
}

bool memory_is_aside(const void *p)
{
	for (unsigned i = 0; i < asides; i++)
		if ((uintptr_t)p >= aside[i].begin && (uintptr_t)p < aside[i].end)
			return true;
	return false;
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

uint64_t memory_fetch(uintptr_t p, unsigned size)
{
	uint64_t v = 0;

	check(p, size);
	memcpy(&v, (const void *)p, size);
	return v;
}

void memory_commit(uintptr_t p, unsigned size, uint64_t v)
{
	check(p, size);
	memcpy((void *)p, &v, size);
}

uint32_t memory_word(const uint32_t *p)
{
	return (uint32_t)memory_fetch((uintptr_t)p, 4);
}

/* ---- the buffers ---- */

/* Memory as `t` sees it: byte by byte what it has stored last. */
uint64_t memory_see(const struct thread *t, uintptr_t p, unsigned size)
{
	uint64_t v = memory_fetch(p, size);

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
	trace_event("leaves the buffer", (void *)s.address, NULL, memory_fetch(s.address, s.size), s.value);
	memory_commit(s.address, s.size, s.value);
}

bool memory_is_release(enum model_order order)
{
	return order == MODEL_RELEASE || order == MODEL_ACQ_REL || order == MODEL_SEQ_CST;
}

/* Into memory or the buffer, which has room. */
void memory_put(uintptr_t p, unsigned size, uint64_t v, enum model_order order)
{
	struct thread *t = fibre_current;

	if (!t || memory_kind == MODEL_SC || order == MODEL_SEQ_CST)
		memory_commit(p, size, v);
	else
		t->store[t->stores++] = (struct store){
			.value = v, .address = p, .size = (uint8_t)size, .release = memory_is_release(order)
		};
}
