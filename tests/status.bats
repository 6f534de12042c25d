#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# What goes through, and how it ends: exit statuses, by pipes and by a terminal, in containers of several kinds; and pipes that are watched live.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	lab_teardown
}

# What a shell says of each way to end. Each line: the status that is wanted, and the command; the output is what was got.
ways=$LAB/ways
write_ways() {
	local number
	{
		for number in 0 1 2 3 64 124 125 126 127 128 129 130 137 143 254 255; do
			printf '%s sh -c "exit %s"\n' "$number" "$number"
		done
		for number in 1 2 6 9 10 11 12 13 14 15 24 31 34 64; do
			printf '%s busybox sh -c "kill -%s \\$\\$"\n' $((128 + number)) "$number"
		done
		printf '%s\n' '127 no-such-command' '127 /no/such/command' '126 /etc/passwd' '126 /etc' '126 /dev/null'
	} >"$ways"
}

# statuses NAME: each way in the container NAME; those that end as they should not, a line each.
cat >"$LAB/statuses" <<-'END'
	[ "$2" = pipe ] || { [ -t 0 ] && [ -t 1 ]; } || echo "no terminal"
	count=0
	while read -r wanted command <&7; do
	        if [ "$2" = pipe ]; then
	                echo | eval "\"\$DBG_INJECT\" $1 $command" 2>&1 | cat >/dev/null
	                got=${PIPESTATUS[1]}
	        else
	                eval "\"\$DBG_INJECT\" $1 $command" 2>/dev/null
	                got=$?
	        fi
	        [ "$got" = "$wanted" ] || echo "$command: $got and not $wanted"
	        count=$((count + 1))
	done 7<"$LAB/ways"
	echo "$count ways"
END

assert_statuses() { # NAME
	local wanted keys=$LAB/status.keys # which never end: what comes at the end of input is not what is tested here
	[ -p "$keys" ] || mkfifo "$keys"
	wanted="$(wc -l <"$ways") ways"
	assert_equal "$(bash "$LAB/statuses" "$1" pipe 3>&- </dev/null)" "$wanted" "$1, by pipes" || return 1
	assert_equal "$(script -qec "bash '$LAB/statuses' '$1' terminal" /dev/null <>"$keys" 3>&- | tr -d '\r')" "$wanted" "$1, at a terminal"
}

@test "exit status: of the command, of signals, 126 and 127, by pipes and at a terminal" {
	write_ways
	container_run "$RUNTIME" plain --network none -- fat
	container_run "$RUNTIME" mapped --network none --uidmap 0:100000:65536 -- fat
	assert_statuses plain
	assert_statuses mapped
}

@test "exit status: the same with the host's pid namespace" {
	needs_cgroups
	write_ways
	container_run "$RUNTIME" shared --network none --pid host -- fat
	assert_equal "$(readlink "/proc/$(container_pid shared)/ns/pid")" "$(readlink /proc/self/ns/pid)"
	assert_statuses shared
}

@test "exit status: 125 is dbg-inject's own, at a terminal, too" {
	local status=0
	script -qec "'$DBG_INJECT' no-such-container true" /dev/null </dev/null 3>&- >"$LAB/out" || status=$?
	assert_equal "$status" 125
	assert_matches "$(cat "$LAB/out")" '^dbg-inject: no-such-container: '
}

# Some callers ignore SIGCHLD, for all that they start: nobody could then ask how a child has ended. Others block signals.
@test "a caller that ignores or blocks all signals makes no difference" {
	local careless=(env --ignore-signal --block-signal)
	thin_run c
	run -0 "${careless[@]}" "$DBG_INJECT" --verify c
	assert_has "$output" 'c: clean'
	run -7 "${careless[@]}" "$DBG_INJECT" c sh -c 'exit 7'
	# shellcheck disable=SC2016 # the tool's shell
	run -143 "${careless[@]}" "$DBG_INJECT" c sh -c 'kill -TERM $$'
	run -3 "${careless[@]}" "$DBG_INJECT" --ns net c sh -c 'exit 3'
	run -0 "${careless[@]}" "$DBG_INJECT" --detach c
	run -9 "${careless[@]}" "$DBG_INJECT" --rm --pack c bash -c 'exit 9'
	run "${careless[@]}" "$DBG_INJECT" --doctor
	assert_has_not "$output" 'exit status -1'
	run -0 "${careless[@]}" "$DBG_TOOLS" build -q -o "$LAB/tree" busybox
}

@test "exit status: each number there is" {
	thin_run c
	local number status wrong=
	for ((number = 0; number < 256; number++)); do
		status=0
		"$DBG_INJECT" c sh -c "exit $number" </dev/null 3>&- || status=$?
		[ "$status" = "$number" ] || wrong+=" $number:$status"
	done
	assert_equal "$wrong" ""
}

# A datagram of all bytes there are, which $LAB/all holds.
send_packet() {
	"$DBG_INJECT" c bash -c 'exec busybox dd bs=256 count=1 iflag=fullblock >/dev/udp/127.0.0.1/9' <"$LAB/all" 2>/dev/null 3>&-
}

