#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # a test is a subshell, with the variables of bats
# Each system call fails, with each errno that it can fail with, and is the last one before SIGKILL: of the hook, the wrapper, --attach,
# --detach, --gc. A container starts and runs on, dbg-inject says what failed, and nothing is left at the end.

# bats file_tags=once
bats_require_minimum_version 1.5.0
load lab/lab
load faults/faults

state=$OCI_CRASHCART_STATE_DIR

setup_file() {
	lab_setup_tools
	faults_setup "$HOOK" "$DBG_INJECT" "$BUILDDIR/oci-crashcart-runtime"
}

setup() {
	bundle=$LAB/faults
	point=$bundle/rootfs/dev/crashcart
	rm -f "$LAB"/held.* "$LAB/release"
}

teardown() {
	touch "$LAB/release"
	type -ap crun runc | xargs realpath | sort -u | xargs umount 2>/dev/null || true
	lab_teardown
}

# ---- a container, without hooks of its own ----

# hold: a container "held" that waits at prestart. Its state as the runtime tells it is in $LAB/held.STATUS, for each status; $pid.
hold() {
	bundle_make "$bundle"
	cat >"$LAB/hold" <<-END
		#!/bin/bash
		cat >"$LAB/held.new"
		mv "$LAB/held.new" "$LAB/held.created"
		until [ -e "$LAB/release" ]; do sleep 0.05; done
	END
	chmod 755 "$LAB/hold"
	jq --arg hold "$LAB/hold" '.hooks = {prestart: [{path: $hold}]}' "$bundle/config.json" >"$bundle/config.new"
	mv "$bundle/config.new" "$bundle/config.json"
	bundle_run "$bundle" held &
	held=$!
	wait_for 20 test -e "$LAB/held.created" || return 1
	jq '.status = "running"' "$LAB/held.created" >"$LAB/held.running"
	jq '.status = "stopped"' "$LAB/held.created" >"$LAB/held.stopped"
	pid=$(jq .pid "$LAB/held.created")
}

# It starts, as if nothing had been.
release() {
	touch "$LAB/release"
	wait "$held" || fail "the container does not start" || return 1
	# shellcheck disable=SC2016 # not this shell expands it
	wait_for 20 eval '[ "$('"$RUNTIME"' state held | jq -r .status)" = running ]'
}

# It ends, and nothing is left.
end_container() {
	"$RUNTIME" kill held KILL
	"$RUNTIME" delete -f held
	hook stopped
	lab_assert_clean
}

# hook STATUS: as the runtime would call it.
hook() {
	"$HOOK" <"$LAB/held.$1"
}

# ---- what is looked at after each point ----

host_mounts() {
	host=$(</proc/self/mountinfo)
}

# none_left: as lab_remains, and quicker.
none_left() {
	nothing_kept || return 1
	[ "$(</proc/self/mountinfo)" = "$host" ] || fail "other mounts than before"
}

