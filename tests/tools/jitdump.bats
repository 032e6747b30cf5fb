# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# jitdump: machine code with names and source lines. Second witnesses: bpftool for the sizes and for
# who is called, /proc/kallsyms for the addresses, LLVM's disassembler for the instructions.

bats_require_minimum_version 1.5.0

setup_file() {
	PATH=$PATH:/usr/sbin:/sbin
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	TOOLS=$(realpath "${TOOLS:-$ROOT/build/tools}")
	FIXTURES=$(realpath "${FIXTURES:-$ROOT/build/tests}")
	export PATH TOOLS FIXTURES
	# what another uid has to reach: bats' own folder is closed to it
	OPEN=$(mktemp -d /tmp/jitdump-test.XXXXXX)
	chmod 755 "$OPEN"
	install -m 755 "$TOOLS/jitdump" "$OPEN"
	export OPEN
}

teardown_file() {
	rm -rf "$OPEN"
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	PATH=$TOOLS:$PATH
	PIN=/sys/fs/bpf/jitdump-test-$$-$BATS_TEST_NUMBER
	cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
	rm -f "$PIN" "$PIN"-*
}

# Load a fixture and look at it: the dump is in $output
dump() { # OPTION...
	bpftool prog load "$FIXTURES/native.bpf.o" "$PIN"
	run -0 --separate-stderr jitdump "$@" --pinned "$PIN"
	# shellcheck disable=SC2154
	assert_equal "$stderr" ""
}

# A number that bpftool tells of the pinned program
of_pin() { # KEY
	bpftool -j prog show pinned "$PIN" | sed "s/.*\"$1\":\[*\([0-9]*\).*/\1/"
}

# Compile native.bpf.c into own.o, with these options
compile() { # OPTION...
	clang -target bpf -O2 -idirafter "/usr/include/$(uname -m)-linux-gnu" "$@" \
		-c "$BATS_TEST_DIRNAME/fixtures/native.bpf.c" -o own.o
}

# A file of /proc or /sys seems to hold that, for this command alone
seems() { # FILE TEXT CMD...
	echo "$2" > seeming
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount --bind seeming "$1" && shift && exec "$@"' _ "$1" "${@:3}"
}

nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

capable() { # CAPABILITIES CMD...
	nobody --inh-caps "$1" --ambient-caps "$1" --bounding-set "$1" "${@:2}"
}

# ---- what is shown ------------------------------------------------------------------------------

@test "each function of the program is there, in its size and at its address" {
	dump
	names=$(sed -n 's/^\([a-z]*\): [0-9]* bytes at 0x[0-9a-f]*$/\1/p' <<< "$output" | xargs)
	assert_equal "$names" "native mix digits"
	sizes=$(sed -n 's/^[a-z]*: \([0-9]*\) bytes at .*/\1/p' <<< "$output" | paste -sd+)
	assert_equal "$((sizes))" "$(of_pin bytes_jited)"
	sed -n 's/^\([a-z]*\): .* at 0x\(.*\)/\2 \1/p' <<< "$output" > shown
	while read -r address name; do
		grep -E "^$address t bpf_prog_[0-9a-f]{16}_$name\s" /proc/kallsyms
	done < shown
}

@test "--opcodes shows every byte, and --write gives the same ones" {
	dump --opcodes
	sed -n 's/^ *[0-9a-f]*:  \(\([0-9a-f][0-9a-f] \)*\).*/\1/p' <<< "$output" | tr -d ' \n' > shown
	run -0 jitdump --write image --pinned "$PIN"
	assert_output ""
	assert_equal "$(od -An -v -tx1 image | tr -d ' \n')" "$(cat shown)"
	assert_equal "$(stat -c %s image)" "$(of_pin bytes_jited)"
}

