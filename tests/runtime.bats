#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# The runtime wrapper without an engine: what it hands on, what it edits, where it looks for the runtime, where its errors
# go. In place of a runtime stands a script that says how it was called; at the end, real ones.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_file
}

setup() {
	export WRAPPER=${WRAPPER:-$BUILDDIR/oci-crashcart-runtime} OCI_CRASHCART_HOOK=$HOOK
	fake=$LAB/fake bundle=$LAB/bundle
	rm -rf "$LAB/seen" "$LAB/runtime.log" "$bundle"
	mkdir "$LAB/seen" "$bundle"
	make_fake
	configure "runtimes = $fake"
	(cd "$bundle" && runc spec)
}

teardown() {
	lab_teardown
}

# A runtime that notes all that it was given, in $LAB/seen.
make_fake() {
	cat >"$fake" <<-'END'
		#!/bin/bash
		seen=/run/lab/seen
		cat /proc/$$/environ >$seen/environment
		printf '%s\n' "${@@Q}" >$seen/arguments
		pwd -P >$seen/directory
		for fd in /proc/$$/fd/*; do
			[ "${fd##*/}" = 255 ] || echo "${fd##*/} $(readlink "$fd")"
		done >$seen/descriptors
		# By this shell itself: while it waits for another process, it blocks SIGCHLD.
		while read -r line; do
			[[ ! $line =~ ^(Sig|Shd)(Blk|Ign|Pnd) ]] || echo "$line"
		done </proc/$$/status >$seen/signals
		cat /run/lab/bundle/config.json >$seen/config.json 2>/dev/null
		cat
		echo said
		exit 42
	END
	chmod 755 "$fake"
}

# wrap ARG...: with 42 as the runtime's own status.
wrap() {
	run --separate-stderr "$WRAPPER" "$@" </dev/null
}

# The runtime was called, and config.json is as it was before.
assert_untouched() {
	assert_equal "$status" 42 "the runtime's status; $stderr" || return 1
	cmp "$bundle/config.json" "$LAB/config.before" || return 1
	assert_equal "$(ls -A "$bundle")" config.json "what is in the bundle"
}

assert_edited() { # ID
	jq -e --arg source "$OCI_CRASHCART_STATE_DIR/ctr/$1" --arg hook "$HOOK" '
		([.mounts[] | select(.destination == "/dev/crashcart")] | length == 1 and .[0].source == $source) and
		.linux.rootfsPropagation == "rslave" and
		([.hooks.poststop[] | select(.path == $hook)] | length == 1)' "$bundle/config.json" >/dev/null ||
		fail "not edited for $1:" "$(cat "$bundle/config.json")"
}

assert_prepared() { # ID
	assert_edited "$1" || return 1
	[ -d "$OCI_CRASHCART_STATE_DIR/ctr/$1" ] || fail "no master of $1"
}

# What the fake runtime's containers leave, since they never are: --gc takes it.
gc() {
	"$DBG_INJECT" --gc >/dev/null && lab_assert_clean
}

# ---- what is handed on ----

# What the runtime got of a call, and of one by the wrapper: the same, and the same came back.
# shellcheck disable=SC2016
same_as_direct() { # SCRIPT ARG...: SCRIPT calls "$@"
	local kind script=$1 way
	shift
	for kind in direct wrapped; do
		way=$fake
		[ "$kind" = direct ] || way=$WRAPPER
		rm -rf "$LAB/seen" "${LAB:?}/$kind"
		mkdir "$LAB/seen"
		(cd "$LAB" && env -i A=1 B='two words' C= OCI_CRASHCART_CONFIG="$OCI_CRASHCART_CONFIG" OCI_CRASHCART_HOOK="$HOOK" \
			bash -c "$script" - "$way" "$@" 3>&- 4>&- >"$LAB/out" 2>"$LAB/err" <<<input) || echo "$?" >>"$LAB/out"
		rm -f "$LAB/seen/config.json"
		sed -i 's/pipe:.*/pipe/' "$LAB/seen/descriptors"
		mv "$LAB/out" "$LAB/err" "$LAB/seen"
		mv "$LAB/seen" "$LAB/$kind"
	done
	mkdir "$LAB/seen"
	diff -r "$LAB/direct" "$LAB/wrapped"
}

