/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor.c: `pawl doctor`: options, the report. The checks are in doctor_*.c. */
#include "cli/doctor.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = { [OK] = "ok", [WARN] = "warn", [BAD] = "bad" };

static void print_line(verdict_t verdict, const char *check, const char *finding, const char *cure)
{
	static const cli_colour_t colours[] = { [OK] = CLI_GREEN, [WARN] = CLI_YELLOW, [BAD] = CLI_RED };

	char *line = cli_format("%s: %s", check, finding);

	printf("%s%-4s%s  ", cli_colour(colours[verdict]), words[verdict], cli_colour(CLI_PLAIN));
	cli_print_wrapped(6, line);
	free(line);
	if (!cure)
		return;
	printf("%*s", 6, "");
	cli_print_wrapped(6, cure);
}

static void add_object(json_t *list, verdict_t verdict, const char *check, const char *finding, const char *cure)
{
	json_t *object = cli_must(json_object());

	cli_json_put(object, "check", cli_json_text(check));
	cli_json_put(object, "verdict", json_string(words[verdict]));
	cli_json_put(object, "finding", cli_json_text(finding));
	cli_json_put(object, "cure", cure ? cli_json_text(cure) : json_null());
	if (json_array_append_new(list, object))
		cli_must(NULL);
}

void doctor_report(struct doctor *doctor, verdict_t verdict, const char *check, char *finding, const char *cure)
{
	char *safe = cli_escape(finding), *safe_cure = cure ? cli_escape(cure) : NULL;

	if (verdict > doctor->worst)
		doctor->worst = verdict;
	if (doctor->json)
		add_object(doctor->list, verdict, check, finding, cure);
	else
		print_line(verdict, check, safe, safe_cure);
	free(finding);
	free(safe);
	free(safe_cure);
}

long doctor_number(const char *path, long otherwise)
{
	FILE *file = fopen(path, "re");
	long number;

	if (!file)
		return otherwise;
	if (fscanf(file, "%ld", &number) != 1)
		number = otherwise;
	fclose(file);
	return number;
}

static void print_verdict(struct doctor *doctor)
{
	json_t *object = cli_must(json_object());

	cli_json_put(object, "verdict", json_string(words[doctor->worst]));
	cli_json_put(object, "directory", cli_json_text(doctor->directory));
	cli_json_put(object, "checks", doctor->list);
	cli_json_print(object);
}

static const char doc[] =
	"Check whether pawl can work here, and what might go wrong; with -e, explain ERRORs.\v"
	"Looks at the kernel, the limits of this shell, the directory of the "
	"spaces ($PAWL_DIR, else /dev/shm) and every "
	"space of yours. Each line begins with ok, warn or bad; what to do "
	"stands below a warn and a bad. Creates no space and "
	"changes none; to see whether one could be made it links an empty file "
	"into the directory and removes it at once.\n\n"
	"With -r it tries the lock service at URL instead, as two hosts: connect, acquire, renew, exclude the other, "
	"hand over, lose a lease on purpose (the other one is stopped) and be told of it, each with its time, under "
	"a name of its own. With -e it tells what the errors of the library mean, where they come from and what to do. "
	"Exit: 0 nothing is bad; 2 something is; 64 usage.";

struct options {
	bool json, errors;
	const char *remote;
	int64_t ttl_ns;
	char **asked; /* errors by name or number */
	int n_asked;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->json;
		return 0;
	case 'r':
		o->remote = arg;
		return 0;
	case 't':
		if (!cli_read_time(arg, &o->ttl_ns))
			argp_error(state, "-t takes a time such as 10s, 500ms or 2m, not '%s'", arg);
		return 0;
	case 'e':
		o->errors = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->asked = state->argv + state->next;
		o->n_asked = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (o->n_asked && !o->errors)
			argp_error(state, "'%s' is one argument too many; -e explains errors", o->asked[0]);
		if (o->errors && o->remote)
			argp_error(state, "-e and -r are two things: one at a time");
		if (o->ttl_ns && !o->remote)
			argp_error(state, "-t is for -r: the URL of a lock service is missing");
		if (!o->ttl_ns)
			o->ttl_ns = 4000000000;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "remote", 'r', "URL", 0, "Try the lock service at URL, from end to end", 0 },
	{ "ttl", 't', "TIME", 0, "With -r: how long leases live (4s)", 0 },
	{ "errors", 'e', NULL, 0, "Explain these errors, by name or number, or all there are", 0 },
	{ 0 },
};

static void check_all(struct doctor *doctor)
{
	static void (*const groups[])(
		struct doctor *) = { doctor_kernel, doctor_limits, doctor_directory, doctor_publish, doctor_spaces };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		groups[i](doctor);
}

static void say_unknown(const char *asked)
{
	char *safe = cli_escape(asked);

	cli_say("'%s' is no error of the library; `pawl doctor -e` lists those there are", safe);
	free(safe);
}

static int explain(struct doctor *doctor, const struct options *o)
{
	if (o->n_asked == 0)
		doctor_errors(doctor, NULL);
	for (int i = 0; i < o->n_asked; i++)
		if (!doctor_errors(doctor, o->asked[i])) {
			say_unknown(o->asked[i]);
			return CLI_USAGE;
		}
	if (doctor->json)
		cli_json_print(doctor->list);
	return CLI_FINE;
}

int cli_doctor(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "[-e [ERROR...]]", .doc = doc, .children = cli_json_child
	};
	const char *directory = getenv("PAWL_DIR");
	struct options o = { .json = false };
	struct doctor doctor = { .worst = OK };

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	doctor.json = o.json;
	doctor.list = o.json ? cli_must(json_array()) : NULL;
	doctor.directory = directory && *directory ? directory : "/dev/shm";
	if (o.errors)
		return explain(&doctor, &o);
	if (o.remote)
		doctor_remote(&doctor, o.remote, o.ttl_ns);
	else
		check_all(&doctor);
	if (doctor.json)
		print_verdict(&doctor);
	return doctor.worst == BAD ? CLI_BAD : CLI_FINE;
}
