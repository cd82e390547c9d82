/* SPDX-License-Identifier: BSD-2-Clause */
/** main.c: the driver: it starts the workers, has faults befall them, brings all to rest now and then, and judges.
 *
 *   torture            T= seconds (8), SEED= the plan of faults. As root the segments lie on a small file system of their own
 *   torture --busted   a control: nobody takes a lock, which has to be found out
 *   torture --plan     the plan's first steps, and nothing else
 */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"

#define STEPS_TO_REST 150
#define REST_NS       (60 * NS_PER_S) /* a watchdog, for a busy machine */

static struct page *page;
static int page_fd;
static const char *self;
static char dir[64];
static bool own_file_system;
static int64_t go_on_at[WORKERS]; /* when a stopped one does; 0: it is not */
static pid_t stopped[WORKERS];    /* and which: its child may have its place by then */
static uint64_t befallen[FAULTS], kills, deaths, rests, stuck;
static uint64_t sections_at_rest;

/* ---- the page, the folder ---- */

static struct page *map_page(int fd)
{
	void *p = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED) {
		perror("the page");
		exit(1);
	}
	return p;
}

static void make_page(void)
{
	page_fd = memfd_create("torture", 0);
	if (page_fd < 0 || ftruncate(page_fd, sizeof(struct page)) != 0) {
		perror("the page");
		exit(1);
	}
	page = map_page(page_fd);
	page->driver = getpid();
	for (unsigned i = 0; i < LOCKS; i++)
		(void)pawl_robust_init(&page->robust[i], 0);
}

/* In a namespace of mounts that is ours, so that nobody else sees it, and it goes with us. */
static void make_folder(void)
{
	snprintf(dir, sizeof(dir), "%s", private_dir());
	own_file_system = unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
			  mount("torture", dir, "tmpfs", 0, "size=4m") == 0;
}

/* ---- workers ---- */

static void start(unsigned i)
{
	struct worker *w = &page->workers[i];
	char fd[12], index[12];
	pid_t pid;

	memset(w, 0, sizeof(*w));
	snprintf(fd, sizeof(fd), "%d", page_fd);
	snprintf(index, sizeof(index), "%u", i);
	pid = fork();
	if (pid == 0) {
		w->pid = getpid();
		execl(self, self, "--worker", fd, index, (char *)NULL);
		_exit(127);
	}
	w->pid = pid;
}

/* Another one for each that has died, unless its child has taken its place. */
static void reap_all(bool replace)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		deaths++;
		for (unsigned i = 0; i < WORKERS; i++) {
			pid_t it = pid;

			if (__atomic_compare_exchange_n(
				    &page->workers[i].pid, &it, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) &&
				replace)
				start(i);
		}
	}
}

static void send(unsigned i, int sig)
{
	pid_t pid = __atomic_load_n(&page->workers[i].pid, __ATOMIC_ACQUIRE);

	if (pid > 0)
		kill(pid, sig);
}

static void stop(unsigned i, int64_t ns)
{
	if (go_on_at[i])
		return;
	stopped[i] = __atomic_load_n(&page->workers[i].pid, __ATOMIC_ACQUIRE);
	go_on_at[i] = now_ns() + ns;
	if (stopped[i] > 0)
		kill(stopped[i], SIGSTOP);
}

static void let_go(bool all)
{
	for (unsigned i = 0; i < WORKERS; i++)
		if (go_on_at[i] && (all || now_ns() >= go_on_at[i])) {
			if (stopped[i] > 0)
				kill(stopped[i], SIGCONT);
			go_on_at[i] = 0;
		}
}

/* ---- faults ---- */

static void fill_file_system(unsigned more)
{
	char path[96];
	int fd;

	if (!own_file_system)
		return;
	snprintf(path, sizeof(path), "%s/ballast", dir);
	__atomic_store_n(&page->full, 1, __ATOMIC_RELEASE);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	for (off_t size = 1 << 20, at = 0; fd >= 0 && size >= 4096;)
		if (posix_fallocate(fd, at, size) == 0)
			at += size;
		else
			size /= 2;
	nap_us((long)(more % 20000));
	unlink(path);
	if (fd >= 0)
		close(fd);
	nap_us(20000); /* those that were refused have noticed */
	__atomic_store_n(&page->full, 0, __ATOMIC_RELEASE);
}

static void slow_down(unsigned i, unsigned more)
{
	pid_t pid = __atomic_load_n(&page->workers[i].pid, __ATOMIC_ACQUIRE);

	for (unsigned n = 0; pid > 0 && !go_on_at[i] && n < 4 + more % 8; n++) {
		kill(pid, SIGSTOP);
		nap_us(2000);
		kill(pid, SIGCONT);
		nap_us(300);
	}
}

