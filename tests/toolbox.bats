#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# The tools of the preset full at work, through dbg-inject, in containers of every kind that a tree has to be at home in.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_file
	[ -e "$LAB/full.made" ] || { "$DBG_TOOLS" build -q -o "$LAB/full" --preset full && touch "$LAB/full.made"; }
	[ -e "$LAB/odd-images.made" ] || { odd_images && touch "$LAB/odd-images.made"; }
}

setup() {
	configure "tools = $LAB/full"
}

teardown() {
	lab_teardown
}

# A library that ends whoever loads it, under the soname NAME.
evil_library() { # FILE NAME
	echo '__attribute__((constructor)) void evil(void) { __builtin_trap(); }' |
		cc -shared -fPIC -nostdlib -Wl,-soname,"$2" -x c -o "$1" -
}

import() { # DIRECTORY IMAGE [CHANGE...]
	local changes=() change
	for change in 'ENTRYPOINT ["/app"]' "${@:3}"; do
		changes+=(-c "$change")
	done
	tar -C "$1" -c . | podman import -q "${changes[@]}" - "$2" >/dev/null
}

# Beside thin, which holds a static program alone: musl, as Alpine has it; foreign, with a C library and a loader that abort;
# missing and hostile, with an ld.so.preload; variable, with LD_PRELOAD and more in its environment.
odd_images() {
	local root=$LAB/odd directory name
	mkdir -p "$root/musl/lib" "$root/missing/etc" "$root/hostile/etc" "$root/foreign/etc" "$root/variable"
	musl-gcc -O -o "$root/musl/app" "$BATS_TEST_DIRNAME/lab/thin.c"
	cp -L /lib/ld-musl-*.so.1 "$root/musl/lib/"
	for name in foreign missing hostile variable; do
		cp "$LAB/image/app" "$root/$name/app"
	done
	for directory in lib lib64 usr/lib usr/lib64 "lib/$(uname -m)-linux-gnu" "usr/lib/$(uname -m)-linux-gnu"; do
		mkdir -p "$root/foreign/$directory"
		for name in "$LAB"/full/lib/*.so*; do
			[ -e "$root/evil-${name##*/}" ] || evil_library "$root/evil-${name##*/}" "${name##*/}"
			cp "$root/evil-${name##*/}" "$root/foreign/$directory/${name##*/}"
		done
	done
	ldconfig -r "$root/foreign" 2>/dev/null || true
	echo /nowhere.so >"$root/missing/etc/ld.so.preload"
	evil_library "$root/hostile/evil.so" evil.so
	cp "$root/hostile/evil.so" "$root/variable/evil.so"
	echo /evil.so >"$root/hostile/etc/ld.so.preload"
	for name in musl foreign missing hostile; do
		import "$root/$name" "$name"
	done
	import "$root/variable" variable 'ENV LD_PRELOAD=/evil.so' 'ENV LD_LIBRARY_PATH=/' 'ENV PYTHONPATH=/' \
		'ENV PYTHONHOME=/nowhere' 'ENV BASH_ENV=/nowhere'
}

inject() {
	run --separate-stderr "$DBG_INJECT" c "$@"
	printf '%s\n' "$status" "$output" "$stderr"
}

tcpdump_sees_a_packet() {
	"$DBG_INJECT" c tcpdump -n -i lo -c 1 udp port 9 >"$LAB/out" 2>"$LAB/err" </dev/null 3>&- &
	seen() {
		gone "$!" || { "$DBG_INJECT" c bash -c 'echo x >/dev/udp/127.0.0.1/9'; return 1; }
	}
	wait_for 20 seen
	cat "$LAB/out" "$LAB/err"
	assert_has "$(cat "$LAB/err")" '1 packet captured'
}

strace_follows_a_child() {
	"$DBG_INJECT" c strace -f bash -c /app >"$LAB/out" 2>"$LAB/err" </dev/null 3>&- &
	local strace=$!
	wait_for 20 grep -Eq '(accept|pause)\(' "$LAB/err"
	kill -TERM "$strace"
	wait "$strace" || true
	assert_has "$(cat "$LAB/err")" 'execve("/app", ["/app"]'
}

