/* SPDX-License-Identifier: BSD-2-Clause */
/** hosts.c: hosts, their processes, and what these do (hosts.h). */
#include "hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"

#define MS INT64_C(1000000)

struct hosts *hosts;
int (*hosts_enter)(int h);
pawl_space_t *peer_space;
pawl_lock_t *peer_lock[HOSTS_LOCKS];

static char top[128], urls[HOSTS_MOST][256];

/* ---- making and removing them ---- */

static void path_of(char path[192], const char *what)
{
	snprintf(path, 192, "%s/%s", top, what);
}

static void make_dir(const char *what)
{
	char path[192];

	path_of(path, what);
	if (mkdir(path, 0700)) {
		perror(path);
		exit(99);
	}
}

/* A service that has just been set up asks everybody to wait, in case it forgot something: this one did not. */
static void write_born(void)
{
	char path[192];
	FILE *f;

	path_of(path, "service/.born");
	f = fopen(path, "w");
	if (!f || fputs("0\n", f) < 0 || fclose(f)) {
		perror(path);
		exit(99);
	}
}

static void make_hosts(int64_t ttl_ms)
{
	char name[32];

	hosts = kids_map(sizeof(*hosts));
	hosts->ttl_ms = ttl_ms;
	hosts->idle_keep_ms = 200;
	snprintf(top, sizeof(top), "%s", kids_dir_make());
	for (int h = 0; h < HOSTS_MOST; h++) {
		snprintf(name, sizeof(name), "host%d", h);
		make_dir(name);
	}
}

void hosts_set_url(int h, const char *service)
{
	snprintf(urls[h], sizeof(urls[h]), "%s", service);
}

/* A directory that is its own anyway. */
void hosts_part(void)
{
	for (int h = 0; h < HOSTS_MOST; h++)
		snprintf(urls[h], sizeof(urls[h]), "dir://%s/host%d", top, h);
}

void hosts_begin_at(const char *service, int64_t ttl_ms)
{
	make_hosts(ttl_ms);
	for (int h = 0; h < HOSTS_MOST; h++)
		hosts_set_url(h, service);
}

void hosts_begin(int64_t ttl_ms)
{
	make_hosts(ttl_ms);
	make_dir("service");
	write_born();
	for (int h = 0; h < HOSTS_MOST; h++)
		snprintf(urls[h], sizeof(urls[h]), "dir://%s/service", top);
	if (pawl_backend_register(&pawl_backend_dir))
		exit(99);
}

void hosts_end(void)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	if (system(command))
		perror(top);
	kids_unmap(hosts, sizeof(*hosts));
}

void hosts_cut(bool cut)
{
	char here[192], away[192];

	path_of(here, "service");
	path_of(away, "service.away");
	if (rename(cut ? here : away, cut ? away : here))
		perror(here);
}

const char *hosts_url(void)
{
	return urls[0];
}

int hosts_service(void)
{
	char path[192];

	path_of(path, "service");
	return open(path, O_RDONLY | O_DIRECTORY);
}

int hosts_violations(void)
{
	if (hosts->doubles)
		printf("# two inside: %llu times\n", (unsigned long long)hosts->doubles);
	if (hosts->backwards)
		printf("# a token not larger than the last: %llu times\n", (unsigned long long)hosts->backwards);
	if (hosts->missed)
		printf("# updates lost: %llu\n", (unsigned long long)hosts->missed);
	return (int)(hosts->doubles + hosts->backwards + hosts->missed);
}

static puppet_t *start(puppet_act *open, int h)
{
	puppet_t *p = puppet_new(open, h);

	if (puppet_answer(p)) {
		puppet_kill(p);
		return NULL;
	}
	return p;
}

puppet_t *hosts_process(int h)
{
	return start(peer_open, h);
}

puppet_t *hosts_customer(int h)
{
	return start(peer_visit, h);
}

/* ---- what they do ---- */

