/* SPDX-License-Identifier: BSD-2-Clause */
/** client.h: what clients for an outside C11 checker have in common: two or three threads, each some sections over two plain words,
 * the exact sum asserted in the end.
 *
 * A client is one translation unit over public headers: C11, builtins on 32 and 64 bit words, pthreads, assert; no assembly, no
 * system call, no library of ours. Where a header leaves waiting to the library, the client has a bounded form of its own: it
 * tries, and a checker discards the runs in which that does not come to an end.
 *
 *   for a checker of GenMC's kind   clang -S -emit-llvm -DPAWL_ATOMICS='"tests/model/c11/atomics.h"' -Iinclude -I. client_x.c: one
 *                                   round, main() as it stands. None is packaged for Debian, so no verdict of one is claimed here
 *   natively (make test)            the same file with -DROUNDS=20000: each round anew, as many threads. That shows that they
 *                                   compile, end and count right on this machine, x86 mostly; a relaxed release passes there
 */
#ifndef PAWL_TESTS_MODEL_C11_CLIENT_H
#define PAWL_TESTS_MODEL_C11_CLIENT_H

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef ROUNDS
#define ROUNDS 1
#endif

/* What the lock guards: ordinary memory, so that a checker sees a race in it. */
static unsigned x, y;

static void section(void)
{
	assert(x == y);
	x++;
	y++;
}

/* Of the client: a lock as nobody has touched it; what thread `me` does; how many sections come to their end by that. */
static void begin(void);
static void *thread(void *me);
static unsigned sections(void);

#define CLIENT(threads)                                                                                                \
	int main(void)                                                                                                 \
	{                                                                                                              \
		pthread_t t[threads];                                                                                  \
                                                                                                                       \
		for (unsigned round = 0; round < ROUNDS; round++) {                                                    \
			x = y = 0;                                                                                     \
			begin();                                                                                       \
			for (uintptr_t i = 0; i < (threads); i++)                                                      \
				assert(pthread_create(&t[i], NULL, thread, (void *)i) == 0);                           \
			for (unsigned i = 0; i < (threads); i++)                                                       \
				assert(pthread_join(t[i], NULL) == 0);                                                 \
			assert(x == sections() && y == x);                                                             \
		}                                                                                                      \
		return 0;                                                                                              \
	}

#endif
