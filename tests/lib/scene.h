/* SPDX-License-Identifier: BSD-2-Clause */
/** scene.h: one scene of the kill sweep: a victim killed at point i of one call on a lock, and those who must live on.
 *
 * The cast, each a process of its own: the victim V; a holder H; sleepers S1, S2; a barger B, who only ever tries; and a
 * prober P, who asks last, so that no newcomer can rescue a sleeper whose wake-up was lost.
 */
#ifndef PAWL_TESTS_SCENE_H
#define PAWL_TESTS_SCENE_H

#include "actor.h"
#include "step.h"

enum { LOCK_A, LOCK_B, LOCK_WARM, LOCK_RECURSIVE, SCENE_LOCKS };

#define SCENE_BAR_NS  (500 * NS_PER_MS) /* later than this is lost */
#define SCENE_SLOW_NS (5 * NS_PER_MS)   /* later than this is counted */

enum scene_start { START_FREE, START_HELD, START_DEAD, START_POISONED };
/* What happens to the lock while V sleeps on it: H keeps it, gives it up, is killed. */
enum scene_wake { WAKE_NOT, WAKE_RELEASE, WAKE_DEATH };
/* How the survivor's answers must run along the path. */
enum scene_shape { SHAPE_ANY, SHAPE_ALIVE, SHAPE_RISING, SHAPE_FALLING, SHAPE_DEAD };

struct scene {
	const char *op, *situation;
	void (*before)(void); /* V, up to the call */
	int (*act)(void);     /* the call */
	int rc;               /* what it returns if V may finish; -1: chance decides */
	enum scene_shape shape;
	enum scene_start start;
	enum scene_wake wake;
	bool holder_dies; /* H, if it still holds when V is dead, is killed too instead of releasing */
	unsigned lock;
	unsigned sleepers; /* they go to sleep as soon as V owns the lock, or sleeps on it */
	bool both;         /* S2 sleeps on LOCK_B, which V holds as well */
	bool barger;
	bool queued; /* V got the lock out of H's hand, with the sleepers queued behind it and registered on H */
	/* Two deaths in a row, and the kernel's one wake-up for the first goes to the second before it can act on it: the
	 * slice is what saves the others; without it only those are safe who sleep behind an owner. */
	bool slice_needed;
	bool far;   /* a long way through libc: only the program's own text and system calls are points */
	bool peers; /* also run on the peers, for comparison */
	bool late;  /* H gives V its wake-up just before V's deadline */
};

struct scene_result {
	unsigned points, zero, dead, poison, lost, slow, faults;
	unsigned gap; /* of the lost, those that `slice_needed` speaks of */
	int64_t worst_ns;
	unsigned strayed; /* on a recorded way, chance led V past the wanted point: killed after the end of the call */
	int first_lost;   /* the point of it, -1 */
	char fault[160];
};

/** The victim, in shared memory: filled by `before`. */
extern struct victim *scene_victim;

/** Build the cast for a target, with the tuning as it is now; again to rebuild it. False: it could not. */
bool scene_cast(const struct target *target);
void scene_dismiss(void);
/** Kill V at each `stride`th point of its path, and after its end. */
void scene_sweep(const struct scene *scene, unsigned stride, struct scene_result *result);

#endif
