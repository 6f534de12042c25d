#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# dbg-inject --ns: only some namespaces are entered; without mnt, the host's own programs are run, and nothing is attached.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	lab_teardown
}

names=(cgroup ipc mnt net pid time user uts)

# The command's namespaces, a line each: its name, and whether it is the host's or the container's.
# shellcheck disable=SC2016 # the shell's own inside
look='for name in cgroup ipc mnt net pid time user uts; do [ ! -e /proc/self/ns/$name ] || echo "$name $(readlink /proc/self/ns/$name)"; done'

# entered NAME LIST: of NAME's namespaces, those of LIST, if they differ from ours; ours in place of the others.
entered() {
	local name
	for name in "${names[@]}"; do
		[ -e "/proc/self/ns/$name" ] || continue
		if [[ ,$2, == *,$name,* ]]; then
			echo "$name $(readlink "/proc/$(container_pid "$1")/ns/$name")"
		else
			echo "$name $(readlink "/proc/self/ns/$name")"
		fi
	done
}

@test "--ns net: the host's own tcpdump in the container's network; nothing is attached" {
	container_run "$RUNTIME" c -- thin
	local before address
	before=$(container_mountinfo c)
	address=$(container_address c)
	rm -f "$LAB/fifo"
	env --default-signal=INT,QUIT "$DBG_INJECT" --ns net c tcpdump -n -c 1 -i eth0 udp port 4242 >"$LAB/out" 2>"$LAB/err" </dev/null 3>&- &
	local inject=$!
	wait_for 20 grep -q 'listening on eth0' "$LAB/err"
	assert_equal "$(readlink "/proc/$(pgrep -f '^tcpdump -n -c 1')/exe")" "$(readlink -f "$(command -v tcpdump)")"
	echo crashcart >"/dev/udp/$address/4242"
	wait "$inject"
	assert_matches "$(cat "$LAB/out")" "IP [0-9.]+ > $address\.4242: UDP, length 10"
	assert_equal "$(container_mountinfo c)" "$before"
	assert_provisioned c
}

# shellcheck disable=SC2016 # the shells' own inside
# bats test_tags=once
@test "it is the host's root directory, working directory, environment and PATH" {
	thin_run c
	mkdir -p "$LAB/own"
	printf '#!/bin/sh\necho "own $HERE"\n' >"$LAB/own/crashcart-own"
	chmod 755 "$LAB/own/crashcart-own"
	run -0 env HERE=there PATH="$LAB/own:$PATH" "$DBG_INJECT" --ns net c crashcart-own
	assert_equal "$output" 'own there'
	run -0 env -C "$LAB/own" "$DBG_INJECT" --ns net c ./crashcart-own
	assert_equal "$output" 'own '
	run -0 env -C "$LAB/own" "$DBG_INJECT" --ns net,uts c pwd
	assert_equal "$output" "$LAB/own"
	run -0 "$DBG_INJECT" --ns net -w / -e HERE=word c sh -c 'pwd; echo $HERE'
	assert_equal "$output" $'/\nword'
	run -0 "$DBG_INJECT" --ns net c sh -c '[ / -ef /proc/1/root ] && [ ! -e /dev/crashcart ] && echo host'
	assert_equal "$output" host
	assert_equal "$(echo 'echo from a shell' | SHELL=/bin/sh "$DBG_INJECT" --ns net c)" 'from a shell'
	rm -rf "$LAB/own"
}

@test "each namespace alone, and some together, without mnt" {
	thin_run c --cgroupns private
	thin_run map --uidmap 0:100000:65536
	local list
	for list in net pid ipc uts cgroup net,ipc uts,net,pid time; do
		run -0 "$DBG_INJECT" --ns "$list" c sh -c "$look"
		assert_equal "$output" "$(entered c "$list")" "--ns $list"
	done
	for list in net user user,net pid user,uts; do
		run -0 "$DBG_INJECT" --ns "$list" map sh -c "$look"
		assert_equal "$output" "$(entered map "$list")" "--ns $list with a user namespace"
	done
	assert_provisioned c
	assert_provisioned map
}