static void rank_low(unsigned i)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	for (unsigned t = 0; t < THREADS; t++) {
		pid_t tid = page->workers[i].hands[t].tid;

		if (tid > 0 && page->workers[i].hands[t].life) {
			setpriority(PRIO_PROCESS, (id_t)tid, 19);
			sched_setaffinity(tid, sizeof(one), &one);
		}
	}
}

static void befall(const struct step *s)
{
	struct worker *w = &page->workers[s->victim];

	befallen[s->fault]++;
	switch (s->fault) {
	case KILL:
		kills++;
		send(s->victim, SIGKILL);
		break;
	case STOP:
		stop(s->victim, (int64_t)(s->more % 50) * NS_PER_MS);
		break;
	case SLOW:
		slow_down(s->victim, s->more);
		break;
	case NO_ROOM:
		fill_file_system(s->more);
		break;
	case NICE:
		rank_low(s->victim);
		break;
	default: /* it does that to itself */
		kills += s->fault == KILL_BUSY;
		__atomic_store_n(&w->more, s->more, __ATOMIC_RELAXED);
		__atomic_store_n(&w->fault, 1 + (uint32_t)s->fault, __ATOMIC_RELEASE);
	}
}

/* ---- rest ---- */

static const struct hand *who_is_busy(unsigned *of)
{
	for (unsigned i = 0; i < WORKERS; i++)
		for (unsigned t = 0; t < THREADS; t++) {
			const struct hand *h = &page->workers[i].hands[t];

			if (page->workers[i].pid > 0 && __atomic_load_n(&h->life, __ATOMIC_ACQUIRE) &&
				__atomic_load_n(&h->phase, __ATOMIC_ACQUIRE) != IDLE) {
				*of = i;
				return h;
			}
		}
	return NULL;
}

static void tell_stuck(const struct hand *h, unsigned i)
{
	char command[64];

	tap_note("stuck: worker %u, process %d, thread %d, phase %u (1 acquiring), lock %u of kind %d: %s", i,
		(int)page->workers[i].pid, (int)h->tid, h->phase, h->lock, kind_of(h->lock), where_is(h->pid, h->tid));
	snprintf(command, sizeof(command), "tests/lib/autopsy.sh %d", (int)page->workers[i].pid);
	fflush(stdout);
	if (system(command) != 0)
		tap_note("there is no more to be told of it");
}

/* Nobody new comes: who sleeps now, and is not woken, would sleep for ever. */
static void bring_to_rest(uint32_t rest)
{
	int64_t until = now_ns() + REST_NS;
	const struct hand *h;
	unsigned i;

	__atomic_store_n(&page->rest, 1, __ATOMIC_RELEASE);
	let_go(true);
	rests++;
	while ((h = who_is_busy(&i))) {
		reap_all(true);
		if (now_ns() > until) {
			stuck++;
			tell_stuck(h, i);
			send(i, SIGKILL);
			until = now_ns() + REST_NS;
		}
		nap_us(500);
	}
	__atomic_store_n(&page->rest, rest, __ATOMIC_RELEASE);
}

/* ---- judgement ---- */

static bool have_moved(void)
{
	bool all = true;

	for (unsigned i = 0; i < LOCKS; i++)
		all &= page->records[i].sections > 0;
	return all;
}

/* Sections that were begun: each that ended, and some of those that were cut short. */
static bool add_up(void)
{
	uint64_t begun = 0, ended = 0;

	for (unsigned i = 0; i < LOCKS; i++) {
		begun += page->records[i].a;
		ended += page->records[i].sections;
	}
	sections_at_rest = ended;
	return begun >= ended && begun - ended <= deaths * THREADS + page->forks * THREADS;
}

/* Each lock can be had, whoever died; the segment is in order; and when it is closed it is gone. */
static bool is_left_in_order(void)
{
	static const char *const names[2] = { "stays", "passing" };
	bool good = true;

	for (unsigned s = 0; s < 2; s++) {
		pawl_space_t *space;
		char name[16];
		int rc = pawl_space_open(&space, names[s], NULL);

		for (unsigned i = 0; rc == 0 && i < LOCKS; i++) {
			pawl_lock_t *lock;

			if (kind_of(i) == ROBUST || (kind_of(i) == PASSING) != s)
				continue;
			snprintf(name, sizeof(name), "lock-%u", i);
			rc = pawl_lock_open(space, name, 0, &lock);
			if (rc == 0)
				rc = pawl_lock_acquire(lock, pawl_in_ms(30000), NULL);
			if (rc == EOWNERDEAD)
				rc = pawl_lock_consistent(lock);
			if (rc == 0)
				rc = pawl_lock_release(lock);
		}
		if (rc == 0)
			rc = pawl_space_check(space);
		if (rc == 0)
			rc = pawl_space_close(space);
		if (rc != 0)
			tap_note("%s: %s (%s)", names[s], pawl_strerror(rc), pawl_space_reason());
		good &= rc == 0;
	}
	return good;
}

