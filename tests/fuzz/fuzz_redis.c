/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_redis.c: what a Redis server says, on both connections: the input goes through hiredis's reader, in pieces, into the backend.
 * Linked with --wrap, so that there is no socket.
 */
#include <hiredis/hiredis.h>
#include <hiredis/sds.h>

#include <string.h>

#include "service.h"

extern const pawl_backend_t pawl_backend_redis;

enum { NO_FILE = 1 << 20 }; /* a number that no file has */

static struct fuzz *said;

/* What a server says that means it well: short to say, so that what comes behind it is reached. */
static const char *const answers[] = { "+OK\r\n", ":7\r\n", "$40\r\n0123456789012345678901234567890123456789\r\n",
	"$84\r\nrole:master\r\nrun_id:0123456789012345678901234567890123456789\r\nuptime_in_seconds:99\r\n\r\n",
	"*3\r\n:99999999\r\n:1\r\n$4\r\nr:-1\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n",
	"*4\r\n$1\r\nG\r\n$1\r\n5\r\n:0\r\n$1\r\n0\r\n", "*3\r\n$1\r\nQ\r\n:900\r\n$1\r\n4\r\n", "*1\r\n$1\r\nL\r\n",
	"*1\r\n$1\r\nR\r\n", "*2\r\n$1\r\nE\r\n$9\r\nno, no, no\r\n", "-NOSCRIPT No matching script\r\n",
	"-NOAUTH hunter22\r\n", ":2\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$18\r\nG - 1 5 9000 0 a b\r\n",
	"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$13\r\nA - 1 0 0 0 a\r\n" };

/* All of a greeting, on the connection for commands: with a database or a password there is more. */
static void feed_greeting(redisReader *reader)
{
	for (int i = 1; i <= 3; i++)
		redisReaderFeed(reader, answers[i], strlen(answers[i]));
	redisReaderFeed(reader, answers[3], strlen(answers[3]));
	redisReaderFeed(reader, answers[4], strlen(answers[4]));
}

static void feed_raw(redisReader *reader, size_t n)
{
	if (n > said->left)
		n = said->left;
	redisReaderFeed(reader, (const char *)said->at, n);
	said->at += n;
	said->left -= n;
}

int __wrap_redisBufferRead(redisContext *c);
int __wrap_redisBufferRead(redisContext *c)
{
	uint8_t how = fuzz_byte(said);

	if (how == 0xff) {
		c->err = REDIS_ERR_EOF;
		strcpy(c->errstr, "Server closed the connection");
		return REDIS_ERR;
	}
	if (how >= 0xe0 && how < 0xf0)
		feed_greeting(c->reader);
	else if (how >= 0x80)
		redisReaderFeed(c->reader, answers[how % 16], strlen(answers[how % 16]));
	else
		feed_raw(c->reader, how);
	return REDIS_OK;
}

int __wrap_redisBufferWrite(redisContext *c, int *done);
int __wrap_redisBufferWrite(redisContext *c, int *done)
{
	sdsfree(c->obuf);
	c->obuf = sdsempty();
	*done = 1;
	return REDIS_OK;
}

static redisContext *connect_to_nobody(void)
{
	redisContext *c = redisConnectFd(NO_FILE);

	if (c)
		c->flags &= ~REDIS_BLOCK;
	return c;
}

redisContext *__wrap_redisConnectNonBlock(const char *ip, int port);
redisContext *__wrap_redisConnectNonBlock(const char *ip, int port)
{
	(void)ip, (void)port;
	return connect_to_nobody();
}

redisContext *__wrap_redisConnectUnixNonBlock(const char *path);
redisContext *__wrap_redisConnectUnixNonBlock(const char *path)
{
	(void)path;
	return connect_to_nobody();
}

int __wrap_redisEnableKeepAlive(redisContext *c);
int __wrap_redisEnableKeepAlive(redisContext *c)
{
	(void)c;
	return REDIS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const urls[] = { "redis://one", "redis://u:" SERVICE_SECRET "@one,two:9/3?min_replicas=1",
		"redis://one?protocol=setnx&blind=0", "redis://one?protocol=getset",
		"redis:///run/s?password=" SERVICE_SECRET, NULL };
	struct fuzz input = { bytes, n };

	said = &input;
	service_run(&pawl_backend_redis, urls, &input);
	return 0;
}
