/* SPDX-License-Identifier: BSD-2-Clause */
/** answer.c: what an answer is: etcd's, a refusal of etcd's, or none; and the words for that: which server, what, and the cure. */
#include <stdio.h>
#include <string.h>

#include "backends/etcd/http.h"

/* What etcd itself says, cut: it may be anybody's. */
void answer_explain(const struct http *h, struct answer *a, const char *what, const char *cure)
{
	char where[100];

	http_where(h, where, sizeof(where));
	snprintf(a->reason, sizeof(a->reason), "etcd at %s: %.90s%s%s", where, what, *cure ? ": " : "", cure);
	for (char *at = a->reason; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
}

const char *answer_cure(CURLcode rc)
{
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return "check the host's name in the URL";
	case CURLE_COULDNT_CONNECT:
		return "is it running, and is that its client port?";
	case CURLE_OPERATION_TIMEDOUT:
		return "it is stopped, overloaded or cut off, or timeout= is too short";
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
		return "check ca=, cert= and key= in the URL";
	case CURLE_GOT_NOTHING:
		return "the connection was cut; or does it want tls=1?";
	case CURLE_WRITE_ERROR:
		return "its answer is too long";
	default:
		return "the connection was cut";
	}
}

/* What etcd refuses, and what to do about it. */
static const char *cure_of_error(const char *error)
{
	static const struct {
		const char *error, *cure;
	} cures[] = { { "user name is empty",
			      "it asks for a user: write USER:PASSWORD@ in front of the host in the URL" },
		{ "invalid user ID or password", "check USER:PASSWORD@ in the URL" },
		{ "permission denied", "grant this user reading and writing under prefix=" },
		{ "database space exceeded", "compact and defragment it, then etcdctl alarm disarm" },
		{ "no leader", "most of its members are down or cut off" } };

	for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++)
		if (strstr(error, cures[i].error))
			return cures[i].cure;
	return "";
}

void answer_read(const struct http *h, struct answer *a, const char *text, size_t n, json_t **json)
{
	const json_t *error, *code;
	const char *what;

	*json = text ? json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	error = json_object_get(*json, "error");
	code = json_object_get(*json, "code");
	if (error) {
		a->code = json_is_integer(code) && json_integer_value(code) > 0 && json_integer_value(code) < 100
				  ? (int)json_integer_value(code)
				  : BROKEN;
		what = json_is_string(error) ? json_string_value(error) : "an error";
		answer_explain(h, a, what, cure_of_error(what));
	} else if (json_is_object(*json)) {
		a->json = *json;
	} else {
		a->code = BROKEN;
		answer_explain(h, a, "its answer is not that of etcd's JSON gateway",
			"is that the client port, and tls= right?");
	}
}
