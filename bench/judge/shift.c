/* SPDX-License-Identifier: BSD-2-Clause */
/** shift.c: rank estimates of a shift and of scatter; Student's t; many tests at once (shift.h). */
#include "shift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats.h"

static double *room_for(size_t n)
{
	double *x = malloc((n ? n : 1) * sizeof(*x));

	if (!x) {
		perror("pawl-bench: shift");
		exit(EXIT_FAILURE);
	}
	return x;
}

/* Shamos: the median distance of two samples, 1.048 of which is the standard deviation of normal ones. */
static double scatter(const double *x, size_t n)
{
	double *d = room_for(n * n), s;
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			d[count++] = fabs(x[i] - x[j]);
	s = 1.048 * bench_stats_median(d, count);
	free(d);
	return s;
}

static size_t numbers(const double *x, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += !isnan(x[i]);
	return count;
}

/* Each set by itself: where two of five are spoilt on one side only, that side has to show it. One sample shows nothing:
 * it is taken to scatter as the other side does. */
static double error_of(const bench_shift_t *s, double scatter_before, double scatter_after)
{
	double a = isnan(scatter_before) ? scatter_after : scatter_before;
	double b = isnan(scatter_after) ? scatter_before : scatter_after;

	/* pi / 3: by so much its variance exceeds that of a difference of means */
	return sqrt(3.14159265 / 3 * (a * a / (double)s->before + b * b / (double)s->after));
}

bench_shift_t bench_shift(const double *before, size_t n_before, const double *after, size_t n_after)
{
	bench_shift_t s = { numbers(before, n_before), numbers(after, n_after), NAN, NAN };
	double *d = room_for(n_before * n_after);

	for (size_t i = 0; i < n_before; i++)
		for (size_t j = 0; j < n_after; j++)
			d[i * n_after + j] = after[j] - before[i];
	s.by = bench_stats_median(d, n_before * n_after);
	s.se = error_of(&s, scatter(before, n_before), scatter(after, n_after));
	free(d);
	return s;
}

double bench_shift_middle(const double *x, size_t n)
{
	double *means = room_for(n * n), middle;
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
			means[count++] = (x[i] + x[j]) / 2;
	middle = bench_stats_median(means, count);
	free(means);
	return middle;
}

double bench_shift_spread(const double *shifts, size_t n)
{
	double *d = room_for(n), at;

	for (size_t i = 0; i < n; i++)
		d[i] = fabs(shifts[i]);
	n = bench_stats_sort(d, n);
	/* four fifths of normal ones are within 1.2816; looking that far out sees tails that a median would not */
	at = bench_stats_rank(d, n, 0.8) / 1.2816;
	free(d);
	return at;
}

/* Abramowitz and Stegun, 26.7.3 and 26.7.4. */
double bench_shift_chance(double t, unsigned freedom)
{
	double angle = atan(fabs(t) / sqrt(freedom)), cosine = cos(angle);
	double term = freedom % 2 ? cosine : 1, sum = freedom == 1 ? 0 : term;

	if (isnan(t))
		return NAN;
	for (unsigned i = freedom % 2 ? 3 : 2; i < freedom; i += 2) {
		term *= cosine * cosine * (i - 1) / i;
		sum += term;
	}
	sum *= sin(angle);
	return fmax(0, 1 - (freedom % 2 ? (angle + sum) * 2 / 3.14159265358979 : sum));
}

double bench_shift_reach(double chance, unsigned freedom)
{
	double low = 0, high = 1e9;

	for (int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		if (bench_shift_chance(middle, freedom) > chance)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static int by_chance(const void *a, const void *b)
{
	double x = **(double *const *)a, y = **(double *const *)b;

	return (x > y) - (x < y);
}

void bench_shift_correct(double *chance, size_t n)
{
	double **order = malloc((n ? n : 1) * sizeof(*order)), least = 1;

	if (!order) {
		perror("pawl-bench: shift");
		exit(EXIT_FAILURE);
	}
	for (size_t i = 0; i < n; i++)
		order[i] = &chance[i];
	qsort(order, n, sizeof(*order), by_chance);
	for (size_t i = n; i-- > 0;) {
		least = fmin(least, *order[i] * (double)n / (double)(i + 1));
		*order[i] = least;
	}
	free(order);
}
