#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# dbg-inject CONTAINER COMMAND: tools at work, exit status, signals, and what the command has and has not.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	lab_teardown
}

# In background, with a terminal's signals as they are by default (a shell's background has SIGINT ignored).
# stdout and stderr go to $LAB/out and $LAB/err, the pid to $inject.
start_inject() {
	: >"$LAB/out"
	: >"$LAB/err"
	env --default-signal=INT,QUIT "$DBG_INJECT" "$@" >"$LAB/out" 2>"$LAB/err" </dev/null 3>&- &
	inject=$!
}

# end_inject SECONDS: its exit status goes to $status.
end_inject() {
	wait_for "$1" gone "$inject" || { kill -KILL "$inject"; return 1; }
	status=0
	wait "$inject" || status=$?
}

@test "tcpdump sees a packet sent from the host" {
	container_run "$RUNTIME" c -- thin
	local address
	address=$(container_address c)
	start_inject c tcpdump -n -c 1 -i eth0 udp port 4242
	local tries
	for ((tries = 0; tries < 400; tries++)); do
		! gone "$inject" || break
		echo crashcart >"/dev/udp/$address/4242"
		sleep 0.05
	done
	end_inject 20
	cat "$LAB/out" "$LAB/err"
	assert_equal "$status" 0
	assert_matches "$(cat "$LAB/out")" "IP [0-9.]+ > $address\.4242: UDP, length 10"
	assert_has "$(cat "$LAB/err")" '1 packet captured'
}

# bats test_tags=once
@test "tcpdump sees a request to the container's own server" {
	container_run "$RUNTIME" c -- thin
	wait_serving c
	start_inject c tcpdump -n -l -A -c 4 -i eth0 tcp port 80
	wait_for 20 grep -q 'listening on eth0' "$LAB/err"
	assert_equal "$(curl -s "http://$(container_address c)/some-path")" hello
	end_inject 20
	assert_equal "$status" 0
	assert_has "$(cat "$LAB/out")" 'GET /some-path'
}

# bats test_tags=once
@test "strace traces the first process" {
	container_run "$RUNTIME" c -- thin
	wait_serving c
	local address
	address=$(container_address c)
	start_inject c strace -p 1
	wait_for 20 grep -q 'Process 1 attached' "$LAB/err"
	assert_equal "$(curl -s "http://$address/")" hello
	wait_for 20 grep -q 'write(.*HTTP/1.0 200 OK' "$LAB/err"
	kill -TERM "$inject"
	end_inject 20
	assert_equal "$status" 143
	# The first process lives, untraced.
	assert_equal "$(awk '$1 == "TracerPid:" { print $2 }' "/proc/$(container_pid c)/status")" 0
	assert_equal "$(curl -s "http://$address/")" hello
}

# bats test_tags=once
@test "children of tools are tools: strace -f of a shell's children" {
	thin_run c
	run -0 "$DBG_INJECT" c strace -f -e trace=execve bash -c '/dev/crashcart/bin/busybox true; :'
	assert_has "$output" 'execve("/dev/crashcart/bin/busybox"'
}

# bats test_tags=once
@test "lsof names the first process" {
	thin_run c
	run "$DBG_INJECT" c lsof -n -p 1
	assert_has "$output" /app
}

# bats test_tags=once
@test "exit status: that of the command" {
	thin_run c
	run "$DBG_INJECT" c sh -c 'exit 7'
	assert_equal "$status" 7
	run "$DBG_INJECT" c sh -c 'exit 0'
	assert_equal "$status" 0
	run "$DBG_INJECT" c sh -c 'exit 255'
	assert_equal "$status" 255
	run "$DBG_INJECT" c -- sh -c 'exit 9'
	assert_equal "$status" 9
}

# bats test_tags=once
@test "exit status: 128+N where signal N ended the command" {
	thin_run c
	# shellcheck disable=SC2016
	for number in 9 15 11; do
		run "$DBG_INJECT" c sh -c 'kill -'"$number"' $$'
		assert_equal "$status" $((128 + number))
	done
}

