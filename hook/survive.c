/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "survive.h"

#include "bounds.h"
#include "util.h"

#include <poll.h>
#include <signal.h>
#include <time.h>

static volatile sig_atomic_t last_resort = EXIT_SUCCESS;

static const char *volatile output;
static volatile size_t output_length;

static volatile sig_atomic_t has_input;

static bool put_out(const char *text, size_t length)
{
	while (length) {
		ssize_t written = write(STDOUT_FILENO, text, length);

		if (written <= 0)
			return false;
		text += written;
		length -= (size_t)written;
	}
	return true;
}

/* What has not been read yet, without waiting for more. */
static void pass_on(void)
{
	struct pollfd event = {.fd = STDIN_FILENO, .events = POLLIN};
	char buffer[4096];
	ssize_t got;

	while (poll(&event, 1, 0) == 1 && (got = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		if (!put_out(buffer, (size_t)got))
			break;
}

static void give_up(int signal)
{
	(void)signal;
	if ((!output || put_out(output, output_length)) && has_input)
		pass_on();
	_exit(last_resort);
}

void survive_has_input(bool wanted)
{
	has_input = wanted;
}

void survive_print(const char *text, size_t length)
{
	output = NULL; /* a signal between the two finds none, rather than half of each */
	output_length = length;
	output = text;
}

void survive_with(int status)
{
	last_resort = status;
}

void survive_start(void)
{
	/* SIGUSR1 is the watchdog's; the lock of lib/store.c uses SIGALRM. */
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGUSR1};
	static char stack[16384];
	struct sigaction action = {.sa_handler = give_up, .sa_flags = SA_ONSTACK};
	struct itimerspec time = {.it_value.tv_sec = WATCHDOG_SECONDS};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
	sigset_t set;
	timer_t timer;

	sigemptyset(&set);
	sigaltstack(&own, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&set, signals[i]);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);       /* at RLIMIT_FSIZE a write fails, then */
	sigprocmask(SIG_UNBLOCK, &set, NULL); /* crun starts hooks with all of them blocked (1.8.1) */
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
		timer_settime(timer, 0, &time, NULL);
}
