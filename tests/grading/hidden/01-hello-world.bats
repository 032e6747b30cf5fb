# bats file_tags=lab
# An instructor's own check of lab 01, which students have not seen: TESTS=tests/grading/hidden

load lib/lab

export LOADER=hello

# bats test_tags=packets
@test "TODO(2): the greeting says how long a frame of another size is [3]" {
	local n=$((1200 + $(own_number 5) % 300))
	sent "a frame of $n bytes through BPF_PROG_TEST_RUN"
	plain_frame $n | frames "$TMPDIR/in.pcap"
	packets hello.bpf.o hello "$TMPDIR/in.pcap"
	equal "the line in the trace" "Hello World: $n bytes" "$(trace_lines "$PACKETS_AS")"
}
