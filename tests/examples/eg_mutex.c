/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_mutex.c: two cashiers and one till. clang -Wthread-safety refuses every line that touches the till without its mutex.
 *
 * Prints: 100000 customers paid 400000
 */
#include <pthread.h>
#include <stdio.h>

#include <pawl/mutex.h>

static pawl_mutex_t lock = PAWL_MUTEX_INIT; /* so would be any zero-filled memory */

/* The invariant, under `lock`: every customer has paid 4. */
static struct till {
	long customers, cash;
} till PAWL_GUARDED_BY(lock);

static void *cashier(void *unused)
{
	for (int i = 0; i < 50000; i++) {
		pawl_mutex_lock(&lock);
		till.customers++;
		till.cash += 4;
		pawl_mutex_unlock(&lock);
	}
	return unused;
}

/* For those who would rather do without an answer than wait for it. */
static bool look(struct till *copy)
{
	if (pawl_mutex_timedlock(&lock, pawl_in_ms(5000)) != 0)
		return false;
	*copy = till;
	pawl_mutex_unlock(&lock);
	return true;
}

int main(void)
{
	struct till copy;
	pthread_t a, b;

	pthread_create(&a, NULL, cashier, NULL);
	pthread_create(&b, NULL, cashier, NULL);
	if (look(&copy) && copy.cash != 4 * copy.customers)
		return 1;
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	if (look(&copy))
		printf("%ld customers paid %ld\n", copy.customers, copy.cash);
	return 0;
}
