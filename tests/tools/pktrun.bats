# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# pktrun: frames in, verdicts and changed bytes out. tcpdump and bpftool are the second witnesses.

bats_require_minimum_version 1.5.0

MACS="020000000102 020000000101"

setup_file() {
	PATH=$PATH:/usr/sbin:/sbin
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	TOOLS=$(realpath "${TOOLS:-$ROOT/build/tools}")
	FIXTURES=$(realpath "${FIXTURES:-$ROOT/build/tests}")
	export PATH TOOLS FIXTURES
	# what another uid has to reach: bats' own folder is closed to it
	OPEN=$(mktemp -d /tmp/pktrun-test.XXXXXX)
	chmod 755 "$OPEN"
	install -m 755 "$TOOLS/pktrun" "$OPEN"
	install -m 644 "$FIXTURES"/paths.bpf.o "$OPEN"
	export OPEN
}

teardown_file() {
	rm -rf "$OPEN"
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	PATH=$TOOLS:$PATH
	PIN=/sys/fs/bpf/pktrun-test-$$-$BATS_TEST_NUMBER
	cd "$BATS_TEST_TMPDIR" || exit
	paths=$FIXTURES/paths.bpf.o
}

teardown() {
	rm -f "$PIN" /sys/fs/bpf/pktrun_pinned
}

le32() {
	local hex
	hex=$(printf '%08x' "$1")
	printf '%b' "\\x${hex:6:2}\\x${hex:4:2}\\x${hex:2:2}\\x${hex:0:2}"
}

# pcap LINKTYPE HEX...: a capture of those frames; HEX/N was N bytes long on the wire
pcap() {
	local frame hex len
	printf '\xd4\xc3\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\0\0\x04\0'
	le32 "$1"
	shift
	for frame in "$@"; do
		hex=${frame%/*}
		hex=${hex// /}
		len=$((${#hex} / 2))
		printf '\0\0\0\0\0\0\0\0'
		le32 "$len"
		[[ $frame != */* ]] || len=${frame#*/}
		le32 "$len"
		# shellcheck disable=SC2001
		printf '%b' "$(sed 's/../\\x&/g' <<< "$hex")"
	done
}

# frame BYTE [LENGTH]: one for paths.bpf.c, BYTE says what becomes of it
frame() {
	printf '%s 0800 %s %.*d' "$MACS" "$1" $((2 * (${2:-24} - 15))) 0
}

# of_pin KEY: the number, or the first of the numbers, that bpftool tells of the pinned program
of_pin() {
	bpftool -j prog show pinned "$PIN" | sed "s/.*\"$1\":\[*\([0-9]*\).*/\1/"
}

# how many frames the pinned paths.bpf.c has seen
seen() {
	bpftool -j map dump id "$(of_pin map_ids)" | sed 's/.*"seen":\([0-9]*\).*/\1/'
}

nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# as root, but for three capabilities
capable() {
	local caps=-all,+bpf,+net_admin,+perfmon
	nobody --inh-caps $caps --ambient-caps $caps --bounding-set $caps "$@"
}

@test "every verdict is called by its name, any other number told as what it is" {
	pcap 1 "$(frame 00)" "$(frame 01)" "$(frame 02)" "$(frame 03)" "$(frame 04)" "$(frame 09)" \
		> in.pcap
	run -0 pktrun "$paths" in.pcap
	assert_output - <<- END
		1: 24 bytes, XDP_ABORTED, unchanged
		2: 24 bytes, XDP_DROP, unchanged
		3: 24 bytes, XDP_PASS, unchanged
		4: 24 bytes, XDP_TX, unchanged
		5: 24 bytes, XDP_REDIRECT, unchanged
		6: 24 bytes, 9 (not an XDP verdict; the kernel treats it as XDP_ABORTED), unchanged
	END
}

@test "a frame made by trafgen passes, tcpdump sees the same length" {
	echo '{ eth(da=02:00:00:00:01:02, sa=02:00:00:00:01:01) ipv4(da=10.0.0.2) udp(dp=9) "hello" }' \
		> udp.cfg
	trafgen --in udp.cfg --out in.pcap --num 1 > /dev/null
	run -0 pktrun "$paths" in.pcap
	assert_output "1: 47 bytes, XDP_PASS, unchanged"
	run -0 --separate-stderr tcpdump -enr in.pcap
	assert_output --partial "length 47:"
}

