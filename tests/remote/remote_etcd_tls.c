/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd_tls.c: an etcd that asks for certificates, of an authority of our own, seen as programs see it. With the right ones a
 * lock is had; else not, and what is said by pawl_space_remote(), which keeps 95 bytes, and by the command, names the server, the cause
 * and the cure, and no secret. Nothing waits: not for the server, and not for somebody to type a pass phrase.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pawl/lock.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "etcd.h"
#include "port.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PASSWORD     "s3cret%2F"
#define PHRASE       "0pensesame"
#define RIGHT        "tls=1&ca=ca.pem&cert=client.pem&key=client.key"

static struct server s;
static int tls_port;

/* In the folder where we are: an authority, its server's certificate, which is for an address and no name, and its client's; another
 * authority, of nobody's, and its client's; a key with a pass phrase. */
static bool certificates(void)
{
	return system("exec 2>log; set -e; new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'\n"
		      "for ca in ca other; do openssl req -x509 $new -days 2 -subj /CN=$ca -keyout $ca.key -out "
		      "$ca.pem; done\n"
		      "echo subjectAltName=IP:127.0.0.1 >ext\n"
		      "while read -r who ca; do\n"
		      "  openssl req $new -subj /CN=$who -keyout $who.key -out $who.csr\n"
		      "  openssl x509 -req -in $who.csr -CA $ca.pem -CAkey $ca.key -CAcreateserial -days 2 -extfile "
		      "ext -out $who.pem\n"
		      "done <<X\nserver ca\nclient ca\nstranger other\nX\n"
		      "openssl ec -in client.key -aes128 -passout pass:" PHRASE " -out locked.key") == 0;
}

/* Also without TLS: for etcdctl, which looks at what is there. */
static bool begins(void)
{
	static char options[512];
	static int held;

	tls_port = port_hold(&held);
	snprintf(options, sizeof(options),
		"--listen-client-urls http://127.0.0.1:$P,https://127.0.0.1:%d --cert-file server.pem --key-file "
		"server.key "
		"--trusted-ca-file ca.pem --client-cert-auth " ETCD_UNSYNCED,
		tls_port);
	return server_start(&s, "etcd", options);
}

/* ---- a lock ---- */

struct seen {
	int rc;
	pawl_remote_info_t info;
	uint64_t hi;
	int keys; /* in etcd, of a lock that was had */
};

static const char *url_of(const char *host, int port, const char *options)
{
	static char url[512];

	snprintf(url, sizeof(url), "etcd://root:%s@%s:%d?%s", PASSWORD, host, port, options);
	return url;
}

static void take(pawl_space_t *space, struct seen *seen)
{
	pawl_grant_t grant = { 0 };
	pawl_lock_t *lock;

	seen->rc = pawl_lock_open(space, "name", 0, &lock);
	if (seen->rc != 0)
		return;
	seen->rc = pawl_lock_acquire(lock, pawl_in_ms(seen->info.up ? 20000 : 20), &grant);
	if (seen->rc == 0) {
		seen->keys = etcd_keys(&s, "name/");
		seen->hi = grant.fence.hi;
		pawl_lock_release(lock);
	}
	pawl_space_remote(space, &seen->info);
	pawl_lock_close(lock);
}

/* By a new space, until the service is there, or it is said why not. */
static struct seen try_at(const char *url)
{
	static unsigned spaces;
	struct seen seen = { 0 };
	pawl_space_options_t options = { .remote = url, .ttl_ns = 3 * NS_PER_S };
	int64_t end = now_ns() + 20 * NS_PER_S;
	pawl_space_t *space;
	char name[16];

	snprintf(name, sizeof(name), "s%u", spaces++);
	seen.rc = pawl_space_open(&space, name, &options);
	if (seen.rc != 0) {
		tap_note("%s", pawl_space_reason());
		return seen;
	}
	while (pawl_space_remote(space, &seen.info) == 0 && !seen.info.up && !*seen.info.reason && now_ns() < end)
		nap_us(1000);
	take(space, &seen);
	pawl_space_close(space);
	return seen;
}

/* ---- what is said ---- */

/* A line of a file of keys that is in the text. */
static bool quotes(const char *text, const char *file)
{
	char line[100];
	bool does = false;
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		does |= line[0] != '-' && strlen(line) > 8 && strstr(text, line);
	}
	if (!f || fclose(f) != 0)
		return true;
	return does;
}

static bool tells_secrets(const char *text)
{
	return strstr(text, "s3cret") || strstr(text, PHRASE) || quotes(text, "client.key") ||
	       quotes(text, "server.key") || quotes(text, "locked.key");
}

