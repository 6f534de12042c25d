#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Containers of all engines, told by files alone: names, lists, names that two have, files that are stale, broken or hostile.
# CRI-O and docker are laid out as on a node, from recordings, around containers that $RUNTIME runs.

bats_require_minimum_version 1.5.0
load lab/lab

samples=$BATS_TEST_DIRNAME/samples
storage=/run/storage
data=/run/docker-data
pod_uid=6c4f1c1e-5f0e-4c1b-9d53-0d1f6a0c1a11

setup_file() {
	lab_setup_tools
}

setup() {
	if [ "$RUNTIME" = crun ]; then state_file=status; else state_file=state.json; fi
	moby=/run/docker/runtime-runc/moby
}

teardown() {
	local root
	rm -rf /run/runc/fake* /run/crun/fake*
	for root in "/run/$RUNTIME" /run/docker/runtime-runc/moby /run/exec/runtime-runc/moby /run/containerd/runc/one /run/containerd/more; do
		[ ! -d "$root" ] || "$RUNTIME" --root "$root" list -q | xargs -r -n 1 -P 8 "$RUNTIME" --root "$root" delete -f
	done
	[ ! -e "$LAB/daemon.pid" ] || kill -KILL "$(cat "$LAB/daemon.pid")" || true
	rm -rf /run/docker /run/exec /run/containerd "$data" "$storage" /etc/docker /etc/crio "$LAB/daemon.pid"
	lab_teardown
}

# hex DIGIT: an id as engines make them up.
hex() {
	printf '%064d' 0 | tr 0 "$1"
}

# start BUNDLE ROOT ID [JQ-FILTER]: thin, run without an engine and without the hook; its config.json is changed so.
start() {
	local made=$LAB/bundle-of-$RUNTIME
	[ -e "$made" ] || bundle_make "$made" || return 1
	rm -rf "$1"
	mkdir -p "$1/rootfs" "$2"
	cp "$LAB/image/app" "$1/rootfs/app"
	jq --arg id "$3" --slurpfile crio "$samples/crio-crun/config.json" \
		"del(.hooks) | .hostname = \$id[0:12] | ${4:-.}" "$made/config.json" >"$1/config.json"
	"$RUNTIME" --root "$2" run -d --bundle "$1" "$3" </dev/null >/dev/null 2>"$LAB/runtime.err" 3>&- ||
		fail "$RUNTIME run: $(cat "$LAB/runtime.err")"
}

# crio ID NAME POD NAMESPACE: a container of CRI-O's: its annotations, and the storage's file.
crio() {
	local full=k8s_$2_$3_$4_${pod_uid}_0
	start "$storage/overlay-containers/$1/userdata" "/run/$RUNTIME" "$1" \
		".annotations = (\$crio[0].annotations + {\"io.kubernetes.cri-o.Name\": \"$full\"})"
}

# docker ID NAME [EXEC-ROOT]: a container of docker's: its shim's directory and socket, and dockerd's file.
docker() {
	local exec_root=${3:-/run/docker}
	start "$exec_root/containerd/daemon/io.containerd.runtime.v2.task/moby/$1" "$exec_root/runtime-runc/moby" "$1"
	mkdir -p /run/containerd/s "$data/containers/$1"
	touch "/run/containerd/s/$1"
	jq -c --arg id "$1" --arg name "/$2" '.ID = $id | .Name = $name' "$samples/docker/config.v2.json" \
		>"$data/containers/$1/config.v2.json"
}

docker_configured() {
	mkdir -p /etc/docker
	echo "{\"data-root\": \"$data\"}" >/etc/docker/daemon.json
}

# means WORD ID
means() {
	run --separate-stderr "$DBG_INJECT" --status --json "$1"
	assert_equal "$status $(jq -r .id <<<"$output")" "0 $2" "what $1 means: $stderr"
}

# refused WORD TEXT...: one line, which has these.
refused() {
	local word=$1 text
	shift
	run -125 --separate-stderr "$DBG_INJECT" --status "$word"
	assert_equal "${#stderr_lines[@]}" 1 "lines about $word" || return 1
	for text; do
		assert_has "$stderr" "$text" || return 1
	done
}

