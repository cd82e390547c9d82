/* SPDX-License-Identifier: BSD-2-Clause */
/** lock.c: the walk of one acquisition, top to bottom; and its way back.
 *
 *   step            what it asks                                             if not
 *   find_member     does this thread have a liveness slot?                   join (live.c)
 *   find_place      where was the name last?
 *   is_nested       do I hold it already?                                    EDEADLK, or one level deeper
 *   take_slot       the lock's word, against threads and processes alike     wait (wait.c)
 *   is_still_ours   does the place still have our name?                      give back, find again, once more
 *   outlast         does a command started by a killed holder still run?     wait for it (linger.c)
 *   find_lease      with a remote: is the lease this host's, for long enough? ask the keeper, wait (remote/ask.c)
 *   grant_it        count; note the time, if that is wanted or it took some
 *
 * A step that fails undoes those before it, in reverse. walk() is all of them; stroll() is the same walk when nothing is in
 * the way, which is nearly always, laid out so that it costs one CAS and a few loads; turn_back() takes it up where something
 * is. The way back is as short in pawl_lock_release(), and whole in return_home().
 */
#include <errno.h>
#include <string.h>

#include <pawl/lock.h>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/park.h"
#include "core/point.h"
#include "core/probe.h"
#include "core/stay.h"
#include "remote/ask.h"
#include "remote/office.h"
#include "remote/strict.h"
#include "remote/watch.h"
#include "space/figures.h"
#include "space/handle.h"
#include "space/linger.h"
#include "space/member.h"
#include "space/robust.h"
#include "space/segment.h"

#define FLAGS (PAWL_RECURSIVE | PAWL_AUTO_RECOVER | PAWL_TIMESTAMP | PAWL_STRICT)

/* One acquisition under way. */
struct walk {
	struct pawl_lock *lock;
	struct pawl__member *member;
	struct pawl__place *place;
	uint32_t gen;
	pawl_deadline_t deadline;
	uint32_t interrupts; /* of the handle, when it began */
	int64_t arrived;     /* when the waiting began; 0: there was none */
	bool died;
};

/* ---- handles ---- */

static int open_new(struct pawl_space *space, const struct pawl__name *name, unsigned flags, pawl_lock_t **lock)
{
	struct pawl__spot spot;
	int rc = pawl__segment_is_there(space), cancel;
	struct pawl__member *member = rc == 0 ? pawl__member(space, &rc) : NULL;

	if (!member)
		return rc;
	cancel = pawl__cancel_off();
	rc = pawl__table_insert(space, member, name, PAWL_FOREVER, &spot);
	if (rc == 0 && !(*lock = pawl__handle_make(space, name, flags, spot)))
		rc = ENOMEM;
	pawl__cancel_back(cancel);
	return rc;
}

int pawl_lock_open(pawl_space_t *space, const char *text, unsigned flags, pawl_lock_t **lock)
{
	struct pawl__name name;
	int rc;

	if (!space || !lock || (flags & ~FLAGS))
		return EINVAL;
	rc = pawl__name_read(text, &name);
	if (rc != 0)
		return rc;
	if (pawl__segment_is_removed(space))
		return EIDRM;
	rc = pawl__strict_check(space, text, flags);
	if (rc != 0)
		return rc;
	return pawl__lock_open(space, &name, flags, lock);
}

int pawl__lock_open(struct pawl_space *space, const struct pawl__name *name, unsigned flags, pawl_lock_t **lock)
{
	*lock = pawl__handle_get(space, name, flags);
	return *lock ? 0 : open_new(space, name, flags, lock);
}

static struct pawl__place *place_of(const struct pawl_lock *lock, struct pawl__spot spot)
{
	/* no need to ask for the chunk: it was there when the spot was stored, and chunks do not go */
	return lock->places + spot.index;
}

