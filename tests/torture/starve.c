/* SPDX-License-Identifier: BSD-2-Clause */
/** starve.c: for LD_PRELOAD: an allocator that refuses everything from some request on. Everything: liburcu's hash table ends the
 * program where it finds no memory, so pawl sees whether there is some before it asks for a table (handle.c), and can do no more. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/** 0: all is granted; n: n - 1 more are. Set by the program, which finds it by its name. */
__attribute__((visibility("default"))) uint32_t torture_starve;

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static int refuses(void)
{
	uint32_t left = __atomic_load_n(&torture_starve, __ATOMIC_RELAXED);

	if (left == 0)
		return 0;
	while (left > 1)
		if (__atomic_compare_exchange_n(&torture_starve, &left, left - 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n)
{
	return refuses() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return refuses() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return refuses() ? NULL : __libc_realloc(p, n);
}
