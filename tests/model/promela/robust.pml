/* SPDX-License-Identifier: BSD-2-Clause
 *
 * robust.pml: the crash-robust lock and its liveness slots, whole: every order of all steps, who is killed at whichever step.
 *
 * What it mirrors, step for step, is listed in `mirrors`, by file and function. Memory is sequentially consistent here and slices
 * never end; the explorer next door runs the very source, with store buffers, but not all orders of four threads.
 *
 *   mirrored            lock's word, tokens, slot states; both words compared one after the other as a sleep begins; a wake takes
 *                       any sleeper; wake two, look back, wake before take-over, pass on, register and re-validate; claiming the
 *                       slot of one who has died; the kernel's walk: mark, then wake one, as two steps
 *   left out            TURN and hunger, nesting, POISON, siblings (F1, F2), two locks, leaving
 *
 * Safety: one inside; a death inside is told of to the next owner, and to one only; tokens grow; nobody who lives sleeps when
 * nobody else can do anything. pan is made once for each N; what is to be tried comes by the environment:
 *   KILLS, LATE   how many may be killed; whether T1 has a deadline (1)
 *   REUSE         T(N) joins late: in a slot of its own, or in that of one who has died
 *   SAME          ... with the TID of that one, as in another PID namespace: one sleeper is lost then, who was in the middle of
 *                 futex_waitv all the time that the slot changed hands. That is left to the slice
 *   FAULT         which planted fault is in: see FAULTS; 0: none
 */
#ifndef N
#define N 3
#endif

/* Planted faults. Which are found by what is in promela.sh; NO_LOOK_BACK, NO_WAKE_BEFORE, NO_PASS_ON, NOT_LOOKED_AT_AGAIN,
 * STATE_BEFORE_TOKEN and CLAIM_WAKES_NOBODY do not show with three threads and one death, and are here for larger runs. */
#define WAKES_ONE            1
#define NO_LOOK_BACK         2
#define NO_WAKE_BEFORE       3
#define NO_PASS_ON           4
#define SLEPT_WITHOUT_W      5
#define NO_WAKE              6
#define TOKEN_NOT_MARKED     7
#define NOT_LOOKED_AT_AGAIN  8
#define STATE_BEFORE_TOKEN   9
#define CLAIM_WAKES_NOBODY   10
#define UNTOLD               11
#define INC_STANDS_STILL     12
#define WAKE_BEFORE_STORE    13
#define WORD_ALONE           14
#define TAKES_THE_LIVING     15
#define COUNT_FORGOTTEN      16
#define OWNER_UNCHECKED      17

/* A lock's word: slot | incarnation << 3 | bits. */
#define SLOT(w) ((w) & 7)
#define ID(w)   ((w) & 15)
#define W       16
#define INCONS  32

/* A token: whether it has a thread, and the TID of that one: T(N)'s differs from the others', which are never in the same slot. */
#define TID      1
#define WAITED   2
#define DIED     4
#define LATECOMER 8
#define TID_OF   (TID | ((_pid == N && !same) * LATECOMER))

#define FREE     0
#define CLAIMING 1
#define OWNED    2
#define INC(s)   ((s) >> 2)

byte fault, kills, late, reuse, same;

byte word, grant;
byte token[N + 1], state[N + 1]; /* by slot */
bit alive[N + 1], done[N + 1], buried[N + 1], on_word[N + 1], woken[N + 1];
byte on_token[N + 1]; /* by thread: whose token it sleeps on */
byte holds[N + 1];    /* by thread: the slot whose token it has locked */
byte me_of[N + 1];    /* by thread: its id; 0 before it has joined */

/* The checker's. */
byte inside, seen;
bit owed;

inline rouse(i)
{
	on_word[i] = 0;
	on_token[i] = 0;
	woken[i] = 1;
}

inline wake_word(n)
{
	atomic {
		c = n;
		do
		:: c > 0 && on_word[1] -> rouse(1); c--
		:: c > 0 && on_word[2] -> rouse(2); c--
		:: c > 0 && on_word[3] -> rouse(3); c--
#if N > 3
		:: c > 0 && on_word[4] -> rouse(4); c--
#endif
		:: else -> break
		od;
		c = 0
	}
}

inline wake_token(s, n)
{
	atomic {
		c = n;
		do
		:: c > 0 && on_token[1] == s -> rouse(1); c--
		:: c > 0 && on_token[2] == s -> rouse(2); c--
		:: c > 0 && on_token[3] == s -> rouse(3); c--
#if N > 3
		:: c > 0 && on_token[4] == s -> rouse(4); c--
#endif
		:: else -> break
		od;
		c = 0
	}
}