@test "any other verb: arguments, environment, descriptors, directory, signals, status are the runtime's" {
	# shellcheck disable=SC2016
	same_as_direct 'trap "" USR2; exec "$@" 7</etc/passwd 9>/dev/null' \
		--root /r --log /nowhere/log exec -it --env '' 'a b' $'new\nline' -- create run ""
	assert_equal "$(cat "$LAB/wrapped/out" "$LAB/wrapped/err")" $'input\nsaid\n42'
	assert_has "$(cat "$LAB/wrapped/arguments")" "'a b'"
	assert_has "$(cat "$LAB/wrapped/descriptors")" "7 /etc/passwd"
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
}

@test "no arguments, --version, features, help for a verb that makes containers: the runtime's answer alone" {
	local line
	for line in "" --version features "create --help" "spec --bundle create" "state run"; do
		# shellcheck disable=SC2086
		wrap $line
		assert_equal "$status $output$stderr" "42 said" "of '$line'"
	done
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
}

@test "create: all that the runtime gets is the caller's, too, but for config.json" {
	# shellcheck disable=SC2016
	same_as_direct 'trap "" CHLD USR2; exec "$@" 7</etc/passwd' create -b "$bundle" c1
	assert_prepared c1
	assert_equal "$(cat "$LAB/wrapped/out" "$LAB/wrapped/err")" $'input\nsaid\n42'
	gc
}

@test "with standard descriptors closed: the runtime has them closed, and config.json is edited" {
	# shellcheck disable=SC2016
	same_as_direct 'exec "$@" <&- >&- 2>&-' create -b "$bundle" c1
	assert_prepared c1
	gc
}

# ---- what is edited ----

@test "owner, mode and all other bytes stay; once more changes nothing; another id changes the master" {
	chown 1234:567 "$bundle/config.json"
	chmod 640 "$bundle/config.json"
	wrap run --bundle "$bundle" c1
	assert_equal "$status" 42
	assert_prepared c1
	assert_equal "$(stat -c '%u:%g %a' "$bundle/config.json")" "1234:567 640"
	cp "$bundle/config.json" "$LAB/config.before"
	wrap run --bundle "$bundle" c1
	assert_untouched
	(cd "$bundle" && wrap restore --image-path /i --work-path /w c2 && assert_equal "$status" 42)
	assert_prepared c2
	assert_equal "$(sed 's|/ctr/c2"|/ctr/c1"|' "$bundle/config.json" | md5sum)" "$(md5sum <"$LAB/config.before")"
	gc
}

# Takes out what was added, and looks whether what was there is left, to the byte.
only_added() { # ORIGINAL EDITED
	python3 - "$1" "$2" "$OCI_CRASHCART_STATE_DIR/ctr/c1" "$HOOK" <<-'END'
		import json, sys
		old, new = (open(name, "rb").read().decode() for name in sys.argv[1:3])
		tree = json.loads(new)
		compact = lambda value: json.dumps(value, separators=(",", ":"))
		mount, = [m for m in tree["mounts"] if m["destination"] == "/dev/crashcart"]
		hook, = [h for h in tree["hooks"]["poststop"] if h["path"] == sys.argv[4]]
		assert mount == {"destination": "/dev/crashcart", "type": "bind", "source": sys.argv[3],
			"options": ["bind", "ro", "nosuid", "nodev", "noexec", "rslave"]}, mount
		for ways in ([compact(mount)], ['"rootfsPropagation":"rslave"'],
				['"hooks":{"poststop":[%s]}' % compact(hook), '"poststop":[%s]' % compact(hook), compact(hook)]):
		    way = next(way for way in ways if "," + way in new)
		    assert new.count("," + way) == 1, way
		    new = new.replace("," + way, "")
		assert new == old, "something else was changed"
	END
}

