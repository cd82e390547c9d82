/* SPDX-License-Identifier: BSD-2-Clause */
/* home.c: where the spaces live: in a private directory in /dev/shm that goes away with us, or the user's own.
 *
 * A host is a directory in that, which its workers have as PAWL_DIR: a segment, a keeper, a place in the service's queues. The
 * store's space is in the directory itself, for the workers of all hosts.
 */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exchange.h"

static bool between_hosts(const struct options *o)
{
	return o->remote != NULL || o->service != NULL;
}

static bool refuse_dir(const char *dir)
{
	fprintf(stderr, "exchange: %s: %s; set TMPDIR to a directory that may be written\n", dir, strerror(errno));
	return false;
}

static bool make_dir(struct exchange *x)
{
	const char *fallback = getenv("TMPDIR");

	snprintf(x->dir, sizeof(x->dir), "/dev/shm/exchange.XXXXXX");
	if (mkdtemp(x->dir) == NULL) {
		snprintf(x->dir, sizeof(x->dir), "%.40s/exchange.XXXXXX", fallback != NULL ? fallback : "/tmp");
		if (mkdtemp(x->dir) == NULL) {
			refuse_dir(x->dir);
			x->dir[0] = '\0';
			return false;
		}
	}
	return setenv("PAWL_DIR", x->dir, 1) == 0;
}

static void path_of(const struct exchange *x, unsigned host, char path[80])
{
	snprintf(path, 80, "%s/host%u", x->dir, host + 1);
}

static bool make_hosts(const struct exchange *x)
{
	char path[80];

	for (unsigned host = 0; host < x->opt->hosts; host++) {
		path_of(x, host, path);
		if (mkdir(path, 0700) != 0)
			return refuse_dir(path);
	}
	return true;
}

/* The books are ours alone, so the locks must be: a space in use belongs to somebody else's
 * books. */
bool home_make(struct exchange *x)
{
	int rc;

	if (x->opt->space == NULL) {
		snprintf(x->space_name, sizeof(x->space_name), "exchange");
		if (make_dir(x) && (!between_hosts(x->opt) || make_hosts(x)))
			return true;
		home_remove(x);
		return false;
	}
	snprintf(x->space_name, sizeof(x->space_name), "%s", x->opt->space);
	rc = pawl_space_unlink(x->space_name);
	if (rc == 0 || rc == ENOENT)
		return true;
	fprintf(stderr, "exchange: --space %s: %s\n", x->space_name, pawl_space_reason());
	return false;
}

static int open_store(const struct exchange *x, pawl_space_t **store)
{
	pawl_space_options_t options = { .persistent = true, .capacity = 64 };

	setenv("PAWL_DIR", x->dir, 1);
	return pawl_space_open(store, "store", &options);
}

/* Persistent: when the reaper happens to take every worker at once, what they held must still be
 * known. */
int home_open(const struct exchange *x, unsigned host, pawl_space_t **space, pawl_space_t **store)
{
	pawl_space_options_t options = { .persistent = true, .remote = x->url, .ttl_ns = x->opt->ttl_ns };
	char path[80];
	int rc = 0;

	*store = NULL;
	if (x->url != NULL) {
		rc = open_store(x, store);
		path_of(x, host, path);
		setenv("PAWL_DIR", path, 1);
	}
	if (rc == 0)
		rc = pawl_space_open(space, x->space_name, &options);
	if (rc != 0)
		fprintf(stderr, "exchange: %s\n", pawl_space_reason());
	return rc;
}

int home_close(pawl_space_t *space, pawl_space_t *store)
{
	int rc = pawl_space_close(space), closed = store != NULL ? pawl_space_close(store) : 0;

	return rc != 0 ? rc : closed;
}

static int take_one(const struct exchange *x, pawl_space_t *space)
{
	pawl_remote_info_t remote = { .reason = "" };
	pawl_lock_t *lock;
	int rc = pawl_lock_open(space, "exchange", PAWL_AUTO_RECOVER, &lock);

	if (rc == 0)
		rc = pawl_lock_acquire(lock, pawl_in_ns(x->opt->patience_ns + 2 * x->opt->ttl_ns), NULL);
	if (rc == 0)
		return pawl_lock_release(lock);
	pawl_space_remote(space, &remote);
	fprintf(stderr, "exchange: %s: no lock to be had: %s: %s\n", remote.url, pawl_strerror(rc), remote.reason);
	return rc;
}

/* In a process of its own: a keeper's thread must not be there when workers are forked. A service that has just been started
 * may give no lock for as long as leases may last that it has forgotten: waited for here, before the run. */
bool home_try(const struct exchange *x)
{
	pawl_space_t *space, *store;
	int status = -1;
	pid_t pid;

	if (x->url == NULL)
		return true;
	pid = fork();
	if (pid == 0)
		_exit(home_open(x, 0, &space, &store) != 0 || take_one(x, space) != 0 || home_close(space, store) != 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static int remove_one(const char *path, const struct stat *unused, int kind, struct FTW *ftw)
{
	(void)unused, (void)kind, (void)ftw;
	remove(path);
	return 0;
}

void home_remove(struct exchange *x)
{
	int rc = pawl_space_unlink(x->space_name);

	if (rc != 0 && rc != ENOENT)
		fprintf(stderr, "exchange: left behind: %s\n", pawl_space_reason());
	if (x->dir[0] != '\0')
		nftw(x->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
