/* SPDX-License-Identifier: BSD-2-Clause */
/** wait.h: waiting for a lock: the one slow path of all locks that are a word, private, robust and named.
 *
 * What differs between them is a row of data, struct pawl__kind: what the word's values mean, how to take it, how to
 * sleep until it changes. What they have in common stands in wait.c, and reads top to bottom.
 */
#ifndef PAWL__WAIT_H
#define PAWL__WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include <pawl/base.h>

/* What a word says. */
typedef enum pawl__is {
	PAWL__IS_FREE, /* anybody may take it */
	PAWL__IS_TURN, /* free, but a sleeper has waited too long: those who slept go first, others after a moment */
	PAWL__IS_HELD, /* somebody has it, as far as the word can tell */
	PAWL__IS_ODD,  /* it needs more than waiting: ask the kind's owner() */
} pawl__is_t;

struct pawl__waiter {
	const struct pawl__kind *kind;
	uint32_t *word;
	uint32_t me;
	pawl_deadline_t deadline;

	/* the waiter's state of mind: zero at first */
	/* Set while taking, once we may have slept: others may sleep too, and nobody else will say so. We may have been given a
	 * wake-up then, so TURN is ours to take. */
	uint32_t add;
	int64_t arrived;   /* when the waiting began; 0: the clock has not been read yet */
	int64_t turn_seen; /* when we first met TURN; 0 */
	bool rested;       /* we have slept behind an owner, who may be waiting for our CPU */
	bool spun;         /* we have looked long enough since we arrived, or woke */
	bool hot;          /* it was given back, and taken again, while we tried to fall asleep */
	unsigned naps;     /* so many so far */
};

#define PAWL__AGAIN (-1) /* of owner(): something has changed, look again */
#define PAWL__ALIVE (-2) /* of owner(): somebody is going to give it back */

/* How long to look, and how to rest. The times that tests move are in tune.h. */
struct pawl__patience {
	const int64_t *spin_ns;  /* how long to look before sleeping */
	const int64_t *crowd_ns; /* the same on arrival, where others sleep already */
	const int64_t *nap_ns; /* rest so long, unannounced, where falling asleep does not succeed; NULL: never mind */
	int64_t rest_ns;       /* the longest rest between two looks */
	bool yields; /* who has slept gives its CPU away between looks: the owner is often one it has preempted */
};

/* For what is waited for inside a process. */
extern const struct pawl__patience pawl__own_patience;

struct pawl__kind {
	pawl__is_t (*is)(uint32_t word);

	/* Take the word, which is `v` and free or at TURN. False: it has changed. */
	bool (*take)(struct pawl__waiter *w, uint32_t v);

	/* Of a word that is HELD or ODD, whether there is anybody to wait for. Or what ends the waiting: 0, EOWNERDEAD (taken), an
	 * error. NULL: always ALIVE. */
	int (*owner)(struct pawl__waiter *w, uint32_t v);

	/* Sleep until the word is not `v` any more (HELD, or TURN), or `until`. May return early. Sets `add` and, behind an
	 * owner, `rested`, and clears `spun` there. False: it did not come to sleep, the word had changed. */
	bool (*sleep)(struct pawl__waiter *w, uint32_t v, int64_t now, int64_t until);

	/* Before the waiter looks: make good what its sleep may have cost others. NULL: nothing. */
	void (*look_back)(struct pawl__waiter *w);

	/* The waiter goes without the lock: pass on the wake-up that it may have been given (I4). Returns `rc`. */
	int (*leave)(struct pawl__waiter *w, int rc);

	/* Do others sleep already, as far as can be seen? NULL: never mind. */
	bool (*is_crowded)(const struct pawl__waiter *w);

	const struct pawl__patience *patience;
};

/** Take the word, waiting until the deadline. Returns 0, EBUSY (PAWL_TRY), ETIMEDOUT, or what owner() ended it with. */
int pawl__wait(struct pawl__waiter *w);

/* ---- looking for a while, with rests that grow ---- */

struct pawl__spin {
	int64_t until; /* a length, until the clock is read */
	int64_t deadline;
	int64_t rest, longest;
	unsigned run;
	bool yields;
};

static inline void pawl__spin_begin(
	struct pawl__spin *s, const struct pawl__patience *p, int64_t budget_ns, bool yields, int64_t deadline)
{
	*s = (struct pawl__spin){ .until = budget_ns, .deadline = deadline, .longest = p->rest_ns, .yields = yields };
}

/** Rest once before the next look. False, at once, when the budget is used up, or the deadline has passed. */
bool pawl__spin_on(struct pawl__spin *s);

#endif
