/* SPDX-License-Identifier: BSD-2-Clause */
/** http.c: the calls under way (http.h). Curl's callbacks do nothing but keep bytes: what follows from these is done outside, where
 * new calls may be made.
 */
#include "backends/etcd/http.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pawl/remote.h>

#define MS 1000000

/* The longest answer, or line of the stream: some 100000 places of a lock. */
enum { TEXT_MOST = 32 << 20, FIRST_ROOM = 4096, CONNECTIONS = 16 };

struct call {
	struct call *next, *before;
	CURL *easy;
	char *body;
	struct text text;
	size_t taken; /* of the text: lines that were given out */
	answer_t *answer;
	void *who;
	int64_t sent;
	bool stream;
	char error[CURL_ERROR_SIZE];
};

/* ---- the endpoint ---- */

void http_where(const struct http *h, char *text, size_t size)
{
	const struct url_host *at = &h->options->url.at[h->at];
	bool v6 = strchr(at->host, ':');

	snprintf(text, size, "%s%.80s%s:%u", v6 ? "[" : "", at->host, v6 ? "]" : "", at->port);
}

void http_next(struct http *h)
{
	h->at = (h->at + 1) % h->options->url.hosts;
}

static bool add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more)
		*list = more;
	return more;
}

bool http_token(struct http *h, const char *token)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "Authorization: %s", token ? token : "");

	curl_slist_free_all(h->headers);
	h->headers = NULL;
	return add_header(&h->headers, "Content-Type: application/json") && add_header(&h->headers, "Expect:") &&
	       (!token || (n < (int)sizeof(line) && add_header(&h->headers, line)));
}

/* ---- calls ---- */

static bool grow(struct text *t, size_t more)
{
	size_t room = t->room ? t->room : FIRST_ROOM;
	char *at;

	while (room < t->n + more + 1)
		room *= 2;
	if (room <= t->room)
		return true;
	at = room <= TEXT_MOST ? realloc(t->at, room) : NULL;
	if (!at)
		return false;
	t->at = at;
	t->room = room;
	return true;
}

static size_t keep(char *bytes, size_t one, size_t n, void *call)
{
	struct text *t = &((struct call *)call)->text;

	n *= one;
	if (!grow(t, n))
		return 0; /* ends the call: too long, or no memory */
	memcpy(t->at + t->n, bytes, n);
	t->n += n;
	t->at[t->n] = '\0';
	return n;
}

static void set_tls(CURL *easy, const struct options *o)
{
	if (o->ca)
		curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca);
	if (o->cert)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, o->cert);
	if (o->key)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, o->key);
	curl_easy_setopt(easy, CURLOPT_KEYPASSWD, ""); /* or the keeper would ask for one at the terminal, and wait */
}

static void set_up(struct http *h, struct call *c, const char *url, bool patient)
{
	const struct options *o = h->options;

	curl_easy_setopt(c->easy, CURLOPT_URL, url);
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(o->timeout / MS));
	if (!patient)
		curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)(o->timeout / MS));
	set_tls(c->easy, o);
}

static void link_in(struct http *h, struct call *c)
{
	c->next = h->calls;
	if (c->next)
		c->next->before = c;
	h->calls = c;
}

static void drop(struct http *h, struct call *c)
{
	*(c->before ? &c->before->next : &h->calls) = c->next;
	if (c->next)
		c->next->before = c->before;
	curl_multi_remove_handle(h->multi, c->easy);
	curl_easy_cleanup(c->easy);
	free(c->text.at);
	free(c->body);
	free(c);
}

static bool start(struct http *h, const char *path, struct call *c, bool patient)
{
	char where[100], url[200];

	http_where(h, where, sizeof(where));
	snprintf(url, sizeof(url), "%s://%s/v3/%s", h->options->tls ? "https" : "http", where, path);
	c->easy = curl_easy_init();
	if (!c->body || !c->easy)
		return false;
	set_up(h, c, url, patient);
	c->sent = pawl_remote_now();
	return curl_multi_add_handle(h->multi, c->easy) == CURLM_OK;
}

