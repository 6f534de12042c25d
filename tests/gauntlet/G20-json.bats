#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G20: JSON that is malformed, huge, deep, or cut off
#
# What a container's image and annotations say comes as JSON, and so does what a runtime or an engine that was killed while it
# wrote has left. Who reads that with a call for each level, without limits, or into whatever comes, crashes or takes all
# memory: in a hook, each start of a container then fails.

# bats file_tags=once
bats_require_minimum_version 1.5.0
load gauntlet

# A file each; what none of them may do to a reader is to crash it, to hold it up, or to take much memory.
broken() {
	local dir=$LAB/broken
	[ ! -e "$dir/made" ] || return 0
	mkdir -p "$dir"
	: >"$dir/empty"
	echo 'garbage{' >"$dir/garbage"
	printf '{"id": "c", "pid": 12' >"$dir/cut"
	# shellcheck disable=SC1003 # a backslash is meant
	printf '{"id": "c\\ud800", "pid": "\\' >"$dir/cut-escape"
	echo '[]' >"$dir/array"
	echo 'null' >"$dir/null"
	printf '{"id": "c", "pid": [], "status": {}, "bundle": 7, "annotations": "x", "mounts": {}, "linux": 1}' >"$dir/types"
	printf '{"id": "c", "pid": 99999999999999999999999999, "start-time": -1e999, "status": "created"}' >"$dir/numbers"
	printf '{"id": "c\\u0000d", "status": "created\\u0000", "pid": 1, "bundle": "/\\u0000"}' >"$dir/nul"
	printf '{"id": "c", "id": 7, "id": "../d", "status": "created", "status": [], "pid": 1, "pid": {}}' >"$dir/twice"
	head -c 100000 /dev/urandom >"$dir/noise"
	head -c 200000 /dev/zero | tr '\0' '[' >"$dir/deep-arrays"
	awk 'BEGIN { for (i = 0; i < 50000; i++) printf "{\"a\":" }' >"$dir/deep-objects"
	{ printf '['; head -c 1500000 /dev/zero | tr "\0" "," | sed 's/,/0,/g'; printf '0]'; } >"$dir/wide"
	{ printf '{"id": "'; head -c 3900000 /dev/zero | tr '\0' x; printf '"}'; } >"$dir/long"
	truncate -s 1G "$dir/huge"
	touch "$dir/made"
}

kinds_of_broken() {
	find "$LAB/broken" -type f ! -name made -printf '%f\n' | sort
}

# Those that a limit stops, and what it says.
declare -gA limits=([deep-arrays]='nested too deeply' [deep-objects]='nested too deeply' [wide]='too many values' [huge]='larger than')

# bounded COMMAND...: with little memory, and little time. 124: that was up; 128 and more: it crashed.
bounded() {
	(
		# Sanitizers take more addresses than there is memory.
		[ -n "${ASAN_OPTIONS:-}" ] || ulimit -v 400000
		exec timeout 10 "$@"
	)
}

# assert_withstood WHAT: what bounded has run has ended by itself, with what it says of errors.
assert_withstood() {
	[ "$status" -lt 124 ] || [ "$status" = 125 ] || fail "$1: status $status" "$output"
}

@test "naive: a reader without limits crashes, and takes all memory" {
	broken
	compile parse
	assert_equal "$(bounded "$LAB/parse" <<<'[[]]'; echo $?)" 1 # of the newline behind
	awk 'BEGIN { for (i = 0; i < 1000; i++) printf "[" }' | bounded "$LAB/parse"
	head -c 20000000 /dev/zero | tr '\0' '[' >"$LAB/deeper"
	run bounded "$LAB/parse" <"$LAB/deeper"
	assert_equal "$status" 139
	run bounded "$LAB/parse" <"$LAB/broken/huge"
	[ "$status" = 9 ] || [ "$status" = 139 ]
}

# A line comes to the log when whoever writes it has got it.
logged_last() { # TEXT
	[[ $(tail -n 1 "$LAB/log") == *"$1"* ]]
}

