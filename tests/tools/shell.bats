# bats file_tags=outside
# make shell: what it offers, on a terminal and without one, and that nothing is left of it.

bats_load_library bats-support
bats_load_library bats-assert
load terminal

setup_file() {
	unset MAKEFLAGS MAKELEVEL LAB
	cd "$BATS_TEST_DIRNAME/../.." && make -s solution-tree LAB=4 && make -s student-tree tools
}

setup() {
	unset MAKEFLAGS MAKELEVEL LAB ATTACH PLAIN RATE
	cd "$BATS_TEST_DIRNAME/../.." || return
}

teardown() {
	close_terminal
}

# Type these lines into a shell without a terminal
piped() { # LAB [VARIABLE=VALUE...]; standard input: the lines
	run timeout -k 1 60 make --no-print-directory shell LAB="$1" "${@:2}"
}

# The unshare of the newest open shell for a LAB, as root; its network lives as long as it does
sandbox_of() { # LAB
	pgrep --newest --uid 0 --full "^unshare .* TREE=$PWD/build/[a-z]*/$1.* tests/lib/shell-inside\$"
}

# Nothing of a shell runs any more, and its trace instance is gone
assert_gone() { # UNSHARE
	local end=$((SECONDS + 5))
	while [[ -e /proc/$1 ]] || pgrep --full "(SANDBOX_ID|reap xdp-workbook)[.=]$1( |\$)" > /dev/null; do
		((SECONDS < end)) || fail "something is left: $(pgrep --full --list-full "$1")"
		sleep 0.05
	done
	run unshare --mount sh -c 'cd /sys/kernel/tracing
		[ -d instances ] || mount -t tracefs tracefs . && ls /sys/kernel/tracing/instances'
	assert_success
	assert_equal "$(grep -x "xdp-workbook.$1" <<< "$output")" ""
}

@test "in a pipe it is a plain shell; what is typed runs on the host lab, and its status is that of the last" {
	piped 1 <<- 'END'
		readlink /proc/self/ns/net /run/netns/lab | uniq | wc -l
		peer ping -q -c 1 10.0.1.1
		third ip -br addr show dev veth0
		echo "[$TMUX]"
		exit 0
	END
	assert_success
	assert_line --index 0 --partial 'veth0 10.0.1.1'
	assert_line --partial '1 packets transmitted, 1 received'
	assert_line --regexp '^veth0@.* 10.0.2.2/24'
	assert_line '[]'
}

@test "help lists each short command, in 100 columns; help CMD is still bash's own" {
	local verb
	piped 1 <<- 'END'
		help
		help cd
	END
	for verb in counters programs dump trace attach traffic net; do
		assert_output --partial "$verb"
	done
	assert_output --partial 'attach stands for:  hello --dev veth0 --dev veth1'
	assert_output --partial 'Change the shell working directory'
	assert_equal "$(printf '%s\n' "${lines[@]}" | awk 'length > 100')" ''
}

@test "counters tells what ethtool counts, without the zeros, of the host where it is asked" {
	piped 2 <<- 'END'
		counters
		ip link set dev veth0 xdpdrv obj verdicts.bpf.o program pass
		peer ip link set dev veth0 xdpdrv obj verdicts.bpf.o program pass
		peer ping -q -f -c 3 10.0.1.1 > /dev/null
		lab counters
		echo ---
		peer counters
	END
	assert_success
	assert_line 'veth0: all counters are zero'
	assert_line 'veth1: all counters are zero'
	assert_line '     rx_queue_0_xdp_packets: 3'
	assert_line '     rx_queue_0_xdp_bytes: 252'
	refute_output --partial ': 0'
	[[ $output =~ ---.*xdp_packets:\ 3 ]]
}

