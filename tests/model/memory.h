/* SPDX-License-Identifier: BSD-2-Clause */
/** memory.h: shared memory with store buffers. */
#ifndef PAWL_TESTS_MODEL_MEMORY_H
#define PAWL_TESTS_MODEL_MEMORY_H

#include "atomics.h"
#include "world.h"

/** The kind of memory of this exploration. */
extern enum model_memory memory_kind;

/** Nothing lies aside yet. */
void memory_begin(void);
bool memory_is_aside(const void *p);

/** Has the store buffer of `t` anything for the four bytes at `p`? */
bool memory_holds(const struct thread *t, uintptr_t p);
/** Plain bytes. Memory that was given back is not to be touched. */
uint64_t memory_fetch(uintptr_t p, unsigned size);
void memory_commit(uintptr_t p, unsigned size, uint64_t v);
/** Memory as `t` sees it: byte by byte what it has stored last. NULL: as everybody does. */
uint64_t memory_see(const struct thread *t, uintptr_t p, unsigned size);
/** Store: into memory, or the running thread's buffer, which has room. */
void memory_put(uintptr_t p, unsigned size, uint64_t v, enum model_order order);
bool memory_is_release(enum model_order order);

/** A word as the kernel sees it: in memory. */
uint32_t memory_word(const uint32_t *p);
/** May entry `i` of the buffer leave now? */
bool memory_may_leave(const struct thread *t, unsigned i);
void memory_leave(unsigned thread, unsigned i);

#endif
