/* SPDX-License-Identifier: BSD-2-Clause */
/** keeper.c: each process that knows a space's remote has one thread that would be the host's keeper. The role is a robust lock
 * in the segment: one of them has it and does all that is said to the service (term.c), the others sleep until it dies or leaves.
 *
 * Nothing but the death of the keeper's thread passes the role on. One that is stopped keeps it: then leases run out, which is
 * safe, and costs what is left of them.
 *
 *   event                        what happens
 *   pawl_space_open, first ask   the candidate is started; where the whole URL is not known, one that only watches (watch.c), by
 *                                the first who wants that
 *   the keeper is killed         EOWNERDEAD of the role: the next candidate adopts the seats and goes on, same session
 *   pawl_space_close, exit()     the candidate stands down, and then looks whether another one stands: if so, a keeper hands the
 *                                role on; if not, it takes the role if it has it not, and gives idle leases back
 *   fork                         the child has no candidate until its first ask
 */
#include "remote/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/park.h"
#include "core/point.h"
#include "core/probe.h"
#include "remote/registry.h"
#include "remote/term.h"
#include "remote/watch.h"
#include "space/file.h"
#include "space/live.h"
#include "space/member.h"
#include "space/robust.h"
#include "space/segment.h"

#define RETRY_NS 1000000000ll /* a backend that would not open is tried again after that */

struct pawl__keeper {
	struct pawl_space *space;
	pthread_t thread;
	struct pawl__term_end end;
	bool wound_up; /* it was the keeper when its end was asked for */
	bool able;     /* it has a backend */
	bool ending;   /* a thread sees to its end, and frees this; under pawl__registry */
};

/* ---- who would have the role ---- */

/* The calling thread is `me`. Not: it is not any more. */
static void stand(const struct pawl_space *space, uint32_t me, bool stands)
{
	struct pawl__slot *slot = pawl__slot_at(space, pawl__word_slot(me));

	if (slot)
		PAWL_STORE(&slot->candidate, stands ? me : 0u, SEQ_CST); /* KP7 seq_cst: pairs with KP8 */
}

static bool is_candidate(const struct pawl_space *space, const struct pawl__slot *slot)
{
	uint32_t token, id = PAWL_LOAD(&slot->candidate, SEQ_CST); /* KP8 seq_cst: pairs with KP7, ours before it */

	return id != 0 && pawl__live_is_alive(space, id, &token);
}

/* Of two who stand down at the same time at least one does not see the other, and winds up. */
bool pawl__keeper_stand_down(struct pawl_space *space)
{
	const struct pawl__member *member = pawl__member_now(space);
	const struct pawl__slot *slot;

	if (member)
		stand(space, member->me, false);
	for (uint32_t s = 1; (slot = pawl__slot_at(space, s)); s++)
		if (is_candidate(space, slot))
			return false;
	return true;
}

/* Who has no backend takes the role, to say so, and gives it back: nobody is to leave anything to it. */
static bool is_able(struct pawl__keeper *k)
{
	const pawl_backend_t *backend;

	k->able = k->able || pawl__backend_find(k->space->url, &backend) == 0;
	return k->able;
}

/* ---- the candidate ---- */

static bool is_ended(const struct pawl__keeper *k)
{
	return PAWL_LOAD(&k->end.asked, ACQUIRE) != 0; /* KP1 acquire: pairs with KP2: `within_ns` is there */
}

/* Until there are others than those `news`, but looking after this process's owners. */
static void rest(const struct pawl__keeper *k, uint32_t news)
{
	const uint32_t *word = &k->space->office->news;
	int64_t end = pawl__now() + RETRY_NS;

	while (!is_ended(k) && PAWL_LOAD(word, RELAXED) == news && pawl__now() < end) { /* relaxed: KP3 follows */
		struct pawl__watch watch = { .word = word, .value = news };

		pawl__park(&watch, 1, pawl__sooner(end, pawl__watch_until(k->space)));
		pawl__watch_look(k->space);
	}
}

/* Who has not been given the whole URL can watch, no more. */
static bool can_serve(const struct pawl_space *space)
{
	return PAWL_LOAD(&space->url, ACQUIRE); /* KP10 acquire: pairs with KP9 */
}

/* `news`: unless there are others than those; NULL: whatever there are. */
static int take_role(const struct pawl__keeper *k, struct pawl__member *member, pawl_deadline_t deadline, const uint32_t *news)
{
	struct pawl__taking t = { .space = k->space,
		.member = member,
		.lock = &k->space->office->keeper,
		.deadline = deadline,
		.auto_recover = true,
		.also = news ? &k->space->office->news : NULL,
		.also_value = news ? *news : 0 };

	return pawl__robust_take(&t);
}

static void be_keeper(struct pawl__keeper *k, struct pawl__member *member, uint32_t news, bool died)
{
	int rc;

	PAWL__POINT("keeper/in-charge");
	PAWL__PROBE(keeper_began, k->space->path, "", k->space->office, k->space->office->term + 1, died);
	(void)died;
	PAWL_STORE(&k->space->in_charge, 1u, RELAXED); /* relaxed: until it is seen, the doorman is woken */
	rc = pawl__term_serve(k->space, &k->end);
	k->wound_up = rc == 0 && is_ended(k);
	PAWL_STORE(&k->space->in_charge, 0u, SEQ_CST); /* BE5 seq_cst: pairs with BE6 */
	PAWL__POINT("keeper/resigning");
	pawl__robust_give(&k->space->office->keeper, member->me, PAWL__W_FREE);
	if (rc != 0)
		rest(k, news);
}

