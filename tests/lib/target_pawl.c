/* SPDX-License-Identifier: BSD-2-Clause */
/** target_pawl.c: pawl's robust mutex and its named lock as targets of the crash tests (target.h). Public headers only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness.h"
#include "target.h"

pawl_space_t *target_space;
static pawl_robust_t *mutexes;
static pawl_lock_t *handles[TARGET_LOCKS_MAX];
static _Thread_local pawl_grant_t grants[TARGET_LOCKS_MAX];

static void must(int rc, const char *what)
{
	if (!rc)
		return;
	printf("Bail out! %s: %s (%s)\n", what, pawl_strerror(rc), pawl_space_reason());
	exit(1);
}

pawl_robust_t *target_robust(unsigned i)
{
	return &mutexes[i];
}

static void robust_init(unsigned locks)
{
	must(pawl_space_open(&target_space, NULL, NULL), "anonymous space");
	if (!mutexes)
		mutexes = shared_alloc(TARGET_LOCKS_MAX * sizeof(*mutexes));
	for (unsigned i = 0; i < locks; i++)
		must(pawl_robust_init(&mutexes[i], 0), "pawl_robust_init");
}

static void robust_fini(void)
{
	must(pawl_space_close(target_space), "pawl_space_close");
	target_space = NULL;
}

static int robust_lock(unsigned i)
{
	return pawl_robust_lock(target_space, &mutexes[i], PAWL_FOREVER);
}

static int robust_try(unsigned i)
{
	return pawl_robust_lock(target_space, &mutexes[i], PAWL_TRY);
}

static int robust_timed(unsigned i, int64_t ns)
{
	return pawl_robust_lock(target_space, &mutexes[i], pawl_in_ns(ns));
}

static int robust_unlock(unsigned i)
{
	return pawl_robust_unlock(target_space, &mutexes[i]);
}

static int robust_recover(unsigned i)
{
	return pawl_robust_consistent(target_space, &mutexes[i]);
}

static uint64_t robust_fence(unsigned i)
{
	return pawl_robust_fence(&mutexes[i]).lo;
}

static uint32_t robust_word(unsigned i)
{
	return PAWL_LOAD(&mutexes[i].word, RELAXED);
}

const struct target target_pawl = {
	.name = "pawl robust",
	.reports_death = true,
	.has_fence = true,
	.init = robust_init,
	.fini = robust_fini,
	.lock = robust_lock,
	.trylock = robust_try,
	.timedlock = robust_timed,
	.unlock = robust_unlock,
	.recover = robust_recover,
	.fence = robust_fence,
	.word = robust_word,
};

static void name_init(unsigned locks)
{
	char name[32];

	must(pawl_space_open(&target_space, "torture", NULL), "space by name");
	for (unsigned i = 0; i < locks; i++) {
		snprintf(name, sizeof(name), "orders/%u", i);
		must(pawl_lock_open(target_space, name, 0, &handles[i]), name);
	}
}

static void name_fini(void)
{
	for (unsigned i = 0; i < TARGET_LOCKS_MAX; i++)
		if (handles[i])
			must(pawl_lock_close(handles[i]), "pawl_lock_close");
	memset(handles, 0, sizeof(handles));
	must(pawl_space_close(target_space), "pawl_space_close");
	target_space = NULL;
}

static int name_lock(unsigned i)
{
	return pawl_lock_acquire(handles[i], PAWL_FOREVER, &grants[i]);
}

static int name_try(unsigned i)
{
	return pawl_lock_acquire(handles[i], PAWL_TRY, &grants[i]);
}

static int name_timed(unsigned i, int64_t ns)
{
	return pawl_lock_acquire(handles[i], pawl_in_ns(ns), &grants[i]);
}

static int name_unlock(unsigned i)
{
	return pawl_lock_release(handles[i]);
}

static int name_recover(unsigned i)
{
	return pawl_lock_consistent(handles[i]);
}

static uint64_t name_fence(unsigned i)
{
	return grants[i].fence.lo;
}

static uint32_t name_word(unsigned i)
{
	pawl_lock_info_t info;

	return pawl_lock_info(handles[i], &info) == 0 && info.state != PAWL_STATE_FREE;
}

const struct target target_pawl_name = {
	.name = "pawl by name",
	.reports_death = true,
	.has_fence = true,
	.init = name_init,
	.fini = name_fini,
	.lock = name_lock,
	.trylock = name_try,
	.timedlock = name_timed,
	.unlock = name_unlock,
	.recover = name_recover,
	.fence = name_fence,
	.word = name_word,
};
