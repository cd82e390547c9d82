/* SPDX-License-Identifier: BSD-2-Clause */
/** remote.h: what a lock service must supply so that hosts can share a lock: the backend contract.
 *
 * A lock of a space that was opened with a remote URL belongs to one *host* at a time. The host holds a lease for the name
 * (its *tenure*) and hands the lock round its own threads and processes at local speed until another host asks for it. A
 * backend is the part that speaks to the service: requests go in, events come out. It decides nothing.
 *
 *   keeper                        backend                          service
 *   submit(ACQUIRE, req 7)   ->   sends                        ->  free? queued?
 *   poll()                   <-   event(QUEUED, req 7)         <-
 *   poll()                   <-   event(GRANTED, req 7, hi)    <-  a release by another host
 *   submit(RENEW, req 7, hi) ->   ...                              every third of the time to live
 *   poll()                   <-   event(CONTENDED, req 7)      <-  another host has queued up
 *   submit(RELEASE, req 7)   ->   ...
 *   poll()                   <-   event(RELEASED, req 7)       <-
 *
 *   request    answer, each time it is submitted     and later, unasked
 *   ACQUIRE    GRANTED, QUEUED, LOST                 QUEUED: GRANTED. GRANTED: CONTENDED, LOST
 *   RENEW      GRANTED with the same token, LOST     as above
 *   RELEASE    RELEASED; LOST does as well
 *   CANCEL     RELEASED; LOST does as well
 *   any        UNKNOWN
 *
 * The rules
 *   Requests    Each has a number, unique for its name and this host, that only grows: from 1, below 2^53. A request may be
 *               submitted again, with the same number, by this keeper or by the next one: it must have the effect of one, the
 *               same answer (token, owner_died), and keep its place in the queue. ACQUIRE of what is held renews it, too.
 *   Places      A host may have several places in the queue of a name (`place`), each with requests, numbers and a lease of its
 *               own: towards the service it is as if they were hosts of their own, so they exclude each other.
 *   Finished    RELEASE and CANCEL finish their request; a larger number finishes the smaller ones: their place is gone, what
 *               they were granted is given back, not cleanly. Late copies of a finished request do nothing, and are answered
 *               LOST or RELEASED: the service remembers the largest finished number of each host, for ten times to live.
 *   Deaths      A tenure that expires or is finished by a larger number ends with `owner_died` for the next one; so does one
 *               that was granted with it and is cancelled: nobody may have heard of it. `clean` speaks of the token in the
 *               request: where the same request has been granted another since, the end of that one is not clean.
 *   Contention  CONTENDED may be said as often as you like. Whether others wait is in each GRANTED as well.
 *   Ambiguity   An outcome that is not known (time-out, cut connection, a reply that makes no sense) is the event UNKNOWN,
 *               never a guess. The keeper then asks again with the same number.
 *   Deadlines   `deadline_ns` of a grant counts from *before* the request was written: pawl_remote_deadline(sent, ttl). A
 *               reply that comes late is passed on all the same; the keeper judges it.
 *   Fences      `hi` of a grant is larger than that of every grant of the name before it, by whatever host, or the backend does
 *               not say PAWL_REMOTE_FENCES. ACQUIRE carries the largest this host has seen: a service that has
 *               forgotten starts above it.
 *   Session     SESSION(UP) before the first request is taken; DOWN when the service cannot be reached; NEW, in place of UP, when
 *               all leases of this host are gone, as when a session has expired. While it is down, submit() may answer
 *               ENOTCONN, and what was under way may be forgotten: after UP all is submitted again, leases as RENEW (but see
 *               PAWL_REMOTE_ONE_LEASE). A keeper may die while it hears NEW: a session counts as told of when `event` has
 *               returned, and one that is found in `saved` and was not, is ended, and another begun: to some locks of the host
 *               it was new, and have asked in it; others still have leases of the one before, which it must not keep alive.
 *   Threads     One thread calls all functions of an open backend, the keeper's; signals are blocked there. Events are
 *               delivered by calling `event` inside poll(), never from another thread, never from submit(). `event` may call
 *               submit(), nothing else: its name and reason are yours until it returns.
 *   Blocking    poll() may wait for the service and for `wake_fd`, until `until_ns`. It returns when it has delivered something,
 *               when `wake_fd` can be read, which it leaves to the keeper, or earlier. Nothing else may wait for more than a
 *               few milliseconds.
 *   Never       exit, fork, print, change the process's signals or directory; write a secret where others can read it, a reason
 *               for one; keep the op, or its name, after the call; believe in a wall clock.
 *
 * Source       Gray and Cheriton, Leases (SOSP 1989); Burrows, Chubby (OSDI 2006), section 2.4: sequencers.
 * Example      tests/remote/directory.c: a directory on a file system that the hosts share.
 */
