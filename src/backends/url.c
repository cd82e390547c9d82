/* SPDX-License-Identifier: BSD-2-Clause */
/** url.c: the parser (url.h). It works in place, in the copy that `struct url` holds; the first complaint is the one that stays. */
#include "backends/url.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static bool complain(struct url *u, const char *format, ...)
{
	va_list args;

	if (!u->wrong && u->reason_size) {
		va_start(args, format);
		vsnprintf(u->reason, u->reason_size, format, args);
		va_end(args);
	}
	u->wrong = true;
	return false;
}

/* ---- taking it apart ---- */

/* Cuts `text` at the first `c` and returns what is behind it; NULL if there is none. */
static char *cut(char *text, char c)
{
	char *at = strchr(text, c);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode(struct url *u, char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		int high, low;

		if (*from != '%') {
			*to = *from++;
			continue;
		}
		high = hex_of(from[1]);
		low = high < 0 ? -1 : hex_of(from[2]);
		if (low < 0 || high * 16 + low == 0)
			return complain(u, "a %% in the URL is not followed by two hex digits: write %%25 for a %%");
		*to = (char)(high * 16 + low);
		from += 3;
	}
	*to = '\0';
	return true;
}

/* What is no port may be the beginning of a password with a / or a ? in it. */
static bool read_port(struct url *u, const char *text, uint16_t *port)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n == 0 || n > UINT16_MAX)
		return complain(
			u, "a port in the URL is not 1 to 65535; in a password write %%2F for / and %%3F for ?");
	*port = (uint16_t)n;
	return true;
}

/* It becomes part of what client libraries and protocols take apart once more. */
static bool read_name(struct url *u, char *host)
{
	if (!decode(u, host))
		return false;
	for (const char *c = host; *c; c++)
		if ((unsigned char)*c <= ' ' || strchr("/,@?#[]\"'\\\177", *c))
			return complain(u, "the name of a host in the URL has a character in it that names have not");
	return true;
}

/* HOST, HOST:PORT, [ADDRESS]:PORT. */
static bool read_host(struct url *u, char *text, uint16_t port)
{
	struct url_host *h = &u->at[u->hosts];
	char *behind;

	if (u->hosts == URL_HOSTS)
		return complain(u, "more than %d hosts in the URL", URL_HOSTS);
	if (*text == '[') {
		behind = cut(text, ']');
		if (!behind || (*behind && *behind != ':'))
			return complain(u, "an address in the URL has no ]: write [ADDRESS]:PORT");
		*h = (struct url_host){ .host = text + 1, .port = port };
		behind = *behind ? behind + 1 : NULL;
	} else {
		behind = cut(text, ':');
		*h = (struct url_host){ .host = text, .port = port };
	}
	if (!*h->host)
		return complain(u, "a host in the URL has no name");
	u->hosts++;
	return read_name(u, h->host) && (!behind || read_port(u, behind, &h->port));
}

static bool read_authority(struct url *u, char *text, uint16_t port)
{
	char *at = strrchr(text, '@');

	if (at) {
		*at = '\0';
		u->user = text;
		u->password = cut(text, ':');
		if (!decode(u, u->user) || (u->password && !decode(u, u->password)))
			return false;
		text = at + 1;
		if (!*text)
			return complain(u, "no host behind the @ of the URL");
	}
	if (!*text)
		return true; /* none at all */
	for (char *next; text; text = next) {
		next = cut(text, ',');
		if (!read_host(u, text, port))
			return false;
	}
	return true;
}

static bool is_secret(const char *key)
{
	return !strcmp(key, "password") || !strcmp(key, "passwd") || !strcmp(key, "token") || !strcmp(key, "secret");
}

/* What follows a secret may be the rest of it, behind an & that was not encoded. */
static const char *shown(const struct url *u, const struct url_option *o)
{
	return o > u->option && is_secret(o[-1].key) ? "***" : o->key;
}

