/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd_hostile.c: an etcd that is none. A thread answers each request as etcd would, or, for one of them, with what nobody
 * should: fields left out, of another type, too large; JSON that ends too soon, or is none; other statuses. Nothing is ever
 * granted on the ground of that: the outcome is unknown, or the session goes down, and the reason names the server.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "etcd.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEADER       "\"header\":{\"cluster_id\":\"7\",\"revision\":\"9\"}"

/* What is answered to whom, in place of what is right. */
struct lie {
	const char *path; /* of the request; "": of all */
	const char *body;
	const char *status; /* NULL: 200 OK */
};

static struct lie lie; /* written while no request is under way */
static int port;
static char lease[32]; /* that was asked for last */
static char host[33];  /* who asks */

/* ---- what can be believed ---- */

/* Base64. */
static const char *coded(const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char to[128];
	size_t n = strlen(text), at = 0;

	for (size_t i = 0; i < n; i += 3) {
		unsigned group = 0;

		for (size_t k = i; k < i + 3; k++)
			group = group << 8 | (k < n ? (unsigned char)text[k] : 0);
		for (size_t k = 0; k < 4; k++)
			to[at++] = i + k > n ? '=' : digits[group >> (18 - 6 * k) & 63];
	}
	to[at] = '\0';
	return to;
}

/* What stands for a key of ours and what is in it: $L the lease, $K our place in the queue of `x`, $V our request's value, $O that
 * of its owner.
 */
static const char *fill_in(const char *body)
{
	static char text[8192];
	char word[128];
	size_t n = 0;

	for (; *body && n < sizeof(text) - 200; body++) {
		if (*body != '$') {
			text[n++] = *body;
			continue;
		}
		if (*++body == 'K')
			snprintf(word, sizeof(word), "x/%llx", strtoull(lease, NULL, 10));
		else
			snprintf(word, sizeof(word), "%s 1%s", host, *body == 'O' ? " 0" : "");
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", *body == 'L' ? lease : coded(word));
	}
	text[n] = '\0';
	return text;
}

/* ---- the server ---- */

/* What etcd says: it has a lease of that number, and of the lock, that it is ours. */
static const char *truth(const char *path, const char *request)
{
	static char text[2048];
	const char *id = strstr(request, "\"ID\":\"");
	char number[32] = "1";

	if (id)
		sscanf(id + 6, "%31[0-9]", number);
	if (strcmp(path, "lease/grant") == 0)
		strcpy(lease, number);
	if (strcmp(path, "lease/grant") == 0)
		snprintf(text, sizeof(text), "{" HEADER ",\"ID\":\"%s\",\"TTL\":\"60\"}", number);
	else if (strcmp(path, "lease/keepalive") == 0)
		snprintf(text, sizeof(text), "{\"result\":{" HEADER ",\"ID\":\"%s\",\"TTL\":\"60\"}}\n", number);
	else if (strcmp(path, "watch") == 0)
		snprintf(text, sizeof(text), "{\"result\":{" HEADER ",\"created\":true}}\n");
	else
		snprintf(text, sizeof(text), "{" HEADER "}");
	return text;
}

static void answer(int fd, const char *path, const char *request)
{
	bool lies = lie.body && (!*lie.path || strcmp(path, lie.path) == 0), stream = strcmp(path, "watch") == 0;
	const char *true_body = truth(path, request);
	char head[256];

	if (stream) { /* the truth, and then the lie; it does not end */
		dprintf(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n", strlen(true_body),
			true_body);
		if (lies && *lie.path)
			dprintf(fd, "%zx\r\n%s\r\n", strlen(lie.body), lie.body);
		return;
	}
	if (lies)
		true_body = strchr(lie.body, '$') ? fill_in(lie.body) : lie.body;
	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n",
		lies && lie.status ? lie.status : "200 OK", strlen(true_body));
	if (write(fd, head, strlen(head)) < 0 || write(fd, true_body, strlen(true_body)) < 0)
		return;
}

/* Requests of one connection. */
static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char request[65536], path[64];
	size_t n = 0, length;
	ssize_t more;

	while ((more = read(fd, request + n, sizeof(request) - 1 - n)) > 0) {
		char *body, *at;

		n += (size_t)more;
		request[n] = '\0';
		body = strstr(request, "\r\n\r\n");
		at = strstr(request, "Content-Length: ");
		length = body && at ? strtoul(at + 16, NULL, 10) : 0;
		if (!body || n < (size_t)(body + 4 - request) + length || sscanf(request, "POST /v3/%63[^ ]", path) != 1)
			continue;
		answer(fd, path, body + 4);
		n = 0;
	}
	close(fd);
	return NULL;
}

