# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2119,SC2120,SC2153 # variables and functions are for those who source this
#
# What tests (bats), the quickstart and the lab itself use in a lab: containers, their mount tables, the log,
# assertions that print what they saw. RUNTIME is crun or runc.

lab_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# ---- the hook's registration ----

# lab_register DIR HOOK [STAGE...]: has DIR, a hooks directory, call HOOK at these stages; default: at our three.
lab_register() {
	local dir=$1 hook=$2
	shift 2
	[ $# -gt 0 ] || set -- prestart poststart poststop
	mkdir -p "$dir"
	jq -n --arg hook "$hook" --arg state "$OCI_CRASHCART_STATE_DIR" --arg config "$OCI_CRASHCART_CONFIG" \
		--arg asan "ASAN_OPTIONS=${ASAN_OPTIONS:-}" --arg ubsan "UBSAN_OPTIONS=${UBSAN_OPTIONS:-}" '{
		version: "1.0.0",
		hook: {
			path: $hook, args: ["oci-crashcart-hook"],
			env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "OCI_CRASHCART_STATE_DIR=\($state)", "OCI_CRASHCART_CONFIG=\($config)", $asan, $ubsan]
		},
		when: {always: true},
		stages: $ARGS.positional
	}' --args "$@" >"$dir/oci-crashcart-$1.json"
}

# wrap_hook DIR STAGE SCRIPT: DIR is a hooks directory with HOOK at our stages, but at STAGE the shell commands SCRIPT, in
# which $HOOK is the hook.
wrap_hook() {
	local dir=$1 stage=$2 script=$3 others
	rm -rf "$dir"
	mkdir -p "$dir"
	printf "#!/bin/bash\nHOOK=%q\nLAB=%q\n%s\n" "$HOOK" "$LAB" "$script" >"$dir/wrapper"
	chmod 755 "$dir/wrapper"
	mapfile -t others < <(printf '%s\n' prestart poststart poststop | grep -vx "$stage")
	lab_register "$dir" "$HOOK" "${others[@]}"
	lab_register "$dir" "$dir/wrapper" "$stage"
}

# configure [LINE...]: the configuration of the tests, with these lines beside.
configure() {
	rm -rf "$OCI_CRASHCART_CONFIG"
	printf '%s\n' 'log-level = debug' "tools = $LAB/tools" "pack-cache = $LAB/cache" "$@" >"$OCI_CRASHCART_CONFIG"
}

# ---- images and tools ----

# Two images: thin holds /app (thin.c) alone; fat holds busybox too, for what has to be done from inside.
lab_images() {
	local root=$LAB/image
	mkdir -p "$root"
	cc -O -static -o "$root/app" "$lab_dir/thin.c" || return 1
	tar -C "$root" -c . | podman import -q -c 'ENTRYPOINT ["/app"]' - thin >/dev/null || return 1
	mkdir -p "$root/bin" "$root/tmp" "$root/etc"
	echo root:x:0:0:root:/:/bin/sh >"$root/etc/passwd"
	cp "$(command -v busybox)" "$root/bin/busybox"
	busybox --list | sed '/^busybox$/d' | (cd "$root/bin" && xargs -n 1 ln -s busybox)
	tar -C "$root" -c . | podman import -q -c 'ENTRYPOINT ["/app"]' - fat >/dev/null
}

# lab_tools: the tools tree of the tests, $LAB/tools.
lab_tools() {
	"$DBG_TOOLS" build -o "$LAB/tools" busybox bash tcpdump strace lsof curl sleep cat env
}

# ---- bats ----

# What test files call in setup_file, setup and teardown. Images and tools are made once a lab.
lab_setup_file() {
	[ -n "${LAB:-}" ] || fail "these tests run in a lab: tests/lab/enter bats FILE..." || return 1
	[ -e "$LAB/images.made" ] || { lab_images && touch "$LAB/images.made"; }
}

lab_setup_tools() {
	lab_setup_file && { [ -e "$LAB/tools.made" ] || { lab_tools && touch "$LAB/tools.made"; }; }
}

# podman is called only where there is something to do: many tests have none of its containers.
remove_containers() {
	local text=
	{ read -r text </var/lib/containers/storage/overlay-containers/containers.json; } 2>/dev/null || true # the line has no end
	[ "$text" != "[]" ] || return 0
	# Where the machine's root is private, podman 4.3 does not see a mount of its own, and needs a second call.
	podman rm -f -t 0 -a || { podman unpause -a || true; podman rm -f -t 0 -a; } 2>/dev/null || true
}