static bool read_option(struct url *u, char *text)
{
	struct url_option *o = &u->option[u->options];

	if (u->options == URL_OPTIONS)
		return complain(u, "more than %d options in the URL", URL_OPTIONS);
	*o = (struct url_option){ .key = text, .value = cut(text, '=') };
	if (!*text)
		return complain(u, "an option in the URL has no name: write KEY=VALUE");
	if (!o->value)
		return complain(u, "option '%.40s' in the URL has no value: write KEY=VALUE, and %%26 for an & in a value",
			shown(u, o));
	for (unsigned i = 0; i < u->options; i++)
		if (strcmp(u->option[i].key, o->key) == 0)
			return complain(u, "option '%.40s' is in the URL twice", shown(u, o));
	u->options++;
	return decode(u, o->value);
}

static bool read_options(struct url *u, char *text)
{
	for (char *next; text; text = next) {
		next = cut(text, '&');
		if (!read_option(u, text))
			return false;
	}
	return true;
}

bool url_parse(struct url *u, const char *text, uint16_t port, char *reason, size_t size)
{
	char *at, *options, *path;

	*u = (struct url){ .reason = reason, .reason_size = size };
	if (strlen(text) >= sizeof(u->text))
		return complain(u, "the URL has more than %d bytes", URL_LENGTH - 1);
	strcpy(u->text, text);
	at = strstr(u->text, "://");
	if (!at)
		return complain(u, "not a URL: write SCHEME://HOST");
	at += 3;
	options = cut(at, '?');
	path = cut(at, '/');
	u->path = path ? path : at + strlen(at);
	if (strchr(at, ':') && !strchr(at, '@') && (strchr(u->path, '@') || (options && strchr(options, '@'))))
		return complain(u,
			"an @ behind the / or ? of the URL: in a password write %%2F, %%3F; elsewhere %%40 for the @");
	return read_authority(u, at, port) && decode(u, u->path) && read_options(u, options);
}

/* ---- its options ---- */

/* How much of a value may be shown: behind a ? that was meant to be an & there may be a secret. */
static int showable(const char *text)
{
	size_t n = strcspn(text, "?&");

	return n < 40 ? (int)n : 40;
}

const char *url_text(struct url *u, const char *key, const char *otherwise)
{
	for (unsigned i = 0; i < u->options; i++)
		if (strcmp(u->option[i].key, key) == 0) {
			u->option[i].asked_for = true;
			return u->option[i].value;
		}
	return otherwise;
}

unsigned url_word(struct url *u, const char *key, const char *const words[])
{
	const char *text = url_text(u, key, words[0]);
	char all[200] = "";

	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(text, words[i]) == 0)
			return i;
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", words[i]);
	}
	complain(u, "%s=%.*s in the URL: use one of %s", key, showable(text), text, all);
	return 0;
}

int64_t url_number(struct url *u, const char *key, int64_t least, int64_t most, int64_t otherwise)
{
	const char *text = url_text(u, key, NULL);
	char *end;
	long long n;

	if (!text)
		return otherwise;
	n = strtoll(text, &end, 10);
	if (!strchr("-0123456789", *text) || !*text || *end || n < least || n > most) {
		complain(u, "%s=%.*s in the URL: use a whole number from %lld to %lld", key, showable(text), text,
			(long long)least, (long long)most);
		return otherwise;
	}
	return n;
}

static int64_t unit_of(const char *text)
{
	if (strcmp(text, "ms") == 0)
		return INT64_C(1000000);
	if (strcmp(text, "m") == 0)
		return INT64_C(60000000000);
	return !*text || strcmp(text, "s") == 0 ? INT64_C(1000000000) : 0;
}

int64_t url_time(struct url *u, const char *key, int64_t least, int64_t most, int64_t otherwise)
{
	const char *text = url_text(u, key, NULL);
	char *end;
	double n;

	if (!text)
		return otherwise;
	n = strtod(text, &end);
	n *= (double)unit_of(end);
	if (strspn(text, "0123456789.") != (size_t)(end - text) || end == text || unit_of(end) == 0 ||
		!(n >= (double)least && n <= (double)most)) {
		complain(u, "%s=%.*s in the URL: use a time from %g to %g s, such as 250ms or 2s", key, showable(text),
			text, (double)least / 1e9, (double)most / 1e9);
		return otherwise;
	}
	return (int64_t)n;
}

bool url_done(struct url *u)
{
	for (unsigned i = 0; i < u->options && !u->wrong; i++)
		if (!u->option[i].asked_for)
			complain(u, "option '%.40s' in the URL is not one of this service", shown(u, &u->option[i]));
	return !u->wrong;
}
