/* SPDX-License-Identifier: BSD-2-Clause */
/** fan_pawl.c: pawl's named locks: by handles that are open already, and by their names, which are looked up each time. */
#include <pawl/lock.h>

#include "../fan.h"

typedef struct names {
	pawl_space_t *home;
	pawl_lock_t *aside, *lock[BENCH_NAMES_MOST];
	bench_fan_name_t name[BENCH_NAMES_MOST];
} names_t;

static int make(names_t *n)
{
	int rc = pawl_space_open(&n->home, NULL, NULL);

	bench_fan_names(n->name);
	if (!rc)
		rc = pawl_lock_open(n->home, "aside", PAWL_AUTO_RECOVER, &n->aside);
	for (unsigned i = 0; i < BENCH_NAMES_MOST && !rc; i++)
		rc = pawl_lock_open(n->home, n->name[i], 0, &n->lock[i]);
	return rc;
}

/* The names are known, but no handle is open. */
static int make_closed(names_t *n)
{
	int rc = make(n);

	for (unsigned i = 0; i < BENCH_NAMES_MOST && !rc; i++)
		rc = pawl_lock_close(n->lock[i]);
	return rc;
}

/* Join the space: the first call of a thread is the dear one. */
static int join(names_t *n)
{
	int rc = pawl_lock_acquire(n->aside, PAWL_FOREVER, NULL);

	return rc ? rc : pawl_lock_release(n->aside);
}

#define TYPE     names_t
#define ENTER(l) join(l)
#define SHUT(l)  pawl_space_close(l->home)

#define ROW          pawl_named
#define WHAT         "named locks by their handles"
#define TRAITS       BENCH_SURVIVES
#define INIT(l)      make(l)
#define LOCK(l, i)   pawl_lock_acquire(l->lock[i], PAWL_FOREVER, NULL)
#define UNLOCK(l, i) pawl_lock_release(l->lock[i])
#include "../fanrow.h"

static pawl_lock_t *opened; /* a worker is a process */

static inline int take(names_t *n, unsigned i)
{
	int rc = pawl_lock_open(n->home, n->name[i], 0, &opened);

	return rc ? rc : pawl_lock_acquire(opened, PAWL_FOREVER, NULL);
}

static inline int give(void)
{
	int rc = pawl_lock_release(opened);

	return rc ? rc : pawl_lock_close(opened);
}

#define ROW          pawl_by_name
#define WHAT         "named locks, opened by name and closed each time"
#define TRAITS       BENCH_SURVIVES
#define INIT(l)      make_closed(l)
#define LOCK(l, i)   take(l, i)
#define UNLOCK(l, i) give()
#include "../fanrow.h"
