/* SPDX-License-Identifier: BSD-2-Clause */
/** ask.c: who asks, and what is to be done for each: one job at a time, in the order they came, a copy of one once. What a job is, and
 * what comes of it, is in request.c and finish.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "backends/etcd/etcd.h"

/* Others may be quicker a few times in a row; not for ever. */
enum { ROUNDS = 20 };

/* ---- the list of jobs ---- */

static void get_ready(struct etcd *e, struct ask *a)
{
	if (a->ready || a->busy || !a->jobs)
		return;
	a->ready = true;
	a->next_ready = e->ready;
	e->ready = a;
}

static bool is_same(const struct job *x, const struct job *y)
{
	return x->kind == y->kind && x->req == y->req && x->hi == y->hi && x->clean == y->clean;
}

bool ask_push(struct etcd *e, struct ask *a, struct job job)
{
	struct job **at = &a->jobs;

	for (; *at; at = &(*at)->next)
		if (is_same(*at, &job))
			return true;
	*at = malloc(sizeof(job));
	if (!*at)
		return false;
	job.next = NULL;
	**at = job;
	get_ready(e, a);
	return true;
}

static void pop(struct ask *a)
{
	struct job *j = a->jobs;

	a->busy = false;
	a->jobs = j->next;
	free(j);
}

void ask_pop(struct etcd *e, struct ask *a)
{
	pop(a);
	get_ready(e, a);
	place_judge(e, a);
}

bool ask_is_told(const struct job *j)
{
	return j->kind != LOOK && j->kind != CONFIRM;
}

void ask_unknown(struct etcd *e, struct ask *a, const char *reason)
{
	struct job j = *a->jobs;

	if (ask_is_told(&j))
		say(e, &(pawl_remote_event_t){ .what = PAWL_REMOTE_UNKNOWN,
			       .name = a->head.name,
			       .place = a->head.place,
			       .req = j.req,
			       .reason = reason });
	ask_pop(e, a);
}

void ask_again(struct etcd *e, struct ask *a)
{
	a->busy = false;
	a->jobs->requests = 0;
	if (++a->jobs->rounds > ROUNDS)
		ask_unknown(e, a, "etcd: others change this lock's keys all the time: no outcome yet");
	else
		get_ready(e, a);
}

void ask_nonsense(struct etcd *e, struct ask *a, const struct answer *answer)
{
	char where[100], reason[REASON];

	http_where(&e->http, where, sizeof(where));
	snprintf(reason, sizeof(reason), "etcd at %s: its answer makes no sense: is that the client port?", where);
	ask_unknown(e, a, *answer->reason ? answer->reason : reason);
}

/* ---- asks ---- */

struct ask *ask_get(struct etcd *e, const char *name, const char *place)
{
	struct ask *a = names_get(&e->asks, name, place, sizeof(*a));

	if (!a || a->lock)
		return a;
	a->lock = lock_get(e, name);
	if (!a->lock) {
		names_drop(&e->asks, a);
		return NULL;
	}
	a->sibling = a->lock->asks;
	a->lock->asks = a;
	return a;
}

/* ---- work ---- */

void ask_work(struct etcd *e)
{
	while (e->up && e->ready) {
		struct ask *a = e->ready;

		e->ready = a->next_ready;
		a->ready = false;
		if (a->jobs && !a->busy)
			request_begin(e, a);
	}
}

/* ---- all of them ---- */

static void say_all_unknown(void *ask, void *etcd)
{
	struct ask *a = ask;
	struct etcd *e = etcd;

	a->called = a->returned = a->answers = a->busy = false;
	while (a->jobs) {
		struct job j = *a->jobs;

		pop(a);
		if (ask_is_told(&j))
			say(e, &(pawl_remote_event_t){ .what = PAWL_REMOTE_UNKNOWN,
				       .name = a->head.name,
				       .place = a->head.place,
				       .req = j.req,
				       .reason = e->reason });
	}
}

void ask_all_unknown(struct etcd *e, const char *reason)
{
	if (reason != e->reason)
		snprintf(e->reason, sizeof(e->reason), "%s", reason);
	e->calls = 0;
	names_each(&e->asks, say_all_unknown, e);
}

static void doubt(void *lock, void *arg)
{
	const struct etcd *e = arg;

	lock_doubt(lock, e->watched);
}

static void look(void *ask, void *etcd)
{
	struct ask *a = ask;

	if (a->state != IDLE)
		ask_push(etcd, a, (struct job){ .kind = LOOK });
}

void ask_doubt_all(struct etcd *e)
{
	names_each(&e->locks, doubt, e);
	names_each(&e->asks, look, e);
}

static void drop_jobs(void *ask, void *arg)
{
	struct ask *a = ask;

	(void)arg;
	while (a->jobs)
		pop(a);
}

static void drop_lock(void *lock, void *etcd)
{
	lock_drop(etcd, lock);
}

void ask_drop_all(struct etcd *e)
{
	e->ready = NULL;
	e->changed = NULL;
	e->calls = 0;
	names_each(&e->asks, drop_jobs, NULL);
	names_drop_all(&e->asks);
	names_each(&e->locks, drop_lock, e);
}
