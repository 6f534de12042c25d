#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # a test is a subshell, with the variables of bats
# G11: load code by the environment of the container's process
#
# An image may set any variable: LD_PRELOAD, PYTHONPATH, BASH_ENV. Who takes the environment of the container's first process
# (/proc/PID/environ), to be in surroundings that the program knows, has its own tools load the image's code.

# bats file_tags=once
bats_require_minimum_version 1.5.0
load gauntlet

# shellcheck disable=SC2016 # not to be expanded
variables=(DATABASE=db 'TWO=a b' LD_PRELOAD=/evil.so LD_LIBRARY_PATH=/evil LD_AUDIT=/evil GCONV_PATH=/evil LOCPATH=/evil
	PYTHONPATH=/evil PERL5OPT=-Mevil BASH_ENV=/evil ENV=/evil 'PS4=$(evil)' PROMPT_COMMAND=evil SHELLOPTS=xtrace IFS=evil
	TERMINFO=/evil GDBHISTFILE=/evil LESSOPEN='|evil' CRASHCART_CONTAINER=evil HOME=/evil TERM=evil PATH=/own:/bin
	'BASH_FUNC_ls%%=() { evil; }' 'NO-NAME=evil')

evil_run() {
	local options=() variable
	for variable in "${variables[@]}"; do
		options+=(--env "$variable")
	done
	container_run "$RUNTIME" c --network none "${options[@]}" -- fat
	wait_ready c
}

@test "naive: a shell with the environment of the container's process runs what BASH_ENV names" {
	local environment
	evil_run
	echo 'echo EVIL' >"/proc/$(container_pid c)/root/evil"
	"$DBG_INJECT" --attach c
	mapfile -d '' environment <"/proc/$(container_pid c)/environ"
	run -0 naive_enter c env -i "${environment[@]}" LD_PRELOAD= LD_AUDIT= /dev/crashcart/bin/bash -c :
	assert_has "$output" EVIL
}

@test "ours: none of it is taken unless asked for, and then nothing by which code is loaded" {
	evil_run
	run -0 "$DBG_INJECT" --env-from container c env
	assert_has "$output" DATABASE=db
	assert_has "$output" 'TWO=a b'
	assert_has "$output" 'PATH=/dev/crashcart/bin:/own:/bin'
	assert_has "$output" CRASHCART_CONTAINER=c
	assert_has "$output" HOME=/
	assert_has_not "$output" evil
	assert_has_not "$output" xtrace
	run -0 "$DBG_INJECT" --env-from container -e DATABASE=mine -e LD_PRELOAD= c env
	assert_has "$output" DATABASE=mine
	local way
	for way in '' '--env-from none'; do
		# shellcheck disable=SC2086 # words
		run -0 "$DBG_INJECT" $way c env
		assert_has_not "$output" DATABASE
		assert_has_not "$output" evil
	done
	# What is not in the tree is looked for on the container's own PATH.
	run -0 "$DBG_INJECT" --env-from container -e PATH=/bin:/own c busybox true
}

@test "ours: the environment is clean, nothing of the host's in it, the tree on the PATH" {
	thin_run c --env IMAGE_VARIABLE=evil
	export HOST_VARIABLE=secret
	run -0 "$DBG_INJECT" c env
	local line path='' named=
	for line in "${lines[@]}"; do
		case $line in
		PATH=*) path=${line#PATH=} ;;
		CRASHCART_CONTAINER=c) named=yes ;;
		HOME=* | TERM=* | LANG=* | USER=* | LOGNAME=* | SHELL=* | PWD=* | HOSTNAME=*) ;;
		*) fail "in the command's environment: $line" ;;
		esac
	done
	assert_matches "$path" '^/dev/crashcart/bin(:|$)'
	assert_equal "$named" yes "the name of the container is told"
}
