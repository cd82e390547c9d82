/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_directory.c: the directory backend (directory.h) keeps the rules of pawl/remote.h, with and without a delay; and
 * what is its own: URLs, a directory that goes and comes, files of somebody else, writers that are killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote/registry.h"

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform.h"
#include "directory.h"
#include "host.h"
#include "shelf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BRIEF        (300 * NS_PER_MS)

enum { NOBODY = 65534 };

static char scratch[200];

/* ---- directories ---- */

static void write_text(const char *dir, const char *file, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "w");
	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

/* A directory of which it is known that nobody has anything there, and its URL. */
static const char *fresh_dir(const char *name, const char *options, char url[PATH_MAX])
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	mkdir(path, 0777);
	write_text(path, ".born", "0\n");
	snprintf(url, PATH_MAX, "dir://%.300s%s", path, options);
	return path;
}

static void remove_dir(const char *path)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	if (system(command) != 0)
		tap_note("%s stays", path);
}

static void remove_scratch(void)
{
	remove_dir(scratch);
}

/* ---- the rules ---- */

/* One that is stopped amid a request has the directory's lock. */
static const struct conform_exception exceptions[] = {
	{ "stopped", CONFORM_MAY, "whoever is stopped with the directory's lock in hand stops all others" }, { NULL, 0, NULL }
};

static void conforms(const char *name, const char *column, const char *options, int64_t delay)
{
	char url[PATH_MAX];
	struct conform target = {
		.column = column, .backend = &pawl_backend_dir, .url = url, .ttl_ns = BRIEF, .delay_ns = delay, .exceptions = exceptions
	};

	fresh_dir(name, options, url);
	tap_note("%s", url);
	conform_run(&target);
}

/* ---- one host, by hand ---- */

static const struct host_event *wait_for(struct host *h, pawl_remote_what_t what, const char *name, uint64_t req)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;
	const struct host_event *e;

	while (!(e = host_take(h, what, name, req)) && pawl_remote_now() < end)
		host_pump(&h, 1);
	return e;
}

static pawl_remote_op_t op_of(pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi)
{
	return (pawl_remote_op_t){
		.kind = kind, .name = name, .req = req, .hi = hi, .ttl_ns = 60 * NS_PER_S, .wait_ns = 60 * NS_PER_S, .clean = true
	};
}

static int submit(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi)
{
	pawl_remote_op_t op = op_of(kind, name, req, hi);

	return h->backend->submit(h->open, &op);
}

/* The token, or 0. */
static uint64_t acquire(struct host *h, const char *name, uint64_t req)
{
	const struct host_event *e =
		submit(h, PAWL_REMOTE_ACQUIRE, name, req, 0) == 0 ? wait_for(h, PAWL_REMOTE_GRANTED, name, req) : NULL;

	return e ? e->event.hi : 0;
}

static bool is_up(struct host *h, const char *url)
{
	host_init(h, &pawl_backend_dir, url, BRIEF, 77);
	return host_open(h);
}

static void urls(void)
{
	static const char *const bad[] = { "dir://", "dir://relative", "dir:///tmp?delay=", "dir:///tmp?delay=x",
		"dir:///tmp?delay=-1", "dir:///tmp?speed=1", "dir:///tmp?delay=5&x", "dir:///tmp?" };
	bool all = true;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct host h;
		bool refused;

		host_init(&h, &pawl_backend_dir, bad[i], BRIEF, 1);
		refused = h.backend->open(&h.config, &h.open, &h.flags, h.reason, sizeof(h.reason)) == EINVAL &&
			  h.reason[0];
		if (!refused)
			tap_note("%s is not refused", bad[i]);
		all &= refused;
	}
	tap_ok(all, "a URL with no path, or an option that is none, is refused with a reason");
}

/* It lies beside this program. */
static void loaded(void)
{
	char folder[PATH_MAX] = "", url[PATH_MAX];
	const pawl_backend_t *found = NULL;
	struct host h;

	if (readlink("/proc/self/exe", folder, sizeof(folder) - 1) > 0)
		*strrchr(folder, '/') = '\0';
	setenv("PAWL_BACKEND_DIR", folder, 1);
	fresh_dir("loaded", "", url);
	if (!tap_ok(pawl__backend_find(url, &found) == 0, "libpawl-dir.so is found by its scheme")) {
		tap_note("%s", pawl_space_reason());
		return;
	}
	host_init(&h, found, url, BRIEF, 1);
	tap_ok(found != &pawl_backend_dir && host_open(&h) && acquire(&h, "x", 1) != 0, "and grants a lock");
	host_close(&h, true);
	tap_ok(pawl_backend_register(&pawl_backend_dir) == 0 && pawl__backend_find(url, &found) == 0 &&
			found == &pawl_backend_dir,
		"unless another one is registered");
}

