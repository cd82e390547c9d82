/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor_directory.c: the directory of the spaces: who may do what there, what kind of file system it is, how much room
 * is left. */
#include "cli/doctor.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define MIB (1024 * 1024ULL)

static const char *owner_cure(const struct stat *st)
{
	if ((st->st_mode & S_IWOTH) && !(st->st_mode & S_ISVTX))
		return "anybody can remove or replace your spaces: chmod o-w, or set PAWL_DIR to a "
		       "directory of your own "
		       "(mkdir -m 700)";
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return "its owner can remove your spaces: set PAWL_DIR to a directory of your own "
		       "(mkdir -m 700)";
	return NULL;
}

static const char *group_cure(const struct stat *st)
{
	if ((st->st_mode & S_IWGRP) && !(st->st_mode & S_ISVTX))
		return "its group can remove your spaces: fine if that is meant, else chmod g-w";
	return NULL;
}

static void check_rights(struct doctor *doctor, const struct stat *st)
{
	const char *bad = owner_cure(st), *warn = group_cure(st);
	char *finding = cli_format("%s, mode %04o, owner %s", doctor->directory, (unsigned)(st->st_mode & 07777),
		st->st_uid == geteuid() ? "you"
		: st->st_uid == 0       ? "root"
					: "somebody else");

	doctor_report(doctor, bad ? BAD : warn ? WARN : OK, "directory", finding, bad ? bad : warn);
	if (faccessat(AT_FDCWD, doctor->directory, W_OK | X_OK, AT_EACCESS))
		doctor_report(doctor, BAD, "directory access",
			cli_format("cannot make files in %s: %s", doctor->directory, strerror(errno)),
			"get the right to write there, or set PAWL_DIR to a directory where you "
			"have it");
}

/* Kinds of file systems by the number that statfs(2) gives them. */
static const struct kind {
	unsigned long magic;
	const char *name;
	verdict_t verdict;
} kinds[] = {
	{ 0x01021994, "tmpfs", OK },
	{ 0x858458f6, "ramfs", OK },
	{ 0x6969, "NFS", BAD },
	{ 0x517b, "SMB", BAD },
	{ 0xff534d42, "CIFS", BAD },
	{ 0xfe534d42, "SMB2", BAD },
	{ 0x00c36400, "Ceph", BAD },
	{ 0x5346414f, "AFS", BAD },
	{ 0x01021997, "9p", WARN },
	{ 0x65735546, "FUSE", WARN },
};

static void check_kind(struct doctor *doctor, const struct statfs *fs)
{
	static const char *const cures[] = { [OK] = NULL,
		[WARN] = "whether processes share memory and locks there depends on its server: "
			 "better a local one, such "
			 "as /dev/shm",
		[BAD] = "hosts do not share memory through it: set PAWL_DIR to a local directory, "
			"such as /dev/shm" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (((unsigned long)fs->f_type & 0xffffffff) == kinds[i].magic) {
			doctor_report(doctor, kinds[i].verdict, "file system", cli_format("%s", kinds[i].name),
				cures[kinds[i].verdict]);
			return;
		}
	doctor_report(doctor, OK, "file system",
		cli_format("on disk (type %lx): spaces outlive a restart", (unsigned long)fs->f_type & 0xffffffff), NULL);
}

static void check_room(struct doctor *doctor, const struct statfs *fs)
{
	unsigned long long bytes = (unsigned long long)fs->f_bavail * (unsigned long long)fs->f_bsize;
	bool no_inode = fs->f_files && !fs->f_ffree, small = bytes < 16 * MIB;
	verdict_t verdict = bytes < MIB || no_inode ? BAD : small ? WARN : OK;

	doctor_report(doctor, verdict, "free space",
		cli_format("%llu %s%s", bytes / (small ? 1024 : MIB), small ? "KiB" : "MiB",
			no_inode ? ", but no room for one more file" : ""),
		verdict == OK ? NULL
			      : "a space needs 64 KiB and up to 42 MiB when full: remove what is "
				"not needed there (`pawl "
				"ls --spaces`), or mount it larger (mount -o remount,size=64m)");
}

void doctor_directory(struct doctor *doctor)
{
	struct statfs fs;
	struct stat st;

	if (stat(doctor->directory, &st) || statfs(doctor->directory, &fs)) {
		doctor_report(doctor, BAD, "directory", cli_format("%s: %s", doctor->directory, strerror(errno)),
			"make it (mkdir -m 700), or set PAWL_DIR to one that there is");
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		doctor_report(doctor, BAD, "directory", cli_format("%s is not a directory", doctor->directory),
			"set PAWL_DIR to one");
		return;
	}
	check_rights(doctor, &st);
	check_kind(doctor, &fs);
	check_room(doctor, &fs);
}
