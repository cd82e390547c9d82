/* SPDX-License-Identifier: BSD-2-Clause */
/* home.c: where the space lives: a private directory in /dev/shm that goes away with us, or the
 * user's own. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"

static bool make_dir(struct exchange *x)
{
	const char *fallback = getenv("TMPDIR");

	snprintf(x->dir, sizeof(x->dir), "/dev/shm/exchange.XXXXXX");
	if (mkdtemp(x->dir) == NULL) {
		snprintf(x->dir, sizeof(x->dir), "%.40s/exchange.XXXXXX", fallback != NULL ? fallback : "/tmp");
		if (mkdtemp(x->dir) == NULL) {
			fprintf(stderr, "exchange: %s: %s; set TMPDIR to a directory that may be written\n", x->dir,
				strerror(errno));
			x->dir[0] = '\0';
			return false;
		}
	}
	return setenv("PAWL_DIR", x->dir, 1) == 0;
}

/* The books are ours alone, so the locks must be: a space in use belongs to somebody else's
 * books. */
bool home_make(struct exchange *x)
{
	int rc;

	if (x->opt->space == NULL) {
		snprintf(x->space_name, sizeof(x->space_name), "exchange");
		return make_dir(x);
	}
	snprintf(x->space_name, sizeof(x->space_name), "%s", x->opt->space);
	rc = pawl_space_unlink(x->space_name);
	if (rc == 0 || rc == ENOENT)
		return true;
	fprintf(stderr, "exchange: --space %s: %s\n", x->space_name, pawl_space_reason());
	return false;
}

/* Persistent: when the reaper happens to take every worker at once, what they held must still be
 * known. */
int home_open(const struct exchange *x, pawl_space_t **space)
{
	pawl_space_options_t options = { .persistent = true };
	int rc = pawl_space_open(space, x->space_name, &options);

	if (rc != 0)
		fprintf(stderr, "exchange: %s\n", pawl_space_reason());
	return rc;
}

static void empty_dir(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d != NULL)
		closedir(d);
}

void home_remove(struct exchange *x)
{
	int rc = pawl_space_unlink(x->space_name);

	if (rc != 0 && rc != ENOENT)
		fprintf(stderr, "exchange: left behind: %s\n", pawl_space_reason());
	if (x->dir[0] != '\0') {
		empty_dir(x->dir);
		rmdir(x->dir);
	}
}