static void *be_server(void *listener)
{
	pthread_t thread;
	int fd;

	while ((fd = accept(*(int *)listener, NULL, NULL)) >= 0)
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
	return NULL;
}

static bool start(void)
{
	static int listener;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	pthread_t thread;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&at, size) || listen(listener, 64) ||
		getsockname(listener, (struct sockaddr *)&at, &size))
		return false;
	port = ntohs(at.sin_port);
	return pthread_create(&thread, NULL, be_server, &listener) == 0;
}

/* ---- lies ---- */

static const char *const for_all[] = { "", "{", "[]", "null", "\"\"", "17", "{}", "{\"header\":7}",
	"{\"header\":{\"revision\":9e99}}", "{\"header\":{\"revision\":\"-9\"}}",
	"{\"header\":{\"revision\":\"99999999999999999999\"}}", "{\"header\":{\"revision\":\"9223372036854775807\"}}",
	"<html>no</html>", "{\"error\":7}", "{\"error\":\"no\",\"code\":\"x\"}", "{\"error\":\"no\",\"code\":-5}",
	"\377\376", "{\"result\":[]}" };

static const struct lie lies[] = {
	{ "kv/range", "{" HEADER "}", "500 Internal Server Error" },
	{ "kv/range", "{" HEADER "}", "302 Found" },
	{ "lease/grant", "{" HEADER ",\"ID\":\"5\",\"TTL\":\"60\"}", NULL },
	{ "lease/grant", "{" HEADER ",\"TTL\":\"60\"}", NULL },
	{ "lease/grant", "{" HEADER ",\"ID\":[],\"TTL\":{}}", NULL },
	{ "kv/txn", "{" HEADER ",\"responses\":7}", NULL },
	{ "kv/txn", "{" HEADER ",\"responses\":[{\"response_txn\":{\"responses\":[]}}]}", NULL },
	{ "kv/txn", "{" HEADER ",\"responses\":[{\"response_txn\":{\"responses\":[{\"response_range\":{\"kvs\":7}},{},{}]}}]}",
		NULL },
	{ "kv/txn",
		"{" HEADER
		",\"responses\":[{\"response_txn\":{\"responses\":[{\"response_range\":{\"kvs\":[{\"key\":\"!!\"}]}},"
		"{\"response_range\":{\"kvs\":[7,{}]}},{\"response_range\":{}}]}}]}",
		NULL },
	{ "kv/txn",
		"{" HEADER
		",\"responses\":[{\"response_txn\":{\"responses\":[{\"response_range\":{\"kvs\":[{\"key\":\"eA==\","
		"\"create_revision\":\"-1\",\"lease\":\"99999999999999999999\"}]}},{\"response_range\":{}},{\"response_"
		"range\":{}}]}}]}",
		NULL },
	{ "kv/txn", "{\"error\":\"etcdserver: mvcc: database space exceeded\",\"code\":8}", NULL },
	{ "watch", "{\"result\":{\"events\":[{\"kv\":{\"key\":7}}]}}\n", NULL },
	{ "watch", "{\"result\":{\"events\":[{\"type\":7,\"kv\":{\"key\":\"eC8x\",\"mod_revision\":[]}}]}}\n", NULL },
	{ "watch", "{\"result\":{\"events\":{}}}\n", NULL },
	{ "watch", "{\"result\":{\"canceled\":true}}\n", NULL },
	{ "watch", "{\"result\":{\"canceled\":true,\"compact_revision\":\"x\"}}\n", NULL },
	{ "watch", "{\"error\":{\"grpc_code\":14}}\n", NULL },
	{ "watch", "no\n", NULL },
	{ "watch", "\n", NULL },
};

/* Of an answer to ACQUIRE, and to what may follow: the last in the queue, our key, the owner. */
#define RANGE(kv) "{\"response_range\":{\"kvs\":[" kv "]}}"
#define KEY(created)                                                                                                   \
	"{\"key\":\"$K\",\"value\":\"$V\",\"create_revision\":" created ",\"mod_revision\":\"9\",\"lease\":\"$L\"}"
#define OWNER "{\"key\":\"b3du\",\"value\":\"$O\",\"create_revision\":\"9\",\"mod_revision\":\"9\"}"
#define SIGHT(key, owner)                                                                                              \
	"{" HEADER ",\"responses\":[{\"response_txn\":{\"responses\":[" RANGE(key) "," RANGE(key) "," RANGE(           \
		owner) "]}}," RANGE(key) "," RANGE(key) "," RANGE(owner) "]}"

