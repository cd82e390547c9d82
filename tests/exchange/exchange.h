/* SPDX-License-Identifier: BSD-2-Clause */
/* exchange.h: the shapes that the parts of the demo share: options, orders, the memory all
 * processes see, the verdict.
 *
 * The scene: sellers' orders, each contended by many buyers. A buyer is a thread of a worker
 * process; it takes the lock "orders/<id>" and sells itself some units in a dozen small steps, any
 * of which may be its last: a reaper kills workers all the time. Whoever gets the order next
 * repairs it. At the end an audit compares books that do not share a counter.
 *
 * Between hosts: the workers are dealt to hosts, which are a PAWL_DIR each, and the locks have a remote behind them. The books are
 * then the store that all hosts write to, and it looks at the token of each write (store.c), since a host may be frozen for
 * longer than its leases last (freeze.c) and go on as if nothing had happened.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <pawl/pawl.h>

#include "../remote/server.h"

enum { EXIT_HELD = 0, EXIT_BROKEN = 1, EXIT_USAGE = 64, EXIT_ORDERS = 66, EXIT_SERVICE = 69, EXIT_SYSTEM = 71 };

#define MAX_PLACES   256  /* workers at the same time */
#define MAX_BUYERS   1024 /* threads at the same time: well below the 4,095 of a space */
#define MAX_ORDERS   50000
#define MAX_SERIALS  65536 /* workers in one run, replacements included */
#define MAX_WAITS    65536 /* recoveries whose time is kept */
#define MAX_HOSTS    16
#define MAX_QUANTITY 1000000
#define MAX_CENTS    100000000

/* ---- options.c ---- */

/* What to do wrong on purpose, to show that the checks can fail. */
enum fault { FAULT_NONE, FAULT_LOCK, FAULT_REPAIR, FAULT_TOKEN, FAULT_RELEASE, FAULT_STORE };

struct options {
	const char *orders;
	const char *space;   /* NULL: a private one */
	const char *service; /* the kind of server to start; NULL: none */
	const char *remote;  /* URL of one that runs already; NULL: none */
	unsigned first, workers, threads, kills, hosts, freezes;
	unsigned long generate;
	int64_t run_ns, patience_ns, ttl_ns;
	uint64_t seed;
	enum fault fault;
	bool json;
};

/* Fills `o`; ends the program for --help and for what it does not understand. */
void options_parse(struct options *o, int argc, char **argv);

/* ---- orders.c: the orders file, private memory, read-only once loaded ---- */

struct order {
	char id[32], symbol[16], seller[32];
	uint64_t quantity, cents;
	unsigned line;
};

struct orders {
	struct order *at;
	unsigned count;
	double *reach; /* reach[i]: part of all demand that falls on the orders 0 .. i */
	unsigned hottest;
};

/* False, and a message on stderr that says which line, why and what to do, when the file is not
 * one of orders. */
bool orders_load(struct orders *orders, const char *path);
void orders_demand(struct orders *orders, uint64_t seed);
unsigned orders_pick(const struct orders *orders, uint64_t *rng);
void orders_free(struct orders *orders);

/* ---- generate.c ---- */
int generate_orders(FILE *out, unsigned long count, uint64_t seed);

/* ---- random.c ---- */
uint64_t random_number(uint64_t *state);
uint64_t random_below(uint64_t *state, uint64_t bound);
int64_t clock_ns(void);

/* ---- board.c: the memory that all processes share ---- */

enum phase { PHASE_OUT, PHASE_ACQUIRE, PHASE_HOLD, PHASE_RELEASE };
enum sale_state { SALE_NONE, SALE_DRAFT, SALE_DONE, SALE_VOID };

/* A line of the journal. Only the buyer who claimed it writes it, save `state`: whoever repairs
 * a torn order decides. */
struct sale {
	uint64_t first; /* number of the first unit; lot k holds the units k*quantity .. */
	pawl_fence_t fence;
	uint64_t buyer;
	uint32_t order, count;
	uint32_t lane, state;
};

