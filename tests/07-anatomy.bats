# bats file_tags=lab
# Lab 07: instructions by hand: in the object, in the kernel, as machine code; a program written as
# instructions; its tag; what compiler options do to it.

load lib/lab

export LOADER=insns

# -- instructions

# The instructions of an object's section xdp, one of 8 bytes a line, in hex: "61 12 00 00 00 00 00 00"
code_of() { # OBJECT
	llvm-objcopy -O binary --only-section=xdp "$1" "$TMPDIR/code"
	od -An -v -tx1 -w8 "$TMPDIR/code" | sed 's/^ //'
}

# Lines of that form -> the file of their bytes
as_file() { # FILE
	printf '%b' "$(tr -d '\n ' | sed 's/../\\x&/g')" > "$1"
}

# One of these lines in its fields: code dst src off imm, as decimal numbers
decode() { # 8 BYTES
	echo "$((0x$1)) $((0x$2 & 15)) $((0x$2 >> 4))" \
		"$(((0x$4$3 ^ 0x8000) - 0x8000)) $(((0x$8$7$6$5 ^ 0x80000000) - 0x80000000))"
}

# hello.bpf.o without anybody's loader, loaded once for all checks
hello=/sys/fs/bpf/hello
load_hello() {
	[[ -e $hello ]] || expect "hello.bpf.o loads" bpftool prog load "$BIN/hello.bpf.o" $hello
}

# What bpftool tells of a program: a FIELD and its value
prog_field() { # FIELD id|pinned WHICH
	local field=$1
	shift
	[[ $(bpftool -j prog show "$@") =~ \"$field\":\"?([0-9a-f]+) ]] && echo "${BASH_REMATCH[1]}"
}

# An answer is right; the wanted one isn't shown: the student can look it up where we do. Where compilers
# differ, there may be TWO, with | between
answered() { # KEY WANT WHERE [TWO]
	local came word numbers=''
	came=$(answer "$1")
	for word in ${came//,/ }; do
		[[ ! $word =~ ^r?([0-9a-fx]+):?$ ]] || word=${BASH_REMATCH[1]}
		[[ $word =~ ^-?0x[0-9a-f]+$ ]] && word=$((word))
		[[ $word =~ ^0+([0-9]+)$ ]] && word=${BASH_REMATCH[1]}
		numbers+="$word "
	done
	[[ $numbers == "$2 " ]] || [[ ${4-} && $numbers != *'|'*'|'* && "| $numbers| " == *"| $2 | "* ]] || red "$1 in answers.txt is what you see there: $3" "$came"
}

# bats test_tags=packets
@test "hello counts the frames of more than 100 bytes, and passes all [1]" {
	local length long
	draw long 101 1300
	load_hello
	for length in 14 60 99 100 101 102 "$long" 1500; do
		plain_frame "$length"
	done | frames "$TMPDIR/in.pcap"
	sent "frames of 14 to 1500 bytes, each once through BPF_PROG_TEST_RUN"
	capture_output /run/workbook/tools/pktrun --pinned $hello "$TMPDIR/in.pcap"
	equal "frames that pass unchanged" 8 "$(grep -c 'XDP_PASS, unchanged$' <<< "$OUT")"
	equal "the counter" 4 "$(global "$(prog_field id pinned $hello)" counter)"
}

# bats test_tags=no-network
@test "TODO(1): the four instructions are decoded as the object has them [4]" {
	local at line code key fields skip='' dump="llvm-objdump -d hello.bpf.o"
	local -A want=()
	mapfile -t code < <(code_of "$BIN/hello.bpf.o")
	for line in "${code[@]}"; do
		# the second half of a wide one is no instruction
		[[ ! $skip ]] || { skip='' && continue; }
		# shellcheck disable=SC2086
		fields=$(decode $line)
		case $line in
		'61 '??' 04 00'*) key=data_end ;;
		'07 '??' 00 00 01 00 00 00') key=add ;;
		'18 '*) key=wide skip=1 ;;
		'05 '* | '85 '* | '95 '*) continue ;; # jumps without a condition, calls, exit
		[0-9a-f][5d6e]' '*) key=jump ;;
		*) continue ;;
		esac
		[[ ${want[$key]-} ]] || want[$key]=$fields
	done
	equal "such instructions in hello.bpf.o (the lab relies on it)" 4 "${#want[@]}"
	for key in data_end jump wide add; do
		answered $key "${want[$key]}" "$dump; numbers for code dst src off imm, 0x before hexadecimal"
	done
}

