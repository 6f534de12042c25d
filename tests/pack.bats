#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# dbg-inject --pack, and the cache of dbg-tools pack behind it: a tool of the host's, for one session.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_file
}

# No tools tree anywhere, and a cache of the test's own.
setup() {
	work=$LAB/pack
	cache=$work/cache
	rm -rf "$work"
	mkdir -p "$work/bin"
	export PATH="$work/bin:${DBG_TOOLS%/*}:$PATH" OCI_CRASHCART_RECIPES=$work/recipes
	configure "tools = $work/none" "pack-cache = $cache"
}

teardown() {
	local failed=0
	umount -l "$work/small" 2>/dev/null || true
	lab_teardown || failed=1
	rm -rf "$work"
	return "$failed"
}

pack() {
	"$DBG_TOOLS" pack --cache "$cache" "$@"
}

# In background; the pid to $pid.
start_pack() {
	"$DBG_TOOLS" pack --cache "$cache" "$@" >"$LAB/out" 2>"$LAB/err" 3>&- &
	pid=$!
}

# What the cache has beside trees and its index.
leftovers() {
	find "$cache" -mindepth 1 -maxdepth 1 -name '.*'
}

trees() {
	find "$cache" -mindepth 1 -maxdepth 1 -name '[0-9a-f]*' ! -name index | sort
}