@test "of a changed frame the rows that differ are shown, as they were and as they are" {
	pcap 1 "$(frame 73 40)" > in.pcap
	run -0 pktrun "$paths" in.pcap
	assert_output - <<- END
		1: 40 bytes, XDP_TX, changed
		     0000  02 00 00 00 01 02 02 00 00 00 01 01 08 00 73 00   was
		     0000  02 00 00 00 01 01 02 00 00 00 01 02 08 00 73 00   now
	END
}

@test "of a grown frame the new bytes are shown" {
	pcap 1 "$(frame 67)" "$(frame 74)" > in.pcap
	run -0 pktrun "$paths" in.pcap
	assert_output - <<- END
		1: 24 bytes, XDP_PASS, 28 bytes out, changed
		     000c  aa bb cc dd                                       now
		2: 24 bytes, XDP_PASS, 32 bytes out, changed
		     0018  00 00 00 00 00 00 00 00                           now
	END
}

@test "of a shrunk frame the lost bytes are shown" {
	pcap 1 "$MACS 0800 70aa bbbbbbbbbbbbbbbbbbbb" > in.pcap
	run -0 pktrun "$paths" in.pcap
	assert_output - <<- END
		1: 26 bytes, XDP_PASS, 22 bytes out, changed
		     000c  08 00 70 aa                                       was
	END
}

@test "metadata in front of the frame is shown, and is no part of it" {
	pcap 1 "$(frame 6d)" > in.pcap
	run -0 pktrun --write out.pcap "$paths" in.pcap
	assert_output - <<- END
		1: 24 bytes, XDP_PASS, unchanged, 8 bytes of metadata
		     meta  01 02 03 04 05 06 07 08
	END
	cmp <(tcpdump -xxtnr in.pcap 2> tcpdump.err) <(tcpdump -xxtnr out.pcap 2> tcpdump.err)
}

@test "--write makes a capture of a table, whose verdicts and comments don't count" {
	cat > t.table <<- 'END'
		macs = 020000000101 020000000102
		$macs 0800 /20 -> DROP     # it passes
		$macs 0806 ff  -> PASS any
	END
	run -0 pktrun --table --write out.pcap "${FIXTURES%/*}/tools/pass.bpf.o" t.table
	assert_output "1: 20 bytes, XDP_PASS, unchanged
2: 15 bytes, XDP_PASS, unchanged"
	run -0 pktrun "${FIXTURES%/*}/tools/pass.bpf.o" out.pcap
	assert_output "1: 20 bytes, XDP_PASS, unchanged
2: 15 bytes, XDP_PASS, unchanged"
	echo 'nonsense -> PASS' > t.table
	run -1 pktrun --table --write out.pcap "${FIXTURES%/*}/tools/pass.bpf.o" t.table
	assert_output --partial 't.table:1: '
	: > t.table
	run -1 pktrun --table --write out.pcap "${FIXTURES%/*}/tools/pass.bpf.o" t.table
}

@test "--write keeps each frame as it left the program, whatever the verdict" {
	pcap 1 "$(frame 01)" "$(frame 73)" "$(frame 67)" > in.pcap
	run -0 pktrun -w out.pcap "$paths" in.pcap
	pcap 1 "$(frame 01)" "020000000101 020000000102 0800 73 $(printf '%018d' 0)" \
		"$MACS aabbccdd 0800 67 $(printf '%018d' 0)" > expected.pcap
	tcpdump -xxtnr expected.pcap > expected 2> tcpdump.err
	tcpdump -xxtnr out.pcap > out 2> tcpdump.err
	run -0 grep -c 0x0000: expected
	assert_output 3
	run -0 diff expected out
}

@test "--cut joins the lengths of one verdict, and says where bytes are changed" {
	pcap 1 "$(frame 02)" "$(frame 73 15)" "$MACS 0800" > in.pcap
	run -0 pktrun --cut "$paths" in.pcap
	assert_output - <<- END
		1: 14 bytes XDP_DROP, 15-24 bytes XDP_PASS
		2: 14 bytes XDP_DROP, 15 bytes XDP_TX changed
		3: 14 bytes XDP_DROP
	END
}

