/* SPDX-License-Identifier: BSD-2-Clause */
/** guard.h: PAWL_GUARD(&lock): a spinlock or a mutex taken here and given back at the end of the block, however it is left.
 *
 *   {
 *           PAWL_GUARD(&account->lock);
 *           if (account->balance < amount)
 *                   return false;
 *           account->balance -= amount;
 *   }
 *
 * By return, break, goto and falling off the end; by pthread_exit and cancellation only in files compiled with
 * -fexceptions; by longjmp never. It is a declaration: not for an unbraced `if`, and one to a line; and it evaluates its
 * argument twice. In a recursion into a
 * mutex that is not recursive it takes nothing and gives back nothing: the outer one holds.
 */
#ifndef PAWL_GUARD_H
#define PAWL_GUARD_H

#include <pawl/mutex.h>
#include <pawl/spin.h>

PAWL_EXTERN_C_BEGIN

/* What a guard will give back; the other is NULL. */
struct pawl_guard_ {
	pawl_spin_t *spin;
	pawl_mutex_t *mutex;
};

/* clang's analysis cannot follow a cleanup: the lock is asserted, not acquired, and neither end is analysed. */
static inline struct pawl_guard_ pawl_guard_spin_(pawl_spin_t *s) PAWL_NO_ANALYSIS
{
	struct pawl_guard_ guard = { s, NULL };

	pawl_spin_lock(s);
	return guard;
}

static inline struct pawl_guard_ pawl_guard_mutex_(pawl_mutex_t *m) PAWL_NO_ANALYSIS
{
	struct pawl_guard_ guard = { NULL, NULL };

	if (pawl_mutex_lock(m) == 0)
		guard.mutex = m;
	return guard;
}

static inline void pawl_guard_drop_(const struct pawl_guard_ *guard) PAWL_NO_ANALYSIS
{
	if (guard->spin)
		pawl_spin_unlock(guard->spin);
	if (guard->mutex)
		pawl_mutex_unlock(guard->mutex);
}

PAWL_EXTERN_C_END

/* The type of the lock chooses: in C a generic selection, in C++ an overload. */
#ifdef __cplusplus
static inline struct pawl_guard_ pawl_guard_take_(pawl_spin_t *s)
{
	return pawl_guard_spin_(s);
}

static inline struct pawl_guard_ pawl_guard_take_(pawl_mutex_t *m)
{
	return pawl_guard_mutex_(m);
}

static inline void pawl_guard_held_(const pawl_spin_t *s) PAWL_ASSERT_HELD(*s)
{
	pawl_spin_assert_held(s);
}

static inline void pawl_guard_held_(const pawl_mutex_t *m) PAWL_ASSERT_HELD(*m)
{
	pawl_mutex_assert_held(m);
}
#else
#define pawl_guard_take_(lock)                                                                                         \
	_Generic((lock), pawl_spin_t * : pawl_guard_spin_, pawl_mutex_t * : pawl_guard_mutex_)(lock)
#define pawl_guard_held_(lock)                                                                                         \
	_Generic((lock), pawl_spin_t * : pawl_spin_assert_held, pawl_mutex_t * : pawl_mutex_assert_held)(lock)
#endif

#define PAWL_GUARD_PASTE_(a, b) a##b
#define PAWL_GUARD_NAME_(line)  PAWL_GUARD_PASTE_(pawl_guard_of_line_, line)

#define PAWL_GUARD(lock)                                                                                               \
	struct pawl_guard_ PAWL_GUARD_NAME_(__LINE__) __attribute__((cleanup(pawl_guard_drop_), unused)) =             \
		pawl_guard_take_(lock);                                                                                \
	pawl_guard_held_(lock)

#endif