/* ---- its directory goes and comes ---- */

/* The delay that comes with the next UP; -1: none came. */
static int64_t delay_of_up(struct host *h)
{
	const struct host_event *e = wait_for(h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP);

	return e ? e->event.delay_ns : -1;
}

static int64_t delay_at_open(struct host *h, const char *url, unsigned number)
{
	int64_t delay;

	host_init(h, &pawl_backend_dir, url, 60 * NS_PER_S, number);
	if (h->backend->open(&h->config, &h->open, &h->flags, h->reason, sizeof(h->reason)) != 0)
		return -1;
	delay = delay_of_up(h);
	host_close(h, true);
	return delay;
}

static void a_new_directory(void)
{
	char url[PATH_MAX];
	const char *path = fresh_dir("new", "", url);
	int64_t first, second;
	struct host h;

	tap_ok(delay_at_open(&h, url, 1) == 0, "a directory that is known to be new: no delay");
	remove_dir(path);
	fresh_dir("new", "", url);
	unlink(strcat(strcpy((char[PATH_MAX]){ 0 }, path), "/.born"));
	first = delay_at_open(&h, url, 1);
	second = delay_at_open(&h, url, 2);
	tap_ok(first > 59 * NS_PER_S && first <= 60 * NS_PER_S && second > 0 && second < first,
		"any other one may have been removed while others held leases there: that long nobody asks");
}

static void comes_and_goes(void)
{
	char url[PATH_MAX], away[PATH_MAX];
	const char *path = fresh_dir("tides", "", url);
	const struct host_event *e;
	struct host h;
	uint64_t hi = 0;

	tap_ok(is_up(&h, url) && (hi = acquire(&h, "x", 1)) != 0, "a lock is held");
	snprintf(away, sizeof(away), "%s/ebb", scratch);
	rename(path, away);
	e = wait_for(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN);
	tap_ok(e && strstr(e->event.reason, path), "its directory goes: the session is down, and the reason names it");
	tap_ok(submit(&h, PAWL_REMOTE_RENEW, "x", 1, hi) == ENOTCONN, "nothing is taken meanwhile");
	rename(away, path);
	tap_ok(delay_of_up(&h) == 0 && acquire(&h, "x", 1) == hi, "it comes back: the session is up, the lock is held");
	remove_dir(path);
	tap_ok(wait_for(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN), "it is removed: down");
	mkdir(path, 0777);
	tap_ok(delay_of_up(&h) > 0, "another one of that name: up, with a delay");
	submit(&h, PAWL_REMOTE_RENEW, "x", 1, hi);
	tap_ok(wait_for(&h, PAWL_REMOTE_LOST, "x", 1), "what was held in the old one is lost");
	host_close(&h, true);
}

static void rights(const char *path, const char *url)
{
	struct host h;
	bool good = is_up(&h, url) && chmod(path, 0) == 0 && submit(&h, PAWL_REMOTE_ACQUIRE, "x", 1, 0) == 0 &&
		    wait_for(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN) &&
		    wait_for(&h, PAWL_REMOTE_UNKNOWN, "x", 1) && chmod(path, 0755) == 0 &&
		    wait_for(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP) && acquire(&h, "x", 1) != 0;

	_exit(good ? 0 : 1);
}

/* Root has all rights: somebody else has to try. */
static void without_rights(void *unused)
{
	char url[PATH_MAX];
	const char *path = fresh_dir("rights", "", url);

	(void)unused;
	if (geteuid() == 0 && (chown(path, NOBODY, NOBODY) != 0 || chmod(scratch, 0755) != 0 || setuid(NOBODY) != 0))
		_exit(2);
	rights(path, url);
}

