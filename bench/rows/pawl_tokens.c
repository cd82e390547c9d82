/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_tokens.c: one token of pawl's, as a lock. */
#include <pawl/chan.h>

#define ROW        pawl_tokens
#define WHAT       "pawl_tokens_take, pawl_tokens_put of the only token"
#define TYPE       pawl_tokens_t
#define INIT(l)    pawl_tokens_init(l, 1, PAWL_TOKENS_MAX)
#define LOCK(l)    pawl_tokens_take(l, PAWL_FOREVER)
#define TRY(l)     pawl_tokens_take(l, PAWL_TRY)
#define CLOCKED(l) pawl_tokens_take(l, pawl_in_ms(1000))
#define UNLOCK(l)  pawl_tokens_put(l)
#include "../lockrow.h"
