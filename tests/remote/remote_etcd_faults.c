/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd_faults.c: what can happen to an etcd, and to our keys in it, that the rules of all backends do not know: a lease revoked
 * and keys deleted or overwritten by hand, while there is a keeper and while there is none; compaction in a wait, and while an answer is
 * under way; a first endpoint that is dead; what was finished is forgotten in the end, and who asked before hears no
 * answer any more; heirs that cannot take what they are left; URLs.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "etcd.h"
#include "proxy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct server s;
static struct host a, b;

/* On a busy machine the server may be thought to be away, and come back. */
static bool has_again(struct host *h, const char *name, uint64_t req, uint64_t above)
{
	pawl_remote_event_t e = { 0 };
	bool given = false;

	for (int i = 0; i < 20 && !given; i++) {
		e = etcd_acquire(h, name, req);
		given = e.hi && etcd_ask(h, PAWL_REMOTE_RELEASE, name, req, e.hi).what == PAWL_REMOTE_RELEASED;
		if (!given)
			etcd_pass(&h, 1, 300 * NS_PER_MS);
	}
	return given && e.hi > above;
}

static bool is_new(struct host *h)
{
	return etcd_wait(h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_NEW);
}

/* ---- by hand ---- */

static void lease_revoked(void)
{
	uint64_t hi = etcd_acquire(&a, "revoked", 1).hi;

	etcd_ctl(&s,
		"lease revoke $(etcdctl --endpoints 127.0.0.1:$PORT get --prefix revoked/ --keys-only | cut -d/ -f2)");
	tap_ok(hi && etcd_wait(&a, PAWL_REMOTE_LOST, "revoked", 1),
		"a lease is revoked by hand: its locks are lost at once");
	tap_ok(is_new(&a) && has_again(&a, "revoked", 2, hi), "and the session is a new one");
}

static void key_deleted(void)
{
	uint64_t hi = etcd_acquire(&a, "deleted", 1).hi;

	etcd_ctl(&s, "del --prefix deleted/");
	tap_ok(hi && etcd_wait(&a, PAWL_REMOTE_LOST, "deleted", 1), "a key is deleted by hand: the lock is lost");
	tap_ok(has_again(&a, "deleted", 2, hi), "and can be had again");
}

static void key_overwritten(void)
{
	uint64_t hi = etcd_acquire(&a, "rude", 1).hi;

	etcd_ctl(&s, "put $(etcdctl --endpoints 127.0.0.1:$PORT get --prefix rude/ --keys-only) mine");
	tap_ok(hi && etcd_wait(&a, PAWL_REMOTE_LOST, "rude", 1),
		"a key is put over ours, without our lease: the lock is lost");
	tap_ok(etcd_ask(&a, PAWL_REMOTE_RELEASE, "rude", 1, hi).what == PAWL_REMOTE_RELEASED &&
			etcd_keys(&s, "rude/") == 0,
		"and that key, which would stay for ever, is removed");
	tap_ok(has_again(&a, "rude", 2, hi), "the lock can be had again");
}

static void key_put_by_hand(void)
{
	etcd_ctl(&s, "put hand/1f x");
	tap_ok(has_again(&a, "hand", 1, 0), "a key without the lease that it names is nobody's place");
}

/* ---- while there is no keeper ---- */

static void lost_meanwhile(void)
{
	uint64_t hi = etcd_acquire(&a, "meanwhile", 1).hi, other = etcd_acquire(&a, "kept", 1).hi;

	host_close(&a, false);
	etcd_ctl(&s, "del --prefix meanwhile/");
	tap_ok(hi && host_open(&a) && etcd_wait(&a, PAWL_REMOTE_LOST, "meanwhile", 1),
		"a key is deleted while the host has no keeper: the next one is told");
	tap_ok(etcd_acquire(&a, "kept", 1).hi == other, "and has what the last one had");
	etcd_submit(&b, PAWL_REMOTE_ACQUIRE, "kept", 1, 0);
	tap_ok(etcd_wait2(&a, &b, PAWL_REMOTE_CONTENDED, "kept", 1), "and is told that somebody waits for it");
	etcd_ask(&a, PAWL_REMOTE_RELEASE, "kept", 1, other);
	tap_ok(has_again(&b, "kept", 1, other), "who gets it");
}

