/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keeper.pml: the keeper's take-over: one name, one host whose keepers are killed between any two stores, a service that does what
 * it was asked now, late, twice or not at all, and another host that wants the lock.
 *
 * What it mirrors is listed in `mirrors`, by file and function. Memory is sequentially consistent here; the simulator next door
 * (tests/sim) runs the very source, with many hosts, but from seeds and with one step of the keeper at a time.
 *
 *   mirrored            the seat: two copies and which one counts, `good`, `until`, `hi`, `stop_at`, `asking`, bells; the tenure's
 *                       table whole, `again` included; write down, publish, tell, send, as single steps, and what adopts them;
 *                       requests by number, finished ones, a queue (the service is tests/remote/ledger.c); the owner who closes a
 *                       seat as it leaves, who asks and who gives up; time: a lease lasts TTL ticks for the service from when
 *                       it heard, for the host from when it sent
 *   left out            deaths of owners and how they are told of (robust.pml, tests/sim); the role's own lock, which is robust.pml's;
 *                       sessions that are new, services that forget (`floor`); PAWL_STRICT; names that change their place;
 *                       when exactly a date comes: any time that there is something to do by it
 *
 * Safety: while `good` or `until` say that the lease is ours, it is, by the service's account, and under that token; who comes in
 * has it; tokens never go back; a number is never given to two requests; nothing is given back while somebody is inside. In the
 * end, when nobody can do anything: whoever wanted the lock has had it, the other host too, and the lease is given back or has run
 * out, with nothing of it left in the seat or in the queue. What is to be tried comes by the environment:
 *   KILLS            of keepers, two of which stand by (three with -DN=3)
 *   ROUNDS, GIVEUPS  how often the one asker comes (two with -DASKERS=2); how often one gives up waiting
 *   TURNS, TICKS     how often the other host wants the lock; how far time goes
 *   LOSSES, TWICE    how many messages are lost; are done twice
 *   RENEWALS         how many are sent beside the one after each take-over
 *   FAULT            which planted fault is in; 0: none
 */
#ifndef N
#define N 2
#endif
#ifndef ASKERS
#define ASKERS 1
#endif
#ifndef TTL
#define TTL 2
#endif
#define ROOM 4 /* messages under way */

/* Planted faults; promela.sh has what finds each. */
#define SENT_BEFORE_WRITTEN 1
#define ADOPTED_AS_IT_IS    2
#define NUMBER_UNCHECKED    3
#define NUMBER_ANEW         4
#define LOOKED_TOO_EARLY    5
#define ASKERS_FORGOTTEN    6
#define TIME_FROM_ANSWER    7
#define GIVING_FORGOTTEN    8
#define OPENED_FIRST        9
#define GIVEN_WHILE_VALID   10
#define LATE_COPY_COUNTS    11
#define BELL_TAKEN_LAST     12
#define COUNTS_TOO_EARLY    13

/* Of the tenure; requests; what is said of them, and to itself. */
#define NONE     0
#define ASKING   1
#define QUEUED   2
#define HELD     3
#define LOST     4
#define GIVING   5
#define DROPPING 6

#define ACQUIRE 1
#define RENEW   2
#define RELEASE 3
#define CANCEL  4

#define IS_GRANTED   1
#define IS_QUEUED    2
#define IS_CONTENDED 3
#define IS_RELEASED  4
#define IS_LOST      5
#define IS_UP        6
#define DATE         7

#define NOBODY 0
#define ASKER  1
#define INSIDE 2

#define US   1
#define THEM 2

byte fault, kills, rounds, giveups, turns, ticks, losses, twice, renewals;
byte now_;

/* The segment: the lock's word and how many wait for it; the seat; the office. */
byte word, waiters;
byte good, until, seat_hi, asking;
bit stop_at, bells, current;
typedef tenure {
	byte state, req, hi, deadline;
	bit open, stop, revoked
}
tenure copy[2];
byte role; /* the keepers have it in turn: which of those who stand by is the next does not matter */

/* The service. */
byte owner, s_req, s_token, s_end, s_hi, s_done, s_asks;
bit they_want;

/* kind, req, hi, when it was sent, by which keeper; what, req, hi, deadline, whether others wait. */
chan net = [ROOM] of { byte, byte, byte, byte, byte };
chan answers = [ROOM] of { byte, byte, byte, byte, bit };

bit rung[ASKERS + 1]; /* `bell` has moved since it was read */
bit killed[N + 1];

