/* SPDX-License-Identifier: BSD-2-Clause */
/** keys.c: writing and reading keys and values (keys.h). A name has up to 1015 bytes, three for each when encoded, a prefix up to
 * 200: what is written here fits.
 */
#include "backends/etcd/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OURS ".pawl/"

enum { BASE_MOST = 3200 };

static const char *const folders[] = { [PLACE] = "", [OWNER] = "owner/", [DONE] = "done/", [WAIT] = "wait/", [BEAT] = "beat/" };

static bool is_key(const struct etcd *e)
{
	return e->options.protocol == KEY;
}

/* ---- names ---- */

bool keys_base(const struct etcd *e, const char *name, char base[WIRE_KEY])
{
	if (!is_key(e))
		return pawl_remote_encode(name, base, BASE_MOST) != 0;
	if (*name != '.' && *name != '%')
		return snprintf(base, BASE_MOST, "%s", name) < BASE_MOST;
	return snprintf(base, BASE_MOST, "%%%02X%s", (unsigned)*name, name + 1) < BASE_MOST;
}

static bool decode(const char *text, char *to)
{
	for (; *text; to++) {
		unsigned byte = (unsigned char)*text;

		if (*text == '%' && sscanf(text + 1, "%2x", &byte) != 1)
			return false;
		*to = (char)byte;
		text += *text == '%' ? strnlen(text, 3) : 1;
	}
	*to = '\0';
	return true;
}

/* Only what we would write so: there is one way. */
bool keys_name(const struct etcd *e, const char *base, char name[WIRE_KEY])
{
	char again[WIRE_KEY];

	if (is_key(e) && *base != '%')
		strcpy(name, base);
	else if (is_key(e))
		snprintf(name, WIRE_KEY, "%c%s", strncmp(base, "%2E", 3) == 0 ? '.' : '%',
			base + (strlen(base) > 2 ? 3 : 0));
	else if (!decode(base, name))
		return false;
	return keys_base(e, name, again) && strcmp(again, base) == 0;
}

/* ---- keys ---- */

static const char *folder(const struct etcd *e, enum part part, char text[24])
{
	snprintf(text, 24, OURS "%s%s", is_key(e) && part != BEAT ? "key/" : "", folders[part]);
	return text;
}

static void suffix(const struct etcd *e, const struct ask *a, char text[32])
{
	snprintf(text, 32, "/%" PRIx64 "%s%s", (uint64_t)e->saved.lease, *a->head.place ? "." : "", a->head.place);
}

static void in_folder(const struct etcd *e, const struct ask *a, enum part part, bool own, char key[WIRE_KEY])
{
	char in[24], behind[32] = "";

	if (own)
		suffix(e, a, behind);
	snprintf(key, WIRE_KEY, "%s%s%.3200s%s", e->options.prefix, part == PLACE ? "" : folder(e, part, in),
		a->lock->head.name, behind);
}

void keys_place(const struct etcd *e, const struct ask *a, char key[WIRE_KEY])
{
	in_folder(e, a, PLACE, !is_key(e), key);
}

void keys_owner(const struct etcd *e, const struct ask *a, char key[WIRE_KEY])
{
	in_folder(e, a, OWNER, false, key);
}

void keys_done(const struct etcd *e, const struct ask *a, char key[WIRE_KEY])
{
	in_folder(e, a, DONE, true, key);
}

void keys_wait(const struct etcd *e, const struct ask *a, char key[WIRE_KEY])
{
	in_folder(e, a, WAIT, true, key);
}

void keys_beat(const struct etcd *e, char key[WIRE_KEY])
{
	char in[24];

	snprintf(key, WIRE_KEY, "%s%s%s", e->options.prefix, folder(e, BEAT, in), e->config->host);
}

void keys_range(const struct etcd *e, const struct ask *a, char from[WIRE_KEY], char to[WIRE_KEY])
{
	in_folder(e, a, is_key(e) ? WAIT : PLACE, false, from);
	strcpy(to, from);
	strcat(from, "/");
	strcat(to, "0"); /* the byte behind a slash */
}

/* Behind all that begin with the prefix is the prefix with a larger last byte, of those that can be larger. */
void keys_all(const struct etcd *e, char from[WIRE_KEY], char to[WIRE_KEY])
{
	size_t n = strlen(e->options.prefix);

	strcpy(from, e->options.prefix);
	strcpy(to, from);
	while (n > 0 && (unsigned char)to[n - 1] == 0xff)
		n--;
	to[n] = '\0';
	if (n > 0)
		to[n - 1]++;
}

