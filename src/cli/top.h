/* SPDX-License-Identifier: BSD-2-Clause */
/** top.h: what `pawl top` reads (top_sample.c) and shows (top_view.c). */
#ifndef PAWL__CLI_TOP_H
#define PAWL__CLI_TOP_H

#include "cli/cli.h"

struct cli_top_space {
	char *name, *path;
	char *reason; /* why it could not be looked into; NULL: it was */
	pawl_space_stats_t stats;
	pawl_remote_info_t remote;
};

struct cli_top_lock {
	const char *space;
	double rate, waited; /* grants a second since the sample before, and those that had to wait; below 0: not known */
	pawl_times_t waits; /* since the sample before; without one, all there were */
	pawl_lock_info_t info;
};

/** All spaces that were asked for, and their locks, at one moment. */
struct cli_top_sample {
	pawl_deadline_t at;
	double seconds;               /* since the sample before; 0: there is none */
	struct cli_top_space *spaces; /* by name */
	size_t n_spaces;
	struct cli_top_lock **locks; /* by space and name */
	struct cli_top_lock **busy;  /* the same, the busiest first */
	size_t n_locks, room;
	bool remote; /* one of the spaces has a remote */
	int status;  /* exit code: 0, or what the last space that could not be opened means */
};

/** Look into the space called `name`, or into every space (NULL). A space that is not there is none. `before` is the sample to compare
 * with, NULL for the first. Free it. */
struct cli_top_sample *cli_top_sample(const char *name, const struct cli_top_sample *before);
void cli_top_free(struct cli_top_sample *sample);

/** Print a sample on stdout, in at most `rows` lines of at most `columns`; 0: as many as there are. `name` as above. */
void cli_top_print(const struct cli_top_sample *sample, const char *name, int rows, int columns);

/** The same as a JSON object. */
void cli_top_print_json(const struct cli_top_sample *sample);

#endif
