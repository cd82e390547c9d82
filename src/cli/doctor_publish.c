/* SPDX-License-Identifier: BSD-2-Clause */
/** doctor_publish.c: whether a space can be made in the directory the way the library makes it (an unnamed file, a lock on
 * it, then a name), and what outside pawl might take it away again. */
#include "cli/doctor.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- making one ---- */

static int give_name_for_a_moment(int directory, int file)
{
	char *from = cli_format("/proc/self/fd/%d", file), *to = cli_format(".pawl-doctor.%d", (int)getpid());
	int error = linkat(AT_FDCWD, from, directory, to, AT_SYMLINK_FOLLOW) ? errno : 0;

	if (!error)
		unlinkat(directory, to, 0);
	free(from);
	free(to);
	return error;
}

static void check_name(struct doctor *doctor, int directory, int file)
{
	int error = give_name_for_a_moment(directory, file);

	if (error)
		doctor_report(doctor, BAD, "publishing", cli_format("linkat through /proc: %s", strerror(error)),
			"a space gets its name by linkat from /proc/self/fd: mount /proc, and use "
			"a file system with links");
	else
		doctor_report(doctor, OK, "publishing", cli_format("a space appears under its name all at once"), NULL);
}

/* Two open file descriptions of one file: the second may not get a write lock beside the first one's read lock. */
static bool locks_exclude(int file)
{
	struct flock read_lock = { .l_type = F_RDLCK, .l_len = 1 }, write_lock = { .l_type = F_WRLCK, .l_len = 1 };
	char *path = cli_format("/proc/self/fd/%d", file);
	int second = open(path, O_RDWR | O_CLOEXEC);
	bool exclude = second >= 0 && fcntl(file, F_OFD_SETLK, &read_lock) == 0 &&
		       fcntl(second, F_OFD_SETLK, &write_lock) < 0 && (errno == EAGAIN || errno == EACCES);

	if (second >= 0)
		close(second);
	free(path);
	return exclude;
}

static void check_locks(struct doctor *doctor, int file)
{
	if (locks_exclude(file))
		doctor_report(doctor, OK, "file locks", cli_format("open-file-description locks work there"), NULL);
	else
		doctor_report(doctor, BAD, "file locks", cli_format("open-file-description locks do not work there"),
			"who is a member of a space is known by them: use Linux 3.15 or newer, and "
			"a local file system");
}

static void check_making(struct doctor *doctor)
{
	int directory = open(doctor->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), file;

	if (directory < 0)
		return; /* doctor_directory() has said why */
	file = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (file < 0) {
		doctor_report(doctor, BAD, "unnamed files", cli_format("O_TMPFILE: %s", strerror(errno)),
			"a space is made as one: set PAWL_DIR to a directory on tmpfs, ext4, xfs "
			"or btrfs where you may "
			"write");
	} else {
		check_locks(doctor, file);
		check_name(doctor, directory, file);
		close(file);
	}
	close(directory);
}

/* ---- what takes it away ---- */

/* What "RemoveIPC=" says in a file of settings, "" if nothing; the last line counts. */
static void read_setting(const char *path, char setting[8])
{
	FILE *file = fopen(path, "re");
	char line[256];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		(void)sscanf(line, " RemoveIPC = %7s", setting);
	fclose(file);
}

static bool is_conf(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".conf");
}

static int only_conf(const struct dirent *entry)
{
	return is_conf(entry);
}

static void read_drop_ins(const char *directory, char setting[8])
{
	struct dirent **entries;
	int count = scandir(directory, &entries, only_conf, alphasort);

	for (int i = 0; i < count; i++) {
		char *path = cli_format("%s/%s", directory, entries[i]->d_name);

		read_setting(path, setting);
		free(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static bool setting_is_no(void)
{
	static const char *const files[] = { "/usr/lib/systemd/logind.conf", "/etc/systemd/logind.conf" };
	static const char *const folders[] = { "/usr/lib/systemd/logind.conf.d", "/run/systemd/logind.conf.d",
		"/etc/systemd/logind.conf.d" };
	char setting[8] = "";

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		read_setting(files[i], setting);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		read_drop_ins(folders[i], setting);
	return !strcasecmp(setting, "no") || !strcasecmp(setting, "false") || !strcasecmp(setting, "off") ||
	       !strcmp(setting, "0");
}

static bool user_lingers(void)
{
	const struct passwd *user = getpwuid(geteuid());
	char *path;
	bool there;

	if (!user)
		return false;
	path = cli_format("/var/lib/systemd/linger/%s", user->pw_name);
	there = access(path, F_OK) == 0;
	free(path);
	return there;
}

static bool same_place(const char *a, const char *b)
{
	struct stat first, second;

	return !stat(a, &first) && !stat(b, &second) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* logind removes the files that a user of a login owns in /dev/shm when his last session ends, from under services that
 * run on; it leaves system users alone. */
static const char *why_logind_leaves_it(const struct doctor *doctor)
{
	if (!same_place(doctor->directory, "/dev/shm"))
		return "logind only cleans /dev/shm";
	if (access("/run/systemd/system", F_OK))
		return "systemd does not run here";
	if (geteuid() < 1000)
		return "you are a system user";
	if (setting_is_no())
		return "RemoveIPC=no is set";
	if (user_lingers())
		return "lingering is enabled for you";
	return NULL;
}

static void check_logind(struct doctor *doctor)
{
	const char *why = why_logind_leaves_it(doctor);

	if (why)
		doctor_report(doctor, OK, "RemoveIPC", cli_format("%s", why), NULL);
	else
		doctor_report(doctor, WARN, "RemoveIPC",
			cli_format("logind removes your spaces from %s when you log out for the "
				   "last time",
				doctor->directory),
			"`loginctl enable-linger`, or RemoveIPC=no in logind.conf, or PAWL_DIR set "
			"to a directory nobody "
			"cleans");
}

/* In a directory where others may make files they can also make links to ours and files by our names. The library refuses
 * what it finds so; these settings keep it from being tried. */
static void check_protected(struct doctor *doctor)
{
	static const char *const names[] = { "symlinks", "hardlinks", "regular", "fifos" };
	char off[96] = "";
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = cli_format("/proc/sys/fs/protected_%s", names[i]);

		if (doctor_number(path, 1) == 0)
			snprintf(off + strlen(off), sizeof(off) - strlen(off), " protected_%s", names[i]);
		free(path);
	}
	if (!*off || stat(doctor->directory, &st) || !(st.st_mode & S_IWOTH))
		doctor_report(doctor, OK, "links of others",
			cli_format("%s", *off ? "nobody else can make files there" : "the kernel restricts them"), NULL);
	else
		doctor_report(doctor, WARN, "links of others",
			cli_format("off:%s, and %s is open to all", off, doctor->directory),
			"others can block the name of a space (never enter it): `sysctl "
			"fs.protected_symlinks=1` and the "
			"like, or a PAWL_DIR of your own (mkdir -m 700)");
}

void doctor_publish(struct doctor *doctor)
{
	check_making(doctor);
	check_logind(doctor);
	check_protected(doctor);
}