/* ---- taking them apart ---- */

static bool read_hex(const char **text, size_t most, uint64_t *n)
{
	size_t digits = strspn(*text, "0123456789abcdef");

	if (digits == 0 || digits > most)
		return false;
	*n = strtoull(*text, NULL, 16);
	*text += digits;
	return true;
}

/* LEASE or LEASE.PLACE: what follows the last slash of a base, which is cut there. */
static bool cut_suffix(struct keyed *k)
{
	char *slash = strrchr(k->base, '/');
	const char *at = slash ? slash + 1 : "";
	uint64_t lease, place;

	if (!read_hex(&at, 16, &lease) || lease > INT64_MAX)
		return false;
	if (*at == '.') {
		const char *digits = ++at;

		if (!read_hex(&at, 6, &place))
			return false;
		snprintf(k->place, sizeof(k->place), "%.6s", digits);
	}
	k->lease = (int64_t)lease;
	if (*at || slash == k->base)
		return false;
	*slash = '\0';
	return true;
}

static bool read_ours(const struct etcd *e, const char *key, struct keyed *k)
{
	for (enum part part = OWNER; part <= BEAT; part++) {
		char in[24];
		size_t n = strlen(folder(e, part, in));

		if (strncmp(key, in, n) != 0)
			continue;
		k->part = part;
		strcpy(k->base, key + n);
		return part == OWNER || part == BEAT || cut_suffix(k);
	}
	return false;
}

bool keys_read(const struct etcd *e, const char *key, struct keyed *k)
{
	size_t n = strlen(e->options.prefix);

	*k = (struct keyed){ 0 };
	if (strncmp(key, e->options.prefix, n) != 0)
		return false;
	key += n;
	if (*key == '.')
		return read_ours(e, key, k);
	strcpy(k->base, key);
	return is_key(e) || cut_suffix(k);
}

/* ---- values ---- */

void keys_mine(const struct etcd *e, const struct ask *a, uint64_t req, char value[WIRE_VALUE])
{
	snprintf(value, WIRE_VALUE, "%.32s%s%s %" PRIu64, e->config->host, *a->head.place ? "." : "", a->head.place, req);
}

void keys_mine_owner(const struct etcd *e, const struct ask *a, uint64_t req, bool died, char value[WIRE_VALUE])
{
	keys_mine(e, a, req, value);
	strcat(value, died ? " 1" : " 0");
}

void keys_number(uint64_t req, char value[WIRE_VALUE])
{
	snprintf(value, WIRE_VALUE, "%016" PRIu64, req);
}

/* HOST REQ, as keys_mine() writes it. */
bool keys_is_request(const char *value)
{
	size_t host = strspn(value, "0123456789abcdef"), place, req;

	value += host;
	place = *value == '.' ? 1 + strspn(value + 1, "0123456789abcdef") : 0;
	value += place;
	req = *value == ' ' ? strspn(value + 1, "0123456789") : 0;
	return host > 0 && host <= 32 && place != 1 && place <= 7 && req > 0 && req <= 16 && !value[1 + req];
}

bool keys_heir(const struct etcd *e, const struct ask *a, char key[WIRE_KEY], char value[WIRE_VALUE])
{
	const struct spot *next = &a->next;
	char to[WIRE_KEY];
	size_t n;

	if (is_key(e) || next->created == 0 || a->lost || !keys_is_request(a->heir))
		return false;
	keys_range(e, a, key, to);
	n = strlen(key);
	snprintf(key + n, WIRE_KEY - n, "%" PRIx64 "%s%s", (uint64_t)next->lease, *next->place ? "." : "", next->place);
	snprintf(value, WIRE_VALUE, "%.100s 0", a->heir);
	return true;
}

bool keys_whose(const struct etcd *e, const char *value, char place[8], uint64_t *req)
{
	size_t n = strlen(e->config->host), digits;

	*place = '\0';
	if (strncmp(value, e->config->host, n) != 0)
		return false;
	value += n;
	if (*value == '.') {
		digits = strspn(++value, "0123456789abcdef");
		if (digits == 0 || digits > 6)
			return false;
		snprintf(place, 8, "%.*s", (int)digits, value);
		value += digits;
	}
	return sscanf(value, " %" SCNu64, req) == 1 && *req != 0;
}
