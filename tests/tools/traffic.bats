# bats file_tags=outside
# make traffic: each lab's packets come, as often as was asked for, into the open shell of that lab.

bats_load_library bats-support
bats_load_library bats-assert
load terminal

# In a copy, of which nobody else has a shell open
setup_file() {
	unset MAKEFLAGS MAKELEVEL LAB
	cd "$BATS_TEST_DIRNAME/../.." && make -s student-tree tools && make -s solution-tree LAB=10 || return
	export TREE=$PWD/build/proof/traffic
	rm -rf "$TREE"
	mkdir -p "$TREE/build/solution"
	git ls-files -z -co --exclude-standard | xargs -0 cp -p --parents -t "$TREE"
	cp -a build/{common,tools,student} "$TREE/build"
	cp -a build/solution/10-* "$TREE/build/solution"
}

teardown_file() {
	rm -rf "$TREE"
}

setup() {
	unset MAKEFLAGS MAKELEVEL LAB ATTACH PLAIN RATE
	cd "$TREE" || return
}

teardown() {
	close_terminal
	[[ -z ${SHELL_IN-} ]] || exec {SHELL_IN}>&-
}

# Type standard input into a shell without a terminal
piped() { # LAB [VARIABLE=VALUE...]
	run timeout -k 1 60 make --no-print-directory shell LAB="$1" "${@:2}"
}

# A shell that stays open until the end of the test; what is typed goes to $SHELL_IN
open_shell() { # LAB
	SHELL_OUT=$BATS_TEST_TMPDIR/out
	mkfifo "$BATS_TEST_TMPDIR/in"
	make --no-print-directory shell LAB="$1" < "$BATS_TEST_TMPDIR/in" > "$SHELL_OUT" 2>&1 3>&- &
	exec {SHELL_IN}> "$BATS_TEST_TMPDIR/in"
	typed 'echo it is open'
}

# Type a command into it, and wait until it has been run; its lines are in $output
typed() { # COMMAND
	local end=$((SECONDS + 20))
	: > "$SHELL_OUT"
	printf '%s\necho "--end"\n' "$1" >&"$SHELL_IN"
	until grep -q '^--end' "$SHELL_OUT"; do
		((SECONDS < end)) || fail "$1: it should end: $(< "$SHELL_OUT")"
		sleep 0.05
	done
	run cat "$SHELL_OUT"
}

# The frames that lab's veth0 has got
got() {
	typed "ip -j -s link show veth0 | jq '.[].stats64.rx.packets'"
	echo "${lines[0]}"
}

@test "each lab has packets, which all come, at the rate that was asked for" {
	local lab wanted
	for lab in labs/*/; do
		lab=${lab#labs/} lab=${lab%/}
		piped "$lab" <<- 'END'
			tcpdump -n -w /run/cap -i veth0 -Q in -U 2> /dev/null &
			until grep -q 0003 /proc/net/packet; do :; done
			timeout -s INT 2 traffic --rate 50
			kill $!; wait
			echo captured $(tcpdump -n -r /run/cap 2> /dev/null | grep -vc $'^\t')
			# frames that differ, without the times
			echo different $(tcpdump -n -e -t -xx -r /run/cap 2> /dev/null | awk '
				/^[^\t]/ { if (f) print f; f = "" } { f = f $0 } END { print f }' | sort -u | wc -l)
		END
		assert_line 'peer sends, 50 frames a second, again and again:'
		wanted=$(sed '/^third sends/,/^Ctrl-C ends/d' <<< "$output" | grep -c '^  [A-Z0-9].*, length ')
		((wanted >= 2)) || fail "$lab: only $wanted kinds of frames"
		assert_line --regexp '^peer has sent [0-9]+ frames$'
		assert_line "different $wanted"
		[[ $output =~ captured\ ([0-9]+) ]]
		((BASH_REMATCH[1] <= 115)) || fail "$lab: ${BASH_REMATCH[0]}"
		assert_equal "$(printf '%s\n' "${lines[@]}" | awk '/^(  |traffic|peer has)/ && length > 100')" ''
		if grep -q '^hosts: 3' "labs/$lab/lab.meta"; then
			assert_line --regexp '^third has sent [0-9]+ frames$'
		fi
	done
}

@test "a lab that says nothing of its traffic has some" {
	grep -q ^traffic: labs/08-lifecycle/lab.meta && fail "take another lab"
	piped 8 <<< 'timeout -s INT 1 traffic --rate 100'
	assert_line --partial 'ICMP echo request'
	assert_line --partial 'UDP, length 100'
}

@test "a host that isn't there is named" {
	cp labs/08-lifecycle/lab.meta saved
	echo 'traffic: third eth(type=0x88b5), fill(0, 46)' >> labs/08-lifecycle/lab.meta
	piped 8 <<< 'traffic; echo "status $?"'
	cp saved labs/08-lifecycle/lab.meta
	assert_line 'traffic: lab.meta lets "third" send, but the hosts that can are: peer'
	assert_line 'status 1'
}

@test "make traffic sends into the open shell of that lab; Ctrl-C ends it, and it alone" {
	local before after
	open_shell 4
	before=$(got)
	terminal 100x30 sh -c '"trap : INT; make --no-print-directory -C labs/04-maps traffic RATE=50; echo status $?; sleep 60"'
	wait_screen 'Ctrl-C ends it'
	for _ in {1..100}; do
		after=$(got)
		((after < before + 20)) || break
		sleep 0.05
	done
	((after >= before + 20))
	press C-c
	wait_screen '^\^?C?peer has sent [0-9]+ frames'
	wait_screen 'status'
	run pgrep --full "tcpreplay.*/run/workbook/traffic.*--pps=50"
	assert_failure
	typed 'echo it goes on'
	assert_line 'it goes on'
}

