/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor_remote.c: `pawl doctor -r URL`: a lock service, tried from end to end by two hosts: this process, and a child with a
 * directory of its own, which is all that makes it another host to the service.
 *
 *   connect   acquire   renew       exclude        hand over            lose                        notice
 *   here      here      here waits  child: no      here releases, the   the child is stopped with   it goes on, and
 *                                                  child is granted it  the lock: here is granted   is told
 *
 * Each step depends on the one before: the first that fails is the last, with its cause and its cure.
 */
#include "cli/doctor.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pawl/remote.h>

#define MS 1000000ll

struct trial {
	struct doctor *doctor;
	const char *url;
	int64_t ttl;
	char dir[PATH_MAX], name[64];

	pawl_space_t *space;
	pawl_lock_t *lock;
	pawl_grant_t grant;

	pid_t child;
	int to, from; /* the child's ends of two pipes, or ours */
};

/* What the child is told to do, and what came of it. */
struct order {
	char what; /* 'a'cquire, 'r'elease */
	int64_t within_ns;
};
struct answer {
	int rc;
	int64_t at_ns; /* when: the same clock here and there */
	uint64_t hi;
	char reason[96];
};

static int64_t now(void)
{
	return pawl_in_ns(1);
}

static void rest(int64_t ns)
{
	struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	nanosleep(&t, NULL);
}

/* ---- a host ---- */

static const char *directory_of(const struct trial *t, bool other, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%.*s/%s", PATH_MAX - 8, t->dir, other ? "there" : "here");
	return path;
}

static int open_host(struct trial *t, bool other)
{
	pawl_space_options_t options = { .remote = t->url, .ttl_ns = t->ttl };
	char path[PATH_MAX];
	int rc;

	setenv("PAWL_DIR", directory_of(t, other, path), 1);
	rc = pawl_space_open(&t->space, "doctor", &options);
	return rc ? rc : pawl_lock_open(t->space, t->name, PAWL_AUTO_RECOVER, &t->lock);
}

static const char *reason_of(const struct trial *t, char reason[96])
{
	pawl_remote_info_t info;

	if (pawl_space_remote(t->space, &info))
		return "";
	snprintf(reason, 96, "%s", info.reason);
	return reason;
}

/* ---- the other one ---- */

static void obey(struct trial *t, const struct order *order, struct answer *answer)
{
	if (order->what == 'a')
		answer->rc = pawl_lock_acquire(t->lock, pawl_in_ns(order->within_ns), &t->grant);
	else
		answer->rc = pawl_lock_release(t->lock);
	answer->at_ns = now();
	answer->hi = t->grant.fence.hi;
	reason_of(t, answer->reason);
}

static void be_other_host(struct trial *t)
{
	struct answer answer = { .rc = open_host(t, true) };
	struct order order;

	while (write(t->from, &answer, sizeof(answer)) == sizeof(answer) &&
		read(t->to, &order, sizeof(order)) == sizeof(order))
		obey(t, &order, &answer);
	pawl_space_close(t->space);
	_exit(0);
}

/* Before this process has a space: the child is to know nothing of ours. */
static int start_other_host(struct trial *t)
{
	int to[2], from[2];
	pid_t parent = getpid();

	if (pipe(to) || pipe(from))
		return errno;
	fflush(NULL);
	t->child = fork();
	if (t->child < 0)
		return errno;
	close(to[t->child != 0 ? 0 : 1]);
	close(from[t->child != 0 ? 1 : 0]);
	t->to = to[t->child != 0 ? 1 : 0];
	t->from = from[t->child != 0 ? 0 : 1];
	if (t->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			be_other_host(t);
		_exit(1);
	}
	return 0;
}

static void tell(const struct trial *t, char what, int64_t within_ns)
{
	struct order order;

	memset(&order, 0, sizeof(order));
	order.what = what;
	order.within_ns = within_ns;
	(void)!write(t->to, &order, sizeof(order));
}

static struct answer hear(const struct trial *t)
{
	struct answer answer = { .rc = 0 };

	if (read(t->from, &answer, sizeof(answer)) != sizeof(answer))
		answer = (struct answer){ .rc = ECHILD };
	return answer;
}

/* ---- the report ---- */

