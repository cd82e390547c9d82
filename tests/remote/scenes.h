/* SPDX-License-Identifier: BSD-2-Clause */
/** scenes.h: what others have tested their locks by, told as short scenes with named locks on three hosts (hosts.h), over any service.
 * A scene says where it comes from; none is a copy.
 *
 * Source       the tests of Redisson, Apache Curator, and the C client of ZooKeeper.
 */
#ifndef PAWL_TESTS_SCENES_H
#define PAWL_TESTS_SCENES_H

#include "hosts.h"
#include "service.h"

struct scene {
	const char *name, *from;
	bool (*play)(void);
	unsigned needs; /* SERVICE_*, which the service has to promise */
	bool strict;    /* with PAWL_STRICT */
};

extern const struct scene scenes_redisson[], scenes_curator[]; /* the last has no name */

/* ---- on stage ---- */

extern puppet_t *scene_on[3]; /* a process on each host; a scene may replace one */
extern struct service *scene_service;

/** Wait until an act answers so. */
bool scene_until(puppet_t *p, puppet_act *act, long arg, int answer);
/** Let so many hundredths of a time to live pass. */
void scene_wait(long hundredths);
/** Kill the one on a host; it comes back, as another process. */
void scene_kill(int host);
bool scene_come_back(int host);

#define SCENE(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			tap_note("%s:%d: %s", __FILE__, __LINE__, #condition);                                         \
			return false;                                                                                  \
		}                                                                                                      \
	} while (0)

#endif