@test "LLVM's disassembler finds the same instructions" {
	dump --opcodes
	# shown from the beginning of the function, here of the whole
	sed -nE 's/^ *[0-9a-f]+:  (([0-9a-f]{2} )+).*/\1/p' <<< "$output" > shown
	jitdump --write image --pinned "$PIN"
	local format=elf64-x86-64
	[[ $(uname -m) == x86_64 ]] || format=elf64-littleaarch64
	llvm-objcopy -I binary -O $format --rename-section=.data=.text,code image image.o
	llvm-objdump -d image.o | tr '\t' ' ' | sed -nE 's/^ +[0-9a-f]+: (([0-9a-f]{2} )+).*/\1/p' > llvm
	assert [ "$(wc -l < llvm)" -gt 40 ]
	run -0 diff shown llvm
}

@test "helpers and functions are called by name, in the order that bpftool shows" {
	dump
	bpftool prog dump xlated pinned "$PIN" |
		sed -nE 's/.*call (pc[+-][0-9]+#bpf_prog_[0-9a-f]*_)?([a-z_]+)(#.*)?$/\2/p' > wanted
	# on arm64 the helper's address is in a register
	sed -nE 's/^ *[0-9a-f]+:  (call|blr?) +(x[0-9]+ <)?([a-z_]+)>?$/\3/p' <<< "$output" |
		grep -v _thunk > shown
	run -0 diff wanted shown
	assert_equal "$(xargs < shown)" "bpf_ktime_get_ns mix digits bpf_trace_printk"
}

@test "jumps lead to instructions of the same function" {
	dump
	jumps=0
	while read -r what rest; do
		case $what in
		native: | mix: | digits:) function=$what ;;
		*:) echo "$function$what $rest" ;;
		esac
	done <<< "$output" > placed
	cut -d : -f 1,2 placed > places
	while read -r place text; do
		[[ $text =~ ^(j[a-z]+|b|b\.[a-z]+|[ct]bn?z)\ .*0x([0-9a-f]+)$ ]] || continue
		jumps=$((jumps + 1))
		grep -qx "${place%%:*}:${BASH_REMATCH[2]}" places
	done < placed
	assert [ $jumps -ge 3 ]
}

@test "source lines stand before their code, with file and number" {
	dump
	line=$(grep -n 'counter++' "$BATS_TEST_DIRNAME/fixtures/native.bpf.c" | cut -d : -f 1)
	assert_line "; counter++; /* how many are long */ @ native.bpf.c:$line"
	code=$(sed -n '/^; counter++/,/^; [^c]/p' <<< "$output")
	# one is added to what is read there
	# shellcheck disable=SC2016
	assert_regex "$code" '(add +\$0x1,|inc|, #(0x)?1$)'
	# the first instruction of a function is its beginning
	after=$(sed -n '/^mix: /,$p' <<< "$output" | sed -n 2,3p)
	assert_regex "$after" "^; .* @ native.bpf.c:[0-9]+"$'\n'" +0:  "
	# as bpftool shows it of the instructions before they were compiled
	bpftool prog dump xlated pinned "$PIN" | sed -n 's/^; //p' | grep '[^ ]' | uniq > wanted
	sed -n 's/^; \(.*\) @ native.bpf.c:[0-9]*$/\1/p' <<< "$output" | uniq > shown
	run -0 diff wanted shown
}

@test "without BTF there are no lines, and functions have numbers" {
	compile
	bpftool prog load own.o "$PIN"
	run -0 jitdump --pinned "$PIN"
	assert_line --regexp '^native: [0-9]+ bytes'
	assert_line --regexp '^function 2: [0-9]+ bytes'
	assert_line --regexp '(call|bl) +function 3$'
	refute_line --partial '; '
}

@test "escapes in a source line don't reach the terminal" {
	printf '#include <linux/bpf.h>\n%s\nint e(void *ctx) { /* \033[2J */ return 2; }\n' \
		'__attribute__((section("xdp")))' > own.c
	clang -target bpf -O2 -g -idirafter "/usr/include/$(uname -m)-linux-gnu" -c own.c -o own.o
	bpftool prog load own.o "$PIN"
	run -0 jitdump --pinned "$PIN"
	assert_line --partial '/*  [2J */ return 2; } @ own.c:3'
}