/* live.c: claim(), once a slot has been chosen. */
inline join()
{
	do
	:: me_of[_pid] != 0 -> break
	:: else ->
		if
		:: s = N
		:: s = 1
		:: s = 2
		fi;
		atomic { v = state[s] }
		atomic { t = token[s] }
		if
		:: (v & 3) == FREE || ((v & 3) == OWNED && ((t & TID) == 0 || fault == TAKES_THE_LIVING)) ->
			atomic {
				if
				:: state[s] == v ->
					state[s] = ((INC(v) + (fault != INC_STANDS_STILL)) << 2) | CLAIMING; ok = 1
				:: else -> ok = 0
				fi
			}
			if
			:: ok ->
				if
				:: fault != CLAIM_WAKES_NOBODY && ((t & DIED) || (v & 3) == OWNED) -> wake_token(s, N)
				:: else
				fi;
				atomic { /* trylock, and the list */
					if
					:: (token[s] & TID) == 0 ->
						token[s] = (token[s] & WAITED) | TID_OF; holds[_pid] = s; ok = 1
					:: else -> ok = 0
					fi
				}
				if
				:: ok ->
					atomic {
						state[s] = (state[s] & 252) | OWNED;
						me_of[_pid] = s | ((INC(state[s]) & 1) << 3)
					}
				:: else
				fi
			:: else
			fi
		:: else
		fi;
		v = 0; t = 0; s = 0; ok = 0
	od
}

/* The next steps of a thread are atomic each, with whatever it decides by what it knows already: a step touches shared memory once.
 * v: the word as seen; t: the token of its owner, as seen. ok: what has just been asked is so. */

/* live.c: is_alive(), its second load. */
inline look_at_state()
{
	ok = (state[SLOT(v)] & 3) == OWNED && (INC(state[SLOT(v)]) & 1) == ID(v) >> 3 && (t & TID);
	ok = ok || fault == OWNER_UNCHECKED
}

/* live.c: register(), once the token is marked. */
inline look_again()
{
	ok = (INC(state[SLOT(v)]) & 1) == ID(v) >> 3 || fault == NOT_LOOKED_AT_AGAIN
}

/* robust.h: take_free(); wait.c: take(). */
inline take(bits)
{
	if
	:: word == 0 -> word = me_of[_pid] | bits; ok = 1
	:: else -> ok = 0
	fi
}

/* wait.c: take_over(), its last step. */
inline take_over()
{
	if
	:: word == v -> word = me_of[_pid] | W | INCONS; told = (fault != UNTOLD); ok = 1
	:: else -> ok = 0
	fi
}

/* live.c: register(); wait.c: sleep_behind(). ok: it may sleep. */
inline announce()
{
	if
	:: atomic { (t & WAITED) == 0 && fault != TOKEN_NOT_MARKED ->
		if
		:: token[SLOT(v)] == t -> token[SLOT(v)] = t | WAITED; t = t | WAITED
		:: else -> ok = 0
		fi };
		if
		:: atomic { ok -> look_again() }
		:: !ok
		fi
	:: atomic { (t & WAITED) || fault == TOKEN_NOT_MARKED -> look_again() }
	fi;
	if
	:: atomic { ok && (v & W) == 0 ->
		if
		:: word == v -> word = v | W; v = v | W
		:: else -> ok = 0
		fi }
	:: !(ok && (v & W) == 0)
	fi
}

/* park.c: futex_waitv on the word, then the token. */
inline park()
{
	atomic {
		add = W;
		slept = SLOT(v);
		woken[_pid] = 0;
		if
		:: word == v -> on_word[_pid] = 1
		:: else -> ok = 0
		fi
	}
	if
	:: atomic { ok && fault != WORD_ALONE ->
		if
		:: token[SLOT(v)] == t -> if :: !woken[_pid] -> on_token[_pid] = SLOT(v) :: else fi
		:: else -> on_word[_pid] = 0; woken[_pid] = 0; ok = 0
		fi }
	:: !ok || fault == WORD_ALONE
	fi;
	if
	:: atomic { !ok || woken[_pid] -> woken[_pid] = 0; v = 0; t = 0; ok = 0 }
	:: atomic { ok && late && _pid == 1 && !woken[_pid] ->
		on_word[_pid] = 0; on_token[_pid] = 0; expired = 1; v = 0; t = 0; ok = 0 }
	fi
}

/* robust.h, robust.c: the grant is counted. */
inline enter()
{
	assert(inside == 0 || !alive[inside]);
	assert(told || !owed);
	inside = _pid;
	if :: told -> owed = 0 :: else fi;
	if :: fault != COUNT_FORGOTTEN -> grant++ :: else fi;
	assert(grant > seen);
	seen = grant
}

