/* SPDX-License-Identifier: BSD-2-Clause */
/** scene.c: plays one scene of the kill sweep, point by point, and judges it (scene.h). */
#include "scene.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/tune.h"
#include "space/word.h"

#include "tap.h"

struct victim *scene_victim;

static const struct target *target;
static struct actor *holder, *sleeper[2], *barger, *prober;

/* Of the point that is being played. */
static const struct scene *now;
static struct scene_result *result;
static struct step victim;
static struct step_path path;
static enum { BY_STEPS, RECORDING, BY_PATH } way;
static bool asked;       /* the sleepers have been sent to sleep */
static uint32_t held_by; /* H's id, if it held the lock */
static int answer;       /* of the first survivor; -1 none yet */

static uint64_t last_fence[SCENE_LOCKS];

static void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void fault(const char *format, ...)
{
	va_list args;

	if (result->faults++)
		return; /* the first one tells the story */
	va_start(args, format);
	vsnprintf(result->fault, sizeof(result->fault), format, args);
	va_end(args);
}

bool scene_cast(const struct target *of)
{
	struct actor **role[] = { &holder, &sleeper[0], &sleeper[1], &barger, &prober };

	target = of;
	if (!scene_victim)
		scene_victim = shared_alloc(sizeof(*scene_victim));
	memset(last_fence, 0, sizeof(last_fence));
	target->init(SCENE_LOCKS);
	if (target == &target_pawl && pawl_robust_init(target_robust(LOCK_RECURSIVE), PAWL_RECURSIVE))
		return false;
	for (unsigned i = 0; i < sizeof(role) / sizeof(role[0]); i++)
		if (!(*role[i] = actor_new(target, LOCK_WARM)))
			return false;
	return true;
}

void scene_dismiss(void)
{
	actor_kill(holder);
	actor_kill(sleeper[0]);
	actor_kill(sleeper[1]);
	actor_kill(barger);
	actor_kill(prober);
	target->fini();
}

/* ---- before the curtain ---- */

static void die_holding(void *arg)
{
	unsigned *lock = arg;

	if (target->lock(*lock) == 0)
		raise(SIGKILL);
}

static void leave_dead_owner(unsigned lock)
{
	reap(spawn(die_holding, &lock));
}

static void set_up(void)
{
	if (now->start == START_DEAD || now->start == START_POISONED)
		leave_dead_owner(now->lock);
	if (now->start == START_POISONED &&
		(actor_do(barger, ACTOR_LOCK, now->lock) != EOWNERDEAD || actor_do(barger, ACTOR_UNLOCK, now->lock)))
		fault("could not be poisoned: %s", pawl_strerror(barger->rc));
	if (now->start == START_HELD && actor_do(holder, ACTOR_LOCK, now->lock))
		fault("the holder got %s", pawl_strerror(holder->rc));
	held_by = now->start == START_HELD ? target->word(now->lock) & TARGET_ID : 0;
	asked = false;
	answer = -1;
}

static void holder_dies(void)
{
	actor_kill(holder);
	holder = actor_new(target, LOCK_WARM);
	if (!holder)
		fault("no new holder");
}

static void holder_ends(bool by_death)
{
	if (!holder->holds)
		return;
	if (by_death)
		holder_dies();
	else if (actor_do(holder, ACTOR_UNLOCK, now->lock))
		fault("the holder's release: %s", pawl_strerror(holder->rc));
}

/* ---- the sleepers ---- */

static void send_to_sleep(void)
{
	for (unsigned i = 0; i < now->sleepers; i++) {
		struct actor *s = sleeper[i];

		if (actor_busy(s) || s->holds)
			continue;
		actor_ask(s, ACTOR_LOCK, now->both && i == 1 ? LOCK_B : now->lock);
		if (!actor_asleep(s, 2 * NS_PER_S) && actor_busy(s))
			fault("a sleeper does not sleep: %s", where_is(s->pid, s->pid));
		s->holds = true; /* will own it; give_back() says when that is over */
	}
	asked = true;
}

static void note_fence(const struct actor *a)
{
	if (!target->has_fence || !pawl_acquired(a->rc))
		return;
	if (a->fence <= last_fence[a->lock])
		fault("token %llu after %llu", (unsigned long long)a->fence, (unsigned long long)last_fence[a->lock]);
	last_fence[a->lock] = a->fence;
}

/* One who was granted the lock makes it whole and gives it up. */
static void give_back(struct actor *a)
{
	int rc = a->rc;

	a->holds = false;
	note_fence(a);
	if (rc == EOWNERDEAD && actor_do(a, ACTOR_RECOVER, a->lock))
		fault("consistent: %s", pawl_strerror(a->rc));
	if (pawl_acquired(rc) && actor_do(a, ACTOR_UNLOCK, a->lock))
		fault("release: %s", pawl_strerror(a->rc));
	else if (!pawl_acquired(rc) && rc != ENOTRECOVERABLE)
		fault("a survivor got %s", pawl_strerror(rc));
}

static void note_wait(int64_t ns)
{
	if (ns > result->worst_ns)
		result->worst_ns = ns;
	result->slow += ns > SCENE_SLOW_NS;
}

