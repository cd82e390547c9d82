/* SPDX-License-Identifier: BSD-2-Clause */
/** mates.c: the mailbox of a mate, the start gate of a crew (mates.h). */
#include "mates.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/tune.h"

struct mate {
	uint32_t asked, taken, answered; /* sequence numbers; the three are equal when it is idle */
	uint32_t born;
	mate_act *act; /* NULL: go */
	void *arg;
	int rc;
	pid_t tid;
	pthread_t thread;
};

static void *must_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory) {
		perror("mates");
		exit(1);
	}
	return memory;
}

static void must_start(pthread_t *thread, void *(*body)(void *), void *arg)
{
	int rc = pthread_create(thread, NULL, body, arg);

	if (rc) {
		fprintf(stderr, "mates: pthread_create: error %d\n", rc);
		exit(1);
	}
}

/* ---- mates ---- */

static void *live(void *arg)
{
	mate_t *m = arg;

	m->tid = (pid_t)syscall(SYS_gettid);
	word_bump(&m->born);
	for (uint32_t seq = 0;; seq++) {
		word_wait(&m->asked, seq, INT64_MAX);
		__atomic_store_n(&m->taken, seq + 1, __ATOMIC_RELEASE);
		if (!m->act)
			return NULL;
		m->rc = m->act(m->arg);
		word_bump(&m->answered);
	}
}

mate_t *mate_new(void)
{
	mate_t *m = must_alloc(sizeof(*m));

	must_start(&m->thread, live, m);
	word_wait(&m->born, 0, INT64_MAX);
	return m;
}

void mate_ask(mate_t *m, mate_act *act, void *arg)
{
	m->act = act;
	m->arg = arg;
	word_bump(&m->asked);
}

bool mate_done(const mate_t *m)
{
	return __atomic_load_n(&m->answered, __ATOMIC_ACQUIRE) == m->asked;
}

int mate_answer(mate_t *m)
{
	if (!mate_done(m) && !word_wait(&m->answered, m->asked - 1, MATE_PATIENCE_NS)) {
		fprintf(stderr, "# a mate hangs: %s\n", where_is(getpid(), m->tid));
		return MATE_HUNG;
	}
	return m->rc;
}

int mate_do(mate_t *m, mate_act *act, void *arg)
{
	mate_ask(m, act, arg);
	return mate_answer(m);
}

bool mate_asleep(mate_t *m)
{
	int64_t until = now_ns() + MATE_PATIENCE_NS;

	/* Before `taken` it may sleep in its mailbox, which does not count. */
	while (__atomic_load_n(&m->taken, __ATOMIC_ACQUIRE) != m->asked || !asleep_in_futex(getpid(), m->tid)) {
		if (mate_done(m) || now_ns() > until)
			return false;
		nap_us(10);
	}
	return !mate_done(m);
}

mate_t *mate_first(mate_t **mates, unsigned n)
{
	int64_t until = now_ns() + MATE_PATIENCE_NS;
	mate_t *first = NULL;

	while (!first && now_ns() < until) {
		for (unsigned i = 0; i < n && !first; i++)
			if (mates[i] && mate_done(mates[i])) {
				first = mates[i];
				mates[i] = NULL;
			}
		if (!first)
			nap_us(10);
	}
	return first;
}

static void on_signal(int signal)
{
	(void)signal;
}

void mate_pester(mate_t *m, int64_t until_ns)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal; /* without SA_RESTART: every system call that can be interrupted is */
	sigaction(SIGUSR1, &action, NULL);
	do {
		pthread_kill(m->thread, SIGUSR1);
		nap_us(50);
	} while (now_ns() < until_ns && !mate_done(m));
}

pthread_t mate_thread(const mate_t *m)
{
	return m->thread;
}

void mate_end(mate_t *m)
{
	mate_ask(m, NULL, NULL);
	pthread_join(m->thread, NULL);
	free(m);
}

int in_a_thread(mate_act *act, void *arg)
{
	mate_t *m = mate_new();
	int rc = mate_do(m, act, arg);

	if (rc != MATE_HUNG)
		mate_end(m);
	return rc;
}

void sleep_at_once(bool yes)
{
	static struct pawl__tune shipped;

	if (shipped.slice_ns == 0)
		shipped = pawl__tune;
	pawl__tune.own_spin_ns = yes ? 0 : shipped.own_spin_ns;
	pawl__tune.crowd_spin_ns = yes ? 0 : shipped.crowd_spin_ns;
	pawl__tune.nap_ns = yes ? 0 : shipped.nap_ns;
}

/* ---- crews ---- */

struct crew {
	struct gate gate;
	unsigned n;
	void (*body)(void *work);
	struct hand {
		crew_t *crew;
		void *work;
		pthread_t thread;
	} hands[];
};

static void *work(void *arg)
{
	struct hand *h = arg;

	gate_wait(&h->crew->gate);
	h->crew->body(h->work);
	return NULL;
}

crew_t *crew_start(unsigned n, void (*body)(void *work), void *works, size_t size)
{
	crew_t *crew = must_alloc(sizeof(*crew) + n * sizeof(crew->hands[0]));

	crew->n = n;
	crew->body = body;
	for (unsigned i = 0; i < n; i++) {
		crew->hands[i].crew = crew;
		crew->hands[i].work = (char *)works + i * size;
		must_start(&crew->hands[i].thread, work, &crew->hands[i]);
	}
	if (!gate_open(&crew->gate, n, MATE_PATIENCE_NS)) {
		fprintf(stderr, "mates: a crew does not come to its gate\n");
		exit(1);
	}
	return crew;
}

pthread_t crew_thread(const crew_t *crew, unsigned i)
{
	return crew->hands[i].thread;
}

void crew_join(crew_t *crew)
{
	for (unsigned i = 0; i < crew->n; i++)
		pthread_join(crew->hands[i].thread, NULL);
	free(crew);
}

void crew_run(unsigned n, void (*body)(void *work), void *works, size_t size)
{
	crew_join(crew_start(n, body, works, size));
}
