# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables are for those who source this, and of bats
#
# For tests/rootless*.bats: ordinary users with containers of their own. alice has c; keep, in a user namespace of its own;
# all, with every capability; none, which started without the hook. bob has none.

# Users with subordinate ids, each with a runtime directory; what they run has to be where they may go.
users_setup_file() {
	lab_setup_tools || return 1
	mkdir -p "$LAB/users/bin" "$LAB/users/hooks.d" "$LAB/none.d"
	cp "$HOOK" "$DBG_INJECT" "$DBG_TOOLS" "$BUILDDIR/oci-crashcart-runtime" "$LAB/users/bin"
	tar -C "$LAB/image" -cf "$LAB/users/image.tar" .
	jq -n --arg hook "$LAB/users/bin/oci-crashcart-hook" '{
		version: "1.0.0",
		hook: {path: $hook, args: ["oci-crashcart-hook"], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]},
		when: {always: true}, stages: ["prestart", "poststart", "poststop"]}' >"$LAB/users/hooks.d/oci-crashcart.json"
	make_user alice
	make_user bob
	chmod 755 "$LAB/users/bob"
	alice podman import -q -c 'ENTRYPOINT ["/app"]' "$LAB/users/image.tar" fat >/dev/null
	start c
	start keep --userns=keep-id
	start all --privileged
	hooks='' start none
}

users_setup() {
	DBG_INJECT=$LAB/users/bin/dbg-inject
	# What root has in these tests is the lab's; a user has what is in its home.
	state=/run/user/$(id -u alice)/oci-crashcart
	pids=()
}

users_teardown() {
	[ "${#pids[@]}" = 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true
	[ -n "${BATS_TEST_COMPLETED:-}" ] || rm -rf "/run/user/$(id -u bob)/crun"
}

users_teardown_file() {
	alice podman rm -f -t 0 -a >/dev/null 2>&1 || true
	as_user bob podman rm -f -t 0 -a >/dev/null 2>&1 || true
	lab_clean
}

make_user() { # NAME
	local home=$LAB/users/$1 own
	id "$1" >/dev/null 2>&1 || useradd -m -d "$home" "$1"
	own=/run/user/$(id -u "$1")
	mkdir -p "$home/.config/containers" "$home/.config/oci-crashcart" "$own"
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$home/.config/containers/policy.json"
	printf '[engine]\nhooks_dir = ["%s"]\nevents_logger = "none"\n[containers]\nlog_driver = "k8s-file"\n' \
		"$LAB/users/hooks.d" >"$home/.config/containers/containers.conf"
	echo "tools = $LAB/tools" >"$home/.config/oci-crashcart/crashcart.conf"
	chown -R "$1:" "$home" "$own"
	chmod 700 "$own"
}

# as_user NAME COMMAND [ARG...]; with how=exec in the place of the shell, so that $! is COMMAND's.
as_user() {
	local name=$1
	shift
	${how:-} setpriv --reuid "$name" --regid "$name" --init-groups --reset-env env "HOME=$LAB/users/$name" LC_ALL=C \
		"XDG_RUNTIME_DIR=/run/user/$(id -u "$name")" "PATH=$LAB/users/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
		"OCI_CRASHCART_RECIPES=$OCI_CRASHCART_RECIPES" "$@"
}

alice() {
	as_user alice "$@"
}

# start NAME [podman run option...]: a container of alice's, or $owner's; with hooks='' one without the hook.
start() {
	local name=$1 options=(--network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
	shift
	# shellcheck disable=SC2153 # it is not misspelt
	[ "$RUNTIME" = runc ] || options+=(--cgroups=disabled)
	# shellcheck disable=SC2086 # perhaps nothing
	as_user "${owner:-alice}" podman ${hooks+--hooks-dir $LAB/none.d} --runtime "${wrapped:-$RUNTIME}" run -d --name "$name" --pull never "${options[@]}" "$@" \
		fat wait >/dev/null 3>&-
}

alice_pid() { # NAME
	alice podman inspect --format '{{.State.Pid}}' "$1"
}

list_field() { # NAME FILTER
	alice dbg-inject --list --json | jq -r --arg name "$1" ".[] | select(.name == \$name) | $2"
}
