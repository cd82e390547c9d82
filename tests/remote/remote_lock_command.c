/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock_command.c: the lease behind a command (src/cli/lease.c), where `pawl run` as a whole (suites/remote_run.sh) would have to
 * wait for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/lease.h"

#include "pair.h"
#include "shelf.h"

static struct cli_lease lease;

/* The command has been told, and has until the end of its lease. */
static int tell_the_command(long lock)
{
	int64_t again;
	int rc = peer_take(lock);

	if (rc)
		return rc;
	lease = (struct cli_lease){ .lock = peer_lock[lock], .ttl_ns = hosts->ttl_ms * 1000000 };
	rc = cli_lease_look(&lease, &again);
	lease.ending = true;
	lease.kill_at = lease.until;
	return rc;
}

static int has_less_time(long unused)
{
	int64_t again, kill_at = lease.kill_at;

	(void)unused;
	cli_lease_look(&lease, &again);
	return lease.kill_at < kill_at;
}

/* As if somebody had removed it there: it is another host's whenever one asks. */
static void forget_the_lease(const char *name)
{
	char file[NAME_MAX + 1];
	int service = hosts_service();

	shelf_file_of(name, file);
	assert_int_equal(flock(service, LOCK_EX), 0);
	assert_int_equal(unlinkat(service, file, 0), 0);
	close(service);
}

static void who_has_been_told_and_loses_the_lease_has_less_time(void **state)
{
	(void)state;
	hosts->forgiving = true;
	assert_int_equal(puppet_do(pair_a, tell_the_command, 0), 0);
	assert_int_equal(puppet_do(pair_a, has_less_time, 0), 0);
	forget_the_lease("orders/0");
	pair_until(pair_a, peer_valid, 0, ESTALE); /* the next renewal, long before the end */
	assert_int_equal(puppet_do(pair_a, has_less_time, 0), 1);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), ESTALE);
}

static void live_longer(void)
{
	hosts->ttl_ms = 10000;
}

static int begin(void **state)
{
	(void)state;
	return pair_begin_with(live_longer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_has_been_told_and_loses_the_lease_has_less_time, begin, pair_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
