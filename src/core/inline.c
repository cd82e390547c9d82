/* SPDX-License-Identifier: BSD-2-Clause */
/** inline.c: one real symbol for each public inline function of the headers.
 *
 * For languages that cannot read C headers (Python, Rust, Go), and for the ABI check, which sees a header-only type only
 * through an exported function that takes it. The headers are read with the inline functions under other names; then
 * the names they were written with are free for functions that call them. C callers never come here.
 */
#define pawl_acquired           pawl_acquired_inline
#define pawl_owner_died         pawl_owner_died_inline
#define pawl_fence_cmp          pawl_fence_cmp_inline
#define pawl_spin_trylock       pawl_spin_trylock_inline
#define pawl_spin_lock          pawl_spin_lock_inline
#define pawl_spin_unlock        pawl_spin_unlock_inline
#define pawl_spin_assert_held   pawl_spin_assert_held_inline
#define pawl_mutex_lock         pawl_mutex_lock_inline
#define pawl_mutex_timedlock    pawl_mutex_timedlock_inline
#define pawl_mutex_trylock      pawl_mutex_trylock_inline
#define pawl_mutex_unlock       pawl_mutex_unlock_inline
#define pawl_mutex_assert_held  pawl_mutex_assert_held_inline
#define pawl_tokens_take        pawl_tokens_take_inline
#define pawl_tokens_put         pawl_tokens_put_inline
#define pawl_tokens_free        pawl_tokens_free_inline
#define pawl_tokens_assert_held pawl_tokens_assert_held_inline
#define pawl_case_send          pawl_case_send_inline
#define pawl_case_recv          pawl_case_recv_inline
#define pawl_case_take          pawl_case_take_inline
#define pawl_robust_assert_held pawl_robust_assert_held_inline
#define pawl_lock_assert_held   pawl_lock_assert_held_inline
#define pawl_gate_assert_held   pawl_gate_assert_held_inline
#include <pawl/pawl.h>
#undef pawl_acquired
#undef pawl_owner_died
#undef pawl_fence_cmp
#undef pawl_spin_trylock
#undef pawl_spin_lock
#undef pawl_spin_unlock
#undef pawl_spin_assert_held
#undef pawl_mutex_lock
#undef pawl_mutex_timedlock
#undef pawl_mutex_trylock
#undef pawl_mutex_unlock
#undef pawl_mutex_assert_held
#undef pawl_tokens_take
#undef pawl_tokens_put
#undef pawl_tokens_free
#undef pawl_tokens_assert_held
#undef pawl_case_send
#undef pawl_case_recv
#undef pawl_case_take
#undef pawl_robust_assert_held
#undef pawl_lock_assert_held
#undef pawl_gate_assert_held

PAWL_API bool pawl_acquired(int rc);
PAWL_API bool pawl_owner_died(int rc);
PAWL_API int pawl_fence_cmp(pawl_fence_t a, pawl_fence_t b);
PAWL_API int pawl_spin_trylock(pawl_spin_t *s) PAWL_TRY_ACQUIRE(0, *s);
PAWL_API void pawl_spin_lock(pawl_spin_t *s) PAWL_ACQUIRE(*s);
PAWL_API void pawl_spin_unlock(pawl_spin_t *s) PAWL_RELEASE(*s);
PAWL_API void pawl_spin_assert_held(const pawl_spin_t *s) PAWL_ASSERT_HELD(*s);
PAWL_API int pawl_mutex_lock(pawl_mutex_t *m) PAWL_ACQUIRE(*m);
PAWL_API int pawl_mutex_timedlock(pawl_mutex_t *m, pawl_deadline_t deadline) PAWL_TRY_ACQUIRE(0, *m);
PAWL_API int pawl_mutex_trylock(pawl_mutex_t *m) PAWL_TRY_ACQUIRE(0, *m);
PAWL_API int pawl_mutex_unlock(pawl_mutex_t *m) PAWL_RELEASE(*m);
PAWL_API void pawl_mutex_assert_held(const pawl_mutex_t *m) PAWL_ASSERT_HELD(*m);
PAWL_API int pawl_tokens_take(pawl_tokens_t *t, pawl_deadline_t deadline) PAWL_TRY_ACQUIRE(0, *t);
PAWL_API int pawl_tokens_put(pawl_tokens_t *t) PAWL_RELEASE(*t);
PAWL_API void pawl_tokens_assert_held(const pawl_tokens_t *t) PAWL_ASSERT_HELD(*t);
PAWL_API unsigned pawl_tokens_free(const pawl_tokens_t *t);
PAWL_API pawl_case_t pawl_case_send(pawl_chan_t *c, const void *element);
PAWL_API pawl_case_t pawl_case_recv(pawl_chan_t *c, void *element);
PAWL_API pawl_case_t pawl_case_take(pawl_tokens_t *t);
PAWL_API void pawl_robust_assert_held(const pawl_robust_t *m) PAWL_ASSERT_HELD(*m);
PAWL_API void pawl_lock_assert_held(const pawl_lock_t *lock) PAWL_ASSERT_HELD(*lock);
PAWL_API void pawl_gate_assert_held(const pawl_gate_t *gate) PAWL_ASSERT_HELD(*gate);