listed() {
	"$DBG_INJECT" --list --json | jq -r '.[] | "\(.id) \(.name) \(.engine) \(.provisioned) \(.running)"'
}

# daemon COMMAND-PREFIX... -- ARGUMENT...: a program called dockerd, with these arguments. Its pid goes to $LAB/daemon.pid.
daemon() {
	local prefix=()
	while [ "$1" != -- ]; do
		prefix+=("$1")
		shift
	done
	shift
	mkdir -p "$LAB/programs"
	rm -f "$LAB/programs/dockerd"
	cp "$(command -v bash)" "$LAB/programs/dockerd"
	: >"$LAB/daemon.pid"
	# shellcheck disable=SC2016 # the shell's own
	"${prefix[@]}" "$LAB/programs/${program:-dockerd}" -c 'echo $$ >'"$LAB/daemon.pid"'; read -r <>/run/nothing' "$@" 3>&- &
	wait_for 20 test -s "$LAB/daemon.pid"
}

daemon_end() {
	kill -KILL "$(cat "$LAB/daemon.pid")"
	wait_for 20 gone "$(cat "$LAB/daemon.pid")"
}

# ---- names ----

@test "docker: by name, id and prefix, with no dockerd to ask" {
	local id
	id=$(hex a)
	docker_configured
	docker "$id" web
	means web "$id"
	means docker://web "$id"
	means "$id" "$id"
	means aaaa "$id"
	means docker://aaaa "$id"
	means "pid:$("$DBG_INJECT" --status --json web | jq .pid)" "$id"
	run -0 "$DBG_INJECT" web busybox hostname
	assert_equal "$output" aaaaaaaaaaaa
	run -0 "$DBG_INJECT" --detach docker://web
	assert_equal "$(listed)" "$id web docker none true"
	# Renamed, with the file as dockerd writes it anew.
	sed -i 's|"/web"|"/renamed"|' "$data/containers/$id/config.v2.json"
	means renamed "$id"
	refused web 'no running container has this name'
}

# bats test_tags=once
@test "docker: places that a running dockerd was told on its command line, and nobody else" {
	local id
	id=$(hex a)
	mkfifo /run/nothing || true
	docker "$id" web /run/exec
	assert_equal "$(listed)" ""
	daemon -- --data-root="$data" --exec-root /run/exec
	assert_equal "$(listed)" "$id web docker none true"
	means web "$id"
	kill -STOP "$(cat "$LAB/daemon.pid")"
	means web "$id"
	# Without a shim's socket, who asks for it by name gets it.
	rm "/run/containerd/s/$id"
	assert_equal "$(listed)" ""
	means web "$id"
	means "$id" "$id"
	touch "/run/containerd/s/$id"
	daemon_end
	assert_equal "$(listed)" ""
	daemon unshare -m -- --data-root="$data" --exec-root /run/exec
	assert_equal "$(listed)" "" "of a dockerd in a mount namespace of its own"
	daemon_end
	chmod 666 "$LAB/daemon.pid" /run/nothing
	daemon setpriv --reuid 1000 --clear-groups -- --data-root="$data" --exec-root /run/exec
	assert_equal "$(listed)" "" "of another user's dockerd"
	daemon_end
	# A program of root's by another name.
	ln -sf "$(command -v bash)" "$LAB/programs/crio"
	program=crio daemon -- --data-root="$data" --exec-root /run/exec
	assert_equal "$(listed)" "" "of a link"
}

