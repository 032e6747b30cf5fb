# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# pktsend: each frame of a capture leaves as it is. tcpdump and the device's counters are the witnesses.

bats_load_library bats-support
bats_load_library bats-assert
load ../lib/lab

setup() {
	net_up 2
	cd "$BATS_TEST_TMPDIR" || exit
	for length in 14 60 1514; do plain_frame $length; done | frames in.pcap
}

teardown() {
	[[ -z ${CAPTURE_PID-} ]] || kill "$CAPTURE_PID" 2> /dev/null || true
}

# What the captures hold, in hex
bytes_of() { # FILE
	tcpdump -n -xx -r "$1" 2> /dev/null | sed -n 's/^\t0x[0-9a-f]*: //p'
}

arrived() {
	cat /sys/class/net/veth0/statistics/rx_packets
}

@test "frames leave in their order, to the byte, as often as is asked" {
	capture lab veth0 out.pcap ether proto 0x88b5
	in_peer "$TOOLS/pktsend" veth0 in.pcap
	in_peer "$TOOLS/pktsend" --times 2 veth0 in.pcap
	capture_end 9
	assert_equal "$(bytes_of out.pcap)" "$(for _ in 1 2 3; do bytes_of in.pcap; done)"
}

@test "a second of frames takes a second" {
	local had start took
	had=$(arrived) start=${EPOCHREALTIME/./}
	in_peer "$TOOLS/pktsend" --pps 300 --times 30 veth0 in.pcap
	took=$((${EPOCHREALTIME/./} - start))
	assert_equal $(($(arrived) - had)) 90
	((took > 290000)) # the last of 90 leaves after 89 of 300 parts of a second
}

@test "nobody waits until its socket is closed, and it doesn't stay" {
	local start said
	start=${EPOCHREALTIME/./}
	for _ in {1..20}; do said=$("$TOOLS/pktsend" veth0 in.pcap); done
	[[ -z $said ]]
	wait_for 2 eval '! pgrep pktsend'
}

@test "a capture of tcpdump, and one without a frame" {
	tcpdump -w copy.pcap --time-stamp-precision=nano -r in.pcap 2> /dev/null
	local had
	had=$(arrived)
	in_peer "$TOOLS/pktsend" veth0 copy.pcap
	assert_equal $(($(arrived) - had)) 3
	: | frames none.pcap
	run in_peer "$TOOLS/pktsend" veth0 none.pcap
	assert_success
	assert_output ""
}

@test "what can't be sent is told" {
	run "$TOOLS/pktsend" veth0
	assert_failure 1
	assert_output "usage: pktsend [--times N] [--pps N] DEVICE FRAMES.pcap"
	for wrong in 0 -1 x 1x 99999999999; do
		run "$TOOLS/pktsend" --pps "$wrong" veth0 in.pcap
		assert_failure 1
		assert_output --partial "usage: "
	done
	run "$TOOLS/pktsend" nosuch in.pcap
	assert_output "pktsend: nosuch: no such device here"
	run "$TOOLS/pktsend" veth0 nosuch.pcap
	assert_output "pktsend: nosuch.pcap: No such file or directory"
	run "$TOOLS/pktsend" veth0 .
	assert_output "pktsend: .: Is a directory"
	# every beginning of a capture but those that end where a frame does
	local size
	size=$(stat -c %s in.pcap)
	for length in 0 1 23 25 39 41 $((size - 1)); do
		head -c "$length" in.pcap > cut.pcap
		run "$TOOLS/pktsend" veth0 cut.pcap
		assert_failure 1
		assert_output "pktsend: cut.pcap: no capture of Ethernet frames, or cut short"
	done
	plain_frame 2000 | frames long.pcap
	run "$TOOLS/pktsend" veth0 long.pcap
	assert_failure 1
	assert_output "pktsend: veth0: frame 1: Message too long"
	ip link set veth0 down
	run "$TOOLS/pktsend" veth0 in.pcap
	assert_failure 1
	assert_output "pktsend: veth0: frame 1: Network is down"
}

@test "without rights it says which ones it takes" {
	run setpriv --bounding-set=-all --inh-caps=-all "$TOOLS/pktsend" veth0 in.pcap
	assert_failure 1
	assert_output "pktsend: Operation not permitted: it takes root, or CAP_NET_RAW"
}
