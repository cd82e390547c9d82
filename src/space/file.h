/* SPDX-License-Identifier: BSD-2-Clause */
/** file.h: names, locks and rights of the files behind spaces. */
#ifndef PAWL__FILE_H
#define PAWL__FILE_H

#include <sys/stat.h>

#include "space/process.h"

/** The folder that the spaces of this user live in, from PAWL_DIR unless the process has elevated privileges. */
const char *pawl__file_dir(void);

/** "pawl.UID." or "pawl.gGID.": what their file names begin with. */
void pawl__file_prefix(uint32_t gid, char *prefix, size_t size);

/** The path of a space's file; `gid` 0: the user's own. Returns 0, EINVAL (bad name), ENAMETOOLONG. */
int pawl__file_path(const char *name, uint32_t gid, char path[PATH_MAX]);

/** F_RDLCK, F_WRLCK, F_UNLCK on byte 0, without waiting. Returns 0, EAGAIN, or another errno. */
int pawl__file_lock(int fd, short type);

/** Become a member, waiting for one who is alone with the file. Returns 0, ETIMEDOUT, or another errno. */
int pawl__file_lock_shared(int fd, int64_t deadline);

/** True if we are the only member: then the lock is exclusive. Else it is as it was. */
bool pawl__file_lock_alone(int fd);

/** The descriptor of our membership; -1 if it was lost, or closed by the program. */
int pawl__file_fd(const struct pawl_space *space);

/** One more shared membership of the same file, for a child; -1 if it cannot be had. */
int pawl__file_lock_again(const struct pawl_space *space);

/** A pause before trying again, longer each time. */
void pawl__file_back_off(unsigned *times);

/** Is this a file to use at all: its kind, owner, mode? Returns 0, EPROTO with its reason given. */
int pawl__file_check(const char *path, const struct stat *st, uint32_t gid);

/** Give the reason for an errno of a file-system call. Returns what the caller is to return. */
int pawl__file_refuse(const char *path, int rc);
/** The same about the folder of the spaces. */
int pawl__file_refuse_dir(int rc);

#endif
