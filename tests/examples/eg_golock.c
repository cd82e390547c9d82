/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_golock.c: the lock that Go programmers make of a channel, line by line: Go on the right, C on the left. What lies in
 * the channel is the right to go on: who gets it out has the lock, and who finds nothing does something else instead of
 * waiting. Ten try, once each. (eg_caslock.c is the same program over a compare-and-swap.)
 *
 * Prints: 10 lines of current counter [0-9]+|lock failed
 */
#include <pthread.h>
#include <stdio.h>

#include <pawl/chan.h>

/* clang-format off */

/* A lock that is tried. */
typedef struct lock {                                           /* type Lock struct { */
	pawl_tokens_t c;                                        /*     c chan struct{} */
} lock_t;                                                       /* } */

/* A free one. */
static lock_t lock_new(void)                                    /* func NewLock() Lock { */
{
	lock_t l;                                               /*     var l Lock */

	pawl_tokens_init(&l.c, 1, 0);                           /*     l.c = make(chan struct{}, 1) */
								/*     l.c <- struct{}{} */
	return l;                                               /*     return l */
}                                                               /* } */

/* True: the caller has it. */
static bool lock_try(lock_t *l) PAWL_NO_ANALYSIS                /* func (l Lock) Lock() bool { */
{
	bool result = false;                                    /*     lockResult := false */

	switch (pawl_tokens_take(&l->c, PAWL_TRY)) {            /*     select { */
	case 0:                                                 /*     case <-l.c: */
		result = true;                                  /*         lockResult = true */
		break;
	default:                                                /*     default: */
		break;
	}                                                       /*     } */
	return result;                                          /*     return lockResult */
}                                                               /* } */

static void lock_give(lock_t *l) PAWL_NO_ANALYSIS               /* func (l Lock) Unlock() { */
{
	pawl_tokens_put(&l->c);                                 /*     l.c <- struct{}{} */
}                                                               /* } */

static int counter;                                             /* var counter int */

static void *once(void *arg)                                    /* go func() { */
{
	lock_t *l = (lock_t *)arg;                              /*     defer wg.Done() */

	if (!lock_try(l)) {                                     /*     if !l.Lock() { */
		printf("lock failed\n");                        /*         println("lock failed") */
		return NULL;                                    /*         return */
	}                                                       /*     } */
	counter++;                                              /*     counter++ */
	printf("current counter %d\n", counter);                /*     println("current counter", counter) */
	lock_give(l);                                           /*     l.Unlock() */
	return NULL;
}                                                               /* }() */

int main(void)                                                  /* func main() { */
{
	lock_t l = lock_new();                                  /*     var l = NewLock() */
	pthread_t wg[10];                                       /*     var wg sync.WaitGroup */

	for (int i = 0; i < 10; i++)                            /*     for i := 0; i < 10; i++ { */
		pthread_create(&wg[i], NULL, once, &l);         /*         wg.Add(1); go func() ... */
	for (int i = 0; i < 10; i++)                            /*     } */
		pthread_join(wg[i], NULL);                      /*     wg.Wait() */
	return 0;
}                                                               /* } */
