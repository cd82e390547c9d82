/* SPDX-License-Identifier: BSD-2-Clause */
/** command.c: the child of `pawl run`: its start, the signals it is passed, its end.
 *
 * Signals are blocked from before the fork and taken one at a time with sigwaitinfo: no handler, nothing asynchronous, and
 * none can arrive between the fork and the moment we know whom to pass it to.
 *
 * What is passed on: whatever some process sent to us. What the kernel sends because of the terminal (^C, ^\, ^Z, a hang-up)
 * goes to the whole foreground process group, so the command has it already and a second one could do harm: a program that
 * ends tidily at the first ^C commonly gives up at the second. Only a command that has left our process group gets it from
 * us. What the command sends to us is not sent back.
 */
#include "cli/command.h"
#include "cli/family.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT };

struct watch {
	pid_t child;
	sigset_t waited, before; /* the signals we wait for; the mask as it was, which the command gets */
	int terminal;            /* the last SIGINT or SIGQUIT that came from the terminal */
	struct cli_lease *lease; /* NULL: none */
	bool alone;              /* what the command leaves behind is not waited for */
	bool ended;              /* the command itself has, with `status` */
	int status;
};

/* A signal that was ignored when we began (nohup, a shell's background job) stays so, for us and for the command. */
static bool ignored(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void hold_signals(struct watch *watch)
{
	signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would take the exit status away */
	sigemptyset(&watch->waited);
	sigaddset(&watch->waited, SIGCHLD);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		if (!ignored(forwarded[i]))
			sigaddset(&watch->waited, forwarded[i]);
	sigprocmask(SIG_BLOCK, &watch->waited, &watch->before);
}

/* ---- the child, from fork to exec ---- */

static void become(char **argv, const struct watch *watch, pid_t parent, int report)
{
	int error;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it died before it could be heard dying */
		raise(SIGTERM);
	sigprocmask(SIG_SETMASK, &watch->before, NULL);
	execvp(argv[0], argv);
	error = errno;
	(void)!write(report, &error, sizeof(error));
	_exit(CLI_NOT_EXEC);
}

/* The errno of a failed exec, or 0: a successful one closes the pipe. */
static int exec_error(int report)
{
	int error = 0;
	ssize_t n;

	do
		n = read(report, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == sizeof(error) ? error : 0;
}

static int explain(const char *command, int error)
{
	char *safe = cli_escape(command);

	if (error == ENOENT)
		cli_say("cannot find '%s': %s; check the spelling, PATH, and the first line if it "
			"is a script",
			safe, strerror(error));
	else
		cli_say("cannot execute '%s': %s; check that it is a program you may execute", safe, strerror(error));
	free(safe);
	return error == ENOENT ? CLI_NOT_FOUND : CLI_NOT_EXEC;
}

static int refuse(const char *what)
{
	cli_say("cannot %s: %s; the command was not started", what, strerror(errno));
	return CLI_SYSTEM;
}

/* Fork and exec. 0, or the exit code that says why not. */
static int start(char **argv, struct watch *watch)
{
	pid_t parent = getpid();
	int report[2], error;

	if (pipe2(report, O_CLOEXEC))
		return refuse("make a pipe");
	watch->child = fork();
	if (watch->child == 0)
		become(argv, watch, parent, report[1]);
	close(report[1]);
	error = watch->child < 0 ? errno : exec_error(report[0]);
	close(report[0]);
	if (watch->child < 0) {
		errno = error;
		return refuse("start a process");
	}
	if (!error)
		return 0;
	waitpid(watch->child, NULL, 0);
	return explain(argv[0], error);
}

/* ---- the parent, from exec to exit ---- */

static bool sent_by_kernel(const siginfo_t *info)
{
	return info->si_code > 0;
}

static bool has_it_already(const struct watch *watch, const siginfo_t *info)
{
	if (sent_by_kernel(info))
		return getpgid(watch->child) == getpgrp();
	return info->si_pid == watch->child;
}

/* Stop as if nobody had waited for the signal; ends when we are continued. */
static void stop_ourselves(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
}

static void pass_on(struct watch *watch, const siginfo_t *info)
{
	int signal = info->si_signo;

	if (!has_it_already(watch, info))
		kill(watch->child, signal);
	if (sent_by_kernel(info) && (signal == SIGINT || signal == SIGQUIT))
		watch->terminal = signal;
	if (signal == SIGTSTP)
		stop_ourselves();
}

/* The next signal; -1: there is none, and the lease wants to be looked at. */
static int next_signal(const struct watch *watch, siginfo_t *info, int64_t within_ns)
{
	struct timespec t = { .tv_sec = within_ns / 1000000000, .tv_nsec = within_ns % 1000000000 };

	return watch->lease ? sigtimedwait(&watch->waited, info, &t) : sigwaitinfo(&watch->waited, info);
}

/* The lease decides whether the command, and what it has started, may go on. Returns when to ask again. */
static int64_t ask_lease(struct watch *watch)
{
	int64_t again;
	int signal = cli_lease_look(watch->lease, &again);

	if (signal == SIGTERM)
		cli_say("the lease was lost, or could not be renewed in time: ending the command");
	if (signal)
		cli_family_signal(signal);
	return again;
}

/* Reap whoever has ended. True if that was the last one we wait for. */
static bool reap(struct watch *watch)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(watch->lease ? -1 : watch->child, &status, WNOHANG)) > 0)
		if (pid == watch->child) {
			watch->ended = true;
			watch->status = status;
		}
	return watch->ended && (watch->alone || !watch->lease || (pid < 0 && errno == ECHILD));
}

static void wait_for_end(struct watch *watch)
{
	siginfo_t info;

	do {
		int signal = next_signal(watch, &info, watch->lease ? ask_lease(watch) : 0);

		/* else EINTR: we were stopped and continued; EAGAIN */
		if (signal > 0 && signal != SIGCHLD && !watch->ended)
			pass_on(watch, &info);
	} while (!reap(watch));
}

struct cli_ended cli_command(char **argv, struct cli_lease *lease, bool alone)
{
	struct cli_ended ended = { 0 };
	struct watch watch = { .lease = lease, .alone = alone };

	hold_signals(&watch);
	if (lease)
		cli_family_begin();
	ended.status = start(argv, &watch);
	if (ended.status)
		return ended;
	wait_for_end(&watch);
	ended.lost = lease && lease->ending;
	if (WIFEXITED(watch.status)) {
		ended.status = WEXITSTATUS(watch.status);
		return ended;
	}
	ended.status = 128 + WTERMSIG(watch.status);
	ended.by_signal = WTERMSIG(watch.status) == watch.terminal ? watch.terminal : 0;
	return ended;
}

void cli_end_by(int signal_number)
{
	struct rlimit none = { 0, 0 };
	sigset_t one;

	setrlimit(RLIMIT_CORE, &none); /* SIGQUIT: the command's core is the one that is wanted */
	signal(signal_number, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, signal_number);
	raise(signal_number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}
