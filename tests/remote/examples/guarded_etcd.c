/* SPDX-License-Identifier: BSD-2-Clause */
/** guarded_etcd.c: a guarded write in etcd: a transaction that looks at a token and writes.
 *
 *   guarded_etcd URL-OF-THE-LOCKS PORT            is there a newer token beside the data? Then nothing, else put both
 *   guarded_etcd URL-OF-THE-LOCKS PORT strict     is the lock still ours? Then put the data
 *
 * The first form works whatever service the locks are from. The second is for locks in the same etcd: the upper half of a token is
 * the create_revision of the key that is our place in the lock's queue, and that key is gone when the lease is. So even a write
 * that nobody has overtaken yet is refused when its lease has ended. It needs the key's name, which a look by revision finds.
 *
 * Prints: B's write: accepted
 * Prints: A's write, later: refused; its lock: lost meanwhile
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <jansson.h>

#include "story.h"

static int port;

/* ---- the gateway: JSON over HTTP, keys and values in base64 ---- */

static json_t *base64(const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char out[256];
	size_t n = strlen(text), at = 0;

	for (size_t i = 0; i < n && at + 5 < sizeof(out); i += 3) {
		uint32_t bits = (uint32_t)(unsigned char)text[i] << 16;

		bits |= i + 1 < n ? (uint32_t)(unsigned char)text[i + 1] << 8 : 0;
		bits |= i + 2 < n ? (uint32_t)(unsigned char)text[i + 2] : 0;
		for (int shift = 18; shift >= 0; shift -= 6)
			out[at++] = digits[bits >> shift & 63];
	}
	for (size_t over = (3 - n % 3) % 3; over > 0; over--)
		out[at - over] = '=';
	return json_stringn(out, at);
}

static size_t collect(char *bytes, size_t size, size_t n, void *to)
{
	return fwrite(bytes, size, n, to) * size;
}

/* The answer to a request, which is let go; NULL: there was none. */
static json_t *ask(const char *path, json_t *request)
{
	char url[64], *body = json_dumps(request, 0), *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	CURL *curl = curl_easy_init();
	json_t *answer = NULL;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/v3/kv/%s", port, path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, to);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	if (curl_easy_perform(curl) == CURLE_OK && fflush(to) == 0)
		answer = json_loads(text, 0, NULL);
	curl_easy_cleanup(curl);
	fclose(to);
	free(text);
	free(body);
	json_decref(request);
	return answer;
}

static json_t *put(const char *key, const char *value)
{
	return json_pack("{s:{s:o,s:o}}", "request_put", "key", base64(key), "value", base64(value));
}

/* What a transaction has come to: `if_succeeded`, `if_failed`. */
static int outcome(json_t *answer, int if_succeeded, int if_failed)
{
	int rc = !json_object_get(answer, "header")                   ? EIO
		 : json_is_true(json_object_get(answer, "succeeded")) ? if_succeeded
								      : if_failed; /* etcd leaves `false` out */

	json_decref(answer);
	return rc;
}

/* ---- by the token beside the data ---- */

static int write_guarded(pawl_fence_t fence, const char *value)
{
	char token[PAWL_FENCE_LEN];
	json_t *is_newer;

	pawl_fence_format(fence, token); /* text order is token order; a key that is not there is not greater */
	is_newer = json_pack("{s:o,s:s,s:s,s:o}", "key", base64("order/42/token"), "target", "VALUE", "result",
		"GREATER", "value", base64(token));
	return outcome(ask("txn", json_pack("{s:[o],s:[o,o]}", "compare", is_newer, "failure",
					  put("order/42/token", token), put("order/42", value))),
		ESTALE, 0);
}

/* ---- by the lock itself ---- */

/* The key in the queue of "orders/42" that was created at that revision, as etcd wrote it; NULL: it is gone. */
static json_t *place_of(const char *revision)
{
	json_t *answer = ask("range",
		json_pack("{s:o,s:o,s:s,s:s,s:b}", "key", base64("orders%2F42/"), "range_end", base64("orders%2F420"),
			"min_create_revision", revision, "max_create_revision", revision, "keys_only", 1));
	json_t *key = json_object_get(json_array_get(json_object_get(answer, "kvs"), 0), "key");

	json_incref(key);
	json_decref(answer);
	return key;
}

static int write_strictly(pawl_fence_t fence, const char *value)
{
	char revision[24];
	json_t *key, *is_ours;

	snprintf(revision, sizeof(revision), "%" PRIu64, fence.hi);
	key = place_of(revision);
	if (!key)
		return ESTALE;
	is_ours = json_pack(
		"{s:o,s:s,s:s,s:s}", "key", key, "target", "CREATE", "result", "EQUAL", "create_revision", revision);
	return outcome(ask("txn", json_pack("{s:[o],s:[o]}", "compare", is_ours, "success", put("order/42", value))), 0,
		ESTALE);
}

int main(int argc, char **argv)
{
	if (argc != 3 && (argc != 4 || strcmp(argv[3], "strict") != 0))
		return fprintf(stderr, "usage: guarded_etcd URL PORT [strict]\n"), 64;
	port = atoi(argv[2]);
	return story(argv[1], argc == 4 ? write_strictly : write_guarded);
}
