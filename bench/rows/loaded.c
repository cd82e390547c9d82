/* SPDX-License-Identifier: BSD-2-Clause */
/** loaded.c: any lock, out of a shared object (loaded.h): one written in Rust, for instance. It pays for a call through a
 * pointer, as every user of a shared library does. */
#include "loaded.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *bench_loaded_file;
static void (*init)(void *), (*lock)(void *), (*unlock)(void *);

static inline int call(void (*f)(void *), void *mem)
{
	f(mem);
	return 0;
}

#define BENCH_PREPARE
#define BENCH_TAKE call(lock, mem)
#define BENCH_GIVE call(unlock, mem)
#include "../loop.h"

/* ISO C has no conversion from an object pointer to one to a function. */
static int find(void *file, const char *name, void (**f)(void *))
{
	void *found = dlsym(file, name);

	memcpy(f, &found, sizeof(found));
	return found ? 0 : ENOENT;
}

static int open_file(void *mem)
{
	void *file = bench_loaded_file ? dlopen(bench_loaded_file, RTLD_NOW | RTLD_LOCAL) : NULL;

	if (!file || find(file, "bench_lock_init", &init) || find(file, "bench_lock", &lock) ||
		find(file, "bench_unlock", &unlock)) {
		fprintf(stderr, "pawl-bench: loaded: %s\n", bench_loaded_file ? dlerror() : "no --load FILE");
		return ENOENT;
	}
	init(mem);
	return 0;
}

BENCH_ACT(pair, void *m = mem, call(lock, m) ? EPROTO : call(unlock, m))

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = NULL },
};

const bench_row_t bench_loaded = {
	.name = "loaded",
	.what = "the lock in the shared object of --load",
	.traits = BENCH_LOADED,
	.spin_ns = -1,
	.open = open_file,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
