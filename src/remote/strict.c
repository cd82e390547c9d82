/* SPDX-License-Identifier: BSD-2-Clause */
/** strict.c: finding the lock of one's own (strict.h), and doing there what was asked for. Whoever holds it has a reference to its
 * handle.
 */
#include "remote/strict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "space/member.h"

#define CUT        '\x1f'
#define PLACE_MOST 8 /* bytes: CUT, hex digits */

bool pawl__strict_join(const char *name, const char *place, char text[PAWL__LONG_NAME_MAX + 1])
{
	bool own = place && *place;
	int n = snprintf(text, PAWL__LONG_NAME_MAX + 1, "%s%s%s", name, own ? "\x1f" : "", own ? place : "");

	return n <= (int)PAWL__LONG_NAME_MAX;
}

char *pawl__strict_split(char *name)
{
	char *cut = strchr(name, CUT);

	if (!cut)
		return name + strlen(name);
	*cut = '\0';
	return cut + 1;
}

bool pawl__strict_is_own(const char *name)
{
	return strchr(name, CUT) != NULL;
}

int pawl__strict_check(const struct pawl_space *space, const char *name, unsigned flags)
{
	if (!space->office)
		return 0;
	if (pawl__strict_is_own(name))
		return EINVAL;
	return (flags & PAWL_STRICT) && strlen(name) + PLACE_MOST > PAWL__LONG_NAME_MAX ? ENAMETOOLONG : 0;
}

/* The calling thread's own lock, with one more reference. `make`: it need not exist. */
static int mine(const struct pawl_lock *lock, bool make, struct pawl_lock **own)
{
	char place[PLACE_MOST], text[PAWL__LONG_NAME_MAX + 1];
	struct pawl__name name;
	int rc = 0;
	struct pawl__member *member = make ? pawl__member(lock->space, &rc) : pawl__member_now(lock->space);

	*own = NULL;
	if (!member)
		return make ? rc : EPERM;
	snprintf(place, sizeof(place), "%x", (unsigned)pawl__word_slot(member->me));
	pawl__strict_join(lock->text, place, text);
	rc = pawl__name_read(text, &name);
	if (rc == 0 && make)
		return pawl__lock_open(lock->space, &name, lock->flags & ~PAWL_STRICT, own);
	*own = rc == 0 ? pawl__handle_get(lock->space, &name, lock->flags & ~PAWL_STRICT) : NULL;
	return *own ? 0 : EPERM;
}

int pawl__strict_acquire(struct pawl_lock *lock, pawl_deadline_t deadline, pawl_grant_t *grant) PAWL_NO_ANALYSIS
{
	struct pawl_lock *own;
	int rc = mine(lock, true, &own);

	if (rc != 0)
		return rc;
	rc = pawl_lock_acquire(own, deadline, grant);
	if (!pawl_acquired(rc))
		pawl__handle_put(own);
	return rc;
}

int pawl__strict_release(struct pawl_lock *lock) PAWL_NO_ANALYSIS
{
	struct pawl_lock *own;
	int rc = mine(lock, false, &own);

	if (rc != 0)
		return rc;
	rc = pawl_lock_release(own);
	if (rc == 0 || rc == ESTALE)
		pawl__handle_put(own); /* the hold's */
	pawl__handle_put(own);
	return rc;
}

int pawl__strict_consistent(struct pawl_lock *lock) PAWL_NO_ANALYSIS
{
	struct pawl_lock *own;
	int rc = mine(lock, false, &own);

	if (rc != 0)
		return rc;
	rc = pawl_lock_consistent(own);
	pawl__handle_put(own);
	return rc;
}

int pawl__strict_reset(struct pawl_lock *lock)
{
	struct pawl_lock *own;
	int rc = mine(lock, true, &own);

	if (rc != 0)
		return rc;
	rc = pawl_lock_reset(own);
	pawl__handle_put(own);
	return rc;
}

bool pawl__strict_valid(const struct pawl_lock *lock)
{
	struct pawl_lock *own;
	bool valid;

	if (mine(lock, false, &own) != 0)
		return false;
	valid = pawl_lock_valid(own);
	pawl__handle_put(own);
	return valid;
}

bool pawl__strict_is_held(const struct pawl_lock *lock)
{
	struct pawl_lock *own;
	bool held;

	if (mine(lock, false, &own) != 0)
		return false;
	held = pawl__lock_is_held(own);
	pawl__handle_put(own);
	return held;
}