@test "some namespaces with mnt: the tools run in the container's files" {
	thin_run c
	thin_run map --uidmap 0:100000:65536
	local list name
	for name in c map; do
		for list in mnt mnt,net mnt,pid mnt,user,pid,net; do
			run -0 "$DBG_INJECT" --ns "$list" "$name" busybox readlink /proc/1/exe
			run -0 "$DBG_INJECT" --ns "$list" "$name" busybox ls /app /dev/crashcart/bin/busybox
			assert_equal "$output" $'/app\n/dev/crashcart/bin/busybox'
		done
	done
	run -0 "$DBG_INJECT" --ns mnt,net,ipc,uts,pid,user,cgroup,time map sh -c "$look"
	assert_equal "$output" "$("$DBG_INJECT" map sh -c "$look")"
	run -0 "$DBG_INJECT" --ns mnt,uts --private map busybox hostname
	assert_equal "$output" "$(podman inspect --format '{{.Config.Hostname}}' map)"
}

# bats test_tags=once
@test "the default is all that differ" {
	thin_run c --ipc host
	run -0 "$DBG_INJECT" -n --json c true
	assert_equal "$(jq -r '.namespaces | join(",")' <<<"$output")" "$("$DBG_INJECT" -n --json --ns mnt,net,pid,ipc,uts,cgroup,user,time c true | jq -r '.namespaces | join(",")')"
	assert_has_not "$(jq -r '.namespaces | join(",")' <<<"$output")" ipc
}

# bats test_tags=once
@test "exit status, signals, input and output are those of any session" {
	thin_run c
	run "$DBG_INJECT" --ns net c sh -c 'exit 7'
	assert_equal "$status" 7
	run "$DBG_INJECT" --ns net c sh -c 'kill -9 $$'
	assert_equal "$status" 137
	run -127 --separate-stderr "$DBG_INJECT" --ns net c no-such-command
	assert_equal "$stderr" 'dbg-inject: c: no-such-command: not found, on the host'
	run -126 "$DBG_INJECT" --ns net c /etc/passwd
	assert_equal "$(echo hello | "$DBG_INJECT" --ns net c cat)" hello
}

@test "a container without the hook, and a process in a network namespace alone: nothing is made on the host" {
	mkdir -p "$LAB/none.d"
	HOOKS_DIR=$LAB/none.d container_run "$RUNTIME" c --network none -- thin
	run -0 "$DBG_INJECT" --ns net c readlink /proc/self/ns/net
	assert_equal "$output" "$(readlink "/proc/$(container_pid c)/ns/net")"
	unshare -n sleep 1300 3>&- &
	local pid=$!
	wait_for 20 eval "[ \$(readlink /proc/$pid/ns/net) != \$(readlink /proc/self/ns/net) ]"
	run -0 "$DBG_INJECT" --ns net "pid:$pid" readlink /proc/self/ns/net
	assert_equal "$output" "$(readlink "/proc/$pid/ns/net")"
	run -125 "$DBG_INJECT" "pid:$pid" true
	kill -KILL "$pid"
	wait "$pid" || true
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
}

# As in a debug pod without hostPID.
@test "from another pid namespace: an error that says so, and nothing of a container that runs is taken for left" {
	thin_run c
	for verb in --attach --detach ''; do
		# shellcheck disable=SC2086 # no word, where it is empty
		run -125 unshare --pid --fork --mount-proc "$DBG_INJECT" $verb c
		assert_has "$output" 'dbg-inject: c: it was started from another pid namespace'
	done
	run -0 unshare --pid --fork --mount-proc "$DBG_INJECT" --gc
	assert_provisioned c
	"$DBG_INJECT" --list --json | jq -e '.[0].provisioned == "propagation"'
}

