/* SPDX-License-Identifier: BSD-2-Clause */
/** main.c: pawl-bench-probes: what it costs a free lock that a library can be traced and counts waits: two builds of it, one with and
 * one without, taking turns.
 *
 *   pawl-bench-probes WITH.so WITHOUT.so [ROUNDS]
 *
 * A round measures both, in an order that changes, each in a process of its own that opens the library and takes and gives a lock
 * that nobody else wants; the ratio is that of one round, so that what slows the machine down slows down both. Printed for each
 * kind of lock: the medians, the mean ratio (geometric) with its standard error, and instructions of a pair where they can be
 * counted: `make bench-probes` counts them by valgrind as well.
 */
#include <dlfcn.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pawl/pawl.h>

enum { KINDS = 2, SIDES = 2, BATCH = 1000, MOST = 1000 };
#define WINDOW_NS 5000000ll

static const char *const kinds[KINDS] = { "named lock", "robust mutex" };

struct sample {
	double ns, instructions; /* of a pair; instructions below 0: not to be counted here */
};

/* ---- one library ---- */

struct library {
	pawl_space_t *space;
	pawl_lock_t *lock;
	pawl_robust_t *mutex;
	int (*acquire)(pawl_lock_t *, pawl_deadline_t, pawl_grant_t *);
	int (*release)(pawl_lock_t *);
	int (*lock_mutex)(pawl_space_t *, pawl_robust_t *, pawl_deadline_t);
	int (*unlock_mutex)(pawl_space_t *, pawl_robust_t *);
};

static void *must(void *pointer, const char *what)
{
	if (pointer)
		return pointer;
	fprintf(stderr, "pawl-bench-probes: %s: %s\n", what, dlerror());
	exit(1);
}

/* A function of it, by way of an integer: ISO C has no conversion from an object's address. */
#define FUNCTION(member, name)                                                                                         \
	do {                                                                                                           \
		uintptr_t at_ = (uintptr_t)must(dlsym(handle, name), name);                                            \
		memcpy(&(member), &at_, sizeof(at_));                                                                  \
	} while (0)

static void open_library(struct library *l, const char *path)
{
	int (*open_space)(pawl_space_t **, const char *, const pawl_space_options_t *);
	int (*open_lock)(pawl_space_t *, const char *, unsigned, pawl_lock_t **);
	void *handle = must(dlopen(path, RTLD_NOW | RTLD_LOCAL), path);

	FUNCTION(open_space, "pawl_space_open");
	FUNCTION(open_lock, "pawl_lock_open");
	FUNCTION(l->acquire, "pawl_lock_acquire");
	FUNCTION(l->release, "pawl_lock_release");
	FUNCTION(l->lock_mutex, "pawl_robust_lock");
	FUNCTION(l->unlock_mutex, "pawl_robust_unlock");
	l->mutex = calloc(1, sizeof(*l->mutex));
	if (!l->mutex || open_space(&l->space, NULL, NULL) || open_lock(l->space, "free", 0, &l->lock)) {
		fprintf(stderr, "pawl-bench-probes: %s: no space, or no lock\n", path);
		exit(1);
	}
}

static bool pairs(const struct library *l, unsigned kind, unsigned n) PAWL_NO_ANALYSIS
{
	int rc = 0;

	if (kind == 0)
		for (unsigned i = 0; i < n; i++)
			rc |= l->acquire(l->lock, PAWL_FOREVER, NULL) | l->release(l->lock);
	else
		for (unsigned i = 0; i < n; i++)
			rc |= l->lock_mutex(l->space, l->mutex, PAWL_FOREVER) | l->unlock_mutex(l->space, l->mutex);
	return rc == 0;
}

/* ---- measuring ---- */

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* what others take of the machine does not count */
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int open_counter(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.exclude_kernel = 1,
		.exclude_hv = 1 };

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static double read_counter(int fd)
{
	uint64_t count;

	return fd >= 0 && read(fd, &count, sizeof(count)) == sizeof(count) ? (double)count : -1;
}

static struct sample measure(const char *path, unsigned kind)
{
	struct library l;
	struct sample s;
	double before, after;
	int64_t from, until;
	uint64_t n = 0;
	int counter = open_counter();

	open_library(&l, path);
	if (!pairs(&l, kind, BATCH)) /* warm */
		exit(1);
	before = read_counter(counter);
	from = now();
	do {
		if (!pairs(&l, kind, BATCH))
			exit(1);
		n += BATCH;
		until = now();
	} while (until - from < WINDOW_NS);
	after = read_counter(counter);
	s.ns = (double)(until - from) / (double)n;
	s.instructions = before >= 0 && after > before ? (after - before) / (double)n : -1;
	return s;
}

static struct sample in_a_child(const char *path, unsigned kind)
{
	struct sample s;
	int ends[2], status;
	pid_t child;

	if (pipe(ends))
		exit(1);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		s = measure(path, kind);
		_exit(write(ends[1], &s, sizeof(s)) != sizeof(s));
	}
	close(ends[1]);
	if (child < 0 || read(ends[0], &s, sizeof(s)) != sizeof(s) || waitpid(child, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "pawl-bench-probes: %s: a locked lock, or no measurement\n", path);
		exit(1);
	}
	close(ends[0]);
	return s;
}

/* ---- the figures ---- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const double *values, unsigned n)
{
	double sorted[MOST];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), by_size);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static void print_ratio(double (*ns)[MOST], unsigned n)
{
	double sum = 0, squares = 0, mean, error;

	for (unsigned i = 0; i < n; i++) {
		double ratio = log(ns[0][i] / ns[1][i]);

		sum += ratio;
		squares += ratio * ratio;
	}
	mean = sum / n;
	error = n > 1 ? sqrt((squares / n - mean * mean) / (n - 1)) : 0;
	printf("ratio %.4f +- %.4f", exp(mean), exp(mean) * error);
}

static void compare(const char *const path[SIDES], unsigned kind, unsigned rounds)
{
	static double ns[SIDES][MOST], instructions[SIDES][MOST];

	for (unsigned i = 0; i < rounds; i++)
		for (unsigned turn = 0; turn < SIDES; turn++) {
			unsigned side = (turn + i) % SIDES;
			struct sample s = in_a_child(path[side], kind);

			ns[side][i] = s.ns;
			instructions[side][i] = s.instructions;
		}
	printf("%-13s with %.2f ns, without %.2f ns, ", kinds[kind], median(ns[0], rounds), median(ns[1], rounds));
	print_ratio(ns, rounds);
	if (median(instructions[0], rounds) > 0)
		printf("; instructions %.2f, %.2f", median(instructions[0], rounds), median(instructions[1], rounds));
	printf(" (%u rounds)\n", rounds);
}

/* For valgrind: so many pairs and nothing else, in this process. */
static int just_pairs(const char *path, unsigned kind, unsigned n)
{
	struct library l;

	open_library(&l, path);
	return pairs(&l, kind, n) ? 0 : 1;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 200;

	if (argc == 5 && !strcmp(argv[1], "--pairs"))
		return just_pairs(argv[2], !strcmp(argv[3], "robust"), (unsigned)strtoul(argv[4], NULL, 10));
	if (argc < 3 || argc > 4 || rounds < 2 || rounds > MOST) {
		fprintf(stderr, "usage: pawl-bench-probes WITH.so WITHOUT.so [ROUNDS, 2 to %d]\n", MOST);
		return 64;
	}
	for (unsigned kind = 0; kind < KINDS; kind++)
		compare((const char *[]){ argv[1], argv[2] }, kind, rounds);
	return 0;
}