# is_kept NAME: it is packed, and the next use will be warm. That of a file that has changed in this very tick of the clock is
# not: it could change once more in it.
is_kept() {
	pack "$1" && grep -q "$(printf '\t')$(readlink -f "$(command -v "$1")")\$" "$cache"/index/*
}

# program NAME TEXT: a program of the host's that prints TEXT. Its size does not depend on that.
program() {
	printf '#include <stdio.h>\nint main(void) { static const char text[64] = "%s"; return puts(text) < 0; }\n' "$2" >"$work/source.c"
	cc -o "$work/program.new" "$work/source.c" && cat "$work/program.new" >"$work/bin/$1" && chmod 755 "$work/bin/$1"
}

# In background, with a terminal's signals as they are by default. Output goes to $LAB/out and $LAB/err, the pid to $inject.
start_inject() {
	: >"$LAB/out"
	: >"$LAB/err"
	env --default-signal=INT,QUIT "$DBG_INJECT" "$@" >"$LAB/out" 2>"$LAB/err" </dev/null 3>&- &
	inject=$!
}

end_inject() { # SECONDS
	wait_for "$1" gone "$inject" || { kill -KILL "$inject"; return 1; }
	status=0
	wait "$inject" || status=$?
}

# Where patchelf can write to, which is nobody.
open_work() {
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	chmod 777 "$work"
}

# count_patchelf: from here on each run of patchelf leaves a line in $work/runs.
count_patchelf() {
	local real
	open_work
	real=$(command -v patchelf)
	printf '#!/bin/sh\necho run >>%q\nexec %q "$@"\n' "$work/runs" "$real" >"$work/bin/patchelf"
	chmod 755 "$work/bin/patchelf"
	: >"$work/runs"
	chmod 666 "$work/runs"
}

# stop_patchelf: it says that it was called ($work/called), and waits.
stop_patchelf() {
	open_work
	printf '#!/bin/sh\ntouch %q\nexec sleep 1017\n' "$work/called" >"$work/bin/patchelf"
	chmod 755 "$work/bin/patchelf"
}

no_mount_left() {
	assert_equal "$(grep -c "oci-crashcart.*lowerdir" /proc/self/mountinfo)" 0 "overlays on the host"
}

@test "strace is packed for a container, with no tools tree on the host" {
	local before address
	container_run "$RUNTIME" c -- thin
	address=$(container_address c)
	wait_for 20 curl -s "http://$address/"
	before=$(container_mountinfo c)
	run "$DBG_INJECT" c strace -V
	assert_equal "$status" 125 "without --pack"
	start_inject --pack c strace -p 1
	wait_for 30 grep -q 'Process 1 attached' "$LAB/err"
	assert_equal "$(curl -s "http://$address/")" hello
	assert_equal "$(container_mountinfo c)" "$before" "mount table during the session"
	assert_equal "$(ls -A "/proc/$(container_pid c)/root/dev/crashcart")" "" "what the container sees"
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '.[0] | .attached, .tools, .sessions[0].command')" \
		$'false\nnull\nstrace -p 1'
	no_mount_left
	kill -INT "$inject"
	end_inject 20
	assert_has "$(cat "$LAB/err")" accept
	assert_equal "$(container_mountinfo c)" "$before" "mount table after the session"
	assert_provisioned c
}

@test "a second use is warm: no patchelf, no other program, the same tree" {
	local first runs
	count_patchelf
	first=$(pack strace)
	runs=$(wc -l <"$work/runs")
	[ "$runs" -gt 2 ] || fail "patchelf was run $runs times: it is not counted"
	assert_equal "$(strace -f -o "$work/calls" -e trace=execve,execveat "$DBG_TOOLS" pack --cache "$cache" strace)" "$first"
	assert_equal "$(grep -c exec "$work/calls")" 1 "programs run"
	thin_run c
	run -0 "$DBG_INJECT" --pack c strace -V
	assert_equal "$(wc -l <"$work/runs")" "$runs" "runs of patchelf"
	assert_equal "$(trees)" "$first"
	assert_equal "$(stat -c %a "$cache")" 700
}

@test "upon a tree that lacks the command: its other tools are there, and it stays attached" {
	local before
	"$DBG_TOOLS" build -q -o "$work/tree" busybox
	container_run "$RUNTIME" c --network none -- fat
	"$DBG_INJECT" --attach --tools "$work/tree" c
	before=$(container_mountinfo c)
	run -0 "$DBG_INJECT" -v --pack c strace -o /dev/null busybox ls /dev/crashcart/bin
	assert_has_not "$output" 'left out'
	grep -qx strace <<<"$output"
	grep -qx busybox <<<"$output"
	start_inject --pack c strace -o /dev/null busybox sh -c 'echo runs; exec sleep 1018'
	wait_for 20 grep -q runs "$LAB/out"
	run -0 podman exec c ls /dev/crashcart/bin
	assert_has_not "$output" strace "what the container sees"
	assert_equal "$(container_mountinfo c)" "$before" "mount table during the session"
	kill -TERM "$inject"
	end_inject 20
	assert_equal "$(container_mountinfo c)" "$before" "mount table after the session"
	no_mount_left_but_attached "$work/tree"
	"$DBG_INJECT" --detach c
	assert_provisioned c
}

no_mount_left_but_attached() { # TREE
	assert_equal "$(grep -c "oci-crashcart.*lowerdir" /proc/self/mountinfo)" 1 "overlays on the host, with $1 attached"
}

@test "a tree that is not attached serves as well, and is not attached" {
	"$DBG_TOOLS" build -q -o "$work/tree" busybox
	thin_run c
	run -0 "$DBG_INJECT" --pack --tools "$work/tree" c strace -o /dev/null busybox echo both
	assert_equal "$output" both
	assert_provisioned c
}

@test "a tree with other libraries of the same names is left out" {
	"$DBG_TOOLS" build -q -o "$work/tree" busybox env
	local hash
	hash=$(sha256sum <"$work/tree/lib/libc.so.6" | cut -d' ' -f1)
	grep -q "$hash" "$work/tree/manifest.json"
	echo >>"$work/tree/lib/libc.so.6"
	sed -i "s/$hash/$(sha256sum <"$work/tree/lib/libc.so.6" | cut -d' ' -f1)/" "$work/tree/manifest.json"
	thin_run c
	run -0 "$DBG_INJECT" -v --pack --tools "$work/tree" c strace -V
	assert_has "$output" 'dbg-inject: c: the tools tree is left out: it has other files of the same names'
	assert_has "$output" 'strace -- version'
	run -1 --separate-stderr "$DBG_INJECT" --pack --tools "$work/tree" c strace -o /dev/null busybox true
}

@test "an image is left out, and what it has is not packed" {
	"$DBG_TOOLS" build -q -o "$work/tree" busybox
	"$DBG_TOOLS" image -q -o "$work/image" "$work/tree"
	thin_run c
	"$DBG_INJECT" --attach --tools "$work/image" c
	run -0 "$DBG_INJECT" --pack c busybox echo of the image
	assert_equal "$output" 'of the image'
	[ ! -e "$cache" ] || fail "something was packed: $(ls "$cache")"
	run -0 "$DBG_INJECT" -v --pack c strace -V
	assert_has "$output" 'the tools tree is left out: it is an image'
	assert_has "$output" 'strace -- version'
	"$DBG_INJECT" --detach c
	assert_provisioned c
}

@test "what the tree has is not packed" {
	lab_setup_tools
	thin_run c
	configure "pack-cache = $cache"
	run -0 "$DBG_INJECT" --pack c strace -V
	[ ! -e "$cache" ] || fail "something was packed: $(ls "$cache")"
	"$DBG_INJECT" --detach c
}

@test "exit status, signals, arguments, input and output are the command's" {
	thin_run c
	run -42 "$DBG_INJECT" --pack c sh -c 'exit 42'
	# shellcheck disable=SC2016 # the shell's own inside
	run -137 "$DBG_INJECT" --pack c sh -c 'kill -KILL $$'
	run -0 --keep-empty-lines "$DBG_INJECT" --pack c printf '<%s>' 'two words' '' $'a\nb' -x --pack
	assert_equal "$output" $'<two words><><a\nb><-x><--pack>'
	head -c 3000000 /dev/urandom >"$work/bytes"
	"$DBG_INJECT" --pack c cat <"$work/bytes" >"$work/bytes.back"
	cmp "$work/bytes" "$work/bytes.back"
	# shellcheck disable=SC2002 # a pipe is meant
	cat "$work/bytes" | "$DBG_INJECT" --pack c cat | cmp - "$work/bytes"
	run -1 --separate-stderr "$DBG_INJECT" --pack c cat /nonexistent
	assert_equal "$stderr" 'cat: /nonexistent: No such file or directory'
}

@test "a path is the host's program, by its last name" {
	program probe 'from the host'
	cp "$work/bin/probe" "$work/other"
	thin_run c
	assert_equal "$("$DBG_INJECT" --pack c "$work/other")" 'from the host'
	cd "$work"
	assert_equal "$("$DBG_INJECT" --pack c ./other)" 'from the host'
	run -0 "$DBG_INJECT" --pack c /bin/cat /proc/self/cmdline
	assert_equal "$(tr '\0' ' ' <<<"$output")" "cat/proc/self/cmdline"
}

@test "inside, nothing of the host's is open" {
	thin_run c
	exec 7</etc/passwd 8>"$work/eight"
	run -0 "$DBG_INJECT" --pack c ls /proc/self/fd
	exec 7<&- 8>&-
	assert_equal "$output" $'0\n1\n2\n3'
}

@test "what is not there ends with 127, what is no program with 125, each in one line" {
	thin_run c
	echo text >"$work/bin/text"
	local word
	for word in no-such-command /no/such/command; do
		run -127 --separate-stderr "$DBG_INJECT" --pack c "$word"
		assert_equal "${#stderr_lines[@]}" 1
		assert_matches "$stderr" "^dbg-inject: c: $word: "
		run -127 --separate-stderr pack "$word"
		assert_equal "$output" ""
	done
	run -125 --separate-stderr "$DBG_INJECT" --pack c "$work/bin/text"
	assert_equal "${#stderr_lines[@]}" 1
	assert_has "$stderr" "text"
	run -125 --separate-stderr "$DBG_INJECT" --pack c ''
	run -125 --separate-stderr "$DBG_INJECT" --pack c /
	run -125 --separate-stderr env PATH=/nonexistent "$DBG_INJECT" --pack c strace
	assert_equal "${#stderr_lines[@]}" 1
	assert_equal "$(trees)" ""
	assert_equal "$(leftovers)" ""
}

@test "--dry-run says what would be packed, and packs nothing" {
	thin_run c
	run -0 "$DBG_INJECT" --pack -n c strace -p 1
	assert_has "$output" "pack:          $(readlink -f "$(command -v strace)"), for this session alone"
	assert_has "$output" 'command:       /dev/crashcart/bin/strace -p 1'
	run -0 "$DBG_INJECT" --pack -n --json c strace -p 1
	assert_equal "$(jq -r '.pack, .attach, .copy_mounts, .path' <<<"$output")" \
		"$(readlink -f "$(command -v strace)")"$'\nnull\ntrue\n/dev/crashcart/bin/strace'
	run -127 "$DBG_INJECT" --pack -n c no-such-command
	[ ! -e "$cache" ] || fail "something was packed: $(ls "$cache")"
}

@test "a program that was replaced is packed anew, also with the same size and time" {
	thin_run c
	program probe one
	assert_equal "$("$DBG_INJECT" --pack c probe)" one
	touch -d '2020-01-01' "$work/bin/probe"
	wait_for 20 is_kept probe
	assert_equal "$("$DBG_INJECT" --pack c probe)" one
	# In place.
	local size
	size=$(stat -c %s "$work/bin/probe")
	program probe two
	touch -d '2020-01-01' "$work/bin/probe"
	assert_equal "$(stat -c %s "$work/bin/probe")" "$size"
	assert_equal "$("$DBG_INJECT" --pack c probe)" two
	wait_for 20 is_kept probe
	# Another file, moved over it.
	program other three
	touch -d '2020-01-01' "$work/bin/other"
	mv "$work/bin/other" "$work/bin/probe"
	assert_equal "$("$DBG_INJECT" --pack c probe)" three
	wait_for 20 is_kept probe
	# One that is found earlier on PATH.
	mkdir "$work/first"
	program probe four
	mv "$work/bin/probe" "$work/first/probe"
	program probe three
	assert_equal "$(PATH="$work/first:$PATH" "$DBG_INJECT" --pack c probe)" four
}

@test "a library that was replaced is packed anew" {
	thin_run c
	mkdir "$work/lib"
	echo 'int answer(void) { return 1; }' >"$work/answer.c"
	cc -shared -fPIC -Wl,-soname,libanswer.so -o "$work/lib/libanswer.so" "$work/answer.c"
	echo 'int answer(void); int main(void) { return answer(); }' >"$work/main.c"
	cc -o "$work/bin/ask" "$work/main.c" -L"$work/lib" -lanswer -Wl,-rpath,"$work/lib"
	run -1 "$DBG_INJECT" --pack c ask
	wait_for 20 is_kept ask
	sed -i s/1/2/ "$work/answer.c"
	cc -shared -fPIC -Wl,-soname,libanswer.so -o "$work/lib/libanswer.so" "$work/answer.c"
	run -2 "$DBG_INJECT" --pack c ask
}

@test "a recipe that changes, comes or goes is heeded" {
	local without with again
	program probe one
	echo data >"$work/data"
	without=$(pack probe)
	wait_for 20 is_kept probe
	mkdir "$work/recipes"
	echo "data = $work/data share/" >"$work/recipes/probe.conf"
	with=$(pack probe)
	[ -e "$with/share/data" ] || fail "the recipe was not heeded"
	wait_for 20 is_kept probe
	assert_equal "$(pack probe)" "$with"
	echo more >>"$work/data"
	again=$(pack probe)
	wait_for 20 is_kept probe
	assert_equal "$(cat "$again/share/data")" $'data\nmore'
	rm "$work/recipes/probe.conf"
	assert_equal "$(pack probe)" "$without"
}

@test "the cache keeps its size: what was not used for longest goes first, what is in use stays" {
	local name size first second third
	for name in first second third; do
		program "$name" "$name"
	done
	first=$(pack first)
	second=$(pack second)
	third=$(pack third)
	assert_equal "$(trees | wc -l)" 3
	size=$(du -s --block-size=1 "$first" | cut -f1)
	touch -d '-3 hours' "$first"
	touch -d '-2 hours' "$second"
	touch -d '-1 hour' "$third"
	# Used once more: now the second is the oldest.
	assert_equal "$(pack first)" "$first"
	program fourth fourth
	pack --size "$((3 * size + size / 2))" fourth
	assert_equal "$(ls -d "$first" "$second" "$third" 2>/dev/null)" "$(printf '%s\n' "$first" "$third" | sort)"
	# The oldest is the third; in use it stays, and the next goes.
	exec 9<"$third"
	flock -s 9
	program fifth fifth
	pack --size "$((2 * size + size / 2))" fifth
	[ -e "$third/bin/third" ] || fail "a tree was removed while it was in use"
	[ ! -e "$first" ] || fail "the next was not removed"
	exec 9<&-
	program sixth sixth
	# The one that was just made is never removed.
	pack --size 1K sixth
	assert_equal "$(trees | wc -l)" 1
	[ "$(find "$cache/index" -type f | wc -l)" -le 1 ] || fail "the index has entries of trees that are gone"
	assert_equal "$(leftovers)" ""
	assert_equal "$(pack second)" "$second"
}

@test "a session holds its tree" {
	local tree
	thin_run c
	start_inject --pack c sleep 1019
	wait_for 20 pgrep -fx 'sleep 1019'
	tree=$(trees)
	run -1 flock -n -x "$tree" true
	program probe one
	pack --size 1K probe
	[ -e "$tree/bin/sleep" ] || fail "a tree was removed while it was in use"
	kill -KILL "$inject"
	end_inject 20
	wait_for 20 flock -n -x "$tree" true
	program other two
	pack --size 1K other
	[ ! -e "$tree" ] || fail "a tree that nobody uses stays"
}

@test "nothing is left when dbg-inject is killed" {
	local before
	thin_run c
	before=$(container_mountinfo c)
	start_inject --pack c sleep 1020
	wait_for 20 pgrep -fx 'sleep 1020'
	kill -KILL "$inject"
	end_inject 20
	wait_for 20 eval '! pgrep -fx "sleep 1020"'
	assert_equal "$(container_mountinfo c)" "$before"
	no_mount_left
	"$DBG_INJECT" --gc
	assert_provisioned c
}

@test "two at once give one tree" {
	local one two
	program probe one
	pack probe >"$work/one" 3>&- &
	one=$!
	pack probe >"$work/two" 3>&- &
	two=$!
	wait "$one"
	wait "$two"
	cmp "$work/one" "$work/two"
	assert_equal "$(trees)" "$(cat "$work/one")"
	assert_equal "$(leftovers)" ""
}

@test "an interrupted build leaves nothing, and one that was killed nothing for long" {
	local signal
	program probe one
	stop_patchelf
	for signal in TERM KILL; do
		rm -f "$work/called"
		start_pack probe
		wait_for 20 test -e "$work/called"
		[ -n "$(leftovers)" ] || fail "it works nowhere"
		kill "-$signal" "$pid"
		wait_for 20 gone "$pid"
		wait "$pid" || true
		[ "$signal" = KILL ] || assert_equal "$(leftovers)" ""
		assert_equal "$(trees)" ""
	done
	pkill -f 'sleep 1017' || true
	[ -n "$(leftovers)" ] || fail "nothing was left by a kill: this test tests nothing"
	rm "$work/bin/patchelf"
	pack probe
	assert_equal "$(leftovers)" ""
}

@test "a build of another's is not swept away" {
	program probe one
	stop_patchelf
	start_pack probe
	wait_for 20 test -e "$work/called"
	rm "$work/bin/patchelf"
	program other two
	pack other
	[ -n "$(leftovers)" ] || fail "it was swept away"
	kill "$pid"
	wait_for 20 gone "$pid"
	pkill -f 'sleep 1017' || true
	assert_equal "$(leftovers)" ""
}

@test "a full disk: a clear error, and nothing left" {
	thin_run c
	mkdir "$work/small"
	mount -t tmpfs -o size=300k small "$work/small"
	run -1 --separate-stderr "$DBG_TOOLS" pack --cache "$work/small/cache" strace
	assert_equal "${#stderr_lines[@]}" 1
	assert_has "$stderr" 'No space left on device'
	assert_equal "$(find "$work/small/cache" -mindepth 1)" "$work/small/cache/index"
	configure "tools = $work/none" "pack-cache = $work/small/cache"
	run -125 --separate-stderr "$DBG_INJECT" --pack c strace -V
	assert_equal "${#stderr_lines[@]}" 1
	assert_has "$stderr" 'No space left on device'
	assert_provisioned c
}

@test "a cache that others can write to is not believed" {
	thin_run c
	mkdir -m 777 "$cache"
	run -125 --separate-stderr "$DBG_INJECT" --pack c strace -V
	assert_has "$stderr" 'not trusted'
	rmdir "$cache"
	ln -s /tmp "$cache"
	run -125 --separate-stderr "$DBG_INJECT" --pack c strace -V
	rm "$cache"
}

@test "a damaged index is no harm" {
	local tree entry
	tree=$(pack strace)
	entry=$(echo "$cache"/index/*)
	cp "$entry" "$work/entry"
	local cut
	for cut in 0 3 40 100 $(($(stat -c %s "$entry") - 3)); do
		head -c "$cut" "$work/entry" >"$entry"
		assert_equal "$(pack strace)" "$tree"
	done
	head -c 100000 /dev/urandom >"$entry"
	assert_equal "$(pack strace)" "$tree"
	# It names a tree that is none.
	sed '2s/.*/..\/..\/..\/etc/' "$work/entry" >"$entry"
	assert_equal "$(pack strace)" "$tree"
	rm -r "${tree:?}"
	cp "$work/entry" "$entry"
	assert_equal "$(pack strace)" "$tree"
	[ -x "$tree/bin/strace" ] || fail "no tree"
}

