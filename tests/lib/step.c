/* SPDX-License-Identifier: BSD-2-Clause */
/** step.c: single-stepping by ptrace (step.h). A timer of one millisecond interrupts the wait for a step, so that a victim
 * that has gone to sleep inside a system call is noticed without polling. */
#include "step.h"

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
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

/* Tracer and victim take turns: on one CPU a step costs 3 us, on two ten times that (each turn wakes an idle CPU). */
static void stay_here(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET((unsigned)sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
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
	stay_here();
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
	raise(SIGSTOP);
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
		if (waitpid(s->pid, &status, wait ? 0 : WNOHANG) == s->pid) {
			s->ready = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
			s->exit = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
			if (!WIFSTOPPED(status))
				return false;
		} else if (!wait || now_ns() > until) {
			return false;
		}
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

/* How often each place was passed, by address: a table with room to spare for a library's instructions. */
#define PLACES 65536u

static unsigned *passages_of(uintptr_t pc, bool forget)
{
	static struct {
		uintptr_t pc;
		unsigned n;
	} table[PLACES];
	unsigned i = (unsigned)(pc * 2654435761u) % PLACES;

	if (forget)
		memset(table, 0, sizeof(table));
	while (table[i].n && table[i].pc != pc)
		i = (i + 1) % PLACES;
	table[i].pc = pc;
	return &table[i].n;
}

static void note(struct step_path *path, uintptr_t pc)
{
	if (!path || path->n == STEP_PATH_MAX)
		return;
	path->at[path->n].pc = pc;
	path->at[path->n].nth = ++*passages_of(pc, path->n == 0);
	path->n++;
}

/* Out of raise(), to the first instruction of the call. */
static bool enter(struct step *s, struct step_path *path)
{
	bool sleeps, moved = false;

	for (; *s->phase == STEP_BEFORE; moved = true)
		if (!one_step(s, &sleeps))
			return false;
	if (moved)
		note(path, (uintptr_t)position(s->pid));
	return true;
}

enum step_end step_along(struct step *s, unsigned point, struct step_path *path)
{
	if (!enter(s, path))
		return STEP_LOST;
	while (s->points < point) {
		bool sleeps = false, call = s->own_text && !s->in_flight && at_system_call(position(s->pid));

		if (*s->phase == STEP_AFTER)
			return STEP_OVER;
		if (one_step(s, &sleeps)) {
			if (*s->phase != STEP_INSIDE || !counts(s, call))
				continue;
			s->points++;
			note(path, path ? (uintptr_t)position(s->pid) : 0);
			continue;
		}
		if (!sleeps)
			return STEP_LOST;
		if (!s->slept) { /* asleep is one point, however long it lasts */
			s->points++;
			note(path, 0);
		}
		s->slept = true;
		return s->points == point ? STEP_REACHED : STEP_SLEEPS;
	}
	return STEP_REACHED;
}

enum step_end step_to(struct step *s, unsigned point)
{
	return step_along(s, point, NULL);
}

/* A breakpoint of the CPU, for this thread alone: the program's text stays as it is, and its other threads run through. */
static bool break_at(pid_t pid, uintptr_t pc)
{
#if defined(__x86_64__)
	return !ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]), pc) &&
	       !ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]), (uintptr_t)(pc != 0));
#else
	(void)pid;
	return pc == 0;
#endif
}

static void rest(void *arg)
{
	(void)arg;
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
}

bool step_can_goto(void)
{
	pid_t pid = spawn(rest, NULL), stopped;
	bool can;

	do {
		stopped = waitpid(pid, NULL, 0); /* the tick interrupts it: that is not a no */
	} while (stopped < 0 && errno == EINTR);
	can = stopped == pid && break_at(pid, (uintptr_t)rest);
	kill_child(pid);
	return can;
}

/* The victim stopped: where? */
static bool is_hit(struct step *s, int status)
{
	s->in_flight = s->slept = false;
	s->hits += WSTOPSIG(status) == SIGTRAP && *s->phase == STEP_INSIDE;
	return WSTOPSIG(status) == SIGTRAP;
}

enum step_end step_goto(struct step *s, const struct step_path *path, unsigned point)
{
	uintptr_t pc = path->at[point].pc;
	unsigned nth = path->at[point].nth;
	int status;

	if (!s->in_flight && !s->hits && !break_at(s->pid, pc))
		return STEP_LOST;
	for (;;) {
		if (!s->in_flight && ptrace(PTRACE_CONT, s->pid, 0, 0))
			return STEP_LOST;
		s->in_flight = true;
		if (waitpid(s->pid, &status, 0) == s->pid) {
			if (!WIFSTOPPED(status))
				return STEP_LOST;
			if (!is_hit(s, status))
				return *s->phase == STEP_AFTER ? STEP_OVER : STEP_LOST;
			if (s->hits == nth)
				return STEP_REACHED;
		} else if (!asleep_in_futex(s->pid, s->pid)) {
			s->slept = false;
		} else {
			s->sleeps += !s->slept;
			s->slept = true;
			return pc == 0 && s->sleeps == nth ? STEP_REACHED : STEP_SLEEPS;
		}
	}
}

uintptr_t step_in_text(uintptr_t pc)
{
	uintptr_t start = (uintptr_t)__executable_start;

	return pc >= start && pc < (uintptr_t)etext ? pc - start : 0;
}

void step_kill(struct step *s)
{
	kill(s->pid, SIGKILL);
}

void step_reap(struct step *s)
{
	kill_child(s->pid);
}
