/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_etcd.c: what etcd's gateway answers and streams: texts, which go through the backend's own readers (answer.c, wire.c, watch.c);
 * http.c, which is curl's calls, is replaced by what is below.
 *
 * An answer is a text of the input; or, so that what lies behind the first field is reached, one that is put together as the input
 * says, of the right shape, with keys of ours and of others, and any numbers.
 */
#include "backends/etcd/http.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/etcd/base64.h"
#include "service.h"

enum { TEXT = 8192, LINE = 2000, DEPTH = 3 };

extern const pawl_backend_t pawl_backend_etcd;

static struct fuzz *said;

struct call {
	struct call *next;
	char path[32];
	answer_t *answer;
	void *who;
	int64_t sent;
	bool stream, ended;
};

/* ---- texts ---- */

static struct made {
	char text[TEXT];
	size_t n;
} made;

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (made.n < TEXT)
		made.n += (size_t)vsnprintf(made.text + made.n, TEXT - made.n, format, args);
	va_end(args);
}

/* The lease is what getrandom says (service.c). */
static void add_lease(uint8_t how)
{
	if (how & 8)
		add("\"%" PRId64 "\"", (int64_t)fuzz_number(said, 8));
	else
		add("\"%d\"", how & 4 ? 0 : 99);
}

#define LEASE "\"614891469123651721\"" /* 0x0888888888888889: half of 0x1111..., and odd */

static void add_bytes(const char *text)
{
	char coded[BASE64_SIZE(LINE)];

	base64_write(text, strlen(text), coded);
	add("\"%s\"", coded);
}

static const char *some_key(uint8_t how, char text[LINE])
{
	static const char *const keys[] = { "a/888888888888889", "a/888888888888889.2a", "a/99", "a", ".pawl/owner/a",
		".pawl/key/owner/a", ".pawl/done/a/888888888888889", ".pawl/key/wait/a/99", (".pawl/beat/" SERVICE_HOST),
		"b%2Fc%20d%0A/888888888888889", "p/a/888888888888889", "%2541/7", ".pawl/key/wait/a/888888888888889" };

	return how % 16 < 13 ? keys[how % 16] : fuzz_text(said, text, LINE);
}

static const char *some_value(uint8_t how, char text[LINE])
{
	static const char *const values[] = { (SERVICE_HOST " 1"), (SERVICE_HOST " 2 0"), (SERVICE_HOST ".2a 1 1"),
		"other 1", "0000000000000001", "", "f0f0 3 1" };

	return how % 8 < 7 ? values[how % 8] : fuzz_text(said, text, LINE);
}

static void add_kv(void)
{
	char text[LINE];
	uint8_t how = fuzz_byte(said), more = fuzz_byte(said);

	add("{\"key\":");
	add_bytes(some_key(how, text));
	add(",\"value\":");
	add_bytes(some_value(how >> 4, text));
	add(",\"create_revision\":\"%u\",\"mod_revision\":\"%u\",\"lease\":", 9 + (more & 7u), 9 + (more >> 3 & 7u));
	if (more & 0x80)
		add(LEASE);
	else
		add_lease(more >> 3);
	add("}");
}

static void add_kvs(void)
{
	uint8_t n = fuzz_byte(said) & 3;

	add("{\"kvs\":[");
	for (uint8_t i = 0; i < n; i++) {
		add(i ? "," : "");
		add_kv();
	}
	add("]}");
}

static void add_header(uint8_t how)
{
	add("\"header\":{\"cluster_id\":\"7\",\"revision\":\"%u\"}", 9 + (how & 15u));
}

static void add_transaction(int depth)
{
	uint8_t how = fuzz_byte(said), n = 1 + (how >> 4 & 3);

	add("{");
	add_header(how);
	add(",\"succeeded\":%s,\"responses\":[", how & 0x40 ? "true" : "false");
	for (uint8_t i = 0; i < n; i++) {
		uint8_t what = fuzz_byte(said);

		add("%s", i ? "," : "");
		if (what & 0x80 && depth > 0) {
			add("{\"response_txn\":");
			add_transaction(depth - 1);
			add("}");
		} else if (what & 0x40) {
			add("{\"response_put\":{}}");
		} else {
			add("{\"response_range\":");
			add_kvs();
			add("}");
		}
	}
	add("]}");
}

static void add_error(uint8_t how)
{
	static const char *const errors[] = { "lease not found", "etcdserver: user name is empty", "permission denied",
		"auth: hunter21" };

	add("{\"error\":\"%s\",\"code\":%u}", errors[how & 3], how >> 2 & 31u);
}

/* What etcd means well to say to this request. */
static void add_truth(const char *path, uint8_t how)
{
	if (strncmp(path, "kv/txn", 6) == 0) {
		add_transaction(DEPTH);
		return;
	}
	add("{");
	if (strcmp(path, "lease/keepalive") == 0)
		add("\"result\":{");
	add_header(how);
	if (strncmp(path, "lease", 5) == 0)
		add(",\"ID\":" LEASE ",\"TTL\":\"%u\"", how & 0x40 ? 0u : 10u);
	if (strcmp(path, "auth/authenticate") == 0)
		add(",\"token\":\"t.1\"");
	add(strcmp(path, "lease/keepalive") == 0 ? "}}" : "}");
}

