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

#define ROW       loaded
#define WHAT      "the lock in the shared object of --load"
#define TRAITS    BENCH_LOADED
#define TYPE      void
#define INIT(l)   open_file(l)
#define LOCK(l)   call(lock, l)
#define UNLOCK(l) call(unlock, l)
#include "../lockrow.h"
