# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are for those who source this, or of lab.bash
#
# Containers by the hundred or thousand, for measurements: a static program that sleeps, one root file system for all, no
# engine, no network, by crun; each is really provisioned, as the hook is in its config.json. Needs lab.bash, in a lab.
#
# Names are no beginnings of ids, as c1 would be of one in 256.
#
#     fleet        the ids, 64 digits as engines have them, in the order of the start; container N has the name web-N
#     fleet_dir    what is kept for them: root/, the root file system; bundles/ID; NAME.hold/ of one that is held

fleet=()
fleet_dir=$LAB/fleet

# fleet_make: to be called first.
fleet_make() {
	mkdir -p "$fleet_dir/root/dev" "$fleet_dir/root/proc" "$fleet_dir/bundles"
	cc -O2 -static -o "$fleet_dir/root/app" "$lab_dir/thin.c"
	cp "$fleet_dir/root/app" "$fleet_dir/app"
}

# fleet_hooks PATH [STAGE...]: "hooks" of a config.json that call PATH, default: at our three stages.
fleet_hooks() {
	local path=$1
	shift
	[ $# -gt 0 ] || set -- prestart poststart poststop
	jq -n -c --arg path "$path" --arg state "$OCI_CRASHCART_STATE_DIR" --arg config "$OCI_CRASHCART_CONFIG" '
		{path: $path, args: ["hook"], env: ["OCI_CRASHCART_STATE_DIR=\($state)", "OCI_CRASHCART_CONFIG=\($config)"]} as $entry |
		[$ARGS.positional[] | {key: ., value: [$entry]}] | from_entries' --args "$@"
}

# fleet_config HOOKS NAME ARGUMENT...: a config.json; the container runs /app with these.
fleet_config() {
	local hooks=$1 name=$2
	shift 2
	jq -n -c --argjson hooks "$hooks" --arg root "$fleet_dir/root" --arg name "$name" '{
		ociVersion: "1.0.2",
		root: {path: $root, readonly: true},
		process: {user: {uid: 0, gid: 0}, args: (["/app"] + $ARGS.positional), cwd: "/", env: ["PATH=/"]},
		mounts: [{destination: "/proc", type: "proc", source: "proc"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"]}],
		linux: {namespaces: ([["pid", "ipc", "uts", "mount"][] | {type: .}])},
		annotations: {"nerdctl/name": $name},
		hooks: $hooks
	}' --args "$@"
}

# The same ids each time, so that what depends on their order does not change between runs.
fleet_ids() { # FIRST LAST
	awk -v first="$1" -v last="$2" 'BEGIN {
		srand(1)
		for (number = 1; number <= last; number++) {
			id = ""
			for (digit = 0; digit < 64; digit++)
				id = id sprintf("%x", int(rand() * 16))
			if (number >= first)
				print id
		}
	}'
}

# fleet_grow COUNT: starts containers until there are COUNT.
fleet_grow() {
	local count=$1 number config more
	[ "$count" -gt ${#fleet[@]} ] || return 0
	config=$(fleet_config "$(fleet_hooks "$HOOK")" @NAME@ wait)
	mapfile -t more < <(fleet_ids $((${#fleet[@]} + 1)) "$count")
	printf "$fleet_dir/bundles/%s\n" "${more[@]}" | xargs mkdir -p
	for number in "${!more[@]}"; do
		printf '%s\n' "${config/@NAME@/web-$((${#fleet[@]} + number + 1))}" >"$fleet_dir/bundles/${more[number]}/config.json"
	done
	fleet+=("${more[@]}")
	printf '%s\n' "${more[@]}" |
		xargs -P 2 -I ID crun --cgroup-manager=disabled run -d --bundle "$fleet_dir/bundles/ID" ID >/dev/null
	number=$(find "$OCI_CRASHCART_STATE_DIR/rec" -name '*.json' | wc -l)
	[ "$number" -eq "$count" ] || fail "$count containers were started, $number are provisioned"
}

# fleet_shrink COUNT: removes the last ones until there are COUNT.
fleet_shrink() {
	local left=("${fleet[@]:0:$1}") number
	printf '%s\n' "${fleet[@]:$1}" | xargs -P 2 -I ID crun delete -f ID
	fleet=("${left[@]}")
	number=$(find "$OCI_CRASHCART_STATE_DIR/rec" -name '*.json' | wc -l)
	[ "$number" -eq "$1" ] || fail "$1 containers are left, $number have a record"
}

fleet_pid() { # ID
	jq .pid "/run/crun/$1/status"
}

# ---- one container that waits in a hook of its own, to call ours as its runtime would: as often as wanted ----

# fleet_hold STAGE: starts the container held-STAGE, with no hook but one that waits at STAGE. hold.state in $fleet_dir/STAGE.hold
# is what a runtime hands to a hook there, stopped.state what it does at poststop; the process goes to $held_pid.
fleet_hold() {
	local stage=$1 dir=$fleet_dir/$1.hold
	mkdir -p "$dir"
	rm -f "$dir"/*
	cat >"$dir/hold" <<-END
		#!/bin/sh
		cat >"$dir/state.part"
		mv "$dir/state.part" "$dir/hold.state"
		read -r line <"$dir/fifo"
	END
	chmod +x "$dir/hold"
	mkfifo "$dir/fifo"
	fleet_config "$(fleet_hooks "$dir/hold" "$stage")" "held-$stage" wait >"$dir/config.json"
	crun --cgroup-manager=disabled run -d --bundle "$dir" "held-$stage" </dev/null >"$dir/log" 2>&1 3>&- &
	wait_for 20 test -e "$dir/hold.state" || fail "$(<"$dir/log")" || return 1
	held_pid=$(jq .pid "$dir/hold.state")
	jq -c '.status = "stopped" | del(.pid)' "$dir/hold.state" >"$dir/stopped.state"
}

fleet_let_go() { # STAGE
	echo go >"$fleet_dir/$1.hold/fifo"
	wait_for 20 crun delete -f "held-$1"
	"$HOOK" <"$fleet_dir/$1.hold/stopped.state"
}
