/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor.h: what the groups of checks of `pawl doctor` share. A check looks at one thing, says what it found and, unless
 * all is well, what a user can do about it. */
#ifndef PAWL__CLI_DOCTOR_H
#define PAWL__CLI_DOCTOR_H

#include "cli/json.h"

typedef enum verdict {
	OK,   /* as it should be */
	WARN, /* pawl works; something is slower, or may go wrong one day */
	BAD,  /* pawl does not work, or may hurt */
} verdict_t;

struct doctor {
	bool json;
	json_t *list;
	verdict_t worst;
	const char *directory; /* where the spaces are */
};

/** One line of the report. Takes `finding`; `cure` is NULL exactly if the verdict is OK. */
void doctor_report(struct doctor *doctor, verdict_t verdict, const char *check, char *finding, const char *cure);

void doctor_kernel(struct doctor *doctor);    /* what the liveness of owners is made of */
void doctor_limits(struct doctor *doctor);    /* what this process may use */
void doctor_directory(struct doctor *doctor); /* where the spaces live: rights, kind, room */
void doctor_publish(struct doctor *doctor);   /* whether a space can be made there; what might remove it */
void doctor_spaces(struct doctor *doctor);    /* the spaces there are */

/** Try a lock service from end to end, with leases of that length. */
void doctor_remote(struct doctor *doctor, const char *url, int64_t ttl_ns);

/** Explain the error called `asked`, or of that number, or all (NULL). False: there is no such error. */
bool doctor_errors(struct doctor *doctor, const char *asked);

/** The number in a small file such as a sysctl; `otherwise` if it cannot be read. */
long doctor_number(const char *path, long otherwise);

#endif
