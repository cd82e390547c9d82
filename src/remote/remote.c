/* SPDX-License-Identifier: BSD-2-Clause */
/** remote.c: what every backend needs and must not get wrong by itself: the clock of leases, their deadlines, names as text.
 *
 * No state, and nothing of the rest of the library: a backend that is loaded may have a copy of its own.
 */
#include <limits.h>
#include <string.h>
#include <time.h>

#include <pawl/remote.h>

#define GUARD_LEAST 5000000ll

int64_t pawl_remote_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t pawl_remote_deadline(int64_t sent_ns, int64_t ttl_ns)
{
	int64_t guard = ttl_ns / 20 > GUARD_LEAST ? ttl_ns / 20 : GUARD_LEAST, deadline;

	if (ttl_ns <= 0)
		return sent_ns;
	if (__builtin_add_overflow(sent_ns, ttl_ns - ttl_ns / 100 - guard, &deadline))
		return sent_ns > 0 ? INT64_MAX : INT64_MIN;
	return deadline;
}

/* Not isalnum(): what a letter is must not depend on the locale. And no name may become "." or "..", or hide. */
static bool stays(const char *name, size_t i)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

	return strchr(plain, name[i]) && (name[i] != '.' || i > 0);
}

size_t pawl_remote_encode(const char *name, char *text, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (size_t i = 0; name[i]; i++) {
		unsigned char c = (unsigned char)name[i];
		bool plain = stays(name, i);

		if (n + (plain ? 1 : 3) >= size)
			return 0;
		text[n++] = plain ? name[i] : '%';
		if (!plain) {
			text[n++] = digits[c >> 4];
			text[n++] = digits[c & 15];
		}
	}
	if (n < size)
		text[n] = '\0';
	return n;
}

/* ---- URLs ---- */

struct copy {
	char *text;
	size_t n, size;
};

static void put(struct copy *c, const char *from, size_t n)
{
	for (; n > 0 && c->n + 1 < c->size; n--)
		c->text[c->n++] = *from++;
	c->text[c->n] = '\0';
}

/* The last @ of what may be an authority: whoever writes / or ? into a password does not lose it by that. */
static const char *end_of_user(const char *authority)
{
	return *authority == '/' ? NULL : strrchr(authority, '@');
}

/* The length of a secret option's name at `p`, with its =; 0: it is none. */
static size_t is_secret(const char *p)
{
	static const char *const names[] = { "password=", "passwd=", "token=", "secret=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(p, names[i], strlen(names[i])) == 0)
			return strlen(names[i]);
	return 0;
}

/* Does the value of a secret option, which begins in between, go on at `end`? One with a : and an @ in it looks like a user's. */
static bool is_in_secret(const char *p, const char *end)
{
	bool secret = false;

	for (; p < end; p++)
		if (*p == '?' || *p == '&')
			secret = is_secret(p + 1) != 0 || (secret && *p == '?');
	return secret;
}

/* Behind the password, if what begins at `colon` is one. */
static const char *end_of_password(const char *colon, const char *at)
{
	if (!at || at < colon)
		return NULL;
	return is_in_secret(colon, at) ? at + strcspn(at, "&") : at;
}

bool pawl_remote_public(const char *url, char *text, size_t size)
{
	struct copy c = { .text = text, .size = size };
	const char *p = url + strspn(url, "abcdefghijklmnopqrstuvwxyz0123456789+-"), *colon, *end, *user_end;
	bool whole = true;

	if (size == 0)
		return false;
	p = strncmp(p, "://", 3) == 0 ? p + 3 : url; /* a later :// may be part of a secret */
	put(&c, url, (size_t)(p - url));
	colon = p + strcspn(p, ":/?");
	user_end = *colon == ':' ? end_of_password(colon, end_of_user(p)) : NULL;
	for (; *p; p = end) {
		size_t n = p > url && (p[-1] == '?' || p[-1] == '&') ? is_secret(p) : 0;
		bool user;

		end = n ? p + strcspn(p, "&") : p + 1;
		user = user_end && p <= colon && colon < end; /* also in what was meant to be an option */
		put(&c, p, n ? n : 1);
		if (n || user) {
			put(&c, "***", 3);
			whole = false;
		}
		if (user && end < user_end)
			end = user_end;
	}
	return whole;
}
