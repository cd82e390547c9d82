/* SPDX-License-Identifier: BSD-2-Clause */
/** threads.c: looking at the threads of a space, and at what they wait for. Loads only, as info.c. */
#include <errno.h>
#include <string.h>

#include <pawl/lock.h>

#include "core/cancel.h"
#include "space/live.h"
#include "space/table.h"

/* The name of the lock that a slot's thread says it waits for. A place that has changed its name since, or is about to, has nobody
 * who waits for it. */
static void look_at_wait(const struct pawl_space *space, const struct pawl__slot *slot, pawl_thread_info_t *info)
{
	uint32_t i = PAWL_LOAD(&slot->waiting_place, RELAXED); /* relaxed: for people, as all here */
	const struct pawl__place *place = i != 0 ? pawl__place_at(space, i - 1) : NULL;
	struct pawl__spot spot = { .index = i - 1 };

	if (!place)
		return;
	spot.gen = pawl__table_gen(place);
	if (!pawl__gen_is_ready(spot.gen) || !pawl__table_name(space, spot, info->waits_for)) {
		info->waits_for[0] = '\0';
		return;
	}
	info->since_ns = PAWL_LOAD(&slot->waiting_since_ns, RELAXED); /* relaxed: for people */
}

/* False: there is none, or it is just coming or going. */
static bool look(const struct pawl_space *space, uint32_t s, pawl_thread_info_t *info)
{
	const struct pawl__slot *slot = pawl__slot_at(space, s);
	struct pawl__who who;

	memset(info, 0, sizeof(*info));
	if (!slot || pawl__live_is_vacant(space, s) || !pawl__live_who(space, s, &who))
		return false;
	info->member = s;
	info->pid = who.pid;
	info->tid = who.tid;
	info->foreign_pid = who.pid_ns != pawl__live_pid_namespace();
	memcpy(info->command, who.command, sizeof(info->command));
	look_at_wait(space, slot, info);
	return true;
}

int pawl_thread_list(pawl_space_t *space, int (*each)(const pawl_thread_info_t *info, void *arg), void *arg)
{
	pawl_thread_info_t info;
	int rc = 0;

	if (!space || !each)
		return EINVAL;
	for (uint32_t s = 1; rc == 0 && pawl__slot_at(space, s); s++) {
		int cancel = pawl__cancel_off();
		bool there = look(space, s, &info);

		pawl__cancel_back(cancel);
		if (there)
			rc = each(&info, arg);
	}
	return rc;
}
