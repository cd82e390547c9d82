/* SPDX-License-Identifier: BSD-2-Clause */
/** test_registry.c: backends by the scheme of a URL, registered or loaded from a folder, and from which folder not; and the
 * three functions that every backend gets: clock, deadlines, names as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pawl/space.h>

#include "remote/registry.h"

#include "../lib/harness.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- backends that would do nothing: here they are found, not used ---- */

static int idle_open(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	(void)config, (void)backend, (void)flags, (void)reason, (void)size;
	return EINVAL;
}

static int idle_submit(void *backend, const pawl_remote_op_t *op)
{
	(void)backend, (void)op;
	return ENOTCONN;
}

static void idle_poll(void *backend, int64_t until_ns, int wake_fd)
{
	(void)backend, (void)until_ns, (void)wake_fd;
}

static void idle_close(void *backend, bool last)
{
	(void)backend, (void)last;
}

#define IDLE(name)                                                                                                     \
	{                                                                                                              \
		PAWL_REMOTE_VERSION, name, idle_open, idle_submit, idle_poll, idle_close                               \
	}

static bool said(const char *words)
{
	if (strstr(pawl_space_reason(), words))
		return true;
	printf("# '%s' is not in: %s\n", words, pawl_space_reason());
	return false;
}

static void assert_finds(const char *url, const pawl_backend_t *wanted)
{
	const pawl_backend_t *found = NULL;

	assert_int_equal(pawl__backend_find(url, &found), 0);
	assert_ptr_equal(found, wanted);
}

/* ---- registered ---- */

static void a_registered_one_is_found(void **state)
{
	static const pawl_backend_t one = IDLE("one"), other = IDLE("one-two+3");

	(void)state;
	assert_int_equal(pawl_backend_register(&one), 0);
	assert_int_equal(pawl_backend_register(&other), 0);
	assert_finds("one://", &one);
	assert_finds("one://user:word@host:1/path?option=1", &one);
	assert_finds("one-two+3://host", &other);
}

static void a_later_one_takes_its_place(void **state)
{
	static const pawl_backend_t first = IDLE("twice"), second = IDLE("twice");

	(void)state;
	assert_int_equal(pawl_backend_register(&first), 0);
	assert_int_equal(pawl_backend_register(&second), 0);
	assert_finds("twice://", &second);
	assert_int_equal(pawl_backend_register(&first), 0);
	assert_finds("twice://", &first);
}

static void assert_no_backend(pawl_backend_t bad, const char *why)
{
	assert_int_equal(pawl_backend_register(&bad), EINVAL);
	assert_true(said(why));
}

static void what_is_no_backend_is_refused(void **state)
{
	const pawl_backend_t good = IDLE("good");
	pawl_backend_t bad = good;

	(void)state;
	assert_int_equal(pawl_backend_register(NULL), EINVAL);
	bad.version = PAWL_REMOTE_VERSION + 1;
	assert_no_backend(bad, "version 2");
	bad.version = 0;
	assert_no_backend(bad, "version 0");
	bad = good, bad.open = NULL;
	assert_no_backend(bad, "lacks");
	bad = good, bad.submit = NULL;
	assert_no_backend(bad, "lacks");
	bad = good, bad.poll = NULL;
	assert_no_backend(bad, "lacks");
	bad = good, bad.close = NULL;
	assert_no_backend(bad, "lacks");
}

/* Not letters, digits, + and - with a letter first; 33 letters; and what would lead out of the folder. */
static const char *const odd[] = { "", "Redis", "1redis", "+a", "-a", "a b", "a/b", "../x", "..", "a.b", "a%", "a\n",
	"\303\244", "a_b", "abcdefghijklmnopqrstuvwxyzabcdefg" };

static void odd_schemes_are_refused(void **state)
{
	(void)state;
	assert_no_backend((pawl_backend_t)IDLE(NULL), "scheme");
	for (size_t i = 0; i < COUNT(odd); i++)
		assert_no_backend((pawl_backend_t)IDLE(odd[i]), "scheme");
}

static void odd_urls_are_refused(void **state)
{
	static const char *const no_urls[] = { "", "://", "one", "one:", "one:/", "one:/host", "/one://", " one://" };
	const pawl_backend_t *found;
	char url[64];

	(void)state;
	for (size_t i = 0; i < COUNT(no_urls); i++) {
		assert_int_equal(pawl__backend_find(no_urls[i], &found), EINVAL);
		assert_true(said("SCHEME://"));
	}
	for (size_t i = 0; i < COUNT(odd); i++) {
		snprintf(url, sizeof(url), "%s://host", odd[i]);
		assert_int_equal(pawl__backend_find(url, &found), EINVAL);
		assert_true(said("SCHEME://"));
	}
	assert_int_equal(pawl__backend_find(NULL, &found), EINVAL);
}

