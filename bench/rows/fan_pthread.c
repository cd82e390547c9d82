/* SPDX-License-Identifier: BSD-2-Clause */
/** fan_pthread.c: pthread mutexes in shared memory: an array of them, robust or not, by index; and robust ones by name, through
 * a hash table that is filled before the workers are there, never changes, and so needs no lock of its own: less than a
 * program needs in which names come and go. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "../fan.h"

#define SLOTS (2 * BENCH_NAMES_MOST)

typedef struct mutexes {
	bench_fan_name_t name[BENCH_NAMES_MOST]; /* what is asked for */
	uint16_t slot[SLOTS];                    /* open addressing: 1 + which; 0: none */
	struct {
		_Alignas(64) pthread_mutex_t m;
		bench_fan_name_t name;
	} lock[BENCH_NAMES_MOST];
} mutexes_t;

static int make(mutexes_t *l, int robust)
{
	pthread_mutexattr_t attr;
	int rc = pthread_mutexattr_init(&attr);

	if (!rc)
		rc = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (!rc)
		rc = pthread_mutexattr_setrobust(&attr, robust);
	for (unsigned i = 0; i < BENCH_NAMES_MOST && !rc; i++)
		rc = pthread_mutex_init(&l->lock[i].m, &attr);
	return rc;
}

/* FNV-1a. */
static inline uint32_t hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

static int make_table(mutexes_t *l)
{
	bench_fan_names(l->name);
	for (unsigned i = 0; i < BENCH_NAMES_MOST; i++) {
		uint32_t at = hash(l->name[i]) % SLOTS;

		while (l->slot[at])
			at = (at + 1) % SLOTS;
		l->slot[at] = (uint16_t)(i + 1);
		memcpy(l->lock[i].name, l->name[i], sizeof(l->name[i]));
	}
	return make(l, PTHREAD_MUTEX_ROBUST);
}

/* NULL: there is none of that name. */
static inline pthread_mutex_t *look_up(mutexes_t *l, const char *name)
{
	for (uint32_t at = hash(name) % SLOTS; l->slot[at]; at = (at + 1) % SLOTS)
		if (strcmp(l->lock[l->slot[at] - 1].name, name) == 0)
			return &l->lock[l->slot[at] - 1].m;
	return NULL;
}

static pthread_mutex_t *taken; /* a worker is a process */

static inline int take_named(mutexes_t *l, unsigned i)
{
	taken = look_up(l, l->name[i]);
	return taken ? pthread_mutex_lock(taken) : ENOENT;
}

#define TYPE mutexes_t

#define ROW          glibc_array
#define WHAT         "an array of process-shared pthread mutexes"
#define INIT(l)      make(l, PTHREAD_MUTEX_STALLED)
#define LOCK(l, i)   pthread_mutex_lock(&l->lock[i].m)
#define UNLOCK(l, i) pthread_mutex_unlock(&l->lock[i].m)
#include "../fanrow.h"

#define ROW          robust_array
#define WHAT         "an array of robust pthread mutexes"
#define TRAITS       BENCH_SURVIVES
#define INIT(l)      make(l, PTHREAD_MUTEX_ROBUST)
#define LOCK(l, i)   pthread_mutex_lock(&l->lock[i].m)
#define UNLOCK(l, i) pthread_mutex_unlock(&l->lock[i].m)
#include "../fanrow.h"

#define ROW          robust_hashed
#define WHAT         "the same by name, through a hash table that never changes"
#define TRAITS       BENCH_SURVIVES
#define INIT(l)      make_table(l)
#define LOCK(l, i)   take_named(l, i)
#define UNLOCK(l, i) pthread_mutex_unlock(taken)
#include "../fanrow.h"
