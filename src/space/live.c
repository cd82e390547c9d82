/* SPDX-License-Identifier: BSD-2-Clause */
/** live.c: liveness slots. Callers: member.c (join, leave), wait.c and info.c (alive or dead).
 *
 * Each thread that uses a space locks one robust, process-shared mutex, the *token* of its slot, and holds it for as long
 * as it is a member. When the thread ends, however it ends, the kernel walks its list of robust mutexes, writes
 * OWNER_DIED into the token's futex word and wakes one who sleeps there. That is before the process's memory is torn
 * down, so it does not matter how large it is, and by the kernel's own idea of the thread, so PID namespaces do not
 * matter either.
 *
 * Only the slot's own thread, or one that has just claimed the slot, calls pthread functions on a token; everybody else
 * reads its futex word. (A trylock on a *live* token would put it on the caller's list of pending operations; a caller
 * killed just there, with the owner's TID in another PID namespace, would mark the living owner dead.)
 *
 * slot.state is inc << 2 | kind:
 *
 *   kind       claim by another            join goes on                  leave                thread dies
 *   FREE       -> (inc+1, CLAIMING)        cannot: was claimed           cannot               -
 *   CLAIMING   stolen if its token has     token locked: -> OWNED;       cannot               stays; token vacant: stolen
 *              no thread (last resort)     stolen meanwhile: next slot
 *   OWNED      if its token has no thread: cannot                        token freed, then    stays; token says OWNER_DIED
 *              -> (inc+1, CLAIMING)                                      -> FREE
 *
 * I2: the incarnation is bumped before the token is locked again (the CAS to CLAIMING), so a word that names the old
 *     incarnation never meets a locked token with its own number.
 * I3: whoever sees OWNER_DIED on a slot wakes all who sleep on it.
 *
 * A slot whose incarnation has reached its end is retired; a space sees 4,095 x 262,143, about 10^9, joins before it
 * answers ENOSPC to the next.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/park.h"
#include "core/point.h"
#include "space/live.h"
#include "space/reserve.h"

static uint32_t kind_of(uint32_t state)
{
	return state & 3;
}

static uint32_t inc_of(uint32_t state)
{
	return state >> 2;
}

static uint32_t state_make(uint32_t inc, uint32_t kind)
{
	return inc << 2 | kind;
}

/* ---- alive or dead ---- */

bool pawl__live_is_alive(const struct pawl_space *space, uint32_t w, uint32_t *token)
{
	struct pawl__slot *slot = pawl__slot_at(space, pawl__word_slot(w));
	uint32_t state;

	*token = 0;
	if (!slot)
		return false;
	/* The token FIRST, then the incarnation: if the token we read is the next thread's, that thread's bump (I2) is
	 * before its lock, so we cannot miss it. The other way round a new thread's token would pass for the old one's. */
	/* LV3 acquire: pairs with LV4 (join's fence) and with the kernel's store of OWNER_DIED, a full-barrier cmpxchg
	 * that the dying thread itself makes after its last store */
	*token = PAWL_LOAD(pawl__token(space, slot), ACQUIRE);
	/* LV5 acquire: pairs with LV4, LV6 (claim, join) and LV7 (leave): the incarnation is at least as new as the token */
	state = PAWL_LOAD(&slot->state, ACQUIRE);
	return kind_of(state) == PAWL__SLOT_OWNED && inc_of(state) == pawl__word_inc(w) && pawl__tid_of(*token) != 0;
}

bool pawl__live_is_vacant(const struct pawl_space *space, uint32_t slot)
{
	struct pawl__slot *s = pawl__slot_at(space, slot);

	return !s || pawl__tid_of(PAWL_LOAD(pawl__token(space, s), ACQUIRE)) == 0; /* LV3 acquire */
}