/* In a child: what is registered cannot be taken back. */
static void fill_it(void *arg)
{
	static pawl_backend_t many[100];
	static char scheme[100][8];
	int n = 0, rc = 0;

	(void)arg;
	for (; n < 100 && rc == 0; n++) {
		snprintf(scheme[n], sizeof(scheme[n]), "many%d", n);
		many[n] = (pawl_backend_t)IDLE(scheme[n]);
		rc = pawl_backend_register(&many[n]);
	}
	if (rc != ENOSPC || n < 16 || !said("32"))
		_exit(1);
	rc = pawl_backend_register(&many[0]); /* one that is known needs no room */
	_exit(rc);
}

static void a_full_registry_says_so(void **state)
{
	(void)state;
	assert_int_equal(reap(spawn(fill_it, NULL)), 0);
}

/* ---- loaded ---- */

static char folder[PATH_MAX];

static const char in_full[] =
	"#include <errno.h>\n"
	"#include <pawl/remote.h>\n"
	"static int o(const pawl_remote_config_t *c, void **b, unsigned *f, char *r, size_t n)\n"
	"{ (void)c, (void)b, (void)f, (void)r, (void)n; return EINVAL; }\n"
	"static int s(void *b, const pawl_remote_op_t *p) { (void)b, (void)p; return ENOTCONN; }\n"
	"static void p(void *b, int64_t u, int w) { (void)b, (void)u, (void)w; }\n"
	"static void c(void *b, bool l) { (void)b, (void)l; }\n"
	"PAWL_API extern const pawl_backend_t SYMBOL;\n"
	"const pawl_backend_t SYMBOL = { VERSION, SCHEME, o, s, p, c };\n";

/* libpawl-FILE.so, exporting SYMBOL for SCHEME; as a user would build one. */
static void build(const char *file, const char *symbol, const char *scheme, unsigned version)
{
	char command[PATH_MAX + 512];
	FILE *compiler;

	snprintf(command,
		sizeof(command), "${CC:-cc} -shared -fPIC -Iinclude -DSYMBOL=pawl_backend_%s -DSCHEME='\"%s\"' -DVERSION=%u -x c - -o '%s/libpawl-%s.so'",
		symbol, scheme, version, folder, file);
	compiler = popen(command, "w");
	assert_non_null(compiler);
	fputs(in_full, compiler);
	assert_int_equal(pclose(compiler), 0);
}

static int one_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s", private_dir());
	return setenv("PAWL_BACKEND_DIR", folder, 1);
}

static void assert_refused(const char *url, int rc, const char *words, const char *more)
{
	const pawl_backend_t *found;

	assert_int_equal(pawl__backend_find(url, &found), rc);
	assert_true(said(words));
	assert_true(said(more));
}

static void a_file_is_loaded(void **state)
{
	const pawl_backend_t *found = NULL, *again = NULL;

	(void)state;
	build("toy", "toy", "toy", PAWL_REMOTE_VERSION);
	assert_int_equal(pawl__backend_find("toy://host", &found), 0);
	assert_string_equal(found->scheme, "toy");
	assert_int_equal(found->submit(NULL, NULL), ENOTCONN);
	assert_int_equal(pawl__backend_find("toy://other", &again), 0);
	assert_ptr_equal(again, found);
}

static void signs_in_a_scheme_are_underscores_in_the_symbol(void **state)
{
	const pawl_backend_t *found = NULL;

	(void)state;
	build("toy+ssl-2", "toy_ssl_2", "toy+ssl-2", PAWL_REMOTE_VERSION);
	assert_int_equal(pawl__backend_find("toy+ssl-2://host", &found), 0);
	assert_string_equal(found->scheme, "toy+ssl-2");
}

static void a_registered_one_comes_before_a_file(void **state)
{
	static const pawl_backend_t mine = IDLE("both");
	const pawl_backend_t *found = NULL;

	(void)state;
	build("both", "both", "both", PAWL_REMOTE_VERSION);
	assert_int_equal(pawl__backend_find("both://", &found), 0);
	assert_ptr_not_equal(found, &mine);
	assert_int_equal(pawl_backend_register(&mine), 0);
	assert_finds("both://", &mine);
}

