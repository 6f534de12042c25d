#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G5: have something made or mounted on the host by an image's /dev
#
# CVE-2026-41579 and kin. The hook runs as root, on what the image has at /dev and /dev/crashcart: a link that leads to the
# host, a file, a FIFO that nobody opens at its other end, a socket, a device, nothing; or the host's own /dev. A hook that
# makes its directory by a path makes it where the link leads; one that fails keeps the container from starting.

bats_require_minimum_version 1.5.0
load gauntlet

setup() {
	mkdir -p "$LAB/none.d"
	rm -rf "$LAB/victim"
	mkdir "$LAB/victim"
	[ -e "$LAB/make-socket" ] ||
		echo 'int main(int count, char **words) { return count < 2 || mknod(words[1], S_IFSOCK | 0600, 0); }' |
		cc -D_GNU_SOURCE -include sys/stat.h -x c -o "$LAB/make-socket" -
}

# make KIND PATH: a link to the host's directory $LAB/victim, or what KIND says.
make() {
	rm -rf "$2"
	case $1 in
	absent) ;;
	link) ln -s "$LAB/victim" "$2" ;;
	file) : >"$2" ;;
	fifo) mkfifo "$2" ;;
	socket) "$LAB/make-socket" "$2" ;;
	device) mknod "$2" c 1 3 ;;
	directory) mkdir "$2" ;;
	esac
}

# hostile_bundle [HOOK]: a bundle without a mount on /dev.
hostile_bundle() {
	bundle_make "$LAB/bundle" "$@"
	jq '.mounts |= map(select(.destination | startswith("/dev") | not)) | .process.args = ["/app", "exit", "7"]' \
		"$LAB/bundle/config.json" >"$LAB/config.hooks"
	jq 'del(.hooks)' "$LAB/config.hooks" >"$LAB/config.bare"
}

# start CONFIG PLACE KIND: with that file of $LAB, and that at PLACE in its image, dev or dev/crashcart. The exit status of
# the container, or the runtime's own, goes to $started.
start() {
	rm -rf "$LAB/bundle/rootfs/dev"
	mkdir "$LAB/bundle/rootfs/dev"
	make "$3" "$LAB/bundle/rootfs/$2"
	cp "$LAB/$1" "$LAB/bundle/config.json"
	started=0
	timeout 20 "$RUNTIME" run --bundle "$LAB/bundle" crashcart-hostile </dev/null >"$LAB/start.out" 2>&1 3>&- || started=$?
	"$RUNTIME" delete -f crashcart-hostile >/dev/null 2>&1 || true
}

# A hook that means well: it makes its directory and mounts on it, in the image's root, by paths.
naive_hook() {
	cat >"$LAB/naive-hook" <<-'END'
		#!/bin/bash
		set -e
		state=$(cat)
		[ "$(jq -r .status <<<"$state")" = created ] || [ "$(jq -r .status <<<"$state")" = creating ] || exit 0
		root=$(jq -r .bundle <<<"$state")/rootfs
		mkdir -p "$root/dev/crashcart"
		mount -t tmpfs naive "$root/dev/crashcart"
	END
	chmod 755 "$LAB/naive-hook"
}

@test "naive: a link has directories made and mounted on the host, a file keeps the container from starting" {
	naive_hook
	hostile_bundle "$LAB/naive-hook"
	start config.hooks dev link
	[ -d "$LAB/victim/crashcart" ]
	grep -q " $LAB/victim/crashcart .* naive " /proc/self/mountinfo
	while umount "$LAB/victim/crashcart" 2>/dev/null; do
		continue
	done
	start config.hooks dev/crashcart file
	[ "$started" -ne 7 ]
}

# A line comes to the log when whoever writes it has got it.
skipped_since() { # LINES-BEFORE
	tail -n "+$(($1 + 1))" "$LAB/log" | grep -F crashcart-hostile | grep -q 'skipped'
}

