/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor.c: `pawl doctor`: options, the report. The checks are in doctor_*.c. */
#include "cli/doctor.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = { [OK] = "ok", [WARN] = "warn", [BAD] = "bad" };

static void print_line(verdict_t verdict, const char *check, const char *finding, const char *cure)
{
	static const cli_colour_t colours[] = { [OK] = CLI_GREEN, [WARN] = CLI_YELLOW, [BAD] = CLI_RED };

	printf("%s%-4s%s  %s: %s\n", cli_colour(colours[verdict]), words[verdict], cli_colour(CLI_PLAIN), check, finding);
	if (cure)
		printf("      %s\n", cure);
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

static const char doc[] = "Check whether pawl can work here, and what might go wrong.\v"
			  "Looks at the kernel, the limits of this shell, the directory of the "
			  "spaces ($PAWL_DIR, else /dev/shm) and every "
			  "space of yours. Each line begins with ok, warn or bad; what to do "
			  "stands below a warn and a bad. Creates no space and "
			  "changes none; to see whether one could be made it links an empty file "
			  "into the directory and removes it at once. "
			  "Exit: 0 nothing is bad; 2 something is; 64 usage.";

int cli_doctor(int argc, char **argv)
{
	static void (*const groups[])(
		struct doctor *) = { doctor_kernel, doctor_limits, doctor_directory, doctor_publish, doctor_spaces };
	const char *directory = getenv("PAWL_DIR");
	struct cli_plain plain = { .children = cli_json_child };
	struct doctor doctor = { .worst = OK };

	cli_parse(&plain, argc, argv, NULL, doc);
	doctor.json = plain.json;
	doctor.list = plain.json ? cli_must(json_array()) : NULL;
	doctor.directory = directory && *directory ? directory : "/dev/shm";
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		groups[i](&doctor);
	if (doctor.json)
		print_verdict(&doctor);
	return doctor.worst == BAD ? CLI_BAD : CLI_FINE;
}
