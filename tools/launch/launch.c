/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bin/NAME of a tree whose program needs fixed arguments, environment variables or an argv[0] of its own: sets these and
 * executes the program. It is linked to no C library and reads nothing but what dbg-tools wrote into it (area.h), so that
 * it runs in any root directory, as a child of any program, and costs one exec.
 */
#include "area.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

enum { EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* Not C, so that no compiler takes what is written here for what the program will find. */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	".globl launch_area\n"
	"launch_area: .ascii \"" LAUNCH_MARKER "\"\n"
	".zero 4096 - (. - launch_area)\n"
	".popsection\n");
extern const struct launch_area launch_area;

#if defined(__x86_64__)

__asm__(".globl _start\n"
	"_start: xor %ebp, %ebp\n"
	"mov %rsp, %rdi\n"
	"and $-16, %rsp\n"
	"call launch\n"
	"hlt\n");

static long call(long number, long first, long second, long third)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(first), "S"(second), "d"(third)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

__asm__(".globl _start\n"
	"_start: mov x29, #0\n"
	"mov x30, #0\n"
	"mov x0, sp\n"
	"bl launch\n"
	"brk #1\n");

static long call(long number, long first, long second, long third)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = first;
	register long x1 __asm__("x1") = second;
	register long x2 __asm__("x2") = third;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

#endif

#if defined(__x86_64__) || defined(__aarch64__)

/* The kernel counts pointers into what it takes as arguments, a quarter of the stack's limit: 2 MiB where that is 8 MiB. */
enum { POINTER_LIMIT = (2 << 20) / sizeof(char *) };

static const char *pointers[POINTER_LIMIT];
static size_t used;
static char line[2 * LAUNCH_AREA_SIZE];

static _Noreturn void leave(int status)
{
	for (;;)
		call(SYS_exit_group, status, 0, 0);
}

static char *append(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *append_number(char *to, int number)
{
	char digits[12];
	int count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	while (count)
		*to++ = digits[--count];
	return to;
}

static _Noreturn void fail(const char *self, const char *program, int number)
{
	char *end = append(line, self);

	end = append(end, ": cannot run ");
	end = append(end, program);
	end = append(end, ": errno ");
	end = append_number(end, number);
	*end++ = '\n';
	call(SYS_write, 2, (long)line, end - line);
	leave(number == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
}

/* The string behind TEXT. */
static const char *next(const char *text)
{
	while (*text)
		text++;
	return text + 1;
}

/* True where both are NAME=..., of one name. */
static int same_name(const char *a, const char *b)
{
	while (*a == *b && *a && *a != '=') {
		a++;
		b++;
	}
	return *a == '=' && *b == '=';
}

static int is_replaced(const char *variable, const char *environment)
{
	for (uint32_t i = 0; i < launch_area.environment_count; i++, environment = next(environment))
		if (same_name(variable, environment))
			return 1;
	return 0;
}

/* Returns false where there is no room any more. */
static int add(const char *text)
{
	if (used == POINTER_LIMIT)
		return 0;
	pointers[used++] = text;
	return 1;
}

static int add_configured(const char **text, uint32_t count)
{
	for (; count; count--, *text = next(*text))
		if (!add(*text))
			return 0;
	return 1;
}

/* The argument vector, its null, the environment, its null: all in POINTERS. *RET_ENVIRONMENT: where the latter begins. */
static int fill(long argc, char **argv, const char *text, size_t *ret_environment)
{
	char **inherited = argv + argc + 1;
	int fits = add(text);

	text = next(text);
	fits = fits && add_configured(&text, launch_area.argument_count);
	for (long i = 1; fits && i < argc; i++) /* argc is 0 for who gives no argv, before Linux 5.18 */
		fits = add(argv[i]);
	fits = fits && add(NULL);
	*ret_environment = used;
	for (; fits && *inherited; inherited++)
		fits = is_replaced(*inherited, text) || add(*inherited);
	return fits && add_configured(&text, launch_area.environment_count) && add(NULL);
}

/* STACK: as the kernel leaves it: argc, argv, a null, the environment, a null. */
__attribute__((used)) _Noreturn void launch(long *stack);
void launch(long *stack)
{
	const char *program = launch_area.text, *self = next(program);
	size_t environment = 0;

	if (!fill(stack[0], (char **)(stack + 1), self, &environment))
		fail(self, program, E2BIG);
	fail(self, program,
		(int)-call(SYS_execve, (long)program, (long)pointers, (long)(pointers + environment)));
}

#endif
