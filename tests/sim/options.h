/* SPDX-License-Identifier: BSD-2-Clause */
/** options.h: the command line of the simulator. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "world.h"

struct task {
	struct options o;
	uint64_t first, last;
	bool all, scale, herd, brief;
};

extern const struct options options_usual;
extern const char *const mode_names[]; /* by enum mode; NULL at the end */

/** Exits with 64 if it makes no sense. */
struct task options_read(int argc, char **argv);

#endif
