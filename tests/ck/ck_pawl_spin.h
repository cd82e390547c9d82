/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_pawl_spin.h: the spinlock for ck's regressions; ck_pawl_mutex.h says how. Header-only: nothing of pawl to link. */
#ifndef CK_PAWL_SPIN_H
#define CK_PAWL_SPIN_H

#include <stdbool.h>

#include <pawl/spin.h>

#define LOCK_NAME   "pawl_spin"
#define LOCK_DEFINE static pawl_spin_t lock __attribute__((aligned(64))) = PAWL_SPIN_INIT
#define LOCK        pawl_spin_lock(&lock)
#define UNLOCK      pawl_spin_unlock(&lock)
#define TRYLOCK     (pawl_spin_trylock(&lock) == 0)
#define LOCKED      (PAWL_LOAD(&lock.word, RELAXED) != 0)

#endif
