/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_once.c: a task with a single executor. Six threads find that an index has to be built; whoever comes first builds it,
 * the others go on with what they have to do, and wait for it only where they need it.
 *
 * The right to build is a token, the only one, and nobody puts it back. That the index is there is said by closing a
 * channel on which nothing is ever sent: all who wait for it wake, and who comes later need not wait.
 *
 * Prints: built 1 time, 5 went on, 6 used it
 */
#include <pthread.h>
#include <stdio.h>

#include <pawl/chan.h>

enum { THREADS = 6 };

static pawl_tokens_t right_to_build;
static pawl_chan_t *built; /* closed: it is */
static int index_of_all, builds, others, users;

static void build(void)
{
	index_of_all = 42;
	builds++;
	pawl_chan_close(built);
}

/* No analysis: clang would rather have the token back. */
static void *reader(void *unused) PAWL_NO_ANALYSIS
{
	if (pawl_tokens_take(&right_to_build, PAWL_TRY) == 0)
		build();
	else
		__atomic_fetch_add(&others, 1, __ATOMIC_RELAXED); /* something else that there is to do */

	if (pawl_chan_recv(built, NULL, PAWL_FOREVER) == EPIPE && index_of_all == 42)
		__atomic_fetch_add(&users, 1, __ATOMIC_RELAXED);
	return unused;
}

int main(void)
{
	pthread_t readers[THREADS];

	pawl_tokens_init(&right_to_build, 1, 0);
	if (pawl_chan_create(&built, 1, 1) != 0)
		return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&readers[i], NULL, reader, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(readers[i], NULL);
	printf("built %d time, %d went on, %d used it\n", builds, others, users);
	return pawl_chan_destroy(built);
}
