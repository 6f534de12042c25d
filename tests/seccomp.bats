#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# --profile same: the container's seccomp filter, as the engine's exec has it.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

setup() {
	# Where this dbg-inject was built without libseccomp, there is nothing to test.
	! grep -q '^#undef HAVE_SECCOMP\|^/\* #undef HAVE_SECCOMP' "$BUILDDIR/config.h" || skip "cannot run here: built without libseccomp"
}

# No hook tells of the end of a container without it.
teardown() {
	podman rm -f -t 0 -a >/dev/null 2>&1 || true
	"$DBG_INJECT" --gc >/dev/null || true
	lab_teardown
}

# make_profile RULES [DEFAULT-ACTION]: a file, as podman takes it.
make_profile() {
	jq -n --argjson rules "[$1]" --arg action "${2:-SCMP_ACT_ALLOW}" '{defaultAction: $action, syscalls: $rules}' >"$LAB/profile.json"
}

# fat_run NAME [podman run option...]: with a shell's tools of its own, and $LAB/profile.json.
fat_run() {
	local name=$1
	shift
	container_run "$RUNTIME" "$name" --network none --security-opt "seccomp=$LAB/profile.json" "$@" -- fat
}

# The configuration that the container NAME was made from.
config_of() { # NAME
	jq -r .bundle "$OCI_CRASHCART_STATE_DIR/rec/$(container_id "$1").json"
}

status_of() { # FIELD COMMAND...: a line of its /proc/self/status
	local field=$1
	shift
	"$@" cat /proc/self/status | awk -v field="$field:" '$1 == field { print $2 }'
}

deny_two='{"names": ["mkdir", "mkdirat", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 71},
	{"names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 72, "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}'

@test "filter: a system call and an argument that the container's denies are denied, with its errors" {
	make_profile "$deny_two"
	fat_run plain
	fat_run mapped --uidmap 0:100000:65536
	fat_run hard --security-opt no-new-privileges
	fat_run both --security-opt no-new-privileges --uidmap 0:100000:65536 --user 1000
	local name user
	for name in plain mapped hard both; do
		# The naive way is not held back.
		run -0 "$DBG_INJECT" "$name" mkdir /tmp/naive
		for user in 0 1000; do
			run -1 "$DBG_INJECT" --profile same -u "$user" "$name" mkdir "/tmp/dir"
			assert_has "$output" 'Protocol error' "user $user of $name"
			run -1 podman exec -u "$user" "$name" /bin/mkdir /tmp/dir
			assert_has "$output" 'Protocol error' "by the engine"
			run -0 "$DBG_INJECT" --profile same -u "$user" "$name" busybox linux64 true
			run -1 "$DBG_INJECT" --profile same -u "$user" "$name" busybox linux32 true
			assert_has "$output" personality "user $user of $name"
			assert_equal "$(status_of Seccomp_filters "$DBG_INJECT" --profile same -u "$user" "$name")" 1
			# A shell's children have it, too.
			run "$DBG_INJECT" --profile same -u "$user" "$name" bash -c 'mkdir /tmp/child; :'
			assert_has "$output" 'Protocol error'
		done
	done
}

# bats test_tags=once
@test "filter: --dry-run tells of it" {
	make_profile "$deny_two"
	fat_run c
	fat_run open --security-opt seccomp=unconfined
	run -0 "$DBG_INJECT" -n --profile same c true
	assert_has "$output" "seccomp:       the container's filter"
	run -0 "$DBG_INJECT" -n c true
	assert_has "$output" "seccomp:       no filter: the container's is for the profile same alone"
	run -0 "$DBG_INJECT" -n --profile same open true
	if [ "$(status_of Seccomp cat /proc/self/status)" = 0 ]; then
		assert_has "$output" 'seccomp:       no filter, as the container'
	fi
	assert_equal "$("$DBG_INJECT" -n --json --profile same c true | jq -c '[.seccomp, .seccomp_missing]')" '[true,null]'
	assert_equal "$("$DBG_INJECT" -n --json c true | jq -c '[.seccomp, .seccomp_missing]')" '[false,null]'
	assert_equal "$("$DBG_INJECT" -n --json --profile same open true | jq -c '[.seccomp, .seccomp_missing]')" '[false,null]'
}

