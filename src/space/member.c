/* SPDX-License-Identifier: BSD-2-Clause */
/** member.c: threads of this process in spaces: joining on first use, leaving at thread exit, process exit and fork.
 *
 *   event                 what happens to a membership
 *   first use             live.c gives the thread a slot
 *   thread ends           it leaves; if it holds a lock it dies instead: EOWNERDEAD for the next owner. Other destructors
 *                         of the thread may still release what it holds, so dying is put off to the last round but one
 *   pawl_space_close      the calling thread leaves; the others when they end
 *   exit()                the thread that exits leaves; if no other is left, the process leaves the space
 *   _exit, exec, a kill   the kernel marks the tokens of all threads; the file is left for the next to adopt
 *   fork                  the child's threads are none but the forking one, and that one holds nothing and has no slot yet
 *
 * Fork: the child must be a member of the file from its first instruction, or a parent that exits at once would remove it
 * under the child. An OFD lock belongs to the open file, so the child cannot live on the parent's (the parent's leaving
 * would convert it): the parent opens one for the child before it forks.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cancel.h"
#include "core/stay.h"
#include "remote/keeper.h"
#include "space/file.h"
#include "space/live.h"
#include "space/member.h"
#include "space/segment.h"

__thread struct pawl__member *pawl__recent;
static __thread struct pawl__member *mine; /* all memberships of this thread */
static __thread unsigned rounds;           /* of thread-exit destructors */

static pthread_key_t exit_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int hooked = -1;

/* ---- join ---- */

/* It looks at one space at a time: whether a stay has lasted as long as what the thread holds (lock.c) is not known in two. */
static struct pawl__member *turn_to(struct pawl__member *m)
{
	if (pawl__recent != m)
		pawl__stay_end();
	return pawl__recent = m;
}

struct pawl__member *pawl__member_old(struct pawl_space *space)
{
	for (struct pawl__member *m = mine; m; m = m->next_of_thread)
		if (m->space == space && m->me != 0)
			return turn_to(m);
	return NULL;
}

static struct pawl__member *member_struct(struct pawl_space *space)
{
	struct pawl__member *m;

	for (m = mine; m; m = m->next_of_thread)
		if (m->space == space)
			return m; /* of before a fork, or of a join that failed */
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->space = space;
	m->next_of_thread = mine;
	mine = m;
	pthread_mutex_lock(&pawl__registry);
	m->next_of_space = space->members;
	space->members = m;
	pthread_mutex_unlock(&pawl__registry);
	return m;
}

int pawl__member_join(struct pawl_space *space, struct pawl__member **member)
{
	struct pawl__member *m = pawl__member_old(space);
	uint32_t me;
	int rc = 0, cancel;

	if (!m) {
		cancel = pawl__cancel_off();
		rc = pawl__segment_is_there(space);
		if (rc == 0 && !(m = member_struct(space)))
			rc = ENOMEM;
		if (rc == 0 && pthread_setspecific(exit_key, &exit_key) != 0)
			rc = ENOMEM;
		if (rc == 0)
			rc = pawl__live_join(space, &me);
		pawl__cancel_back(cancel);
		if (rc != 0)
			return rc;
		PAWL_STORE(&m->held, 0u, RELAXED); /* relaxed: a closer may be counting, who will not find more */
		m->me = me;
		if (space->office) {
			pawl__stay_get_ready();
			/* the child of a fork has none yet, and may never ask; no thread to be had: then there is none */
			(void)pawl__keeper_start(space);
		}
	}
	rounds = 0;
	*member = turn_to(m);
	return rc;
}

/* ---- leave ---- */

static void unlink_member(struct pawl__member *m)
{
	struct pawl__member **p;

	for (p = &m->space->members; *p && *p != m;)
		p = &(*p)->next_of_space;
	if (*p)
		*p = m->next_of_space;
	for (p = &mine; *p && *p != m;)
		p = &(*p)->next_of_thread;
	if (*p)
		*p = m->next_of_thread;
	if (pawl__recent == m)
		pawl__recent = NULL;
}

static void give_up(struct pawl__member *m)
{
	uint32_t me = m->me;

	m->me = 0;
	/* A token that has been tampered with is kept for as long as the thread lives, and its memory with it: the member
	 * stays on the space's list, so the space is never unmapped. */
	if (me != 0 && !pawl__live_leave(m->space, me, m->held != 0))
		return;
	unlink_member(m);
	free(m);
}

void pawl__member_leave(struct pawl_space *space)
{
	for (struct pawl__member *m = mine; m; m = m->next_of_thread)
		if (m->space == space) {
			give_up(m);
			return;
		}
}