@test "programs tells where this network's programs are attached, pinned, and who holds them" {
	piped 8 SOLUTION=1 <<- 'END'
		programs
		hello --dev veth0 --link > /dev/null &
		until ip link show veth0 | grep -q xdp; do :; done
		bpftool prog load hello.bpf.o /sys/fs/bpf/mine
		peer ip link set dev veth0 xdpgeneric obj hello.bpf.o program hello2
		programs
		kill $!
	END
	assert_success
	assert_line 'no program is attached, pinned or held in this network'
	assert_line --regexp '^[0-9]+: xdp  name hello '
	assert_line --regexp '	attached to veth0 of lab, native'
	assert_line --regexp '	held by hello \(process [0-9]+\)'
	assert_line '	pinned as /sys/fs/bpf/mine'
	assert_line --regexp '^[0-9]+: xdp  name hello2 '
	assert_line '	attached to veth0 of peer, generic'
	# the loader holds two: others of this machine are not shown
	assert_equal "$(printf '%s\n' "${lines[@]}" | grep -c '^[0-9]*: ')" 4
}

@test "dump shows the maps of attached programs, trace what they print" {
	piped 3 <<- 'END'
		dump
		attach < /dev/null > /dev/null &
		until ip link show veth0 | grep -q xdp; do :; done
		peer ping -q -f -c 3 10.0.1.1 > /dev/null
		timeout 0.5 trace
		kill $!; wait
		ip link set dev veth0 xdp obj hello.bpf.o sec xdp
		peer ping -q -f -c 3 10.0.1.1 > /dev/null
		dump
		exit 0
	END
	assert_success
	assert_line 'no program with a map is attached in this network'
	assert_output --partial 'bpf_trace_printk: frame of 98 bytes'
	assert_output --partial '"counter": 3'
}

@test "a lab's program comes before a short command of its name, which lab and peer still find" {
	piped 4 SOLUTION=1 <<- 'END'
		counters
		lab counters
		peer counters
		attach &
		until ip link show veth0 | grep -q xdp; do :; done
		kill $!; wait
	END
	assert_line 'usage: counters --dev NAME [--entries N] [--lru] [--json]'
	assert_line 'veth0: all counters are zero'
	assert_line --regexp '^attached counters '
	# it ended as by Ctrl-C
	assert_line --regexp '^protocol +packets'
}

@test "ATTACH=1 is lab.meta's command, or the program alone where the loader doesn't work yet; or any other" {
	piped 1 SOLUTION=1 ATTACH=1 <<< 'ip link | grep -c " xdp "'
	assert_line --regexp '^attached hello \(id [0-9]+\) to veth1'
	assert_line 2
	piped 1 ATTACH=1 <<< 'ip link | grep -c " xdp "'
	assert_line "can't attach to veth0: Function not implemented"
	assert_line 'ip link set dev veth0 xdpdrv obj hello.bpf.o sec xdp'
	assert_line 1
	piped 1 ATTACH='ip link set dev veth1 xdpgeneric obj hello.bpf.o sec xdp' <<< 'ip link | grep -B1 xdpgeneric'
	assert_line --partial 'veth1'
	piped 1 ATTACH='nosuch --dev "it'\''s"' <<< 'ip link | grep -c " xdp "'
	assert_line --partial 'nosuch: command not found'
	assert_line 1
}