@test "configurations of real engines, and odd ones: nothing but ours is added, to the byte" {
	local sample number=0 odd
	odd='"odd":[1e400,12345678901234567890,-0.0,1E+2,0.10000000000000000001,"\u0000\ud83d\ude00\/ä"],"odd" :{"odd":[]},'$'\n\t\r '
	for sample in "$lab_dir"/../samples/*/config.json; do
		cp "$sample" "$LAB/plain.json"
		{
			printf '{%s' "$odd"
			sed '1s/{//' "$sample"
		} >"$LAB/odd.json"
		{
			printf '{"annotations2":{"long":"'
			head -c 1048576 /dev/zero | tr '\0' x
			printf '"},'
			sed '1s/{//' "$sample"
		} >"$LAB/long.json"
		for kind in plain odd long; do
			cp "$LAB/$kind.json" "$bundle/config.json"
			wrap create --bundle "$bundle" c1
			assert_equal "$status" 42
			only_added "$LAB/$kind.json" "$bundle/config.json" || fail "$sample, $kind" "$(tail -n 2 "$LAB/log")"
			gc
			number=$((number + 1))
		done
	done
	[ "$number" -ge 15 ]
	for sample in "$lab_dir"/../samples/crio-*/sandbox-config.json; do
		cp "$sample" "$bundle/config.json"
		cp "$sample" "$LAB/config.before"
		wrap create --bundle "$bundle" c1
		assert_untouched
	done
}

@test "many at once, of one bundle and of their own: each config.json is whole, and each has its master" {
	local number pids=()
	for number in {1..20}; do
		cp -r "$bundle" "$LAB/many-$number"
		"$WRAPPER" create --bundle "$LAB/many-$number" "m$number" </dev/null >/dev/null 2>&1 3>&- &
		pids+=($!)
		"$WRAPPER" create --bundle "$bundle" "s$number" </dev/null >/dev/null 2>&1 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}" || true
	for number in {1..20}; do
		bundle=$LAB/many-$number assert_prepared "m$number"
		assert_equal "$(ls -A "$LAB/many-$number")" config.json
	done
	assert_equal "$(jq '[.mounts[] | select(.destination == "/dev/crashcart")] | length' "$bundle/config.json")" 1
	assert_equal "$(jq '.hooks.poststop | length' "$bundle/config.json")" 1
	rm -rf "$LAB"/many-*
	gc
}

@test "a container that is to have no mount: config.json is as it was, and the log says why" {
	jq '.annotations = {"oci-crashcart/enable": "false"}' "$bundle/config.json" >"$LAB/config.before"
	cp "$LAB/config.before" "$bundle/config.json"
	wrap create --bundle "$bundle" opted-out
	assert_untouched
	wait_for 20 grep -q 'oci-crashcart-runtime.*opted-out: skipped: the annotation oci-crashcart/enable is false' "$LAB/log"
	lab_assert_clean
}

# ---- the runtime that is looked for ----

@test "the first runtime that is there, and never the wrapper itself, by whatever name" {
	ln -sf "$WRAPPER" "$LAB/link"
	cp --remove-destination "$fake" "$LAB/first"
	configure "runtimes = /nonexistent, $WRAPPER, $LAB/link, no-such-runtime, $LAB/first, $fake"
	wrap features
	assert_equal "$status $output$stderr" "42 said"
	chmod 644 "$LAB/first"
	configure "runtimes = $LAB, $LAB/first, crun"
	wrap --version
	assert_has "$output" "crun version"
	rm "$LAB/link" "$LAB/first"
}

