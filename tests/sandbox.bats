#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# dbg-tools verify: self-tests run where there is nothing but the tree, reach nothing else, and leave nothing behind.
# shellcheck disable=SC2016 # scripts for the inside
# Needs root, user namespaces, a C compiler, patchelf, jq, and the tools that are packed.

setup_file() {
	export DBG_TOOLS
	DBG_TOOLS=$(realpath "${DBG_TOOLS:-$BATS_TEST_DIRNAME/../dbg-tools}")
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin OCI_CRASHCART_RECIPES=$BATS_FILE_TMPDIR/none
	"$DBG_TOOLS" build -q -o "$BATS_FILE_TMPDIR/tree" busybox bash
	"$DBG_TOOLS" build -q -o "$BATS_FILE_TMPDIR/more" busybox bash tcpdump strace
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/tree" tree
	mounts=$(cut -d' ' -f3- /proc/self/mountinfo)
	mark=crashcart-$$-$RANDOM$RANDOM
	echo "$mark" >mark
}

teardown() {
	[ "$(cut -d' ' -f3- /proc/self/mountinfo)" = "$mounts" ]
	wait_until none_inside
}

# A process of a self-test is known by its mark.
inside() {
	grep -qsaF -f mark /proc/[0-9]*/cmdline /proc/[0-9]*/environ
}

none_inside() {
	! inside
}

# wait_until COMMAND...
wait_until() {
	for _ in $(seq 600); do
		! "$@" >/dev/null || return 0
		sleep 0.05
	done
	echo "not within the time: $*"
	return 1
}

# test_is SCRIPT [OUTPUT]: what bash -c is to do in there.
test_is() {
	jq --arg script "export MARK=$mark; $1" --arg output "${2-null}" '(.tools[] | select(.name == "bash")).tests =
		[{arguments: ["-c", $script], output: (if $output == "null" then null else $output end)}]' tree/manifest.json >manifest
	cp manifest tree/manifest.json
}

passes() { # SCRIPT [OUTPUT]
	test_is "$@"
	run "$DBG_TOOLS" verify tree bash
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ bash\ +ok ]]
}

fails() { # TEXT SCRIPT [OUTPUT]
	test_is "${@:2}"
	run "$DBG_TOOLS" verify tree bash
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output =~ bash\ +failed && $output == *"$1"* ]]
	[[ $output == *'dbg-tools: tree: 1 of 1 tools failed' ]]
}

# prints WANTED SCRIPT: what SCRIPT prints in there, as its reason to fail.
prints() {
	test_is "o=\$($2); echo \"<\${o//\$'\\n'/ }>\"; exit 1"
	run "$DBG_TOOLS" verify --json tree bash
	echo "$output"
	[[ $output == *"exit status 1: <$1>\""* ]]
}

@test "a test passes by its status and by what it prints" {
	passes 'echo 42'
	passes 'echo "a 42 b" >&2' 42
	passes 'printf "a\nb\n"' $'a\nb'
	passes 'printf "\0\0 42"' 42
	fails 'exit status 3: why' 'echo why; exit 3'
	fails 'exit status 3' 'exit 3'
	fails "'42' is not in what it printed: 41" 'echo 41' 42
	fails 'ended by signal 11 (Segmentation fault)' 'kill -SEGV $$'
	fails 'exit status 1: \x1b[31mred' 'printf "\e[31mred\n"; exit 1'
}

@test "every test of a tool has to pass, and the one that did not is named" {
	jq '(.tools[] | select(.name == "bash")).tests = [{arguments: ["-c", "true"]}, {arguments: ["-c", "exit 4"]},
		{arguments: ["-c", "exit 5"]}]' tree/manifest.json >manifest
	cp manifest tree/manifest.json
	run "$DBG_TOOLS" verify tree
	[ "$status" -eq 1 ]
	[[ $output == *'-c exit 4: exit status 4'* && $output == *'1 of 2 tools failed'* ]]
	run "$DBG_TOOLS" verify -v tree bash
	[[ $output == *'dbg-tools: bash -c true'*'dbg-tools: bash -c exit 4'* && $output != *'exit 5'* ]]
}

