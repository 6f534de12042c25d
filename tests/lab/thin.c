/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one file of the lab's micro-container image: a static web server of a screenful, with no
 * shell and no tools beside it. As the first process of a container it does what a good one does:
 * it ends at SIGTERM, and leaves no zombies.
 *
 *     /app           answers each request on port 80 with "hello"; waits, where it may not listen
 *     /app wait      waits
 *     /app exit N    exits with status N
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void end(int signal_number)
{
	(void)signal_number;
	_exit(0);
}

static int listen_on(unsigned short port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 16) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void answer(int fd)
{
	static const char hello[] = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
	char request[1024];

	if (read(fd, request, sizeof(request)) > 0 && write(fd, hello, sizeof(hello) - 1) > 0)
		shutdown(fd, SHUT_WR);
	close(fd);
}

int main(int argc, char **argv)
{
	int server;

	signal(SIGTERM, end);
	signal(SIGINT, end);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (argc > 2 && strcmp(argv[1], "exit") == 0)
		return atoi(argv[2]);
	server = argc > 1 ? -1 : listen_on(80);
	while (server >= 0) {
		int fd = accept(server, NULL, NULL);

		if (fd >= 0)
			answer(fd);
	}
	for (;;)
		pause();
}
