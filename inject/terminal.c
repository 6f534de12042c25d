/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

bool terminal_is_wanted(enum terminal_wish wish)
{
	if (wish == TERMINAL_AUTO)
		return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	return wish == TERMINAL_ALWAYS;
}

/* O_NONBLOCK is of what dup(2) and fork(2) share: set on the caller's own, it would be its shell's, too. */
static int open_anew(int fd)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void open_end(int fd, struct terminal_end *ret)
{
	if (!isatty(fd) || tcgetattr(fd, &ret->saved) < 0)
		return;
	ret->fd = open_anew(fd);
	if (ret->fd < 0) /* it may block, then */
		ret->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

void terminal_open(struct terminal *ret)
{
	*ret = TERMINAL_NONE;
	open_end(STDIN_FILENO, &ret->input);
	open_end(STDOUT_FILENO, &ret->output);
}

void terminal_close(struct terminal *terminal)
{
	terminal_restore(terminal, true);
	close_keep_errno(&terminal->input.fd);
	close_keep_errno(&terminal->output.fd);
}

bool terminal_exists(const struct terminal *terminal)
{
	return terminal->input.fd >= 0 || terminal->output.fd >= 0;
}

bool terminal_size(const struct terminal *terminal, struct winsize *ret)
{
	int fd = terminal->output.fd >= 0 ? terminal->output.fd : terminal->input.fd;

	return fd >= 0 && ioctl(fd, TIOCGWINSZ, ret) == 0;
}

static struct termios raw_of(const struct terminal_end *end)
{
	struct termios settings = end->saved;

	cfmakeraw(&settings);
	return settings;
}

/* No error matters: a terminal that has gone tells by what is read from it. */
void terminal_make_raw(struct terminal *terminal)
{
	struct termios settings;

	terminal->raw = terminal_exists(terminal);
	if (terminal->input.fd >= 0) {
		settings = raw_of(&terminal->input);
		(void)tcsetattr(terminal->input.fd, TCSANOW, &settings);
	}
	/* Most often the same terminal, and so by now as it should be. */
	if (terminal->output.fd >= 0 && tcgetattr(terminal->output.fd, &settings) == 0) {
		settings.c_oflag &= ~(tcflag_t)OPOST;
		(void)tcsetattr(terminal->output.fd, TCSANOW, &settings);
	}
}

void terminal_restore(struct terminal *terminal, bool over)
{
	if (!terminal->raw)
		return;
	terminal->raw = false;
	/* TCSANOW: the others wait for what a terminal that is stopped has not shown yet. */
	if (terminal->output.fd >= 0)
		(void)tcsetattr(terminal->output.fd, TCSANOW, &terminal->output.saved);
	if (terminal->input.fd >= 0) {
		if (over)
			(void)tcflush(terminal->input.fd, TCIFLUSH);
		(void)tcsetattr(terminal->input.fd, TCSANOW, &terminal->input.saved);
	}
}

/* A shell that has taken its terminal back has settings of its own there. */
void terminal_restore_left(struct terminal *terminal)
{
	struct termios raw = raw_of(&terminal->input), now;

	if (terminal->input.fd < 0 || tcgetattr(terminal->input.fd, &now) < 0)
		return;
	terminal->raw = now.c_iflag == raw.c_iflag && now.c_lflag == raw.c_lflag &&
			now.c_oflag == raw.c_oflag && memcmp(now.c_cc, raw.c_cc, sizeof(now.c_cc)) == 0;
	terminal_restore(terminal, true);
}
