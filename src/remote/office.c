/* SPDX-License-Identifier: BSD-2-Clause */
/** office.c: founding and entering an office (office.h). */
#include "remote/office.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "remote/keeper.h"
#include "remote/registry.h"
#include "space/reserve.h"
#include "space/segment.h"

#define MS 1000000ll

#define LONGEST (1000000000000 * MS) /* 31 years: what is longer is for ever, and may be added to any time */

/* ---- checking ---- */

static bool is_ttl(int64_t ns)
{
	return ns >= 100 * MS && ns <= 3600000 * MS;
}

int pawl__office_check(const pawl_space_options_t *o)
{
	const pawl_backend_t *backend;
	struct pawl__office office;

	if (!o->remote)
		return 0;
	if (strlen(o->remote) >= sizeof(office.url))
		return pawl__refuse(EINVAL, "the remote's URL is longer than %zu bytes", sizeof(office.url) - 1);
	if (o->capacity > PAWL__CAPACITY_REMOTE)
		return pawl__refuse(EINVAL, "a space with a remote holds %u names at most, not %u",
			PAWL__CAPACITY_REMOTE, o->capacity);
	if (o->ttl_ns != 0 && !is_ttl(o->ttl_ns))
		return pawl__refuse(EINVAL, "a lease lives from 0.1 s to 1 hour, not %.3f s", (double)o->ttl_ns / 1e9);
	if (o->max_tenure_ns < 0 || o->idle_keep_ns < 0)
		return pawl__refuse(EINVAL, "negative max_tenure_ns or idle_keep_ns");
	return pawl__backend_find(o->remote, &backend);
}

static int64_t or_else(int64_t wanted, int64_t otherwise)
{
	return wanted > LONGEST ? LONGEST : wanted != 0 ? wanted : otherwise;
}

static struct pawl__tenure_rules rules_of(const pawl_space_options_t *o)
{
	int64_t ttl = or_else(o->ttl_ns, 10000 * MS);

	return (struct pawl__tenure_rules){
		.ttl = ttl,
		.min_use = ttl / 20,
		.max_tenure = or_else(o->max_tenure_ns, 5 * MS),
		.max_handoffs = o->no_handoffs ? 0 : (uint32_t)or_else(o->max_handoffs, 65536),
		.min_hold = o->no_handoffs ? 0 : MS,
		.idle_keep = or_else(o->idle_keep_ns, 1000 * MS),
	};
}

/* ---- founding ---- */

static int name_host(char host[33])
{
	uint64_t bits[2];

	if (getrandom(bits, sizeof(bits), 0) != sizeof(bits))
		return pawl__refuse(errno, "no random numbers to be had: %s", strerror(errno));
	snprintf(host, 33, "%016llx%016llx", (unsigned long long)bits[0], (unsigned long long)bits[1]);
	return 0;
}

static struct pawl__office *office_of(const struct pawl_space *space)
{
	return (struct pawl__office *)((char *)space->header + PAWL__OFFICE_OFF);
}

int pawl__office_found(struct pawl_space *space, const pawl_space_options_t *options)
{
	struct pawl__office *office = office_of(space);
	int rc;

	if (!options->remote)
		return 0;
	rc = pawl__reserve_range(space, PAWL__OFFICE_OFF, PAWL__PLACES_OFF - PAWL__OFFICE_OFF);
	if (rc != 0)
		return pawl__refuse(rc, "%s: no room for the remote's page: %s", space->path, strerror(rc));
	office->rules = rules_of(options);
	office->url_is_whole = pawl_remote_public(options->remote, office->url, sizeof(office->url));
	return name_host(office->host);
}

/* ---- entering ---- */

PAWL_STATIC_ASSERT(sizeof(((struct pawl_space *)0)->shown_url) == sizeof(((struct pawl__office *)0)->url), "a copy");
PAWL_STATIC_ASSERT(sizeof(((struct pawl_space *)0)->host) == sizeof(((struct pawl__office *)0)->host), "a copy");

/* What is used as text, waited for, or reckoned with. Copied, then checked: a peer can write there at any time (I7). */
static bool is_time(int64_t ns)
{
	return ns >= 0 && ns <= LONGEST;
}

static int copy_page(struct pawl_space *space)
{
	const struct pawl__office *o = space->office;
	const struct pawl__tenure_rules *r = &space->rules;

	space->rules = o->rules;
	space->rules.renews = space->rules.strict = false; /* the keeper's own (term.c) */
	space->rules.pause = 0;
	space->url_is_whole = o->url_is_whole;
	memcpy(space->shown_url, o->url, sizeof(o->url));
	memcpy(space->host, o->host, sizeof(o->host));
	if (memchr(space->shown_url, '\0', sizeof(space->shown_url)) &&
		strnlen(space->host, sizeof(space->host)) == 32 && is_ttl(r->ttl) && is_time(r->min_use) &&
		is_time(r->max_tenure) && is_time(r->min_hold) && is_time(r->idle_keep))
		return 0;
	return pawl__refuse(EPROTO,
		"%s: damaged: its page about the remote makes no sense; stop its users and remove it", space->path);
}

