/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lab's system log: appends what syslog(3) sends to a socket to a file, a line a message.
 *
 *     sink SOCKET FILE
 *
 * It says "ready" on standard output once it listens.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0666) < 0)
		return -1;
	return fd;
}

/* One message is one line, whatever bytes are in it: a test reads the file by lines. */
static size_t make_line(char *text, size_t length)
{
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\0'))
		length--;
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n' || text[i] == '\0')
			text[i] = '?';
	text[length] = '\n';
	return length + 1;
}

int main(int argc, char **argv)
{
	static char text[65536];
	int log, fd;

	if (argc != 3) {
		fputs("usage: sink SOCKET FILE\n", stderr);
		return 2;
	}
	fd = listen_at(argv[1]);
	log = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || log < 0) {
		perror("sink");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t got = recv(fd, text, sizeof(text) - 1, 0);

		if (got < 0)
			continue;
		if (write(log, text, make_line(text, (size_t)got)) < 0)
			return 1;
	}
}
