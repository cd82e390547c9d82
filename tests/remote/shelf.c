/* SPDX-License-Identifier: BSD-2-Clause */
/** shelf.c: files that are replaced, never changed (shelf.h). */
#include "shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[8] = "pawldir1";

/* No name becomes + when it is encoded. */
void shelf_file_of(const char *name, char file[NAME_MAX + 1])
{
	char text[3 * PAWL_NAME_MAX + 1];
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	size_t n = pawl_remote_encode(name, text, sizeof(text));

	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	if (n <= 200)
		snprintf(file, NAME_MAX + 1, "%.200s.lock", text);
	else
		snprintf(file, NAME_MAX + 1, "%.200s+%016llx.lock", text, (unsigned long long)hash);
}

/* Of `size` bytes at most; how many in `*got`. */
static int read_file(int dir, const char *file, void *data, size_t size, size_t *got)
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC), rc;
	ssize_t n;

	if (fd < 0)
		return errno;
	n = read(fd, data, size);
	rc = n < 0 ? errno : 0;
	close(fd);
	*got = n < 0 ? 0 : (size_t)n;
	return rc;
}

/* Whole, or not at all, even if the power fails. By whoever has the directory's lock: one file to write to is enough. */
int shelf_replace(int dir, const char *file, const void *data, size_t size)
{
	int fd = openat(dir, ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), rc = 0;
	ssize_t n;

	if (fd < 0)
		return errno;
	n = write(fd, data, size);
	if (n != (ssize_t)size)
		rc = n < 0 ? errno : ENOSPC;
	else if (fdatasync(fd) != 0)
		rc = errno;
	close(fd);
	if (rc == 0 && (renameat(dir, ".new", dir, file) != 0 || fsync(dir) != 0))
		rc = errno;
	return rc;
}

int shelf_read_ledger(int dir, const char *file, const char *name, struct ledger *l)
{
	size_t got = 0;
	int rc = read_file(dir, file, l, sizeof(*l), &got);

	if (rc == ENOENT) {
		*l = (struct ledger){ 0 };
		memcpy(l->magic, magic, sizeof(magic));
		strcpy(l->name, name);
		return 0;
	}
	if (rc == 0 && (got != sizeof(*l) || memcmp(l->magic, magic, sizeof(magic)) != 0 ||
			       strcmp(l->name, name) != 0 || l->owner > LEDGER_HOSTS))
		rc = EPROTO; /* of somebody else; or two long names with one number */
	return rc;
}

/* When leases of an older directory of that name are over; a time that lies ahead is from before the machine was started. */
int shelf_birth(int dir, int64_t ttl, int64_t *delay)
{
	int64_t now = pawl_remote_now(), born = now;
	char text[32] = "";
	size_t got = 0;
	int rc = read_file(dir, ".born", text, sizeof(text) - 1, &got);

	if (rc == 0) {
		born = strtoll(text, NULL, 10);
	} else if (rc == ENOENT) {
		snprintf(text, sizeof(text), "%lld\n", (long long)born);
		rc = shelf_replace(dir, ".born", text, strlen(text));
	}
	*delay = born > now || now - born > ttl ? 0 : born + ttl - now;
	return rc;
}
