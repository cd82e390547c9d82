/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl.hpp: for C++11 and later: locks that std::lock_guard takes, and a named lock that is held as long as an object lives.
 *
 * Header-only, over the C functions, whose promises hold. A mutex that its thread holds already throws, as std::mutex may.
 */
#ifndef PAWL_PAWL_HPP
#define PAWL_PAWL_HPP

#include <system_error>

#include <pawl/pawl.h>

namespace pawl
{

class PAWL_CAPABILITY("spinlock") spin {
	pawl_spin_t word = PAWL_SPIN_INIT;

public:
	spin() = default;
	spin(const spin &) = delete;
	spin &operator=(const spin &) = delete;
	void lock() noexcept PAWL_ACQUIRE() PAWL_NO_ANALYSIS { pawl_spin_lock(&word); }
	bool try_lock() noexcept PAWL_TRY_ACQUIRE(true) PAWL_NO_ANALYSIS { return pawl_spin_trylock(&word) == 0; }
	void unlock() noexcept PAWL_RELEASE() PAWL_NO_ANALYSIS { pawl_spin_unlock(&word); }
};

class PAWL_CAPABILITY("mutex") mutex {
	pawl_mutex_t it = PAWL_MUTEX_INIT;

public:
	mutex() = default;
	mutex(const mutex &) = delete;
	mutex &operator=(const mutex &) = delete;
	void lock() PAWL_ACQUIRE() PAWL_NO_ANALYSIS
	{
		if (int rc = pawl_mutex_lock(&it))
			throw std::system_error(rc, std::generic_category());
	}
	bool try_lock() noexcept PAWL_TRY_ACQUIRE(true) PAWL_NO_ANALYSIS { return pawl_mutex_trylock(&it) == 0; }
	void unlock() noexcept PAWL_RELEASE() PAWL_NO_ANALYSIS { pawl_mutex_unlock(&it); }
};

/** `held order(lock, pawl_in_ms(50)); if (order) settle(42, order.grant.fence);` After EOWNERDEAD (rc) the data is to be made
 * whole, and pawl_lock_consistent() called, before it ends. release() says ESTALE where that matters. */
class held {
	pawl_lock_t *lock;

public:
	pawl_grant_t grant = {};
	const int rc; /* of pawl_lock_acquire() */

	explicit held(pawl_lock_t *l, pawl_deadline_t deadline = PAWL_FOREVER) PAWL_NO_ANALYSIS
	    : lock(l), rc(pawl_lock_acquire(l, deadline, &grant))
	{
		if (!pawl_acquired(rc))
			lock = nullptr;
	}
	held(const held &) = delete;
	held &operator=(const held &) = delete;
	~held() { release(); }
	explicit operator bool() const noexcept { return lock != nullptr; }
	int release() noexcept PAWL_NO_ANALYSIS
	{
		pawl_lock_t *l = lock;

		lock = nullptr;
		return l ? pawl_lock_release(l) : EPERM;
	}
};

}

#endif
