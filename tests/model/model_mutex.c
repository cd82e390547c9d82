/* SPDX-License-Identifier: BSD-2-Clause */
/** model_mutex.c: the private mutex in every order: default and PAWL_STABLE, timed, tried, nested, hungry, freed at once. */
#include <pawl/mutex.h>

#include "core/tune.h"
#include "section.h"

static struct shared {
	pawl_mutex_t mutex;
	struct section section;
} * shared;

/* ---- the mutex ---- */

static void set_up(unsigned flags)
{
	shared = model_alloc(sizeof(*shared));
	MODEL_NAME(shared->mutex);
	MODEL_NAME(shared->mutex.word);
	MODEL_NAME(shared->mutex.queue);
	MODEL_NAME(shared->mutex.hungry);
	MODEL_NAME(shared->mutex.depth);
	MODEL_NAME(shared->section.data);
	MODEL_CHECK(pawl_mutex_init(&shared->mutex, flags) == 0);
}

static void plain(void)
{
	set_up(0);
}

/* Where restart.h helps, there is no need for the other form: unless it is told to be there all the same. */
static void stable(void)
{
	pawl__tune.no_restart = true;
	set_up(PAWL_STABLE);
}

static void recursive(void)
{
	set_up(PAWL_RECURSIVE);
}

static void stable_recursive(void)
{
	pawl__tune.no_restart = true;
	set_up(PAWL_STABLE | PAWL_RECURSIVE);
}

/* Every sleeper has waited too long from the start. */
static void hungry(void)
{
	set_up(0);
	pawl__tune.hungry_ns = -1;
}

static void stable_hungry(void)
{
	stable();
	pawl__tune.hungry_ns = -1;
}

/* Four looks before a sleep: what comes after them is by the clock, and over at once. */
static void patient(void)
{
	set_up(0);
	pawl__tune.own_spin_ns = pawl__tune.crowd_spin_ns = -1;
}

/* Who cannot fall asleep, because the lock goes to and fro, rests unannounced for a while. */
static void naps(void)
{
	set_up(0);
	pawl__tune.nap_ns = 50000;
}

static void stable_naps(void)
{
	stable();
	pawl__tune.nap_ns = 50000;
}

/* ---- what its threads do ---- */

static void leave(void)
{
	section_run(&shared->section);
	MODEL_CHECK(pawl_mutex_unlock(&shared->mutex) == 0);
}

static void once(unsigned me)
{
	(void)me;
	MODEL_CHECK(pawl_mutex_lock(&shared->mutex) == 0);
	leave();
}

static void twice(unsigned me)
{
	once(me);
	once(me);
}

/* T0 takes it twice. */
static void one_twice(unsigned me)
{
	once(me);
	if (me == 0)
		once(me);
}

static void timed(void)
{
	int rc = pawl_mutex_timedlock(&shared->mutex, model_now() + 1);

	if (rc == 0)
		leave();
	else
		MODEL_CHECK(rc == ETIMEDOUT);
}

static void tried(void)
{
	int rc = pawl_mutex_trylock(&shared->mutex);

	if (rc == 0)
		leave();
	else
		MODEL_CHECK(rc == EBUSY);
}

static void one_timed(unsigned me)
{
	if (me == 0)
		timed();
	else
		once(me);
}

/* T1 comes back: it may pass the one that it has woken, which then is too late. */
static void one_timed_one_twice(unsigned me)
{
	one_timed(me);
	if (me == 1)
		once(me);
}

static void two_timed(unsigned me)
{
	if (me < 2)
		timed();
	else
		once(me);
}

static void one_tries(unsigned me)
{
	if (me == 0)
		tried();
	else
		once(me);
}

static void one_expired(unsigned me)
{
	int rc;

	if (me > 0) {
		once(me);
		return;
	}
	rc = pawl_mutex_timedlock(&shared->mutex, 1);
	if (rc == 0)
		leave();
	else
		MODEL_CHECK(rc == ETIMEDOUT);
}

