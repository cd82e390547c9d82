/* SPDX-License-Identifier: BSD-2-Clause */
/** progress.c: the bar of progress.h. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 30

void bench_progress(size_t done, size_t all, const char *what)
{
	static const char full[] = "##############################";
	int filled = all ? (int)(done * WIDTH / all) : 0;

	if (!isatty(STDERR_FILENO))
		return;
	if (done >= all)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r[%.*s%*s] %zu/%zu %s\033[K", filled, full, WIDTH - filled, "", done, all, what);
	fflush(stderr);
}
