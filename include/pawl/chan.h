/* SPDX-License-Identifier: BSD-2-Clause */
/** chan.h: Go's channels for the threads of a process: as a lock, as so many permits, or carrying elements; and select.
 *
 * For       hand-over between threads; a lock that is tried rather than waited for; waiting for several things at once.
 * Not for   other processes; a rendezvous (capacity 0).
 *
 * pawl_tokens_t is `chan struct{}` of capacity n, filled: take is `<-c`, put is `c <- struct{}{}`. Unlike a mutex it has
 * no owner: whoever wants may put back. pawl_chan_t is `chan T`: a bounded queue of elements of one size. What one
 * sender sends is received in the order it was sent in; there is no order between senders but that of their calls.
 */
#ifndef PAWL_CHAN_H
#define PAWL_CHAN_H

#include <pawl/base.h>

PAWL_EXTERN_C_BEGIN

/* ---- tokens ---- */

/** 16 bytes; all of it private to this file and src/core/tokens.c (bit table there). Zero-filled memory has no tokens. */
typedef struct PAWL_CAPABILITY("tokens") pawl_tokens {
	uint32_t word;  /* how many are free, how many threads wait */
	uint16_t n;     /* how many there are */
	uint16_t most;  /* how many threads may wait */
	uint8_t hungry; /* a taker has waited too long */
	uint8_t spare[7];
} pawl_tokens_t;

PAWL_STATIC_ASSERT(sizeof(pawl_tokens_t) == 16, "pinned: it lives in other people's structures");

#define PAWL_TOKENS_MAX 32767 /* tokens, and waiters */

#define PAWL_TOKENS_FREE_ 0x7fffu /* in `word`: the free ones */
#define PAWL_TOKENS_TURN_ 0x8000u /* in `word`: they are for those who have waited too long */

/** Prepare `t`, which nobody uses: `n` tokens (1 .. PAWL_TOKENS_MAX), all free, for which `max_waiters`
 * (0 .. PAWL_TOKENS_MAX) threads at most may wait at the same time.
 * Returns  0; EINVAL.  Signals  async-signal-safe. */
PAWL_API int pawl_tokens_init(pawl_tokens_t *t, unsigned n, unsigned max_waiters);

/* The other halves of the inline functions below; not to be called. */
PAWL_API int pawl_tokens_wait_(pawl_tokens_t *t, pawl_deadline_t deadline);
PAWL_API int pawl_tokens_hand_(pawl_tokens_t *t);

/** Take a token, waiting until `deadline` (PAWL_TRY: not at all).
 * Returns  0; EBUSY (PAWL_TRY) there is none; ETIMEDOUT; EAGAIN: as many wait already as may, whatever the deadline.
 * Order    acquire; pairs with pawl_tokens_put() [TK1/TK2].
 * Blocks   until `deadline`: spins for microseconds, then sleeps. System calls: none when one is free; futex when it waits.
 *          A refused try is one load.
 * Threads  any.  Fork  the child's copy counts what the parent's counted, waiters too: initialise it anew there, unless
 *          nobody waited.
 * Signals  PAWL_TRY is async-signal-safe, the rest is not. Never EINTR: the wait goes on with the same deadline.
 * Cancel   not a cancellation point.
 * Example  tests/examples/eg_chan.c */
PAWL_MUST_CHECK static inline int pawl_tokens_take(pawl_tokens_t *t, pawl_deadline_t deadline)
	PAWL_TRY_ACQUIRE(0, *t) PAWL_NO_ANALYSIS
{
	uint32_t v = PAWL_LOAD(&t->word, RELAXED); /* relaxed: a hint that saves the cache line; the CAS decides */

	if (v & PAWL_TOKENS_FREE_) { /* no hint: who only tries is refused as often as not */
		/* TK1 acquire: pairs with TK2: what was done before the token was put back is visible here */
		if (PAWL_LIKELY(!(v & PAWL_TOKENS_TURN_)) && PAWL_LIKELY(PAWL_CAS(&t->word, &v, v - 1, ACQUIRE)))
			return 0;
	} else if (deadline == PAWL_TRY) {
		return EBUSY;
	}
	return pawl_tokens_wait_(t, deadline);
}

