# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# explain: the verifier's decisive line and the source line, from an object and from logs of kernels
# 5.10 to 7.3. bpftool is the second witness of what loads.

bats_require_minimum_version 1.5.0

setup_file() {
	PATH=$PATH:/usr/sbin:/sbin
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	TOOLS=$(realpath "${TOOLS:-$ROOT/build/tools}")
	FIXTURES=$(realpath "${FIXTURES:-$ROOT/build/tests}")
	export PATH ROOT TOOLS FIXTURES
	# what another uid has to reach: bats' own folder is closed to it
	OPEN=$(mktemp -d /tmp/explain-test.XXXXXX)
	chmod 755 "$OPEN"
	install -m 755 "$TOOLS/explain" "$OPEN"
	install -m 644 "$FIXTURES"/{paths,unsafe}.bpf.o "$OPEN"
	export OPEN
}

teardown_file() {
	rm -rf "$OPEN"
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	PATH=$TOOLS:$PATH
	cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
	rm -f /sys/fs/bpf/pktrun_pinned
}

# line_of FIXTURE PATTERN: where the one line that matches stands, and the line
line_of() {
	local found
	found=$(grep -n "$2" "$BATS_TEST_DIRNAME/fixtures/$1.bpf.c")
	# shellcheck disable=SC2001
	printf '%s.bpf.c:%s' "$1" "$(sed 's/^\([0-9]*\):\t*/\1: /' <<< "$found")"
}

# copy FIXTURE: its object into this test's folder, where the log may go
copy() {
	cp "$FIXTURES/$1.bpf.o" .
}

nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

capable() {
	local caps=-all,+bpf,+net_admin,+perfmon
	nobody --inh-caps $caps --ambient-caps $caps --bounding-set $caps "$@"
}

# ---- objects ------------------------------------------------------------------------------------

@test "of an object that loads it says nothing, and leaves neither log nor pin" {
	copy paths
	run -0 explain paths.bpf.o
	assert_output ""
	run -0 ls
	assert_output paths.bpf.o
	run -0 bpftool prog loadall paths.bpf.o "/sys/fs/bpf/explain-test-$$"
	rm -r "/sys/fs/bpf/explain-test-$$"
}

@test "a refused program: its name, the line, what is missing, the verifier's words, the log" {
	copy unsafe
	run -2 explain unsafe.bpf.o
	assert_line --index 0 "refused   program 'unsafe' of unsafe.bpf.o: Permission denied (EACCES: not a question of rights, the verifier found it unsafe)"
	assert_line --index 1 --regexp "^line      (.*/)?$(line_of unsafe 'return \*data' | sed 's/[*.]/\\&/g')$"
	assert_line --index 2 --regexp '^insn      1: \(71\) r0 = \*\(u8 \*\)\(r1 \+0\)$'
	assert_line --index 3 "what      Bytes of the packet are read, and on this path nothing has compared it with data_end."
	assert_line --index 4 "known     0 bytes (r=0): as far as anyone knows, the frame is empty"
	assert_line --index 5 "needed    1 byte"
	assert_line --index 6 "lost      in this line: no check stands before it"
	assert_line --index 7 --partial "hint      Before the first read"
	assert_line --index 8 "fix       explain --fix tells it"
	assert_line --index 9 "learn     lab 11-parsing; packet-unchecked in docs/verifier.md"
	assert_line --index 10 --regexp '^verifier  invalid access to packet, off=0 size=1, R[0-9]'
	assert_line --index 11 --regexp '^log       unsafe.verifier.log:6 \([0-9]+ lines\)$'
	assert_equal "${#lines[@]}" 12
	run -2 explain --fix unsafe.bpf.o
	assert_line --index 8 --partial "fix       if ("
}

@test "the log is whole, and has as many lines as it says" {
	copy unsafe
	run -2 explain unsafe.bpf.o
	said=$(sed -n 's/^log .* (\([0-9]*\) lines)$/\1/p' <<< "$output")
	assert_equal "$(wc -l < unsafe.verifier.log)" "$said"
	run -0 tail -n 1 unsafe.verifier.log
	assert_output --regexp '^processed [0-9]+ insns'
	words=$(grep -m 1 'invalid access' unsafe.verifier.log)
	run -255 bpftool prog load unsafe.bpf.o /sys/fs/bpf/never
	assert_output --partial "$words"
}

