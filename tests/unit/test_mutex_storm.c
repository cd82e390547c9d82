/* SPDX-License-Identifier: BSD-2-Clause */
/** test_mutex_storm.c: the mutex in rough company: many threads at once, by every way in, with time-outs; memory that is
 * gone the moment the next owner has it; signals and cancellation while waiting; neighbours who never leave it alone.
 *
 * What is protected is plain memory: two in the section at once lose a count, and ThreadSanitizer sees an order that is
 * too weak. The long form of the storms is tests/stress/.
 */
#include "../lib/kinds.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/handover.h"
#include "../lib/mates.h"

enum { WATCHDOG_S = 240, MOST = 64 };

/* ---- storms ---- */

static struct guarded {
	long counter;
	long broken; /* sections that found somebody else inside */
	int inside;
} guarded;

struct worker {
	unsigned rounds;
	bool mixed; /* by every way in, and with naps inside; or just lock and unlock */
	uint64_t rng;
	long took, refused, wrong;
};

static void section(struct worker *w)
{
	guarded.broken += guarded.inside++ != 0;
	guarded.counter++;
	if (w->mixed && random_next(&w->rng) % 32 == 0)
		nap_us((long)(random_next(&w->rng) % 50));
	else if (w->took % 64 == 0)
		sched_yield(); /* be off the CPU while holding it */
	guarded.inside--;
	w->took++;
}

static void lock_once(struct worker *w)
{
	if (w->took % 2 == 0) {
		w->wrong += pawl_mutex_lock(&m) != 0;
	} else if (pawl_mutex_trylock(&m) != 0) { /* so as to know that there was somebody */
		w->refused++;
		w->wrong += pawl_mutex_lock(&m) != 0;
	}
	section(w);
	w->wrong += pawl_mutex_unlock(&m) != 0;
}

/* The ways in, and what each may answer besides 0. */
static int take(struct worker *w, int *otherwise)
{
	uint64_t dice = random_next(&w->rng);

	*otherwise = 0;
	switch (dice % 4) {
	case 0:
		return pawl_mutex_lock(&m);
	case 1:
		*otherwise = EBUSY;
		return pawl_mutex_trylock(&m);
	case 2:
		return pawl_mutex_timedlock(&m, PAWL_FOREVER);
	default:
		*otherwise = ETIMEDOUT;
		return pawl_mutex_timedlock(&m, pawl_in_ns((int64_t)(dice / 4 % 200000)));
	}
}

static void take_once(struct worker *w)
{
	int otherwise, rc = take(w, &otherwise);

	if (rc == 0) {
		if (kind & PAWL_RECURSIVE)
			w->wrong += pawl_mutex_trylock(&m) != 0 || pawl_mutex_unlock(&m) != 0;
		section(w);
	} else {
		w->refused++;
		w->wrong += rc != otherwise;
	}
	w->wrong += pawl_mutex_unlock(&m) != (rc == 0 ? 0 : EPERM);
}

static void work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < w->rounds; i++)
		if (w->mixed)
			take_once(w);
		else
			lock_once(w);
}

/* A thread that was not in the storm. */
static int lock_and_unlock(void *unused)
{
	int rc = pawl_mutex_lock(&m);

	(void)unused;
	return rc ? rc : pawl_mutex_unlock(&m);
}

static void assert_calm(long sections)
{
	assert_int_equal(guarded.broken, 0);
	assert_int_equal(guarded.inside, 0);
	assert_int_equal(guarded.counter, sections);
	assert_int_equal(pawl_mutex_destroy(&m), 0);
	assert_int_equal(in_a_thread(lock_and_unlock, NULL), 0);
	assert_int_equal(m.word, 0); /* whatever the storm has left in it, the first to pass has put in order */
	assert_int_equal(lock_and_unlock(NULL), 0);
}

/* Returns how many attempts were refused. */
static long storm(unsigned n, struct worker like)
{
	static struct worker workers[MOST];
	long took = 0, refused = 0, wrong = 0;

	memset(&guarded, 0, sizeof(guarded));
	for (unsigned i = 0; i < n; i++) {
		workers[i] = like;
		workers[i].rng += i;
	}
	crew_run(n, work, workers, sizeof(workers[0]));
	for (unsigned i = 0; i < n; i++) {
		took += workers[i].took;
		refused += workers[i].refused;
		wrong += workers[i].wrong;
	}
	assert_int_equal(wrong, 0);
	assert_true(took > 0);
	assert_calm(took);
	return refused;
}

/* From 2 to 16 of them; once as it is shipped, once with everybody who waits asleep at once. */
static void storms(long sections, struct worker like)
{
	long refused = 0;

	for (unsigned n = 2; n <= 16; n *= 2)
		for (int sleepy = 0; sleepy < 2; sleepy++) {
			sleep_at_once(sleepy);
			like.rounds = (unsigned)(sections / n);
			refused += storm(n, like);
		}
	sleep_at_once(false);
	assert_true(refused > 0); /* or nothing was contended */
}

static void threads_exclude_each_other(void **state)
{
	(void)state;
	storms(8000, (struct worker){ .mixed = false });
}

static void every_way_in_at_once(void **state)
{
	(void)state;
	storms(1000, (struct worker){ .mixed = true, .rng = seed_of_run() });
}

static void many_more_threads_than_cpus(void **state)
{
	(void)state;
	storm(MOST, (struct worker){ .rounds = 100 });
	storm(MOST, (struct worker){ .rounds = 30, .mixed = true, .rng = 64 });
}

/* ---- neighbours who never leave it alone ---- */

enum { HAMMERS = 2 };
static uint32_t hammers_at_work, hammers_rest;

