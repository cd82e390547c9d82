/* SPDX-License-Identifier: BSD-2-Clause */
/** cli.h: what the subcommands of `pawl` share: exit codes, options, words on stderr, text that is safe to print.
 *
 * The command is a user of the library like any other: it includes the public headers only.
 */
#ifndef PAWL__CLI_H
#define PAWL__CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

#include <pawl/pawl.h>

/** Exit codes; those from 64 on are sysexits.h's and the shell's. Scripts rely on them. */
enum cli_exit {
	CLI_FINE = 0,
	CLI_NOT_HAD = 1,     /* run: the lock was not to be had; reset, rm: there was nothing to do it to */
	CLI_BAD = 2,         /* doctor: something is broken */
	CLI_USAGE = 64,      /* the command line is wrong */
	CLI_NO_SPACE = 66,   /* the space, or the name in it, cannot be opened */
	CLI_UNREACHED = 69,  /* run: the lock service cannot be reached */
	CLI_SYSTEM = 71,     /* anything else that the system refused */
	CLI_OUTPUT = 74,     /* stdout could not be written */
	CLI_LOST = 75,       /* run: the lease was lost while the command ran, which was ended */
	CLI_NOT_EXEC = 126,  /* run, bench: the command was found, yet could not be executed */
	CLI_NOT_FOUND = 127, /* run, bench: there is no such command */
};

/* ---- subcommands: argv[0] is "pawl NAME"; the result is the exit code ---- */
int cli_run(int argc, char **argv);
int cli_ls(int argc, char **argv);
int cli_show(int argc, char **argv);
int cli_top(int argc, char **argv);
int cli_stat(int argc, char **argv);
int cli_reset(int argc, char **argv);
int cli_rm(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_bench(int argc, char **argv);

/* ---- options.c: options that several subcommands take, as argp children ---- */

/** -S; the child's input is a `const char *`, which begins as $PAWL_SPACE or cli_default_space, "default": that very pointer, if
 * nobody has named a space. */
extern const char cli_default_space[];
extern const struct argp cli_space_argp;
/** --json; the child's input is a `bool`. */
extern const struct argp cli_json_argp;

extern const struct argp_child cli_space_child[];      /* -S */
extern const struct argp_child cli_json_child[];       /* --json */
extern const struct argp_child cli_space_json_child[]; /* both */

/** The command line of a subcommand that has no options of its own. */
struct cli_plain {
	const struct argp_child *children; /* one of the above, or NULL */
	unsigned count, given;             /* arguments wanted, and found so far */
	const char *args_doc;              /* what they are, given by cli_parse */
	char **args;
	const char *space;
	bool json;
};

/** Parse options and exactly `count` arguments into `args`; a usage error ends the program. */
void cli_parse(struct cli_plain *plain, int argc, char **argv, const char *args_doc, const char *doc);

/** Seconds, or a number of ms, s, m, h, from 1 ms to 11 days, in nanoseconds. False: it is none, and *ns is as it was. */
bool cli_read_time(const char *text, int64_t *ns);

/* ---- say.c: words on stderr ---- */

/** Print "pawl: ", the text and a newline on stderr. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** pawl_space_reason() on stderr; it may quote what somebody else named. */
void cli_say_reason(void);

/* ---- look.c: spaces and locks that are there ---- */

/** Open a space without creating it. */
PAWL_MUST_CHECK int cli_look_into(const char *name, pawl_space_t **space);

/** The same; a failure is explained on stderr, but for ENOENT: what that means differs from one subcommand to the next. */
PAWL_MUST_CHECK int cli_open_existing(const char *name, pawl_space_t **space);

/** What a subcommand does about a lock that is there; the result is the exit code. */
typedef int cli_about_t(const struct cli_plain *plain, pawl_space_t *space, pawl_lock_info_t *info);

/** Look at the lock plain->args[0] and hand it to `about`, whose exit code is the result. What is not there, or cannot be
 * looked at, is explained on stderr. Makes no name known. */
int cli_look_at(const struct cli_plain *plain, cli_about_t *about);

/* ---- text.c: other people's bytes ---- */

/** A copy of `text` that is safe on a terminal and on one line: whatever is not printable (or turns the direction of
 * writing, or has no width) becomes \n, \t, \\ or \xHH. Free it. Never NULL: out of memory ends the program. */
char *cli_escape(const char *text);

/** The same in every locale: what is not plain ASCII is escaped. */
char *cli_escape_all(const char *text);

/** Columns that an escaped text takes on a terminal. */
int cli_width(const char *escaped);

/** As much of an escaped text as `columns` hold; a + at the end says that there was more. Free it. Never NULL. */
char *cli_cut(const char *escaped, int columns);

/** Print an escaped text in lines that fit the terminal, the second and all others behind `indent` blanks, where the first is to begin
 * already; on anything else than a terminal in one line. */
void cli_print_wrapped(int indent, const char *escaped);

/** True if the bytes are well-formed UTF-8. */
bool cli_is_utf8(const char *text);

/** An age in words of a few letters, "2m05s", into `text`; returns it. */
char *cli_age(int64_t ns, char text[16]);

/** printf into a new string. Free it. Never NULL. */
char *cli_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** `pointer`, or the end of the program with CLI_SYSTEM if it is NULL: for allocations. */
void *cli_must(void *pointer);

/* ---- tenure.c: what this host has of a lock at its remote; strings are to be freed ---- */

/** The word for its state, not to be freed; "asking" while whoever has the slot waits for a lease. */
const char *cli_state(const pawl_lock_info_t *info);

/** "held", "held!" if another host has asked for it, and so on; "-" without a remote. */
char *cli_tenure(const pawl_lock_info_t *info);

/** What is left of the lease: "6.7s"; "-" if there is none. */
char *cli_tenure_left(const pawl_lock_info_t *info);

/* ---- colour.c: stdout, if it is a terminal ---- */

typedef enum cli_colour { CLI_PLAIN, CLI_GREEN, CLI_YELLOW, CLI_RED } cli_colour_t;

/** The escape sequence that begins a colour, or ends it (CLI_PLAIN); "" unless stdout is a terminal that wants colour. */
const char *cli_colour(cli_colour_t colour);

/** Columns of the terminal that stdout is; 0: it is none, or does not say. */
int cli_columns(void);

/** The colour in which a state is shown. */
cli_colour_t cli_state_colour(const char *state_name);

#endif