@test "a capture is read while it is made: each packet at once, each byte as it is, to its end" {
	thin_run c
	local reader number
	for ((number = 0; number < 256; number++)); do
		printf '%b' "\\x$(printf %x "$number")"
	done >"$LAB/all"
	mkfifo "$LAB/status.fifo"
	"$DBG_INJECT" c tcpdump -n -i lo --immediate-mode -U -w - udp port 9 2>"$LAB/err" </dev/null 3>&- | tee "$LAB/pcap" >"$LAB/status.fifo" 3>&- &
	# A reader that shows what it has got, when it has got it.
	tcpdump -l -n -x -r - <"$LAB/status.fifo" >"$LAB/read" 2>/dev/null 3>&- &
	reader=$!
	wait_for 20 grep -q 'listening on lo' "$LAB/err"
	for number in 1 2 3; do
		send_packet
		wait_for 20 eval "[ \"\$(grep -c 'UDP, length 256' '$LAB/read')\" = $number ]"
	done
	# The end of the capture is the reader's end of file.
	pkill -INT -f '^tcpdump -n -i lo --imm'
	wait_for 20 gone "$reader"
	wait "$reader"
	rm "$LAB/status.fifo"
	# Three packets of all bytes, in order, and no byte more than the headers.
	assert_equal "$(stat -c %s "$LAB/pcap")" $((24 + 3 * (16 + 14 + 20 + 8 + 256)))
	for number in 1 2 3; do
		tail -c $(((4 - number) * 314 - 58)) "$LAB/pcap" | head -c 256 | cmp - "$LAB/all"
	done
}

@test "SIGPIPE and the end of file go both ways" {
	thin_run c
	local statuses file=$LAB/data
	# The reader goes: the command gets SIGPIPE.
	timeout 20 "$DBG_INJECT" c yes </dev/null 2>"$LAB/err" | head -n 1 >/dev/null
	statuses=("${PIPESTATUS[@]}")
	assert_equal "${statuses[*]}" "141 0"
	# A command that goes: the writer gets it. That is so for a pipe that is handed over, and at a terminal's side.
	timeout 20 yes | timeout 20 "$DBG_INJECT" c head -n 1 >/dev/null
	statuses=("${PIPESTATUS[@]}")
	assert_equal "${statuses[*]}" "141 0"
	timeout 20 yes | timeout 20 "$DBG_INJECT" -t c sh -c 'exit 3' >/dev/null || statuses=("${PIPESTATUS[@]}")
	assert_equal "${statuses[*]}" "141 3"
	# A file, which is carried: what is not read any more is no error.
	yes | head -c 3000000 >"$file"
	run -0 timeout 20 "$DBG_INJECT" c head -n 1 <"$file"
	assert_equal "$output" y
	# The end of input is the command's; and of output the reader's, while a process of the command's is there still.
	assert_equal "$(printf 'a\nb' | timeout 20 "$DBG_INJECT" c sh -c 'cat; echo "<end>"')" $'a\nb<end>'
	# Also of a command that goes on: neither dbg-inject nor anything else of ours has the pipes (nor a timeout here).
	"$DBG_INJECT" c sh -c 'echo out; exec >&-; sleep 1050' </dev/null 3>&- | { cat >"$LAB/out"; echo end >>"$LAB/out"; } &
	wait_for 20 grep -qx end "$LAB/out"
	assert_equal "$(cat "$LAB/out")" $'out\nend'
	wait_for 20 pkill -xf 'sleep 1050'
	{ timeout 20 yes || echo "$?" >"$LAB/out"; } | "$DBG_INJECT" c sh -c 'exec <&-; sleep 1051' 3>&- &
	wait_for 20 grep -qx 141 "$LAB/out"
	wait_for 20 pkill -xf 'sleep 1051'
}

@test "detach --force names what it ends: by SIGTERM, and after five seconds by SIGKILL" {
	thin_run c
	local stubborn polite inner started=$SECONDS status
	"$DBG_INJECT" c bash -c 'trap "" TERM; echo ready; while :; do sleep 0.2; done' >"$LAB/out" </dev/null 3>&- &
	stubborn=$!
	"$DBG_INJECT" c sleep 1052 </dev/null 3>&- &
	polite=$!
	wait_for 20 runs_inside c '^sleep 1052'
	wait_for 20 grep -q ready "$LAB/out"
	# By its session: what bash makes has bash's command line until it is a sleep.
	inner=$("$DBG_INJECT" --list --json | jq -r '.[0].sessions[] | select(.command | startswith("bash ")).pid')
	run -0 "$DBG_INJECT" --detach --force c
	assert_has "$output" "c: ending pid $inner (bash)"
	assert_matches "$output" 'c: ending pid [0-9]+ \(sleep\)'
	assert_matches "$output" $'\n''c: detached$'
	[ $((SECONDS - started)) -ge 5 ]
	status=0
	wait "$polite" || status=$?
	assert_equal "$status" 143
	status=0
	wait "$stubborn" || status=$?
	assert_equal "$status" 137
	assert_provisioned c
	assert_equal "$(ls "$OCI_CRASHCART_STATE_DIR/sessions")" ""
}

@test "a session is of the one who has logged in, whoever that has become since" {
	thin_run c
	# nobody logged in, and became root by sudo.
	bash -c 'echo 65534 >/proc/self/loginuid' 2>/dev/null || skip "cannot run here: the login of a process cannot be set"
	bash -c 'echo 65534 >/proc/self/loginuid; exec "$DBG_INJECT" c sleep 1053' </dev/null 3>&- &
	local session=$!
	wait_for 20 runs_inside c '^sleep 1053'
	assert_equal "$("$DBG_INJECT" --list --json | jq -r '.[0].sessions[0].user')" "$(id -un 65534)"
	run -0 "$DBG_INJECT" --status c
	assert_has "$output" "$(id -un 65534)"
	kill "$session"
	wait_for 20 gone "$session"
	wait_for 20 grep -q "dbg-inject.*: $(id -un 65534): c .*: runs sleep 1053" "$LAB/log"
}
