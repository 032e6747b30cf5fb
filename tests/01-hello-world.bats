# bats file_tags=lab
# Lab 01: the program greets every packet and lets it through; the loader attaches it, takes it
# off again, and leaves nothing behind.

load lib/lab

export LOADER=hello

# bats test_tags=packets
@test "every frame passes unchanged and is greeted once [1]" {
	sent "three frames of 60, 98 and 1514 bytes, each once through BPF_PROG_TEST_RUN"
	for length in 60 98 1514; do plain_frame "$length"; done | frames "$TMPDIR/in.pcap"
	packets hello.bpf.o hello "$TMPDIR/in.pcap"
	equal "the verdicts" "1: 60 bytes, XDP_PASS, unchanged
2: 98 bytes, XDP_PASS, unchanged
3: 1514 bytes, XDP_PASS, unchanged" "$PACKETS"
	equal "lines with \"Hello World\" in the trace" 3 \
		"$(trace_lines "$PACKETS_AS" | grep -c '^Hello World')"
}

# bats test_tags=packets
@test "TODO(2): the greeting says how long the frame is [2]" {
	local a=$((100 + $(own_number 1))) b=$((101 + $(own_number 2)))
	sent "frames of $a, 14 and $b bytes, each once through BPF_PROG_TEST_RUN"
	for length in $a 14 $b; do plain_frame "$length"; done | frames "$TMPDIR/in.pcap"
	packets hello.bpf.o hello "$TMPDIR/in.pcap"
	equal "lines in the trace" "Hello World: $a bytes
Hello World: 14 bytes
Hello World: $b bytes" "$(trace_lines "$PACKETS_AS")"
	equal "lengths that went through it" "$a 14 $b" \
		"$(sed -n 's/^[0-9]*: \([0-9]*\) bytes.*/\1/p' <<< "$PACKETS" | xargs)"
}

@test "TODO(1): your loader attaches hello to each device that it is given [2]" {
	loader_start --dev veth0 --dev veth1
	for device in veth0 veth1; do
		equal "mode of the program on $device (ip -j link)" native "$(xdp_mode $device)"
		equal "name of the program on $device (ip -j -d link)" hello "$(xdp_name $device)"
	done
	equal "program on veth1, the same as on veth0" "$(xdp_id veth0)" "$(xdp_id veth1)"

	sent "5 pings from peer to veth0, 3 from third to veth1"
	expect "all 5 are answered" in_peer ping -q -f -c 5 -W 1 "$LAB0"
	expect "all 3 are answered" in_third ping -q -f -c 3 -W 1 "$LAB1"
	equal "frames that XDP took from veth0 (ethtool -S)" 5 "$(nic lab veth0 xdp_packets)"
	equal "frames that XDP took from veth1 (ethtool -S)" 3 "$(nic lab veth1 xdp_packets)"
	equal "runs of the program (run_cnt)" 8 "$(run_cnt "$(xdp_id veth0)")"

	local id
	id=$(xdp_id veth0)
	sent "nothing: a second loader, while the first one is on veth0"
	refuse "the second one gives up" "can't attach to veth0: Device or resource busy" \
		as_student "$BIN/hello" --dev veth0
	equal "program on veth0, the same as before" "$id" "$(xdp_id veth0)"
	sent "nothing: a loader without --mode, so for native mode, which lo does not have"
	refuse "it gives up" "can't attach to lo: " as_student "$BIN/hello" --dev lo
}

@test "TODO(2): pings of two sizes are greeted with their own length [1]" {
	local a=$((100 + $(own_number 3))) b=$((101 + $(own_number 4)))
	expect "ip attaches your program to veth0" attach veth0 hello.bpf.o

	sent "from peer, 4 pings in frames of $a bytes and 3 in frames of $b bytes"
	expect "all are answered" in_peer ping -q -f -c 4 -W 1 -s $((a - 42)) "$LAB0"
	expect "all are answered" in_peer ping -q -f -c 3 -W 1 -s $((b - 42)) "$LAB0"
	equal "frames that XDP took from veth0 (ethtool -S)" 7 "$(nic lab veth0 xdp_packets)"
	no_less "lines \"Hello World: $a bytes\" in the trace" 4 \
		"$(trace_lines | grep -cx "Hello World: $a bytes")"
	no_less "lines \"Hello World: $b bytes\" in the trace" 3 \
		"$(trace_lines | grep -cx "Hello World: $b bytes")"
}

