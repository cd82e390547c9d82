/* SPDX-License-Identifier: BSD-2-Clause */
/** sysv_sem.c: a System V semaphore of one; with SEM_UNDO the kernel gives it back for a process that dies. What is killed
 * before it is shut leaves the semaphore behind: ipcs -s shows it. */
#include <errno.h>
#include <sys/ipc.h>
#include <sys/sem.h>

static inline int add(int id, short n, short flags)
{
	struct sembuf operation = { .sem_num = 0, .sem_op = n, .sem_flg = (short)(SEM_UNDO | flags) };

	if (semop(id, &operation, 1) == 0)
		return 0;
	return errno == EAGAIN ? EBUSY : errno;
}

static int make(int *id)
{
	*id = semget(IPC_PRIVATE, 1, 0600); /* Linux starts it at 0 */
	return *id < 0 || semop(*id, &(struct sembuf){ .sem_op = 1 }, 1) != 0 ? errno : 0;
}

#define ROW       sysv_sem
#define WHAT      "semop with SEM_UNDO"
#define TRAITS    (BENCH_SHARED | BENCH_SURVIVES)
#define TYPE      int
#define INIT(l)   make(l)
#define LOCK(l)   add(*l, -1, 0)
#define TRY(l)    add(*l, -1, IPC_NOWAIT)
#define UNLOCK(l) add(*l, 1, 0)
#define SHUT(l)   semctl(*l, 0, IPC_RMID)
#include "../lockrow.h"
