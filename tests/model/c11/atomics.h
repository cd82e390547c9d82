/* SPDX-License-Identifier: BSD-2-Clause */
/** atomics.h: what annotate.h includes for an outside checker, by -DPAWL_ATOMICS: the same builtins, rests that are nothing, and
 * no store that starts anew (restart.h is assembly, which no checker of C11 takes): a release is the compare-and-swap.
 */
#ifndef PAWL_TESTS_MODEL_C11_ATOMICS_H
#define PAWL_TESTS_MODEL_C11_ATOMICS_H

#define PAWL_LOAD(p, order)         __atomic_load_n((p), __ATOMIC_##order)
#define PAWL_STORE(p, v, order)     __atomic_store_n((p), (v), __ATOMIC_##order)
#define PAWL_XCHG(p, v, order)      __atomic_exchange_n((p), (v), __ATOMIC_##order)
#define PAWL_FETCH_ADD(p, v, order) __atomic_fetch_add((p), (v), __ATOMIC_##order)
#define PAWL_FETCH_OR(p, v, order)  __atomic_fetch_or((p), (v), __ATOMIC_##order)
#define PAWL_FETCH_AND(p, v, order) __atomic_fetch_and((p), (v), __ATOMIC_##order)
#define PAWL_CAS(p, expected, v, order)                                                                                \
	__atomic_compare_exchange_n((p), (expected), (v), 0, __ATOMIC_##order, __ATOMIC_RELAXED)

#define PAWL_STORE_IF(p, old, v, order) ((void)(p), (void)(old), false)
#define PAWL_CPU_PAUSE()                ((void)0)
#define PAWL_YIELD()                    ((void)0)

#endif