@test "TODO(3): --detach takes the program off the device you name, and off no other [2]" {
	local id
	expect "ip attaches your program to veth0" attach veth0 hello.bpf.o
	expect "ip attaches your program to veth1" attach veth1 hello.bpf.o
	id=$(xdp_id veth0)

	expect "hello --dev veth1 --detach succeeds" as_student "$BIN/hello" --dev veth1 --detach
	equal "mode of the program on veth1 (ip -j link)" none "$(xdp_mode veth1)"
	equal "program on veth0, the same as before" "$id" "$(xdp_id veth0)"

	sent "2 pings from third to veth1, 4 from peer to veth0"
	expect "both are answered" in_third ping -q -f -c 2 -W 1 "$LAB1"
	expect "all 4 are answered" in_peer ping -q -f -c 4 -W 1 "$LAB0"
	equal "frames that XDP took from veth1 (ethtool -S)" 0 "$(nic lab veth1 xdp_packets)"
	equal "frames that XDP took from veth0 (ethtool -S)" 4 "$(nic lab veth0 xdp_packets)"
	equal "runs of the program on veth0 (run_cnt)" 4 "$(run_cnt "$id")"

	sent "nothing: --detach once more, where no program is"
	refuse "it says so, and fails" "veth1: nothing detached: No such file or directory" \
		as_student "$BIN/hello" --dev veth1 --detach
}

@test "TODO(4): SIGTERM ends the loader and leaves nothing in the kernel [2]" {
	nothing_left_after TERM
}

@test "TODO(4): so does Ctrl-C, but what took its place stays [1]" {
	nothing_left_after INT

	loader_start --dev veth0 --dev veth1
	expect "ip puts another program, pass, in the place of yours on veth1" ip -force link set \
		dev veth1 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	sent "SIGINT to your loader, while pass is on veth1"
	loader_stop INT
	equal "name of the program on veth1 (ip -j -d link)" pass "$(xdp_name veth1)"
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
}

nothing_left_after() { # SIGNAL
	local id
	loader_start --dev veth0 --dev veth1
	id=$(xdp_id veth0)
	equal "a program on veth0 while the loader runs (ip -j link)" native "$(xdp_mode veth0)"

	sent "SIG$1 to your loader"
	loader_stop "$1"
	equal "its exit status" 0 "$LOADER_STATUS"
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
	equal "mode of the program on veth1 (ip -j link)" none "$(xdp_mode veth1)"
	expect "program $id is gone from the kernel (bpftool prog show id $id)" \
		wait_for 1 prog_gone "$id"
}

# What follows concerns the given parts of the loader: `make test` runs it on our solution.

# bats test_tags=author
@test "a device that doesn't exist is named, and nothing is attached anywhere" {
	refuse "the loader gives up" "nosuch: no such device here" \
		as_student "$BIN/hello" --dev veth0 --dev nosuch
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
}

# bats test_tags=author
@test "a device that is down gets the program, and a warning" {
	ip link set veth0 down
	loader_start --dev veth0
	equal "mode of the program on veth0" native "$(xdp_mode veth0)"
	expect "the warning names the cure" grep -q 'ip link set veth0 up' "$LOADER_LOG"
	loader_stop TERM
}

# bats test_tags=author
@test "a program that is there already is left alone, and the other device comes out clean" {
	ip link set dev veth1 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	refuse "the loader gives up" "take off what is there: hello --dev veth1 --detach" \
		as_student "$BIN/hello" --dev veth0 --dev veth1
	equal "name of the program on veth1" pass "$(xdp_name veth1)"
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
}

# bats test_tags=author
@test "a program that took our place meanwhile is left alone" {
	loader_start --dev veth0
	ip -force link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	loader_stop INT
	equal "name of the program on veth0" pass "$(xdp_name veth0)"
	expect "the loader says so" grep -q 'veth0: our program is no longer there' "$LOADER_LOG"
}

# bats test_tags=author
@test "after kill -9 the device keeps the program; --detach frees it for the next loader" {
	loader_start --dev veth0
	loader_stop KILL
	equal "mode of the program on veth0" native "$(xdp_mode veth0)"
	expect "--detach succeeds" as_student "$BIN/hello" --dev veth0 --detach
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
	loader_start --dev veth0
	loader_stop TERM
}

# bats test_tags=author
@test "--detach where nothing is says so and fails" {
	refuse "it fails" "veth0: nothing detached" as_student "$BIN/hello" --dev veth0 --detach
}

# bats test_tags=author
@test "--mode generic uses the generic hook" {
	loader_start --dev veth0 --mode generic
	equal "mode of the program on veth0" generic "$(xdp_mode veth0)"
	loader_stop TERM
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
}

# bats test_tags=author
@test "without rights the loader says which ones it takes" {
	refuse "it fails" "CAP_BPF and CAP_NET_ADMIN" setpriv --reuid "$STUDENT" --regid "$STUDENT" \
		--clear-groups --bounding-set=-all --inh-caps=-all "$BIN/hello" --dev veth0
}

# bats test_tags=author
@test "wrong options show the right ones" {
	refuse "no device is named" "usage: hello --dev NAME" as_student "$BIN/hello"
	refuse "an unknown mode" "usage: hello --dev NAME" as_student "$BIN/hello" --dev veth0 --mode x
	refuse "an unknown option" "usage: hello --dev NAME" as_student "$BIN/hello" --dvv veth0
	refuse "something left over" "usage: hello --dev NAME" as_student "$BIN/hello" --dev veth0 x
	refuse "too many devices" "usage: hello --dev NAME" as_student "$BIN/hello" -d lo -d lo -d lo \
		-d lo -d lo -d lo -d lo -d lo -d lo
}
