/* SPDX-License-Identifier: BSD-2-Clause */
/** core.c: what a process's own locks do on another architecture: threads, an exact count under each of them. Needs src/core alone.
 */
#undef NDEBUG
#include <assert.h>
#include <pthread.h>
#include <stdio.h>

#include <pawl/chan.h>
#include <pawl/mutex.h>
#include <pawl/spin.h>

#define THREADS 4
#define ROUNDS  2000

static pawl_mutex_t mutex, stable;
static pawl_spin_t spin = PAWL_SPIN_INIT;
static pawl_tokens_t tokens;
static pawl_chan_t *chan;
static unsigned long under_mutex, under_stable, under_spin, under_token, received;

static void round_of_all(unsigned long number)
{
	assert(pawl_mutex_lock(&mutex) == 0);
	under_mutex++;
	assert(pawl_mutex_unlock(&mutex) == 0);
	assert(pawl_mutex_lock(&stable) == 0);
	under_stable++;
	assert(pawl_mutex_unlock(&stable) == 0);
	pawl_spin_lock(&spin);
	under_spin++;
	pawl_spin_unlock(&spin);
	assert(pawl_tokens_take(&tokens, PAWL_FOREVER) == 0);
	under_token++;
	assert(pawl_tokens_put(&tokens) == 0);
	assert(pawl_chan_send(chan, &number, PAWL_FOREVER) == 0);
}

static void *work(void *unused)
{
	for (unsigned long i = 1; i <= ROUNDS; i++)
		round_of_all(i);
	return unused;
}

static void *drain(void *unused)
{
	unsigned long number;

	while (pawl_chan_recv(chan, &number, PAWL_FOREVER) == 0)
		received += number;
	return unused;
}

int main(void)
{
	pthread_t t[THREADS], drainer;
	unsigned long all = (unsigned long)THREADS * ROUNDS;

	assert(pawl_mutex_init(&mutex, 0) == 0 && pawl_mutex_init(&stable, PAWL_STABLE) == 0);
	assert(pawl_tokens_init(&tokens, 1, THREADS) == 0);
	assert(pawl_chan_create(&chan, 8, sizeof(unsigned long)) == 0);
	assert(pthread_create(&drainer, NULL, drain, NULL) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert(pthread_create(&t[i], NULL, work, NULL) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert(pthread_join(t[i], NULL) == 0);
	assert(pawl_chan_close(chan) == 0);
	assert(pthread_join(drainer, NULL) == 0);
	assert(under_mutex == all && under_stable == all && under_spin == all && under_token == all);
	assert(received == THREADS * (unsigned long)ROUNDS * (ROUNDS + 1) / 2);
	printf("%lu sections under each lock\n", all);
	return 0;
}
