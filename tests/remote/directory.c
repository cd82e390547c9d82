/* SPDX-License-Identifier: BSD-2-Clause */
/** directory.c: a backend in full (pawl/remote.h), its service a directory: a file for each lock, holding a ledger.
 *
 * A request is one step: lock the directory, read the file, apply the request (ledger.c), write the file anew (shelf.c).
 * A writer that is killed leaves the old file or the new one, and the kernel drops its lock. A host hears
 * of what others do by inotify: its file has changed, it looks, without a lock, since a file is never changed in place.
 *
 * An example has limits. All locks share the directory's lock; a child forked during a request keeps that, if its parent is
 * killed before the request is done, until it ends or execs. Whoever removes the directory removes the counters of tokens
 * too.
 */
#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"
#include "shelf.h"

#define MS 1000000ll

/* Whoever has the directory's lock for so long is stopped, not slow. */
#define PATIENCE (1000 * MS)

/* A request: first in `asked`, to be carried out; then, if it was queued or granted, in `kept`, to hear more of it. */
struct ask {
	struct ask *next;
	pawl_remote_op_t op; /* its name is ours; its hi what was granted */
	int64_t sent;
	bool granted;
	bool look; /* kept: the file has changed */
	char file[NAME_MAX + 1];
	char name[PAWL_NAME_MAX + 1];
	char place[8];
	char who[40]; /* to the service: the host, and whose place there it is */
};

struct directory {
	const pawl_remote_config_t *config;
	char path[PATH_MAX];
	int64_t delay;
	int watch; /* -1: the session is down */
	struct stat place;
	bool gone;        /* the directory has been removed */
	bool told;        /* that the session is down */
	int64_t retry_at; /* down: try then. Up: somebody else had the lock */
	struct ask *asked, *kept;
	char reason[PATH_MAX + NAME_MAX + 64];
};

/* ---- events ---- */

static void say(struct directory *d, const pawl_remote_event_t *event)
{
	d->config->event(d->config->arg, event);
}

static void say_session(struct directory *d, pawl_remote_state_t state, int64_t delay)
{
	say(d, &(pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION,
		       .state = state,
		       .delay_ns = delay,
		       .reason = state == PAWL_REMOTE_DOWN ? d->reason : NULL });
}

static void say_unknown(struct directory *d, const struct ask *a)
{
	say(d, &(pawl_remote_event_t){
		       .what = PAWL_REMOTE_UNKNOWN, .name = a->name, .place = a->place, .req = a->op.req, .reason = d->reason });
}

/* ---- lists of requests ---- */

static void append(struct ask **list, struct ask *a)
{
	a->next = NULL;
	while (*list)
		list = &(*list)->next;
	*list = a;
}

static struct ask *take(struct ask **from)
{
	struct ask *a = *from;

	*from = a->next;
	return a;
}

static void drop_all(struct ask **list)
{
	while (*list)
		free(take(list));
}

/* What was kept of this name, unless it is a larger request. */
static void drop_kept(struct directory *d, const struct ask *a)
{
	struct ask **at = &d->kept;

	while (*at && (strcmp((*at)->name, a->name) != 0 || strcmp((*at)->place, a->place) != 0))
		at = &(*at)->next;
	if (*at && (*at)->op.req <= a->op.req)
		free(take(at));
}

/* ---- the session ---- */

/* It is opened for a moment only: as long as somebody has it open, nobody is told that it was removed. */
static int open_directory(const struct directory *d, int *dir, struct stat *place)
{
	*dir = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dir >= 0 && fstat(*dir, place) == 0 ? 0 : errno;
}

/* ENOENT: there is another one in its place. EWOULDBLOCK: somebody else has its lock. */
static int enter(const struct directory *d, int *dir)
{
	struct stat place;
	int rc = open_directory(d, dir, &place);

	if (rc == 0 && (place.st_dev != d->place.st_dev || place.st_ino != d->place.st_ino))
		rc = ENOENT;
	if (rc == 0 && flock(*dir, LOCK_EX | LOCK_NB) != 0)
		rc = errno;
	return rc;
}

