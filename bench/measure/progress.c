/* SPDX-License-Identifier: BSD-2-Clause */
/** progress.c: the bar of progress.h. */
#include "progress.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
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

/* A line that wraps could not be taken back: each would stay. */
static int columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void bench_progress(size_t done, size_t all, const char *scenario, const char *what)
{
	static const char full[] = "##############################";
	int filled = all ? (int)(done * WIDTH / all) : 0;
	char line[160] = "";
	long left;

	if (!isatty(STDERR_FILENO))
		return;
	left = seconds_left(done, all);
	if (done < all)
		snprintf(line, sizeof(line), "%s [%.*s%*s] %ld:%02ld left %s", scenario, filled, full, WIDTH - filled,
			"", left / 60, left % 60, what);
	fprintf(stderr, "\r%.*s\033[K", columns() - 1, line);
	fflush(stderr);
}
