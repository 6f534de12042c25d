# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2119,SC2154 # backquotes are those of Markdown; variables are those of bench/run, and of tests/lab
#
# What one call costs, against the least that it could: the hook at each stage, a run of crun, the wrapper, a session.

# --- one hook call at each stage, on one container that is put back before each ---

stages() { # RUNS
	local held=$fleet_dir/prestart.hold take_away
	fleet_hold prestart
	take_away="nsenter -t $held_pid -m umount $fleet_dir/root/dev/crashcart 2>/dev/null"
	add hook-prestart "$held/hold.state" "$take_away; $HOOK <$held/stopped.state" "$HOOK"
	add hook-poststop "$held/stopped.state" "$take_away; $HOOK <$held/hold.state" "$HOOK"
	add exit "$held/hold.state" : "$work/exit"
	measure "$1" 5 "$patience"
	"$HOOK" <"$held/hold.state"
	grep -q "$fleet_dir/root/dev/crashcart" "/proc/$held_pid/mountinfo" || fail "the prestart call did nothing"
	fleet_let_go prestart
	held=$fleet_dir/poststart.hold
	fleet_hold poststart
	"$HOOK" <"$held/hold.state"
	add hook-poststart "$held/hold.state" "$work/sever $held_pid" "$HOOK"
	add exit-then "$held/hold.state" : "$work/exit"
	measure "$1" 5 "$patience"
	grep -q '/dev/crashcart .*master:' "/proc/$held_pid/mountinfo" || fail "the poststart call did nothing"
	fleet_let_go poststart
}

# --- the same programs, linked to musl ---

has_musl() {
	[ -x "$work/musl/oci-crashcart-hook" ]
}

build_musl() {
	command -v musl-gcc >/dev/null || return 0
	mkdir -p "$work/musl"
	(cd "$work/musl" && "$here/../configure" --with-musl && make -s oci-crashcart-hook oci-crashcart-runtime) >"$work/musl.log" 2>&1 ||
		fail "it could not be built with musl: $(tail -n 3 "$work/musl.log")"
}

# --- a whole run of crun ---

crun_run() { # NAME HOOKS
	mkdir -p "$work/$1"
	fleet_config "$2" "$1" exit 0 >"$work/$1/config.json"
	add "$1" /dev/null '' "$crun --cgroup-manager=disabled run --bundle $work/$1 $1"
}

whole_runs() { # RUNS
	crun_run run-none '{}'
	crun_run run-no-op "$(fleet_hooks "$work/no-op")"
	crun_run run-ours "$(fleet_hooks "$HOOK")"
	! has_musl || crun_run run-musl "$(fleet_hooks "$work/musl/oci-crashcart-hook")"
	measure "$1" 5 "$patience"
}

# --- the same where engines have mounted thousands of file systems on the host ---

# Each round binds all that there is once more: 2 to the power of the rounds, less one.
mount_thousands() {
	local place=$work/mounts round
	mkdir -p "$place"
	mount -t tmpfs tmpfs "$place"
	mount --make-private "$place"
	for round in {1..13}; do
		mkdir "$place/$round"
		mount --rbind --make-rprivate "$place" "$place/$round"
	done
	say mounts "$(grep -c " $place/" /proc/self/mountinfo)"
}

beside_mounts() { # RUNS
	mount_thousands
	at=@mounts stages "$1"
	at=@mounts whole_runs "$1"
	umount -R -l "$work/mounts"
}

# --- the runtime wrapper, before a runtime that only exits, and before crun ---

wrapped() { # RUNS
	local wrapper=$BUILDDIR/oci-crashcart-runtime bundle=$work/wrapped take_away
	mkdir -p "$bundle" "$work/direct"
	fleet_config '{}' wrapped exit 0 >"$work/plain.json"
	cp "$work/plain.json" "$bundle/config.json"
	cp "$work/plain.json" "$work/direct/config.json"
	jq -n --arg bundle "$bundle" '{ociVersion: "1.0.2", id: "wrapped", status: "stopped", bundle: $bundle}' >"$work/wrapped.state"
	take_away="cp $work/plain.json $bundle/config.json; $HOOK <$work/wrapped.state"
	bench_configure "runtimes = $work/exit"
	add wrapper-other /dev/null '' "$wrapper state wrapped"
	add wrapper-create /dev/null "$take_away" "$wrapper create --bundle $bundle wrapped"
	add wrapper-none /dev/null '' "$work/exit"
	measure "$1" 5 "$patience"
	jq -e '.hooks.poststop | length == 1' "$bundle/config.json" >/dev/null || fail "the wrapper did nothing"
	"$HOOK" <"$work/wrapped.state"
	bench_configure "runtimes = $crun"
	add run-wrapped /dev/null "$take_away" "$wrapper --cgroup-manager=disabled run --bundle $bundle wrapped"
	add run-direct /dev/null "$take_away" "$crun --cgroup-manager=disabled run --bundle $work/direct direct"
	measure "$1" 5 "$patience"
	has_musl || return 0
	add run-wrapped-musl /dev/null "$take_away" "$work/musl/oci-crashcart-runtime --cgroup-manager=disabled run --bundle $bundle wrapped"
	add run-direct-musl /dev/null "$take_away" "$crun --cgroup-manager=disabled run --bundle $work/direct direct"
	OCI_CRASHCART_HOOK=$work/musl/oci-crashcart-hook measure "$1" 5 "$patience"
}

