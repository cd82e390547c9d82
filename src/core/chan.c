/* SPDX-License-Identifier: BSD-2-Clause */
/** chan.c: the channel that carries elements: a ring in which each cell has a turn (chan.h).
 *
 * A *position* is lap * n + index, n the lowest power of two that is not below the capacity: it goes up by one from cell to
 * cell, and from the last cell to the first of the next lap. `tail` is the position of the next send, `head` that of the
 * next receive. A cell's `turn` says whose it is:
 *
 *   turn       the cell                                       waits for
 *   2 p        is empty                                       the sender at position p
 *   2 p + 1    holds what was sent at position p              the receiver at position p
 *
 * and after that receiver it is 2 (p + lap). So a sender at p finds 2 p: it may try to take the position, by a
 * compare-and-swap of `tail`; less: the cell has not been emptied yet, the channel is full; more: `tail` has moved on.
 * Receivers likewise. The position taken, nobody else touches the cell until its turn is stored.
 *
 * Closing sets bit 63 of `tail`, which no sender's compare-and-swap survives. A receiver that finds nothing at `head` and
 * `tail` closed at the same position has seen the end.
 *
 * Sleeping: event.h. Every send and every receive looks, when it is done, whether somebody sleeps at the other end, and
 * wakes one. That wake may be for nothing: the cell it is about lies behind one whose owner has been preempted. So whoever
 * has slept and leaves, with an element or without, wakes another if that one would find something to do (I4). Who finds
 * the end of a closed channel, or takes an element from one, wakes all, because nobody may come to do it later.
 *
 * Labels: CH1/CH2 hand the element over, CH3/CH4 the empty cell, CH5 the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/chan.h"
#include "core/clock.h"
#include "core/fence.h"
#include "core/park.h"
#include "core/wait.h"

#define CLOSED ((uint64_t)1 << 63)

struct cell {
	uint64_t turn;
	unsigned char element[];
};

static inline struct cell *cell_at(pawl_chan_t *c, uint64_t position)
{
	return (struct cell *)(c->cells + (position & (c->lap - 1)) * c->stride);
}

static inline uint64_t next(const pawl_chan_t *c, uint64_t position)
{
	uint64_t index = position & (c->lap - 1);

	return index + 1 < c->capacity ? position + 1 : position - index + c->lap;
}

/* The usual size by a move. */
static inline void copy(void *to, const void *from, size_t size)
{
	if (PAWL_LIKELY(size == sizeof(uint64_t)))
		memcpy(to, from, sizeof(uint64_t));
	else
		memcpy(to, from, size);
}

static inline void wake_receiver(pawl_chan_t *c)
{
	if (PAWL_UNLIKELY(pawl__event_is_awaited(&c->not_empty, c->fenced)))
		pawl__event_wake_one(&c->not_empty);
}

static inline void wake_sender(pawl_chan_t *c)
{
	if (PAWL_UNLIKELY(pawl__event_is_awaited(&c->not_full, c->fenced)))
		pawl__event_wake_one(&c->not_full);
}

static inline int try_send(pawl_chan_t *c, const void *element)
{
	uint64_t p = PAWL_LOAD(&c->tail, RELAXED); /* relaxed: a guess; the CAS decides */

	for (;;) {
		struct cell *cell = cell_at(c, p & ~CLOSED);
		/* CH3 acquire: pairs with CH4: the receiver is done with the cell */
		int64_t ahead = (int64_t)(PAWL_LOAD(&cell->turn, ACQUIRE) - 2 * p);

		if (PAWL_UNLIKELY(p & CLOSED))
			return EPIPE;
		if (PAWL_UNLIKELY(ahead < 0))
			return EBUSY;
		if (PAWL_UNLIKELY(ahead > 0)) {
			p = PAWL_LOAD(&c->tail, RELAXED); /* relaxed: as above */
			continue;
		}
		/* relaxed: the position alone; CH2 hands the element over */
		if (PAWL_UNLIKELY(!PAWL_CAS(&c->tail, &p, next(c, p), RELAXED)))
			continue;
		copy(cell->element, element, c->element_size);
		/* CH2 release: pairs with CH1: the element is in its cell */
		PAWL_STORE(&cell->turn, 2 * p + 1, RELEASE);
		wake_receiver(c);
		return 0;
	}
}