static void a_stopped_writer(void)
{
	char url[PATH_MAX];
	int dir = open(fresh_dir("stopped", "", url), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct host h;

	tap_ok(is_up(&h, url) && flock(dir, LOCK_EX) == 0 && submit(&h, PAWL_REMOTE_ACQUIRE, "x", 1, 0) == 0 &&
			wait_for(&h, PAWL_REMOTE_UNKNOWN, "x", 1),
		"a request does not wait for ever for a writer that is stopped");
	flock(dir, LOCK_UN);
	tap_ok(wait_for(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP) && acquire(&h, "x", 1),
		"and is taken when it goes on");
	close(dir);
	host_close(&h, true);
}

static void files_of_others(void)
{
	char url[PATH_MAX];
	const char *path = fresh_dir("others", "", url);
	const struct host_event *e;
	struct host h;

	write_text(path, "x.lock", "somebody else's\n");
	tap_ok(is_up(&h, url) && submit(&h, PAWL_REMOTE_ACQUIRE, "x", 1, 0) == 0 &&
			(e = wait_for(&h, PAWL_REMOTE_UNKNOWN, "x", 1)) && strstr(e->event.reason, "x.lock"),
		"a file of somebody else: the outcome is unknown, and the reason names it");
	tap_ok(acquire(&h, "y", 1) != 0, "other locks go on");
	host_close(&h, true);
}

static void woken(void)
{
	char url[PATH_MAX];
	struct host a, b, *both[] = { &a, &b };
	uint64_t hi = 0, next = 0;
	const struct host_event *e;

	fresh_dir("woken", "", url);
	tap_ok(is_up(&a, url) && (hi = acquire(&a, "x", 1)) != 0, "a lock is held");
	host_init(&b, &pawl_backend_dir, url, BRIEF, 78);
	tap_ok(host_open(&b) && submit(&b, PAWL_REMOTE_ACQUIRE, "x", 1, 0) == 0 &&
			wait_for(&b, PAWL_REMOTE_QUEUED, "x", 1) && wait_for(&a, PAWL_REMOTE_CONTENDED, "x", 1),
		"another host waits: its owner is told");
	submit(&a, PAWL_REMOTE_RELEASE, "x", 1, hi);
	for (int64_t end = pawl_remote_now() + 30 * NS_PER_S; next == 0 && pawl_remote_now() < end;) {
		host_pump(both, 2);
		e = host_take(&b, PAWL_REMOTE_GRANTED, "x", 1);
		next = e ? e->event.hi : 0;
	}
	tap_ok(next > hi, "who waits is told of its grant, and need not ask");
	host_close(&a, true);
	host_close(&b, true);
}

/* ---- the ledger ---- */

static pawl_remote_event_t apply_as(struct ledger *l, unsigned host, pawl_remote_kind_t kind, uint64_t req, int64_t now)
{
	pawl_remote_op_t op = op_of(kind, "x", req, 0);
	pawl_remote_event_t answer;
	char id[33];

	snprintf(id, sizeof(id), "%032x", host);
	ledger_apply(l, id, &op, now, &answer);
	return answer;
}

static void ledgers(void)
{
	struct ledger l = { 0 };
	int64_t now = 1000 * NS_PER_S;
	bool all = true;

	for (unsigned i = 1; i <= LEDGER_HOSTS; i++)
		all &= apply_as(&l, i, PAWL_REMOTE_ACQUIRE, 1, now).what ==
		       (i == 1 ? PAWL_REMOTE_GRANTED : PAWL_REMOTE_QUEUED);
	tap_ok(all, "%d hosts: one is granted the lock, all others are queued", LEDGER_HOSTS);
	tap_ok(apply_as(&l, 99, PAWL_REMOTE_ACQUIRE, 1, now).what == PAWL_REMOTE_UNKNOWN,
		"one more is told that it is one too many");
	for (unsigned i = 1; i < LEDGER_HOSTS; i++) {
		all &= apply_as(&l, i, PAWL_REMOTE_RELEASE, 1, now).what == PAWL_REMOTE_RELEASED;
		all &= apply_as(&l, i + 1, PAWL_REMOTE_ACQUIRE, 1, now).what == PAWL_REMOTE_GRANTED;
	}
	tap_ok(all, "they take turns");
	tap_ok(apply_as(&l, 99, PAWL_REMOTE_ACQUIRE, 1, now + 3600 * NS_PER_S).what == PAWL_REMOTE_GRANTED,
		"hosts of which nothing is heard for long are forgotten");
	tap_ok(apply_as(&l, 98, PAWL_REMOTE_ACQUIRE, 1, NS_PER_S).what == PAWL_REMOTE_GRANTED,
		"leases from before the machine was started are over");
}

/* ---- writers that are killed ---- */

enum { KILLS = 200, VICTIMS = 2 };

static struct rounds {
	uint64_t req[VICTIMS]; /* the last one that may have been sent: written down before */
	uint64_t last;         /* the largest token anybody was granted */
	uint64_t grants, wrong;
} * rounds;

static char kill_url[PATH_MAX];

static void take_and_give(struct host *h, unsigned me)
{
	uint64_t req = ++rounds->req[me], hi = acquire(h, "x", req);

	host_take(h, PAWL_REMOTE_QUEUED, "x", req);
	if (hi <= __atomic_load_n(&rounds->last, __ATOMIC_SEQ_CST))
		__atomic_fetch_add(&rounds->wrong, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&rounds->last, hi, __ATOMIC_SEQ_CST); /* nobody else has the lock */
	__atomic_fetch_add(&rounds->grants, 1, __ATOMIC_SEQ_CST);
	submit(h, PAWL_REMOTE_RELEASE, "x", req, hi);
	wait_for(h, PAWL_REMOTE_RELEASED, "x", req);
}

static void victim(void *number)
{
	unsigned me = *(unsigned *)number;
	struct host h;

	host_init(&h, &pawl_backend_dir, kill_url, BRIEF, me);
	snprintf(h.id, sizeof(h.id), "victim-%u", me); /* the same host, its next keeper */
	if (!host_open(&h))
		_exit(1);
	for (;;)
		take_and_give(&h, me);
}

static bool is_whole(int dir)
{
	struct ledger l;
	char file[NAME_MAX + 1];
	int rc;

	shelf_file_of("x", file);
	rc = shelf_read_ledger(dir, file, "x", &l);
	if (rc != 0)
		tap_note("%s: %s", file, strerror(rc));
	return rc == 0;
}

static bool grants_go_on(uint64_t since)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;

	while (__atomic_load_n(&rounds->grants, __ATOMIC_SEQ_CST) < since + VICTIMS * 2 && pawl_remote_now() < end)
		nap_us(100);
	return pawl_remote_now() < end;
}

