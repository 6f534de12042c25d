#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# dbg-inject and the hook as programs: options, misuse, help. One line on standard error, exit status 125.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	lab_teardown
}

@test "the values that are built are taken" {
	thin_run c
	"$DBG_INJECT" -i -T --profile debug --cgroup host --env-from none c true
	"$DBG_INJECT" -q c true
}

@test "an unknown option, value or combination is one clear line" {
	misuse --nonsense --nonsense
	misuse x -x c true
	misuse --tools --attach --tools
	misuse --profile --profile nonsense c true
	misuse --cgroup --cgroup nonsense c true
	misuse -u -u
	misuse --user --user app --attach c
	misuse container
	misuse --attach --attach
	misuse --status --status
	misuse '' --attach --detach c
	misuse '' --force --lazy --detach c
	misuse '' --force c true
	misuse '' --lazy --attach c
	misuse '' --list c
	misuse '' --gc c
	misuse '' --status a b
	misuse '' --json c true
	misuse '' --tools "" --attach c
}

@test "all after the container belongs to the command" {
	thin_run c
	run -0 "$DBG_INJECT" c echo --list --help -V
	assert_equal "$output" "--list --help -V"
	run -0 "$DBG_INJECT" c -- echo -- word
	assert_equal "$output" "-- word"
	run -0 "$DBG_INJECT" -- c echo word
	assert_equal "$output" word
}

@test "help and version of dbg-inject" {
	local verb
	run -0 "$DBG_INJECT" --help
	for verb in --attach --detach --list --status --verify --gc --tools --json --dry-run --force --lazy; do
		assert_has "$output" "$verb"
	done
	assert_has "$output" 125
	run -0 "$DBG_INJECT" -h
	run -0 "$DBG_INJECT" --version
	assert_matches "$output" '^dbg-inject .*[0-9]+\.[0-9]+'
	local version=$output
	run -0 "$DBG_INJECT" -V
	assert_equal "$output" "$version"
}

@test "help and version of the hook; words that it does not take" {
	run -0 "$HOOK" --help
	assert_has "$output" oci-crashcart-hook
	run -0 "$HOOK" --version
	assert_matches "$output" '[0-9]+\.[0-9]+'
	run "$HOOK" --nonsense </dev/null
	[ "$status" -ne 0 ]
	assert_equal "${#lines[@]}" 1
	run "$HOOK" --stage poststop </dev/null
	assert_equal "$status" 1
	assert_has "$output" precreate
	assert_equal "${#lines[@]}" 1
	run -0 "$HOOK" --stage precreate </dev/null
	assert_equal "$output" ""
	run -0 "$HOOK" --stage=precreate </dev/null
}

@test "list where nothing was ever started is empty, and makes nothing" {
	run -0 "$DBG_INJECT" --list --json
	assert_equal "$(jq -c . <<<"$output")" '[]'
	run -0 "$DBG_INJECT" --list
	run -0 "$DBG_INJECT" --gc
	assert_equal "$output" ""
	run -0 "$DBG_INJECT" --detach
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
}

@test "without root: one clear line" {
	thin_run c
	run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$DBG_INJECT" c true
	assert_equal "$status" 125
	assert_equal "${#stderr_lines[@]}" 1
	assert_matches "$stderr" '^dbg-inject: '
}

@test "a full standard output is an error" {
	# shellcheck disable=SC2016 # the variables of the shell there
	run --separate-stderr bash -c '"$DBG_INJECT" --help >/dev/full'
	[ "$status" -ne 0 ]
	thin_run c
	# shellcheck disable=SC2016
	run --separate-stderr bash -c '"$DBG_INJECT" --list --json >/dev/full'
	[ "$status" -ne 0 ]
}

@test "an unreadable configuration of dbg-inject is one clear line" {
	thin_run c
	rm -f "$OCI_CRASHCART_CONFIG"
	mkdir "$OCI_CRASHCART_CONFIG"
	misuse "$OCI_CRASHCART_CONFIG" c true
	rmdir "$OCI_CRASHCART_CONFIG"
	configure
	chmod 666 "$OCI_CRASHCART_CONFIG"
	misuse "$OCI_CRASHCART_CONFIG" c true
}

@test "-v says on standard error what is done; standard output stays the command's" {
	thin_run c
	run --separate-stderr "$DBG_INJECT" -v c echo word
	assert_equal "$status" 0
	assert_equal "$output" word
	[ -n "$stderr" ]
	run --separate-stderr "$DBG_INJECT" c echo word
	assert_equal "$output$stderr" word
}