# bats test_tags=once
@test "CRI-O: POD/NAME, NAMESPACE/POD/NAME, and what several have" {
	crio "$(hex a)" httpd web shop
	crio "$(hex b)" sidecar web shop
	crio "$(hex c)" httpd web test
	means shop/web/httpd "$(hex a)"
	means web/sidecar "$(hex b)"
	means sidecar "$(hex b)"
	means test/web/httpd "$(hex c)"
	means crio://test/web/httpd "$(hex c)"
	means cri-o://sidecar "$(hex b)"
	means "k8s_httpd_web_shop_${pod_uid}_0" "$(hex a)"
	refused web/httpd 'means more than one' 'shop/web/httpd (crio aaaaaaaaaaaa)' 'test/web/httpd (crio cccccccccccc)' NAMESPACE/POD/NAME
	refused httpd 'means more than one'
	refused shop/web/nothing 'no running container has this name'
	refused web 'no running container has this name'
	refused shop/web 'no running container has this name'
	refused shop/web/httpd/ 'no running container has this name'
	refused podman://httpd 'no running container of podman is known'
	run -0 "$DBG_INJECT" --list --json
	assert_equal "$(jq -r '.[] | "\(.engine) \(.namespace)/\(.pod)/\(.container)"' <<<"$output")" \
		$'crio shop/web/httpd\ncrio shop/web/sidecar\ncrio test/web/httpd'
	run -0 "$DBG_INJECT" --list
	assert_has "$output" shop/web/sidecar
	run -0 "$DBG_INJECT" shop/web/httpd busybox hostname
	assert_equal "$output" aaaaaaaaaaaa
	"$DBG_INJECT" --detach shop/web/httpd
}

# Where a container has a record, its names are in it: the bundle may have gone.
@test "containerd's Kubernetes plug-in, with the hook" {
	bundle_make "$LAB/bundle"
	jq '.annotations = {"io.kubernetes.cri.container-name": "httpd", "io.kubernetes.cri.sandbox-name": "web",
		"io.kubernetes.cri.sandbox-namespace": "shop", "io.kubernetes.cri.container-type": "container"}' \
		"$LAB/bundle/config.json" >"$LAB/config.new"
	mv "$LAB/config.new" "$LAB/bundle/config.json"
	bundle_run "$LAB/bundle" "$(hex a)"
	rm "$LAB/bundle/config.json"
	means shop/web/httpd "$(hex a)"
	means containerd://web/httpd "$(hex a)"
	assert_equal "$(listed)" "$(hex a) httpd containerd propagation true"
}

@test "a runtime alone: runc and crun, by id" {
	local each
	for each in crun runc; do
		RUNTIME=$each start "$LAB/bundle-$each" "/run/$each" "plain-$each"
	done
	means plain-crun plain-crun
	means plain-r plain-runc
	assert_equal "$(listed)" $'plain-crun null unknown none true\nplain-runc null unknown none true'
	for each in crun runc; do
		run -0 "$DBG_INJECT" "plain-$each" busybox hostname
		assert_equal "$output" "plain-$each"
		"$DBG_INJECT" --detach "plain-$each"
		"$each" delete -f "plain-$each"
	done
}

# ---- what two have ----

# bats test_tags=once
@test "a name that podman and docker have is an error that says how to choose" {
	docker_configured
	docker "$(hex a)" web
	thin_run web
	local id
	id=$(container_id web)
	refused web 'means more than one container: ' 'web (docker aaaaaaaaaaaa)' "web (podman ${id:0:12})" ://web
	run -125 "$DBG_INJECT" web true
	run -125 "$DBG_INJECT" --attach web
	run -125 "$DBG_INJECT" --detach web
	means docker://web "$(hex a)"
	means podman://web "$id"
	run -0 "$DBG_INJECT" podman://web busybox hostname
	assert_equal "$output" "${id:0:12}"
	refused crio://web 'no running container of crio is known'
	refused lxd://web 'no such engine; known are podman'
	refused docker:// 'no name behind the engine'
	refused ://web 'no such engine'
	"$RUNTIME" --root "$moby" delete -f "$(hex a)"
	means web "$id"
}

