/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_recursive.c: a bank whose functions call each other, and each of them locks. Whoever holds the bank may go on to take it
 * again, so a transfer is two bookings, and nobody ever sees the money between them.
 *
 * Prints: 1000 in the bank, after 40000 transfers, and whenever somebody counted
 */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>

#include <pawl/mutex.h>

enum { ACCOUNTS = 4 };

static pawl_mutex_t bank;
static long balance[ACCOUNTS] PAWL_GUARDED_BY(bank) = { 1000 };
static long transfers PAWL_GUARDED_BY(bank);

static void book(int account, long amount)
{
	pawl_mutex_lock(&bank);
	balance[account] += amount;
	pawl_mutex_unlock(&bank);
}

static long count(void)
{
	long all = 0;

	pawl_mutex_lock(&bank);
	for (int i = 0; i < ACCOUNTS; i++)
		all += balance[i];
	pawl_mutex_unlock(&bank);
	return all;
}

static void transfer(int from, int to, long amount)
{
	pawl_mutex_lock(&bank);
	book(from, -amount);
	book(to, amount);
	assert(count() == 1000);
	transfers++;
	pawl_mutex_unlock(&bank); /* as many unlocks as locks: only now others get in */
}

static void *clerk(void *unused)
{
	for (int i = 0; i < 10000; i++)
		transfer(i % ACCOUNTS, (i + 1) % ACCOUNTS, i % 7);
	return unused;
}

int main(void)
{
	pthread_t clerks[4];

	pawl_mutex_init(&bank, PAWL_RECURSIVE);
	for (int i = 0; i < 4; i++)
		pthread_create(&clerks[i], NULL, clerk, NULL);
	for (int i = 0; i < 100; i++)
		assert(count() == 1000);
	for (int i = 0; i < 4; i++)
		pthread_join(clerks[i], NULL);
	pawl_mutex_lock(&bank);
	printf("%ld in the bank, after %ld transfers, and whenever somebody counted\n", count(), transfers);
	pawl_mutex_unlock(&bank);
	return 0;
}