bool pawl__live_register(const struct pawl_space *space, uint32_t w, uint32_t *token)
{
	struct pawl__slot *slot = pawl__slot_at(space, pawl__word_slot(w));
	uint32_t seen = *token;

	if (!slot)
		return false;
	if (!(seen & FUTEX_WAITERS)) {
		/* relaxed: orders nothing of ours; the kernel compares the word again, atomically, as the sleep begins */
		if (!PAWL_CAS(pawl__token(space, slot), &seen, seen | FUTEX_WAITERS, RELAXED))
			return false;
		PAWL__POINT("live/registered");
	}
	*token |= FUTEX_WAITERS;
	/* LV5 acquire: pairs with LV6: a new owner of the slot with the same TID shows by its incarnation */
	return inc_of(PAWL_LOAD(&slot->state, ACQUIRE)) == pawl__word_inc(w);
}

void pawl__live_wake_all(const struct pawl_space *space, uint32_t slot)
{
	struct pawl__slot *s = pawl__slot_at(space, slot);

	if (s)
		pawl__wake(pawl__token(space, s), PAWL__WAKE_ALL);
}

/* ---- join ---- */

/* The stand-alone fence of join; a read-modify-write where ThreadSanitizer looks, which does not know fences. */
static void full_fence(void)
{
#ifdef __SANITIZE_THREAD__
	static uint32_t fence;

	PAWL_FETCH_ADD(&fence, 0u, SEQ_CST); /* LV4, as below */
#else
	/* LV4 seq_cst: pairs with LV3, LV5: whoever reads our TID in the token reads our incarnation too; and pairs with
	 * RB3: whoever reads our id in a lock's word reads own[] as we left it */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* `last_resort`: also a slot whose claimer has died, or is stopped, between claiming it and locking its token. */
static bool is_usable(uint32_t state, uint32_t token, bool last_resort)
{
	if (inc_of(state) >= PAWL__INC_MAX)
		return false;
	switch (kind_of(state)) {
	case PAWL__SLOT_FREE:
		return true;
	case PAWL__SLOT_OWNED:
		return pawl__tid_of(token) == 0;
	case PAWL__SLOT_CLAIMING:
		return last_resort && pawl__tid_of(token) == 0;
	default:
		return false;
	}
}

static bool lock_token(struct pawl__slot *slot)
{
	switch (pthread_mutex_trylock(&slot->token)) {
	case 0:
		return true;
	case EOWNERDEAD:
		return pthread_mutex_consistent(&slot->token) == 0;
	default:
		return false; /* EBUSY: not ours after all. ENOTRECOVERABLE: only a damaged segment has that */
	}
}

static bool claim(struct pawl_space *space, uint32_t s, bool last_resort, uint32_t *me)
{
	struct pawl__slot *slot = pawl__slot_at(space, s);
	uint32_t state, token, inc, claimed;

	if (!slot) /* I7: a peer has counted it out again */
		return false;
	state = PAWL_LOAD(&slot->state, ACQUIRE);             /* LV5 acquire: pairs with LV6, LV7 */
	token = PAWL_LOAD(pawl__token(space, slot), ACQUIRE); /* LV3 acquire: pairs with the kernel's store */
	inc = inc_of(state) + 1;
	claimed = state_make(inc, PAWL__SLOT_CLAIMING);
	/* LV6 seq_cst: pairs with LV5: I2, the incarnation moves before the token is locked */
	if (!is_usable(state, token, last_resort) || !PAWL_CAS(&slot->state, &state, claimed, SEQ_CST))
		return false;
	PAWL__POINT("live/claimed");
	/* I3; OWNED without OWNER_DIED: a thread that left while it held, and was killed before it woke its waiters */
	if ((token & FUTEX_OWNER_DIED) || kind_of(state) == PAWL__SLOT_OWNED)
		pawl__live_wake_all(space, s);
	if (PAWL_LOAD(&slot->state, SEQ_CST) != claimed) /* LV6: stolen while we were stopped */
		return false;
	full_fence(); /* LV4 */
	if (!lock_token(slot))
		return false;
	PAWL__POINT("live/token-locked");
	if (!PAWL_CAS(&slot->state, &claimed, state_make(inc, PAWL__SLOT_OWNED), SEQ_CST)) { /* LV6 */
		pthread_mutex_unlock(&slot->token);
		return false;
	}
	PAWL__POINT("live/owned");
	*me = pawl__word_make(s, inc);
	return true;
}

static bool claim_any(struct pawl_space *space, bool last_resort, uint32_t *me)
{
	uint32_t n = PAWL_LOAD(&space->header->slots_ready, ACQUIRE) - 1; /* LV1 acquire: pairs with LV2 */
	/* relaxed: where to begin looking; rotating spreads claimers and uses up incarnations evenly */
	uint32_t hint = PAWL_FETCH_ADD(&space->header->slot_hint, 1u, RELAXED);

	for (uint32_t i = 0; i < n && n < PAWL__SLOTS; i++)
		if (claim(space, 1 + (hint + i) % n, last_resort, me))
			return true;
	return false;
}

int pawl__live_join(struct pawl_space *space, uint32_t *me)
{
	while (!claim_any(space, false, me)) {
		int rc = pawl__live_grow(space);

		if (rc == 0)
			continue;
		if (!claim_any(space, true, me))
			return rc;
		break;
	}
	pawl__live_sign(space, pawl__word_slot(*me));
	PAWL_FETCH_ADD(&space->header->joins, 1u, RELAXED); /* relaxed: a statistic */
	/* relaxed: read by threads of this process that see a word naming us. RB1, which names us, is no release: a fence
	 * here, once a thread, instead of one in every acquire */
	PAWL_STORE(&space->own[pawl__word_slot(*me)], *me, RELAXED);
	full_fence(); /* LV4 */
	return 0;
}

static void make_token(pthread_mutex_t *token)
{
	pthread_mutexattr_t attr;

	memset(token, 0, sizeof(*token));
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(token, &attr);
	pthread_mutexattr_destroy(&attr);
}

/* Two threads may prepare the same block at once, and one may be stopped half-way while the slots come into use: so only
 * those words of a fresh mutex are written that are not zero. They say what kind it is and never change. */
int pawl__live_grow(struct pawl_space *space)
{
	uint32_t ready = PAWL_LOAD(&space->header->slots_ready, RELAXED); /* relaxed: the CAS below decides */
	uint32_t next = ready + PAWL__SLOT_BLOCK, token[sizeof(pthread_mutex_t) / 4];
	struct pawl__slot *slots = (struct pawl__slot *)((char *)space->header + PAWL__SLOTS_OFF);
	pthread_mutex_t fresh;
	int rc;

	if (ready >= PAWL__SLOTS || next > PAWL__SLOTS)
		return ENOSPC;
	rc = pawl__reserve_range(space, PAWL__SLOTS_OFF + ready * sizeof(*slots), PAWL__SLOT_BLOCK * sizeof(*slots));
	if (rc != 0)
		return rc;
	make_token(&fresh);
	memcpy(token, &fresh, sizeof(token));
	for (uint32_t s = ready; s < next; s++)
		for (unsigned i = 0; i < sizeof(token) / 4; i++)
			if (token[i] != 0)
				PAWL_STORE((uint32_t *)&slots[s].token + i, token[i], RELAXED); /* relaxed: LV2 follows */
	PAWL__POINT("live/block-prepared");
	/* LV2 release: pairs with LV1 (slot_at): the mutexes are prepared before anybody counts the slots in */
	PAWL_CAS(&space->header->slots_ready, &ready, next, RELEASE);
	return 0;
}

/* ---- leave ---- */

/* The C library takes the token off the thread's list by writing to its neighbours, whose addresses it reads from the
 * token: from shared memory, which any peer of the same user can write. So look first, in a way that garbage cannot
 * fault, that the neighbours really are neighbours. */
static bool is_linked_properly(struct pawl_space *space, struct pawl__slot *slot)
{
	struct node {
		uintptr_t next;
	} me, before, after;
	struct {
		uintptr_t next;
		long futex_offset;
		uintptr_t pending;
	} * head;
	size_t size;
	uintptr_t node, prev_field;
	struct iovec to, from;

	if (syscall(SYS_get_robust_list, 0, &head, &size) != 0)
		return true; /* nothing to compare with */
	node = (uintptr_t)pawl__token(space, slot) - (uintptr_t)head->futex_offset;
	prev_field = node - sizeof(uintptr_t); /* glibc: prev, next; the kernel's entry is the address of `next` */
	memcpy(&me, (void *)node, sizeof(me));
	memcpy(&before, (void *)prev_field, sizeof(before));
	to = (struct iovec){ &after, sizeof(after) };
	from = (struct iovec){ (void *)((before.next & ~1ul)), sizeof(after) };
	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof(after))
		return errno == EPERM || errno == EACCES || errno == ENOSYS; /* no way to look without the risk */
	if ((after.next & ~1ul) != node)
		return false;
	if ((me.next & ~1ul) == (uintptr_t)head)
		return true; /* the last one on the list: its neighbour is the head, in our own memory */
	from.iov_base = (void *)((me.next & ~1ul) - sizeof(uintptr_t));
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == sizeof(after) && (after.next & ~1ul) == node;
}

