/* SPDX-License-Identifier: BSD-2-Clause */
/** absl_loop.h: what absl_loop.cc has for absl.c. */
#ifndef BENCH_ABSL_LOOP_H
#define BENCH_ABSL_LOOP_H

#include "../row.h"

#ifdef __cplusplus
extern "C" {
#endif

int bench_absl_open(void *mem);
void bench_absl_run(void *mem, bench_run_t *run);
int bench_absl_take(void *mem);
int bench_absl_give(void *mem);
int bench_absl_pair(void *mem, uint64_t n);
int bench_absl_try(void *mem, uint64_t n);
int bench_absl_refused(void *mem, uint64_t n);

#ifdef __cplusplus
}
#endif

#endif
