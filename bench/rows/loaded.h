/* SPDX-License-Identifier: BSD-2-Clause */
/** loaded.h: which shared object the row `loaded` takes its lock from. */
#ifndef BENCH_LOADED_H
#define BENCH_LOADED_H

/** Set before the row is opened; NULL: none. It has to have these, with C linkage; `mem` are 256 zeroed bytes:
 *     void bench_lock_init(void *mem);
 *     void bench_lock(void *mem);
 *     void bench_unlock(void *mem); */
extern const char *bench_loaded_file;

#endif