@test "without a lab, it is the shell that is open; when that is closed, traffic ends" {
	open_shell 6
	terminal 100x30 sh -c '"trap : INT; make --no-print-directory traffic; echo status $?; sleep 60"'
	wait_screen 'Ctrl-C ends it'
	run screen
	# lab 06 asks for that
	assert_line --partial '.53: UDP, length 20'
	echo exit >&"$SHELL_IN"
	wait_screen '^The shell was closed'
	run screen
	refute_output --partial Killed
	wait_screen '^status 0'
}

@test "kill -9 of make traffic ends the packets" {
	local pid end=$((SECONDS + 10))
	open_shell 7
	make traffic LAB=7 RATE=77 > /dev/null 3>&- &
	pid=$!
	until pgrep --full 'tcpreplay.*--pps=77 ' > /dev/null; do
		((SECONDS < end))
		sleep 0.05
	done
	kill -KILL $pid
	while pgrep --full 'tcpreplay.*--pps=77 ' > /dev/null; do
		((SECONDS < end))
		sleep 0.05
	done
}

@test "where no shell is open, one is opened, and traffic has a pane" {
	terminal 120x40 make --no-print-directory traffic LAB=3 RATE=30
	wait_screen '── traffic ──'
	wait_screen 'peer sends, 30 frames a second'
	type_in 'tcpdump -n -c 5 -i veth0 -Q in | grep -c ICMP'
	wait_screen '^5 *$'
	type_in exit
	wait_ended
}

@test "a rate that is none, an unknown lab, an unknown option: refused at once" {
	local rate
	for rate in 0 -1 1001 ten 1.5 99999; do
		run make traffic RATE="$rate"
		assert_failure
		assert_output --partial "the rate is a number of frames a second from 1 to 1000, not \"$rate\""
	done
	run make traffic LAB=47
	assert_failure
	assert_output --partial 'no lab is called 47'
	run common/bin/traffic --nosuch
	assert_failure 1
	assert_output 'traffic: unknown option: --nosuch'
	run common/bin/traffic 47
	assert_failure 1
	assert_output --partial 'traffic: no lab is called 47; there are: 01-hello-world'
}

@test "frames of one's own, a capture, a table; one that is none is named" {
	piped 10 SOLUTION=1 <<- 'END'
		timeout -s INT 1 traffic --rate 100 'vlan(id=7), ipv4(sa=10.0.1.9, da=10.0.1.1), udp(sp=1, dp=2)'
		tcpdump -n -c 2 -w mine.pcap -i lo 2> /dev/null &
		until grep -q 0003 /proc/net/packet; do :; done
		ping -q -c 1 127.0.0.1 > /dev/null
		wait
		timeout -s INT 1 traffic mine.pcap
		timeout -s INT 1 traffic inetd.table
		rm mine.pcap
		traffic 'ipv4(sa=10.0.1.9, da=10.0.1.1)' 'udp(nonsense=3)'
		traffic nosuch.pcap
		traffic inetd.table 'udp()'
		traffic --nosuch
		exit 0
	END
	assert_success
	assert_line '  802.1Q, length 46: vlan 7, p 0, IPv4, 10.0.1.9.1 > 10.0.1.1.2: UDP, length 0'
	assert_line --partial '127.0.0.1 > 127.0.0.1: ICMP echo request'
	assert_line --partial '10.0.1.2.40000 > 10.0.1.1.7: UDP, length 4'
	assert_line "traffic: trafgen doesn't understand this frame:"
	assert_line --partial 'udp(nonsense=3)'
	refute_line '  { eth(da=02:00:00:00:01:01, sa=02:00:00:00:01:02), ipv4(sa=10.0.1.9, da=10.0.1.1) }'
	assert_line 'traffic: there is no file nosuch.pcap'
	assert_line 'traffic: inetd.table is a file, and goes with no other frames'
	assert_line 'usage: traffic [--rate N] [FRAME... | FILE.pcap | FILE.table]'
}