@test "wrong usage of dbg-tools pack" {
	run -2 "$DBG_TOOLS" pack
	run -2 "$DBG_TOOLS" pack one two
	run -2 "$DBG_TOOLS" pack --size 1Q strace
	run -2 "$DBG_TOOLS" pack --size -1 strace
	run -2 "$DBG_TOOLS" pack --size 99999999999999999999 strace
	run -2 "$DBG_TOOLS" pack --output x strace
	run -2 "$DBG_TOOLS" build --cache x strace
	run -2 "$DBG_TOOLS" pack ..
	run -1 "$DBG_TOOLS" pack --cache /no/such/directory strace
	run -125 "$DBG_INJECT" --pack --attach c
	run -125 "$DBG_INJECT" --pack c
}

@test "under --user, --read-only, --cap-drop all, --uidmap and --privileged" {
	local before name
	thin_run user --user 1000
	thin_run bare --read-only --cap-drop all
	thin_run map --uidmap 0:100000:65536
	thin_run mapped --uidmap 0:100000:65536 --cap-add SYS_ADMIN
	thin_run privileged --privileged
	for name in user bare map mapped privileged; do
		before=$(container_mountinfo "$name")
		run -0 "$DBG_INJECT" --pack "$name" sh -c 'echo works'
		assert_equal "$output" works
		assert_equal "$(container_mountinfo "$name")" "$before" "mount table of $name"
	done
}

