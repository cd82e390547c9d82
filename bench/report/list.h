/* SPDX-License-Identifier: BSD-2-Clause */
/** list.h: what there is to measure. */
#ifndef BENCH_LIST_H
#define BENCH_LIST_H

#include "options.h"

/** Print the scenarios chosen and their rows, as text or JSON. False: it could not be written. */
bool bench_list(const bench_options_t *options);

#endif