@test "no runtime at all: one line, exit status 1, and a line of JSON in the engine's log" {
	ln -sf "$WRAPPER" "$LAB/link"
	configure "runtimes = $LAB/link, no-such-runtime"
	echo '{"level":"info","msg":"before"}' >"$LAB/runtime.log"
	wrap --log "$LAB/runtime.log" --log-format json create --bundle "$bundle" c1
	assert_equal "$status $output" "1 "
	assert_equal "${#stderr_lines[@]}" 1
	assert_has "$stderr" "oci-crashcart-runtime: no runtime is there: the configuration says runtimes = $LAB/link, no-such-runtime"
	jq -es --arg text "$stderr" 'length == 2 and .[0].msg == "before" and .[1].level == "error" and .[1].msg == $text and
		(.[1].time | fromdate | . > 1500000000) and (.[1] | keys == ["level", "msg", "time"])' "$LAB/runtime.log"
	wrap --log="$LAB/text.log" state c1
	assert_equal "$status" 1
	assert_matches "$(cat "$LAB/text.log")" '^time="[0-9TZ:-]*" level=error msg="oci-crashcart-runtime: no runtime is there'
	rm "$LAB/link" "$LAB/text.log"
}

@test "two wrappers that take each other for the runtime: an error, and no circle without end" {
	printf '#!/bin/sh\nexec %q "$@"\n' "$WRAPPER" >"$LAB/circle"
	chmod 755 "$LAB/circle"
	configure "runtimes = $LAB/circle"
	run --separate-stderr timeout 60 "$WRAPPER" features
	assert_equal "$status $output" "1 "
	assert_has "$stderr" "executes this program again"
	rm "$LAB/circle"
}

# ---- failing open ----

# Each makes a config.json that cannot be edited.
declare -gA broken=(
	[garbage]='echo "garbage{" >config.json'
	[empty]=': >config.json'
	[array]='echo "[]" >config.json'
	[truncated]='head -c 100 config.json >new; mv new config.json'
	[twice]='sed "s/{/{\"mounts\":[],/" config.json >new; mv new config.json'
	[deep]='head -c 100000 /dev/zero | tr "\0" "[" >config.json'
	[huge]='head -c 20000000 /dev/zero | tr "\0" " " >config.json'
	[mounts]='jq ".mounts = 7" config.json >new; mv new config.json'
)

@test "a config.json that is broken in any way: the runtime gets it as it is; with strict = yes it is not called" {
	local kind
	for kind in "${!broken[@]}"; do
		(cd "$bundle" && rm -f config.json && runc spec && eval "${broken[$kind]}")
		cp "$bundle/config.json" "$LAB/config.before"
		configure "runtimes = $fake"
		wrap create --bundle "$bundle" "broken-$kind"
		assert_untouched || fail "$kind"
		assert_equal "$stderr" "" "$kind: nothing is said but to the log"
		wait_for 20 grep -q "oci-crashcart-runtime.*broken-$kind: \(config.json was left as it is\|skipped\): " "$LAB/log" || fail "not in the log: $kind"
		lab_assert_clean
		grep -q "broken-$kind: config.json" "$LAB/log" || continue
		configure "runtimes = $fake" "strict = yes"
		rm -rf "$LAB/seen/arguments" "$LAB/runtime.log"
		wrap --log-format=json --log="$LAB/runtime.log" create --bundle "$bundle" "broken-$kind"
		assert_equal "$status $output" "1 " "$kind, strict"
		[ ! -e "$LAB/seen/arguments" ]
		assert_matches "$stderr" "^oci-crashcart-runtime: broken-$kind: .*strict = yes"
		assert_equal "$(jq -r .msg "$LAB/runtime.log")" "$stderr" "$kind, in the engine's log"
		cmp "$bundle/config.json" "$LAB/config.before"
	done
}