bool pawl__live_leave(struct pawl_space *space, uint32_t me, bool holds)
{
	uint32_t s = pawl__word_slot(me);
	struct pawl__slot *slot = pawl__slot_at(space, s);
	uint32_t owned = state_make(pawl__word_inc(me), PAWL__SLOT_OWNED);

	if (!slot || !is_linked_properly(space, slot)) /* I7, as in claim */
		return false;
	PAWL_STORE(&slot->waiting_place, 0u, RELAXED); /* for people */
	/* Unlock first: after FREE a claimer would meet a locked token. */
	pthread_mutex_unlock(&slot->token);
	PAWL__POINT("live/token-unlocked");
	/* relaxed: siblings that sleep on this word compare it in the kernel */
	PAWL_STORE(&space->own[s], 0u, RELAXED);
	if (holds) {
		pawl__wake_private(&space->own[s], PAWL__WAKE_ALL);
		pawl__live_wake_all(space, s); /* I3: this is a death, only a polite one */
	} else {
		/* LV7 release: pairs with LV5. CAS, not a store: a claimer may have found us vacant meanwhile */
		PAWL_CAS(&slot->state, &owned, state_make(pawl__word_inc(me), PAWL__SLOT_FREE), RELEASE);
		PAWL__POINT("live/freed");
	}
	return true;
}

