/* SPDX-License-Identifier: BSD-2-Clause */
/** claims.h: what pawl promises in comparison with others, held against a document of measurements (claims.c has the list).
 *
 * A claim is about a figure of one of our rows as a multiple of the same figure of another library's, in the same rounds,
 * geometric mean over certain cells. It holds, or it falls short, if the ratio is on that side of the bound by more than
 * twice its standard error; nearer to it, it is undecided. With a cell missing it is not measured.
 */
#ifndef BENCH_CLAIMS_H
#define BENCH_CLAIMS_H

#include "record.h"
#include "stats.h"

typedef struct bench_among {
	size_t n; /* 0: whatever there is */
	double x[4];
} bench_among_t;

typedef enum bench_bound { BENCH_AT_MOST, BENCH_AT_LEAST } bench_bound_t;

typedef struct bench_claim {
	const char *scenario, *act, *row, *figure;
	bench_bound_t sense;
	double bound;
	const char *peer; /* NULL: the figure itself */
	bench_among_t workers, inside_ns, outside_ns, resident_mib;
} bench_claim_t;

typedef enum bench_decision { BENCH_HOLDS, BENCH_SHORT, BENCH_UNDECIDED, BENCH_NOT_MEASURED } bench_decision_t;

typedef struct bench_answer {
	bench_decision_t decision;
	bench_ratio_t ratio;
	char why_not[80]; /* it was not measured; or "" */
} bench_answer_t;

extern const bench_claim_t bench_claims[];
extern const size_t bench_claims_n;

bench_decision_t bench_claim_decide(const bench_ratio_t *ratio, bench_bound_t sense, double bound);
bench_answer_t bench_claim_check(const bench_claim_t *claim, const bench_record_t *record);

/** Print all of them. Returns the exit status: 0, whatever is the case; 64 if the file is no document. */
int bench_claims_print(const char *file, bool json);

#endif
