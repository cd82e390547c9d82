/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_zookeeper_tree.c: what the ZooKeeper backend leaves in the tree, and what it makes of what others leave there. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zookeeper/zookeeper.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "zookeeper.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BRIEF        (500 * NS_PER_MS)
#define LONG         (20 * NS_PER_S)

static struct server server;
static struct tree *tree;

static bool up(struct host *h, const char *rest, int64_t ttl)
{
	static unsigned number;

	host_init(h, zookeeper_backend(), zookeeper_url(&server, rest), ttl, ++number);
	return host_open(h);
}

static bool has_died(struct host *h, const char *name, uint64_t req)
{
	pawl_remote_event_t e = zookeeper_acquire(h, name, req, false);

	zookeeper_give(h, PAWL_REMOTE_RELEASE, name, req, e.hi);
	return e.what == PAWL_REMOTE_GRANTED && e.owner_died;
}

/* Until the server has seen that a session is gone. */
static bool becomes_empty(const char *path)
{
	int64_t end = now_ns() + 30 * NS_PER_S;
	const char *list;

	while ((list = tree_list(tree, path)) && *list && now_ns() < end)
		nap_us(10000);
	return !list || !*list;
}

/* ---- what is left ---- */

static void nothing_is_left(void)
{
	struct host a, b;
	pawl_remote_event_t e;
	bool good = up(&a, "", LONG) && up(&b, "", LONG);

	e = zookeeper_acquire(&a, "left", 1, false);
	tap_ok(good && tree_count(tree, "/pawl/l") == 2, "a lock that is held is a directory with a node in it");
	zookeeper_acquire(&b, "left", 1, true);
	good = zookeeper_give(&a, PAWL_REMOTE_RELEASE, "left", 1, e.hi) && zookeeper_acquire(&b, "left", 1, false).hi > e.hi;
	tap_ok(good && tree_count(tree, "/pawl/l") == 2, "handed on, it still is");
	good = zookeeper_give(&b, PAWL_REMOTE_CANCEL, "left", 1, 0);
	tap_ok(good && tree_count(tree, "/pawl/l") == 0, "and one that nobody has is nothing");
	host_close(&a, true);
	host_close(&b, true);
	tap_ok(tree_count(tree, "/pawl") == 0, "nothing is left of hosts that have gone");
}

/* ---- deaths ---- */

static void deaths_are_kept(void)
{
	struct host a, b, c;
	bool good = up(&a, "", BRIEF) && up(&b, "", LONG) && zookeeper_acquire(&a, "dead", 1, false).hi;

	host_close(&a, false); /* nobody takes its session up */
	tap_ok(good && becomes_empty("/pawl/l/dead") && tree_list(tree, "/pawl/l/dead"),
		"the directory of an owner that died stays when it is empty");
	tap_ok(has_died(&b, "dead", 1), "and says so to the next");
	tap_ok(!tree_list(tree, "/pawl/l/dead") && !has_died(&b, "dead", 2), "which ends it");

	good = up(&a, "", BRIEF) && up(&c, "", LONG) && zookeeper_acquire(&b, "dead", 3, false).hi;
	zookeeper_acquire(&a, "dead", 1, true);
	zookeeper_acquire(&c, "dead", 1, true);
	host_close(&a, false);
	nap_us(1500000);
	good = good && zookeeper_give(&b, PAWL_REMOTE_RELEASE, "dead", 3, zookeeper_acquire(&b, "dead", 3, false).hi);
	tap_ok(good && !has_died(&c, "dead", 1), "who died waiting was no owner");
	host_close(&b, true);
	host_close(&c, true);
}

/* Whoever is next dies between the release and its own: it was the owner. */
static void an_heir_that_dies_was_an_owner(void)
{
	struct host a, b, c;
	bool good = up(&a, "", LONG) && up(&b, "", BRIEF) && up(&c, "", LONG);
	uint64_t hi = zookeeper_acquire(&a, "heir", 1, false).hi;

	zookeeper_acquire(&b, "heir", 1, true);
	zookeeper_acquire(&c, "heir", 1, true);
	good = good && zookeeper_give(&a, PAWL_REMOTE_RELEASE, "heir", 1, hi); /* and b is served no more */
	host_close(&b, false);
	tap_ok(good && has_died(&c, "heir", 1),
		"who was granted the lock, and died before it heard of that, was an owner");
	host_close(&a, true);
	host_close(&c, true);
}