static void nested(unsigned me)
{
	MODEL_CHECK(pawl_mutex_lock(&shared->mutex) == 0);
	if (me == 0) {
		MODEL_CHECK(pawl_mutex_lock(&shared->mutex) == 0);
		MODEL_CHECK(pawl_mutex_trylock(&shared->mutex) == 0);
		MODEL_CHECK(pawl_mutex_unlock(&shared->mutex) == 0);
		MODEL_CHECK(pawl_mutex_unlock(&shared->mutex) == 0);
	}
	leave();
}

/* Locking what one holds, and unlocking what another one holds, changes nothing. */
static void misused(unsigned me)
{
	if (me == 0) {
		MODEL_CHECK(pawl_mutex_lock(&shared->mutex) == 0);
		MODEL_CHECK(pawl_mutex_lock(&shared->mutex) == EDEADLK);
		MODEL_CHECK(pawl_mutex_trylock(&shared->mutex) == EBUSY);
		leave();
	} else {
		MODEL_CHECK(pawl_mutex_unlock(&shared->mutex) == EPERM);
		once(me);
		MODEL_CHECK(pawl_mutex_unlock(&shared->mutex) == EPERM);
	}
}

/* Whoever comes last does not unlock it, but frees the memory it lies in. */
static void last_one_frees(unsigned me)
{
	(void)me;
	MODEL_CHECK(pawl_mutex_lock(&shared->mutex) == 0);
	section_run(&shared->section);
	if (shared->section.done == 3)
		model_retire(&shared->mutex, sizeof(shared->mutex));
	else
		MODEL_CHECK(pawl_mutex_unlock(&shared->mutex) == 0);
}

/* ---- what is true in the end ---- */

/* Free, and without a trace of those who came: but for an announcement, at most, that nobody needed. */
static void is_free(void)
{
	MODEL_CHECK((shared->mutex.word & PAWL_MUTEX_ID_) == 0);
	MODEL_CHECK((shared->mutex.depth & PAWL_MUTEX_NESTED_) == 0);
	MODEL_CHECK(pawl_mutex_destroy(&shared->mutex) == 0);
}

/* Two who announce themselves in turn keep each other awake until the owner is done: not for ever, as the model could. */
static bool many_announcements(void)
{
	return shared->mutex.queue > 20;
}

/* Where a fence fails, sleeps end after a moment, again and again. */
static bool many_slices(void)
{
	return shared->mutex.queue > 20 || model_now() > MODEL_EPOCH + 4000000;
}

#define CASE(n, what, s, t) .name = what, .threads = n, .setup = s, .thread = t, .finish = is_free
#define STABLE              .beyond = many_announcements
#define WITHIN(n, in_long)  .preemptions = n, .preemptions_long = in_long
#define LONG(n)             .only_long = true, .preemptions_long = n
#define ALL_ALIKE           .alike = MODEL_T0_T1_T2 | MODEL_T2_T3

