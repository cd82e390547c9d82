/* SPDX-License-Identifier: BSD-2-Clause */
/** patience.c: the thread of patience.h. It looks only: whoever waits keeps its place. */
#include "cli/patience.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { LOOK_MS = 2000 };

static void say(const struct cli_patience *p, const pawl_remote_info_t *remote)
{
	char *name = cli_escape(p->name);

	cli_say("still waiting for the lock '%s': the lock service %s cannot be reached: %s", name, remote->url,
		remote->reason);
	free(name);
}

static void *look(void *arg)
{
	struct cli_patience *p = arg;
	pawl_remote_info_t remote = { 0 };
	char said[sizeof(remote.reason)] = "";

	while (pawl_tokens_take(&p->over, pawl_in_ms(LOOK_MS)) == (ETIMEDOUT)) {
		if (pawl_space_remote(p->space, &remote) != 0 || remote.up || !*remote.reason ||
			strcmp(remote.reason, said) == 0)
			continue;
		memcpy(said, remote.reason, sizeof(said));
		say(p, &remote);
	}
	return NULL;
}

/* The token is taken here and put back at the end, which the analysis cannot follow. */
void cli_patience_begin(struct cli_patience *p, pawl_space_t *space, const char *name) PAWL_NO_ANALYSIS
{
	pawl_remote_info_t remote = { 0 };
	sigset_t all, before;

	*p = (struct cli_patience){ .space = space, .name = name };
	if (pawl_space_remote(space, &remote) != 0 || !*remote.url || pawl_tokens_init(&p->over, 1, 1) != 0 ||
		pawl_tokens_take(&p->over, PAWL_TRY) != 0)
		return;
	sigfillset(&all); /* signals are for the one who waits */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	p->begun = pthread_create(&p->thread, NULL, look, p) == 0; /* without one, the end of the wait has to do */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void cli_patience_end(struct cli_patience *p) PAWL_NO_ANALYSIS
{
	if (!p->begun)
		return;
	pawl_tokens_put(&p->over);
	pthread_join(p->thread, NULL);
}
