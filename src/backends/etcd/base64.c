/* SPDX-License-Identifier: BSD-2-Clause */
/** base64.c: four characters for three bytes (base64.h). What is not written exactly so is refused. */
#include "backends/etcd/base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(const void *bytes, size_t n, char *text)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i += 3, text += 4) {
		uint32_t three =
			(uint32_t)b[i] << 16 | (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0) | (i + 2 < n ? b[i + 2] : 0);

		text[0] = digits[three >> 18];
		text[1] = digits[three >> 12 & 63];
		text[2] = i + 1 < n ? digits[three >> 6 & 63] : '=';
		text[3] = i + 2 < n ? digits[three & 63] : '=';
	}
	*text = '\0';
}

/* 64: the end of the text's bytes; 65: no digit. */
static unsigned value_of(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (unsigned)(at - digits) : c == '=' ? 64 : 65;
}

/* How many bytes there are in four characters; 0: none, they make no sense. */
static unsigned read_four(const char *text, char three[3], bool last)
{
	unsigned v[4], n;
	uint32_t bits;

	for (int i = 0; i < 4; i++)
		v[i] = value_of(text[i]);
	n = v[3] == 64 ? (v[2] == 64 ? 1 : 2) : 3;
	if (v[0] > 63 || v[1] > 63 || v[2] > 64 || v[3] > 64 || (v[2] == 64 && v[3] != 64) || (n < 3 && !last))
		return 0;
	bits = v[0] << 18 | v[1] << 12 | (v[2] & 63) << 6 | (v[3] & 63);
	three[0] = (char)(bits >> 16);
	three[1] = (char)(bits >> 8);
	three[2] = (char)bits;
	return n;
}

long base64_read(const char *text, char *bytes, size_t size)
{
	size_t n = strlen(text), at = 0;

	if (n % 4 != 0)
		return -1;
	for (size_t i = 0; i < n; i += 4) {
		char three[3];
		unsigned more = read_four(text + i, three, i + 4 == n);

		if (more == 0 || at + more >= size || memchr(three, '\0', more))
			return -1;
		memcpy(bytes + at, three, more);
		at += more;
	}
	if (at >= size)
		return -1;
	bytes[at] = '\0';
	return (long)at;
}
