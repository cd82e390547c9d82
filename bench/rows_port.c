/* SPDX-License-Identifier: BSD-2-Clause */
/** rows_port.c: the rows for those who come from Go, where a channel of one is tried as a lock (row.h). */
#include <stddef.h>

#include "row.h"

const bench_row_t *const bench_rows_port[] = {
	&bench_pawl_tokens,
	&bench_pawl_mutex,
	&bench_pawl_stable,
	&bench_floor,
	&bench_go_chan,
	&bench_go_mutex,
	NULL,
};
