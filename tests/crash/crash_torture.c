/* SPDX-License-Identifier: BSD-2-Clause */
/** crash_torture.c: thousands of SIGKILLs at random moments, each followed by a round in which all survivors must drain.
 *
 * The short form kills over 2,000 times. KILLS=n is the long form: it goes on, in chunks, until that many kills were
 * effective (inside acquire, section or release); so is T=seconds, until the time is up, where no KILLS are asked for. With STATE=file the long form adds each chunk to
 * that file and goes on from there when it is started again. SEED repeats a run as far as the scheduler lets it.
 *
 * For pawl everything but kills, recoveries and operations must be 0. The controls: a lock that locks nothing must fail, so
 * must, in the long form, glibc's robust mutex (it loses wake-ups); flock and glibc's PI mutex must not.
 *
 * The re-validation slice is off where a kill is one death: a lost wake-up then is a survivor that never drains, not one
 * that is late. It stays on where two processes die at once or threads die together with their process.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/tune.h"

#include "../lib/tap.h"
#include "../lib/torture.h"

struct variant {
	struct torture plan;
	bool slice;
	unsigned rounds; /* in the short form */
};

static const struct variant variants[] = {
	{ { &target_pawl, 3, 1, 1, 1, false }, false, 500 },
	{ { &target_pawl, 3, 1, 1, 1, true }, false, 300 },
	{ { &target_pawl, 4, 1, 100, 1, false }, false, 200 },
	{ { &target_pawl, 8, 1, 1, 1, false }, false, 250 },
	{ { &target_pawl, 3, 3, 1, 1, false }, true, 250 },
	{ { &target_pawl, 4, 2, 100, 1, true }, true, 150 },
	{ { &target_pawl, 4, 1, 1, 2, false }, true, 100 },
	{ { &target_pawl_name, 3, 1, 1, 1, false }, false, 300 },
	{ { &target_pawl_name, 4, 2, 100, 1, true }, true, 200 },
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))
#define CHUNK    500u

static int64_t shipped_slice_ns;

static void heading(void)
{
	tap_note("%-16s %2s %2s %3s %2s %5s %5s  %7s %9s %5s %11s %9s | %s", "target", "pr", "th", "lk", "vi", "mixed",
		"slice", "kills", "effective", "%", "acq/sec/rel", "recovered",
		"double torn token lost-update undrained error");
}

static void row(const struct variant *v, const struct tally *t)
{
	const struct torture *p = &v->plan;
	char phases[40];

	snprintf(phases, sizeof(phases), "%" PRIu64 "/%" PRIu64 "/%" PRIu64, t->phase[1], t->phase[2], t->phase[3]);
	tap_note("%-16s %2u %2u %3u %2u %5s %5s  %7" PRIu64 " %9" PRIu64 " %5.1f %11s %9" PRIu64 " | %6" PRIu64
		 " %4" PRIu64 " %5" PRIu64 " %11" PRIu64 " %9" PRIu64 " %5" PRIu64,
		p->target->name, p->processes, p->threads, p->locks, p->victims, p->mixed ? "yes" : "no",
		v->slice ? "on" : "off", t->kills, tally_effective(t),
		t->kills ? 100.0 * (double)tally_effective(t) / (double)t->kills : 0.0, phases, t->recovered,
		t->doubles, t->torn, t->tokens, t->updates, t->undrained, t->errors);
}

static void progress(const char *name, uint64_t done, uint64_t of)
{
	if (!isatty(2))
		return;
	fprintf(stderr, "\r%-16s %" PRIu64 " of %" PRIu64 "   ", name, done, of);
	if (done >= of)
		fputs("\r\033[K", stderr);
}

static void run(const struct variant *v, unsigned rounds, uint64_t seed, struct tally *t)
{
	pawl__tune.slice_ns = v->slice ? shipped_slice_ns : PAWL_FOREVER;
	torture_begin(&v->plan, seed);
	for (unsigned i = 0; i < rounds && t->undrained < 20; i++) {
		torture_round(t);
		if (i % 16 == 0)
			progress(v->plan.target->name, i, rounds);
	}
	progress(v->plan.target->name, rounds, rounds);
	torture_end();
}

/* ---- the controls ---- */

static void control(const struct target *target, unsigned rounds, uint64_t seed, bool must_fail, const char *claim)
{
	struct variant v = { { target, 3, 1, 1, 1, false }, false, rounds };
	struct tally t = { 0 };

	run(&v, rounds, seed, &t);
	row(&v, &t);
	tap_ok(must_fail == (tally_violations(&t) > 0), "control: %s: %s", target->name, claim);
}

