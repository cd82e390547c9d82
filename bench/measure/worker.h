/* SPDX-License-Identifier: BSD-2-Clause */
/** worker.h: child processes of a benchmark: started together, watched, never left behind. */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Zeroed memory that all processes forked from now on share. Ends the program if there is none. */
void *bench_shared(size_t size);

/** Fork. The child dies with its parent. Ends the program if it cannot be done. */
pid_t bench_fork(void);

/** Wait until `*word` is at least `least`. False: it did not come within `within_ns`. */
bool bench_await(uint32_t *word, uint32_t least, int64_t within_ns);

/** Add one to `*word`, and wake all who wait for it. */
void bench_signal(uint32_t *word);

/** Wait for the child's end; after `within_ns` kill it. Returns its exit status; -1 if it was killed, by us or others. */
int bench_reap(pid_t pid, int64_t within_ns);

#endif
