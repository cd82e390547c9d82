/* SPDX-License-Identifier: BSD-2-Clause */
/** backend.c: the four functions of pawl/remote.h, and the URL:
 * zk://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...][/CHROOT][?prefix=pawl]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/zookeeper/zk.h"

enum { PORT = 2181 };

/* ---- the URL ---- */

static bool refuse(struct url *u, const char *what)
{
	if (u->reason_size && !u->wrong)
		snprintf(u->reason, u->reason_size, "%s", what);
	u->wrong = true;
	return false;
}

/* Names that ZooKeeper takes and nobody has to encode, with a / between them. */
static bool is_path(const char *text)
{
	size_t n = strlen(text);

	for (const char *at = text; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
		if (*at == '/' || *at == '.' || !*at)
			return false;
	return n > 0 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/") == n;
}

static void add(char *text, size_t size, const char *format, const char *word, unsigned number)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, format, word, number);
}

static bool read_servers(struct zk *z, struct url *u)
{
	z->hosts = u->hosts;
	if (u->hosts == 0)
		return refuse(u, "zk:// needs a host, as in zk://localhost:2181");
	for (unsigned i = 0; i < u->hosts; i++) {
		if (strpbrk(u->at[i].host, "/, "))
			return refuse(u, "a host in the URL is none: use a name or an address");
		add(z->servers, sizeof(z->servers), i ? ",%s:%u" : "%s:%u", u->at[i].host, u->at[i].port);
	}
	if (!*u->path)
		return true;
	if (!is_path(u->path))
		return refuse(u, "the path in the URL, under which to work, is none: use letters, digits and - _ . ~, "
				 "with a / between");
	add(z->servers, sizeof(z->servers), "/%s", u->path, 0);
	return true;
}

static bool read_user(struct zk *z, struct url *u)
{
	z->acl = u->user ? &ZOO_CREATOR_ALL_ACL : &ZOO_OPEN_ACL_UNSAFE;
	if (!u->user)
		return true;
	if (!*u->user || strchr(u->user, ':') || !u->password)
		return refuse(u, "the URL has half a user: write USER:PASSWORD@, and no : in USER");
	snprintf(z->auth, sizeof(z->auth), "%s:%s", u->user, u->password);
	return true;
}

static bool read_prefix(struct zk *z, struct url *u)
{
	const char *prefix = url_text(u, "prefix", "pawl");

	if (!is_path(prefix) || strlen(prefix) > ZK_ROOT - 32)
		return refuse(u, "prefix= in the URL: use at most 96 letters, digits and - _ . ~, with a / between");
	snprintf(z->root, sizeof(z->root), "/%s", prefix);
	return true;
}

static bool read_url(struct zk *z, char *reason, size_t size)
{
	struct url u;

	return url_parse(&u, z->config->url, PORT, reason, size) && read_servers(z, &u) && read_user(z, &u) &&
	       read_prefix(z, &u) && url_done(&u);
}

/* ---- the four ---- */

static int zk_open(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	struct zk *z = calloc(1, sizeof(*z));

	if (!z)
		return ENOMEM;
	z->config = config;
	z->fd = -1;
	z->ready_end = &z->ready;
	if (strlen(config->host) > 32 || strpbrk(config->host, "-./") || !*config->host) {
		snprintf(reason, size, "the id of this host is none");
		free(z);
		return EINVAL;
	}
	if (!read_url(z, reason, size)) {
		free(z);
		return EINVAL;
	}
	*backend = z;
	*flags = PAWL_REMOTE_FENCES | PAWL_REMOTE_ONE_LEASE;
	return 0;
}

static int zk_submit(void *backend, const pawl_remote_op_t *op)
{
	return zk_ask_submit(backend, op);
}

static void zk_poll(void *backend, int64_t until_ns, int wake_fd)
{
	struct zk *z = backend;
	bool woken = false;

	z->said = false;
	do {
		zk_asks_turn(z);
		zk_turn(z, z->said ? 0 : until_ns, wake_fd, &woken);
	} while (!z->said && !woken && pawl_remote_now() < until_ns);
	if (pawl_remote_now() >= z->sweep_at) {
		z->sweep_at = pawl_remote_now() + z->config->ttl_ns;
		zk_asks_sweep(z);
	}
}

static void zk_close(void *backend, bool last)
{
	struct zk *z = backend;

	zk_session_leave(z, last);
	zk_walk_end(z);
	zk_asks_drop(z);
	explicit_bzero(z->auth, sizeof(z->auth));
	free(z);
}

PAWL_API extern const pawl_backend_t pawl_backend_zk;

const pawl_backend_t pawl_backend_zk = {
	.version = PAWL_REMOTE_VERSION,
	.scheme = "zk",
	.open = zk_open,
	.submit = zk_submit,
	.poll = zk_poll,
	.close = zk_close,
};
