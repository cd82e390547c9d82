/* SPDX-License-Identifier: BSD-2-Clause */
/** registry.c: backends by scheme: a short list of those that were registered, a folder for all others.
 *
 * A URL may hold a password: messages say the scheme and nothing else of it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pawl/annotate.h>

#include "remote/registry.h"
#include "space/process.h"

enum { KNOWN_MOST = 32, SCHEME_MOST = 32 };

/* Filled from the front, never emptied, one entry for a scheme. */
static const pawl_backend_t *known[KNOWN_MOST];

/* How many bytes of `text` are a scheme: it becomes part of a file's name, and of a symbol's. */
static size_t scheme_length(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-");

	return n > SCHEME_MOST || text[0] < 'a' || text[0] > 'z' ? 0 : n;
}

static int check(const pawl_backend_t *backend, const char *whence)
{
	if (!backend)
		return pawl__refuse(EINVAL, "%s: no backend: pass one", whence);
	if (backend->version != PAWL_REMOTE_VERSION)
		return pawl__refuse(EINVAL, "%s: made for version %u of pawl/remote.h, this library has %u: build it anew",
			whence, backend->version, PAWL_REMOTE_VERSION);
	if (!backend->scheme || scheme_length(backend->scheme) == 0 || backend->scheme[scheme_length(backend->scheme)])
		return pawl__refuse(EINVAL, "%s: its scheme is none: use 1 to %d of a-z, 0-9, + and -, a letter first",
			whence, SCHEME_MOST);
	if (!backend->open || !backend->submit || !backend->poll || !backend->close)
		return pawl__refuse(EINVAL, "%s: it lacks one of open, submit, poll, close: fill in all four", whence);
	return 0;
}

/* ---- registered ---- */

/* The entry of a scheme, with what is in it; or the first empty one, with NULL; or KNOWN_MOST. */
static size_t look_up(const char *scheme, const pawl_backend_t **there)
{
	size_t i = 0;

	for (*there = NULL; i < KNOWN_MOST; i++) {
		/* RG2 acquire: pairs with RG1: it is filled in */
		*there = PAWL_LOAD(&known[i], ACQUIRE);
		if (!*there || strcmp((*there)->scheme, scheme) == 0)
			return i;
	}
	*there = NULL;
	return i;
}

int pawl_backend_register(const pawl_backend_t *backend)
{
	int rc = check(backend, "pawl_backend_register");
	const pawl_backend_t *there;
	size_t i;

	if (rc != 0)
		return rc;
	do {
		i = look_up(backend->scheme, &there);
		if (i == KNOWN_MOST)
			return pawl__refuse(
				ENOSPC, "pawl_backend_register: there are %d already, which is the most", KNOWN_MOST);
		/* RG1 release: pairs with RG2: whoever finds it finds it filled in. Lost a race: look again */
	} while (!PAWL_CAS(&known[i], &there, backend, RELEASE));
	return 0;
}

/* ---- loaded ---- */

/* rediss:// where redis:// is there. */
static bool is_by_tls(const char *scheme, const char *dir)
{
	size_t n = strlen(scheme) - 1;
	char file[PATH_MAX];

	return n > 0 && scheme[n] == 's' &&
	       snprintf(file, PATH_MAX, "%s/libpawl-%.*s.so", dir, (int)n, scheme) < PATH_MAX && access(file, F_OK) == 0;
}

static int find_file(const char *scheme, char file[PATH_MAX])
{
	const char *dir = secure_getenv("PAWL_BACKEND_DIR"); /* NULL where privileges are elevated */

	if (!dir || !dir[0])
		dir = PAWL_BACKEND_DIR;
	if (dir[0] != '/') /* dlopen() would look elsewhere, or in a folder that changes */
		return pawl__refuse(EINVAL, "PAWL_BACKEND_DIR is '%.200s': make it an absolute path", dir);
	if (snprintf(file, PATH_MAX, "%s/libpawl-%s.so", dir, scheme) >= PATH_MAX)
		return pawl__refuse(ENAMETOOLONG, "PAWL_BACKEND_DIR is too long: %.200s...", dir);
	if (access(file, F_OK) != 0 && is_by_tls(scheme, dir))
		return pawl__refuse(EINVAL,
			"%s://: there is no TLS in this build's %.*s://: run a tunnel to the server, stunnel say, and "
			"write "
			"%.*s:// with this end of it (of etcd://, write tls=1)",
			scheme, (int)strlen(scheme) - 1, scheme, (int)strlen(scheme) - 1, scheme);
	if (access(file, F_OK) != 0)
		return pawl__refuse(
			errno, "%s: %s: install the backend for %s:// there, name its folder in PAWL_BACKEND_DIR, or register one",
			file, strerror(errno), scheme);
	return 0;
}

/* pawl_backend_SCHEME; what a name in C cannot have is _ there. */
static const pawl_backend_t *find_symbol(void *library, const char *scheme, char symbol[64])
{
	snprintf(symbol, 64, "pawl_backend_%s", scheme);
	for (char *c = symbol; *c; c++)
		if (*c == '+' || *c == '-')
			*c = '_';
	return dlsym(library, symbol);
}

static int check_loaded(const pawl_backend_t *backend, const char *scheme, const char *symbol, const char *file)
{
	int rc;

	if (!backend)
		return pawl__refuse(EINVAL, "%s: it has no symbol %s: not a backend for %s://, put the right file there",
			file, symbol, scheme);
	rc = check(backend, file);
	if (rc == 0 && strcmp(backend->scheme, scheme) != 0)
		rc = pawl__refuse(EINVAL, "%s: a backend for %s://, not for %s://: rename it", file, backend->scheme, scheme);
	return rc;
}

/* Never unloaded once it fits. Loaded again it is the same one: no need to remember it. */
static int load(const char *scheme, const pawl_backend_t **backend)
{
	char file[PATH_MAX], symbol[64];
	int rc = find_file(scheme, file);
	void *library;

	if (rc != 0)
		return rc;
	library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!library) /* dlerror() begins with the file's name */
		return pawl__refuse(ELIBACC, "%s: cannot be loaded: install what it needs, or install it anew", dlerror());
	*backend = find_symbol(library, scheme, symbol);
	rc = check_loaded(*backend, scheme, symbol, file);
	if (rc != 0)
		dlclose(library);
	return rc;
}

int pawl__backend_find(const char *url, const pawl_backend_t **backend)
{
	size_t n = url ? scheme_length(url) : 0;
	char scheme[SCHEME_MOST + 1];

	if (n == 0 || strncmp(url + n, "://", 3) != 0)
		return pawl__refuse(EINVAL,
			"not the URL of a lock service: write SCHEME://..., the scheme 1 to %d of a-z, 0-9, + and -, "
			"a letter first",
			SCHEME_MOST);
	memcpy(scheme, url, n);
	scheme[n] = '\0';
	look_up(scheme, backend);
	return *backend ? 0 : load(scheme, backend);
}
