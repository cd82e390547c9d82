/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_zookeeper_session.c: the one session of a host of the ZooKeeper backend: who takes it up, who ends it, and who must not. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "zookeeper.h"

#define BRIEF (500 * NS_PER_MS)
#define LONG  (20 * NS_PER_S)

static struct server server;
static struct tree *tree;

/* What a host's segment holds, and what its keepers tell the test. */
static struct page {
	struct host host;
	uint64_t hi;
	uint32_t ready, stands_back;
} * page;

#define GET(word)        __atomic_load_n(&(word), __ATOMIC_SEQ_CST)
#define PUT(word, value) __atomic_store_n(&(word), value, __ATOMIC_SEQ_CST)

static bool up(struct host *h, const char *url, int64_t ttl)
{
	static unsigned number;

	host_init(h, zookeeper_backend(), url, ttl, ++number);
	return host_open(h);
}

static bool becomes(const uint32_t *word)
{
	int64_t end = now_ns() + 30 * NS_PER_S;

	while (!GET(*word) && now_ns() < end)
		nap_us(1000);
	return GET(*word);
}

static bool same_session(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, 24) == 0;
}

/* ---- keepers in processes of their own ---- */

static void keep(void *name)
{
	struct host *h = &page->host;

	if (!host_open(h))
		_exit(1);
	PUT(page->hi, zookeeper_acquire(h, name, 1, false).hi);
	PUT(page->ready, 1);
	for (;;) {
		host_pump(&h, 1);
		if (strstr(h->why, "stands back"))
			PUT(page->stands_back, 1);
	}
}

static pid_t begin(char *name, int64_t ttl)
{
	static unsigned number = 50;
	pid_t pid;

	page = shared_alloc(sizeof(*page));
	host_init(&page->host, zookeeper_backend(), zookeeper_url(&server, ""), ttl, ++number);
	pid = spawn(keep, name);
	becomes(&page->ready);
	return pid;
}

/* The next keeper of that host, in this process. */
static bool take_up(struct host *h)
{
	*h = page->host;
	h->config.saved = h->saved;
	h->config.arg = h;
	h->config.host = h->id;
	h->ups = h->news = 0;
	h->up = false;
	return host_open(h);
}

static void a_killed_keepers_session(void)
{
	static char name[] = "killed";
	pid_t pid = begin(name, LONG);
	struct host next, other;
	uint8_t before[PAWL_REMOTE_SAVED];
	bool good = GET(page->hi) != 0;

	kill_child(pid);
	memcpy(before, page->host.saved, sizeof(before));
	good = good && take_up(&next);
	tap_ok(good && next.news == 0 && same_session(before, next.saved),
		"the session of a keeper that was killed is taken up");
	tap_ok(zookeeper_wait(&next, NULL, PAWL_REMOTE_GRANTED, name, 1), "and what it holds found, unasked");
	good = up(&other, zookeeper_url(&server, ""), LONG) &&
	       zookeeper_acquire(&other, name, 1, true).what == PAWL_REMOTE_QUEUED;
	tap_ok(good && zookeeper_wait(&next, &other, PAWL_REMOTE_CONTENDED, name, 1),
		"and its owner told that others wait");
	tap_ok(zookeeper_acquire(&next, name, 1, false).hi == GET(page->hi), "it has the same token");
	tap_ok(zookeeper_give(&next, PAWL_REMOTE_RELEASE, name, 1, GET(page->hi)) &&
			!zookeeper_acquire(&other, name, 1, false).owner_died,
		"and is released as if nothing had happened");
	host_close(&next, true);
	host_close(&other, true);
}

static void an_expired_session(void)
{
	static char name[] = "expired";
	pid_t pid = begin(name, BRIEF);
	struct host next, other;
	bool good = up(&other, zookeeper_url(&server, ""), LONG);
	pawl_remote_event_t e;

	kill_child(pid);
	e = zookeeper_acquire(&other, name, 1, false);
	good = good && e.hi > GET(page->hi) && e.owner_died;
	tap_ok(good, "a session that is not taken up expires, and its owner has died");
	tap_ok(take_up(&next) && next.news == 1, "who takes it up then has a new one");
	tap_ok(zookeeper_acquire(&next, name, 2, true).what == PAWL_REMOTE_QUEUED, "and waits like all others");
	host_close(&next, true);
	host_close(&other, true);
}

/* They would take it from each other for ever. */
static void a_keeper_that_was_stopped(void)
{
	static char name[] = "stopped";
	pid_t pid = begin(name, LONG);
	struct host next, *all[] = { &next };
	int64_t end;
	bool good;

	kill(pid, SIGSTOP);
	good = take_up(&next) && next.news == 0 && zookeeper_acquire(&next, name, 1, false).hi == GET(page->hi);
	kill(pid, SIGCONT);
	for (end = now_ns() + 20 * NS_PER_S; !GET(page->stands_back) && now_ns() < end;)
		host_pump(all, 1);
	tap_ok(good && GET(page->stands_back), "a keeper that was stopped, and finds a later one at work, stands back");
	for (end = now_ns() + NS_PER_S; now_ns() < end;)
		host_pump(all, 1);
	tap_note("the later one came up %u times", next.ups);
	tap_ok(next.up && next.ups <= 4 && next.news == 0, "which loses its connection, and not its session");
	tap_ok(zookeeper_acquire(&next, name, 1, false).hi == GET(page->hi), "nor its lock");
	kill_child(pid);
	host_close(&next, true);
}

