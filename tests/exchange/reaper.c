/* SPDX-License-Identifier: BSD-2-Clause */
/* reaper.c: hires workers, kills them at random, hires others in their place, and sees that all is
 * over in the end.
 *
 * Three of four victims are told to kill themselves (doom.c says why), the fourth is killed from
 * here. The time of death is noted before the kill, so that the heir of a lock can tell how long it
 * took. This process never opens the space while it forks: every worker finds it by name, as a
 * stranger would.
 */
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"

#define TICK_NS       INT64_C(10000000)
#define LOOK_NS       INT64_C(100000000)
#define DOOM_NS       INT64_C(200000)    /* at most; short delays are likelier */
#define OBEY_NS       INT64_C(250000000) /* a victim whose buyers all wait for so long is killed from here */
#define KILL_EVERY_NS INT64_C(20000000)
#define KILL_HOST_NS  INT64_C(100000000) /* between hosts: let a keeper get something done */

struct reaper {
	struct exchange *x;
	struct outcome *out;
	uint64_t serial, rng;
	int64_t start_ns, next_kill_ns, next_look_ns, grant_ns;
	uint64_t grants;
	int64_t doomed_ns[MAX_PLACES];
	unsigned seated;
	struct frost frost;
	sigset_t signals;
};

static bool hire(struct reaper *r, unsigned i)
{
	struct place *p = &r->x->places[i];
	pid_t parent = getpid(), pid;

	p->serial = ++r->serial;
	PAWL_STORE(&p->doom, 0u, RELEASE);
	r->doomed_ns[i] = 0;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			worker_run(r->x, i);
		_exit(EXIT_BROKEN);
	}
	if (pid < 0) {
		fprintf(stderr, "exchange: a worker: %s; ask for fewer --workers\n", strerror(errno));
		r->out->failed++;
		return false;
	}
	p->pid = pid;
	r->seated++;
	return true;
}

/* Had it the lock that it thought it held? Between hosts it may have lost that before, and the next owner was told then. */
static bool owned(const struct exchange *x, unsigned place, unsigned thread)
{
	const struct lane *lane = &x->lanes[place * x->opt->threads + thread];

	return x->url == NULL || x->books[lane->order].owner == (lane->serial << 16 | (thread + 1));
}

/* What the victim's buyers were doing when the end came. */
static void examine(struct reaper *r, unsigned i)
{
	struct exchange *x = r->x;
	bool inside = false, holding = false;

	for (unsigned t = 0; t < x->opt->threads; t++) {
		struct lane *lane = &x->lanes[i * x->opt->threads + t];

		if (lane->serial != x->places[i].serial)
			continue; /* it had not sat down yet */
		lane->deaths++;
		inside |= lane->phase != PHASE_OUT;
		if (lane->phase == PHASE_HOLD) {
			holding = true;
			x->books[lane->order].died += owned(x, i, t);
		}
	}
	r->out->kills++;
	r->out->inside += inside;
	r->out->holding += holding;
}

/* A killed thread that is off its CPU dies when it gets one again, and its heir waits that long. */
static void note_exit(struct reaper *r, int64_t took_ns)
{
	if (took_ns > r->out->slowest_exit_ns)
		r->out->slowest_exit_ns = took_ns;
}

static void bury(struct reaper *r, unsigned i, int status)
{
	struct place *p = &r->x->places[i];
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && r->x->deaths[p->serial] != 0;

	if (killed) {
		examine(r, i);
		note_exit(r, clock_ns() - r->x->deaths[p->serial]);
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "exchange: worker %d ended by itself: %s %d\n", (int)p->pid,
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		r->out->failed++;
	}
	p->pid = 0;
	r->seated--;
}

static void collect(struct reaper *r)
{
	int status;

	for (unsigned i = 0; i < r->x->opt->workers; i++) {
		pid_t pid = r->x->places[i].pid;

		if (pid != 0 && waitpid(pid, &status, WNOHANG) == pid)
			bury(r, i, status);
	}
}

static void refill(struct reaper *r)
{
	for (unsigned i = 0; i < r->x->opt->workers; i++) {
		if (r->x->places[i].pid == 0 && r->serial + 1 < MAX_SERIALS && !freeze_holds(r->x, i) && !hire(r, i))
			return;
	}
}

static void kill_from_here(struct reaper *r, unsigned i)
{
	int64_t nobody = 0;

	(void)!PAWL_CAS(&r->x->deaths[r->x->places[i].serial], &nobody, clock_ns(), ACQ_REL);
	kill(r->x->places[i].pid, SIGKILL);
}

static void choose_victim(struct reaper *r, int64_t now)
{
	unsigned i = (unsigned)random_below(&r->rng, r->x->opt->workers);

	if (r->x->places[i].pid == 0 || r->doomed_ns[i] != 0 || freeze_nears(r->x, i))
		return;
	r->doomed_ns[i] = now;
	if (random_below(&r->rng, 4) == 0)
		kill_from_here(r, i);
	else
		PAWL_STORE(&r->x->places[i].doom, 500 + random_below(&r->rng, 1 + random_below(&r->rng, DOOM_NS)), RELEASE);
}