/* What an order has come to. */
struct figures {
	uint64_t lot, remaining, sold, cash, sales;
};

/* The book of one order; protected by the lock "orders/<id>". */
struct book {
	pawl_gate_t gate;           /* between hosts: protects `fence` and the figures */
	pawl_fence_t fence;         /* of the last grant that came to the figures */
	uint64_t owner;             /* buyer, 0 between two grants */
	struct figures now, before; /* `before` counts while `draft` is set */
	uint64_t seal;              /* checksum of `now`; untrue while `draft` is set */
	uint64_t draft;             /* 1 + number of the journal line being booked */
	uint64_t recovered;         /* grants that came with EOWNERDEAD */
	uint64_t died;              /* owners killed while they held it: counted by the reaper alone */
};

/* One buyer's desk: written by the thread that sits there; successors in the same place go on
 * with its counters. */
struct lane {
	uint64_t serial; /* of the worker that sits here */
	uint32_t phase, order;
	int64_t asked_ns;
	uint64_t grants, acked, recovered;
	uint64_t tenures, losses, refused, violations; /* what this buyer was told, and what it saw */
	int64_t waited_ns, longest_ns;
	uint64_t deaths; /* by the reaper */
	char pad[64];
};

struct place {
	pid_t pid;       /* by the reaper; 0: empty */
	uint64_t serial; /* by the reaper, before the fork */
	uint64_t doom;   /* by the reaper: die in so many nanoseconds */
};

enum freeze { FREEZE_NOT, FREEZE_WANTED, FREEZE_BEGUN, FREEZE_ALL };

struct board {
	uint32_t stop;
	uint32_t freeze[MAX_HOSTS]; /* a host's enum freeze */
	uint64_t lines_used, lines; /* of the journal */
	uint64_t waits_used;        /* of the recovery times */
	uint64_t two_owners, torn, old_tokens, idle_grants;
	uint64_t unsigned_deaths; /* owners that died before they could sign */
};

struct exchange {
	const struct options *opt;
	const struct orders *orders;
	const char *url;      /* of the lock service; NULL: one host, no service */
	struct server server; /* if we have started it */
	char space_name[64];
	char dir[64]; /* private PAWL_DIR, or the folder of those of the hosts; empty: the user's */
	struct board *board;
	struct place *places;
	struct lane *lanes;
	struct book *books;
	int64_t *deaths; /* by worker serial: when it was, or is about to be, killed */
	int64_t *waits;  /* book.c: note_recovery */
	struct sale *journal;
	size_t bytes;
};

bool board_map(struct exchange *x);
void board_unmap(struct exchange *x);
unsigned lane_count(const struct exchange *x);

/* ---- book.c: entering an order's book, selling, repairing; all with the lock held ---- */

struct buyer {
	struct exchange *x;
	pawl_space_t *space, *store; /* store: between hosts */
	struct lane *lane;
	uint64_t id; /* serial << 16 | thread + 1 */
	uint64_t rng;
	uint64_t line, lines_end; /* claimed journal lines that are still unused */
	unsigned lane_idx, host;
};

void book_sign(struct buyer *b, unsigned order, int rc);
void book_look(struct buyer *b, unsigned order, pawl_fence_t fence);
bool book_sell(struct buyer *b, unsigned order, pawl_fence_t fence);
/* False if somebody else has signed meanwhile. */
bool book_leave(struct buyer *b, unsigned order);
void book_repair(struct buyer *b, unsigned order);
void book_violation(struct buyer *b, uint64_t *counter);
uint64_t book_seal(const struct figures *f);

/* ---- store.c ---- */
int store_enter(struct buyer *b, unsigned order, int rc, pawl_fence_t fence);
void store_leave(struct buyer *b, unsigned order);

