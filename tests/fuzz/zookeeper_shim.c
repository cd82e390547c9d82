/* SPDX-License-Identifier: BSD-2-Clause */
/** zookeeper_shim.c: see zookeeper_shim.h. */
#include "zookeeper_shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

enum { CALLS = 256, NODE = 200, CHILDREN = 12 };

struct fuzz *shim;

struct ACL_vector ZOO_OPEN_ACL_UNSAFE, ZOO_CREATOR_ALL_ACL;
const int ZOO_EXPIRED_SESSION_STATE = -112, ZOO_AUTH_FAILED_STATE = -113, ZOO_ASSOCIATING_STATE = 2, ZOO_CONNECTED_STATE = 3;
const int ZOO_SESSION_EVENT = -1, ZOOKEEPER_WRITE = 1, ZOOKEEPER_READ = 2;
const int ZOO_PERSISTENT = 0, ZOO_EPHEMERAL = 1, ZOO_EPHEMERAL_SEQUENTIAL = 3, ZOO_CONTAINER = 4;

static bool cut; /* the connection, by who uses it */

/* One that waits for its answer. */
struct call {
	enum { STRING, STRING_STAT, STAT, DATA, STRINGS, VOID } kind;
	union {
		string_completion_t string;
		string_stat_completion_t string_stat;
		stat_completion_t stat;
		data_completion_t data;
		strings_completion_t strings;
		void_completion_t nothing;
	} to;
	const void *arg;
	int n; /* of a transaction */
	const zoo_op_t *ops;
	zoo_op_result_t *results;
};

struct _zhandle {
	int state, timeout;
	clientid_t id;
	watcher_fn watcher;
	void *context;
	struct call calls[CALLS];
	unsigned first, n;
};

/* ---- calls ---- */

static struct call *add(zhandle_t *z, struct call call)
{
	if (z->state != ZOO_CONNECTED_STATE || z->n == CALLS)
		return NULL;
	return memcpy(&z->calls[(z->first + z->n++) % CALLS], &call, sizeof(call));
}

static int taken(const struct call *call)
{
	return call ? ZOK : ZINVALIDSTATE;
}

int zoo_acreate(zhandle_t *z, const char *path, const char *value, int len, const struct ACL_vector *acl, int mode,
	string_completion_t to, const void *arg)
{
	(void)path, (void)value, (void)len, (void)acl, (void)mode;
	return taken(add(z, (struct call){ .kind = STRING, .to.string = to, .arg = arg }));
}

int zoo_acreate2(zhandle_t *z, const char *path, const char *value, int len, const struct ACL_vector *acl, int mode,
	string_stat_completion_t to, const void *arg)
{
	(void)path, (void)value, (void)len, (void)acl, (void)mode;
	return taken(add(z, (struct call){ .kind = STRING_STAT, .to.string_stat = to, .arg = arg }));
}

int zoo_aexists(zhandle_t *z, const char *path, int watch, stat_completion_t to, const void *arg)
{
	(void)path, (void)watch;
	return taken(add(z, (struct call){ .kind = STAT, .to.stat = to, .arg = arg }));
}

int zoo_aset(zhandle_t *z, const char *path, const char *value, int len, int version, stat_completion_t to, const void *arg)
{
	(void)path, (void)value, (void)len, (void)version;
	return taken(add(z, (struct call){ .kind = STAT, .to.stat = to, .arg = arg }));
}

int zoo_aget(zhandle_t *z, const char *path, int watch, data_completion_t to, const void *arg)
{
	(void)path, (void)watch;
	return taken(add(z, (struct call){ .kind = DATA, .to.data = to, .arg = arg }));
}

int zoo_aget_children(zhandle_t *z, const char *path, int watch, strings_completion_t to, const void *arg)
{
	(void)path, (void)watch;
	return taken(add(z, (struct call){ .kind = STRINGS, .to.strings = to, .arg = arg }));
}

int zoo_async(zhandle_t *z, const char *path, string_completion_t to, const void *arg)
{
	(void)path;
	return taken(add(z, (struct call){ .kind = STRING, .to.string = to, .arg = arg }));
}

int zoo_amulti(zhandle_t *z, int n, const zoo_op_t *ops, zoo_op_result_t *results, void_completion_t to, const void *arg)
{
	return taken(add(z,
		(struct call){ .kind = VOID, .to.nothing = to, .arg = arg, .n = n, .ops = ops, .results = results }));
}

void zoo_create_op_init(zoo_op_t *op, const char *path, const char *value, int len, const struct ACL_vector *acl,
	int mode, char *buffer, int size)
{
	*op = (zoo_op_t){ .type = 1 };
	op->create_op.path = path;
	op->create_op.data = value;
	op->create_op.datalen = len;
	op->create_op.buf = buffer;
	op->create_op.buflen = size;
	op->create_op.acl = acl;
	op->create_op.flags = mode;
}

