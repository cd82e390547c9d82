/* SPDX-License-Identifier: BSD-2-Clause */
/** test_restart.c: what restart.h promises of its comparison and store, which are two instructions: whoever has changed the
 * word, and then called pawl__fence_restart(), sees the store, or it is not made. And nothing but the word is touched.
 *
 * Where the machine has no such thing, PAWL_STORE_IF has to say no every time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <pawl/mutex.h>

#include "core/fence.h"

#include "../lib/mates.h"

enum { WATCHDOG_S = 120, ROUNDS = 20000, MINE = 5, ASKED = 0x100 };

static bool can;

/* As every thread does that takes a mutex. */
static void get_ready(void)
{
	pawl_mutex_t m = PAWL_MUTEX_INIT;

	assert_int_equal(pawl_mutex_lock(&m), 0);
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	can = pawl_restart_ != 0;
	assert_true(!can || pawl__fence_restart_can());
}

static void it_stores_only_what_it_was_told(void **state)
{
	uint32_t words[3] = { 1, MINE, 3 };

	(void)state;
	get_ready();
	assert_false(PAWL_STORE_IF(&words[1], MINE + 1, 7, RELEASE));
	assert_int_equal(words[1], MINE);
	for (int i = 0; i < 1000 && words[1] != 7; i++) /* it may have been interrupted; then it has not stored */
		if (PAWL_STORE_IF(&words[1], MINE, 7, RELEASE) != (words[1] == 7))
			fail_msg("it does not say what it did");
	assert_int_equal(words[1], can ? 7 : MINE);
	assert_int_equal(words[0], 1);
	assert_int_equal(words[2], 3);
}

/* ---- against one who insists ---- */

static struct {
	uint32_t word, round, done;
	bool stored;
	bool can;
} it;

static void await(const uint32_t *round, uint32_t n)
{
	for (unsigned looks = 1; __atomic_load_n(round, __ATOMIC_ACQUIRE) < n; looks++)
		if (looks % 1024 == 0)
			sched_yield();
}

static void rest(uint64_t n)
{
	while (n-- > 0)
		PAWL_CPU_PAUSE();
}

static void owner(void *arg)
{
	uint64_t rng = *(uint64_t *)arg;
	pawl_mutex_t m = PAWL_MUTEX_INIT;

	it.can = pawl_mutex_lock(&m) == 0 && pawl_mutex_unlock(&m) == 0 && pawl_restart_;
	for (uint32_t n = 1; n <= ROUNDS; n++) {
		await(&it.round, n);
		rest(random_next(&rng) % 8);
		it.stored = PAWL_STORE_IF(&it.word, MINE, 0, RELEASE);
		__atomic_store_n(&it.done, n, __ATOMIC_RELEASE);
	}
}

struct seen {
	unsigned stored, asked, overwritten; /* rounds in which it stored; asked first; asked, and was overwritten */
};

/* Returns false if the promise is broken: the request was there behind the fence, and yet it is gone. */
static bool ask(uint32_t n, uint64_t *rng, struct seen *seen)
{
	uint32_t v = MINE;
	bool asked, promised;

	__atomic_store_n(&it.word, MINE, __ATOMIC_RELAXED);
	__atomic_store_n(&it.round, n, __ATOMIC_RELEASE);
	if (n % 8 == 0)
		await(&it.done, n); /* too late on purpose */
	rest(random_next(rng) % 12);
	asked = __atomic_compare_exchange_n(&it.word, &v, MINE | ASKED, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	pawl__fence_restart();
	promised = asked && __atomic_load_n(&it.word, __ATOMIC_RELAXED) == (MINE | ASKED);
	await(&it.done, n);
	seen->stored += it.stored;
	seen->asked += promised;
	seen->overwritten += asked && it.stored;
	if (promised)
		return !it.stored && it.word == (MINE | ASKED);
	return !it.stored || it.word == 0;
}

static void whoever_insists_is_heard(void **state)
{
	uint64_t rng = seed_of_run(), others = rng + 1;
	struct seen seen = { 0 };
	unsigned broken = 0;
	crew_t *crew;

	(void)state;
	get_ready();
	it.round = it.done = 0;
	crew = crew_start(1, owner, &others, sizeof(others));
	for (uint32_t n = 1; n <= ROUNDS; n++) {
		if (n % 64 == 0) /* a signal makes it start anew, too */
			pthread_kill(crew_thread(crew, 0), SIGUSR1);
		broken += !ask(n, &rng, &seen);
	}
	crew_join(crew);
	assert_int_equal(it.can, can);
	assert_int_equal(broken, 0);
	assert_true(seen.asked > 0);
	assert_true(can ? seen.stored > 0 : seen.stored == 0);
	print_message("# stored %u, asked first %u, overwritten in between %u\n", seen.stored, seen.asked, seen.overwritten);
}

static void interrupted(int sig)
{
	(void)sig;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_stores_only_what_it_was_told),
		cmocka_unit_test(whoever_insists_is_heard),
	};

	signal(SIGUSR1, interrupted);
	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
