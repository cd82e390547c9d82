/* SPDX-License-Identifier: BSD-2-Clause */
/** fan.c: the counters of many locks (fan.h). */
#include "fan.h"

#include <stdio.h>

#include <pawl/annotate.h>

#include "worker.h"

_Static_assert(sizeof(bench_fan_t) <= BENCH_LOCK_SIZE, "it fits in the row's memory");

void bench_fan_open(bench_fan_t *f, size_t size)
{
	f->locks = bench_shared(size);
	f->count = bench_shared(BENCH_NAMES_MOST * sizeof(*f->count));
}

void bench_fan_leave(bench_fan_t *f, bench_run_t *run)
{
	/* FN1 acq_rel: pairs with FN1 (those who left before): what they have counted is visible to the last */
	if (PAWL_FETCH_ADD(&f->done, 1u, ACQ_REL) + 1 != run->workers)
		return;
	PAWL_STORE(&f->done, 0u, RELAXED); /* relaxed: the next run begins at a gate */
	for (unsigned i = 0; i < BENCH_NAMES_MOST; i++) {
		*run->count += f->count[i].n;
		f->count[i].n = 0;
	}
}

void bench_fan_names(bench_fan_name_t names[BENCH_NAMES_MOST])
{
	for (unsigned i = 0; i < BENCH_NAMES_MOST; i++)
		snprintf(names[i], sizeof(names[i]), "orders/%u", i);
}
