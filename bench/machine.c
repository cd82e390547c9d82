/* SPDX-License-Identifier: BSD-2-Clause */
/** machine.c: what /proc, /sys and the compiler say about this machine and this program (machine.h). */
#include "machine.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <pawl/base.h>

#ifndef BENCH_FLAGS
#define BENCH_FLAGS "not recorded"
#endif

void bench_facts_add(bench_facts_t *facts, const char *name, const char *form, ...)
{
	va_list args;

	if (facts->n == BENCH_FACTS_MOST)
		return;
	facts->fact[facts->n].name = name;
	va_start(args, form);
	vsnprintf(facts->fact[facts->n].value, sizeof(facts->fact[0].value), form, args);
	va_end(args);
	facts->n++;
}

/* The first line of a file that begins with `key`, from behind the colon if there is one. */
static bool line_of(const char *path, const char *key, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	char line[4096];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		const char *from = strchr(line, ':');

		found = strncmp(line, key, strlen(key)) == 0;
		from = from ? from + 1 : line;
		snprintf(out, size, "%.*s", (int)strcspn(from + strspn(from, " \t"), "\n"), from + strspn(from, " \t"));
	}
	if (f)
		fclose(f);
	return found;
}

static void add_cpu(bench_facts_t *facts)
{
	char text[4096];

	bench_facts_add(facts, "cpu", "%s", line_of("/proc/cpuinfo", "model name", text, sizeof(text)) ? text : "unknown");
	bench_facts_add(facts, "cores", "%ld online, %u allowed", sysconf(_SC_NPROCESSORS_ONLN), bench_machine_cpus());
	if (line_of("/proc/cpuinfo", "flags", text, sizeof(text)))
		bench_facts_add(facts, "virtualised", "%s", strstr(text, " hypervisor") ? "yes" : "no");
	else
		bench_facts_add(facts, "virtualised", "unknown");
	bench_facts_add(facts, "governor", "%s",
		line_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", text, sizeof(text)) ? text : "none");
}

void bench_facts_machine(bench_facts_t *facts)
{
	struct utsname u;
	char text[160];

	add_cpu(facts);
	if (uname(&u) == 0)
		bench_facts_add(facts, "kernel", "%s %s %s", u.sysname, u.release, u.machine);
	bench_facts_add(facts, "libc", "glibc %s", gnu_get_libc_version());
#ifdef __clang__
	bench_facts_add(facts, "compiler", "%s", __VERSION__);
#else
	bench_facts_add(facts, "compiler", "gcc %s", __VERSION__);
#endif
	bench_facts_add(facts, "flags", "%s", BENCH_FLAGS);
	bench_facts_add(facts, "pawl", "%d.%d.%d", PAWL_VERSION_MAJOR, PAWL_VERSION_MINOR, PAWL_VERSION_PATCH);
	if (line_of("/proc/loadavg", "", text, sizeof(text)))
		bench_facts_add(facts, "load", "%s", text);
}

unsigned bench_machine_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

int bench_machine_pin(unsigned i)
{
	cpu_set_t set, one;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return errno;
	i %= (unsigned)CPU_COUNT(&set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && i-- == 0) {
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
			return sched_setaffinity(0, sizeof(one), &one) == 0 ? 0 : errno;
		}
	return EINVAL;
}
