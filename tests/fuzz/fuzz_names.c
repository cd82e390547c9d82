/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_names.c: the table of names, small, with any names, more than it holds: what is said of a name that is held stays true, tokens of
 * a name never go back, whatever was reclaimed in between, and after each input all of it is within its bounds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pawl/lock.h>

#include "fuzz.h"

enum { STEPS = 120, NAMES = 24, TEXT = PAWL_NAME_MAX + 80 };

static struct entry {
	char text[TEXT];
	pawl_lock_t *lock;
	uint64_t token;
	bool held;
} * names;

static uint64_t newest[256]; /* token of each name of one byte: it outlasts its handle, and its place */
static pawl_space_t *space;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	names = calloc(NAMES, sizeof(*names));
	return names ? 0 : -1;
}

/* Short names, a byte each; long ones, to be told from each other by their ends; and whatever the input spells. */
static void name_it(struct entry *e, struct fuzz *f)
{
	uint8_t how = fuzz_byte(f);
	size_t n;

	if (e->lock)
		return;
	e->token = 0; /* of a longer name, not remembered */
	if (how < 0x80) {
		e->text[0] = (char)(1 + how);
		e->text[1] = '\0';
		e->token = newest[1 + how];
	} else if (how < 0xc0) {
		n = 56 + (size_t)fuzz_byte(f) * 4;
		memset(e->text, 'L', n);
		e->text[n] = (char)('0' + (how & 7));
		e->text[n + 1] = '\0';
	} else {
		fuzz_text(f, e->text, TEXT);
	}
}

static bool is_other(const struct entry *e)
{
	for (int i = 0; i < NAMES; i++)
		if (&names[i] != e && names[i].lock && strcmp(names[i].text, e->text) == 0)
			return false;
	return true;
}

static void open_it(struct entry *e)
{
	size_t n = strlen(e->text);
	int rc;

	if (e->lock || !is_other(e))
		return;
	rc = pawl_lock_open(space, e->text, 0, &e->lock);
	if (n == 0 || n > PAWL_NAME_MAX)
		fuzz_must(rc == (n ? ENAMETOOLONG : EINVAL));
	else
		fuzz_must(rc == 0 || rc == ENOSPC);
	if (rc)
		e->lock = NULL;
}

static void take_it(struct entry *e)
{
	pawl_grant_t grant;
	int rc;

	if (!e->lock)
		return;
	rc = pawl_lock_acquire(e->lock, PAWL_TRY, &grant);
	fuzz_must(rc == (e->held ? EDEADLK : 0) || (!e->held && rc == ENOSPC));
	if (rc)
		return;
	fuzz_must(grant.fence.lo > e->token && !grant.owner_died);
	e->token = grant.fence.lo;
	e->held = true;
	if (e->text[1] == '\0')
		newest[(uint8_t)e->text[0]] = e->token;
}

static void look_at(const struct entry *e)
{
	pawl_lock_info_t info;
	int rc = *e->text && strlen(e->text) <= PAWL_NAME_MAX ? pawl_lock_peek(space, e->text, &info) : ENOENT;

	fuzz_must(rc == 0 || (rc == ENOENT && !e->held));
	if (rc == 0 && e->lock)
		fuzz_must(strcmp(info.name, e->text) == 0 && (info.state == PAWL_STATE_HELD) == e->held);
	if (e->held)
		fuzz_must(info.fence.lo == e->token);
}

static void give_it(struct entry *e)
{
	if (!e->lock)
		return;
	fuzz_must(pawl_lock_release(e->lock) == (e->held ? 0 : EPERM));
	e->held = false;
}

static void close_it(struct entry *e)
{
	if (!e->lock)
		return;
	fuzz_must(pawl_lock_close(e->lock) == (e->held ? EBUSY : 0));
	if (!e->held)
		e->lock = NULL;
}

static int count(const pawl_lock_info_t *info, void *arg)
{
	fuzz_must(*info->name && strlen(info->name) <= PAWL_NAME_MAX);
	++*(unsigned *)arg;
	return 0;
}

static void step(struct entry *e, uint8_t what, struct fuzz *f)
{
	switch (what) {
	case 0:
		name_it(e, f);
		open_it(e);
		break;
	case 1:
		open_it(e);
		take_it(e);
		break;
	case 2:
		give_it(e);
		break;
	case 3:
		close_it(e);
		break;
	case 4:
		look_at(e);
		break;
	case 5:
		take_it(e);
		give_it(e);
		break;
	case 6:
		give_it(e);
		close_it(e);
		break;
	default:
		name_it(e, f);
		open_it(e);
		take_it(e);
		give_it(e);
		close_it(e);
	}
}

static void finish(void)
{
	unsigned n = 0;

	fuzz_must(pawl_space_check(space) == 0);
	fuzz_must(pawl_lock_list(space, count, &n) == 0 && n <= 64);
	for (int i = 0; i < NAMES; i++) {
		look_at(&names[i]);
		give_it(&names[i]);
		close_it(&names[i]);
		names[i] = (struct entry){ .lock = NULL };
	}
	fuzz_must(pawl_space_close(space) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const pawl_space_options_t options = { .capacity = 64 };
	struct fuzz f = { bytes, n };

	memset(newest, 0, sizeof(newest));
	fuzz_must(pawl_space_open(&space, NULL, &options) == 0);
	for (int i = 0; i < STEPS && f.left > 0; i++) {
		uint8_t what = fuzz_byte(&f);

		step(&names[(what >> 3) % NAMES], what & 7, &f);
	}
	finish();
	return 0;
}