@test "each lab's way to attach works for its solution" {
	local lab
	make -s solution-tree
	for lab in labs/*/; do
		lab=${lab#labs/}
		piped "${lab%/}" SOLUTION=1 ATTACH=1 <<< 'ip link show dev veth0; echo; cat /proc/uptime'
		assert_line --partial ' xdp '
		refute_output --partial 'Instead, without your loader'
	done
}

@test "an unknown lab and an unknown option are named" {
	run tests/shell 47
	assert_failure 3
	assert_output --partial 'no lab is called 47; there are: 01-hello-world'
	run tests/shell --nosuch 1
	assert_failure 3
	assert_output 'shell: unknown option: --nosuch'
}

@test "on a terminal, tmux with a pane for each host; exit in that of lab ends all" {
	local shell
	terminal 120x40 make --no-print-directory shell LAB=2
	wait_screen '^third# *.*peer#|^peer#.*third#'
	wait_screen '^lab#'
	run screen
	assert_line --regexp 'lab  veth0 10.0.1.1 ─+ veth0 10.0.1.2  peer'
	assert_line --regexp '── lab ──'
	assert_line --regexp '── peer ─.*── third ─'
	assert_line --partial 'Ctrl-b o: next pane'
	shell=$(sandbox_of 02)
	type_in 'peer ping -c 1 10.0.1.1'
	wait_screen '1 packets transmitted, 1 received'
	press C-b o
	type_in 'ip -br addr show dev veth0'
	wait_screen '^veth0@if.*10.0.1.2/24'
	# the pane of another host can go, and lab stays
	press C-d
	wait_screen '^third# *$'
	type_in 'peer ping -c 1 -s 99 10.0.1.1'
	wait_screen '107 bytes from 10.0.1.1'
	type_in help
	wait_screen 'attach stands for:'
	# nobody can leave it running by accident
	press C-b d
	type_in 'echo still {4,2} here'
	wait_screen 'still 4 2 here'
	type_in exit
	wait_ended
	run screen
	refute_output --partial "tmux doesn't work"
	refute_output --partial 'Error'
	assert_gone "$shell"
}

@test "ATTACH=1 gives the loader a pane, where Ctrl-C ends it and arrow up brings it back" {
	terminal 120x40 make --no-print-directory shell LAB=4 SOLUTION=1 ATTACH=1
	wait_screen 'lab# attach'
	wait_screen 'attached counters'
	press C-b o C-b o
	press C-c
	wait_screen '(protocol|sender) +packets'
	press Up Enter
	wait_screen 'attached counters .*'
	wait_screen 'Ctrl-C to detach'
}

@test "PLAIN=1, tmux around it, a small terminal, no tmux: one shell for all hosts" {
	local case bin="$BATS_TEST_TMPDIR/bin"
	# all commands of this machine but tmux
	mkdir "$bin"
	ln -s /usr/bin/* "$bin"
	rm "$bin/tmux"
	for case in "120x40 make shell LAB=1 PLAIN=1" "120x40 env TMUX=/tmp/x,1,0 make shell LAB=1" \
		"120x19 make shell LAB=1" "120x40 env TERM=dumb make shell LAB=1" \
		"120x40 env PATH=$bin:/usr/sbin make shell LAB=1"; do
		# shellcheck disable=SC2086
		terminal $case
		wait_screen '^lab# *$'
		run screen
		refute_output --partial '── lab ──'
		press C-d
		wait_ended
		close_terminal
	done
}

@test "a terminal that tmux doesn't know: it says so, and there is one shell" {
	terminal 120x40 env TERM=nosuch make --no-print-directory shell LAB=1
	wait_screen "tmux doesn't work here \(.*unsuitable terminal.*\), so there is one shell for"
	wait_screen '^lab# *$'
	press C-d
	wait_ended
}

@test "in a plain shell ATTACH=1 is a job: fg brings it to the front, Ctrl-C ends it, and not the shell" {
	local shell
	terminal 120x40 make --no-print-directory shell LAB=4 SOLUTION=1 ATTACH=1 PLAIN=1
	wait_screen 'Ctrl-C to detach'
	shell=$(sandbox_of 04)
	press C-c
	type_in 'ip link | grep -c xdp'
	wait_screen '^2$' # at the device, and the program below it
	type_in fg
	wait_screen '^attach'
	press C-c
	wait_screen '^sender +packets'
	type_in 'echo still {4,2} here'
	wait_screen '^still 4 2 here'
	press C-d
	wait_ended
	assert_gone "$shell"
}

@test "a closed terminal, or kill -9 of make, of the shell or of its sandbox: nothing is left" {
	local plain how shell parent
	for plain in '' 1; do
		for how in close make script sandbox; do
			terminal 120x40 make --no-print-directory shell LAB=4 SOLUTION=1 ATTACH=1 PLAIN=$plain
			wait_screen 'attached counters'
			shell=$(sandbox_of 04)
			parent=$(ps -o ppid= -p "$shell")
			case $how in
			close) close_terminal ;;
			make) kill -KILL "$(ps -o ppid= -p "${parent// /}" | tr -d ' ')" ;;
			script) kill -KILL "${parent// /}" ;;
			sandbox) kill -KILL "$shell" ;;
			esac
			assert_gone "$shell"
			close_terminal
		done
	done
}