# After each test: containers go, and with them all that we had for them.
lab_teardown() {
	local failed=0
	remove_containers >/dev/null
	"$RUNTIME" list -q 2>/dev/null | xargs -r -n 1 -P 8 "$RUNTIME" delete -f
	[ -z "${BATS_TEST_COMPLETED:-}" ] || wait_for 20 no_session || failed=1
	[ -z "${BATS_TEST_COMPLETED:-}" ] || lab_assert_clean || failed=1
	lab_no_reports || failed=1
	lab_clean
	find "$LAB" -maxdepth 1 -type p -delete
	return "$failed"
}

# A session's dbg-inject ends after its command, and where it was killed its guardian goes on: with the session's file, for one.
no_session() {
	! pgrep -x 'dbg-inject|crashcart-guard'
}

# Where containers have no cgroup of their own (tests/lab/inside, mend_cgroup2), they cannot be paused, nor have the host's pids.
needs_cgroups() {
	! grep -q '^cgroups = "disabled"' "$CONTAINERS_CONF" || skip "cannot run here: containers have no cgroup of their own"
}

# What sanitizers say, where they are in: they write to $LAB/sanitizer.PID (contrib/check).
lab_no_reports() {
	local report failed=0
	for report in "$LAB"/sanitizer*; do
		[ -e "$report" ] || continue
		cat "$report"
		rm -f "$report"
		failed=1
	done
	return "$failed"
}

# For bats: test names say which runtime it was, or what TEST_LABEL says.
export RUNTIME=${RUNTIME:-crun}
BATS_TEST_NAME_PREFIX="${TEST_LABEL:-$RUNTIME}: "

# ---- conditions ----

# fail TEXT...: says it, fails.
fail() {
	printf '%s\n' "$@"
	return 1
}

# wait_for SECONDS COMMAND [ARG...]: until COMMAND succeeds.
wait_for() {
	local until=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$until" ] || fail "not within the time: $*" || return 1
		sleep 0.05
	done
}

# gone PID: no such process any more; a zombie counts as gone.
gone() {
	local state
	state=$(awk '$1 == "State:" { print $2 }' "/proc/$1/status" 2>/dev/null)
	[ -z "$state" ] || [ "$state" = Z ]
}

assert_equal() { # GOT WANTED [WHAT]
	[ "$1" = "$2" ] || fail "${3:-not equal}:" "  got:    $1" "  wanted: $2"
}

assert_has() { # TEXT PART [WHAT]
	[[ $1 == *"$2"* ]] || fail "${3:-not in the text}:" "  text: $1" "  part: $2"
}

assert_has_not() { # TEXT PART [WHAT]
	[[ $1 != *"$2"* ]] || fail "${3:-in the text}:" "  text: $1" "  part: $2"
}

assert_matches() { # TEXT REGEX [WHAT]
	[[ $1 =~ $2 ]] || fail "${3:-does not match}:" "  text:  $1" "  regex: $2"
}

# misuse TEXT ARGUMENT...: fails with 125, one line, and TEXT in it; nothing on standard output.
# shellcheck disable=SC2154 # variables of bats
misuse() {
	local text=$1
	shift
	run --separate-stderr "$DBG_INJECT" "$@"
	assert_equal "$status" 125 "exit status of $*" || return 1
	assert_equal "$output" "" "standard output of $*" || return 1
	assert_equal "${#stderr_lines[@]}" 1 "lines of $*" || return 1
	assert_matches "$stderr" '^dbg-inject: ' || return 1
	assert_has "$stderr" "$text"
}

# at_terminal: runs the script on standard input, see tests/lab/terminal.exp.
at_terminal() {
	{
		echo "source {$lab_dir/terminal.exp}"
		cat
	} >"$LAB/script.exp"
	DBG_INJECT=$DBG_INJECT TERM=xterm timeout 100 expect -f "$LAB/script.exp" </dev/null 3>&-
}

# ---- containers ----

# container_run RUNTIME NAME [podman run option...] -- IMAGE [ARG...]: in the background. The id goes to $container.
container_run() {
	local runtime=$1 name=$2 options=()
	shift 2
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	container=$(podman --runtime "$runtime" --hooks-dir "$HOOKS_DIR" run -d --name "$name" --pull never \
		"${options[@]}" "$@" 3>&- 2>"$LAB/podman.err") || fail "podman run: $(cat "$LAB/podman.err")" || return 1
	wait_for 20 has_begun "$container"
}

# podman returns when the runtime has let the first process go, which may have its last steps before it, and exec. Until then its
# program is the runtime's, or a copy of that, which has no name in the container ("/"). One that has ended has begun.
has_begun() { # ID
	local program pid=
	{ read -r pid || [ -n "$pid" ]; } 2>/dev/null <"/run/containers/storage/overlay-containers/$1/userdata/pidfile" || return 0
	program=$(readlink "/proc/$pid/exe") || return 0
	[[ $program != / && $program != *crun* && $program != *runc* ]]
}

