/* SPDX-License-Identifier: BSD-2-Clause */
/** ensemble.c: members that are told of each other, begun together (ensemble.h). */
#include "ensemble.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "etcd.h"
#include "port.h"
#include "zookeeper.h"

#define PATIENCE (60 * NS_PER_S)

/* ---- what they are told ---- */

/* The last of two options of the same name counts. */
static void tell_etcd(struct ensemble *e, int i)
{
	char *o = e->options[i];

	snprintf(o, sizeof(e->options[i]), ETCD_UNSYNCED " --name m%d --initial-cluster ", i);
	for (int k = 0; k < MEMBERS; k++)
		snprintf(o + strlen(o), sizeof(e->options[i]) - strlen(o), "%sm%d=http://127.0.0.1:%d", k ? "," : "", k,
			e->member[k].peer_port);
}

static bool tell_zookeeper(struct ensemble *e, int i)
{
	char *o = e->options[i], path[128];
	FILE *f;

	snprintf(o, sizeof(e->options[i]), ZOOKEEPER_UNSYNCED "initLimit=100\nsyncLimit=20\n");
	for (int k = 0; k < MEMBERS; k++)
		snprintf(o + strlen(o), sizeof(e->options[i]) - strlen(o), "server.%d=127.0.0.1:%d:%d\n", k + 1,
			e->member[k].peer_port, e->elections[k]);
	snprintf(path, sizeof(path), "%s/data/myid", e->member[i].dir);
	f = fopen(path, "w");
	return f && fprintf(f, "%d\n", i + 1) > 0 && fclose(f) == 0;
}

static bool is_etcd(const char *kind)
{
	return strcmp(kind, "etcd") == 0;
}

bool ensemble_start(struct ensemble *e, const char *kind)
{
	bool good = true;

	memset(e, 0, sizeof(*e));
	for (int i = 0; i < MEMBERS; i++) {
		good = server_make(&e->member[i], kind, e->options[i]) && good;
		e->elections[i] = port_hold(&e->held[i]);
	}
	for (int i = 0; i < MEMBERS && good; i++)
		if (is_etcd(kind))
			tell_etcd(e, i);
		else
			good = tell_zookeeper(e, i);
	for (int i = 0; i < MEMBERS && good; i++)
		server_launch(&e->member[i]);
	for (int i = 0; i < MEMBERS && good; i++)
		good = server_wait(&e->member[i]);
	return good;
}

void ensemble_end(struct ensemble *e)
{
	for (int i = 0; i < MEMBERS; i++) {
		server_end(&e->member[i]);
		close(e->held[i]);
	}
}

/* ---- who leads ---- */

static bool leads(const struct server *s)
{
	static const char ask[] = "{ curl -s -m 2 http://127.0.0.1:$PORT/metrics; timeout 2 bash -c "
				  "'exec 3<>/dev/tcp/127.0.0.1/$PORT; echo srvr >&3; cat <&3'; } 2>/dev/null | "
				  "grep -c -e '^etcd_server_is_leader 1' -e '^Mode: leader'";

	return s->pid > 0 && *server_ask(s, ask) == '1';
}

struct server *ensemble_leader(struct ensemble *e, const struct server *but)
{
	int64_t end = now_ns() + PATIENCE;

	while (now_ns() < end)
		for (int i = 0; i < MEMBERS; i++)
			if (&e->member[i] != but && leads(&e->member[i]))
				return &e->member[i];
	return NULL;
}

const char *ensemble_authority(const struct ensemble *e, const struct server *first)
{
	static char text[200];

	snprintf(text, sizeof(text), "%s", first->authority);
	for (int i = 0; i < MEMBERS; i++)
		if (&e->member[i] != first)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), ",%s", e->member[i].authority);
	return text;
}