@test "--log says where the log goes; an object without .bpf.o gets its own name" {
	copy unsafe
	run -2 explain --log elsewhere unsafe.bpf.o
	assert_line --partial "log       elsewhere:"
	assert [ -s elsewhere ]
	assert [ ! -e unsafe.verifier.log ]
	mv unsafe.bpf.o plain.o
	run -2 explain plain.o
	assert [ -s plain.verifier.log ]
	mv plain.o plain
	run -2 explain -l again plain
	assert [ -s again ]
}

@test "a log that cannot be written costs only the log" {
	copy unsafe
	run -2 --separate-stderr explain -l nix/log unsafe.bpf.o
	assert_line --index -1 --partial "verifier  invalid access"
	# shellcheck disable=SC2154
	assert_equal "$stderr" "explain: nix/log: No such file or directory"
}

@test "the path of a source below the working directory is shown from there" {
	mkdir src
	cp "$BATS_TEST_DIRNAME/fixtures/unsafe.bpf.c" src/
	clang -target bpf -g -O2 -idirafter "/usr/include/$(uname -m)-linux-gnu" \
		-c src/unsafe.bpf.c -o unsafe.bpf.o
	run -2 explain unsafe.bpf.o
	assert_line --index 1 "line      src/$(line_of unsafe 'return \*data')"
}

@test "without a source line in the log, the object's own line information tells it" {
	copy unreachable
	run -2 explain unreachable.bpf.o
	assert_line --partial "program 'unreachable' of unreachable.bpf.o: Invalid argument (EINVAL: "
	assert_line --regexp '^line .*unreachable\.bpf\.c:'"$(line_of unreachable 'goto +1' | cut -d: -f2):"
	assert_line "verifier  unreachable insn 1"
}

@test "in an object of many programs the refused one is named" {
	copy mixed
	run -2 explain mixed.bpf.o
	assert_line --index 0 --partial "refused   program 'unsafe' of mixed.bpf.o: Permission denied"
	assert [ ! -e /sys/fs/bpf/pktrun_pinned ]
}

@test "a log that fits into no buffer still gives reason and line" {
	copy endless
	run -2 explain endless.bpf.o
	assert_line --index 0 --partial "Argument list too long (E2BIG: "
	assert_line --index 1 --partial "endless.bpf.c:"
	assert_line --regexp '^verifier  BPF program is too large. Processed [0-9]+ insn$'
	assert_line --index -1 --partial "a part of it: the whole is longer"
	rm endless.verifier.log
}

@test "what libbpf or the kernel refuse before the verifier is told in their words" {
	run -2 explain "$FIXTURES/wrongsec.bpf.o"
	assert_line --index 0 "refused   wrongsec.bpf.o, before the verifier saw it: prog 'pass': missing BPF prog type, check ELF section name 'xpd'"
	run -2 explain "$FIXTURES/legacy.bpf.o"
	assert_line --index 0 --partial "refused   legacy.bpf.o, before the verifier saw it: elf: legacy map definitions"
	run -2 explain "$FIXTURES/badmap.bpf.o"
	assert_line --index 0 --partial "refused   badmap.bpf.o, before the verifier saw it: map 'counters': failed to create: Invalid argument"
	clang -target bpf -O2 -idirafter "/usr/include/$(uname -m)-linux-gnu" \
		-c "$BATS_TEST_DIRNAME/fixtures/mixed.bpf.c" -o nobtf.bpf.o
	run -2 explain nobtf.bpf.o
	assert_line --index 0 "refused   nobtf.bpf.o, before the verifier saw it: BTF is required, but is missing or corrupted."
	echo "int x;" > text
	run -2 explain text
	assert_line --index 0 --partial "refused   text, before the verifier saw it: "
	run -2 explain "$(type -P true)"
	assert_output --partial "not a valid eBPF object file"
}

@test "wrong use and missing files are told" {
	for use in "" "a b" "- a b" "--nix a" "-l" "-l log"; do
		# shellcheck disable=SC2086
		run -1 explain $use
		assert_line --partial "Usage: explain"
	done
	run -1 explain nix.bpf.o
	assert_output "explain: nix.bpf.o: No such file or directory"
	run -1 explain - nix.bpf.o < /dev/null
	assert_output "explain: nix.bpf.o: No such file or directory"
}

@test "--help goes to standard output" {
	run -0 --separate-stderr explain --help
	assert_line --partial "Usage: explain"
	assert_equal "$stderr" ""
	run -0 explain -h
}