/** Put a token back; it need not be the thread that took it.
 * Returns  0; EINVAL all of them are there already (nothing has changed).
 * Order    release; pairs with pawl_tokens_take() [TK2/TK1]. Nothing is touched after the instruction that frees the
 *          token, so whoever takes the last one may free the memory.
 * Blocks   never. System calls: futex, when somebody sleeps.  Signals  async-signal-safe. */
static inline int pawl_tokens_put(pawl_tokens_t *t) PAWL_RELEASE(*t) PAWL_NO_ANALYSIS
{
	uint32_t v = PAWL_LOAD(&t->word, RELAXED); /* relaxed: a guess; the CAS decides */

	/* TK2 release: pairs with TK1: nothing that was done under the token may sink below this. Below n is not only "one
	 * is missing" but also "nobody waits": waiters count in the upper half */
	if (PAWL_LIKELY(v < t->n) && PAWL_LIKELY(PAWL_CAS(&t->word, &v, v + 1, RELEASE)))
		return 0;
	return pawl_tokens_hand_(t);
}

/** Tell clang's analysis that this thread has a token, where it cannot see that: after a select, or in another function than
 * the one that took it. Does nothing. */
static inline void pawl_tokens_assert_held(const pawl_tokens_t *t) PAWL_ASSERT_HELD(*t)
{
	(void)t;
}

/** How many are free at this moment.  Signals  async-signal-safe. */
static inline unsigned pawl_tokens_free(const pawl_tokens_t *t)
{
	return PAWL_LOAD(&t->word, RELAXED) & PAWL_TOKENS_FREE_; /* relaxed: out of date at once */
}

/* ---- channels ---- */

typedef struct pawl_chan pawl_chan_t;

/** A channel for `capacity` elements (1 and up) of `element_size` bytes (1 and up), exactly. All its memory is touched here.
 * Returns  0; EINVAL; ENOMEM, also for what no memory could hold.  Signals  not async-signal-safe. */
PAWL_API PAWL_MUST_CHECK int pawl_chan_create(pawl_chan_t **c, size_t capacity, size_t element_size);

/** Free it; what it still holds is lost. Nobody may be using it any more: to have received what was sent, or EPIPE, does not
 * mean that the sender, or the one who closed it, has returned from the call: join it first.
 * Returns  0; EINVAL for NULL.  Signals  not async-signal-safe. */
PAWL_API int pawl_chan_destroy(pawl_chan_t *c);

/** Send a copy of `*element`, waiting for room until `deadline` (PAWL_TRY: not at all).
 * Returns  0; EBUSY (PAWL_TRY) it is full; ETIMEDOUT; EPIPE it is closed (Go panics here); EINVAL for NULL.
 * Order    release; pairs with the pawl_chan_recv() that gets the element [CH1/CH2].
 * A try    may find a channel full that is not, and a receiver's try one empty that is not, for as long as another thread
 *          is between taking its place in the queue and being done with it; if that thread is preempted just there, for
 *          a time slice. What lies behind that place waits for it, too: a wait with a
 *          deadline may time out although a later element has been sent already.
 * Blocks   until `deadline`: spins for microseconds, then sleeps. System calls: none if it need not wait and nobody sleeps
 *          at the other end; futex, and membarrier when it goes to sleep.
 * Threads  any number at both ends.  Fork  the child's copy may be destroyed, nothing else.
 * Signals  not async-signal-safe. Never EINTR: the wait goes on with the same deadline.  Cancel  not a cancellation point.
 * Source   the ring follows Dmitry Vyukov's bounded queue: a turn in each cell, one compare-and-swap for each operation. */
PAWL_API PAWL_MUST_CHECK int pawl_chan_send(pawl_chan_t *c, const void *element, pawl_deadline_t deadline);

