/* SPDX-License-Identifier: BSD-2-Clause */
/** tap.h: TAP lines for test programs that do without cmocka: one `ok` or `not ok` each, `# ` lines between them. */
#ifndef PAWL_TESTS_TAP_H
#define PAWL_TESTS_TAP_H

#include <stdbool.h>

/** One result, printed at once. Returns `passed`. */
bool tap_ok(bool passed, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A result that could not be had here, and why. */
void tap_skip(const char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A comment line; tables are made of these. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** The plan; returns the program's exit status. */
int tap_done(void);

#endif