static void kill_the_overdue(struct reaper *r, int64_t now)
{
	for (unsigned i = 0; i < r->x->opt->workers; i++) {
		if (r->x->places[i].pid != 0 && r->doomed_ns[i] != 0 && now - r->doomed_ns[i] > OBEY_NS &&
			!freeze_holds(r->x, i))
			kill_from_here(r, i);
	}
}

/* Twice as fast as the wanted number needs, and at least fifty a second, or ten. */
static int64_t until_next_kill(struct reaper *r)
{
	int64_t mean = r->x->opt->run_ns / (2 * (int64_t)r->x->opt->kills);
	int64_t most = r->x->url != NULL ? KILL_HOST_NS : KILL_EVERY_NS;

	mean = mean < most ? mean : most;
	return (int64_t)random_below(&r->rng, 2 * (uint64_t)mean + 1);
}

static void reap(struct reaper *r, int64_t now)
{
	if (r->x->opt->kills == 0)
		return;
	kill_the_overdue(r, now);
	if (now < r->next_kill_ns)
		return;
	choose_victim(r, now);
	r->next_kill_ns = now + until_next_kill(r);
}

/* Progress, and the watchdog: false when nobody gets anything any more. */
static bool look(struct reaper *r, int64_t now)
{
	struct totals t;

	if (now < r->next_look_ns)
		return true;
	r->next_look_ns = now + LOOK_NS;
	watch_progress(r->x, r->out, now - r->start_ns);
	watch_totals(r->x, &t);
	if (t.grants != r->grants)
		r->grant_ns = now;
	r->grants = t.grants;
	r->out->hung = watch_stuck(r->x, r->grant_ns);
	return !r->out->hung;
}

static void rest(struct reaper *r)
{
	int64_t now = clock_ns(), until = r->next_kill_ns - now;
	struct timespec time = { 0 };
	int sig;

	if (until <= 0 || until > TICK_NS)
		until = TICK_NS;
	time.tv_nsec = until;
	sig = sigtimedwait(&r->signals, NULL, &time);
	if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
		r->out->signal = sig;
}

/* Long enough, and enough kills; or so long that they will never be enough. */
static bool time_is_up(struct reaper *r, int64_t now)
{
	const struct options *o = r->x->opt;
	int64_t ran = now - r->start_ns;

	if (ran < o->run_ns)
		return false;
	if (r->out->kills >= o->kills && r->frost.done >= o->freezes)
		return true;
	r->out->too_few = ran > 4 * o->run_ns + INT64_C(30000000000) || r->serial + 1 == MAX_SERIALS;
	return r->out->too_few;
}

static bool in_order(const struct reaper *r)
{
	return !r->out->hung && r->out->failed == 0 && r->out->signal == 0;
}

static void open_hours(struct reaper *r)
{
	int64_t now;

	while (in_order(r) && !time_is_up(r, now = clock_ns())) {
		collect(r);
		refill(r);
		reap(r, now);
		freeze_go_on(&r->frost, r->x, now);
		if (look(r, now))
			rest(r);
	}
}

static void kill_all(struct reaper *r)
{
	for (unsigned i = 0; i < r->x->opt->workers; i++) {
		if (r->x->places[i].pid != 0)
			kill_from_here(r, i);
	}
	for (unsigned i = 0; i < r->x->opt->workers; i++) {
		if (r->x->places[i].pid != 0) {
			waitpid(r->x->places[i].pid, NULL, 0);
			r->x->places[i].pid = 0;
		}
	}
}

/* Everybody finishes the round at hand and goes home: nobody new comes to wake one whom a death
 * left asleep. */
static void closing_time(struct reaper *r)
{
	int64_t until = clock_ns() + r->x->opt->patience_ns;

	PAWL_STORE(&r->x->board->stop, 1u, RELEASE);
	freeze_end(r->x);
	while (in_order(r) && r->seated > 0) {
		collect(r);
		r->out->hung = r->seated > 0 && clock_ns() > until;
		if (r->seated > 0 && !r->out->hung)
			rest(r);
	}
	watch_progress_end();
	if (r->out->hung)
		watch_dump(r->x);
	kill_all(r);
}

/* From here on they are waited for, not suffered; workers inherit that, and are ended by SIGKILL
 * alone. */
void reaper_block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGCHLD);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGHUP);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

void reaper_run(struct exchange *x, const sigset_t *signals, struct outcome *out)
{
	struct reaper r = { .x = x, .out = out, .rng = x->opt->seed + 1, .signals = *signals };

	*out = (struct outcome){ 0 };
	r.start_ns = r.grant_ns = clock_ns();
	r.next_kill_ns = x->opt->kills == 0 ? INT64_MAX : r.start_ns + until_next_kill(&r);
	freeze_plan(&r.frost, x->opt, r.start_ns);
	open_hours(&r);
	out->freezes = r.frost.done;
	out->elapsed_ns = clock_ns() - r.start_ns;
	closing_time(&r);
}