static void waiters_that_leave_are_no_owners(void)
{
	struct host a, b, c;
	bool good = up(&a, "", LONG) && up(&b, "", LONG) && up(&c, "", LONG);
	uint64_t hi = zookeeper_acquire(&a, "leaves", 1, false).hi;

	zookeeper_acquire(&b, "leaves", 1, true);
	zookeeper_acquire(&c, "leaves", 1, true);
	good = good && zookeeper_submit(&b, PAWL_REMOTE_CANCEL, "leaves", 1, 0, true); /* not sent yet */
	good = good && zookeeper_give(&a, PAWL_REMOTE_RELEASE, "leaves", 1, hi);
	good = good && zookeeper_wait(&b, NULL, PAWL_REMOTE_RELEASED, "leaves", 1);
	tap_ok(good && !has_died(&c, "leaves", 1), "who leaves the queue as its turn comes ends cleanly");
	host_close(&a, true);
	host_close(&b, true);
	host_close(&c, true);
}

/* ---- what others do ---- */

static void nodes_of_others(void)
{
	struct host a, b;
	bool good = up(&a, "", LONG) && up(&b, "", LONG);
	pawl_remote_event_t e = zookeeper_acquire(&a, "foreign", 1, false), next;

	good = good && tree_make(tree, "/pawl/l/foreign/note", "", ZOO_PERSISTENT) == ZOK &&
	       tree_make(tree, "/pawl/l/foreign/h-x-", "", ZOO_PERSISTENT_SEQUENTIAL) == ZOK &&
	       tree_make(tree, "/pawl/l/foreign/h-99999999999999999-1-0000000000", "", ZOO_PERSISTENT) == ZOK;
	tree_remove(tree, "/pawl/l/foreign/h-99999999999999999-1-0000000000");
	good = good && zookeeper_give(&a, PAWL_REMOTE_RELEASE, "foreign", 1, e.hi);
	next = zookeeper_acquire(&b, "foreign", 1, false);
	tap_ok(good && next.what == PAWL_REMOTE_GRANTED && next.hi > e.hi && !next.owner_died,
		"children of the directory that are nobody's place are passed over, and no death");
	tree_remove(tree, "/pawl/l/foreign/note");
	tree_remove(tree, "/pawl/l/foreign/h-x-0000000002");
	good = zookeeper_give(&b, PAWL_REMOTE_RELEASE, "foreign", 1, next.hi);
	tap_ok(good && !tree_list(tree, "/pawl/l/foreign"), "and when they have gone, so does the directory");
	host_close(&a, true);
	host_close(&b, true);
}

static void a_node_that_is_removed_by_hand(void)
{
	struct host a;
	char path[200];
	bool good = up(&a, "", LONG) && zookeeper_acquire(&a, "hand", 1, false).hi;

	snprintf(path, sizeof(path), "/pawl/l/hand/%s", tree_list(tree, "/pawl/l/hand"));
	*strrchr(path, ' ') = '\0';
	good = good && tree_remove(tree, path) == ZOK;
	tap_ok(good && zookeeper_wait(&a, NULL, PAWL_REMOTE_LOST, "hand", 1), "whose node is removed by hand is told");
	tap_ok(has_died(&a, "hand", 2) && !tree_list(tree, "/pawl/l/hand"),
		"and so is the next owner: nobody has said that it ended well");
	host_close(&a, true);
}