static void stand_by(struct pawl__keeper *k)
{
	int rc = 0;

	while (!is_ended(k) && rc != EIDRM) {
		/* KP3 acquire: pairs with KP4: what the news is about is seen */
		uint32_t news = PAWL_LOAD(&k->space->office->news, ACQUIRE);
		struct pawl__member *member;

		pawl__watch_look(k->space);
		if (!can_serve(k->space)) {
			rest(k, news);
			continue;
		}
		member = pawl__member(k->space, &rc);
		if (is_ended(k))
			return;
		if (member) {
			stand(k->space, member->me, is_able(k));
			rc = take_role(k, member, pawl__watch_until(k->space), &news);
		}
		if (member && pawl_acquired(rc))
			be_keeper(k, member, news, rc == EOWNERDEAD);
		else if (rc != EIDRM && rc != ECANCELED && rc != ETIMEDOUT)
			rest(k, news);
	}
}

/* Another one may have ended at the same time, and have left the leases to us: the last to stand down takes the role once more. */
static void wind_up(struct pawl__keeper *k)
{
	int rc = 0;
	struct pawl__member *member = can_serve(k->space) ? pawl__member(k->space, &rc) : NULL;

	if (!member || k->wound_up || !pawl__keeper_stand_down(k->space))
		return;
	rc = take_role(k, member, pawl_in_ns(k->end.within_ns), NULL);
	if (pawl_acquired(rc))
		be_keeper(k, member, 0, rc == EOWNERDEAD);
}

static void *candidate(void *arg)
{
	struct pawl__keeper *k = arg;

	pthread_setname_np(pthread_self(), "pawl-keeper");
	stand_by(k);
	if (is_ended(k))
		wind_up(k);
	return NULL;
}

/* ---- its life ---- */

static int make_thread(struct pawl__keeper *k)
{
	sigset_t all, before;
	int rc;

	if (k->space->bell < 0)
		k->space->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); /* kept: somebody may ring while the thread ends */
	if (k->space->bell < 0)
		return errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the program's own threads */
	rc = pthread_create(&k->thread, NULL, candidate, k);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static bool is_of_use(const struct pawl_space *space)
{
	return can_serve(space) || PAWL_LOAD(&space->watches, RELAXED); /* relaxed: the caller's own, or it will call again */
}

int pawl__keeper_start_locked(struct pawl_space *space)
{
	struct pawl__keeper *k;
	int rc;

	if (space->keeper || !is_of_use(space))
		return 0;
	k = calloc(1, sizeof(*k));
	if (!k)
		return ENOMEM;
	k->space = space;
	rc = make_thread(k);
	if (rc != 0)
		free(k);
	else
		/* KP5 release: pairs with KP6 */
		PAWL_STORE(&space->keeper, k, RELEASE);
	return rc;
}

int pawl__keeper_start(struct pawl_space *space)
{
	int rc;

	if (PAWL_LOAD(&space->keeper, ACQUIRE) || !is_of_use(space)) /* KP6 acquire: pairs with KP5 */
		return 0;
	pthread_mutex_lock(&pawl__registry);
	rc = pawl__keeper_start_locked(space);
	pthread_mutex_unlock(&pawl__registry);
	return rc;
}

bool pawl__keeper_hears(const struct pawl_space *space)
{
	uint64_t one = 1;

	/* BE6 seq_cst: pairs with BE5: while it is in charge, whoever is next has yet to look at the word that we moved */
	return PAWL_LOAD(&space->in_charge, SEQ_CST) && write(space->bell, &one, sizeof(one)) == sizeof(one);
}

bool pawl__keeper_is_here(const struct pawl_space *space)
{
	return space->keeper && !pthread_equal(space->keeper->thread, pthread_self());
}

/* Moves under pawl__registry when one has ended. Nobody's own, since the space may go with it. */
static uint32_t ends;

static void await_an_end(void)
{
	struct pawl__watch watch = { .word = &ends, .value = ends, .is_private = true };

	pthread_mutex_unlock(&pawl__registry);
	pawl__park(&watch, 1, PAWL_FOREVER);
	pthread_mutex_lock(&pawl__registry);
}

static void end_it(struct pawl__keeper *k, int64_t within_ns)
{
	k->ending = true;
	pthread_mutex_unlock(&pawl__registry); /* it needs that itself, to leave */
	k->end.within_ns = within_ns;
	PAWL_STORE(&k->end.asked, 1u, RELEASE); /* KP2 release: pairs with KP1 */
	pawl__news(k->space);
	pawl__term_nudge(k->space);
	pthread_join(k->thread, NULL);
	pthread_mutex_lock(&pawl__registry);
	PAWL_STORE(&k->space->keeper, NULL, RELAXED); /* relaxed: under pawl__registry; who reads it without looks again there */
	PAWL_FETCH_ADD(&ends, 1u, RELAXED); /* relaxed: the kernel compares it again as a sleep begins, and the registry follows */
	pawl__wake_private(&ends, PAWL__WAKE_ALL);
	free(k);
}

bool pawl__keeper_stop(struct pawl_space *space, int64_t within_ns)
{
	if (!pawl__keeper_is_here(space))
		return false;
	if (space->keeper->ending)
		await_an_end();
	else
		end_it(space->keeper, within_ns);
	return true;
}

void pawl__keeper_forget(struct pawl_space *space)
{
	free(space->keeper);
	space->keeper = NULL;
	space->in_charge = 0;
	if (space->bell >= 0)
		close(space->bell); /* the parent's, too */
	space->bell = -1;
}

void pawl__news(const struct pawl_space *space)
{
	/* KP4 release: pairs with KP3 */
	PAWL_FETCH_ADD(&space->office->news, 1u, RELEASE);
	pawl__wake(&space->office->news, PAWL__WAKE_ALL);
}
