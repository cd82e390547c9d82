/* SPDX-License-Identifier: BSD-2-Clause */
/** world.h: the simulated world, as all parts of the simulator see it.
 *
 *   engine    what happens next, and chance
 *   world     clocks, hosts, slots; built from a seed
 *   local     threads that take, hold and leave locks on a host (seat.h's other side)
 *   keeper    the keeper of a host: pawl__seat_serve(), its timers, its deaths and successors
 *   backend   the keeper's line to the service: connections, and what replies mean
 *   net       what becomes of a message on its way
 *   script    the service as Redis with the scripts of `queue`;  session  as ZooKeeper, etcd
 *   faults    what goes wrong, and when that ends
 *   check     what must never be, and what must come
 *   run       one seed; many, on all CPUs; the least that fails;  scale  the table
 *   main      the tests;  options  the command line;  trace  what happened last
 *
 * Threads, slots and hosts are numbers, from 1 on; 0 is none.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "engine.h"

#include "remote/seat.h"

/* ---- what a run is made of ---- */

enum mode { SCRIPT, SESSION, MODES };

/* What may go wrong: --no-NAME for each (options.c). */
enum fault {
	F_LOSS = 1 << 0,      /* a request or a reply is lost */
	F_DUP = 1 << 1,       /* a request comes once more, up to 80 ms late, from a closed connection */
	F_HINT = 1 << 2,      /* a hint is lost */
	F_TAIL = 1 << 3,      /* a message takes up to 60 ms */
	F_CUT = 1 << 4,       /* a connection breaks */
	F_PARTITION = 1 << 5, /* one way or both */
	F_STOP = 1 << 6,      /* a keeper is stopped and goes on */
	F_SUSPEND = 1 << 7,   /* a host is suspended; its clock of leases goes on */
	F_KEEPER = 1 << 8,    /* a keeper is killed, between any two of its stores */
	F_OWNER = 1 << 9,     /* a thread, or a process, dies where it is */
	F_HOST = 1 << 10,     /* a host crashes and comes back as another one */
	F_FAILOVER = 1 << 11, /* script: the service goes on from a state some ms old, or is started again */
	F_JUMP = 1 << 12,     /* the service's clock is set back */
	F_DRIFT = 1 << 13,    /* clocks run at different rates */
	F_STIR = 1 << 14,     /* threads go on between two stores of their keeper */
	F_LONG = 1 << 15,     /* an owner stays inside for longer than a lease lives */
	F_ALL = (1 << 16) - 1
};

/* Faults of the service's and the backend's that have to be found: --plant NAME. */
enum plant {
	P_NONE,
	P_FORGETFUL, /* the service does not remember finished requests */
	P_ARRIVAL,   /* a deadline counts from the reply's arrival */
	P_DRIFT,     /* clocks drift by 4 %, one this way and one that */
	P_NO_DELAY,  /* no lock-delay after a failover */
	P_NO_ERA,    /* tokens go on from where they were known */
	P_CLEAN,     /* a cancelled grant counts as clean, though the one before it was not */
	P_NEW_ONCE,  /* a session is taken up though not all seats have heard that it is a new one */
	P_STALE,     /* a request is answered with the token it was granted before a failover */
	P_OLD_HINT,  /* a hint of a grant is believed though the place is younger */
	PLANTS
};

struct options {
	uint64_t seed;
	enum mode mode;
	enum plant plant;
	uint32_t faults;
	uint32_t hosts, locks, processes, threads; /* processes of a host, threads of a process */
	int64_t chaos;                             /* how long things go wrong */
	const struct pawl__tenure_rules *rules;    /* NULL: as the seed says; if not, all wait with patience, */
	int64_t think, hold;                       /* and for so long */
	bool trace;
};

/* ---- hosts ---- */

struct clock {
	int64_t offset, ppm;
};

struct host {
	struct clock clock;
	uint32_t token;          /* what the service knows it by: another one after each crash */
	uint32_t slots, threads; /* the first of each */
	int64_t frozen_until;
	bool crashed;
	bool cut_out, cut_in; /* messages do not get out, in */
	int64_t sent[3];      /* of each lane of its connection: when the last message arrives */

	/* the keeper, and what is handed on to the next one */
	bool kept, up, asked; /* there is one; it is connected; it is connecting */
	uint32_t keeper;      /* its process */
	uint32_t connection;  /* grows */
	uint32_t run;         /* of the service, that it is a connection to */
	int64_t stopped_until;
	int64_t not_before; /* by its clock */
	uint32_t session;   /* of a session kind */
	int64_t session_deadline;
	bool session_new; /* and not all seats have heard so */
};

struct slot {
	struct pawl__seat seat;
	uint32_t host, lock;
	uint32_t next_of_host, next_of_lock;

	/* the robust lock */
	uint32_t word; /* the thread that owns it */
	bool owner_dead;
	bool orphan;          /* free, and a death was not passed on yet */
	uint32_t first, last; /* threads that wait for it */
	uint64_t grants;

	/* the keeper's */
	bool rung;
	uint64_t timer;       /* generation of the pending one, */
	int64_t armed_at;     /* when it will be, in true time; 0: there is none */
	int64_t wake_at;      /* when it should be, by the host's clock */
	uint32_t idle_serves; /* in a row without any effect, */
	int64_t idle_since;   /* since then */
	bool said_lost;
	uint64_t queued_req, queued_hi; /* the backend's: what was last queued; the last token then given out; */
	int64_t queued_sent;            /* asked for then, by the host's clock; */
	uint32_t queued_connection;     /* on this one */
	uint64_t allowed;               /* the last local grant of a tenure that was revoked; 0: it was not */
};

enum phase { IDLE, WAITS, TOOK, ASKS, IN, OUT, DEAD };

struct thread {
	uint32_t host, process;
	uint32_t slot, next; /* the one it wants or has; behind it in the slot's queue */
	uint64_t generation; /* of its one pending step */
	void (*step)(uint32_t t);
	int64_t until; /* 0: waits for ever */
	int64_t began;
	uint64_t hi, lo;
	uint8_t phase;
	bool took_dead; /* the slot, from a dead owner */
	bool rings;
};

struct lock {
	uint32_t slots;  /* the first */
	uint64_t hi, lo; /* the last token handed out */
	bool dirty;      /* an owner died inside, and nobody has been told */
	bool forgets;    /* the service may have forgotten tokens of it that were handed out, and deaths */
};

struct sim {
	struct options o;
	struct pawl__tenure_rules rules;
	struct clock service;
	struct host *host;
	struct slot *slot;
	struct thread *thread;
	struct lock *lock;
	uint32_t slots, threads, room;
	struct map find;
	const double *weights; /* of locks, summed up; NULL: all alike */

	uint32_t deadly;     /* one moment in so many is a keeper's last */
	uint32_t faults;     /* those that go wrong at present */
	bool resting;        /* nobody wants anything any more */
	int64_t healed_at;   /* 0: not yet */
	int64_t bound;       /* how long anybody may wait from then on */
	int64_t think, hold; /* at most: between two locks, inside one */
};

extern struct sim sim;

void world_make(const struct options *o);
int64_t clock_at(const struct clock *c, int64_t when);
/** When the clock shows that, at the earliest. */
int64_t clock_true(const struct clock *c, int64_t shown);
static inline int64_t host_now(const struct host *h)
{
	return clock_at(&h->clock, true_now);
}
uint32_t slot_of(uint32_t host, uint32_t lock);
/** A lock for a thread to want. */
uint32_t some_lock(void);

static inline bool has(uint32_t fault)
{
	return (sim.faults & fault) != 0;
}

#endif