# The self-tests of all tools, as dbg-tools verify runs them in an empty root, here in the container.
every_tool_passes_its_test() {
	local tool output wanted count=0 failed=0 arguments
	while IFS= read -r test; do
		tool=$(jq -r .name <<<"$test")
		wanted=$(jq -r '.output // ""' <<<"$test")
		mapfile -d '' -t arguments < <(jq -j '.arguments[] + "\u0000"' <<<"$test")
		count=$((count + 1))
		output=$(timeout 30 "$DBG_INJECT" c "$tool" "${arguments[@]}" 2>&1 </dev/null) && [[ $output == *"$wanted"* ]] && continue
		printf '%s %s:\n%s\n' "$tool" "${arguments[*]}" "$output"
		failed=1
	done < <(jq -c '.tools[] | .name as $name | .tests[] | {name: $name, arguments, output}' "$LAB/full/manifest.json")
	[ "$count" -ge 20 ] || fail "only $count tests"
	return "$failed"
}

# What five tools do for a living. The first process of the container is a program of its own.
tools_do_their_job() {
	wait_ready c
	wait_for 20 grep -q '^State:.S' "/proc/$(container_pid c)/status" # it waits for a request
	inject gdb -p 1 -batch -ex bt
	assert_equal "$status" 0
	assert_matches "$output" '#0 .*(accept|pause|__cp_end|in \?\?)'
	assert_has_not "$output$stderr" 'Python'
	strace_follows_a_child
	inject lsof -p 1
	assert_equal "$status" 0
	assert_has "$output" '/app'
	inject python3 -c 'import ssl, sqlite3, ctypes; print(ssl.OPENSSL_VERSION)'
	assert_equal "$status" 0
	assert_has "$output" OpenSSL
	tcpdump_sees_a_packet
	every_tool_passes_its_test
}

@test "the tools of full do their job in a scratch container" {
	thin_run c
	tools_do_their_job
}

# bats test_tags=once
@test "... in one with musl alone" {
	container_run "$RUNTIME" c --network none -- musl
	tools_do_their_job
}

# bats test_tags=once
@test "... in one with another C library, which aborts" {
	container_run "$RUNTIME" c --network none -- foreign
	# What a naive way, its loader from the container, comes to.
	run chroot "$(podman mount c)" "/lib64/ld-linux-x86-64.so.2" /app
	[ "$status" -ge 126 ]
	tools_do_their_job
}

# bats test_tags=once
@test "... in a read-only one" {
	thin_run c --read-only
	tools_do_their_job
}

# bats test_tags=once
@test "... in one whose ld.so.preload names what is not there" {
	container_run "$RUNTIME" c --network none -- missing
	tools_do_their_job
}

# bats test_tags=once
@test "... in one whose ld.so.preload names a library that ends whoever loads it" {
	container_run "$RUNTIME" c --network none -- hostile
	tools_do_their_job
}

# bats test_tags=once
@test "... in one with LD_PRELOAD in its environment" {
	container_run "$RUNTIME" c --network none -- variable
	tools_do_their_job
}

@test "... in one with a user namespace" {
	thin_run c --uidmap 0:100000:65536 --gidmap 0:100000:65536
	tools_do_their_job
}

# How many processes of the container NAME the kernel has killed since they had no memory left.
killed_for_memory() {
	local pid path
	pid=$(container_pid "$1")
	path=$(awk -F: '$2 == "memory" { print $3 }' "/proc/$pid/cgroup")
	if [ -n "$path" ]; then
		path=/sys/fs/cgroup/memory$path/memory.oom_control
	else
		path=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")/memory.events
	fi
	awk '$1 == "oom_kill" { print $2 }' "$path"
}

@test "gdb takes no memory from a container at its limit, unless it is told to count there" {
	needs_cgroups
	container_run "$RUNTIME" c --network none --memory 32m --memory-swap 32m -- fat
	local where first
	first=$(container_pid c)
	# Files in memory count, and no one can take them away.
	podman exec c /bin/busybox dd if=/dev/zero of=/dev/shm/full bs=1M count=26
	for where in host session; do
		run --separate-stderr "$DBG_INJECT" --cgroup "$where" c gdb -p 1 -batch -ex bt
		assert_equal "$status" 0 "$where: $stderr"
		assert_matches "$output" '#0 +0x'
		assert_equal "$(killed_for_memory c)" 0 "$where"
	done
	run --separate-stderr "$DBG_INJECT" --cgroup container c gdb -p 1 -batch -ex bt
	assert_equal "$status" 137 "it counts: $output $stderr"
	[ "$(killed_for_memory c)" -ge 1 ]
	assert_equal "$(container_pid c)" "$first"
	assert_running c
}