void zoo_delete_op_init(zoo_op_t *op, const char *path, int version)
{
	(void)path, (void)version;
	*op = (zoo_op_t){ .type = 2 };
}

void zoo_set_op_init(zoo_op_t *op, const char *path, const char *buffer, int n, int version, struct Stat *stat)
{
	(void)path, (void)buffer, (void)n, (void)version, (void)stat;
	*op = (zoo_op_t){ .type = 5 };
}

void zoo_check_op_init(zoo_op_t *op, const char *path, int version)
{
	(void)path, (void)version;
	*op = (zoo_op_t){ .type = 13 };
}

/* ---- answers ---- */

static int read_rc(void)
{
	static const int codes[] = { ZOK, ZOK, ZOK, ZOK, ZNONODE, ZNODEEXISTS, ZBADVERSION, ZNOTEMPTY, ZNOAUTH, ZSYSTEMERROR,
		ZCONNECTIONLOSS, ZSESSIONEXPIRED, ZRUNTIMEINCONSISTENCY, ZOPERATIONTIMEOUT, ZMARSHALLINGERROR, -12345 };

	return codes[fuzz_byte(shim) % 16];
}

/* Small numbers mostly, as they come; any, now and then. */
static int64_t read_number(void)
{
	uint8_t how = fuzz_byte(shim);

	return how < 0xf0 ? how : (int64_t)fuzz_number(shim, 8);
}

static void read_stat(const zhandle_t *z, struct Stat *s)
{
	*s = (struct Stat){ .czxid = read_number(),
		.mzxid = read_number(),
		.version = (int32_t)read_number(),
		.cversion = (int32_t)read_number(),
		.numChildren = (int32_t)read_number(),
		.ephemeralOwner = read_number() };
	if (s->ephemeralOwner == 1)
		s->ephemeralOwner = z->id.client_id;
}

/* A node's name: a text; or, short to say, one as ours are called. */
static char *read_node(char text[NODE])
{
	uint8_t how = fuzz_byte(shim);

	if (how & 0x80)
		return fuzz_text(shim, text, NODE);
	snprintf(text, NODE, "h-%s%s-%d-%010d", how & 1 ? "0123456789abcdef0123456789abcdef" : "f0f0",
		how & 2 ? ".2a" : "", 1 + (how >> 2 & 3), how >> 4);
	return text;
}

static void answer_strings(const struct call *c, int rc)
{
	char text[CHILDREN][NODE], *names[CHILDREN];
	struct String_vector all = { .count = fuzz_byte(shim) % CHILDREN, .data = names };

	for (int i = 0; i < all.count; i++)
		names[i] = read_node(text[i]);
	c->to.strings(rc, rc == ZOK ? &all : NULL, c->arg);
}

static void answer_data(const zhandle_t *z, const struct call *c, int rc)
{
	char text[NODE], *exact = NULL;
	struct Stat stat;
	size_t n;

	read_stat(z, &stat);
	n = strlen(fuzz_text(shim, text, sizeof(text)));
	if (n > 0 && (exact = malloc(n))) /* no NUL behind it */
		memcpy(exact, text, n);
	c->to.data(rc, rc == ZOK ? exact : NULL, rc == ZOK ? (exact ? (int)n : -1) : 0, rc == ZOK ? &stat : NULL, c->arg);
	free(exact);
}

static void answer_transaction(const struct call *c, int rc)
{
	char text[NODE];

	for (int i = 0; i < c->n; i++) {
		const zoo_op_t *op = &c->ops[i];

		c->results[i].err = rc == ZOK ? ZOK : read_rc();
		if (op->type == 1 && op->create_op.buf && rc == ZOK)
			snprintf(op->create_op.buf, (size_t)op->create_op.buflen, "%s%s",
				fuzz_byte(shim) & 1 ? "/pawl/l/x/" : "/", read_node(text));
	}
	c->to.nothing(rc, c->arg);
}

static void answer(const zhandle_t *z, const struct call *c, int rc)
{
	char text[NODE];
	struct Stat stat;

	switch (c->kind) {
	case STRING:
		c->to.string(rc, rc == ZOK ? read_node(text) : NULL, c->arg);
		break;
	case STRING_STAT:
		read_stat(z, &stat);
		c->to.string_stat(rc, rc == ZOK ? read_node(text) : NULL, rc == ZOK ? &stat : NULL, c->arg);
		break;
	case STAT:
		read_stat(z, &stat);
		c->to.stat(rc, rc == ZOK ? &stat : NULL, c->arg);
		break;
	case DATA:
		answer_data(z, c, rc);
		break;
	case STRINGS:
		answer_strings(c, rc);
		break;
	case VOID:
		answer_transaction(c, rc);
	}
}

