/* SPDX-License-Identifier: BSD-2-Clause */
/** target_peer.c: the locks that pawl is compared with, and one that locks nothing, as targets of the crash tests
 * (target.h). A test that finds no fault with `busted` would find none with anything. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "target.h"

static pthread_mutex_t *mutexes;

static void pthread_init(unsigned locks, int protocol)
{
	pthread_mutexattr_t attr;

	if (!mutexes)
		mutexes = shared_alloc(TARGET_LOCKS_MAX * sizeof(*mutexes));
	memset(mutexes, 0, TARGET_LOCKS_MAX * sizeof(*mutexes));
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setprotocol(&attr, protocol);
	for (unsigned i = 0; i < locks; i++)
		pthread_mutex_init(&mutexes[i], &attr);
	pthread_mutexattr_destroy(&attr);
}

static void glibc_init(unsigned locks)
{
	pthread_init(locks, PTHREAD_PRIO_NONE);
}

static void glibc_pi_init(unsigned locks)
{
	pthread_init(locks, PTHREAD_PRIO_INHERIT);
}

static void nothing(void) /* the mutexes may be in a state that pthread_mutex_destroy does not allow: just forget them */
{
}

static int glibc_lock(unsigned i)
{
	return pthread_mutex_lock(&mutexes[i]);
}

static int glibc_try(unsigned i)
{
	return pthread_mutex_trylock(&mutexes[i]);
}

static int glibc_timed(unsigned i, int64_t ns)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t); /* the only clock that a PI mutex takes */
	ns += t.tv_nsec;
	t.tv_sec += ns / NS_PER_S;
	t.tv_nsec = ns % NS_PER_S;
	return pthread_mutex_timedlock(&mutexes[i], &t);
}

static int glibc_unlock(unsigned i)
{
	return pthread_mutex_unlock(&mutexes[i]);
}

static int glibc_recover(unsigned i)
{
	return pthread_mutex_consistent(&mutexes[i]);
}

static uint32_t glibc_word(unsigned i)
{
	uint32_t word; /* the first member of glibc's struct; only looked at */

	memcpy(&word, &mutexes[i], sizeof(word));
	return word;
}

const struct target target_glibc = {
	.name = "glibc robust",
	.reports_death = true,
	.init = glibc_init,
	.fini = nothing,
	.lock = glibc_lock,
	.trylock = glibc_try,
	.timedlock = glibc_timed,
	.unlock = glibc_unlock,
	.recover = glibc_recover,
	.word = glibc_word,
};

const struct target target_glibc_pi = {
	.name = "glibc robust PI",
	.reports_death = true,
	.init = glibc_pi_init,
	.fini = nothing,
	.lock = glibc_lock,
	.trylock = glibc_try,
	.timedlock = glibc_timed,
	.unlock = glibc_unlock,
	.recover = glibc_recover,
	.word = glibc_word,
};

/* flock belongs to an open file, not to a thread: each thread opens its own, on first use. Forked children reopen. */
static char flock_dir[64];
static _Thread_local int flock_fd[TARGET_LOCKS_MAX];
static _Thread_local pid_t flock_pid;

static void flock_init(unsigned locks)
{
	(void)locks;
	snprintf(flock_dir, sizeof(flock_dir), "/dev/shm/pawl-flock.XXXXXX");
	if (!mkdtemp(flock_dir)) {
		perror(flock_dir);
		exit(1);
	}
}

static void flock_fini(void)
{
	char path[96];

	for (unsigned i = 0; i < TARGET_LOCKS_MAX; i++) {
		snprintf(path, sizeof(path), "%s/%u", flock_dir, i);
		unlink(path);
	}
	rmdir(flock_dir);
}

static int flock_open(unsigned i)
{
	char path[96];

	if (flock_pid != getpid())
		memset(flock_fd, 0, sizeof(flock_fd));
	flock_pid = getpid();
	if (!flock_fd[i]) {
		snprintf(path, sizeof(path), "%s/%u", flock_dir, i);
		flock_fd[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	}
	return flock_fd[i];
}

static int flock_do(unsigned i, int how)
{
	int rc;

	do
		rc = flock(flock_open(i), how) ? errno : 0;
	while (rc == EINTR);
	return rc == EWOULDBLOCK ? EBUSY : rc;
}

static int flock_lock(unsigned i)
{
	return flock_do(i, LOCK_EX);
}

static int flock_try(unsigned i)
{
	return flock_do(i, LOCK_EX | LOCK_NB);
}

static int flock_timed(unsigned i, int64_t ns) /* flock has no deadline: look often */
{
	int64_t until = now_ns() + ns;
	int rc;

	while ((rc = flock_try(i)) == EBUSY && now_ns() < until)
		nap_us(50);
	return rc == EBUSY ? ETIMEDOUT : rc;
}

static int flock_unlock(unsigned i)
{
	return flock_do(i, LOCK_UN);
}

static int no_recover(unsigned i)
{
	(void)i;
	return 0;
}

static uint32_t no_word(unsigned i)
{
	(void)i;
	return 0;
}

const struct target target_flock = {
	.name = "flock",
	.init = flock_init,
	.fini = flock_fini,
	.lock = flock_lock,
	.trylock = flock_try,
	.timedlock = flock_timed,
	.unlock = flock_unlock,
	.recover = no_recover,
	.word = no_word,
};

static void busted_init(unsigned locks)
{
	(void)locks;
}

static int busted_lock(unsigned i)
{
	(void)i;
	return 0;
}

static int busted_timed(unsigned i, int64_t ns)
{
	(void)i;
	(void)ns;
	return 0;
}

const struct target target_busted = {
	.name = "busted",
	.init = busted_init,
	.fini = nothing,
	.lock = busted_lock,
	.trylock = busted_lock,
	.timedlock = busted_timed,
	.unlock = busted_lock,
	.recover = no_recover,
	.word = no_word,
};