/* The checker's. */
byte inside, inside_hi, seen, largest_sent, had;

#define IS_OURS(token) (owner == US && s_token == (token) && now_ < s_end)

/* ---- the service ---- */

inline give_on()
{
	if
	:: they_want -> owner = THEM; they_want = 0; s_hi++; s_token = s_hi; assert(s_hi > seen); seen = s_hi
	:: s_asks != 0 -> owner = US; s_req = s_asks; s_asks = 0; s_hi++; s_token = s_hi; s_end = now_ + TTL
	:: !they_want && s_asks == 0 -> owner = 0
	fi
}

/* Ours ends: nobody here may still believe in it. */
inline end_ours()
{
	assert(until <= now_ && good <= now_);
	give_on()
}

inline answer()
{
	if
	:: q <= s_done && !(fault == LATE_COPY_COUNTS && kind == ACQUIRE) -> what = (kind >= RELEASE -> IS_RELEASED : IS_LOST)
	:: else ->
		if :: q > s_done -> s_done = q - 1 :: else fi;
		if :: s_asks < q -> s_asks = 0 :: else fi;
		if :: owner == US && s_req < q -> end_ours() :: else fi;
		if
		:: kind >= RELEASE ->
			s_done = q; s_asks = 0; what = IS_RELEASED;
			if :: owner == US -> end_ours() :: else fi
		:: kind == RENEW ->
			what = (owner == US && s_token == h -> IS_GRANTED : IS_LOST)
		:: kind == ACQUIRE ->
			if
			:: owner == US
			:: owner != US -> s_asks = q; if :: owner == 0 -> give_on() :: else fi
			fi;
			what = (owner == US -> IS_GRANTED : IS_QUEUED)
		fi
	fi;
	if :: what == IS_GRANTED -> s_end = now_ + TTL :: else fi;
	if
	:: by == role && !killed[role] ->
		answers!!what,q,(what == IS_GRANTED -> s_token : 0),(what == IS_GRANTED -> sent + TTL : 0),(what == IS_GRANTED && they_want)
	:: else
	fi
}

#define COMES(k)                                                                                                  \
	:: net ?? [k,q,h,sent,by] -> net ?? k,q,h,sent,by; kind = k                                               \
	:: net ?? [k,2,h,sent,by] -> net ?? k,2,h,sent,by; kind = k; q = 2                                        \
	:: twice > 0 && net ?? [k,q,h,sent,by] -> net ?? <k,q,h,sent,by>; twice--; kind = k

proctype service()
{
	byte kind, q, h, sent, by, what;

	do
	:: atomic { len(answers) < ROOM && nempty(net) ->
		if
		COMES(ACQUIRE)
		COMES(RENEW)
		COMES(RELEASE)
		COMES(CANCEL)
		fi;
		if
		:: answer()
		:: losses > 0 -> losses--
		fi;
		kind = 0; q = 0; h = 0; sent = 0; by = 0; what = 0 }
	:: atomic { losses > 0 && nempty(answers) -> answers?_,_,_,_,_; losses-- }
	:: atomic { owner == US && now_ >= s_end -> end_ours() }
	:: atomic { turns > 0 && !they_want && owner != THEM && len(answers) < ROOM ->
		turns--; they_want = 1;
		if
		:: owner == US -> if :: role != 0 && !killed[role] -> answers!!IS_CONTENDED,s_req,0,0,1 :: else fi
		:: owner == 0 -> give_on()
		fi }
	:: atomic { owner == THEM -> give_on() }
	:: atomic { now_ < ticks -> now_++ }
	od
}

/* ---- who wants the lock: lock.c, ask.c ---- */

/* seat.h: is_open(), by a clock that is read in the same step */
inline come_in()
{
	assert(inside == 0 && word == _pid);
	assert(IS_OURS(seat_hi));
	assert(seat_hi >= seen);
	seen = seat_hi; inside = _pid; inside_hi = seat_hi
}