/* The lock of the handle's name, where the handle last found it; NULL if the place belongs to another name by now. While a
 * thread holds the lock its place keeps the name, so NULL means that nobody holds it by this handle: what the caller finds
 * in the word of such a place may well be its own id, for the other name. */
static struct pawl__place *own_place(const struct pawl_lock *lock)
{
	struct pawl__spot spot = pawl__spot_of(lock);
	struct pawl__place *place = place_of(lock, spot);

	return PAWL_LIKELY(pawl__table_gen(place) == spot.gen) ? place : NULL;
}

static inline bool is_removed(const struct pawl_lock *lock)
{
	return PAWL_LOAD(lock->space_flags, RELAXED) & PAWL__REMOVED; /* relaxed: it only rises, and nothing hangs on it */
}

/* Is there more to do, each time, than to take and to give? */
static inline bool attends(const struct pawl_lock *lock)
{
	return PAWL_LOAD(&lock->attends, RELAXED); /* relaxed: who begins to watch looks for itself (remote/watch.c) */
}

static bool is_held_by_me(const struct pawl_lock *lock)
{
	if (pawl__is_strict(lock))
		return pawl__strict_is_held(lock);
	return pawl__lock_is_held(lock);
}

bool pawl__lock_is_held(const struct pawl_lock *lock)
{
	const struct pawl__member *member = pawl__member_now(lock->space);
	const struct pawl__place *place = own_place(lock);

	return member && place && pawl__robust_is_mine(&place->lock, member->me);
}

int pawl_lock_close(pawl_lock_t *lock)
{
	uint32_t refs = lock ? PAWL_LOAD(&lock->refs, RELAXED) : 0; /* relaxed: another closer is another thread's bug */

	if (refs == 0) /* also a handle closed too often, while it is kept for the next open */
		return EINVAL;
	if (PAWL_LOAD(&lock->space->watches, RELAXED)) /* relaxed: who is about to watch has a reference of its own */
		return pawl__watch_close(lock, is_held_by_me(lock));
	if (refs == 1 && is_held_by_me(lock))
		return EBUSY;
	pawl__handle_put(lock);
	return 0;
}

/* ---- the walk ---- */

static inline int find_member(struct walk *w)
{
	int rc = 0;

	w->member = pawl__member(w->lock->space, &rc);
	return w->member ? 0 : rc;
}

static inline void find_place(struct walk *w)
{
	struct pawl__spot spot = pawl__spot_of(w->lock);

	w->place = place_of(w->lock, spot);
	w->gen = spot.gen;
}

static bool is_nested(const struct walk *w)
{
	return pawl__robust_is_mine(&w->place->lock, w->member->me);
}

static inline struct pawl__seat *seat_of(const struct pawl_lock *lock, const struct pawl__place *place)
{
	return lock->seats ? lock->seats + (place - lock->places) : NULL; /* there since the spot is known, as the place is */
}

/* The slot's owner died, but was not inside: it waited for a lease. So there is nothing to be mended. */
static bool was_waiting(struct walk *w, uint32_t dead_id)
{
	struct pawl__seat *seat = seat_of(w->lock, w->place);

	if (!seat || !pawl__seat_is_asking(seat, dead_id))
		return false;
	PAWL_STORE(&seat->asking, 0u, SEQ_CST); /* SE3 seq_cst: pairs with SE2: incarnations come round, one day */
	PAWL_FETCH_AND(&w->place->lock.word, ~PAWL__W_INCONS, RELAXED); /* relaxed: only the owner sets and clears it */
	return true;
}

/* Whoever has the slot, or had it all the time, may only have waited for a service that is away. A try looks whether that has been
 * found out. */
static int why_not(const struct walk *w, int rc)
{
	const struct pawl__seat *seat = seat_of(w->lock, w->place);
	const struct pawl__office *office = w->lock->space->office;
	char reason[PAWL__REASON_LEN];

	if (!seat || (rc != ETIMEDOUT && rc != EBUSY) || pawl__seat_is_held(seat) ||
		PAWL_LOAD(&office->up, RELAXED)) /* relaxed: what it was a moment ago */
		return rc;
	pawl__office_reason(office, reason);
	return rc == ETIMEDOUT || *reason ? EHOSTUNREACH : rc;
}

