/* SPDX-License-Identifier: BSD-2-Clause */
/** kids_acts.c: the acts of puppets on locks (kids_acts.h). */
#include "kids_acts.h"

#include <stdio.h>
#include <unistd.h>

#include "space/word.h"

#define EACH 64

pawl_space_t *acts_space;
pawl_robust_t *acts_mutex;

static pawl_lock_t *handle[8 * EACH];
static char name[32];

int acts_begin(void)
{
	static unsigned count;
	pawl_space_options_t options = { .capacity = 256 };

	snprintf(name, sizeof(name), "test-%u", count++);
	for (int i = 0; i < 8 * EACH; i++)
		handle[i] = NULL;
	acts_mutex = kids_map(2 * EACH * sizeof(*acts_mutex));
	for (int i = 0; i < 2 * EACH; i++)
		pawl_robust_init(&acts_mutex[i], i < EACH ? 0 : PAWL_RECURSIVE);
	return pawl_space_open(&acts_space, name, &options);
}

int acts_end(void)
{
	int rc = pawl_space_close(acts_space);

	kids_unmap(acts_mutex, 2 * EACH * sizeof(*acts_mutex));
	return rc;
}

static int bury(const pawl_lock_info_t *info, void *space)
{
	pawl_lock_t *lock;
	int rc = pawl_lock_open(space, info->name, PAWL_AUTO_RECOVER, &lock);

	if (rc)
		return rc;
	if (info->state == PAWL_STATE_POISONED)
		rc = pawl_lock_reset(lock);
	else if (info->state == PAWL_STATE_DEAD && (rc = pawl_lock_acquire(lock, PAWL_TRY, NULL)) == 0)
		rc = pawl_lock_release(lock);
	pawl_lock_close(lock);
	return rc;
}

int acts_bury(pawl_space_t *space)
{
	return pawl_lock_list(space, bury, space);
}

int acts_finish(void)
{
	int check = acts_bury(acts_space) || pawl_space_check(acts_space), end;
	char path[256];
	bool left;

	if (check)
		printf("# the space is damaged: %s\n", pawl_space_reason());
	snprintf(path, sizeof(path), "%s", pawl_space_path(acts_space));
	end = acts_end();
	left = access(path, F_OK) == 0;
	if (end || left)
		printf("# the space is closed with: %s; its file is %s\n", pawl_strerror(end), left ? "left" : "gone");
	return check || end || left ? -1 : 0;
}

const char *acts_name(void)
{
	return name;
}

pawl_robust_t *acts_robust(long i)
{
	return &acts_mutex[(i & (EACH - 1)) + (i & RECURSIVE ? EACH : 0)];
}

/* The number without NAMED: the same lock has one handle for each set of flags. Threads may ask at the same time. */
pawl_lock_t *acts_handle(long i)
{
	unsigned flags = (i & RECURSIVE ? PAWL_RECURSIVE : 0) | (i & AUTO ? PAWL_AUTO_RECOVER : 0);
	pawl_lock_t *found = PAWL_LOAD(&handle[i], ACQUIRE);
	char text[32];

	if (found)
		return found;
	snprintf(text, sizeof(text), "lock/%ld", i & (EACH - 1));
	if (pawl_lock_open(acts_space, text, flags, &found))
		return NULL;
	PAWL_STORE(&handle[i], found, RELEASE);
	return found;
}

bool acts_waited_on(long i)
{
	int64_t since = kids_now_ns();

	while (!(PAWL_LOAD(&acts_robust(i)->word, ACQUIRE) & PAWL__W_WAITERS)) {
		if (kids_now_ns() - since > (int64_t)KIDS_PATIENCE_MS * 1000000)
			return false;
		kids_nap_us(50);
	}
	kids_nap_us(20000); /* from the registration to the sleep; nothing to see from here in another PID namespace */
	return true;
}

static int take_named(long i, pawl_deadline_t deadline, uint64_t *token)
{
	pawl_grant_t grant = { .fence = { 0, 0 } };
	pawl_lock_t *lock = acts_handle(i);
	int rc = lock ? pawl_lock_acquire(lock, deadline, &grant) : ENXIO;

	*token = grant.fence.lo | (grant.owner_died ? ACT_DIED : 0);
	return rc;
}

static int take_robust(long i, pawl_deadline_t deadline, uint64_t *token)
{
	int rc = pawl_robust_lock(acts_space, acts_robust(i), deadline);

	*token = pawl_acquired(rc) ? pawl_robust_fence(acts_robust(i)).lo | (rc ? ACT_DIED : 0) : 0;
	return rc;
}

int acts_take(long i, pawl_deadline_t deadline, uint64_t *token)
{
	return (i & NAMED ? take_named : take_robust)(i, deadline, token);
}

static int take_and_tell(long i, pawl_deadline_t deadline)
{
	uint64_t token;
	int rc = acts_take(i, deadline, &token);

	if (pawl_acquired(rc))
		puppet_tell(token);
	return rc;
}

int act_lock(long i)
{
	return take_and_tell(i, PAWL_FOREVER);
}

int act_try(long i)
{
	return take_and_tell(i, PAWL_TRY);
}

int act_timed(long i)
{
	return take_and_tell(i, pawl_in_ms(KIDS_PATIENCE_MS));
}

int act_briefly(long i)
{
	pawl_deadline_t deadline = pawl_in_ms(30);
	int rc = take_and_tell(i, deadline);

	return rc == ETIMEDOUT && kids_now_ns() < deadline ? EPROTO : rc;
}

int act_unlock(long i)
{
	return i & NAMED ? pawl_lock_release(acts_handle(i)) : pawl_robust_unlock(acts_space, acts_robust(i));
}

int act_consistent(long i)
{
	return i & NAMED ? pawl_lock_consistent(acts_handle(i)) : pawl_robust_consistent(acts_space, acts_robust(i));
}

int act_reset(long i)
{
	return i & NAMED ? pawl_lock_reset(acts_handle(i)) : pawl_robust_reset(acts_space, acts_robust(i));
}

int act_leave(long unused)
{
	(void)unused;
	return acts_end();
}
