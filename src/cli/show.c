/* SPDX-License-Identifier: BSD-2-Clause */
/** show.c: `pawl show`: everything about one lock, in words, and what to do about it. Looks only. */
#include "cli/json.h"
#include "cli/times.h"
#include "cli/waits.h"

#include <stdlib.h>

/* What somebody who reads this can do; NULL where nothing needs doing. */
static const char *advice(const pawl_lock_info_t *info)
{
	switch (info->state) {
	case PAWL_STATE_DEAD:
		return "nothing to do by hand: the next one to ask gets the lock and is told that "
		       "the data may be half "
		       "changed";
	case PAWL_STATE_POISONED:
		return "an owner died and the next one did not make the data whole: see to the "
		       "data, then `pawl reset`; "
		       "until then everybody gets ENOTRECOVERABLE";
	case PAWL_STATE_LINGERING:
		return "a command that was started under the lock still runs and keeps its "
		       "descriptor: end that command, "
		       "or wait for it (run it by `pawl run -o` to let it go on without the lock)";
	case PAWL_STATE_HELD:
		return info->inconsistent ? "its owner took over from a dead one and is repairing the data" : NULL;
	default:
		return NULL;
	}
}

static void print_escaped(const char *label, const char *text)
{
	char *safe = cli_escape(text);

	printf("%-10s %s\n", label, safe);
	free(safe);
}

static void print_owner(const pawl_lock_info_t *info)
{
	char *command = cli_escape(info->command), age[16];
	int64_t ns = cli_age_ns(info->since_ns);

	if (info->pid)
		printf("%-10s %s, process %d, thread %d%s%s\n", "owner", command, (int)info->pid, (int)info->tid,
			info->foreign_pid ? " (numbers of another PID namespace)" : "",
			info->state == PAWL_STATE_HELD ? "" : ", as last seen");
	else
		printf("%-10s %s\n", "owner", info->state == PAWL_STATE_FREE ? "nobody" : "not known");
	if (ns >= 0)
		printf("%-10s %s%s\n", "since", info->since_is_estimate ? "at least " : "", cli_age(ns, age));
	free(command);
}

static void print_service(const pawl_remote_info_t *remote)
{
	char *reason = cli_escape(*remote->reason ? remote->reason : "not heard of yet");

	print_escaped("remote", remote->url);
	if (remote->up)
		printf("%-10s up%s%s; %llu leases lost\n", "service", *remote->reason ? ", but: " : "",
			*remote->reason ? reason : "", (unsigned long long)remote->losses);
	else
		printf("%-10s not reached: %s; %llu leases lost\n", "service", reason, (unsigned long long)remote->losses);
	if (remote->keeper_pid)
		printf("%-10s process %d, number %u of this space\n", "keeper", (int)remote->keeper_pid,
			(unsigned)remote->term);
	else
		printf("%-10s none just now\n", "keeper");
	free(reason);
}

static void print_tenure(const pawl_lock_info_t *info, const pawl_remote_info_t *remote)
{
	char *left = cli_tenure_left(info);

	printf("%-10s %s", "tenure", pawl_tenure_name(info->tenure));
	if (info->good_until_ns)
		printf(", for another %s unless renewed", left);
	puts(info->revoked ? "; another host has asked for it" : "");
	free(left);
	if (info->tenure == PAWL_TENURE_HELD)
		printf("%-10s grants on this host under it: %u\n", "", (unsigned)info->handoffs);
	print_service(remote);
}

static void print_times(const char *label, const pawl_times_t *times)
{
	char *half = cli_times_cell(times, 0.5), *nearly_all = cli_times_cell(times, 0.99);

	if (times->count)
		printf("%-10s %llu: half of them up to %s, 99 of 100 up to %s\n", label,
			(unsigned long long)times->count, half, nearly_all);
	free(half);
	free(nearly_all);
}

static void print_text(const char *space, const pawl_lock_info_t *info, const pawl_remote_info_t *remote,
	const struct cli_waits *waits)
{
	const char *state = cli_state(info), *what = advice(info);
	cli_colour_t colour = cli_state_colour(state);
	char fence[PAWL_FENCE_LEN];

	print_escaped("lock", info->name);
	print_escaped("space", space);
	printf("%-10s %s%s%s%s\n", "state", colour == CLI_PLAIN ? "" : cli_colour(colour), state,
		colour == CLI_PLAIN ? "" : cli_colour(CLI_PLAIN), info->inconsistent ? ", data being repaired" : "");
	print_owner(info);
	printf("%-10s %u asleep\n", "waiters", (unsigned)info->waiters);
	cli_waits_print(waits);
	if (info->remote)
		print_tenure(info, remote);
	printf("%-10s %s\n", "fence", pawl_fence_format(info->fence, fence));
	printf("%-10s %llu, of which %llu had to wait\n", "grants", (unsigned long long)info->grants,
		(unsigned long long)info->contended);
	print_times("waits", &info->waits);
	print_times("holds", &info->holds);
	if (info->gave_up)
		printf("%-10s %llu, by their deadline\n", "gave up", (unsigned long long)info->gave_up);
	printf("%-10s %llu\n", "deaths", (unsigned long long)info->deaths);
	if (what) {
		printf("%-10s ", "advice");
		cli_print_wrapped(11, what);
	}
}

static void print_json(const char *space, const pawl_lock_info_t *info, const pawl_remote_info_t *remote,
	const struct cli_waits *waits)
{
	json_t *lock = cli_json_lock(space, info);
	const char *what = advice(info);

	cli_waits_put_json(lock, waits);
	cli_json_put(lock, "waits", cli_times_json(&info->waits));
	cli_json_put(lock, "holds", cli_times_json(&info->holds));
	cli_json_put(lock, "remote", cli_json_remote(remote));
	cli_json_put(lock, "advice", what ? json_string(what) : json_null());
	cli_json_print(lock);
}

static int show(const struct cli_plain *plain, pawl_space_t *space, pawl_lock_info_t *info)
{
	struct cli_waits *waits = cli_waits_read(space, info);
	pawl_remote_info_t remote;

	if (pawl_space_remote(space, &remote) != 0)
		remote = (pawl_remote_info_t){ .up = false };
	(plain->json ? print_json : print_text)(plain->space, info, &remote, waits);
	cli_waits_free(waits);
	return CLI_FINE;
}

static const char doc[] = "Show everything about the lock NAME.\v"
			  "Says who holds it, since when, who waits for it, whom its owner waits for in turn and "
			  "whether that goes round in a circle, its token and its "
			  "history, and what to do when it is dead, poisoned or "
			  "lingering. Takes nothing, changes nothing. Exit: 0; 64 usage; 66 no "
			  "such lock or space, or it cannot be opened.";

int cli_show(int argc, char **argv)
{
	char *name = NULL;
	struct cli_plain plain = { .children = cli_space_json_child, .count = 1, .args = &name };

	cli_parse(&plain, argc, argv, "NAME", doc);
	return cli_look_at(&plain, show);
}
