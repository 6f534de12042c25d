#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# The hook under valgrind: recorded states, broken ones, and the three stages of a real container. It needs a hook that
# is linked dynamically, with debugging information that this valgrind reads (contrib/check builds one).
#
# valgrind 3.19 does not know the new mount calls and answers ENOSYS to them; what the hook then does is looked at all
# the same, and what it does where they work is under the sanitizers in the other tests.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_file
}

teardown() {
	lab_teardown
}

memcheck=(valgrind -q --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all --error-exitcode=99)

# What memory errors there were, without what valgrind says about calls that it does not know.
assert_no_errors() { # LOG...
	local log
	for log; do
		[ -e "$log" ] || fail "$log: valgrind did not run" || return 1
		assert_equal "$(sed -e '/^--/d' -e '/unhandled dwarf/d' "$log" | grep -c .)" 0 "$(cat "$log")" || return 1
	done
}

# checked STATUS: the hook under valgrind with a state on standard input exits with STATUS, and has no errors.
checked() {
	local status=0
	"${memcheck[@]}" --log-file="$LAB/memcheck" "$HOOK" || status=$?
	assert_equal "$status" "$1" "exit status" || return 1
	assert_no_errors "$LAB/memcheck"
}

@test "recorded states of all engines and stages" {
	local file
	for file in "$BATS_TEST_DIRNAME"/samples/*/state-*.json; do
		checked 0 <"$file" || fail "with $file"
	done
}

# So that config.json has to be read, and is there.
@test "recorded states with their configurations" {
	local file
	for file in "$BATS_TEST_DIRNAME"/samples/*/state-*.json; do
		jq --arg bundle "$(dirname "$file")" 'del(.root, .annotations) | .bundle = $bundle' "$file" >"$LAB/state.json"
		checked 0 <"$LAB/state.json" || fail "with $file"
	done
}

@test "recorded states, cut at many places" {
	local file=$BATS_TEST_DIRNAME/samples/podman-crun/state-prestart.json length
	for ((length = 0; length < $(stat -c %s "$file"); length += 61)); do
		head -c "$length" "$file" >"$LAB/state.json"
		checked 0 <"$LAB/state.json" || fail "with its first $length bytes"
	done
}

@test "strict, and configurations that are wrong" {
	local file=$BATS_TEST_DIRNAME/samples/podman-crun/state-prestart.json
	configure 'strict = yes'
	head -c 100 "$file" >"$LAB/state.json"
	checked 2 <"$LAB/state.json"
	configure 'enable = perhaps' 'no-such-key = 1' 'strict'
	checked 0 <"$file"
	rm -f "$OCI_CRASHCART_CONFIG"
	mkdir "$OCI_CRASHCART_CONFIG"
	checked 0 <"$file"
	rmdir "$OCI_CRASHCART_CONFIG"
}

@test "recorded configurations at precreate, whole and cut" {
	local file
	for file in "$BATS_TEST_DIRNAME"/samples/{podman-crun,docker,crio-crun}/config.json; do
		"${memcheck[@]}" --log-file="$LAB/memcheck" "$HOOK" --stage precreate <"$file" >"$LAB/out"
		assert_no_errors "$LAB/memcheck" || fail "with $file"
		head -c 1500 "$file" >"$LAB/half"
		"${memcheck[@]}" --log-file="$LAB/memcheck" "$HOOK" --stage precreate <"$LAB/half" >"$LAB/out"
		assert_no_errors "$LAB/memcheck" || fail "with the beginning of $file"
		cmp "$LAB/half" "$LAB/out"
	done
	find "$OCI_CRASHCART_STATE_DIR/ctr" "$OCI_CRASHCART_STATE_DIR/pending" -mindepth 1 -delete
}

@test "the stages of a real container, on each runtime" {
	local stage
	for RUNTIME in crun runc; do
		for stage in prestart poststart poststop; do
			rm -f "$LAB/memcheck.$stage"
			# shellcheck disable=SC2016
			wrap_hook "$LAB/memcheck.d" "$stage" "${memcheck[*]} --log-file=\$LAB/memcheck.$stage \"\$HOOK\""
			HOOKS_DIR=$LAB/memcheck.d thin_run c
			assert_running c
			podman rm -f -t 0 c
			assert_no_errors "$LAB/memcheck.$stage" || fail "at $stage on $RUNTIME"
		done
	done
	"$DBG_INJECT" --gc
}