static int check_url(const struct pawl_space *space, const pawl_space_options_t *options)
{
	char wanted[sizeof(space->shown_url)];

	if (!options->remote)
		return 0;
	pawl_remote_public(options->remote, wanted, sizeof(wanted));
	if (strcmp(wanted, space->shown_url) == 0)
		return 0;
	return pawl__refuse(EINVAL, "%s: its remote is %s, not %s: tokens of two services do not compare; use another space",
		space->path, space->shown_url, wanted);
}

static uint64_t time_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/time", &st) == 0 ? st.st_ino : 0;
}

/* Who has only a URL without its secrets leaves the service to others. */
static int learn_url(struct pawl_space *space, const pawl_space_options_t *options)
{
	char *url;

	if (space->url || options->looks_only || (!options->remote && !space->url_is_whole))
		return 0;
	url = strdup(options->remote ? options->remote : space->shown_url);
	/* KP9 release: pairs with KP10: the text is there. A thread of ours may watch already */
	PAWL_STORE(&space->url, url, RELEASE);
	return url ? 0 : pawl__refuse(ENOMEM, "out of memory");
}

static int refuse_remote(const struct pawl_space *space)
{
	return pawl__refuse(EINVAL,
		"%s: made without a remote, and in use by those who would not ask for a lease: use another space, or "
		"wait "
		"until they have left",
		space->path);
}

int pawl__office_admit(struct pawl_space *space, const pawl_space_options_t *options)
{
	bool knew;
	int rc;

	if (!space->office)
		return options->remote ? refuse_remote(space) : 0;
	knew = space->url;
	rc = check_url(space, options);
	if (rc == 0)
		rc = learn_url(space, options);
	if (!knew && space->url)
		pawl__news(space); /* a thread of ours that has only watched can do more now */
	return rc;
}

int pawl__office_enter(struct pawl_space *space, const pawl_space_options_t *options)
{
	int rc;

	if (!space->has_remote)
		return options->remote ? refuse_remote(space) : 0;
	space->office = office_of(space);
	rc = copy_page(space);
	if (rc == 0)
		rc = check_url(space, options);
	if (rc == 0 && space->header->time_ns != time_namespace())
		rc = pawl__refuse(EINVAL, "%s: made in another time namespace: its leases end by another clock", space->path);
	if (rc == 0)
		rc = learn_url(space, options);
	if (rc != 0)
		space->office = NULL;
	return rc;
}

void pawl__office_reborn(struct pawl_space *space)
{
	struct pawl__office *office = office_of(space);

	if (!space->has_remote)
		return;
	space->office = office;
	/* relaxed, as everywhere here: alone */
	PAWL_STORE(&office->keeper.word, PAWL__W_ORPHAN | PAWL__W_WAITERS, RELAXED);
	for (uint32_t i = 0; i < space->capacity; i++) {
		struct pawl__seat *seat = pawl__seat_at(space, i);

		if (seat)
			pawl__seat_rename(seat, seat->gen, 0);
	}
	office->up = 0;
	office->not_before = 0;
	memset(office->saved, 0, sizeof(office->saved));
	name_host(office->host); /* to the service we are another host; what it granted the old one runs out */
}

/* ---- the reason ---- */

PAWL_STATIC_ASSERT(sizeof(((struct pawl__office *)0)->reason) == PAWL__REASON_LEN, "the text fits");

void pawl__office_say(struct pawl__office *office, const char *reason)
{
	uint64_t words[PAWL__REASON_LEN / 8] = { 0 };

	snprintf((char *)words, sizeof(words), "%s", reason);
	for (size_t i = 0; i < PAWL__REASON_LEN / 8; i++)
		PAWL_STORE(&office->reason[i], words[i], RELAXED); /* relaxed: for people; half of one and half of another is bearable */
}

void pawl__office_reason(const struct pawl__office *office, char reason[PAWL__REASON_LEN])
{
	uint64_t words[PAWL__REASON_LEN / 8];

	for (size_t i = 0; i < PAWL__REASON_LEN / 8; i++)
		words[i] = PAWL_LOAD(&office->reason[i], RELAXED); /* relaxed: as above */
	memcpy(reason, words, sizeof(words));
	reason[PAWL__REASON_LEN - 1] = '\0';
}
