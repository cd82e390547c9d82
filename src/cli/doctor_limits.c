/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor_limits.c: what this process, and what is started from the same shell, may use. */
#include "cli/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MIB (1024 * 1024ULL)

/* A space of the default capacity: header, 4,096 liveness slots, 65,536 names at 128 bytes, 16 for long ones and 256 of figures,
 * and 256 for leases; rounded up. */
#define SPACE_BYTES (42 * MIB)

static char *amount(rlim_t limit)
{
	return limit == RLIM_INFINITY ? cli_format("unlimited") : cli_format("%llu KiB", (unsigned long long)limit / 1024);
}

/* A space takes one descriptor, a lock that lingers one more: few, but a program has its own as well. */
static void check_descriptors(struct doctor *doctor)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	if (limit.rlim_cur < 64)
		doctor_report(doctor, WARN, "descriptors", cli_format("at most %llu", (unsigned long long)limit.rlim_cur),
			"each space takes one, each lock of `pawl run` one more: raise it by "
			"`ulimit -n 1024`");
	else
		doctor_report(doctor, OK, "descriptors", cli_format("at most %llu", (unsigned long long)limit.rlim_cur), NULL);
}

static void check_file_size(struct doctor *doctor)
{
	struct rlimit limit;
	bool low;

	if (getrlimit(RLIMIT_FSIZE, &limit))
		return;
	low = limit.rlim_cur < SPACE_BYTES;
	doctor_report(doctor, low ? BAD : OK, "file size", amount(limit.rlim_cur),
		low ? "a space is a file of up to 42 MiB, most of it never filled: `ulimit -f "
		      "unlimited`"
		    : NULL);
}

/* A figure of a /proc file made of "Key:  123 kB" lines; -1 if it is not there. */
static long long proc_kib(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char line[256];
	long long kib = -1;

	if (!file)
		return -1;
	while (kib < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			kib = atoll(line + strlen(key));
	fclose(file);
	return kib;
}

/* Without swap the pages of a space in /dev/shm stay in memory by themselves. With it, a lock that was not used for long
 * may cost a disk read, and a program that cannot have that locks its memory. */
static void check_memory_lock(struct doctor *doctor)
{
	long long swap = proc_kib("/proc/meminfo", "SwapTotal:"), locked = proc_kib("/proc/self/status", "VmLck:");
	struct rlimit limit;
	char *may;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	may = amount(limit.rlim_cur);
	if (swap > 0 && limit.rlim_cur < SPACE_BYTES)
		doctor_report(doctor, OK, "memory lock",
			cli_format("there is swap and mlock is limited to %s: fine, but for a "
				   "program that must never wait "
				   "for a page (`ulimit -l unlimited`)",
				may),
			NULL);
	else
		doctor_report(doctor, OK, "memory lock",
			cli_format("%s; mlock is limited to %s, %lld KiB are locked here",
				swap > 0 ? "there is swap" : "no swap, so a space stays in memory", may,
				locked < 0 ? 0 : locked),
			NULL);
	free(may);
}

void doctor_limits(struct doctor *doctor)
{
	check_descriptors(doctor);
	check_file_size(doctor);
	check_memory_lock(doctor);
}
