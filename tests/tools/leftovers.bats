# bats file_tags=outside,alone
# What a check may leave behind on the machine: nothing, however it ends. It looks at the whole
# machine, so `make test` runs it when nothing else runs.

bats_load_library bats-support
bats_load_library bats-assert
load answers

# The state of the machine outside that a check could have changed: namespaces, links, pins,
# programs, maps, trace instances, mounts, processes. The kernel frees some of it a moment later.
state() {
	ip -o link | sed 's/state.*//' | sort
	ip netns list
	find /sys/fs/bpf /run/workbook /run/netns 2> /dev/null | sort
	bpftool prog list | grep -c 'name hello' || true
	unshare --mount bash -c 'mount -t tracefs tracefs /sys/kernel/tracing
		ls /sys/kernel/tracing/instances'
	cut -d ' ' -f 2- /proc/mounts | sort
	# shellcheck disable=SC2009 # the whole command line is looked at
	ps -eo args | grep -E '^[^ ]*(bash|setpriv|unshare|timeout)? ?[^ ]*(tests/check|tests/lib/(sandbox|stages)|/run/workbook)' | sort || true
}

# Wait until the state is what it was
assert_as_before() { # STATE
	local now
	for _ in {1..200}; do
		now=$(state)
		[[ $now == "$1" ]] && return
		read -r -t 0.05 <> <(:) || true
	done
	diff <(echo "$1") <(echo "$now") | fail
}

@test "fail: a loader that forks without end harms nobody, and nothing of it is left" {
	local before
	before=$(state)
	loader 'signal(SIGTERM, SIG_IGN); for (;;) { fork(); if (0) break; }'
	check --filter 'TODO.1.'
	assert_failure 1
	assert_line --index -1 --partial "fail: $LAB: "
	assert_as_before "$before"
}

@test "a check that runs to its end leaves nothing behind" {
	local before
	before=$(state)
	run tests/check --solution "$LAB"
	assert_success
	assert_as_before "$before"
}

@test "a check killed by SIGINT, SIGTERM or SIGHUP leaves nothing behind" {
	local before signal pid pids=()
	before=$(state)
	for signal in INT TERM HUP; do
		# a session of its own: a terminal's Ctrl-C reaches the whole group. (What bash starts in
		# the background would ignore it.)
		setsid env --default-signal=INT tests/check --solution "$LAB" > /dev/null 2>&1 3>&- &
		pids+=($!)
	done
	read -r -t 0.3 <> <(:) || true
	for signal in INT TERM HUP; do
		kill -$signal -- "-${pids[0]}"
		pids+=("${pids[0]}") pids=("${pids[@]:1}")
	done
	for pid in "${pids[@]}"; do
		if wait "$pid"; then fail "it went on to its end"; fi
	done
	assert_as_before "$before"
}

# KILLS=200 for the figure that the README gives
@test "checks killed by SIGKILL at random moments leave nothing behind" {
	local before i pid moment
	before=$(state)
	for ((i = 1; i <= ${KILLS:-10}; i++)); do
		(
			tests/check --solution "$LAB" > /dev/null 2>&1 3>&- &
			pid=$!
			printf -v moment '0.%03d' $((RANDOM % 900))
			read -r -t "$moment" <> <(:) || true
			kill -KILL $pid 2> /dev/null || true
			wait $pid || true
		) 3>&- &
		# two at a time
		((i % 2)) || wait
	done
	wait
	assert_as_before "$before"
}

@test "the sandbox shows its command nothing of the machine outside" {
	run tests/lib/sandbox --trace bash -c 'ip -br link; ls /run; ls /sys/class/net; ps ax | wc -l'
	assert_success
	assert_line --index 0 --regexp '^lo '
	assert_line workbook
	assert_line lo
	((${#lines[@]} <= 7))
	((lines[-1] < 8))
}

@test "two sandboxes at once don't see each other's network or pins" {
	run tests/lib/sandbox bash -c 'bpftool prog load build/tools/pass.bpf.o /sys/fs/bpf/mine
		ip link add veth0 type veth peer name veth1
		unset SANDBOX_TRACE
		nsenter --version > /dev/null
		ls /sys/fs/bpf | grep -c mine'
	assert_success
	run tests/lib/sandbox bash -c 'ls /sys/fs/bpf; ip -br link'
	refute_output --partial mine
	refute_output --partial veth0
}

@test "a command's exit status comes through the sandbox" {
	run tests/lib/sandbox bash -c 'exit 42'
	assert_failure 42
}
