/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_labels.h: which kill points belong to locks with a remote: those are point_keeper.c's, all others point_sweep.c's. */
#ifndef PAWL_TESTS_REMOTE_LABELS_H
#define PAWL_TESTS_REMOTE_LABELS_H

#include <stdbool.h>
#include <string.h>

static inline bool label_is_remote(const char *label)
{
	static const char *const of[] = { "ask/", "keeper/", "lock/lease-is-ours", "lock/leaving-lease",
		"lock/leaving-with-lease", "seat/", "term/" };

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
		if (strncmp(label, of[i], strlen(of[i])) == 0)
			return true;
	return false;
}

#endif
