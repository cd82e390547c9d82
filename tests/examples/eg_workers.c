/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_workers.c: forked workers move money between accounts they share, and two of them are killed in the middle of it.
 *
 * The memory survives them, half changed. So whoever changes it first writes down what was there, in the same memory; the next
 * owner of the lock is told that the one before died, and undoes what that one had begun. To be killed while undoing does no
 * harm: the note is still there, and undoing twice is undoing once.
 *
 * Prints: 2 of 4 workers killed, 2 transfers undone, 8000 in the accounts
 */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/space.h>

enum { ACCOUNTS = 8, WORKERS = 4, TRANSFERS = 2000 };

/* What all share. The invariant, under `lock`, unless a transfer is noted: the balances add up to 8000. */
static struct bank {
	pawl_robust_t lock;
	long balance[ACCOUNTS];
	long undone;
	struct {
		int from, to;
		long balance_from, balance_to; /* as they were */
		int begun;
	} note;
} * bank;

static pawl_space_t *space;

/* Stores of one thread happen for its killer in the order they stand in, as long as the compiler leaves them there. */
static void in_this_order(void)
{
	PAWL_COMPILER_BARRIER();
}

static void undo(void)
{
	if (!bank->note.begun)
		return;
	bank->balance[bank->note.from] = bank->note.balance_from;
	bank->balance[bank->note.to] = bank->note.balance_to;
	bank->undone++;
	in_this_order();
	bank->note.begun = 0;
}

/* The analysis cannot follow a lock that is taken for two reasons. */
static bool take(void) PAWL_TRY_ACQUIRE(true, bank->lock) PAWL_NO_ANALYSIS
{
	int rc = pawl_robust_lock(space, &bank->lock, pawl_in_ms(30000));

	if (rc == 0)
		return true;
	if (!pawl_owner_died(rc))
		return false;
	undo();
	pawl_robust_consistent(space, &bank->lock);
	return true;
}

/* The lock is ours. */
static void transfer(int from, int to, long amount, bool fatal)
{
	bank->note.from = from;
	bank->note.to = to;
	bank->note.balance_from = bank->balance[from];
	bank->note.balance_to = bank->balance[to];
	in_this_order();
	bank->note.begun = 1;
	in_this_order();
	bank->balance[from] -= amount;
	in_this_order();
	if (fatal)
		raise(SIGKILL); /* the money is nowhere */
	bank->balance[to] += amount;
	in_this_order();
	bank->note.begun = 0;
}

static int work(int number)
{
	for (int i = 0; i < TRANSFERS; i++) {
		if (!take())
			return 1;
		transfer((number + i) % ACCOUNTS, (number * 3 + i + 1) % ACCOUNTS, i % 10, number % 2 == 1 && i == 500);
		pawl_robust_unlock(space, &bank->lock);
	}
	return 0;
}

int main(void)
{
	int killed = 0, status;
	long sum = 0;

	bank = (struct bank *)mmap(NULL, sizeof(*bank), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert(bank != MAP_FAILED);
	for (int i = 0; i < ACCOUNTS; i++)
		bank->balance[i] = 1000;
	if (pawl_space_open(&space, NULL, NULL) != 0) {
		fprintf(stderr, "%s\n", pawl_space_reason());
		return 1;
	}
	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0)
			_exit(work(i));
	while (wait(&status) > 0) {
		assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		killed += WIFSIGNALED(status);
	}
	if (!take())
		return 1;
	for (int i = 0; i < ACCOUNTS; i++)
		sum += bank->balance[i];
	pawl_robust_unlock(space, &bank->lock);
	printf("%d of %d workers killed, %ld transfers undone, %ld in the accounts\n", killed, WORKERS, bank->undone, sum);
	return pawl_space_close(space);
}