static int take_slot(struct walk *w)
{
	struct pawl__taking t = { .space = w->lock->space,
		.member = w->member,
		.lock = &w->place->lock,
		.deadline = w->deadline,
		.auto_recover = w->lock->flags & PAWL_AUTO_RECOVER,
		.place = w->place,
		.name = w->lock->text,
		.also = &w->lock->interrupts,
		.also_value = w->interrupts };
	int rc = pawl__robust_take(&t);

	w->died = rc == EOWNERDEAD && !was_waiting(w, t.dead_id);
	if (w->arrived == 0)
		w->arrived = t.arrived;
	return rc == EOWNERDEAD ? 0 : why_not(w, rc);
}

/* Whatever it is, it will take a while. */
static void arrive(struct walk *w)
{
	if (w->arrived == 0)
		w->arrived = pawl__now();
}

/* Hand the lock on as if we had never had it: without a grant, and with its previous owner's death. */
static void put_back(struct walk *w)
{
	pawl__robust_give(&w->place->lock, w->member->me, w->died ? PAWL__W_ORPHAN | PAWL__W_WAITERS : PAWL__W_FREE);
}

static inline bool is_still_ours(const struct walk *w)
{
	return PAWL_LIKELY(pawl__table_gen(w->place) == w->gen);
}

/* The place was given to another name while the handle was idle. EAGAIN: there is a new one, walk again. */
__attribute__((noinline)) static int find_again(struct walk *w)
{
	struct pawl__spot spot;
	int cancel = pawl__cancel_off(), rc;

	rc = pawl__table_insert(w->lock->space, w->member, &w->lock->name, w->deadline, &spot);
	pawl__cancel_back(cancel);
	if (rc != 0)
		return rc;
	pawl__spot_set(w->lock, spot);
	return EAGAIN;
}

static inline bool is_lingering(const struct walk *w)
{
	return PAWL_UNLIKELY(PAWL_LOAD(&w->place->mark, RELAXED) & PAWL__LINGER); /* relaxed: RB1 shows it */
}

/* A holder left, or died, while what it had started went on: the hold lasts until that ends. */
__attribute__((noinline)) static int outlast(struct walk *w)
{
	int cancel = pawl__cancel_off(), rc;

	arrive(w);
	PAWL_FETCH_OR(&w->place->mark, PAWL__AWAIT, RELAXED); /* relaxed: for people */
	PAWL__POINT("lock/awaiting-lingerers");
	rc = pawl__linger_outlast(w->lock->space, pawl__place_index(w->lock->space, w->place), w->deadline);
	/* relaxed: we own the lock; RB2 publishes it */
	PAWL_FETCH_AND(&w->place->mark, ~(PAWL__AWAIT | (rc == 0 ? PAWL__LINGER : 0)), RELAXED);
	PAWL__POINT("lock/outlasted-lingerers");
	if (rc != 0)
		put_back(w);
	pawl__cancel_back(cancel);
	return rc;
}

/* The first to be granted the lock after an owner died on another host is told of it like one who takes over on this one. */
static void inherit(struct walk *w, struct pawl__seat *seat)
{
	if (PAWL_LIKELY(PAWL_LOAD(&seat->died, RELAXED) == 0)) /* relaxed: SE4 has shown it */
		return;
	PAWL_STORE(&seat->died, 0u, RELAXED); /* relaxed: we own the slot */
	w->died = true;
	if (!(w->lock->flags & PAWL_AUTO_RECOVER))
		PAWL_FETCH_OR(&w->place->lock.word, PAWL__W_INCONS, RELAXED); /* relaxed: only the owner sets it */
}

