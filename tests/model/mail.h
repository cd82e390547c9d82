/* SPDX-License-Identifier: BSD-2-Clause */
/** mail.h: elements for channels under test: each names its sender and its number, and is accounted for.
 *
 * What is sent is received once, in its sender's order, by somebody who sees what its sender wrote before; what was not
 * sent never is.
 */
#ifndef PAWL_TESTS_MODEL_MAIL_H
#define PAWL_TESTS_MODEL_MAIL_H

#include "model.h"

#define MAIL_SENDERS 5 /* the last one is the setup */
#define MAIL_MOST    4 /* elements of one sender */
#define MAIL_NONE    0xffu

struct mail {
	uint32_t written[MAIL_SENDERS][MAIL_MOST]; /* by the sender of an element, before it sends it; through the buffers */
	bool sent[MAIL_SENDERS][MAIL_MOST];        /* the checker's own, and what follows */
	bool received[MAIL_SENDERS][MAIL_MOST];
};

/* What one receiver has had so far of each sender. */
struct mail_box {
	unsigned last[MAIL_SENDERS];
};

/* An element to be sent; from now on it may be received. */
static inline uint32_t mail_new(struct mail *m, unsigned sender, unsigned number)
{
	model_write(&m->written[sender][number], 1);
	m->sent[sender][number] = true;
	return sender * 16 + number;
}

/* It was not sent in the end. */
static inline void mail_refused(struct mail *m, uint32_t element)
{
	MODEL_CHECK(!m->received[element / 16][element % 16]);
	m->sent[element / 16][element % 16] = false;
}

static inline void mail_got(struct mail *m, struct mail_box *box, uint32_t element)
{
	unsigned sender = element / 16, number = element % 16;

	MODEL_CHECK(sender < MAIL_SENDERS && number < MAIL_MOST);
	MODEL_CHECK(m->sent[sender][number]);
	MODEL_CHECK(!m->received[sender][number]);
	MODEL_CHECK(number + 1 > box->last[sender]);
	MODEL_CHECK(model_read(&m->written[sender][number]) == 1);
	m->received[sender][number] = true;
	box->last[sender] = number + 1;
}

static inline void mail_all_arrived(const struct mail *m)
{
	for (unsigned t = 0; t < MAIL_SENDERS; t++)
		for (unsigned i = 0; i < MAIL_MOST; i++)
			MODEL_CHECK(m->received[t][i] == m->sent[t][i]);
}

#endif
