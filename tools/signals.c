/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signals.h"

#include "util.h"

#include <signal.h>
#include <sys/signalfd.h>

int signals_catch(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction action;

		/* A blocked signal would be queued though it is ignored. */
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signals_die(int signals)
{
	struct signalfd_siginfo info;
	sigset_t set;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return EXIT_FAILURE;
	sigemptyset(&set);
	sigaddset(&set, (int)info.ssi_signo);
	(void)raise((int)info.ssi_signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + (int)info.ssi_signo;
}