/* ---- leaving ---- */

static void leaving(void)
{
	struct host a;
	bool good = up(&a, zookeeper_url(&server, ""), LONG) && zookeeper_acquire(&a, "leaving", 1, false).hi;
	const char *list;

	host_close(&a, false);
	list = tree_list(tree, "/pawl/l/leaving");
	tap_ok(good && list && *list, "a keeper that is not the last leaves the session");
	good = host_open(&a) && a.news == 1;
	host_close(&a, true);
	nap_us(300000);
	list = tree_list(tree, "/pawl/l/leaving");
	tap_ok(good && list && !*list, "the last one ends it, and all its nodes are gone at once");
}

/* A keeper was killed while it said that the session is new: some of its locks have heard of it, and asked; others believe in
 * what they had in the one before. */
static void a_session_nobody_was_told_of(void)
{
	struct host a;
	bool good = up(&a, zookeeper_url(&server, ""), LONG) && zookeeper_acquire(&a, "untold", 1, false).hi;
	uint8_t before[PAWL_REMOTE_SAVED];
	const char *list;

	memcpy(before, a.saved, sizeof(before));
	host_close(&a, false);
	memset(a.saved + 24, 0, 8);
	good = good && host_open(&a);
	list = tree_list(tree, "/pawl/l/untold");
	tap_ok(good && a.news == 2 && !same_session(before, a.saved) && list && !*list,
		"a session that was not told of to the end is ended, and another begun");
	tap_ok(zookeeper_acquire(&a, "untold", 2, false).owner_died, "what was asked for in it is over");
	zookeeper_give(&a, PAWL_REMOTE_RELEASE, "untold", 2, zookeeper_acquire(&a, "untold", 2, false).hi);
	host_close(&a, true);
}

static void a_saved_session_that_is_none(void)
{
	struct host a;

	host_init(&a, zookeeper_backend(), zookeeper_url(&server, ""), LONG, 77);
	memset(a.saved, 0x5a, sizeof(a.saved));
	memset(a.saved + 32, 0, sizeof(a.saved) - 32);
	tap_ok(host_open(&a) && a.news == 1 && zookeeper_acquire(&a, "garbage", 1, false).hi,
		"one that never was is none");
	host_close(&a, true);
	nap_us(300000);
}

/* ---- connections ---- */

static unsigned descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
	return n;
}

static void nothing_is_kept_open(void)
{
	struct host a;
	bool good = up(&a, zookeeper_url(&server, ""), LONG);
	unsigned before;

	before = descriptors();
	for (int i = 0; i < 20 && good; i++) {
		host_close(&a, false);
		good = host_open(&a);
	}
	tap_ok(good && a.news == 1 && descriptors() == before,
		"twenty keepers one after the other: one session, no connection left open");
	host_close(&a, true);
}

static void an_ensemble(void)
{
	char url[100];
	struct host a;
	bool all = true;

	snprintf(url, sizeof(url), "zk://127.0.0.1:1,%s,127.0.0.1:2", server.authority);
	for (int i = 0; i < 10; i++) { /* the first one is by chance */
		all = all && up(&a, url, LONG) && zookeeper_acquire(&a, "ensemble", (uint64_t)i + 1, false).hi;
		zookeeper_give(&a, PAWL_REMOTE_CANCEL, "ensemble", (uint64_t)i + 1, 0);
		host_close(&a, true);
	}
	tap_ok(all, "servers that are not there are passed over");
	snprintf(url, sizeof(url), "zk://no.such.host.invalid");
	host_init(&a, zookeeper_backend(), url, LONG, 78);
	all = a.backend->open(&a.config, &a.open, &a.flags, a.reason, sizeof(a.reason)) == 0 &&
	      zookeeper_wait(&a, NULL, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN);
	tap_ok(all && strstr(a.why, "no.such.host.invalid"), "a host that has no address is named");
	tap_note("%s", a.why);
	host_close(&a, true);
}

/* Stopped, a server says nothing at all; and closing must not wait for it. */
static void a_server_that_is_stopped(void)
{
	struct host a;
	bool good = up(&a, zookeeper_url(&server, ""), BRIEF);
	int64_t before;

	server_stop(&server);
	good = good && zookeeper_wait(&a, NULL, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN);
	before = now_ns();
	host_close(&a, true);
	tap_note("closed after %.1f ms", (double)(now_ns() - before) / 1e6);
	server_go_on(&server);
	tap_ok(good, "a server that is stopped is told to be away");
	tap_note("%s", a.why);
}

int main(void)
{
	watchdog(200);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(zookeeper_backend() && server_start(&server, "zookeeper", ZOOKEEPER_UNSYNCED),
		    "a server and a backend") ||
		!tap_ok((tree = tree_open(&server, NULL, NULL)), "a client"))
		return tap_done();
	a_killed_keepers_session();
	an_expired_session();
	a_keeper_that_was_stopped();
	leaving();
	a_session_nobody_was_told_of();
	a_saved_session_that_is_none();
	nothing_is_kept_open();
	an_ensemble();
	tap_ok(tree_count(tree, "/pawl/h") == 0, "no node of a host is left");
	a_server_that_is_stopped();
	tree_close(tree, false);
	server_end(&server);
	return tap_done();
}