proctype asker()
{
	byte n;
	bit closed;

	do
	:: n == rounds -> break
	:: else ->
		n++;
		if
		:: atomic { word == 0 -> word = _pid }
		:: atomic { word != 0 -> waiters++ }; atomic { word == 0 -> word = _pid; waiters-- }
		fi;
		if
		:: atomic { now_ < good -> come_in() }
		:: now_ >= good ->
			do
			:: rung[_pid] = 0;
				asking = 0;
				if
				:: atomic { now_ < good -> come_in() }; break
				:: now_ >= good ->
					asking = _pid;
					bells = 1;
					if
					:: rung[_pid]
					:: atomic { !rung[_pid] && giveups > 0 -> giveups--; asking = 0 }; break
					fi
				fi
			od
		fi;
		if
		:: inside == _pid ->
			if
			:: atomic { stop_at -> good = 0; closed = 1; inside = 0 }
			:: atomic { !stop_at -> inside = 0 }
			fi;
			had++;
			word = 0;
			if
			:: atomic { closed -> bells = 1; closed = 0 }
			:: !closed
			fi
		:: inside != _pid -> word = 0; bells = 1; had++
		fi
	od
}

/* ---- the keeper ---- */

/* tenure.c. The step's own variables: what is known of the tenure, how it looks around, what is to be done. */
#define EMPTY (who == NOBODY && !more)

inline enter(s)
{
	state = s; open = 0; changed = 1; told = 1; due = 1
}

inline revoke()
{
	if :: !revoked -> revoked = 1; stop = 1; changed = 1 :: else fi
}

inline lose()
{
	enter(LOST); again = 1
}

inline hear()
{
	if
	:: ev == IS_UP -> due = 1
	:: ev == DATE -> due = 1
	:: ev != 0 && ev < IS_UP && (e_req == req || fault == NUMBER_UNCHECKED) ->
		if
		:: state == ASKING || state == QUEUED ->
			if
			:: ev == IS_GRANTED ->
				if
				:: e_end <= now_ -> enter(GIVING); hi = e_hi
				:: else ->
					enter(HELD); hi = e_hi; open = 1; deadline = (fault == TIME_FROM_ANSWER -> now_ + TTL : e_end);
					stop = 0; due = 0;
					if :: e_others || revoked -> revoked = 0; revoke() :: else fi
				fi
			:: ev == IS_QUEUED -> told = (state != QUEUED); state = QUEUED; changed = 1
			:: ev == IS_LOST -> enter(NONE)
			:: ev == IS_CONTENDED -> revoked = 1; changed = 1
			:: ev == IS_RELEASED
			fi
		:: state == HELD ->
			if
			:: ev == IS_GRANTED && e_hi == hi ->
				if :: e_end > deadline -> deadline = e_end; changed = 1; told = 1 :: else fi;
				if :: e_others -> revoke() :: else fi
			:: (ev == IS_GRANTED && e_hi != hi) || ev == IS_LOST -> lose()
			:: ev == IS_CONTENDED -> revoke()
			:: ev == IS_QUEUED || ev == IS_RELEASED
			fi
		:: (state == GIVING || state == DROPPING) && (ev == IS_RELEASED || ev == IS_LOST) -> enter(NONE)
		:: else
		fi
	:: else
	fi
}

inline give()
{
	enter(GIVING);
	if :: up -> op = RELEASE :: else fi
}

inline settle()
{
	if
	:: state == NONE ->
		if
		:: who == ASKER && up ->
			enter(ASKING); req++; hi = 0; revoked = 0; op = ACQUIRE;
			assert(req > largest_sent)
		:: else
		fi
	:: state == ASKING || state == QUEUED ->
		if
		:: EMPTY -> enter(DROPPING); if :: up -> op = CANCEL :: else fi
		:: !EMPTY && up && due -> op = ACQUIRE; changed = 1
		:: else
		fi
	:: state == HELD && now_ >= deadline -> lose()
	:: state == HELD && now_ < deadline ->
		if
		:: open && (closed || (ev == DATE && (revoked || EMPTY))) ->
			open = 0; changed = 1; again = 1;
			if :: fault == LOOKED_TOO_EARLY && who != INSIDE -> again = 0; give() :: else fi
		:: open && !(closed || (ev == DATE && (revoked || EMPTY))) -> told = told || who == ASKER
		:: !open && !revoked && !EMPTY -> open = 1; changed = 1; told = 1
		:: !open && (revoked || EMPTY) -> if :: who != INSIDE -> give() :: else fi
		fi;
		if :: state == HELD && !again && up && due && (ev == IS_UP || renewals > 0) -> op = RENEW; changed = 1 :: else fi
	:: state == LOST -> if :: !again && who != INSIDE -> give() :: else fi
	:: state == GIVING -> if :: up && due -> op = RELEASE; changed = 1 :: else fi
	:: state == DROPPING -> if :: up && due -> op = CANCEL; changed = 1 :: else fi
	fi
}

