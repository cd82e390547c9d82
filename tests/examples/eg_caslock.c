/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_caslock.c: a lock that is tried and not waited for, by a compare-and-swap: a word is 0, and whoever makes it 1 has the
 * lock. A refused try is a load. Ten try, once each. (eg_golock.c is the same program over a channel.)
 *
 * Prints: 10 lines of current counter [0-9]+|lock failed
 */
#include <pthread.h>
#include <stdio.h>

#include <pawl/spin.h>

static pawl_spin_t lock = PAWL_SPIN_INIT;
static int counter PAWL_GUARDED_BY(lock);

static void *once(void *unused)
{
	if (pawl_spin_trylock(&lock) != 0) {
		printf("lock failed\n");
		return unused;
	}
	counter++;
	printf("current counter %d\n", counter);
	pawl_spin_unlock(&lock);
	return unused;
}

int main(void)
{
	pthread_t threads[10];

	for (int i = 0; i < 10; i++)
		pthread_create(&threads[i], NULL, once, NULL);
	for (int i = 0; i < 10; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
