/* SPDX-License-Identifier: BSD-2-Clause */
/** saved.c: what is kept from keeper to keeper: the session, whether it was told of, and what the servers must not have forgotten.
 *
 * A keeper may be killed while it writes: a session that is torn is one that does not exist, and one that was not told of is
 * not the one that was.
 */
#include <string.h>

#include "backends/zookeeper/zk.h"

struct saved {
	int64_t id; /* 0: none */
	char password[16];
	int64_t told;       /* the one of which event(NEW) has returned */
	int64_t lasts;      /* until then it does, if the servers do not forget it */
	int64_t seen;       /* the largest zxid */
	int64_t not_before; /* the servers had forgotten what others may believe in until then */
};

_Static_assert(sizeof(struct saved) <= PAWL_REMOTE_SAVED, "there is no more room");

static struct saved get(const struct zk *z)
{
	struct saved s;

	memcpy(&s, z->config->saved, sizeof(s));
	return s;
}

static void put(struct zk *z, const struct saved *s)
{
	memcpy(z->config->saved, s, sizeof(*s));
}

/* ---- the session ---- */

bool zk_saved_session(const struct zk *z, clientid_t *id)
{
	struct saved s = get(z);

	id->client_id = s.id;
	memcpy(id->passwd, s.password, sizeof(id->passwd));
	return s.id != 0;
}

bool zk_saved_begin(struct zk *z, const clientid_t *id)
{
	struct saved s = get(z);

	if (s.id == id->client_id)
		return false;
	s.id = id->client_id;
	memcpy(s.password, id->passwd, sizeof(s.password));
	s.told = s.lasts = 0;
	put(z, &s);
	return true;
}

bool zk_saved_is_told(const struct zk *z)
{
	struct saved s = get(z);

	return s.told == s.id;
}

void zk_saved_be_told(struct zk *z)
{
	struct saved s = get(z);

	s.told = s.id;
	put(z, &s);
}

void zk_saved_forget(struct zk *z)
{
	struct saved s = get(z);

	s.id = s.told = s.lasts = 0;
	put(z, &s);
}

/* ---- what the servers know ---- */

/* All leases are over by then that they may have forgotten. */
static void distrust(struct zk *z, struct saved *s)
{
	s->not_before = pawl_remote_now() + (z->timeout > z->config->ttl_ns ? z->timeout : z->config->ttl_ns);
	put(z, s);
}

void zk_saved_lasts(struct zk *z, int64_t until)
{
	struct saved s = get(z);

	s.lasts = until;
	put(z, &s);
}

void zk_saved_expired(struct zk *z)
{
	struct saved s = get(z);

	if (pawl_remote_now() < s.lasts)
		distrust(z, &s);
	zk_saved_forget(z);
}

void zk_saved_saw(struct zk *z, int64_t zxid)
{
	struct saved s = get(z);

	if (zxid <= s.seen)
		return;
	s.seen = zxid;
	put(z, &s);
}

void zk_saved_compare(struct zk *z, int64_t zxid)
{
	struct saved s = get(z);

	if (zxid < s.seen)
		distrust(z, &s);
	s.seen = zxid;
	put(z, &s);
}

int64_t zk_saved_delay(const struct zk *z)
{
	int64_t left = get(z).not_before - pawl_remote_now();

	return left > 0 ? left : 0;
}
