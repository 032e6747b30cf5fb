# bats file_tags=lab
# Lab 06: a program of several functions counts frames; what the stack allows; a function that
# tail-calls; what the kernel tells of functions, and what they cost.

load lib/lab

export LOADER=calls

ETHERNET="020000000101 020000000102"
KINDS=(not-ipv4 short other icmp udp dns tcp web)

# -- frames, in hex; no process for each of them, which would take most of the time

ipv4() { # PROTOCOL HEX-BEHIND-THE-HEADER [OPTIONS]
	local options=${3-}
	printf '%s 0800 4%x 00 0054 0000 4000 40 %02x 0000 0a000102 0a000101 %s%s\n' \
		"$ETHERNET" $((5 + ${#options} / 8)) "$1" "$options" "$2"
}

# A header that begins as those of UDP and TCP do
to_port() { # PROTOCOL PORT [OPTIONS]
	local ports
	printf -v ports 'c000%04x0000000000000000000000000000000000000000' "$2"
	ipv4 "$1" "$ports" "${3-}"
}

# Frames of each kind, a random number of each; what must be counted is in COUNTS
every_kind() { # SALT
	local i n
	COUNTS=()
	for i in {0..7}; do
		n=$((1 + (SANDBOX_ID * 37 + ($1 + i) * 211) % 1000 % 5))
		# and those below
		COUNTS+=($((n + (i < 2 ? 2 : i == 5 || i == 7 ? 1 : 0))))
		for ((; n; n--)); do
			case ${KINDS[i]} in
			not-ipv4) echo "$ETHERNET 86dd 60000000000000000000000000000000" ;;
			short) ipv4 17 c00000 ;;
			other) to_port 47 53 ;;
			icmp) to_port 1 80 ;;
			udp) to_port 17 $((1000 + n)) ;;
			dns) to_port 17 53 ;;
			tcp) to_port 6 53 ;;
			web) to_port 6 443 ;;
			esac
		done
	done
	# an IPv4 header that ends outside of the frame, and one that is too small to be one
	echo "$ETHERNET 0800 45 00 0054 0000 4000 40 11 0000 0a000102 0a0001"
	echo "$ETHERNET 0800 44 00 0054 0000 4000 40 11 0000 0a000102 0a000101 c00000350000"
	# nothing behind the Ethernet header, and IPv4 in another protocol's name
	echo "$ETHERNET 0806"
	echo "$ETHERNET 88b5 45 00 0054 0000 4000 40 11 0000 0a000102 0a000101 c00000350000"
	# options between the IPv4 header and the ports
	to_port 17 53 0101010101bb0101
	to_port 6 80 01010101
}

counts_sent() {
	local i
	for i in {0..7}; do echo "${KINDS[i]} ${COUNTS[i]}"; done
}

# -- what the kernel says of a loaded program

# Load an object's programs without anybody's loader: pinned in /sys/fs/bpf/NAME, maps in NAME-maps.
# It stays for the checks that follow: loaded once, whoever asks for it.
load_as() { # NAME OBJECT
	[[ -e /sys/fs/bpf/$1 ]] ||
		expect "$2 loads" bpftool prog loadall "$BIN/$2" "/sys/fs/bpf/$1" pinmaps "/sys/fs/bpf/$1-maps"
}

# What the next ones look at: a program's instructions in the kernel (bpftool prog dump xlated)
read_dump() { # id|pinned WHICH
	DUMP=$(xlated "$@")
}

# Its functions: NAME FIRST-INSTRUCTION HOW-MANY
functions() {
	awk '
	function last() { if (name) print name, first, at - first + 1 }
	/^[^ ;].*\):$/ { last(); name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name); first = -1 }
	/^ *[0-9]+: \(/ { at = $1 + 0; if (first < 0) first = at }
	END { last() }' <<< "$DUMP"
}

# The instructions of one of them
instructions() { # FUNCTION
	awk -v wanted="$1" '
	/^[^ ;].*\):$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^ *[0-9]+: \(/ && name == wanted' <<< "$DUMP"
}

# The first instructions of functions that are called, each once
call_targets() {
	awk '/\(85\) call pc[+-]/ { sub(/.*pc/, "", $4); print $1 + 1 + $4 }' <<< "$DUMP" | sort -nu
}

