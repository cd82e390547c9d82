/* SPDX-License-Identifier: BSD-2-Clause */
/** point.c: arming and passing the labelled points of point.h. Test flavours only: elsewhere this file is empty. */
#include "core/point.h"

#ifdef PAWL_POINTS

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <pawl/annotate.h>

/* The linker's names for the two ends of the section that PAWL__POINT fills. */
extern const char *const __start_pawl_points[], *const __stop_pawl_points[];

#define MOST 512
static unsigned passed[MOST];

static struct {
	const char *label;
	unsigned left;
	pawl__point_do_t what;
} armed;

void (*pawl__point_hook)(const char *label);

void pawl__point_arm(const char *label, unsigned nth, pawl__point_do_t what)
{
	PAWL_STORE(&armed.label, label, RELAXED); /* relaxed, all three: who arms anew knows that nobody passes that label meanwhile */
	PAWL_STORE(&armed.left, nth, RELAXED);  /* relaxed: as above */
	PAWL_STORE(&armed.what, what, RELAXED); /* relaxed: as above */
}

unsigned pawl__point_count(void)
{
	return (unsigned)(__stop_pawl_points - __start_pawl_points);
}

const char *pawl__point_label(unsigned i)
{
	return __start_pawl_points[i];
}

unsigned pawl__point_passed(const char *label)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pawl__point_count() && i < MOST; i++)
		if (strcmp(__start_pawl_points[i], label) == 0)
			n += PAWL_LOAD(&passed[i], RELAXED); /* a statistic */
	return n;
}

void pawl__point(const char *label)
{
	pawl__point_do_t what;
	const char *wanted;

	for (unsigned i = 0; i < pawl__point_count() && i < MOST; i++)
		if (__start_pawl_points[i] == label) {
			PAWL_FETCH_ADD(&passed[i], 1u, RELAXED); /* a statistic */
			break;
		}
	what = PAWL_LOAD(&armed.what, RELAXED);    /* relaxed: as above */
	wanted = PAWL_LOAD(&armed.label, RELAXED); /* relaxed: as above */
	if (what == PAWL__POINT_NOTHING || (wanted && strcmp(wanted, label) != 0))
		return;
	if (PAWL_FETCH_ADD(&armed.left, -1u, RELAXED) != 1) /* relaxed: a count; whichever thread comes last, one does */
		return;
	switch (what) {
	case PAWL__POINT_KILL:
		kill(getpid(), SIGKILL);
		for (;;)
			pause();
	case PAWL__POINT_STOP:
		kill(getpid(), SIGSTOP);
		break;
	case PAWL__POINT_CALL:
		if (pawl__point_hook)
			pawl__point_hook(label);
		break;
	case PAWL__POINT_NOTHING:
		break;
	}
}

#else
typedef int pawl__point_is_empty_here;
#endif