@test "--frame runs only that one, under its own number" {
	pcap 1 "$(frame 01)" "$(frame 03)" "$(frame 02)" > in.pcap
	run -0 pktrun -f 2 "$paths" in.pcap
	assert_output "2: 24 bytes, XDP_TX, unchanged"
	run -0 pktrun -c -f 3 "$paths" in.pcap
	assert_output "3: 14 bytes XDP_DROP, 15-24 bytes XDP_PASS"
	run -1 pktrun -f 4 "$paths" in.pcap
	assert_output "pktrun: in.pcap: no frame 4, it has 3"
}

@test "--dev is what the program sees as ingress, lo without it" {
	pcap 1 "000000000000 020000000101 0800 69" > in.pcap
	run -0 pktrun "$paths" in.pcap
	assert_line --regexp '0000  01 00 00 00 00 00 .* now$'

	# shellcheck disable=SC2016
	run -0 unshare --net sh -e -c '
		ip link add lab0 index 77 type veth peer name lab1
		pktrun --dev lab0 "$0" in.pcap' "$paths"
	assert_line --regexp '0000  4d 00 00 00 00 00 .* now$'

	run -1 unshare --net pktrun --dev lab0 "$paths" in.pcap
	assert_output "pktrun: lab0: no such device in this network namespace"
}

@test "--time tells the smallest ns of a run beside those of an empty program" {
	pcap 1 "$(frame 02)" > in.pcap
	run -0 pktrun --time 1000 "$paths" in.pcap
	assert_output --regexp \
		'^1: 24 bytes, XDP_PASS, [0-9]+ ns a run, empty program [0-9]+ ns \(ns of this machine,'
}

@test "--time runs the program as often as it says" {
	pcap 1 "$(frame 02)" > in.pcap
	bpftool prog load "$paths" "$PIN"
	run -0 pktrun -t 500 --pinned "$PIN" in.pcap
	# one run to see that nothing changes, then five rounds
	assert_equal "$(seen)" 2501
}

@test "--time refuses a frame that one run changes, and times the others" {
	pcap 1 "$(frame 73)" "$(frame 02)" "$(frame 6d)" > in.pcap
	run -1 pktrun -t 10 "$paths" in.pcap
	assert_line --index 0 --partial "1: 24 bytes, not timed: a run changes the frame, and the kernel does not"
	assert_line --index 1 --partial "2: 24 bytes, XDP_PASS, "
	assert_line --index 2 --partial "3: 24 bytes, not timed: a run changes the frame"
	assert_line --index 3 "pktrun: in.pcap: 2 of 3 frames not timed"
}

@test "--time refuses a frame that only a later run changes" {
	pcap 1 "$(frame 6c)" > in.pcap
	run -0 pktrun "$paths" in.pcap
	assert_output "1: 24 bytes, XDP_PASS, unchanged"
	run -1 pktrun -t 1500 "$paths" in.pcap
	assert_line --index 0 --partial "1: 24 bytes, not timed: a later run changes the frame"
}

@test "--id and --pinned run a loaded program on its own maps, as bpftool does" {
	pcap 1 "$(frame 03)" > in.pcap
	bpftool prog load "$paths" "$PIN"
	id=$(of_pin id)
	run -0 pktrun --pinned "$PIN" in.pcap
	assert_output "1: 24 bytes, XDP_TX, unchanged"
	run -0 pktrun --id "$id" in.pcap
	assert_output "1: 24 bytes, XDP_TX, unchanged"

	tail -c 24 in.pcap > frame
	run -0 bpftool prog run pinned "$PIN" data_in frame repeat 1
	assert_output --partial "Return value: 3,"
	assert_equal "$(seen)" 3
}

@test "an object is loaded afresh each time, and leaves no pin" {
	pcap 1 "$(frame 02)" > in.pcap
	run -0 pktrun --prog pass "$FIXTURES/mixed.bpf.o" in.pcap
	assert_output "1: 24 bytes, XDP_PASS, unchanged"
	assert [ ! -e /sys/fs/bpf/pktrun_pinned ]
}

@test "--prog chooses among several, and what is not chosen is not loaded" {
	pcap 1 "$(frame 02)" > in.pcap
	run -0 pktrun -p drop "$FIXTURES/mixed.bpf.o" in.pcap
	assert_output "1: 24 bytes, XDP_DROP, unchanged"
}