@test "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are enough" {
	run -0 capable "$OPEN/explain" "$OPEN/paths.bpf.o"
	run -2 capable "$OPEN/explain" -l /dev/null "$OPEN/unsafe.bpf.o"
	assert_line --partial "verifier  invalid access to packet"
}

@test "without rights it is said which are missing, and no program is blamed" {
	for object in paths unsafe; do
		run -3 nobody "$OPEN/explain" "$OPEN/$object.bpf.o"
		assert_output "explain: $OPEN/$object.bpf.o: Operation not permitted: loading needs CAP_BPF and CAP_NET_ADMIN, or root; missing here: CAP_BPF CAP_NET_ADMIN CAP_PERFMON"
	done
}

# ---- logs ---------------------------------------------------------------------------------------

@test "log: the decisive line is the first after the last instruction" {
	run -2 explain - <<- END
		0: R1=ctx() R10=fp0
		; void *data = (void *)(long)ctx->data; @ prog.bpf.c:9
		0: (61) r1 = *(u32 *)(r1 +0)          ; R1=pkt(r=0)
		; if (eth->h_proto == bpf_htons(ETH_P_ARP)) @ prog.bpf.c:17
		1: (71) r2 = *(u8 *)(r1 +12)
		invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)
		R1 offset is outside of the packet
		processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
	END
	assert_line "line      prog.bpf.c:17: if (eth->h_proto == bpf_htons(ETH_P_ARP))"
	assert_line "verifier  invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)"
}

@test "log of 5.10: no file, states on their own lines, precision marks" {
	run -2 explain - <<- END
		; h->slot[ctx->rx_queue_index & 63] += 1;
		8: (61) r1 = *(u32 *)(r6 +16)
		 R0_w=map_value_or_null(id=1,off=0,ks=4,vs=256,imm=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0 fp-8=mmmm????
		; h->slot[ctx->rx_queue_index & 63] += 1;
		9: (57) r1 &= 63
		11: (0f) r0 += r1
		last_idx 11 first_idx 0
		regs=2 stack=0 before 10: (67) r1 <<= 2
		R0 pointer arithmetic on map_value_or_null prohibited, null-check it first
		processed 11 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
	END
	assert_line "line      h->slot[ctx->rx_queue_index & 63] += 1;"
	assert_line "verifier  R0 pointer arithmetic on map_value_or_null prohibited, null-check it first"
}

@test "log: a message on the line of a jump, and state dumps after it" {
	run -2 explain - <<- END
		; for (;;) @ prog.bpf.c:23
		13: (6d) if r4 s> r2 goto pc-7 infinite loop detected at insn 19
		cur state: R0=2 R1=pkt_end() R2=0 R10=fp0
		old state: R0=2 R1=pkt_end() R2=P0 R10=fp0
		processed 24 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
	END
	assert_line --index 0 "line      prog.bpf.c:23: for (;;)"
	assert_line "verifier  infinite loop detected at insn 19"
}

@test "log: the state at a jump's target is no message, nor is a call into a function" {
	run -2 explain - <<- END
		13: (15) if r1 == 0x0 goto pc+5 19: R1=0 R6=1 R10=fp0 fp-8=0000???? refs=1
		; return fact(n); @ prog.bpf.c:13
		16: (85) call pc-9
		caller:
		 frame3: R6=scalar(id=8) R10=fp0
		callee:
		 frame4: R1=scalar() R10=fp0
		8: frame4: R1=scalar() R10=fp0
		the call stack of 9 frames is too deep
		processed 111 insns (limit 1000000) max_states_per_insn 3 total_states 10 peak_states 10 mark_read 0
	END
	assert_line --index 0 "line      prog.bpf.c:13: return fact(n);"
	assert_line "verifier  the call stack of 9 frames is too deep"
}

@test "log: a message that lacks its newline, lines without a number" {
	run -2 explain - <<- END
		; bpf_tail_call(ctx, &jmp, 1); @ prog.bpf.c:18
		2: (b7) r3 = 1                        ; R3=1
		;  @ prog.bpf.c:0
		3: (85) call bpf_tail_call#12
		expected prog array map for tail callprocessed 3 insns (limit 1000000) max_states_per_insn 0
	END
	assert_line --index 0 "line      prog.bpf.c:18: bpf_tail_call(ctx, &jmp, 1);"
	assert_line "verifier  expected prog array map for tail call"
}

@test "log: the shape of the program is judged without instructions" {
	run -2 explain - <<- END
		16: r = fact(n - 1);
		8: static __attribute__((noinline)) int fact(int n)
		back-edge from insn 16 to 8
		processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
	END
	assert_line --index 0 "line      r = fact(n - 1);"
	assert_line "verifier  back-edge from insn 16 to 8"
	run -2 explain - <<< "combined stack size of 2 calls is 608. Too large
processed 104 insns (limit 1000000) max_states_per_insn 0"
	assert_line "verifier  combined stack size of 2 calls is 608. Too large"
}

@test "log: libbpf's frame around it, and a relocation that failed" {
	run -2 explain - <<- END
		libbpf: prog 'who': BPF program load failed: Invalid argument
		libbpf: prog 'who': -- BEGIN PROG LOAD LOG --
		; return t->no_such_field; @ prog.bpf.c:20
		6: <invalid CO-RE relocation>
		failed to resolve CO-RE relocation <byte_off> [8] struct task_struct.no_such_field (0:1 @ offset 4)
		processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
		-- END PROG LOAD LOG --
		libbpf: failed to load object 'prog.bpf.o'
	END
	assert_line "line      prog.bpf.c:20: return t->no_such_field;"
	assert_line --partial "verifier  failed to resolve CO-RE relocation <byte_off> [8]"
}

@test "log of 7.3: the kernel's own words are kept, and its place where there is no other" {
	run -2 explain - <<- END
		unreachable insn 1

		Verification failed: Program Structure: Unreachable instruction

		Reason:
		  Instruction 1 is not reachable from the program entry point.

		At:
		  dead_code @ prog.bpf.c:8:2
		  Source context:
		  >>>  8 |         asm volatile("goto +2\n r1 = 7\n r1 += 1\n" ::: "r1");
		  Instruction context:
		      0 | (05) goto pc+2

		Suggestion:
		  Remove the unreachable instruction or add valid control flow that reaches it.

		processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
	END
	assert_line "line      prog.bpf.c:8"
	assert_line "verifier  unreachable insn 1"
	assert_line "kernel    Program Structure: Unreachable instruction"
}

@test "log of another kernel beside the object: the line by its text, its number, its function" {
	copy unsafe
	run -2 explain - unsafe.bpf.o <<- END
		; return *data;
		1: (71) r0 = *(u8 *)(r1 +0)
		invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)
		processed 2 insns (limit 1000000) max_states_per_insn 0
	END
	assert_line --index 0 --partial "$(line_of unsafe 'return \*data')"

	copy unreachable
	run -2 explain - unreachable.bpf.o <<- END
		libbpf: prog 'unreachable': BPF program load failed: Invalid argument
		unreachable insn 1
		processed 0 insns (limit 1000000) max_states_per_insn 0
	END
	assert_line --partial "unreachable.bpf.c:$(line_of unreachable 'goto +1' | cut -d: -f2):"

	run -2 explain - unsafe.bpf.o <<- END
		Validating unsafe() func#1...
		arg#0 type is not a struct
		processed 0 insns (limit 1000000) max_states_per_insn 0
	END
	assert_line --index 0 --partial "$(line_of unsafe 'char \*data = ')"
}