# Ids of a person's choice: only a process tells which.
@test "an id that two runtimes have" {
	start "$LAB/bundle" /run/containerd/runc/one same
	bundle_make "$LAB/bundle-two"
	bundle_run "$LAB/bundle-two" same
	refused same 'means more than one container: same (unknown), same (unknown); name a process' pid:
	local pid
	pid=$(cat "$LAB/same.pid")
	run -0 "$DBG_INJECT" --status --json "pid:$pid"
	assert_equal "$(jq -r '"\(.pid) \(.provisioned)"' <<<"$output")" "$pid propagation"
	pid=$("$DBG_INJECT" --list --json | jq --argjson pid "$pid" '.[].pid | select(. != $pid)')
	run "$DBG_INJECT" "pid:$pid" busybox hostname
	assert_equal "$status $output" "0 same"
	run "$DBG_INJECT" "pid:$(cat "$LAB/same.pid")" busybox hostname
	assert_equal "$status" 0
	"$DBG_INJECT" --detach
}

# bats test_tags=once
@test "an id comes before a name, whoever has it" {
	docker_configured
	docker "$(hex a)" same
	docker "$(hex b)" other
	bundle_make "$LAB/bundle"
	bundle_run "$LAB/bundle" same
	means same same
	means docker://same "$(hex a)"
	means other "$(hex b)"
	# Without the hook, and so without a record; of an id that only begins so.
	"$RUNTIME" delete -f same
	start "$LAB/bundle" "/run/$RUNTIME" same-too
	means same "$(hex a)"
	means same- same-too
	start "$LAB/bundle-two" "/run/$RUNTIME" same
	means same same
	means docker://same "$(hex a)"
	# What has ended gives way to nothing of that id, only to names.
	"$RUNTIME" delete -f same
	means same "$(hex a)"
}

# ---- many ----

# noted: name-5 was looked up by what an earlier call has noted: of all containers' files those of many-5 alone were opened.
noted() {
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -e trace=openat,openat2 -o "$LAB/trace" "$DBG_INJECT" --detach name-5 >/dev/null
	grep -q '"many-5/' "$LAB/trace" && ! grep -q '"many-6' "$LAB/trace"
}

@test "many containers: what was noted of them counts until anything changes" {
	local i index=$OCI_CRASHCART_STATE_DIR/index
	thin_run web
	for i in {1..33}; do
		start "$LAB/bundle-$i" "/run/$RUNTIME" "many-$i" ".annotations = {\"nerdctl/name\": \"name-$i\"}"
	done
	means name-5 many-5
	wait_for 20 noted
	means name-5 many-5
	means many-33 many-33
	means web "$(container_id web)"
	refused many-3x 'no running container has this name'
	refused many- 'means more than one'
	# Tools that come and go change a record: it alone is read again, and the rest is believed.
	"$DBG_INJECT" --attach name-8 name-9
	noted
	means name-8 many-8
	"$DBG_INJECT" --detach name-8
	noted
	means name-8 many-8
	"$DBG_INJECT" --detach
	# Another with the name: of this runtime's, of an engine's files alone, and with the hook.
	start "$LAB/bundle-other" "/run/$RUNTIME" other '.annotations = {"nerdctl/name": "name-5"}'
	refused name-5 'means more than one'
	"$RUNTIME" delete -f other
	means name-5 many-5
	wait_for 20 noted
	podman rename web name-5
	refused name-5 'means more than one'
	podman rename name-5 web
	means name-5 many-5
	wait_for 20 noted
	thin_run name-5
	refused name-5 'means more than one'
	podman rm -f -t 0 name-5
	means name-5 many-5
	# A place that was not there; and a container that its runtime has not finished yet.
	wait_for 20 noted
	start "$LAB/bundle-other" /run/containerd/runc/one other '.annotations = {"nerdctl/name": "name-5"}'
	refused name-5 'means more than one'
	mv "/run/containerd/runc/one/other/$state_file" "$LAB/state"
	wait_for 20 noted
	mv "$LAB/state" "/run/containerd/runc/one/other/$state_file"
	refused name-5 'means more than one'
	"$RUNTIME" --root /run/containerd/runc/one delete -f other
	# Its names are those of now.
	wait_for 20 noted
	jq -c '.annotations["nerdctl/name"] = "new-5"' "$LAB/bundle-5/config.json" >"$LAB/new" && cp "$LAB/new" "$LAB/bundle-5/config.json"
	refused name-5 'no running container has this name'
	means new-5 many-5
	for i in '' garbage "$(head -c 3000 "$index" | tr -d '\0')"; do
		printf %s "$i" >"$index"
		means name-6 many-6
	done
	rm -rf "$index"
	mkdir "$index"
	means name-6 many-6
}