/* One of two is killed, at any moment, and comes back; its larger request finishes what it left. */
static void kills(void)
{
	static unsigned numbers[VICTIMS] = { 0, 1 };
	int dir = open(fresh_dir("kills", "", kill_url), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t seed = seed_of_run();
	bool whole = true, go_on = true;
	pid_t pids[VICTIMS];

	rounds = shared_alloc(sizeof(*rounds));
	for (unsigned i = 0; i < VICTIMS; i++)
		pids[i] = spawn(victim, &numbers[i]);
	for (int k = 0; k < KILLS && whole && go_on; k++) {
		unsigned one = (unsigned)(random_next(&seed) % VICTIMS);

		nap_us((long)(random_next(&seed) % 2000));
		kill_child(pids[one]);
		whole = is_whole(dir);
		pids[one] = spawn(victim, &numbers[one]);
		go_on = grants_go_on(rounds->grants);
	}
	for (unsigned i = 0; i < VICTIMS; i++)
		kill_child(pids[i]);
	close(dir);
	tap_note("%d kills, %llu grants", KILLS, (unsigned long long)rounds->grants);
	tap_ok(whole, "a writer is killed %d times, at random: the file is whole each time", KILLS);
	tap_ok(go_on, "and the lock goes on");
	tap_ok(rounds->wrong == 0, "and every token is larger than the one before");
}

int main(void)
{
	watchdog(240);
	snprintf(scratch, sizeof(scratch), "%s", private_dir());
	atexit(remove_scratch);
	conforms("plain", "directory", "", 0);
	conforms("delayed", NULL, "?delay=3", 3 * NS_PER_MS);
	urls();
	ledgers();
	loaded();
	a_new_directory();
	comes_and_goes();
	tap_ok(reap(spawn(without_rights, NULL)) == 0, "no rights: the session is down, until they are back");
	a_stopped_writer();
	files_of_others();
	woken();
	kills();
	return tap_done();
}
