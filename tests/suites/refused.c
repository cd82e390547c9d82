/* SPDX-License-Identifier: BSD-2-Clause */
/** refused.c: runs a command as on a kernel that does not have some system calls, or in a container whose filter refuses them.
 *
 *   refused NAME... -- COMMAND ARG...     NAME: membarrier, rseq, futex_waitv; they answer ENOSYS
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned number;
} calls[] = { { "membarrier", SYS_membarrier }, { "rseq", SYS_rseq }, { "futex_waitv", 449 } };

/* Filters add up: one for each call. */
static bool refuse(unsigned number)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(rules) / sizeof(rules[0]), rules };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool refuse_named(const char *name)
{
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return refuse(calls[i].number);
	errno = EINVAL;
	return false;
}

int main(int argc, char **argv)
{
	int i = 1;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return perror("refused"), 1;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!refuse_named(argv[i]))
			return perror(argv[i]), 1;
	if (i + 1 >= argc)
		return 64;
	execvp(argv[i + 1], argv + i + 1);
	return 127;
}
