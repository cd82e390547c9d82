/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_lock.c: a lock by name, and the fencing token that each grant of it carries.
 *
 * Prints: settled twice, each time with a larger token
 */
#include <assert.h>
#include <stdio.h>

#include <pawl/lock.h>

/* The resource: it refuses a token older than the newest it has seen. */
static pawl_fence_t newest;
static int settled;

static void settle(pawl_fence_t fence)
{
	assert(pawl_fence_cmp(fence, newest) > 0);
	newest = fence;
	settled++;
}

int main(void)
{
	pawl_space_t *host;
	pawl_lock_t *order;
	pawl_grant_t grant;
	int rc;

	/* Every process that opens "exchange" and names "orders/42" means the same lock. */
	if (pawl_space_open(&host, "exchange", NULL) != 0) {
		fprintf(stderr, "%s\n", pawl_space_reason());
		return 1;
	}
	rc = pawl_lock_open(host, "orders/42", PAWL_AUTO_RECOVER, &order);
	for (int i = 0; i < 2 && rc == 0; i++) {
		if (pawl_lock_acquire(order, pawl_in_ms(5000), &grant) == 0) {
			settle(grant.fence);
			pawl_lock_release(order);
		}
	}
	if (rc != 0)
		fprintf(stderr, "%s\n", pawl_strerror(rc));
	assert(settled == 2);
	printf("settled twice, each time with a larger token\n");
	pawl_lock_close(order);
	return pawl_space_close(host);
}
