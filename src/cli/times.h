/* SPDX-License-Identifier: BSD-2-Clause */
/** times.h: histograms of waits and holds, as figures and as JSON. */
#ifndef PAWL__CLI_TIMES_H
#define PAWL__CLI_TIMES_H

#include "cli/json.h"

/** The bound below which `part` of them (0.5, 0.99) lie, in nanoseconds; INT64_MAX: beyond the last bound; -1: there are none. */
int64_t cli_times_quantile(const pawl_times_t *times, double part);

/** The same in letters, "8.2us"; "-" for none. Free it. */
char *cli_times_cell(const pawl_times_t *times, double part);

/** What has come to `now` since `then`; all of `now`, if `then` is not what was before. */
pawl_times_t cli_times_since(const pawl_times_t *now, const pawl_times_t *then);

/** As an object: count, sum, quantiles, the buckets that are not empty. */
json_t *cli_times_json(const pawl_times_t *times);

#endif
