/* SPDX-License-Identifier: BSD-2-Clause */
/** run.c: `pawl run`: a command under a lock, by flock(1)'s contract.
 *
 * The walk: options; open the space; take the lock; make it linger; tell the command its token; run it; give the lock back.
 * Whichever step fails, give_back() returns what the steps before it took.
 */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/patience.h"
#include "cli/run.h"

#include <stdlib.h>
#include <unistd.h>

#include <pawl/remote.h>

/* Locks with a remote are other locks than those without: unless told otherwise they live in a space of their own, one for each
 * service. */
static void choose_space(struct run *run)
{
	static char name[32];
	uint32_t hash = 2166136261u; /* FNV-1a */
	char url[512];

	if (!run->remote || run->space_given)
		return;
	pawl_remote_public(run->remote, url, sizeof(url)); /* a file name is no place for what a password makes of it */
	for (const char *p = url; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	snprintf(name, sizeof(name), "%s-%08x", "remote", (unsigned)hash);
	run->space_name = name;
}

static int refuse_name(int rc)
{
	if (rc != EINVAL && rc != ENAMETOOLONG) {
		cli_say("cannot open the lock: %s; `pawl doctor` may know why", pawl_strerror(rc));
		return CLI_SYSTEM;
	}
	cli_say("cannot open the lock: %s; a name has 1 to %d bytes", pawl_strerror(rc), PAWL_NAME_MAX);
	return CLI_USAGE;
}

static int open_lock(struct run *run)
{
	pawl_space_options_t options = { 0 };
	int rc;

	choose_space(run);
	options.remote = run->remote;
	options.ttl_ns = run->ttl_ns;
	rc = pawl_space_open(&run->space, run->space_name, &options);

	if (rc) {
		cli_say_reason();
		return rc == EINVAL ? CLI_USAGE : CLI_NO_SPACE;
	}
	rc = pawl_lock_open(run->space, run->name, PAWL_AUTO_RECOVER | PAWL_TIMESTAMP, &run->lock);
	if (!rc)
		return CLI_FINE;
	return refuse_name(rc);
}

static void say_who_holds_it(const struct run *run, int rc)
{
	static pawl_lock_info_t info;
	pawl_remote_info_t remote = { 0 };
	const char *why = rc == EBUSY ? "it is held" : "it was held all the time";

	if (pawl_space_remote(run->space, &remote) == 0 && *remote.reason) {
		cli_say("did not get the lock: %s", remote.reason);
		return;
	}
	if (!run->verbose)
		return;
	if (pawl_lock_info(run->lock, &info) == 0 && info.pid)
		cli_say("did not get the lock: %s, now by process %d%s; `pawl show` says more", why, (int)info.pid,
			info.foreign_pid ? " of another PID namespace" : "");
	else
		cli_say("did not get the lock: %s; `pawl show` says by whom", why);
}

static int explain_failure(const struct run *run, int rc)
{
	char *name = cli_escape(run->name);
	int status = CLI_SYSTEM;

	if (rc == EHOSTUNREACH) {
		pawl_remote_info_t remote = { 0 };

		(void)pawl_space_remote(run->space, &remote);
		cli_say("cannot take the lock '%s': the lock service %s cannot be reached%s%s", name, remote.url,
			*remote.reason ? ": " : "", remote.reason);
		status = CLI_UNREACHED;
	} else if (rc == EINVAL) { /* the service's part of the library does not take the URL */
		cli_say_reason();
		status = CLI_USAGE;
	} else if (rc == ENOTRECOVERABLE) {
		cli_say("the lock '%s' is poisoned: an owner died and the next did not repair its "
			"data; see to it, "
			"then `pawl reset`",
			name);
	} else if (rc == EIDRM) {
		cli_say("the space '%s' was removed while we waited; run it again", run->space_name);
		status = CLI_NO_SPACE;
	} else {
		cli_say("cannot take the lock '%s': %s; `pawl doctor` may know why", name, pawl_strerror(rc));
	}
	free(name);
	return status;
}

/* Ours until give_back(), which clang's analysis cannot follow: the result is an exit code. */
static int take(struct run *run) PAWL_NO_ANALYSIS
{
	pawl_deadline_t began = pawl_in_ns(1);
	struct cli_patience patience;
	char fence[PAWL_FENCE_LEN];
	int rc;

	cli_patience_begin(&patience, run->space, run->name);
	cli_interrupt_begin(run->lock);
	rc = pawl_lock_acquire(run->lock, run->deadline(run), &run->grant);
	run->interrupted_by = cli_interrupt_end();
	cli_patience_end(&patience);
	if (run->interrupted_by) {
		run->had = pawl_acquired(rc);
		return CLI_SYSTEM; /* which nobody sees: we end by the signal */
	}

	if (rc == (EBUSY) || rc == (ETIMEDOUT)) {
		say_who_holds_it(run, rc);
		return run->conflict;
	}
	if (rc)
		return explain_failure(run, rc);
	run->had = true;
	if (run->verbose)
		cli_say("getting lock took %.6f seconds, fence %s, owner died %s, remote %s",
			(double)(pawl_in_ns(1) - began) / 1e9, pawl_fence_format(run->grant.fence, fence),
			run->grant.owner_died ? "yes" : "no", run->grant.remote ? "yes" : "no");
	return CLI_FINE;
}

static int make_linger(struct run *run)
{
	int rc = run->close_descriptor ? 0 : pawl_lock_linger(run->lock, &run->descriptor);

	if (!rc)
		return CLI_FINE;
	cli_say("cannot make the lock last as long as the command: %s; with -o it lasts as long as "
		"pawl",
		pawl_strerror(rc));
	return CLI_SYSTEM;
}

static int tell_command(const struct run *run)
{
	char fence[PAWL_FENCE_LEN];

	if (setenv("PAWL_FENCE", pawl_fence_format(run->grant.fence, fence), 1) == 0 &&
		setenv("PAWL_LOCK", run->name, 1) == 0 && setenv("PAWL_SPACE", run->space_name, 1) == 0)
		return CLI_FINE;
	cli_say("out of memory, the command was not started; try again when there is more");
	return CLI_SYSTEM;
}

static void give_back(struct run *run) PAWL_NO_ANALYSIS
{
	if (run->descriptor >= 0)
		close(run->descriptor);
	if (run->had)
		pawl_lock_release(run->lock);
	if (run->lock)
		pawl_lock_close(run->lock);
	if (run->space)
		pawl_space_close(run->space);
}

static void say_command(const char *command)
{
	char *safe = cli_escape(command);

	cli_say("executing %s", safe);
	free(safe);
}

static struct cli_ended execute(struct run *run)
{
	struct cli_lease lease = { .lock = run->lock };
	pawl_remote_info_t remote = { 0 };
	struct cli_ended ended = { 0 };

	ended.status = make_linger(run);
	if (!ended.status)
		ended.status = tell_command(run);
	if (ended.status)
		return ended;
	if (run->verbose)
		say_command(run->command[0]);
	if (!run->grant.remote)
		return cli_command(run->command, NULL, run->close_descriptor);
	(void)pawl_space_remote(run->space, &remote);
	lease.ttl_ns = remote.ttl_ns;
	ended = cli_command(run->command, &lease, run->close_descriptor);
	if (ended.lost)
		ended = (struct cli_ended){ .status = CLI_LOST };
	return ended;
}

int cli_run(int argc, char **argv)
{
	struct run run = { .deadline = cli_run_for_ever, .conflict = CLI_NOT_HAD, .descriptor = -1 };
	struct cli_ended ended = { 0 };

	argp_parse(&cli_run_argp, argc, argv, ARGP_IN_ORDER, NULL, &run);
	ended.status = open_lock(&run);
	if (!ended.status)
		ended.status = take(&run);
	if (run.had && !run.interrupted_by)
		ended = execute(&run);
	give_back(&run);
	if (run.interrupted_by)
		cli_end_by(run.interrupted_by);
	if (ended.by_signal)
		cli_end_by(ended.by_signal);
	return ended.status;
}
