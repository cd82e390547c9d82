/* SPDX-License-Identifier: BSD-2-Clause */
/** screen.c: the terminal, taken over and given back (screen.h).
 *
 * Signals that would end us give the terminal back and then do end us, with the status that everybody expects. Those that are
 * about the page (another size, a stop, going on) come in while we wait and at no other time.
 */
#include "cli/screen.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* The alternate page, no cursor, no wrapping of long lines; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

static const int fatal[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ,
	SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS };
static const int paging[] = { SIGWINCH, SIGTSTP, SIGCONT };

static volatile sig_atomic_t ours, stop_asked, take_asked, draw_asked;
static bool typed; /* stdin is the terminal too, set up so that keys come at once, */
static bool deaf;  /* until it hangs up */
static struct termios before;
static sigset_t waiting; /* the mask while we wait */

/* ---- signals ---- */

static void end_by(int number)
{
	cli_screen_end();
	raise(number); /* what it does by default (SA_RESETHAND), as soon as we return */
}

static void note(int number)
{
	if (number == SIGTSTP)
		stop_asked = 1;
	else if (number == SIGCONT)
		take_asked = 1;
	draw_asked = 1;
}

/* What is ignored (nohup) stays so. */
static void handle(const int *numbers, size_t count, struct sigaction *action)
{
	for (size_t i = 0; i < count; i++) {
		struct sigaction was;

		if (sigaction(numbers[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN)
			sigaction(numbers[i], action, NULL);
	}
}

static void handle_signals(void)
{
	struct sigaction end = { .sa_handler = end_by, .sa_flags = (int)SA_RESETHAND }, page = { .sa_handler = note };
	sigset_t held;

	sigfillset(&end.sa_mask); /* SIGTTOU among them: not even a stop may come in between */
	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(paging) / sizeof(paging[0]); i++)
		sigaddset(&held, paging[i]);
	sigprocmask(SIG_BLOCK, &held, &waiting);
	handle(fatal, sizeof(fatal) / sizeof(fatal[0]), &end);
	handle(paging, sizeof(paging) / sizeof(paging[0]), &page);
}

/* ---- the terminal ---- */

static void put(const char *sequence)
{
	(void)!write(STDOUT_FILENO, sequence, strlen(sequence));
}

/* From the background this stops us, as it should. */
static void take(void)
{
	struct termios now = before;

	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	ours = 1;
	if (typed)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
	put(ENTER);
}

bool cli_screen_begin(void)
{
	const char *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO) || !term || !*term || !strcmp(term, "dumb"))
		return false;
	typed = tcgetattr(STDIN_FILENO, &before) == 0;
	handle_signals();
	take();
	return true;
}

void cli_screen_end(void)
{
	if (!ours)
		return;
	ours = 0;
	put(LEAVE);
	if (typed)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

static struct winsize size(void)
{
	struct winsize s = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &s) != 0 || !s.ws_row || !s.ws_col)
		s = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	return s;
}

int cli_screen_rows(void)
{
	return size().ws_row;
}

int cli_screen_columns(void)
{
	return size().ws_col;
}

void cli_screen_page(void)
{
	fputs("\033[H\033[J", stdout);
}

void cli_screen_page_end(void)
{
	fflush(stdout);
}

/* ---- waiting ---- */

/* Stop as if nobody had caught the signal; ends when we are continued. */
static void stop(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL }, was;
	sigset_t both;

	stop_asked = 0;
	cli_screen_end();
	sigaction(SIGTSTP, &plain, &was);
	raise(SIGTSTP);
	sigemptyset(&both);
	sigaddset(&both, SIGTSTP);
	sigaddset(&both, SIGCONT);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
	sigprocmask(SIG_BLOCK, &both, NULL);
	sigaction(SIGTSTP, &was, NULL);
}

/* A shell that had the terminal meanwhile has set it up for itself. */
static cli_screen_event_t come_back(void)
{
	if (stop_asked)
		stop();
	if (take_asked || !ours)
		take();
	take_asked = draw_asked = 0;
	return CLI_SCREEN_DRAW;
}

static bool is_quit(void)
{
	char key = 0;
	ssize_t n = read(STDIN_FILENO, &key, 1);

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		deaf = true;
	return key == 'q' || key == 'Q';
}

cli_screen_event_t cli_screen_wait(pawl_deadline_t until)
{
	int64_t left;

	while ((left = until - pawl_in_ns(1)) > 0) {
		struct timespec t = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
		struct pollfd in = { .fd = typed && !deaf ? STDIN_FILENO : -1, .events = POLLIN };
		int n = ppoll(&in, 1, &t, &waiting);

		if (draw_asked)
			return come_back();
		if (n > 0 && is_quit())
			return CLI_SCREEN_QUIT;
	}
	return CLI_SCREEN_TIME;
}
