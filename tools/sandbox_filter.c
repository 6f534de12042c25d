/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which sockets a self-test may make. A network namespace does not hold back all kinds: by AF_VSOCK a program of a virtual machine
 * reaches its host, by others a modem.
 */
#include "sandbox_init.h"

#include "err.h"
#include "util.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__i386__)
#define ARCHITECTURE AUDIT_ARCH_I386
#elif defined(__arm__)
#define ARCHITECTURE AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCHITECTURE AUDIT_ARCH_S390X
#endif

#ifdef ARCHITECTURE

/* The lower half, which is what the kernel takes of an int. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
enum { FIRST_ARGUMENT = offsetof(struct seccomp_data, args) + 4 };
#else
enum { FIRST_ARGUMENT = offsetof(struct seccomp_data, args) };
#endif

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define FAIL(number) RETURN(SECCOMP_RET_ERRNO | (number))
/* What follows is passed over unless what was loaded is VALUE. */
#define IF_EQUAL(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1)

int sandbox_limit_sockets(struct err *err)
{
	static const struct sock_filter filter[] = {
		/* Nothing of another architecture is in a tree, and its numbers would be ways around this. */
		LOAD(offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		FAIL(ENOSYS),
		LOAD(offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 */
		FAIL(ENOSYS),
#endif
#ifdef SYS_socketcall
		IF_EQUAL(SYS_socketcall),
		FAIL(ENOSYS),
#endif
		IF_EQUAL(SYS_io_uring_setup), /* it can make sockets, too */
		FAIL(ENOSYS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD(FIRST_ARGUMENT),
		IF_EQUAL(AF_UNIX),
		RETURN(SECCOMP_RET_ALLOW),
		IF_EQUAL(AF_INET),
		RETURN(SECCOMP_RET_ALLOW),
		IF_EQUAL(AF_INET6),
		RETURN(SECCOMP_RET_ALLOW),
		IF_EQUAL(AF_NETLINK),
		RETURN(SECCOMP_RET_ALLOW),
		IF_EQUAL(AF_PACKET),
		RETURN(SECCOMP_RET_ALLOW),
		FAIL(EAFNOSUPPORT),
	};
	/* It is not written to: the interface is older than const. */
	struct sock_fprog program = {ARRAY_SIZE(filter), (struct sock_filter *)(uintptr_t)filter};

	/* EINVAL: a kernel without it. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 && errno != EINVAL)
		return err_errno(err, errno, "limit the sockets");
	return 0;
}

#else

int sandbox_limit_sockets(struct err *err)
{
	(void)err;
	return 0;
}

#endif
