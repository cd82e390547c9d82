/* SPDX-License-Identifier: BSD-2-Clause */
/** test_tokens_storm.c: the tokens in rough company: many threads, time-outs and a full queue, after which all tokens are
 * back and nobody is counted as waiting; memory that is gone the moment the next one has the token; signal handlers that
 * take tokens, signals while waiting; fork.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <pawl/chan.h>

#include "../lib/handover.h"
#include "../lib/kids.h"
#include "../lib/mates.h"

enum { WATCHDOG_S = 240, MOST = 16 };

static pawl_tokens_t t;

static int take_it(void *unused)
{
	(void)unused;
	return pawl_tokens_take(&t, PAWL_FOREVER);
}

static int try_it(void *unused)
{
	(void)unused;
	return pawl_tokens_take(&t, PAWL_TRY);
}

static int take_until(void *deadline)
{
	return pawl_tokens_take(&t, *(const pawl_deadline_t *)deadline);
}

static unsigned waiting(void)
{
	return t.word >> 16; /* the upper half, says chan.h */
}

/* All `n` are there: each can be taken, no more can, and none can be put; and nobody is counted as waiting. */
static void assert_all_there(unsigned n)
{
	assert_int_equal(pawl_tokens_free(&t), n);
	assert_int_equal(waiting(), 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), EBUSY);
	assert_int_equal(pawl_tokens_free(&t), 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(pawl_tokens_put(&t), 0);
	assert_int_equal(pawl_tokens_put(&t), EINVAL);
	assert_int_equal(t.word, n); /* whatever a storm has left in it, the first to pass has put in order */
}

/* ---- storms ---- */

static struct permits {
	unsigned n;
	unsigned inside; /* atomic */
	long plain;      /* under the only token, if there is but one */
} permits;

struct worker {
	uint64_t rng;
	unsigned rounds;
	long took, refused, full, wrong;
};

static void section(struct worker *w)
{
	/* relaxed: the tokens are what orders; this only counts */
	w->wrong += __atomic_add_fetch(&permits.inside, 1, __ATOMIC_RELAXED) > permits.n;
	if (permits.n == 1)
		permits.plain++;
	if (random_next(&w->rng) % 32 == 0)
		nap_us((long)(random_next(&w->rng) % 50));
	__atomic_sub_fetch(&permits.inside, 1, __ATOMIC_RELAXED);
	w->took++;
}

static void work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < w->rounds; i++) {
		uint64_t dice = random_next(&w->rng);
		pawl_deadline_t deadline = dice % 3 == 0   ? PAWL_TRY
					   : dice % 3 == 1 ? PAWL_FOREVER
							   : pawl_in_ns((int64_t)(dice / 4 % 200000));
		int rc = pawl_tokens_take(&t, deadline);

		if (rc == 0) {
			section(w);
			w->wrong += pawl_tokens_put(&t) != 0;
			continue;
		}
		w->refused++;
		w->full += rc == EAGAIN;
		w->wrong += rc != EAGAIN && rc != (deadline == PAWL_TRY ? EBUSY : ETIMEDOUT);
		w->wrong += deadline == PAWL_TRY && rc != EBUSY;
	}
}

/* Returns how many found the queue full. */
static long storm(unsigned threads, unsigned n, unsigned most, uint64_t seed)
{
	static struct worker workers[MOST];
	long took = 0, full = 0, refused = 0;

	assert_int_equal(pawl_tokens_init(&t, n, most), 0);
	permits = (struct permits){ .n = n };
	for (unsigned i = 0; i < threads; i++)
		workers[i] = (struct worker){ .rng = seed + i, .rounds = 4000 / threads };
	crew_run(threads, work, workers, sizeof(workers[0]));
	for (unsigned i = 0; i < threads; i++) {
		assert_int_equal(workers[i].wrong, 0);
		took += workers[i].took;
		full += workers[i].full;
		refused += workers[i].refused;
	}
	assert_int_equal(took + refused, threads * (4000 / threads));
	assert_int_equal(permits.plain, n == 1 ? took : 0);
	assert_all_there(n);
	return full;
}

static void never_more_than_there_are(void **state)
{
	uint64_t seed = seed_of_run();
	long full = 0;

	(void)state;
	for (unsigned threads = 2; threads <= MOST; threads *= 2)
		for (unsigned n = 1; n <= 5; n += 2) {
			sleep_at_once(n != 3);
			storm(threads, n, MOST, seed);
			full += storm(threads, n, 2, seed + 1000);
		}
	sleep_at_once(false);
	assert_true(full > 0); /* or the queue was never full */
}

/* ---- one puts the last as another one takes it ---- */

static int init_at(void *tokens)
{
	return pawl_tokens_init(tokens, 1, 1);
}