static void compacted_meanwhile(void)
{
	uint64_t hi = etcd_acquire(&a, "compacted", 1).hi;

	host_close(&a, false);
	etcd_ctl(&s,
		"del --prefix compacted/; etcdctl --endpoints 127.0.0.1:$PORT compact "
		"$(etcdctl --endpoints 127.0.0.1:$PORT put x y -w json | tr -dc '0-9:,' | cut -d: -f5 | cut -d, -f1)");
	tap_ok(hi && host_open(&a) && a.news > 1 && has_again(&a, "compacted", 2, hi),
		"and if nobody can tell any more what was lost, everything is: the session is a new one");
}

/* ---- compaction in a wait ---- */

/* Between two streams of a host: the server was away, and others have compacted what has happened since. */
static void compacted_in_a_wait(void)
{
	uint64_t hi = etcd_acquire(&a, "wait", 1).hi;

	tap_ok(hi && etcd_ask(&b, PAWL_REMOTE_ACQUIRE, "wait", 1, 0).what == PAWL_REMOTE_QUEUED,
		"one has a lock, another waits");
	server_kill(&s);
	tap_ok(server_again(&s), "the server is restarted");
	etcd_ctl(&s, "del --prefix wait/$(etcdctl --endpoints 127.0.0.1:$PORT get --prefix .pawl/owner/wait -w json "
		     ">/dev/null; "
		     "etcdctl --endpoints 127.0.0.1:$PORT get --prefix wait/ --keys-only --sort-by=CREATE | head -n 1 "
		     "| cut -d/ -f2)");
	etcd_ctl(&s, "compact $(etcdctl --endpoints 127.0.0.1:$PORT put x y -w json | tr -dc '0-9:,' | cut -d: -f5 | "
		     "cut -d, -f1)");
	tap_ok(etcd_wait(&b, PAWL_REMOTE_GRANTED, "wait", 1),
		"what has happened meanwhile is compacted: who waits is granted the lock");
	tap_ok(etcd_wait(&a, PAWL_REMOTE_LOST, "wait", 1), "and who had it is told");
}

/* The answer to one who asks is late. Meanwhile another has queued up behind it, of which the stream was cut that told, and all
 * that is compacted. That answer knows of nobody, and is not to be believed.
 */
static void compacted_before_an_answer(void)
{
	static struct proxy wire;
	static char url[64];
	struct host late, *all[] = { &late };
	const struct host_event *e = NULL;
	bool good = proxy_start(&wire, s.port);

	snprintf(url, sizeof(url), "etcd://%s", wire.authority);
	good = good && etcd_host(&late, url, ETCD_LONG, 11);
	etcd_pass(all, 1, 100 * NS_PER_MS);
	proxy_rule(&wire, (struct proxy_rules){ .delay_ns[TO_CLIENT] = 1500 * NS_PER_MS });
	good = good && etcd_submit(&late, PAWL_REMOTE_ACQUIRE, "late", 1, 0) == 0 &&
	       etcd_keys_become(&s, "late/", 1, all, 1);
	etcd_pass(all, 1, 100 * NS_PER_MS);
	proxy_rule(&wire, (struct proxy_rules){ .cut_at[TO_CLIENT] = 1 });
	good = good && etcd_ask(&b, PAWL_REMOTE_ACQUIRE, "late", 1, 0).what == PAWL_REMOTE_QUEUED;
	etcd_ctl(&s, "compact $(etcdctl --endpoints 127.0.0.1:$PORT put x y -w json | tr -dc '0-9:,' | cut -d: -f5 | "
		     "cut -d, -f1)");
	e = good ? etcd_wait(&late, PAWL_REMOTE_GRANTED, "late", 1) : NULL;
	tap_ok(e && (e->event.contended || etcd_wait(&late, PAWL_REMOTE_CONTENDED, "late", 1)),
		"what came while an answer was under way is compacted: who is granted the lock is told who waits");
	host_close(&late, true);
	tap_ok(etcd_wait(&b, PAWL_REMOTE_GRANTED, "late", 1), "who gets it then");
	proxy_end(&wire);
}

/* ---- heirs ---- */

static struct host owner;

/* One has the lock, two wait, in that order. */
static bool three_in_a_row(struct host *heir, struct host *third, const char *name, uint64_t *hi)
{
	*hi = etcd_acquire(&owner, name, 1).hi;
	return *hi && etcd_ask(heir, PAWL_REMOTE_ACQUIRE, name, 1, 0).what == PAWL_REMOTE_QUEUED &&
	       etcd_ask(third, PAWL_REMOTE_ACQUIRE, name, 1, 0).what == PAWL_REMOTE_QUEUED &&
	       etcd_wait(&owner, PAWL_REMOTE_CONTENDED, name, 1);
}

