/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor_errors.c: `pawl doctor --errors`: what each error of the library means, where it comes from and what to do; and of those
 * that come from limits, where this machine's lie. tests/suites/doctor.sh holds the list against the headers.
 */
#include "cli/doctor.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- here ---- */

static char *room_here(const struct doctor *doctor)
{
	struct statvfs fs;

	if (statvfs(doctor->directory, &fs))
		return cli_format("%s: %s", doctor->directory, strerror(errno));
	return cli_format("%llu KiB are free in %s; a space takes 64 KiB, and up to 42 MiB when it is full",
		(unsigned long long)fs.f_bavail * fs.f_frsize / 1024, doctor->directory);
}

static char *limit_here(int resource, const char *what)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return NULL;
	return limit.rlim_cur == RLIM_INFINITY ? cli_format("no limit on %s", what)
					       : cli_format("%llu %s at most", (unsigned long long)limit.rlim_cur, what);
}

static char *descriptors_here(const struct doctor *doctor)
{
	(void)doctor;
	return limit_here(RLIMIT_NOFILE, "descriptors");
}

static char *threads_here(const struct doctor *doctor)
{
	(void)doctor;
	return limit_here(RLIMIT_NPROC, "threads of this user");
}

static char *user_here(const struct doctor *doctor)
{
	return cli_format("you are user %u; spaces are in %s%s", (unsigned)geteuid(), doctor->directory,
		access(doctor->directory, W_OK | X_OK) ? ", where you may not write" : "");
}

static char *names_here(const struct doctor *doctor)
{
	(void)doctor;
	return cli_format("%d bytes at most", PAWL_NAME_MAX);
}

/* ---- everywhere ---- */

