/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_spin.c: pawl's spinlock. */
#include <pawl/spin.h>

#define ROW       pawl_spin
#define WHAT      "pawl_spin_lock, pawl_spin_unlock"
#define TYPE      pawl_spin_t
#define LOCK(l)   (pawl_spin_lock(l), 0)
#define TRY(l)    pawl_spin_trylock(l)
#define UNLOCK(l) (pawl_spin_unlock(l), 0)
#include "../lockrow.h"
