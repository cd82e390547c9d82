/* SPDX-License-Identifier: BSD-2-Clause */
/** interrupt.c: the handlers of interrupt.h. */
#include "cli/interrupt.h"

#include <signal.h>

static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
enum { SIGNALS = sizeof(ending) / sizeof(ending[0]) };

static struct sigaction before[SIGNALS];
static pawl_lock_t *waited_for;
static volatile sig_atomic_t came;

static void interrupt(int signal)
{
	came = signal;
	pawl_lock_interrupt(waited_for);
}

void cli_interrupt_begin(pawl_lock_t *lock)
{
	struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };

	waited_for = lock;
	for (int i = 0; i < SIGNALS; i++)
		if (sigaction(ending[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
}

int cli_interrupt_end(void)
{
	for (int i = 0; i < SIGNALS; i++)
		sigaction(ending[i], &before[i], NULL);
	return came;
}
