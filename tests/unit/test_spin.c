/* SPDX-License-Identifier: BSD-2-Clause */
/** test_spin.c: the spinlock excludes, between threads and between processes, and gives way when it must.
 *
 * The protected counter is a plain integer: two in the section at once lose a count, and ThreadSanitizer sees an
 * unlock or lock of the wrong order. Threads and children only return what they saw; the main thread asserts.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <pawl/spin.h>

enum { MOST = 16, WATCHDOG_S = 60 };

struct shared {
	pawl_spin_t lock;
	long counter; /* plain, under lock */
	int inside;   /* plain, under lock: how many are in the section */
	long broken;  /* under lock: sections that found somebody else inside */
	int go;       /* start gate, atomic */
};

struct work {
	struct shared *on;
	long rounds;
	bool by_try;        /* take it by trylock alone */
	bool yields_inside; /* be off the CPU while holding it */
	long refused;       /* trylocks that said EBUSY */
};

static void take(struct work *w)
{
	if (!w->by_try) {
		pawl_spin_lock(&w->on->lock);
		return;
	}
	while (pawl_spin_trylock(&w->on->lock) != 0) {
		w->refused++;
		sched_yield();
	}
}

static void section(struct work *w)
{
	take(w);
	if (w->on->inside++ != 0)
		w->on->broken++;
	w->on->counter++;
	if (w->yields_inside)
		sched_yield();
	w->on->inside--;
	pawl_spin_unlock(&w->on->lock);
}

static void *worker(void *arg)
{
	struct work *w = (struct work *)arg;

	while (!__atomic_load_n(&w->on->go, __ATOMIC_ACQUIRE))
		sched_yield();
	for (long i = 0; i < w->rounds; i++)
		section(w);
	return NULL;
}

/* `n` threads do what `like` says; returns how often a trylock was refused. */
static long run_threads(struct work like, int n)
{
	struct work work[MOST];
	pthread_t threads[MOST];
	long refused = 0;

	for (int i = 0; i < n; i++) {
		work[i] = like;
		assert_int_equal(pthread_create(&threads[i], NULL, worker, &work[i]), 0);
	}
	__atomic_store_n(&like.on->go, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < n; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		refused += work[i].refused;
	}
	return refused;
}

static void assert_excluded(const struct shared *s, long sections)
{
	assert_int_equal(s->broken, 0);
	assert_int_equal(s->counter, sections);
	assert_int_equal(s->inside, 0);
	assert_int_equal(s->lock.word, 0);
}

/* ---- one thread ---- */

static void zero_is_free(void **state)
{
	pawl_spin_t zero, init = PAWL_SPIN_INIT;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	assert_memory_equal(&zero, &init, sizeof(zero));
	assert_int_equal(pawl_spin_trylock(&zero), 0);
	pawl_spin_unlock(&zero);
}

static void try_is_refused_while_held(void **state)
{
	pawl_spin_t lock = PAWL_SPIN_INIT;

	(void)state;
	pawl_spin_lock(&lock);
	assert_int_equal(pawl_spin_trylock(&lock), EBUSY);
	assert_int_equal(pawl_spin_trylock(&lock), EBUSY);
	pawl_spin_unlock(&lock);
	assert_int_equal(pawl_spin_trylock(&lock), 0);
	assert_int_equal(pawl_spin_trylock(&lock), EBUSY);
	pawl_spin_unlock(&lock);
	assert_int_equal(lock.word, 0);
}

/* ---- threads ---- */

static void threads_exclude_each_other(void **state)
{
	const long rounds = 20000;

	(void)state;
	for (int n = 2; n <= MOST; n *= 2) {
		struct shared s = { .counter = 0 };

		run_threads((struct work){ .on = &s, .rounds = rounds }, n);
		assert_excluded(&s, n * rounds);
	}
}

static void threads_exclude_each_other_by_try(void **state)
{
	const long rounds = 2000;
	long refused = 0;

	(void)state;
	for (int n = 2; n <= MOST; n *= 2) {
		struct shared s = { .counter = 0 };

		refused += run_threads((struct work){ .on = &s, .rounds = rounds, .by_try = true, .yields_inside = true }, n);
		assert_excluded(&s, n * rounds);
	}
	assert_true(refused > 0); /* or nothing was contended */
}

static bool on_one_cpu(cpu_set_t *before)
{
	cpu_set_t one;

	if (sched_getaffinity(0, sizeof(*before), before) != 0)
		return false;
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, before)) {
			CPU_SET(cpu, &one);
			break;
		}
	return sched_setaffinity(0, sizeof(one), &one) == 0;
}

/* Sixteen threads on one CPU, and the owner leaves it in every section: waiters that do not give way burn a time slice
 * each, milliseconds, per section, which makes minutes of this; waiters that do need a second or two. The bound is the
 * watchdog: no speed is asserted, only that it did not collapse. */
static void oversubscribed_does_not_collapse(void **state)
{
	struct shared s = { .counter = 0 };
	const long rounds = 500;
	cpu_set_t before;

	(void)state;
	assert_true(on_one_cpu(&before));
	alarm(30);
	run_threads((struct work){ .on = &s, .rounds = rounds, .yields_inside = true }, MOST);
	alarm(WATCHDOG_S);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	assert_excluded(&s, MOST * rounds);
}

/* ---- processes ---- */

static struct shared *map_shared(void)
{
	void *at = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(at != MAP_FAILED);
	return (struct shared *)at;
}

static void processes_exclude_each_other(void **state)
{
	struct shared *s = map_shared();
	const long rounds = 20000;
	pid_t kids[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		kids[i] = fork();
		assert_true(kids[i] >= 0);
		if (kids[i] == 0) {
			struct work w = { .on = s, .rounds = rounds };

			alarm(WATCHDOG_S);
			worker(&w);
			_exit(0);
		}
	}
	__atomic_store_n(&s->go, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < 4; i++) {
		int status = -1;

		assert_int_equal(waitpid(kids[i], &status, 0), kids[i]);
		assert_int_equal(status, 0);
	}
	assert_excluded(s, 4 * rounds);
	munmap(s, sizeof(*s));
}

static int exit_status_of_a_child_that_tries(pawl_spin_t *lock)
{
	int status = -1;
	pid_t kid = fork();

	assert_true(kid >= 0);
	if (kid == 0)
		_exit(pawl_spin_trylock(lock));
	assert_int_equal(waitpid(kid, &status, 0), kid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_child_inherits_the_word_as_it_is(void **state)
{
	struct shared *s = map_shared();
	pawl_spin_t private_lock = PAWL_SPIN_INIT;

	(void)state;
	pawl_spin_lock(&s->lock);
	assert_int_equal(exit_status_of_a_child_that_tries(&s->lock), EBUSY);
	pawl_spin_unlock(&s->lock);
	assert_int_equal(exit_status_of_a_child_that_tries(&s->lock), 0);
	assert_int_equal(pawl_spin_trylock(&s->lock), EBUSY); /* shared: the child has it, and died with it */

	assert_int_equal(exit_status_of_a_child_that_tries(&private_lock), 0);
	assert_int_equal(pawl_spin_trylock(&private_lock), 0); /* private: the child took its own copy */
	munmap(s, sizeof(*s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_is_free),
		cmocka_unit_test(try_is_refused_while_held),
		cmocka_unit_test(threads_exclude_each_other),
		cmocka_unit_test(threads_exclude_each_other_by_try),
		cmocka_unit_test(oversubscribed_does_not_collapse),
		cmocka_unit_test(processes_exclude_each_other),
		cmocka_unit_test(a_child_inherits_the_word_as_it_is),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