/* Containers that have been empty for a while are removed by the server. */
static void folders_that_go(void)
{
	struct host a, b;
	bool good = up(&a, "", LONG) && zookeeper_acquire(&a, "reaped", 1, false).hi;
	pawl_remote_event_t e;

	good = good && zookeeper_give(&a, PAWL_REMOTE_CANCEL, "reaped", 1, 0) && tree_remove(tree, "/pawl/l") == ZOK;
	e = zookeeper_acquire(&a, "reaped", 2, false);
	tap_ok(good && e.what == PAWL_REMOTE_GRANTED && !e.owner_died,
		"the folder of locks is made again when it was reaped");
	zookeeper_give(&a, PAWL_REMOTE_RELEASE, "reaped", 2, e.hi);
	host_close(&a, true);
	good = tree_remove(tree, "/pawl/l") == ZOK && tree_remove(tree, "/pawl/h") == ZOK &&
	       tree_remove(tree, "/pawl") == ZOK;
	tap_ok(good && up(&b, "", LONG) && zookeeper_acquire(&b, "reaped", 1, false).hi, "and so are all");
	host_close(&b, true);
	tree_remove(tree, "/pawl/l/reaped");
}

/* ---- numbers ---- */

static bool make_place(struct tree *t, const char *host, unsigned req, const char *number, int mode)
{
	char path[200];

	snprintf(path, sizeof(path), "/pawl/l/wraps/h-%s-%u-%s", host, req, number);
	return tree_make(t, path, "", mode) == ZOK;
}

/* No server makes 2^31 children for a test: places by hand, ours by a client that shares our session. */
static void numbers_wrap_around(void)
{
	static const char other[] = "00000000000000000000000000000000";
	struct host a;
	struct tree *ours;
	bool good = up(&a, "", LONG) && tree_make(tree, "/pawl/l", "", ZOO_CONTAINER) != ZNONODE &&
		    tree_make(tree, "/pawl/l/wraps", "2147483647", ZOO_PERSISTENT) == ZOK;

	good = good && make_place(tree, other, 1, "2147483647", ZOO_PERSISTENT);
	host_close(&a, false);
	ours = tree_open(&server, a.saved, NULL);
	good = good && ours && make_place(ours, a.id, 7, "-2147483648", ZOO_EPHEMERAL);
	if (ours)
		tree_close(ours, true);
	good = good && host_open(&a) && make_place(tree, other, 2, "-2147483647", ZOO_PERSISTENT);
	tap_ok(good && zookeeper_acquire(&a, "wraps", 7, true).what == PAWL_REMOTE_QUEUED,
		"2147483647 is before -2147483648, a place that another keeper has made");
	tree_remove(tree, "/pawl/l/wraps/h-00000000000000000000000000000000-1-2147483647");
	tap_ok(zookeeper_wait(&a, NULL, PAWL_REMOTE_GRANTED, "wraps", 7), "and that one before -2147483647");
	good = zookeeper_give(&a, PAWL_REMOTE_CANCEL, "wraps", 7, 0);
	tree_remove(tree, "/pawl/l/wraps/h-00000000000000000000000000000000-2--2147483647");
	tap_ok(good && tree_remove(tree, "/pawl/l/wraps") == ZOK, "which is left as it was");
	host_close(&a, true);
}

/* ---- rights ---- */

static bool says(const struct host *h, const char *a, const char *b)
{
	return strstr(h->why, a) && strstr(h->why, b) && !strstr(h->why, "secret");
}

static const char *as(const char *user, const char *rest)
{
	static char url[200];

	snprintf(url, sizeof(url), "zk://%s@%s%s", user, server.authority, rest);
	return url;
}

static bool opens_as(struct host *h, const char *user, const char *rest, unsigned number)
{
	host_init(h, zookeeper_backend(), as(user, rest), LONG, number);
	return h->backend->open(&h->config, &h->open, &h->flags, h->reason, sizeof(h->reason)) == 0;
}

static bool is_refused(struct host *h)
{
	int64_t end = now_ns() + 20 * NS_PER_S;

	while (!h->why[0] && !h->up && now_ns() < end)
		host_pump(&h, 1);
	return !h->up;
}

