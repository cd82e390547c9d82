/* SPDX-License-Identifier: BSD-2-Clause */
/** server.c: starting and ending the services (server.h): a row of data for each kind. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "port.h"

#define PATIENCE (60 * NS_PER_S)

/* In `command` and `file`, $D is the folder, $P and $Q are ports, $O the options of this one. */
struct server_kind {
	const char *name, *command;
	const char *file;           /* written to $D/conf */
	const char *probe, *answer; /* it serves when it answers that with this in it */
	const char *count;          /* a shell command that prints how many requests it has worked on */
};

static const struct server_kind kinds[] = {
	{ .name = "redis",
		.command =
			"exec redis-server --bind 127.0.0.1 --port $P --dir $D/data --unixsocket $D/socket --save '' "
			"--appendonly yes --appendfsync everysec --maxmemory-policy noeviction --protected-mode no $O",
		.probe = "PING\r\n",
		.answer = "PONG",
		.count = "redis-cli -p $PORT info commandstats | sed 's/.*:calls=//; s/,.*//' | awk '{ n += $1 } END { "
			 "print n }'" },
	{ .name = "etcd",
		.command =
			"exec etcd --data-dir $D/data --listen-client-urls http://127.0.0.1:$P --advertise-client-urls "
			"http://127.0.0.1:$P --listen-peer-urls http://127.0.0.1:$Q --initial-advertise-peer-urls "
			"http://127.0.0.1:$Q --initial-cluster default=http://127.0.0.1:$Q $O",
		.probe = "GET /health HTTP/1.0\r\n\r\n",
		.answer = "\"true\"",
		.count = "curl -s http://127.0.0.1:$PORT/metrics | awk '/^grpc_server_started_total/ { n += $2 } END { "
			 "print n }'" },
	{ .name = "zookeeper",
		.command = "exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData "
			   "-Dznode.container.checkIntervalMs=60000 -Dzookeeper.admin.enableServer=false "
			   "-cp /etc/zookeeper/conf:/usr/share/java/zookeeper.jar "
			   "org.apache.zookeeper.server.quorum.QuorumPeerMain $D/conf",
		.file = "tickTime=100\nminSessionTimeout=200\nmaxSessionTimeout=120000\ndataDir=$D/"
			"data\nclientPort=$P\n"
			"clientPortAddress=127.0.0.1\nmaxClientCnxns=0\n4lw.commands.whitelist=*\n$O\n",
		.probe = "srvr", /* ruok is answered while it cannot serve yet */
		.answer = "Mode: ",
		.count = "bash -c 'exec 3<>/dev/tcp/127.0.0.1/$PORT; echo mntr >&3; cat <&3' | "
			 "awk '$1 == \"zk_packets_received\" { print $2 }'" },
};

/* ---- what it is told ---- */

static void put_filled_in(const struct server *s, const char *text, FILE *f)
{
	for (; f && *text; text++)
		if (*text != '$')
			fputc(*text, f);
		else if (*++text == 'D')
			fputs(s->dir, f);
		else if (*text == 'O')
			put_filled_in(s, s->options ? s->options : "", f);
		else
			fprintf(f, "%d", *text == 'P' ? s->port : s->peer_port);
}

/* `text` with $D and so on filled in. */
static void fill_in(const struct server *s, const char *text, char *to, size_t size)
{
	FILE *f = fmemopen(to, size, "w");

	put_filled_in(s, text, f);
	if (f)
		fclose(f);
}

static bool write_file(const struct server *s)
{
	char text[2048] = "", path[PATH_MAX];
	FILE *f;

	if (!s->kind->file)
		return true;
	fill_in(s, s->kind->file, text, sizeof(text));
	snprintf(path, sizeof(path), "%s/conf", s->dir);
	f = fopen(path, "w");
	return f && fputs(text, f) >= 0 && fclose(f) == 0;
}

/* Two ports that are nobody else's as long as these sockets are open: they are not listened to, so a server may do that, and
 * nobody answers there while it is away.
 */
static bool take_ports(struct server *s)
{
	s->port = port_hold(&s->held[0]);
	s->peer_port = port_hold(&s->held[1]);
	snprintf(s->authority, sizeof(s->authority), "127.0.0.1:%d", s->port);
	return s->port && s->peer_port;
}

/* ---- is it there? ---- */

static bool answers(const struct server *s)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)s->port)
	};
	struct timeval second = { .tv_sec = 1 };
	char said[512] = "";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;
	ssize_t more;
	bool good;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	good = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	       send(fd, s->kind->probe, strlen(s->kind->probe), MSG_NOSIGNAL) > 0;
	while (good && !strstr(said, s->kind->answer) && (more = read(fd, said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)more;
	close(fd);
	return good && strstr(said, s->kind->answer);
}

static bool has_ended(struct server *s)
{
	if (waitpid(s->pid, NULL, WNOHANG) == 0)
		return false;
	s->pid = 0;
	return true;
}

static void tell_log(const struct server *s)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "tail -n 5 %s/log | sed 's/^/#   /'", s->dir);
	tap_note("%s on port %d does not serve; its log ends with:", s->kind->name, s->port);
	if (system(command) != 0)
		tap_note("(no log)");
}