@test "a config.json that is no regular file, a bundle that is none: the runtime is called, and nothing hangs" {
	rm "$bundle/config.json"
	wrap create --bundle "$bundle" c1
	assert_equal "$status" 42 "without a file"
	mkfifo "$bundle/config.json"
	sed -i '/config.json/d' "$fake" # it would hang, as a runtime does
	run timeout 60 "$WRAPPER" create --bundle "$bundle" c1 </dev/null
	assert_equal "$status" 42 "a FIFO"
	rm "$bundle/config.json"
	(cd "$LAB" && runc spec && mv config.json elsewhere.json)
	ln -s "$LAB/elsewhere.json" "$bundle/config.json"
	cp "$LAB/elsewhere.json" "$LAB/config.before"
	wrap create --bundle "$bundle" c1
	assert_equal "$status" 42 "a link"
	cmp "$LAB/elsewhere.json" "$LAB/config.before"
	wrap create --bundle /nonexistent c1
	assert_equal "$status" 42 "no bundle"
	lab_assert_clean
}

@test "a flag that is not known, an id that is none, a configuration with an error, a state directory that cannot be: open" {
	cp "$bundle/config.json" "$LAB/config.before"
	wrap create --of-later 5 --bundle "$bundle" c1
	assert_untouched
	wait_for 20 grep -q 'the command line was not understood: a flag that is not known: --of-later' "$LAB/log"
	wrap --of-later create --bundle "$bundle" c1
	assert_untouched
	wrap create --bundle "$bundle" ../../etc
	assert_untouched
	wrap create --bundle "$bundle" -- $'c\e[2J'
	assert_untouched
	run ! grep -q $'\e' "$LAB/log"
	wrap create --config other.json --bundle "$bundle" c1
	assert_untouched
	configure "runtimes = $fake" "enable = some"
	wrap create --bundle "$bundle" c1
	assert_untouched
	configure "runtimes = $fake"
	OCI_CRASHCART_STATE_DIR=/proc/none wrap create --bundle "$bundle" c1
	assert_untouched
	OCI_CRASHCART_HOOK=relative wrap create --bundle "$bundle" c1
	assert_untouched
	OCI_CRASHCART_HOOK=/nonexistent/hook wrap create --bundle "$bundle" c1
	assert_untouched
	wait_for 20 grep -q 'the hook for poststop, /nonexistent/hook: No such file' "$LAB/log"
	lab_assert_clean
}

@test "a lock that somebody holds for ever: the runtime is called within some seconds" {
	cp "$bundle/config.json" "$LAB/config.before"
	wrap create --bundle "$bundle" c0
	gc
	cp "$LAB/config.before" "$bundle/config.json"
	python3 - "$OCI_CRASHCART_STATE_DIR/lock" 3>&- <<-'END' &
		import fcntl, struct, sys, time
		file = open(sys.argv[1], "r+")
		fcntl.fcntl(file, 37, struct.pack("hhqqi4x", 1, 0, 0, 0, 0)) # F_OFD_SETLK, all of it
		time.sleep(60)
	END
	holder=$!
	wait_for 20 grep -q "OFDLCK.*WRITE.*$(stat -c :%i "$OCI_CRASHCART_STATE_DIR/lock") " /proc/locks
	run --separate-stderr timeout 30 "$WRAPPER" create --bundle "$bundle" c1 </dev/null
	kill "$holder"
	assert_untouched
	wait_for 20 grep -q 'c1: config.json was left as it is: .*has held its lock' "$LAB/log"
}

# ---- killed ----

