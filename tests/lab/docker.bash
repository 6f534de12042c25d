# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# docker in a lab, with the runtime wrapper. Needs lab.bash, and its images.

export DOCKER_HOST=unix://$LAB/docker.sock

# daemon_start NAME [OPTION...]: a dockerd of the lab's own, with the wrapper as its default runtime, and by name.
daemon_start() {
	local name=$1
	shift
	mkdir -p "$LAB/$name"
	jq -n --arg path "$LAB/wrapper" '{runtimes: {crashcart: {path: $path}}, "default-runtime": "crashcart"}' >"$LAB/$name/daemon.json"
	setsid dockerd --config-file "$LAB/$name/daemon.json" --data-root "/var/lib/containers/$name" --exec-root "$LAB/$name/exec" \
		-H "unix://$LAB/$name.sock" -p "$LAB/$name/pid" --bridge=none --iptables=false "$@" \
		</dev/null >"$LAB/$name/log" 2>&1 3>&- 4>&- &
	DOCKER_HOST=unix://$LAB/$name.sock wait_for 30 docker version || fail "dockerd: $(tail -n 20 "$LAB/$name/log")" || return 1
	tar -C "$LAB/image" -c app | DOCKER_HOST=unix://$LAB/$name.sock docker import -c 'ENTRYPOINT ["/app"]' - thin >/dev/null
	tar -C "$LAB/image" -c . | DOCKER_HOST=unix://$LAB/$name.sock docker import -c 'ENTRYPOINT ["/app"]' - fat >/dev/null
}

daemon_stop() { # NAME
	local pid
	pid=$(cat "$LAB/$1/pid")
	kill -CONT "$pid"
	kill "$pid"
	wait_for 30 gone "$pid"
}

# docker --privileged asks for all capabilities, also for one that a machine may not have: CAP_SYS_RESOURCE (24).
mend_capabilities() {
	local effective
	effective=$(awk '$1 == "CapEff:" { print $2 }' /proc/self/status)
	(((16#$effective >> 24) & 1)) && return
	cat <<-'END'
		[[ " $* " != *" create --bundle "* ]] || sed -i 's/,"CAP_SYS_RESOURCE"//g' "$(sed 's/.* --bundle \([^ ]*\) .*/\1/' <<<" $* ")/config.json"
	END
}

# Engines do not hand their environment down to the runtime in all cases.
write_wrapper() {
	cat >"$LAB/wrapper" <<-END
		#!/bin/bash
		$(mend_capabilities)
		export OCI_CRASHCART_STATE_DIR=$OCI_CRASHCART_STATE_DIR OCI_CRASHCART_CONFIG=$OCI_CRASHCART_CONFIG
		export OCI_CRASHCART_HOOK=$HOOK ASAN_OPTIONS=${ASAN_OPTIONS:-} UBSAN_OPTIONS=${UBSAN_OPTIONS:-}
		exec $BUILDDIR/oci-crashcart-runtime "\$@"
	END
	chmod 755 "$LAB/wrapper"
}