static bool answer_first(zhandle_t *z, int rc)
{
	struct call c;

	if (z->n == 0)
		return false;
	c = z->calls[z->first];
	z->first = (z->first + 1) % CALLS;
	z->n--;
	answer(z, &c, rc);
	return true;
}

/* Whoever waits is told, as the library tells them. */
static void answer_all(zhandle_t *z, int rc)
{
	while (answer_first(z, rc))
		;
}

/* ---- the handle ---- */

zhandle_t *zookeeper_init2(const char *hosts, watcher_fn watcher, int timeout, const clientid_t *id, void *context,
	int flags, log_callback_fn log)
{
	zhandle_t *z = calloc(1, sizeof(*z));

	(void)hosts, (void)flags, (void)log;
	if (!z)
		return NULL;
	cut = false;
	z->watcher = watcher;
	z->context = context;
	z->timeout = timeout;
	if (id)
		z->id = *id;
	return z;
}

/* The backend cuts a connection so that closing the handle cannot end the session. */
int __wrap_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how)
{
	(void)fd, (void)how;
	cut = true;
	return 0;
}

int zookeeper_close(zhandle_t *z)
{
	z->state = 0;
	answer_all(z, ZCLOSING);
	free(z);
	return ZOK;
}

int zoo_state(zhandle_t *z)
{
	return z->state;
}

const clientid_t *zoo_client_id(zhandle_t *z)
{
	return &z->id;
}

int zoo_recv_timeout(zhandle_t *z)
{
	return z->timeout;
}

const char *zoo_get_current_server(zhandle_t *z)
{
	(void)z;
	return "127.0.0.1:2181";
}

int zoo_set_servers_resolution_delay(zhandle_t *z, int ms)
{
	(void)z, (void)ms;
	return ZOK;
}

int zoo_add_auth(zhandle_t *z, const char *scheme, const char *cert, int n, void_completion_t to, const void *arg)
{
	(void)z, (void)scheme, (void)cert, (void)n, (void)to, (void)arg;
	return ZOK;
}

/* The backend polls this descriptor, which can always be read. */
int zookeeper_interest(zhandle_t *z, int *fd, int *interest, struct timeval *tv)
{
	static int always[2] = { -1, -1 };

	(void)z;
	if (always[0] < 0 && (pipe(always) || write(always[1], "", 1) != 1))
		abort();
	*fd = always[0];
	*interest = ZOOKEEPER_READ;
	*tv = (struct timeval){ .tv_sec = 1 };
	return ZOK;
}

static int lose(zhandle_t *z, int state, int rc)
{
	z->state = state;
	answer_all(z, rc);
	return rc;
}

static void fire_watch(const zhandle_t *z)
{
	char path[NODE];

	z->watcher((zhandle_t *)(uintptr_t)z, 4, z->state, fuzz_text(shim, path, sizeof(path)), z->context);
}

static int connect_now(zhandle_t *z)
{
	uint8_t how = fuzz_byte(shim);

	if (how & 1)
		z->timeout = (int)read_number();
	if (how & 2 || z->id.client_id == 0)
		z->id.client_id = how & 4 ? read_number() : 77;
	z->state = ZOO_CONNECTED_STATE;
	return ZOK;
}

/* One thing that the server does. */
int zookeeper_process(zhandle_t *z, int events)
{
	uint8_t how;

	if (cut)
		return lose(z, 0, ZCONNECTIONLOSS);
	if (!(events & ZOOKEEPER_READ) || shim->left == 0)
		return ZNOTHING;
	how = fuzz_byte(shim);
	if (z->state != ZOO_CONNECTED_STATE)
		return how < 0xf0   ? connect_now(z)
		       : how < 0xf8 ? lose(z, ZOO_EXPIRED_SESSION_STATE, ZSESSIONEXPIRED)
				    : ZCONNECTIONLOSS;
	switch (how >> 4) {
	case 15:
		return how & 1 ? lose(z, ZOO_EXPIRED_SESSION_STATE, ZSESSIONEXPIRED) : lose(z, 0, ZCONNECTIONLOSS);
	case 14:
		fire_watch(z);
		return ZOK;
	case 13:
		return lose(z, ZOO_AUTH_FAILED_STATE, ZAUTHFAILED);
	default:
		return answer_first(z, read_rc()) ? ZOK : ZNOTHING;
	}
}

const char *zerror(int rc)
{
	return rc == ZOK ? "ok" : "an error of the client library";
}