/* Not by close() alone: a child that was forked meanwhile has it open, too. */
static void leave(int dir)
{
	if (dir < 0)
		return;
	flock(dir, LOCK_UN);
	close(dir);
}

static void disconnect(struct directory *d)
{
	if (d->watch >= 0)
		close(d->watch);
	d->watch = -1;
}

/* Nothing goes on until it is back: whatever was under way has an outcome that is not known. */
static void go_down(struct directory *d, int rc)
{
	struct ask *asked = d->asked;

	snprintf(d->reason, sizeof(d->reason), "%s: %s", d->path, strerror(rc));
	disconnect(d);
	d->gone = false;
	d->retry_at = pawl_remote_now() + 100 * MS;
	d->asked = NULL;
	if (!d->told) {
		d->told = true;
		say_session(d, PAWL_REMOTE_DOWN, 0);
	}
	for (struct ask *a = asked; a; a = a->next)
		say_unknown(d, a);
	drop_all(&asked);
}

/* The watch comes first: it is on what was there before, or on what is opened. */
static int watch_it(struct directory *d, int64_t *delay)
{
	int dir = -1, rc;

	d->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (d->watch < 0 || inotify_add_watch(d->watch, d->path, IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF) < 0)
		return errno;
	rc = open_directory(d, &dir, &d->place);
	if (rc == 0 && flock(dir, LOCK_EX | LOCK_NB) != 0)
		rc = errno;
	if (rc == 0)
		rc = shelf_birth(dir, d->config->ttl_ns, delay);
	leave(dir);
	return rc;
}

/* True if something was said. */
static bool connect_it(struct directory *d)
{
	bool told = d->told;
	int64_t delay = 0;
	int rc = watch_it(d, &delay);

	if (rc == EWOULDBLOCK) {
		disconnect(d);
		d->retry_at = pawl_remote_now() + MS;
		return false;
	}
	if (rc != 0) {
		go_down(d, rc);
		return !told;
	}
	d->told = false;
	for (struct ask *a = d->kept; a; a = a->next)
		a->look = true;
	say_session(d, PAWL_REMOTE_UP, delay);
	return true;
}

/* ---- requests ---- */

static int apply(struct directory *d, const struct ask *a, pawl_remote_event_t *answer)
{
	struct ledger l;
	int dir = -1, rc = enter(d, &dir);

	if (rc == 0)
		rc = shelf_read_ledger(dir, a->file, a->name, &l);
	if (rc == 0) {
		ledger_apply(&l, a->who, &a->op, pawl_remote_now(), answer);
		rc = shelf_replace(dir, a->file, &l, sizeof(l));
	}
	leave(dir);
	return rc;
}

/* Of this lock alone, and said so. */
static void refuse(struct directory *d, const struct ask *a, pawl_remote_event_t *answer)
{
	snprintf(d->reason, sizeof(d->reason), "%s/%s: not the file of this lock: remove it", d->path, a->file);
	*answer = (pawl_remote_event_t){ .what = PAWL_REMOTE_UNKNOWN, .req = a->op.req, .reason = d->reason };
}

/* What was queued or granted will be heard of again. */
static void conclude(struct directory *d, struct ask *a, pawl_remote_event_t *answer)
{
	answer->name = a->name;
	answer->place = a->place;
	a->granted = answer->what == PAWL_REMOTE_GRANTED;
	if (a->granted) { /* the lease began later than it was asked for */
		answer->deadline_ns = pawl_remote_deadline(a->sent, a->op.ttl_ns);
		a->op.hi = answer->hi;
	}
	if (answer->what != PAWL_REMOTE_UNKNOWN)
		drop_kept(d, a);
	if (a->granted || answer->what == PAWL_REMOTE_QUEUED) {
		a->look = false;
		append(&d->kept, a);
		say(d, answer);
	} else {
		say(d, answer);
		free(a);
	}
}