# thin_run NAME [podman run option...]: the micro-container, on $RUNTIME, without a network.
thin_run() {
	local name=$1
	shift
	container_run "$RUNTIME" "$name" --network none "$@" -- thin
}

# bundle_make DIR: a bundle of thin for the runtime alone, without an engine, with the hook in it.
bundle_make() {
	local dir=$1 hook=${2:-$HOOK}
	rm -rf "$dir"
	mkdir -p "$dir/rootfs"
	cp "$LAB/image/app" "$dir/rootfs/app"
	(cd "$dir" && "$RUNTIME" spec)
	jq --arg hook "$hook" --arg state "$OCI_CRASHCART_STATE_DIR" --arg config "$OCI_CRASHCART_CONFIG" '
		{path: $hook, env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "OCI_CRASHCART_STATE_DIR=\($state)", "OCI_CRASHCART_CONFIG=\($config)"]}
			as $entry |
		.process.args = ["/app", "wait"] | .process.terminal = false | del(.process.rlimits) |
		.hooks = {prestart: [$entry], poststart: [$entry], poststop: [$entry]}' \
		"$dir/config.json" >"$dir/config.new"
	mv "$dir/config.new" "$dir/config.json"
}

bundle_run() { # DIR ID
	"$RUNTIME" run -d --bundle "$1" --pid-file "$LAB/$2.pid" "$2" </dev/null >/dev/null 2>"$LAB/runtime.err" 3>&- ||
		fail "$RUNTIME run: $(cat "$LAB/runtime.err")"
}

# in_podmans_files NAME: the id goes to $found. podman's own files are read, since tests ask some thousand times, and podman itself
# takes a hundred times as long; what is not found there, podman is asked for.
in_podmans_files() {
	local text=
	{ read -r text </var/lib/containers/storage/overlay-containers/containers.json; } 2>/dev/null || true # the line has no end
	[[ $text = *'","names":["'"$1"'"'* ]] || return 1
	text=${text%%'","names":["'"$1"'"'*}
	found=${text: -64}
	[[ $found =~ ^[0-9a-f]{64}$ ]]
}

container_id() { # NAME
	local found
	if in_podmans_files "$1"; then echo "$found"; else podman inspect --format '{{.Id}}' "$1"; fi
}

# Of one that has ended, or is starting, podman knows more than its file.
container_pid() { # NAME
	local found pid=
	if in_podmans_files "$1" && { read -r pid || [ -n "$pid" ]; } 2>/dev/null \
		<"/run/containers/storage/overlay-containers/$found/userdata/pidfile" && [ -d "/proc/$pid" ]; then
		echo "$pid"
	else
		podman inspect --format '{{.State.Pid}}' "$1"
	fi
}

# wait_ready NAME: its first process is its program (/app), no more the runtime.
wait_ready() {
	wait_for 20 is_ready "$(container_pid "$1")"
}

is_ready() {
	[ "$(readlink "/proc/$1/exe")" = /app ]
}

# wait_serving NAME: /app, which is there already, also listens.
wait_serving() {
	wait_for 20 grep -q ':0050 00000000:0000 0A ' "/proc/$(container_pid "$1")/net/tcp"
}

# Whoever in the container has this in its command line, as the host sees it. Before exec, a session's process has dbg-inject's:
# '^sleep 1' is the command alone.
inside_pids() { # NAME COMMAND-PATTERN
	local namespace pid
	namespace=$(readlink "/proc/$(container_pid "$1")/ns/pid")
	for pid in $(pgrep -f -- "$2"); do
		[ "$(readlink "/proc/$pid/ns/pid")" != "$namespace" ] || echo "$pid"
	done
}

runs_inside() {
	[ -n "$(inside_pids "$@")" ]
}

container_address() { # NAME
	podman inspect --format '{{.NetworkSettings.IPAddress}}' "$1"
}

container_mountinfo() { # NAME
	cat "/proc/$(container_pid "$1")/mountinfo"
}

# mount_line PLACE: of a mountinfo on standard input, the topmost mount at PLACE.
mount_line() {
	awk -v place="$1" '$5 == place { line = $0 } END { print line }'
}

