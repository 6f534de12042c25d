#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# How a container is named: id, prefix, engine's name, process; ambiguous and unknown names list the candidates.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	lab_teardown
}

# answers WORD HOSTNAME: WORD means the container of that host name, for every verb.
answers() {
	run "$DBG_INJECT" "$1" busybox hostname
	assert_equal "$status $output" "0 $2" "what $1 means"
	run -0 "$DBG_INJECT" --status --json "$1"
	assert_equal "$(jq -r .id <<<"$output")" "$(container_id "$2")" "what $1 means to --status"
}

@test "by full id, by short id, by name" {
	thin_run first --hostname first
	thin_run second --hostname second
	answers "$(container_id first)" first
	answers "$(container_id second)" second
	local id
	id=$(container_id first)
	answers "${id:0:12}" first
	answers first first
	answers second second
}

# bats test_tags=once
@test "by podman's name where it looks like an option, an id, or a path of names" {
	thin_run a.b-c_d --hostname a.b-c_d
	answers a.b-c_d a.b-c_d
	thin_run deadbeef --hostname deadbeef
	answers deadbeef deadbeef
}

@test "a renamed container answers to its new name, and not to the old one" {
	thin_run before --hostname after
	podman rename before after
	answers after after
	run -125 "$DBG_INJECT" before true
}

@test "a name that is used again means the container that has it now" {
	thin_run c --hostname c
	podman rm -f -t 0 c
	thin_run c --hostname c
	answers c c
}

@test "pid:N: the first process, and any other process of the container" {
	container_run "$RUNTIME" c --network none --hostname c -- fat
	answers "pid:$(container_pid c)" c
	podman exec -d c sleep 1030
	wait_for 20 pgrep -f 'sleep 1030'
	run "$DBG_INJECT" "pid:$(pgrep -f 'sleep 1030')" busybox hostname
	assert_equal "$status $output" "0 c"
}

# bats test_tags=once
@test "pid:N that is no process, or no number" {
	thin_run c
	local word
	for word in pid:999999 pid:0 pid:-1 pid: pid:x pid:1x pid:99999999999999999999; do
		run -125 --separate-stderr "$DBG_INJECT" "$word" true
			assert_equal "${#stderr_lines[@]}" 1 "lines about $word"
		assert_matches "$stderr" "^dbg-inject: $word: "
	done
}

# Ids of the runtime's own choice, that share a prefix.
# bats test_tags=once
@test "a unique prefix is enough; an ambiguous one lists the candidates" {
	bundle_make "$LAB/bundle"
	bundle_run "$LAB/bundle" crashcart-one
	bundle_run "$LAB/bundle" crashcart-two
	bundle_run "$LAB/bundle" other
	run -0 "$DBG_INJECT" --status --json crashcart-o
	assert_equal "$(jq -r .id <<<"$output")" crashcart-one
	run -0 "$DBG_INJECT" --status --json oth
	assert_equal "$(jq -r .id <<<"$output")" other
	run -125 --separate-stderr "$DBG_INJECT" crashcart true
	assert_equal "${#stderr_lines[@]}" 1
	assert_matches "$stderr" '^dbg-inject: crashcart: .*more than one'
	assert_has "$stderr" crashcart-one
	assert_has "$stderr" crashcart-two
	assert_has_not "$stderr" other
	for verb in --attach --detach --status; do
		run -125 "$DBG_INJECT" "$verb" crashcart
	done
	# A full id is no prefix, though another id begins with it.
	bundle_run "$LAB/bundle" crashcart-one-more
	run -0 "$DBG_INJECT" --status --json crashcart-one
	assert_equal "$(jq -r .id <<<"$output")" crashcart-one
}

@test "a runtime without an engine: provisioned, attached, run, detached, removed" {
	bundle_make "$LAB/bundle"
	bundle_run "$LAB/bundle" bare
	local pid before
	pid=$(cat "$LAB/bare.pid")
	before=$(cat "/proc/$pid/mountinfo")
	has_options "$(mount_line /dev/crashcart <<<"$before")" ro nosuid nodev noexec
	run "$DBG_INJECT" bare sh -c 'exit 7'
	assert_equal "$status" 7
	"$DBG_INJECT" --detach bare
	assert_equal "$(cat "/proc/$pid/mountinfo")" "$before"
	"$RUNTIME" delete -f bare
	lab_assert_clean
}

# bats test_tags=once
@test "an unknown name lists those that are there" {
	thin_run first
	thin_run second
	run -125 --separate-stderr "$DBG_INJECT" third true
	assert_equal "${#stderr_lines[@]}" 1
	assert_matches "$stderr" '^dbg-inject: third: '
	assert_has "$stderr" first
	assert_has "$stderr" second
	for verb in --attach --detach --status; do
		run -125 --separate-stderr "$DBG_INJECT" "$verb" third
		assert_matches "$stderr" '^dbg-inject: third: '
	done
}

# bats test_tags=once
@test "an unknown name where no container is says so in one line" {
	run -125 --separate-stderr "$DBG_INJECT" nobody true
	assert_equal "${#stderr_lines[@]}" 1
	assert_matches "$stderr" '^dbg-inject: nobody: '
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
}

@test "a container that has ended is named as such" {
	thin_run c
	podman stop -t 1 c
	run -125 --separate-stderr "$DBG_INJECT" c true
	assert_equal "${#stderr_lines[@]}" 1
	assert_matches "$stderr" '^dbg-inject: c: '
}
