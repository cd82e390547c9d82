/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz.c: see fuzz.h. */
#include "fuzz.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What was freed is kept apart for a while, to be seen when it is used: a megabyte of it is as much as an input frees. Who allocated
 * it is remembered in short; ASAN_OPTIONS=malloc_context_size=30 has the whole stack. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:malloc_context_size=4";
}

uint8_t fuzz_byte(struct fuzz *f)
{
	if (f->left == 0)
		return 0;
	f->left--;
	return *f->at++;
}

uint64_t fuzz_number(struct fuzz *f, unsigned bytes)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < bytes; i++)
		n |= (uint64_t)fuzz_byte(f) << (8 * i);
	return n;
}

char *fuzz_text(struct fuzz *f, char *text, size_t size)
{
	size_t n = 0;
	char c;

	while ((c = (char)fuzz_byte(f)))
		if (n + 1 < size)
			text[n++] = c;
	text[n] = '\0';
	return text;
}

void fuzz_fail(const char *what, const char *file, int line)
{
	dprintf(2, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

void fuzz_be_quiet(void)
{
	stderr = fopen("/dev/null", "w");
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st;
	(void)what;
	(void)ftw;
	return remove(path);
}

/* A child of its own removes the folder once nobody has the other end of the pipe any more: so also after a crash. It leaves the
 * descriptors of whoever waits for our output. */
void fuzz_folder(void)
{
	static char folder[] = "/dev/shm/pawl-fuzz-XXXXXX";
	int ends[2];
	char end;

	if (pipe(ends) || !mkdtemp(folder) || setenv("PAWL_DIR", folder, 1))
		abort();
	if (fork() == 0) {
		if (fork() != 0)
			_exit(0);
		setsid();
		for (int fd = 0; fd < 64; fd++)
			if (fd != ends[0])
				close(fd);
		while (read(ends[0], &end, 1) > 0)
			;
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		_exit(0);
	}
	wait(NULL);
	close(ends[0]);
}