/* Without a lease, the next grant may be another host's: then that one is told of the death, and we are not. */
static void owe(struct walk *w, struct pawl__seat *seat)
{
	PAWL_STORE(&seat->died, 1u, RELAXED); /* relaxed: SE3 and BE1 show it to the keeper */
	if (!pawl__seat_is_of(seat, w->gen))
		return;
	PAWL_FETCH_AND(&w->place->lock.word, ~PAWL__W_INCONS, RELAXED); /* relaxed: only the owner sets and clears it */
	w->died = false;
}

/* The slot is ours; is the lease this host's? */
__attribute__((noinline)) static int find_lease(struct walk *w)
{
	struct pawl__seat *seat = seat_of(w->lock, w->place);
	int rc = 0;

	if (!seat)
		return 0;
	if (w->died) /* who died inside did not: if the next grant belongs to another host, it is not ours */
		pawl__seat_leave(seat, PAWL_LOAD(&w->place->lock.grant, RELAXED)); /* relaxed: we own the slot */
	if (!pawl__seat_is_of(seat, w->gen) || !pawl__seat_is_open(seat, pawl__boot_late())) {
		if (w->died)
			owe(w, seat);
		arrive(w);
		rc = pawl__lease_ask(w->lock, pawl__spot_of(w->lock), w->member->me, w->deadline, w->interrupts);
	}
	if (rc == 0) {
		inherit(w, seat);
		return 0;
	}
	PAWL_STORE(&seat->asking, 0u, SEQ_CST); /* SE3 seq_cst: pairs with SE2: as in ask.c */
	put_back(w);
	pawl__bell_ring(w->lock->space, pawl__place_index(w->lock->space, w->place));
	return rc;
}

static void note_wait(const struct walk *w, int64_t now)
{
	PAWL_FETCH_ADD(&w->place->contended, 1u, RELAXED); /* relaxed: a statistic */
	if (PAWL__FIGURES)
		pawl__figures_waited(w->lock->space, w->place, now - w->arrived);
	PAWL__PROBE(acquired, w->lock->space->path, w->lock->text, &w->place->lock, now - w->arrived, w->place->lock.grant);
}

/* For `pawl ls`: this grant began now. One writer, the owner; one who was killed half-way left the count odd. */
__attribute__((noinline)) static void note_since(struct walk *w)
{
	struct pawl__place *place = w->place;
	int64_t now = pawl__now();

	if (w->arrived != 0)
		note_wait(w, now);
	if (place->since_sequence.sequence & 1)
		ck_sequence_write_end(&place->since_sequence);
	ck_sequence_write_begin(&place->since_sequence);
	PAWL__POINT("lock/since-begun");
	PAWL_STORE(&place->since_ns, now, RELAXED);                            /* relaxed: inside ck_sequence */
	PAWL_STORE(&place->since_grant, (uint32_t)place->lock.grant, RELAXED); /* relaxed: inside ck_sequence */
	ck_sequence_write_end(&place->since_sequence);
}

/* With a remote: who is on its CPU all the time need not read the clock when it leaves. Before it looks at the lease; and from the
 * first lock of a thread on, since those it takes meanwhile are looked at by the same word. */
static inline void begin_stay(const struct pawl__member *member)
{
	if (PAWL_UNLIKELY(!pawl__stay_is_unbroken()) && PAWL_LOAD(&member->held, RELAXED) == 0) /* relaxed: our own */
		pawl__stay_begin();
}

/* Who has the slot need not have been granted the lock: that is noted where it matters (remote/watch.c). 0: nobody any more. */
static inline void note_holder(struct pawl_lock *lock, uint32_t holder)
{
	if (PAWL_UNLIKELY(PAWL_LOAD(&lock->watched, RELAXED))) /* relaxed: who begins to watch looks for itself */
		PAWL_STORE(&lock->holder, holder, RELAXED); /* relaxed: seen late, it is told of late; RB2 shows that it has gone */
}

