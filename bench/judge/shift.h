/* SPDX-License-Identifier: BSD-2-Clause */
/** shift.h: by how much one set of samples lies above another, and whether that is more than chance would do.
 *
 * Everything here bears a few samples that are far off: every tenth measurement on a shared host is.
 */
#ifndef BENCH_SHIFT_H
#define BENCH_SHIFT_H

#include <stddef.h>

typedef struct bench_shift {
	size_t before, after; /* samples that are numbers */
	double by;            /* Hodges-Lehmann: the median of all differences; NAN if either has none */
	double se;            /* its standard error, as far as the samples show it; NAN with one in each */
} bench_shift_t;

/** `after` against `before`. NANs do not count. */
bench_shift_t bench_shift(const double *before, size_t n_before, const double *after, size_t n_after);

/** Hodges and Lehmann's middle of one set: the median of the means of all its pairs. NAN for n = 0. */
double bench_shift_middle(const double *x, size_t n);

/** The standard deviation of shifts that should be 0, from the middle of them: a fifth may be anything. NAN for n = 0. */
double bench_shift_spread(const double *shifts, size_t n);

/** How often Student's t with so many degrees of freedom is as far from 0 as `t`, on either side. */
double bench_shift_chance(double t, unsigned freedom);

/** Beyond what |t| that happens with this chance. */
double bench_shift_reach(double chance, unsigned freedom);

/** Benjamini and Hochberg: make of each chance the smallest share of false alarms, among all that are then called
 * changes, at which this one is called one. If nothing changed it is also the chance of any alarm at all. */
void bench_shift_correct(double *chance, size_t n);

#endif
