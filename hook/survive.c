/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "survive.h"

#include "bounds.h"
#include "util.h"

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t last_resort = EXIT_SUCCESS;

static const char *volatile output;
static volatile size_t output_length;

static void give_up(int signal)
{
	(void)signal;
	while (output && output_length) {
		ssize_t written = write(STDOUT_FILENO, output, output_length);

		if (written <= 0)
			break;
		output += written;
		output_length -= (size_t)written;
	}
	_exit(last_resort);
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
	timer_t timer;

	sigaltstack(&own, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
		timer_settime(timer, 0, &time, NULL);
}