static inline void say(const struct pawl__seat *seat, uint64_t count, bool died, pawl_grant_t *grant)
{
	if (!grant)
		return;
	*grant = (pawl_grant_t){ .fence = { .lo = count }, .owner_died = died, .good_until_ns = INT64_MAX };
	if (seat) {
		grant->remote = true;
		grant->fence.hi = PAWL_LOAD(&seat->hi, RELAXED);         /* relaxed: SE4 has shown it */
		grant->good_until_ns = PAWL_LOAD(&seat->until, RELAXED); /* relaxed: as above */
	}
}

static inline int grant_it(struct walk *w, pawl_grant_t *grant)
{
	uint64_t count = pawl__robust_count(&w->place->lock);

	PAWL__POINT("lock/granted");
	note_holder(w->lock, w->member->me);
	pawl__member_holds(w->member, +1);
	if (!(PAWL_LOAD(&w->place->mark, RELAXED) & PAWL__TOUCHED))     /* relaxed: a hint for the reclaimer */
		PAWL_FETCH_OR(&w->place->mark, PAWL__TOUCHED, RELAXED); /* relaxed: as above */
	if (PAWL_UNLIKELY(w->arrived != 0 || (w->lock->flags & PAWL_TIMESTAMP)))
		note_since(w);
	say(seat_of(w->lock, w->place), count, w->died, grant);
	return w->died && !(w->lock->flags & PAWL_AUTO_RECOVER) ? EOWNERDEAD : 0;
}

static int nest(struct walk *w, pawl_grant_t *grant)
{
	int rc = pawl__robust_nest(&w->place->lock, w->lock->flags & PAWL_RECURSIVE);

	if (rc == 0)
		say(seat_of(w->lock, w->place), w->place->lock.grant, w->died, grant);
	return rc;
}

/* In vain. */
static int give_up(const struct walk *w, int rc)
{
	if (PAWL__FIGURES && (rc == ETIMEDOUT || rc == EHOSTUNREACH))
		pawl__figures_gave_up(w->lock->space, w->place);
	PAWL__PROBE(gave_up, w->lock->space->path, w->lock->text, &w->place->lock, w->arrived, rc);
	return rc;
}

/* Every step, in order. */
__attribute__((noinline)) static int walk(struct walk *w, pawl_grant_t *grant)
{
	int rc;

	do {
		rc = find_member(w);
		if (rc != 0)
			return rc;
		find_place(w);
		if (!is_still_ours(w)) { /* look first: it may be locked, by this very thread too, under its other name */
			rc = find_again(w);
			continue;
		}
		if (is_nested(w))
			return nest(w, grant);
		rc = take_slot(w);
		if (is_still_ours(w))
			continue;
		if (rc == 0)
			put_back(w);
		rc = find_again(w);
	} while (rc == EAGAIN);
	if (rc == 0 && is_lingering(w))
		rc = outlast(w);
	if (rc == 0 && w->lock->seats)
		begin_stay(w->member);
	if (rc == 0)
		rc = find_lease(w);
	return rc == 0 ? grant_it(w, grant) : give_up(w, rc);
}

/* The whole walk, for whoever could not stroll. Out of line, so that strolling needs no frame: what is stored to the stack
 * before the CAS has to be written out first, and what is read from there after it waits for it. */
__attribute__((noinline)) static int set_out(pawl_lock_t *lock, pawl_deadline_t deadline, pawl_grant_t *grant)
{
	struct walk w = { .lock = lock, .deadline = deadline };

	if (!lock)
		return EINVAL;
	w.interrupts = PAWL_LOAD(&lock->interrupts, RELAXED); /* relaxed: who interrupts later is seen to have */
	if (is_removed(lock))
		return EIDRM;
	return walk(&w, grant);
}