@test "without --prog, an object with two XDP programs is an error that lists them" {
	pcap 1 "$(frame 02)" > in.pcap
	run -1 pktrun "$FIXTURES/mixed.bpf.o" in.pcap
	assert_output --partial "more than one XDP program, choose with --prog: it has "
	assert_output --partial 'pass (SEC "xdp")'
	assert_output --partial 'drop (SEC "xdp")'
}

@test "a program that is missing, of another type, or for a map is refused by name" {
	pcap 1 "$(frame 02)" > in.pcap
	run -1 pktrun -p nix "$FIXTURES/mixed.bpf.o" in.pcap
	assert_output --partial "no program 'nix': it has "
	run -1 pktrun -p unsafe "$FIXTURES/mixed.bpf.o" in.pcap
	assert_output --partial "'unsafe' is not an XDP program"
	run -1 pktrun -p egress "$FIXTURES/mixed.bpf.o" in.pcap
	assert_output --partial "'egress' is for a map, the kernel does not run it by hand"
	run -1 pktrun "$FIXTURES/tc.bpf.o" in.pcap
	assert_output --partial 'no XDP program that the kernel can run by hand: it has ok (SEC "tc")'
	run -1 pktrun "$FIXTURES/wrongsec.bpf.o" in.pcap
	assert_output --partial 'it has pass (SEC "xpd")'
}

@test "tail calls work when the program array is filled in the source" {
	pcap 1 "$(frame 02)" > in.pcap
	run -0 pktrun -p root "$FIXTURES/tail.bpf.o" in.pcap
	assert_output "1: 24 bytes, XDP_TX, unchanged"
}

@test "a program that the verifier refuses: its decisive words, and where to learn more" {
	pcap 1 "$(frame 02)" > in.pcap
	run -2 pktrun -p unsafe "$FIXTURES/unsafe.bpf.o" in.pcap
	assert_line --partial "the verifier refuses program 'unsafe': invalid access to packet, off=0 size=1"
	assert_line --partial "explain $FIXTURES/unsafe.bpf.o"
	assert_equal "${#lines[@]}" 1
}

@test "frames that are cut off or too short are named, the others run" {
	pcap 1 "$(frame 02)/60" "0203040506070809" "$(frame 03)" "" > in.pcap
	run -1 pktrun "$paths" in.pcap
	assert_output - <<- END
		1: 60 bytes, not run: only 24 bytes of it were captured
		2: 8 bytes, not run: shorter than an Ethernet header, the kernel wants 14 bytes
		3: 24 bytes, XDP_TX, unchanged
		4: 0 bytes, not run: shorter than an Ethernet header, the kernel wants 14 bytes
		pktrun: in.pcap: 3 of 4 frames not run
	END
}

@test "a frame longer than one buffer needs xdp.frags, and there is an end to that too" {
	pcap 1 "$(frame 02 9000)" "$(frame 02 100000)" "$(frame 02)" > in.pcap
	run -1 pktrun "$paths" in.pcap
	assert_line --index 0 --regexp '^1: 9000 bytes, not run: longer than [0-9]+ bytes, which only SEC\("xdp.frags"\)'
	assert_line --index 1 --regexp '^2: 100000 bytes, not run: .*: the longest frame the kernel runs here has [0-9]+ bytes$'
	assert_line --index 2 "3: 24 bytes, XDP_PASS, unchanged"

	run -1 pktrun "$FIXTURES/frags.bpf.o" in.pcap
	assert_line --index 0 --regexp '^1: 9000 bytes, XDP_TX, unchanged, [0-9]+ linear$'
	assert_line --index 2 "3: 24 bytes, XDP_PASS, unchanged"
}

@test "the longest frame that is told to run does run, one byte more does not" {
	pcap 1 "$(frame 02 100000)" > in.pcap
	run -1 pktrun "$FIXTURES/frags.bpf.o" in.pcap
	longest=$(sed -n 's/.* here has \([0-9]*\) bytes/\1/p' <<< "$output")
	pcap 1 "$(frame 02 "$longest")" "$(frame 02 $((longest + 1)))" > in.pcap
	run -1 pktrun "$FIXTURES/frags.bpf.o" in.pcap
	assert_line --index 0 --partial "1: $longest bytes, XDP_TX, unchanged"
	assert_line --index 1 --partial "2: $((longest + 1)) bytes, not run"
}