static bool is_due(const struct directory *d, const struct ask *a)
{
	int64_t now = pawl_remote_now();

	return a && d->watch >= 0 && now >= a->sent + d->delay && now >= d->retry_at;
}

/* Carries out one request. True if something was said. */
static bool work(struct directory *d)
{
	pawl_remote_event_t answer;
	int rc;

	if (!is_due(d, d->asked))
		return false;
	rc = apply(d, d->asked, &answer);
	if (rc == EWOULDBLOCK && pawl_remote_now() < d->asked->sent + d->delay + PATIENCE) {
		d->retry_at = pawl_remote_now() + MS;
		return false;
	}
	if (rc == EPROTO)
		refuse(d, d->asked, &answer);
	if (rc == 0 || rc == EPROTO)
		conclude(d, take(&d->asked), &answer);
	else
		go_down(d, rc);
	return true;
}

/* ---- what others have done ---- */

/* Without a lock: the file is whole. */
static int peek(const struct directory *d, const struct ask *a, struct ledger *l)
{
	struct stat place;
	int dir = -1, rc = open_directory(d, &dir, &place);

	if (rc == 0)
		rc = shelf_read_ledger(dir, a->file, a->name, l);
	if (dir >= 0)
		close(dir);
	return rc;
}

/* A grant is believed once a request of ours has confirmed it: its deadline counts from there. */
static bool confirm(struct directory *d, struct ask **at, bool owner)
{
	struct ask *a = *at;

	if (owner) {
		take(at);
		a->sent = pawl_remote_now();
		append(&d->asked, a);
	}
	return false;
}

static bool say_lost(struct directory *d, struct ask **at)
{
	struct ask *a = take(at);

	say(d, &(pawl_remote_event_t){ .what = PAWL_REMOTE_LOST, .name = a->name, .place = a->place, .req = a->op.req });
	free(a);
	return true;
}

static bool say_contended(struct directory *d, const struct ask *a)
{
	say(d, &(pawl_remote_event_t){ .what = PAWL_REMOTE_CONTENDED, .name = a->name, .place = a->place, .req = a->op.req });
	return true;
}

/* True if something was said. */
static bool look_at(struct directory *d, struct ask **at)
{
	struct ask *a = *at;
	struct ledger l;
	bool owner;

	a->look = false;
	if (peek(d, a, &l) != 0)
		return false; /* the next request will tell */
	owner = ledger_is_owner(&l, a->who, a->op.req);
	if (!a->granted)
		return confirm(d, at, owner);
	if (!owner || l.token != a->op.hi)
		return say_lost(d, at);
	return ledger_is_contended(&l, pawl_remote_now()) && say_contended(d, a);
}

/* One of them at a time. True if something was said. */
static bool news(struct directory *d)
{
	struct ask **at = &d->kept;

	while (d->watch >= 0 && *at) {
		struct ask *a = *at;

		if (a->look && look_at(d, at))
			return true;
		if (*at == a)
			at = &a->next;
	}
	return false;
}

static void mark(struct directory *d, const struct inotify_event *e)
{
	for (struct ask *a = d->kept; a; a = a->next)
		if (e->len == 0 || strcmp(a->file, e->name) == 0) /* no name: too much has changed to say what */
			a->look = true;
}

static void hear(struct directory *d)
{
	_Alignas(struct inotify_event) char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	ssize_t n = read(d->watch, buffer, sizeof(buffer));
	const struct inotify_event *e;

	for (char *at = buffer; n > 0 && at < buffer + n; at += sizeof(*e) + e->len) {
		e = (const struct inotify_event *)(void *)at;
		if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT))
			d->gone = true;
		else
			mark(d, e);
	}
}

/* ---- poll ---- */

/* Each of the three says one thing at most, and whether it did. */
static bool session(struct directory *d)
{
	if (d->watch >= 0)
		hear(d);
	if (d->gone) {
		go_down(d, ENOENT);
		return true;
	}
	return d->watch < 0 && pawl_remote_now() >= d->retry_at && connect_it(d);
}