/* Nothing to receive at position p: is there ever going to be? */
static int nothing(const pawl_chan_t *c, uint64_t p)
{
	/* CH5 acquire: pairs with CH6 (close): as good as any message to the one who waits for the end */
	return PAWL_LOAD(&c->tail, ACQUIRE) == (p | CLOSED) ? EPIPE : EBUSY;
}

static inline int try_recv(pawl_chan_t *c, void *element)
{
	uint64_t p = PAWL_LOAD(&c->head, RELAXED); /* relaxed: a guess; the CAS decides */

	for (;;) {
		struct cell *cell = cell_at(c, p);
		/* CH1 acquire: pairs with CH2: the element is in its cell */
		int64_t ahead = (int64_t)(PAWL_LOAD(&cell->turn, ACQUIRE) - (2 * p + 1));

		if (PAWL_UNLIKELY(ahead < 0))
			return nothing(c, p);
		if (PAWL_UNLIKELY(ahead > 0)) {
			p = PAWL_LOAD(&c->head, RELAXED); /* relaxed: as above */
			continue;
		}
		/* relaxed: the position alone; CH4 hands the cell over */
		if (PAWL_UNLIKELY(!PAWL_CAS(&c->head, &p, next(c, p), RELAXED)))
			continue;
		if (PAWL_LIKELY(element != NULL))
			copy(element, cell->element, c->element_size);
		/* CH4 release: pairs with CH3: the receiver is done with the cell */
		PAWL_STORE(&cell->turn, 2 * (p + c->lap), RELEASE);
		wake_sender(c);
		return 0;
	}
}

int pawl__chan_try_send(pawl_chan_t *c, const void *element)
{
	return try_send(c, element);
}

int pawl__chan_try_recv(pawl_chan_t *c, void *element)
{
	return try_recv(c, element);
}

/* ---- waiting ---- */

/* One end of a channel, and what is wanted of it. */
struct end {
	pawl_chan_t *c;
	uint32_t *event;
	const void *from;
	void *into;
};

static int attempt(const struct end *e)
{
	return e->from ? pawl__chan_try_send(e->c, e->from) : pawl__chan_try_recv(e->c, e->into);
}

static int spin(const struct end *e, pawl_deadline_t deadline)
{
	struct pawl__spin s;
	int rc;

	pawl__spin_begin(&s, &pawl__own_patience, *pawl__own_patience.spin_ns, true, deadline);
	while ((rc = attempt(e)) == EBUSY && pawl__spin_on(&s))
		;
	return rc;
}

static bool is_closed(const pawl_chan_t *c)
{
	return PAWL_LOAD(&c->tail, RELAXED) & CLOSED; /* relaxed: who closes it wakes those who sleep, later, too */
}

/* Could one who sleeps on it be doing something else by now? */
static bool is_ready(pawl_chan_t *c, const uint32_t *event)
{
	bool sends = event == &c->not_full;
	uint64_t p = PAWL_LOAD(sends ? &c->tail : &c->head, RELAXED); /* relaxed: a look; the woken one looks for itself */

	/* relaxed: as above */
	return PAWL_LOAD(&cell_at(c, p & ~CLOSED)->turn, RELAXED) == 2 * p + !sends;
}

void pawl__chan_leave(pawl_chan_t *c, uint32_t *event)
{
	if (is_closed(c))
		pawl__event_wake_all(event);
	else if (is_ready(c, event))
		pawl__event_wake_one(event);
}

static int wait_for_it(const struct end *e, pawl_deadline_t deadline)
{
	if (pawl__now() >= deadline)
		return ETIMEDOUT;
	for (;;) {
		struct pawl__watch watch = { .word = e->event, .is_private = true };
		int64_t until = deadline;
		int rc;

		watch.value = pawl__event_announce(e->event);
		if (!e->c->fenced && !pawl__fence_heavy())
			until = pawl__sooner(pawl__now() + PAWL__FENCE_SLICE_NS, deadline);
		rc = attempt(e);
		if (rc == EBUSY && pawl__now() >= deadline)
			rc = ETIMEDOUT;
		if (rc != EBUSY) {
			pawl__chan_leave(e->c, e->event);
			return rc;
		}
		pawl__park(&watch, 1, until);
	}
}

