/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_robust.c: pawl's robust mutex in the caller's own shared memory. */
#include <pawl/space.h>

#include "deadline.h"

typedef struct robust {
	pawl_robust_t m;
	_Alignas(128) pawl_space_t *home; /* on a line that nobody writes */
} robust_t;

static int make(robust_t *r)
{
	int rc = pawl_space_open(&r->home, NULL, NULL);

	return rc ? rc : pawl_robust_init(&r->m, 0);
}

/* Join the space: the first call of a thread is the dear one. On a mutex of the thread's own: the other may be held. */
static int join(robust_t *r)
{
	static __thread pawl_robust_t mine;
	int rc = pawl_robust_lock(r->home, &mine, PAWL_FOREVER);

	return rc ? rc : pawl_robust_unlock(r->home, &mine);
}

#define ROW        pawl_robust
#define WHAT       "pawl_robust_lock, pawl_robust_unlock"
#define TRAITS     (BENCH_SHARED | BENCH_SURVIVES)
#define TYPE       robust_t
#define INIT(l)    make(l)
#define ENTER(l)   join(l)
#define LOCK(l)    pawl_robust_lock(l->home, &l->m, PAWL_FOREVER)
#define TRY(l)     pawl_robust_lock(l->home, &l->m, PAWL_TRY)
#define TIMED(l)   pawl_robust_lock(l->home, &l->m, BENCH_FAR)
#define CLOCKED(l) pawl_robust_lock(l->home, &l->m, pawl_in_ms(1000))
#define UNLOCK(l)  pawl_robust_unlock(l->home, &l->m)
#define MEND(l)    pawl_robust_consistent(l->home, &l->m)
#define SHUT(l)    pawl_space_close(l->home)
#include "../lockrow.h"
