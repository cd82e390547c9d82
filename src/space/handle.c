/* SPDX-License-Identifier: BSD-2-Clause */
/** handle.c: name -> handle in this process, found without a lock or a system call on every pawl_lock_open.
 *
 * liburcu's rculfhash keeps them: its look-ups are wait-free, and a handle that is given back stays in the table, idle,
 * because the next open of the same name is likely. When many are idle they are freed together, so that the grace period
 * (milliseconds) is paid once for a thousand of them. No call_rcu thread and no automatic resizing: both start threads of
 * their own, which a fork would lose; the table is grown by hand instead, under the lock that fork takes too.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "space/handle.h"

#define BUCKETS   256ul  /* at first: 4 KiB */
#define IDLE_MOST 1024ul /* idle handles kept */
#define REFS_GONE UINT32_MAX

/* What liburcu takes for a table, and for each bucket, generously. */
#define TABLE_BYTES  16384ul
#define BUCKET_BYTES 64ul

/* ThreadSanitizer does not see the publication inside liburcu, which is built without it. */
#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *p);
void __tsan_release(void *p);
#define PUBLISH(p) __tsan_release(p)
#define OBSERVE(p) __tsan_acquire(p)
#else
#define PUBLISH(p) ((void)0)
#define OBSERVE(p) ((void)0)
#endif

struct key {
	const struct pawl__name *name;
	uint32_t flags;
};

static int match(struct cds_lfht_node *node, const void *wanted)
{
	const struct key *key = wanted;
	struct pawl_lock *lock = pawl__handle_of(node);

	OBSERVE(lock);
	return lock->flags == key->flags && lock->name.length == key->name->length &&
	       memcmp(lock->text, key->name->text, key->name->length) == 0;
}

/* liburcu's table ends the program where there is no memory for it: so see first whether there is. */
static bool there_is_room(size_t bytes)
{
	void *volatile probe = malloc(bytes); /* volatile: or the compiler would know better */

	free(probe);
	return probe != NULL;
}

int pawl__handles_create(struct pawl_space *space)
{
	if (!there_is_room(TABLE_BYTES + BUCKETS * BUCKET_BYTES))
		return ENOMEM;
	space->handles = cds_lfht_new(BUCKETS, BUCKETS, 0, 0, NULL);
	if (!space->handles)
		return ENOMEM;
	pthread_mutex_init(&space->handles_lock, NULL);
	return 0;
}

/* ---- references ---- */

static bool get(struct pawl_lock *lock)
{
	uint32_t refs = PAWL_LOAD(&lock->refs, RELAXED); /* relaxed: the CAS decides */

	do {
		if (refs == REFS_GONE)
			return false;
		/* HD3 acquire: pairs with HD4 (put, sweep) */
	} while (!PAWL_CAS(&lock->refs, &refs, refs + 1, ACQUIRE));
	if (refs == 0)
		PAWL_FETCH_ADD(&lock->space->idle_handles, -1ul, RELAXED); /* relaxed: a hint for the sweep */
	return true;
}

static struct pawl_lock *look_up(struct pawl_space *space, const struct key *key)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;
	struct pawl_lock *lock = NULL;

	rcu_read_lock();
	cds_lfht_lookup(space->handles, key->name->hash, match, key, &iter);
	node = cds_lfht_iter_get_node(&iter);
	if (node && get(pawl__handle_of(node)))
		lock = pawl__handle_of(node);
	rcu_read_unlock();
	return lock;
}

struct pawl_lock *pawl__handle_get(struct pawl_space *space, const struct pawl__name *name, uint32_t flags)
{
	struct key key = { .name = name, .flags = flags };

	return look_up(space, &key);
}

/* ---- making ---- */

static void grow(struct pawl_space *space)
{
	unsigned long n = ++space->handle_count;

	/* At each power of two: about one handle per bucket; where there is no memory it is only slower */
	if (n > BUCKETS && (n & (n - 1)) == 0 && there_is_room(n * BUCKET_BYTES))
		cds_lfht_resize(space->handles, n);
}

struct pawl_lock *pawl__handle_make(
	struct pawl_space *space, const struct pawl__name *name, uint32_t flags, struct pawl__spot spot)
{
	struct key key = { .name = name, .flags = flags };
	struct pawl_lock *lock;

