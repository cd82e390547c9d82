/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_options.c: the command line of `pawl run`, word by word, as argp hands it to the parser; and the text that the command makes of
 * names which others chose: it fits a terminal's line, or is JSON.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "cli/run.h"
#include "cli/screen.h"

#include "fuzz.h"

enum { WORD = 200, WORDS = 8 };

static jmp_buf refused;

/* Linked with --wrap: it prints, and ends the program. */
_Noreturn void __wrap_argp_error(const struct argp_state *state, const char *format, ...);
_Noreturn void __wrap_argp_error(const struct argp_state *state, const char *format, ...)
{
	(void)state, (void)format;
	longjmp(refused, 1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	setlocale(LC_ALL, "C.UTF-8");
	return 0;
}

/* ---- options ---- */

static void check(const struct run *run)
{
	fuzz_must(run->wait_ns >= 0 && run->conflict >= 0 && run->conflict <= 255);
	fuzz_must(run->ttl_ns == 0 || (run->ttl_ns >= 1000000 && run->ttl_ns <= INT64_C(1000000000000000)));
	if (run->deadline)
		(void)run->deadline(run);
	if (run->command)
		fuzz_must(run->name);
}

static void parse(struct fuzz *f)
{
	static const char keys[] = "nwErtovxesuFc";
	static char words[WORDS][WORD];
	char *argv[WORDS + 1] = { NULL };
	const char *space = NULL;
	void *inputs[4] = { NULL };
	struct run run = { .conflict = 1, .deadline = cli_run_for_ever };
	struct argp_state state = { .argv = argv, .child_inputs = inputs, .input = &run };
	int n = fuzz_byte(f) % WORDS;

	for (int i = 0; i < n; i++)
		argv[i] = fuzz_text(f, words[i], WORD);
	state.argc = n;
	if (setjmp(refused))
		return;
	cli_run_argp.parser(ARGP_KEY_INIT, NULL, &state);
	inputs[0] = (void *)&space;
	while (state.next < n && fuzz_byte(f) & 1) {
		char key = keys[fuzz_byte(f) % (sizeof(keys) - 1)];

		cli_run_argp.parser(key, argv[state.next++], &state);
	}
	if (state.next < n) {
		char *name = argv[state.next++];

		cli_run_argp.parser(ARGP_KEY_ARG, name, &state);
	}
	check(&run);
}

/* ---- names that are shown ---- */

static void show(struct fuzz *f)
{
	char text[WORD], *safe, *all, *cut;
	int columns = fuzz_byte(f);

	fuzz_text(f, text, sizeof(text));
	safe = cli_escape(text);
	all = cli_escape_all(text);
	fuzz_must(cli_is_utf8(safe) && cli_width(safe) >= 0);
	for (const char *c = safe; *c; c++)
		fuzz_must((unsigned char)*c >= ' ' && *c != '\177');
	for (const char *c = all; *c; c++)
		fuzz_must(*c >= ' ' && *c <= '~');
	cut = cli_cut(safe, columns + 1);
	fuzz_must(cli_width(cut) <= columns + 1);
	free(safe);
	free(all);
	free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz f = { bytes, n };

	parse(&f);
	show(&f);
	return 0;
}
