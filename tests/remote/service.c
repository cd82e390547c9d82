/* SPDX-License-Identifier: BSD-2-Clause */
/** service.c: the table of services, and a child for each (service.h). */
#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "history.h"
#include "hosts.h"
#include "net.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define REDIS "--bind 0.0.0.0"
#define ETCD  "--listen-client-urls http://0.0.0.0:$P"

/* GETSET's stamps are the foreign clients' business: they must be longer than what their clocks may be off. */
static const struct service_kind kinds[] = {
	{ "directory", "dir", NULL, NULL, "", 1000, HISTORY_TOKENS | HISTORY_DEATHS | SERVICE_ORDER | SERVICE_STRICT },
	{ "redis queue", "redis", "redis", REDIS, "", 1000, HISTORY_TOKENS | HISTORY_DEATHS | SERVICE_ORDER | SERVICE_STRICT },
	{ "redis setnx", "redis", "redis", REDIS, "?protocol=setnx", 1000, HISTORY_TOKENS },
	{ "redis getset", "redis", "redis", REDIS, "?protocol=getset", 4000, 0 },
	{ "zookeeper", "zk", "zookeeper", "clientPortAddress=0.0.0.0\n", "", 1000,
		HISTORY_TOKENS | HISTORY_DEATHS | SERVICE_ORDER | SERVICE_STRICT },
	{ "etcd queue", "etcd", "etcd", ETCD, "", 2000, HISTORY_TOKENS | HISTORY_DEATHS | SERVICE_ORDER | SERVICE_STRICT },
	{ "etcd key", "etcd", "etcd", ETCD, "?protocol=key", 2000, HISTORY_TOKENS },
	{ "etcd v3lock", "etcd", "etcd", ETCD, "?protocol=v3lock", 2000, HISTORY_TOKENS },
};

/* ---- one of them ---- */

static bool start(struct service *s, const struct service_kind *kind)
{
	bool good;

	*s = (struct service){ .kind = kind };
	s->has_net = kind->server && net_begin(SERVICE_LINKS);
	good = !kind->server || server_start(&s->server, kind->server, s->has_net ? kind->everywhere : NULL);
	for (int h = 0; h < SERVICE_LINKS && good && kind->server; h++)
		good = proxy_start(&s->link[h], s->server.port);
	return good;
}

static void end(struct service *s)
{
	for (int h = 0; h < SERVICE_LINKS && s->kind->server; h++)
		proxy_end(&s->link[h]);
	if (s->kind->server)
		server_end(&s->server);
}

static int enter(int h)
{
	return net_enter(h) ? 0 : errno;
}

static void set_url(const struct service *s, int h)
{
	char url[160];

	if (s->on_wires)
		snprintf(url, sizeof(url), "%s://%s:%d%s", s->kind->scheme, net_address(h), s->server.port, s->kind->query);
	else
		snprintf(url, sizeof(url), "%s://%s%s", s->kind->scheme, s->link[h].authority, s->kind->query);
	hosts_set_url(h, url);
}

void service_hosts(struct service *s)
{
	if (!s->kind->server) {
		hosts_begin(s->kind->ttl_ms);
		return;
	}
	hosts_begin_at("", s->kind->ttl_ms);
	hosts_enter = s->on_wires ? enter : NULL;
	for (int h = 0; h < SERVICE_LINKS; h++)
		set_url(s, h);
}

/* ---- in its way ---- */

void service_harm_link(struct service *s, int h, unsigned kind)
{
	static const struct proxy_rules rules[SERVICE_LINK_FAULTS] = {
		{ .refuse = true },
		{ .swallow = { true, true } },
		{ .swallow = { [TO_CLIENT] = true } }, /* what is asked is done, and nobody is told */
		{ .swallow = { [TO_SERVER] = true } },
		{ .delay_ns = { 50 * NS_PER_MS, 50 * NS_PER_MS } },
		{ .cut_at_any = 7 },
	};

	if (s->on_wires)
		net_plug(h, false);
	else if (s->kind->server)
		proxy_rule(&s->link[h], rules[kind]);
}

void service_mend_link(struct service *s, int h)
{
	if (s->on_wires) {
		net_plug(h, true);
	} else if (s->kind->server) {
		proxy_rule(&s->link[h], (struct proxy_rules){ .refuse = true }); /* no connection goes on with a gap in it */
		proxy_rule(&s->link[h], (struct proxy_rules){ 0 });
	}
}