@test "frames come from standard input too" {
	run -0 pktrun "$paths" - < <(pcap 1 "$(frame 02)")
	assert_output "1: 24 bytes, XDP_PASS, unchanged"
}

@test "captures that are none, empty, broken or of another kind are errors" {
	run -1 pktrun "$paths" nix.pcap
	assert_output "pktrun: nix.pcap: No such file or directory"
	echo "no capture at all, only text" > text
	run -1 pktrun "$paths" text
	assert_output --partial "pktrun: text: not a pcap file: "
	pcap 1 > in.pcap
	run -1 pktrun "$paths" in.pcap
	assert_output "pktrun: in.pcap: no frame in it"
	pcap 1 "$(frame 02)" "$(frame 02)" | head -c -3 > in.pcap
	run -1 pktrun "$paths" in.pcap
	assert_output --partial "pktrun: in.pcap: after frame 1: truncated dump file"
	pcap 105 "$(frame 02)" > in.pcap
	run -1 pktrun "$paths" in.pcap
	assert_output "pktrun: in.pcap: holds IEEE802_11 frames, not Ethernet (EN10MB)"
}

@test "objects that are none, no BPF, or do not load are errors" {
	pcap 1 "$(frame 02)" > in.pcap
	run -1 pktrun nix.bpf.o in.pcap
	assert_output "pktrun: nix.bpf.o: No such file or directory"
	run -1 pktrun in.pcap in.pcap
	assert_output --partial "pktrun: in.pcap: not a BPF object: "
	run -1 pktrun "$(type -P true)" in.pcap
	assert_output --partial "not a valid eBPF object file"
	run -1 pktrun "$FIXTURES/legacy.bpf.o" in.pcap
	assert_output --partial "legacy map definitions in 'maps' section are not supported"
	run -1 pktrun "$FIXTURES/badmap.bpf.o" in.pcap
	assert_output --partial "does not load: map 'counters': failed to create: Invalid argument"
}

@test "ids and pins that are none or no XDP program are errors" {
	pcap 1 "$(frame 02)" > in.pcap
	run -1 pktrun --id 2147483647 in.pcap
	assert_output "pktrun: program id 2147483647: no such program is loaded"
	run -1 pktrun --pinned "$PIN" in.pcap
	assert_output "pktrun: $PIN: No such file or directory"
	run -1 pktrun --pinned in.pcap in.pcap
	assert_output "pktrun: in.pcap: not a pinned program: this is no BPF file system"
	bpftool prog load "$FIXTURES/tc.bpf.o" "$PIN"
	run -1 pktrun --pinned "$PIN" in.pcap
	assert_output "pktrun: $PIN: program 'ok' is of type sched_cls, not xdp"
	rm "$PIN"
	bpftool map create "$PIN" type array key 4 value 4 entries 1 name nomap
	run -1 pktrun --pinned "$PIN" in.pcap
	assert_output "pktrun: $PIN: not a program but anon_inode:bpf-map"
}

@test "an output file that cannot be written is an error" {
	pcap 1 "$(frame 02)" > in.pcap
	run -1 pktrun -w nix/out.pcap "$paths" in.pcap
	assert_output --partial "nix/out.pcap: No such file or directory"
	run -1 pktrun -w /dev/full "$paths" in.pcap
	assert_output --partial "pktrun: /dev/full: "
	# shellcheck disable=SC2016
	run -3 sh -c 'pktrun "$0" in.pcap > /dev/full' "$paths"
	assert_output "pktrun: standard output: No space left on device"
}

# -- tables

# Run a table of what paths.bpf.c does, given on standard input: pktrun must end with that status.
# Its first line gives $macs.
table() { # STATUS
	{
		echo "macs = 02:00:00:00:01:02 020000000101"
		cat
	} > t.table
	run "-$1" pktrun --table "$paths" t.table
}

# Each line of standard input is LINE|MESSAGE: as the second line of a table, LINE is refused so
refused() {
	local line message
	while IFS='|' read -r line message; do
		table 1 <<< "$(printf "%b" "$line")"
		assert_output "pktrun: t.table:2: $message"
	done
}

