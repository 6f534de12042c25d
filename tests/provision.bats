#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# The hook: what a container has at /dev/crashcart from its start, under podman with $RUNTIME. Runs in a lab.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_file
}

teardown() {
	lab_teardown
}

@test "a plain container is provisioned" {
	container_run "$RUNTIME" c -- thin
	assert_running c
	assert_provisioned c
	wait_serving c
	assert_equal "$(curl -s "http://$(container_address c)/")" hello
}

@test "provisioned with --read-only --cap-drop all" {
	thin_run c --read-only --cap-drop all
	assert_provisioned c
}

@test "provisioned with --user 1000" {
	thin_run c --user 1000
	assert_equal "$(awk '$1 == "Uid:" { print $2 }' "/proc/$(container_pid c)/status")" 1000
	assert_provisioned c
}

@test "provisioned with --uidmap" {
	thin_run c --uidmap 0:100000:65536
	assert_equal "$(awk '{ print $2 }' "/proc/$(container_pid c)/uid_map")" 100000
	assert_provisioned c
}

@test "provisioned with --userns=auto" {
	thin_run c --userns=auto
	[ "$(awk '{ print $2 }' "/proc/$(container_pid c)/uid_map")" -gt 100000 ]
	assert_provisioned c
}

@test "provisioned with --privileged" {
	thin_run c --privileged
	assert_provisioned c
}

@test "provisioned with --pid host" {
	needs_cgroups
	thin_run c --pid host
	assert_equal "$(readlink "/proc/$(container_pid c)/ns/pid")" "$(readlink /proc/self/ns/pid)"
	assert_provisioned c
}

@test "provisioned with --network none" {
	container_run "$RUNTIME" c --network none -- thin
	assert_provisioned c
}

@test "provisioned with --network host" {
	container_run "$RUNTIME" c --network host -- thin wait
	assert_provisioned c
}

@test "provisioned with --tmpfs /dev" {
	thin_run c --tmpfs /dev
	assert_provisioned c
}

@test "provisioned with --systemd=always" {
	thin_run c --systemd=always
	assert_provisioned c
}

@test "provisioned with --ipc host --uts host --cgroupns private" {
	thin_run c --ipc host --uts host --cgroupns private
	assert_provisioned c
}

@test "provisioned in the network and the process namespace of another container" {
	thin_run other
	container_run "$RUNTIME" c --network container:other --pid container:other -- thin wait
	assert_equal "$(readlink "/proc/$(container_pid c)/ns/pid")" "$(readlink "/proc/$(container_pid other)/ns/pid")"
	assert_provisioned c
	podman rm -f -t 0 c
	assert_provisioned other
}

@test "provisioned by createRuntime in place of prestart, and by both" {
	rm -rf "$LAB/create.d"
	lab_register "$LAB/create.d" "$HOOK" createRuntime poststart poststop
	HOOKS_DIR=$LAB/create.d thin_run create
	assert_provisioned create
	lab_register "$LAB/create.d" "$HOOK" prestart
	HOOKS_DIR=$LAB/create.d thin_run both
	assert_provisioned both
}

# Where the runtime keeps the slave tie, poststart has nothing to mend; crun 1.8 does not keep it.
@test "provisioned by prestart and poststop alone, on runc" {
	rm -rf "$LAB/two.d"
	lab_register "$LAB/two.d" "$HOOK" prestart poststop
	HOOKS_DIR=$LAB/two.d thin_run c
	if [ "$RUNTIME" = runc ]; then
		assert_provisioned c
	else
		# The mount is there. What crun did to it is the reason for poststart.
		has_options "$(container_line c)" ro nosuid nodev noexec
	fi
}

@test "provisioned by poststart alone, where prestart was missed" {
	rm -rf "$LAB/late.d"
	lab_register "$LAB/late.d" "$HOOK" poststart poststop
	HOOKS_DIR=$LAB/late.d thin_run c
	assert_provisioned c
}

@test "provisioned, whatever propagation the container's volumes ask for" {
	local kind
	mkdir -p "$LAB/volume"
	mount -t tmpfs volume "$LAB/volume"
	mount --make-shared "$LAB/volume"
	for kind in rslave rshared rprivate; do
		thin_run "$kind" -v "$LAB/volume:/volume:$kind"
		assert_provisioned "$kind"
	done
	umount "$LAB/volume"
}

@test "provisioned again after podman restart" {
	thin_run c
	local before
	before=$(container_pid c)
	podman restart -t 0 c
	[ "$(container_pid c)" != "$before" ]
	assert_provisioned c
}

@test "provisioned again after podman stop and start; between them nothing is there" {
	thin_run c
	podman stop -t 1 c
	lab_assert_clean
	podman start c
	assert_provisioned c
}

