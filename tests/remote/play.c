/* SPDX-License-Identifier: BSD-2-Clause */
/** play.c: a client's life (play.h). */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "record.h"

struct play *play;

static uint64_t dice;
static const pawl_fence_t none;

void play_new(const struct play_workload *work, uint64_t seed)
{
	play = kids_map(sizeof(*play));
	play->work = work;
	play->seed = seed;
	for (int i = 0; i < HOSTS_LOCKS; i++)
		guarded_init(&play->data[i]);
}

void play_end(void)
{
	kids_unmap(play, sizeof(*play));
	play = NULL;
}

static bool one_in(unsigned n)
{
	return n && random_next(&dice) % n == 0;
}

static long up_to(long most)
{
	return (long)(random_next(&dice) % (uint64_t)(most + 1));
}

/* What no client should be told. */
static void wonder(int rc)
{
	if (PAWL_FETCH_ADD(&play->wrong, 1u, RELAXED) == 0) /* relaxed: for a note in the end */
		play->wrong_rc = rc;
}

/* ---- inside ---- */

/* Is it valid? As far as it knows, up to when it asked. */
static bool look(long lock)
{
	int64_t at = kids_now_ns();
	bool valid = pawl_lock_valid(peer_lock[lock]);

	record_at(at, (unsigned)lock, valid ? HISTORY_HELD : HISTORY_LOST);
	return valid;
}

static void take_again(long lock) PAWL_NO_ANALYSIS
{
	pawl_grant_t grant;
	int rc = pawl_lock_acquire(peer_lock[lock], pawl_in_ms(100), &grant);

	if (!pawl_acquired(rc)) {
		wonder(rc);
		return;
	}
	record((unsigned)lock, HISTORY_AGAIN, grant.fence, false);
	rc = pawl_lock_release(peer_lock[lock]);
	if (rc && rc != ESTALE)
		wonder(rc);
}

static void sleep_inside(long lock)
{
	bool valid = look(lock);
	int64_t until = kids_now_ns();

	until += one_in(play->work->pause_in) ? hosts->ttl_ms * 1000 * up_to(1500) : 1000 * up_to(play->work->hold_us);
	while (kids_now_ns() < until && valid) {
		kids_nap_us(until - kids_now_ns() > 20000000 ? 20000 : (until - kids_now_ns()) / 1000 + 1);
		valid = look(lock);
	}
}

/* Read, sleep, write back; 0: nothing was written, else the number that was, and 1. */
static uint32_t add_number(long lock, const pawl_fence_t *token)
{
	struct guarded *g = &play->data[lock];
	struct guarded_list list;
	uint32_t number;

	if (!guarded_read(g, (unsigned)lock, token, &list)) {
		look(lock);
		return 0;
	}
	sleep_inside(lock);
	number = guarded_number(g);
	if (!guarded_write(g, (unsigned)lock, token, &list, number))
		return 0;
	if (token)
		guarded_promise(g, number);
	return number + 1;
}

static int give(long lock) PAWL_NO_ANALYSIS
{
	int rc;

	record((unsigned)lock, HISTORY_GIVE, none, false);
	rc = pawl_lock_release(peer_lock[lock]);
	switch (rc) {
	case 0:
		record((unsigned)lock, HISTORY_GIVEN, none, false);
		break;
	case ESTALE:
		record((unsigned)lock, HISTORY_STALE, none, false);
		break;
	default:
		if (rc != (EPERM))
			wonder(rc);
		record((unsigned)lock, HISTORY_REFUSED, none, false);
	}
	return rc;
}

static void be_inside(long lock, const pawl_grant_t *grant)
{
	const struct play_workload *work = play->work;
	uint32_t added = 0;

	if (work->again && one_in(2))
		take_again(lock);
	if (work->list)
		added = add_number(lock, work->list == PLAY_GUARDED ? &grant->fence : NULL);
	else
		sleep_inside(lock);
	if (give(lock) == 0 && added)
		guarded_promise(&play->data[lock], added - 1);
}

/* ---- in and out ---- */

static pawl_deadline_t some_deadline(void)
{
	switch (random_next(&dice) % 8) {
	case 0:
		return PAWL_TRY;
	case 1:
	case 2:
	case 3:
		return pawl_in_ms(up_to(500));
	default:
		return PAWL_FOREVER;
	}
}

static bool is_failure(int rc)
{
	return rc == (EBUSY) || rc == (ETIMEDOUT) || rc == (EHOSTUNREACH);
}

static void visit(long lock) PAWL_NO_ANALYSIS
{
	pawl_grant_t grant;
	int rc;

	record((unsigned)lock, HISTORY_ASK, none, false);
	rc = pawl_lock_acquire(peer_lock[lock], some_deadline(), &grant);
	if (!pawl_acquired(rc)) {
		record((unsigned)lock, HISTORY_FAILED, none, false);
		if (!is_failure(rc))
			wonder(rc);
		return;
	}
	record((unsigned)lock, HISTORY_GRANTED, grant.fence, grant.owner_died);
	if (rc == (EOWNERDEAD) && pawl_lock_consistent(peer_lock[lock]))
		wonder(rc);
	be_inside(lock, &grant);
}

static void look_for_keeper(long host)
{
	pawl_remote_info_t info;

	if (pawl_space_remote(peer_space, &info) == 0)
		PAWL_STORE(&play->keeper[host], info.keeper_pid, RELAXED); /* relaxed: a hint */
	kids_nap_us(2000);
}

int play_client(long place)
{
	long host = place / PLAY_EACH;
	int rc = peer_open(host);

	alarm(600); /* it dies with the test; a busy machine is no reason */
	if (rc)
		return rc;
	/* relaxed: read after the end of the process, or of the play */
	PAWL_STORE(&play->client[host][place % PLAY_EACH], record_client((uint32_t)host), RELAXED);
	dice = play->seed + (uint64_t)getpid() * 1000003;
	while (!PAWL_LOAD(&play->stop, RELAXED)) { /* relaxed: soon */
		long lock = up_to(play->work->locks - 1);

		if (place % PLAY_EACH == 0)
			look_for_keeper(host);
		else if (play->work->strangers && one_in(8))
			give(lock);
		else
			visit(lock);
	}
	return 0;
}
