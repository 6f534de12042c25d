/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "complain.h"

#include "err.h"
#include "io.h"
#include "json.h"
#include "log.h"
#include "options.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

/* As runc has it. Not a byte more: a line that is not JSON ends what containerd reads of it. */
static char *json_line(const char *text, const char *stamp)
{
	struct json_writer *writer = json_writer_new(false);
	char *line = NULL;

	json_write_object(writer, NULL);
	json_write_string(writer, "level", "error");
	json_write_string(writer, "msg", text);
	json_write_string(writer, "time", stamp);
	json_write_end(writer);
	return json_writer_finish(writer, &line, NULL, ERR_IGNORED) < 0 ? NULL : line;
}

/* crun's log may be something else than a file. */
static const char *log_file(const char *log)
{
	if (strncmp(log, "file:", 5) == 0)
		return log + 5;
	return strncmp(log, "journald:", 9) == 0 || strncmp(log, "syslog:", 7) == 0 ? NULL : log;
}

static void append(const struct options *options, const char *safe)
{
	const char *name = options->log ? log_file(options->log) : NULL;
	cleanup_fd int fd = FD_NONE;
	cleanup_free char *line = NULL;
	char stamp[32];

	if (!name)
		return;
	util_time_text(time(NULL), stamp);
	line = options->log_is_json ? json_line(safe, stamp)
				    : util_printf("time=\"%s\" level=error msg=\"%s\"\n", stamp, safe);
	fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
	if (fd >= 0 && line)
		(void)io_write_all(fd, line, strlen(line));
}

void complain(const struct options *options, const char *text, const char *more)
{
	char said[1024], safe[2048];

	snprintf(said, sizeof(said), "oci-crashcart-runtime: %s%s", text, more);
	util_escape(safe, sizeof(safe), said);
	log_line(LOG_ERR, NULL, "%s%s", text, more);
	fprintf(stderr, "%s\n", safe);
	append(options, safe);
}
