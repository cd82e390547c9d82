/* SPDX-License-Identifier: BSD-2-Clause */
/** chan.c: the scenes of the channel: a stream from many to many, which ends in order or is closed in the middle; and a ring
 * of channels in which balls go round, where everybody sleeps until his neighbour wakes him.
 */
#include <stdlib.h>

#include <pawl/chan.h>

#include "stress.h"

static void make(pawl_chan_t **c, size_t capacity, size_t size)
{
	if (pawl_chan_create(c, capacity, size))
		abort();
}

/* ---- a stream ---- */

struct drop {
	uint64_t sender, number, check;
};

static pawl_chan_t *stream;
static uint32_t senders_left;
static bool cut; /* closed while they send */

static void begin_stream(unsigned threads, uint64_t *rng)
{
	make(&stream, 1 + random_next(rng) % 8, sizeof(struct drop));
	senders_left = (threads + 1) / 2;
	cut = random_next(rng) % 2;
}

static pawl_deadline_t some_time(struct hand *h, int *otherwise)
{
	uint64_t side = dice(h, 3);

	*otherwise = side == 0 ? EBUSY : side == 1 ? ETIMEDOUT : -1;
	return side == 0 ? PAWL_TRY : side == 1 ? pawl_in_ns((int64_t)dice(h, 100000)) : PAWL_FOREVER;
}

static void send_on(struct hand *h)
{
	uint64_t number = 0;

	while (!over() || cut) {
		struct drop d = { .sender = h->index, .number = number, .check = ~(number ^ h->index) };
		int otherwise, rc = pawl_chan_send(stream, &d, some_time(h, &otherwise));

		if (rc == EPIPE)
			break;
		if (answer(h, rc, otherwise)) {
			h->in += d.check;
			h->did++;
			number++;
		}
		if (cut && over()) {
			pawl_chan_close(stream); /* whoever is first; EPIPE for the others */
			break;
		}
		dawdle(h);
	}
	if (__atomic_sub_fetch(&senders_left, 1, __ATOMIC_ACQ_REL) == 0)
		pawl_chan_close(stream);
}

static void receive_on(struct hand *h)
{
	uint64_t next[MOST_THREADS] = { 0 };

	for (;;) {
		struct drop d;
		int otherwise, rc = pawl_chan_recv(stream, &d, some_time(h, &otherwise));

		if (rc == EPIPE)
			return;
		if (answer(h, rc, otherwise)) {
			if (d.sender >= h->of || d.number < next[d.sender] || d.check != ~(d.number ^ d.sender)) {
				h->wrong++;
				return;
			}
			next[d.sender] = d.number + 1;
			h->out += d.check;
		}
		dawdle(h);
	}
}

static void body_stream(struct hand *h)
{
	if (h->index % 2 == 0)
		send_on(h);
	else
		receive_on(h);
}

static const char *dry(const struct hand *sum)
{
	size_t left = pawl_chan_len(stream);

	pawl_chan_destroy(stream);
	if (left)
		return "something is left in it";
	return sum->in == sum->out ? NULL : "other elements came out than went in";
}

/* ---- a ring ---- */

static pawl_chan_t *ring[MOST_THREADS];
static unsigned places, balls;

static void begin_ring(unsigned threads, uint64_t *rng)
{
	places = threads;
	balls = 0;
	for (unsigned i = 0; i < places; i++)
		make(&ring[i], 1, sizeof(uint64_t));
	for (unsigned i = 0; i < places; i++)
		if (i == 0 || random_next(rng) % 4 == 0) {
			uint64_t ball = balls;

			balls += pawl_chan_send(ring[i], &ball, PAWL_TRY) == 0;
		}
	if (balls == places && places > 1) /* full everywhere: nobody could move */
		balls -= pawl_chan_recv(ring[0], NULL, PAWL_TRY) == 0;
}

/* Gives on what it gets; when time is up it keeps it. Whoever keeps the last ball ends the game. */
static void body_ring(struct hand *h)
{
	uint64_t ball;
	int rc;

	while ((rc = pawl_chan_recv(ring[h->index], &ball, PAWL_FOREVER)) == 0) {
		h->did++;
		if (over()) {
			h->in++;
			if (__atomic_sub_fetch(&balls, 1, __ATOMIC_ACQ_REL) == 0)
				for (unsigned i = 0; i < places; i++)
					pawl_chan_close(ring[i]);
			continue;
		}
		if (!answer(h, pawl_chan_send(ring[(h->index + 1) % places], &ball, PAWL_FOREVER), -1))
			return;
	}
	h->wrong += rc != EPIPE;
}

static const char *ring_is_empty(const struct hand *sum)
{
	size_t left = 0;

	(void)sum;
	for (unsigned i = 0; i < places; i++) {
		left += pawl_chan_len(ring[i]);
		pawl_chan_destroy(ring[i]);
	}
	return left == 0 && balls == 0 ? NULL : "a ball is still there";
}

const struct scene chan_scenes[] = {
	{ "channel, a stream", 2, begin_stream, body_stream, dry },
	{ "channels, a ring, for ever", 1, begin_ring, body_ring, ring_is_empty },
	{ NULL, 0, NULL, NULL, NULL },
};