@test "ours: whatever an image without a mount on /dev has there, nothing is made, and the container starts as without us" {
	hostile_bundle
	local place kind here bare made log
	thin_run first # which makes the state directory
	here=$(cat /proc/self/mountinfo)
	for place in dev dev/crashcart; do
		for kind in absent link file fifo socket device directory; do
			start config.bare "$place" "$kind"
			bare=$started
			made=$(ls -A "$LAB/victim") # by the runtime itself
			log_settle
			log=$(wc -l <"$LAB/log")
			start config.hooks "$place" "$kind"
			assert_equal "$started" "$bare" "exit status with $place: $kind; $(cat "$LAB/start.out")"
			assert_equal "$(ls -A "$LAB/victim")" "$made" "made on the host, with $place: $kind"
			assert_equal "$(cat /proc/self/mountinfo)" "$here" "the host's mount table, with $place: $kind"
			[ "$bare" -ne 7 ] || wait_for 20 skipped_since "$log" ||
				fail "no skip in the log with $place: $kind" "$(tail -n "+$((log + 1))" "$LAB/log")"
			echo "$place: $kind: exit status $bare"
		done
	done
}

@test "ours: what is mounted at /dev/crashcart from its start is left alone" {
	local kind name
	for kind in file fifo socket device directory; do
		make "$kind" "$LAB/thing"
		for name in root mapped; do
			local options=()
			[ "$name" = root ] || options=(--uidmap 0:100000:65536)
			run timeout 30 podman --runtime "$RUNTIME" --hooks-dir "$HOOKS_DIR" run --rm --network none --pull never "${options[@]}" \
				-v "$LAB/thing:/dev/crashcart" thin exit 7
			assert_equal "$status" 7 "exit status of $name with a $kind: $output"
			[ "$kind" != directory ] || assert_equal "$(ls -A "$LAB/thing")" "" "made in the volume"
		done
	done
	rm -rf "$LAB/thing"
}

# What podman itself makes in such a /dev is made before, by a container without the hook.
dev_is_skipped() { # [VOLUME-OPTION]
	local before
	HOOKS_DIR=$LAB/none.d thin_run bare -v "/dev:/dev$1"
	podman rm -f -t 0 bare
	before=$(find /dev -xdev | sort)
	thin_run "c${1#:}" -v "/dev:/dev$1"
	assert_running "c${1#:}"
	log_has "$container" skipped
	assert_not_provisioned "c${1#:}"
	assert_equal "$(find /dev -xdev | sort)" "$before" "/dev of the host"
	assert_equal "$(grep -c ' /dev/crashcart ' /proc/self/mountinfo)" 0
	podman rm -f -t 0 "c${1#:}"
	assert_equal "$(find /dev -xdev | sort)" "$before" "/dev of the host, after it"
}

@test "ours: -v /dev:/dev is skipped with a reason, also with rshared, and the host's /dev stays as it was" {
	dev_is_skipped ""
	dev_is_skipped :rshared
}

image_with() { # NAME COMMAND...: an image of thin, and of what COMMAND makes in it
	local name=$1 root=$LAB/image-$1
	shift
	rm -rf "$root"
	mkdir -p "$root"
	cp "$LAB/image/app" "$root/app"
	(cd "$root" && "$@")
	tar -C "$root" -c . | podman import -q -c 'ENTRYPOINT ["/app"]' - "$name" >/dev/null
}

@test "ours: what an image has beneath podman's own /dev troubles neither the container nor the host" {
	image_with dev-link ln -s /etc dev
	image_with point-link sh -c 'mkdir dev && ln -s /etc dev/crashcart'
	local image
	for image in dev-link point-link; do
		# A runtime may refuse such an image itself: it must do as it does without us.
		local bare=0 ours=0
		podman --runtime "$RUNTIME" --hooks-dir "$LAB/none.d" run --rm --network none "$image" exit 0 2>/dev/null || bare=$?
		podman --runtime "$RUNTIME" --hooks-dir "$HOOKS_DIR" run --rm --network none "$image" exit 0 2>/dev/null || ours=$?
		assert_equal "$ours" "$bare" "exit status of $image"
	done
	[ ! -e /etc/crashcart ]
	"$DBG_INJECT" --gc
}
