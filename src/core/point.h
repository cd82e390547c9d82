/* SPDX-License-Identifier: BSD-2-Clause */
/** point.h: labelled points at which a test may kill, stop or call back: one between any two stores to the segment.
 *
 * In release builds a point is nothing at all. With -DPAWL_POINTS each is a call that compares its label with the armed
 * one; the labels are collected in a linker section, so that a test can demand that each of them was reached.
 * Labels read "file/what-was-just-done".
 */
#ifndef PAWL__POINT_H
#define PAWL__POINT_H

#ifdef PAWL_POINTS

typedef enum pawl__point_do {
	PAWL__POINT_NOTHING, /* only count */
	PAWL__POINT_KILL,    /* SIGKILL to the process */
	PAWL__POINT_STOP,    /* SIGSTOP to the process */
	PAWL__POINT_CALL,    /* call pawl__point_hook */
} pawl__point_do_t;

/** Arm the `nth` (1, 2, ..) passage of `label` (NULL: of every label) in this process and its future children. */
void pawl__point_arm(const char *label, unsigned nth, pawl__point_do_t what);
extern void (*pawl__point_hook)(const char *label);

/** How often each label was passed since the process began; index as in pawl__point_labels(). */
unsigned pawl__point_count(void);
const char *pawl__point_label(unsigned i);
unsigned pawl__point_passed(const char *label);

void pawl__point(const char *label);

#define PAWL__POINT(label)                                                                                             \
	do {                                                                                                           \
		static const char *const point_ __attribute__((section("pawl_points"), used)) = label;                 \
		pawl__point(point_);                                                                                   \
	} while (0)
#else
#define PAWL__POINT(label) ((void)0)
#endif

#endif
