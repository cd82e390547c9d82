/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd_ctl.c: locks that are shared with others who know nothing of pawl: `etcdctl lock`, both ways; `etcdctl put` and
 * protocol=key, both ways; the server's own v3lock; and pawl's protocols among themselves.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "etcd.h"

static struct server s;
static struct host a, b;

/* ---- etcdctl lock ---- */

/* What `etcdctl lock` prints when it has the lock goes here. */
static char said[80];

struct lock_call {
	const char *name;
	char endpoint[64];
};

static void run_etcdctl(void *arg)
{
	struct lock_call *c = arg;

	if (freopen(said, "w", stdout))
		execlp("etcdctl", "etcdctl", "--endpoints", c->endpoint, "lock", "--ttl=2", c->name, (char *)NULL);
	_exit(127);
}

static pid_t etcdctl_lock(const char *name)
{
	struct lock_call c = { .name = name };

	snprintf(said, sizeof(said), "%s/said", s.dir);
	unlink(said);
	snprintf(c.endpoint, sizeof(c.endpoint), "%s", s.authority);
	return spawn(run_etcdctl, &c);
}

static bool has_it(void)
{
	FILE *f = fopen(said, "r");
	bool has = f && fgetc(f) != EOF;

	if (f)
		fclose(f);
	return has;
}

static bool gets_it(struct host *h)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;

	while (!has_it() && pawl_remote_now() < end)
		etcd_pass(&h, 1, 10 * NS_PER_MS);
	return has_it();
}

/* As a signal from the terminal: it gives the lock back. */
static void lets_go(pid_t pid)
{
	kill(pid, SIGTERM);
	reap(pid);
}

static bool is_given_back(struct host *h, const char *name, pawl_remote_event_t e)
{
	return etcd_ask(h, PAWL_REMOTE_RELEASE, name, e.req, e.hi).what == PAWL_REMOTE_RELEASED;
}

static bool hands_over(struct host *from, struct host *to, const char *name, uint64_t req)
{
	pawl_remote_event_t e = etcd_acquire(from, name, req);

	return e.hi && etcd_ask(to, PAWL_REMOTE_ACQUIRE, name, req, 0).what == PAWL_REMOTE_QUEUED &&
	       etcd_wait2(from, to, PAWL_REMOTE_CONTENDED, name, req) && is_given_back(from, name, e) &&
	       (e = etcd_wait(to, PAWL_REMOTE_GRANTED, name, req)->event).hi && is_given_back(to, name, e);
}

static void etcdctl_first(const char *name, const char *as_typed)
{
	pid_t pid = etcdctl_lock(as_typed);
	const struct host_event *e;

	tap_ok(gets_it(&a) && etcd_ask(&a, PAWL_REMOTE_ACQUIRE, name, 1, 0).what == PAWL_REMOTE_QUEUED,
		"`etcdctl lock %s` has the lock: pawl waits for '%s'", as_typed, name);
	lets_go(pid);
	e = etcd_wait(&a, PAWL_REMOTE_GRANTED, name, 1);
	tap_ok(e && !e->event.owner_died && is_given_back(&a, name, e->event),
		"and gets it when that ends; nobody has died");
}

static void pawl_first(const char *name, const char *as_typed)
{
	pawl_remote_event_t e = etcd_acquire(&a, name, 2);
	pid_t pid = etcdctl_lock(as_typed);

	tap_ok(e.hi && !e.contended && etcd_wait(&a, PAWL_REMOTE_CONTENDED, name, 2) && !has_it(),
		"pawl has '%s': `etcdctl lock %s` waits, and pawl is told", name, as_typed);
	tap_ok(is_given_back(&a, name, e) && gets_it(&a), "and gets it when pawl gives it back");
	lets_go(pid);
}

static void etcdctl_killed(void)
{
	pid_t pid = etcdctl_lock("killed");
	const struct host_event *e;

	tap_ok(gets_it(&a) && etcd_ask(&a, PAWL_REMOTE_ACQUIRE, "killed", 1, 0).what == PAWL_REMOTE_QUEUED,
		"an `etcdctl lock` is killed while it has the lock");
	kill_child(pid);
	e = etcd_wait(&a, PAWL_REMOTE_GRANTED, "killed", 1);
	tap_ok(e && !e->event.owner_died && is_given_back(&a, "killed", e->event),
		"pawl gets it when that lease has ended, and is told of no death: nobody knew of it");
}

