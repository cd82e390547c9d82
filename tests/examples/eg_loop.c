/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_loop.c: an event loop that works under a lease, and stops as soon as it is told that the lease is lost.
 *
 *   eg_loop URL     of a lock service; beside it somebody takes the lease away
 *
 * The descriptor of the lock is one of those that epoll waits for, so no thread of the program has to look after the lease. What was
 * done between the loss and this moment was done without the lock: release says ESTALE, and the token is what others check.
 *
 * Prints: holding shard/7
 * Prints: lease lost: stopped, after some work; release says ESTALE
 */
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <pawl/lock.h>

enum { WORK, LOST };

static int watch(int loop, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = what } };

	return epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
}

/* Something to do every 20 ms; a socket's requests, say. */
static int make_work(void)
{
	struct itimerspec every = { .it_interval = { .tv_nsec = 20000000 }, .it_value = { .tv_nsec = 20000000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	timerfd_settime(fd, 0, &every, NULL);
	return fd;
}

/* Until the lease is lost. How many pieces of work were done; -1: an error. */
static long loop_until_lost(pawl_lock_t *shard)
{
	int loop = epoll_create1(EPOLL_CLOEXEC), work = make_work();
	struct epoll_event event;
	uint64_t ticks;
	long done = 0;

	if (watch(loop, work, WORK) != 0 || watch(loop, pawl_lock_lost_fd(shard), LOST) != 0)
		return -1;
	while (epoll_wait(loop, &event, 1, -1) == 1 && event.data.u32 == WORK && read(work, &ticks, sizeof(ticks)) > 0)
		done++;
	close(work);
	close(loop);
	return done;
}

static int serve(pawl_lock_t *shard)
{
	int rc = pawl_lock_acquire(shard, pawl_in_ms(60000), NULL);
	long done;

	if (rc != 0)
		return rc;
	puts("holding shard/7");
	fflush(stdout);
	done = loop_until_lost(shard);
	rc = pawl_lock_release(shard);
	printf("lease lost: stopped, after %s; release says %s\n", done > 0 ? "some work" : "no work at all",
		rc == ESTALE ? "ESTALE" : pawl_strerror(rc));
	return done < 0 ? EIO : 0;
}

int main(int argc, char **argv)
{
	pawl_space_options_t options = { .remote = argc > 1 ? argv[1] : "", .ttl_ns = 3000000000 };
	pawl_space_t *host;
	pawl_lock_t *shard;
	int rc;

	if (argc != 2)
		return fprintf(stderr, "usage: eg_loop URL\n"), 64;
	if (pawl_space_open(&host, "shards", &options) != 0)
		return fprintf(stderr, "%s\n", pawl_space_reason()), 1;
	rc = pawl_lock_open(host, "shard/7", PAWL_AUTO_RECOVER, &shard);
	if (rc == 0)
		rc = serve(shard);
	if (rc != 0)
		fprintf(stderr, "shard/7: %s\n", pawl_strerror(rc));
	return rc != 0 ? 1 : pawl_space_close(host);
}