@test "without the hook, or with its mount taken away: the tool is in a /dev of the session's own" {
	mkdir -p "$LAB/none.d"
	program probe good
	HOOKS_DIR=$LAB/none.d container_run "$RUNTIME" c --network none -- thin
	assert_equal "$("$DBG_INJECT" --pack c probe)" good
	assert_equal "$("$DBG_INJECT" --pack "pid:$(container_pid c)" probe)" good
	assert_not_provisioned c
	container_run "$RUNTIME" d --network none --cap-add SYS_ADMIN -- fat
	podman exec d umount /dev/crashcart
	assert_equal "$("$DBG_INJECT" --pack d probe)" good
}

# evil COMMAND: has the container c, which may mount, an evil tree in /evil, and runs the shell commands there.
evil() {
	podman exec c sh -c "$1"
}

make_evil() {
	container_run "$RUNTIME" c --network none --cap-add SYS_ADMIN -- fat
	# shellcheck disable=SC2016 # the container's shell
	evil 'mkdir -p /evil/bin && printf "#!/bin/sh\necho evil\ntouch /ran\n" >/evil/bin/probe && chmod 755 /evil/bin/probe'
	program probe good
	pack probe
}

@test "a container that covers /dev/crashcart gets the packed tool all the same" {
	make_evil
	evil 'mount --bind /evil /dev/crashcart'
	assert_equal "$("$DBG_INJECT" --pack c probe)" good
	evil 'test ! -e /ran'
	evil 'umount /dev/crashcart'
	assert_equal "$("$DBG_INJECT" --pack c probe)" good
}

