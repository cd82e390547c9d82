/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_gate.c: a guarded write in shared memory: a holder who was paused past the end of its lease is refused.
 *
 * A's lease ended while it did not run, B was granted the lock next and has written. A runs again, still thinks that the lock
 * is its own, and writes. Nothing but the gate beside the data can tell. (The tokens would be those of the grants; here they are
 * written down, so that the program needs no lock service. tests/remote/examples has the same with services, and real pauses.)
 *
 * Prints: B sold 3 under 2; A, under 1: too late
 */
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>

#include <pawl/gate.h>

/* What the processes share. Protected by the gate: sold + left == 10. */
struct order {
	pawl_gate_t gate;
	int sold, left;
};

static int sell(pawl_space_t *space, struct order *o, pawl_fence_t token, int units)
{
	int rc = pawl_gate_enter(space, &o->gate, token, PAWL_FOREVER);

	if (rc) {
		if (!pawl_owner_died(rc))
			return rc;               /* ESTALE: somebody with a newer token has been here */
		pawl_gate_assert_held(&o->gate); /* for clang's thread-safety analysis */
		o->left = 10 - o->sold;          /* a writer was killed between the two stores below */
	}
	o->sold += units;
	o->left -= units;
	return pawl_gate_leave(space, &o->gate);
}

int main(void)
{
	struct order *o = (struct order *)mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const pawl_fence_t a = { 1, 7 }, b = { 2, 1 };
	pawl_space_t *space;
	int rc_b, rc_a;

	assert(o != MAP_FAILED);
	o->left = 10;

	/* Who is alive, among those who share the order: not the space of the lock, which may be on many hosts. */
	if (pawl_space_open(&space, NULL, NULL) != 0) {
		fprintf(stderr, "%s\n", pawl_space_reason());
		return 1;
	}
	rc_b = sell(space, o, b, 3);
	rc_a = sell(space, o, a, 3);
	assert(rc_b == 0 && rc_a == ESTALE && o->sold == 3 && o->left == 7);
	printf("B sold %d under 2; A, under 1: %s\n", o->sold, rc_a == ESTALE ? "too late" : "sold as well");
	return pawl_space_close(space);
}