static void rights(void)
{
	struct host a, b, c;
	bool good = opens_as(&a, "user:secret", "?prefix=rights", 901);
	const struct host_event *e;
	struct tree *t;

	a.config.term++;
	good = good && zookeeper_wait(&a, NULL, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_NEW) &&
	       zookeeper_acquire(&a, "x", 1, false).hi;
	tap_ok(good, "a user and its password are taken");
	tap_ok(!tree_list(tree, "/rights/l/x"), "what it makes is for nobody else to see");
	t = tree_open(&server, NULL, "user:secret");
	tap_ok(t && tree_list(t, "/rights/l/x"), "but itself");
	good = opens_as(&b, "user:secretly", "?prefix=rights", 902) && is_refused(&b);
	tap_ok(good && says(&b, "user and password", server.authority), "a wrong password is told by whoever has it");
	tap_note("%s", b.why);
	host_close(&b, true);
	good = up(&c, "", LONG) && tree_make(tree, "/pawl/l", "", ZOO_CONTAINER) != ZNONODE;
	good = good && zookeeper_acquire(&c, "warm", 1, false).hi && opens_as(&b, "user:secret", "", 903);
	good = good && zookeeper_wait(&b, NULL, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_NEW) &&
	       zookeeper_acquire(&b, "x", 1, false).hi;
	zookeeper_submit(&c, PAWL_REMOTE_ACQUIRE, "x", 1, 0, true);
	e = zookeeper_wait(&c, NULL, PAWL_REMOTE_UNKNOWN, "x", 1);
	tap_ok(good && e && says(&c, "not authenticated", server.authority),
		"a lock that is another user's is refused");
	tap_note("%s", c.why);
	host_close(&a, true);
	host_close(&b, true);
	host_close(&c, true);
	tree_close(t, false);
}

static void a_path_that_is_missing(void)
{
	struct host a;

	host_init(&a, zookeeper_backend(), zookeeper_url(&server, "/some/where"), LONG, 910);
	a.backend->open(&a.config, &a.open, &a.flags, a.reason, sizeof(a.reason));
	tap_ok(is_refused(&a) && says(&a, "create it", server.authority),
		"a path that does not exist is said to be missing");
	tap_note("%s", a.why);
	tree_make(tree, "/some", "", ZOO_PERSISTENT);
	tree_make(tree, "/some/where", "", ZOO_PERSISTENT);
	tap_ok(zookeeper_wait(&a, NULL, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_NEW) &&
			zookeeper_acquire(&a, "x", 1, false).hi && tree_list(tree, "/some/where/pawl/l/x"),
		"and used when it does");
	host_close(&a, true);
}

static void urls(void)
{
	static const char *const bad[] = { "zk://", "zk:///path", "zk://h:0", "zk://h:99999", "zk://h/a//b",
		"zk://h/./b", "zk://h/a/", "zk://h?prefix=", "zk://h?prefix=/x", "zk://h?prefix=a//b",
		"zk://h?colour=red", "zk://user@h", "zk://:secret@h", "zk://h?prefix=a b", "zk://a%2Fb" };
	bool all = true;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct host h;
		bool refused;

		host_init(&h, zookeeper_backend(), bad[i], LONG, 1);
		refused = h.backend->open(&h.config, &h.open, &h.flags, h.reason, sizeof(h.reason)) == EINVAL &&
			  h.reason[0] && !strstr(h.reason, "secret");
		if (!refused)
			tap_note("%s is not refused", bad[i]);
		all &= refused;
	}
	tap_ok(all, "a URL that is none is refused, with a reason");
}

int main(void)
{
	watchdog(200);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(zookeeper_backend() && server_start(&server, "zookeeper", ZOOKEEPER_UNSYNCED),
		    "a server and a backend") ||
		!tap_ok((tree = tree_open(&server, NULL, NULL)), "a client"))
		return tap_done();
	urls();
	nothing_is_left();
	deaths_are_kept();
	an_heir_that_dies_was_an_owner();
	waiters_that_leave_are_no_owners();
	nodes_of_others();
	a_node_that_is_removed_by_hand();
	folders_that_go();
	numbers_wrap_around();
	rights();
	a_path_that_is_missing();
	tree_close(tree, false);
	server_end(&server);
	return tap_done();
}
