/* SPDX-License-Identifier: BSD-2-Clause */
/** replay.c: a fuzz target without libFuzzer: fuzz_NAME [FILE...] runs the target with the files, or with those of
 * tests/fuzz/corpus/NAME, each of which is a result. What it must find there are crashes, and the sanitizers'.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/tap.h"
#include "fuzz.h"

enum { LONGEST = 1 << 20 };

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* In memory of its own length, so that who reads behind it is seen. */
static bool run(const char *path)
{
	static uint8_t room[LONGEST];
	FILE *file = fopen(path, "rb");
	size_t n = file ? fread(room, 1, LONGEST, file) : 0;
	uint8_t *bytes = malloc(n ? n : 1);
	bool read = file && !ferror(file) && bytes;

	if (file)
		fclose(file);
	if (read) {
		memcpy(bytes, room, n);
		alarm(60);
		LLVMFuzzerTestOneInput(bytes, n);
	}
	free(bytes);
	return tap_ok(read, "%s", path);
}

static int is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* In the order of their names: what one leaves behind, the next one meets. */
static void run_folder(const char *folder)
{
	struct dirent **list;
	int n = scandir(folder, &list, is_file, alphasort);
	char path[PATH_MAX + NAME_MAX + 2];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
		run(path);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	tap_ok(n > 0, "%d files in %s", n, folder);
}

int main(int argc, char **argv)
{
	char folder[PATH_MAX];
	const char *name = strstr(argv[0], "fuzz_");

	LLVMFuzzerInitialize(&argc, &argv);
	snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s", name ? name + strlen("fuzz_") : "");
	if (argc == 1)
		run_folder(folder);
	for (int i = 1; i < argc; i++)
		run(argv[i]);
	return tap_done();
}
