#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G10: load code into the hook by a variable of the image's
#
# CVE-2025-23266 (NVIDIA Container Toolkit). A hook that is registered without an environment of its own gets the image's at
# some stages: runc's createContainer, which runs the host's program as root of the host, and startContainer of both runtimes.
# LD_PRELOAD then names a library of the image's.

bats_require_minimum_version 1.5.0
load gauntlet

setup() {
	rm -f "$LAB/evil.log"
	cc -shared -fPIC -D_GNU_SOURCE -o "$LAB/evil.so" "$gauntlet_dir/evil.c"
}

# hook_bundle STAGE PROGRAM: a bundle with our hook as it is registered, and with PROGRAM (in $LAB) beside it at STAGE, without an
# environment. The image has a library and a variable that names it, by its path in the container and on the host.
hook_bundle() {
	local root=$LAB/bundle/rootfs
	bundle_make "$LAB/bundle"
	cp "$LAB/evil.so" "$root/evil.so"
	# At startContainer the program is looked for in the container.
	mkdir -p "$root$LAB"
	cp "$2" "$root$2"
	ldd "$LAB/naive-hook" | grep -o '/[^ ]*' | xargs cp -L --parents -t "$root/"
	jq --arg stage "$1" --arg program "$2" --arg evil "LD_PRELOAD=/evil.so $LAB/bundle/rootfs/evil.so" '
		.root.readonly = false | .process.env += [$evil] | .hooks[$stage] = [{path: $program}]' \
		"$LAB/bundle/config.json" >"$LAB/bundle/config.new"
	mv "$LAB/bundle/config.new" "$LAB/bundle/config.json"
	bundle_run "$LAB/bundle" crashcart-evil
	wait_for 20 is_ready "$(cat "$LAB/crashcart-evil.pid")"
}

# Whom the library was in: on the host and in the container.
evil_log() {
	cat "$LAB/evil.log" "$LAB/bundle/rootfs$LAB/evil.log" 2>/dev/null || true
}

setup_naive() {
	echo 'int main(void) { while (getchar() >= 0) continue; return 0; }' | cc -include stdio.h -x c -o "$LAB/naive-hook" -
}

stages() {
	[ "$RUNTIME" = crun ] || echo createContainer
	echo startContainer
}

@test "naive: a hook without an environment of its own has the image's library in it" {
	setup_naive
	local stage
	for stage in $(stages); do
		hook_bundle "$stage" "$LAB/naive-hook"
		assert_has "$(evil_log)" "$LAB/naive-hook" "$stage"
		"$RUNTIME" delete -f crashcart-evil
		rm -f "$LAB/evil.log"
	done
}

@test "ours: the hook does its work at its stages, and nothing of the image's is in it" {
	setup_naive
	hook_bundle startContainer "$LAB/naive-hook" # so that the library is seen to work
	grep -q " /dev/crashcart " "/proc/$(cat "$LAB/crashcart-evil.pid")/mountinfo"
	"$RUNTIME" delete -f crashcart-evil
	assert_has "$(evil_log)" "$LAB/naive-hook"
	assert_has_not "$(evil_log)" crashcart-hook
	lab_assert_clean crashcart-evil
}

@test "ours: the registration gives an environment, and no stage at which it would be the image's" {
	local file
	for file in "$BUILDDIR"/conf/oci-crashcart.json "$HOOKS_DIR"/*.json; do
		jq -e '(.hook.env | length > 0) and (.stages - ["prestart", "poststart", "poststop"] == [])' "$file"
	done
}

@test "ours: also where it is registered wrongly, nothing is loaded into it" {
	[[ $(ldd "$HOOK" 2>&1) != *"=>"* ]] || skip "cannot run here: the hook is not linked statically"
	setup_naive
	cp "$HOOK" "$LAB/crashcart-hook"
	local stage
	for stage in $(stages); do
		hook_bundle "$stage" "$LAB/crashcart-hook"
		assert_equal "$(evil_log)" "" "$stage"
		"$RUNTIME" delete -f crashcart-evil
	done
}
