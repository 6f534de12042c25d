/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enter_child.h"
#include "sys.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

static int too_late(struct err *err)
{
	return err_set(err, ETIMEDOUT,
		"the process in the container did not come to its command in %d seconds: something there "
		"stops it",
		ENTER_SECONDS);
}

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
		return too_late(err);
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

/* One packet. 1: a report, from process *RET_PID; 0: there is none; else -errno, also the one that was reported. */
static int receive(int fd, struct report *ret, pid_t *ret_pid, struct err *err)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec place = {.iov_base = ret, .iov_len = sizeof(*ret)};
	struct msghdr message = {.msg_iov = &place,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (got < 0 && errno != EAGAIN)
		return err_errno(err, errno, "hear of the process in the container");
	if (got <= 0)
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

static int await_ready(struct entered *entered, struct err *err)
{
	struct report report;
	pid_t pid = 0;
	int rc = await_word(entered->report, entered->interrupt, err);

	if (rc == 0) {
		rc = receive(entered->report, &report, &pid, err);
		if (rc == 0)
			rc = err_set(err, EIO, "the process in the container ended before the command");
	}
	if (rc < 0)
		return rc;
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

/* On the way out of a failure. What was made and has not spoken is known by the note; not reaped yet, it has its number. */
static void abandon(struct entered *entered)
{
	uint64_t number;

	if (!entered->pid && read(entered->note, &number, sizeof(number)) == sizeof(number) &&
		is_child((pid_t)number))
		entered->pid = (pid_t)number;
	close_keep_errno(&entered->report);
	if (entered->pid) {
		(void)kill(entered->pid, SIGKILL);
		reap(entered->pid);
	}
	entered->pid = 0;
}

/* OPTIONS: of waitpid. */
static void reap_joiner(struct entered *entered, int options)
{
	if (entered->joiner && waitpid(entered->joiner, NULL, options) != 0)
		entered->joiner = 0;
}

void enter_blame_filter(struct err *err)
{
	size_t length = strlen(err->text);

	snprintf(err->text + length, sizeof(err->text) - length,
		"; the container's seccomp filter may forbid it");
}

int enter_start(const struct enter *enter, struct entered *ret, struct err *err)
{
	int sockets[2], on = 1;

	*ret = ENTERED_NONE;
	ret->interrupt = enter->interrupt;
	ret->filtered = enter->identity.filter;
	ret->note = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ret->note < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return err_errno(err, errno, "make a socket pair");
	ret->report = sockets[0];
	if (setsockopt(sockets[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0) {
		ret->joiner = fork();
		if (ret->joiner == 0) {
			close(sockets[0]);
			enter_be_joiner(enter, sockets[1], ret->note);
		}
	}
	if (ret->joiner <= 0)
		err_errno(err, errno, "make a process");
	close(sockets[1]);
	if (ret->joiner > 0)
		return 0;
	ret->joiner = 0;
	return -err->number;
}

int enter_await(struct entered *entered, struct err *err)
{
	int rc = await_ready(entered, err);

	/* It ends by itself, or is stuck in the kernel on its way in: then it is not waited for. */
	if (rc < 0)
		reap_joiner(entered, rc == -ETIMEDOUT || rc == -EINTR ? WNOHANG : 0);
	if (rc == 0) {
		entered->pidfd = sys_pidfd_open(entered->pid);
		if (entered->pidfd < 0)
			rc = err_errno(err, -entered->pidfd, "hold the process in the container");
	}
	if (rc < 0)
		abandon(entered);
	if (rc == -EIO && entered->filtered)
		enter_blame_filter(err);
	return rc;
}

int enter_run(struct entered *entered, struct err *err)
{
	if (send(entered->report, "", 1, MSG_NOSIGNAL) != 1)
		return err_errno(err, errno, "start the command");
	entered->deadline = util_now() + ENTER_SECONDS * INT64_C(1000);
	reap_joiner(entered, 0); /* it has ended long ago */
	return 0;
}

/* The last of its descriptors is closed by exec, and by nothing else that lives. */
static bool has_begun(const struct entered *entered)
{
	struct pollfd event = {.fd = entered->report};

	return poll(&event, 1, 0) > 0;
}

int enter_patience(struct entered *entered)
{
	int64_t rest = entered->deadline - util_now();

	if (!entered->deadline)
		return -1;
	if (rest > 0)
		return (int)rest;
	entered->deadline = 0;
	entered->late = !has_begun(entered);
	if (entered->late)
		(void)sys_pidfd_send_signal(entered->pidfd, SIGKILL);
	return -1;
}

int enter_result(struct entered *entered, enum enter_failure *ret_failure, struct err *err)
{
	struct report report = {.failure = ENTER_FAILED};
	pid_t pid;
	int rc = entered->late ? too_late(err) : receive(entered->report, &report, &pid, err);

	*ret_failure = ENTER_FAILED;
	if (report.failure == ENTER_NOT_FOUND || report.failure == ENTER_NOT_RUN)
		*ret_failure = report.failure;
	return rc < 0 ? rc : 0;
}

void enter_close(struct entered *entered)
{
	reap_joiner(entered, WNOHANG);
	close_keep_errno(&entered->pidfd);
	close_keep_errno(&entered->report);
	close_keep_errno(&entered->note);
}
