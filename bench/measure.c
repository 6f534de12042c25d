/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * measure RUNS [WARM-UP [SECONDS]]: times commands against each other. Each line of standard input is a case: NAME, INPUT (a file),
 * PREPARE (for sh -c, or empty) and COMMAND (an absolute path and words), with tabs between. In each round every
 * case has its turn: prepared, then timed from spawn to wait, with INPUT as standard input. After SECONDS (default:
 * no limit) no further round begins, but there are three. Prints a line a case: NAME, the
 * median in microseconds, and that of processor time, of the process and of those that it waited for: it grows less
 * than time where the machine is busy with something else. (hyperfine, as Debian 12 has it, takes no input, and does not take turns.)
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CASES = 16, WORDS = 1200, WARM_UP = 5, LEAST = 3 };

struct one {
	char *name, *input, *prepare, *words[WORDS + 1];
	double *times, *processor;
};

static void die(const char *what, const char *name)
{
	fprintf(stderr, "measure: %s: %s\n", name, what);
	exit(1);
}

static void read_case(char *line, struct one *ret)
{
	char *rest = line, *word;
	size_t count = 0;

	line[strcspn(line, "\n")] = '\0';
	ret->name = strsep(&rest, "\t");
	ret->input = strsep(&rest, "\t");
	ret->prepare = strsep(&rest, "\t");
	while (rest && (word = strsep(&rest, " ")) && count < WORDS)
		ret->words[count++] = word;
	if (!count || (rest && *rest))
		die("not a case", ret->name);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double microseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

static double time_one(const struct one *one, double *ret_processor)
{
	struct rusage usage;
	posix_spawn_file_actions_t actions;
	double start;
	int status;
	pid_t pid;

	if (*one->prepare && system(one->prepare) == -1)
		die("cannot be prepared", one->name);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, one->input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	start = now();
	if (posix_spawn(&pid, one->words[0], &actions, NULL, one->words, environ) != 0 ||
		wait4(pid, &status, 0, &usage) < 0)
		die("cannot be run", one->name);
	start = now() - start;
	posix_spawn_file_actions_destroy(&actions);
	if (status != 0)
		die("failed", one->name);
	*ret_processor = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
	return start;
}

static int ascending(const void *one, const void *other)
{
	double difference = *(const double *)one - *(const double *)other;

	return (difference > 0) - (difference < 0);
}

static double median(double *numbers, int count)
{
	qsort(numbers, (size_t)count, sizeof(double), ascending);
	return numbers[count / 2];
}

static int argument(int argc, char **argv, int index, int otherwise)
{
	return index < argc ? atoi(argv[index]) : otherwise;
}

static size_t read_cases(struct one cases[CASES], int runs)
{
	char *line = NULL;
	size_t size = 0, count = 0;

	while (getline(&line, &size, stdin) > 0) {
		if (count == CASES)
			die("too many cases", line);
		read_case(line, &cases[count]);
		cases[count].times = calloc((size_t)runs, sizeof(double));
		cases[count++].processor = calloc((size_t)runs, sizeof(double));
		line = NULL; /* the case's now */
	}
	return count;
}

int main(int argc, char **argv)
{
	int runs = argument(argc, argv, 1, 0), warm_up = argument(argc, argv, 2, WARM_UP);
	int seconds = argument(argc, argv, 3, 0), run;
	static struct one cases[CASES];
	double end = now() + seconds * 1e6;
	size_t count;

	if (runs < 1)
		die("RUNS is missing", "usage");
	count = read_cases(cases, runs);
	for (run = -warm_up; run < runs && (run < LEAST || !seconds || now() < end); run++)
		for (size_t i = 0; i < count; i++) {
			double processor, time = time_one(&cases[i], &processor);

			if (run < 0)
				continue;
			cases[i].times[run] = time;
			cases[i].processor[run] = processor;
		}
	for (size_t i = 0; i < count; i++) {
		printf("%s %.1f %.1f\n", cases[i].name, median(cases[i].times, run),
			median(cases[i].processor, run));
	}
	return 0;
}
