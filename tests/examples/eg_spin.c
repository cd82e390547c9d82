/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_spin.c: a spinlock around a few instructions. Header-only: links nothing of pawl.
 *
 * Prints: 200000 sold
 */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>

#include <pawl/spin.h>

static pawl_spin_t lock = PAWL_SPIN_INIT;
static long sold PAWL_GUARDED_BY(lock);

static void *buyer(void *unused)
{
	for (int i = 0; i < 100000; i++) {
		pawl_spin_lock(&lock);
		sold++;
		pawl_spin_unlock(&lock);
	}
	return unused;
}

int main(void)
{
	pthread_t a, b;
	long total;

	pthread_create(&a, NULL, buyer, NULL);
	pthread_create(&b, NULL, buyer, NULL);
	pthread_join(a, NULL);
	pthread_join(b, NULL);

	pawl_spin_lock(&lock);
	total = sold;
	pawl_spin_unlock(&lock);
	assert(total == 200000);
	printf("%ld sold\n", total);
	return 0;
}
