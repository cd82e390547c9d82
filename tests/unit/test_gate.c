/* SPDX-License-Identifier: BSD-2-Clause */
/** test_gate.c: the gate's rules, what it tells of a death, and a crowd of writers with tokens in any order. (crash_gate.c kills one
 * at each instruction.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include <pawl/pawl.h>

#include "../lib/kids_acts.h"

enum { WRITERS = 6, ROUNDS = 3000 };

/* In memory that children share. */
static struct shared {
	pawl_gate_t gate;
	pawl_fence_t last;
	long value, let_in, refused, backwards;
	uint32_t go;
} * shared;

static int setup(void **state)
{
	(void)state;
	shared = kids_map(sizeof(*shared));
	return acts_begin();
}

static int teardown(void **state)
{
	(void)state;
	kids_unmap(shared, sizeof(*shared));
	return acts_finish();
}

static int enter(uint64_t hi, uint64_t lo)
{
	return pawl_gate_enter(acts_space, &shared->gate, (pawl_fence_t){ hi, lo }, PAWL_FOREVER);
}

static int leave(void)
{
	return pawl_gate_leave(acts_space, &shared->gate);
}

static int pass(uint64_t hi, uint64_t lo)
{
	int rc = enter(hi, lo);

	return rc ? rc : leave();
}

/* ---- rules ---- */

static void test_order(void **state)
{
	(void)state;
	assert_int_equal(pass(0, 0), 0); /* nobody has passed */
	assert_int_equal(pass(1, 9), 0);
	assert_int_equal(pass(1, 9), 0); /* the same again */
	assert_int_equal(pass(1, 8), ESTALE);
	assert_int_equal(pass(0, UINT64_MAX), ESTALE);
	assert_int_equal(pass(2, 0), 0); /* hi comes first */
	assert_int_equal(pass(1, UINT64_MAX), ESTALE);
	assert_int_equal(pass(UINT64_MAX, UINT64_MAX), 0);
	assert_int_equal(pass(UINT64_MAX, UINT64_MAX - 1), ESTALE);
}

/* The newest token is that of the last who came in, not of the last who left, or asked. */
static void test_refusal_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(pass(5, 5), 0);
	assert_int_equal(pass(3, 3), ESTALE);
	assert_int_equal(pass(4, 4), ESTALE);
	assert_int_equal(pass(5, 5), 0);
}

static void test_misuse(void **state)
{
	(void)state;
	assert_int_equal(pawl_gate_enter(acts_space, NULL, (pawl_fence_t){ 1, 1 }, PAWL_FOREVER), EINVAL);
	assert_int_equal(pawl_gate_enter(NULL, &shared->gate, (pawl_fence_t){ 1, 1 }, PAWL_FOREVER), EINVAL);
	assert_int_equal(pawl_gate_leave(NULL, &shared->gate), EINVAL);
	assert_int_equal(pawl_gate_leave(acts_space, NULL), EINVAL);
	assert_int_equal(leave(), EPERM);
	assert_int_equal(enter(1, 1), 0);
	assert_int_equal(enter(1, 1), EDEADLK);
	assert_int_equal(leave(), 0);
	assert_int_equal(leave(), EPERM);
}

static int act_enter_gate(long lo)
{
	return enter(1, (uint64_t)lo);
}

static int act_try_gate(long lo)
{
	return pawl_gate_enter(acts_space, &shared->gate, (pawl_fence_t){ 1, (uint64_t)lo }, PAWL_TRY);
}

static int act_leave_gate(long unused)
{
	(void)unused;
	return leave();
}

/* Whoever waits is judged when it gets in, not when it came. */
static void test_one_at_a_time(void **state)
{
	puppet_t *a = puppet_new(NULL, 0), *b = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_do(a, act_enter_gate, 7), 0);
	assert_int_equal(puppet_do(b, act_try_gate, 8), EBUSY);
	assert_int_equal(puppet_do(b, act_leave_gate, 0), EPERM);
	puppet_ask(b, act_enter_gate, 6);
	assert_true(puppet_asleep(b));
	assert_int_equal(puppet_do(a, act_leave_gate, 0), 0);
	assert_int_equal(puppet_answer(b), ESTALE);
	puppet_end(a);
	puppet_end(b);
}

/* ---- death ---- */

static void test_death_is_told_to_who_is_let_in(void **state)
{
	puppet_t *a = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_do(a, act_enter_gate, 7), 0);
	puppet_kill(a);
	assert_int_equal(pass(1, 6), ESTALE);
	assert_int_equal(pass(1, 6), ESTALE);
	assert_int_equal(enter(1, 7), EOWNERDEAD);
	assert_int_equal(leave(), 0);
	assert_int_equal(pass(1, 8), 0); /* once */
}

/* An heir that dies in its turn has repaired nothing. */
static void test_heirs_die(void **state)
{
	(void)state;
	for (long i = 1; i < 5; i++) {
		puppet_t *heir = puppet_new(NULL, 0);

		assert_int_equal(puppet_do(heir, act_enter_gate, i), i == 1 ? 0 : EOWNERDEAD);
		puppet_kill(heir);
	}
	assert_int_equal(enter(1, 5), EOWNERDEAD);
	assert_int_equal(leave(), 0);
}

static void test_death_outside_is_none(void **state)
{
	puppet_t *a = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_do(a, act_enter_gate, 7), 0);
	assert_int_equal(puppet_do(a, act_leave_gate, 0), 0);
	puppet_kill(a);
	assert_int_equal(pass(1, 7), 0);
}

/* ---- a crowd ---- */

/* Tokens rise as time goes by, give or take: some writers come late with theirs. */
static int write_often(void *arg)
{
	uint64_t rng = kids_seed() + (uint64_t)(uintptr_t)arg;

	kids_until(&shared->go, 1);
	for (long i = 1; i <= ROUNDS; i++) {
		pawl_fence_t token = { (uint64_t)i / 64, kids_random(&rng) % 64 };

		if (enter(token.hi, token.lo) != 0) {
			PAWL_FETCH_ADD(&shared->refused, 1, RELAXED);
			continue;
		}
		shared->backwards += pawl_fence_cmp(token, shared->last) < 0;
		shared->last = token;
		shared->let_in++;
		shared->value++;
		if (leave() != 0)
			return 1;
	}
	return 0;
}

static void test_crowd(void **state)
{
	pid_t writer[WRITERS];

	(void)state;
	for (uintptr_t i = 0; i < WRITERS; i++)
		writer[i] = kids_fork(write_often, (void *)i);
	PAWL_STORE(&shared->go, 1u, RELEASE);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(kids_join(writer[i]), 0);
	assert_int_equal(shared->backwards, 0);
	assert_int_equal(shared->value, shared->let_in);
	assert_int_equal(shared->let_in + shared->refused, WRITERS * ROUNDS);
	assert_true(shared->let_in > 0 && shared->refused > 0);
	assert_int_equal(pass(shared->last.hi, shared->last.lo), 0);
	assert_int_equal(pass(shared->last.hi - 1, UINT64_MAX), ESTALE);
}

static int begin(void **state)
{
	(void)state;
	kids_dir_make();
	return 0;
}

static int end(void **state)
{
	(void)state;
	kids_dir_remove();
	return 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = { T(test_order), T(test_refusal_changes_nothing), T(test_misuse),
		T(test_one_at_a_time), T(test_death_is_told_to_who_is_let_in), T(test_heirs_die),
		T(test_death_outside_is_none), T(test_crowd) };

	alarm(240);
	return cmocka_run_group_tests_name("gate", tests, begin, end);
}
