/* SPDX-License-Identifier: BSD-2-Clause */
/** client_tokens.c: one token as a lock, its inline halves: three threads. */
#include <pawl/chan.h>

#include "client.h"

static pawl_tokens_t tokens;

int pawl_tokens_wait_(pawl_tokens_t *t, pawl_deadline_t deadline)
{
	uint32_t v;

	(void)deadline;
	do
		v = PAWL_LOAD(&t->word, RELAXED);                                        /* relaxed: the CAS decides */
	while ((v & PAWL_TOKENS_FREE_) == 0 || !PAWL_CAS(&t->word, &v, v - 1, ACQUIRE)); /* TK1 acquire: pairs with TK2 */
	return 0;
}

int pawl_tokens_hand_(pawl_tokens_t *t)
{
	uint32_t v;

	do
		v = PAWL_LOAD(&t->word, RELAXED);        /* relaxed: a guess; the CAS decides */
	while (!PAWL_CAS(&t->word, &v, v + 1, RELEASE)); /* TK2 release: pairs with TK1 */
	return 0;
}

static void begin(void)
{
	tokens = (pawl_tokens_t){ .word = 1, .n = 1 };
}

static void *thread(void *me)
{
	(void)me;
	assert(pawl_tokens_take(&tokens, PAWL_FOREVER) == 0);
	section();
	assert(pawl_tokens_put(&tokens) == 0);
	return NULL;
}

static unsigned sections(void)
{
	return 3;
}

CLIENT(3)
