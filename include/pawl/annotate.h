/* SPDX-License-Identifier: BSD-2-Clause */
/** annotate.h: what the other headers need from the compiler, and nothing else.
 *
 * The atomics of pawl all go through the PAWL_LOAD .. PAWL_FETCH_OR macros below: one place where a model checker can
 * put itself between an algorithm and the machine. They are the `__atomic_*` builtins on plain uint32_t and uint64_t,
 * because C11's _Atomic does not exist in C++17 and ThreadSanitizer cannot see inside assembly.
 */
#ifndef PAWL_ANNOTATE_H
#define PAWL_ANNOTATE_H

#ifdef __cplusplus
#define PAWL_EXTERN_C_BEGIN           extern "C" {
#define PAWL_EXTERN_C_END             }
#define PAWL_STATIC_ASSERT(what, why) static_assert(what, why)
#else
#define PAWL_EXTERN_C_BEGIN
#define PAWL_EXTERN_C_END
#define PAWL_STATIC_ASSERT(what, why) _Static_assert(what, why)
#endif

#define PAWL_API         __attribute__((visibility("default")))
#define PAWL_MUST_CHECK  __attribute__((warn_unused_result))
#define PAWL_LIKELY(x)   __builtin_expect(!!(x), 1)
#define PAWL_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Keeps the compiler, not the machine, from moving memory accesses across it. */
#define PAWL_COMPILER_BARRIER() __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* ---- atomics: PAWL_LOAD(&word, ACQUIRE) and so on; the order is the last word of the __ATOMIC_ constant ---- */
#ifdef PAWL_ATOMICS
#include PAWL_ATOMICS /* a model checker's: defines the macros below, and PAWL_STORE_IF of restart.h */
#else
#define PAWL_LOAD(p, order)         __atomic_load_n((p), __ATOMIC_##order)
#define PAWL_STORE(p, v, order)     __atomic_store_n((p), (v), __ATOMIC_##order)
#define PAWL_XCHG(p, v, order)      __atomic_exchange_n((p), (v), __ATOMIC_##order)
#define PAWL_FETCH_ADD(p, v, order) __atomic_fetch_add((p), (v), __ATOMIC_##order)
#define PAWL_FETCH_OR(p, v, order)  __atomic_fetch_or((p), (v), __ATOMIC_##order)
#define PAWL_FETCH_AND(p, v, order) __atomic_fetch_and((p), (v), __ATOMIC_##order)
/* Strong compare-and-swap. `expected` is a pointer to a local, which receives what was found; a failure is RELAXED:
 * what it hands back is only looked at, and looked up again before anything is done on the strength of it. */
#define PAWL_CAS(p, expected, v, order)                                                                                \
	__atomic_compare_exchange_n((p), (expected), (v), 0, __ATOMIC_##order, __ATOMIC_RELAXED)

/* A short rest for a spinning CPU: lets the sibling hyperthread run and leaves the owner's cache line alone. */
#if defined(__x86_64__) || defined(__i386__)
#define PAWL_CPU_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__) || defined(__arm__)
#define PAWL_CPU_PAUSE() __asm__ __volatile__("yield" ::: "memory") /* no builtin for it in gcc 12, clang 14 */
#else
#define PAWL_CPU_PAUSE() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#endif
#define PAWL_YIELD() sched_yield()
#endif /* PAWL_ATOMICS */

/* ---- clang's -Wthread-safety: a lock is a capability; elsewhere these are empty ---- */
#if defined(__clang__) && !defined(SWIG)
#define PAWL_TSA(x) __attribute__((x))
#else
#define PAWL_TSA(x)
#endif
#define PAWL_CAPABILITY(name) PAWL_TSA(capability(name))
#define PAWL_GUARDED_BY(lock) PAWL_TSA(guarded_by(lock))
#define PAWL_ACQUIRE(...)     PAWL_TSA(acquire_capability(__VA_ARGS__))
#define PAWL_TRY_ACQUIRE(...) PAWL_TSA(try_acquire_capability(__VA_ARGS__))
#define PAWL_RELEASE(...)     PAWL_TSA(release_capability(__VA_ARGS__))
#define PAWL_REQUIRES(...)    PAWL_TSA(requires_capability(__VA_ARGS__))
#define PAWL_ASSERT_HELD(...) PAWL_TSA(assert_capability(__VA_ARGS__))
#define PAWL_NO_ANALYSIS      PAWL_TSA(no_thread_safety_analysis)

#endif