# --- a command in a container ---

# podman leaves a process behind each time that cleans up after its exec: it is not to run beside the others.
entries() { # RUNS
	local true=/dev/crashcart/bin/true
	container_run crun bench --network none -- thin
	container_run crun cold --network none -- thin
	"$DBG_INJECT" -q --attach --tools "$work/tools" bench
	add inject /dev/null '' "$DBG_INJECT bench $true"
	add inject-cold /dev/null '' "$DBG_INJECT -q --tools $work/tools --rm cold $true"
	add nsenter /dev/null '' "$(command -v nsenter) -t $(container_pid bench) -m -n -p -i -u -C -r -w $true"
	measure "$1" 5 "$patience"
	add inject-beside /dev/null '' "$DBG_INJECT bench $true"
	add crun-exec /dev/null '' "$crun exec $(container_id bench) $true"
	add podman-exec /dev/null '' "$(command -v podman) exec bench $true"
	measure "$1" 5 "$patience"
	podman rm -f -t 0 bench cold >/dev/null
}

docker_entries() { # RUNS
	local true=/dev/crashcart/bin/true
	command -v dockerd >/dev/null || return 0
	# shellcheck source=tests/lab/docker.bash
	. "$lab_dir/docker.bash"
	bench_configure 'runtimes = runc'
	write_wrapper
	daemon_start docker
	docker run -d --name bench --network none thin >/dev/null 2>&1
	"$DBG_INJECT" -q --attach --tools "$work/tools" bench
	add inject-docker /dev/null '' "$DBG_INJECT bench $true"
	add docker-exec /dev/null '' "$(command -v docker) exec bench $true"
	measure "$1" 5 "$patience"
	docker rm -f bench >/dev/null
	daemon_stop docker
}

single_rows() {
	echo '| what | median | against | median | ratio | of processor time | goal | |'
	echo '|---|---|---|---|---|---|---|---|'
	row 'the hook at prestart' hook-prestart 'a static program that only exits' exit 2.0
	row 'the hook at poststart (crun cut the tie)' hook-poststart 'the same' exit-then 2.0
	row 'the hook at poststop' hook-poststop 'the same' exit 2.0
	row '`crun run` with our three stages' run-ours 'with three static no-op hooks' run-no-op 1.10
	row 'the same, built by `configure --with-musl`' run-musl 'the same' run-no-op 1.10
	row '`crun run` by `oci-crashcart-runtime`, with poststop' run-wrapped '`crun run`' run-direct 1.10
	row 'the same, built by `configure --with-musl`' run-wrapped-musl 'the same' run-direct-musl 1.10
	row '`dbg-inject C true`, attached' inject '`nsenter` into the same namespaces' nsenter 1.5
	row '`dbg-inject --rm C true`, not attached' inject-cold 'the same' nsenter 3
	row '`dbg-inject C true`, attached' inject-beside '`podman exec`' podman-exec 0.05
	row '`dbg-inject C true`, attached' inject-docker '`docker exec`' docker-exec 0.05
}

other_rows() {
	echo '| what | median | against | median | ratio | of processor time |'
	echo '|---|---|---|---|---|---|'
	row '`crun run` with our three stages' run-ours 'without hooks' run-none
	row "the hook at prestart, with $(value mounts) more mounts on the host" hook-prestart@mounts 'without them' hook-prestart
	row 'the hook at poststart, with them' hook-poststart@mounts 'the same' hook-poststart
	row 'the hook at poststop, with them' hook-poststop@mounts 'the same' hook-poststop
	row '`crun run` with our three stages, with them' run-ours@mounts 'with three static no-op hooks, and with them' run-no-op@mounts
	row 'a verb that `oci-crashcart-runtime` passes on' wrapper-other 'a static program that only exits' wrapper-none
	row '`oci-crashcart-runtime create`, without the runtime' wrapper-create 'the same' wrapper-none
	row '`dbg-inject C true`, attached' inject-beside '`crun exec`' crun-exec
	row '`dbg-inject --pack C strace -V`, cold' pack-cold 'copied by `podman cp`, run by `podman exec`' copy-in
	row '`dbg-inject --pack C strace -V`, warm' pack-warm 'the same' copy-in
}
