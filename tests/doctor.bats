#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# dbg-inject --doctor: each check, in order and made to fail once.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
	mount -t tmpfs -o mode=755 lab /usr/local/sbin
}

teardown_file() {
	umount /usr/local/sbin
}

teardown() {
	rm -rf /usr/local/sbin/* /etc/crio /etc/docker/daemon.json "$LAB/shared.d"
	lab_teardown
}

# program NAME [SCRIPT]: a program of that name is installed on this node.
program() {
	printf '#!/bin/sh\n%s\n' "${2:-}" >"/usr/local/sbin/$1"
	chmod 755 "/usr/local/sbin/$1"
}

doctor() { # STATUS ARGUMENT...
	local wanted=$1
	shift
	run --separate-stderr "$DBG_INJECT" --doctor "$@"
	assert_equal "$stderr" "" "errors of --doctor" || return 1
	assert_equal "$status" "$wanted" "exit status of --doctor, which said: $output"
}

# says LEVEL CHECK REGEX: there is such a line.
says() {
	grep -Eq "^$1 +$2: .*$3" <<<"$output" || fail "no line '$1 $2: ... $3' in:" "$output"
}

says_not() {
	! says "$@" >/dev/null || fail "a line '$*' in:" "$output"
}

@test "a node that is as it should be" {
	doctor 0
	says ok configuration .
	says ok kernel openat2
	says ok kernel MOVE_MOUNT_SET_GROUP
	says ok kernel overlay
	says ok state 'made when the first container starts'
	says ok tools "$LAB/tools: [0-9]+ tools.*dbg-tools verify $LAB/tools"
	says ok podman "$HOOKS_DIR/oci-crashcart-prestart.json: the hook $HOOK, at prestart, poststart, poststop"
	says ok runtimes "$RUNTIME version"
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
	assert_equal "$(grep -cE '^(ok|warning|error)  ' <<<"$output")" "${#lines[@]}" "lines that begin with a level"
	thin_run c
	doctor 0
	says ok state 'ctr is shared:[0-9]+'
	says ok state '1 containers are known, all run'
	says ok state '% of its .* files are in use'
	local before
	before=$(cat /proc/self/mountinfo)
	doctor 0 -q
	assert_has_not "$output" 'ok  '
	assert_equal "$(cat /proc/self/mountinfo)" "$before" "the mount table"
}

@test "as JSON; no container, nobody but root" {
	doctor 0 --json
	jq -e '.worst != "error" and ([.checks[] | select((.level | IN("ok", "warning", "error")) and has("remedy"))] | length) == (.checks | length)' <<<"$output"
	echo 'tools = /nowhere' >>"$OCI_CRASHCART_CONFIG"
	doctor 1 --json
	jq -e '.worst == "error" and any(.checks[]; .check == "tools" and .level == "error" and (.remedy | contains("dbg-tools build")))' <<<"$output"
	misuse 'takes no container' --doctor c
	misuse 'only one of' --doctor --list
	misuse '--tools' --doctor --tools /x
	run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$DBG_INJECT" --doctor
	assert_equal "$status" 125
	assert_has "$stderr" 'needs root'
	assert_equal "${#stderr_lines[@]}" 1
}

@test "a configuration with errors, unknown keys, enable = none" {
	configure 'log-levle = debug' 'enable = none'
	doctor 0
	says warning configuration 'unknown keys: log-levle'
	says warning configuration 'enable = none'
	configure 'strict = perhaps'
	doctor 1
	says error configuration 'strict'
	configure
	chmod 666 "$OCI_CRASHCART_CONFIG"
	doctor 1
	says error configuration 'not trusted'
}

@test "a kernel that lacks something" {
	local call level
	while read -r call level name; do
		run strace -f -qq -o /dev/null -e trace="$call" -e inject="$call":error=ENOSYS "$DBG_INJECT" --doctor
		says "$level" kernel "$name.*Linux 5\.[0-9]+" || return 1
	done <<-END
		openat2 error openat2
		setns error setns
		clone3 error clone3
		close_range warning close_range
		move_mount error move_mount
		mount_setattr error open_tree
		unshare error fsopen
	END
}

@test "a state directory that others may write, that is not shared, full, or has lost its mount" {
	thin_run c
	chmod 777 "$OCI_CRASHCART_STATE_DIR"
	doctor 1
	says error state 'not trusted'
	chmod 711 "$OCI_CRASHCART_STATE_DIR"
	mount --make-private "$OCI_CRASHCART_STATE_DIR/ctr"
	doctor 1
	says error state 'not shared'
	mount --make-shared "$OCI_CRASHCART_STATE_DIR/ctr"
	dd if=/dev/zero of="$OCI_CRASHCART_STATE_DIR/ctr/fill" bs=4k count=15 2>/dev/null
	touch -d '-1 hour' "$OCI_CRASHCART_STATE_DIR/pending/stuck"
	jq '.id = "dead" | .pid = 4194000' "$OCI_CRASHCART_STATE_DIR/rec/$container.json" >"$OCI_CRASHCART_STATE_DIR/rec/dead.json"
	doctor 0
	says warning state '9[0-9]% of its bytes'
	says warning state '1 records of containers that have ended, 1 marks'
	rm "$OCI_CRASHCART_STATE_DIR/ctr/fill" "$OCI_CRASHCART_STATE_DIR"/{pending/stuck,rec/dead.json}
	umount -l "$OCI_CRASHCART_STATE_DIR/ctr"
	doctor 1
	says error state 'nothing is mounted at ctr.*--gc makes it anew'
}

@test "an engine in a mount namespace of its own" {
	program crio 'while :; do sleep 1000; done'
	cp "$(command -v sleep)" /usr/local/sbin/kubelet
	unshare --mount /usr/local/sbin/kubelet 1000 3>&- &
	local pid=$!
	wait_for 20 pgrep -x kubelet
	run "$DBG_INJECT" --doctor
	kill "$pid"
	says warning state 'kubelet .pid [0-9]+. runs in a mount namespace of its own.*oci-crashcart-state.service'
}

@test "tools that are not there, not trusted, of another machine, without a loader; images" {
	local tree=$BATS_TEST_TMPDIR/tree
	chmod 755 "$BATS_TEST_TMPDIR"
	mkdir -p "$tree/bin" "$tree/lib"
	configure "tools = $tree"
	doctor 0
	says warning tools 'no manifest.json'
	jq '.architecture = "pdp11"' "$LAB/tools/manifest.json" >"$tree/manifest.json"
	doctor 1
	says error tools 'made for pdp11'
	cp "$LAB/tools/manifest.json" "$tree/"
	doctor 1
	says error tools 'loader lib/.* is not there'
	jq '.format = "another"' "$LAB/tools/manifest.json" >"$tree/manifest.json"
	doctor 1
	says error tools 'another format'
	echo '{' >"$tree/manifest.json"
	doctor 1
	says error tools 'manifest.json'
	rm "$tree/manifest.json"
	mkfifo "$tree/manifest.json"
	doctor 1
	says error tools 'not a regular file'
	chmod 777 "$tree"
	doctor 1
	says error tools 'not trusted'
	rm -rf "$tree"
	echo text >"$tree"
	doctor 1
	says error tools "$tree"
	(echo; head -c 4096 /dev/zero) >"$tree"
	doctor 1
	configure 'tools = /nowhere'
	doctor 1
	says error tools '/nowhere: No such file.*dbg-tools build'
}

@test "podman: where it looks, files that stop every start, a hook that is not called" {
	local dir=$LAB/shared.d
	mkdir "$dir"
	sed "s|^hooks_dir.*|hooks_dir = [ # two\n\t'/nowhere', \"$dir\",\n]|" "$CONTAINERS_CONF" >"$LAB/conf"
	export CONTAINERS_CONF=$LAB/conf
	doctor 1
	says error podman "finds no registration of ours.*/nowhere and in others, the last $dir.*hooks_dir"
	lab_register "$dir" "$HOOK"
	doctor 0
	says ok podman "$dir/oci-crashcart-prestart.json"
	lab_register "$dir" "$HOOK" prestart
	doctor 0
	says warning podman 'without the stage poststart'
	says warning podman 'without the stage poststop'
	jq '.hook.timeout = 30' "$dir/oci-crashcart-prestart.json" >"$LAB/timeout.json"
	mv "$LAB/timeout.json" "$dir/oci-crashcart-prestart.json"
	doctor 0
	says warning podman 'oci-crashcart-prestart.json: where a hook has a timeout, crun can miss its end.*take hook.timeout out'
	lab_register "$dir" "$HOOK" prestart poststart poststop
	mkdir "$LAB/later.d"
	echo '{"version": "1.0.0", "hook": {"path": "/x"}, "when": {"always": true}, "stages": ["prestart"]}' \
		>"$LAB/later.d/oci-crashcart-prestart.json"
	sed "s|^.*'/nowhere', .*|\"$dir\", \"$LAB/later.d\"|" "$LAB/conf" >"$LAB/conf.later"
	CONTAINERS_CONF=$LAB/conf.later doctor 1
	says warning podman "$dir/oci-crashcart-prestart.json does not count: $LAB/later.d/oci-crashcart-prestart.json"
	says error podman 'no registration of ours'
	rm -r "$LAB/later.d"
	lab_register "$dir" /nowhere/oci-crashcart-hook prestart poststart poststop
	doctor 1
	says error podman 'names a hook that is not called.*No such file'
	cp "$HOOK" "$LAB/oci-crashcart-hook"
	lab_register "$dir" "$LAB/oci-crashcart-hook"
	chmod 644 "$LAB/oci-crashcart-hook"
	doctor 1
	says error podman 'cannot be executed|can be executed'
	chmod 777 "$LAB/oci-crashcart-hook"
	doctor 1
	says error podman 'not trusted'
	rm "$LAB/oci-crashcart-hook"
	lab_register "$dir" "$HOOK"
	local text file
	while IFS='|' read -r text file; do
		echo "$file" >"$dir/other.json"
		doctor 1
		says error podman "other.json: .*$text.*starts no container at all" || return 1
	done <<-'END'
		no JSON|{
		version|{"version": "2.0.0", "hook": {"path": "/x"}, "when": {"always": true}, "stages": ["prestart"]}
		absolute|{"version": "1.0.0", "hook": {"path": "x"}, "when": {"always": true}, "stages": ["prestart"]}
		when|{"version": "1.0.0", "hook": {"path": "/x"}, "when": {}, "stages": ["prestart"]}
		stages|{"version": "1.0.0", "hook": {"path": "/x"}, "when": {"always": true}, "stages": []}
		unknown stage, prestrat|{"version": "1.0.0", "hook": {"path": "/x"}, "when": {"always": true}, "stages": ["prestrat"]}
	END
	rm "$dir/other.json"
	mkfifo "$dir/other.json"
	doctor 1
	says error podman 'other.json: .*not a regular file'
	rm "$dir/other.json"
	echo not read >"$dir/README"
	chmod 777 "$dir"
	doctor 1
	says error podman "$dir: writable by others"
	echo 'hooks_dir = [' >"$LAB/conf"
	doctor 1
	says error podman 'line 1 is no TOML'
}

@test "CRI-O: its own directories, and precreate, which it does not know" {
	local dir=$LAB/shared.d
	program crio
	mkdir -p "$dir" /etc/crio/crio.conf.d
	printf '[crio.runtime]\nhooks_dir = ["/nowhere"]\n' >/etc/crio/crio.conf
	printf '[crio.runtime]\nhooks_dir = ["%s"]\n' "$dir" >/etc/crio/crio.conf.d/10-hooks
	doctor 1
	says error CRI-O "no registration of ours: it looks in $dir;"
	lab_register "$dir" "$HOOK"
	doctor 0
	says ok CRI-O "$dir/oci-crashcart-prestart.json"
	lab_register "$dir" "$HOOK" precreate
	sed "s|^hooks_dir.*|hooks_dir = [\"$dir\"]|" "$CONTAINERS_CONF" >"$LAB/conf"
	CONTAINERS_CONF=$LAB/conf doctor 1
	says error CRI-O 'oci-crashcart-precreate.json: an unknown stage, precreate'
	says_not error podman .
	rm -r "$dir"
	program oci-crashcart-runtime
	printf '[crio.runtime.runtimes.x]\nruntime_path = "/usr/local/sbin/oci-crashcart-runtime"\n' >/etc/crio/crio.conf.d/20-runtime
	doctor 0
	says ok CRI-O '/usr/local/sbin/oci-crashcart-runtime is one of its runtimes'
	says_not error CRI-O .
}

@test "docker and containerd: our wrapper as a runtime, or not" {
	program dockerd
	program containerd
	mkdir -p /etc/docker /etc/containerd
	rm -f /etc/docker/daemon.json
	echo 'version = 2' >/etc/containerd/config.toml
	doctor 0
	says warning docker 'is no runtime of docker'
	says warning containerd 'no runtime in /etc/containerd/config.toml'
	echo '{"runtimes": {"crashcart": {"path": "/usr/local/sbin/oci-crashcart-runtime"}}}' >/etc/docker/daemon.json
	printf '%s\n' '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.x.options]' \
		'  BinaryName = "/usr/local/sbin/oci-crashcart-runtime"' >/etc/containerd/config.toml
	doctor 1
	says error docker 'a runtime that cannot be run.*oci-crashcart-runtime: No such file'
	says error containerd 'a runtime that cannot be run.*oci-crashcart-runtime: No such file'
	program oci-crashcart-runtime
	configure 'runtimes = /nowhere/runc, no-such-runtime'
	doctor 1
	says error docker 'no runtime is there.*/nowhere/runc, no-such-runtime'
	configure 'runtimes = oci-crashcart-runtime'
	doctor 1
	says error docker 'no runtime is there.*of which the wrapper itself does not count'
	configure
	doctor 0
	says ok docker 'the runtime crashcart, for containers that ask for it'
	says ok containerd 'is the BinaryName'
	echo '{"default-runtime": "x", "runtimes": {"x": {"path": "oci-crashcart-runtime"}}}' >/etc/docker/daemon.json
	printf '%s\n' '[plugins."io.containerd.nri.v1.nri"]' 'disable = false' >/etc/containerd/config.toml
	doctor 0
	says ok docker 'is the default runtime, x'
	says ok containerd 'NRI is on'
	echo '{' >/etc/docker/daemon.json
	doctor 1
	says error docker 'daemon.json'
}

@test "the examples that are installed are what the engines read" {
	local examples=$BUILDDIR/conf/examples
	program dockerd
	program containerd
	program crio
	mkdir -p /etc/docker /etc/containerd /etc/crio/crio.conf.d
	cp "$examples/docker-daemon.json" /etc/docker/daemon.json
	cp "$examples/containerd-config.toml" /etc/containerd/config.toml
	cp "$examples/crio.conf" /etc/crio/crio.conf.d/10-oci-crashcart.conf
	CONTAINERS_CONF=$examples/containers.conf doctor 1
	says error docker '/bin/oci-crashcart-runtime: No such file'
	says error containerd '/bin/oci-crashcart-runtime: No such file'
	local engine
	for engine in podman CRI-O; do
		says error "$engine" 'no registration of ours: it looks in /.*/containers/oci/hooks.d;'
	done
	echo 'version = 2' >/etc/containerd/config.toml
}

@test "a hook and runtimes that do not answer, or are another version" {
	! readelf -lW "$HOOK" | grep -q INTERP || skip 'cannot run here: the hook is not static'
	doctor 0
	says ok hook 'linked statically'
	program oci-crashcart-hook 'echo oci-crashcart-hook 0.0.1'
	lab_register "$LAB/shared.d" /usr/local/sbin/oci-crashcart-hook
	sed "s|^hooks_dir.*|hooks_dir = [\"$LAB/shared.d\"]|" "$CONTAINERS_CONF" >"$LAB/conf"
	export CONTAINERS_CONF=$LAB/conf
	doctor 0
	says warning hook 'oci-crashcart-hook 0.0.1'
	program oci-crashcart-hook 'exit 3'
	program crun 'exec sleep 1000'
	doctor 1
	says error hook 'exit status 3'
	says warning runtimes 'crun.*Timer expired'
}

@test "the state directory, made at boot" {
	run -0 "$DBG_INJECT" --gc
	[ ! -e "$OCI_CRASHCART_STATE_DIR" ]
	install -d -m 0711 "$OCI_CRASHCART_STATE_DIR"
	run -0 "$DBG_INJECT" -n --gc
	assert_equal "$(ls "$OCI_CRASHCART_STATE_DIR")" ""
	run -0 "$DBG_INJECT" --gc
	assert_equal "$output" ""
	assert_matches "$(mount_field "$(host_line)" shared)" '^[0-9]+$'
	doctor 0
	says ok state 'ctr is shared'
	thin_run c
	assert_provisioned c
}

# dbg-inject runs itself anew, with a mark in its environment (inject/start.c).
@test "what the doctor runs has no variable of ours" {
	strace -f -v -s 4096 -e trace=execve -o "$LAB/doctor.executed" "$DBG_INJECT" --doctor >/dev/null || true
	[ "$(grep -c 'execve(.* = 0$' "$LAB/doctor.executed")" -gt 1 ]
	run ! grep -q OCI_CRASHCART_SEALED "$LAB/doctor.executed"
}