@test "an address that no symbol is near to is shown as it is" {
	bpftool prog load "$FIXTURES/native.bpf.o" "$PIN"
	run -0 seems /proc/kallsyms "ffffffff00000000 t far_away" jitdump --pinned "$PIN"
	assert_line --regexp '(call +0x[0-9a-f]{16}|blr +x[0-9]+ <\?>|bl +0x[0-9a-f]{16})$'
	assert_line --regexp '(call|bl) +digits$'
	refute_output --partial far_away
}

# ---- which program ------------------------------------------------------------------------------

@test "by id, by pin, by name: the same program" {
	name=only_$BASHPID
	compile -g -DNAME="$name"
	bpftool prog load own.o "$PIN"
	jitdump --pinned "$PIN" > pinned
	jitdump --id "$(of_pin id)" > by-id
	jitdump --name "$name" > by-name
	run -0 cmp pinned by-id
	run -0 cmp pinned by-name
	assert_equal "$(head -n 1 pinned | cut -d ' ' -f 1)" "$name:"
}

@test "a name that several programs have is told with their ids" {
	name=several_$BASHPID
	compile -g -DNAME="$name"
	bpftool prog load own.o "$PIN"
	bpftool prog load own.o "$PIN-2"
	first=$(of_pin id) second=$(PIN=$PIN-2 of_pin id)
	run -1 jitdump --name "$name"
	assert_output "jitdump: $name: 2 programs are called so: choose one with --id: $first $second"
	rm "$PIN-2"
	run -0 jitdump --name "$name"
}

@test "a name is known by its first 15 characters, as the kernel keeps it, and by no fewer" {
	name=long_${BASHPID}_abcdefghijklm
	compile -g -DNAME="$name"
	bpftool prog load own.o "$PIN"
	run -0 jitdump --name "$name"
	assert_line --index 0 --partial "$name: "
	run -0 jitdump --name "${name:0:15}"
	run -1 jitdump --name "${name:0:14}"
	assert_output "jitdump: ${name:0:14}: no program of that name is loaded"
}

@test "ids and pins that are none are errors" {
	run -1 jitdump --id 2147483647
	assert_output "jitdump: program id 2147483647: no such program is loaded"
	run -1 jitdump --pinned "$PIN"
	assert_output "jitdump: $PIN: No such file or directory"
	touch file
	run -1 jitdump --pinned file
	assert_output "jitdump: file: not a pinned program: this is no BPF file system"
	bpftool map create "$PIN" type array key 4 value 4 entries 1 name nomap
	run -1 jitdump --pinned "$PIN"
	assert_output "jitdump: $PIN: not a program but anon_inode:bpf-map"
	run -1 jitdump --pinned /sys/fs/bpf
	assert_output --partial "jitdump: /sys/fs/bpf: "
}

# ---- what is in the way -------------------------------------------------------------------------