nothing_kept() {
	local left
	[ -x "$LAB/tools/bin/busybox" ] || fail "the tools themselves are removed" || return 1
	left=$(shopt -s nullglob dotglob && echo "$state"/{ctr,rec,sessions,pending}/*)
	[ -z "$left" ] || fail "left behind: $left" || return 1
	[ $((rounds++ % 20)) != 0 ] || lab_assert_clean
}

# A call of the hook's that fails is no failure.
assert_hook_status() { # CALL WHAT
	case $2:$status in
	none:none | KILL:137 | KILL:0 | E*:0) return 0 ;;
	*) fail "a status of the hook's that keeps the container from starting" ;;
	esac
}

# 0 with a proper mount at PLACE in the container, 1 without any, 2 with another.
mount_of_container() { # PLACE
	local line option field
	line=$(</proc/"$pid"/mountinfo)
	[[ $line == *" $1 "* ]] || return 1
	line=${line##*" $1 "}
	line=${line%%$'\n'*}
	read -r -a field <<<"$line"
	for option in ro nosuid nodev noexec; do
		[[ ,${field[0]}, == *",$option,"* ]] || fail "a mount without $option: $line" || return 2
	done
	[[ ${field[1]} =~ ^master:[0-9]+$ && ${field[2]} = - ]] || fail "no slave, or shared: $line" || return 2
}

# Where writing fails, or the log's socket, there is no word of it.
is_mute() { # CALL
	case $1 in write | socket | connect | sendto | setsockopt) return 0 ;; *) return 1 ;; esac
}

# ---- the hook ----

prepare_nothing() {
	: >"$LAB/log"
}

# The container as it was, without a mount, nor a place for it.
umount_point() {
	while [[ $(</proc/"$pid"/mountinfo) == *" $point "* ]]; do
		nsenter -t "$pid" -m umount "$point" || fail "it cannot be unmounted" || return 1
	done
	[ ! -d "/proc/$pid/root$point" ] || nsenter -t "$pid" -m rmdir "$point"
}

# Lines of those before may come late.
has_said() { # TEXT
	[[ $(<"$LAB/log") == *"oci-crashcart-hook[$ended]:"*"$1"* ]]
}

# The container has a mount that is recorded, or it has none, and the log says why.
check_prestart() { # CALL WHAT
	local mounted=0
	assert_hook_status "$@" || return 1
	mount_of_container "$point" || mounted=$?
	[ "$mounted" != 2 ] || return 1
	if [ "$mounted" = 0 ] && [ "$2" != KILL ]; then
		[ -e "$state/rec/held.json" ] && [ -d "$state/ctr/held" ] || fail "a mount without a record" || return 1
	elif [ "$2" != KILL ] && ! is_mute "$1"; then
		# shellcheck disable=SC2016 # not this shell expands it
		wait_for 20 has_said '' || fail "no mount, and not a word" || return 1
		! has_said 'mounted /dev/crashcart' || fail "no mount, and the log says there is one" || return 1
	fi
	umount_point || return 1
	[ "$(</proc/"$pid"/mountinfo)" = "$container" ] || fail "other mounts in the container" || return 1
	hook stopped || return 1
	none_left
}

@test "the hook at prestart: a mount that is recorded, or the log says why there is none" {
	hold
	hook stopped # makes the state directory
	hook created
	umount_point
	hook stopped
	host_mounts
	container=$(<"/proc/$pid/mountinfo")
	calls_input=$LAB/held.created
	sweep 10 prepare_nothing check_prestart "$HOOK"
	release
}

# The state directory is not there yet: nor is it in the way of the next container.
prepare_first() {
	while [[ $(</proc/self/mountinfo) == *" $state"[/\ ]* ]]; do
		umount -l "$state/ctr" 2>/dev/null || umount -l "$state" || return 1
	done
	rm -rf "$state"
}

check_first() { # CALL WHAT
	assert_hook_status "$@" || return 1
	umount_point || return 1
	hook stopped
	hook created
	mount_of_container "$point" || fail "the next call mounts nothing" || return 1
	umount_point || return 1
	hook stopped
	nothing_kept
}

@test "the hook at prestart, the first since the host's start: the next one mounts" {
	hold
	calls_input=$LAB/held.created
	sweep 10 prepare_first check_first "$HOOK"
	release
}

# How many the container has: their numbers are not the same after each call.
count_mounts() {
	local lines
	mapfile -t lines <"/proc/$pid/mountinfo"
	mounts=${#lines[@]}
}

check_poststart() { # CALL WHAT
	assert_hook_status "$@" || return 1
	mount_of_container /dev/crashcart || fail "no mount any more" || return 1
	count_mounts
	[ "$mounts" = "$container" ] || fail "other mounts in the container" || return 1
	[ "$(</proc/self/mountinfo)" = "$host" ] || fail "other mounts than before" || return 1
	[ -e "$state/rec/held.json" ] && [ -d "$state/ctr/held" ] || fail "not recorded any more" || return 1
	rm -f "$state/pending/held"
}

@test "the hook at poststart: the mount and the record stay" {
	hold
	hook created
	release
	hook running
	host_mounts
	count_mounts
	container=$mounts
	calls_input=$LAB/held.running
	sweep 10 prepare_nothing check_poststart "$HOOK"
	end_container
}

# ---- what is left of a container that was killed ----

# ended: there has been one, with tools attached; its record is in $LAB/held.record.
ended() {
	hold
	hook created
	release
	hook running
	"$DBG_INJECT" --attach held
	cp "$state/rec/held.json" "$LAB/held.record"
	end_container
	host_mounts
}

prepare_ended() {
	mkdir -m 755 "$state/ctr/held"
	mount --bind "$LAB/tools" "$state/ctr/held"
	cp "$LAB/held.record" "$state/rec/held.json"
}

check_poststop() { # CALL WHAT
	assert_hook_status "$@" || return 1
	"$DBG_INJECT" --gc >/dev/null && none_left
}

@test "the hook at poststop: what is left then is taken by --gc" {
	ended
	calls_input=$LAB/held.stopped
	sweep 10 prepare_ended check_poststop "$HOOK"
}

# ---- before the container is made ----

# CONFIG is what it was, or what it is to be.
assert_config() { # CONFIG
	cmp -s "$1" "$LAB/faults.plain" || cmp -s "$1" "$LAB/faults.edited" || fail "neither as it was, nor edited:" "$(cat "$1")"
}

# Only where it cannot be written, podman gets none, and starts nothing.
check_precreate() { # CALL WHAT
	[ "$1:$status" = write:2 ] || assert_hook_status "$@" || return 1
	[ "$2" = KILL ] || [ "$1" = none ] || [ "$status" = 2 ] || assert_config "$LAB/faults.out" || return 1
	"$HOOK" <"$LAB/faults.stopped" && none_left
}

@test "the hook at precreate: config.json comes out as it went in, or edited" {
	local id
	id=$(printf '%064d' 7)
	bundle_make "$bundle"
	jq --arg id "$id" 'del(.hooks) | .linux.cgroupsPath = "/libpod_parent/libpod-\($id)" |
		.mounts += [{destination: "/run/.containerenv", type: "bind", options: ["bind"],
		source: "/run/containers/storage/overlay-containers/\($id)/userdata/.containerenv"}]' "$bundle/config.json" >"$LAB/faults.plain"
	jq -n --arg id "$id" '{ociVersion: "1.0.0", id: $id, pid: 0, bundle: "/nowhere", status: "stopped"}' >"$LAB/faults.stopped"
	"$HOOK" --stage precreate <"$LAB/faults.plain" >"$LAB/faults.edited"
	run -1 cmp "$LAB/faults.plain" "$LAB/faults.edited"
	"$HOOK" <"$LAB/faults.stopped"
	host_mounts
	calls_input=$LAB/faults.plain
	sweep 10 prepare_nothing check_precreate "$HOOK" --stage precreate
}

prepare_wrapper() {
	cp "$LAB/faults.plain" "$bundle/config.json"
}

# The runtime, which ends with 42, is called in any case but one: that it is the call for it that fails.
check_wrapper() { # CALL WHAT
	case $1:$2:$status in
	none:* | *:KILL:137 | *:42) ;;
	execve:E*) grep -q '^oci-crashcart-runtime: .*: ' "$LAB/faults.err" || fail "not a word" || return 1 ;;
	*) fail "the runtime is not called" || return 1 ;;
	esac
	assert_config "$bundle/config.json" || return 1
	[ "$2" = KILL ] || [ "$(ls -A "$bundle")" = $'config.json\nrootfs' ] || fail "in the bundle: $(ls -A "$bundle")" || return 1
	find "$bundle" -mindepth 1 -maxdepth 1 ! -name config.json ! -name rootfs -delete
	"$HOOK" <"$LAB/faults.stopped" && none_left
}

# In place of all runtimes, whatever the configuration says, a program of one system call: so that what goes wrong for the wrapper
# goes wrong for nobody else.
fake_runtimes() {
	local program
	echo '#include <unistd.h>
		void _start(void) { _exit(42); }' | cc -O -static -nostartfiles -o "$LAB/fake" -x c -
	for program in $(type -ap crun runc | xargs realpath | sort -u); do
		mount --bind "$LAB/fake" "$program"
	done
}

@test "the runtime wrapper at create: the runtime is called with a config.json as it was, or edited" {
	export OCI_CRASHCART_HOOK=$HOOK
	bundle_make "$bundle"
	jq 'del(.hooks)' "$bundle/config.json" >"$LAB/faults.plain"
	jq -n --arg bundle "$bundle" '{ociVersion: "1.0.0", id: "held", pid: 0, bundle: $bundle, status: "stopped"}' >"$LAB/faults.stopped"
	fake_runtimes
	prepare_wrapper
	run -42 "$BUILDDIR/oci-crashcart-runtime" create --bundle "$bundle" held
	cp "$bundle/config.json" "$LAB/faults.edited"
	run -1 cmp "$LAB/faults.plain" "$LAB/faults.edited"
	"$HOOK" <"$LAB/faults.stopped"
	host_mounts
	sweep 10 prepare_wrapper check_wrapper "$BUILDDIR/oci-crashcart-runtime" create --bundle "$bundle" held
}

# ---- dbg-inject ----

is_attached() {
	[ -e "/proc/$pid/root/dev/crashcart/bin/busybox" ]
}

# An error is one line at least, and says what it was, with what the errno means. Not so where writing fails; nor where
# it is taken for an answer.
assert_told() { # CALL WHAT
	local said
	case $1:$2:$status in
	*:none:none | *:*:0 | *:KILL:* | write:*) return 0 ;;
	*:*:12[0-9] | *:*:3) said=$(<"$LAB/faults.err") ;;
	*) fail "it ended in an odd way" || return 1 ;;
	esac
	[[ $said =~ (^|$'\n')dbg-inject:\ .*[a-z] ]] || fail "not a word" || return 1
	[[ $said == *"$reason"* ]] || is_answer "$2" "$said" || fail "no word of: $reason"
}

is_answer() { # WHAT SAID
	case $1:$2 in
	ENOENT:*'not running any more'* | ESRCH:*'not running any more'*) return 0 ;;
	ENOENT:*'make one with dbg-tools'* | ENOTDIR:*'make one with dbg-tools'*) return 0 ;;
	EEXIST:*'create '*': No such file or directory'*) return 0 ;; # it was to be removed first
	EBUSY:*': in use, by '* | ENOENT:*'remove the master directory: Device or resource busy'*) return 0 ;;
	ENOTDIR:*'remove the master directory: Is a directory'*) return 0 ;; # so it was no directory that was to be removed
	ENOSYS:*'this kernel has no '* | E*:*'this program cannot be protected from being overwritten'*) return 0 ;;
	*) return 1 ;;
	esac
}

detached_again() {
	local left
	"$DBG_INJECT" --detach held >/dev/null 2>&1 || true
	"$DBG_INJECT" --gc >/dev/null || fail "--gc" || return 1
	[ "$(</proc/"$pid"/mountinfo)" = "$container" ] || fail "other mounts in the container" || return 1
	[ "$(</proc/self/mountinfo)" = "$host" ] || fail "other mounts than before" || return 1
	left=$(shopt -s nullglob dotglob && echo "$state"/{sessions,pending}/*)
	[ -z "$left" ] || fail "left behind: $left"
}

check_attach() { # CALL WHAT
	assert_told "$@" || return 1
	[ "$status" != 0 ] || is_attached || fail "not attached, and it says that it is" || return 1
	detached_again
}

running() {
	hold
	hook created
	release
	hook running
	host_mounts
	container=$(<"/proc/$pid/mountinfo")
}

@test "--attach: it is, or it says why it is not; and --detach undoes it" {
	running
	sweep 10 prepare_nothing check_attach "$DBG_INJECT" --attach held
	end_container
}

prepare_detach() {
	"$DBG_INJECT" --attach held >/dev/null
}

# A kernel that says that there is no such record, that it is a link, or nothing that can be opened and read, is believed; so is one
# that says that there is no such process.
is_believed() { # CALL WHAT
	case $1:$2 in *:ENOENT | *:ELOOP | *:ESRCH | newfstatat:EINVAL | lstat:EINVAL | open*:EINVAL | open*:EFBIG | read:EINVAL) return 0 ;; *) return 1 ;; esac
}

check_detach() { # CALL WHAT
	assert_told "$@" || return 1
	[ "$status" != 0 ] || is_believed "$@" || ! is_attached || fail "attached, and it says that it is not" || return 1
	detached_again
}

@test "--detach: they are gone, or it says why not; and another --detach takes them" {
	running
	sweep 10 prepare_detach check_detach "$DBG_INJECT" --detach held
	end_container
}

# A kernel that says that a record is gone is believed; and the next --gc is told better.
check_gc() { # CALL WHAT
	assert_told "$@" || return 1
	if [ "$status" = 0 ] && [ "$1:$2" != unlinkat:ENOENT ]; then
		none_left || return 1
	fi
	"$DBG_INJECT" --gc >/dev/null && none_left
}

@test "--gc: nothing is left, or it says what is; and another --gc takes it" {
	ended
	sweep 10 prepare_ended check_gc "$DBG_INJECT" --gc
}
