/* SPDX-License-Identifier: BSD-2-Clause */
/** family.c: finding descendants in /proc (family.h). One that forks while we look may be missed: whoever wants them all dead asks
 * again until waitpid(2) says that there is no child left.
 */
#include "cli/family.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct kin {
	pid_t pid, parent;
	bool ours;
};

struct kinfolk {
	struct kin *list;
	size_t n, room;
};

void cli_family_begin(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* The parent stands behind the name, which may hold anything: behind its last parenthesis. */
static pid_t parent_of(const char *pid)
{
	char path[64], text[512], *end;
	int parent = -1;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : -1;
}

static void add(struct kinfolk *k, pid_t pid, pid_t parent)
{
	if (k->n == k->room) {
		size_t room = k->room ? 2 * k->room : 256;
		struct kin *list = realloc(k->list, room * sizeof(*list));

		if (!list)
			return;
		k->list = list;
		k->room = room;
	}
	k->list[k->n++] = (struct kin){ .pid = pid, .parent = parent };
}

static void list_all(struct kinfolk *k)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0])) {
			pid_t parent = parent_of(entry->d_name);

			if (parent > 0)
				add(k, (pid_t)atoi(entry->d_name), parent);
		}
	if (proc)
		closedir(proc);
}

static bool is_ours(const struct kinfolk *k, pid_t pid)
{
	if (pid == getpid())
		return true;
	for (size_t i = 0; i < k->n; i++)
		if (k->list[i].pid == pid)
			return k->list[i].ours;
	return false;
}

void cli_family_signal(int signal_number)
{
	struct kinfolk k = { 0 };
	bool more = true;

	list_all(&k);
	while (more) {
		more = false;
		for (size_t i = 0; i < k.n; i++)
			if (!k.list[i].ours && is_ours(&k, k.list[i].parent))
				k.list[i].ours = more = true;
	}
	for (size_t i = 0; i < k.n; i++)
		if (k.list[i].ours)
			kill(k.list[i].pid, signal_number);
	free(k.list);
}
