/* SPDX-License-Identifier: BSD-2-Clause */
/** story.c: the two hosts (story.h). A host is a process with a PAWL_DIR of its own, so stopping it stops its keeper too. */
#include "story.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct host {
	pawl_space_t *space;
	pawl_lock_t *lock;
	pawl_grant_t grant;
};

/* A directory, the space in it, and the lock, taken. */
static int arrive(struct host *h, const char *url, const char *dir)
{
	pawl_space_options_t options = { .remote = url, .ttl_ns = 2000000000 };
	int rc;

	setenv("PAWL_DIR", dir, 1);
	rc = pawl_space_open(&h->space, "story", &options);
	if (rc != 0)
		return fprintf(stderr, "%s\n", pawl_space_reason()), rc;
	rc = pawl_lock_open(h->space, "orders/42", PAWL_AUTO_RECOVER, &h->lock);
	return rc != 0 ? rc : pawl_lock_acquire(h->lock, pawl_in_ms(60000), &h->grant);
}

static int depart(struct host *h)
{
	int rc = pawl_lock_release(h->lock);

	pawl_lock_close(h->lock);
	pawl_space_close(h->space);
	return rc;
}

/* What becomes of A's write, and of its lock. */
static int host_a(const char *url, const char *dir, guarded_write *write)
{
	struct host a;
	int rc = arrive(&a, url, dir), written;

	if (rc != 0)
		return fprintf(stderr, "A: %s\n", pawl_strerror(rc)), 1;
	raise(SIGSTOP);
	written = write(a.grant.fence, "sold by A");
	rc = depart(&a);
	printf("A's write, later: %s; its lock: %s\n",
		written == ESTALE ? "refused"
		: written == 0    ? "accepted"
				  : "unknown",
		rc == ESTALE ? "lost meanwhile" : pawl_strerror(rc));
	fflush(stdout);
	return written != ESTALE || rc != ESTALE;
}

static int host_b(const char *url, const char *dir, guarded_write *write)
{
	struct host b;
	int rc = arrive(&b, url, dir), written;

	if (rc != 0)
		return fprintf(stderr, "B: %s\n", pawl_strerror(rc)), 1;
	written = write(b.grant.fence, "sold by B");
	rc = depart(&b);
	printf("B's write: %s\n", written == 0 ? "accepted" : pawl_strerror(written));
	fflush(stdout);
	return written != 0 || rc != 0;
}

static void remove_dir(const char *dir)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		fprintf(stderr, "%s is left behind\n", dir);
}

int story(const char *url, guarded_write *write)
{
	char dir[2][32] = { "/tmp/pawl-story.XXXXXX", "/tmp/pawl-story.XXXXXX" };
	int status = 1, failed = 1;
	pid_t a;

	if (!mkdtemp(dir[0]) || !mkdtemp(dir[1]))
		return perror(dir[0]), 1;
	a = fork();
	if (a == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* stopped, it would stay for ever */
		_exit(host_a(url, dir[0], write));
	}
	if (waitpid(a, &status, WUNTRACED) == a && WIFSTOPPED(status)) {
		failed = host_b(url, dir[1], write);
		kill(a, SIGCONT);
		waitpid(a, &status, 0);
	}
	remove_dir(dir[0]);
	remove_dir(dir[1]);
	return failed || status != 0;
}