static int see(const char *name, const char *path, void *arg)
{
	(void)path;
	if (strcmp(name, "filled") != 0) /* deaths in there wait to be told of */
		++*(unsigned *)arg;
	return 0;
}

static bool is_left_clean(void)
{
	unsigned left = 0;

	return pawl_space_scan(see, &left) == 0 && left == 0;
}

static uint64_t violations(void)
{
	return page->doubles + page->torn + page->tokens + page->updates + page->errors + stuck;
}

static void report(uint64_t seed, int64_t took)
{
	tap_note("%-12s %s", "fault", "times");
	for (unsigned f = 0; f < FAULTS; f++)
		tap_note("%-12s %" PRIu64 "%s", fault_names[f], befallen[f],
			f == NO_ROOM && !own_file_system ? ", none of them: not root, no file system of its own" : "");
	tap_note("%" PRIu64 " sections, %" PRIu64 " deaths of processes, %" PRIu64 " told of one, %" PRIu64
		 " signals, %" PRIu64 " attached anew, %" PRIu64 " forked, %" PRIu64 " refused for want, %" PRIu64
		 " times full, %" PRIu64 " times at rest",
		sections_at_rest, deaths, page->told, page->signals, page->remounts, page->forks, page->lean_errors,
		page->filled, rests);
	tap_note("violations: %" PRIu64 " double, %" PRIu64 " torn, %" PRIu64 " token, %" PRIu64 " update, %" PRIu64
		 " error, %" PRIu64 " stuck%s%s",
		page->doubles, page->torn, page->tokens, page->updates, page->errors, stuck,
		*page->trouble ? "; first: " : "", page->trouble);
	tap_note("torture: %" PRIu64 " kills, %" PRIu64 " stops, %" PRIu64 " sections, %" PRIu64 " violations, %" PRId64
		 " s, SEED=%" PRIu64 " plan %016" PRIx64,
		kills, befallen[STOP] + befallen[SLOW], sections_at_rest, violations(), took / NS_PER_S, seed,
		plan_digest(seed, 1000));
}

/* ---- all of it ---- */

static void torture(uint64_t seed, int64_t until)
{
	for (unsigned i = 0; i < WORKERS; i++)
		start(i);
	for (unsigned n = 1; now_ns() < until && stuck < 5; n++) {
		struct step s = plan_next(&seed);

		nap_us((long)s.wait_us);
		befall(&s);
		reap_all(true);
		let_go(false);
		if (n % STEPS_TO_REST == 0) {
			bring_to_rest(0);
			watchdog(300);
		}
	}
	bring_to_rest(1);
	__atomic_store_n(&page->rest, 2, __ATOMIC_RELEASE);
	for (int64_t end = now_ns() + REST_NS; now_ns() < end && waitpid(-1, NULL, WNOHANG) >= 0;)
		nap_us(1000);
	for (unsigned i = 0; i < WORKERS; i++)
		send(i, SIGKILL);
}

int main(int argc, char **argv)
{
	int64_t began = now_ns();
	uint64_t seed;
	bool busted = argc == 2 && strcmp(argv[1], "--busted") == 0;

	self = argv[0];
	if (argc == 4 && strcmp(argv[1], "--worker") == 0) {
		page_fd = atoi(argv[2]);
		worker_live(map_page(page_fd), (unsigned)atoi(argv[3]), page_fd, self);
	}
	seed = seed_of_run();
	if (argc == 2 && strcmp(argv[1], "--plan") == 0) {
		for (int i = 0; i < 40; i++) {
			struct step s = plan_next(&seed);

			printf("%5u us  %-12s worker %u  %u\n", s.wait_us, fault_names[s.fault], s.victim, s.more);
		}
		return 0;
	}
	watchdog(300);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	make_folder();
	make_page();
	page->busted = busted;
	torture(seed, began + env_long("T", 8) * NS_PER_S);
	report(seed, now_ns() - began);
	if (busted) { /* the books are kept under that lock, too */
		tap_ok(page->doubles > 0 || page->updates > 0, "a lock that locks nothing is found out");
		return tap_done();
	}
	tap_ok(add_up(), "what was begun and what was ended add up");
	tap_ok(violations() == 0, "%" PRIu64 " kills and all the rest, no violation", kills);
	tap_ok(have_moved(), "every lock was used");
	tap_ok(kills > 0 && page->told > 0, "deaths were met, and told of");
	tap_ok(page->lean_errors > 0, "what was denied was missed");
	tap_ok(is_left_in_order(), "every lock can be had afterwards, and the segments are in order");
	tap_ok(is_left_clean(), "and when they are closed they are gone");
	return tap_done();
}
