/* SPDX-License-Identifier: BSD-2-Clause */
/** machine.c: what /proc, /sys and the compiler say about this machine and this program (machine.h). */
#include "machine.h"

#include <errno.h>
#include <glob.h>
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

static const char *read_line(const char *path, const char *otherwise, char *out, size_t size)
{
	return line_of(path, "", out, size) ? out : otherwise;
}

bool bench_machine_flag(const char *flag)
{
	char text[8192], word[64];

	if (!line_of("/proc/cpuinfo", "flags", text + 1, sizeof(text) - 2))
		return false;
	text[0] = ' ';
	strcat(text, " ");
	snprintf(word, sizeof(word), " %s ", flag);
	return strstr(text, word) != NULL;
}

static void add_word(char *list, size_t size, const char *word)
{
	size_t n = strlen(list);

	snprintf(list + n, size - n, "%s%s", n ? " " : "", word);
}

/* Against which weaknesses of CPUs the kernel does something, which makes system calls dearer, and which it leaves open. */
static void add_mitigations(bench_facts_t *facts)
{
	char mitigated[256] = "", open[128] = "", state[16] = "";
	glob_t found;

	if (glob("/sys/devices/system/cpu/vulnerabilities/*", 0, NULL, &found) != 0) {
		bench_facts_add(facts, "mitigations", "unknown");
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		FILE *f = fopen(found.gl_pathv[i], "re");

		if (f && fgets(state, sizeof(state), f) && strncmp(state, "Mitigation", 10) == 0)
			add_word(mitigated, sizeof(mitigated), strrchr(found.gl_pathv[i], '/') + 1);
		else if (f && strncmp(state, "Vulnerable", 10) == 0)
			add_word(open, sizeof(open), strrchr(found.gl_pathv[i], '/') + 1);
		if (f)
			fclose(f);
	}
	globfree(&found);
	bench_facts_add(facts, "mitigations", "%s%s%s", *mitigated ? mitigated : "none", *open ? ", open " : "", open);
}

static void add_cpu(bench_facts_t *facts)
{
	char text[8192];

	bench_facts_add(facts, "cpu", "%s", line_of("/proc/cpuinfo", "model name", text, sizeof(text)) ? text : "unknown");
	bench_facts_add(facts, "cores", "%ld online, %u allowed", sysconf(_SC_NPROCESSORS_ONLN), bench_machine_cpus());
	bench_facts_add(facts, "smt", "%s", read_line("/sys/devices/system/cpu/smt/control", "unknown", text, sizeof(text)));
	if (line_of("/proc/cpuinfo", "flags", text, sizeof(text)))
		bench_facts_add(facts, "virtualised", "%s", bench_machine_flag("hypervisor") ? "yes" : "no");
	else
		bench_facts_add(facts, "virtualised", "unknown");
	bench_facts_add(facts, "governor", "%s",
		read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "none", text, sizeof(text)));
	add_mitigations(facts);
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