/* May the grant begin without another step? The caller owns the lock. */
static inline bool is_clear(const struct pawl__place *place, uint32_t gen)
{
	/* relaxed: RB1 shows LINGER to whom it concerns; that it was TOUCHED is a hint for the reclaimer */
	return pawl__table_gen(place) == gen &&
	       (PAWL_LOAD(&place->mark, RELAXED) & (PAWL__LINGER | PAWL__TOUCHED)) == PAWL__TOUCHED;
}

/* Has this host the lease, with nothing to be said about it? */
static inline bool is_ours(const struct pawl__seat *seat, uint32_t gen)
{
	int64_t now;

	return pawl__seat_is_of(seat, gen) && pawl__boot_known(&now) && pawl__seat_is_open(seat, now) &&
	       PAWL_LOAD(&seat->died, RELAXED) == 0; /* relaxed: SE4 */
}

/* The walk of a lock that is free, whose handle is fresh and whose last holder left nothing behind: the same steps with
 * nothing to do at most of them, in registers. False: nothing has happened, but for *taken, which is to be given back. */
static inline bool stroll(const pawl_lock_t *lock, pawl_grant_t *grant, struct pawl__place **taken)
{
	struct pawl__member *member = pawl__recent;
	struct pawl__spot spot;
	struct pawl__place *place;
	struct pawl__seat *seat;

	if (PAWL_UNLIKELY(!member || !lock || member->space != lock->space || member->me == 0 || attends(lock) ||
			  is_removed(lock)))
		return false;
	spot = pawl__spot_of(lock);
	place = place_of(lock, spot);
	if (PAWL_UNLIKELY(!pawl__robust_take_free(&place->lock, member->me)))
		return false;
	*taken = place;
	if (PAWL_UNLIKELY(!is_clear(place, spot.gen)))
		return false;
	seat = lock->seats;
	if (seat) {
		seat += spot.index;
		begin_stay(member);
		if (PAWL_UNLIKELY(!is_ours(seat, spot.gen)))
			return false;
		PAWL__POINT("lock/lease-is-ours");
	}
	say(seat, pawl__robust_count(&place->lock), false, grant);
	PAWL__POINT("lock/granted-at-once");
	pawl__member_holds(member, +1);
	return true;
}

/* Something is in the way, seen with the lock's word in hand. */
__attribute__((noinline)) static int turn_back(
	pawl_lock_t *lock, pawl_deadline_t deadline, pawl_grant_t *grant, struct pawl__place *taken)
{
	pawl__robust_give(&taken->lock, pawl__recent->me, PAWL__W_FREE);
	return set_out(lock, deadline, grant);
}

int pawl_lock_acquire(pawl_lock_t *lock, pawl_deadline_t deadline, pawl_grant_t *grant) PAWL_NO_ANALYSIS
{
	struct pawl__place *taken = NULL;

	if (PAWL_LIKELY(stroll(lock, grant, &taken)))
		return 0;
	if (taken)
		return turn_back(lock, deadline, grant, taken);
	return pawl__is_strict(lock) ? pawl__strict_acquire(lock, deadline, grant) : set_out(lock, deadline, grant);
}

int pawl_lock_set_bounds(pawl_lock_t *lock, const pawl_lock_bounds_t *b)
{
	struct walk w = { .lock = lock, .deadline = PAWL_FOREVER };
	struct pawl__bounds bounds;
	int rc;

	if (!lock || !b || b->max_tenure_ns < 0 || b->max_tenure_ns > 6500000000 || b->idle_keep_ns < 0 ||
		b->idle_keep_ns > 600000000000 || (b->no_handoffs && b->max_handoffs != 0) || b->max_handoffs == UINT32_MAX)
		return EINVAL;
	if (!lock->seats)
		return 0;
	bounds = (struct pawl__bounds){ .max_tenure = b->max_tenure_ns,
		.idle_keep = b->idle_keep_ns,
		.handoffs = b->max_handoffs != 0 || b->no_handoffs ? b->max_handoffs + 1 : 0 };
	do {
		rc = is_removed(lock) ? EIDRM : find_member(&w);
		if (rc != 0)
			return rc;
		find_place(&w);
		rc = is_still_ours(&w) ? 0 : find_again(&w);
	} while (rc == EAGAIN);
	if (rc == 0)
		/* relaxed: one word, for itself. Should the name lose its place just now, another gets it till it is used */
		PAWL_STORE(&seat_of(lock, w.place)->bounds, pawl__bounds_pack(&bounds), RELAXED);
	return rc;
}

