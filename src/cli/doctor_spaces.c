/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor_spaces.c: every space of the user: can it be opened, is it whole, is it getting full, does a lock need help. */
#include "cli/doctor.h"

#include <stdlib.h>

enum { THREADS_MOST = 4095 };

struct tally {
	unsigned held, dead, poisoned, lingering;
	bool waited; /* somebody waits for a lock that lingers */
};

static int count(const pawl_lock_info_t *info, void *arg)
{
	struct tally *tally = arg;

	tally->held += info->state == PAWL_STATE_HELD;
	tally->dead += info->state == PAWL_STATE_DEAD;
	tally->poisoned += info->state == PAWL_STATE_POISONED;
	tally->lingering += info->state == PAWL_STATE_LINGERING;
	tally->waited |= info->state == PAWL_STATE_LINGERING && info->waiters;
	return 0;
}

static void check_whole(struct doctor *doctor, const char *check, pawl_space_t *space)
{
	pawl_space_stats_t stats;

	if (pawl_space_check(space))
		doctor_report(doctor, BAD, check, cli_format("damaged: %s", pawl_space_reason()),
			"end the processes that use it, then `pawl rm` it; look for what writes "
			"where it should not");
	if (pawl_space_stats(space, &stats) == 0 && stats.removed)
		doctor_report(doctor, BAD, check, cli_format("its file was removed under its members"),
			"restart them; set PAWL_DIR to a directory that nobody cleans");
}

static void check_room(struct doctor *doctor, const char *check, const pawl_space_stats_t *stats)
{
	if (stats->threads >= THREADS_MOST / 10 * 9)
		doctor_report(doctor, WARN, check, cli_format("%u threads of %d", (unsigned)stats->threads, THREADS_MOST),
			"the next ones get ENOSPC: spread the work over several spaces, or use "
			"fewer threads");
	if (stats->names > stats->capacity / 10 * 9)
		doctor_report(doctor, OK, check,
			cli_format("%u names of %u: idle ones make room for new ones", (unsigned)stats->names,
				(unsigned)stats->capacity),
			NULL);
}

static void check_locks(struct doctor *doctor, const char *check, const struct tally *tally)
{
	if (tally->poisoned)
		doctor_report(doctor, WARN, check, cli_format("%u poisoned locks", tally->poisoned),
			"find them by `pawl ls`, see to their data, then `pawl reset` each");
	if (tally->waited)
		doctor_report(doctor, WARN, check, cli_format("somebody waits for a lock that lingers"),
			"a command started under it still runs after its `pawl run` has gone: end "
			"it, or wait for it");
}

static void check_space(struct doctor *doctor, const char *check, pawl_space_t *space)
{
	pawl_space_stats_t stats;
	struct tally tally = { 0 };

	check_whole(doctor, check, space);
	if (pawl_space_stats(space, &stats) || pawl_lock_list(space, count, &tally))
		return;
	check_locks(doctor, check, &tally);
	check_room(doctor, check, &stats);
	doctor_report(doctor, OK, check,
		cli_format("%u names, %u threads; %u held, %u dead, %u lingering; %llu owners died "
			   "and were replaced",
			(unsigned)stats.names, (unsigned)stats.threads, tally.held, tally.dead, tally.lingering,
			(unsigned long long)stats.recovered),
		NULL);
}

static int each_space(const char *name, const char *path, void *arg)
{
	struct doctor *doctor = arg;
	char *check = cli_format("space %s", name);
	pawl_space_t *space;
	int rc;

	(void)path;
	rc = cli_look_into(name, &space);
	if (rc == 0) {
		check_space(doctor, check, space);
		pawl_space_close(space);
	} else if (rc != ENOENT) { /* that one has just gone */
		doctor_report(doctor, BAD, check, cli_format("%s", pawl_space_reason()),
			"nobody can use it as it is; if it is not yours, set PAWL_DIR to a "
			"directory of your own");
	}
	free(check);
	return 0;
}

void doctor_spaces(struct doctor *doctor)
{
	static const char unread[] = "get the right to read that directory, or set PAWL_DIR to one of your own";
	int rc = pawl_space_scan(each_space, doctor);

	if (rc && rc != ENOENT && rc != ENOTDIR) /* which doctor_directory() has told of */
		doctor_report(doctor, WARN, "spaces", cli_format("%s", pawl_space_reason()), unread);
}
