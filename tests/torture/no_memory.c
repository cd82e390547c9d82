/* SPDX-License-Identifier: BSD-2-Clause */
/** no_memory.c: attaching where there is no memory, from the first request or the second on: it says so, and nothing else happens.
 * Run with starve.c preloaded. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include <pawl/pawl.h>

extern uint32_t torture_starve __attribute__((weak));

static int with(uint32_t requests)
{
	pawl_space_t *space;
	int rc;

	torture_starve = 1 + requests;
	rc = pawl_space_open(&space, "no-memory", NULL);
	torture_starve = 0;
	printf("%u requests granted: %s (%s)\n", (unsigned)requests, pawl_strerror(rc), pawl_space_reason());
	return rc;
}

int main(void)
{
	pawl_space_t *space;

	if (!&torture_starve)
		return 2;
	if (with(0) != ENOMEM || with(1) != ENOMEM)
		return 1;
	return pawl_space_open(&space, "no-memory", NULL) != 0 || pawl_space_close(space) != 0;
}