# With strict = yes its exit status tells: 2 is the state's, 6 a crash or a stall.
@test "ours: the hook's state and config.json" {
	local kind file
	broken
	configure 'strict = yes'
	mkdir -p "$LAB/bundle"
	# A process as a runtime has it before it changes the root directory.
	child unshare --mount sleep 1000
	for kind in $(kinds_of_broken); do
		file=$LAB/broken/$kind
		run bounded "$HOOK" <"$file"
		assert_equal "$status" 2 "a state: $kind" || fail "$output"
		wait_for 20 logged_last "${limits[$kind]:-}" || fail "$kind"
		ln -f "$file" "$LAB/bundle/config.json"
		run bounded "$HOOK" <<<"{\"id\": \"c\", \"status\": \"created\", \"pid\": $child, \"bundle\": \"$LAB/bundle\"}"
		assert_equal "$status" 2 "a config.json: $kind" || fail "$output"
		wait_for 20 logged_last "${limits[$kind]:-}" || fail "$kind, config.json"
		# At precreate, what came in goes out; what is larger than any buffer is passed on.
		[ "$kind" != huge ] || continue
		configure
		bounded "$HOOK" --stage precreate <"$file" >"$LAB/out" || fail "precreate: $kind"
		cmp "$file" "$LAB/out"
		configure 'strict = yes'
	done
	rm -rf "$LAB/bundle"
	assert_equal "$(grep -c crashcart "/proc/$child/mountinfo" || true)" "$(grep -c crashcart /proc/self/mountinfo || true)"
	lab_assert_clean
}

@test "ours: the runtime wrapper's config.json" {
	local kind
	broken
	printf '#!/bin/sh\nexit 42\n' >"$LAB/fake"
	chmod 755 "$LAB/fake"
	configure "runtimes = $LAB/fake"
	mkdir -p "$LAB/bundle"
	for kind in $(kinds_of_broken); do
		cp --remove-destination --sparse=always "$LAB/broken/$kind" "$LAB/bundle/config.json"
		run bounded "$BUILDDIR/oci-crashcart-runtime" create --bundle "$LAB/bundle" c </dev/null
		assert_equal "$status" 42 "the runtime's own status: $kind" || fail "$output"
		cmp "$LAB/broken/$kind" "$LAB/bundle/config.json"
	done
	rm -r "$LAB/bundle"
	lab_assert_clean
}

@test "ours: records, sessions, files of runtimes and engines, one by one and all of them" {
	local kind place state=$OCI_CRASHCART_STATE_DIR file id containers=/var/lib/containers/storage/overlay-containers/containers.json
	broken
	thin_run c
	id=$(printf '%064d' 7)
	cp "$containers" "$LAB/containers.json"
	mkdir -p "/run/$RUNTIME/$id" "/var/lib/docker/containers/$id"
	local places=("$state/rec/$id.json" "$state/rec/$container.json" "$state/sessions/999999.json" "$state/sessions/remove-999999.json"
		"/run/$RUNTIME/$id/status" "/run/$RUNTIME/$id/state.json" "/var/lib/docker/containers/$id/config.v2.json" "$containers")
	cp "$state/rec/$container.json" "$LAB/record"
	for kind in $(kinds_of_broken); do
		for file in "${places[@]}"; do
			ln -f "$LAB/broken/$kind" "$file" 2>/dev/null || cp --remove-destination --sparse=always "$LAB/broken/$kind" "$file"
		done
		for place in --list '--list --json' "--status $id" "-n $id true" "--detach $container" '-n --gc'; do
			# shellcheck disable=SC2086 # words
			run bounded "$DBG_INJECT" $place
			assert_withstood "$place: $kind"
		done
		# The container's own is well: it works in spite of the others.
		cp --remove-destination "$LAB/record" "$state/rec/$container.json"
		run -0 bounded "$DBG_INJECT" "$container" echo well
		assert_equal "$output" well "beside $kind"
	done
	cp --remove-destination "$LAB/containers.json" "$containers"
	rm -r "/run/$RUNTIME/$id" /var/lib/docker/containers
	"$DBG_INJECT" --gc
	assert_provisioned c || "$DBG_INJECT" --detach c
	assert_equal "$(cd "$state/rec" && echo *.json)" "$container.json"
	assert_equal "$(ls "$state/sessions")" ""
}
