/* SPDX-License-Identifier: BSD-2-Clause */
/** stat.h: the ways in which `pawl stat` prints a sample. */
#ifndef PAWL__CLI_STAT_H
#define PAWL__CLI_STAT_H

#include "cli/top.h"

/** prometheus.c */
void cli_stat_prometheus(const struct cli_top_sample *sample);

#endif
