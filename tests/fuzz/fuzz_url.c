/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_url.c: URLs of lock services: the parser, with every kind of option; what each backend makes of one; what is shown of it to
 * others. SECRET, where a password may be, is in nothing that people are told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/etcd/options.h"
#include "backends/redis/settings.h"
#include "backends/zookeeper/zk.h"

#include "fuzz.h"

enum { MOST = 3000 };

#define TTL    INT64_C(10000000000)
#define SECRET "hunter22"

extern const pawl_backend_t pawl_backend_zk;

static char text[MOST];

/* ---- what is secret ---- */

/* Whoever wrote that meant it so: behind the first : of the authority, and before its @; if it has none before a / or ?, those were meant
 * to be in the password, and any @ may be its end. */
static bool is_password(const char *secret)
{
	const char *at, *colon, *end, *authority = text + strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-");

	if (strncmp(authority, "://", 3) != 0)
		return false;
	authority += 3;
	end = authority + strcspn(authority, "/?");
	colon = memchr(authority, ':', (size_t)(end - authority));
	at = memrchr(authority, '@', (size_t)(end - authority));
	if (!at)
		at = strrchr(text, '@');
	return colon && at && colon < secret && secret < at;
}

/* The value of one of the options that hold secrets, up to its end. */
static bool is_option(const char *secret)
{
	static const char *const keys[] = { "password=", "passwd=", "token=", "secret=" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (const char *at = text; (at = strstr(at, keys[i])); at++) {
			const char *value = at + strlen(keys[i]);

			if (at > text && strchr("?&", at[-1]) && value <= secret &&
				strcspn(value, "&?") >= (size_t)(secret - value))
				return true;
		}
	return false;
}

static void must_not_tell(const char *told)
{
	const char *secret = strstr(text, SECRET);

	if (secret && !strstr(secret + 1, SECRET) && (is_password(secret) || is_option(secret)))
		fuzz_must(!strstr(told, SECRET));
}

/* ---- the parser ---- */

static void ask_for_options(struct url *u)
{
	int64_t n = url_number(u, "number", -5, 1000, 7), t = url_time(u, "time", 1, INT64_C(3600000000000), 1000);

	fuzz_must(n >= -5 && n <= 1000 && t >= 1 && t <= INT64_C(3600000000000));
	url_text(u, "password", NULL);
	fuzz_must(url_word(u, "word", (const char *const[]){ "one", "two", NULL }) < 2);
	if (!url_done(u)) {
		fuzz_must(*u->reason);
		must_not_tell(u->reason);
	}
}

static void parse(void)
{
	char reason[200] = "", shown[512];
	struct url u;

	pawl_remote_public(text, shown, sizeof(shown));
	must_not_tell(shown);
	if (!url_parse(&u, text, 99, reason, sizeof(reason))) {
		fuzz_must(*reason);
		must_not_tell(reason);
		return;
	}
	fuzz_must(u.hosts <= URL_HOSTS && u.options <= URL_OPTIONS && u.path);
	for (unsigned i = 0; i < u.hosts; i++)
		fuzz_must(*u.at[i].host && u.at[i].port != 0);
	for (unsigned i = 0; i < u.options; i++)
		fuzz_must(*u.option[i].key && u.option[i].value);
	ask_for_options(&u);
}

/* ---- the backends ---- */

static void judge(bool taken, const char *reason)
{
	fuzz_must(taken || *reason);
	if (!taken)
		must_not_tell(reason);
}

static void take(void)
{
	static uint8_t saved[PAWL_REMOTE_SAVED];
	char redis[200] = "", etcd[200] = "", zookeeper[200] = "";
	pawl_remote_config_t config = { .url = text, .host = "0123456789abcdef0123456789abcdef", .ttl_ns = TTL, .saved = saved };
	struct options o = { .blind = false };
	struct settings s;
	unsigned flags;
	void *zk;
	int rc = pawl_backend_zk.open(&config, &zk, &flags, zookeeper, sizeof(zookeeper));

	if (rc == 0)
		pawl_backend_zk.close(zk, false);
	judge(rc == 0, zookeeper);
	judge(settings_read(&s, text, TTL, redis, sizeof(redis)), redis);
	judge(options_read(&o, text, TTL, etcd, sizeof(etcd)), etcd);
}

/* ---- as text ---- */

/* What is written as a part of a name is read back: no two names are one. */
static void encode(void)
{
	char coded[3 * MOST], name[MOST];
	size_t n = pawl_remote_encode(text, coded, sizeof(coded));

	fuzz_must(*text ? n > 0 && n == strlen(coded) : n == 0);
	if (n > 0)
		fuzz_must(zk_decode(coded, name, sizeof(name)) && strcmp(name, text) == 0);
	zk_decode(text, name, sizeof(name));
}

/* However small the room, nothing is written behind it. */
static void show(size_t room)
{
	char *shown = malloc(room);

	pawl_remote_public(text, shown, room);
	fuzz_must(strlen(shown) < room);
	pawl_remote_encode(text, shown, room);
	free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz f = { bytes, n };

	fuzz_text(&f, text, sizeof(text));
	parse();
	take();
	encode();
	show(1 + fuzz_byte(&f));
	return 0;
}
