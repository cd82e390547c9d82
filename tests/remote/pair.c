/* SPDX-License-Identifier: BSD-2-Clause */
/** pair.c: setting the two up and taking them down (pair.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pair.h"

puppet_t *pair_a, *pair_b;

void pair_until(puppet_t *p, puppet_act *act, long arg, int answer)
{
	int64_t end_ns = kids_now_ns() + KIDS_PATIENCE_MS * INT64_C(1000000);

	while (puppet_do(p, act, arg) != answer && kids_now_ns() < end_ns)
		kids_nap_us(1000);
	assert_int_equal(puppet_do(p, act, arg), answer);
}

int pair_begin_with(void (*set)(void))
{
	hosts_begin(1000);
	if (set)
		set();
	pair_a = hosts_process(0);
	pair_b = hosts_process(1);
	return pair_a && pair_b ? 0 : -1;
}

int pair_begin(void **state)
{
	int rc = pair_begin_with(NULL);

	(void)state;
	if (rc == 0)
		pair_until(pair_a, peer_keeper, 0, pair_a->pid); /* before another one of its host can be */
	return rc;
}

int pair_end(void **state)
{
	int bad = hosts_violations();

	(void)state;
	for (puppet_t **p = (puppet_t *[]){ pair_a, pair_b, NULL }; *p; p++) {
		puppet_do(*p, peer_close, 0);
		puppet_end(*p);
	}
	hosts_end();
	return bad;
}
