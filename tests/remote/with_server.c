/* SPDX-License-Identifier: BSD-2-Clause */
/** with_server.c: with_server KIND [OPTIONS] -- COMMAND...: run a command while there is a server of that kind (server.h): for suites
 * of the shell. OPTIONS is one word, given to the server.
 *
 * The command has PORT, AUTHORITY (127.0.0.1:PORT), SERVER_DIR and SERVER_PID in its environment. Ends when it does, with its status;
 * the server ends with it, however that is. 64: wrong usage; 69: no server, and on stderr why.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "server.h"

static volatile sig_atomic_t command;

static void pass_on(int number)
{
	if (command)
		kill((pid_t)command, number);
}

static void name_it(const struct server *s)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", s->port);
	setenv("PORT", number, 1);
	snprintf(number, sizeof(number), "%d", (int)s->pid);
	setenv("SERVER_PID", number, 1);
	setenv("AUTHORITY", s->authority, 1);
	setenv("SERVER_DIR", s->dir, 1);
}

static void become(void *words)
{
	char **argv = words;

	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* What is noted of one that does not start is no output of the command's. */
static bool start(struct server *s, const char *kind, const char *options)
{
	int output = dup(1);
	bool good;

	dup2(2, 1);
	good = server_start(s, kind, options);
	dup2(output, 1);
	close(output);
	return good;
}

/* Where its command begins; 0: there is none. */
static int behind_dashes(int argc, char **argv)
{
	for (int i = 2; i < 4 && i + 1 < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
	return 0;
}

int main(int argc, char **argv)
{
	int at = behind_dashes(argc, argv), status;
	struct server server;

	if (!at) {
		fprintf(stderr, "usage: with_server redis|etcd|zookeeper [OPTIONS] -- COMMAND...\n");
		return 64;
	}
	if (!start(&server, argv[1], at == 4 ? argv[2] : NULL))
		return 69;
	name_it(&server);
	signal(SIGTERM, pass_on);
	signal(SIGINT, pass_on);
	command = spawn(become, argv + at);
	status = reap((pid_t)command);
	server_end(&server);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