@test "filter: a container without the hook, and one process of a container" {
	make_profile "$deny_two"
	mkdir -p "$LAB/no-hooks"
	podman --runtime "$RUNTIME" --hooks-dir "$LAB/no-hooks" run -d --name c --pull never --network none \
		--security-opt "seccomp=$LAB/profile.json" fat 3>&- >/dev/null
	local word
	for word in c "pid:$(container_pid c)"; do
		run -1 "$DBG_INJECT" --profile same "$word" mkdir /tmp/dir
		assert_has "$output" 'Protocol error' "$word"
	done
}

# A session with the profile same goes on without the filter: a line says why, but with --quiet.
assert_without() { # NAME TEXT
	run -0 --separate-stderr "$DBG_INJECT" --profile same "$1" mkdir /tmp/dir
	assert_equal "${#stderr_lines[@]}" 1
	assert_matches "$stderr" "^dbg-inject: $1: without the container's seccomp filter, which the profile same has: " || return 1
	assert_has "$stderr" "$2" || return 1
	rmdir "/proc/$(container_pid c)/root/tmp/dir"
	run -0 --separate-stderr "$DBG_INJECT" -q --profile same "$1" true
	assert_equal "$stderr" "" || return 1
	run -0 --separate-stderr "$DBG_INJECT" "$1" true
	assert_equal "$stderr" "" || return 1
	run -0 "$DBG_INJECT" -n --profile same "$1" true
	assert_has "$output" 'seccomp:       no filter: ' || return 1
	assert_has "$("$DBG_INJECT" -n --json --profile same "$1" true | jq -r .seccomp_missing)" "$2"
}

# bats test_tags=once
@test "configuration: one that is gone, or others may write to, is told of, and the command has no filter" {
	make_profile "$deny_two"
	fat_run c
	local bundle
	bundle=$(config_of c)
	mv "$bundle/config.json" "$bundle/config.kept"
	assert_without c 'config.json: No such file'
	cp "$bundle/config.kept" "$bundle/config.json"
	chmod 666 "$bundle/config.json"
	assert_without c 'writable by others'
	chmod 644 "$bundle/config.json"
	chown 1000 "$bundle/config.json"
	assert_without c 'owned by uid 1000'
	chown 0 "$bundle/config.json"
	chmod 777 "$bundle"
	assert_without c 'writable by others'
	chmod 700 "$bundle"
	chown 1234 "$bundle"
	assert_without c 'owned by uid 1234'
	chown 0 "$bundle"
	# Of a record that does not say where it was.
	local record
	record=$OCI_CRASHCART_STATE_DIR/rec/$(container_id c).json
	cp "$record" "$LAB/record"
	jq 'del(.bundle)' "$LAB/record" >"$record"
	assert_without "$container" "it is not known where its runtime's configuration is"
	cp "$LAB/record" "$record"
	run -1 "$DBG_INJECT" --profile same c mkdir /tmp/dir
	assert_has "$output" 'Protocol error'
}

# bats test_tags=once
@test "configuration: one that is no configuration is an error, and nothing is attached" {
	make_profile "$deny_two"
	fat_run c
	local bundle first table wrong
	bundle=$(config_of c)
	first=$(container_pid c)
	table=$(cat "/proc/$first/mountinfo")
	mv "$bundle/config.json" "$bundle/config.kept"
	mkfifo "$bundle/config.json"
	misuse 'config.json: not a regular file' --profile same c true
	rm "$bundle/config.json"
	ln -s config.kept "$bundle/config.json"
	misuse 'config.json: Too many levels of symbolic links' --profile same c true
	rm "$bundle/config.json"
	truncate -s 17M "$bundle/config.json"
	misuse 'larger than' --profile same c true
	for wrong in '' '[]' '{' '{"linux": {"seccomp": {}}}' '{"linux": {"seccomp": 7}}' \
		'{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "\u001b[31m"}]}}}' \
		'{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_NONE"]}}}'; do
		printf '%s' "$wrong" >"$bundle/config.json"
		misuse "the container's seccomp filter: " --profile same c true
		assert_has_not "$stderr" $'\e'
		misuse "the container's seccomp filter: " -n --profile same c true
	done
	assert_equal "$(cat "/proc/$first/mountinfo")" "$table"
	run -0 "$DBG_INJECT" c true
	# Its process has a filter, which its runtime has not made.
	echo '{"linux": {}}' >"$bundle/config.json"
	run -0 --separate-stderr "$DBG_INJECT" --profile same c true
	assert_equal "$stderr" ""
	run -0 "$DBG_INJECT" -n --profile same c true
	assert_has "$output" "no filter: the container's process has made its own"
	mv "$bundle/config.kept" "$bundle/config.json"
}