@test "a row of a table is ok when verdict and bytes are what it says" {
	table 0 <<- 'END'
		# a comment, and a line without anything

		$macs 0800 02 /24  -> PASS    # it passes
		  $macs 0800 01 /24 -> DROP
		$macs 0800 09 /24  -> 9 # no verdict of XDP's
		$macs 0800 73 /40  -> TX same @0=020000000101020000000102
		$macs 0800 67 /24  -> xdp_pass $macs aabb???? 0800 67 /28
		$macs 0800 67 /24  -> PASS any
	END
	assert_output - <<- 'END'
		4: ok, XDP_PASS: it passes
		5: ok, XDP_DROP: $macs 0800 01 /24 -> DROP
		6: ok, 9 (not an XDP verdict; the kernel treats it as XDP_ABORTED): no verdict of XDP's
		7: ok, XDP_TX: $macs 0800 73 /40  -> TX same @0=020000000101020000000102
		8: ok, XDP_PASS: $macs 0800 67 /24  -> xdp_pass $macs aabb???? 0800 67 /28
		9: ok, XDP_PASS: $macs 0800 67 /24  -> PASS any
		6 of 6 rows are ok
	END
}

@test "a row that is not ok shows what was expected and what came" {
	table 4 <<- 'END'
		$macs 0800 02 /24 -> DROP # another verdict
		$macs 0800 73 /40 -> TX   # it should come back as it was
		$macs 0800 67 /24 -> PASS # it should not grow
		$macs 0800 70aa /20 -> PASS $macs 0800 70aa /20 # it should not shrink
		$macs 0800 67 /24 -> PASS same /25 @24=?? # any byte is one byte
		$macs 0800 02 /24 -> PASS # this one is ok
	END
	assert_output - <<- 'END'
		2: NOT OK: another verdict
		     expected  XDP_DROP
		     came      XDP_PASS, 24 bytes, unchanged
		3: NOT OK: it should come back as it was
		     expected  XDP_TX, 40 bytes
		     came      XDP_TX, 40 bytes, changed
		     0000  02 00 00 00 01 02 02 00 00 00 01 01 08 00 73 00   expected
		     0000  02 00 00 00 01 01 02 00 00 00 01 02 08 00 73 00   came
		4: NOT OK: it should not grow
		     expected  XDP_PASS, 24 bytes
		     came      XDP_PASS, 28 bytes, changed
		     000c  aa bb cc dd                                       came
		5: NOT OK: it should not shrink
		     expected  XDP_PASS, 20 bytes
		     came      XDP_PASS, 16 bytes, changed
		     000c  08 00 70 aa                                       expected
		6: NOT OK: any byte is one byte
		     expected  XDP_PASS, 25 bytes
		     came      XDP_PASS, 28 bytes, changed
		     000c  08 00 67 00                                       expected
		     000c  aa bb cc dd 08 00 67                              came
		7: ok, XDP_PASS: this one is ok
		1 of 6 rows are ok
	END
}

@test "every word of a table's notation makes the bytes that it says" {
	pcap 1 "$(frame 01)" "$(frame 02)" > in.pcap
	table 0 <<- 'END'
		ends = 10.0.1.2 fe80::1
		tail = u8=255 u16=53 u32=4294967295 $ends
		$macs 0800 02 $tail -> PASS 020000000102 02:00:00:00:01:01 0800 02 ff 0035 ffffffff 0a000102 fe80000000000000 0000000000000001
		$macs 0800 02 $tail /20 /22 -> PASS 020000000102020000000101080002FF0035ffff0000
		$macs 0800 01 /24 @14=02 @16=u16=258 -> PASS $macs 0800 02 00 0102 /24
		pcap=in.pcap:2 -> PASS $macs 0800 02 /24
		pcap=in.pcap:1 @14=u8=2 -> PASS $macs 0800 02 /24
	END
	mkdir deeper
	echo 'pcap=../in.pcap:2 -> PASS # paths count from the table' > deeper/t.table
	run -0 pktrun -T "$paths" deeper/t.table
	assert_output "1: ok, XDP_PASS: paths count from the table
1 of 1 rows are ok"
	run -0 pktrun -T "$paths" - <<< "pcap=in.pcap:2 -> PASS # and from here"
	assert_output "1: ok, XDP_PASS: and from here
1 of 1 rows are ok"
}

