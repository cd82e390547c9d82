/* SPDX-License-Identifier: BSD-2-Clause */
/** fibre.c: coroutines whose stacks can be copied away and back (fibre.h).
 *
 * A context is entered once by ucontext, to get onto its stack; all switches after that are _setjmp and _longjmp, which
 * make no system call. What a suspended coroutine consists of is then: its jmp_buf, and its stack from the frame of leave()
 * upwards, which lies below all that is in use. What lies below that frame is cleared before it runs again, so that two
 * ways to the same state do not differ in the rubbish of earlier calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <pawl/mutex.h>

#include "death.h"
#include "fibre.h"
#include "space/member.h"

struct thread *fibre_current;
unsigned fibre_quick;

static jmp_buf scheduler;
static void (*body_of_all)(unsigned me);
static char *lowest[MODEL_THREADS]; /* how far down a stack was ever in use at a yield */

#define MARGIN 2048 /* calls that do not yield go that much deeper, at most */

static unsigned number_of(const struct thread *t)
{
	return (unsigned)(t - world->thread);
}

static void __attribute__((noinline, noreturn)) leave(struct thread *t)
{
	t->sp = __builtin_frame_address(0);
	_longjmp(scheduler, 1);
}

static void __attribute__((noinline)) yield(struct thread *t)
{
	t->self = pawl_self_;
	t->restart = pawl_restart_;
	t->recent = pawl__recent;
	if (!_setjmp(t->context))
		leave(t);
}

void fibre_step(enum need need, uintptr_t arg)
{
	struct thread *t = fibre_current;

	if (!t)
		return;
	t->need = need;
	t->arg = arg;
	yield(t);
	t->need = NEED_NOTHING;
	t->arg = 0;
}

/* An ended thread is nothing but its store buffer. It lives on, idle, unless it has been killed: then there is what the kernel
 * knows of it. */
void fibre_end(unsigned i, bool killed)
{
	struct thread *t = &world->thread[i], was = *t;

	memset(t, 0, sizeof(*t));
	memcpy(t->store, was.store, sizeof(was.store));
	t->stores = was.stores;
	t->sp = world_stack_top(i);
	t->life = ENDED;
	if (!killed || !death_is_noticed(&was))
		return;
	memcpy(t->listed, was.listed, sizeof(was.listed));
	t->pending = was.pending;
	t->life = DYING;
}

static void __attribute__((noreturn)) end(struct thread *t, bool killed)
{
	fibre_end(number_of(t), killed);
	_longjmp(scheduler, 1);
}

void fibre_die(void)
{
	end(fibre_current, true);
}

void fibre_call(void (*function)(void))
{
	fibre_current = NULL;
	if (!_setjmp(scheduler))
		function();
}

void fibre_give_up(void)
{
	if (fibre_current)
		end(fibre_current, false);
	_longjmp(scheduler, 1);
}

static void entry(void)
{
	struct thread *t = fibre_current;

	yield(t);
	body_of_all(number_of(t));
	end(t, false);
}

static void clear_below(unsigned i, char *sp)
{
	char *end = world_stack_top(i) - WORLD_STACK;

	if (sp < lowest[i] || !lowest[i])
		lowest[i] = sp;
	if (lowest[i] - end > MARGIN)
		end = lowest[i] - MARGIN;
	memset(end, 0, (size_t)(sp - end));
}

void fibre_run(unsigned i)
{
	struct thread *t = &world->thread[i];

	clear_below(i, t->sp);
	fibre_current = t;
	fibre_quick = 0;
	pawl_self_ = t->self;
	pawl_restart_ = t->restart;
	pawl__recent = t->recent;
	if (!_setjmp(scheduler))
		_longjmp(t->context, 1);
	fibre_current = NULL;
}

static void enter(unsigned i)
{
	static ucontext_t context;

	if (getcontext(&context) != 0) {
		perror("getcontext");
		exit(1);
	}
	context.uc_stack.ss_sp = world_stack_top(i) - WORLD_STACK;
	context.uc_stack.ss_size = WORLD_STACK;
	context.uc_link = NULL;
	makecontext(&context, entry, 0);
	fibre_current = &world->thread[i];
	if (!_setjmp(scheduler))
		setcontext(&context);
	fibre_current = NULL;
}

void fibre_begin(void (*body)(unsigned me))
{
	body_of_all = body;
	for (unsigned i = 0; i < world->threads; i++) {
		pawl_self_ = world->thread[i].self;
		pawl_restart_ = world->thread[i].restart;
		pawl__recent = world->thread[i].recent;
		enter(i);
	}
}
