/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor_kernel.c: whether this kernel, as this process may use it, has what the liveness of owners is made of. */
#include "cli/doctor.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/restart.h>

#include "core/fence.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449 /* the same on every architecture */
#endif

static void check_version(struct doctor *doctor)
{
	struct utsname name;

	if (uname(&name) == 0)
		doctor_report(doctor, OK, "kernel", cli_format("%s %s, %s", name.sysname, name.release, name.machine), NULL);
}

/* An empty list is EINVAL where the call exists and may be used. */
static void check_waitv(struct doctor *doctor)
{
	static const char cure[] = "the death of an owner is then seen within 5 ms instead of 0.2: "
				   "use Linux 5.16 or newer, "
				   "or a container profile that allows futex_waitv";

	if (syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) < 0 && errno != EINVAL)
		doctor_report(doctor, WARN, "futex_waitv",
			cli_format(errno == ENOSYS ? "this kernel does not have it"
						   : "refused to this process (%s), "
						     "by a seccomp filter",
				strerror(errno)),
			cure);
	else
		doctor_report(doctor, OK, "futex_waitv", cli_format("a waiter watches lock and owner at once"), NULL);
}

/* What the mutex between threads is given back with (restart.h). */
static void check_restart(struct doctor *doctor)
{
	if (pawl__fence_restart_can() && pawl_restart_ != 0)
		doctor_report(doctor, OK, "rseq",
			cli_format("a mutex inside a process is given back without an atomic instruction"), NULL);
	else
		doctor_report(doctor, WARN, "rseq", cli_format("restartable sequences or membarrier cannot be had"),
			"a mutex inside a process costs two atomic instructions instead of one: use x86-64, Linux "
			"5.10, glibc "
			"2.35 or newer, or a container profile that allows rseq and membarrier");
}

/* The real thing: a child dies while it holds a robust mutex. Gives what its parent then gets. */
static int die_holding(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attributes;
	pid_t child;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(pthread_mutex_lock(mutex));
	if (child < 0 || waitpid(child, NULL, 0) < 0)
		return errno;
	return pthread_mutex_trylock(mutex);
}

/* Give it back before its memory goes: a held robust mutex is on the list that the kernel, and everybody else who takes a
 * robust mutex in this thread, walks. */
static void put_away(void *page, int rc)
{
	if (page == MAP_FAILED)
		return;
	if (rc == 0 || rc == (EOWNERDEAD))
		pthread_mutex_unlock(page);
	munmap(page, sizeof(pthread_mutex_t));
}

static void check_robust(struct doctor *doctor)
{
	void *page = mmap(NULL, sizeof(pthread_mutex_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc = page == MAP_FAILED ? errno : die_holding(page);

	put_away(page, rc);
	if (rc == (EOWNERDEAD))
		doctor_report(doctor, OK, "robust list", cli_format("the kernel marks what a dead thread held"), NULL);
	else
		doctor_report(doctor, BAD, "robust list",
			cli_format("a child died holding a robust mutex and it reads: %s", rc ? strerror(rc) : "free"),
			"without it no death is noticed: use a Linux kernel with CONFIG_FUTEX, not "
			"an emulation of one");
}

static void check_memfd(struct doctor *doctor)
{
	int fd = memfd_create("pawl-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0)
		doctor_report(doctor, OK, "memfd", cli_format("anonymous spaces can be made, and sealed"), NULL);
	else
		doctor_report(doctor, WARN, "memfd", cli_format("no sealed memfd: %s", strerror(errno)),
			"spaces without a name cannot be opened, those with one can: allow "
			"memfd_create");
	if (fd >= 0)
		close(fd);
}

void doctor_kernel(struct doctor *doctor)
{
	check_version(doctor);
	check_waitv(doctor);
	check_restart(doctor);
	check_robust(doctor);
	check_memfd(doctor);
}