#ifndef PAWL_REMOTE_H
#define PAWL_REMOTE_H

#include <pawl/base.h>

PAWL_EXTERN_C_BEGIN

#define PAWL_REMOTE_VERSION 1

/** What a request asks for. */
typedef enum pawl_remote_kind {
	PAWL_REMOTE_ACQUIRE = 1, /* a lease for the name, or a place in its queue, kept for `wait_ns` after each such request */
	PAWL_REMOTE_RELEASE, /* give back what request `req` was granted, token `hi`; touch nothing if that is no longer so */
	PAWL_REMOTE_RENEW, /* the lease `req`, `hi` for another time to live; GRANTED, or LOST */
	PAWL_REMOTE_CANCEL, /* finish request `req`: leave the queue, give back what it may have been granted meanwhile */
} pawl_remote_kind_t;

typedef struct pawl_remote_op {
	pawl_remote_kind_t kind;
	const char *name;  /* of the lock: 1 to 1015 bytes, any but NUL; encode what the service cannot take */
	const char *place; /* "": the host's own; else 1 to 6 hex digits: of one who waits on this host (PAWL_STRICT) */
	uint64_t req;
	uint64_t hi; /* RELEASE, RENEW: the token */
	uint64_t floor; /* ACQUIRE: the largest token this host has seen for the name; above 2^62 is EINVAL, a broken segment */
	int64_t ttl_ns;  /* of the lease */
	int64_t wait_ns; /* ACQUIRE: how long the place in the queue lasts without being asked for again */
	bool clean;      /* RELEASE: no owner died inside; false is handed on to the next as `owner_died` */
} pawl_remote_op_t;

/** What has happened. `name`, `place` and `req` say to which request; SESSION concerns all. */
typedef enum pawl_remote_what {
	PAWL_REMOTE_GRANTED = 1, /* hi, deadline_ns, contended, owner_died; also the answer to RENEW */
	PAWL_REMOTE_QUEUED,    /* not yet; ask again after hint_ns (> 0) at the latest: whoever is first may be dead */
	PAWL_REMOTE_CONTENDED, /* somebody else waits for what `req` was granted */
	PAWL_REMOTE_RELEASED,  /* RELEASE or CANCEL is done, or was done before */
	PAWL_REMOTE_LOST,      /* `req` is over: its lease expired, or it was finished by a larger number */
	PAWL_REMOTE_UNKNOWN,   /* the outcome of the last submission of `req` will not be learnt */
	PAWL_REMOTE_SESSION,   /* state, delay_ns, deadline_ns */
} pawl_remote_what_t;

typedef enum pawl_remote_state {
	PAWL_REMOTE_DOWN = 1, /* nothing can be sent; leases run on towards their deadlines */
	PAWL_REMOTE_UP,       /* connected; ask nothing for delay_ns (a service that may have forgotten leases) */
	PAWL_REMOTE_NEW,      /* connected, and every lease this host had is gone; delay_ns as for UP */
	PAWL_REMOTE_ALIVE,    /* backends with PAWL_REMOTE_ONE_LEASE: all leases are good until deadline_ns */
} pawl_remote_state_t;

typedef struct pawl_remote_event {
	pawl_remote_what_t what;
	const char *name;
	const char *place; /* as in the request; NULL is "" */
	uint64_t req, hi;
	int64_t deadline_ns; /* CLOCK_BOOTTIME */
	int64_t hint_ns, delay_ns;
	bool contended, owner_died;
	pawl_remote_state_t state;
	const char *reason; /* DOWN, UNKNOWN, or a grant that is none: for people; NULL */
} pawl_remote_event_t;

#define PAWL_REMOTE_SAVED 256