static void no_such_file(void **state)
{
	(void)state;
	assert_refused("none://user:secret@host", ENOENT, "libpawl-none.so", "PAWL_BACKEND_DIR");
	assert_true(said(folder));
	assert_null(strstr(pawl_space_reason(), "secret"));
}

static void another_version(void **state)
{
	(void)state;
	build("old", "old", "old", 77);
	assert_refused("old://", EINVAL, "libpawl-old.so", "version 77");
}

static void another_symbol(void **state)
{
	(void)state;
	build("mute", "other", "mute", PAWL_REMOTE_VERSION);
	assert_refused("mute://", EINVAL, "libpawl-mute.so", "pawl_backend_mute");
}

static void another_scheme(void **state)
{
	(void)state;
	build("alias", "alias", "toy", PAWL_REMOTE_VERSION);
	assert_refused("alias://", EINVAL, "libpawl-alias.so", "toy://");
}

static void a_file_that_is_no_library(void **state)
{
	char path[PATH_MAX + 32];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/libpawl-junk.so", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("not a library\n", file);
	fclose(file);
	assert_refused("junk://", ELIBACC, "libpawl-junk.so", "install");
}

static void a_relative_folder(void **state)
{
	(void)state;
	setenv("PAWL_BACKEND_DIR", "build", 1);
	assert_refused("toy://", EINVAL, "PAWL_BACKEND_DIR", "absolute");
	setenv("PAWL_BACKEND_DIR", "", 1); /* as if it were not set */
	assert_refused("toy://", ENOENT, PAWL_BACKEND_DIR, "libpawl-toy.so");
	setenv("PAWL_BACKEND_DIR", folder, 1);
}

/* ---- elevated privileges: this program again, a copy that belongs to root, run by nobody ---- */

enum { NOBODY = 65534, FOUND = 10, NOT_ELEVATED = 20, NOT_THERE = 30, ODD = 40 };

static int the_copy(void)
{
	const pawl_backend_t *found;
	int rc = pawl__backend_find("toy://", &found);

	if (rc == 0)
		return getauxval(AT_SECURE) ? FOUND : FOUND + NOT_ELEVATED;
	return rc == ENOENT && said(PAWL_BACKEND_DIR "/libpawl-toy.so") ? NOT_THERE : ODD;
}

