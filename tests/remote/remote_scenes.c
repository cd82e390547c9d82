/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_scenes.c: the scenes (scenes.h), each over every service. */
#include "scenes.h"

#include <signal.h>

#include "../lib/tap.h"

puppet_t *scene_on[3];
struct service *scene_service;

bool scene_until(puppet_t *p, puppet_act *act, long arg, int answer)
{
	int64_t end = kids_now_ns() + KIDS_PATIENCE_MS * INT64_C(1000000);
	int got;

	while ((got = puppet_do(p, act, arg)) != answer && kids_now_ns() < end)
		kids_nap_us(2000);
	return got == answer;
}

void scene_wait(long hundredths)
{
	kids_nap_us((long)hosts->ttl_ms * 10 * hundredths);
}

void scene_kill(int host)
{
	puppet_kill(scene_on[host]);
	scene_on[host] = NULL;
}

bool scene_come_back(int host)
{
	scene_on[host] = hosts_process(host);
	return scene_on[host];
}

/* A service that has been killed may ask for patience; a scene that speaks of EBUSY begins when that is over. */
static bool open_stage(const struct scene *scene)
{
	service_hosts(scene_service);
	hosts->flags = PAWL_RECURSIVE;
	hosts->strict = scene->strict;
	for (int h = 0; h < 3; h++) {
		scene_on[h] = hosts_process(h);
		SCENE(scene_on[h]);
		SCENE(scene_until(scene_on[h], peer_keeper, 0, scene_on[h]->pid)); /* before another one of its host can be */
		SCENE(puppet_do(scene_on[h], peer_work, 0) == 0);
		hosts->data[0].plain = hosts->data[0].sum = hosts->deaths = 0;
	}
	return true;
}

static void close_stage(void)
{
	for (int h = 0; h < 3; h++) {
		if (!scene_on[h])
			continue;
		kill(scene_on[h]->pid, SIGCONT);
		if (puppet_done(scene_on[h]))
			puppet_do(scene_on[h], peer_close, 0);
		puppet_kill(scene_on[h]);
		scene_on[h] = NULL;
	}
	hosts_end();
}

static bool mend(bool passed)
{
	if (scene_service->kind->server && scene_service->server.pid == 0) /* it failed in the middle */
		service_again(scene_service);
	return passed;
}

static void play(const struct scene *scene)
{
	int64_t begin = kids_now_ns();
	bool passed;

	if (scene->needs & ~scene_service->kind->promises)
		return;
	passed = open_stage(scene) && scene->play();
	tap_ok(mend(passed) && hosts_violations() == 0, "%s (%s)", scene->name, scene->from);
	close_stage();
	tap_note("%.1f s", (double)(kids_now_ns() - begin) / 1e9);
}

static void cases(struct service *s)
{
	scene_service = s;
	for (const struct scene *scene = scenes_redisson; scene->name; scene++)
		play(scene);
	for (const struct scene *scene = scenes_curator; scene->name; scene++)
		play(scene);
}

int main(int argc, char **argv)
{
	(void)argc;
	service_each(argv[0], cases, SERVICE_TOGETHER);
	return tap_done();
}
