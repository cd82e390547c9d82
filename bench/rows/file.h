/* SPDX-License-Identifier: BSD-2-Clause */
/** file.h: a file without a name, of which each worker has a descriptor of its own: what file locks belong to. */
#ifndef BENCH_FILE_H
#define BENCH_FILE_H

/** In the parent: make it. `*fd` is inherited by the workers. 0 or an errno value. */
int bench_file_open(int *fd);

/** In a worker: open the parent's `fd` once more. Returns the descriptor, or -1 with errno set. */
int bench_file_reopen(int fd);

#endif