/* Whoever of the sleepers has got the lock gives it back. Returns how many still wait. */
static unsigned serve(int64_t *since)
{
	unsigned waiting = 0;

	for (unsigned i = 0; i < now->sleepers; i++) {
		struct actor *s = sleeper[i];

		if (!s->holds)
			continue;
		if (actor_busy(s)) {
			waiting++;
			continue;
		}
		if (answer < 0 && s->lock == now->lock)
			answer = s->rc;
		note_wait(s->at_ns - *since);
		give_back(s);
		*since = now_ns();
	}
	return waiting;
}

/* ---- the victim on its path ---- */

static bool victim_owns(void)
{
	return scene_victim->who && (target->word(now->lock) & TARGET_ID) == scene_victim->who;
}

static void keep_moving(void) /* V sleeps before its point: let it be woken */
{
	int64_t unused = now_ns();
	struct scene_result spared = *result;

	if (now->sleepers && !asked)
		send_to_sleep();
	if (holder->holds && now->wake != WAKE_NOT) {
		while (now->late && now_ns() < scene_victim->deadline_ns - 100 * NS_PER_US)
			nap_us(20);
		holder_ends(now->wake == WAKE_DEATH);
		return;
	}
	if (now->wake == WAKE_NOT)
		return;
	serve(&unused); /* a sleeper was faster than V; its wait is not what is measured here */
	result->worst_ns = spared.worst_ns;
	result->slow = spared.slow;
	answer = -1;
}

/* V asks behind H, the sleepers behind V; H gives up. Played again until it is V that owns the lock. */
static void come_out_of_the_queue(void)
{
	int64_t unused = now_ns();
	struct scene_result spared = *result;

	wait_asleep(victim.pid, victim.pid, 2 * NS_PER_S);
	send_to_sleep();
	holder_ends(false);
	while (!step_ready(&victim, false) && now_ns() < unused + 10 * NS_PER_S) {
		serve(&unused);
		nap_us(50);
		send_to_sleep();
	}
	answer = -1;
	result->worst_ns = spared.worst_ns;
	result->slow = spared.slow;
	for (unsigned i = 0; i < now->sleepers; i++)
		if (!actor_asleep(sleeper[i], 2 * NS_PER_S))
			fault("a sleeper overtook the owner");
}

static enum step_end go(unsigned point)
{
	if (way == BY_STEPS)
		return step_to(&victim, point);
	if (way == RECORDING || point >= path.n)
		return step_along(&victim, UINT_MAX, way == RECORDING ? &path : NULL);
	return step_goto(&victim, &path, point);
}

static enum step_end lead(unsigned point)
{
	int64_t until = now_ns() + 5 * NS_PER_S;
	enum step_end end = STEP_SLEEPS;

	while (end == STEP_SLEEPS || (way == BY_STEPS && end == STEP_REACHED && victim.points < point)) {
		bool watch = way == BY_STEPS && now->sleepers && !asked;

		if (watch && victim_owns()) {
			send_to_sleep();
			watch = false;
		}
		end = go(watch ? victim.points + 1 : point);
		if (end == STEP_SLEEPS)
			keep_moving();
		if (end == STEP_SLEEPS && now_ns() > until)
			return STEP_LOST;
	}
	if (now->sleepers && !asked && victim_owns())
		send_to_sleep();
	return end;
}

/* ---- after its death ---- */

static void barge(void)
{
	int rc = actor_do(barger, ACTOR_TRY, now->lock);

	if (barger->holds && now->sleepers && !asked)
		send_to_sleep();
	if (!pawl_acquired(rc) && rc != EBUSY && rc != ENOTRECOVERABLE)
		fault("the barger got %s", pawl_strerror(rc));
}

static void barger_ends(void)
{
	if (!barger->holds)
		return;
	if (answer < 0 && barger->rc == EOWNERDEAD)
		answer = EOWNERDEAD;
	give_back(barger);
}

static bool sleepers_are_served(int64_t since)
{
	uint32_t news = __atomic_load_n(actor_news, __ATOMIC_ACQUIRE);

	while (serve(&since)) {
		if (now_ns() - since > SCENE_BAR_NS)
			return false;
		word_wait(actor_news, news, 50 * NS_PER_MS);
		news = __atomic_load_n(actor_news, __ATOMIC_ACQUIRE);
	}
	return true;
}

static bool probe(unsigned lock)
{
	int64_t since = now_ns();

	actor_ask(prober, ACTOR_LOCK, lock);
	if (!actor_answered(prober, SCENE_BAR_NS))
		return false;
	note_wait(prober->at_ns - since);
	if (answer < 0 && lock == now->lock)
		answer = prober->rc;
	give_back(prober);
	if (prober->rc != ENOTRECOVERABLE)
		return true;
	return actor_do(prober, ACTOR_RESET, lock) == 0 && actor_do(prober, ACTOR_LOCK, lock) == 0 &&
	       actor_do(prober, ACTOR_UNLOCK, lock) == 0;
}