static bool holds_something(void)
{
	for (struct pawl__member *m = mine; m; m = m->next_of_thread)
		if (m->me != 0 && m->held != 0)
			return true;
	return false;
}

/* The thread ends. */
static void thread_exit(void *unused)
{
	(void)unused;
	/* not in the very last round: a sanitizer's runtime has left the thread by then, and what we do would count for nobody */
	if (holds_something() && ++rounds < PTHREAD_DESTRUCTOR_ITERATIONS - 1) {
		pthread_setspecific(exit_key, &exit_key); /* another destructor may yet release it */
		return;
	}
	pthread_mutex_lock(&pawl__registry);
	for (struct pawl__member *m = mine, *next; m; m = next) {
		struct pawl_space *space = m->space;

		next = m->next_of_thread;
		give_up(m);
		if (space->opens == 0 && !space->members)
			pawl__space_end(space);
	}
	pthread_mutex_unlock(&pawl__registry);
}

/* They leave the registry's lock alone only when they have ended. Caller holds pawl__registry, which is given up meanwhile. */
static void stop_keepers(void)
{
	struct pawl_space *space;

	do {
		for (space = pawl__spaces; space && !pawl__keeper_is_here(space);)
			space = space->next;
	} while (space && pawl__keeper_stop(space, PAWL__WIND_UP_NS));
}

/* The process ends by exit(): only the calling thread can leave; what the others hold, they hold until they die. */
__attribute__((destructor)) static void process_exit(void)
{
	struct pawl_space *next;

	if (hooked != 0)
		return;
	if (pthread_mutex_trylock(&pawl__registry) != 0)
		return;
	stop_keepers();
	for (struct pawl_space *space = pawl__spaces; space; space = next) {
		struct pawl__member *m = mine;

		next = space->next;
		while (m && m->space != space)
			m = m->next_of_thread;
		if (m && m->held == 0)
			give_up(m);
		if (!space->members)
			pawl__segment_leave(space);
	}
	pthread_mutex_unlock(&pawl__registry);
}

/* ---- fork ---- */

static void before_fork(void)
{
	pthread_mutex_lock(&pawl__registry);
	for (struct pawl_space *s = pawl__spaces; s; s = s->next)
		s->fork_fd = s->path[0] ? pawl__file_lock_again(s) : -1;
	pawl__live_fork_begin();
	pawl__handles_fork_begin();
}

static void after_fork_in_parent(void)
{
	pawl__handles_fork_parent();
	pawl__live_fork_end();
	for (struct pawl_space *s = pawl__spaces; s; s = s->next) {
		if (s->fork_fd >= 0)
			close(s->fork_fd);
		s->fork_fd = -1;
	}
	pthread_mutex_unlock(&pawl__registry);
}

/* The parent's threads are not here: their memberships are the parent's business. Ours begin anew. */
static void forget_members(struct pawl_space *s)
{
	struct pawl__member *m, *next, *kept = NULL;

	for (m = s->members; m; m = next) {
		struct pawl__member *own = mine;

		next = m->next_of_space;
		while (own && own != m)
			own = own->next_of_thread;
		if (!own) {
			free(m);
			continue;
		}
		m->me = 0;
		m->held = 0;
		m->next_of_space = kept;
		kept = m;
	}
	s->members = kept;
}

/* Spaces that the parent had closed, and kept for threads that are not here. */
static void end_closed(void)
{
	struct pawl_space *next;

	for (struct pawl_space *s = pawl__spaces; s; s = next) {
		next = s->next;
		if (s->opens == 0 && !s->members)
			pawl__space_end(s);
	}
}

static void after_fork_in_child(void)
{
	pawl__recent = NULL;
	for (struct pawl_space *s = pawl__spaces; s; s = s->next) {
		forget_members(s);
		memset(s->own, 0, sizeof(s->own));
		pawl__keeper_forget(s);
		if (s->path[0] == '\0')
			continue; /* anonymous: the mapping is the membership, its descriptor may be shared */
		if (s->fd >= 0)
			close(s->fd); /* never unlock: the lock is the parent's */
		s->fd = s->fork_fd;   /* -1 if the parent was out of descriptors: segment_is_there tries again */
		s->fork_fd = -1;
		pawl__segment_map_again(s);
	}
	pawl__handles_fork_child();
	pawl__live_fork_end();
	end_closed();
	pthread_mutex_unlock(&pawl__registry);
}

static void set_hooks(void)
{
	hooked = pthread_key_create(&exit_key, thread_exit);
	if (hooked == 0)
		hooked = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

int pawl__member_hooks(void)
{
	pthread_once(&once, set_hooks);
	return hooked;
}
