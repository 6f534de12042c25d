/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enter_child.h"
#include "sys.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Waits until FD has something. A container can stop the process whose word this is, so not for ever. */
static int await_word(int fd, int interrupt, struct err *err)
{
	struct pollfd events[2] = {{.fd = fd, .events = POLLIN}, {.fd = interrupt, .events = POLLIN}};
	int rc;

	do
		rc = poll(events, 2, ENTER_SECONDS * 1000);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return err_errno(err, errno, "wait for the process in the container");
	if (rc == 0)
		return err_set(err, ETIMEDOUT,
			"the process in the container did not come to its command in %d seconds: something "
			"there "
			"stops it",
			ENTER_SECONDS);
	if (!events[0].revents)
		return err_set(err, EINTR, "interrupted");
	return 0;
}

/* The sender's pid; 0: none was told. */
static pid_t sender(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	struct ucred credentials;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&credentials, CMSG_DATA(header), sizeof(credentials));
	return credentials.pid;
}

/* One packet. 1: a report, from process *RET_PID; 0: none will come any more; else -errno, also the one that was reported. */
static int hear_one(int fd, int interrupt, struct report *ret, pid_t *ret_pid, struct err *err)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec place = {.iov_base = ret, .iov_len = sizeof(*ret)};
	struct msghdr message = {.msg_iov = &place,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t got;
	int rc = await_word(fd, interrupt, err);

	if (rc < 0)
		return rc;
	got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	if (got < 0)
		return err_errno(err, errno, "hear of the process in the container");
	if (got == 0)
		return 0;
	if (got != sizeof(*ret))
		return err_set(err, EPROTO, "the process in the container is not ours any more");
	*ret_pid = sender(&message);
	ret->err.text[sizeof(ret->err.text) - 1] = '\0';
	if (ret->kind != REPORT_FAILED)
		return 1;
	*err = ret->err;
	return err->number > 0 ? -err->number : -EPROTO;
}

/* A traced process could send what it likes: what we will signal and wait for has to be a child of ours. */
static bool is_child(pid_t pid)
{
	siginfo_t info;

	return pid > 1 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* The same, past the word that the third process was made: by that it can be killed before it speaks. */
static int hear(struct entered *entered, struct report *ret, pid_t *ret_pid, struct err *err)
{
	int rc;

	while ((rc = hear_one(entered->report, entered->interrupt, ret, ret_pid, err)) > 0 &&
		ret->kind == REPORT_MADE)
		if (!entered->pid && is_child(ret->pid))
			entered->pid = ret->pid;
	return rc;
}

static int await_ready(struct entered *entered, struct err *err)
{
	struct report report;
	pid_t pid = 0;
	int rc = hear(entered, &report, &pid, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, EIO, "the process in the container ended before the command");
	if (!is_child(pid))
		return err_set(err, EPROTO, "the process in the container is not ours any more");
	entered->pid = pid;
	return 0;
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* On the way out of a failure. The child is not reaped yet, so its number is no one else's. */
static void abandon(struct entered *entered)
{
	close_keep_errno(&entered->report);
	if (entered->pid) {
		(void)kill(entered->pid, SIGKILL);
		reap(entered->pid);
	}
	entered->pid = 0;
}

static int await_command(struct entered *entered, pid_t joiner, struct err *err)
{
	int rc = await_ready(entered, err);

	/* It ends by itself, or is stuck in the kernel on its way in: then it is not waited for. */
	(void)waitpid(joiner, NULL, rc == -ETIMEDOUT || rc == -EINTR ? WNOHANG : 0);
	if (rc < 0)
		return rc;
	entered->pidfd = sys_pidfd_open(entered->pid);
	return entered->pidfd < 0 ? err_errno(err, -entered->pidfd, "hold the process in the container") : 0;
}

void enter_blame_filter(struct err *err)
{
	size_t length = strlen(err->text);

	snprintf(err->text + length, sizeof(err->text) - length,
		"; the container's seccomp filter may forbid it");
}

int enter_prepare(const struct enter *enter, struct entered *ret, struct err *err)
{
	cleanup_entered struct entered entered = ENTERED_NONE;
	int sockets[2], on = 1, rc;
	pid_t joiner;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return err_errno(err, errno, "make a socket pair");
	entered.report = sockets[0];
	entered.interrupt = enter->interrupt;
	if (setsockopt(sockets[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
		close(sockets[1]);
		return err_errno(err, errno, "make a socket pair");
	}
	joiner = fork();
	if (joiner == 0) {
		close(sockets[0]);
		enter_be_joiner(enter, sockets[1]);
	}
	rc = joiner < 0 ? err_errno(err, errno, "make a process") : 0;
	close(sockets[1]);
	if (rc == 0)
		rc = await_command(&entered, joiner, err);
	if (rc < 0) {
		abandon(&entered);
		if (rc == -EIO && enter->identity.filter)
			enter_blame_filter(err);
		return rc;
	}
	*ret = entered;
	entered = ENTERED_NONE;
	return 0;
}

int enter_run(struct entered *entered, enum enter_failure *ret_failure, struct err *err)
{
	struct report report = {.failure = ENTER_FAILED};
	pid_t pid;
	int rc;

	*ret_failure = ENTER_FAILED;
	if (send(entered->report, "", 1, MSG_NOSIGNAL) != 1)
		return err_errno(err, errno, "start the command");
	rc = hear(entered, &report, &pid, err);
	if (rc == -ETIMEDOUT || rc == -EINTR)
		(void)sys_pidfd_send_signal(entered->pidfd, SIGKILL);
	else if (report.failure == ENTER_NOT_FOUND || report.failure == ENTER_NOT_RUN)
		*ret_failure = report.failure;
	return rc < 0 ? rc : 0;
}

void enter_close(struct entered *entered)
{
	close_keep_errno(&entered->pidfd);
	close_keep_errno(&entered->report);
}