static int run_copy(const char *path)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(NOBODY) == 0 && setuid(NOBODY) == 0)
			execl(path, path, "copy", (char *)NULL);
		_exit(ODD + 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void copy_myself(const char *path)
{
	char command[2 * PATH_MAX];

	snprintf(command, sizeof(command), "cp /proc/%d/exe '%s'", getpid(), path);
	assert_int_equal(system(command), 0);
}

static void elevated_privileges_do_not_heed_the_environment(void **state)
{
	char path[PATH_MAX + 32];
	struct statvfs fs;

	(void)state;
	if (geteuid() != 0 || statvfs(folder, &fs) != 0 || fs.f_flag & ST_NOSUID) {
		print_message("# only root can give privileges, and only where the file system lets it\n");
		skip();
	}
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(path, sizeof(path), "%s/copy", folder);
	copy_myself(path);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(run_copy(path), FOUND + NOT_ELEVATED);
	assert_int_equal(chmod(path, 04755), 0);
	assert_int_equal(run_copy(path), NOT_THERE);
}

/* ---- clock, deadlines ---- */

static void the_clock_is_boottime(void **state)
{
	struct timespec t;
	int64_t before = pawl_remote_now(), now;

	(void)state;
	clock_gettime(CLOCK_BOOTTIME, &t);
	now = (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
	assert_true(before <= now);
	assert_true(now <= pawl_remote_now());
}

static void a_deadline_leaves_room_for_drift_and_a_guard(void **state)
{
	(void)state;
	assert_int_equal(pawl_remote_deadline(1000, 10 * NS_PER_S), 1000 + 9400 * NS_PER_MS);
	assert_int_equal(pawl_remote_deadline(0, 100 * NS_PER_MS), 94 * NS_PER_MS);
	assert_int_equal(pawl_remote_deadline(0, 50 * NS_PER_MS), 44500 * NS_PER_US); /* the guard: 5 ms at least */
	assert_true(pawl_remote_deadline(77, 5 * NS_PER_MS) < 77);
	assert_true(pawl_remote_deadline(77, 1) < 77);
	assert_int_equal(pawl_remote_deadline(77, 0), 77);
	assert_int_equal(pawl_remote_deadline(77, -NS_PER_S), 77);
	assert_int_equal(pawl_remote_deadline(77, INT64_MIN), 77);
}

static void a_deadline_saturates(void **state)
{
	(void)state;
	assert_true(pawl_remote_deadline(0, INT64_MAX) > INT64_MAX / 100 * 93);
	assert_int_equal(pawl_remote_deadline(INT64_MAX / 2, INT64_MAX), INT64_MAX);
	assert_int_equal(pawl_remote_deadline(INT64_MAX, INT64_MAX), INT64_MAX);
	assert_int_equal(pawl_remote_deadline(INT64_MAX - 1, NS_PER_S), INT64_MAX);
	assert_int_equal(pawl_remote_deadline(INT64_MIN, 1), INT64_MIN);
}

/* ---- names ---- */

static void assert_encodes(const char *name, const char *wanted)
{
	char text[64];

	assert_int_equal(pawl_remote_encode(name, text, sizeof(text)), strlen(wanted));
	assert_string_equal(text, wanted);
}

static void names_are_encoded(void **state)
{
	(void)state;
	assert_encodes("orders", "orders");
	assert_encodes("AZaz09-_.~", "AZaz09-_.~");
	assert_encodes("orders/42", "orders%2F42");
	assert_encodes("a b%?{}:\n\"'", "a%20b%25%3F%7B%7D%3A%0A%22%27");
	assert_encodes("\303\244\377\001", "%C3%A4%FF%01");
	assert_encodes("..", "%2E.");
	assert_encodes(".", "%2E");
	assert_encodes("", "");
}

static void what_does_not_fit_is_nothing(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(pawl_remote_encode("1234567", text, 8), 7);
	assert_int_equal(pawl_remote_encode("12345678", text, 8), 0);
	assert_int_equal(pawl_remote_encode("1234/", text, 8), 7);
	assert_int_equal(pawl_remote_encode("12345/", text, 8), 0);
	assert_int_equal(pawl_remote_encode("1", text, 1), 0);
	text[0] = 'x';
	assert_int_equal(pawl_remote_encode("1", text, 0), 0);
	assert_int_equal(text[0], 'x');
}

static void decode(const char *text, char *name)
{
	for (; *text; text++) {
		unsigned byte = (unsigned char)*text;

		if (*text == '%') {
			assert_int_equal(sscanf(text, "%%%2X", &byte), 1);
			text += 2;
		}
		*name++ = (char)byte;
	}
	*name = '\0';
}

static void every_name_can_be_read_back(void **state)
{
	char name[PATH_MAX], text[3 * PATH_MAX], back[PATH_MAX];
	uint64_t random = 7;

	(void)state;
	for (int i = 1; i < 256; i++)
		name[i - 1] = (char)i;
	name[255] = '\0';
	for (int round = 0; round < 1000; round++) {
		size_t n = pawl_remote_encode(name, text, sizeof(text)), length = random_next(&random) % 1015 + 1;

		assert_int_equal(n, strlen(text));
		assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~%"), n);
		decode(text, back);
		assert_string_equal(back, name);
		for (size_t i = 0; i < length; i++)
			name[i] = (char)(random_next(&random) % 255 + 1);
		name[length] = '\0';
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_registered_one_is_found),
		cmocka_unit_test(a_later_one_takes_its_place),
		cmocka_unit_test(what_is_no_backend_is_refused),
		cmocka_unit_test(odd_schemes_are_refused),
		cmocka_unit_test(odd_urls_are_refused),
		cmocka_unit_test(a_full_registry_says_so),
		cmocka_unit_test(a_file_is_loaded),
		cmocka_unit_test(signs_in_a_scheme_are_underscores_in_the_symbol),
		cmocka_unit_test(a_registered_one_comes_before_a_file),
		cmocka_unit_test(no_such_file),
		cmocka_unit_test(another_version),
		cmocka_unit_test(another_symbol),
		cmocka_unit_test(another_scheme),
		cmocka_unit_test(a_file_that_is_no_library),
		cmocka_unit_test(a_relative_folder),
		cmocka_unit_test(elevated_privileges_do_not_heed_the_environment),
		cmocka_unit_test(the_clock_is_boottime),
		cmocka_unit_test(a_deadline_leaves_room_for_drift_and_a_guard),
		cmocka_unit_test(a_deadline_saturates),
		cmocka_unit_test(names_are_encoded),
		cmocka_unit_test(what_does_not_fit_is_nothing),
		cmocka_unit_test(every_name_can_be_read_back),
	};

	if (argc > 1 && strcmp(argv[1], "copy") == 0)
		return the_copy();
	watchdog(120);
	return cmocka_run_group_tests(tests, one_folder, NULL);
}
