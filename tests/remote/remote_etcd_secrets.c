/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd_secrets.c: users and passwords. No secret is ever in a reason, which is short enough for a space to keep it whole. */
#include <stdio.h>
#include <string.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "etcd.h"

#define SECRET "s3cret%2F"

static struct server s;

static const char *as(const char *user, const char *rest)
{
	static char url[1024];

	snprintf(url, sizeof(url), "etcd://%s@%s%s", user, s.authority, rest);
	return url;
}

static bool works(struct host *h, const char *name)
{
	pawl_remote_event_t e = etcd_acquire(h, name, 1);

	return e.hi && etcd_ask(h, PAWL_REMOTE_RELEASE, name, 1, e.hi).what == PAWL_REMOTE_RELEASED;
}

/* It goes down, and says why, in words with `word` in them. */
static bool is_refused(const char *url, const char *word)
{
	const struct host_event *e;
	struct host h;

	host_init(&h, etcd_backend(), url, ETCD_LONG, 3);
	if (h.backend->open(&h.config, &h.open, &h.flags, h.reason, sizeof(h.reason)) != 0)
		return false;
	e = etcd_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN);
	h.backend->close(h.open, true);
	return e && strstr(h.why, word) && strstr(h.why, "127.0.0.1:") && !strstr(h.why, "s3cret") && h.ups == 0 &&
	       strlen(h.why) < sizeof(((pawl_remote_info_t *)NULL)->reason);
}

/* ---- users ---- */

static void users_are_asked_for(void)
{
	etcd_ctl(&s, "user add 'root:s3cret/'");
	etcd_ctl(&s, "user grant-role root root");
	etcd_ctl(&s, "user add 'bob:bob' ");
	etcd_ctl(&s, "role add some");
	etcd_ctl(&s, "role grant-permission some --prefix=true readwrite bob/");
	etcd_ctl(&s, "user grant-role bob some");
	etcd_ctl(&s, "auth enable");
}

static void users(void)
{
	uint64_t hi;
	struct host h, bob;

	tap_ok(etcd_host(&h, as("root:" SECRET, ""), ETCD_LONG, 1) && works(&h, "x"),
		"a password where none is asked for is no harm");
	host_close(&h, true);
	users_are_asked_for();
	tap_ok(is_refused(etcd_url(&s, ""), "user name is empty"), "etcd asks for users: without one, down");
	tap_ok(is_refused(as("root:wrong-s3cret", ""), "invalid user ID or password"),
		"with a wrong password, down: the reason does not tell it");
	tap_ok(etcd_host(&h, as("root:" SECRET, ""), ETCD_LONG, 1) && works(&h, "x"), "with the right one, up");
	tap_ok(etcd_host(&bob, as("bob:bob", "?prefix=bob/"), ETCD_LONG, 2) && works(&bob, "x"),
		"a user who may use one prefix");
	tap_ok(is_refused(as("bob:bob", "?prefix=alice/"), "denied"), "and no other");
	hi = etcd_acquire(&h, "held", 1).hi;
	server_kill(&s);
	tap_ok(server_again(&s) && hi && etcd_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP) &&
			etcd_acquire(&h, "held", 1).hi == hi,
		"the server has forgotten our token: we log in again, and have what we had");
	host_close(&h, true);
	host_close(&bob, true);
}

/* It lasts a second, and between two renewals of the lease nothing is asked. */
static void a_token_that_expires(void)
{
	struct host h, *all[] = { &h };
	uint64_t hi;

	if (!tap_ok(server_start(&s, "etcd", "--auth-token-ttl 1"), "a server whose tokens are short-lived"))
		return;
	users_are_asked_for();
	hi = etcd_host(&h, as("root:" SECRET, ""), 9 * NS_PER_S, 4) ? etcd_acquire(&h, "held", 1).hi : 0;
	for (int64_t end = pawl_remote_now() + 60 * NS_PER_S; h.ups < 3 && pawl_remote_now() < end;)
		etcd_pass(all, 1, 100 * NS_PER_MS);
	tap_ok(hi && h.ups >= 3 && h.news == 1 && !host_take(&h, PAWL_REMOTE_LOST, "held", 1) &&
			etcd_acquire(&h, "held", 1).hi == hi,
		"our token expires while a lock is held: we log in again, each time, and keep it");
	tap_ok(etcd_ask(&h, PAWL_REMOTE_RELEASE, "held", 1, hi).what == PAWL_REMOTE_RELEASED && works(&h, "next"),
		"and go on");
	host_close(&h, true);
	server_end(&s);
}

int main(void)
{
	watchdog(200);
	if (!tap_ok(etcd_backend(), "libpawl-etcd.so is there") ||
		!tap_ok(server_start(&s, "etcd", NULL), "a server starts"))
		return tap_done();
	users();
	server_end(&s);
	a_token_that_expires();
	return tap_done();
}