	pthread_mutex_lock(&space->handles_lock);
	lock = look_up(space, &key); /* somebody may have made it meanwhile; nobody can now */
	if (!lock && (lock = calloc(1, sizeof(*lock) + name->length + 1))) {
		memcpy(lock->text, name->text, name->length);
		lock->name = (struct pawl__name){ .text = lock->text, .length = name->length, .hash = name->hash };
		lock->space = space;
		lock->places = (struct pawl__place *)((char *)space->header + PAWL__PLACES_OFF);
		lock->seats = space->office
				      ? (struct pawl__seat *)((char *)space->header + pawl__seats_off(space->capacity))
				      : NULL;
		lock->space_flags = &space->header->flags;
		lock->lost_fd = -1;
		lock->flags = flags;
		lock->attends = flags & PAWL__ATTENDS;
		lock->refs = 1;
		pawl__spot_set(lock, spot);
		cds_lfht_node_init(&lock->node);
		PUBLISH(lock);
		rcu_read_lock();
		cds_lfht_add(space->handles, name->hash, &lock->node);
		rcu_read_unlock();
		grow(space);
	}
	pthread_mutex_unlock(&space->handles_lock);
	return lock;
}

/* ---- giving back ---- */

/* Take idle handles out of the table; they are freed once no reader can see them. Caller holds handles_lock. */
static void sweep(struct pawl_space *space)
{
	struct pawl_lock *gone[256];
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;
	unsigned n = 0;

	rcu_read_lock();
	cds_lfht_for_each(space->handles, &iter, node)
	{
		uint32_t idle = 0;

		/* HD4 acquire: pairs with HD3: whoever used it is done with it */
		if (n == 256 || !PAWL_CAS(&pawl__handle_of(node)->refs, &idle, REFS_GONE, ACQUIRE))
			continue;
		cds_lfht_del(space->handles, node);
		gone[n++] = pawl__handle_of(node);
	}
	rcu_read_unlock();
	PAWL_FETCH_ADD(&space->idle_handles, -(unsigned long)n, RELAXED); /* relaxed: a hint */
	space->handle_count -= n;
	synchronize_rcu();
	while (n > 0)
		free(gone[--n]);
}

void pawl__handles_tidy(struct pawl_space *space)
{
	/* relaxed: a hint */
	if (PAWL_LOAD(&space->idle_handles, RELAXED) > IDLE_MOST && pthread_mutex_trylock(&space->handles_lock) == 0) {
		sweep(space);
		pthread_mutex_unlock(&space->handles_lock);
	}
}

void pawl__handle_put(struct pawl_lock *lock)
{
	struct pawl_space *space = lock->space;

	/* relaxed: a hint for the sweep, counted before the reference goes, so that it never falls below zero */
	PAWL_FETCH_ADD(&space->idle_handles, 1ul, RELAXED);
	/* HD4 release: pairs with HD3 */
	if (PAWL_FETCH_ADD(&lock->refs, -1u, RELEASE) != 1)
		PAWL_FETCH_ADD(&space->idle_handles, -1ul, RELAXED); /* relaxed: it is not idle after all */
	else
		pawl__handles_tidy(space);
}

void pawl__handles_destroy(struct pawl_space *space)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;

	if (!space->handles)
		return;
	rcu_read_lock();
	cds_lfht_for_each(space->handles, &iter, node)
	{
		struct pawl_lock *lock = pawl__handle_of(node);

		cds_lfht_del(space->handles, node);
		if (lock->lost_fd >= 0)
			close(lock->lost_fd);
		free(lock); /* the space is closed: nobody looks any more, the iterator is past it */
	}
	rcu_read_unlock();
	cds_lfht_destroy(space->handles, NULL);
	space->handles = NULL;
	pthread_mutex_destroy(&space->handles_lock);
}

/* ---- fork ---- */

void pawl__handles_fork_begin(void)
{
	for (struct pawl_space *s = pawl__spaces; s; s = s->next)
		pthread_mutex_lock(&s->handles_lock);
	urcu_bp_before_fork();
}

static void unlock_all(void)
{
	for (struct pawl_space *s = pawl__spaces; s; s = s->next)
		pthread_mutex_unlock(&s->handles_lock);
}

void pawl__handles_fork_parent(void)
{
	urcu_bp_after_fork_parent();
	unlock_all();
}

void pawl__handles_fork_child(void)
{
	urcu_bp_after_fork_child();
	unlock_all();
}
