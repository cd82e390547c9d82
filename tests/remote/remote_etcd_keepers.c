/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd_keepers.c: a host's next keeper takes up hundreds of locks while another host queues up for each of them: the one is told
 * of the other, and each lock goes to who is next, and to nobody else, once it is given back.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "etcd.h"

enum { LOCKS = 300 };

/* What has been said of a lock. */
struct tally {
	unsigned granted, queued, contended, released, lost;
	uint64_t hi;
};

struct keeper {
	struct host host;
	struct tally of[LOCKS];
};

static struct server s;
static struct keeper a, b, c;

/* host.h keeps what its own listener hears: of sessions. */
static void (*keep)(void *, const pawl_remote_event_t *);

static void hear_grant(struct tally *t, const pawl_remote_event_t *e)
{
	t->granted++;
	t->contended += e->contended;
	t->hi = e->hi;
}

static void hear(void *arg, const pawl_remote_event_t *e)
{
	struct keeper *k = arg;
	struct tally *t = e->name ? &k->of[atoi(e->name + 1)] : NULL;

	if (!t || e->what == PAWL_REMOTE_UNKNOWN)
		keep(arg, e);
	else if (e->what == PAWL_REMOTE_GRANTED)
		hear_grant(t, e);
	t = t ? t : &(struct tally){ 0 };
	t->queued += e->what == PAWL_REMOTE_QUEUED;
	t->contended += e->what == PAWL_REMOTE_CONTENDED;
	t->released += e->what == PAWL_REMOTE_RELEASED;
	t->lost += e->what == PAWL_REMOTE_LOST;
}

static bool opened(struct keeper *k, unsigned number)
{
	host_init(&k->host, etcd_backend(), etcd_url(&s, ""), ETCD_LONG, number);
	keep = k->host.config.event;
	k->host.config.event = hear;
	return host_open(&k->host);
}

static bool submits(struct keeper *k, pawl_remote_kind_t kind)
{
	bool all = true;
	char name[16];

	for (int i = 0; i < LOCKS; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		all &= etcd_submit(&k->host, kind, name, 1, k->of[i].hi) == 0;
	}
	return all;
}

/* Of how many locks has it been said? `at` is where a tally counts that. */
static int said(const struct keeper *k, size_t at)
{
	int n = 0;

	for (int i = 0; i < LOCKS; i++)
		n += *(const unsigned *)(const void *)((const char *)&k->of[i] + at) > 0;
	return n;
}

#define SAID(k, what) said(k, offsetof(struct tally, what))

/* Until it has been said of all of them. The other is slower: what happens meanwhile finds it with an answer it has not read. */
static bool come(struct keeper *k, size_t at, struct keeper *other)
{
	struct host *both[] = { &k->host, &k->host, &k->host, &k->host, &other->host };
	int64_t end = pawl_remote_now() + 15 * NS_PER_S;

	while (said(k, at) < LOCKS && pawl_remote_now() < end)
		host_pump(both, 5);
	if (said(k, at) < LOCKS)
		tap_note("%d of %d", said(k, at), LOCKS);
	return said(k, at) == LOCKS;
}

#define COME(k, what, other) come(k, offsetof(struct tally, what), other)

/* `later` has been granted each once, with a larger number than the one before. */
static bool follows(const struct keeper *later, const struct keeper *before)
{
	int bad = 0;

	for (int i = 0; i < LOCKS; i++)
		bad += later->of[i].granted != 1 || later->of[i].lost || later->of[i].hi <= before->of[i].hi;
	if (bad > 0)
		tap_note("%d of %d: not once, or out of order", bad, LOCKS);
	return bad == 0;
}

static void taken_up(void)
{
	tap_ok(submits(&a, PAWL_REMOTE_ACQUIRE) && COME(&a, granted, &b) && SAID(&a, contended) == 0,
		"a host has %d locks, alone", LOCKS);
	host_close(&a.host, false);
	tap_ok(host_open(&a.host) && a.host.news == 1, "its next keeper takes up the session");
	tap_ok(submits(&b, PAWL_REMOTE_ACQUIRE) && COME(&b, queued, &a),
		"another host asks for all of them meanwhile, and waits");
	tap_ok(COME(&a, contended, &b), "who has them is told of each");
}

/* The second sleeps while the first gives them back: the third, who asks again, as keepers do, is not granted what is another's. */
static void handed_on(void)
{
	tap_ok(submits(&c, PAWL_REMOTE_ACQUIRE) && COME(&c, queued, &a), "a third host waits behind it");
	b.host.asleep = true;
	tap_ok(submits(&a, PAWL_REMOTE_RELEASE) && COME(&a, released, &c),
		"they are given back while the second sleeps");
	memset(c.of, 0, sizeof(c.of));
	tap_ok(submits(&c, PAWL_REMOTE_ACQUIRE) && COME(&c, queued, &a) && SAID(&c, granted) == 0,
		"the third, which asks again, still waits");
	b.host.asleep = false;
	tap_ok(COME(&b, granted, &c) && follows(&b, &a) && SAID(&c, granted) == 0,
		"the second has each of them, and it alone");
	tap_ok(submits(&b, PAWL_REMOTE_RELEASE) && COME(&b, released, &c) && COME(&c, granted, &b) && follows(&c, &b),
		"then the third");
	tap_ok(submits(&c, PAWL_REMOTE_RELEASE) && COME(&c, released, &b) && follows(&b, &a) && follows(&c, &b),
		"nobody was granted any of them twice");
}

int main(void)
{
	watchdog(240);
	if (!tap_ok(etcd_backend(), "libpawl-etcd.so is there") ||
		!tap_ok(server_start(&s, "etcd", ETCD_UNSYNCED), "a server starts") ||
		!tap_ok(opened(&a, 1) && opened(&b, 2) && opened(&c, 3), "three hosts"))
		return tap_done();
	taken_up();
	handed_on();
	host_close(&a.host, true);
	host_close(&b.host, true);
	host_close(&c.host, true);
	server_end(&s);
	return tap_done();
}
