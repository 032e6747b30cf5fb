# The network and the oracles of tests/lib: each is made to see what is there, and to say so when it
# is not.

bats_load_library bats-support
bats_load_library bats-assert
load ../lib/lab

setup() {
	HOSTS=3
	net_up $HOSTS
	OBJECT=$FIXTURES/oracle.bpf.o
}

teardown() {
	ip link set dev veth0 xdp off 2> /dev/null || true
}

attach_oracle() {
	ip link set dev veth0 xdpdrv obj "$OBJECT" sec xdp
}

# Frames whose byte behind the Ethernet header is each of these, into $TMPDIR/in.pcap
bytes() { # BYTE...
	local byte frame
	for byte; do
		frame=$(plain_frame 60)
		# after 12 + 2 + 2 blanks and 14 bytes
		echo "${frame:0:31}$(printf %02x "$byte")${frame:33}"
	done | frames "$BATS_TEST_TMPDIR/in.pcap"
}

@test "the picture shows the hosts that are there" {
	run net_picture
	assert_output --partial "veth0 10.0.1.1"
	assert_output --partial "third"
	net_up 2
	run net_picture
	refute_output --partial third
	[[ ! -e /sys/class/net/veth1 ]]
}

@test "three hosts reach each other, with fixed addresses, and nothing else crosses the cable" {
	assert_equal "$(cat /sys/class/net/veth0/address)" 02:00:00:00:01:01
	assert_equal "$(in_third cat /sys/class/net/lo/address)" 00:00:00:00:00:00
	attach_oracle
	in_peer ping -q -f -c 5 -W 1 "$LAB0" > /dev/null
	in_third ping -q -f -c 2 -W 1 "$LAB1" > /dev/null
	assert_equal "$(nic lab veth0 xdp_packets)" 5
	assert_equal "$(cat /proc/sys/net/ipv6/conf/veth0/disable_ipv6)" 1
}

@test "frames in hex are sent and captured to the byte" {
	plain_frame 60 | frames "$BATS_TEST_TMPDIR/in.pcap"
	plain_frame 1514 0806 >> /dev/null
	capture lab veth0 "$BATS_TEST_TMPDIR/out.pcap" ether proto 0x88b5
	send peer veth0 "$BATS_TEST_TMPDIR/in.pcap"
	send peer veth0 "$BATS_TEST_TMPDIR/in.pcap"
	capture_end 2
	assert_equal "$(captured "$BATS_TEST_TMPDIR/out.pcap")" 2
	run tcpdump -xx -n -r "$BATS_TEST_TMPDIR/out.pcap"
	assert_output --partial "0x0000:  0200 0000 0101 0200 0000 0102 88b5 0000"
}

@test "a capture that stays empty says so, within its second" {
	capture lab veth0 "$BATS_TEST_TMPDIR/out.pcap" ether proto 0x88b5
	run capture_end 1
	assert_failure
}

@test "wrong checksums are found, and right ones are not" {
	# an IPv4 header with its checksum, and UDP without one; then the header's checksum off by one
	local udp=00350035000c0000aabbccdd good=4500002000000000401164cb0a0001020a000101
	echo "020000000101 020000000102 0800 $good $udp" | frames "$BATS_TEST_TMPDIR/good.pcap"
	echo "020000000101 020000000102 0800 ${good/64cb/64ca} $udp" | frames "$BATS_TEST_TMPDIR/bad.pcap"
	run wrong_checksums "$BATS_TEST_TMPDIR/good.pcap"
	refute_output
	run wrong_checksums "$BATS_TEST_TMPDIR/bad.pcap"
	assert_output --partial "bad cksum"
}

@test "attached programs: mode, name, id; and nothing when there is none" {
	assert_equal "$(xdp_mode veth0)" none
	assert_equal "$(xdp_id veth0)" ""
	attach_oracle
	assert_equal "$(xdp_mode veth0)" native
	assert_equal "$(xdp_name veth0)" oracle
	local id
	id=$(xdp_id veth0)
	run bpftool prog show id "$id"
	assert_success
	ip link set dev veth0 xdp off
	wait_for 1 prog_gone "$id"
	ip link set dev veth0 xdpgeneric obj "$OBJECT" sec xdp
	assert_equal "$(xdp_mode veth0)" generic
	ip link set dev veth0 xdpgeneric off
}

