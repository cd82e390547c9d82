/* SPDX-License-Identifier: BSD-2-Clause */
/** greet.c: how a connection begins: the version of our session's node under h/ is raised, so that nothing that was sent
 * before can have an effect later; if that node says that a later keeper of this host has come, this one stands back.
 *
 *   get      there, of an earlier keeper or ours   set, with the version that was read   --> greeted
 *            there, of a later one                 no more connections
 *            not there                             create, with the folders above it     --> greeted
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/zookeeper/zk.h"

enum { ROUNDS = 10 }; /* others make and remove folders meanwhile */

static void *self(const void *arg)
{
	return (void *)(uintptr_t)arg;
}

void zk_keeper_path(const struct zk *z, char path[ZK_PATH])
{
	snprintf(path, ZK_PATH, "%s/h/%s-%016" PRIx64, z->root, z->config->host, (uint64_t)z->session);
}

/* ---- folders ---- */

static void be_unheard(int rc, const char *value, const void *arg)
{
	(void)rc; /* the last one's answer says it */
	(void)value;
	(void)arg;
}

/* Containers: the server removes them when they have been empty for a while. */
void zk_make_parents(struct zk *z, const char *below, string_completion_t done, const void *arg)
{
	char path[ZK_PATH];

	snprintf(path, sizeof(path), "%s/%s", z->root, below);
	for (char *at = path + 1; at;) {
		at = strchr(at, '/');
		if (at)
			*at = '\0';
		if (!zk_called(z, zoo_acreate(z->handle, path, NULL, -1, z->acl, ZOO_CONTAINER, at ? be_unheard : done,
					  at ? NULL : arg)))
			return;
		if (at)
			*at++ = '/';
	}
}

/* ---- greeting ---- */

static void refuse(struct zk *z, int rc)
{
	if (rc == ZNOAUTH)
		zk_lose(z, "%s: no rights on %s: check user and password in the URL", z->where, z->root);
	else if (rc == ZNONODE)
		zk_lose(z, "%s: %s cannot be made: the path in the URL does not exist: create it", z->where, z->root);
	else
		zk_lose(z, "%s: %s: %s", z->where, z->root, zerror(rc));
}

static void be_greeted(struct zk *z, const struct Stat *stat)
{
	z->version = stat->version;
	zk_session_up(z, stat->mzxid);
}

static void have_parents(int rc, const char *value, const void *arg)
{
	struct zk *z = self(arg);

	(void)value;
	if (zk_is_void(z, rc))
		return;
	if (rc == ZOK || rc == ZNODEEXISTS)
		zk_greet(z);
	else
		refuse(z, rc);
}

static void be_made(int rc, const char *value, const struct Stat *stat, const void *arg)
{
	struct zk *z = self(arg);

	(void)value;
	if (zk_is_void(z, rc))
		return;
	if (rc == ZOK)
		be_greeted(z, stat);
	else if (rc == ZNODEEXISTS)
		zk_greet(z);
	else if (rc == ZNONODE)
		zk_make_parents(z, "h", have_parents, z);
	else
		refuse(z, rc);
}

static void be_raised(int rc, const struct Stat *stat, const void *arg)
{
	struct zk *z = self(arg);

	if (zk_is_void(z, rc))
		return;
	if (rc == ZOK)
		be_greeted(z, stat);
	else if (rc == ZBADVERSION || rc == ZNONODE)
		zk_greet(z);
	else
		refuse(z, rc);
}

/* Which keeper, as text. */
static int term_of(const struct zk *z, char text[16])
{
	return snprintf(text, 16, "%" PRIu32, z->config->term);
}

static bool is_later(const struct zk *z, const char *value, int length)
{
	char text[16] = "";

	if (value && length > 0 && length < (int)sizeof(text))
		memcpy(text, value, (size_t)length);
	return strtoull(text, NULL, 10) > z->config->term;
}

static void be_read(int rc, const char *value, int length, const struct Stat *stat, const void *arg)
{
	struct zk *z = self(arg);
	char path[ZK_PATH], term[16];
	int n = term_of(z, term);

	if (zk_is_void(z, rc))
		return;
	zk_keeper_path(z, path);
	if (rc == ZOK && is_later(z, value, length)) {
		z->stopped = true;
		zk_lose(z, "%s: a later keeper of this host is at work: this one stands back", z->where);
	} else if (rc == ZOK) {
		zk_called(z, zoo_aset(z->handle, path, term, n, stat->version, be_raised, z));
	} else if (rc == ZNONODE) {
		zk_called(z, zoo_acreate2(z->handle, path, term, n, z->acl, ZOO_EPHEMERAL, be_made, z));
	} else {
		refuse(z, rc);
	}
}

void zk_greet(struct zk *z)
{
	char path[ZK_PATH];

	if (++z->greetings > ROUNDS) {
		zk_lose(z, "%s: %s/h changes all the time: who else writes there?", z->where, z->root);
		return;
	}
	zk_keeper_path(z, path);
	zk_called(z, zoo_aget(z->handle, path, 0, be_read, z));
}