static void heirs_that_do_not_hear(void)
{
	const struct host_event *e;
	struct host heir;
	uint64_t hi;
	bool good = etcd_host(&owner, etcd_url(&s, ""), ETCD_LONG, 10) &&
		    etcd_host(&heir, etcd_url(&s, ""), ETCD_LONG, 8) && three_in_a_row(&heir, &b, "heir", &hi);

	good = good && etcd_ask(&owner, PAWL_REMOTE_RELEASE, "heir", 1, hi).what == PAWL_REMOTE_RELEASED;
	host_close(&heir, false);
	good = good && host_open(&heir) && (e = etcd_wait(&heir, PAWL_REMOTE_GRANTED, "heir", 1)) && e->event.hi > hi &&
	       !e->event.owner_died && e->event.contended;
	tap_ok(good, "a keeper ends before it hears that its host was left the lock: the next one has it");
	etcd_ctl(&s,
		"lease revoke $(etcdctl --endpoints 127.0.0.1:$PORT get --prefix heir/ --keys-only --sort-by=CREATE | "
		"head -n 1 | cut -d/ -f2)");
	e = etcd_wait(&b, PAWL_REMOTE_GRANTED, "heir", 1);
	tap_ok(e && e->event.owner_died && etcd_ask(&b, PAWL_REMOTE_RELEASE, "heir", 1, e->event.hi).what == PAWL_REMOTE_RELEASED,
		"its lease ends with that: it is told to who waits behind");
	host_close(&heir, true);
}

/* Whoever leaves the lock has not heard that its heir has gone: by hand, or to the end of the queue. */
static void heirs_that_are_not_there(void)
{
	const struct host_event *e;
	struct host heir;
	uint64_t hi;
	bool good = etcd_host(&heir, etcd_url(&s, ""), ETCD_LONG, 9) && three_in_a_row(&heir, &b, "gone", &hi);

	etcd_ctl(&s, "del $(etcdctl --endpoints 127.0.0.1:$PORT get --prefix gone/ --keys-only --sort-by=CREATE | sed "
		     "-n 3p)");
	good = good && etcd_ask(&owner, PAWL_REMOTE_RELEASE, "gone", 1, hi).what == PAWL_REMOTE_RELEASED;
	e = etcd_wait(&b, PAWL_REMOTE_GRANTED, "gone", 1);
	tap_ok(good && e && !e->event.owner_died && etcd_wait(&heir, PAWL_REMOTE_LOST, "gone", 1),
		"who is left the lock, and was removed, does not have it; nobody has died");
	good = etcd_ask(&b, PAWL_REMOTE_RELEASE, "gone", 1, e ? e->event.hi : 0).what == PAWL_REMOTE_RELEASED;

	good = good && three_in_a_row(&heir, &b, "turns", &hi) &&
	       etcd_ask(&heir, PAWL_REMOTE_ACQUIRE, "turns", 2, 0).what == PAWL_REMOTE_QUEUED;
	good = good && etcd_ask(&owner, PAWL_REMOTE_RELEASE, "turns", 1, hi).what == PAWL_REMOTE_RELEASED;
	e = etcd_wait2(&b, &heir, PAWL_REMOTE_GRANTED, "turns", 1);
	tap_ok(good && e && !e->event.owner_died && !host_take(&heir, PAWL_REMOTE_GRANTED, "turns", 2),
		"nor does who has gone to the end of the queue");
	good = etcd_ask(&b, PAWL_REMOTE_RELEASE, "turns", 1, e ? e->event.hi : 0).what == PAWL_REMOTE_RELEASED;
	e = etcd_wait(&heir, PAWL_REMOTE_GRANTED, "turns", 2);
	tap_ok(good && e && !e->event.owner_died, "until it is its turn");
	host_close(&heir, true);
	host_close(&owner, true);
}

/* ---- forgetting ---- */

static struct proxy wire;

/* A key has gone while there was no keeper: the next one asks etcd for what stood in it, and the wire holds that request back. */
static bool loses_words(struct host *h)
{
	int64_t end = now_ns() + 20 * NS_PER_S;
	bool good = etcd_acquire(h, "words", 1).hi;

	host_close(h, false);
	etcd_ctl(&s, "del --prefix words/");
	proxy_rule(&wire, (struct proxy_rules){ .hold = "d29yZHMv" }); /* words/ in base64 */
	good = host_open(h) && good;
	while (good && proxy_counts(&wire).held == 0 && now_ns() < end)
		etcd_pass(&h, 1, NS_PER_MS);
	return good && proxy_counts(&wire).held == 1;
}

