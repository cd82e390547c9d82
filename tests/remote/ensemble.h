/* SPDX-License-Identifier: BSD-2-Clause */
/** ensemble.h: three servers that are one service, "etcd" or "zookeeper": one of them leads, and may be lost. */
#ifndef PAWL_TESTS_ENSEMBLE_H
#define PAWL_TESTS_ENSEMBLE_H

#include "server.h"

enum { MEMBERS = 3 };

struct ensemble {
	struct server member[MEMBERS];
	char options[MEMBERS][1024];
	int elections[MEMBERS], held[MEMBERS]; /* one more port for each */
};

bool ensemble_start(struct ensemble *e, const char *kind);
/** Who leads; waits until somebody does. NULL: nobody. `but`: this one does not count. */
struct server *ensemble_leader(struct ensemble *e, const struct server *but);
/** The authority of all of them, `first` in front; good until the next call. */
const char *ensemble_authority(const struct ensemble *e, const struct server *first);
void ensemble_end(struct ensemble *e);

#endif