static int take_at(void *tokens)
{
	return pawl_tokens_take(tokens, PAWL_FOREVER);
}

static int put_at(void *tokens)
{
	return pawl_tokens_put(tokens);
}

static void handed_over(void **state)
{
	const struct handover of = { init_at, take_at, put_at, .unmap = false };

	(void)state;
	assert_int_equal(handover_often(&of, 3000), 0);
}

static void unmapped_by_the_next_taker(void **state)
{
	const struct handover of = { init_at, take_at, put_at, .unmap = true };

	(void)state;
	assert_int_equal(handover_often(&of, 1000), 0);
}

/* ---- signals ---- */

static uint32_t handler_took;

static void take_and_put(int signal)
{
	(void)signal;
	if (pawl_tokens_take(&t, PAWL_TRY) == 0) {
		__atomic_fetch_add(&handler_took, 1, __ATOMIC_RELAXED);
		if (pawl_tokens_put(&t))
			__atomic_fetch_add(&handler_took, 1u << 31, __ATOMIC_RELAXED);
	}
}

/* Takes in a handler, whatever its thread is in the middle of. */
static void a_handler_may_try_and_put(void **state)
{
	const struct itimerval often = { { 0, 100 }, { 0, 100 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action;
	int64_t until;
	long took = 0;

	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 2, 2), 0);
	handler_took = 0;
	memset(&action, 0, sizeof(action));
	action.sa_handler = take_and_put;
	assert_int_equal(sigaction(SIGPROF, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_PROF, &often, NULL), 0);
	until = now_ns() + 10 * NS_PER_S;
	while (__atomic_load_n(&handler_took, __ATOMIC_RELAXED) < 5 && now_ns() < until)
		for (int i = 0; i < 10000; i++) {
			took += pawl_tokens_take(&t, PAWL_FOREVER) == 0;
			if (pawl_tokens_put(&t))
				took = INT32_MIN;
		}
	assert_int_equal(setitimer(ITIMER_PROF, &never, NULL), 0);
	assert_true(took > 0);
	assert_true(handler_took >= 5 && handler_took < 1u << 31);
	assert_all_there(2);
}

static void signals_do_not_end_a_wait(void **state)
{
	mate_t *mate = mate_new();
	pawl_deadline_t deadline;

	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 1, 1), 0);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	mate_ask(mate, take_it, NULL);
	mate_pester(mate, now_ns() + 20 * NS_PER_MS);
	assert_false(mate_done(mate));
	assert_int_equal(pawl_tokens_take(&t, PAWL_FOREVER), EAGAIN); /* he is counted, once */
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_int_equal(mate_answer(mate), 0);
	deadline = pawl_in_ms(20);
	mate_ask(mate, take_until, &deadline);
	mate_pester(mate, INT64_MAX);
	assert_true(now_ns() >= deadline);
	assert_int_equal(mate_answer(mate), ETIMEDOUT);
	mate_end(mate);
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_all_there(1);
}

static void cancellation_does_not_end_a_wait(void **state)
{
	mate_t *mate = mate_new();

	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 1, 1), 0);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	mate_ask(mate, take_it, NULL);
	assert_true(mate_asleep(mate));
	assert_int_equal(pthread_cancel(mate_thread(mate)), 0);
	nap_us(2000);
	assert_true(mate_asleep(mate));
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_int_equal(mate_answer(mate), 0);
	assert_int_equal(pawl_tokens_put(&t), 0);
	mate_end(mate);
	assert_all_there(1);
}

/* ---- fork ---- */

static int heir(void *unused)
{
	if (pawl_tokens_free(&t) != 1 || pawl_tokens_take(&t, PAWL_TRY) || pawl_tokens_take(&t, PAWL_TRY) != EBUSY)
		return 1;
	for (int i = 0; i < 3; i++)
		if (pawl_tokens_put(&t)) /* also those that its parent had taken */
			return 2;
	if (pawl_tokens_put(&t) != EINVAL || pawl_tokens_init(&t, 1, 1))
		return 3;
	return in_a_thread(take_it, NULL) || in_a_thread(try_it, unused) != EBUSY ? 4 : 0;
}

static void the_child_has_a_copy(void **state)
{
	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 3, 1), 0);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	assert_int_equal(kids_join(kids_fork(heir, NULL)), 0);
	assert_int_equal(pawl_tokens_free(&t), 1);
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_all_there(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_more_than_there_are),
		cmocka_unit_test(handed_over),
		cmocka_unit_test(unmapped_by_the_next_taker),
		cmocka_unit_test(a_handler_may_try_and_put),
		cmocka_unit_test(signals_do_not_end_a_wait),
		cmocka_unit_test(cancellation_does_not_end_a_wait),
		cmocka_unit_test(the_child_has_a_copy),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
