#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# --attach and --detach of several containers in one call: one that fails does not stop the others, and the exit status tells.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

# What was started without the hook leaves its record to --gc.
teardown() {
	podman rm -f -t 0 -a >/dev/null 2>&1 || true
	"$DBG_INJECT" --gc >/dev/null || true
	lab_teardown
}

are_attached() { # NAME...
	local name
	for name; do
		assert_equal "$("$DBG_INJECT" --status --json "$name" | jq .attached)" true "attached to $name" || return 1
		[ -x "/proc/$(container_pid "$name")/root/dev/crashcart/bin/busybox" ] || fail "not seen in $name" || return 1
	done
}

are_detached() { # NAME...
	local name
	for name; do
		assert_equal "$("$DBG_INJECT" --status --json "$name" | jq .attached)" false "attached to $name" || return 1
	done
}

# A session in the background that uses the tools of NAME; the pid to $session.
use() { # NAME
	"$DBG_INJECT" "$1" sleep 1400 </dev/null >/dev/null 2>&1 3>&- &
	session=$!
	wait_for 20 eval "[ \"\$('$DBG_INJECT' --status --json $1 | jq '.sessions | length')\" = 1 ]"
}

end_use() {
	kill -TERM "$session"
	wait "$session" || true
}

has_ended() { # NAME
	[ "$(podman inspect --format '{{.State.Status}}' "$1")" = exited ]
}

@test "all are attached and detached, with and without the hook; each is told of in a line" {
	mkdir -p "$LAB/none.d"
	thin_run one
	thin_run two --uidmap 0:100000:65536
	HOOKS_DIR=$LAB/none.d thin_run three
	run -0 --separate-stderr "$DBG_INJECT" --attach one two three
	assert_equal "$stderr" ""
	assert_equal "$output" "one: attached $LAB/tools
two: attached $LAB/tools
three: attached $LAB/tools, by a mount moved into the container"
	are_attached one two three
	run -0 "$DBG_INJECT" --detach three one two
	assert_equal "$output" $'three: detached\none: detached\ntwo: detached'
	are_detached one two three
	assert_provisioned one
	assert_provisioned two
	assert_not_provisioned three
}

@test "attach: one that fails, wherever it stands, is 125 and does not stop the others" {
	thin_run one
	thin_run two
	local words
	for words in 'nix one two' 'one nix two' 'one two nix' 'one nix two nox' 'pid:0 one two' 'one pod/nix two'; do
		# shellcheck disable=SC2086 # words
		run -125 --separate-stderr "$DBG_INJECT" --attach $words
		assert_matches "$stderr" '^dbg-inject: (nix|pid:0|pod/nix): '
		assert_equal "$output" "one: attached $LAB/tools
two: attached $LAB/tools" "of $words"
		are_attached one two
		"$DBG_INJECT" --detach one two
	done
	run -125 --separate-stderr "$DBG_INJECT" --attach one nix two nox
	assert_equal "${#stderr_lines[@]}" 2
}

@test "attach: one that already has other tools, and one that cannot have any" {
	thin_run one
	thin_run two
	container_run "$RUNTIME" host --network none -v /dev:/dev -- thin
	mkdir -p "$LAB/several/bin"
	"$DBG_INJECT" --attach --tools "$LAB/several" one
	run -125 --separate-stderr "$DBG_INJECT" --attach --tools "$LAB/tools" one host two
	assert_equal "${#stderr_lines[@]}" 2
	assert_has "${stderr_lines[0]}" 'one: the tools'
	assert_has "${stderr_lines[1]}" 'host: tools cannot be mounted in it'
	assert_equal "$output" "two: attached $LAB/tools"
	are_attached two
	"$DBG_INJECT" --detach
	rmdir "$LAB/several/bin" "$LAB/several"
}

@test "the same one twice" {
	thin_run one
	run -0 "$DBG_INJECT" --attach one "$container" one
	assert_equal "$output" "one: attached $LAB/tools
one: $LAB/tools is attached already
one: $LAB/tools is attached already"
	run -0 "$DBG_INJECT" --detach one one
	assert_equal "$output" $'one: detached\none: not attached'
}

@test "detach: one that is in use is 3, and does not stop the others" {
	mkdir -p "$LAB/none.d"
	thin_run one
	thin_run two
	HOOKS_DIR=$LAB/none.d thin_run three
	local name words
	for name in one three; do
		for words in "$name two" "two $name"; do
			"$DBG_INJECT" --attach "$name" two
			use "$name"
			# shellcheck disable=SC2086 # words
			run -3 --separate-stderr "$DBG_INJECT" --detach $words
			assert_has "$stderr" "$name: in use by pid"
			assert_equal "$output" "two: detached"
			are_attached "$name"
			are_detached two
			"$DBG_INJECT" --attach two
			run -3 "$DBG_INJECT" --detach
			are_attached "$name"
			are_detached two
			end_use
			"$DBG_INJECT" --detach "$name"
		done
	done
}

@test "detach: what failed is 125, whatever was refused before or after it" {
	thin_run one
	thin_run two
	"$DBG_INJECT" --attach one
	use one
	local words
	for words in 'nix one two' 'one nix two' 'one two nix'; do
		"$DBG_INJECT" --attach two
		# shellcheck disable=SC2086 # words
		run -125 "$DBG_INJECT" --detach $words
		are_detached two
	done
	end_use
}

@test "detach: --force and --lazy hold for all of them" {
	thin_run one
	thin_run two
	"$DBG_INJECT" --attach one two
	use one
	run -0 "$DBG_INJECT" --detach --lazy one two
	are_detached one two
	end_use
	"$DBG_INJECT" --attach one two
	use two
	run -0 "$DBG_INJECT" --detach --force one two
	are_detached one two
	wait "$session" || true
}

@test "one that has ended meanwhile does not stop the others" {
	thin_run one
	thin_run two
	thin_run three
	"$DBG_INJECT" --attach one
	podman kill two
	wait_for 20 has_ended two
	run -125 --separate-stderr "$DBG_INJECT" --attach one two three
	assert_equal "${#stderr_lines[@]}" 1
	assert_matches "$stderr" '^dbg-inject: two: '
	are_attached one three
	run -125 "$DBG_INJECT" --detach one two three
	are_detached one three
}

@test "-q says nothing but errors, -n does nothing" {
	thin_run one
	thin_run two
	run -0 "$DBG_INJECT" -n --attach one two
	assert_equal "$output" "one: would attach $LAB/tools at /dev/crashcart
two: would attach $LAB/tools at /dev/crashcart"
	are_detached one two
	run -125 "$DBG_INJECT" -q --attach one nix two
	assert_equal "${#lines[@]}" 1
	are_attached one two
	run -0 "$DBG_INJECT" -q --detach one two
	assert_equal "$output" ""
}