/* This one is true: we are the owner. Each of the others is the same but for one word. */
static const char believable[] = SIGHT(KEY("\"9\""), OWNER);

static const char *const nearly[] = {
	SIGHT(KEY("\"4611686018427387904\""), OWNER), /* no token */
	SIGHT(KEY("\"9223372036854775807\""), OWNER), /* nothing comes after that */
	SIGHT(KEY("\"9223372036854775808\""), OWNER), SIGHT(KEY("9.0"), OWNER), SIGHT(KEY("\"-9\""), OWNER),
	SIGHT(KEY("\"9 \""), OWNER), SIGHT(KEY("\"0x9\""), OWNER), SIGHT(KEY("null"), OWNER),
	SIGHT(KEY("\"9\""), ""), /* and whatever we do, we do not become it */
};

static const char *const refused_paths[] = { "kv/range", "lease/grant", "kv/txn", "" };

/* Up to a moment after it was heard; true if what went wrong was said of this server. `granted`: as if all were well. */
static bool hears(const char *path, const char *body, const char *status, const char *options, bool *granted)
{
	char url[64], where[32];
	bool may_be_silent = strcmp(path, "watch") == 0, good;
	int64_t end = pawl_remote_now() + (may_be_silent ? NS_PER_S / 10 : 10 * NS_PER_S);
	struct host h;

	lie = (struct lie){ path, body, status };
	snprintf(url, sizeof(url), "etcd://127.0.0.1:%d%s", port, options);
	snprintf(where, sizeof(where), "127.0.0.1:%d", port);
	host_init(&h, etcd_backend(), url, ETCD_LONG, 1);
	strcpy(host, h.id);
	if (h.backend->open(&h.config, &h.open, &h.flags, h.reason, sizeof(h.reason)) != 0)
		return false;
	while (!*h.why && !*granted && pawl_remote_now() < end) {
		struct host *one = &h;

		host_pump(&one, 1);
		etcd_submit(&h, PAWL_REMOTE_ACQUIRE, "x", 1, 0);
		*granted |= host_take(&h, PAWL_REMOTE_GRANTED, "x", 1) != NULL;
		host_take(&h, PAWL_REMOTE_UNKNOWN, "x", 1);
		host_take(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_ALIVE);
	}
	h.backend->close(h.open, false);
	close(h.wake);
	good = *h.why ? strstr(h.why, where) != NULL : may_be_silent;
	if (!good && !*granted)
		tap_note("%s: %.200s: reason '%s'", path, body, h.why);
	return good;
}

static bool survives(const char *path, const char *body, const char *status, const char *options)
{
	bool granted = false, good = hears(path, body, status, options, &granted);

	if (granted)
		tap_note("%s: %.300s: granted", path, body);
	return good && !granted;
}

static void tell_nearly_the_truth(void)
{
	bool granted = false, all = true;

	hears("kv/txn", believable, NULL, "", &granted);
	tap_ok(granted, "an answer that can be believed is");
	for (size_t i = 0; i < COUNT(nearly); i++)
		all &= survives("kv/txn", nearly[i], NULL, "");
	tap_ok(all, "answers that are right but for one word are not");
}

static void tell_lies(const char *options)
{
	bool all = true;

	for (size_t i = 0; i < COUNT(for_all); i++)
		for (size_t p = 0; p < COUNT(refused_paths); p++)
			all &= survives(refused_paths[p], for_all[i], NULL, options);
	tap_ok(all, "answers that make no sense%s", options);
	all = true;
	for (size_t i = 0; i < COUNT(lies); i++)
		all &= survives(lies[i].path, lies[i].body, lies[i].status, options);
	tap_ok(all, "answers that make half a sense%s", options);
}

/* More than anybody would have to say. */
static void endless(void)
{
	size_t n = 40u << 20;
	static char *body; /* the server may be at it to the end */

	body = malloc(n + 1);
	memset(body, 'x', n);
	body[n] = '\0';
	tap_ok(survives("kv/range", body, NULL, ""), "an answer that is too long is not waited for");
	tap_ok(survives("watch", body, NULL, ""), "nor a line of the stream");
}

int main(void)
{
	watchdog(200);
	signal(SIGPIPE, SIG_IGN); /* of our server; the keeper's thread has it blocked */
	if (!tap_ok(etcd_backend(), "libpawl-etcd.so is there") || !tap_ok(start(), "a server that lies starts"))
		return tap_done();
	tell_nearly_the_truth();
	tell_lies("");
	tell_lies("?protocol=key");
	tell_lies("?protocol=v3lock");
	endless();
	return tap_done();
}