/* What is wrong with how we ask; of a `host`, at the port without TLS if that is `plain`. */
static const struct wrong {
	const char *what, *host, *options, *cause, *cure;
	bool plain;
} wrongs[] = {
	{ "another authority", "127.0.0.1", "tls=1&ca=other.pem&cert=client.pem&key=client.key", "certificate", "ca=", false },
	{ "no certificate of ours", "127.0.0.1", "tls=1&ca=ca.pem", "connection was cut", "does it want cert= and key=", false },
	{ "one of another authority's", "127.0.0.1", "tls=1&ca=ca.pem&cert=stranger.pem&key=stranger.key",
		"connection was cut", "does it trust cert=", false },
	{ "a server that is certified for another host", "localhost", RIGHT, "certificate is for another host",
		"use the name in it", false },
	{ "a key of another certificate's", "127.0.0.1", "tls=1&ca=ca.pem&cert=client.pem&key=server.key",
		"cannot use cert= and key=", "are they files, a pair", false },
	{ "a key with a pass phrase", "127.0.0.1", "tls=1&ca=ca.pem&cert=client.pem&key=locked.key",
		"cannot use cert= and key=", "no pass phrase?", false },
	{ "no such file of a key", "127.0.0.1", "tls=1&ca=ca.pem&cert=client.pem&key=none.key",
		"cannot use cert= and key=", "are they files", false },
	{ "no such file of an authority", "127.0.0.1", "tls=1&ca=none.pem&cert=client.pem&key=client.key",
		"cannot use ca=", "is that a file", false },
	{ "TLS where there is none", "127.0.0.1", RIGHT, "no TLS", "does it speak that there", true },
	{ "none where there is", "127.0.0.1", "timeout=2s", "connection was cut", "does it want tls=1?", false },
};

static void is_refused(const struct wrong *w)
{
	int port = w->plain ? s.port : tls_port;
	struct seen seen = try_at(url_of(w->host, port, w->options));
	const char *why = seen.info.reason;
	char where[64];

	snprintf(where, sizeof(where), "etcd at %s:%d: ", w->host, port);
	tap_ok(seen.rc == EHOSTUNREACH && !seen.info.up && strncmp(why, where, strlen(where)) == 0 && strstr(why, w->cause) &&
			strstr(why, w->cure) && !tells_secrets(why) && !tells_secrets(seen.info.url),
		"%s: no lock, and why", w->what);
	tap_note("%d: %s", seen.rc, why);
}

static void is_had(void)
{
	struct seen first = try_at(url_of("127.0.0.1", tls_port, RIGHT)),
		    next = try_at(url_of("127.0.0.1", tls_port, RIGHT));

	tap_ok(first.rc == 0 && first.info.up && first.keys == 1 && first.hi,
		"with its authority and a client's certificate the lock is had");
	tap_ok(next.rc == 0 && next.hi > first.hi, "and again, with a larger token");
	if (first.rc != 0 || next.rc != 0)
		tap_note("%d %s; %d %s", first.rc, first.info.reason, next.rc, next.info.reason);
}

/* ---- the command ---- */

/* What `pawl run` prints for such a URL, and its exit status behind that. */
static const char *pawl_run(const char *options)
{
	char folder[900] = "", command[2048];

	if (readlink("/proc/self/exe", folder, sizeof(folder) - 1) > 0)
		*strstr(folder, "/tests/remote/") = '\0';
	snprintf(command, sizeof(command), "%s/pawl run -n -r '%s' name echo had 2>&1; echo $?", folder,
		url_of("127.0.0.1", tls_port, options));
	return server_ask(&s, command);
}

static void commands(void)
{
	const char *said = pawl_run(RIGHT);

	tap_ok(strcmp(said, "had\n0") == 0, "the command has the lock");
	said = pawl_run("tls=1&ca=ca.pem");
	tap_ok(strstr(said, "the connection was cut: does it want cert= and key=") && strstr(said, "\n69") &&
			!strstr(said, "had") && !tells_secrets(said),
		"without a certificate it says why not");
	tap_note("%.*s", (int)strcspn(said, "\n"), said);
}

static void type_nothing(void *unused)
{
	(void)unused;
	nap_us(40 * 1000000L);
}

/* Whoever asks for a pass phrase waits for it, for longer than we do for a reason. */
static bool be_silent(void)
{
	int ends[2];
	bool good = pipe(ends) == 0 && dup2(ends[0], 0) == 0 && spawn(type_nothing, NULL) > 0;

	close(ends[1]);
	return good;
}

int main(void)
{
	watchdog(100);
	if (!tap_ok(chdir(private_dir()) == 0 && be_silent() && etcd_backend(), "libpawl-etcd.so is there") ||
		!tap_ok(certificates(), "certificates are made, by openssl") ||
		!tap_ok(begins(), "a server with TLS starts"))
		return tap_done();
	is_had();
	for (size_t i = 0; i < COUNT(wrongs); i++)
		is_refused(&wrongs[i]);
	commands();
	tap_ok(etcd_keys(&s, "") == 0, "nothing of all that is left in etcd");
	server_end(&s);
	return tap_done();
}
