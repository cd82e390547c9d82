/* SPDX-License-Identifier: BSD-2-Clause */
/** mates.h: threads for tests of locks inside a process. A mate does what it is told and says what came of it; a crew is
 * many threads that do one thing all at once.
 *
 * Scenarios of several threads then read top to bottom in one place, and every assertion stays in the main thread, the
 * only one in which cmocka can see it. What a mate works on should be static: after a failed assertion it may live on.
 */
#ifndef PAWL_TESTS_MATES_H
#define PAWL_TESTS_MATES_H

#include <pthread.h>

#include "harness.h"

#define MATE_PATIENCE_NS (30 * NS_PER_S) /* how long anything is waited for before the test counts as hung */
#define MATE_HUNG        (-1000)         /* mate_answer: nothing within that time */

typedef int mate_act(void *arg);
typedef struct mate mate_t;

mate_t *mate_new(void);
/** Tell it to do something, without waiting for the end. */
void mate_ask(mate_t *m, mate_act *act, void *arg);
/** What the last act returned; waits for it. */
int mate_answer(mate_t *m);
/** True if the last act is over. */
bool mate_done(const mate_t *m);
/** mate_ask and mate_answer. */
int mate_do(mate_t *m, mate_act *act, void *arg);
/** Wait until it sleeps inside the act; false if the act ends, or the time passes. */
bool mate_asleep(mate_t *m);
/** The first of these whose act is over; waits for it. It becomes a NULL among them, and NULLs are skipped. NULL: none is. */
mate_t *mate_first(mate_t **mates, unsigned n);
/** Interrupt it by a caught signal, again and again, until its act is over or the time has come. */
void mate_pester(mate_t *m, int64_t until_ns);
pthread_t mate_thread(const mate_t *m);
/** Let an idle one go. */
void mate_end(mate_t *m);

/** In place of a look around, whoever has to wait for a lock inside the process sleeps at once; false: as it is shipped. */
void sleep_at_once(bool yes);

/** What the act returns in a thread that is made for it, has done nothing before and ends after it. */
int in_a_thread(mate_act *act, void *arg);

typedef struct crew crew_t;

/** `n` threads: each runs body(its element of `works`, each of `size` bytes), none before all are there. */
crew_t *crew_start(unsigned n, void (*body)(void *work), void *works, size_t size);
pthread_t crew_thread(const crew_t *crew, unsigned i);
void crew_join(crew_t *crew);
/** Both. */
void crew_run(unsigned n, void (*body)(void *work), void *works, size_t size);

#endif
