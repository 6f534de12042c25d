#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# The command lines of the section EXAMPLES of dbg-inject(1), run in their order as they are printed, with what is typed to them.

bats_require_minimum_version 1.5.0
load lab/lab

setup_file() {
	lab_setup_file
	mkdir -p "$LAB/programs"
	ln -sf "$DBG_INJECT" "$LAB/programs/dbg-inject"
	# The page's tree is the machine's; here it is the lab's, and --pack finds dbg-tools beside.
	printf "#!/bin/bash\n[ \"\$1\" != build ] || set -- build -o %q \"\${@:2}\"\nexec %q \"\$@\"\n" "$LAB/walk" "$DBG_TOOLS" >"$LAB/programs/dbg-tools"
	printf "#!/bin/bash\nexec %q --runtime %q \"\$@\"\n" "$(command -v podman)" "$RUNTIME" >"$LAB/programs/podman"
	chmod 755 "$LAB/programs/dbg-tools" "$LAB/programs/podman"
}

setup() {
	configure "tools = $LAB/walk"
}

teardown() {
	[ -z "${curls:-}" ] || kill "$curls" || true
	lab_teardown
}

# What has to be seen of each command line, and its exit status; the first pattern that matches counts. One that goes on for ever is
# interrupted, as the page says: then it ends by that signal, or as it likes.
expect_table='
dbg-tools build	0	[0-9]+ tools, [0-9]+ libraries, [0-9]+ files
podman run	0	^[0-9a-f]{64}$
podman exec fat ps	0	1 root +/app
podman exec (thin ps|fat tcpdump)	127	executable file .* not found
podman exec thin /dev/crashcart	0	uid=0
-w - >thin.pcap	0	10 packets captured
-w - \| tcpdump	0	IP [0-9.]+ > [0-9.]+\.80: Flags
dbg-inject (fat|thin) tcpdump	0	10 packets captured
--ns net thin tcpdump	interrupt	IP [0-9.]+ > [0-9.]+\.80: Flags
dbg-inject -n 	0	command: +/dev/crashcart/bin/strace
dbg-inject .*strace	interrupt	write\(.*HTTP/1.0 200 OK
dbg-inject .*lsof	0	/app
dbg-inject .*gdb -batch	0	#0 +0x[0-9a-f]+ in
dbg-inject thin$	0	/app
netstat	0	:80 .*LISTEN
--list --json	0	[0-9a-f]{64}
--detach	0	fat: detached
gdb$	0	Attached; pid = 1
'

# The section, as lines "# COMMAND" and "< INPUT".
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh DIAGNOSTICS/p' "$BATS_TEST_DIRNAME/../man/dbg-inject.1" |
		sed -n '/^\.Bd -literal/,/^\.Ed/{/^\./d; s/\\e/\\/g; s/^(gdb) /< /p; s/^\[dbg [^]]*\] [^ ]* # /< /p; /^# /p}'
}

# Somebody asks both servers all the time.
ask() {
	while :; do
		curl -s -m 1 "http://$1/" "http://$2/" >/dev/null || sleep 0.1
		sleep 0.02
	done
}

may_ask() {
	[ -z "${curls:-}" ] && [ "$(podman ps -q | wc -l)" = 2 ] || return 0
	ask "$(container_address fat)" "$(container_address thin)" 3>&- &
	curls=$!
}

# try COMMAND: as a shell runs it, at no terminal, with the file $LAB/typed as input. Its exit status goes to $status.
try() {
	(cd "$LAB" && PATH=$LAB/programs:$PATH exec env --default-signal=INT timeout --preserve-status 60 bash -c "$1") \
		<"$LAB/typed" >"$LAB/seen" 2>&1 3>&- &
	local pid=$!
	[ "$2" != interrupt ] || { wait_for 20 grep -Eq -e "$3" "$LAB/seen" && kill -INT "$pid"; }
	status=0
	wait "$pid" || status=$?
	[ "$2" != interrupt ] || [[ ! $status =~ ^(0|130)$ ]] || status=interrupt
}

# expected COMMAND: its row of the table.
expected() {
	local pattern rest
	while IFS=$'\t' read -r pattern rest; do
		[ -n "$pattern" ] && [[ $1 =~ $pattern ]] && echo "$rest" && return
	done <<<"$expect_table"
	fail "this test does not know what is to be seen of: $1"
}

check() { # COMMAND
	local wanted text status row
	row=$(expected "$1") || fail "$row" || return 1
	IFS=$'\t' read -r wanted text <<<"$row"
	try "$1" "$wanted" "$text"
	assert_equal "$status" "$wanted" "exit status of $1, which said: $(cat "$LAB/seen")" || return 1
	grep -Eq -e "$text" "$LAB/seen" || fail "not seen of $1: $text" "$(cat "$LAB/seen")" || return 1
	# The next one wants its program, and not the runtime, which is there for a moment more.
	[[ ! $1 =~ ^podman\ run\ .*--name\ ([a-z]+) ]] || wait_ready "${BASH_REMATCH[1]}"
}

@test "the walk of the manual page, as it is printed" {
	local kind line command='' count=0
	: >"$LAB/typed"
	while read -r kind line; do
		case $kind in
		'<') echo "$line" >>"$LAB/typed" ;;
		'#')
			[ -z "$command" ] || check "$command"
			command=$line count=$((count + 1))
			: >"$LAB/typed"
			may_ask
			;;
		esac
	done < <(examples; echo '# end')
	[ "$count" -gt 20 ]
	assert_equal "$(tcpdump -n -r "$LAB/thin.pcap" 2>/dev/null | wc -l)" 10
	"$DBG_INJECT" --detach
	# Both are as they were.
	assert_provisioned fat
	assert_provisioned thin
	assert_equal "$(curl -s "http://$(container_address thin)/")" hello
}
