/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs from processor to processor: a stopped process's registers, and the instruction that stops it. */
#ifndef MACHINE_H
#define MACHINE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>

#if defined(__x86_64__)
enum { BREAK_LENGTH = 1, BREAK_ADVANCE = 1 };
static const unsigned char break_code[] = {0xcc};

static inline uintptr_t where(pid_t pid)
{
	return (uintptr_t)ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, rip), 0);
}

static inline long go_to(pid_t pid, uintptr_t address)
{
	return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rip), address);
}

static inline long make_no_call(pid_t pid)
{
	return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), -1L);
}

static inline long return_error(pid_t pid, int error)
{
	return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), -(long)error);
}
#elif defined(__aarch64__)
enum { BREAK_LENGTH = 4, BREAK_ADVANCE = 0 };
static const unsigned char break_code[] = {0x00, 0x00, 0x20, 0xd4};

static inline long get_registers(pid_t pid, struct user_regs_struct *registers)
{
	struct iovec part = {registers, sizeof(*registers)};

	return ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part);
}

static inline long set_registers(pid_t pid, struct user_regs_struct *registers)
{
	struct iovec part = {registers, sizeof(*registers)};

	return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &part);
}

static inline uintptr_t where(pid_t pid)
{
	struct user_regs_struct registers = {0};

	get_registers(pid, &registers);
	return registers.pc;
}

static inline long go_to(pid_t pid, uintptr_t address)
{
	struct user_regs_struct registers;

	if (get_registers(pid, &registers) < 0)
		return -1;
	registers.pc = address;
	return set_registers(pid, &registers);
}

static inline long make_no_call(pid_t pid)
{
	int call = -1;
	struct iovec part = {&call, sizeof(call)};

	return ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &part);
}

static inline long return_error(pid_t pid, int error)
{
	struct user_regs_struct registers;

	if (get_registers(pid, &registers) < 0)
		return -1;
	registers.regs[0] = (unsigned long long)-(long long)error;
	return set_registers(pid, &registers);
}
#else
#error "how a system call is failed on this processor is not written yet"
#endif

#endif