/* ---- buyer.c ---- */
int buyer_round(struct buyer *b, unsigned order, pawl_deadline_t deadline);
/* The lock is ours: look at the order, and buy if `buys`; give it back. 0, or what went wrong. */
int buyer_hold(struct buyer *b, pawl_lock_t *lock, unsigned order, int rc, pawl_fence_t fence, bool buys);
void order_name(const struct order *o, char name[64]);
const char *phase_name(uint32_t phase);

/* ---- doom.c ---- */
void doom_obey(struct buyer *b);

/* ---- freeze.c ---- */
struct frost {
	unsigned host, done;
	int64_t next_ns;
	pawl_fence_t sold; /* token of the last sale of the hottest order before */
};
void freeze_obey(struct buyer *b, unsigned order);
void freeze_plan(struct frost *f, const struct options *o, int64_t now);
/* To be called now and then. */
void freeze_go_on(struct frost *f, struct exchange *x, int64_t now);
/* Its host stands still, or is about to. */
bool freeze_holds(const struct exchange *x, unsigned place);
bool freeze_nears(const struct exchange *x, unsigned place);
void freeze_end(struct exchange *x);

/* ---- worker.c ---- */
_Noreturn void worker_run(struct exchange *x, unsigned place);

/* ---- reaper.c ---- */

struct outcome {
	unsigned kills, inside, holding, failed, freezes;
	int64_t elapsed_ns, slowest_exit_ns;
	bool too_few, hung;
	int signal; /* that asked us to stop; 0 */
};

void reaper_block_signals(sigset_t *signals);
void reaper_run(struct exchange *x, const sigset_t *signals, struct outcome *out);

/* ---- watch.c ---- */
struct totals {
	uint64_t grants, acked, recovered;
};
void watch_totals(const struct exchange *x, struct totals *t);
void watch_progress(const struct exchange *x, const struct outcome *out, int64_t elapsed_ns);
void watch_progress_end(void);
bool watch_stuck(const struct exchange *x, int64_t last_grant_ns);
void watch_dump(struct exchange *x);

/* ---- hosts.c ---- */
struct host_sums {
	uint64_t sales, grants, tenures, losses, refused, violations;
	int64_t waited_ns, longest_ns;
};
unsigned host_of(const struct exchange *x, unsigned place);
void hosts_sum(const struct exchange *x, unsigned host, struct host_sums *sums);
void hosts_table(const struct exchange *x, const uint32_t *keepers);
void hosts_json(const struct exchange *x, const uint32_t *keepers);

/* ---- audit.c ---- */

struct verdict {
	uint64_t sales, units, cash, grants, recovered;
	uint64_t double_sales, lost_updates, old_tokens, two_owners, unnoticed, stuck;
	uint64_t waited; /* recoveries whose heir was waiting when the owner died */
	int64_t median_ns, slowest_ns;
	uint64_t refused;
	uint32_t keepers[MAX_HOSTS];
	uint64_t rescued_by_slice;
	bool damaged;
};

/* Asks for every order once more, then compares journal, books and receipts. */
void audit_visit(struct exchange *x, struct verdict *v);
void audit_books(struct exchange *x, struct verdict *v);

/* ---- report.c ---- */
bool report_held(const struct exchange *x, const struct outcome *out, const struct verdict *v);
void report_table(const struct exchange *x, const struct outcome *out, const struct verdict *v);
void report_json(const struct exchange *x, const struct outcome *out, const struct verdict *v);

/* ---- home.c: where the spaces live ---- */
bool home_make(struct exchange *x);
void home_remove(struct exchange *x);
int home_open(const struct exchange *x, unsigned host, pawl_space_t **space, pawl_space_t **store);
int home_close(pawl_space_t *space, pawl_space_t *store);
/* False, and says why, if the locks cannot be had in this way. */
bool home_try(const struct exchange *x);

/* ---- service.c ---- */
bool service_start(struct exchange *x);
void service_end(struct exchange *x);

#endif