# The moment when the state directory is made: who comes second waits, or finds it.
@test "the first two containers at the same moment are provisioned" {
	local round first second
	for round in 1 2 3 4 5; do
		[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
		(thin_run "a$round") &
		first=$!
		(thin_run "b$round") &
		second=$!
		wait "$first"
		wait "$second"
		assert_provisioned "a$round"
		assert_provisioned "b$round"
		assert_equal "$(awk -v dir="$OCI_CRASHCART_STATE_DIR" 'index($5, dir) == 1' /proc/self/mountinfo | wc -l)" 1 \
			"mounts of the state directory"
		podman rm -f -t 0 -a
		lab_assert_clean
		lab_clean
	done
}

# bats test_tags=once
@test "fifty containers in a row are provisioned" {
	local number id pid
	for ((number = 1; number <= 50; number++)); do
		thin_run "c$number"
	done
	while read -r id pid; do
		assert_equal "$(mount_field "$(mount_line /dev/crashcart <"/proc/$pid/mountinfo")" root)" "/$id"
	done < <(podman ps --no-trunc --format '{{.ID}} {{.Pid}}')
	assert_equal "$(podman ps -q | wc -l)" 50
	assert_equal "$(find "$OCI_CRASHCART_STATE_DIR/rec" -name '*.json' | wc -l)" 50
	for number in 1 25 50; do
		assert_provisioned "c$number"
	done
	# The host's mount table grows by one line for all, not by one for each.
	assert_equal "$(grep -c "$OCI_CRASHCART_STATE_DIR" /proc/self/mountinfo)" 1
}

@test "one container after another leaves nothing between them" {
	local round
	for round in 1 2 3 4 5 6 7 8 9 10; do
		podman --runtime "$RUNTIME" --hooks-dir "$HOOKS_DIR" run --rm --network none --name "c$round" thin exit 0
		lab_assert_clean
	done
}

@test "an exit status, output and a start that fails are the container's own" {
	run podman --runtime "$RUNTIME" run --rm --network none thin exit 3
	assert_equal "$status" 3
	run -127 podman --runtime "$RUNTIME" run --rm --network none --entrypoint /nothing thin
	# The runtime calls no hook for a start that it gives up.
	"$DBG_INJECT" --gc
	lab_assert_clean
	run --separate-stderr podman --runtime "$RUNTIME" run --rm --network none --entrypoint /bin/echo fat word
	assert_equal "$output" word
	assert_equal "$stderr" ""
}

# bats test_tags=once
@test "enable = none: no container, and the log says why" {
	configure 'enable = none'
	thin_run c
	assert_running c
	assert_not_provisioned c
	log_has "$container" skipped
}

@test "enable = annotated: those with the annotation" {
	configure 'enable = annotated'
	thin_run with --annotation oci-crashcart/enable=true
	assert_provisioned with
	thin_run without
	assert_not_provisioned without
	log_has "$container" skipped
}

@test "an annotation opts out only where that is allowed" {
	configure 'allow-opt-out = no'
	thin_run stays --annotation oci-crashcart/enable=false
	assert_provisioned stays
	configure 'allow-opt-out = yes'
	thin_run out --annotation oci-crashcart/enable=false
	assert_not_provisioned out
	log_has "$container" skipped
}

# bats test_tags=once
@test "an unknown key is named in the log, and harms nothing" {
	configure 'no-such-key = 1'
	thin_run c
	assert_provisioned c
	log_has "$container" no-such-key
}

# bats test_tags=once
@test "log-level = error: a start that goes well logs nothing" {
	configure
	sed -i 's/^log-level.*/log-level = error/' "$OCI_CRASHCART_CONFIG"
	thin_run c
	assert_provisioned c
	assert_equal "$(log_of "$container")" ""
}

# bats test_tags=once
@test "log-level = debug: each of the stages is in the log" {
	thin_run c
	podman rm -f -t 0 c
	[ "$(log_of "$container" | grep -c 'oci-crashcart-hook')" -ge 3 ]
}

# bats test_tags=once
@test "the state directory is private, and what containers reach in it is small" {
	local state=$OCI_CRASHCART_STATE_DIR
	thin_run c
	assert_equal "$(stat -c '%a %u %g' "$state")" "711 0 0"
	assert_equal "$(stat -c '%a %u' "$state/rec")" "700 0"
	assert_equal "$(stat -c '%a %u' "$state/sessions")" "700 0"
	assert_equal "$(stat -c '%F' "$state/ctr/$container")" directory
	assert_equal "$(stat -f -c %T "$state/ctr")" tmpfs
	local size inodes
	size=$(($(stat -f -c '%b * %S' "$state/ctr")))
	inodes=$(stat -f -c %c "$state/ctr")
	[ "$size" -gt 0 ] && [ "$size" -le $((64 << 20)) ] || fail "size of the masters' file system: $size"
	[ "$inodes" -gt 0 ] && [ "$inodes" -le 100000 ] || fail "inodes of the masters' file system: $inodes"
}

# bats test_tags=once
@test "the record says what the container is" {
	thin_run c
	local record=$OCI_CRASHCART_STATE_DIR/rec/$container.json
	assert_equal "$(jq -r .id "$record")" "$container"
	assert_equal "$(jq -r .pid "$record")" "$(container_pid c)"
	assert_equal "$(stat -c '%u %g' "$record")" "0 0"
	(($(stat -c '0%a' "$record") & 022)) && fail "others may write the record" || true
}

@test "no process and no open file of ours stays with the container" {
	thin_run c
	run pgrep -f oci-crashcart-hook
	assert_equal "$output" ""
	assert_equal "$(find "/proc/$(container_pid c)/fd" -lname '*crashcart*')" ""
}