@test "a tool without a test has to load, or to run" {
	for name in ok broken hidden; do
		echo "int odd(void) { return 3; }" | cc -shared -fPIC -x c -Wl,-soname,libodd.so.1 -o libodd.so.1 -
		echo 'int odd(void); int main(void) { return odd(); } int '$name'_;' | cc -x c -o $name - -x none libodd.so.1 -Wl,-rpath,"$PWD"
	done
	echo 'int main(void) { return 7; }' | cc -static -x c -o seven -
	echo 'int main(void) { __builtin_trap(); }' | cc -static -x c -o trap -
	printf '#!/bin/bash\nexit 9\n' >nine
	chmod 755 nine
	rm -rf tree
	"$DBG_TOOLS" build -q -o tree ./ok ./broken ./seven ./trap ./nine busybox
	patchelf --replace-needed libodd.so.1 libeven.so.1 tree/bin/broken
	chmod 0644 tree/bin/nine
	run "$DBG_TOOLS" verify tree
	echo "$output"
	[[ $output =~ ok\ +ok && $output =~ seven\ +ok && $output =~ busybox\ +ok ]]
	[[ $output =~ broken\ +failed.*libeven.so.1 ]]
	[[ $output =~ trap\ +failed\ +ended\ by\ signal\ 4 ]]
	[[ $output =~ nine\ +failed\ +cannot\ be\ run:\ Permission\ denied ]]
	chmod 0755 tree/bin/nine
	run "$DBG_TOOLS" verify tree nine
	[[ $output =~ nine\ +ok ]]
}

@test "what is behind a launcher is what has to load" {
	mkdir recipes
	echo 'environment = FROM=launcher' >recipes/env.conf
	rm -rf tree
	OCI_CRASHCART_RECIPES=$PWD/recipes "$DBG_TOOLS" build -q -o tree env
	[ -f tree/lib/wrapped/env ]
	"$DBG_TOOLS" verify -q tree
	patchelf --add-needed libeven.so.1 tree/lib/wrapped/env
	run "$DBG_TOOLS" verify tree
	[[ $output =~ env\ +failed.*libeven.so.1 ]]
}

@test "a musl tree is verified, too" {
	command -v musl-gcc >/dev/null || skip "cannot run here: there is no musl-gcc"
	echo 'int main(void) { return 0; }' | musl-gcc -x c -o small -
	rm -rf tree
	"$DBG_TOOLS" build -q -o tree ./small
	"$DBG_TOOLS" verify -q tree
	jq '.tools[0].tests = [{arguments: []}]' tree/manifest.json >manifest
	cp manifest tree/manifest.json
	"$DBG_TOOLS" verify -q tree
}

@test "there is nothing inside but /proc, a few devices and the tree" {
	prints 'dev proc' 'ls -A /'
	prints 'crashcart fd full null ptmx pts random stderr stdin stdout tty urandom zero' 'ls -A /dev'
	prints "$(find tree -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ' | sed 's/ $//')" 'ls -A /dev/crashcart'
	prints '/' 'pwd'
	prints '/ /dev/crashcart /dev/pts /proc' \
		'while read -r _ _ _ _ at _; do echo $at; done </proc/self/mountinfo | grep -vx -e /dev/null -e /dev/zero -e /dev/full -e "/dev/u\?random" -e /dev/tty | sort'
	passes 'echo x >/dev/null && head -c 4 /dev/urandom >/dev/null && ! echo x 2>/dev/null >/dev/full && [ -z "$(head -c 0 /dev/zero)" ]'
	passes 'exec 5<>/dev/ptmx' # a terminal can be made
	passes '! exec 5<>/dev/tty' # there is none
}

@test "environment, descriptors and identity are none of the caller's" {
	export SECRET=secret
	prints 'HOME=/ PATH=/dev/crashcart/bin TERM=xterm' "env -u MARK -u PWD -u SHLVL -u _ env | grep -v -e ^PWD -e ^SHLVL -e ^_ -e ^OLDPWD | sort"
	exec 7<"$BATS_FILE_TMPDIR/tree/manifest.json"
	prints '0 1 2 3' 'ls /proc/self/fd' # 3 is its own, of the directory
	exec 7<&-
	prints '/dev/null' 'readlink /proc/self/fd/0'
	prints '0 0' 'echo $(id -u) $(id -g)'
	prints '0' 'ulimit -c'
	prints '1 0' 'read -r pid _ _ parent _ </proc/$PPID/stat; echo $PPID $parent'
}

@test "the namespaces are its own" {
	for namespace in mnt pid net ipc uts cgroup user; do
		test_is "readlink /proc/self/ns/$namespace; exit 1"
		run "$DBG_TOOLS" verify tree bash
		[[ $output == *"exit status 1: $namespace:["* && $output != *"$(readlink "/proc/self/ns/$namespace")"* ]]
	done
	passes 'ifconfig lo | grep -q UP && ping -c 1 127.0.0.1'
	prints 'lo' 'ls /proc/sys/net/ipv4/conf | grep -v -e all -e default'
}

