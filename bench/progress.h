/* SPDX-License-Identifier: BSD-2-Clause */
/** progress.h: a bar on stderr while a benchmark runs; nothing at all where stderr is not a terminal. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stddef.h>

/** `done` of `all` steps are done, `what` is next. Wipes the line when all are. */
void bench_progress(size_t done, size_t all, const char *what);

#endif
