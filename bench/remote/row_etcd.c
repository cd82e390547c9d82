/* SPDX-License-Identifier: BSD-2-Clause */
/** row_etcd.c: the recipe of etcd's Go client, over the JSON gateway: put a key, look for an older one, watch that *from the revision in
 * the answer's header*, look again when it is deleted. A watch that begins at a revision which is already there is one that has to
 * catch up, and etcd serves those every 100 ms.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <jansson.h>

#include "pair.h"

static const char *const keys[] = { "YmFyZS8w", "YmFyZS8x" }; /* bare/0, bare/1 */

struct end {
	CURL *posts;
	char base[300];
	const char *mine, *other;
	char *text; /* of the answer so far */
	size_t n;
	long long put_at; /* the revision of ours */
	bool deleted;
};

static size_t collect(char *data, size_t one, size_t n, void *side)
{
	struct end *e = side;

	(void)one;
	e->text = realloc(e->text, e->n + n + 1);
	memcpy(e->text + e->n, data, n);
	e->n += n;
	e->text[e->n] = '\0';
	return n;
}

/* The stream of a watch; ends at the first deletion. */
static size_t listen_for(char *data, size_t one, size_t n, void *side)
{
	struct end *e = side;

	collect(data, one, n, side);
	e->deleted = strstr(e->text, "\"DELETE\"") != NULL;
	return e->deleted ? 0 : n;
}

static CURLcode send_to(struct end *e, CURL *c, const char *path, const char *body, curl_write_callback take)
{
	char url[400];

	snprintf(url, sizeof(url), "%s%s", e->base, path);
	e->n = 0;
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, body);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, e);
	curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
	return curl_easy_perform(c);
}

static json_t *post(struct end *e, const char *path, const char *body)
{
	CURLcode rc = send_to(e, e->posts, path, body, collect);
	json_t *answer = rc == CURLE_OK ? json_loads(e->text, 0, NULL) : NULL;

	if (!answer || json_object_get(answer, "error"))
		pair_fail("etcd: %s: %s", path, rc != CURLE_OK ? curl_easy_strerror(rc) : e->text);
	return answer;
}

/* ---- the row ---- */

static void *begin(const char *url, int side)
{
	struct end *e = calloc(1, sizeof(*e));
	char host[256];
	int port;

	if (!e)
		pair_fail("out of memory");
	pair_address(url, host, &port);
	snprintf(e->base, sizeof(e->base), "http://%s:%d/v3/", host, port);
	e->mine = keys[side];
	e->other = keys[!side];
	e->posts = curl_easy_init();
	return e;
}

static void wait_deleted(struct end *e, const char *revision)
{
	CURL *stream = curl_easy_init();
	char body[200];

	snprintf(body, sizeof(body), "{\"create_request\":{\"key\":\"%s\",\"start_revision\":\"%s\"}}", e->other, revision);
	e->deleted = false;
	send_to(e, stream, "watch", body, listen_for);
	if (!e->deleted)
		pair_fail("etcd: the watch has ended: %s", e->text);
	curl_easy_cleanup(stream);
}

static const char *revision_of(const json_t *answer)
{
	return json_string_value(json_object_get(json_object_get(answer, "header"), "revision"));
}

/* Is the other one's key not there, or younger? */
static bool is_first(struct end *e, char revision[32])
{
	char body[100];
	json_t *answer;
	const char *created;
	bool first;

	snprintf(body, sizeof(body), "{\"key\":\"%s\"}", e->other);
	answer = post(e, "kv/range", body);
	snprintf(revision, 32, "%s", revision_of(answer));
	created = json_string_value(
		json_object_get(json_array_get(json_object_get(answer, "kvs"), 0), "create_revision"));
	first = !created || strtoll(created, NULL, 10) > e->put_at;
	json_decref(answer);
	return first;
}

static void take(void *side)
{
	struct end *e = side;
	char body[100], revision[32];
	json_t *answer;

	snprintf(body, sizeof(body), "{\"key\":\"%s\",\"value\":\"eA==\"}", e->mine);
	answer = post(e, "kv/put", body);
	e->put_at = strtoll(revision_of(answer), NULL, 10);
	json_decref(answer);
	while (!is_first(e, revision))
		wait_deleted(e, revision);
}

static void give(void *side)
{
	struct end *e = side;
	char body[100];

	snprintf(body, sizeof(body), "{\"key\":\"%s\"}", e->mine);
	json_decref(post(e, "kv/deleterange", body));
}

static void end(void *side)
{
	struct end *e = side;

	curl_easy_cleanup(e->posts);
	free(e->text);
	free(e);
}

const struct handoff_row handoff_etcd = { .name = "Go client's way",
	.what = "delete here until the watch, from the header's revision, and a get are answered there",
	.begin = begin,
	.take = take,
	.give = give,
	.end = end };
