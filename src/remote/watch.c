/* SPDX-License-Identifier: BSD-2-Clause */
/** watch.c: leases that end under the owners in this process. They are told, once a grant, if they want to be (pawl_lock_on_lost,
 * pawl_lock_lost_fd); and where the keeper does not say that a lease is over, because it is stopped, this does.
 */
#include "remote/watch.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/cancel.h"
#include "core/clock.h"
#include "remote/keeper.h"
#include "remote/strict.h"
#include "space/handle.h"
#include "space/segment.h"

static struct pawl__place *place_of(const struct pawl_lock *lock)
{
	return lock->places + pawl__spot_of(lock).index;
}

/* The thread of this process that has the slot, and is not known to wait for a lease; 0: none. */
static uint32_t owner_here(const struct pawl_lock *lock)
{
	struct pawl__spot spot = pawl__spot_of(lock);
	const struct pawl__place *place = place_of(lock);
	uint32_t word = PAWL_LOAD(&place->lock.word, ACQUIRE); /* RB3 acquire: as any look at the word */
	uint32_t id = pawl__word_id(word);

	if (pawl__table_gen(place) == spot.gen && pawl__word_kind(word) == PAWL__OWNED &&
		PAWL_LOAD(&lock->space->own[pawl__word_slot(word)], RELAXED) == id && /* relaxed: is_sibling says why */
		PAWL_LOAD(&lock->seats[spot.index].asking, RELAXED) != id) /* relaxed: who asks has nothing to lose, and looks itself */
		return id;
	return 0;
}

/* Does a thread of this process hold the lock under a lease that has gone? Then *grant is which. The end of its time is made known
 * whether anybody wants to be told or not. */
static bool has_lost(const struct pawl_lock *lock, int64_t now, uint64_t *grant)
{
	uint32_t owner = owner_here(lock);

	*grant = PAWL_LOAD(&place_of(lock)->lock.grant, RELAXED); /* relaxed: at worst we tell of it the next time */
	return owner != 0 && pawl__seat_expire(lock->seats + pawl__spot_of(lock).index, now) &&
	       PAWL_LOAD(&lock->holder, RELAXED) == owner; /* relaxed: as above */
}

/* Whoever is called may do what he likes: nothing is locked then. */
static void tell(struct pawl_lock *lock)
{
	pthread_mutex_t *guard = &lock->space->handles_lock;
	void (*callback)(struct pawl_lock * lock, void *arg);
	uint64_t one = 1;
	void *arg;

	pthread_mutex_lock(guard);
	if (lock->lost_fd >= 0)
		(void)!write(lock->lost_fd, &one, sizeof(one));
	callback = lock->on_lost;
	arg = lock->on_lost_arg;
	pthread_mutex_unlock(guard);
	if (callback)
		callback(lock, arg);
	pthread_mutex_lock(guard);
	lock->telling = false;
	pawl__handle_put(lock);
	pthread_mutex_unlock(guard);
}

/* Those who are to be told, as a list. */
static struct pawl_lock *all_to_tell(struct pawl_space *space)
{
	struct pawl_lock *found = NULL;
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;
	int64_t now = pawl__boot();

	pthread_mutex_lock(&space->handles_lock); /* nobody frees a handle meanwhile */
	rcu_read_lock();
	cds_lfht_for_each(space->handles, &iter, node)
	{
		struct pawl_lock *lock = pawl__handle_of(node);
		uint64_t grant;

		if (!has_lost(lock, now, &grant) || !lock->watched || lock->told == grant)
			continue;
		lock->told = grant;
		lock->telling = true;
		PAWL_FETCH_ADD(&lock->refs, 1u, RELAXED); /* relaxed: who watches has one, and does not give it back just now */
		lock->next_to_tell = found;
		found = lock;
	}
	rcu_read_unlock();
	pthread_mutex_unlock(&space->handles_lock);
	return found;
}

void pawl__watch_look(struct pawl_space *space)
{
	struct pawl_lock *next;

	for (struct pawl_lock *lock = all_to_tell(space); lock; lock = next) {
		next = lock->next_to_tell;
		tell(lock);
	}
}

