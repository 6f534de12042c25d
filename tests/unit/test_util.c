/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that is safe to show, numbers, cleaners. */
#include "tap.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void escaped(const char *text, const char *wanted, const char *name)
{
	char out[256];

	tap_string(util_escape(out, sizeof(out), text), wanted, "escaped: %s", name);
}

static void test_escape(void)
{
	escaped("", "", "nothing");
	escaped("plain text ~!\"'%s$`", "plain text ~!\"'%s$`", "plain text stays");
	escaped("a\nb\rc\td", "a\\x0ab\\x0dc\\x09d", "line ends and tabs");
	escaped("\x1b[2J\x1b]0;x\x07", "\\x1b[2J\\x1b]0;x\\x07", "a terminal's sequences");
	escaped("\x01\x1f\x7f", "\\x01\\x1f\\x7f", "control characters, DEL too");
	escaped("\\x1b", "\\x5cx1b", "a backslash, so that no escape can be forged");
	escaped("\xc3\xa4", "\\xc3\\xa4", "UTF-8");
	escaped("\x9b"
		"2J",
		"\\x9b2J", "a control sequence of one byte");
	escaped("\xff\x80", "\\xff\\x80", "bytes that are no text");
}

/* Each size from 1 on: what is there is a beginning of the whole, with no escape cut in two. */
static void test_escape_cut(void)
{
	static const char text[] = "ab\x1b"
				   "cd\n\n",
			  whole[] = "ab\\x1bcd\\x0a\\x0a";
	static const size_t ends[] = {0, 1, 2, 6, 7, 8, 12, 16};
	size_t wrong = 0;

	for (size_t size = 1; size <= sizeof(whole) + 2; size++) {
		char *out = tap_exact(whole,
			size < sizeof(whole) ? size : sizeof(whole)); /* exact: a byte beyond is seen */
		size_t longest = 0;

		for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
			if (ends[i] < size)
				longest = ends[i];
		util_escape(out, size, text);
		wrong += strlen(out) != longest || strncmp(out, whole, longest) != 0;
		free(out);
	}
	tap_number((int64_t)wrong, 0, "a buffer of any size holds as much as fits, and no half escape");
}

static void number(const char *text, uint64_t min, uint64_t max, bool good, uint64_t wanted)
{
	uint64_t got = 77;
	bool taken = util_number(text, min, max, &got);

	tap_ok(taken == good && got == (good ? wanted : 77), "\"%s\" is %s", text,
		good ? "a number" : "none, or out of range");
}

static void test_numbers(void)
{
	number("0", 0, 10, true, 0);
	number("10", 0, 10, true, 10);
	number("007", 0, 10, true, 7);
	number("11", 0, 10, false, 0);
	number("4", 5, 10, false, 0);
	number("5", 5, 10, true, 5);
	number("18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX);
	number("18446744073709551616", 0, UINT64_MAX, false, 0);
	number("18446744073709551625", 0, UINT64_MAX, false, 0);
	number("99999999999999999999999", 0, UINT64_MAX, false, 0);
	number("", 0, 10, false, 0);
	number(" 1", 0, 10, false, 0);
	number("1 ", 0, 10, false, 0);
	number("+1", 0, 10, false, 0);
	number("-1", 0, 10, false, 0);
	number("1x", 0, 10, false, 0);
	number("0x1", 0, 10, false, 0);
	number("1/", 0, 10, false, 0);
	number("1:", 0, 10, false, 0);
	number("1.0", 0, 10, false, 0);
	number("1\n", 0, 10, false, 0);
	number("\xd9\xa1", 0, 10, false, 0);
}

static void test_descriptors(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), kept = fd, taken;

	taken = TAKE_FD(fd);
	tap_ok(taken == kept && fd == FD_NONE, "a descriptor that is taken leaves none behind");
	errno = 55;
	close_keep_errno(&fd);
	tap_ok(fcntl(taken, F_GETFD) >= 0, "closing none closes nothing");
	close_keep_errno(&taken);
	tap_ok(errno == 55 && taken == FD_NONE, "closing keeps errno, and leaves none");
	tap_ok(fcntl(kept, F_GETFD) < 0, "and closes");
	tap_ok(FD_NONE < 0, "none is not standard input");
}

static void test_memory(void)
{
	char *text = util_printf("%s-%d", "a", 5), *taken;

	tap_string(text, "a-5", "printf into new memory");
	taken = TAKE_PTR(text);
	tap_ok(taken && !text, "a pointer that is taken leaves null behind");
	errno = 55;
	free_keep_errno(&text);
	free_keep_errno(&taken);
	tap_ok(errno == 55 && !taken, "freeing keeps errno, and leaves null");
}

static void size(const char *text, bool wanted, uint64_t bytes)
{
	uint64_t got = 7;

	tap_ok(util_size(text, &got) == wanted, "a size: %s", text);
	tap_number((int64_t)got, (int64_t)(wanted ? bytes : 7), "its bytes");
}

static void test_size(void)
{
	size("0", true, 0);
	size("1000", true, 1000);
	size("3K", true, 3072);
	size("2M", true, 2 << 20);
	size("1G", true, 1 << 30);
	size("18446744073709551615", true, UINT64_MAX);
	size("17179869183G", true, (uint64_t)17179869183 << 30);
	size("17179869184G", false, 0);
	size("18446744073709551616", false, 0);
	size("000000000000000000000000000001", false, 0);
	size("", false, 0);
	size("K", false, 0);
	size("1k", false, 0);
	size("1KB", false, 0);
	size("1 K", false, 0);
	size("-1", false, 0);
	size("1.5G", false, 0);
}

/* Against the C library, a day and some seconds on each time: through leap years, centuries, and before 1970. */
static void test_time(void)
{
	char text[32], wanted[32];
	struct tm utc;
	int wrong = 0;

	for (time_t when = -5000000000; when < 20000000000; when += 86400 * 7 + 4099) {
		util_time_text(when, text);
		gmtime_r(&when, &utc);
		strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &utc);
		wrong += strcmp(text, wanted) != 0;
	}
	tap_number(wrong, 0, "times from 1811 to 2603 are written as the C library writes them");
	util_time_text(951782400, text);
	tap_string(text, "2000-02-29T00:00:00Z", "a leap day of a century");
}

int main(void)
{
	test_time();
	test_escape();
	test_escape_cut();
	test_numbers();
	test_descriptors();
	test_memory();
	test_size();
	return tap_done();
}
