/* SPDX-License-Identifier: BSD-2-Clause */
/** puppet.c: children that do what they are told (kids.h): a mailbox in shared memory, and a futex to wait on it. */
#include "kids.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <pawl/annotate.h>

static puppet_t *self;

static void mail_wait(uint32_t *word, uint32_t value)
{
	struct timespec slice = { 0, 100000000 };

	syscall(SYS_futex, word, FUTEX_WAIT, value, &slice, NULL, 0);
}

static void mail_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void obey_once(puppet_t *p, uint32_t asked)
{
	PAWL_STORE(&p->taken, asked, RELEASE);
	p->answer = p->act(p->arg);
	PAWL_STORE(&p->answered, asked, RELEASE);
	mail_wake(&p->answered);
}

/* An act that is NULL ends the puppet. */
static int obey(void *arg)
{
	puppet_t *p = self = arg;

	for (;;) {
		uint32_t asked = PAWL_LOAD(&p->asked, ACQUIRE);

		if (asked == p->answered)
			mail_wait(&p->asked, asked);
		else if (!p->act)
			return 0;
		else
			obey_once(p, asked);
	}
}

puppet_t *puppet_new(puppet_act *first, long arg)
{
	puppet_t *p = kids_map(sizeof(*p));

	if (first) {
		p->act = first;
		p->arg = arg;
		p->asked = 1;
	}
	p->pid = kids_fork(obey, p);
	return p;
}

/* Only children are moved by unshare; what follows must be at home again. */
puppet_t *puppet_new_namespace(puppet_act *first, long arg)
{
	int home = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	puppet_t *p = NULL;

	if (home < 0)
		return NULL;
	if (unshare(CLONE_NEWPID) == 0) {
		p = puppet_new(first, arg);
		if (setns(home, CLONE_NEWPID))
			perror("setns");
	}
	close(home);
	return p;
}

void puppet_ask(puppet_t *p, puppet_act *act, long arg)
{
	p->act = act;
	p->arg = arg;
	PAWL_FETCH_ADD(&p->asked, 1u, RELEASE);
	mail_wake(&p->asked);
}

bool puppet_done(const puppet_t *p)
{
	return PAWL_LOAD(&p->answered, ACQUIRE) == p->asked;
}

int puppet_answer(puppet_t *p)
{
	int64_t until = kids_now_ns() + (int64_t)KIDS_PATIENCE_MS * 1000000;

	while (!puppet_done(p)) {
		uint32_t answered = PAWL_LOAD(&p->answered, ACQUIRE);

		if (kids_now_ns() > until)
			return KIDS_HUNG;
		if (answered != p->asked)
			mail_wait(&p->answered, answered);
	}
	return p->answer;
}

int puppet_do(puppet_t *p, puppet_act *act, long arg)
{
	puppet_ask(p, act, arg);
	return puppet_answer(p);
}

bool puppet_asleep(puppet_t *p)
{
	return kids_until(&p->taken, p->asked) && kids_asleep(p->pid) && !puppet_done(p);
}

void puppet_tell(uint64_t extra)
{
	self->extra = extra;
}

void puppet_kill(puppet_t *p)
{
	kids_kill(p->pid);
	kids_unmap(p, sizeof(*p));
}

void puppet_end(puppet_t *p)
{
	puppet_ask(p, NULL, 0);
	puppet_reap(p);
}

int puppet_reap(puppet_t *p)
{
	int status = kids_join(p->pid);

	kids_unmap(p, sizeof(*p));
	return status;
}
