/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_chan.c: three bakers share two ovens, and hand their bread over a counter that has room for four loaves.
 *
 * The ovens are tokens: whoever has one may bake. The counter is a channel: who comes with a loaf while it is full waits,
 * and so does the customer while it is empty. When the bakers have gone it is closed, and the customer takes what is left.
 *
 * Prints: 30 loaves sold, never more than 2 in the oven
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <pawl/chan.h>

enum { BAKERS = 3, OVENS = 2 };

static pawl_tokens_t ovens;
static pawl_chan_t *counter; /* of ints: the number of the loaf */
static int baking;

static int bake(int number)
{
	if (__atomic_add_fetch(&baking, 1, __ATOMIC_RELAXED) > OVENS)
		abort();
	__atomic_sub_fetch(&baking, 1, __ATOMIC_RELAXED);
	return number;
}

static void *baker(void *first)
{
	for (int i = 0; i < 10; i++) {
		int loaf;

		if (pawl_tokens_take(&ovens, PAWL_FOREVER) != 0)
			break;
		loaf = bake(*(int *)first + i);
		pawl_tokens_put(&ovens);
		if (pawl_chan_send(counter, &loaf, PAWL_FOREVER) != 0) /* closed already: nobody buys any more */
			break;
	}
	return NULL;
}

static void *customer(void *sold)
{
	int loaf;

	while (pawl_chan_recv(counter, &loaf, PAWL_FOREVER) == 0) /* until it is closed, and empty */
		++*(int *)sold;
	return NULL;
}

int main(void)
{
	int first[BAKERS] = { 100, 200, 300 }, sold = 0;
	pthread_t bakers[BAKERS], buyer;

	pawl_tokens_init(&ovens, OVENS, BAKERS);
	if (pawl_chan_create(&counter, 4, sizeof(int)) != 0)
		return 1;
	pthread_create(&buyer, NULL, customer, &sold);
	for (int i = 0; i < BAKERS; i++)
		pthread_create(&bakers[i], NULL, baker, &first[i]);
	for (int i = 0; i < BAKERS; i++)
		pthread_join(bakers[i], NULL);
	pawl_chan_close(counter);
	pthread_join(buyer, NULL);
	printf("%d loaves sold, never more than %d in the oven\n", sold, OVENS);
	return pawl_chan_destroy(counter);
}