@test "maps, counters of the device, run counts: all say the same of seven frames" {
	attach_oracle
	local id
	id=$(xdp_id veth0)
	bytes 1 1 1 2 0 0 3 > /dev/null
	in_peer ip link set dev veth0 xdpdrv obj build/tools/pass.bpf.o sec xdp
	exec {stats}< <("$TOOLS/withstats" bash -c 'echo on; read -r < <(sleep 20)' 3>&-)
	read -r <&"$stats"
	local before
	before=$(run_cnt "$id")
	send peer veth0 "$BATS_TEST_TMPDIR/in.pcap"
	# shellcheck disable=SC2016
	wait_for 1 eval '[[ $(nic lab veth0 xdp_packets) == 7 ]]'
	assert_equal "$(map_value "$id" seen 1)" 3
	assert_equal "$(map_value "$id" seen 2)" 1
	assert_equal "$(map_value "$id" seen 3)" 1
	assert_equal "$(map_value "$id" seen 77)" ""
	run map_value "$id" oracle.bss
	assert_output --partial '"total":7'
	run map_value "$id" nosuch
	assert_failure
	assert_equal "$(nic lab veth0 xdp_drops)" 4
	assert_equal "$(nic lab veth0 xdp_tx)" 1
	assert_equal "$(nic lab veth0 xdp_tx_errors)" 0
	assert_equal $(($(run_cnt "$id") - before)) 7
	exec {stats}<&-
}

@test "the private trace holds xdp_exception of our program, when it is switched on" {
	attach_oracle
	local id
	id=$(xdp_id veth0)
	bytes 2 1 2
	send peer veth0 "$BATS_TEST_TMPDIR/in.pcap"
	run grep -c "xdp_exception: prog_id=$id " /sys/kernel/tracing/trace
	assert_output 0
	trace_event xdp/xdp_exception 1
	send peer veth0 "$BATS_TEST_TMPDIR/in.pcap"
	run grep -c "xdp_exception: prog_id=$id action=ABORTED" /sys/kernel/tracing/trace
	assert_output 2
	trace_event xdp/xdp_exception 0
}

@test "expectations say what was sent, expected, and what came; and are silent when all is well" {
	run expect "it works" true
	assert_success
	refute_output
	sent "three frames"
	run expect "it works" bash -c 'echo said; exit 5'
	assert_failure
	assert_line "sent      three frames"
	assert_line "expected  it works"
	assert_line "came      said"
	assert_line "          exit status 5"
	run equal "the number" 3 4
	assert_failure
	assert_line "expected  the number: 3"
	assert_line "came      4"
	run equal "the number" 3 3
	assert_success
}

@test "a refusal must fail by itself, with its words: neither success nor a time-out will do" {
	run refuse "it gives up" "no such" bash -c 'echo no such thing; exit 1'
	assert_success
	run refuse "it gives up" "no such" bash -c 'echo no such thing'
	assert_failure
	run refuse "it gives up" "no such" bash -c 'echo something else; exit 1'
	assert_failure
	run refuse "it gives up" "no such" timeout 0.1 bash -c 'echo no such thing; read -r < <(sleep 2)'
	assert_failure
	run refuse "it gives up" "" nosuchcommand
	assert_failure
}

@test "what a student's program may not: read root's files, write into the tree, go on for ever" {
	run as_student cat /etc/shadow
	assert_failure
	run as_student touch "$BATS_TEST_DIRNAME/x"
	assert_failure
	STUDENT_SECONDS=0.2 run as_student bash -c 'while :; do :; done'
	assert_failure 124
	run as_student bash -c 'head -c 9000000 /dev/zero > /run/workbook/logs.x || head -c 9000000 /dev/zero > /tmp/x.$$'
	assert_failure
}

@test "answers are read without regard to case and blanks; a missing one is empty" {
	BIN=$BATS_TEST_TMPDIR
	printf '# a comment\n calls =  Two Words \nid=7\n' > "$BIN/answers.txt"
	assert_equal "$(answer calls)" "two words"
	assert_equal "$(answer id)" 7
	assert_equal "$(answer other)" ""
}