inline read_down()
{
	state = copy[current].state; req = copy[current].req; hi = copy[current].hi; deadline = copy[current].deadline;
	open = copy[current].open; stop = copy[current].stop; revoked = copy[current].revoked
}

/* seat.c: write_down(). Words are stored one by one, in their order: the numbers first, the state last. */
inline write_first()
{
	other = 1 - current;
	if :: fault == COUNTS_TOO_EARLY -> current = other :: else fi;
	copy[other].req = req; copy[other].hi = hi
}

inline write_last()
{
	copy[other].deadline = deadline;
	copy[other].state = state; copy[other].open = open; copy[other].stop = stop; copy[other].revoked = revoked
}

/* seat.c: publish(), and publish_good(). */
#define IS_ANEW (state == HELD && open && anew)

inline store_good()
{
	other = (state == HELD && open -> deadline : 0);
	if
	:: other == 0 || good != 0 || anew -> assert(other <= now_ || IS_OURS(hi)); good = other
	:: else
	fi;
	other = 0
}

inline publish()
{
	if
	:: atomic { fault == OPENED_FIRST -> store_good() }
	:: atomic { fault != OPENED_FIRST && IS_ANEW -> seat_hi = hi }
	:: fault != OPENED_FIRST && !IS_ANEW
	fi;
	atomic {
		assert(state != HELD || deadline <= now_ || IS_OURS(hi));
		if :: fault == GIVEN_WHILE_VALID && state == GIVING :: else -> until = (state == HELD -> deadline : 0) fi
	}
	atomic { stop_at = (state == HELD && open -> stop : 1); if :: fault == OPENED_FIRST && IS_ANEW -> seat_hi = hi :: else fi }
	atomic { store_good() }
}

inline ring()
{
	rung[1] = 1;
#if ASKERS > 1
	rung[2] = 1;
#endif
	told = 0
}

inline submit()
{
	if
	:: op != 0 && len(net) < ROOM ->
		assert(op != RELEASE || inside == 0);
		if :: op == RENEW && ev != IS_UP -> renewals-- :: else fi;
		if :: req > largest_sent -> largest_sent = req :: else fi;
		net!!op,req,hi,now_,role
	:: else
	fi;
	op = 0
}

inline forget_event()
{
	ev = 0; e_req = 0; e_hi = 0; e_end = 0; e_others = 0
}

inline forget_tenure()
{
	state = 0; req = 0; hi = 0; deadline = 0; open = 0; stop = 0; revoked = 0
}

/* term.c: is_done(), unless it is to be looked at again. */
inline rest()
{
	if :: late -> bells = 0; late = 0 :: else fi;
	busy = again; again = 0;
	if :: !busy -> knows = !(state == NONE && !(word != 0 && asking == word)) :: else fi;
	forget_event();
	forget_tenure()
}

/* seat.c: adopt(); term.c: who is to be seen to */
#define IS_PUBLISHED (state == HELD && open && good != 0 && until == deadline)

inline adopt()
{
	atomic {
		read_down();
		if :: fault == GIVING_FORGOTTEN && state == GIVING -> state = NONE; copy[current].state = NONE :: else fi;
		if :: fault == NUMBER_ANEW && state == NONE -> copy[current].req = 0 :: else fi;
		knows = state != NONE || (asking != 0 && fault != ASKERS_FORGOTTEN)
	}
	if
	:: atomic { !knows || fault == ADOPTED_AS_IT_IS }
	:: atomic { knows && fault != ADOPTED_AS_IT_IS && IS_PUBLISHED -> stop_at = stop }
	:: atomic { knows && fault != ADOPTED_AS_IT_IS && !IS_PUBLISHED -> open = 0 };
		publish()
	fi;
	atomic { forget_tenure() }
}

/* Nothing is under way, so that it is time to ask again; there is something to be looked at. */
#define QUIET     (len(net) == 0 && len(answers) == 0)
#define IT_IS     (copy[current].state)
#define IS_EMPTY  (word == 0 && waiters == 0)
#define IS_INSIDE (word != 0 && asking != word)
#define IS_DUE                                                                                      \
	((QUIET && (IT_IS == ASKING || IT_IS == QUEUED || IT_IS == GIVING || IT_IS == DROPPING)) || \
	 (IT_IS == HELD && (now_ >= copy[current].deadline || (QUIET && renewals > 0) ||            \
		(copy[current].open && (copy[current].revoked || IS_EMPTY || good == 0)) ||         \
		(!copy[current].open && !IS_INSIDE))) ||                                            \
	 (IT_IS == LOST && !IS_INSIDE))