/* ---- and back ---- */

/* How long the calling thread has had it, which is known if it noted when that began; else 0. */
static int64_t note_hold(const pawl_lock_t *lock, const struct pawl__place *place)
{
	int64_t ns;

	if (!PAWL__FIGURES || PAWL_LOAD(&place->since_grant, RELAXED) !=
				      (uint32_t)place->lock.grant) /* relaxed: the owner's, and that is us */
		return 0;
	ns = pawl__now() - PAWL_LOAD(&place->since_ns, RELAXED); /* relaxed: as above */
	pawl__figures_held(lock->space, place, ns);
	return ns;
}

/* Somebody has to be woken, or wants the times noted, or it is not a plain release at all. */
static int release_slot(const pawl_lock_t *lock, struct pawl__place *place, struct pawl__member *member)
{
	if (member && pawl__robust_is_mine(&place->lock, member->me) && !pawl__robust_is_nested(&place->lock)) {
		int64_t ns = note_hold(lock, place);

		PAWL__PROBE(handed_on, lock->space->path, lock->text, &place->lock, ns, place->lock.grant);
		(void)ns;
	}
	return pawl__robust_release_slowly(member, &place->lock);
}

/* It was good when we got it, with min_use to spare. If we have not been off the CPU since, the keeper, or should that one be
 * stopped, the candidate of this process, has had its own to say that it is over; else the clock tells. */
static inline bool is_still_good(const struct pawl__seat *seat)
{
	if (PAWL_LIKELY(pawl__stay_is_unbroken()))
		return pawl__seat_is_held(seat);
	return pawl__seat_is_valid(seat, pawl__boot_late());
}

/* With a remote: was the lease good to the end? And does it go with us? */
static int release_lease(pawl_lock_t *lock, struct pawl__place *place, struct pawl__member *member)
{
	struct pawl__seat *seat = seat_of(lock, place);
	bool valid, last;
	int rc;

	if (PAWL_UNLIKELY(!member || !pawl__robust_is_mine(&place->lock, member->me)))
		return EPERM;
	if (PAWL_UNLIKELY(pawl__robust_is_nested(&place->lock)))
		return release_slot(lock, place, member);
	note_holder(lock, 0);
	valid = is_still_good(seat);
	last = pawl__seat_leave(seat, PAWL_LOAD(&place->lock.grant, RELAXED)); /* relaxed: ours */
	PAWL__POINT("lock/leaving-lease");
	rc = release_slot(lock, place, member);
	if (PAWL_UNLIKELY(last || !valid))
		pawl__bell_ring(lock->space, (uint32_t)(place - lock->places));
	return rc != 0 || PAWL_LIKELY(valid) ? rc : ESTALE;
}

/* All that may be to do. Out of line, as on the way in. */
__attribute__((noinline)) static int return_home(pawl_lock_t *lock, struct pawl__place *place) PAWL_NO_ANALYSIS
{
	if (pawl__is_strict(lock)) /* who has a place of its own may hold that, though the name's has been given away */
		return pawl__strict_release(lock);
	if (!place)
		return EPERM;
	if (lock->seats)
		return release_lease(lock, place, pawl__member_now(lock->space));
	return release_slot(lock, place, pawl__member_now(lock->space));
}

