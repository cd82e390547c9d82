/* SPDX-License-Identifier: BSD-2-Clause */
/** kids_world.c: a small world for kill tests (kids_world.h). */
#include "kids_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct world *world;
pawl_space_t *world_space;

static pawl_lock_t *handle[WORLD_LOCKS];

void world_new(void)
{
	if (!world)
		world = kids_map(sizeof(*world));
	memset(world, 0, sizeof(*world));
	kids_dir_clear();
}

int world_open(void)
{
	pawl_space_options_t options = { .capacity = 256 };

	memset(handle, 0, sizeof(handle));
	return pawl_space_open(&world_space, "world", &options);
}

int world_close(void)
{
	int rc = pawl_space_close(world_space);

	if (rc == 0)
		world_space = NULL;
	return rc;
}

static int open_handle(int which)
{
	char name[120] = "world/name";
	int rc = 0;

	if (which == WORLD_LONG_NAME)
		snprintf(name, sizeof(name), "world/%0100d", which);
	if (!handle[which])
		rc = pawl_lock_open(world_space, name, PAWL_TIMESTAMP, &handle[which]);
	if (rc)
		handle[which] = NULL;
	return rc;
}

pawl_lock_t *world_handle(int which)
{
	open_handle(which);
	return handle[which];
}

int world_take(int which, pawl_deadline_t deadline)
{
	int rc;

	if (which == WORLD_MUTEX)
		return pawl_robust_lock(world_space, &world->mutex, deadline);
	rc = open_handle(which);
	return rc ? rc : pawl_lock_acquire(handle[which], deadline, NULL);
}

int world_give(int which)
{
	return which == WORLD_MUTEX ? pawl_robust_unlock(world_space, &world->mutex)
				    : pawl_lock_release(world_handle(which));
}

static int reset(int which)
{
	int rc = which == WORLD_MUTEX ? pawl_robust_reset(world_space, &world->mutex)
				      : pawl_lock_reset(world_handle(which));

	return rc == EINVAL ? 0 : rc; /* somebody else was faster */
}

static int consistent(int which)
{
	return which == WORLD_MUTEX ? pawl_robust_consistent(world_space, &world->mutex)
				    : pawl_lock_consistent(world_handle(which));
}

static uint64_t token_of(int which)
{
	pawl_lock_info_t info;

	if (which == WORLD_MUTEX)
		return pawl_robust_fence(&world->mutex).lo;
	return pawl_lock_info(world_handle(which), &info) ? 0 : info.fence.lo;
}

static void count(uint64_t *what, bool bad)
{
	if (bad)
		PAWL_FETCH_ADD(what, 1u, RELAXED); /* read when all is over */
}

/* What a dead owner may have left half-changed. */
static void repair(struct world_data *d)
{
	d->owner = 0;
	d->plain = d->sum;
}

/* Called by the owner. */
static void update(int which, bool died)
{
	struct world_data *d = &world->data[which];
	uint32_t nobody = 0;
	uint64_t token = token_of(which);

	if (died && world->killed_inside)
		repair(d);
	count(&world->deaths, died);
	count(&world->backwards, token <= d->token);
	count(&world->doubles, !PAWL_CAS(&d->owner, &nobody, (uint32_t)getpid(), SEQ_CST));
	d->token = token;
	d->plain++;
	count(&world->lost, d->plain != PAWL_FETCH_ADD(&d->sum, 1u, SEQ_CST) + 1);
	PAWL_STORE(&d->owner, 0u, SEQ_CST);
}

static int failed(int rc)
{
	if (rc) {
		PAWL_FETCH_ADD(&world->errors, 1u, RELAXED); /* read when all is over, as the next */
		PAWL_STORE(&world->last_error, rc, RELAXED);
	}
	return rc;
}

int world_work(int which)
{
	int rc;

	while ((rc = world_take(which, pawl_in_ms(KIDS_PATIENCE_MS))) == ENOTRECOVERABLE)
		if (failed(reset(which)))
			return EPROTO;
	if (rc == ENOSPC)
		return rc; /* for the caller to judge */
	if (!pawl_acquired(rc))
		return failed(rc);
	if (rc == EOWNERDEAD && failed(consistent(which)))
		return EPROTO;
	update(which, rc == EOWNERDEAD);
	return failed(world_give(which));
}

static int look(const pawl_lock_info_t *info, void *arg)
{
	(void)arg;
	return info->name[0] == '\0';
}

static int add_a_name(void)
{
	char name[32];
	pawl_lock_t *lock;
	int rc;

	snprintf(name, sizeof(name), "world/of/%d", (int)getpid());
	rc = pawl_lock_open(world_space, name, PAWL_AUTO_RECOVER, &lock);
	if (rc == 0)
		rc = pawl_lock_acquire(lock, pawl_in_ms(KIDS_PATIENCE_MS), NULL);
	if (rc == 0)
		rc = pawl_lock_release(lock);
	return rc ? rc : pawl_lock_close(lock);
}

int world_tour(void)
{
	for (int round = 0; round < 3; round++)
		for (int which = 0; which < WORLD_LOCKS; which++)
			if (world_work(which))
				return 1;
	return failed(add_a_name()) || failed(pawl_lock_list(world_space, look, NULL)) ||
	       failed(pawl_space_check(world_space));
}

int world_violations(void)
{
	uint64_t all = world->doubles + world->backwards + world->lost + world->errors;

	for (int which = 0; which < WORLD_LOCKS; which++)
		all += world->data[which].plain != world->data[which].sum;
	if (all)
		printf("# two owners %d, tokens back %d, updates lost %d, errors %d (%s)\n", (int)world->doubles,
			(int)world->backwards, (int)world->lost, (int)world->errors, pawl_strerror(world->last_error));
	return (int)all;
}