# process_start PID: its start time.
process_start() {
	sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
}

# noted_again WORD: nothing has to be noted anew: a look-up leaves the index as it is.
noted_again() {
	local index=$OCI_CRASHCART_STATE_DIR/index before
	before=$(stat -c '%i %z' "$index")
	"$DBG_INJECT" --detach "$1" >/dev/null
	[ -e "$index" ] || return 1
	[ "$(stat -c '%i %z' "$index")" = "$before" ]
}

@test "records that came after the rest was noted: what their names were read from is noted, and what is not whole is not" {
	local elsewhere=/run/containerd/more names=$storage/overlay-containers/containers.json record=$OCI_CRASHCART_STATE_DIR/rec pid
	thin_run web
	start "$LAB/bundle-shop" "/run/$RUNTIME" many '.annotations = {"nerdctl/name": "shop"}'
	start "$LAB/bundle-other" "$elsewhere" other
	mkdir -p "${names%/*}"
	means shop many
	wait_for 20 noted_again shop
	# With a record, in a storage that no other is in.
	echo '[{"id": "other", "names": ["first"]}]' >"$names"
	pid=$("$RUNTIME" --root "$elsewhere" state other | jq .pid)
	jq --argjson pid "$pid" --argjson start "$(process_start "$pid")" --arg bundle "${names%/*}/other/userdata" \
		'.id = "other" | .bundle = $bundle | .pid = $pid | .["start-time"] = $start | del(.["pidfd-inode"], .name)' \
		"$record/$(container_id web).json" >"$LAB/new"
	cp "$LAB/new" "$record/other.json"
	means first other
	wait_for 20 noted_again shop
	echo '[{"id": "other", "names": ["shop"]}]' >"$names"
	refused shop 'means more than one'
	rm "$record/other.json"
	means shop many
	wait_for 20 noted_again shop
	# The runtime wrapper's, before its runtime has made the container: with an id that is the name of another.
	jq --argjson pid $$ --argjson start "$(process_start $$)" --arg state "$elsewhere/shop" \
		'{version, id: "shop", "pid-namespace": .["pid-namespace"], creator: {pid: $pid, "start-time": $start}, "runtime-state": $state}' \
		"$LAB/new" >"$LAB/record"
	cp "$LAB/record" "$record/shop.json"
	means shop many
	wait_for 20 noted_again shop
	start "$LAB/bundle-wrapped" "$elsewhere" shop
	means shop shop
	rm "$record/shop.json"
}

@test "what cannot be read for want of descriptors is not noted as not there" {
	local limit index=$OCI_CRASHCART_STATE_DIR/index noted=0
	thin_run web
	start "$LAB/bundle-shop" "/run/$RUNTIME" many '.annotations = {"nerdctl/name": "shop"}'
	start "$LAB/bundle-other" /run/containerd/runc/one other '.annotations = {"nerdctl/name": "shop"}'
	means web "$(container_id web)"
	wait_for 20 noted_again web
	for limit in {3..40}; do
		rm -f "$index"
		prlimit --nofile="$limit" "$DBG_INJECT" --status web >/dev/null 2>&1 || true
		[ ! -e "$index" ] || noted=$((noted + 1))
		refused shop 'means more than one' || fail "after a call with $limit descriptors"
	done
	echo "noted with $noted limits"
	[ "$noted" -gt 5 ]
}

# list_noted: a list was noted, as nothing has changed within a tick of the clock.
list_noted() {
	refused shop 'means more than one'
	[ -e "$OCI_CRASHCART_STATE_DIR/index" ]
}

