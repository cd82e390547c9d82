/* SPDX-License-Identifier: BSD-2-Clause */
/** tenure.h: the lease that this host holds on one name, as a pure state machine: events in, one request out, the time as an
 * argument. No clock, socket, lock or memory of its own: the keeper drives it, and so does the simulation.
 */
#ifndef PAWL__TENURE_H
#define PAWL__TENURE_H

#include <stdbool.h>
#include <stdint.h>

#include <pawl/remote.h>

typedef enum pawl__tenure_state {
	PAWL__T_NONE,     /* nothing there that is ours */
	PAWL__T_ASKING,   /* ACQUIRE sent, outcome open */
	PAWL__T_QUEUED,   /* a place in the queue, confirmed */
	PAWL__T_HELD,     /* the lease is ours until `deadline` */
	PAWL__T_LOST,     /* it is not, but a local owner is still inside */
	PAWL__T_GIVING,   /* RELEASE sent, outcome open */
	PAWL__T_DROPPING, /* CANCEL sent, outcome open */
	PAWL__T_STATES
} pawl__tenure_state_t;

/** What has to outlast a keeper. Times are CLOCK_BOOTTIME in ns; 0 is never. */
struct pawl__tenure {
	uint64_t req;         /* the last request made */
	uint64_t hi;          /* HELD, LOST, GIVING: its token */
	uint64_t floor;       /* the largest token ever seen for the name */
	uint64_t stop_at;     /* HELD, revoked: the local grant after which it is closed */
	int64_t deadline;     /* HELD */
	int64_t granted_at;   /* HELD */
	int64_t revoked_at;   /* HELD: somebody else has waited since then; ASKING, QUEUED: and will, when it is */
	int64_t idle_at;      /* HELD, nobody inside: given back then, */
	uint32_t idle_grants; /* unless somebody has come by since: grants, their low bits, when idle_at was set */
	uint32_t first_grant; /* HELD: the same when the lease was granted */
	int64_t next;         /* when to send, or to send again */
	int64_t backoff;      /* how long to wait the next time */
	uint8_t state;
	bool open;     /* HELD: who gets the lock locally may use the lease */
	bool unclean;  /* an owner died inside, here, and no local one has taken over */
	bool jeopardy; /* HELD: two thirds are over, and it was said */
	uint8_t spare[4];
};

/** Times and bounds that a space is opened with. */
struct pawl__tenure_rules {
	int64_t ttl;
	int64_t min_use;       /* a lease with less than that left is not used */
	int64_t max_tenure;    /* how long a tenure goes on while another host waits, */
	uint32_t max_handoffs; /* and how many grants */
	int64_t min_hold;  /* a new lease is kept for that long, though nobody is inside, while another host waits */
	int64_t idle_keep; /* how long it is kept when nobody waits anywhere */
	int64_t pause;     /* after giving it back, before asking again: where other hosts cannot be seen */
	bool renews;       /* leases are renewed one by one */
	bool strict;       /* one grant a lease: it is given back with the lock */
};

/** The lock on this host, as seen from outside, after whatever was published last. */
typedef enum pawl__who_is {
	PAWL__NOBODY, /* free */
	PAWL__ASKER,  /* whoever holds the slot waits for a lease */
	PAWL__INSIDE, /* whoever holds the slot was granted the lock */
	PAWL__CORPSE, /* its owner died, and nobody has taken over */
} pawl__who_t;

struct pawl__look {
	pawl__who_t who;
	bool more;   /* others wait for the slot */
	bool closed; /* the last owner has closed the tenure: its stop_at was reached */
	bool untold; /* an owner died, here or on another host, and whoever was granted the lock since has not been told */
	uint64_t grants; /* local grants of the name so far */
};

/** What the machine may know of the world. */
struct pawl__tenure_view {
	int64_t now;
	bool up;            /* requests can be sent */
	int64_t not_before; /* no ACQUIRE before that: the service may have forgotten leases */
	struct pawl__look look;
	const struct pawl__tenure_rules *rules;
};

/** What is to be done, in this order. */
struct pawl__tenure_move {
	bool changed; /* write it down, before anything below */
	bool told;    /* local waiters have something to look at */
	bool died; /* the tenure before this one ended uncleanly, on another host: tell the first who is granted the lock */
	bool handed_on;      /* the death that nobody was told of is the next host's to hear */
	bool lost;           /* the lease is lost: tell the owner inside */
	bool jeopardy;       /* two thirds of the lease are over and no renewal has come */
	bool again;          /* it was closed or lost just now: publish that, look again, step again with no event */
	pawl_remote_op_t op; /* submit; kind 0: nothing. Its name is the caller's to fill in */
	int64_t wake_at;     /* step again then, at the latest; INT64_MAX */
};

/** One step. `event` is NULL for the passing of time and for all that has changed on this host. */
void pawl__tenure_step(struct pawl__tenure *t, const struct pawl__tenure_view *view, const pawl_remote_event_t *event,
	struct pawl__tenure_move *move);

const char *pawl__tenure_state_name(unsigned state);

#endif
