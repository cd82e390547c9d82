/* SPDX-License-Identifier: BSD-2-Clause */
/* report.c: says what came out, as a table or as JSON, and whether everything held. */
#include <string.h>

#include <pawl/remote.h>

#include "exchange.h"

/* 1234567 as 1,234,567. */
static const char *grouped(uint64_t value, char text[32])
{
	char *at = text + 31;
	unsigned digits = 0;

	*at = '\0';
	do {
		if (digits > 0 && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + value % 10);
		digits++;
	} while ((value /= 10) != 0);
	return at;
}

static void row(const char *what, uint64_t value, const char *note)
{
	char text[32];

	printf("  %-28s %14s%s%s\n", what, grouped(value, text), note[0] != '\0' ? "  " : "", note);
}

static void row_time(const char *what, int64_t ns, const char *note)
{
	char text[32];

	if (ns < 1000000)
		snprintf(text, sizeof(text), "%.1f us", (double)ns / 1e3);
	else
		snprintf(text, sizeof(text), "%.2f ms", (double)ns / 1e6);
	printf("  %-28s %14s%s%s\n", what, text, note[0] != '\0' ? "  " : "", note);
}

static void row_zero(const char *what, uint64_t value)
{
	row(what, value, value == 0 ? "ok, must be 0" : "MUST BE 0");
}

static uint64_t per_second(uint64_t count, int64_t ns)
{
	return ns > 0 ? (uint64_t)((double)count * 1e9 / (double)ns) : 0;
}

/* A run that did nothing proves nothing. */
static const char *proved_nothing(const struct outcome *out, const struct verdict *v)
{
	if (v->sales == 0)
		return "nothing was sold";
	if (out->freezes > 0 && v->refused == 0)
		return "a host stood still, and nobody came to the store too late";
	if (out->kills >= 20 && v->recovered == 0)
		return "no kill left a lock behind";
	if (out->kills >= 20 && 2 * out->inside < out->kills)
		return "most kills fell outside acquire, section and release";
	return NULL;
}

static bool invariants_held(const struct verdict *v)
{
	return v->double_sales == 0 && v->lost_updates == 0 && v->old_tokens == 0 && v->two_owners == 0 &&
	       v->unnoticed == 0 && v->stuck == 0 && !v->damaged;
}

bool report_held(const struct exchange *x, const struct outcome *out, const struct verdict *v)
{
	const char *nothing = proved_nothing(out, v);

	if (!invariants_held(v))
		fputs("exchange: FAILED: an invariant did not hold, see above\n", stderr);
	else if (out->too_few)
		fprintf(stderr, "exchange: FAILED: %u kills in %.0f s, %u were asked for\n", out->kills,
			(double)out->elapsed_ns / 1e9, x->opt->kills);
	else if (nothing != NULL)
		fprintf(stderr, "exchange: FAILED: %s: the run proves nothing\n", nothing);
	return invariants_held(v) && !out->too_few && nothing == NULL;
}

void report_table(const struct exchange *x, const struct outcome *out, const struct verdict *v)
{
	const struct options *o = x->opt;
	char note[96], url[256];

	printf("exchange: %u workers of %u threads, %.1f s, --seed %llu, orders from %s\n", o->workers, o->threads,
		(double)out->elapsed_ns / 1e9, (unsigned long long)o->seed, o->orders);
	if (x->url != NULL) {
		pawl_remote_public(x->url, url, sizeof(url));
		printf("locks on %u hosts by %s, leases of %.1f s\n", o->hosts, url, (double)o->ttl_ns / 1e9);
	}
	row("orders", x->orders->count, "");
	snprintf(note, sizeof(note), "%llu units for %llu.%02llu", (unsigned long long)v->units,
		(unsigned long long)(v->cash / 100), (unsigned long long)(v->cash % 100));
	row("sales", v->sales, note);
	row("grants per second", per_second(v->grants, out->elapsed_ns), "");
	snprintf(note, sizeof(note), "%u inside acquire, section or release", out->inside);
	row("kills (SIGKILL)", out->kills, note);
	snprintf(note, sizeof(note), "%u kills took a buyer amid a sale%s", out->holding,
		x->url != NULL ? "; leases that expired count, too" : "");
	row("owner deaths recovered", v->recovered, note);
	snprintf(note, sizeof(note), "kill to next grant, %llu heirs that were waiting", (unsigned long long)v->waited);
	row_time("median recovery", v->median_ns, note);
	row_time("slowest recovery", v->slowest_ns, "of all heirs");
	row_time("slowest exit", out->slowest_exit_ns, "kill to the end of the killed process");
	row_zero("double sales", v->double_sales);
	row_zero("lost updates", v->lost_updates);
	row_zero("tokens out of order", v->old_tokens);
	row_zero("two owners at once", v->two_owners);
	row_zero("deaths unnoticed", v->unnoticed);
	row_zero("locks that stay shut", v->stuck);
	if (x->url != NULL)
		row("hosts that stood still", out->freezes, "longer than their leases last");
	if (x->board->idle_grants != 0)
		row("grants without a sale", x->board->idle_grants, "the journal was full");
	if (x->url != NULL)
		hosts_table(x, v->keepers);
	fflush(stdout);
}

static void json_text(const char *key, const char *text)
{
	printf("  \"%s\": \"", key);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			printf("\\u%04x", (unsigned)*text);
		else
			putchar(*text);
	}
	puts("\",");
}

static void json_number(const char *key, uint64_t value)
{
	printf("  \"%s\": %llu,\n", key, (unsigned long long)value);
}

static void json_kills(const struct exchange *x, const struct outcome *out, const struct verdict *v)
{
	json_number("kills", out->kills);
	json_number("kills_inside", out->inside);
	json_number("kills_holding", out->holding);
	json_number("recovered", v->recovered);
	json_number("recovered_waiting", v->waited);
	json_number("median_recovery_ns", (uint64_t)v->median_ns);
	json_number("slowest_recovery_ns", (uint64_t)v->slowest_ns);
	json_number("slowest_exit_ns", (uint64_t)out->slowest_exit_ns);
	json_number("recovered_unsigned", x->board->unsigned_deaths);
	json_number("rescued_by_slice", v->rescued_by_slice);
}

void report_json(const struct exchange *x, const struct outcome *out, const struct verdict *v)
{
	puts("{");
	json_text("file", x->opt->orders);
	json_number("seed", x->opt->seed);
	json_number("workers", x->opt->workers);
	json_number("threads", x->opt->threads);
	json_number("elapsed_ns", (uint64_t)out->elapsed_ns);
	json_number("orders", x->orders->count);
	json_number("sales", v->sales);
	json_number("units", v->units);
	json_number("cash_cents", v->cash);
	json_number("grants", v->grants);
	json_number("grants_per_second", per_second(v->grants, out->elapsed_ns));
	json_kills(x, out, v);
	json_number("double_sales", v->double_sales);
	json_number("lost_updates", v->lost_updates);
	json_number("tokens_out_of_order", v->old_tokens);
	json_number("two_owners", v->two_owners);
	json_number("deaths_unnoticed", v->unnoticed);
	json_number("locks_stuck", v->stuck);
	if (x->url != NULL) {
		json_number("freezes", out->freezes);
		json_number("refused", v->refused);
		fputs("  \"hosts\": [", stdout);
		hosts_json(x, v->keepers);
		puts("],");
	}
	printf("  \"held\": %s\n}\n",
		invariants_held(v) && !out->too_few && proved_nothing(out, v) == NULL ? "true" : "false");
	fflush(stdout);
}