/* etcdctl's own keys lie below each other: a scan of orders/ finds those of orders/42. */
static void children(void)
{
	pid_t pid = etcdctl_lock("orders/42");
	pawl_remote_event_t e;

	tap_ok(gets_it(&a) && (e = etcd_ask(&a, PAWL_REMOTE_ACQUIRE, "orders", 1, 0)).what == PAWL_REMOTE_GRANTED && !e.contended,
		"`etcdctl lock orders/42` is not in the way of 'orders'");
	tap_ok(is_given_back(&a, "orders", e) && hands_over(&a, &b, "orders", 2),
		"which goes from host to host as ever");
	lets_go(pid);
}

/* ---- the command ---- */

/* The exit status of `pawl run` with these words. */
static int pawl_run(const char *words)
{
	char folder[900] = "", command[2048];

	if (readlink("/proc/self/exe", folder, sizeof(folder) - 1) > 0)
		*strstr(folder, "/tests/remote/") = '\0';
	snprintf(command,
		sizeof(command), "PAWL_DIR=%s/pawl; export PAWL_DIR; mkdir -p -m 700 $PAWL_DIR; %s/pawl run -r etcd://127.0.0.1:$PORT %s >&2; echo $?",
		s.dir, folder, words);
	return atoi(server_ask(&s, command));
}

static void commands(void)
{
	pid_t pid = etcdctl_lock("deploy");

	tap_ok(gets_it(&a) && pawl_run("-n deploy true") == 1,
		"`etcdctl lock deploy` has it: `pawl run -n deploy` is refused");
	lets_go(pid);
	tap_ok(pawl_run("-w 20 deploy true") == 0, "and not when it has ended");
	tap_ok(pawl_run("-w 20 deploy sh -c 'etcdctl --endpoints 127.0.0.1:$PORT get --prefix --keys-only deploy/ | "
			"grep -c .'") == 0,
		"`pawl run deploy` has a key where `etcdctl lock deploy` looks for one");
}

/* ---- v3lock, by hand ---- */

static void v3lock_by_hand(void)
{
	const struct host_event *e;

	setenv("LEASE", etcd_ctl(&s, "lease grant 60 | cut -d' ' -f2 | sed 's,^0*,,'"), 1);
	server_ask(&s, "curl -s http://127.0.0.1:$PORT/v3/lock/lock "
		       "-d \"{\\\"name\\\":\\\"$(printf byhand | base64)\\\",\\\"lease\\\":\\\"$((0x$LEASE))\\\"}\"");
	tap_ok(etcd_keys(&s, "byhand/") == 1 && etcd_ask(&a, PAWL_REMOTE_ACQUIRE, "byhand", 1, 0).what == PAWL_REMOTE_QUEUED,
		"a lock taken by the server's lock/lock: pawl waits");
	etcd_ctl(&s, "del byhand/$LEASE");
	e = etcd_wait(&a, PAWL_REMOTE_GRANTED, "byhand", 1);
	tap_ok(e && is_given_back(&a, "byhand", e->event), "and gets it when that key has gone");
}

/* ---- pawl's protocols ---- */

/* Whoever gave it back may want it again, and is not seen until the server has put his key there. */
static void v3lock_comes_back(struct host *v)
{
	pawl_remote_event_t had = etcd_acquire(&a, "back", 1), alone = etcd_acquire(v, "alone", 1);
	const struct host_event *e;

	tap_ok(alone.hi && !alone.contended && is_given_back(v, "alone", alone),
		"protocol=v3lock: alone it is not contended");
	tap_ok(had.hi && etcd_ask(v, PAWL_REMOTE_ACQUIRE, "back", 1, 0).what == PAWL_REMOTE_QUEUED &&
			etcd_wait2(&a, v, PAWL_REMOTE_CONTENDED, "back", 1) && is_given_back(&a, "back", had) &&
			(e = etcd_wait(v, PAWL_REMOTE_GRANTED, "back", 1)) && e->event.contended &&
			is_given_back(v, "back", e->event),
		"behind another host it is, from the start");
	alone = etcd_acquire(v, "back", 2);
	tap_ok(alone.hi && !alone.contended && is_given_back(v, "back", alone),
		"and no more if that does not come back");
}

static void queue_and_v3lock(void)
{
	struct host v;

	if (!tap_ok(etcd_host(&v, etcd_url(&s, "?protocol=v3lock"), ETCD_LONG, 7), "a host with protocol=v3lock"))
		return;
	tap_ok(hands_over(&a, &v, "both", 1), "protocol=queue hands a lock to protocol=v3lock");
	tap_ok(hands_over(&v, &a, "both", 2), "and is handed it");
	tap_ok(hands_over(&v, &a, "a/b c", 3), "whatever the name");
	v3lock_comes_back(&v);
	host_close(&v, true);
}

/* ---- protocol=key ---- */