static int64_t wait_until(const struct directory *d, int64_t until)
{
	int64_t own = INT64_MAX;

	if (d->watch < 0)
		own = d->retry_at;
	else if (d->asked)
		own = d->asked->sent + d->delay > d->retry_at ? d->asked->sent + d->delay : d->retry_at;
	return own < until ? own : until;
}

/* False when it is time to return. */
static bool wait_for_more(struct directory *d, int64_t until, int wake_fd)
{
	struct pollfd fds[2] = { { .fd = wake_fd, .events = POLLIN }, { .fd = d->watch, .events = POLLIN } };
	int64_t now = pawl_remote_now(), left = wait_until(d, until) - now;
	struct timespec t = { .tv_sec = left / (1000 * MS), .tv_nsec = left % (1000 * MS) };
	int n = ppoll(fds, 2, left > 0 ? &t : &(struct timespec){ 0 }, NULL);

	return (n <= 0 || !fds[0].revents) && (now < until || (n > 0 && fds[1].revents));
}

static void directory_poll(void *backend, int64_t until_ns, int wake_fd)
{
	struct directory *d = backend;

	while (!session(d) && !work(d) && !news(d))
		if (!wait_for_more(d, until_ns, wake_fd))
			return;
}

/* ---- open, submit, close ---- */

static int parse(struct directory *d, const char *url, char *reason, size_t size)
{
	const char *path = url + strlen("dir://"), *options = strchr(path, '?');
	size_t n = options ? (size_t)(options - path) : strlen(path);
	int end = 0, delay = 0;

	if (path[0] != '/' || n >= sizeof(d->path)) {
		snprintf(reason, size, "dir:// needs an absolute path, as in dir:///run/locks");
		return EINVAL;
	}
	if (options && (sscanf(options, "?delay=%5d%n", &delay, &end) != 1 || options[end] || delay < 0)) {
		/* not which: it may be a secret, meant for another */
		snprintf(reason, size, "dir:// knows one option, ?delay=MILLISECONDS");
		return EINVAL;
	}
	memcpy(d->path, path, n);
	d->delay = delay * MS;
	return 0;
}

/* Whom the directory knows is the host, whichever keeper speaks for it: nothing to be saved. */
static int directory_open(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	struct directory *d = calloc(1, sizeof(*d));
	int rc = d ? parse(d, config->url, reason, size) : ENOMEM;

	if (rc != 0) {
		free(d);
		return rc;
	}
	d->config = config;
	d->watch = -1;
	*backend = d;
	*flags = PAWL_REMOTE_FENCES;
	return 0;
}

static int directory_submit(void *backend, const pawl_remote_op_t *op)
{
	struct directory *d = backend;
	const char *place = op->place ? op->place : "";
	struct ask *a;

	if (d->watch < 0)
		return ENOTCONN;
	if (op->floor >> 62 || strlen(op->name) > PAWL_NAME_MAX || strlen(place) >= sizeof(a->place))
		return EINVAL;
	a = calloc(1, sizeof(*a));
	if (!a)
		return ENOMEM;
	a->op = *op;
	strcpy(a->name, op->name);
	a->op.name = a->name;
	strcpy(a->place, place);
	a->op.place = a->place;
	snprintf(a->who, sizeof(a->who), "%s%s%s", d->config->host, *place ? "." : "", place);
	shelf_file_of(a->name, a->file);
	a->sent = pawl_remote_now();
	append(&d->asked, a);
	return 0;
}

static void directory_close(void *backend, bool last)
{
	struct directory *d = backend;

	(void)last; /* there is no session to end */
	disconnect(d);
	drop_all(&d->asked);
	drop_all(&d->kept);
	free(d);
}

const pawl_backend_t pawl_backend_dir = {
	.version = PAWL_REMOTE_VERSION,
	.scheme = "dir",
	.open = directory_open,
	.submit = directory_submit,
	.poll = directory_poll,
	.close = directory_close,
};
