#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# Sessions at a terminal, by expect; and what is carried through pipes.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_tools
}

teardown() {
	lab_teardown
}

runs_not_inside() {
	[ -z "$(inside_pids "$@")" ]
}

# The container's first process is the only one.
alone_inside() { # NAME
	[ "$(inside_pids "$1" .)" = "$(container_pid "$1")" ]
}

# The time that PID has used, in ticks.
ticks() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# It waits, and does not ask again and again.
idle() { # PID
	local before
	before=$(ticks "$1")
	sleep 0.5
	[ "$(ticks "$1")" -le "$((before + 1))" ]
}

@test "without a command: an interactive shell with a prompt that names the container" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" c}
		want {\[dbg c\] / # $}
		type {echo "name-$CRASHCART_CONTAINER"; echo "term-$TERM"}
		want "name-c\r\nterm-xterm\r\n"
		# What this terminal can do, it knows from the tree: Ctrl-L clears the screen.
		want {# $}
		send "\014"
		want {\u001b\[H\u001b\[2J}
		want {# $}
		type {exit 5}
		back_with 5
	END
}

@test "it is a terminal of the command's own, and its controlling one" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" c sh -c 'test -t 0 && test -t 1 && test -t 2 && echo "written-$((1 + 1))" >/dev/tty'}
		want "written-2\r\n"
		want {host> $}
		type {outside=$(stat -L -c %t:%T /dev/stdin); inside=$("$DBG_INJECT" -t c stat -L -c %t:%T /proc/self/fd/0 | tr -d '\r')}
		want {host> $}
		type {[[ $inside = 8[89abcdef]:* && $inside != "$outside" ]] && echo "own-$((1 + 1))"}
		want "own-2\r\n"
		back_with 0
	END
}

@test "Ctrl-C ends the tool and not the shell; Ctrl-\\ and Ctrl-D do what they do" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		inject_shell c
		type {sleep 1030}
		sleeps 1030
		send "\003"
		want {# $}
		type {echo "ended-$?"}
		want "ended-130\r\n"
		want {# $}
		type {echo "reading-$((1 + 1))"; cat}
		want "reading-2\r\n"
		send "line\r"
		want "line\r\nline\r\n"
		send "\004"
		want {# $}
		send "\004"
		back_with 0
		type {"$DBG_INJECT" c sleep 1031}
		sleeps 1031
		send "\003"
		back_with 130
		type {"$DBG_INJECT" c sleep 1031}
		sleeps 1031
		send "\034"
		back_with 131
	END
}

@test "job control: Ctrl-Z, jobs, bg, fg" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		inject_shell c
		type {sleep 1032}
		sleeps 1032
		send "\032"
		want {Stopped +sleep 1032\r\n}
		want {# $}
		type {bg; jobs}
		want {Running +sleep 1032 &\r\n}
		want {# $}
		type fg
		want "sleep 1032\r\n"
		sleeps 1032
		send "\003"
		want {# $}
		type {echo "ended-$?"; jobs; exit}
		want "ended-130\r\n"
		back_with 0
	END
}

@test "the window's size, at the start and at each change" {
	thin_run c
	at_terminal <<-'END'
		host_shell 31 97
		type {"$DBG_INJECT" c stty size}
		want "31 97\r\n"
		want {host> $}
		type {"$DBG_INJECT" c bash -c 'trap "echo told-$((1 + 1))" WINCH; trap "exit 130" INT; echo "ready-$((1 + 1))"; while :; do stty size; sleep 0.1; done'}
		want "ready-2\r\n"
		resize 45 132
		want "told-2\r\n"
		want "45 132\r\n"
		resize 20 60
		want "20 60\r\n"
		send "\003"
		back_with 130
		inject_shell c
		type {stty size}
		want "20 60\r\n"
		want {# $}
		resize 50 100
		type {stty size}
		want "50 100\r\n"
		want {# $}
		type exit
		back_with 0
	END
}

@test "an editor draws on the whole of it, and leaves it as it was" {
	container_run "$RUNTIME" c --network none -- fat
	at_terminal <<-'END'
		host_shell 20 70
		inject_shell c
		type {echo first line >/tmp/text; inner=$(stty -g); busybox vi /tmp/text}
		# To the place 1;1, the line, a tilde on each line that the text has not, and the status on the last.
		want {first line[^~]*(~[^~]*){18}/tmp/text}
		resize 12 70
		send "o"
		send "second line\033"
		want {second line}
		send ":wq\r"
		want {# $}
		type {[ "$(stty -g)" = "$inner" ] && echo "as-$((1 + 1))"; cat /tmp/text}
		want "as-2\r\nfirst line\r\nsecond line\r\n"
		want {# $}
		type exit
		back_with 0
	END
}

@test "the terminal is as before after each end, and the exit status is right" {
	container_run "$RUNTIME" c --network none -- fat
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" c sh -c 'exit 7'}
		back_with 7
		type {"$DBG_INJECT" c sh -c 'stty raw -echo; kill -KILL $$'}
		back_with 137
		type {"$DBG_INJECT" c sh -c 'stty raw -echo; kill -SEGV $$'}
		back_with 139
		type {"$DBG_INJECT" c no-such-command}
		want {dbg-inject: c: no-such-command: not found}
		back_with 127
		type {"$DBG_INJECT" c /etc/passwd}
		want {dbg-inject: c: /etc/passwd: cannot be run}
		back_with 126
		type {"$DBG_INJECT" no-such-container}
		back_with 125
		type {"$DBG_INJECT" c sh -c 'echo "ready-$((1 + 1))"; kill -KILL $PPID; exit 3'}
		want {host> $}
	END
}

@test "a signal to dbg-inject ends the session, also where its shell would not heed it; the terminal is as before" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		foreach {signal status} {TERM 143 HUP 129} {
			inject_shell c
			type {stty raw -echo; trap '' INT; echo "ready-$((1 + 1))"; sleep 1033}
			want {ready-2}
			inject_pid
			exec kill -$signal $inject
			back_with $status
		}
		type {"$DBG_INJECT" c sleep 1034}
		sleeps 1034
		inject_pid
		exec kill -INT $inject
		back_with 130
	END
	wait_for 20 runs_not_inside c 'sleep 103[34]'
}

@test "detach --force ends a session at a terminal, which is as before, also where nobody heeds a signal" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		inject_shell c
		exec $env(DBG_INJECT) --detach --force c
		back_with 143
		type {"$DBG_INJECT" c bash -c 'stty raw -echo; trap "" TERM HUP; echo "ready-$((1 + 1))"; while :; do sleep 0.2; done'}
		want {ready-2}
		exec $env(DBG_INJECT) --detach --force c
		back_with 143
	END
	assert_equal "$(ls -A "$OCI_CRASHCART_STATE_DIR/sessions")" ""
	assert_provisioned c
}

@test "a session whose processes heed no signal is killed, and soon" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" c bash -c 'trap "" TERM HUP; sleep 1035 & sleep 1036 & echo "ready-$((1 + 1))"; while :; do sleep 1037; done'}
		want {ready-2}
		inject_pid
		exec kill -TERM $inject
		back_with 143
	END
	# A busy machine takes a moment more to end what was killed than dbg-inject waits for that.
	wait_for 20 runs_not_inside c 'sleep 103[567]'
}

@test "SIGTSTP from outside: the terminal is as before while it is stopped, and raw again afterwards" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		inject_shell c
		inject_pid
		exec kill -TSTP $inject
		want {Stopped}
		want {host> $}
		type same
		want "same-2\r\n"
		want {host> $}
		resize 37 111
		type fg
		want {DBG_INJECT}
		type {stty size}
		want "37 111\r\n"
		want {# $}
		# Ctrl-C is a byte again, and the session's.
		type {sleep 1038}
		sleeps 1038
		send "\003"
		want {# $}
		exec kill -STOP $inject
		want {Stopped}
		want {host> $}
		type fg
		want {DBG_INJECT}
		type {sleep 1038}
		sleeps 1038
		send "\003"
		want {# $}
		type {exit 4}
		back_with 4
		# An interactive bash restores its terminal itself; a script does not.
		type {bash -c 'set -m; "$DBG_INJECT" c; [ "$(stty -g)" = "$0" ] && echo "stopped-$((1 + 1))"; fg' "$before"}
		want {# $}
		exec kill -TSTP [exec pgrep -o -x dbg-inject]
		want "stopped-2\r\n"
		type {exit 5}
		back_with 5
	END
}

@test "in the background it is stopped, as others are that need the terminal, and goes on in the foreground" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" c sh -c 'echo "ready-$((1 + 1))"; exit 6' &}
		want {host> $}
		until "it is stopped" {![catch {exec grep -q {^State:.T} /proc/[children_of $shell dbg-inject]/status}]}
		type {same; fg}
		want "same-2\r\n"
		want "ready-2\r\n"
		back_with 6
	END
}

@test "in the background with output to a file: it goes on while others read the terminal, and reads it in the foreground" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" c sh -c 'cat; exit 6' >$LAB/out & job=$!}
		want {host> $}
		until "the command is there" {![catch {exec pgrep -x cat}]}
		# Typed ahead, while nobody reads: it is the shell's.
		type {sleep 1}
		type {echo "ahead-$((1 + 1))"}
		want "ahead-2\r\n"
		want {host> $}
		type {jobs; cat $LAB/out; echo "jobs-$((1 + 1))"}
		want {Running.*jobs-2\r\n}
		want {host> $}
		type {fg}
		want {dbg-inject|DBG_INJECT}
		type {to the command}
		until "it came" {![catch {exec grep -qx {to the command} $env(LAB)/out}]}
		send "\004"
		back_with 6
	END
	assert_equal "$(cat "$LAB/out")" 'to the command'
}

@test "hang-up: the session ends with the caller's terminal, and no process of it is left" {
	thin_run c
	local how
	# By end of file alone, with SIGHUP ignored; and by SIGHUP.
	for how in '' :; do
		rm -f "$LAB/status"
		HOW=$how at_terminal <<-'END'
			spawn -noecho bash --norc -c {trap "$HOW" HUP; "$DBG_INJECT" c; echo $? >$LAB/status}
			want {# $}
			type {(trap '' HUP; sleep 1040) & sleep 1041 & echo "ready-$((1 + 1))"; sleep 1042}
			want {ready-2}
			close
			wait
		END
		wait_for 20 test -s "$LAB/status"
		assert_equal "$(cat "$LAB/status")" 129 "with trap '$how' HUP"
		wait_for 20 alone_inside c
	done
	assert_equal "$(ls -A "$OCI_CRASHCART_STATE_DIR/sessions")" ""
}

@test "the shell and its job end with dbg-inject, even where that is killed" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		inject_shell c
		type {sleep 1046}
		sleeps 1046
		inject_pid
		exec kill -KILL $inject
		want {Killed}
	END
	wait_for 20 alone_inside c
}

@test "the terminal is as before also where dbg-inject is killed and no shell restores it" {
	thin_run c
	at_terminal <<-'END'
		spawn -noecho sh -c {stty -g >$LAB/before; exec "$DBG_INJECT" c}
		set terminal $spawn_out(slave,name)
		want {# $}
		exec kill -KILL [exp_pid]
		until "the terminal is as before" {[exec stty -g <$terminal] eq [exec cat $env(LAB)/before]}
	END
	wait_for 20 alone_inside c
}

@test "the container's end ends the session; the terminal is as before" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		inject_shell c
		exec podman rm -f -t 0 c
		back_with 137
	END
}

@test "what the command writes last is not lost; what its children keep open is not waited for" {
	thin_run c
	at_terminal <<-'END' >"$LAB/session"
		host_shell
		for {set i 0} {$i < 10} {incr i} {
			type {"$DBG_INJECT" c sh -c 'busybox seq 1 20000 | busybox tail -c 100000; echo "last-$((1 + 1))"'}
			want {18890\r\n}
			for {set n 18900} {$n <= 20000} {incr n 100} { want "\n$n\r\n" }
			want "last-2\r\n"
			back_with 0
		}
		type {"$DBG_INJECT" c sh -c 'sleep 1043 & (while echo noise; do :; done) & echo "last-$((1 + 1))"'}
		want "last-2\r\n"
		back_with 0
	END
	wait_for 20 eval 'inside_pids c "sleep 1043" | xargs -r kill; runs_not_inside c "sleep 1043"'
}

@test "a command that has closed its terminal can open it again" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" c bash -c 'exec <&- >&- 2>&-; sleep 0.3; echo "again-$((1 + 1))" >/dev/tty; sleep 0.3; read -r line </dev/tty; echo "<$line>" >/dev/tty'}
		want "again-2\r\n"
		type line
		want "<line>\r\n"
		back_with 0
	END
}

@test "a reader that is slow loses nothing; one that does not read does not hold dbg-inject" {
	thin_run c
	at_terminal <<-'END' >"$LAB/session"
		host_shell
		type {"$DBG_INJECT" c yes}
		want "y\r\n"
		inject_pid
		proc ticks {pid} { return [exec awk {{ sub(/.*\) /, ""); print $12 + $13 }} /proc/$pid/stat] }
		until "it waits for the terminal" {[set before [ticks $inject]; after 300; ticks $inject] == $before}
		exec kill -TERM $inject
		until "it has ended" {[children_of $shell dbg-inject] eq ""}
		back_with 143
		type {"$DBG_INJECT" c seq 1 100000; echo "status-$?"}
		after 300
		for {set n 1} {$n <= 100000} {incr n 999} { want "\n$n\r\n" }
		want "\n100000\r\nstatus-0\r\n"
	END
}

@test "standard error stays apart where it is no terminal" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" c sh -c 'echo "out-$((1 + 1))"; echo "err-$((1 + 1))" >&2' 2>$LAB/err.file}
		want "out-2\r\n"
		back_with 0
		type {"$DBG_INJECT" c sh -c 'echo "err-$((1 + 1))" >&2' 2> >(cat >$LAB/err.pipe)}
		back_with 0
	END
	assert_equal "$(cat "$LAB/err.file")" err-2
	wait_for 20 grep -qx err-2 "$LAB/err.pipe"
}

@test "no terminal where one end is none, nor with -T" {
	thin_run c
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" c sh -c 'test -t 0 || test -t 1 || echo "none-$((1 + 1))"' | cat}
		want "none-2\r\n"
		back_with 0
		type {"$DBG_INJECT" c sh -c 'test -t 0 || test -t 1 || echo "none-$((1 + 1))"' </dev/null}
		want "none-2\r\n"
		back_with 0
		type {"$DBG_INJECT" -T c sh -c 'test -t 0 || test -t 1 || test -t 2 || echo "none-$((1 + 1))"'}
		want "none-2\r\n"
		back_with 0
		type {"$DBG_INJECT" -i -T c}
		type {echo "read-$((1 + 1))"}
		want "read-2\r\n"
		send "\004"
		back_with 0
	END
}

@test "-t makes a terminal of pipes, too; the end of input is the end of input there" {
	thin_run c
	run -3 "$DBG_INJECT" -t c sh -c 'test -t 0 && test -t 1 && echo terminal; exit 3' </dev/null
	assert_equal "$output" $'terminal\r'
	# shellcheck disable=SC2016 # not this shell expands it
	printf 'one\ntwo' | timeout 20 "$DBG_INJECT" -t c sh -c 'wc -c; echo "end-$((1 + 1))"' >"$LAB/out"
	assert_has "$(cat "$LAB/out")" $'7\r\nend-2\r'
	run --separate-stderr "$DBG_INJECT" -t c sh -c 'echo out; echo err >&2' </dev/null
	assert_equal "$output" $'out\r'
	assert_equal "$stderr" err
}

@test "-t: who stops reading ends the command" {
	thin_run c
	local statuses
	timeout 20 "$DBG_INJECT" -t c yes </dev/null | head -n 1 >"$LAB/line"
	statuses=("${PIPESTATUS[@]}")
	assert_equal "${statuses[*]}" "141 0"
	assert_equal "$(cat "$LAB/line")" $'y\r'
	runs_not_inside c yes
}

@test "a terminal in raw mode carries each byte both ways" {
	thin_run c
	head -c 1048576 /dev/urandom >"$LAB/bytes"
	mkfifo "$LAB/fifo"
	timeout 60 "$DBG_INJECT" -t c sh -c 'stty raw -echo; echo ready; head -c 1048576' <"$LAB/fifo" >"$LAB/back" 3>&- &
	local pid=$!
	exec 4>"$LAB/fifo"
	wait_for 20 grep -q ready "$LAB/back"
	cat "$LAB/bytes" >&4
	wait "$pid"
	exec 4>&-
	rm "$LAB/fifo"
	tail -c +7 "$LAB/back" | cmp - "$LAB/bytes"
}

@test "64 MiB of random bytes, through pipes" {
	thin_run c
	head -c 67108864 /dev/urandom >"$LAB/bytes"
	local sum
	sum=$(sha256sum <"$LAB/bytes")
	# shellcheck disable=SC2002 # a pipe is meant
	assert_equal "$(cat "$LAB/bytes" | "$DBG_INJECT" c cat | sha256sum)" "$sum"
	assert_equal "$("$DBG_INJECT" c cat <"$LAB/bytes" | sha256sum)" "$sum"
	rm "$LAB/bytes"
}

@test "a pipe whose reader goes ends the command, by SIGPIPE" {
	thin_run c
	local statuses
	timeout 20 "$DBG_INJECT" c yes </dev/null | head -n 1 >/dev/null
	statuses=("${PIPESTATUS[@]}")
	assert_equal "${statuses[*]}" "141 0"
	runs_not_inside c yes
}

@test "in a user namespace the terminal is the user's: it can be opened anew" {
	thin_run c --uidmap 0:100000:65536
	at_terminal <<-'END'
		host_shell
		inject_shell c
		type {echo "anew-$((1 + 1))" >/proc/self/fd/1; echo "tty-$((1 + 1))" >/dev/tty; stty size}
		want "anew-2\r\n"
		want "tty-2\r\n24 80\r\n"
		want {# $}
		type exit
		back_with 0
	END
}

@test "it does not ask again and again: neither idle, nor with its terminal closed inside, nor at the end of input" {
	thin_run c
	"$DBG_INJECT" -t c sleep 1044 </dev/null >"$LAB/out" 2>&1 3>&- &
	local pid=$!
	wait_for 20 runs_inside c '^sleep 1044' # and is not about to
	idle "$pid"
	kill -TERM "$pid"
	wait "$pid" || assert_equal $? 143
	"$DBG_INJECT" -t c bash -c 'exec sleep 1045 <&- >&- 2>&-' </dev/null >"$LAB/out" 2>&1 3>&- &
	pid=$!
	wait_for 20 runs_inside c '^sleep 1045'
	idle "$pid"
	kill -TERM "$pid"
	wait "$pid" || assert_equal $? 143
}

@test "a tree without a shell: it says what to build" {
	thin_run c
	cp -a "$LAB/tools" "$LAB/no-shell"
	rm "$LAB/no-shell/bin/sh" "$LAB/no-shell/bin/bash"
	run -125 --separate-stderr "$DBG_INJECT" --tools "$LAB/no-shell" c
	assert_has "$stderr" 'dbg-tools build --preset minimal'
	assert_equal "${#stderr_lines[@]}" 1
	"$DBG_INJECT" --detach c
	rm -rf "$LAB/no-shell"
}

@test "a tree with busybox alone: its sh is the shell" {
	thin_run c
	"$DBG_TOOLS" build -o "$LAB/only-busybox" busybox
	at_terminal <<-'END'
		host_shell
		type {"$DBG_INJECT" --tools "$LAB/only-busybox" c}
		want {/ # }
		type {echo "sh-$((1 + 1))"; exit 8}
		want "sh-2\r\n"
		back_with 8
	END
	"$DBG_INJECT" --detach c
	rm -rf "$LAB/only-busybox"
}

@test "dry-run tells whether there will be a terminal; misuse is one line" {
	thin_run c
	assert_equal "$("$DBG_INJECT" -n --json c true | jq .terminal)" false
	assert_equal "$("$DBG_INJECT" -n --json -t c true | jq .terminal)" true
	run -0 "$DBG_INJECT" -n -t c true
	assert_matches "$output" 'terminal: +one of its own'
	local arguments
	for arguments in '-t -T c true' '-T -t c true' '-t --list' '-T --attach c'; do
		# shellcheck disable=SC2086 # words
		run -125 --separate-stderr "$DBG_INJECT" $arguments
		assert_equal "${#stderr_lines[@]}" 1
		assert_has "$stderr" '-t and -T'
	done
}