/* ---- adoption ---- */

void pawl__live_adopt(struct pawl_space *space, bool reborn)
{
	struct pawl__slot *slot;

	for (uint32_t s = 1; (slot = pawl__slot_at(space, s)); s++) {
		uint32_t state = PAWL_LOAD(&slot->state, RELAXED); /* relaxed: we are alone */

		if (reborn) { /* its TID is some other thread's now, if anybody's */
			make_token(&slot->token);
			if (inc_of(state) < PAWL__INC_MAX && kind_of(state) != PAWL__SLOT_FREE)
				state += 1u << 2; /* I2 */
		} else if (kind_of(state) != PAWL__SLOT_CLAIMING) {
			continue; /* FREE, or OWNED by the dead, which is what it says */
		}
		PAWL_STORE(&slot->state, state_make(inc_of(state), PAWL__SLOT_FREE), RELAXED); /* relaxed: alone */
		PAWL__POINT("live/adopted");
	}
}

/* ---- where the token is ---- */

int pawl__live_token_offset(void)
{
	struct {
		uintptr_t next;
		long futex_offset;
		uintptr_t pending;
	} * head;
	pthread_mutex_t probe;
	size_t size;
	intptr_t off = -1;

	make_token(&probe);
	if (pthread_mutex_lock(&probe) != 0)
		return -1;
	if (syscall(SYS_get_robust_list, 0, &head, &size) == 0 && size >= sizeof(*head))
		off = (intptr_t)((head->next & ~1ul) + (uintptr_t)head->futex_offset) - (intptr_t)&probe;
	pthread_mutex_unlock(&probe);
	pthread_mutex_destroy(&probe);
	return off >= 0 && off <= (intptr_t)(sizeof(probe) - sizeof(uint32_t)) && off % 4 == 0 ? (int)off : -1;
}
