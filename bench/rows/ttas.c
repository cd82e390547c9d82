/* SPDX-License-Identifier: BSD-2-Clause */
/** ttas.c: the spinlock of the textbooks, in C11: look until it is free, then try. */
#include <stdatomic.h>

#include <pawl/annotate.h>

static inline int take(atomic_uint *word)
{
	while (atomic_exchange_explicit(word, 1, memory_order_acquire))
		while (atomic_load_explicit(word, memory_order_relaxed))
			PAWL_CPU_PAUSE();
	return 0;
}

#define ROW       ttas
#define WHAT      "C11 test-and-test-and-set"
#define TRAITS    BENCH_SHARED
#define TYPE      atomic_uint
#define LOCK(l)   take(l)
#define TRY(l)    (atomic_exchange_explicit(l, 1, memory_order_acquire) ? EBUSY : 0)
#define UNLOCK(l) (atomic_store_explicit(l, 0, memory_order_release), 0)
#include "../lockrow.h"