@test "tools that need rights have them in there: tracing and capturing" {
	rm -rf tree
	cp -a "$BATS_FILE_TMPDIR/more" tree
	passes 'strace -f -o /dev/stdout bash -c "exit 0"' 'exited with 0'
	passes 'tcpdump -n -i lo -c 1 udp port 9 & while kill -0 $! 2>/dev/null; do echo x >/dev/udp/127.0.0.1/9; usleep 50000; done; wait' \
		'1 packet captured'
}

# What concerns the whole machine is opened for writing, and not written to: a test that fails does no harm.
# A network namespace does not hold these back.
@test "sockets that lead out of a network namespace are not to be had" {
	cat >socket.c <<-END
		#include <errno.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		static char parameters[120];
		int main(void)
		{
			static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_VSOCK, 42};
			for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
				printf("%s ", socket(families[i], SOCK_DGRAM, 0) < 0 ? strerror(errno) : "fine");
			printf("%s", syscall(SYS_io_uring_setup, 1, parameters) < 0 ? strerror(errno) : "fine");
			return 0;
		}
	END
	cc -static -o socket socket.c
	"$DBG_TOOLS" build -q -o own ./socket
	jq '.tools[0].tests = [{arguments: [], output: "fine fine fine fine Address family not supported by protocol Address family not supported by protocol Function not implemented"}]' \
		own/manifest.json >manifest
	cp manifest own/manifest.json
	./socket
	"$DBG_TOOLS" verify own
}

@test "nothing outside can be written to" {
	name=$(hostname)
	passes '! echo x >/dev/crashcart/bin/new && ! echo x >>/dev/crashcart/bin/bash && ! echo x >/new && ! mkdir /dev/crashcart/new &&
		! echo x >/dev/new && ! rm -f /dev/crashcart/manifest.json && [ -e /dev/crashcart/manifest.json ]'
	passes '! mount -o remount,rw /dev/crashcart && ! mount -o remount,bind,rw /dev/crashcart && ! umount /dev/crashcart'
	passes '! (: >/proc/sys/kernel/core_pattern) && ! (: >/proc/sysrq-trigger) && ! hostname other'
	passes '! mknod /dev/crashcart/null c 1 3 && ! mknod /dev/null2 c 1 3'
	passes '! ls /proc/1/root/etc && ! ls /proc/1/fd && ! ls /proc/1/cwd/etc' # no way by process 1
	passes '! kill -9 $PPID; [ "$PPID" = 1 ] && kill -0 1 && [ "$(ls -d /proc/[0-9]* | wc -l)" -lt 8 ]'
	[ "$(hostname)" = "$name" ]
	cp "$BATS_FILE_TMPDIR/tree/manifest.json" tree/manifest.json
	diff -r --no-dereference tree "$BATS_FILE_TMPDIR/tree"
}

@test "a user namespace within does not make the tree writable" {
	cc -static -x c -o nest - <<-END
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <sched.h>
		#include <stdio.h>
		#include <sys/mount.h>
		int main(void)
		{
			if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || mount("none", "/proc", "tmpfs", 0, NULL) < 0)
				return puts("no mounts"), 1;
			if (mount(NULL, "/dev/crashcart", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, NULL) == 0)
				return puts("writable"), 2;
			if (umount2("/dev/crashcart", MNT_DETACH) == 0)
				return puts("unmounted"), 3;
			return creat("/dev/crashcart/new", 0600) < 0 ? 0 : 4;
		}
	END
	rm -rf tree
	"$DBG_TOOLS" build -q -o tree ./nest
	jq '.tools[0].tests = [{arguments: []}]' tree/manifest.json >manifest
	cp manifest tree/manifest.json
	"$DBG_TOOLS" verify -q tree
	chown -R 12345:12345 tree
	setpriv --reuid=12345 --regid=12345 --clear-groups "$DBG_TOOLS" verify -q tree
}

@test "a test that hangs is ended, and only that" {
	started=$SECONDS
	fails 'not done within 10 seconds: here' 'echo here; trap "" TERM INT HUP; (trap "" TERM; sleep 1000) & while :; do sleep 1000; done'
	[ $((SECONDS - started)) -lt 60 ]
	none_inside
}

@test "a daemon that a test leaves goes with it, and is not waited for" {
	started=$SECONDS
	passes 'setsid sh -c "trap \"\" HUP TERM; sleep 1000" & setsid sh -c "exec >/dev/null 2>&1 </dev/null; sleep 1000" & echo 42' 42
	[ $((SECONDS - started)) -lt 10 ]
	none_inside
}