# as_root_of NAME COMMAND-PART: what the container's root finds at /proc/PID/root of the process with that command line.
as_root_of() {
	podman exec "$1" sh -c "for p in /proc/[0-9]*; do ! grep -q '$2' \$p/cmdline || ls \$p/root/; done"
}

# The whole command line: not that of who is about to become it. Some have a column TIME before it.
sees() { # NAME COMMAND
	podman exec "$1" ps | grep -qxE " *[0-9]+ +[^ ]+( +[0-9:]+)? +$2"
}

# Who may trace a process has what is behind its /proc/PID/root.
@test "what the container could trace is not run with the host's files" {
	container_run "$RUNTIME" c --network none --cap-add SYS_PTRACE -- fat
	container_run "$RUNTIME" map --network none --uidmap 0:100000:65536 -- fat
	container_run "$RUNTIME" plain --network none -- fat
	# Shown to work: a process of nsenter's, and the host's files by way of it.
	nsenter -t "$(container_pid c)" -p sleep 1301 3>&- &
	local naive=$!
	wait_for 20 sees c 'sleep 1301'
	assert_has "$(as_root_of c 1301)" boot "the attack does not work"
	podman exec c killall -KILL sleep
	wait "$naive" || true
	run -125 --separate-stderr "$DBG_INJECT" --ns pid c true
	assert_equal "${#stderr_lines[@]}" 1
	assert_has "$stderr" 'enter mnt as well, or not pid'
	run -125 "$DBG_INJECT" --ns pid,user map true
	# Where it may not, it is run, and they see nothing of it.
	local name
	for name in plain map; do
		"$DBG_INJECT" --ns pid "$name" sleep 1302 </dev/null 3>&- &
		local session=$!
		wait_for 20 sees "$name" 'sleep 1302'
		run as_root_of "$name" 1302
		assert_has_not "$output" boot
		assert_has "$output" 'root/: Permission denied'
		kill -TERM "$session"
		wait "$session" || true
	done
}

# bats test_tags=once
@test "--explain and --dry-run tell, as text and as JSON" {
	thin_run c
	run -0 "$DBG_INJECT" --explain --ns net c tcpdump -i eth0
	assert_matches "$output" 'namespaces: +net'
	assert_has "$output" "nothing; the command and all its files are the host's"
	run -0 "$DBG_INJECT" -n --json --ns net c tcpdump
	assert_equal "$(jq -r '"\(.namespaces | join(",")) \(.host_files) \(.attach) \(.path)"' <<<"$output")" "net true null tcpdump"
	run -0 "$DBG_INJECT" --explain c id
	assert_has "$output" "attach:        $LAB/tools"
	run -0 "$DBG_INJECT" --explain --attach c
	assert_provisioned c
}

# bats test_tags=once
@test "misuse is one clear line" {
	thin_run c
	local list
	for list in '' nonsense net,nonsense 'net,' ',net' 'net net' NET; do
		run -125 --separate-stderr "$DBG_INJECT" --ns "$list" c true
		assert_equal "${#stderr_lines[@]}" 1 "lines of --ns '$list'"
		assert_matches "$stderr" '^dbg-inject: --ns: .*expected names of mnt,net,pid,ipc,uts,cgroup,user,time'
	done
	local options
	for options in "--tools $LAB/tools" --pack --private --rm '--user 0' '--env-from container' '--profile same' '--cap-drop KILL'; do
		# shellcheck disable=SC2086 # words
		run -125 --separate-stderr "$DBG_INJECT" --ns net $options c true
		assert_equal "${#stderr_lines[@]}" 1
		assert_has "$stderr" 'need mnt among the namespaces of --ns'
	done
	run -125 --separate-stderr "$DBG_INJECT" --ns net --attach c
	assert_equal "$stderr" 'dbg-inject: --ns goes with a command to run'
}
