/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_timeout.c: a request has 50 ms for all it has to do, and two locks to get in that time; a function that has one of them
 * calls another one that takes it again.
 *
 * A deadline is a point of time, so it is made once, where the request comes in, and handed down: what one wait has used up,
 * the next one does not have. Another process has the printer, and gives it up when it is told to.
 *
 * Prints: the first request: late; the second: printed under one token
 */
#include <assert.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/lock.h>

static pawl_space_t *host;
static pawl_lock_t *paper, *printer;
static bool one_token;

/* Whoever comes here has the printer, or not yet: it does not matter. */
static int print(pawl_fence_t token)
{
	pawl_grant_t grant;
	int rc = pawl_lock_acquire(printer, PAWL_TRY, &grant);

	if (rc == 0) {
		one_token = pawl_fence_cmp(grant.fence, token) == 0; /* re-entry is no new grant */
		pawl_lock_release(printer);
	}
	return rc;
}

static int with_paper(pawl_deadline_t deadline)
{
	pawl_grant_t grant;
	int rc = pawl_lock_acquire(printer, deadline, &grant);

	if (rc == 0) {
		rc = print(grant.fence);
		pawl_lock_release(printer);
	}
	return rc;
}

static int request(pawl_deadline_t deadline)
{
	int rc = pawl_lock_acquire(paper, deadline, NULL);

	if (rc == 0) {
		rc = with_paper(deadline);
		pawl_lock_release(paper);
	}
	return rc;
}

/* Keeps the printer until its end of the pipe is closed. */
static int keep(int ready, int until)
{
	int rc = pawl_lock_acquire(printer, PAWL_FOREVER, NULL);
	char c = 0;

	if (rc != 0)
		return rc;
	rc = write(ready, &c, 1) != 1 || read(until, &c, 1) != 0;
	pawl_lock_release(printer);
	return rc;
}

int main(void)
{
	int ready[2], until[2], first, second, status;
	char c;

	if (pipe(ready) != 0 || pipe(until) != 0)
		return 1;
	if (pawl_space_open(&host, "office", NULL) != 0) {
		fprintf(stderr, "%s\n", pawl_space_reason());
		return 1;
	}
	if (pawl_lock_open(host, "paper", PAWL_AUTO_RECOVER, &paper) != 0 ||
		pawl_lock_open(host, "printer", PAWL_AUTO_RECOVER | PAWL_RECURSIVE, &printer) != 0)
		return 1;
	if (fork() == 0) {
		close(until[1]);
		_exit(keep(ready[1], until[0]));
	}
	if (read(ready[0], &c, 1) != 1)
		return 1;
	first = request(pawl_in_ms(50));
	close(until[1]);
	second = request(pawl_in_ms(30000)); /* so that a busy machine is no reason */
	wait(&status);
	assert(first == ETIMEDOUT && second == 0 && status == 0);
	printf("the first request: %s; the second: printed under %s\n", first == ETIMEDOUT ? "late" : "in time",
		one_token ? "one token" : "two tokens");
	return pawl_space_close(host);
}