@test "killed at any call that changes something: config.json is whole, old or new, and --gc leaves nothing" {
	local call number step killed=0 after old
	cp "$bundle/config.json" "$LAB/config.before"
	old=$(md5sum <"$LAB/config.before")
	wrap create --bundle "$bundle" c1
	after=$(md5sum <"$bundle/config.json")
	gc
	for call in openat mkdirat fsmount move_mount write fchown fchmod linkat renameat clone wait4 execve; do
		[ "$call" = openat ] && step=3 || step=1
		for ((number = 1; number < 60; number += step)); do
			cp "$LAB/config.before" "$bundle/config.json"
			: >"$LAB/killed"
			strace -f -o "$LAB/killed" -e "trace=$call" -e "inject=$call:signal=KILL:when=$number" \
				"$WRAPPER" create --bundle "$bundle" c1 </dev/null >/dev/null 2>&1 3>&- || true
			grep -q SIGKILL "$LAB/killed" || break
			killed=$((killed + 1))
			case $(md5sum <"$bundle/config.json") in
			"$old" | "$after") ;;
			*) fail "neither old nor new, killed at $call $number" ;;
			esac
			[ "$(find "$bundle" -mindepth 1 | wc -l)" -le 2 ] || fail "$call $number: $(ls -A "$bundle")"
			gc || fail "killed at $call $number"
		done
	done
	[ "$killed" -gt 30 ] || fail "only $killed were killed"
	cp "$LAB/config.before" "$bundle/config.json"
	wrap create --bundle "$bundle" c1
	assert_equal "$(ls -A "$bundle")" config.json
	gc
}

# With what a mistake of ours would look like.
@test "a crash, and a stall: the runtime is called, and the log says so" {
	cp "$bundle/config.json" "$LAB/config.before"
	run strace -f -o /dev/null -e trace=linkat -e inject=linkat:signal=SEGV "$WRAPPER" create --bundle "$bundle" c1 </dev/null
	assert_untouched
	wait_for 20 grep -q 'c1: config.json was left as it is: it crashed' "$LAB/log"
	run strace -f -o /dev/null -e trace=linkat -e inject=linkat:delay_enter=12s "$WRAPPER" create --bundle "$bundle" c2 </dev/null
	assert_untouched
	wait_for 20 grep -q 'c2: config.json was left as it is: .*did not come to an end' "$LAB/log"
	gc
}

# ---- real runtimes ----

real_bundle() { # ARG...: what the container does
	rm -rf "$bundle"
	mkdir -p "$bundle/rootfs"
	cp "$LAB/image/app" "$bundle/rootfs/app"
	(cd "$bundle" && "$RUNTIME" spec)
	jq '.process.args = $ARGS.positional | .process.terminal = false | del(.process.rlimits)' "$bundle/config.json" --args "$@" \
		>"$LAB/new"
	mv "$LAB/new" "$bundle/config.json"
}

# with_each FUNCTION: as both runtimes.
with_each() {
	for RUNTIME in crun runc; do
		configure "runtimes = $RUNTIME"
		"$1" || fail "on $RUNTIME" || return 1
		lab_assert_clean || return 1
	done
}

quietly() { # COMMAND...
	"$@" </dev/null >"$LAB/quietly" 2>&1 3>&- || fail "$*: $(cat "$LAB/quietly")"
}

runs_detached() {
	local line
	real_bundle /app wait
	quietly "$WRAPPER" --root "$LAB/root" run -d -b "$bundle" --pid-file "$LAB/pid" c1 || return 1
	line=$(mount_line /dev/crashcart <"/proc/$(cat "$LAB/pid")/mountinfo")
	has_options "$line" ro nosuid nodev noexec || return 1
	assert_equal "$(mount_field "$line" master)" "$(mount_field "$(host_line)" shared)" || return 1
	assert_equal "$("$DBG_INJECT" --list --json | jq -c '[.[] | [.id, .pid, .provisioned]]')" \
		"[[\"c1\",$(cat "$LAB/pid"),\"propagation\"]]" || return 1
	assert_equal "$("$DBG_INJECT" c1 echo hello)" hello || return 1
	assert_equal "$("$DBG_INJECT" --status --json c1 | jq .attached)" true || return 1
	quietly "$WRAPPER" --root "$LAB/root" delete -f c1
}