static bool fine(const struct trial *t, const char *step, char *finding)
{
	doctor_report(t->doctor, OK, step, finding, NULL);
	return true;
}

static bool fails(const struct trial *t, const char *step, int rc, const char *reason, const char *cure)
{
	char here[96];

	if (!reason || !*reason)
		reason = t->space ? reason_of(t, here) : "";
	doctor_report(t->doctor, BAD, step,
		cli_format("%s%s%s", rc ? pawl_strerror(rc) : "", rc && *reason ? ": " : "", reason), cure);
	return false;
}

static double ms(int64_t ns)
{
	return (double)ns / 1e6;
}

/* ---- the steps ---- */

static const char service_cure[] =
	"is that its address, does it run there, may this host and user speak to it? man pawl_redis, "
	"pawl_etcd, pawl_zookeeper say what it needs";

static bool connects(struct trial *t)
{
	int64_t began = now(), until = began + 10000 * MS;
	pawl_remote_info_t info;
	int rc = open_host(t, false);

	if (rc)
		return fails(t, "connect", 0, pawl_space_reason(),
			"look at the URL: SCHEME://HOST:PORT, and at what its manual says");
	do {
		rest(MS / 4);
		(void)pawl_space_remote(t->space, &info);
	} while (!info.up && !*info.reason && now() < until);
	while (!info.up && now() < until) { /* there is a reason by now: it may get better in a moment, as in the first second of a server */
		rest(10 * MS);
		(void)pawl_space_remote(t->space, &info);
		if (now() - began > 1000 * MS)
			break;
	}
	if (!info.up)
		return fails(t, "connect", EHOSTUNREACH, info.reason, service_cure);
	return fine(t, "connect", cli_format("%s, in %.1f ms", info.url, ms(now() - began)));
}

static bool acquires(struct trial *t)
{
	int64_t began = now();
	int rc = pawl_lock_acquire(t->lock, pawl_in_ns(10000 * MS), &t->grant);

	if (rc)
		return fails(t, "acquire", rc, NULL, service_cure);
	return fine(t, "acquire",
		cli_format("in %.1f ms%s, token %llx, good for %.1f s", ms(now() - began),
			now() - began > t->ttl / 2 ? " (one that has just begun is waited for as long as leases live)" : "",
			(unsigned long long)t->grant.fence.hi, (double)(t->grant.good_until_ns - pawl_remote_now()) / 1e9));
}

static bool renews(struct trial *t)
{
	int64_t began = now(), until = began + 2 * t->ttl, was = t->grant.good_until_ns;
	static pawl_lock_info_t info;

	do {
		rest(2 * MS);
		if (pawl_lock_info(t->lock, &info) || !pawl_lock_valid(t->lock))
			return fails(t, "renew", ESTALE, NULL,
				"the lease ran out before the service had renewed it: a longer time to live (-t)");
	} while (info.good_until_ns <= was && now() < until);
	if (info.good_until_ns <= was)
		return fails(t, "renew", ETIMEDOUT, NULL, "the service does not answer in time: a longer time to live (-t)");
	return fine(t, "renew",
		cli_format("after %.0f ms, for another %.1f s", ms(now() - began),
			(double)(info.good_until_ns - pawl_remote_now()) / 1e9));
}

static bool excludes(struct trial *t)
{
	struct answer answer;

	answer = hear(t); /* it has opened its space */
	if (answer.rc)
		return fails(t, "exclude", answer.rc, answer.reason, "the second host could not begin: see above");
	tell(t, 'a', 300 * MS);
	answer = hear(t);
	if (answer.rc != ETIMEDOUT)
		return fails(t, "exclude", answer.rc, answer.rc ? answer.reason : "a second host was granted the lock as well",
			answer.rc ? service_cure : "this service excludes nobody: do not use it for locks");
	return fine(t, "exclude", cli_format("a second host waited 300 ms in vain"));
}

