/* SPDX-License-Identifier: BSD-2-Clause */
/** progress.h: a bar on stderr while a scenario runs, with the time that is left; nothing where stderr is no terminal. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stddef.h>

/** `done` of `all` steps of a scenario are done, `what` is next. Wipes the line when all are. */
void bench_progress(size_t done, size_t all, const char *scenario, const char *what);

#endif