static void control_glibc(unsigned rounds, uint64_t seed, bool thorough)
{
	struct variant v = { { &target_glibc, 3, 1, 1, 1, false }, false, rounds };
	struct tally t = { 0 };

	run(&v, rounds, seed, &t);
	row(&v, &t);
	tap_note("glibc robust: %" PRIu64 " wake-ups lost in %" PRIu64 " kills", t.undrained, t.kills);
	tap_ok(!(tally_violations(&t) - t.undrained) && t.kills && (t.undrained || !thorough),
		"control: glibc robust: %s", thorough ? "its lost wake-ups are seen" : "nothing but lost wake-ups");
}

static void controls(uint64_t seed, bool thorough)
{
	control(&target_busted, 10, seed, true, "a lock that locks nothing is found out");
	control(&target_flock, thorough ? 1000 : 60, seed, false, "is not accused");
	control(&target_glibc_pi, thorough ? 1000 : 100, seed, false, "is not accused");
	control_glibc(thorough ? 5000 : 250, seed, thorough);
}

/* ---- the two forms ---- */

static void judge(const char *name, const struct tally *t)
{
	tap_ok(t->kills && tally_violations(t) == 0, "%s: %" PRIu64 " kills, 0 violations", name, t->kills);
	tap_ok(t->recovered > 0, "%s: %" PRIu64 " deaths were met and recovered", name, t->recovered);
	tap_ok(tally_effective(t) * 2 >= t->kills, "%s: at least half of the kills were effective", name);
}

static void brief(uint64_t seed)
{
	struct tally sum = { 0 };
	char name[80];

	for (unsigned i = 0; i < VARIANTS; i++) {
		const struct variant *v = &variants[i];
		struct tally t = { 0 };

		run(v, v->rounds, seed + i, &t);
		row(v, &t);
		tally_add(&sum, &t);
		snprintf(name, sizeof(name), "%s, %u x %u, %u locks%s%s", v->plan.target->name, v->plan.processes,
			v->plan.threads, v->plan.locks, v->plan.mixed ? ", mixed" : "",
			v->plan.victims > 1 ? ", two victims" : "");
		judge(name, &t);
	}
	tap_ok(sum.kills >= 2000, "%" PRIu64 " kills in total, %" PRIu64 " effective, %" PRIu64 " operations",
		sum.kills, tally_effective(&sum), sum.ops);
}

static void state_load(const char *path, struct tally *sums)
{
	FILE *f = path ? fopen(path, "r") : NULL;
	uint64_t *field = (uint64_t *)sums;

	if (!f)
		return;
	for (unsigned i = 0; i < VARIANTS * sizeof(*sums) / sizeof(*field); i++)
		if (fscanf(f, "%" SCNu64, &field[i]) != 1)
			break;
	fclose(f);
	tap_note("going on from %s", path);
}

static void state_save(const char *path, const struct tally *sums)
{
	const uint64_t *field = (const uint64_t *)sums;
	char temporary[512];
	FILE *f;

	if (!path)
		return;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	f = fopen(temporary, "w");
	if (!f)
		return;
	for (unsigned i = 0; i < VARIANTS * sizeof(*sums) / sizeof(*field); i++)
		fprintf(f, "%" PRIu64 "\n", field[i]);
	if (fclose(f) == 0)
		rename(temporary, path);
}

static uint64_t effective_of_all(const struct tally *sums)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < VARIANTS; i++)
		n += tally_effective(&sums[i]);
	return n;
}

static void thorough(uint64_t seed, uint64_t kills, int64_t until)
{
	static struct tally sums[VARIANTS];
	struct tally sum = { 0 };

	state_load(getenv("STATE"), sums);
	for (unsigned n = 0; effective_of_all(sums) < kills && now_ns() < until; n++) {
		run(&variants[n % VARIANTS], CHUNK, seed + n, &sums[n % VARIANTS]);
		state_save(getenv("STATE"), sums);
		progress("effective kills", effective_of_all(sums), kills);
		watchdog(600);
	}
	for (unsigned i = 0; i < VARIANTS; i++) {
		row(&variants[i], &sums[i]);
		tally_add(&sum, &sums[i]);
	}
	judge("pawl, all variants", &sum);
	tap_note("%" PRIu64 " kills, %" PRIu64 " effective, %" PRIu64 " operations", sum.kills, tally_effective(&sum),
		sum.ops);
	tap_ok(kills == UINT64_MAX || tally_effective(&sum) >= kills, "as many effective kills as were asked for");
}

int main(void)
{
	long kills = env_long("KILLS", 0), seconds = env_long("T", 0);
	int64_t until;
	uint64_t seed = seed_of_run();

	watchdog(600);
	private_dir();
	shipped_slice_ns = pawl__tune.slice_ns;
	heading();
	controls(seed, kills > 0 || seconds > 0);
	until = seconds > 0 && kills <= 0 ? now_ns() + seconds * NS_PER_S : INT64_MAX; /* the controls have had theirs */
	if (kills > 0 || seconds > 0)
		thorough(seed, kills > 0 ? (uint64_t)kills : UINT64_MAX, until);
	else
		brief(seed);
	return tap_done();
}
