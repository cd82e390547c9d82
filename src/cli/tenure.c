/* SPDX-License-Identifier: BSD-2-Clause */
/** tenure.c: leases, in a word or two (cli.h). */
#include "cli/cli.h"

#include <pawl/remote.h>

const char *cli_state(const pawl_lock_info_t *info)
{
	return info->asking ? "asking" : pawl_lock_state_name(info->state);
}

char *cli_tenure(const pawl_lock_info_t *info)
{
	if (!info->remote)
		return cli_format("-");
	return cli_format("%s%s", pawl_tenure_name(info->tenure), info->revoked ? "!" : "");
}

char *cli_tenure_left(const pawl_lock_info_t *info)
{
	int64_t left = info->good_until_ns - pawl_remote_now();

	if (!info->remote || info->good_until_ns == 0)
		return cli_format("-");
	return cli_format("%.1fs", left > 0 ? (double)left / 1e9 : 0);
}