/* Does the lease stay, good as it is? So it is for who has been on its CPU since it came in, and is not the last to. */
static inline bool is_to_stay(const struct pawl__seat *seat, const struct pawl__place *place)
{
	/* relaxed: our own count; if we are not the owner, the release finds out */
	return pawl__stay_is_unbroken() && pawl__seat_is_held(seat) &&
	       !pawl__seat_is_last(seat, PAWL_LOAD(&place->lock.grant, RELAXED));
}

int pawl_lock_release(pawl_lock_t *lock) PAWL_NO_ANALYSIS
{
	struct pawl__member *member = pawl__recent;
	struct pawl__spot spot;
	struct pawl__place *place;

	if (PAWL_UNLIKELY(!lock))
		return EINVAL;
	spot = pawl__spot_of(lock);
	place = place_of(lock, spot);
	if (PAWL_UNLIKELY(pawl__table_gen(place) != spot.gen))
		return return_home(lock, NULL);
	if (PAWL_UNLIKELY(!member || member->space != lock->space || member->me == 0 || attends(lock)))
		return return_home(lock, place);
	if (lock->seats) {
		if (PAWL_UNLIKELY(!is_to_stay(lock->seats + spot.index, place)))
			return return_home(lock, place);
		PAWL__POINT("lock/leaving-with-lease");
	}
	return PAWL_LIKELY(pawl__robust_release_plain(member, &place->lock)) ? 0 : return_home(lock, place);
}

void pawl_lock_interrupt(pawl_lock_t *lock)
{
	if (!lock)
		return;
	PAWL_FETCH_ADD(&lock->interrupts, 1u, RELAXED); /* relaxed: that it moves is all there is to see */
	pawl__wake(&lock->interrupts, PAWL__WAKE_ALL);
}

bool pawl_lock_valid(const pawl_lock_t *lock)
{
	const struct pawl__place *place = lock ? own_place(lock) : NULL;
	const struct pawl__seat *seat = place ? seat_of(lock, place) : NULL;

	if (pawl__is_strict(lock))
		return pawl__strict_valid(lock);
	if (!place || !is_held_by_me(lock))
		return false;
	return !seat || pawl__seat_is_valid(seat, pawl__boot_late());
}

int pawl_lock_consistent(pawl_lock_t *lock) PAWL_NO_ANALYSIS
{
	struct pawl__member *member;
	struct pawl__place *place;

	if (!lock)
		return EINVAL;
	if (pawl__is_strict(lock))
		return pawl__strict_consistent(lock);
	member = pawl__member_now(lock->space);
	place = own_place(lock);
	return member && place ? pawl__robust_consistent(&place->lock, member->me) : EPERM;
}

int pawl_lock_reset(pawl_lock_t *lock)
{
	struct pawl__place *place;
	struct pawl__spot spot;

	if (!lock)
		return EINVAL;
	if (is_removed(lock))
		return EIDRM;
	if (pawl__is_strict(lock))
		return pawl__strict_reset(lock);
	place = own_place(lock);
	/* A poisoned place is not reclaimed: if ours has another name now, the name may have been poisoned elsewhere since. */
	if (!place && pawl__table_find(lock->space, &lock->name, &spot) == 0)
		place = pawl__place_at(lock->space, spot.index);
	return place ? pawl__robust_reset(&place->lock) : EINVAL;
}

int pawl_lock_linger(pawl_lock_t *lock, int *fd)
{
	struct pawl__place *place;
	int cancel, rc;

	if (!lock || !fd)
		return EINVAL;
	if (pawl__is_strict(lock))
		return ENOTSUP;
	if (!is_held_by_me(lock))
		return EPERM;
	place = place_of(lock, pawl__spot_of(lock));
	cancel = pawl__cancel_off();
	PAWL_FETCH_OR(&place->mark, PAWL__LINGER, RELAXED); /* relaxed: we own the lock; before there is a byte to wait for */
	PAWL__POINT("lock/lingering");
	rc = pawl__linger_hold(lock->space, pawl__place_index(lock->space, place), fd);
	pawl__cancel_back(cancel);
	return rc;
}