# bats test_tags=once
@test "exit status: 127 for what is not found, 126 for what cannot be run; both say so" {
	container_run "$RUNTIME" c --network none -- fat
	run -127 --separate-stderr "$DBG_INJECT" c no-such-command
	assert_matches "$stderr" '^dbg-inject: c: .*no-such-command.*; --pack brings the host'
	assert_equal "${#stderr_lines[@]}" 1
	run -127 --separate-stderr "$DBG_INJECT" c /no/such/command
	assert_matches "$stderr" '^dbg-inject: c: /no/such/command: .*in the container$'
	run -126 --separate-stderr "$DBG_INJECT" c /etc/passwd
	assert_matches "$stderr" '^dbg-inject: c: .*/etc/passwd'
	run -126 --separate-stderr "$DBG_INJECT" c /etc
	assert_matches "$stderr" '^dbg-inject: c: .*/etc'
}

# bats test_tags=once
@test "exit status: 125 where dbg-inject itself fails" {
	run -125 --separate-stderr "$DBG_INJECT" no-such-container true
	assert_matches "$stderr" '^dbg-inject: no-such-container: '
	assert_equal "${#stderr_lines[@]}" 1
}

# bats test_tags=once
@test "files may not grow (ulimit -f): 125, an error that says so, and nothing stays that was asked to go" {
	thin_run c
	run bash -c 'ulimit -f 100; "$DBG_INJECT" --rm c busybox head -c 300000 /dev/zero 2>&1 >"$LAB/out"'
	assert_equal "$status" 125
	assert_equal "$output" 'dbg-inject: c: write to our own output: File too large'
	run -0 "$DBG_INJECT" --detach c
	assert_has "$output" 'not attached'
	for verb in --attach '' --detach; do
		# shellcheck disable=SC2086 # no word, where it is empty
		run -125 prlimit --fsize=0 "$DBG_INJECT" $verb c
		assert_matches "$output" '^dbg-inject: c: .*File too large$'
		run -0 "$DBG_INJECT" --attach c
	done
	assert_running c
}

# bats test_tags=once
@test "a command of the container's own can be run by its path" {
	container_run "$RUNTIME" c --network none -- thin
	run "$DBG_INJECT" c /app exit 5
	assert_equal "$status" 5
}

# bats test_tags=once
@test "without a command: the tree's shell reads commands from standard input" {
	thin_run c
	local got
	# shellcheck disable=SC2016 # the shell's own inside
	got=$(printf 'echo one\necho $((1 + 1))\nexit 4\n' | "$DBG_INJECT" c) || status=$?
	assert_equal "$status" 4
	assert_equal "$got" $'one\n2'
}