# with_rules RULES: c's configuration as if it had been started with these.
with_rules() {
	local bundle
	bundle=$(config_of c)
	jq --argjson rules "[$1]" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: $rules}' "$bundle/config.json" >"$LAB/config.new"
	cat "$LAB/config.new" >"$bundle/config.json"
}

# bats test_tags=once
@test "filter: what asks somebody, whom the command has not, is an error; a log entry is none" {
	make_profile "$deny_two"
	fat_run c
	with_rules '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"}, {"names": ["symlink", "symlinkat"], "action": "SCMP_ACT_TRACE"},
		{"names": ["getcwd"], "action": "SCMP_ACT_LOG"}, {"names": ["unlink", "unlinkat", "rmdir"], "action": "SCMP_ACT_KILL_PROCESS"}'
	run -1 "$DBG_INJECT" --profile same c mkdir /tmp/dir
	assert_has "$output" 'not implemented'
	run -1 "$DBG_INJECT" --profile same c busybox ln -s a /tmp/link
	assert_has "$output" 'not implemented'
	run -0 "$DBG_INJECT" --profile same -w /tmp c busybox pwd
	assert_equal "$output" /tmp
	run -159 "$DBG_INJECT" --profile same c busybox rm /etc/passwd
	[ -e "/proc/$(container_pid c)/root/etc/passwd" ]
}

# bats test_tags=once
@test "filter: one that forbids what it takes to enter is an error that says so; with no_new_privs it comes last" {
	make_profile "$deny_two"
	fat_run c
	fat_run hard --security-opt no-new-privileges
	local call
	for call in capset setsid clone prctl; do
		with_rules "{\"names\": [\"$call\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 71}"
		misuse "the container's seccomp filter may forbid it" --profile same c true
	done
	with_rules '{"names": ["setsid"], "action": "SCMP_ACT_KILL_PROCESS"}'
	misuse "ended before the command; the container's seccomp filter may forbid it" --profile same c true
	cp "$(config_of c)/config.json" "$LAB/config.new"
	jq '.linux.seccomp.syscalls = [{names: ["capset", "setsid", "clone", "prctl", "setresuid", "statx"], action: "SCMP_ACT_KILL_PROCESS"}]' \
		"$LAB/config.new" >"$(config_of hard)/config.json"
	run -0 "$DBG_INJECT" --profile same -u 1000 hard sleep 0
	assert_equal "$output" ""
	run -127 "$DBG_INJECT" --profile same hard no-such-command
	assert_has "$output" 'not found'
	assert_equal "$(ls "$OCI_CRASHCART_STATE_DIR/sessions")" ""
}

# bats test_tags=once
@test "filter: one that answers capset without doing it gives nothing away" {
	make_profile "$deny_two"
	fat_run c
	with_rules '{"names": ["capset", "prctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 0}'
	local user wanted
	wanted=$(awk '$1 == "CapBnd:" { print $2 }' "/proc/$(container_pid c)/status")
	run -0 "$DBG_INJECT" --profile same c cat /proc/self/status
	assert_matches "${output//$'\t'/ }" "CapPrm: $wanted"
	assert_matches "${output//$'\t'/ }" "CapEff: $wanted"
	assert_matches "${output//$'\t'/ }" "CapBnd: $wanted"
	run -0 "$DBG_INJECT" --profile same -u 1000 c cat /proc/self/status
	assert_matches "${output//$'\t'/ }" 'CapEff: 0000000000000000'
	assert_matches "${output//$'\t'/ }" 'CapPrm: 0000000000000000'
}