@test "log: a cut one says so, whether its beginning or its end is missing" {
	run -2 explain - <<- END
		; for (int j = 0; j < N; j++) {
		9: (07) r3 += -1
		10: (bf) r0 = r3
		1
	END
	assert_output "verifier  (the log was cut before the verifier gave a reason)"
	run -2 explain - <<- END
		0 == 0x0 goto pc+1       ; R0=1434
		14: (15) if r0 == 0x0 goto pc+1       ; R0=1124
		BPF program is too large. Processed 1000001 insn
		processed 1000001 insns (limit 1000000) max_states_per_insn 4
	END
	assert_line "verifier  BPF program is too large. Processed 1000001 insn"
}

@test "log: of an accepted program it says nothing" {
	run -0 explain - <<- END
		; return XDP_PASS; @ prog.bpf.c:5
		0: (b7) r0 = 2                        ; R0=2
		1: (95) exit
		processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
	END
	assert_output ""
}

@test "log: escapes in the source text do not reach the terminal" {
	printf '; puts("\033[2J\033c\a"); @ a.c:1\n0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1\n' > log
	run -2 explain - < log
	assert_line --index 0 'line      a.c:1: puts(" c ");'
}

@test "log: what is none is an error" {
	run -1 explain - < /dev/null
	assert_output "explain: standard input: not a verifier log (no instruction, no 'processed' line), nor a message that the catalogue knows"
	run -1 explain - <<< "make: *** [Makefile:1: all] Error 1"
}