bool pawl_acquired(int rc)
{
	return pawl_acquired_inline(rc);
}

bool pawl_owner_died(int rc)
{
	return pawl_owner_died_inline(rc);
}

int pawl_fence_cmp(pawl_fence_t a, pawl_fence_t b)
{
	return pawl_fence_cmp_inline(a, b);
}

int pawl_spin_trylock(pawl_spin_t *s)
{
	return pawl_spin_trylock_inline(s);
}

void pawl_spin_lock(pawl_spin_t *s)
{
	pawl_spin_lock_inline(s);
}

void pawl_spin_unlock(pawl_spin_t *s)
{
	pawl_spin_unlock_inline(s);
}

void pawl_spin_assert_held(const pawl_spin_t *s)
{
	pawl_spin_assert_held_inline(s);
}

int pawl_mutex_lock(pawl_mutex_t *m)
{
	return pawl_mutex_lock_inline(m);
}

int pawl_mutex_timedlock(pawl_mutex_t *m, pawl_deadline_t deadline)
{
	return pawl_mutex_timedlock_inline(m, deadline);
}

int pawl_mutex_trylock(pawl_mutex_t *m)
{
	return pawl_mutex_trylock_inline(m);
}

int pawl_mutex_unlock(pawl_mutex_t *m)
{
	return pawl_mutex_unlock_inline(m);
}

void pawl_mutex_assert_held(const pawl_mutex_t *m)
{
	pawl_mutex_assert_held_inline(m);
}

int pawl_tokens_take(pawl_tokens_t *t, pawl_deadline_t deadline)
{
	return pawl_tokens_take_inline(t, deadline);
}

int pawl_tokens_put(pawl_tokens_t *t)
{
	return pawl_tokens_put_inline(t);
}

void pawl_tokens_assert_held(const pawl_tokens_t *t)
{
	pawl_tokens_assert_held_inline(t);
}

unsigned pawl_tokens_free(const pawl_tokens_t *t)
{
	return pawl_tokens_free_inline(t);
}

pawl_case_t pawl_case_send(pawl_chan_t *c, const void *element)
{
	return pawl_case_send_inline(c, element);
}

pawl_case_t pawl_case_recv(pawl_chan_t *c, void *element)
{
	return pawl_case_recv_inline(c, element);
}

pawl_case_t pawl_case_take(pawl_tokens_t *t)
{
	return pawl_case_take_inline(t);
}

void pawl_robust_assert_held(const pawl_robust_t *m)
{
	pawl_robust_assert_held_inline(m);
}

void pawl_lock_assert_held(const pawl_lock_t *lock)
{
	pawl_lock_assert_held_inline(lock);
}

void pawl_gate_assert_held(const pawl_gate_t *gate)
{
	pawl_gate_assert_held_inline(gate);
}