# bats test_tags=once
@test "gdb on the host debugs through gdbserver in the container" {
	thin_run c
	run timeout 60 gdb -nx -batch -iex 'set debuginfod enabled off' -iex 'set auto-connect-native-target off' -iex 'set sysroot /nowhere' \
		-ex "target extended-remote | $DBG_INJECT -i c -- gdbserver --multi -" -ex 'attach 1' -ex bt -ex detach
	echo "$output"
	assert_equal "$status" 0
	assert_matches "$output" '#0 +0x'
	assert_has "$output" 'detached'
	wait_for 20 eval '! pgrep -f "[g]dbserver --multi"'
	assert_running c
}

# bats test_tags=once
@test "iperf3 measures between the host and the container" {
	container_run "$RUNTIME" c -- thin
	local address bits
	address=$(container_address c)
	"$DBG_INJECT" c iperf3 -s -1 --forceflush >"$LAB/out" 2>&1 </dev/null 3>&- &
	local server=$!
	wait_for 20 grep -q 'Server listening' "$LAB/out"
	run iperf3 -c "$address" -t 1 -J
	assert_equal "$status" 0
	bits=$(jq '.end.sum_received.bits_per_second | floor' <<<"$output")
	echo "# $bits bits per second" >&3
	[ "$bits" -gt 1000000 ]
	wait "$server"
}

# bats test_tags=once
@test "children of a tool are the container's own programs, unharmed" {
	container_run "$RUNTIME" c --network none -- fat
	inject strace -f -e trace=execve bash -c '/bin/busybox id -u; /app exit 5'
	assert_equal "$status" 5
	assert_has "$stderr" 'execve("/bin/busybox"'
	assert_equal "$output" 0
	inject env /app exit 6
	assert_equal "$status" 6
	# shellcheck disable=SC2016 # gdb's own variable
	inject gdb -batch -ex run -ex 'p $_exitcode' --args /app exit 7
	assert_has "$output" '= 7'
	inject python3 -c 'import subprocess; print(subprocess.run(["/app", "exit", "8"]).returncode)'
	assert_equal "$output" 8
}

# bats test_tags=once
@test "a shell of full has the container's name in its prompt" {
	thin_run c
	# shellcheck disable=SC2016 # the shell's inside
	inject bash -ic 'echo "${PS1@P}"'
	assert_has "$output" c
}

# bats test_tags=once
@test "code of the container's is not read by shells, debuggers and interpreters" {
	local root=$LAB/trap name
	rm -rf "$root"
	mkdir -p "$root/etc/gdb" "$root/usr/lib/python3" "$root/usr/share/vim" "$root/etc/vim" \
		"$root/root" "$root/usr/lib/debug"
	cp "$LAB/image/app" "$root/app"
	# shellcheck disable=SC2016 # the shell's inside
	for name in etc/bash.bashrc etc/profile .bashrc .bash_profile etc/inputrc.d; do
		echo 'echo TRAP' >"$root/$name"
	done
	echo 'shell echo TRAP' | tee "$root/etc/gdb/gdbinit" >"$root/.gdbinit"
	echo '!echo TRAP' | tee "$root/etc/vim/vimrc" >"$root/.vimrc"
	echo 'print("TRAP")' | tee "$root/os.py" "$root/ssl.py" "$root/sitecustomize.py" >"$root/usr/lib/python3/os.py"
	import "$root" trap
	container_run "$RUNTIME" c --network none -- trap
	# shellcheck disable=SC2016 # the shell's inside
	inject bash -ic 'echo done'
	assert_has_not "$output$stderr" TRAP
	inject gdb -batch -ex 'python import json' -ex 'echo done'
	assert_equal "$output" 'done'
	assert_has_not "$stderr" TRAP
	inject python3 -I -c 'import ssl, os; print("done")'
	assert_equal "$output" 'done'
}