/* The answer to that comes when the place it is about has been forgotten, too. */
static void forgotten(void)
{
	struct host brief, *all[] = { &brief };
	char url[64];
	bool good = proxy_start(&wire, s.port);
	unsigned ups;

	snprintf(url, sizeof(url), "etcd://%s?timeout=60s", wire.authority);
	tap_ok(good && etcd_host(&brief, url, ETCD_BRIEF, 5) && loses_words(&brief),
		"what was lost is asked for, and no answer comes");
	ups = brief.ups;
	tap_ok(has_again(&brief, "once", 1, 0) && etcd_keys(&s, ".pawl/done/once/") == 1 &&
			etcd_ask(&brief, PAWL_REMOTE_ACQUIRE, "once", 1, 0).what == PAWL_REMOTE_LOST,
		"what is finished is remembered");
	tap_ok(etcd_keys_become(&s, ".pawl/done/once/", 0, all, 1), "and forgotten after ten times to live");
	proxy_rule(&wire, (struct proxy_rules){ 0 });
	etcd_pass(all, 1, 300 * NS_PER_MS);
	if (brief.ups != ups)
		tap_note("the session was begun anew meanwhile: that answer cannot come");
	tap_ok(!host_take(&brief, PAWL_REMOTE_LOST, "words", 1), "an answer that comes then is nobody's");
	tap_ok(has_again(&brief, "once", 2, 0) && has_again(&brief, "words", 2, 0), "and both can be had again");
	host_close(&brief, true);
	proxy_end(&wire);
}

/* ---- endpoints ---- */

static void endpoints(void)
{
	char url[200];
	struct host h;

	snprintf(url, sizeof(url), "etcd://127.0.0.1:1,%s,[::1]:1", s.authority);
	tap_ok(etcd_host(&h, url, ETCD_LONG, 6) && has_again(&h, "endpoints", 1, 0),
		"a first endpoint that is dead: the next is asked");
	tap_ok(strstr(h.why, "127.0.0.1:1:"), "and the reason names the dead one");
	host_close(&h, true);
}

static void prefix(void)
{
	struct host h;

	tap_ok(etcd_host(&h, etcd_url(&s, "?prefix=a/b%2F"), ETCD_LONG, 7) && etcd_acquire(&h, "x", 1).hi &&
			etcd_keys(&s, "a/b/x/") == 1 && etcd_keys(&s, "a/b/.pawl/") == 1 && has_again(&h, "x", 2, 0),
		"all keys begin with the prefix");
	tap_ok(etcd_acquire(&a, "x", 1).hi, "another prefix is another set of locks");
	host_close(&h, true);
	tap_ok(etcd_keys_become(&s, "a/b/", 0, NULL, 0), "nothing is left");
}

static void urls(void)
{
	static const char *const bad[] = { "etcd://", "etcd:///x", "etcd://h/path", "etcd://h?protocol=none",
		"etcd://h?ca=x", "etcd://h?tls=2", "etcd://h?tls=1&cert=x", "etcd://user@h", "etcd://h:0",
		"etcd://h?timeout=0", "etcd://h?blind=0", "etcd://h?prefix=x&prefix=y" };
	bool all = true;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct host h;
		bool refused;

		host_init(&h, etcd_backend(), bad[i], ETCD_LONG, 1);
		refused = h.backend->open(&h.config, &h.open, &h.flags, h.reason, sizeof(h.reason)) == EINVAL &&
			  h.reason[0];
		if (!refused)
			tap_note("%s is not refused", bad[i]);
		all &= refused;
	}
	tap_ok(all, "a URL that makes no sense is refused with a reason");
}

int main(void)
{
	watchdog(240);
	if (!tap_ok(etcd_backend(), "libpawl-etcd.so is there") ||
		!tap_ok(server_start(&s, "etcd", ETCD_UNSYNCED), "a server starts") ||
		!tap_ok(etcd_host(&a, etcd_url(&s, ""), 6 * NS_PER_S, 1) && etcd_host(&b, etcd_url(&s, ""), ETCD_LONG, 2),
			"two hosts"))
		return tap_done();
	urls();
	endpoints();
	prefix();
	lease_revoked();
	key_deleted();
	key_overwritten();
	key_put_by_hand();
	lost_meanwhile();
	compacted_meanwhile();
	compacted_in_a_wait();
	compacted_before_an_answer();
	heirs_that_do_not_hear();
	heirs_that_are_not_there();
	forgotten();
	host_close(&a, true);
	host_close(&b, true);
	server_end(&s);
	return tap_done();
}