@test "what another pid namespace makes of processes is not noted" {
	local index=$OCI_CRASHCART_STATE_DIR/index
	thin_run shop
	start "$LAB/bundle-other" "/run/$RUNTIME" other '.annotations = {"nerdctl/name": "shop"}'
	refused shop 'means more than one'
	wait_for 20 list_noted
	rm -f "$index"
	unshare --pid --fork --mount-proc "$DBG_INJECT" --status nobody || true
	refused shop 'means more than one'
}

# looked WORD WHERE...: what a look-up of WORD opens, and each link that it reads, is none of these. After "-v": all of them.
looked() {
	local not=!
	if [ "$1" = -v ]; then
		not=
		shift
	fi
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -e trace=openat,openat2,readlinkat -o "$LAB/trace" "$DBG_INJECT" --detach "$1" >/dev/null
	shift
	for where; do
		eval "$not grep -q '\"$where\"' '$LAB/trace'" || return 1
	done
}

# For the one container: its configuration files and directories are not even opened.
@test "few containers: files of engines that change, engines that come, users that log in are seen by the next call" {
	local config=/etc/crio/crio.conf all=(/etc/containers/storage.conf /run/containerd/runc /run/user)
	mkdir -p /run/user "${config%/*}"
	thin_run web
	means web "$(container_id web)"
	wait_for 20 looked web "${all[@]}" "$config"
	# Its place is one that no file names, then one that a file names; then that file is changed in place, with the old times but one.
	start "$LAB/bundle-other" /run/containerd/more other '.annotations = {"nerdctl/name": "web"}'
	means web "$(container_id web)"
	printf '[crio.runtime.runtimes.more]\nruntime_root = "/run/containerd/%s"\n' some >"$config"
	touch -d '2020-01-01' "$config"
	means web "$(container_id web)"
	wait_for 20 looked web "${all[@]}" "$config"
	sed s/some/more/ "$config" >"$LAB/new"
	cat "$LAB/new" >"$config"
	touch -d '2020-01-01' "$config"
	refused web 'means more than one'
	rm "$config"
	means web "$(container_id web)"
	"$RUNTIME" --root /run/containerd/more delete -f other
	# A directory of an engine that was not there; then a user's.
	wait_for 20 looked web "${all[@]}"
	mkdir -p /run/containerd/runc/one
	looked -v web "${all[1]}"
	start "$LAB/bundle-other" /run/containerd/runc/one other '.annotations = {"nerdctl/name": "web"}'
	refused web 'means more than one'
	"$RUNTIME" --root /run/containerd/runc/one delete -f other
	wait_for 20 looked web "${all[@]}"
	mkdir /run/user/1234
	looked -v web /run/user
	chown 1234 /run/user/1234
	looked -v web /run/user
	rm -r /run/user
	wait_for 20 looked web "${all[@]}"
	means web "$(container_id web)"
}

# A file for each container, and a place that a daemon alone tells of: neither is opened while nothing has changed.
@test "docker: what was noted counts until a container is renamed, or comes; not while one is in other hands" {
	local one two first=$data/containers all=("$data" '[0-9]*/exe' '[0-9a-f]*/config.v2.json')
	one=$(hex a)
	two=$(hex b)
	thin_run other
	docker "$one" web
	docker "$two" db
	mkfifo /run/nothing || true
	daemon -- --data-root="$data"
	means web "$one"
	wait_for 20 looked web "${all[@]}"
	means web "$one"
	means db "$two"
	# As docker renames: a new file in the container's own directory.
	jq -c '.Name = "/web"' "$first/$two/config.v2.json" >"$first/$two/.new"
	mv "$first/$two/.new" "$first/$two/config.v2.json"
	refused web 'means more than one'
	refused db 'no running container'
	jq -c '.Name = "/db"' "$first/$two/config.v2.json" >"$LAB/new"
	cat "$LAB/new" >"$first/$two/config.v2.json"
	means web "$one"
	wait_for 20 looked web "${all[@]}"
	docker "$(hex c)" web
	refused web 'means more than one'
	"$RUNTIME" --root "$moby" delete -f "$(hex c)"
	means web "$one"
	# While there is a shim of a container that nobody knows, some daemon may tell of it at any time: all are looked at each time.
	rm "/run/containerd/s/$(hex c)"
	wait_for 20 looked web '[0-9]*/exe'
	touch "/run/containerd/s/unknown"
	for _ in 1 2 3 4 5; do
		means web "$one"
	done
	looked -v web '[0-9]*/exe'
}

