/* SPDX-License-Identifier: BSD-2-Clause */
/** progress.c: the bar of progress.h. */
#include "progress.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "now.h"

#define WIDTH 30

/* By what the steps so far have taken. */
static long seconds_left(size_t done, size_t all)
{
	static int64_t began;

	if (done == 0)
		began = bench_now_ns();
	return done ? (long)((double)(bench_now_ns() - began) / 1e9 * (double)(all - done) / (double)done + 0.5) : 0;
}

void bench_progress(size_t done, size_t all, const char *scenario, const char *what)
{
	static const char full[] = "##############################";
	int filled = all ? (int)(done * WIDTH / all) : 0;
	long left;

	if (!isatty(STDERR_FILENO))
		return;
	left = seconds_left(done, all);
	if (done >= all)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r%s [%.*s%*s] %ld:%02ld left %s\033[K", scenario, filled, full, WIDTH - filled, "",
			left / 60, left % 60, what);
	fflush(stderr);
}
