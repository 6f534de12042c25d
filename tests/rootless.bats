#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Containers of ordinary users, in podman's user and mount namespace: as the user.

bats_require_minimum_version 1.5.0
load lab/lab
load users

setup_file() {
	users_setup_file
}

setup() {
	users_setup
}

teardown() {
	users_teardown
}

teardown_file() {
	users_teardown_file
}

@test "a user's containers are provisioned, listed and entered without root" {
	run -0 alice dbg-inject --list --json
	assert_equal "$(jq -c 'map([.name, .provisioned]) | sort' <<<"$output")" \
		'[["all","propagation"],["c","propagation"],["keep","propagation"],["none","none"]]'
	assert_equal "$(list_field c .pid)" "$(alice_pid c)"
	run -0 alice dbg-inject --status --json c
	assert_equal "$(jq .proof.ok <<<"$output")" true
	local name
	for name in c keep all none; do
		run -0 alice dbg-inject "$name" busybox id -u
		assert_equal "$output" 0 "user in $name"
	done
	run -7 alice dbg-inject c sh -c 'exit 7'
	run -127 alice dbg-inject c no-such-tool
	run -0 alice dbg-inject "pid:$(alice_pid keep)" busybox readlink /proc/1/ns/mnt
	assert_equal "$output" "$(readlink "/proc/$(alice_pid keep)/ns/mnt")"
	wait_for 20 grep -q "dbg-inject.*: alice: c (.*: runs sh -c" "$LAB/log" || fail "not in the log of sessions"
	alice dbg-inject --detach
	run -0 alice dbg-inject --verify c keep all none
	assert_equal "$(grep -c ": clean" <<<"$output")" 4
	assert_has "$output" "c: clean
"
}

@test "--profile same has the container's seccomp filter, from a configuration that is the user's" {
	grep -q '^#define HAVE_SECCOMP 1' "$BUILDDIR/config.h" || skip "cannot run here: built without libseccomp"
	local name
	for name in c all; do
		run -0 --separate-stderr alice dbg-inject --profile same "$name" cat /proc/self/status
		assert_equal "$(grep ^Seccomp <<<"$output")" "$(grep ^Seccomp "/proc/$(alice_pid "$name")/status")" "$name"
		assert_equal "$stderr" "" "$name"
	done
	alice dbg-inject --detach
}

@test "attach, the tools by podman exec, detach: also where a container may remount" {
	local name pid before=()
	for name in c keep all none; do
		pid=$(alice_pid "$name")
		before=("$(cat "/proc/$pid/mountinfo")" "$(ls -A "/proc/$pid/root/dev")")
		run -0 alice dbg-inject --attach "$name"
		assert_has "$output" "$name: attached $LAB/tools"
		run -0 alice podman exec "$name" /dev/crashcart/bin/busybox ls /dev/crashcart
		assert_has "$output" manifest.json
		alice podman exec "$name" /dev/crashcart/bin/busybox mount -o remount,bind,rw /dev/crashcart || true
		run alice podman exec "$name" /dev/crashcart/bin/busybox touch /dev/crashcart/bin/busybox
		[ "$status" -ne 0 ] || fail "$name writes to the tools"
		run -0 alice dbg-inject --detach "$name"
		assert_equal "$output" "$name: detached"
		assert_equal "$(cat "/proc/$pid/mountinfo")" "${before[0]}" "mount table of $name"
		assert_equal "$(ls -A "/proc/$pid/root/dev")" "${before[1]}" "/dev of $name"
	done
}

@test "sessions are known, keep the tools, and are ended by force" {
	alice dbg-inject c sleep 1000 3>&- &
	wait_for 20 has_session
	assert_equal "$(list_field c '.sessions[0].user')" alice
	run -3 --separate-stderr alice dbg-inject --detach c
	assert_has "$stderr" '(sleep)'
	run -0 alice dbg-inject --detach --force c
	assert_has "$output" 'c: detached'
	assert_matches "$output" 'ending pid [0-9]+ \(dbg-inject\)'
	wait "$!" || true
	assert_equal "$(ls "$state/sessions")" ''
}