# A number out of bpftool's JSON about it: bytes_xlated, btf_id
prog_number() { # FIELD id|pinned WHICH
	local field=$1
	shift
	[[ $(bpftool -j prog show "$@") =~ \"$field\":\[?([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# Its functions of that linkage (what the compiler noted in BTF), of those that are really there
of_linkage() { # static|global id|pinned WHICH
	local linkage=$1 in_btf
	shift
	in_btf=$(bpftool btf dump id "$(prog_number btf_id "$@")" |
		sed -n "s/.* FUNC '\(.*\)' .*linkage=$linkage.*/\1/p" | tr '\n' ' ')
	functions | awk -v list="$in_btf" '
		BEGIN { for (n = split(list, names, " "); n; n--) known[names[n]] }
		NR > 1 && $1 in known { print $1 }'
}

# The verdicts that pktrun showed, without XDP_
# A frame, the verdict that is wanted for it, and what it is. Empty WANT and WHAT before the first.
frame() { # VERDICT WHAT HEX
	WANT+=("$1") WHAT+=("$2")
	echo "$3"
}

# Each of these frames got its verdict; only those that did not are named
judged() {
	local came i wrong=''
	read -ra came <<< "$(grep -o 'XDP_[A-Z]*' <<< "$PACKETS" | cut -c 5- | xargs)"
	for i in "${!WANT[@]}"; do
		[[ ${came[i]-} == "${WANT[i]}" ]] ||
			wrong+="$((i + 1)): ${came[i]-nothing}, not ${WANT[i]}: ${WHAT[i]}"$'\n'
	done
	[[ -z $wrong ]] || red "the verdicts: ${WANT[*]}" "${wrong%$'\n'}"
}

# bats test_tags=packets
@test "every frame passes unchanged and is counted once, in its kind [1]" {
	local total map
	every_kind 1 > "$TMPDIR/hex"
	frames "$TMPDIR/in.pcap" < "$TMPDIR/hex"
	total=$(wc -l < "$TMPDIR/hex")
	load_as calls calls.bpf.o

	sent "$total frames of eight kinds, each once through BPF_PROG_TEST_RUN"
	capture_output /run/workbook/tools/pktrun --pinned /sys/fs/bpf/calls/calls "$TMPDIR/in.pcap"
	equal "frames that pass unchanged" "$total" "$(grep -c 'XDP_PASS, unchanged$' <<< "$OUT")"
	map=$(bpftool -j map dump id "$(prog_number map_ids pinned /sys/fs/bpf/calls/calls)")
	[[ $map =~ \"counts\":\[([0-9,]+)\] ]] || map=''
	equal "the counters" "$(counts_sent)" \
		"$(tr , '\n' <<< "${BASH_REMATCH[1]-}" | paste -d ' ' <(printf '%s\n' "${KINDS[@]}") -)"
}

# bats test_tags=packets
@test "TODO(1): the parser is two static functions, and the program is still one [2]" {
	local pin=(pinned /sys/fs/bpf/calls/calls) map reads
	load_as calls calls.bpf.o
	read_dump "${pin[@]}"
	equal "static functions in the kernel, besides the program's own (BTF, xlated)" 2 \
		"$(of_linkage static "${pin[@]}" | grep -c .)"
	equal "first instructions of the functions that are called" \
		"$(functions | awk 'NR > 1 { print $2 }')" "$(call_targets)"
	reads=$(instructions calls | awk '/ = \*\(u(8|16|32) \*\)\(r[0-9] \+/ && !/\+1[23]\)/')
	equal "what calls() itself reads of the packet, apart from the EtherType" nothing \
		"${reads:-nothing}"
	map=$(prog_number map_ids "${pin[@]}")
	equal "programs in the machine's list that use the counters" 1 \
		"$(bpftool -j prog list | grep -oE '"map_ids":\[[0-9,]+' | grep -cw "$map")"
}

# bats test_tags=packets
@test "TODO(4): kind_of is a global function, and is called [2]" {
	local pin=(pinned /sys/fs/bpf/calls/calls) first
	load_as calls calls.bpf.o
	read_dump "${pin[@]}"
	equal "global functions in the kernel, besides the program's own (BTF, xlated)" kind_of \
		"$(of_linkage global "${pin[@]}" | xargs)"
	first=$(functions | awk '$1 == "kind_of" { print $2 }')
	expect "a call pc+… leads to kind_of's first instruction, $first" \
		grep -qx "$first" <(call_targets)
}

# The frame with other bytes at those places
with() { # FRAME [PLACE BYTE]...
	local frame=$1
	shift
	while (($#)); do
		frame=${frame:0:$1*2}$2${frame:$1*2+2}
		shift 2
	done
	echo "$frame"
}

# An IPv4 frame of that many bytes, without blanks
long_frame() { # BYTES FILL
	local frame
	printf -v frame '%0*d' $(($1 * 2)) 0
	frame="$ETHERNET 0800 45000054 00004000 40110000 0a000102 0a000101 ${frame//0/$2}"
	frame=${frame// /}
	echo "${frame:0:$1*2}"
}

# bats test_tags=packets
@test "TODO(3): stack drops the frame that is the same as the one before, and no other [2]" {
	local near=$((34 + $(own_number 1) % 150)) far=$((256 + $(own_number 2) % 31)) a b
	a=$(long_frame 300 5)
	b=$(with "$a" 22 3f 24 77 25 01)
	sent "22 frames, one after the other, most of them IPv4 of 300 bytes"
	WANT=() WHAT=()
	{
		frame PASS "a first frame" "$a"
		frame DROP "the same again" "$a"
		frame DROP "with another TTL and checksum" "$b"
		frame DROP "with other MAC addresses, too" "$(with "$b" 0 06 11 09)"
		frame PASS "another byte at $near" "$(with "$a" "$near" aa)"
		frame DROP "the same again" "$(with "$a" "$near" aa)"
		frame PASS "yet another byte at $near" "$(with "$a" "$near" ab)"
		frame PASS "the first frame" "$a"
		frame PASS "its first 100 bytes alone" "${a:0:200}"
		frame PASS "all of it, another byte at $far" "$(with "$a" "$far" aa)"
		frame PASS "yet another byte at $far" "$(with "$a" "$far" ab)"
		frame DROP "the same with another TTL and checksum" "$(with "$b" "$far" ab)"
		frame PASS "another protocol, byte 23" "$(with "$a" 23 06)"
		frame PASS "another sender, byte 26" "$(with "$a" 26 0b)"
		frame PASS "another byte at 287, the last one to look at" "$(with "$a" 287 00)"
		frame DROP "the same again" "$(with "$a" 287 00)"
		frame PASS "yet another byte at 287" "$(with "$a" 287 01)"
		frame PASS "100 bytes that are not IPv4" "$(plain_frame 100)"
		frame PASS "the same again" "$(plain_frame 100)"
		frame PASS "60 bytes of IPv4" "$(long_frame 60 5)"
		frame DROP "the same again" "$(long_frame 60 5)"
		frame PASS "the same, and one byte more" "$(long_frame 61 5)"
	} > "$TMPDIR/hex"
	frames "$TMPDIR/in.pcap" < "$TMPDIR/hex"
	packets stack.bpf.o stack "$TMPDIR/in.pcap"
	judged
	equal "frames that were changed" 0 "$(grep -c ', changed' <<< "$PACKETS")"
}

# A frame for the plug-in: which byte it shall invert, and its verdict
for_plugin() { # BYTES AT VERDICT
	printf '%s88b5%02x%02x%0*d\n' "${ETHERNET/ /}" "$2" "$3" $(($1 * 2 - 32)) 0
}

# bats test_tags=packets
@test "TODO(5): guard drops what its plug-in changed, and else obeys it [2]" {
	local at=$((16 + $(own_number 3) % 150)) length=$((200 + $(own_number 4) % 50))
	sent "11 frames of $length or 64 bytes, which the plug-in leaves as they are or changes"
	WANT=() WHAT=()
	{
		frame PASS "left as it was, the plug-in said PASS" "$(for_plugin $length 0 2)"
		frame TX "left as it was, it said TX" "$(for_plugin $length 0 3)"
		frame DROP "left as it was, it said DROP" "$(for_plugin $length 0 1)"
		frame DROP "byte $at changed, it said PASS" "$(for_plugin $length $at 2)"
		frame DROP "byte $at changed, it said TX" "$(for_plugin $length $at 3)"
		frame DROP "byte 1 changed, it said TX" "$(for_plugin $length 1 3)"
		frame DROP "byte 191 changed, it said PASS" "$(for_plugin $length 191 2)"
		frame DROP "byte 191 changed, it said TX" "$(for_plugin $length 191 3)"
		frame DROP "the last of 64 bytes changed, it said PASS" "$(for_plugin 64 63 2)"
		frame TX "64 bytes, left as they were, it said TX" "$(for_plugin 64 64 3)"
		frame ABORTED "left as it was, it said ABORTED" "$(for_plugin $length 0 0)"
	} > "$TMPDIR/hex"
	frames "$TMPDIR/in.pcap" < "$TMPDIR/hex"
	packets guard.bpf.o guard "$TMPDIR/in.pcap"
	judged
	equal "frames that the plug-in changed" 6 "$(grep -c ', changed' <<< "$PACKETS")"
}

@test "what comes by the wire is counted, and the loader tells it at its end [1]" {
	local total id
	loader_start --dev veth0
	id=$(xdp_id veth0)
	every_kind 31 > "$TMPDIR/hex"
	frames "$TMPDIR/in.pcap" < "$TMPDIR/hex"
	total=$(wc -l < "$TMPDIR/hex")

	sent "$total frames of eight kinds from peer"
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	equal "frames that XDP took from veth0 (ethtool -S)" "$total" "$(nic lab veth0 xdp_packets)"
	equal "runs of the program (run_cnt)" "$total" "$(run_cnt "$id")"
	loader_stop TERM
	equal "what the loader tells" "$(counts_sent)" "$(tail -n 8 "$LOADER_LOG" | sed 's/  */ /')"
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
}

@test "TODO(2): the loader tells how many functions there are, and the sizes it may see [3]" {
	local id words bytes shown=''
	# with this right, the kernel shows sizes of its machine code
	STUDENT_CAPS+=,+syslog
	loader_start --dev veth0
	id=$(xdp_id veth0)
	read_dump id "$id"
	words=$(prog_number bytes_xlated id "$id") bytes=$(prog_number bytes_jited id "$id")
	equal "the first line (bpftool prog show id $id)" \
		"calls: $(functions | wc -l) functions, $((words / 8)) instructions, $bytes bytes of machine code" \
		"$(head -n 1 "$LOADER_LOG")"
	equal "functions and their instructions (bpftool prog dump xlated id $id)" \
		"$(functions | awk '{ print $1, $3, "instructions" }')" \
		"$(sed -n 's/^  \([^ ]*\)  *\([0-9]*\) instructions.*/\1 \2 instructions/p' "$LOADER_LOG")"
	# with kptr_restrict 2 it shows them to nobody
	[[ $(< /proc/sys/kernel/kptr_restrict) == 2 ]] ||
		equal "the bytes of all functions, added up (bytes_jited)" "$bytes" \
			"$(awk '/^  .* bytes$/ { n += $(NF - 1) } END { print n + 0 }' "$LOADER_LOG")"
	loader_stop TERM

	# without that right it hides them, but on a machine that is not careful
	STUDENT_CAPS=${STUDENT_CAPS%,+syslog}
	if (($(< /proc/sys/kernel/kptr_restrict) == 0 && $(< /proc/sys/kernel/perf_event_paranoid) < 2)); then
		shown=' bytes'
	fi
	loader_start --dev veth0
	equal "functions, without the right to see machine code (CAP_SYSLOG)" \
		"$(functions | awk -v shown="$shown" '{ print $1, $3, "instructions" shown }')" \
		"$(sed -n 's/^  \([^ ]*\)  *\([0-9]* instructions\)\( *[0-9]*\( bytes\)\)*$/\1 \2\4/p' "$LOADER_LOG")"
	loader_stop TERM
}

@test "TODO(3): on the wire, stack lets each frame through once [1]" {
	local n=$((3 + $(own_number 5) % 6)) i
	expect "ip attaches your program to veth0" attach veth0 stack.bpf.o
	for ((i = 0; i < n; i++)); do
		with "$(long_frame 300 0)" $((40 + $(own_number $i) % 240)) "$(printf %02x $((i + 1)))" |
			sed 'p;p'
	done | frames "$TMPDIR/in.pcap"

	sent "$n frames from peer, each three times"
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	equal "frames that XDP took from veth0 (ethtool -S)" $((3 * n)) "$(nic lab veth0 xdp_packets)"
	equal "frames that XDP dropped there (ethtool -S)" $((2 * n)) "$(nic lab veth0 xdp_drops)"
	equal "runs of the program (run_cnt)" $((3 * n)) "$(run_cnt "$(xdp_id veth0)")"
}

@test "TODO(5): on the wire, guard runs on after the tail call [1]" {
	local kept=$((2 + $(own_number 6) % 9)) changed=$((3 + $(own_number 7) % 8)) i inside
	load_as wire guard.bpf.o
	expect "bpftool attaches your program to veth0" \
		bpftool net attach xdpdrv pinned /sys/fs/bpf/wire/guard dev veth0
	for ((i = 0; i < kept; i++)); do for_plugin 100 0 2; done > "$TMPDIR/hex"
	for ((i = 0; i < changed; i++)); do for_plugin 100 $((20 + i)) 2; done >> "$TMPDIR/hex"
	frames "$TMPDIR/in.pcap" < "$TMPDIR/hex"

	sent "from peer, $kept frames that the plug-in leaves alone, $changed that it changes"
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	equal "frames that XDP took from veth0 (ethtool -S)" $((kept + changed)) \
		"$(nic lab veth0 xdp_packets)"
	equal "frames that XDP dropped there (ethtool -S)" "$changed" "$(nic lab veth0 xdp_drops)"
	read_dump id "$(xdp_id veth0)"
	inside=$(functions | awk 'NR > 1 { print $1 }' |
		while read -r name; do
			instructions "$name" | grep -c 'call bpf_tail_call'
		done | grep -cv '^0')
	equal "functions besides guard itself that tail-call (bpftool prog dump xlated)" 1 "$inside"

	expect "somebody takes the plug-in out of its slot" \
		bpftool map delete pinned /sys/fs/bpf/wire-maps/plugins key 0 0 0 0
	capture_output /run/workbook/tools/pktrun --pinned /sys/fs/bpf/wire/guard "$TMPDIR/in.pcap"
	equal "verdicts without a plug-in" "$((kept + changed)) XDP_ABORTED" \
		"$(grep -o 'XDP_[A-Z]*' <<< "$OUT" | sort | uniq -c | xargs)"
}

# bats test_tags=no-network
@test "TODO(6): the answers about hello-func are what the kernel shows [2]" {
	local at=() dump="bpftool prog dump xlated"
	load_as hello hello-func.bpf.o
	read_dump pinned /sys/fs/bpf/hello/hello
	[[ $DUMP =~ \ ([0-9]+):\ \(85\)\ call\ pc\+([0-9]+) ]] && at=("${BASH_REMATCH[@]:1}")
	equal "calls of a function in hello-func (the lab relies on it)" 2 "${#at[@]}"
	answered call_at "${at[0]}" "$dump"
	# the dump shows it with a sign
	[[ $(answer call_offset) == "+${at[1]}" ]] || answered call_offset "${at[1]}" "$dump"
	answered callee_at "$(functions | awk '$1 == "get_opcode" { print $2 }')" "$dump"
}

# Is the answer that ratio, but for a twelfth more or less?
near() { # KEY ABOVE BELOW WHAT
	local came
	came=$(answer "$1")
	awk -v a="$came" -v r="$(($2 * 1000 / $3))" \
		'BEGIN { exit !(a ~ /^[0-9]+(\.[0-9]+)?$/ && a * 12000 > r * 11 && a * 12000 < r * 13) }' ||
		red "$1 in answers.txt is $4; 2.0 is twice (±8 %)" "$came"
}

# bats test_tags=no-network
@test "TODO(7): the answers about cost are what the kernel shows [1]" {
	local called=(pinned /sys/fs/bpf/cost/called) inlined=(pinned /sys/fs/bpf/cost/inlined) main mix calls
	load_as cost cost.bpf.o
	near bigger "$(prog_number bytes_xlated "${inlined[@]}")" "$(prog_number bytes_xlated "${called[@]}")" \
		"bytes xlated of inlined, divided by those of called"
	read_dump "${called[@]}"
	main=$(instructions called | wc -l) mix=$(instructions mix | wc -l)
	calls=$(instructions called | grep -c 'call pc+' || true)
	read_dump "${inlined[@]}"
	near longer $((main + calls * mix)) "$(instructions inlined | wc -l)" \
		"instructions that called executes for a frame, divided by those of inlined"
}

# What follows concerns the given parts of the loader: `make test` runs it on our solution.

# bats test_tags=author
@test "a device that doesn't exist is named" {
	refuse "the loader gives up" "nosuch: no such device here" as_student "$BIN/calls" --dev nosuch
}

# bats test_tags=author
@test "a program that is there already is left alone" {
	ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	refuse "the loader gives up" "can't attach to veth0: Device or resource busy" \
		as_student "$BIN/calls" --dev veth0
	equal "name of the program on veth0" pass "$(xdp_name veth0)"
}

# bats test_tags=author
@test "without rights the loader says which ones it takes" {
	refuse "it fails" "CAP_BPF and CAP_NET_ADMIN" setpriv --reuid "$STUDENT" --regid "$STUDENT" \
		--clear-groups --bounding-set=-all --inh-caps=-all "$BIN/calls" --dev veth0
}

# bats test_tags=author
@test "wrong options show the right ones" {
	refuse "no device is named" "usage: calls --dev NAME" as_student "$BIN/calls"
	refuse "two devices" "usage: calls --dev NAME" as_student "$BIN/calls" -d veth0 -d lo
	refuse "an unknown option" "usage: calls --dev NAME" as_student "$BIN/calls" --dvv veth0
	refuse "something left over" "usage: calls --dev NAME" as_student "$BIN/calls" --dev veth0 x
}
