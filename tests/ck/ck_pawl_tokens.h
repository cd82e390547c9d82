/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_pawl_tokens.h: a single token as a lock, Go's channel of capacity 1, for ck's regressions; ck_pawl_mutex.h says how. */
#ifndef CK_PAWL_TOKENS_H
#define CK_PAWL_TOKENS_H

#include <stdlib.h>

#include <pawl/chan.h>

#define LOCK_NAME   "pawl_tokens, one"
#define LOCK_DEFINE static pawl_tokens_t lock __attribute__((aligned(64)))
#define LOCK_INIT   pawl_tokens_init(&lock, 1, PAWL_TOKENS_MAX)
#define LOCK        (pawl_tokens_take(&lock, PAWL_FOREVER) == 0 ? (void)0 : abort())
#define UNLOCK      pawl_tokens_put(&lock)
#define TRYLOCK     (pawl_tokens_take(&lock, PAWL_TRY) == 0)
#define LOCKED      (pawl_tokens_free(&lock) == 0)

#endif
