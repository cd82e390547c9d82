/* SPDX-License-Identifier: BSD-2-Clause */
/** http.h: requests to one of several endpoints, and the stream that never ends, all in one curl_multi.
 *
 * A request is posted and answered by a call of `answer`, in http_work(), unless it is forgotten before. What comes is text; whether
 * it makes sense as an answer is told by `struct answer`.
 */
#ifndef PAWL_ETCD_HTTP_H
#define PAWL_ETCD_HTTP_H

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "backends/etcd/options.h"

enum { REASON = 256, PATIENT_MOST = 64 }; /* so many of those that may take long */

struct call;

/* One of: `json`, an object without an error in it; `code` > 0, etcd refused the request, and why; BROKEN, anybody's guess. */
struct answer {
	const json_t *json;
	int code;
	char reason[REASON];
	int64_t sent; /* before it was written, CLOCK_BOOTTIME */
};

enum { BROKEN = -1 };

typedef void answer_t(void *owner, void *who, const struct answer *answer);

struct text {
	char *at;
	size_t n, room;
};

struct http {
	const struct options *options;
	unsigned at; /* the endpoint in use */
	CURLM *multi;
	struct curl_slist *headers;
	struct call *calls;
	void *owner;
};

/** Returns 0 or ENOMEM. */
int http_open(struct http *h, const struct options *options, void *owner);
void http_close(struct http *h);

/** Post `body`, which is taken; `path` as in "kv/txn". False: no memory. `patient`: it may take as long as it likes. */
bool http_post(struct http *h, const char *path, json_t *body, answer_t *answer, void *who, bool patient);
/** The stream: lines as they come; then, once it has ended, `answer`, BROKEN. */
bool http_stream(struct http *h, const char *path, json_t *body, answer_t *answer, void *who);
/** The next line of it, without its end; NULL: none yet. Good until the next call. */
char *http_line(struct http *h, void *who);
/** Forget what was asked for `who`, or NULL: everything. */
void http_forget(struct http *h, const void *who);
/** Do what can be done, and answer one request at most. True if one was. */
bool http_work(struct http *h);
/** Wait for more, `ms` at most, or until `wake_fd` can be read: true. */
bool http_wait(struct http *h, int ms, int wake_fd);

/** Take the next endpoint from now on. */
void http_next(struct http *h);
/** "host:port" of the one in use. */
void http_where(const struct http *h, char *text, size_t size);
/** Say the token with each request; NULL: none. Nothing is under way. False: no memory. */
bool http_token(struct http *h, const char *token);

/* ---- answer.c ---- */

/** Say which server, what, and its cure. */
void answer_explain(const struct http *h, struct answer *a, const char *what, const char *cure);
/** There is none, says curl in its words. */
void answer_broken(const struct http *h, struct answer *a, CURLcode rc, const char *words);
/** What a text is; `*json` holds what `a` shows of it. */
void answer_read(const struct http *h, struct answer *a, const char *text, size_t n, json_t **json);

#endif