/* term.c: hear(). If it is of what no seat knows: send_back(). */
inline hear_of(w)
{
	ev = w;
	if
	:: !knows && len(net) < ROOM && w == IS_GRANTED -> net!!RELEASE,e_req,e_hi,now_,role
	:: !knows && len(net) < ROOM && w == IS_QUEUED -> net!!CANCEL,e_req,0,now_,role
	:: else
	fi;
	busy = knows;
	if :: !knows -> forget_event() :: else fi
}

#define SAYS(w) \
	:: atomic { !busy && up && answers ?? [w,e_req,e_hi,e_end,e_others] -> answers ?? w,e_req,e_hi,e_end,e_others; hear_of(w) }

proctype keeper()
{
	byte state, req, hi, deadline, who, op, ev, e_req, e_hi, e_end, other;
	bit open, stop, revoked, more, closed, was_open, changed, told, again, anew, due, up, knows, busy, late, e_others;

	{
	atomic { role == _pid - ASKERS - 1 && (role == 0 || killed[role]) -> role++ }
	adopt();
	do
	:: atomic { !busy && !up -> up = 1; ev = IS_UP; busy = knows; if :: !knows -> ev = 0 :: else fi }
	:: atomic { !busy && bells -> late = (fault == BELL_TAKEN_LAST); bells = late; busy = 1 }
	SAYS(IS_GRANTED)
	SAYS(IS_QUEUED)
	SAYS(IS_CONTENDED)
	SAYS(IS_RELEASED)
	SAYS(IS_LOST)
	:: atomic { !busy && up && knows && IS_DUE -> ev = DATE; busy = 1 }
	/* seat.c: step() */
	:: atomic { busy -> read_down(); was_open = open; who = word; more = (waiters > 0) }
		atomic { who = (who == 0 -> NOBODY : (asking == who -> ASKER : INSIDE)) }
		atomic {
			closed = open && good == 0;
			hear();
			settle();
			anew = open && !was_open;
			who = 0; more = 0; closed = 0; was_open = 0; due = 0;
			if :: fault == SENT_BEFORE_WRITTEN -> submit() :: else fi
		}
		if
		:: atomic { changed -> write_first() }
			atomic { write_last() }
			atomic { current = other; other = 0; changed = 0 }
			publish()
		:: !changed
		fi;
		if
		:: atomic { told && op != 0 -> ring() }
			atomic { submit(); anew = 0; rest() }
		:: atomic { !(told && op != 0) -> if :: told -> ring() :: else fi; submit(); anew = 0; rest() }
		fi
	od
	} unless {
		/* What it has sent is under way still; what is said to it, nobody hears. */
		atomic {
			killed[_pid - ASKERS];
			do :: nempty(answers) -> answers?_,_,_,_,_ :: empty(answers) -> break od;
			forget_event();
			forget_tenure();
			who = 0; op = 0; more = 0; closed = 0; was_open = 0; changed = 0; told = 0; again = 0; anew = 0;
			due = 0; up = 0; knows = 0; busy = 0; late = 0; other = 0
		}
	}
}

c_decl {
	static int number(const char *name)
	{
		const char *text = getenv(name);

		return text ? atoi(text) : 0;
	}
}

init {
	atomic {
		c_code {
			now.fault = number("FAULT");
			now.kills = number("KILLS");
			now.rounds = number("ROUNDS");
			now.giveups = number("GIVEUPS");
			now.turns = number("TURNS");
			now.ticks = number("TICKS");
			now.losses = number("LOSSES");
			now.twice = number("TWICE");
			now.renewals = number("RENEWALS");
		}
		run asker();
#if ASKERS > 1
		run asker();
#endif
		run keeper(); run keeper();
#if N > 2
		run keeper();
#endif
		run service()
	}
	do
	:: atomic { kills > 0 && role != 0 && !killed[role] -> kills--; killed[role] = 1 }
	:: kills = 0; break
	od;
	timeout -> atomic {
		assert(had == rounds * ASKERS);
		assert(copy[current].state == NONE && owner == 0 && s_asks == 0 && !they_want)
	}
}