pawl_deadline_t pawl__watch_until(const struct pawl_space *space)
{
	return pawl_in_ns(space->rules.ttl / 20);
}

/* ---- who wants to be told ---- */

/* The handle is kept from now on, until its last user closes it. Caller holds handles_lock. */
static void watch(struct pawl_lock *lock)
{
	uint32_t owner = owner_here(lock);

	if (lock->watched)
		return;
	PAWL_STORE(&lock->space->watches, 1u, RELAXED); /* relaxed: we start the thread ourselves */
	PAWL_FETCH_ADD(&lock->refs, 1u, RELAXED);       /* relaxed: the caller has a reference */
	PAWL_STORE(&lock->attends, true, RELAXED);      /* relaxed: as the next */
	PAWL_STORE(&lock->watched, true, RELAXED); /* relaxed: for holds from now on; of the present one we know no better: */
	if (owner != 0 && !(PAWL_LOAD(&place_of(lock)->mark, RELAXED) & PAWL__AWAIT)) /* relaxed: as above */
		PAWL_STORE(&lock->holder, owner, RELAXED);                            /* relaxed: as above */
}

/* Caller holds handles_lock. */
static uint32_t users(const struct pawl_lock *lock)
{
	/* relaxed: under handles_lock, as are those who give theirs back */
	return PAWL_LOAD(&lock->refs, RELAXED) - PAWL_LOAD(&lock->watched, RELAXED) - lock->telling;
}

/* The caller is the last user. */
static void unwatch(struct pawl_lock *lock)
{
	if (!lock->watched)
		return;
	PAWL_STORE(&lock->watched, false, RELAXED); /* relaxed: nobody else has the handle */
	PAWL_STORE(&lock->attends, (lock->flags & PAWL__ATTENDS) != 0, RELAXED); /* relaxed: as above */
	PAWL_STORE(&lock->holder, 0u, RELAXED);                                  /* relaxed: as above */
	lock->on_lost = NULL;
	if (lock->lost_fd >= 0)
		close(lock->lost_fd);
	lock->lost_fd = -1;
	pawl__handle_put(lock);
}

/* Of two who close it at the same time one is the last: a reference is given back where it is counted. */
int pawl__watch_close(struct pawl_lock *lock, bool held)
{
	struct pawl_space *space = lock->space;
	uint32_t n;

	pthread_mutex_lock(&space->handles_lock);
	n = users(lock);
	held = held && n == 1;
	if (n == 1 && !held)
		unwatch(lock);
	if (n != 0 && !held)
		pawl__handle_put(lock);
	pthread_mutex_unlock(&space->handles_lock);
	pawl__handles_tidy(space);
	return held ? EBUSY : n == 0 ? EINVAL : 0;
}

int pawl_lock_on_lost(pawl_lock_t *lock, void (*callback)(pawl_lock_t *lock, void *arg), void *arg)
{
	int cancel;

	if (!lock)
		return EINVAL;
	if (!lock->seats)
		return 0; /* nothing to lose */
	if (pawl__is_strict(lock))
		return ENOTSUP;
	cancel = pawl__cancel_off();
	pthread_mutex_lock(&lock->space->handles_lock);
	lock->on_lost = callback;
	lock->on_lost_arg = arg;
	watch(lock);
	pthread_mutex_unlock(&lock->space->handles_lock);
	pawl__news(lock->space);
	pawl__cancel_back(cancel);
	return pawl__keeper_start(lock->space);
}

int pawl_lock_lost_fd(pawl_lock_t *lock)
{
	int cancel, fd;

	if (!lock || !lock->seats || pawl__is_strict(lock))
		return -1;
	cancel = pawl__cancel_off();
	pthread_mutex_lock(&lock->space->handles_lock);
	if (lock->lost_fd < 0)
		lock->lost_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lock->lost_fd >= 0)
		watch(lock);
	fd = lock->lost_fd;
	pthread_mutex_unlock(&lock->space->handles_lock);
	if (fd >= 0 && pawl__keeper_start(lock->space) == 0)
		pawl__news(lock->space);
	pawl__cancel_back(cancel);
	return fd;
}
