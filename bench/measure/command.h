/* SPDX-License-Identifier: BSD-2-Clause */
/** command.h: another program that measures for us. */
#ifndef BENCH_COMMAND_H
#define BENCH_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_WORDS_MOST 8

/** Run the program `words[0]` (the last word is NULL) that lies beside our own, and read what it prints, as text, into
 * `out`. Returns 0; ENOENT: there is none; ETIMEDOUT: killed after `within_ns`; EPROTO: it failed; or another errno. */
int bench_command(const char *const words[BENCH_WORDS_MOST], int64_t within_ns, char *out, size_t size);

/** 0 if there is such a program beside our own; or an errno value. */
int bench_command_find(const char *name);

#endif
