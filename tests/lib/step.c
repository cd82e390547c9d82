/* SPDX-License-Identifier: BSD-2-Clause */
/** step.c: single-stepping by ptrace (step.h). A timer of one millisecond interrupts the wait for a step, so that a victim
 * that has gone to sleep inside a system call is noticed without polling. */
#include "step.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern const char __executable_start[], etext[]; /* the linker's: the program's own text */

static void tick(int sig)
{
	(void)sig;
}

static void tick_start(void)
{
	static bool started;
	struct sigaction action = { .sa_handler = tick }; /* no SA_RESTART: waitpid is to return */
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec every = { { 0, NS_PER_MS }, { 0, NS_PER_MS } };
	timer_t timer;

	if (started)
		return;
	started = true;
	sigaction(SIGRTMIN, &action, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &every, NULL);
}

static void victim_run(void *arg)
{
	struct victim *v = arg;

	ptrace(PTRACE_TRACEME, 0, 0, 0);
	v->before();
	raise(SIGSTOP);
	v->phase = STEP_INSIDE;
	v->rc = v->act();
	v->phase = STEP_AFTER;
	for (;;)
		pause();
}

void step_fork(struct step *s, struct victim *v)
{
	bool own_text = s->own_text;

	tick_start();
	v->phase = STEP_BEFORE;
	v->rc = -1;
	*s = (struct step){ .phase = &v->phase, .own_text = own_text };
	s->pid = spawn(victim_run, v);
}

bool step_ready(struct step *s, bool wait)
{
	int64_t until = now_ns() + 10 * NS_PER_S;
	int status;

	while (!s->ready) {
		if (waitpid(s->pid, &status, wait ? 0 : WNOHANG) == s->pid)
			s->ready = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
		else if (!wait || now_ns() > until)
			return false;
	}
	return true;
}

/* Where the victim stands. Its code is the parent's, at the same addresses: it was forked. */
static const unsigned char *position(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &io))
		return NULL;
#if defined(__x86_64__)
	return (const unsigned char *)(uintptr_t)regs.rip; /* NOLINT: an address of this very program */
#elif defined(__aarch64__)
	return (const unsigned char *)(uintptr_t)regs.pc;
#else
#error "say where this machine keeps its program counter"
#endif
}

static bool at_system_call(const unsigned char *pc)
{
#if defined(__x86_64__)
	return pc[0] == 0x0f && pc[1] == 0x05;
#else
	return pc[0] == 0x01 && pc[1] == 0x00 && pc[2] == 0x00 && pc[3] == 0xd4;
#endif
}

static bool counts(struct step *s, bool was_call)
{
	const char *pc;

	if (!s->own_text || was_call)
		return true;
	pc = (const char *)position(s->pid);
	return pc >= __executable_start && pc < etext;
}

/* One step: true when it is done; false with *sleeps when the victim lies in a futex call (said again every millisecond
 * that it goes on lying there), else it is gone. */
static bool one_step(struct step *s, bool *sleeps)
{
	int status;

	if (!s->in_flight && ptrace(PTRACE_SINGLESTEP, s->pid, 0, 0))
		return false;
	s->in_flight = true;
	for (;;) {
		pid_t pid = waitpid(s->pid, &status, 0);

		if (pid == s->pid) {
			s->in_flight = s->slept = false;
			s->steps++;
			return WIFSTOPPED(status);
		}
		if (errno != EINTR)
			return false;
		if (asleep_in_futex(s->pid, s->pid)) {
			*sleeps = true;
			return false;
		}
	}
}

enum step_end step_to(struct step *s, unsigned point)
{
	while (*s->phase == STEP_BEFORE) { /* the way out of raise() */
		bool sleeps = false;

		if (!one_step(s, &sleeps))
			return STEP_LOST;
	}
	while (s->points < point) {
		bool sleeps = false, call = s->own_text && !s->in_flight && at_system_call(position(s->pid));

		if (*s->phase == STEP_AFTER)
			return STEP_OVER;
		if (one_step(s, &sleeps)) {
			s->points += counts(s, call) && *s->phase == STEP_INSIDE;
			continue;
		}
		if (!sleeps)
			return STEP_LOST;
		s->points += !s->slept; /* asleep is one point, however long it lasts */
		s->slept = true;
		return s->points == point ? STEP_REACHED : STEP_SLEEPS;
	}
	return STEP_REACHED;
}

void step_kill(struct step *s)
{
	kill(s->pid, SIGKILL);
}

void step_reap(struct step *s)
{
	kill_child(s->pid);
}
