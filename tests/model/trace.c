/* SPDX-License-Identifier: BSD-2-Clause */
/** trace.c: names of variables, the events of a step, the failure (trace.h).
 *
 * Nothing is printed while a thread of the client runs: printing needs stack, and the stack is part of the state.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fibre.h"
#include "tests/lib/tap.h"
#include "trace.h"

char trace_failure[200];
bool trace_wanted;

/* ---- names ---- */

#define NAMES 32

static struct name {
	uintptr_t begin, end;
	const char *text;
} name[NAMES];
static unsigned names;

void trace_begin(void)
{
	names = 0;
	trace_failure[0] = '\0';
}

void model_name(const void *p, size_t size, const char *text)
{
	if (names < NAMES)
		name[names++] = (struct name){ (uintptr_t)p, (uintptr_t)p + size, text };
}

static const char *named(const void *p, char *text, size_t size)
{
	uintptr_t at = (uintptr_t)p;

	if (!p)
		return "";
	for (unsigned i = names; i-- > 0;) /* a field is named after the whole that it is part of */
		if (at >= name[i].begin && at < name[i].end) {
			if (at == name[i].begin)
				return name[i].text;
			snprintf(text, size, "%s+%zu", name[i].text, (size_t)(at - name[i].begin));
			return text;
		}
	snprintf(text, size, "%zx", world_has(p) ? (size_t)(at - THE_ADDRESS) : (size_t)at);
	return text;
}

/* ---- events ---- */

#define EVENTS 64

static struct event {
	const char *what;
	const void *p;
	struct model_site site;
	uint64_t before, after;
} event[EVENTS];
static unsigned events, who;

void trace_who(unsigned thread)
{
	who = thread;
}

void trace_event(const char *what, const void *p, const struct model_site *site, uint64_t before, uint64_t after)
{
	static const struct model_site nowhere = { "", "", MODEL_RELAXED };

	if (trace_wanted && events < EVENTS)
		event[events++] = (struct event){ what, p, site ? *site : nowhere, before, after };
}

static void print(const struct event *e)
{
	static const char *const order[] = { "relaxed", "acquire", "release", "acq_rel", "seq_cst" };
	char at[40], change[40] = "", value[120] = "";

	if (e->before != e->after)
		snprintf(change, sizeof(change), " -> %llx", (unsigned long long)e->after);
	if (e->p)
		snprintf(value, sizeof(value), " %s: %llx%s", named(e->p, at, sizeof(at)),
			(unsigned long long)e->before, change);
	if (*e->site.function)
		tap_note("  T%u %s%s, %s, in %s", who, e->what, value, order[e->site.order], e->site.function);
	else
		tap_note("  T%u %s%s", who, e->what, value);
}

void trace_flush(void)
{
	for (unsigned i = 0; i < events; i++)
		print(&event[i]);
	events = 0;
}

/* ---- failure ---- */

void trace_fail(const char *format, ...)
{
	va_list args;

	if (trace_failure[0])
		return; /* the first one counts */
	va_start(args, format);
	vsnprintf(trace_failure, sizeof(trace_failure), format, args);
	va_end(args);
}

void model_fail(const char *format, ...)
{
	va_list args;

	if (!trace_failure[0]) {
		va_start(args, format);
		vsnprintf(trace_failure, sizeof(trace_failure), format, args);
		va_end(args);
	}
	fibre_give_up();
}