@test "a flood of output is cut, and what it began with counts" {
	passes 'echo 42; head -c 10000000 /dev/zero | tr "\0" x' 42
	fails "'42' is not in what it printed" 'head -c 10000000 /dev/zero | tr "\0" x; echo 42' 42
	started=$SECONDS
	fails 'not done within 10 seconds' 'sleep 9; yes'
	[ $((SECONDS - started)) -lt 60 ]
}

@test "a test that multiplies finds an end, and is the first to go where memory runs short" {
	passes 'ulimit -u' 1024
	prints '1000' 'cat /proc/self/oom_score_adj'
	fails 'Resource temporarily unavailable' 'for ((i = 0; i < 1200; i++)); do sleep 1000 & done 2>&1; exit 1'
	none_inside
}

# In the background a shell has interrupts ignored: env puts them back.
@test "an interrupt ends a test, and dbg-tools by that signal" {
	test_is 'sleep 1000 & sleep 1000'
	for signal in INT TERM HUP; do
		env --default-signal "$DBG_TOOLS" verify tree bash 3>&- 2>error &
		pid=$!
		wait_until inside
		kill -s "$signal" $pid
		status=0
		wait $pid || status=$?
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		[ "$(wc -l <error)" -eq 1 ] && grep -q interrupted error
		none_inside
	done
}

@test "what runs inside ends with dbg-tools, also when that is killed" {
	test_is 'trap "" TERM; sleep 1000 & sleep 1000'
	"$DBG_TOOLS" verify tree bash 3>&- &
	pid=$!
	wait_until inside
	kill -KILL $pid
	wait $pid || true
	wait_until none_inside
}

@test "it needs no root" {
	test_is '[ "$(id -u)" = 0 ] && ifconfig lo'
	run setpriv --reuid=12345 --regid=12345 --clear-groups "$DBG_TOOLS" verify tree
	echo "$output"
	[ "$status" -eq 0 ]
	chown -R 12345:12345 tree
	test_is '! mount -o remount,bind,rw /dev/crashcart && ! : >/dev/crashcart/new && ! : >>/dev/crashcart/bin/bash &&
		[ "$PPID" = 1 ] && ! ls /proc/1/fd && ! ls /proc/1/root/'
	run setpriv --reuid=12345 --regid=12345 --clear-groups "$DBG_TOOLS" verify tree
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "root verifies a tree of anybody's, and its programs are nobody's" {
	chown -R 12345:12345 tree
	prints '65534' 'read -r _ outside _ </proc/self/uid_map; echo $outside'
	chmod 0777 tree
	passes 'true'
}

# without_user_namespaces COMMAND...: as the kernel has it in a chroot.
without_user_namespaces() {
	mkdir -p root
	unshare -m --propagation private bash -c 'mount --rbind / root && exec chroot root env -C "$PWD" "$@"' - "$@"
}

@test "without user namespaces root runs a trusted tree, with less than root has" {
	test_is 'echo $UID; read -r _ outside count </proc/self/uid_map; echo "$outside $count"' '0 4294967295'
	without_user_namespaces "$DBG_TOOLS" verify tree
	test_is '! (: >/proc/sys/kernel/core_pattern) && ! (: >/proc/sysrq-trigger) && ! mount -t tmpfs none /proc &&
		! mount -o remount,bind,rw /proc/sys && ! mount -o remount,bind,rw /dev/crashcart && ! echo x >/dev/crashcart/new &&
		while read -r name value; do [ $name != CapEff: ] || echo $value; done </proc/self/status' '000000000008'
	without_user_namespaces "$DBG_TOOLS" verify tree
	for change in 'chmod g+w' 'chmod o+w' 'chown 12345'; do
		$change tree
		run without_user_namespaces "$DBG_TOOLS" verify tree
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output =~ bash\ +not\ run && $output == *"tree: no tool was run: tree: not root's alone"* ]]
		chown 0 tree
		chmod 755 tree
	done
}

@test "where nothing of it can be had, files are looked at, and the reason is given" {
	echo x >tree/share/more
	run without_user_namespaces setpriv --reuid=12345 --regid=12345 --clear-groups "$DBG_TOOLS" verify tree
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output =~ bash\ +not\ run && $output == *'share/more'*'does not know'* ]]
	[[ $output == *'dbg-tools: tree: 1 thing wrong, no tool was run: no sandbox can be made'*'Operation not permitted' ]]
}