static bool hands_over(struct trial *t)
{
	struct answer answer;
	int64_t began;
	int rc;

	tell(t, 'a', 10000 * MS);
	rest(200 * MS); /* so that it is in the queue by then */
	began = now();
	rc = pawl_lock_release(t->lock);
	answer = hear(t);
	if (rc || answer.rc)
		return fails(t, "release", rc ? rc : answer.rc, answer.reason, service_cure);
	fine(t, "release",
		cli_format("the second host had it %.1f ms later, token %llx", ms(answer.at_ns - began),
			(unsigned long long)answer.hi));
	if (answer.hi <= t->grant.fence.hi)
		doctor_report(t->doctor, WARN, "token",
			cli_format("%llx, then %llx: no larger", (unsigned long long)t->grant.fence.hi,
				(unsigned long long)answer.hi),
			"this protocol gives no tokens that a store could check: use another one where a lost lease "
			"must not hurt");
	return true;
}

static bool loses(struct trial *t)
{
	int64_t began = now();
	int rc;

	kill(t->child, SIGSTOP);
	rc = pawl_lock_acquire(t->lock, pawl_in_ns(4 * t->ttl + 5000 * MS), &t->grant);
	if (rc)
		return fails(t, "lose", rc, NULL,
			"the lease of a host that is gone does not end: what does the service say of it?");
	return fine(t, "lose",
		cli_format("the second host was stopped with the lock: it was to be had %.1f s later%s, token %llx",
			(double)(now() - began) / 1e9, t->grant.owner_died ? ", its owner known to be dead" : "",
			(unsigned long long)t->grant.fence.hi));
}

static bool notices(struct trial *t)
{
	struct answer answer;

	kill(t->child, SIGCONT);
	tell(t, 'r', 0);
	answer = hear(t);
	if (answer.rc != ESTALE)
		return fails(t, "notice", answer.rc,
			answer.rc ? answer.reason : "the second host was not told that it had lost the lock",
			"report it: this must not happen");
	if (!pawl_lock_valid(t->lock) || pawl_lock_release(t->lock))
		return fails(t, "notice", ESTALE, NULL, "the stale release has ended another host's lease: report it");
	return fine(t, "notice", cli_format("it went on, and its release said ESTALE; ours stayed good"));
}

/* ---- beginning and end ---- */

static bool prepare(struct trial *t)
{
	char path[PATH_MAX];

	snprintf(t->dir, sizeof(t->dir), "%.*s/pawl-doctor.XXXXXX", PATH_MAX - 32, t->doctor->directory);
	if (!mkdtemp(t->dir) || mkdir(directory_of(t, false, path), 0700) || mkdir(directory_of(t, true, path), 0700))
		return fails(t, "prepare", errno, t->dir,
			"two pretended hosts need a directory each: set PAWL_DIR to one you may write to");
	snprintf(t->name, sizeof(t->name), "pawl-doctor/%s", strrchr(t->dir, '.') + 1);
	if (start_other_host(t))
		return fails(t, "prepare", errno, "the second host", "ulimit -u, ulimit -n");
	return true;
}

/* What a space leaves beside itself. The directory is ours alone. */
static void sweep(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

static void tidy(struct trial *t)
{
	char path[PATH_MAX];

	if (t->child > 0) {
		close(t->to); /* it ends by itself, and gives back what it has */
		kill(t->child, SIGCONT);
		waitpid(t->child, NULL, 0);
	}
	if (t->lock && pawl_lock_valid(t->lock))
		(void)pawl_lock_release(t->lock);
	if (t->space)
		pawl_space_close(t->space);
	for (int other = 0; other < 2; other++) {
		setenv("PAWL_DIR", directory_of(t, other, path), 1);
		(void)pawl_space_unlink("doctor");
		sweep(path);
	}
	rmdir(t->dir);
}

void doctor_remote(struct doctor *doctor, const char *url, int64_t ttl_ns)
{
	static bool (*const steps[])(
		struct trial *) = { prepare, connects, acquires, renews, excludes, hands_over, loses, notices };
	struct trial t = { .doctor = doctor, .url = url, .ttl = ttl_ns };
	char *before = getenv("PAWL_DIR");

	before = before ? cli_format("%s", before) : NULL;
	signal(SIGPIPE, SIG_IGN); /* a second host that has died is a finding */
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && steps[i](&t); i++)
		;
	tidy(&t);
	if (before)
		setenv("PAWL_DIR", before, 1);
	else
		unsetenv("PAWL_DIR");
	free(before);
}