static const struct model_case cases[] = {
	{ CASE(3, "three threads", plain, once), ALL_ALIKE },
	{ CASE(2, "two threads, twice", plain, twice), ALL_ALIKE },
	{ CASE(3, "three threads, one twice", plain, one_twice), .alike = MODEL_T1_T2 },
	{ CASE(2, "first locks", plain, twice), ALL_ALIKE, .newborn = true },
	{ CASE(3, "any sleeper is woken", plain, once), ALL_ALIKE, .any_sleeper = true },
	{ CASE(3, "spurious wake-up", plain, once), ALL_ALIKE, .spurious = 1 },
	{ CASE(3, "timed", plain, one_timed), .alike = MODEL_T1_T2, .ticks = 1 },
	{ CASE(3, "timed, one twice", plain, one_timed_one_twice), .ticks = 1, WITHIN(3, 5) },
	{ CASE(3, "two timed", plain, two_timed), .alike = MODEL_T0_T1, .ticks = 1 },
	{ CASE(3, "expired", plain, one_expired), .alike = MODEL_T1_T2 },
	{ CASE(3, "tried", plain, one_tries), .alike = MODEL_T1_T2 },
	{ CASE(3, "recursive", recursive, nested), .alike = MODEL_T1_T2 },
	{ CASE(2, "misused", plain, misused) },
	{ CASE(3, "hungry", hungry, once), ALL_ALIKE, .rescued = true },
	{ CASE(3, "hungry, timed", hungry, one_timed), .alike = MODEL_T1_T2, .rescued = true, .ticks = 1, WITHIN(4, 0) },
	{ CASE(2, "hungry, twice", hungry, twice), ALL_ALIKE, .rescued = true },
	{ CASE(3, "looks first", patient, once), ALL_ALIKE, WITHIN(3, 5) },
	{ CASE(3, "naps", naps, one_twice), .alike = MODEL_T1_T2, .rescued = true, WITHIN(4, 8) },
	{ .name = "the last one frees it", .threads = 3, .setup = plain, .thread = last_one_frees, ALL_ALIKE },
	{ CASE(3, "no restart", plain, once), ALL_ALIKE, .no_restart = true },
	{ CASE(3, "one without restart", plain, once), .alike = MODEL_T1_T2, .one_without_restart = true },
	{ CASE(2, "fence fails", plain, twice), ALL_ALIKE, .rescued = true, .fence_fails = true, .beyond = many_slices },
	{ CASE(3, "three threads, fence fails", plain, once), ALL_ALIKE, .rescued = true, .fence_fails = true,
		.beyond = many_slices },

	{ CASE(3, "stable", stable, once), ALL_ALIKE, STABLE, WITHIN(4, 0) },
	{ CASE(2, "stable, twice", stable, twice), ALL_ALIKE, STABLE },
	{ CASE(3, "stable, timed", stable, one_timed), .alike = MODEL_T1_T2, STABLE, .ticks = 1, WITHIN(3, 0) },
	{ CASE(3, "stable, timed, one twice", stable, one_timed_one_twice), STABLE, .ticks = 1, WITHIN(3, 5) },
	{ CASE(3, "stable, tried", stable, one_tries), .alike = MODEL_T1_T2, STABLE },
	{ CASE(2, "stable, recursive", stable_recursive, nested), STABLE },
	{ CASE(3, "stable, hungry", stable_hungry, once), ALL_ALIKE, STABLE, .rescued = true, WITHIN(3, 6) },
	{ CASE(3, "stable, naps", stable_naps, once), ALL_ALIKE, STABLE, .rescued = true, WITHIN(3, 6) },
	{ CASE(3, "stable, no membarrier", stable, once), ALL_ALIKE, .no_fence = true },
	{ CASE(2, "stable, fence fails", stable, twice), ALL_ALIKE, .rescued = true, .fence_fails = true,
		.beyond = many_slices, WITHIN(4, 0) },

	{ CASE(3, "stable, three threads, fence fails", stable, once), ALL_ALIKE, .rescued = true, .fence_fails = true,
		.beyond = many_slices, LONG(5) },
	{ CASE(4, "four threads", plain, once), ALL_ALIKE, LONG(5) },
	{ CASE(4, "four threads, timed", plain, two_timed), .alike = MODEL_T0_T1 | MODEL_T2_T3, .ticks = 1, LONG(4) },
	{ CASE(4, "four threads, any sleeper is woken", plain, once), ALL_ALIKE, .any_sleeper = true, LONG(4) },
	{ CASE(4, "four threads, hungry", hungry, once), ALL_ALIKE, .rescued = true, LONG(4) },
	{ CASE(4, "stable, four threads", stable, once), ALL_ALIKE, STABLE, LONG(3) },
	{ CASE(4, "stable, four threads, timed", stable, one_timed), STABLE, .ticks = 1, LONG(3) },
	{ CASE(4, "four threads, at random", plain, one_twice), .random = 300000, .only_long = true },
	{ CASE(4, "stable, at random", stable, one_twice), .random = 300000, .only_long = true },
};

int main(int argc, char **argv)
{
	return model_main("mutex", cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
