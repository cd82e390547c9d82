/* SPDX-License-Identifier: BSD-2-Clause */
/** kinds.h: every test of the mutex is one test for each kind of mutex: the default, PAWL_STABLE, PAWL_RECURSIVE, both.
 *
 * The stable ones are made as on a machine for which restart.h does nothing, or they would be default ones in disguise. The
 * default without restart.h is what ThreadSanitizer's flavour tests.
 *
 * A test program names its tests by EACH_KIND and the like; each then begins with a fresh `m` of that kind. `m` is static,
 * so that a thread left over from a failed test does not write to the stack of the next one.
 */
#ifndef PAWL_TESTS_KINDS_H
#define PAWL_TESTS_KINDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pawl/mutex.h>

#include "core/tune.h"

static unsigned kinds[] = { 0, PAWL_STABLE, PAWL_RECURSIVE, PAWL_RECURSIVE | PAWL_STABLE };
static unsigned kind; /* that of `m` */
static pawl_mutex_t m;

static int fresh(void **state)
{
	kind = *(const unsigned *)*state;
	memset(&m, 0, sizeof(m));
	pawl__tune.no_restart = true;
	return pawl_mutex_init(&m, kind);
}

#define OF_KIND(test, n, name)                                                                                         \
	{                                                                                                              \
#test ", " name, test, fresh, NULL, &kinds[n]                                                          \
	}
#define EACH_FLAT_KIND(test)      OF_KIND(test, 0, "default"), OF_KIND(test, 1, "stable")
#define EACH_RECURSIVE_KIND(test) OF_KIND(test, 2, "recursive"), OF_KIND(test, 3, "recursive and stable")
#define EACH_KIND(test)           EACH_FLAT_KIND(test), EACH_RECURSIVE_KIND(test)
/* Those whose memory may be freed by the one who has just acquired them. */
#define EACH_UNSTABLE_KIND(test) OF_KIND(test, 0, "default"), OF_KIND(test, 2, "recursive")

#endif