/* robust.c: consistent(), release(), give(). */
inline leave()
{
	atomic {
		inside = 0;
		if
		:: told -> word = word & ~INCONS
		:: else
		fi
	}
	atomic {
		if
		:: word == me_of[_pid] -> word = 0; ok = 1
		:: else -> ok = 0
		fi
	}
	if
	:: ok
	:: atomic { !ok && fault == WAKE_BEFORE_STORE -> wake_word(2) }; word = 0
	:: atomic { !ok && fault == NO_WAKE -> word = 0 }
	:: atomic { !ok && fault == WAKES_ONE -> word = 0 }; wake_word(1)
	:: atomic { !ok && fault != WAKE_BEFORE_STORE && fault != NO_WAKE && fault != WAKES_ONE -> word = 0 }; wake_word(2)
	fi
}

proctype thread()
{
	byte v, t, s, c, add, slept;
	bit ok, expired, told;

	{
	join();
	atomic { take(0) }
	do
	:: atomic { ok -> enter() }; break
	:: atomic { !ok -> ok = slept != 0 && fault != NO_LOOK_BACK && (token[slept] & TID) == 0 };
		if
		:: atomic { ok -> wake_token(slept, N) }; atomic { slept = 0; ok = 0; v = word }
		:: atomic { !ok -> slept = 0; v = word }
		fi;
		if
		:: atomic { v == 0 -> take((fault == SLEPT_WITHOUT_W -> 0 : add)) }
		:: atomic { v != 0 ->
			if
			:: fault == STATE_BEFORE_TOKEN -> s = state[SLOT(v)]
			:: else -> t = token[SLOT(v)]
			fi };
			atomic {
				if
				:: fault == STATE_BEFORE_TOKEN ->
					t = token[SLOT(v)];
					ok = (s & 3) == OWNED && (INC(s) & 1) == ID(v) >> 3 && (t & TID); s = 0
				:: else -> look_at_state()
				fi
			}
			if
			:: atomic { !ok -> wake_token(SLOT(v), N) };
				if
				:: atomic { (v & W) && fault != NO_WAKE_BEFORE -> wake_word(1) }; atomic { take_over(); v = 0; t = 0 }
				:: atomic { !((v & W) && fault != NO_WAKE_BEFORE) -> take_over(); v = 0; t = 0 }
				fi
			:: atomic { ok && expired ->
				if
				:: add != 0 && fault != NO_PASS_ON -> wake_word(1)
				:: else
				fi }; goto out
			:: ok && !expired ->
				announce();
				if
				:: ok -> park()
				:: atomic { !ok -> v = 0; t = 0 }
				fi
			fi
		fi
	od;
	leave();
out:
	atomic { done[_pid] = 1; v = 0; t = 0; s = 0; add = 0; slept = 0; ok = 0; expired = 0; told = 0 }
	} unless {
		/* It has been killed; the kernel does the rest, in its own time. Until here it may have used up a wake. */
		atomic {
			!alive[_pid];
			on_word[_pid] = 0; on_token[_pid] = 0; woken[_pid] = 0;
			v = 0; t = 0; c = 0; add = 0; slept = 0; ok = 0; expired = 0; told = 0;
			s = holds[_pid]; holds[_pid] = 0; me_of[_pid] = 0;
			if
			:: s != 0 -> ok = (token[s] & WAITED) != 0; token[s] = (token[s] & WAITED) | DIED
			:: else
			fi
		}
		if
		:: ok -> wake_token(s, 1)
		:: else
		fi;
		atomic { buried[_pid] = 1; ok = 0; s = 0 }
	}
}

/* SIGKILL. */
inline kill(i)
{
	atomic {
		alive[i] = 0;
		owed = owed || (inside == i && ID(word) == me_of[i]);
		kills--
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
	byte s;

	atomic {
		c_code {
			now.fault = number("FAULT");
			now.kills = number("KILLS");
			now.late = number("LATE");
			now.reuse = number("REUSE");
			now.same = number("SAME");
		}
		for (s : 1 .. N) {
			alive[s] = 1;
			if
			:: s < N || !reuse ->
				token[s] = TID; state[s] = OWNED; holds[s] = s; me_of[s] = s
			:: else
			fi
		}
		s = 0;
		run thread(); run thread(); run thread();
#if N > 3
		run thread();
#endif
	}
	do
	:: atomic { kills > 0 && alive[1] && !done[1] -> kill(1) }
	:: atomic { kills > 0 && alive[2] && !done[2] -> kill(2) }
	:: atomic { kills > 0 && alive[3] && !done[3] -> kill(3) }
#if N > 3
	:: atomic { kills > 0 && alive[4] && !done[4] -> kill(4) }
#endif
	:: kills = 0; break
	od;
	timeout -> atomic {
		assert(done[1] || buried[1]);
		assert(done[2] || buried[2]);
		assert(done[3] || buried[3]);
#if N > 3
		assert(done[4] || buried[4])
#endif
	}
}