static int wait_at(struct end e, pawl_deadline_t deadline)
{
	int rc = spin(&e, deadline);

	return rc == EBUSY ? wait_for_it(&e, deadline) : rc;
}

__attribute__((noinline)) static int wait_to_send(pawl_chan_t *c, const void *element, pawl_deadline_t deadline)
{
	return wait_at((struct end){ .c = c, .event = &c->not_full, .from = element }, deadline);
}

__attribute__((noinline)) static int wait_to_recv(pawl_chan_t *c, void *element, pawl_deadline_t deadline)
{
	return wait_at((struct end){ .c = c, .event = &c->not_empty, .into = element }, deadline);
}

int pawl_chan_send(pawl_chan_t *c, const void *element, pawl_deadline_t deadline)
{
	int rc;

	if (PAWL_UNLIKELY(!c || !element))
		return EINVAL;
	rc = try_send(c, element);
	return PAWL_UNLIKELY(rc == EBUSY) && deadline != PAWL_TRY ? wait_to_send(c, element, deadline) : rc;
}

int pawl_chan_recv(pawl_chan_t *c, void *element, pawl_deadline_t deadline)
{
	int rc;

	if (PAWL_UNLIKELY(!c))
		return EINVAL;
	rc = try_recv(c, element);
	return PAWL_UNLIKELY(rc == EBUSY) && deadline != PAWL_TRY ? wait_to_recv(c, element, deadline) : rc;
}

/* ---- the rest ---- */

int pawl_chan_close(pawl_chan_t *c)
{
	if (!c)
		return EINVAL;
	/* CH6 release: pairs with CH5 */
	if (PAWL_FETCH_OR(&c->tail, CLOSED, RELEASE) & CLOSED)
		return EPIPE;
	pawl__event_wake_all(&c->not_empty);
	pawl__event_wake_all(&c->not_full);
	return 0;
}

/* The cells that lie before a position, from the beginning of time. */
static uint64_t cells_before(const pawl_chan_t *c, uint64_t position)
{
	return position / c->lap * c->capacity + (position & (c->lap - 1));
}

size_t pawl_chan_len(const pawl_chan_t *c)
{
	uint64_t head, tail, len;

	if (!c)
		return 0;
	/* relaxed: out of date at once; but head first, which then is not beyond tail */
	head = PAWL_LOAD(&c->head, RELAXED);
	tail = PAWL_LOAD(&c->tail, RELAXED) & ~CLOSED; /* relaxed: as above */
	len = cells_before(c, tail) - cells_before(c, head);

	return (int64_t)len < 0 ? 0 : len > c->capacity ? c->capacity : len;
}

size_t pawl_chan_cap(const pawl_chan_t *c)
{
	return c ? c->capacity : 0;
}

int pawl_chan_create(pawl_chan_t **out, size_t capacity, size_t element_size)
{
	size_t stride, cells, bytes;
	uint64_t lap = 1;
	pawl_chan_t *c;

	if (!out || capacity == 0 || element_size == 0)
		return EINVAL;
	if (capacity > SIZE_MAX / 32 || __builtin_add_overflow(element_size, sizeof(struct cell) + 7, &stride) ||
		__builtin_mul_overflow(stride & ~(size_t)7, capacity, &cells) ||
		__builtin_add_overflow(cells, sizeof(*c) + PAWL__LINE, &bytes))
		return ENOMEM;
	while (lap < capacity)
		lap *= 2;
	c = aligned_alloc(PAWL__LINE, bytes & ~(size_t)(PAWL__LINE - 1));
	if (!c)
		return ENOMEM;
	*c = (pawl_chan_t){ .capacity = capacity,
		.element_size = element_size,
		.stride = stride & ~(size_t)7,
		.lap = lap,
		.fenced = !pawl__fence_can() };
	for (size_t i = 0; i < capacity; i++)
		cell_at(c, i)->turn = 2 * i;
	*out = c;
	return 0;
}

int pawl_chan_destroy(pawl_chan_t *c)
{
	free(c);
	return c ? 0 : EINVAL;
}
