/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_space.c: a robust mutex in memory of one's own, shared with a child that is killed while it holds it.
 *
 * Prints: the owner died; 6 + 4 made whole
 */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/space.h>

/* What both processes share; the invariant, under `lock`: cash + stock == 10. */
struct account {
	pawl_robust_t lock;
	int cash, stock;
};

static void die_half_way(pawl_space_t *space, struct account *a)
{
	if (pawl_robust_lock(space, &a->lock, PAWL_FOREVER) == 0) {
		a->cash -= 4;
		raise(SIGKILL); /* never comes to a->stock += 4 */
		pawl_robust_unlock(space, &a->lock);
	}
	exit(1);
}

int main(void)
{
	struct account *a =
		(struct account *)mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pawl_space_t *space;
	int rc;

	assert(a != MAP_FAILED);
	pawl_robust_init(&a->lock, 0);
	a->cash = 10;

	/* Without a name: for this process and the children it forks from now on. */
	if (pawl_space_open(&space, NULL, NULL) != 0) {
		fprintf(stderr, "%s\n", pawl_space_reason());
		return 1;
	}
	if (fork() == 0)
		die_half_way(space, a);
	wait(NULL);

	rc = pawl_robust_lock(space, &a->lock, pawl_in_ms(5000));
	if (rc) {
		if (!pawl_owner_died(rc)) {
			fprintf(stderr, "%s\n", pawl_strerror(rc));
			return 1;
		}
		pawl_robust_assert_held(&a->lock); /* for clang's thread-safety analysis */
		a->stock = 10 - a->cash;
		pawl_robust_consistent(space, &a->lock);
	}
	assert(pawl_owner_died(rc) && a->cash + a->stock == 10);
	printf("the owner died; %d + %d made whole\n", a->cash, a->stock);
	pawl_robust_unlock(space, &a->lock);
	return pawl_space_close(space);
}
