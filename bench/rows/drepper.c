/* SPDX-License-Identifier: BSD-2-Clause */
/** drepper.c: the mutex of three states that Ulrich Drepper's "Futexes Are Tricky" ends with: free, taken, taken and
 * perhaps waited for. The plain futex mutex, without spinning: what many programs carry. */
#include <errno.h>

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pawl/annotate.h>

enum { FREE, TAKEN, WAITED };

__attribute__((noinline)) static void wait_for(uint32_t *word)
{
	/* DR1 acquire: pairs with DR2. Whoever has slept cannot know that it was the only one */
	while (PAWL_XCHG(word, WAITED, ACQUIRE) != FREE)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, WAITED, NULL, NULL, 0);
}

static inline int take(uint32_t *word)
{
	uint32_t free = FREE;

	/* DR1 acquire: pairs with DR2 */
	if (PAWL_UNLIKELY(!PAWL_CAS(word, &free, TAKEN, ACQUIRE)))
		wait_for(word);
	return 0;
}

static inline int try_to(uint32_t *word)
{
	uint32_t free = FREE;

	/* DR1 acquire: pairs with DR2 */
	return PAWL_CAS(word, &free, TAKEN, ACQUIRE) ? 0 : EBUSY;
}

static inline int give(uint32_t *word)
{
	/* DR2 release: pairs with DR1 */
	if (PAWL_UNLIKELY(PAWL_XCHG(word, FREE, RELEASE) == WAITED))
		syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return 0;
}

#define ROW       drepper
#define WHAT      "the three-state futex mutex of \"Futexes Are Tricky\""
#define TYPE      uint32_t
#define LOCK(l)   take(l)
#define TRY(l)    try_to(l)
#define UNLOCK(l) give(l)
#include "../lockrow.h"