# mount_field LINE FIELD: root, options, master, shared, type, source or super.
mount_field() {
	local field=() i value=
	read -r -a field <<<"$1"
	for ((i = 6; i < ${#field[@]}; i++)); do
		[ "${field[i]}" != - ] || break
		[ "${field[i]%%:*}" != "$2" ] || value=${field[i]#*:}
	done
	case $2 in
	root) value=${field[3]:-} ;;
	options) value=${field[5]:-} ;;
	type) value=${field[i + 1]:-} ;;
	source) value=${field[i + 2]:-} ;;
	super) value=${field[i + 3]:-} ;;
	esac
	echo "$value"
}

# What the host has for all masters, and what the container NAME has at /dev/crashcart.
host_line() {
	mount_line "$OCI_CRASHCART_STATE_DIR/ctr" </proc/self/mountinfo
}

container_line() { # NAME
	container_mountinfo "$1" | mount_line /dev/crashcart
}

has_options() { # LINE OPTION...
	local line=$1 option options
	shift
	[ -n "$line" ] || fail "there is no such mount" || return 1
	options=$(mount_field "$line" options)
	for option; do
		assert_has ",$options," ",$option," "a mount without $option: $line" || return 1
	done
}

# assert_provisioned NAME: an empty, read-only slave of the host's master is at /dev/crashcart in the container, once.
assert_provisioned() {
	local line id pid
	id=$(container_id "$1") && pid=$(container_pid "$1") || return 1
	line=$(mount_line /dev/crashcart <"/proc/$pid/mountinfo")
	[ -n "$line" ] || fail "$1 has no /dev/crashcart; the log:" "$(log_of "$id")" || return 1
	assert_equal "$(grep -c ' /dev/crashcart ' "/proc/$pid/mountinfo")" 1 "mounts at /dev/crashcart" || return 1
	has_options "$line" ro nosuid nodev noexec || return 1
	assert_equal "$(mount_field "$line" root)" "/$id" "the master's directory" || return 1
	assert_matches "$(mount_field "$line" master)" '^[0-9]+$' "no slave: $line" || return 1
	assert_equal "$(mount_field "$line" master)" "$(mount_field "$(host_line)" shared)" "peer groups" || return 1
	assert_equal "$(mount_field "$line" shared)" "" "a slave that is shared, too: $line" || return 1
	assert_equal "$(ls -A "/proc/$pid/root/dev/crashcart")" "" "not empty"
}

assert_not_provisioned() { # NAME
	assert_equal "$(container_line "$1")" "" "$1 has a /dev/crashcart"
}

assert_running() { # NAME
	assert_equal "$(podman inspect --format '{{.State.Status}}' "$1")" running "state of $1"
}

# ---- the log ----

# Whoever writes the log may be behind. It takes one message after the other: what was sent before ours is written when that is.
log_settle() {
	local mark="oci-crashcart-test mark $BASHPID $EPOCHREALTIME"
	logger -u /dev/log "$mark"
	wait_for 20 grep -qF "$mark" "$LAB/log"
}

log_of() { # ID
	log_settle
	grep -F "${1:0:12}" "$LAB/log"
}

# log_has ID TEXT: a line of the hook's that names the container (at least 12 characters of its id) and holds TEXT.
log_has() {
	log_settle
	grep -F 'oci-crashcart-hook' "$LAB/log" | grep -F "${1:0:12}" | grep -qF -e "$2" ||
		fail "no line with '$2' in the log of ${1:0:12}:" "$(log_of "$1")"
}

# ---- nothing left ----

# lab_remains [ID]: what is left of the container ID, or of any container: a line each.
lab_remains() {
	local state=$OCI_CRASHCART_STATE_DIR id=${1:-}
	{
		find "$state/ctr" "$state/rec" "$state/sessions" "$state/pending" -mindepth 1 -maxdepth 1 -name "*$id*" 2>/dev/null
		awk -v below="$state/ctr/" 'index($5, below) == 1 { print "mounted:", $0 }' /proc/self/mountinfo
		find "$state" -xdev -mindepth 1 -maxdepth 1 2>/dev/null |
			grep -Ev "^$state/(lock|ctr|empty|index|pending|rec|sessions)\$"
	} | grep -F -e "$id" || true
}

# lab_assert_clean [ID]: no mount, directory or record.
lab_assert_clean() {
	local left
	left=$(lab_remains "${1:-}")
	[ -z "$left" ] || fail "left behind:" "$left"
}

# lab_clean: the state of a test must not trouble the next.
lab_clean() {
	while umount -l "$OCI_CRASHCART_STATE_DIR/ctr" 2>/dev/null; do
		continue
	done
	while umount -l "$OCI_CRASHCART_STATE_DIR" 2>/dev/null; do
		continue
	done
	rm -rf "$OCI_CRASHCART_STATE_DIR"
	configure
}