/** What an opened backend is told; lives as long as the backend. */
typedef struct pawl_remote_config {
	const char *url;  /* whole, as the user wrote it */
	const char *host; /* who asks: 32 hex digits, one for each host and space, kept from keeper to keeper */
	uint32_t term;    /* which keeper of this host: larger than every one before */
	int64_t ttl_ns;   /* the time to live that leases will ask for */
	uint8_t *saved; /* PAWL_REMOTE_SAVED bytes for the next keeper of this host: a session to take up again. All zero at first.
	                    * Write what is needed to find a session *before* it is made. No secrets of the user's */
	void (*event)(void *arg, const pawl_remote_event_t *event);
	void *arg;
} pawl_remote_config_t;

#define PAWL_REMOTE_FENCES    0x1u /* `hi` can be relied on */
#define PAWL_REMOTE_ONE_LEASE 0x2u /* a session carries all leases: no RENEW is submitted, ALIVE moves the deadlines */
#define PAWL_REMOTE_BLIND     0x4u /* others who wait cannot be seen: each lease is given back soon */
#define PAWL_REMOTE_ONE_PLACE 0x8u /* a host has no place but its own: PAWL_STRICT is refused, with EINVAL */

/** A backend. Everything but `open` gets what open() put into `*backend`. */
typedef struct pawl_backend {
	unsigned version;   /* PAWL_REMOTE_VERSION */
	const char *scheme; /* "redis" for redis://... */
	/** Check the URL and get ready; connecting is poll()'s business. `*flags` of PAWL_REMOTE_FENCES and so on. Returns 0; EINVAL and
	 * `reason` (of `size` bytes) for a URL or an option that is none; another errno. */
	int (*open)(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size);
	/** Take a request. Returns 0; ENOTCONN, or another errno: not taken, nothing was sent. */
	int (*submit)(void *backend, const pawl_remote_op_t *op);
	/** Do what there is to do, deliver events, wait for more until CLOCK_BOOTTIME is `until_ns` or `wake_fd` can be read. */
	void (*poll)(void *backend, int64_t until_ns, int wake_fd);
	/** The keeper ends. `last`: so does the host's part in the space, and its session may end; else another keeper takes up
	 * what is in `saved`. */
	void (*close)(void *backend, bool last);
} pawl_backend_t;

/** Make a backend known, for all spaces opened from now on. One for a scheme; a later one takes its place. It must outlive them.
 *
 * Without that, `redis://` is looked for in libpawl-redis.so: in the folder pawl/ beside the library, or in the one that
 * PAWL_BACKEND_DIR names (an absolute path; not heeded where privileges are elevated). The file exports
 * `const pawl_backend_t pawl_backend_redis`, with _ for each + and - of the scheme; it is never unloaded.
 * Returns  0; EINVAL NULL, a wrong version, a function that is missing, a scheme that is not 1 to 32 of a-z, 0-9, + and -
 *          with a letter first; ENOSPC 32 are known; pawl_space_reason() says which.
 * Blocks   no.  Threads  any.  Fork  a child knows what its parent knew.  Signals  async-signal-safe when it succeeds. */
PAWL_API int pawl_backend_register(const pawl_backend_t *backend);

/** CLOCK_BOOTTIME, in nanoseconds: the clock of leases, which goes on while the machine is asleep.
 * Signals  async-signal-safe. */
PAWL_API int64_t pawl_remote_now(void);

/** Until when a lease may be believed in that was asked for at `sent_ns` with this time to live: less one in a hundred for
 * the drift of two clocks, less a guard of 5 ms or a twentieth, whichever is more. In the past if so little is left;
 * `sent_ns` itself for a time to live that is none (<= 0). Saturates.
 * Signals  async-signal-safe. */
PAWL_API int64_t pawl_remote_deadline(int64_t sent_ns, int64_t ttl_ns);

/** Copy a remote's URL without what only those may know who were told: a password in front of the last @ of its authority, the
 * values of the options password=, passwd=, token=, secret=; each becomes ***. Rather too much is taken away than too little.
 * Cut to `size`.  Returns  true if nothing was taken away.  Signals  async-signal-safe. */
PAWL_API bool pawl_remote_public(const char *url, char *text, size_t size);

/** Write `name` so that ASCII letters, digits and - _ . ~ stay and every other byte, and a dot in front, is %XX: for services
 * in which / or ? or a blank or .. means something. No two names become the same text. At most three bytes for one.
 * Returns the length written, without the NUL; 0 if it does not fit into `size`, and then `text` is not to be used.
 * Signals  async-signal-safe. */
PAWL_API size_t pawl_remote_encode(const char *name, char *text, size_t size);

PAWL_EXTERN_C_END

#endif
