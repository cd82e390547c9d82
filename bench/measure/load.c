/* SPDX-License-Identifier: BSD-2-Clause */
/** load.c: foreign load from /proc/stat, less what we used ourselves (load.h). */
#include "load.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "now.h"

static int64_t rusage_ns(int who)
{
	struct rusage u;

	if (getrusage(who, &u) != 0)
		return 0;
	return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
	       ((int64_t)u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static int64_t busy_ns(void)
{
	long long user, nice, system, idle, iowait, irq, softirq, steal;
	FILE *f = fopen("/proc/stat", "re");
	int n;

	if (!f)
		return 0;
	n = fscanf(f, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &user, &nice, &system, &idle, &iowait, &irq,
		&softirq, &steal);
	fclose(f);
	if (n != 8)
		return 0;
	/* `user` contains what guests ran, `nice` is apart */
	return (user + nice + system + irq + softirq + steal) * (1000000000 / sysconf(_SC_CLK_TCK));
}

bench_load_t bench_load_now(void)
{
	bench_load_t l = { bench_now_ns(), busy_ns(), rusage_ns(RUSAGE_SELF) + rusage_ns(RUSAGE_CHILDREN) };

	return l;
}

double bench_load_foreign(const bench_load_t *before)
{
	bench_load_t now = bench_load_now();
	int64_t others = (now.busy_ns - before->busy_ns) - (now.own_ns - before->own_ns);
	int64_t wall = now.wall_ns - before->wall_ns;

	return others <= 0 || wall <= 0 ? 0 : (double)others / (double)wall;
}

static int running(void)
{
	FILE *f = fopen("/proc/loadavg", "re");
	int n = 1;

	if (!f)
		return 1;
	if (fscanf(f, "%*f %*f %*f %d/", &n) != 1)
		n = 1;
	fclose(f);
	return n;
}

void bench_load_wait(void)
{
	int64_t end = bench_now_ns() + 100000000;

	while (running() > 1 && bench_now_ns() < end)
		bench_sleep_ns(5000000);
}
