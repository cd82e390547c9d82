/* SPDX-License-Identifier: BSD-2-Clause */
/** space.c: opening, closing and finding spaces; one pawl_space_t for each file in a process. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cancel.h"
#include "remote/keeper.h"
#include "remote/office.h"
#include "space/handle.h"
#include "space/member.h"
#include "space/file.h"
#include "space/segment.h"

/* ---- open ---- */

static int check_options(const pawl_space_options_t *o)
{
	uint32_t widest = o->gid != 0 ? 0660 : 0600;

	if (o->capacity > PAWL__CAPACITY_MAX)
		return pawl__refuse(EINVAL, "a space holds %u names at most, not %u", PAWL__CAPACITY_MAX, o->capacity);
	if ((o->mode & ~widest) != 0 || (o->mode != 0 && (o->mode & 0600) != 0600))
		return pawl__refuse(EINVAL, "mode %04o: use 0600, or up to 0660 together with a group", o->mode);
	return pawl__office_check(o);
}

/* The process has this file open already, and the name still means it. Caller holds pawl__registry. */
static struct pawl_space *find_open(const char *path)
{
	struct stat st;

	for (struct pawl_space *s = pawl__spaces; s; s = s->next)
		if (s->opens > 0 && strcmp(s->path, path) == 0 && stat(path, &st) == 0 && st.st_ino == s->ino &&
			st.st_dev == s->dev)
			return s;
	return NULL;
}

static int make(struct pawl_space **out, const char *path, const pawl_space_options_t *options)
{
	struct pawl_space *space = calloc(1, sizeof(*space));
	int rc;

	if (!space)
		return pawl__refuse(ENOMEM, "out of memory");
	space->fd = space->fork_fd = space->bell = -1;
	if (path)
		snprintf(space->path, sizeof(space->path), "%s", path);
	rc = path ? pawl__segment_attach(space, options) : pawl__segment_anonymous(space, options);
	if (rc == 0 && (rc = pawl__office_enter(space, options)) != 0)
		pawl__segment_leave(space);
	if (rc == 0 && (rc = pawl__handles_create(space)) != 0) {
		pawl__refuse(rc, "out of memory");
		pawl__segment_leave(space);
	}
	if (rc != 0) {
		pawl__space_free(space);
		return rc;
	}
	space->opens = 1;
	space->next = pawl__spaces;
	pawl__spaces = space;
	*out = space;
	return 0;
}

/* From here on the space is open; without its candidate it has to wait for those of other processes. */
static int start_keeper(struct pawl_space *space)
{
	int rc = pawl__keeper_start_locked(space);

	if (rc == 0)
		return 0;
	space->opens--;
	if (space->opens == 0)
		pawl__space_end(space);
	return pawl__refuse(rc, "no thread to be had for the remote: %s", strerror(rc));
}

static int open_locked(pawl_space_t **out, const char *path, const pawl_space_options_t *options)
{
	struct pawl_space *space = path ? find_open(path) : NULL;
	int rc;

	if (space) {
		rc = pawl__office_admit(space, options);
		if (rc != 0)
			return rc;
		space->opens++;
		*out = space;
	} else {
		rc = make(out, path, options);
	}
	return rc == 0 ? start_keeper(*out) : rc;
}

int pawl_space_open(pawl_space_t **space, const char *name, const pawl_space_options_t *options)
{
	static const pawl_space_options_t defaults;
	char path[PATH_MAX];
	int rc, cancel;

	if (!space)
		return pawl__refuse(EINVAL, "pawl_space_open: no place to put the space");
	if (!options)
		options = &defaults;
	rc = check_options(options);
	if (rc == 0 && name)
		rc = pawl__file_path(name, options->gid, path);
	if (rc == 0 && pawl__member_hooks() != 0)
		rc = pawl__refuse(EAGAIN, "no thread-specific key left in this process");
	if (rc != 0)
		return rc;
	cancel = pawl__cancel_off();
	pthread_mutex_lock(&pawl__registry);
	rc = open_locked(space, name ? path : NULL, options);
	pthread_mutex_unlock(&pawl__registry);
	pawl__cancel_back(cancel);
	return rc;
}

/* ---- close ---- */

static bool holds_anything(const struct pawl_space *space)
{
	for (const struct pawl__member *m = space->members; m; m = m->next_of_space)
		if (PAWL_LOAD(&m->held, RELAXED) != 0) /* relaxed: nobody may be inside a call on this space */
			return true;
	return false;
}

/* Closed too often, it may be freed already: ask the list, not the space. */
static bool is_known(const struct pawl_space *space)
{
	const struct pawl_space *s = pawl__spaces;

	while (s && s != space)
		s = s->next;
	return s != NULL;
}

static int close_locked(struct pawl_space *space)
{
	if (!is_known(space) || space->opens == 0)
		return EINVAL;
	if (space->opens == 1 && holds_anything(space))
		return EBUSY;
	if (--space->opens > 0)
		return 0;
	pawl__member_leave(space);
	if (!space->members)
		pawl__space_end(space); /* else the last of those threads does it, as it ends */
	return 0;
}

/* Nobody else of this process has it open, so its candidate can end. Asked again whenever pawl__registry has been given up. */
static bool is_last(const struct pawl_space *space)
{
	return is_known(space) && space->opens == 1 && !holds_anything(space);
}

int pawl_space_close(pawl_space_t *space)
{
	bool ended = false;
	int rc, cancel;

	if (!space)
		return EINVAL;
	cancel = pawl__cancel_off();
	pthread_mutex_lock(&pawl__registry);
	while (is_last(space) && pawl__keeper_stop(space, PAWL__WIND_UP_NS))
		ended = true;
	rc = close_locked(space);
	if (ended && is_known(space) && space->opens > 0) /* opened again, and perhaps asked for a lease, while the keeper ended */
		(void)pawl__keeper_start_locked(space); /* no thread to be had: the next ask tries again */
	pthread_mutex_unlock(&pawl__registry);
	pawl__cancel_back(cancel);
	return rc;
}

/* ---- by name ---- */

int pawl_space_unlink(const char *name)
{
	char path[PATH_MAX];
	int rc, cancel;

	if (!name)
		return pawl__refuse(EINVAL, "no name given");
	rc = pawl__file_path(name, 0, path);
	if (rc != 0)
		return rc;
	cancel = pawl__cancel_off();
	rc = pawl__segment_remove(path, 0);
	pawl__cancel_back(cancel);
	return rc;
}

const char *pawl_space_path(const pawl_space_t *space)
{
	return space && space->path[0] ? space->path : "(anonymous)";
}

int pawl_space_scan(int (*each)(const char *name, const char *path, void *arg), void *arg)
{
	int rc = 0, cancel = pawl__cancel_off();
	char prefix[32], path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (!each) {
		pawl__cancel_back(cancel);
		return pawl__refuse(EINVAL, "pawl_space_scan: nothing to call");
	}
	pawl__file_prefix(0, prefix, sizeof(prefix));
	dir = opendir(pawl__file_dir());
	if (!dir) {
		rc = errno;
		pawl__cancel_back(cancel);
		return pawl__file_refuse_dir(rc);
	}
	while (rc == 0 && (entry = readdir(dir))) {
		const char *name = entry->d_name + strlen(prefix);

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || strchr(name, '+'))
			continue; /* '+' marks the files beside the segments */
		if (pawl__file_path(name, 0, path) == 0)
			rc = each(name, path, arg);
	}
	closedir(dir);
	pawl__cancel_back(cancel);
	return rc;
}