static bool post(struct http *h, const char *path, json_t *body, struct call model, bool patient)
{
	struct call *c = malloc(sizeof(*c));

	if (c)
		*c = model;
	if (c)
		c->body = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	if (c && start(h, path, c, patient)) {
		link_in(h, c);
		return true;
	}
	if (c && c->easy)
		curl_easy_cleanup(c->easy);
	if (c)
		free(c->body);
	free(c);
	return false;
}

bool http_post(struct http *h, const char *path, json_t *body, answer_t *answer, void *who, bool patient)
{
	return post(h, path, body, (struct call){ .answer = answer, .who = who }, patient);
}

bool http_stream(struct http *h, const char *path, json_t *body, answer_t *answer, void *who)
{
	return post(h, path, body, (struct call){ .answer = answer, .who = who, .stream = true }, true);
}

void http_forget(struct http *h, const void *who)
{
	for (struct call *c = h->calls, *next; c; c = next) {
		next = c->next;
		if (!who || c->who == who)
			drop(h, c);
	}
}

/* ---- lines of the stream ---- */

char *http_line(struct http *h, void *who)
{
	struct call *c = h->calls;
	char *line, *end;

	while (c && (!c->stream || c->who != who))
		c = c->next;
	if (!c || !c->text.at)
		return NULL;
	line = c->text.at + c->taken;
	end = memchr(line, '\n', c->text.n - c->taken);
	if (end) {
		*end = '\0';
		c->taken = (size_t)(end + 1 - c->text.at);
		return line;
	}
	memmove(c->text.at, line, c->text.n - c->taken + 1);
	c->text.n -= c->taken;
	c->taken = 0;
	return NULL;
}

/* ---- answers ---- */

static void hand_over(struct http *h, struct call *c, CURLcode rc)
{
	struct answer a = { .sent = c->sent };
	answer_t *answer = c->answer;
	void *who = c->who;
	json_t *json = NULL;
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	if (rc != CURLE_OK) {
		answer_broken(h, &a, rc, *c->error ? c->error : curl_easy_strerror(rc));
	} else if (c->stream) {
		a.code = BROKEN;
		answer_explain(h, &a, "the stream has ended", "");
	} else {
		answer_read(h, &a, c->text.at, c->text.n, &json);
		if (a.json && status != 200) {
			a.json = NULL;
			a.code = BROKEN;
			answer_explain(h, &a, "an HTTP status that is none of etcd's", "is that its client port?");
		}
	}
	drop(h, c);
	answer(h->owner, who, &a);
	json_decref(json);
}

bool http_work(struct http *h)
{
	int more;
	CURLMsg *m;
	char *call;
	CURLcode rc;

	curl_multi_perform(h->multi, &more);
	while ((m = curl_multi_info_read(h->multi, &more)))
		if (m->msg == CURLMSG_DONE) {
			rc = m->data.result;
			curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
			hand_over(h, (struct call *)(void *)call, rc);
			return true;
		}
	return false;
}

bool http_wait(struct http *h, int ms, int wake_fd)
{
	struct curl_waitfd wake = { .fd = wake_fd, .events = CURL_WAIT_POLLIN };
	int n = 0;

	curl_multi_poll(h->multi, &wake, 1, ms, &n);
	return wake.revents & CURL_WAIT_POLLIN;
}

/* ---- open, close ---- */

static void start_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_open(struct http *h, const struct options *options, void *owner)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start_curl);
	*h = (struct http){ .options = options, .owner = owner, .multi = curl_multi_init() };
	if (!h->multi || !http_token(h, NULL)) {
		http_close(h);
		return ENOMEM;
	}
	curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
		(long)CONNECTIONS + (options->protocol == V3LOCK ? PATIENT_MOST : 0));
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
	return 0;
}

void http_close(struct http *h)
{
	http_forget(h, NULL);
	if (h->multi)
		curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
}