@test "rights that are missing are named" {
	bpftool prog load "$FIXTURES/native.bpf.o" "$PIN"
	id=$(of_pin id)
	run -3 nobody "$OPEN/jitdump" --id "$id"
	assert_output "jitdump: program id $id: Operation not permitted: --id needs root (CAP_SYS_ADMIN)"
	run -3 nobody "$OPEN/jitdump" --name native
	assert_output "jitdump: native: Operation not permitted: --name needs root (CAP_SYS_ADMIN)"
	run -3 nobody "$OPEN/jitdump" --pinned "$PIN"
	assert_output --partial "jitdump: $PIN: "
	chown 65534 "$PIN"
	run -3 nobody "$OPEN/jitdump" --pinned "$PIN"
	assert_output --regexp "jitdump: $PIN: .*(a pin belongs to who pinned it|root, or CAP_BPF)"
	# a machine that is not careful shows it to everybody
	(($(< /proc/sys/kernel/kptr_restrict) || $(< /proc/sys/kernel/perf_event_paranoid) > 1)) ||
		return 0
	run -3 capable -all,+bpf "$OPEN/jitdump" --pinned "$PIN"
	assert_output "jitdump: $PIN: the kernel hides machine code from us: to see it takes root, or CAP_SYSLOG"
	run -0 capable -all,+bpf,+syslog "$OPEN/jitdump" --pinned "$PIN"
	assert_line --partial "native: "
	run -3 seems /proc/sys/kernel/kptr_restrict 2 setpriv --bounding-set -syslog --inh-caps -syslog \
		jitdump --pinned "$PIN"
	assert_output "jitdump: $PIN: the kernel hides machine code from everybody: sysctl kernel.kptr_restrict=1 would show it to root"
}

# To switch off the JIT would do so for the whole machine: here only the kernel's answer says so.
@test "a program that was not compiled is told apart from a hidden one" {
	cat > off.c <<- 'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <linux/bpf.h>
		int bpf_obj_get_info_by_fd(int fd, struct bpf_prog_info *info, __u32 *len)
		{
			int (*real)(int, void *, __u32 *) = dlsym(RTLD_NEXT, __func__);
			int err = real(fd, info, len);
			info->jited_prog_len = 0;
			return err;
		}
	END
	clang -shared -fPIC off.c -o off.so -ldl
	bpftool prog load "$FIXTURES/native.bpf.o" "$PIN"
	run -3 env LD_PRELOAD="$PWD/off.so" jitdump --pinned "$PIN"
	assert_output "jitdump: $PIN: there is no machine code, the program is interpreted: sysctl net.core.bpf_jit_enable=1 has later ones compiled"
}

@test "without objdump it is said where that comes from; the bytes are written all the same" {
	mkdir bin
	bpftool prog load "$FIXTURES/native.bpf.o" "$PIN"
	run -3 env PATH="$PWD/bin" "$TOOLS/jitdump" --pinned "$PIN"
	assert_output "jitdump: there is no objdump here: it is in the package binutils"
	run -0 env PATH="$PWD/bin" "$TOOLS/jitdump" --write image --pinned "$PIN"
	printf '#!/bin/sh\nexit 1\n' > bin/objdump
	chmod +x bin/objdump
	run -3 env PATH="$PWD/bin:$PATH" "$TOOLS/jitdump" --pinned "$PIN"
	assert_output "jitdump: objdump failed"
	printf '#!/bin/sh\necho nothing that it knows\n' > bin/objdump
	run -3 env PATH="$PWD/bin:$PATH" "$TOOLS/jitdump" --pinned "$PIN"
	assert_output "jitdump: objdump printed no instruction"
}

@test "a file that can't be written is an error" {
	bpftool prog load "$FIXTURES/native.bpf.o" "$PIN"
	run -1 jitdump --write nix/image --pinned "$PIN"
	assert_output "jitdump: nix/image: No such file or directory"
	run -1 jitdump --write /dev/full --pinned "$PIN"
	assert_output "jitdump: /dev/full: No space left on device"
	run -3 bash -c "jitdump --pinned $PIN > /dev/full"
	assert_output "jitdump: standard output: No space left on device"
}

@test "wrong use shows the right one; --help goes to standard output" {
	for use in "" "--id" "--id 0" "--id 1x" "--id 1 --name a" "--name a --pinned b" "--nix" "--id 1 more"; do
		# shellcheck disable=SC2086
		run -1 jitdump $use
		assert_output --regexp "Usage: jitdump|not a number from 1 to"
	done
	run -0 --separate-stderr jitdump --help
	assert_line --partial "Usage: jitdump"
	assert_equal "$stderr" ""
	run -0 jitdump -h
}