# bats test_tags=no-network
@test "TODO(2): what is longer than the limit passes, all else is dropped [3]" {
	local limit id length
	draw limit 300 900
	ip link set lo up # or the loader says that it is down
	loader_start --dev lo --longer-than "$limit"
	id=$(xdp_id lo)
	for length in 14 60 $((limit - 1)) "$limit" $((limit + 1)) $((limit + 256)) 14 1500; do
		plain_frame "$length"
	done | frames "$TMPDIR/in.pcap"
	sent "to insns --longer-than $limit, frames of 14, 60, $((limit - 1)), $limit, $((limit + 1)), $((limit + 256)), 14, 1500 bytes"
	capture_output /run/workbook/tools/pktrun --id "$id" "$TMPDIR/in.pcap"
	equal "the verdicts" "DROP DROP DROP DROP PASS PASS DROP PASS" \
		"$(grep -o 'XDP_[A-Z]*' <<< "$OUT" | cut -c 5- | xargs)"
	equal "frames that were changed" 0 "$(grep -c ', changed' <<< "$OUT")"
	equal "what the program knows of its source (bpftool prog show: btf_id)" nothing \
		"$(prog_field btf_id id "$id" || echo nothing)"
	loader_stop TERM
}

# Frames of drawn lengths around 100 bytes, into in.pcap; how many, and their bytes, in FRAMES, BYTES
some_frames() {
	local n i bytes
	draw n 5 8
	FRAMES=0 BYTES=0 SHORT=0
	for ((i = 0; i < n; i++)); do
		draw bytes 60 90
		FRAMES=$((FRAMES + 2)) BYTES=$((BYTES + bytes + 400)) SHORT=$((SHORT + (bytes <= 100)))
		plain_frame "$bytes" && plain_frame 400
	done > "$TMPDIR/hex"
	frames "$TMPDIR/in.pcap" < "$TMPDIR/hex"
}

@test "TODO(2): on the wire, frames of 100 bytes and less end at veth0 [1]" {
	local id
	loader_start --dev veth0
	id=$(xdp_id veth0)
	some_frames
	sent "$FRAMES frames from peer, $SHORT of them with 100 bytes or less"
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	equal "frames that XDP took from veth0 (ethtool -S)" "$FRAMES" "$(nic lab veth0 xdp_packets)"
	equal "frames that XDP dropped there (ethtool -S)" "$SHORT" "$(nic lab veth0 xdp_drops)"
	equal "runs of the program (run_cnt)" "$FRAMES" "$(run_cnt "$id")"
	refuse "a ping of 42 bytes goes unanswered" "100% packet loss" \
		in_peer ping -q -c 1 -W 0.05 -s 0 "$LAB0"
	expect "a ping of 142 bytes is answered" in_peer ping -q -c 1 -W 1 -s 100 "$LAB0"
	loader_stop INT
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
}

# bats test_tags=same-network
@test "TODO(3): frames and bytes are counted in the map, whatever becomes of them [2]" {
	local id map words before FRAMES_THEN BYTES_THEN
	loader_start --dev veth0
	id=$(xdp_id veth0)
	some_frames
	sent "$FRAMES frames from peer, $BYTES bytes"
	map=$(map_id "$id" counts) || red "the program uses the map counts (bpftool prog show id $id)" ''
	# from where 32 bits are not enough
	sent "both counts were set to 4294967290; then $FRAMES frames from peer, $BYTES bytes"
	expect "somebody sets both counts to 4294967290" bpftool map update id "$map" key 0 0 0 0 \
		value 0xfa 0xff 0xff 0xff 0 0 0 0 0xfa 0xff 0xff 0xff 0 0 0 0
	FRAMES_THEN=$((FRAMES + 4294967290)) BYTES_THEN=$((BYTES + 4294967290))
	before=$(nic lab veth0 xdp_packets)
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	equal "frames that XDP took from veth0 (ethtool -S)" "$FRAMES" \
		"$(($(nic lab veth0 xdp_packets) - before))"
	words=$(bpftool map dump id "$map" | grep -oE '\b[0-9a-f]{2}\b' | tail -n 16 | tac | tr -d '\n')
	equal "the value of the map: frames, bytes" "$FRAMES_THEN $BYTES_THEN" \
		"$((0x${words:16:16})) $((0x${words:0:16}))"
	loader_stop TERM
	equal "what the loader tells" "$FRAMES_THEN frames, $BYTES_THEN bytes" "$(tail -n 1 "$LOADER_LOG")"
}

