/* SPDX-License-Identifier: BSD-2-Clause */
/** cli_aid.c: what the suites of the command cannot do by themselves: poison a lock, hold one as a thread with a chosen name, count
 * signals, read JSON.
 *
 *   cli_aid poison SPACE NAME         an owner dies, the next one gives it up unrepaired; stays until it is ended
 *   cli_aid hold SPACE NAME COMMAND   holds NAME as a thread called COMMAND; stays until it is ended
 *   cli_aid cross SPACE NAME OTHER    holds NAME, and waits for OTHER once somebody holds that
 *   cli_aid turn SPACE NAME           takes NAME and gives it back, over and over; stays until it is ended
 *   cli_aid catch FILE                counts signals and keeps "PID HUP=n INT=n ..." in FILE; TERM, or two minutes, ends it: 9
 *   cli_aid unable COMMAND ARG...     runs COMMAND where futex_waitv is refused by a seccomp filter, as containers do
 *   cli_aid json KEY...               reads JSON from stdin (a fault is exit 1), follows keys and indices, prints what is
 *                                     there: a string as it is, anything else as compact JSON; no KEY prints nothing
 */
#include <jansson.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pawl/pawl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int take(const char *space_name, const char *name, pawl_lock_t **lock)
{
	pawl_space_t *space;

	if (pawl_space_open(&space, space_name, NULL) || pawl_lock_open(space, name, PAWL_TIMESTAMP, lock))
		return EINVAL;
	return pawl_lock_acquire(*lock, PAWL_FOREVER, NULL);
}

static int stay(int wanted, int rc)
{
	if (rc != wanted) {
		fprintf(stderr, "cli_aid: %s\n", pawl_strerror(rc));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static int poison(char **arg)
{
	pawl_lock_t *lock;
	pid_t child = fork();
	int rc;

	if (child == 0)
		_exit(take(arg[0], arg[1], &lock));
	waitpid(child, NULL, 0);
	rc = take(arg[0], arg[1], &lock);
	if (rc == (EOWNERDEAD))
		pawl_lock_release(lock);
	return stay(EOWNERDEAD, rc);
}

static int hold(char **arg)
{
	pawl_lock_t *lock;

	prctl(PR_SET_NAME, arg[2]);
	return stay(0, take(arg[0], arg[1], &lock));
}

/* Holds one and waits for the other, which it gets when its holder is killed. */
static int cross(char **arg)
{
	static pawl_lock_info_t other;
	pawl_space_t *space;
	pawl_lock_t *first, *second;

	if (take(arg[0], arg[1], &first) || pawl_space_open(&space, arg[0], NULL))
		return 1;
	printf("ready\n");
	fflush(stdout);
	while (pawl_lock_peek(space, arg[2], &other) || other.state != PAWL_STATE_HELD)
		usleep(1000);
	return stay(EOWNERDEAD, take(arg[0], arg[2], &second));
}

static int turn(char **arg)
{
	pawl_lock_t *lock;
	int rc = take(arg[0], arg[1], &lock);

	if (rc != 0)
		return stay(0, rc);
	pawl_lock_release(lock);
	puts("ready");
	fflush(stdout);
	while ((rc = pawl_lock_acquire(lock, PAWL_FOREVER, NULL)) == 0) {
		pawl_lock_release(lock);
		usleep(100);
	}
	return stay(0, rc);
}

static const struct {
	int number;
	const char *name;
} counted[] = { { SIGHUP, "HUP" }, { SIGINT, "INT" }, { SIGQUIT, "QUIT" }, { SIGUSR1, "USR1" }, { SIGUSR2, "USR2" } };
enum { COUNTED = sizeof(counted) / sizeof(counted[0]) };

static volatile sig_atomic_t seen[_NSIG];

static void count(int number)
{
	seen[number]++;
}

/* Written aside and renamed: a reader finds a whole line. */
static void write_counts(const char *file)
{
	char aside[4096];
	FILE *out;

	snprintf(aside, sizeof(aside), "%s.new", file);
	out = fopen(aside, "w");
	if (!out)
		_exit(1);
	fprintf(out, "%d", (int)getpid());
	for (int i = 0; i < COUNTED; i++)
		fprintf(out, " %s=%d", counted[i].name, (int)seen[counted[i].number]);
	fputc('\n', out);
	fclose(out);
	rename(aside, file);
}

static int catch_signals(char **arg)
{
	signal(SIGTERM, count);
	for (int i = 0; i < COUNTED; i++)
		signal(counted[i].number, count);
	for (int rounds = 0; rounds < 6000 && !seen[SIGTERM]; rounds++) {
		write_counts(arg[0]);
		usleep(20000);
	}
	write_counts(arg[0]);
	return 9;
}

static int unable(char **command)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 449 /* futex_waitv, everywhere */, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(rules) / sizeof(rules[0]), rules };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("cli_aid: seccomp");
		return 1;
	}
	execvp(command[0], command);
	return 127;
}

static json_t *step(json_t *value, const char *key)
{
	return json_is_array(value) ? json_array_get(value, strtoul(key, NULL, 10)) : json_object_get(value, key);
}

static int json(char **keys)
{
	json_error_t error;
	json_t *root = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error), *value = root;
	bool found;

	if (!root) {
		fprintf(stderr, "line %d: %s\n", error.line, error.text);
		return 1;
	}
	if (!*keys) {
		json_decref(root);
		return 0;
	}
	for (; *keys; keys++)
		value = step(value, *keys);
	if (json_is_string(value))
		printf("%s\n", json_string_value(value));
	else if (value) {
		json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
		putchar('\n');
	}
	found = value != NULL;
	json_decref(root);
	return found ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "poison"))
		return poison(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "hold"))
		return hold(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "cross"))
		return cross(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "turn"))
		return turn(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "catch"))
		return catch_signals(argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "unable"))
		return unable(argv + 2);
	if (argc >= 2 && !strcmp(argv[1], "json"))
		return json(argv + 2);
	return 64;
}
