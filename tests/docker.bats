#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# The runtime wrapper in the hands of real engines: docker, containerd (that of docker, by ctr), podman.

bats_require_minimum_version 1.5.0
load lab/lab
load lab/docker

setup_file() {
	lab_setup_tools
	write_wrapper
	daemon_start docker
}

teardown_file() {
	daemon_stop docker
}

setup() {
	configure "runtimes = runc"
}

teardown() {
	kill -CONT "$(cat "$LAB/docker/pid")"
	docker ps -aq | xargs -r docker rm -f >/dev/null
	lab_teardown
}

# Those of lab.bash ask podman.
container_id() {
	docker inspect --format '{{.Id}}' "$1"
}

container_pid() {
	docker inspect --format '{{.State.Pid}}' "$1"
}

# thin_docker NAME [docker run option...]
thin_docker() {
	local name=$1
	shift
	container=$(docker run -d --name "$name" --network none "$@" thin 2>"$LAB/docker.err") ||
		fail "docker run: $(cat "$LAB/docker.err")"
}

# ---- docker ----

@test "docker info is clean, and has the runtime as default and by name" {
	run --separate-stderr docker info
	assert_equal "$status$stderr" 0
	assert_matches "$output" 'Default Runtime: crashcart'
	run grep -iE 'warning|error' <<<"$output"
	assert_equal "$output" ""
	run grep -iE 'level=(warning|error).*(crashcart|runtime|wrapper)' "$LAB/docker/log"
	assert_equal "$output" ""
}

@test "run, attach, docker exec, detach, rm: provisioned, and nothing left" {
	local id
	thin_docker web
	id=$(container_id web)
	assert_provisioned web
	assert_equal "$("$DBG_INJECT" --list --json | jq -c '[.[] | [.id, .engine, .pid, .provisioned, .attached]]')" \
		"[[\"$id\",\"docker\",$(container_pid web),\"propagation\",false]]"
	"$DBG_INJECT" --attach "$id"
	assert_equal "$(docker exec web /dev/crashcart/bin/busybox echo hello)" hello
	assert_equal "$("$DBG_INJECT" "$id" busybox expr 6 '*' 7)" 42
	"$DBG_INJECT" --detach "$id"
	run docker exec web /dev/crashcart/bin/busybox true
	[ "$status" -ne 0 ]
	assert_provisioned web
	docker rm -f web >/dev/null
	lab_assert_clean
}

@test "--profile same: all that /proc/self/status tells is as docker exec has it, docker's seccomp profile too" {
	grep -q '^#define HAVE_SECCOMP 1' "$BUILDDIR/config.h" || skip "cannot run here: built without libseccomp"
	local options user fields='^(Uid|Gid|Cap...|NoNewPrivs|Seccomp|Seccomp_filters):'
	for options in '' '--security-opt no-new-privileges' '--security-opt seccomp=unconfined'; do
		# shellcheck disable=SC2086 # words
		docker run -d --name web --network none $options fat >/dev/null
		wait_ready web # runc takes the filter right before it executes the program
		for user in 0 1000; do
			assert_equal "$("$DBG_INJECT" --profile same -u "$user" web cat /proc/self/status | grep -E "$fields")" \
				"$(docker exec -u "$user" web /bin/cat /proc/self/status | grep -E "$fields")" "user $user, $options"
		done
		docker rm -f web >/dev/null
	done
}

@test "the named runtime; another runtime is none of ours" {
	thin_docker named --runtime crashcart
	assert_provisioned named
	thin_docker plain --runtime runc
	assert_not_provisioned plain
}

@test "restart, stop and start, also with tools attached: provisioned anew each time" {
	local id
	thin_docker web
	id=$(container_id web)
	"$DBG_INJECT" --attach "$id"
	docker restart -t 1 web >/dev/null
	assert_provisioned web
	"$DBG_INJECT" --attach "$id"
	assert_equal "$(docker exec web /dev/crashcart/bin/busybox echo hello)" hello
	docker stop -t 1 web >/dev/null
	lab_assert_clean
	docker start web >/dev/null
	assert_provisioned web
	docker kill web >/dev/null
	wait_for 20 lab_assert_clean
}

@test "read-only, privileged, with an init, other users, many capabilities: provisioned, and tools work" {
	local kind
	declare -A kinds=([ro]='--read-only' [privileged]='--privileged' [init]='--init' [user]='--user 1000:1000'
		[caps]='--cap-add SYS_ADMIN' [shm]='--tmpfs /dev/shm --ipc private' [pids]='--pid host')
	for kind in "${!kinds[@]}"; do
		# shellcheck disable=SC2086
		thin_docker "the-$kind" ${kinds[$kind]}
		assert_provisioned "the-$kind"
		assert_equal "$("$DBG_INJECT" "$container" echo hello)" hello "$kind"
		# docker's exec asks for all capabilities, too.
		[ "$kind" = privileged ] ||
			assert_equal "$(docker exec "the-$kind" /dev/crashcart/bin/busybox echo hello)" hello "$kind"
		docker rm -f "the-$kind" >/dev/null
		lab_assert_clean
	done
}

@test "a container with the host's /dev, and one that the configuration leaves out, start without a mount" {
	thin_docker devs -v /dev:/dev
	assert_not_provisioned devs
	configure "runtimes = runc" "enable = none"
	thin_docker none
	assert_not_provisioned none
	wait_for 20 grep -q "$container: skipped: the configuration says enable = none" "$LAB/log"
	docker rm -f devs none >/dev/null
	lab_assert_clean
}