# ---- stale, broken, hostile ----

@test "state files of dead containers, reused pids, FIFOs, half-written, huge and nested files" {
	local id root dir
	id=$(hex a)
	root=/run/$RUNTIME
	docker_configured
	docker "$id" web
	# A copy of its state under another id, with the pid of a process that started at another time.
	mkdir -p "$root/fake-reused" "$root/fake-fifo" "$root/fake-cut" "$root/fake-huge" "$root/fake-deep" "$root/fake-none"
	sed -E 's/("(process-start-time|init_process_start)": ?)([0-9]+)/\11\3/' "$moby/$id/$state_file" >"$root/fake-reused/$state_file"
	sed -i "s/$id/fake-reused/" "$root/fake-reused/$state_file"
	mkfifo "$root/fake-fifo/$state_file"
	head -c 100 "$moby/$id/$state_file" >"$root/fake-cut/$state_file"
	truncate -s 1G "$root/fake-huge/$state_file"
	head -c 100000 /dev/zero | tr '\0' '[' >"$root/fake-deep/$state_file"
	ln -s "$moby/$id" "$root/fake-link"
	assert_equal "$(listed)" "$id web docker none true"
	for dir in reused fifo cut huge deep none; do
		refused "fake-$dir" 'no running container has this name'
	done
	"$RUNTIME" --root "$moby" kill "$id" KILL
	wait_for 20 gone "$(jq '.pid // .init_process_pid' "$moby/$id/$state_file")"
	assert_equal "$(listed)" ""
	refused web 'no container is known here'
	refused "$id" 'no container is known here'
}

# bats test_tags=once
@test "files and directories that others can write are not believed" {
	docker_configured
	docker "$(hex a)" web
	chmod 666 "$data/containers/$(hex a)/config.v2.json"
	assert_equal "$(listed)" "$(hex a) null docker none true"
	chmod 644 "$data/containers/$(hex a)/config.v2.json"
	chmod 777 "$data/containers"
	assert_equal "$(listed)" "$(hex a) null docker none true"
	chmod 755 "$data/containers"
	chown 1000 /etc/docker/daemon.json
	assert_equal "$(listed)" "$(hex a) null docker none true"
	chown 0 /etc/docker/daemon.json
	assert_equal "$(listed)" "$(hex a) web docker none true"
	chmod 777 "$moby"
	assert_equal "$(listed)" ""
	chmod 700 "$moby"
}

# bats test_tags=once
@test "names with control characters and of other ids do no harm" {
	local file
	docker_configured
	docker "$(hex a)" web
	docker "$(hex b)" "$(hex a)"
	means "$(hex a)" "$(hex a)"
	file=$data/containers/$(hex b)/config.v2.json
	jq -c '.Name = "/\u001b[31m\nred\u0000"' "$file" >"$LAB/new" && cp "$LAB/new" "$file"
	assert_equal "$(listed)" "$(hex a) web docker none true"$'\n'"$(hex b) null docker none true"
	jq -c '.Name = "/\u001b[31m\nred"' "$file" >"$LAB/new" && cp "$LAB/new" "$file"
	run -0 "$DBG_INJECT" --list
	assert_has "$output" '\x1b[31m\x0ared'
	[[ $output != *$'\e'* ]]
	refused nothing '\x1b[31m\x0ared (docker bbbbbbbbbbbb)'
	means $'\e[31m\nred' "$(hex b)"
	head -c 20000000 /dev/zero | tr '\0' ' ' >"$file"
	means web "$(hex a)"
}

@test "a container that ends while it is looked for is none, or has ended" {
	docker_configured
	docker "$(hex a)" web
	thin_run other
	local pid
	pid=$("$DBG_INJECT" --status --json web | jq .pid)
	(sleep 0.05; kill -KILL "$pid") &
	while kill -0 "$pid" 2>/dev/null; do
		run "$DBG_INJECT" web busybox hostname
		[ "$status" -ne 0 ] || assert_equal "$output" aaaaaaaaaaaa
	done
	refused web 'dbg-inject: web: '
	"$DBG_INJECT" --gc
}

