/* SPDX-License-Identifier: BSD-2-Clause */
/** select.c: the scenes of select: everybody selects among sends, receives and a take on the same few channels; and a crowd that
 * shares what comes by two roads, where nobody has a time-out to save him.
 */
#include <stdlib.h>

#include <pawl/chan.h>

#include "stress.h"

enum { CHANNELS = 4, TOKENS = 2 };

static pawl_chan_t *c[CHANNELS];
static pawl_tokens_t t;

static void begin(unsigned threads, uint64_t *rng)
{
	if (pawl_tokens_init(&t, TOKENS, threads))
		abort();
	for (unsigned i = 0; i < CHANNELS; i++)
		if (pawl_chan_create(&c[i], 1 + random_next(rng) % 4, sizeof(uint64_t)))
			abort();
}

/* What is left in the channels comes out, too. */
static const char *end(const struct hand *sum)
{
	uint64_t out = sum->out, value;
	const char *why = NULL;

	for (unsigned i = 0; i < CHANNELS; i++) {
		while (pawl_chan_recv(c[i], &value, PAWL_TRY) == 0)
			out += value;
		pawl_chan_destroy(c[i]);
	}
	if (pawl_tokens_free(&t) != TOKENS || t.word >> 16)
		why = "the tokens are not in order";
	return out == sum->in ? why : "other elements came out than went in";
}

/* ---- anything ---- */

static void select_once(struct hand *h)
{
	uint64_t out = dice(h, 1000000), in = UINT64_MAX;
	pawl_case_t cases[5] = {
		pawl_case_send(c[dice(h, CHANNELS)], &out),
		pawl_case_recv(c[dice(h, CHANNELS)], &in),
		pawl_case_recv(c[dice(h, CHANNELS)], &in),
		pawl_case_send(dice(h, 2) ? c[dice(h, CHANNELS)] : NULL, &out),
		pawl_case_take(dice(h, 2) ? &t : NULL),
	};
	bool try = dice(h, 4) == 0;
	size_t chosen = 99;
	int rc = pawl_select(cases, 5, try ? PAWL_TRY : pawl_in_ns((int64_t)dice(h, 200000)), &chosen);

	if (!answer(h, rc, try ? EBUSY : ETIMEDOUT)) {
		h->wrong += chosen != 5 || in != UINT64_MAX;
		return;
	}
	h->did++;
	if (chosen == 0 || chosen == 3)
		h->in += out;
	else if (chosen == 1 || chosen == 2)
		h->out += in;
	else
		answer(h, chosen == 4 ? pawl_tokens_put(&t) : EINVAL, -1);
	h->wrong += (chosen == 1 || chosen == 2) == (in == UINT64_MAX);
}

static void body_anything(struct hand *h)
{
	while (!over()) {
		select_once(h);
		dawdle(h);
	}
}

/* ---- two roads ---- */

static uint32_t senders_left;

static void begin_roads(unsigned threads, uint64_t *rng)
{
	begin(threads, rng);
	senders_left = (threads + 1) / 2;
}

/* Sends into whichever road has room. */
static void send_on(struct hand *h)
{
	while (!over()) {
		uint64_t out = dice(h, 1000000);
		pawl_case_t roads[2] = { pawl_case_send(c[0], &out), pawl_case_send(c[1], &out) };

		if (answer(h, pawl_select(roads, 2, PAWL_FOREVER, NULL), -1)) {
			h->in += out;
			h->did++;
		}
		dawdle(h);
	}
	if (__atomic_sub_fetch(&senders_left, 1, __ATOMIC_ACQ_REL) == 0) {
		pawl_chan_close(c[0]);
		pawl_chan_close(c[1]);
	}
}

/* From both roads, or from one alone. */
static void receive_on(struct hand *h)
{
	uint64_t in;
	pawl_case_t roads[2] = { pawl_case_recv(c[0], &in), pawl_case_recv(c[1], &in) };
	unsigned open = 2;

	if (h->index % 4 == 3) {
		unsigned which = h->index / 4 % 2;

		while (pawl_chan_recv(c[which], &in, PAWL_FOREVER) == 0)
			h->out += in;
		return;
	}
	while (open > 0) {
		size_t chosen = 2;
		int rc = pawl_select(roads, 2, PAWL_FOREVER, &chosen);

		if (rc == EPIPE && chosen < 2) {
			roads[chosen] = pawl_case_recv(NULL, NULL);
			open--;
		} else if (answer(h, rc, -1)) {
			h->out += in;
		} else {
			return;
		}
		dawdle(h);
	}
}

static void body_roads(struct hand *h)
{
	if (h->index % 2 == 0)
		send_on(h);
	else
		receive_on(h);
}

const struct scene select_scenes[] = {
	{ "select, anything", 1, begin, body_anything, end },
	{ "select, two roads, for ever", 2, begin_roads, body_roads, end },
	{ NULL, 0, NULL, NULL, NULL },
};