static const struct explained {
	int rc;
	const char *name, *cause, *cure;
	char *(*here)(const struct doctor *doctor);
} errors[] = {
	{ EBUSY, "EBUSY", "a try (PAWL_TRY, pawl run -n) found the lock taken, here or by another host; closing: the lock is still held",
		"try again later, or wait with a deadline; `pawl show NAME` says who has it", NULL },
	{ ETIMEDOUT, "ETIMEDOUT", "the deadline came before the lock did; opening a space: somebody is just leaving it",
		"wait longer; `pawl show NAME` says who holds it, for how long, and whether two wait for each other", NULL },
	{ EOWNERDEAD, "EOWNERDEAD",
		"you have the lock, and its previous owner died while it had it (kill -9, exit, exec)", "make the data whole, then pawl_lock_consistent(); or open it with PAWL_AUTO_RECOVER if there is nothing to mend",
		NULL },
	{ ENOTRECOVERABLE, "ENOTRECOVERABLE", "an owner died, and the next one gave the lock back without pawl_lock_consistent()",
		"see to the data, then `pawl reset NAME`", NULL },
	{ ESTALE, "ESTALE",
		"given back, but the lease had been lost while the lock was held: the service was away, or this "
		"process was "
		"stopped or too slow, for longer than the lease lived",
		"what was done under the lock counts only where its token was checked; a longer time to live (-t), "
		"shorter sections; "
		"`pawl doctor -r URL` measures the service",
		NULL },
	{ EHOSTUNREACH, "EHOSTUNREACH", "the lock service could not be reached until the deadline",
		"`pawl show NAME` says why; `pawl doctor -r URL` tries each step", NULL },
	{ EDEADLK, "EDEADLK", "this thread has the lock already", "release it first, or open it with PAWL_RECURSIVE", NULL },
	{ EPERM, "EPERM", "this thread does not have the lock: another has, or it was never taken, or this is the child of a fork",
		"only the thread that took it gives it back; a child takes it anew", NULL },
	{ EAGAIN, "EAGAIN",
		"a recursive lock was taken 32,768 times; a bounded queue of takers is full (pawl_tokens_init); no "
		"thread to "
		"be had for the keeper",
		"find the release that is missing; come back later; ulimit -u", threads_here },
	{ ECANCELED, "ECANCELED", "pawl_lock_interrupt() let those who waited go", "nothing: somebody wanted that", NULL },
	{ EIDRM, "EIDRM", "the space's file was removed while it was in use (rm, a cleaner of /dev/shm, logind's RemoveIPC)",
		"close the space and open it again, in all processes; set PAWL_DIR to a directory that nobody cleans",
		user_here },
	{ EPROTO, "EPROTO",
		"the file is no space, is damaged, or was made by another version or build of pawl", "use one version of pawl on a host; stop the users of that space and remove its file; `pawl doctor` names it",
		NULL },
	{ ENOSPC, "ENOSPC", "no room: in the file system of the space, for one more name (its capacity), or for one more thread (4,095)",
		"free memory there, or mount it larger; a larger capacity when the space is made; fewer threads", room_here },
	{ EACCES, "EACCES", "the space belongs to somebody else, or its directory is not yours to write",
		"a space of your own, or one that is shared with a group (pawl_space_options_t.gid)", user_here },
	{ ENOENT, "ENOENT", "there is no such space, lock or directory",
		"`pawl ls --spaces`, `pawl ls`; mkdir -m 700 $PAWL_DIR", NULL },
	{ EMFILE, "EMFILE", "this process has no descriptor left: a space takes one, a lingering lock one more",
		"ulimit -n 4096, or find the descriptors that are never closed", descriptors_here },
	{ ENOMEM, "ENOMEM", "this process has no memory left", "ulimit -v, the limits of its cgroup", NULL },
	{ ENAMETOOLONG, "ENAMETOOLONG", "the name of the lock, or of the space, is too long",
		"a shorter one: a hash of it, say", names_here },
	{ EINVAL, "EINVAL",
		"an argument that the function does not take: a flag, an option, a name, a pointer; another remote "
		"than "
		"the space has",
		"after pawl_space_open, pawl_space_reason() says which; else the function's comment", NULL },
	{ ENOTSUP, "ENOTSUP", "not for this kind: a PAWL_STRICT handle has no eventfd, an anonymous space no lingering holds",
		"another handle of the lock without PAWL_STRICT; a space with a name", NULL },
	{ ENOTCONN, "ENOTCONN", "between a backend and its keeper only: the service is away, ask again later",
		"nothing: the keeper does", NULL },
	{ EPIPE, "EPIPE", "the channel is closed, and for a receiver empty", "the end of the work: leave the loop", NULL },
};

static void print_part(const char *label, const char *text)
{
	char *safe = cli_escape(text);

	printf("  %-5s  ", label);
	cli_print_wrapped(9, safe);
	free(safe);
}

static void report(struct doctor *doctor, const struct explained *e)
{
	char *here = e->here ? e->here(doctor) : NULL, *head;
	json_t *object;

	if (!doctor->json) {
		head = cli_format("%s (%d): %s", e->name, e->rc, pawl_strerror(e->rc));
		cli_print_wrapped(9, head);
		free(head);
		print_part("cause", e->cause);
		print_part("cure", e->cure);
		if (here)
			print_part("here", here);
	} else {
		object = cli_must(json_object());
		cli_json_put(object, "error", json_string(e->name));
		cli_json_put(object, "number", json_integer(e->rc));
		cli_json_put(object, "meaning", json_string(pawl_strerror(e->rc)));
		cli_json_put(object, "cause", json_string(e->cause));
		cli_json_put(object, "cure", json_string(e->cure));
		cli_json_put(object, "here", here ? cli_json_text(here) : json_null());
		if (json_array_append_new(doctor->list, object))
			cli_must(NULL);
	}
	free(here);
}

static bool is_asked_for(const char *asked, const struct explained *e)
{
	return !asked || !strcasecmp(asked, e->name) ||
	       (strspn(asked, "0123456789") == strlen(asked) && atoi(asked) == e->rc);
}

bool doctor_errors(struct doctor *doctor, const char *asked)
{
	bool found = false;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (is_asked_for(asked, &errors[i])) {
			report(doctor, &errors[i]);
			found = true;
		}
	return found;
}