void service_kill(struct service *s)
{
	if (s->kind->server)
		server_kill(&s->server);
	else
		hosts_cut(true);
}

bool service_again(struct service *s)
{
	if (s->kind->server)
		return server_again(&s->server);
	hosts_cut(false);
	return true;
}

void service_stop(struct service *s)
{
	if (s->kind->server) {
		server_stop(&s->server);
	} else {
		s->held = hosts_service();
		flock(s->held, LOCK_EX);
	}
}

void service_go_on(struct service *s)
{
	if (s->kind->server) {
		server_go_on(&s->server);
	} else {
		flock(s->held, LOCK_UN); /* closing is not enough: who was forked meanwhile has it as well */
		close(s->held);
	}
}

/* ---- all of them ---- */

struct run {
	const struct service_kind *kind;
	void (*cases)(struct service *s);
	FILE *said;
	pid_t pid;
};

static void be_run(void *arg)
{
	struct run *r = arg;
	struct service s;
	int rc;

	dup2(fileno(r->said), STDOUT_FILENO);
	if (!start(&s, r->kind)) {
		tap_ok(false, "the server starts");
		exit(1);
	}
	r->cases(&s);
	rc = tap_done();
	end(&s);
	exit(rc);
}

/* What it said becomes part of what we say. */
static void pass_on(struct run *r, int status)
{
	char line[1024], name[900];
	unsigned number;
	bool planned = false;

	rewind(r->said);
	while (fgets(line, sizeof(line), r->said)) {
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "ok %u - %899[^\n]", &number, name) == 2)
			tap_ok(true, "%s: %s", r->kind->name, name);
		else if (sscanf(line, "not ok %u - %899[^\n]", &number, name) == 2)
			tap_ok(false, "%s: %s", r->kind->name, name);
		else if (line[0] == '#')
			tap_note("%s: %s", r->kind->name, line + 2);
		planned |= strncmp(line, "1..", 3) == 0;
	}
	if (!planned)
		tap_ok(false, "%s: comes to an end (status %#x)", r->kind->name, (unsigned)status);
	fclose(r->said);
}

/* Where the backends of this flavour are: beside the tests. */
static bool find_backends(const char *program)
{
	char path[PATH_MAX], *slash;

	if (getenv("PAWL_BACKEND_DIR"))
		return true;
	if (!realpath(program, path))
		return false;
	for (int up = 0; up < 3 && (slash = strrchr(path, '/')); up++) /* FLAVOR/tests/remote/PROGRAM */
		*slash = '\0';
	strncat(path, "/backends", sizeof(path) - strlen(path) - 1);
	return setenv("PAWL_BACKEND_DIR", path, 1) == 0;
}

static bool is_built(const struct service_kind *kind)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/libpawl-%s.so", getenv("PAWL_BACKEND_DIR"), kind->scheme);
	return !kind->server || access(path, R_OK) == 0;
}

static bool is_wanted(const struct service_kind *kind)
{
	const char *wanted = getenv("SERVICES");

	return !wanted || !*wanted || strstr(kind->name, wanted);
}

static void start_run(struct run *r, const struct service_kind *kind, void (*cases)(struct service *s))
{
	*r = (struct run){ .kind = kind, .cases = cases, .said = tmpfile() };
	if (!r->said) {
		perror("tmpfile");
		exit(99);
	}
	r->pid = spawn(be_run, r);
}

void service_each(const char *program, void (*cases)(struct service *s), enum service_when when)
{
	struct run runs[COUNT(kinds)];
	size_t n = 0;

	if (!find_backends(program))
		tap_note("%s: %s", program, strerror(errno));
	for (const struct service_kind *kind = kinds; kind < kinds + COUNT(kinds); kind++) {
		if (!is_wanted(kind))
			continue;
		if (!is_built(kind)) {
			tap_skip("its backend has not been built: make backends", "%s", kind->name);
			continue;
		}
		start_run(&runs[n++], kind, cases);
		if (when == SERVICE_IN_TURN)
			pass_on(&runs[n - 1], reap(runs[n - 1].pid));
	}
	for (size_t i = 0; i < n && when == SERVICE_TOGETHER; i++)
		pass_on(&runs[i], reap(runs[i].pid));
}
