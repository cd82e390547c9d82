/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_exchange.c: buyers fight for the units of one order, each on a host of its own, and none of these is sold twice.
 *
 *   eg_exchange [URL]     the lock service that the hosts share; without one they are processes of this host
 *
 * The order book is the resource: it takes a sale only under a token that is not older than the newest it has seen (gate.h; in a
 * data base it would be a WHERE clause). In the end somebody comes along with a token from the morning. `make demo` is the same
 * at full size, with killers.
 *
 * Prints: 300 units sold to 3 buyers, none twice; who came late sold nothing
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/pawl.h>

enum { BUYERS = 3, UNITS = 300 };

/* The book. Protected by the gate: left + all sold == UNITS. */
static struct order {
	pawl_gate_t gate;
	int left, sold[BUYERS];
} * order;

static pawl_space_t *book; /* of those who share the memory: whoever lives or dies among them is known there */
static const char *url;

/* What hosts do not share is their /dev/shm: a directory each makes hosts of processes. */
static void be_host(int number)
{
	char dir[4096];

	if (!url)
		return;
	snprintf(dir, sizeof(dir), "%s/eg_exchange.host%d", getenv("PAWL_DIR") ? getenv("PAWL_DIR") : "/dev/shm", number);
	mkdir(dir, 0700);
	setenv("PAWL_DIR", dir, 1);
}

static pawl_lock_t *name_it(pawl_space_t **host)
{
	pawl_space_options_t options = { .remote = url };
	pawl_lock_t *lock;

	if (pawl_space_open(host, "exchange", &options) != 0) {
		fprintf(stderr, "%s\n", pawl_space_reason());
		exit(1);
	}
	if (pawl_lock_open(*host, "orders/42", PAWL_AUTO_RECOVER, &lock) != 0)
		exit(1);
	return lock;
}

/* 0; ENODATA it is sold out; ESTALE somebody with a newer token has been here. */
static int sell(pawl_fence_t token, int buyer)
{
	int rc = pawl_gate_enter(book, &order->gate, token, PAWL_FOREVER);

	if (!pawl_acquired(rc))
		return rc;
	pawl_gate_assert_held(&order->gate); /* for clang's thread-safety analysis */
	rc = order->left > 0 ? 0 : ENODATA;
	if (rc == 0) {
		order->left--;
		order->sold[buyer]++;
	}
	pawl_gate_leave(book, &order->gate);
	return rc;
}

static int buy(int number, const int morning[2])
{
	pawl_space_t *host;
	pawl_lock_t *lock;
	pawl_grant_t grant;
	int rc = 0;
	char c;

	close(morning[1]);
	if (read(morning[0], &c, 1) != 0) /* until there is nobody left who could write */
		return 1;
	be_host(number);
	lock = name_it(&host);
	while (rc == 0 || rc == ESTALE) { /* ESTALE: the lease was lost, and the sale refused: again */
		rc = pawl_lock_acquire(lock, pawl_in_ms(30000), &grant);
		if (rc != 0)
			return 1;
		rc = sell(grant.fence, number);
		pawl_lock_release(lock);
	}
	return rc == ENODATA ? pawl_space_close(host) : 1;
}

int main(int argc, char **argv)
{
	int morning[2], status, sum = 0, late;
	pawl_space_t *host;
	pawl_lock_t *lock;
	pawl_grant_t first;

	url = argc > 1 ? argv[1] : NULL;
	order = (struct order *)mmap(NULL, sizeof(*order), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert(order != MAP_FAILED);
	order->left = UNITS;
	if (pipe(morning) != 0 || pawl_space_open(&book, NULL, NULL) != 0)
		return 1;
	for (int i = 0; i < BUYERS; i++)
		if (fork() == 0)
			_exit(buy(i, morning));
	be_host(BUYERS);
	lock = name_it(&host);
	if (pawl_lock_acquire(lock, pawl_in_ms(30000), &first) != 0)
		return 1;
	late = sell(first.fence, 0);
	pawl_lock_release(lock);
	assert(late == 0);
	close(morning[1]); /* the day begins */
	while (wait(&status) > 0)
		assert(status == 0);
	late = sell(first.fence, 0);
	for (int i = 0; i < BUYERS; i++)
		sum += order->sold[i];
	assert(sum == UNITS && order->left == 0 && late == ESTALE);
	printf("%d units sold to %d buyers, none twice; who came late sold %s\n", sum, BUYERS,
		late == ESTALE ? "nothing" : "as well");
	return pawl_space_close(book) | pawl_space_close(host);
}