# bats test_tags=once
@test "signals are forwarded: the command ends, and 128+N is the exit status" {
	thin_run c
	local name number
	for name in TERM:15 INT:2 HUP:1 QUIT:3 USR1:10; do
		number=${name#*:}
		start_inject c sleep 1007
		wait_for 20 runs_inside c '^sleep 1007'
		kill -"${name%:*}" "$inject"
		end_inject 20
		assert_equal "$status" $((128 + number)) "exit status after $name"
		assert_equal "$(inside_pids c '^sleep 1007')" "" "the command, after $name"
	done
}

# bats test_tags=once
@test "a command that handles a signal gets it, and decides" {
	thin_run c
	start_inject c bash -c 'trap "echo got it; exit 21" TERM; echo ready; while :; do sleep 0.1; done'
	wait_for 20 grep -q ready "$LAB/out"
	kill -TERM "$inject"
	end_inject 20
	assert_equal "$status" 21
	assert_equal "$(cat "$LAB/out")" $'ready\ngot it'
}

@test "the command ends with the container" {
	thin_run c
	start_inject c sleep 1009
	wait_for 20 runs_inside c '^sleep 1009'
	podman kill c
	end_inject 20
	assert_equal "$status" 137
}

# bats test_tags=once
@test "standard input is passed on, byte by byte, to its end" {
	thin_run c
	assert_equal "$(echo hello | "$DBG_INJECT" c cat)" hello
	head -c 3000000 /dev/urandom >"$LAB/bytes"
	"$DBG_INJECT" c cat <"$LAB/bytes" >"$LAB/bytes.back"
	cmp "$LAB/bytes" "$LAB/bytes.back"
	# shellcheck disable=SC2002 # a pipe is meant
	cat "$LAB/bytes" | "$DBG_INJECT" c cat | cmp - "$LAB/bytes"
	# shellcheck disable=SC2094 # both read
	"$DBG_INJECT" -i c cat <"$LAB/bytes" | cmp - "$LAB/bytes"
	assert_equal "$("$DBG_INJECT" c cat </dev/null)" ""
}

# bats test_tags=once
@test "standard output and error are the command's alone, and apart" {
	thin_run c
	run --separate-stderr "$DBG_INJECT" c sh -c 'printf out; printf err >&2'
	assert_equal "$output" out
	assert_equal "$stderr" err
	"$DBG_INJECT" c printf '\000\001\377\r\n' >"$LAB/out"
	printf '\000\001\377\r\n' | cmp - "$LAB/out"
}

# bats test_tags=once
@test "arguments arrive as they are" {
	thin_run c
	# shellcheck disable=SC2016 # it shall not be expanded
	run -0 --keep-empty-lines "$DBG_INJECT" c printf '<%s>' 'two words' '' '*' "it's" '$HOME' $'a\nb' -x --attach
	assert_equal "$output" "<two words><><*><it's><\$HOME><a
b><-x><--attach>"
}

@test "root and working directory are the container's" {
	container_run "$RUNTIME" c --network none -w /tmp -- fat
	run -0 "$DBG_INJECT" c pwd
	assert_equal "$output" /tmp
	run -0 "$DBG_INJECT" c readlink /proc/self/cwd
	assert_equal "$output" /tmp
	run -0 "$DBG_INJECT" c ls /
	assert_has "$output" app
	run -0 "$DBG_INJECT" c sh -c '[ / -ef /proc/1/root/. ] && [ /app -ef /proc/1/exe ] && echo same'
	assert_equal "$output" same
	podman rm -f -t 0 c
	thin_run c
	run -0 "$DBG_INJECT" c pwd
	assert_equal "$output" /
}

all_namespaces() { # DIRECTORY
	local name
	for name in cgroup ipc mnt net pid time user uts; do
		[ ! -e "$1/$name" ] || echo "$name $(readlink "$1/$name")"
	done
}

# shellcheck disable=SC2016
all_namespaces_inside='for name in cgroup ipc mnt net pid time user uts; do
	[ ! -e "/proc/self/ns/$name" ] || echo "$name $(readlink "/proc/self/ns/$name")"
done'

@test "all namespaces are those of the first process" {
	needs_cgroups
	thin_run plain
	thin_run auto --userns=auto
	thin_run map --uidmap 0:100000:65536 --cgroupns private
	thin_run pid --pid host
	thin_run ipc --ipc host --uts host
	container_run "$RUNTIME" joined --network container:plain --pid container:plain -- thin wait
	local name
	for name in plain auto map pid ipc joined; do
		run -0 "$DBG_INJECT" "$name" sh -c "$all_namespaces_inside"
		assert_equal "$output" "$(all_namespaces "/proc/$(container_pid "$name")/ns")" "namespaces of $name"
	done
}

# Of /proc/self/status.
status_value() { # NAME FIELD
	"$DBG_INJECT" "$1" cat /proc/self/status | awk -v field="$2:" '$1 == field { $1 = ""; print substr($0, 2) }'
}

# DAC_READ_SEARCH 2, KILL 5, NET_ADMIN 12, NET_RAW 13, SYS_PTRACE 19, SYSLOG 34
debug_mask=$(((1 << 2) | (1 << 5) | (1 << 12) | (1 << 13) | (1 << 19) | (1 << 34)))

@test "capabilities: the container's and what debuggers need; none inheritable or ambient" {
	thin_run plain
	thin_run none --cap-drop all
	thin_run user --user 1000 --cap-drop all --cap-add CHOWN
	local name own wanted
	for name in plain none user; do
		own=$(awk '$1 == "CapBnd:" { print $2 }' "/proc/$(container_pid "$name")/status")
		wanted=$(printf '%016x' $((16#$own | debug_mask)))
		assert_equal "$(status_value "$name" CapEff)" "$wanted" "CapEff of $name"
		assert_equal "$(status_value "$name" CapPrm)" "$wanted" "CapPrm of $name"
		assert_equal "$(status_value "$name" CapBnd)" "$wanted" "CapBnd of $name"
		assert_equal "$(status_value "$name" CapInh)" 0000000000000000 "CapInh of $name"
		assert_equal "$(status_value "$name" CapAmb)" 0000000000000000 "CapAmb of $name"
	done
}

@test "the command is root of the container's user namespace, with no other groups" {
	thin_run plain
	thin_run user --user 1000
	thin_run map --uidmap 0:100000:65536
	local name
	for name in plain user map; do
		assert_equal "$(status_value "$name" Uid)" "0 0 0 0" "Uid in $name"
		assert_equal "$(status_value "$name" Gid)" "0 0 0 0" "Gid in $name"
		assert_equal "$(status_value "$name" Groups)" "" "Groups in $name"
	done
}

@test "it works in --read-only, --user, --uidmap, --userns=auto, --privileged, --pid host, --network none" {
	needs_cgroups
	local options name=0
	for options in "--read-only --cap-drop all" "--user 1000" "--uidmap 0:100000:65536" --userns=auto --privileged \
		"--pid host" --systemd=always "--tmpfs /dev" "--security-opt no-new-privileges"; do
		# shellcheck disable=SC2086 # words
		thin_run "c$((name += 1))" $options
		run "$DBG_INJECT" "c$name" busybox id -u
		assert_equal "$status $output" "0 0" "with $options"
	done
}

@test "a paused container can be entered; podman exec refuses to" {
	needs_cgroups
	thin_run c
	podman pause c
	assert_equal "$(podman inspect --format '{{.State.Status}}' c)" paused
	run podman exec c /app exit 0
	[ "$status" -ne 0 ]
	run timeout 20 "$DBG_INJECT" c busybox id -u
	assert_equal "$status $output" "0 0"
	run timeout 20 "$DBG_INJECT" c sh -c 'exit 7'
	assert_equal "$status" 7
	run -0 timeout 20 "$DBG_INJECT" --detach c
	podman unpause c
	assert_provisioned c
}

@test "podman absent makes no difference: by name, by id, run, attach, list, detach" {
	thin_run c
	local without=(env -i "PATH=/nonexistent" "OCI_CRASHCART_STATE_DIR=$OCI_CRASHCART_STATE_DIR"
		"OCI_CRASHCART_CONFIG=$OCI_CRASHCART_CONFIG" ${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"} "$DBG_INJECT")
	run -0 "${without[@]}" c busybox id -u
	assert_equal "$output" 0
	run -0 "${without[@]}" "$container" busybox id -u
	assert_equal "$output" 0
	run -0 "${without[@]}" --list --json
	assert_equal "$(jq -r '.[].name' <<<"$output")" c
	run -0 "${without[@]}" --detach c
	assert_provisioned c
}

@test "run attaches if needed, and leaves the tools attached" {
	thin_run c
	"$DBG_INJECT" c true
	[ -x "/proc/$(container_pid c)/root/dev/crashcart/bin/busybox" ]
	local table
	table=$(container_mountinfo c)
	"$DBG_INJECT" c true
	assert_equal "$(container_mountinfo c)" "$table" "attached a second time"
	"$DBG_INJECT" --detach c
	assert_provisioned c
}

# bats test_tags=once
@test "two at once on one container do not disturb each other" {
	thin_run c
	"$DBG_INJECT" c sh -c 'echo first; cat; exit 11' <<<one >"$LAB/first" 3>&- &
	local first=$! second status_first=0 status_second=0
	"$DBG_INJECT" c sh -c 'echo second; cat; exit 12' <<<two >"$LAB/second" 3>&- &
	second=$!
	wait "$first" || status_first=$?
	wait "$second" || status_second=$?
	assert_equal "$status_first $status_second" "11 12"
	assert_equal "$(cat "$LAB/first")" $'first\none'
	assert_equal "$(cat "$LAB/second")" $'second\ntwo'
	assert_equal "$(container_mountinfo c | grep -c ' /dev/crashcart ')" "$(
		"$DBG_INJECT" c true
		container_mountinfo c | grep -c ' /dev/crashcart '
	)" "attached twice"
	"$DBG_INJECT" --detach c
	assert_provisioned c
}

# bats test_tags=once
@test "ten at once, on a fresh container, all succeed" {
	thin_run c
	local number pids=()
	for number in 0 1 2 3 4 5 6 7 8 9; do
		"$DBG_INJECT" c sh -c "exit $number" 3>&- &
		pids+=($!)
	done
	for number in 0 1 2 3 4 5 6 7 8 9; do
		status=0
		wait "${pids[number]}" || status=$?
		assert_equal "$status" "$number"
	done
	"$DBG_INJECT" --detach c
	assert_provisioned c
}

# bats test_tags=once
@test "sessions are listed while they run, with pid, user, command and time" {
	thin_run c
	start_inject c sleep 1010
	wait_for 20 runs_inside c '^sleep 1010'
	local session
	session=$("$DBG_INJECT" --list --json | jq -c '.[0].sessions')
	assert_equal "$(jq length <<<"$session")" 1
	assert_equal "$(jq -r '.[0].pid' <<<"$session")" "$(inside_pids c '^sleep 1010')"
	assert_equal "$(jq -r '.[0].user' <<<"$session")" root
	assert_has "$(jq -r '.[0].command' <<<"$session")" 'sleep 1010'
	assert_matches "$(jq -r '.[0].since' <<<"$session")" '^20[0-9][0-9]-'
	kill -TERM "$inject"
	end_inject 20
	assert_equal "$("$DBG_INJECT" --list --json | jq -c '.[0].sessions')" '[]'
	assert_equal "$(ls -A "$OCI_CRASHCART_STATE_DIR/sessions")" ""
}

# bats test_tags=once
@test "detach while a session runs is refused with 3, and names it; afterwards it works" {
	thin_run c
	start_inject c sleep 1011
	wait_for 20 runs_inside c '^sleep 1011'
	local pid before
	pid=$(inside_pids c '^sleep 1011')
	before=$(container_mountinfo c)
	run -3 --separate-stderr "$DBG_INJECT" --detach c
	assert_has "$stderr" "pid $pid"
	assert_equal "$(container_mountinfo c)" "$before"
	run ! gone "$inject"
	kill -TERM "$inject"
	end_inject 20
	run -0 "$DBG_INJECT" --detach c
	assert_provisioned c
}

@test "detach is refused, too, for a process that podman exec started; it is named" {
	thin_run c
	local pid
	"$DBG_INJECT" --attach c
	podman exec -d c /dev/crashcart/bin/busybox sleep 1012
	wait_for 20 runs_inside c 'sleep 1012'
	run -3 --separate-stderr "$DBG_INJECT" --detach c
	assert_has "$stderr" "pid $(inside_pids c 'sleep 1012')"
	pid=$(inside_pids c 'sleep 1012')
	kill -KILL "$pid"
	wait_for 20 gone "$pid"
	run -0 "$DBG_INJECT" --detach c
	assert_provisioned c
}

# bats test_tags=once
@test "detach of one leaves the session of another alone" {
	thin_run a
	thin_run b
	start_inject a sleep 1013
	wait_for 20 runs_inside a '^sleep 1013'
	"$DBG_INJECT" --attach b
	run -0 "$DBG_INJECT" --detach b
	assert_provisioned b
	run -3 "$DBG_INJECT" --detach
	run ! gone "$inject"
	kill -TERM "$inject"
	end_inject 20
	"$DBG_INJECT" --detach
	assert_provisioned a
}

# bats test_tags=once
@test "detach --lazy takes the tools away at once, and the session goes on" {
	thin_run c
	local before
	before=$(container_mountinfo c)
	start_inject c sleep 1017
	wait_for 20 runs_inside c '^sleep 1017'
	run -0 "$DBG_INJECT" --detach --lazy c
	assert_equal "$(container_mountinfo c)" "$before"
	run ! gone "$inject"
	kill -KILL "$inject"
	end_inject 20
	assert_provisioned c
}

@test "detach --force ends what uses the tools" {
	thin_run c
	start_inject c sleep 1014
	wait_for 20 runs_inside c '^sleep 1014'
	podman exec -d c /dev/crashcart/bin/busybox sleep 1015
	wait_for 20 runs_inside c 'sleep 1015'
	run -0 "$DBG_INJECT" --detach --force c
	end_inject 20
	[ "$status" -gt 128 ]
	assert_equal "$(inside_pids c 'sleep 101[45]')" ""
	assert_running c
	assert_provisioned c
}

@test "a container's end ends the session, and nothing is left" {
	thin_run c
	start_inject c sleep 1016
	wait_for 20 runs_inside c '^sleep 1016'
	podman rm -f -t 0 c
	end_inject 20
	lab_assert_clean
	assert_equal "$(ls -A "$OCI_CRASHCART_STATE_DIR/sessions")" ""
}

only_first_process_in() { # NAME
	[ "$(inside_pids "$1" .)" = "$(container_pid "$1")" ]
}

# bats test_tags=once
@test "no zombie and no process of ours is left in the container" {
	thin_run c
	for _ in 1 2 3; do
		"$DBG_INJECT" c sh -c 'sleep 0.05 & exit 0'
	done
	wait_for 20 only_first_process_in c
}

# Whoever may mount in the container waits for a new process in its /proc, and covers the tools at once.
# bats test_tags=once
@test "a container that covers the tools while they are started does not get its own run" {
	container_run "$RUNTIME" c --network none --uidmap 0:100000:65536 --cap-add SYS_ADMIN -- fat
	podman exec c mkdir -p /evil/bin
	podman exec c sh -c 'printf "#!/bin/sh\necho EVIL\n" >/evil/bin/id; chmod 755 /evil/bin/id'
	# Shown to work: what is mounted there is what a path leads to.
	podman exec c sh -c 'mount --bind /evil /dev/crashcart && /dev/crashcart/bin/id && umount /dev/crashcart' >"$LAB/naive.out"
	assert_equal "$(cat "$LAB/naive.out")" EVIL
	"$DBG_INJECT" --attach c
	podman exec -d c sh -c 'while :; do set -- /proc/[0-9]*; [ $# -eq "$n" ] || { mount --bind /evil /dev/crashcart; umount /dev/crashcart; }; n=$#; done'
	for _ in {1..40}; do
		"$DBG_INJECT" c id >>"$LAB/ran" 2>>"$LAB/refused" || [ $? -eq 125 ]
	done
	assert_has_not "$(cat "$LAB/ran")" EVIL
	assert_has "$(cat "$LAB/ran")" 'uid=0'
}
