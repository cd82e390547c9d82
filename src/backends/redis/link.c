/* SPDX-License-Identifier: BSD-2-Clause */
/** link.c: hiredis's connection, driven by whoever polls (link.h). Of hiredis 0.14 and 1.x what both have. */
#include "backends/redis/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_ANSWER (1 << 20) /* ours are some hundred bytes, what INFO says some thousand */

/* ---- calls ---- */

struct call *call_new(answer_fn *answer, const pawl_remote_op_t *op)
{
	const char *place = op && op->place ? op->place : "";
	size_t n = op ? strlen(op->name) : 0;
	struct call *c = calloc(1, sizeof(*c) + n + 1);

	if (!c || !op) {
		if (c)
			c->answer = answer;
		return c;
	}
	c->answer = answer;
	c->op = *op;
	memcpy(c->name, op->name, n);
	snprintf(c->place, sizeof(c->place), "%s", place);
	c->op.name = c->name;
	c->op.place = c->place;
	return c;
}

void calls_put(struct calls *all, struct call *call)
{
	call->next = NULL;
	*(all->first ? all->end : &all->first) = call;
	all->end = &call->next;
}

struct call *calls_take(struct calls *all)
{
	struct call *c = all->first;

	if (c)
		all->first = c->next;
	return c;
}

void calls_move(struct calls *from, struct calls *to)
{
	for (struct call *c; (c = calls_take(from));)
		calls_put(to, c);
}

void calls_free(struct calls *all)
{
	for (struct call *c; (c = calls_take(all));)
		free(c);
}

/* ---- the connection ---- */

static bool failed(const struct link *l, char *reason, size_t size)
{
	snprintf(reason, size, "%s", l->c && *l->c->errstr ? l->c->errstr : "out of memory");
	return false;
}

bool link_open(struct link *l, const char *socket, const char *host, int port, char *reason, size_t size)
{
	*l = (struct link){ .heard = pawl_remote_now() };
	l->c = *socket ? redisConnectUnixNonBlock(socket) : redisConnectNonBlock(host, port);
	if (l->c && !l->c->err) {
		if (!*socket)
			redisEnableKeepAlive(l->c);
		return true;
	}
	failed(l, reason, size);
	link_close(l, NULL);
	return false;
}

int link_send(struct link *l, struct call *call, int n, const char *const words[], const size_t lengths[])
{
	if (!l->c || l->c->err || !call) {
		free(call);
		return call ? ENOTCONN : ENOMEM;
	}
	call->sent = pawl_remote_now();
	/* hiredis does not write to them */
	if (redisAppendCommandArgv(l->c, n, (const char **)(uintptr_t)words, lengths) != REDIS_OK) {
		free(call);
		return ENOMEM;
	}
	calls_put(&l->calls, call);
	l->unsent = true;
	return 0;
}

bool link_flush(struct link *l, char *reason, size_t size)
{
	int done = 0;

	if (l->unsent && redisBufferWrite(l->c, &done) != REDIS_OK)
		return failed(l, reason, size);
	l->unsent = l->unsent && !done;
	return true;
}

bool link_pump(struct link *l, char *reason, size_t size)
{
	if (!link_flush(l, reason, size))
		return false;
	if (l->ready) {
		l->ready = false;
		if (redisBufferRead(l->c) != REDIS_OK)
			return failed(l, reason, size);
		l->heard = pawl_remote_now();
	}
	return true;
}

bool link_next(struct link *l, redisReply **reply, char *reason, size_t size)
{
	void *got = NULL;

	if (redisGetReply(l->c, &got) != REDIS_OK)
		return failed(l, reason, size);
	*reply = got;
	if (got || l->c->reader->len - l->c->reader->pos < LONGEST_ANSWER)
		return true;
	snprintf(reason, size, "an answer of more than %d bytes", LONGEST_ANSWER);
	return false;
}

void link_close(struct link *l, struct calls *left)
{
	if (l->c)
		redisFree(l->c);
	if (left)
		calls_move(&l->calls, left);
	calls_free(&l->calls);
	*l = (struct link){ 0 };
}
