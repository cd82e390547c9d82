/* SPDX-License-Identifier: BSD-2-Clause */
/** reading.c: the options of reading.h, and whose they are. */
#include "reading.h"

#include <stdlib.h>

#include "claims.h"
#include "compare.h"
#include "plot.h"

#define THRESHOLD 0.05 /* what users of a lock would not notice, and what layout alone can do */

struct bench_reading_kind {
	int key;
	const char *name;
	size_t files;
	const char *usage;
	int (*run)(const bench_reading_t *reading, bool json);
};

static int compare(const bench_reading_t *r, bool json)
{
	return bench_compare(r->file[0], r->file[1], r->threshold > 0 ? r->threshold : THRESHOLD, json);
}

static int claims(const bench_reading_t *r, bool json)
{
	return bench_claims_print(r->file[0], json);
}

static int plot(const bench_reading_t *r, bool json)
{
	(void)json;
	return bench_plot(r->directory, r->file[0]);
}

enum { COMPARE = 0x800, CLAIMS, PLOT, THRESHOLD_KEY };

static const bench_reading_kind_t kinds[] = {
	{ COMPARE, "compare", 2, "an old document and a new one", compare },
	{ CLAIMS, "claims", 1, "a document", claims },
	{ PLOT, "plot", 1, "a directory and a document", plot },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Of documents written before, in place of measuring:", 4 },
	{ "compare", COMPARE, NULL, 0,
		"OLD.json NEW.json: say which of pawl's rows became faster or slower, beyond what two "
		"runs of one build differ by; exit status 1 if one is slower",
		4 },
	{ "claims", CLAIMS, NULL, 0, "FILE.json: hold what pawl promises against it", 4 },
	{ "plot", PLOT, "DIR", 0, "FILE.json: write into DIR what the scripts of bench/plot draw (see make plot)", 4 },
	{ "threshold", THRESHOLD_KEY, "PERCENT", 0, "Smaller changes are none (5)", 4 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void set_threshold(const struct argp_state *state, bench_reading_t *r, const char *text)
{
	char *end;

	r->threshold = strtod(text, &end) / 100;
	if (end == text || *end || !(r->threshold > 0 && r->threshold < 10))
		argp_error(state, "not a percentage above 0: %s", text);
}

static void set_kind(const struct argp_state *state, bench_reading_t *r, int key)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].key == key) {
			if (r->kind && r->kind != &kinds[i])
				argp_error(state, "--%s and --%s: one at a time", r->kind->name, kinds[i].name);
			r->kind = &kinds[i];
		}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bench_reading_t *r = state->input;

	switch (key) {
	case COMPARE:
	case CLAIMS:
	case PLOT:
		set_kind(state, r, key);
		r->directory = arg;
		return 0;
	case THRESHOLD_KEY:
		set_threshold(state, r, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (!r->kind)
			return ARGP_ERR_UNKNOWN;
		if (r->n < r->kind->files)
			r->file[r->n] = arg;
		r->n++;
		return 0;
	case ARGP_KEY_END:
		if (r->threshold > 0 && (!r->kind || r->kind->run != compare))
			argp_error(state, "--threshold is for --compare");
		if (r->kind && r->n != r->kind->files)
			argp_error(state, "--%s wants %s", r->kind->name, r->kind->usage);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp bench_reading_argp = { .options = options, .parser = parse };

int bench_reading(const bench_reading_t *reading, bool json)
{
	return reading->kind->run(reading, json);
}