static void hammer(void *arg)
{
	struct worker *w = arg;

	lock_once(w);
	word_bump(&hammers_at_work);
	while (!__atomic_load_n(&hammers_rest, __ATOMIC_ACQUIRE))
		lock_once(w);
}

/* Two take it again the moment they have given it up: without a turn for those who have waited, a third would hardly ever
 * get it. Here it has to, ten times that it had to wait; the bound is the watchdog. */
static void a_sleeper_comes_through(void **state)
{
	static struct worker hammers[HAMMERS], sleeper;
	crew_t *crew;

	(void)state;
	memset(&guarded, 0, sizeof(guarded));
	memset(&hammers, 0, sizeof(hammers));
	memset(&sleeper, 0, sizeof(sleeper));
	hammers_at_work = hammers_rest = 0;
	crew = crew_start(HAMMERS, hammer, hammers, sizeof(hammers[0]));
	for (uint32_t n = 0; n < HAMMERS; n++)
		word_wait(&hammers_at_work, n, INT64_MAX);
	while (sleeper.refused < 10)
		lock_once(&sleeper);
	__atomic_store_n(&hammers_rest, 1, __ATOMIC_RELEASE);
	crew_join(crew);
	assert_int_equal(hammers[0].wrong + hammers[1].wrong + sleeper.wrong, 0);
	assert_calm(hammers[0].took + hammers[1].took + sleeper.took);
}

/* ---- one gives it up as another one takes it ---- */

static int init_at(void *mutex)
{
	return pawl_mutex_init(mutex, kind);
}

static int lock_at(void *mutex)
{
	return pawl_mutex_lock(mutex);
}

static int unlock_at(void *mutex)
{
	return pawl_mutex_unlock(mutex);
}

static void handed_over(void **state)
{
	const struct handover of = { init_at, lock_at, unlock_at, .unmap = false };

	(void)state;
	assert_int_equal(handover_often(&of, 3000), 0);
}

static void unmapped_by_the_next_owner(void **state)
{
	const struct handover of = { init_at, lock_at, unlock_at, .unmap = true };

	(void)state;
	assert_int_equal(handover_often(&of, 1000), 0);
}

/* ---- signals while waiting ---- */

/* Out of line: a cancellation would leave AddressSanitizer's marks of an inline function's locals on the stack. */
static __attribute__((noinline)) int lock_it(void *unused)
{
	(void)unused;
	return pawl_mutex_lock(&m);
}

static int lock_until(void *deadline)
{
	return pawl_mutex_timedlock(&m, *(const pawl_deadline_t *)deadline);
}

static __attribute__((noinline)) int unlock_it(void *unused)
{
	(void)unused;
	return pawl_mutex_unlock(&m);
}

static void signals_do_not_end_a_wait(void **state)
{
	mate_t *mate = mate_new();
	pawl_deadline_t deadline;

	(void)state;
	assert_int_equal(pawl_mutex_lock(&m), 0);
	mate_ask(mate, lock_it, NULL);
	mate_pester(mate, now_ns() + 20 * NS_PER_MS);
	assert_false(mate_done(mate));
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_int_equal(mate_answer(mate), 0);
	assert_int_equal(mate_do(mate, unlock_it, NULL), 0);

	assert_int_equal(pawl_mutex_lock(&m), 0);
	deadline = pawl_in_ms(20);
	mate_ask(mate, lock_until, &deadline);
	mate_pester(mate, INT64_MAX);
	assert_true(now_ns() >= deadline);
	assert_int_equal(mate_answer(mate), ETIMEDOUT);
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	mate_end(mate);
	assert_int_equal(lock_and_unlock(NULL), 0);
}

/* ---- cancellation while waiting ---- */

static struct cancelled {
	uint32_t tid;
	int locked, unlocked;
} cancelled;

static void *lock_then_be_cancelled(void *unused)
{
	__atomic_store_n(&cancelled.tid, (uint32_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	cancelled.locked = lock_it(NULL);
	cancelled.unlocked = unlock_it(NULL);
	pthread_testcancel();
	return unused;
}

static void cancellation_does_not_end_a_wait(void **state)
{
	pthread_t thread;
	pid_t tid;
	void *end = NULL;

	(void)state;
	cancelled = (struct cancelled){ .locked = -1, .unlocked = -1 };
	assert_int_equal(pawl_mutex_lock(&m), 0);
	assert_int_equal(pthread_create(&thread, NULL, lock_then_be_cancelled, NULL), 0);
	while ((tid = (pid_t)__atomic_load_n(&cancelled.tid, __ATOMIC_ACQUIRE)) == 0)
		nap_us(20);
	assert_true(wait_asleep(getpid(), tid, MATE_PATIENCE_NS));
	assert_int_equal(pthread_cancel(thread), 0);
	nap_us(2000);
	assert_true(wait_asleep(getpid(), tid, MATE_PATIENCE_NS));
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_int_equal(pthread_join(thread, &end), 0);
	assert_ptr_equal(end, PTHREAD_CANCELED);
	assert_int_equal(cancelled.locked, 0);
	assert_int_equal(cancelled.unlocked, 0);
	assert_int_equal(lock_and_unlock(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH_KIND(threads_exclude_each_other),
		EACH_KIND(every_way_in_at_once),
		EACH_KIND(many_more_threads_than_cpus),
		EACH_KIND(a_sleeper_comes_through),
		EACH_KIND(handed_over),
		EACH_UNSTABLE_KIND(unmapped_by_the_next_owner),
		EACH_KIND(signals_do_not_end_a_wait),
		EACH_KIND(cancellation_does_not_end_a_wait),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
