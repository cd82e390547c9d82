/* SPDX-License-Identifier: BSD-2-Clause */
/** loaded.c: any lock, out of a shared object (loaded.h): one written in Rust, for instance. It pays for a call through a
 * pointer, as every user of a shared library does. A process of its own tries it first: one that crashes or hangs, as a lock
 * does that is still being written, costs itself the measurement and not the others. */
#include "loaded.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "row.h"
#include "worker.h"

#define PAIRS     1000
#define WITHIN_NS 5000000000
#define WELL      42 /* no exit status that a lock would choose, were it to end its process */

const char *bench_loaded_file;
static void (*init)(void *), (*lock)(void *), (*unlock)(void *);

static inline int call(void (*f)(void *), void *mem)
{
	f(mem);
	return 0;
}

/* ISO C has no conversion from an object pointer to one to a function. */
static int find(void *file, const char *name, void (**f)(void *))
{
	void *found = dlsym(file, name);

	memcpy(f, &found, sizeof(found));
	return found ? 0 : ENOENT;
}

static void try_it(void)
{
	void *mem = bench_shared(BENCH_LOCK_SIZE);

	init(mem);
	for (int i = 0; i < PAIRS; i++) {
		lock(mem);
		unlock(mem);
	}
	_exit(WELL);
}

/* Once: a lock that waits for ever should not do so in each scenario. */
static bool is_well(void)
{
	static int status;
	pid_t pid;

	if (status)
		return status == WELL;
	pid = bench_fork();
	if (pid == 0)
		try_it();
	status = bench_reap(pid, WITHIN_NS);
	if (status != WELL) {
		status = -1;
		fprintf(stderr,
			"pawl-bench: loaded: %s: it was stuck, or died, taking and giving back %d times what nobody "
			"else wanted\n",
			bench_loaded_file, PAIRS);
	}
	return status == WELL;
}

/* dlopen would look for a name without a slash where the system's libraries are. */
static void *load(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "./", name);
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static int open_file(void *mem)
{
	void *file = bench_loaded_file ? load(bench_loaded_file) : NULL;

	if (!file || find(file, "bench_lock_init", &init) || find(file, "bench_lock", &lock) ||
		find(file, "bench_unlock", &unlock)) {
		fprintf(stderr, "pawl-bench: loaded: %s\n", bench_loaded_file ? dlerror() : "no --load FILE");
		return ELIBACC;
	}
	if (!is_well())
		return EPROTO;
	init(mem);
	return 0;
}

#define ROW       loaded
#define WHAT      "the lock in the shared object of --load"
#define TRAITS    BENCH_LOADED
#define TYPE      void
#define INIT(l)   open_file(l)
#define LOCK(l)   call(lock, l)
#define UNLOCK(l) call(unlock, l)
#include "../lockrow.h"