@test "bad input in a table is told with file and line" {
	pcap 1 "$(frame 02)" "$(frame 02)/60" > in.pcap
	refused <<- 'END'
		$macs 0800 0 -> PASS|0: neither bytes in hex (two digits each), nor an address, u16=53, $name, pcap=FILE:3, @12=BYTES, /60
		$macs -> PASS|a frame of 12 bytes: the kernel wants 14, an Ethernet header
		-> PASS|a frame of 0 bytes: the kernel wants 14, an Ethernet header
		$mac 0800 -> PASS|$mac: no line above says mac = ...
		$macs 0800 00|neither NAME = BYTES nor FRAME -> VERDICT
		$macs 0800 ->|no verdict behind ->
		$macs 0800 -> PAS|PAS: no verdict: PASS, DROP, TX, REDIRECT, ABORTED, or a number
		$macs 0800 -> 4294967296|4294967296: no verdict: PASS, DROP, TX, REDIRECT, ABORTED, or a number
		$macs 0800 -> PASS any 00|any: nothing stands behind it
		$macs 0800 -> PASS 00 same|same: neither bytes in hex (two digits each), nor an address, u16=53, $name, pcap=FILE:3, @12=BYTES, /60
		$macs 0800 ?? -> PASS|byte 14 of the frame is ??: only what comes out may be so
		$macs 0800 u16=65536 -> PASS|u16=65536: not a number from 0 to 65535
		$macs 0800 u8= -> PASS|u8=: not a number from 0 to 255
		$macs 0800 @13=0000 -> PASS|@13=0000: there are only 14 bytes before it
		$macs 0800 @x=00 -> PASS|@x=00: other bytes at offset 12 are written @12=BYTES
		$macs 0800 @1=@0=00 -> PASS|@1=@0=00: behind the = belong bytes
		$macs 0800 /-1 -> PASS|/-1: a length is written /60
		$macs 0800 /131073 -> PASS|/131073: a length is written /60
		macs = 00|macs has a meaning already
		$macs = 00|$macs: a name is made of letters, digits, _ and -
		pcap=in.pcap:0 -> PASS|pcap=in.pcap:0: frame 3 of a capture is written pcap=FILE:3
		pcap=in.pcap -> PASS|pcap=in.pcap: frame 3 of a capture is written pcap=FILE:3
		pcap=in.pcap:3 -> PASS|pcap=in.pcap:3: that capture has 2 frames
		pcap=in.pcap:2 -> PASS|pcap=in.pcap:2: only 24 bytes of it were captured
		pcap=-:1 -> PASS|pcap=-:1: a capture in a table is a file
		\033[31m -> PASS|?[31m: neither bytes in hex (two digits each), nor an address, u16=53, $name, pcap=FILE:3, @12=BYTES, /60
	END
	printf "%s 0800 \0 -> PASS" "$MACS" > zero.table
	run -1 pktrun -T "$paths" zero.table
	assert_output "pktrun: zero.table:1: a byte of value 0: this is no text"
	table 1 <<< "pcap=nix.pcap:1 -> PASS"
	assert_output - <<- 'END'
		pktrun: nix.pcap: No such file or directory
		pktrun: t.table:2: pcap=nix.pcap:1: can't be read
	END
}

@test "a table that is none, or has no row, or a row that can't be run, is an error" {
	run -1 pktrun -T "$paths" nix.table
	assert_output "pktrun: nix.table: No such file or directory"
	run -1 pktrun -T "$paths" .
	assert_output "pktrun: .: Is a directory"
	table 1 <<< "# nothing but a name"
	assert_output 'pktrun: t.table: no row in it: FRAME -> VERDICT'
	table 1 <<- "END"
		$macs 0800 02 /24 -> PASS # short
		$macs 0800 02 /9000 -> PASS # long
	END
	assert_line --index 0 "2: ok, XDP_PASS: short"
	assert_line --index 1 --regexp '^3: not run: longer than [0-9]+ bytes, which only SEC\("xdp.frags"\)'
	assert_line --index 2 "pktrun: t.table: 1 of 2 rows not run"
	run -1 pktrun -T -f 1 "$paths" t.table
	assert_output "pktrun: --frame: not with --table, whose rows are known by their lines"
}

@test "a table's rows run one after the other in the same program" {
	bpftool prog load "$paths" "$PIN"
	echo "$MACS 0800 02 -> PASS" | tee one > three
	cat one one >> three
	run -0 pktrun --table --pinned "$PIN" three
	assert_equal "$(seen)" 3
}

@test "random bytes, and tables with random bytes in them, never upset pktrun" {
	local i n words seed=$RANDOM
	# what a table is made of, in any order
	read -ra words <<- "END"
		$a $b = -> PASS TX same any ?? 0800 02:00:00:00:01:02 10.0.1.1 fe80::1 u16=53 u32= @12=86dd @0=??@ /60 /0 # pcap=in.pcap:1 pcap=: @4=pcap=in.pcap:1 a b 9 /131072
	END
	words+=($'\n' $'\n' $'\t' $'\xff')
	pcap 1 "$(frame 02)" > in.pcap
	echo "seed $seed"
	RANDOM=$seed
	for ((i = 0; i < 60; i++)); do
		if ((i % 3)); then
			for ((n = RANDOM % 60; n > 0; n--)); do
				printf '%s ' "${words[RANDOM % ${#words[@]}]}"
			done
		else
			head -c $((RANDOM % 3000)) /dev/urandom
		fi > fuzz
		run pktrun --table "$paths" fuzz
		[[ $status == [014] ]] || { echo "status $status: $output" && od -An -tx1 fuzz && false; }
		((status != 1)) || assert_line --regexp '^pktrun: (fuzz(:[0-9]+)?: |in.pcap)'
	done
}

@test "wrong use is told" {
	pcap 1 "$(frame 02)" > in.pcap
	for use in "" "in.pcap" "a b c" "--id 1 a b" "--nix a b" "--id"; do
		# shellcheck disable=SC2086
		run -1 pktrun $use
		assert_line --partial "Usage: pktrun"
	done
	for n in 0 -1 2x 9999999999 ""; do
		run -1 pktrun --frame "$n" "$paths" in.pcap
		assert_output "pktrun: --frame $n: not a number from 1 to 2147483647"
	done
	run -1 pktrun --time 0 "$paths" in.pcap
	run -1 pktrun --id zero in.pcap
	run -1 pktrun --id 1 --pinned "$PIN" in.pcap
	assert_output "pktrun: --id and --pinned: only one of them"
	run -1 pktrun --id 1 --prog x in.pcap
	assert_output --partial "pktrun: --prog: only with an object"
	for two in "-c -t 1" "-c -w out" "-t 1 -w out" "-T -c"; do
		# shellcheck disable=SC2086
		run -1 pktrun $two "$paths" in.pcap
		assert_output "pktrun: --cut, --time, and --write or --table: only one of them"
	done
	assert [ ! -e out ]
}

@test "--help goes to standard output" {
	run -0 --separate-stderr pktrun --help
	assert_line --partial "Usage: pktrun"
	# shellcheck disable=SC2154
	assert_equal "$stderr" ""
	run -0 pktrun -h
}

@test "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are enough for an object" {
	run -0 capable "$OPEN/pktrun" "$OPEN/paths.bpf.o" - < <(pcap 1 "$(frame 73)")
	assert_line --index 0 "1: 24 bytes, XDP_TX, changed"
	run -0 capable "$OPEN/pktrun" -t 10 -d lo "$OPEN/paths.bpf.o" - < <(pcap 1 "$(frame 02)")
}

@test "without rights it is said which are missing" {
	run -3 nobody "$OPEN/pktrun" "$OPEN/paths.bpf.o" - < <(pcap 1 "$(frame 02)")
	assert_output --partial "Operation not permitted: this needs CAP_BPF and CAP_NET_ADMIN, or root"

	bpftool prog load "$paths" "$PIN"
	id=$(of_pin id)
	run -3 capable "$OPEN/pktrun" --id "$id" - < <(pcap 1 "$(frame 02)")
	assert_output --partial "Operation not permitted: --id needs root (CAP_SYS_ADMIN)"
	run -3 capable "$OPEN/pktrun" --pinned "$PIN" - < <(pcap 1 "$(frame 02)")
	assert_output --partial "a pin belongs to who pinned it, try as root"
}
