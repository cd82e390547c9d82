/* SPDX-License-Identifier: BSD-2-Clause */
/** office.h: the remote's page in a segment: which service, by what rules, who we are to it. Written once; what changes later
 * is the keeper's (keeper.c). */
#ifndef PAWL__OFFICE_H
#define PAWL__OFFICE_H

#include "space/process.h"

/** Is that a remote one can ask for? Looks at the options only. Returns 0, EINVAL with its reason given. */
int pawl__office_check(const pawl_space_options_t *options);

/** Fill in the office of a segment that nobody else can see yet. Returns 0 or an errno with its reason given. */
int pawl__office_found(struct pawl_space *space, const pawl_space_options_t *options);

/** The segment is ours to use: is its remote the one that is asked for? Sets space->office and space->url.
 * Returns 0; EINVAL another one, or none, EPROTO, ENOMEM, with their reason given. */
int pawl__office_enter(struct pawl_space *space, const pawl_space_options_t *options);

/** The same for a space that this process has open already. */
int pawl__office_admit(struct pawl_space *space, const pawl_space_options_t *options);

#define PAWL__REASON_LEN 96

/** Why the service cannot be reached: written by the keeper, read by whoever wants to know, at any time. */
void pawl__office_say(struct pawl__office *office, const char *reason);
void pawl__office_reason(const struct pawl__office *office, char reason[PAWL__REASON_LEN]);

/** Another boot: no lease of ours can be alive, and requests of that time may still be under way. Alone in the segment. */
void pawl__office_reborn(struct pawl_space *space);

#endif
