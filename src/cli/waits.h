/* SPDX-License-Identifier: BSD-2-Clause */
/** waits.h: who waits for whom in a space: the waiters of a lock, and where the waiting of its owner leads. */
#ifndef PAWL__CLI_WAITS_H
#define PAWL__CLI_WAITS_H

#include "cli/json.h"

/** A lock, and the thread that holds it. */
struct cli_link {
	char *lock;
	pawl_thread_info_t owner;
	uint64_t grant; /* of the hold */
};

struct cli_waits {
	pawl_thread_info_t *waiters; /* of the lock that was asked for, the longest wait first */
	size_t n_waiters;
	struct cli_link *links; /* that lock, the lock its owner waits for, and so on */
	size_t n_links;
	bool is_circle; /* the owner of the last one waits for links[first] */
	size_t first;
};

/** Look. Free it. */
struct cli_waits *cli_waits_read(pawl_space_t *space, const pawl_lock_info_t *info);
void cli_waits_free(struct cli_waits *waits);

void cli_waits_print(const struct cli_waits *waits);
void cli_waits_put_json(json_t *object, const struct cli_waits *waits);

#endif