/** Receive the oldest element into `*element` (NULL: throw it away), waiting for one until `deadline` (PAWL_TRY: not at
 * all).
 * Returns  0; EBUSY (PAWL_TRY) it is empty; ETIMEDOUT; EPIPE it is closed, and all that was sent has been received; EINVAL
 *          for NULL in place of a channel.
 * Order    acquire; pairs with pawl_chan_send() [CH2/CH1]. Otherwise as pawl_chan_send(). */
PAWL_API PAWL_MUST_CHECK int pawl_chan_recv(pawl_chan_t *c, void *element, pawl_deadline_t deadline);

/** Close it: senders get EPIPE from now on; receivers get what was sent before, then EPIPE. All who sleep there wake.
 * Returns  0; EPIPE it was closed already; EINVAL for NULL.
 * Order    release; pairs with the pawl_chan_recv() that finds the end, EPIPE [CH6/CH5].  Blocks  never. */
PAWL_API int pawl_chan_close(pawl_chan_t *c);

/** Elements in it at this moment, from 0 to its capacity; those still being sent or received count or not. 0 for NULL. */
PAWL_API size_t pawl_chan_len(const pawl_chan_t *c);
PAWL_API size_t pawl_chan_cap(const pawl_chan_t *c);

/* ---- select ---- */

#define PAWL_SELECT_MAX 128 /* cases */

typedef enum pawl_case_kind {
	PAWL_CASE_NEVER, /* this case does not take part; so does one without an object, as with Go's nil channels */
	PAWL_CASE_SEND,
	PAWL_CASE_RECV,
	PAWL_CASE_TAKE,
} pawl_case_kind_t;

/** One thing to wait for; made by the three functions below. */
typedef struct pawl_case {
	pawl_case_kind_t kind;
	pawl_chan_t *chan;
	pawl_tokens_t *tokens;
	const void *from; /* what to send */
	void *into;       /* where to receive; may be NULL */
} pawl_case_t;

/** Send a copy of `*element`, which is read when the case is done. With NULL for `c`, never.
 * Signals  async-signal-safe, as the next two. */
static inline pawl_case_t pawl_case_send(pawl_chan_t *c, const void *element)
{
	pawl_case_t it = { c ? PAWL_CASE_SEND : PAWL_CASE_NEVER, c, NULL, element, NULL };

	return it;
}

/** Receive into `*element` (NULL: throw it away). With NULL for `c`, never. */
static inline pawl_case_t pawl_case_recv(pawl_chan_t *c, void *element)
{
	pawl_case_t it = { c ? PAWL_CASE_RECV : PAWL_CASE_NEVER, c, NULL, NULL, element };

	return it;
}

/** Take a token. With NULL, never. */
static inline pawl_case_t pawl_case_take(pawl_tokens_t *t)
{
	pawl_case_t it = { t ? PAWL_CASE_TAKE : PAWL_CASE_NEVER, NULL, t, NULL, NULL };

	return it;
}

/** Do exactly one of the `n` cases (1 .. PAWL_SELECT_MAX), waiting for one that can be done until `deadline` (PAWL_TRY: not
 * at all, Go's `default`). Of several that can be done, each is as likely. `*chosen` (may be NULL) becomes its index.
 * Returns  0 the chosen case is done; EPIPE the chosen case's channel is closed; in both, no other case was touched. EBUSY
 *          (PAWL_TRY); ETIMEDOUT; EAGAIN a take among the cases may not wait: as many wait for its tokens already as
 *          may; EINVAL: n, a kind, nothing to send from, no case that could ever be done and PAWL_FOREVER. `*chosen` is
 *          then n.
 * Order    that of the chosen case.
 * Blocks   until `deadline`, as the calls it stands for; asleep on all cases at once, by futex_waitv (Linux 5.16). Where
 *          that is refused, it looks every 5 ms.
 * Otherwise as pawl_chan_send(). */
PAWL_API PAWL_MUST_CHECK int pawl_select(const pawl_case_t *cases, size_t n, pawl_deadline_t deadline, size_t *chosen);

PAWL_EXTERN_C_END

#endif
