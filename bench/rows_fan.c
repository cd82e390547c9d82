/* SPDX-License-Identifier: BSD-2-Clause */
/** rows_fan.c: the rows of many locks between processes (row.h, fanrow.h). */
#include <stddef.h>

#include "row.h"

const bench_row_t *const bench_rows_fan[] = {
	&bench_fan_pawl_named,
	&bench_fan_pawl_by_name,
	&bench_fan_glibc_array,
	&bench_fan_robust_array,
	&bench_fan_robust_hashed,
	&bench_fan_flock,
	&bench_fan_none,
	NULL,
};
