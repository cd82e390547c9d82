/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_pawl_chan.h: a channel of one element as a lock: whoever gets his element in has it. For ck's regressions;
 * ck_pawl_mutex.h says how.
 */
#ifndef CK_PAWL_CHAN_H
#define CK_PAWL_CHAN_H

#include <stdlib.h>

#include <pawl/chan.h>

#define LOCK_NAME   "pawl_chan, capacity 1"
#define LOCK_DEFINE static pawl_chan_t *lock
#define LOCK_INIT   (pawl_chan_create(&lock, 1, 1) == 0 ? (void)0 : abort())
#define LOCK        (pawl_chan_send(lock, "", PAWL_FOREVER) == 0 ? (void)0 : abort())
#define UNLOCK      (pawl_chan_recv(lock, NULL, PAWL_FOREVER) == 0 ? (void)0 : abort())
#define TRYLOCK     (pawl_chan_send(lock, "", PAWL_TRY) == 0)
#define LOCKED      (pawl_chan_len(lock) == 1)

#endif