static int open_as(long h, bool looks_only)
{
	pawl_space_options_t options = { .capacity = 64,
		.remote = urls[h],
		.ttl_ns = hosts->ttl_ms * MS,
		.max_tenure_ns = hosts->max_tenure_ms * MS,
		.idle_keep_ns = hosts->idle_keep_ms * MS,
		.no_handoffs = hosts->no_handoffs,
		.looks_only = looks_only };
	char path[192], name[32];
	int rc = hosts_enter ? hosts_enter((int)h) : 0;

	if (rc)
		return rc;
	snprintf(name, sizeof(name), "host%d", (int)h);
	path_of(path, name);
	setenv("PAWL_DIR", path, 1);
	rc = pawl_space_open(&peer_space, "shared", &options);
	if (rc)
		printf("# host %d: %s\n", (int)h, pawl_space_reason());
	for (int i = 0; rc == 0 && i < HOSTS_LOCKS; i++) {
		snprintf(name, sizeof(name), "orders/%d", i);
		rc = pawl_lock_open(peer_space, name, hosts->flags | (hosts->strict ? PAWL_STRICT : 0), &peer_lock[i]);
	}
	return rc;
}

int peer_open(long h)
{
	return open_as(h, false);
}

int peer_visit(long h)
{
	return open_as(h, true);
}

int peer_close(long unused)
{
	(void)unused;
	return pawl_space_close(peer_space);
}

/* A service without tokens grants 0. */
static void check_token(struct hosts_data *d, pawl_fence_t token)
{
	if (token.hi && pawl_fence_cmp(token, d->token) <= 0)
		PAWL_FETCH_ADD(&hosts->backwards, 1u, RELAXED);
	d->token = token;
}

/* We are inside, and should be alone. */
static void enter(struct hosts_data *d, const pawl_grant_t *grant)
{
	uint32_t nobody = 0;

	if (grant->owner_died) { /* what it left behind is in the past */
		PAWL_FETCH_ADD(&hosts->deaths, 1u, RELAXED);
		PAWL_STORE(&d->inside, 0u, RELAXED);
	}
	if (!PAWL_CAS(&d->inside, &nobody, (uint32_t)getpid(), RELAXED) && !hosts->forgiving)
		PAWL_FETCH_ADD(&hosts->doubles, 1u, RELAXED);
	check_token(d, grant->fence);
	puppet_tell(grant->fence.hi);
}

static int take(long lock, pawl_deadline_t deadline) PAWL_NO_ANALYSIS
{
	pawl_grant_t grant;
	int rc = pawl_lock_acquire(peer_lock[lock], deadline, &grant);

	if (!pawl_acquired(rc))
		return rc;
	enter(&hosts->data[lock], &grant);
	return rc == EOWNERDEAD ? pawl_lock_consistent(peer_lock[lock]) : 0;
}

int peer_take(long lock)
{
	return take(lock, PAWL_FOREVER);
}

int peer_try(long lock)
{
	return take(lock, PAWL_TRY);
}

int peer_briefly(long lock)
{
	return take(lock, pawl_in_ms(200));
}

int peer_give(long lock) PAWL_NO_ANALYSIS
{
	struct hosts_data *d = &hosts->data[lock];
	uint32_t me = (uint32_t)getpid();
	int rc;

	PAWL_CAS(&d->inside, &me, 0u, RELAXED);
	rc = pawl_lock_release(peer_lock[lock]);
	if (rc == ESTALE)
		PAWL_FETCH_ADD(&hosts->losses, 1u, RELAXED);
	return rc;
}

int peer_work(long lock)
{
	struct hosts_data *d = &hosts->data[lock];
	int rc = peer_take(lock);

	if (rc)
		return rc;
	PAWL_FETCH_ADD(&d->sum, 1u, RELAXED);
	d->plain++;
	if (d->plain != PAWL_LOAD(&d->sum, RELAXED) && !hosts->forgiving)
		PAWL_FETCH_ADD(&hosts->missed, 1u, RELAXED);
	return peer_give(lock);
}

int peer_valid(long lock)
{
	return pawl_lock_valid(peer_lock[lock]) ? 0 : ESTALE;
}

int peer_keeper(long unused)
{
	pawl_remote_info_t info;

	(void)unused;
	return pawl_space_remote(peer_space, &info) ? -1 : info.keeper_pid;
}

int peer_tenure(long lock)
{
	static pawl_lock_info_t info;

	return pawl_lock_info(peer_lock[lock], &info) ? -1 : (int)info.tenure;
}