static void add_event_line(uint8_t how)
{
	uint8_t n = how & 3;

	add("{\"result\":{");
	add_header(how >> 4);
	if (how & 4)
		add(",\"created\":true");
	if (how & 8)
		add(",\"compact_revision\":\"%u\",\"canceled\":true", fuzz_byte(said));
	add(",\"events\":[");
	for (uint8_t i = 0; i < n; i++) {
		add("%s{%s\"kv\":", i ? "," : "", fuzz_byte(said) & 1 ? "\"type\":\"DELETE\"," : "");
		add_kv();
		add("}");
	}
	add("]}}");
}

/* ---- http.h, without curl ---- */

void http_where(const struct http *h, char *text, size_t size)
{
	snprintf(text, size, "%.80s:%u", h->options->url.at[h->at].host, h->options->url.at[h->at].port);
}

void http_next(struct http *h)
{
	h->at = (h->at + 1) % h->options->url.hosts;
}

bool http_token(struct http *h, const char *token)
{
	(void)h, (void)token;
	return true;
}

/* Made up as it would be sent, in pieces. */
static int nowhere(const char *text, size_t n, void *arg)
{
	(void)text, (void)n, (void)arg;
	return 0;
}

static bool post(struct http *h, const char *path, json_t *body, struct call model)
{
	struct call *c = malloc(sizeof(*c)), **end = &h->calls;
	bool sent = c && body && json_dump_callback(body, nowhere, NULL, JSON_COMPACT) == 0;

	json_decref(body);
	if (!sent) {
		free(c);
		return false;
	}
	*c = model;
	snprintf(c->path, sizeof(c->path), "%s", path);
	c->sent = pawl_remote_now();
	while (*end)
		end = &(*end)->next;
	*end = c;
	return true;
}

bool http_post(struct http *h, const char *path, json_t *body, answer_t *answer, void *who, bool patient)
{
	(void)patient;
	return post(h, path, body, (struct call){ .answer = answer, .who = who });
}

bool http_stream(struct http *h, const char *path, json_t *body, answer_t *answer, void *who)
{
	return post(h, path, body, (struct call){ .answer = answer, .who = who, .stream = true });
}

void http_forget(struct http *h, const void *who)
{
	for (struct call **c = &h->calls, *gone; *c;) {
		gone = *c;
		if (who && gone->who != who) {
			c = &gone->next;
			continue;
		}
		*c = gone->next;
		free(gone);
	}
}

char *http_line(struct http *h, void *who)
{
	struct call *c = h->calls;
	uint8_t how;

	while (c && (!c->stream || c->who != who))
		c = c->next;
	if (!c || c->ended || said->left == 0)
		return NULL;
	how = fuzz_byte(said);
	made.n = 0;
	if (how < 0x40)
		return NULL;
	if (how < 0xc0)
		add_event_line(fuzz_byte(said));
	else if (how < 0xf0)
		made.n = strlen(fuzz_text(said, made.text, LINE));
	else
		c->ended = true;
	return c->ended ? NULL : made.text;
}

static void read_answer(struct http *h, const struct call *c, uint8_t how, struct answer *a, json_t **json)
{
	made.n = 0;
	if (how >= 0xf8 || c->stream) {
		answer_broken(h, a, how & 1 ? CURLE_RECV_ERROR : CURLE_COULDNT_CONNECT, "it was cut");
		return;
	}
	if (how >= 0xd0)
		made.n = strlen(fuzz_text(said, made.text, LINE));
	else if (how >= 0xc0)
		add_error(fuzz_byte(said));
	else
		add_truth(c->path, how);
	answer_read(h, a, made.text, strnlen(made.text, made.n), json);
}

static struct call *take(struct http *h)
{
	struct call **c = &h->calls, *taken;

	while (*c && (*c)->stream && !(*c)->ended)
		c = &(*c)->next;
	taken = *c;
	if (taken)
		*c = taken->next;
	return taken;
}

bool http_work(struct http *h)
{
	struct call *c = said->left > 0 ? take(h) : NULL;
	struct answer a = { 0 };
	json_t *json = NULL;

	if (!c)
		return false;
	a.sent = c->sent;
	read_answer(h, c, fuzz_byte(said), &a, &json);
	c->answer(h->owner, c->who, &a);
	json_decref(json);
	free(c);
	return true;
}

bool http_wait(struct http *h, int ms, int wake_fd)
{
	(void)h, (void)wake_fd;
	service_now += (int64_t)ms * 1000000 + 1000;
	return false;
}

int http_open(struct http *h, const struct options *options, void *owner)
{
	*h = (struct http){ .options = options, .owner = owner };
	return 0;
}

void http_close(struct http *h)
{
	http_forget(h, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const urls[] = { "etcd://one", "etcd://u:" SERVICE_SECRET "@one,two:9?prefix=p/",
		"etcd://one?protocol=key&blind=0", "etcd://one?protocol=v3lock", NULL };
	struct fuzz input = { bytes, n };

	said = &input;
	made = (struct made){ .n = 0 };
	service_run(&pawl_backend_etcd, urls, &input);
	return 0;
}
