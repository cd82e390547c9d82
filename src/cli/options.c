/* SPDX-License-Identifier: BSD-2-Clause */
/** options.c: the options that several subcommands share, as parsers that argp can hang below theirs. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

const char cli_default_space[] = "default";

static error_t parse_space(int key, char *arg, struct argp_state *state)
{
	const char **space = state->input;
	const char *from_environment;

	switch (key) {
	case ARGP_KEY_INIT:
		from_environment = getenv("PAWL_SPACE");
		*space = from_environment && *from_environment ? from_environment : cli_default_space;
		return 0;
	case 'S':
		*space = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option space_options[] = {
	{ "space", 'S', "SPACE", 0, "The space the lock lives in: $PAWL_SPACE, else \"default\"", 1 }, { 0 }
};

const struct argp cli_space_argp = { .options = space_options, .parser = parse_space };

static error_t parse_json(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	*(bool *)state->input = true;
	return 0;
}

static const struct argp_option json_options[] = {
	{ "json", 'j', NULL, 0, "Print JSON; pawl(1) lists the keys, which stay", 2 }, { 0 }
};

const struct argp cli_json_argp = { .options = json_options, .parser = parse_json };

const struct argp_child cli_space_child[] = { { &cli_space_argp, 0, NULL, 0 }, { 0 } };
const struct argp_child cli_json_child[] = { { &cli_json_argp, 0, NULL, 0 }, { 0 } };
const struct argp_child cli_space_json_child[] = { { &cli_space_argp, 0, NULL, 0 }, { &cli_json_argp, 0, NULL, 0 }, { 0 } };

/* Each child finds its own input by which parser it is, whatever else hangs beside it. */
static void give_inputs(struct cli_plain *plain, struct argp_state *state)
{
	for (unsigned i = 0; plain->children && plain->children[i].argp; i++)
		state->child_inputs[i] =
			plain->children[i].argp == &cli_space_argp ? (void *)&plain->space : (void *)&plain->json;
}

static error_t parse_plain(int key, char *arg, struct argp_state *state)
{
	struct cli_plain *plain = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		give_inputs(plain, state);
		return 0;
	case ARGP_KEY_ARG:
		if (plain->given >= plain->count)
			argp_error(state, "'%s' is one argument too many", arg);
		else
			plain->args[plain->given++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (plain->given < plain->count)
			argp_error(state, "%s is missing", plain->args_doc);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void cli_parse(struct cli_plain *plain, int argc, char **argv, const char *args_doc, const char *doc)
{
	struct argp argp = { .parser = parse_plain, .args_doc = args_doc, .doc = doc, .children = plain->children };

	plain->args_doc = args_doc;
	argp_parse(&argp, argc, argv, 0, NULL, plain);
}

bool cli_read_time(const char *text, int64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 } };
	size_t digits = strspn(text, "0123456789.");
	double number = strtod(text, NULL);

	for (size_t i = 0; digits > 0 && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text + digits, units[i].unit) == 0 && number * units[i].ns >= 1e6 && number * units[i].ns <= 1e15) {
			*ns = (int64_t)(number * units[i].ns);
			return true;
		}
	return false;
}
