/* SPDX-License-Identifier: BSD-2-Clause */
/** url.h: the URL of a lock service, taken apart: SCHEME://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]...][/PATH][?KEY=VALUE[&...]]
 *
 * %XX is decoded in every part, so that a password may hold any byte but NUL. What is wrong is said in words that hold nothing
 * secret. One parser for all backends: they differ in which options they ask for.
 */
#ifndef PAWL_BACKENDS_URL_H
#define PAWL_BACKENDS_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { URL_LENGTH = 2048, URL_HOSTS = 16, URL_OPTIONS = 32 };

struct url {
	char *user, *password; /* NULL: none */
	char *path;            /* without its first /; "": none */
	struct url_host {
		char *host;
		uint16_t port;
	} at[URL_HOSTS];
	unsigned hosts; /* 0: no authority, as in redis:///run/redis.sock */
	struct url_option {
		char *key, *value;
		bool asked_for;
	} option[URL_OPTIONS];
	unsigned options;
	char *reason; /* where to say what is wrong */
	size_t reason_size;
	bool wrong; /* something was */
	char text[URL_LENGTH];
};

/** Take `text` apart; `port` is that of hosts which name none. False, and `reason`: it is none. `reason` is kept for what follows. */
bool url_parse(struct url *u, const char *text, uint16_t port, char *reason, size_t size);

/** The value of an option, or `otherwise`. */
const char *url_text(struct url *u, const char *key, const char *otherwise);
/** Of one that has to be one of `words`, which ends with NULL; its index. The first is the default. */
unsigned url_word(struct url *u, const char *key, const char *const words[]);
/** Of one that has to be a whole number from `least` to `most`. */
int64_t url_number(struct url *u, const char *key, int64_t least, int64_t most, int64_t otherwise);
/** Of one that is a time: 250ms, 10s, 2m; a number alone is seconds. In nanoseconds; `least` and `most` are such, too. */
int64_t url_time(struct url *u, const char *key, int64_t least, int64_t most, int64_t otherwise);

/** True if all was well, and no option is left that nobody has asked for. Else `reason` says so, and which options there are. */
bool url_done(struct url *u);

#endif
