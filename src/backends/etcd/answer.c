/* SPDX-License-Identifier: BSD-2-Clause */
/** answer.c: what an answer is: etcd's, a refusal of etcd's, or none; and the words for that: which server, what, and the cure. */
#include <stdio.h>
#include <string.h>

#include "backends/etcd/http.h"

/* What etcd itself says, cut: it may be anybody's. A space keeps 95 bytes of it all (pawl_remote_info_t): words from here are few, so
 * that the cure is among them. */
void answer_explain(const struct http *h, struct answer *a, const char *what, const char *cure)
{
	char where[100];

	http_where(h, where, sizeof(where));
	snprintf(a->reason, sizeof(a->reason), "etcd at %s: %.90s%s%s", where, what, *cure ? ": " : "", cure);
	for (char *at = a->reason; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
}

static const char *without(const char *prefix, const char *words)
{
	size_t n = strlen(prefix);

	return strncmp(words, prefix, n) == 0 ? words + n : words;
}

/* ---- no answer ---- */

/* Curl's words for these name the server once more, or a file, at length. */
static bool explain_known(const struct http *h, struct answer *a, CURLcode rc)
{
	static const struct {
		CURLcode rc;
		const char *what, *cure;
	} known[] = { { CURLE_COULDNT_RESOLVE_HOST, "no such host", "check its name in the URL" },
		{ CURLE_COULDNT_CONNECT, "no connection", "is it running, and is that its client port?" },
		{ CURLE_OPERATION_TIMEDOUT, "no answer", "is it stopped, cut off, or timeout= too short?" },
		{ CURLE_WRITE_ERROR, "its answer is too long", "" },
		{ CURLE_SSL_CACERT_BADFILE, "cannot use ca=", "is that a file of certificates?" },
		{ CURLE_SSL_CERTPROBLEM, "cannot use cert= and key=", "are they files, a pair, no pass phrase?" },
		{ CURLE_SSL_CONNECT_ERROR, "no TLS", "does it speak that there, and trust cert=?" } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].rc == rc) {
			answer_explain(h, a, known[i].what, known[i].cure);
			return true;
		}
	return false;
}

/* That is also how it turns away whom it does not trust, or who speaks without TLS. */
static void explain_cut(const struct http *h, struct answer *a, CURLcode rc, const char *words)
{
	const struct options *o = h->options;
	const char *cure = !o->tls   ? "does it want tls=1?"
			   : o->cert ? "does it trust cert= in the URL?"
				     : "does it want cert= and key= in the URL?";

	if (rc == CURLE_GOT_NOTHING || (o->tls && (rc == CURLE_RECV_ERROR || rc == CURLE_SEND_ERROR)))
		answer_explain(h, a, "the connection was cut", cure);
	else
		answer_explain(h, a, words, "the connection was cut");
}

void answer_broken(const struct http *h, struct answer *a, CURLcode rc, const char *words)
{
	a->code = BROKEN;
	if (rc == CURLE_PEER_FAILED_VERIFICATION && strstr(words, "host name"))
		answer_explain(h, a, "its certificate is for another host", "use the name in it");
	else if (rc == CURLE_PEER_FAILED_VERIFICATION)
		answer_explain(h, a, without("SSL certificate problem: ", words), "check it and ca=");
	else if (!explain_known(h, a, rc))
		explain_cut(h, a, rc, words);
}

/* ---- an answer ---- */

/* What etcd refuses, and what to do about it. */
static const char *cure_of_error(const char *error)
{
	static const struct {
		const char *error, *cure;
	} cures[] = { { "user name is empty", "write USER:PASSWORD@ in front of the host" },
		{ "invalid user ID or password", "check the URL" },
		{ "permission denied", "grant this user readwrite under prefix=" },
		{ "database space exceeded", "compact, defrag, etcdctl alarm disarm" },
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
		answer_explain(h, a, without("etcdserver: ", what), cure_of_error(what));
	} else if (json_is_object(*json)) {
		a->json = *json;
	} else {
		a->code = BROKEN;
		answer_explain(h, a, "no answer of etcd's", "is that its client port, and tls= right?");
	}
}