# ---- LXC, systemd-nspawn ----

# bats test_tags=once
@test "LXC: by name, in the list, and any process in it" {
	needs_cgroups
	local dir=$LAB/lxc/web.x pid
	mkdir -p "$dir/rootfs/"{proc,sys,dev,bin}
	cp "$LAB/image/app" "$dir/rootfs/app"
	printf '%s\n' "lxc.rootfs.path = dir:$dir/rootfs" 'lxc.uts.name = in-lxc' 'lxc.net.0.type = none' \
		'lxc.apparmor.profile = unconfined' 'lxc.autodev = 1' 'lxc.mount.auto = proc:mixed' 'lxc.init.cmd = /app wait' >"$dir/config"
	lxc-start -P "$LAB/lxc" -n web.x 3>&-
	pid=$(lxc-info -P "$LAB/lxc" -n web.x -p -H)
	assert_equal "$(listed)" "lxc-web.x web.x lxc none true"
	means web.x lxc-web.x
	means lxc://web.x lxc-web.x
	means "pid:$pid" lxc-web.x
	run -0 "$DBG_INJECT" web.x busybox hostname
	assert_equal "$output" in-lxc
	"$DBG_INJECT" --detach web.x
	lxc-stop -P "$LAB/lxc" -n web.x -k
	assert_equal "$(listed)" ""
	rm -rf "$LAB/lxc"
}

# nspawn ROOT [ARGUMENT...]: a machine without systemd, in a control group as a unit of its name has it.
nspawn() {
	local group=/sys/fs/cgroup/systemd
	[ -d "$group" ] || group=/sys/fs/cgroup
	group=$group/machine.slice/systemd-nspawn@my-web.service
	mkdir -p "$1/"{proc,sys,dev,run,tmp,etc,usr} "$group"
	cp "$LAB/image/app" "$1/app"
	touch "$1/etc/os-release"
	# shellcheck disable=SC2016 # the shell's own
	bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$group" \
		systemd-nspawn -q --register=no --keep-unit -D "$1" -M my-web --as-pid2 /app nspawn </dev/null >"$LAB/nspawn.log" 2>&1 3>&- &
	wait_for 20 pgrep -f '^/app nspawn'
}

# bats test_tags=once
@test "systemd-nspawn: by its unit, or systemd-machined's file; not a stale one" {
	needs_cgroups
	local pid supervisor
	nspawn "$LAB/machine"
	supervisor=$!
	pid=$(pgrep -f '^/app nspawn')
	run -0 "$DBG_INJECT" --list --json
	assert_equal "$(jq -r '.[] | "\(.name) \(.engine)"' <<<"$output")" "my-web nspawn"
	means my-web nspawn-my-web
	means nspawn://my-web nspawn-my-web
	means "pid:$pid" nspawn-my-web
	run -0 "$DBG_INJECT" my-web busybox hostname
	assert_equal "$output" my-web
	"$DBG_INJECT" --detach my-web
	# What systemd-machined would have written; of a machine that is no more, and whose pid another process has.
	mkdir -p /run/systemd/machines
	printf '%s\n' NAME=other "SCOPE=systemd-nspawn@my-web.service" SERVICE=systemd-nspawn "LEADER=$pid" CLASS=container >/run/systemd/machines/other
	means other nspawn-other
	sed -i s/my-web/gone/ /run/systemd/machines/other
	refused other 'no running container'
	sed -i -e /SCOPE/d -e "s/LEADER=.*/LEADER=$$/" /run/systemd/machines/other
	refused other 'no running container'
	mkfifo /run/systemd/machines/fifo
	means my-web nspawn-my-web
	kill -TERM "$supervisor"
	wait "$supervisor" || true
	assert_equal "$(listed)" ""
	rm -rf "$LAB/machine" /run/systemd/machines
}