# The tag that the kernel gave is one of the two that insns has worked out
same_tag() { # WHAT KERNEL'S SAID
	[[ $3 =~ ^"tag by SHA-1 "([0-9a-f]{16})", by SHA-256 "([0-9a-f]{16})$ &&
		" ${BASH_REMATCH[1]} ${BASH_REMATCH[2]} " == *" $2 "* ]] || red "$1: $2" "$3"
}

# As a user without a single right, who can ask the kernel nothing about programs
worked_out() { # ARGS...
	STUDENT_CAPS=-all capture_output as_student "$BIN/insns" --tag "$@"
}

# bats test_tags=no-network
@test "TODO(4): insns knows the tag of its program before the kernel does [2]" {
	local limit tag
	draw limit 61 1200
	worked_out --longer-than "$limit"
	ip link set lo up
	loader_start --dev lo --longer-than "$limit"
	tag=$(prog_field tag id "$(xdp_id lo)")
	same_tag "the tag by insns --tag --longer-than $limit, and that of the program (bpftool prog show)" \
		"$tag" "$OUT"
	same_tag "the tag worked out from what was loaded, with a map's descriptor in it" "$tag" \
		"$(grep -m 1 '^tag' "$LOADER_LOG")"
	map_id "$(xdp_id lo)" counts > /dev/null ||
		red "the program uses a map, TODO(3): there is a descriptor to leave out" ''
	loader_stop TERM
}

# Put a map's descriptor, drawn, into each load that is one in the kernel: as a loader does
with_descriptors() { # KIND
	local line second='' n
	while read -r line; do
		draw n 3 200
		if [[ $second ]]; then
			line="00 00 00 00 $(printf %02x "$n") 00 00 00" second=''
		elif [[ $line == 18* ]]; then
			line="18 $1${line:4:1} 00 00 $(printf %02x "$n") 00 00 00" second=1
		fi
		echo "$line"
	done
}

# bats test_tags=no-network
@test "TODO(4): and that of any instructions: without the maps, with all else [2]" {
	local kind want
	load_hello
	code_of "$BIN/hello.bpf.o" | with_descriptors 2 | as_file "$TMPDIR/hello"
	chmod 755 "$TMPDIR" && chmod 644 "$TMPDIR/hello"
	worked_out "$TMPDIR/hello"
	sent "to insns --tag, the instructions of hello.bpf.o with random descriptors of maps"
	same_tag "the tag, and that of hello in the kernel (bpftool prog show)" \
		"$(prog_field tag pinned $hello)" "$OUT"

	# 0: a number of 64 bits; 1: a map; 2: the value of a map; 3: a variable of the kernel; 4: a function
	for kind in 0 1 2 3 4; do
		printf '%s\n' "18 01 00 00 00 00 00 00" "00 00 00 00 00 00 00 00" "b7 01 00 00 02 00 00 00" |
			with_descriptors $kind
	done > "$TMPDIR/lines"
	# a function is called, a value is added to what it is read from: src 1 and 2, and yet no map
	printf '%s\n' "85 10 00 00 07 00 00 00" "db 21 00 00 01 00 00 00" >> "$TMPDIR/lines"
	as_file "$TMPDIR/image" < "$TMPDIR/lines"
	chmod 644 "$TMPDIR/image"
	sed -E '/^18 [12]/{s/^(.{12}).*/\100 00 00 00/;n;s/.*/00 00 00 00 00 00 00 00/}' "$TMPDIR/lines" |
		as_file "$TMPDIR/hashed"
	want="tag by SHA-1 $(sha1sum < "$TMPDIR/hashed" | cut -c -16)"
	want+=", by SHA-256 $(sha256sum < "$TMPDIR/hashed" | cut -c -16)"
	worked_out "$TMPDIR/image"
	sent "to insns --tag, loads of 64 bits with src 0 to 4 (1: a map, 2: its value); a call; an addition"
	equal "the hash, with the maps set to 0 and all else as it is" "$want" "$OUT"
}