static void look_around(void)
{
	pawl_space_stats_t stats;

	if (target != &target_pawl)
		return;
	if (pawl_space_check(target_space))
		fault("check: %s", pawl_space_reason());
	if (pawl_space_stats(target_space, &stats) == 0 && stats.threads != 5)
		fault("%u threads alive in the space instead of 5", stats.threads);
}

/* Without the slice, a process must not be killed in the moment in which all the wake-ups of a release are with its
 * threads and none has been passed on: that is what the slice is for. */
static void let_mate_rest(void)
{
	if (scene_victim->mate && pawl__tune.slice_ns == PAWL_FOREVER)
		wait_asleep(victim.pid, scene_victim->mate, 5 * NS_PER_MS);
}

/* The others go on. True if nobody was left behind. */
static bool aftermath(void)
{
	int64_t since;

	let_mate_rest();
	if (now->barger)
		barge();
	since = now_ns();
	step_kill(&victim);
	step_reap(&victim);
	if (holder->holds || barger->holds)
		since = now_ns();
	holder_ends(now->holder_dies);
	barger_ends();
	if (!sleepers_are_served(since) || !probe(now->lock) || (now->both && !probe(LOCK_B)))
		return false;
	look_around();
	return true;
}

static void judge(unsigned point, int *before)
{
	int rank = answer == EOWNERDEAD;
	bool wrong = (now->shape == SHAPE_ALIVE && rank) || (now->shape == SHAPE_DEAD && !rank) ||
		     (now->shape == SHAPE_RISING && *before > rank) ||
		     (now->shape == SHAPE_FALLING && *before >= 0 && *before < rank);

	if (wrong)
		fault("point %u: answer %s is out of order", point, rank ? "EOWNERDEAD" : "0");
	*before = rank;
	result->zero += answer == 0;
	result->dead += answer == EOWNERDEAD;
	result->poison += answer == ENOTRECOVERABLE;
}

static void describe(const char *who, const struct actor *a)
{
	if (actor_busy(a))
		tap_note("    %s waits: %s", who, where_is(a->pid, a->pid));
}

/* Free, or still in the name of the dead holder: nobody had come to own it whose own death would wake the others. */
static bool is_ownerless(void)
{
	uint32_t id = target->word(now->lock) & TARGET_ID;

	return target == &target_pawl && (pawl__word_slot(id) == 0 || (held_by && id == held_by));
}

static void lose(unsigned point)
{
	result->gap += now->slice_needed && is_ownerless();
	if (!result->lost++) {
		result->first_lost = (int)point;
		tap_note("  lost at point %u, victim %08x at text + %#lx, word %08x", point, scene_victim->who,
			(unsigned long)(point < path.n && way == BY_PATH ? step_in_text(path.at[point].pc) : 0),
			target->word(now->lock));
		describe("S1", sleeper[0]);
		describe("S2", sleeper[1]);
		describe("P", prober);
	}
	scene_dismiss();
	if (!scene_cast(target))
		fault("no new cast");
}

static enum step_end play(unsigned point, int *before)
{
	enum step_end end;

	set_up();
	scene_victim->before = now->before;
	scene_victim->act = now->act;
	scene_victim->who = 0;
	scene_victim->deadline_ns = 0;
	scene_victim->mate = 0;
	scene_victim->stepped = way != BY_PATH;
	victim.own_text = now->far;
	step_fork(&victim, scene_victim);
	if (now->queued)
		come_out_of_the_queue();
	if (!step_ready(&victim, true)) {
		fault("the victim never came to its call: exit %d", victim.exit);
		return STEP_LOST;
	}
	end = lead(point);
	if (end == STEP_LOST)
		fault("point %u: the victim itself was left asleep or died: %s", point, where_is(victim.pid, victim.pid));
	if (end == STEP_OVER && now->rc >= 0 && scene_victim->rc != now->rc)
		fault("the call returned %s", pawl_strerror(scene_victim->rc));
	result->points++;
	if (aftermath())
		judge(point, before);
	else
		lose(point);
	return end;
}

static void sweep_by_steps(unsigned stride)
{
	int before = -1;
	enum step_end end = STEP_REACHED;

	way = BY_STEPS;
	for (unsigned point = 0; end == STEP_REACHED; point += stride)
		end = play(point, &before);
	if (end == STEP_LOST)
		fault("the sweep could not go on");
}

static void sweep_by_path(unsigned stride)
{
	int before = -1;

	way = RECORDING;
	path.n = 0;
	play(UINT_MAX, &before); /* killed after the end of the call */
	before = -1;
	way = BY_PATH;
	for (unsigned point = 0; point < path.n; point += stride)
		if (play(point, &before) == STEP_OVER)
			result->strayed++;
	if (result->strayed * 2 > result->points)
		fault("%u of %u points were not met", result->strayed, result->points);
}

void scene_sweep(const struct scene *scene, unsigned stride, struct scene_result *r)
{
	now = scene;
	result = r;
	*r = (struct scene_result){ .first_lost = -1 };
	if (now->far && step_can_goto())
		sweep_by_path(stride);
	else
		sweep_by_steps(stride);
}
