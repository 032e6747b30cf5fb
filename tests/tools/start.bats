# bats file_tags=outside
# tests/start: what a newcomer types first. Package managers are fakes here; the demonstration is
# real. It makes its own sandboxes, so it is run outside of one.
# shellcheck disable=SC2016 # the fakes are scripts in single quotes

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	unset MAKEFLAGS MAKELEVEL CI
	PATH=$PATH:/usr/sbin:/sbin
}

start() {
	run timeout -k 1 120 tests/start < /dev/null
}

# What a terminal shows of a start, where somebody types this
start_on_terminal() { # KEYS
	run timeout -k 1 120 script -qec tests/start /dev/null < <(printf '%b' "$1" && sleep 5)
}

# A machine on which jq was never installed (the build doesn't use it), with a package manager that
# is ours, read from standard input
without_jq() {
	BIN=$BATS_TEST_TMPDIR/bin
	mkdir "$BIN"
	find -L /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin -maxdepth 1 -type f \
		-perm /111 -print0 2> /dev/null | xargs -0 ln -sf -t "$BIN"
	rm -f "$BIN"/{jq,apt-get,apt-cache,dnf}
	printf '#!/bin/sh\n' > "$BIN/apt-get"
	cat >> "$BIN/apt-get"
	ln -s true "$BIN/apt-cache"
	chmod +x "$BIN/apt-get"
	JQ=$(type -P jq)
	export JQ BIN
	PATH=$BIN
	! PATH=$PATH:/usr/sbin:/sbin type -P jq || skip "jq can't be hidden here"
}

@test "the commands of lab 01 and what they print, the verdict, and what to type next" {
	local before
	before=$(ip -br link && find /sys/fs/bpf -name 'probe*')
	start
	assert_success
	assert_line --partial 'lab  veth0 10.0.1.1'
	assert_line '  lab# ip link set dev veth0 xdpdrv obj hello.bpf.o sec xdp'
	assert_line --regexp 'prog/xdp id [0-9]+ name hello'
	assert_line --partial '3 packets transmitted, 3 received'
	# what programs of others print comes into every trace
	assert [ "$(grep -c 'bpf_trace_printk: Hello World' <<< "$output")" -ge 3 ]
	assert_line --regexp 'xdp_packets: 3'
	assert_line --regexp '^  (pass|fail): 01-hello-world: '
	assert_line '  cd labs/01-hello-world'
	refute_output --partial $'\e'
	# and nothing is left behind
	assert_equal "$(ip -br link && find /sys/fs/bpf -name 'probe*')" "$before"
}

@test "Ctrl-C in the middle ends it at once, and leaves nothing behind" {
	local log=$BATS_TEST_TMPDIR/log started
	: > "$log"
	run timeout -k 1 60 script -qefc tests/start "$log" < <(
		for _ in {1..500}; do
			! grep -q 'peer ping' "$log" || break
			sleep 0.02
		done
		printf '\003'
		sleep 2
	)
	assert_failure
	refute_output --partial 'what `make check'
	for _ in {1..100}; do
		started=$(pgrep -fx 'bash tests/start --demonstrate') || break
		sleep 0.02
	done
	assert_equal "$started" ""
}

@test "on a terminal it asks, and no means no" {
	without_jq <<< 'touch "$BIN/called"'
	start_on_terminal 'n\n'
	assert_failure 3
	assert_output --partial 'apt-get install --no-install-recommends jq'
	assert_output --partial 'Install them now? [Y/n]'
	assert_output --partial 'nothing was installed'
	assert [ ! -e "$BIN/called" ]
}

@test "on a terminal, Enter means yes" {
	without_jq <<< 'echo "Setting up jq"; case "$*" in *install*) ln -s "$JQ" "$BIN/jq" ;; esac'
	start_on_terminal '\n'
	assert_success
	assert_output --partial 'Setting up jq'
	assert_output --partial '3 packets transmitted, 3 received'
}

@test "without a terminal it doesn't ask, and installs" {
	without_jq <<< 'case "$*" in *install*) ln -s "$JQ" "$BIN/jq" ;; esac'
	start
	assert_success
	refute_output --partial '[Y/n]'
	assert_line '  apt-get install'
}

@test "when the first try fails, the lists are read again before the second" {
	without_jq <<- 'END'
		case "$*" in
		update*) touch "$BIN/updated" ;;
		*) test -e "$BIN/updated" || { echo "E: 404 Not Found"; exit 100; }; ln -s "$JQ" "$BIN/jq" ;;
		esac
	END
	compgen -G '/var/lib/apt/lists/*_Packages*' || skip "this machine has no lists of packages"
	start
	assert_success
	assert_line --partial 'E: 404 Not Found'
}

@test "a package manager that fails: its last words, exit status 3" {
	without_jq <<< 'echo "E: no space left on device"; exit 100'
	start
	assert_failure 3
	assert_line '    E: no space left on device'
	assert_output --partial 'stopped: the package manager failed'
	refute_output --partial '2. build'
}

@test "without rights it says what to type by hand, exit status 3" {
	setpriv --reuid 65534 --clear-groups test -r tests/start ||
		skip "another user can't read this folder"
	without_jq <<< 'exit 100'
	rm -f "$BIN/sudo"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/.." "$BIN"
	run timeout -k 1 60 setpriv --reuid 65534 --clear-groups tests/start < /dev/null
	assert_failure 3
	assert_output --partial 'install --no-install-recommends jq'
	assert_output --partial 'stopped: nothing was installed; type the above as root'
}
