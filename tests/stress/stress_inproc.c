/* SPDX-License-Identifier: BSD-2-Clause */
/** stress_inproc.c: the locks inside a process, each in a crowd of 1 to 64 threads, for T seconds in all (3).
 *
 * The scenes take turns, a slice of time each. For every slice it is drawn whether waiters sleep at once or look around
 * first, whether futex_waitv is refused, and whether all threads are interrupted by signals all the time. SEED replays the
 * draw, not the schedule. LONG=1: slices ten times as long. A slice that does not end is reported with its name.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pawl/annotate.h>

#include "core/tune.h"

#include "../lib/tap.h"
#include "stress.h"

enum { HUNG_AFTER_S = 90, MOST_SCENES = 32 };

/* ---- what the hands use ---- */

static uint32_t is_over;

bool over(void)
{
	return __atomic_load_n(&is_over, __ATOMIC_ACQUIRE);
}

uint64_t dice(struct hand *h, uint64_t sides)
{
	return random_next(&h->rng) % sides;
}

void dawdle(struct hand *h)
{
	uint64_t side = dice(h, 128);

	if (side < 8)
		for (uint64_t n = dice(h, 200); n > 0; n--)
			PAWL_CPU_PAUSE();
	else if (side == 8)
		sched_yield();
	else if (side == 9)
		nap_us((long)dice(h, 100));
}

bool answer(struct hand *h, int rc, int otherwise)
{
	if (rc == 0)
		return true;
	h->gave_up++;
	if (rc != otherwise) {
		h->wrong++;
		h->last_wrong = rc;
	}
	return false;
}

/* ---- a slice ---- */

static char where[160];

static void hung(int sig)
{
	ssize_t ignored = write(1, where, strlen(where));

	(void)sig;
	(void)ignored;
	_exit(124);
}

static void interrupted(int sig)
{
	(void)sig;
}

static void catch (int sig, void (*handler)(int))
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler; /* without SA_RESTART: every system call that can be interrupted is */
	sigaction(sig, &action, NULL);
}

static struct hand hands[MOST_THREADS];
static const struct scene *on_stage;

static void play(void *hand)
{
	on_stage->body(hand);
}

/* While they play. */
static void watch(const crew_t *crew, unsigned threads, int64_t until, bool pester, uint64_t *rng)
{
	while (now_ns() < until) {
		if (pester)
			pthread_kill(crew_thread(crew, (unsigned)(random_next(rng) % threads)), SIGUSR1);
		nap_us(pester ? 50 : 1000);
	}
}

static struct hand sum_up(unsigned threads)
{
	struct hand sum = { .of = threads };

	for (unsigned i = 0; i < threads; i++) {
		sum.did += hands[i].did;
		sum.in += hands[i].in;
		sum.out += hands[i].out;
		sum.gave_up += hands[i].gave_up;
		sum.wrong += hands[i].wrong;
		sum.last_wrong = hands[i].wrong ? hands[i].last_wrong : sum.last_wrong;
	}
	return sum;
}

/* Returns what went wrong, or NULL. */
static const char *slice(const struct scene *scene, unsigned threads, int64_t ns, uint64_t *rng, struct hand *sum)
{
	bool sleepy = random_next(rng) % 2, pester = random_next(rng) % 2;
	crew_t *crew;

	pawl__tune.no_waitv = random_next(rng) % 4 == 0;
	sleep_at_once(sleepy);
	snprintf(where, sizeof(where), "not ok 999999 - hung: %s, %u threads%s%s%s\n", scene->name, threads,
		sleepy ? ", sleeping at once" : "", pester ? ", signals" : "", pawl__tune.no_waitv ? ", no waitv" : "");
	alarm(HUNG_AFTER_S);
	scene->begin(threads, rng);
	memset(hands, 0, sizeof(hands));
	for (unsigned i = 0; i < threads; i++)
		hands[i] = (struct hand){ .index = i, .of = threads, .rng = random_next(rng) };
	on_stage = scene;
	__atomic_store_n(&is_over, 0, __ATOMIC_RELEASE);
	crew = crew_start(threads, play, hands, sizeof(hands[0]));
	watch(crew, threads, now_ns() + ns, pester, rng);
	__atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
	crew_join(crew);
	*sum = sum_up(threads);
	if (sum->wrong)
		tap_note("%llu answers that may not be, among them %d", (unsigned long long)sum->wrong, sum->last_wrong);
	return sum->wrong ? "an answer that may not be" : scene->end(sum);
}

/* ---- all of them, in turn ---- */

static struct part {
	const struct scene *scene;
	uint64_t slices, did, gave_up;
	bool failed;
} parts[MOST_SCENES];

static unsigned collect(void)
{
	const struct scene *const all[] = { mutex_scenes, tokens_scenes, chan_scenes, select_scenes };
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (const struct scene *scene = all[i]; scene->name; scene++)
			parts[n++].scene = scene;
	return n;
}

static void perform(struct part *p, unsigned turn, int64_t ns, uint64_t *rng)
{
	static const unsigned crowds[] = { 2, 3, 64, 1, 4, 16, 8, 32 };
	unsigned threads = crowds[turn % (sizeof(crowds) / sizeof(*crowds))];
	struct hand sum;
	const char *why;

	if (p->failed)
		return;
	threads = threads < p->scene->least ? p->scene->least : threads;
	why = slice(p->scene, threads, ns, rng, &sum);
	p->slices++;
	p->did += sum.did;
	p->gave_up += sum.gave_up;
	if (why) {
		p->failed = true;
		tap_ok(false, "%s, %u threads: %s (%.*s)", p->scene->name, threads, why, (int)strcspn(where + 16, "\n"),
			where + 16);
	}
}

int main(void)
{
	int64_t seconds = env_long("T", 3), slice_ns = (env_long("LONG", 0) ? 300 : 30) * NS_PER_MS;
	int64_t until = now_ns() + seconds * NS_PER_S;
	uint64_t rng = seed_of_run();
	unsigned n = collect();

	catch (SIGALRM, hung);
	catch (SIGUSR1, interrupted);
	for (unsigned turn = 0; turn == 0 || now_ns() < until; turn++)
		for (unsigned i = 0; i < n; i++)
			perform(&parts[i], turn + i, slice_ns, &rng);
	for (unsigned i = 0; i < n; i++)
		if (!parts[i].failed)
			tap_ok(parts[i].did > 0, "%s: %llu in %llu slices, gave up %llu", parts[i].scene->name,
				(unsigned long long)parts[i].did, (unsigned long long)parts[i].slices,
				(unsigned long long)parts[i].gave_up);
	return tap_done();
}