# bats test_tags=no-network
@test "TODO(5): what the kernel made of hello: the answers are what it shows [3]" {
	local object kernel at after
	load_hello
	object=$(code_of "$BIN/hello.bpf.o" | sed '/^18/{N;s/\n/ /}')
	kernel=$(xlated pinned $hello opcodes | sed -nE 's/^ +(([0-9a-f]{2} ){7}([0-9a-f]{2} ?)+)$/\1/p')
	equal "instructions of hello in the kernel (the lab relies on it)" \
		"$(wc -l <<< "$object")" "$(wc -l <<< "$kernel")"
	answered rewritten "$(diff <(echo "$object") <(echo "$kernel") | grep -c '^<')" \
		"llvm-objdump -d hello.bpf.o, bpftool prog dump xlated ... opcodes"

	needs native-code
	at=$(/run/workbook/tools/jitdump --pinned $hello | awk '
		/^;/ { here = /counter\+\+/ }
		/^ +[0-9a-f]+:/ && added { print $1; added = 0 }
		here && /add +\$0x1,|add +x[0-9]+, x[0-9]+, #0x1$/ { print $1; added = 1 }')
	equal "additions of 1 in the line counter++ (the lab relies on it), and what follows" 2 "$(wc -w <<< "$at")"
	read -r -d '' at after <<< "${at//:/}" || true
	answered add_bytes $((0x$after - 0x$at)) "jitdump: the places of the instruction and of the next one"
}

# Of hello.bpf.c compiled in some way: bytes of instructions, does it load, has it BTF
measured() { # OBJECT
	local pin=/sys/fs/bpf/measured loads=no btf=no
	if bpftool prog load "$1" $pin > /dev/null 2>&1; then
		loads=yes
		[[ $(bpftool -j prog show pinned $pin) != *btf_id* ]] || btf=yes
		rm $pin
	fi
	echo "$(($(code_of "$1" | wc -l) * 8)) $loads $btf"
}

# bats test_tags=no-network
@test "TODO(6): the answers about compiler options are what comes of them here and now [2]" {
	local cc=(clang -target bpf -idirafter "/usr/include/$(uname -m)-linux-gnu" -c "labs/$LAB/hello.bpf.c")
	"${cc[@]}" -O2 -o "$TMPDIR/o2.o"
	"${cc[@]}" -O0 -g -o "$TMPDIR/o0.o"
	answered o2_g "$(measured "$BIN/hello.bpf.o")" "hello.bpf.c with -O2 -g: bytes; loads, btf_id: yes or no"
	answered o2 "$(measured "$TMPDIR/o2.o")" "hello.bpf.c with -O2: bytes; loads, btf_id: yes or no"
	answered o0_g "$(measured "$TMPDIR/o0.o")" "hello.bpf.c with -O0 -g: bytes; loads, btf_id: yes or no" two
}

# What follows concerns the given parts of the loader: `make test` runs it on our solution.

# bats test_tags=author
@test "a device that doesn't exist is named" {
	refuse "the loader gives up" "nosuch: no such device here" as_student "$BIN/insns" --dev nosuch
}

# bats test_tags=author
@test "a program that is there already is left alone" {
	ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	refuse "the loader gives up" "can't attach to veth0: Device or resource busy" \
		as_student "$BIN/insns" --dev veth0
	equal "name of the program on veth0" pass "$(xdp_name veth0)"
}

# bats test_tags=author
@test "without rights the loader says which ones it takes" {
	STUDENT_CAPS=-all refuse "it fails" "CAP_BPF and CAP_NET_ADMIN" as_student "$BIN/insns" --dev veth0
}

# bats test_tags=author
@test "the kill that no program can catch leaves nothing behind" {
	loader_start --dev veth0
	loader_stop KILL
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
}

# bats test_tags=author
@test "files that hold no instructions are told" {
	chmod 755 "$TMPDIR"
	refuse "there is none" "nosuch: No such file" as_student "$BIN/insns" --tag nosuch
	: > "$TMPDIR/empty"
	refuse "it is empty" "not 1 to 4096 instructions of 8 bytes" as_student "$BIN/insns" --tag "$TMPDIR/empty"
	echo 12345678 > "$TMPDIR/nine"
	refuse "it has 9 bytes" "not 1 to 4096 instructions" as_student "$BIN/insns" --tag "$TMPDIR/nine"
	head -c 32776 /dev/zero > "$TMPDIR/long"
	refuse "it has 4097" "not 1 to 4096 instructions" as_student "$BIN/insns" --tag "$TMPDIR/long"
	head -c 32768 /dev/zero > "$TMPDIR/most"
	expect "it has 4096" as_student "$BIN/insns" --tag "$TMPDIR/most"
}

# bats test_tags=author
@test "wrong options show the right ones" {
	local use
	for use in "" "--dev veth0 --dev lo" "--dvv veth0" "--dev veth0 x" "--dev veth0 --tag" \
		"--tag a b" "--dev veth0 --longer-than x" "--dev veth0 --longer-than 0"; do
		# shellcheck disable=SC2086
		refuse "insns $use" "usage: insns --dev NAME" as_student "$BIN/insns" $use
	done
}