@test "a container that makes /dev/crashcart a link gets the packed tool all the same" {
	make_evil
	evil 'umount /dev/crashcart && rmdir /dev/crashcart && ln -s /evil /dev/crashcart'
	assert_equal "$("$DBG_INJECT" --pack c probe)" good
	evil 'test ! -e /ran'
}

# meanwhile COMMAND: has the container do that after we have looked at it, and before we go in.
meanwhile() {
	printf '#!/bin/bash\npodman exec c sh -c %q\nexec %q "$@"\n' "$1" "$DBG_TOOLS" >"$work/bin/dbg-tools"
	chmod 755 "$work/bin/dbg-tools"
}

@test "a container that makes /dev/crashcart something else meanwhile is refused" {
	make_evil
	local what
	for what in 'ln -s /evil /dev/crashcart' 'echo text >/dev/crashcart' 'mkfifo /dev/crashcart' true; do
		meanwhile "umount /dev/crashcart && rmdir /dev/crashcart && $what"
		run -125 --separate-stderr "$DBG_INJECT" --pack c probe
		assert_equal "$output" ""
		assert_equal "${#stderr_lines[@]}" 1
		assert_has "$stderr" '/dev/crashcart'
		evil 'test ! -e /ran'
		podman rm -f -t 0 c >/dev/null
		make_evil
	done
	meanwhile 'umount -l /dev && mv /dev /old && ln -s old /dev && ln -s /evil /old/crashcart'
	run -125 --separate-stderr "$DBG_INJECT" --pack c probe
	[ -L "/proc/$(container_pid c)/root/dev" ] || fail "/dev is no link: this tests nothing"
	[ ! -e "/proc/$(container_pid c)/root/ran" ] || fail "the container's own was run"
}

@test "a container that covers /dev/crashcart meanwhile gets the packed tool all the same" {
	make_evil
	meanwhile 'mount --bind /evil /dev/crashcart'
	assert_equal "$("$DBG_INJECT" --pack c probe)" good
	meanwhile 'umount /dev/crashcart; umount /dev/crashcart; cp -r /evil/bin /dev/crashcart'
	assert_equal "$("$DBG_INJECT" --pack c probe)" good
	evil 'test ! -e /ran'
}

@test "a container that covers and uncovers /dev/crashcart meanwhile never runs its own" {
	make_evil
	evil 'while test ! -e /stop; do mount --bind /evil /dev/crashcart; umount /dev/crashcart; done' 3>&- >/dev/null 2>&1 &
	local loop=$! round good=0
	for ((round = 0; round < 60; round++)); do
		run "$DBG_INJECT" --pack c probe
		case $status in
		0) assert_equal "$output" good && good=$((good + 1)) ;;
		125) ;;
		*) fail "status $status: $output" ;;
		esac
	done
	evil 'touch /stop'
	wait "$loop"
	evil 'test ! -e /ran'
	[ "$good" -gt 0 ] || fail "it never worked"
}
