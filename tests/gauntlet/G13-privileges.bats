#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G13: take more rights than the container has
#
# What the caller had goes on into the command: supplementary groups of the host's, which open the host's files to whoever
# shares its file systems (CVE-2022-36109), inheritable and ambient capabilities, by which any program of the container's with
# file capabilities becomes more than it should (CVE-2022-29162). The command's process is the container's to use.

bats_require_minimum_version 1.5.0
load gauntlet

none=0000000000000000

# burdened COMMAND...: by a caller with groups, and inheritable and ambient capabilities.
burdened() {
	setpriv --groups 4,27 --inh-caps +net_raw,+sys_admin --ambient-caps +net_raw,+sys_admin "$@"
}

# Standard input without tabs: the lines of /proc/self/status that say who a command is.
status_lines() {
	grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters):' | sed 's/\t/ /g; s/ *$//'
}

# value FIELD: of these lines, on standard input.
value() {
	sed -n "s/^$1: *//p"
}

@test "naive: nsenter hands on the caller's groups and capabilities" {
	thin_run c
	"$DBG_INJECT" --attach c
	local lines
	lines=$(burdened nsenter -t "$(container_pid c)" -m -p -r /dev/crashcart/bin/cat /proc/self/status | status_lines)
	assert_equal "$(value Groups <<<"$lines")" "4 27"
	[ "$(value CapAmb <<<"$lines")" != "$none" ]
	[ "$(value CapEff <<<"$lines")" != "$(status_lines <"/proc/$(container_pid c)/status" | value CapEff)" ]
}

# In containers' user namespaces, the caller's groups are 65534, and still give what they give outside.
@test "ours: neither the caller's groups nor its capabilities get in, whatever the profile and the user" {
	local kind options profile user lines
	while read -r kind options; do
		# shellcheck disable=SC2086 # words
		thin_run "$kind" $options
		for profile in same debug full; do
			for user in 0 1000:1001; do
				lines=$(burdened "$DBG_INJECT" --profile "$profile" -u "$user" "$kind" cat /proc/self/status | status_lines)
				assert_equal "$(value Groups <<<"$lines")" "${user#*:}" "groups of $user in $kind"
				[ "$user" != 0 ] || assert_equal "$(value CapAmb <<<"$lines")$(value CapInh <<<"$lines")" "$none$none" "$profile in $kind"
				# For another user, they are those of the profile.
				[ "$user" = 0 ] || assert_equal "$(value CapAmb <<<"$lines")" "$(value CapEff <<<"$lines")" "$profile in $kind"
			done
		done
		assert_equal "$(burdened "$DBG_INJECT" "$kind" cat /proc/self/status | status_lines | value Groups)" "" "without --user, in $kind"
	done < <(kinds)
}

@test "ours: with the profile same, all that /proc/self/status tells is as the engine's exec has it" {
	local options name=c0 user
	for options in '' '--cap-drop all --cap-add CHOWN,NET_RAW' '--cap-add SYS_ADMIN' --privileged \
		'--security-opt no-new-privileges' '--uidmap 0:100000:65536' '--user 1000' '--security-opt seccomp=unconfined'; do
		name=c$((${name#c} + 1))
		# shellcheck disable=SC2086 # words
		container_run "$RUNTIME" "$name" --network none $options -- fat
		for user in root 77:5; do
			# podman leaves out the user's own group, see above.
			burdened "$DBG_INJECT" --profile same -u "$user" "$name" cat /proc/self/status | status_lines | grep -v Groups >"$LAB/ours"
			podman exec -u "$user" "$name" /bin/cat /proc/self/status | status_lines | grep -v Groups >"$LAB/theirs"
			assert_equal "$(cat "$LAB/ours")" "$(cat "$LAB/theirs")" "user $user, container with $options"
		done
	done
}
