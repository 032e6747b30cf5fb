# bats file_tags=outside
# Whatever a student gets wrong, what he is told fits a terminal of 100 columns.

load day

# All labs are built already when all is proved
setup() {
	unset MAKEFLAGS MAKELEVEL LAB TODO FILE YES FORCE VERIFY WORKBOOK_LANG LC_ALL LC_MESSAGES LANG
	TREE=$PRISTINE.$BATS_SUITE_TEST_NUMBER
	rm -rf "$TREE"
	cp -rp "$PRISTINE" "$TREE"
	cp -rp "${PRISTINE%/proof/*}"/student/[0-9]* "$TREE/build/student/"
	cd "$TREE" || return
}

@test "widths: check and hint, of every lab as it was given, in its folder; watch, of the longest name" {
	local lab last watch
	for lab in labs/[0-9]*/; do
		run make --no-print-directory -C "$lab" check
		assert_failure 2
		assert_line --index -2 --regexp '^\.\./\.\./common/lab\.mk:[0-9]+: \*\*\* the verdict:$'
		assert_line --index -1 --regexp '^fail: .*; next: TODO\(1\)\.  Stop\.$'
		assert_fits 100
		run make -s -C "$lab" hint
		assert_fits 100
	done
	last=$(for lab in labs/[0-9]*/; do echo "${#lab} $lab"; done | sort -n | tail -n 1)
	timeout 60 make -s -C "${last#* }" watch > "$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	watch=$!
	until grep -q '^TODO(1) of' "$BATS_TEST_TMPDIR/said" || ! kill -0 $watch; do
		read -r -t 0.1 <> <(:) || true
	done
	kill $watch
	run cat "$BATS_TEST_TMPDIR/said"
	assert_line --regexp '^fail: .*; next: TODO\(1\)$'
	assert_fits 100
}

@test "widths: wrong answers, the first and the last of every lab's" {
	local lab which
	cp -rp "${PRISTINE%/proof/*}/solution" build/
	export PROOF_TREES=$TREE/build/trees
	for lab in labs/[0-9]*/; do
		lab=$(basename "$lab")
		for which in $(tests/lib/proof answers "$lab" | sed -n '1p; $p'); do
			run tests/lib/proof trees "$lab" "$which"
			assert_output ""
			run tests/check --tree "build/trees/$lab/$which/out" "$lab"
			assert_line --index -1 --partial ": $lab: "
			assert_fits 100
		done
	done
}

@test "widths: what the compiler, the verifier and programs say is broken, not cut" {
	local lab=07-anatomy
	sed -i 's|.*TODO(2): the length.*|\t\tBPF_LDX_MEM(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct xdp_md, data_end)),|' \
		labs/$lab/insns.c
	run make -s -C labs/$lab check
	assert_line --partial "error: implicit declaration of function 'BPF_LDX_MEM'"
	assert_fits 100
	make -s reset LAB=$lab
	# a jump backwards: the log has numbers that take 69 columns, and lines of 136
	sed -i 's|.*TODO(2): the length.*|{ .code = BPF_LDX \| BPF_MEM \| BPF_W, .dst_reg = 2, .src_reg = 1 },\n{ .code = BPF_LDX \| BPF_MEM \| BPF_W, .dst_reg = 1, .src_reg = 1, .off = 4 },\n{ .code = BPF_ALU64 \| BPF_SUB \| BPF_X, .dst_reg = 1, .src_reg = 2 },\n{ .code = BPF_JMP \| BPF_JLE \| BPF_K, .dst_reg = 1, .imm = limit, .off = -1 },|' \
		labs/$lab/insns.c
	run make -s -C labs/$lab check
	assert_line --partial "infinite loop detected at insn 3"
	assert_fits 100
	# and an answer that goes on and on
	sed -i "s/^data_end = .*/data_end = $(printf '%0300d' 1)/" labs/$lab/answers.txt
	run make -s -C labs/$lab check
	assert_line --regexp '^ +came +0{76}$'
	assert_fits 100
}

@test "widths: a lab that isn't there, a verdict that names a check, a file that is gone" {
	for command in "make -s check LAB=77" "make -s hint LAB=77" "tests/check 77"; do
		run $command
		assert_failure
		assert_output --partial 77
		assert_fits 100
	done
	sed -i 's/return combined(ctx) ? XDP_DROP : XDP_PASS;/return combined(ctx) ? XDP_ABORTED : XDP_PASS;/' \
		labs/09-verifier-clinic/light.bpf.c
	run make -s -C labs/09-verifier-clinic check
	assert_line --index -1 --regexp '^fail: .*; next: heavy and light j.*…\.  Stop\.$'
	assert_fits 100
	# what was built of it before is no answer
	rm labs/07-anatomy/answers.txt
	run make -s -C labs/07-anatomy check
	assert_failure 2
	assert_line --partial 'labs/07-anatomy/answers.txt is missing'
	# shellcheck disable=SC2016
	assert_line --index -1 'error: 07-anatomy: `make reset FILE=answers.txt` brings back what is missing.  Stop.'
	run make -s -C labs/07-anatomy reset FILE=answers.txt
	assert_success
	run make -s -C labs/07-anatomy check
	assert_line --index -1 --partial 'next: TODO(1)'
}
