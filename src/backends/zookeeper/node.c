/* SPDX-License-Identifier: BSD-2-Clause */
/** node.c: the names of nodes, read: h-HOST[.PLACE]-REQ-SEQ. Anybody can put anything into a directory. */
#include <stdlib.h>
#include <string.h>

#include "backends/zookeeper/zk.h"

#define DIGITS "0123456789"

/* A number of digits only, up to `end`; false if there is none. */
static bool read_req(const char *text, size_t n, uint64_t *req)
{
	if (n == 0 || n > 16 || strspn(text, DIGITS) != n)
		return false;
	*req = strtoull(text, NULL, 10);
	return *req != 0;
}

/* As the server writes them, %010d; after 2147483647 comes -2147483648, and long after that -000000001. */
static bool read_seq(const char *text, int32_t *seq)
{
	const char *digits = text + (*text == '-');
	long long n = strtoll(text, NULL, 10);

	*seq = (int32_t)n;
	return strlen(text) >= 10 && strlen(text) <= 11 && strspn(digits, DIGITS) == strlen(digits) && n == *seq;
}

bool zk_node_read(struct zk_node *n, const char *text)
{
	size_t who, req;

	*n = (struct zk_node){ .text = "" };
	if (strlen(text) >= sizeof(n->text) || strncmp(text, "h-", 2) != 0)
		return false;
	text += 2;
	who = strcspn(text, "-");
	if (who == 0 || who >= sizeof(n->who) || text[who] != '-')
		return false;
	req = strcspn(text + who + 1, "-");
	if (!read_req(text + who + 1, req, &n->req) || text[who + 1 + req] != '-' ||
		!read_seq(text + who + 1 + req + 1, &n->seq))
		return false;
	memcpy(n->who, text, who);
	strcpy(n->text, text - 2);
	return true;
}

bool zk_node_is_before(const struct zk_node *a, const struct zk_node *b)
{
	return (int32_t)((uint32_t)a->seq - (uint32_t)b->seq) < 0;
}

static int hex_of(char c)
{
	const char *digits = "0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

bool zk_decode(const char *text, char *name, size_t size)
{
	size_t n = 0;

	for (; *text && n + 1 < size; n++) {
		int high = *text == '%' ? hex_of(text[1]) : 0, low = *text == '%' && high >= 0 ? hex_of(text[2]) : 0;

		if (high < 0 || low < 0)
			return false;
		name[n] = *text == '%' ? (char)(high * 16 + low) : *text;
		text += *text == '%' ? 3 : 1;
	}
	name[n] = '\0';
	return n > 0 && !*text;
}
