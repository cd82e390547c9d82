/* SPDX-License-Identifier: BSD-2-Clause */
/** pair.h: two hosts with a process each, `pair_a` and `pair_b`: the beginning and the end of every test of locks with a remote, as cmocka has
 * them. To be included after cmocka.h.
 */
#ifndef PAWL_TESTS_PAIR_H
#define PAWL_TESTS_PAIR_H

#include "hosts.h"

extern puppet_t *pair_a, *pair_b; /* on host 0; on host 1 */

#define PAIR_TEST(name) cmocka_unit_test_setup_teardown(name, pair_begin, pair_end)

/** Two hosts and a service; `pair_a` is its host's keeper. Leases live for a second. */
int pair_begin(void **state);
/** The same with `strict`, `no_handoffs` and the like as `set` leaves them in `hosts`. */
int pair_begin_with(void (*set)(void));
/** The end of both. Not 0: something went wrong that the processes themselves have seen (hosts.h). */
int pair_end(void **state);

/** Wait until an act answers so. */
void pair_until(puppet_t *p, puppet_act *act, long arg, int answer);

#endif