static void keys_by_hand(struct host *k)
{
	const struct host_event *e;
	pawl_remote_event_t had;

	etcd_ctl(&s, "put /lock somebody");
	tap_ok(etcd_ask(k, PAWL_REMOTE_ACQUIRE, "/lock", 1, 0).what == PAWL_REMOTE_QUEUED,
		"`etcdctl put /lock`: whoever asks for '/lock' waits");
	etcd_ctl(&s, "del /lock");
	e = etcd_wait(k, PAWL_REMOTE_GRANTED, "/lock", 1);
	tap_ok(e && !e->event.owner_died && is_given_back(k, "/lock", e->event), "until that is deleted");
	server_ask(&s, "id=$(etcdctl --endpoints 127.0.0.1:$PORT lease grant 2 | cut -d' ' -f2); "
		       "etcdctl --endpoints 127.0.0.1:$PORT put --lease=$id /lock somebody");
	tap_ok(etcd_ask(k, PAWL_REMOTE_ACQUIRE, "/lock", 2, 0).what == PAWL_REMOTE_QUEUED &&
			(e = etcd_wait(k, PAWL_REMOTE_GRANTED, "/lock", 2)),
		"or has expired");
	had = e ? e->event : (pawl_remote_event_t){ 0 };
	tap_ok(strstr(etcd_ctl(&s, "txn <<'X'\ncreate(\"/lock\") = \"0\"\n\nput /lock somebody\n\n\nX"), "FAILURE"),
		"while we have it, whoever puts it only if it is not there fails");
	tap_ok(is_given_back(k, "/lock", had) && etcd_keys(&s, "/lock") == 0,
		"and it has gone when we have given it back");
}

static void key_overwritten(struct host *k)
{
	pawl_remote_event_t e = etcd_acquire(k, "rude", 1);

	etcd_ctl(&s, "put rude mine");
	tap_ok(e.hi && etcd_wait(k, PAWL_REMOTE_LOST, "rude", 1), "a key that is put over ours: the lock is lost");
	tap_ok(is_given_back(k, "rude", e) && strstr(etcd_ctl(&s, "get rude"), "mine"),
		"and what was put is not ours to delete");
	etcd_ctl(&s, "del rude");
	e = etcd_acquire(k, "rude", 2);
	tap_ok(e.owner_died && is_given_back(k, "rude", e),
		"the next owner is told that the one before did not end well");
}

static void key_names(struct host *k)
{
	pawl_remote_event_t e = etcd_acquire(k, ".pawl/key/owner/x", 1), f = etcd_acquire(k, "%2Epawl/key/owner/x", 1);

	tap_ok(e.hi && f.hi && etcd_keys(&s, "%2Epawl/") == 1 && etcd_keys(&s, "%252Epawl/") == 1,
		"a lock's name cannot be that of a key of our own");
	tap_ok(is_given_back(k, ".pawl/key/owner/x", e) && is_given_back(k, "%2Epawl/key/owner/x", f),
		"nor is it so when given back");
}

static void key(void)
{
	struct host k, seen;

	if (!tap_ok(etcd_host(&k, etcd_url(&s, "?protocol=key"), ETCD_LONG, 8), "a host with protocol=key"))
		return;
	keys_by_hand(&k);
	key_overwritten(&k);
	key_names(&k);
	host_close(&k, true);
	tap_ok(etcd_host(&k, etcd_url(&s, "?protocol=key&blind=0"), ETCD_LONG, 9) &&
			etcd_host(&seen, etcd_url(&s, "?protocol=key&blind=0"), ETCD_LONG, 10) &&
			hands_over(&k, &seen, "seen", 1),
		"with blind=0 whoever has the lock is told of pawl's waiters");
	host_close(&k, true);
	host_close(&seen, true);
}

int main(void)
{
	watchdog(240);
	if (!tap_ok(etcd_backend(), "libpawl-etcd.so is there") ||
		!tap_ok(server_start(&s, "etcd", ETCD_UNSYNCED), "a server starts") ||
		!tap_ok(etcd_host(&a, etcd_url(&s, ""), ETCD_LONG, 1) && etcd_host(&b, etcd_url(&s, ""), ETCD_LONG, 2),
			"two hosts"))
		return tap_done();
	etcdctl_first("plain", "plain");
	pawl_first("plain", "plain");
	etcdctl_first("a/b c", "a%2Fb%20c");
	pawl_first("a/b c", "a%2Fb%20c");
	etcdctl_killed();
	children();
	commands();
	v3lock_by_hand();
	queue_and_v3lock();
	key();
	host_close(&a, true);
	host_close(&b, true);
	if (!tap_ok(etcd_keys_become(&s, ".pawl/", 0, NULL, 0), "nothing of ours is left at the end"))
		tap_note("%s", etcd_ctl(&s, "get --prefix .pawl/ | tr '\\n' ' '"));
	server_end(&s);
	return tap_done();
}