@test "force waits for a session whose command has just ended" {
	local session inject force
	alice dbg-inject c sleep 1000 </dev/null 3>&- &
	session=$!
	wait_for 20 has_session
	inject=$(jq .caller "$state"/sessions/*.json)
	kill -STOP "$inject"
	pkill -KILL -f '^sleep 1000'
	alice dbg-inject --detach --force c >"$LAB/force" 2>&1 3>&- &
	force=$!
	wait_for 20 grep -E '^ShdPnd:.*[4-7c-f]...$' "/proc/$inject/status" # SIGTERM, by which --force asks it to end
	kill -CONT "$inject"
	wait "$force"
	wait "$session" || true
	assert_has "$(cat "$LAB/force")" "ending pid $inject (dbg-inject)"
	assert_has "$(cat "$LAB/force")" 'c: detached'
}

# A session is recorded before its command runs.
has_session() {
	local pid
	pid=$(list_field c '.sessions[0] | select(.command == "sleep 1000").pid')
	[ -n "$pid" ] && [ "$(cat "/proc/$pid/comm")" = sleep ]
}

@test "other users, other namespaces, tools of one session, packed tools" {
	run -0 alice sh -c 'echo in | dbg-inject -u 1000:7 c sh -c "cat; id -u; id -g"'
	assert_equal "$output" $'in\n1000\n7'
	run -0 alice dbg-inject -t -u 1000 c sh -c 'echo typed >/dev/tty; test -t 0 && echo terminal' </dev/null
	assert_has "$output" terminal
	alice dbg-inject --detach c
	run -0 alice dbg-inject --private c busybox ls /dev/crashcart
	assert_has "$output" manifest.json
	assert_equal "$(list_field c .attached)" false
	run -0 alice dbg-inject --ns net c cat /proc/net/dev
	assert_equal "$(wc -l <<<"$output")" 3
	run -0 alice dbg-inject --pack c jq -n '6*7'
	assert_equal "$output" 42
	[ -d "$LAB/users/alice/.cache/oci-crashcart/index" ] || fail "the cache is not the user's own"
	run -0 alice podman unshare dbg-inject c busybox id -u
	assert_equal "$output" 0
	alice dbg-inject --detach
}

@test "a tree of the user's own comes before the node's" {
	local own=$LAB/users/alice/.local/share/oci-crashcart
	alice mkdir -p "$own"
	alice cp -r "$LAB/tools" "$own/tools"
	mv "$LAB/users/alice/.config/oci-crashcart/crashcart.conf" "$LAB/users/kept"
	run -0 alice dbg-inject --attach c
	assert_equal "$output" "c: attached $own/tools"
	run -0 alice dbg-inject --detach c
	mv "$LAB/users/kept" "$LAB/users/alice/.config/oci-crashcart/crashcart.conf"
	run -0 alice dbg-inject --attach c
	assert_equal "$output" "c: attached $LAB/tools"
	run -0 alice dbg-inject --detach c
}

@test "what a user cannot have is refused with a reason" {
	local tree=$LAB/users/bob/tools
	cp -r "$LAB/tools" "$tree"
	chown bob "$tree"
	run -125 alice dbg-inject --tools "$tree" c busybox id
	alice dbg-inject --detach
	assert_has "$output" "owned by uid $(id -u bob), not by root: not trusted"
	mksquashfs "$LAB/tools" "$LAB/tools.squashfs" -quiet -no-progress
	run -125 alice dbg-inject --tools "$LAB/tools.squashfs" c busybox id
	rm "$LAB/tools.squashfs"
	assert_has "$output" 'an image takes root'
	run -125 alice dbg-inject web busybox id
	assert_has "$output" "containers of root's and of other users' take root"
	run -125 as_user bob dbg-inject c busybox id
	assert_has "$output" "c: no podman of this user's runs here; containers of root's"
	run -0 as_user bob dbg-inject --list --json
	assert_equal "$(jq length <<<"$output")" 0
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ] || assert_equal "$(find "$OCI_CRASHCART_STATE_DIR/rec" -type f)" '' "records of root's"
}

@test "what has ended leaves nothing, and what a killed monitor leaves goes by --gc" {
	local monitor pid
	start short
	alice dbg-inject --attach short
	alice podman rm -f -t 0 short
	start dead
	alice dbg-inject --attach dead
	assert_equal "$(find "$state/rec" "$state/pending" -type f ! -name "*.baseline" | wc -l)" 4 "records"
	monitor=$(cat "/run/user/$(id -u alice)/containers/"*"-containers/$(alice podman inspect --format '{{.Id}}' dead)/userdata/conmon.pid")
	pid=$(alice_pid dead)
	kill -KILL "$monitor" "$pid"
	wait_for 20 gone "$pid"
	run -0 alice dbg-inject --gc
	assert_has "$output" 'removed what it left'
	assert_equal "$(find "$state/rec" "$state/pending" -type f ! -name "*.baseline" | wc -l)" 3 "records"
	alice podman rm -f dead >/dev/null 2>&1 || true
}

# guarded: the guardian of the one session goes to $guardian, as soon as it has its name.
guarded() {
	guardian=$(pgrep -x -P "$(pgrep -x dbg-inject | paste -sd,)" crashcart-guard)
}

@test "a user's dbg-inject killed: all that its command has started ends" {
	local inject guardian
	alice dbg-inject --rm c sh -c 'sleep 3061 & setsid sleep 3062 & sleep 3063' </dev/null 3>&- &
	# shellcheck disable=SC2016 # not this shell expands it
	wait_for 20 eval '[ "$(pgrep -fc "^sleep 306")" = 3 ]'
	wait_for 20 guarded
	inject=$(ps -o ppid= -p "$guardian") # with blanks
	kill -KILL "$((inject))"
	wait_for 20 eval '! pgrep -f "^sleep 306"'
	# shellcheck disable=SC2016 # not this shell expands it
	wait_for 20 eval '[ "$(list_field c .attached)" = false ]'
}

# The wrapper is told by its environment where the hook is, and of podman it gets none. What a runtime can do, podman
# tells by its name.
@test "by the runtime wrapper: provisioned, the tools work, and nothing left" {
	local pid id
	mkdir -p "$LAB/none.d" "$LAB/users/wrapped"
	printf '#!/bin/sh\nexport OCI_CRASHCART_CONFIG=%q OCI_CRASHCART_HOOK=%q\nexec %q "$@"\n' "$LAB/users/wrapper.conf" \
		"$LAB/users/bin/oci-crashcart-hook" "$LAB/users/bin/oci-crashcart-runtime" >"$LAB/users/wrapped/$RUNTIME"
	chmod 755 "$LAB/users/wrapped/$RUNTIME"
	printf 'log-level = debug\nruntimes = %s\n' "$RUNTIME" >"$LAB/users/wrapper.conf"
	hooks='' wrapped=$LAB/users/wrapped/$RUNTIME start wrapped
	pid=$(alice_pid wrapped) id=$(alice podman inspect --format '{{.Id}}' wrapped)
	grep -q " /$id /dev/crashcart ro.* master:" "/proc/$pid/mountinfo" || fail "$(cat "$LAB/log")"
	assert_equal "$(list_field wrapped '[.provisioned, .pid]' | jq -c .)" "[\"propagation\",$pid]"
	run -0 alice dbg-inject wrapped busybox id -u
	assert_equal "$output" 0
	alice podman rm -f -t 0 wrapped >/dev/null
	[ ! -e "$state/rec/$id.json" ]
	[ ! -e "$state/pending/$id" ]
}

@test "podman's namespaces are found without its pause process, and never a container's" {
	local file
	file=/run/user/$(id -u alice)/libpod/tmp/pause.pid
	kill -KILL "$(cat "$file")"
	run -0 alice dbg-inject c busybox readlink /proc/1/ns/mnt
	assert_equal "$output" "$(readlink "/proc/$(alice_pid c)/ns/mnt")"
	alice_pid c >"$file"
	run -0 alice dbg-inject keep busybox id -u
	assert_equal "$output" 0
	run -0 alice dbg-inject --list --json
	assert_equal "$(jq -c 'map(select(.attached) | .name) | sort' <<<"$output")" '["c","keep"]'
	rm "$file"
	alice dbg-inject --detach
}
