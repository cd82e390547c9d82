/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_guard.c: a withdrawal that is refused for one of two reasons, or granted, and gives the lock back each time.
 *
 * Prints: granted, frozen, refused; 70 left
 */
#include <stdio.h>

#include <pawl/guard.h>

typedef struct account {
	pawl_mutex_t lock; /* guards the two below; 0 <= balance */
	long balance;
	bool frozen;
} account_t;

static const char *withdraw(account_t *a, long amount)
{
	PAWL_GUARD(&a->lock);
	if (a->frozen)
		return "frozen";
	if (amount > a->balance)
		return "refused";
	a->balance -= amount;
	return "granted";
}

static void freeze(account_t *a, bool yes)
{
	PAWL_GUARD(&a->lock);
	a->frozen = yes;
}

int main(void)
{
	account_t a = { .balance = 100 };
	const char *first, *second, *third;

	first = withdraw(&a, 30);
	freeze(&a, true);
	second = withdraw(&a, 30);
	freeze(&a, false);
	third = withdraw(&a, 71);
	printf("%s, %s, %s; %ld left\n", first, second, third, a.balance);
	return pawl_mutex_destroy(&a.lock); /* EBUSY, if one of them had kept it */
}