@test "detached, with a root of its own: provisioned, known, tools work, removed" {
	configure "runtimes = $fake"
	lab_setup_tools
	with_each runs_detached
}

runs_in_foreground() {
	local status=0
	real_bundle /app exit 7
	"$WRAPPER" run -b "$bundle" c1 </dev/null >/dev/null 2>&1 3>&- || status=$?
	assert_equal "$status" 7 && assert_edited c1 && lab_assert_clean || return 1
	# The record's bundle is to be the one that the runtime names at poststop, whatever it was called.
	ln -sfn "$bundle" "$LAB/link"
	"$WRAPPER" run -b "$LAB/../lab/link" c1 </dev/null >/dev/null 2>&1 3>&- || status=$?
	rm "$LAB/link"
	assert_equal "$status" 7
}

@test "in the foreground: its end takes all away, and the status is that of the container" {
	with_each runs_in_foreground
}

# What is left of the failed one is taken by the next container's poststop.
fails_to_start() {
	real_bundle /nonexistent
	if "$WRAPPER" create -b "$bundle" c1 </dev/null >/dev/null 2>&1 3>&-; then
		quietly "$RUNTIME" delete -f c1
	fi
	assert_equal "$("$DBG_INJECT" --list --json | jq length)" 0 || return 1
	real_bundle /app wait
	quietly "$WRAPPER" run -d -b "$bundle" c2 || return 1
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '.[].id')" c2 || return 1
	quietly "$WRAPPER" delete -f c2
}

@test "a start that fails: the next container that is deleted takes away what there is" {
	with_each fails_to_start
}

with_hooks_too() {
	bundle_make "$bundle"
	quietly "$WRAPPER" run -d -b "$bundle" --pid-file "$LAB/pid" c1 || return 1
	assert_equal "$(grep -c ' /dev/crashcart ' "/proc/$(cat "$LAB/pid")/mountinfo")" 1 "mounts" || return 1
	assert_equal "$(jq -c '[.hooks[] | length]' "$bundle/config.json")" "[1,1,1]" "hooks" || return 1
	assert_equal "$("$DBG_INJECT" --status --json c1 | jq -c '[.pid, .provisioned]')" "[$(cat "$LAB/pid"),\"propagation\"]" ||
		return 1
	quietly "$WRAPPER" delete -f c1
}

@test "with the hook registered as well: one mount, one record" {
	with_each with_hooks_too
}

# An engine may have been started with mounts of its own (a unit with PrivateMounts).
by_another_namespace() {
	local pid
	real_bundle /app wait
	quietly unshare -m --propagation slave "$WRAPPER" run -d -b "$bundle" --pid-file "$LAB/pid" c1 || return 1
	pid=$(cat "$LAB/pid")
	assert_equal "$(mount_field "$(mount_line /dev/crashcart <"/proc/$pid/mountinfo")" master)" "$(mount_field "$(host_line)" shared)" || return 1
	assert_equal "$("$DBG_INJECT" c1 echo hello)" hello || return 1
	quietly unshare -m --propagation slave "$WRAPPER" delete -f c1 || return 1
	lab_assert_clean || return 1
	real_bundle /app wait
	cp "$bundle/config.json" "$LAB/config.before"
	quietly unshare -m --propagation private "$WRAPPER" run -d -b "$bundle" --pid-file "$LAB/pid" c2 || return 1
	assert_equal "$(mount_line /dev/crashcart <"/proc/$(cat "$LAB/pid")/mountinfo")" "" || return 1
	cmp "$bundle/config.json" "$LAB/config.before" || return 1
	wait_for 20 grep -q "c2: config.json was left as it is: .*in the engine's mount namespace" "$LAB/log" || return 1
	quietly "$RUNTIME" delete -f c2
}

@test "by an engine in a mount namespace of its own: provisioned where mounts come in, else left alone" {
	lab_setup_tools
	with_each by_another_namespace
}
