/* SPDX-License-Identifier: BSD-2-Clause */
/** main.c: pawl-bench: runs the scenarios asked for, one after the other, and hands out what they found.
 *
 * Exit status: 0; 1 if a row let two into the section, lost something or failed, or a file could not be written; 64 for
 * wrong usage. Of documents that are read in place of that, see judge/reading.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "list.h"
#include "options.h"
#include "tick.h"

static void print_facts(const bench_facts_t *facts)
{
	for (size_t i = 0; i < facts->n; i++)
		printf("%s: %s%s", facts->fact[i].name, facts->fact[i].value, i + 1 == facts->n ? "\n" : "; ");
}

/* One of the two. False: it could not be written. */
static bool put(const bench_options_t *o, const bench_results_t *results, bool csv, FILE *to)
{
	if (!csv)
		return bench_document_write(bench_document(results, o->scenario, o->n), to);
	bench_document_csv(results, to);
	return !ferror(to);
}

static bool to_file(const char *path, const bench_options_t *o, const bench_results_t *results, bool csv)
{
	FILE *to = path ? fopen(path, "we") : NULL;
	bool written = !path || (to && put(o, results, csv, to));

	if (to && fclose(to) != 0)
		written = false;
	if (!written)
		fprintf(stderr, "pawl-bench: %s: %s\n", path, strerror(errno));
	return written;
}

/* Before all and after each scenario: a file that cannot be written is found out soon, and who interrupts a long run keeps
 * what is done. */
static bool to_files(const bench_options_t *o, const bench_results_t *results)
{
	bool json = to_file(o->json_file, o, results, false), csv = to_file(o->csv_file, o, results, true);

	return json && csv;
}

static bool run(const bench_options_t *o, bench_results_t *results)
{
	bool people = o->config.format == BENCH_TABLE, good = true;

	if (people)
		print_facts(&results->machine);
	for (size_t i = 0; i < o->n; i++) {
		bench_config_t config = bench_options_config(o, o->scenario[i]);

		if (people)
			printf("\n==== %s: %s; %u rounds, compared with %s\n\n", o->scenario[i]->name,
				o->scenario[i]->what, config.rounds, config.peer);
		good &= o->scenario[i]->run(o->scenario[i], &config, results);
		if (people)
			print_facts(&results->ran[results->n_ran - 1].facts);
		good &= to_files(o, results);
	}
	return good;
}

static bool stdout_written(bool so_far)
{
	if (so_far && fflush(stdout) == 0 && !ferror(stdout))
		return true;
	fprintf(stderr, "pawl-bench: cannot write the output: %s\n", strerror(errno));
	return false;
}

static bool to_stdout(const bench_options_t *o, const bench_results_t *results)
{
	bool csv = o->config.format == BENCH_CSV;
	bool written = o->config.format == BENCH_TABLE || (csv && o->config.summary) || put(o, results, csv, stdout);

	return stdout_written(written);
}

/* What is found out may be a failure already; what nobody gets to read is one in any case. */
static int read_documents(const bench_options_t *o)
{
	int status = bench_reading(&o->reading, o->config.format == BENCH_JSON);

	return stdout_written(true) ? status : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static bench_results_t results; /* large for a stack */
	bench_options_t options;
	bool good;

	bench_options_parse(&options, argc, argv);
	if (options.reading.kind)
		return read_documents(&options);
	if (options.list)
		return stdout_written(bench_list(&options)) ? EXIT_SUCCESS : EXIT_FAILURE;
	bench_tick_init();
	bench_results_init(&results);
	good = to_files(&options, &results) && run(&options, &results);
	good &= to_stdout(&options, &results);
	bench_results_free(&results);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
