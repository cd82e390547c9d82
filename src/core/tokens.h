/* SPDX-License-Identifier: BSD-2-Clause */
/** tokens.h: waiting for tokens step by step, for those who wait for other things as well (select.c). */
#ifndef PAWL__TOKENS_H
#define PAWL__TOKENS_H

#include <pawl/chan.h>

/** Be counted as a waiter of a word that was `*v` and without a token. `*counted` is 0, or what an earlier call made it.
 * Returns 0, and the word to sleep on in `*v`; EBUSY: it has changed, to `*v`; EAGAIN: as many wait already as may. */
int pawl__tokens_announce(pawl_tokens_t *t, uint32_t *v, uint32_t *counted);

/** Be counted no more, without a token; pass on the wake-up that we may have been given. Nothing if `counted` is 0. */
void pawl__tokens_leave(pawl_tokens_t *t, uint32_t counted);

#endif