/* ---- starting ---- */

/* Its wall clock is ours and what stands in a file: preload/clock.c, which lies beside this program. */
static void take_own_clock(const struct server *s)
{
	char path[PATH_MAX], folder[PATH_MAX - 16] = "";

	if (readlink("/proc/self/exe", folder, sizeof(folder) - 1) > 0)
		*strrchr(folder, '/') = '\0';
	snprintf(path, sizeof(path), "%s/libclock.so", folder);
	setenv("LD_PRELOAD", path, 1);
	snprintf(path, sizeof(path), "%s/clock", s->dir);
	setenv("CLOCK_FILE", path, 1);
}

/* A process group of its own: a signal from the terminal is for the test, which ends it. */
static void become(const struct server *s)
{
	char command[2048] = "", log[PATH_MAX];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	fill_in(s, s->kind->command, command, sizeof(command));
	snprintf(log, sizeof(log), "%s/log", s->dir);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	dup2(fd, 1);
	dup2(fd, 2);
	if (s->own_clock)
		take_own_clock(s);
	if (!write_file(s))
		_exit(126);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void server_launch(struct server *s)
{
	s->pid = fork();
	if (s->pid == 0)
		become(s);
}

bool server_wait(struct server *s)
{
	int64_t end = now_ns() + PATIENCE;

	while (s->pid > 0 && now_ns() < end) {
		if (answers(s))
			return true;
		if (has_ended(s))
			break;
		nap_us(10000);
	}
	tell_log(s);
	server_kill(s);
	return false;
}

bool server_again(struct server *s)
{
	server_launch(s);
	return server_wait(s);
}

static bool make_folder(struct server *s)
{
	char path[PATH_MAX];

	snprintf(s->dir, sizeof(s->dir), "/tmp/pawl-server.XXXXXX");
	if (!mkdtemp(s->dir))
		return false;
	snprintf(path, sizeof(path), "%s/data", s->dir);
	return mkdir(path, 0700) == 0;
}

bool server_make(struct server *s, const char *kind, const char *options)
{
	*s = (struct server){ .options = options, .held = { -1, -1 } };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, kind) == 0)
			s->kind = &kinds[i];
	if (s->kind && make_folder(s) && take_ports(s))
		return true;
	tap_note("%s: %s", kind, s->kind ? strerror(errno) : "no such kind of server");
	return false;
}

bool server_start(struct server *s, const char *kind, const char *options)
{
	if (server_make(s, kind, options) && server_again(s))
		return true;
	server_end(s);
	return false;
}

/* ---- and the rest of its life ---- */

void server_kill(struct server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

void server_stop(struct server *s)
{
	kill(s->pid, SIGSTOP);
	waitpid(s->pid, NULL, WUNTRACED);
}

void server_go_on(struct server *s)
{
	kill(s->pid, SIGCONT);
}

static void run(const char *format, const char *dir)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), format, dir);
	if (system(command) != 0)
		tap_note("failed: %s", command);
}

void server_forget(struct server *s)
{
	run("find %s/data -mindepth 1 -delete", s->dir);
}

void server_set_clock(struct server *s, int64_t seconds)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/clock", s->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, &seconds, sizeof(seconds), 0) != sizeof(seconds))
		tap_note("%s: %s", path, strerror(errno));
	close(fd);
}

bool server_has_own_clock(const struct server *s)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "grep -c %s/clock /proc/%d/maps", s->dir, (int)s->pid);
	return atoi(server_ask(s, command)) > 0;
}

void server_end(struct server *s)
{
	server_kill(s);
	if (s->dir[0])
		run("rm -rf %s", s->dir);
	s->dir[0] = '\0';
	for (int i = 0; i < 2; i++) {
		close(s->held[i]);
		s->held[i] = -1;
	}
}

const char *server_ask(const struct server *s, const char *command)
{
	static char said[65536];
	char port[8], *end;
	size_t n = 0;
	FILE *f;

	snprintf(port, sizeof(port), "%d", s->port);
	setenv("PORT", port, 1);
	f = popen(command, "re");
	if (f) {
		n = fread(said, 1, sizeof(said) - 1, f);
		pclose(f);
	}
	said[n] = '\0';
	end = strrchr(said, '\n');
	if (end && !end[1])
		*end = '\0';
	return said;
}

unsigned long server_count(const struct server *s)
{
	return strtoul(server_ask(s, s->kind->count), NULL, 10);
}
