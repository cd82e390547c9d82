/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_named.c: pawl's named lock: by a handle that is open already; the same with a remote whose lease the host holds; and by its
 * name, which is looked up each time. */
#include <errno.h>

#include <pawl/lock.h>

#include "deadline.h"
#include "yes.h"

typedef struct named {
	pawl_space_t *home;
	pawl_lock_t *lock, *aside;
} named_t;

static int make_with(named_t *n, const char *remote)
{
	pawl_space_options_t options = { .remote = remote };
	int rc = pawl_space_open(&n->home, NULL, &options);

	if (!rc)
		rc = pawl_lock_open(n->home, "bench", 0, &n->lock);
	return rc ? rc : pawl_lock_open(n->home, "bench/aside", PAWL_AUTO_RECOVER, &n->aside);
}

static int make(named_t *n)
{
	return make_with(n, NULL);
}

static int make_tenure(named_t *n)
{
	int rc = bench_yes_register();

	return rc ? rc : make_with(n, "yes://");
}

/* Join the space: the first call of a thread is the dear one. By another name: the measured one may be held. */
static int join(named_t *n)
{
	int rc = pawl_lock_acquire(n->aside, PAWL_FOREVER, NULL);

	return rc ? rc : pawl_lock_release(n->aside);
}

#define TYPE     named_t
#define INIT(l)  make(l)
#define ENTER(l) join(l)
#define SHUT(l)  pawl_space_close(l->home)

#define ROW        pawl_named
#define WHAT       "pawl_lock_acquire, pawl_lock_release by a handle"
#define TRAITS     (BENCH_SHARED | BENCH_SURVIVES)
#define LOCK(l)    pawl_lock_acquire(l->lock, PAWL_FOREVER, NULL)
#define TRY(l)     pawl_lock_acquire(l->lock, PAWL_TRY, NULL)
#define TIMED(l)   pawl_lock_acquire(l->lock, BENCH_FAR, NULL)
#define CLOCKED(l) pawl_lock_acquire(l->lock, pawl_in_ms(1000), NULL)
#define UNLOCK(l)  pawl_lock_release(l->lock)
#define MEND(l)    pawl_lock_consistent(l->lock)
#include "../lockrow.h"

#define ROW     pawl_tenure
#define WHAT    "the same, with a remote whose lease this host holds"
#define TRAITS  (BENCH_SHARED | BENCH_SURVIVES)
#define INIT(l) make_tenure(l)
#define MEND(l) pawl_lock_consistent(l->lock)
#include "../lockrow.h"
#undef LOCK
#undef TRY
#undef TIMED
#undef CLOCKED
#undef UNLOCK

static __thread pawl_lock_t *opened;

static inline int take(named_t *n, pawl_deadline_t deadline)
{
	int rc = pawl_lock_open(n->home, "bench", 0, &opened);

	if (rc)
		return rc;
	rc = pawl_lock_acquire(opened, deadline, NULL);
	if (!pawl_acquired(rc))
		pawl_lock_close(opened);
	return rc;
}

static inline int give(void)
{
	int rc = pawl_lock_release(opened);

	return rc ? rc : pawl_lock_close(opened);
}

#define ROW        pawl_by_name
#define WHAT       "pawl_lock_open, _acquire, _release, _close each time"
#define TRAITS     (BENCH_SHARED | BENCH_SURVIVES)
#define INIT(l)    make(l)
#define LOCK(l)    take(l, PAWL_FOREVER)
#define TRY(l)     take(l, PAWL_TRY)
#define TIMED(l)   take(l, BENCH_FAR)
#define CLOCKED(l) take(l, pawl_in_ms(1000))
#define UNLOCK(l)  give()
#define MEND(l)    pawl_lock_consistent(opened)
#include "../lockrow.h"