@test "docker build works as ever, and nothing is left in the image or here" {
	mkdir -p "$LAB/context"
	printf 'FROM fat\nRUN ["/bin/busybox", "touch", "/built"]\nRUN ["/bin/busybox", "test", "-d", "/dev/crashcart"]\n' \
		>"$LAB/context/Dockerfile"
	DOCKER_BUILDKIT=0 docker build -q --network none -t built "$LAB/context" >/dev/null 2>"$LAB/docker.err" || fail "$(cat "$LAB/docker.err")"
	lab_assert_clean
	assert_equal "$(docker save built | tar -xO --wildcards '*/layer.tar' -i 2>/dev/null | tar -ti 2>/dev/null | grep -c crashcart || true)" 0
	assert_equal "$(docker run --rm --network none --runtime runc --entrypoint /bin/busybox built ls /built)" /built
}

@test "a start that fails: docker says why, and the next container takes away what there is" {
	run -127 docker run --name bad --network none --entrypoint /nonexistent fat
	assert_has "$output" /nonexistent
	docker rm -f bad >/dev/null
	thin_docker web
	docker rm -f web >/dev/null
	lab_assert_clean
}

@test "failing open: a container starts; with strict = yes it does not, and docker shows our reason" {
	configure "runtimes = runc" "enable = some"
	thin_docker open
	assert_not_provisioned open
	wait_for 20 grep -q "$container: config.json was left as it is: .*enable = some" "$LAB/log"
	configure "runtimes = runc" "enable = some" "strict = yes"
	run docker run --name strict --network none thin
	[ "$status" -ne 0 ]
	assert_has "$output" "strict = yes"
	configure "runtimes = no-such-runtime"
	run docker run --name none --network none thin
	assert_has "$output" "no runtime is there: the configuration says runtimes = no-such-runtime"
}

@test "with dockerd stopped: a container is found by name, entered and listed" {
	thin_docker web
	kill -STOP "$(cat "$LAB/docker/pid")"
	assert_equal "$(timeout 20 "$DBG_INJECT" "${container:0:12}" echo hello)" hello
	assert_equal "$(timeout 20 "$DBG_INJECT" web echo hello)" hello
	assert_equal "$(timeout 20 "$DBG_INJECT" docker://web echo hello)" hello
	assert_equal "$(timeout 20 "$DBG_INJECT" --list --json | jq -r '.[].id')" "$container"
	kill -CONT "$(cat "$LAB/docker/pid")"
}

@test "the shim and the container killed: --gc takes away what there is" {
	local pid shim
	thin_docker web
	"$DBG_INJECT" --attach "$container"
	pid=$(container_pid web)
	shim=$(pgrep -f "containerd-shim.*$container")
	kill -KILL "$shim" "$pid"
	wait_for 20 gone "$pid"
	"$DBG_INJECT" --gc
	lab_assert_clean
}

@test "docker with --userns-remap: provisioned, and tools work" {
	daemon_start remap --userns-remap=default
	export DOCKER_HOST=unix://$LAB/remap.sock
	thin_docker web
	assert_provisioned web
	[ "$(awk '{ print $2 }' "/proc/$(container_pid web)/uid_map")" != 0 ]
	"$DBG_INJECT" --attach "$container"
	assert_equal "$(docker exec web /dev/crashcart/bin/busybox echo hello)" hello
	docker rm -f web >/dev/null
	lab_assert_clean
	daemon_stop remap
}

# ---- containerd ----

@test "ctr run --runc-binary: provisioned, and nothing left" {
	local ctr=(ctr -a "$LAB/docker/exec/containerd/containerd.sock" -n lab)
	docker save thin | "${ctr[@]}" images import - >/dev/null
	"${ctr[@]}" run -d --runc-binary "$LAB/wrapper" docker.io/library/thin:latest web /app wait
	container_pid() {
		"${ctr[@]}" task ls | awk -v name="$1" '$1 == name { print $2 }'
	}
	# shellcheck disable=SC2317
	container_id() {
		echo "$1"
	}
	assert_provisioned web
	assert_equal "$("$DBG_INJECT" --list --json | jq -c '[.[] | [.id, .engine, .pid]]')" "[[\"web\",\"containerd\",$(container_pid web)]]"
	assert_equal "$("$DBG_INJECT" web echo hello)" hello
	"${ctr[@]}" task kill -s KILL web
	# One that has ended is not removed before containerd knows of it.
	is_stopped() { "${ctr[@]}" task ls | grep -q '^web .*STOPPED'; }
	wait_for 20 is_stopped
	"${ctr[@]}" task rm -f web >/dev/null 2>&1 || true
	wait_for 20 lab_assert_clean
	"${ctr[@]}" container rm web
}

# ---- podman ----

on_podman() { # NAME [podman run option...]
	local name=$1
	shift
	podman --runtime "$LAB/wrapper" --hooks-dir "$LAB/no-hooks" run -d --name "$name" --pull never --network none "$@" thin \
		>/dev/null 2>"$LAB/podman.err" 3>&- || fail "podman run: $(cat "$LAB/podman.err")"
}

@test "podman --runtime, with crun and runc behind it, also with a user namespace: provisioned, and nothing left" {
	local real
	mkdir -p "$LAB/no-hooks"
	container_id() {
		podman inspect --format '{{.Id}}' "$1"
	}
	container_pid() {
		podman inspect --format '{{.State.Pid}}' "$1"
	}
	for real in crun runc; do
		configure "runtimes = $real"
		on_podman "$real"
		assert_provisioned "$real"
		assert_equal "$("$DBG_INJECT" "$real" echo hello)" hello "$real"
		on_podman "$real-users" --userns auto
		assert_provisioned "$real-users"
		podman rm -f -t 0 "$real" "$real-users" >/dev/null
		lab_assert_clean
	done
}
