/* SPDX-License-Identifier: BSD-2-Clause */
/** options.c: what is asked of the simulator on its command line. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

const struct options options_usual = { .seed = 1, .faults = F_ALL, .chaos = 1500 * MS };
const char *const mode_names[] = { "script", "session", NULL };

static _Noreturn void refuse(const char *format, const char *what)
{
	fprintf(stderr, "sim: ");
	fprintf(stderr, format, what);
	fprintf(stderr, "; try --help\n");
	exit(64);
}

static void help(void)
{
	printf("usage: sim [--mode script|session|all] [--seeds A..B | --seed N] [--hosts N] [--locks N] [--processes "
	       "N]\n"
	       "           [--threads N] [--seconds S] [--no-FAULT].. [--plant FAULT] [--trace] [--brief]\n"
	       "       sim --scale | --herd\n"
	       "       sim    the tests\n"
	       "FAULT of --no-:");
	for (uint32_t i = 0; fault_names[i]; i++)
		printf(" %s", fault_names[i]);
	printf("\nFAULT of --plant:");
	for (uint32_t i = 0; plant_names[i]; i++)
		printf(" %s", plant_names[i]);
	printf("\n");
}

static uint32_t one_of(const char *const names[], const char *name, const char *what)
{
	for (uint32_t i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	refuse(what, name);
}

static uint64_t number(const char *text, char **end)
{
	char *after;
	uint64_t n = strtoull(text, &after, 10);

	if (after == text || (!end && *after) || n == 0)
		refuse("'%s' is no number above 0", text);
	if (end)
		*end = after;
	return n;
}

static uint32_t small(const char *text)
{
	uint64_t n = number(text, NULL);

	if (n > 100000)
		refuse("'%s' is too many", text);
	return (uint32_t)n;
}

static void read_seeds(struct task *t, const char *text)
{
	char *end;

	t->first = t->last = number(text, &end);
	if (strncmp(end, "..", 2) == 0)
		t->last = number(end + 2, NULL);
	else if (*end)
		refuse("'%s' is not A..B", text);
}

struct task options_read(int argc, char **argv)
{
	enum {
		MODE = 1,
		SEEDS,
		HOSTS,
		LOCKS,
		PROCESSES,
		THREADS,
		SECONDS,
		PLANT,
		TRACED,
		SCALE,
		HERD,
		BRIEF,
		HELP,
		NO = 100
	};
	static const struct option fixed[] = { { "mode", 1, 0, MODE }, { "seeds", 1, 0, SEEDS },
		{ "seed", 1, 0, SEEDS }, { "hosts", 1, 0, HOSTS }, { "locks", 1, 0, LOCKS },
		{ "processes", 1, 0, PROCESSES }, { "threads", 1, 0, THREADS }, { "seconds", 1, 0, SECONDS },
		{ "plant", 1, 0, PLANT }, { "trace", 0, 0, TRACED }, { "scale", 0, 0, SCALE }, { "herd", 0, 0, HERD },
		{ "brief", 0, 0, BRIEF }, { "help", 0, 0, HELP } };
	enum { FIXED = sizeof(fixed) / sizeof(fixed[0]) };
	struct option options[FIXED + 17] = { { 0 } };
	char names[16][16];
	struct task t = { .o = options_usual, .first = 1, .last = 1000, .all = true };
	int o;

	memcpy(options, fixed, sizeof(fixed));
	for (int i = 0; fault_names[i]; i++) {
		snprintf(names[i], sizeof(names[i]), "no-%s", fault_names[i]);
		options[FIXED + i] = (struct option){ names[i], 0, 0, NO + i };
	}
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (o) {
		case MODE:
			t.all = strcmp(optarg, "all") == 0;
			if (!t.all)
				t.o.mode = (enum mode)one_of(mode_names, optarg, "no mode '%s'");
			break;
		case SEEDS:
			read_seeds(&t, optarg);
			break;
		case HOSTS:
			t.o.hosts = small(optarg);
			break;
		case LOCKS:
			t.o.locks = small(optarg);
			break;
		case PROCESSES:
			t.o.processes = small(optarg);
			break;
		case THREADS:
			t.o.threads = small(optarg);
			break;
		case SECONDS:
			t.o.chaos = (int64_t)(strtod(optarg, NULL) * 1e9);
			if (t.o.chaos <= 0 || t.o.chaos > 3600 * S)
				refuse("'%s' are no seconds", optarg);
			break;
		case PLANT:
			t.o.plant = (enum plant)one_of(plant_names, optarg, "nothing to plant '%s'");
			break;
		case TRACED:
			t.o.trace = true;
			break;
		case SCALE:
			t.scale = true;
			break;
		case HERD:
			t.herd = true;
			break;
		case BRIEF:
			t.brief = true;
			break;
		case HELP:
			help();
			exit(0);
		default:
			if (o < NO)
				refuse("%s", "wrong usage");
			t.o.faults &= ~(1u << (o - NO));
			break;
		}
	if (optind < argc)
		refuse("what is '%s'", argv[optind]);
	return t;
}
