# bats file_tags=lab
# Lab 09: twelve programs that the verifier refuses. Each is repaired when it loads, still does what
# it is for, and is still the program that was given: few lines differ. And one that is too much work.

load lib/lab

export LOADER=clinic

ETHERNET=020000000101020000000102 # the addresses at the beginning of each frame

# -- how much was changed

# Each file of the lab, as it was given or (all) as it is, behind a line with its name; without
# comments, blanks and blank lines
lines_of() { # ''|all FILE...
	local keep=$1 file lines
	shift
	for file; do
		mapfile -t lines < "$file"
		printf '%s\n' "@@${file##*/}" "${lines[@]}"
	done | awk -v keep="$keep" -f common/blocks.awk | awk '
	{
		gsub(/\/\*([^*]|\*[^\/])*\*\//, "")
		if (inside && !sub(/^.*\*\//, ""))
			next
		inside = sub(/\/\*.*/, "")
		sub(/\/\/.*/, "")
		gsub(/[ \t]/, "")
		if ($0 != "")
			print
	}'
}

# The files that the objects were made of: the compiler has noted them
sources() {
	local note words
	for note in "$TREE"/.case*.bpf.o.d; do
		read -r -d '' -a words < "$note" || true
		[[ ${words[1]} != '\' ]] || words[1]=${words[2]}
		echo "${words[1]}"
	done
}

# Of each file that was changed: its name, how many lines are new in it, and how many are gone
changes() {
	local given yours
	mapfile -t yours < <(sources)
	given=("${yours[@]##*/}")
	lines_of '' "${given[@]/#/labs/$LAB/solution/}" > "$TMPDIR/given"
	lines_of all "${yours[@]}" > "$TMPDIR/yours"
	diff --unified=100000 "$TMPDIR/given" "$TMPDIR/yours" | awk '
	NR <= 3 && !/^ / { next }
	/^ @@/ { file = substr($0, 4) }
	/^\+/ { new[file]++; any[file] }
	/^-/ { gone[file]++; any[file] }
	END { for (file in any) print file, new[file] + 0, gone[file] + 0 }'
}

# The two numbers of one file, as NEW and GONE
read_changes() { # FILE
	local file new gone
	[[ -e $TMPDIR/changes ]] || changes > "$TMPDIR/changes"
	NEW=0 GONE=0
	while read -r file new gone; do
		[[ $file != "$1" ]] || NEW=$new GONE=$gone
	done < "$TMPDIR/changes"
}

# The file is the one that was given, but for as many lines as the comment in it allows
is_small() { # FILE
	local most
	read_changes "$1"
	[[ $(< "labs/$LAB/solution/$1") =~ ([0-9]+)\ lines?\ (is|are)\ enough ]]
	most=${BASH_REMATCH[1]}
	((NEW <= most && GONE <= most)) ||
		red "in $1, no more than $most lines are new, or gone (comments and blanks don't count)" \
			"$NEW are new, $GONE are gone"
}

# -- frames, what shall become of them, and what does

# One more frame, in hex behind the addresses, for the program that is treated next
row() { # VERDICT WHAT HEX
	WANTED+=("$1") WHAT+=("$2") FRAMES+=("$ETHERNET$3")
}

# That many bytes of zeros, in hex
zeros() { # NAME BYTES
	printf -v "$1" '%0*d' $(($2 * 2)) 0
	(($2)) || printf -v "$1" ''
}

# The kernel refuses a case. As it was given, that is what the log is to be read for; later, explain
# has a word.
refused() { # CASE
	read_changes "$1.bpf.c"
	if ((NEW + GONE)); then
		capture_output /run/workbook/tools/explain -l "/run/workbook/logs/$1" "$BIN/$1.bpf.o"
	else
		OUT="it refuses the program that you were given. Why? (make shell, then: clinic $1.bpf.o)"
	fi
	red "the verifier accepts $1" "$OUT"
}

# Load the programs of a case: they are pinned in PINS, their maps in PINS-maps
loads() { # CASE
	PINS=/sys/fs/bpf/$1-$BASHPID
	capture_output bpftool prog loadall "$BIN/$1.bpf.o" "$PINS" pinmaps "$PINS-maps"
	((STATUS == 0)) || refused "$1"
}

# Run the frames of the rows through a program of a case, one after the other; the verdicts must be
# theirs.
treat() { # CASE PROGRAM
	local i wanted='' came='' verdict
	loads "$1"
	printf '%s\n' "${FRAMES[@]}" | frames "$TMPDIR/in.pcap"
	sent "${#FRAMES[@]} frames, one after the other, through BPF_PROG_TEST_RUN"
	capture_output /run/workbook/tools/pktrun --write "$TMPDIR/out.pcap" --pinned "$PINS/$2" \
		"$TMPDIR/in.pcap"
	((STATUS == 0)) || red "every frame is run" "$OUT"
	for ((i = 0; i < ${#FRAMES[@]}; i++)); do
		verdict=''
		[[ ! $OUT =~ (^|$'\n')$((i + 1)):\ [0-9]+\ bytes,\ (XDP_)?([^,]*) ]] || verdict=${BASH_REMATCH[3]}
		[[ $verdict == "${WANTED[i]}" ]] && continue
		wanted+=$'\n'"${WANTED[i]}: frame $((i + 1)), ${WHAT[i]}"
		came+=$'\n'"$verdict: frame $((i + 1))"
	done
	[[ -z $wanted ]] || red "${wanted#$'\n'}" "${came#$'\n'}"
}

# None of the frames was changed
unchanged() {
	equal "frames that were changed" 0 "$(grep -c ', changed' <<< "$OUT")"
}

# The entries of a hash or array of the case that is treated: KEY, in hex, and VALUE
in_map() { # NAME
	bpftool -j map dump pinned "$PINS-maps/$1" | sed 's/{"key":\["/\n/g' |
		sed -nE 's/^([^]]*)\].*"value":([0-9]+)\}\}.*/\1 \2/p' | sed 's/0x//g; s/[",]//g' | sort
}

# The global variables of that case: NAME:VALUE
variables() {
	bpftool map dump pinned "$PINS-maps/"*bss | tr -d '{}[]" \t\n' | sed 's/^value:.bss://'
}

# The VLAN tag (EtherType and all), with four bits of something before the number
tag() { # VLAN BITS
	printf 8100%x%03x "$2" "$1"
}

# bats test_tags=packets
@test "TODO(1): quarantine drops VLAN 666 and nothing else [2]" {
	local vlan
	draw vlan 700 300
	row DROP "VLAN 666" "$(tag 666 0)0800$(printf %056d 0)"
	row DROP "VLAN 666 with a priority" "$(tag 666 14)0800$(printf %056d 0)"
	row DROP "VLAN 666 and not a byte behind the tag" "$(tag 666 0)0800"
	row PASS "VLAN 666, cut within the tag" "810002"
	row PASS "VLAN 666, cut before the tag" "8100"
	row PASS "VLAN $vlan" "$(tag "$vlan" 0)0800$(printf %056d 0)"
	row PASS "VLAN 154, with bits as if it were 666" "$(tag 154 2)0800$(printf %056d 0)"
	row PASS "VLAN 665" "$(tag 665 0)0800"
	row PASS "no tag, but 029a in that place" "0800029a0800"
	row PASS "no tag, no more than an Ethernet header" "0800"
	treat case01 quarantine
	unchanged
	is_small case01.bpf.c
}

# bats test_tags=packets
@test "TODO(2): languages counts each EtherType, from its first frame on [2]" {
	local type own n i wanted=''
	draw own 1000 1000
	for type in 0x0800 0x86dd 0x$own 0x0608; do
		draw n 1 9
		for ((i = 0; i < n; i++)); do
			zeros pad $((i * 2))
			row PASS "EtherType $type" "${type#0x}$pad"
		done
		wanted+=$'\n'"${type#0x} $n"
	done
	treat case02 languages
	unchanged
	equal "the map frames (EtherType, frames)" "$(sort <<< "${wanted#$'\n'}")" "$(in_map frames)"
	is_small case02.bpf.c
}

# An IPv4 header with these options, in words of four bytes
ipv4() { # PROTOCOL [OPTIONS [BEHIND-IT]]
	local options=${2-}
	printf '08004%x0000540000000040%02x00000a0001020a000101%s%s' \
		$((5 + ${#options} / 8)) "$1" "$options" "${3-}"
}

# bats test_tags=packets
@test "TODO(3): no_alert finds the router alert behind any padding, and counts the padding [2]" {
	local alert=94040000 nop=01010101 before n all
	draw n 1 7
	printf -v before "$nop%.0s" $(seq "$n")
	printf -v all "$nop%.0s" {1..10}
	row DROP "router alert" "$(ipv4 1 $alert)"
	row DROP "router alert behind $n words of no operation" "$(ipv4 1 "$before$alert")"
	row DROP "router alert as the last of ten words" "$(ipv4 1 "${all:8}$alert")"
	row DROP "router alert behind another option" "$(ipv4 1 "88040001$nop$alert$nop")"
	row PASS "ten words of no operation" "$(ipv4 1 "$all")"
	row PASS "ten words of no operation, and what looks like an alert behind them" "$(ipv4 1 "$all" $alert)"
	row PASS "no option; what looks like one is payload" "$(ipv4 1 '' $alert)"
	row PASS "an option, cut away" "$(ipv4 1 $nop | sed 's/..$//')"
	row PASS "a header length below the least" "$(ipv4 1 '' $alert | sed s/080045/080041/)"
	row PASS "not IPv4" "$(ipv4 1 $alert | sed s/0800/0806/)"
	treat case03 no_alert
	unchanged
	equal "words of no operation that were counted" "padding:$((n + 9 + 1 + 10 + 10))" "$(variables)"
	is_small case03.bpf.c
}

# A question for a name: UDP to that port, the DNS header, length and text of the name
question() { # PORT LENGTH TEXT [PROTOCOL [OPTIONS]]
	local behind
	printf -v behind 'c000%04x00000000%024d%02x%s' "$1" 0 "$2" "$(printf %s "$3" | od -An -v -tx1 | tr -d ' \n')"
	ipv4 "${4:-17}" "${5-}" "$behind"
}

# A key of the map asked, in hex: a length, 15 bytes of text, zeros behind it
key() { # TEXT
	local hex pad
	hex=$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n')
	zeros pad $((15 - ${#1}))
	printf %02x%s%s "${#1}" "$hex" "$pad"
}

# bats test_tags=packets
@test "TODO(4): names counts the names of up to 15 bytes [2]" {
	local i n long=abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz short
	draw n 2 5
	short=${long:n:n}
	for ((i = 0; i < n; i++)); do
		row PASS "a question for www" "$(question 53 3 www)"
	done
	row PASS "a question for $short" "$(question 53 "$n" "$short")0003636f6d00"
	row PASS "15 bytes" "$(question 53 15 "${long:0:15}")"
	row PASS "16 bytes" "$(question 53 16 "${long:0:16}")"
	row PASS "63 bytes" "$(question 53 63 "$long")"
	row PASS "64 bytes" "$(question 53 64 "$long-")"
	row PASS "a name that is cut" "$(question 53 9 "${long:0:8}")"
	row PASS "to port 54" "$(question 54 3 www)"
	row PASS "TCP" "$(question 53 3 www 6)"
	row PASS "options in the IPv4 header" "$(question 53 3 www 17 01010101)"
	row PASS "not even the length" "$(question 53 3 '' | sed 's/..$//')"
	treat case04 names
	unchanged
	equal "the map asked" "$(sort <<- END
		$(key "${long:0:15}") 1
		$(key "$short") 1
		$(key www) $n
	END
	)" "$(in_map asked)"
	is_small case04.bpf.c
}

# bats test_tags=packets
@test "TODO(5): fuse lets eight frames pass, and no more [2]" {
	local i n
	draw n 11 9
	for ((i = 1; i <= n; i++)); do
		row "$( ((i <= 8)) && echo PASS || echo DROP)" "the same as the others" 88b50000
	done
	treat case05 fuse
	unchanged
	equal "the map seen" "00000000 $n" "$(in_map seen)"
	is_small case05.bpf.c
}

# bats test_tags=packets
@test "TODO(6): one_of_two drops what came by network B [2]" {
	local n pad
	draw n 0 900
	zeros pad $((n + 8))
	row DROP "LAN B, $((n + 28)) bytes" "88b5$pad""0001b00a88fb"
	row DROP "LAN B, the largest size" "88b5${pad}fffebfff88fb"
	row DROP "LAN B, 1514 bytes" "88b5$(printf %02988d 0)0001b5d488fb"
	row DROP "LAN B, nothing between the header and the trailer" "88b50001b00688fb"
	row PASS "LAN B in 19 bytes: the header would be part of the trailer" "88b501b00688fb"
	row PASS "LAN A" "88b5$pad""0001a00a88fb"
	row PASS "another suffix" "88b5$pad""0001b00a88fa"
	row PASS "the suffix with its bytes the other way" "88b5$pad""0001b00afb88"
	row PASS "the trailer two bytes too early" "88b5$pad""0001b00a88fb0000"
	row PASS "no more than a header" "88fb"
	treat case06 one_of_two
	unchanged
	is_small case06.bpf.c
}

# The TCP header up to its flags, with these
flags() { # FLAGS
	printf 'c00000500000000000000000500%s' "${1/#/}" | sed 's/500/50/'
}

# bats test_tags=packets
@test "TODO(7): no_xmas drops FIN, PSH and URG together, wherever the TCP header begins [2]" {
	local n options
	draw n 1 9
	printf -v options '01010101%.0s' $(seq "$n")
	row DROP "FIN, PSH, URG" "$(ipv4 6 '' "$(flags 29)")0000"
	row DROP "all flags" "$(ipv4 6 '' "$(flags ff)")0000"
	row DROP "the three, behind $n words of options" "$(ipv4 6 "$options" "$(flags 29)")0000"
	row DROP "the three in the last byte of the frame" "$(ipv4 6 '' "$(flags 29)")"
	row PASS "the three, cut away" "$(ipv4 6 '' "$(flags '')")"
	row PASS "FIN, PSH" "$(ipv4 6 '' "$(flags 09)")0000"
	row PASS "FIN, URG" "$(ipv4 6 '' "$(flags 21)")0000"
	row PASS "PSH, URG" "$(ipv4 6 '' "$(flags 28)")0000"
	row PASS "SYN behind options; 29 in the byte where the flags would be without" \
		"$(ipv4 6 00000000000000000000000000290000 "$(flags 02)")0000"
	row PASS "UDP" "$(ipv4 17 '' "$(flags 29)")0000"
	row PASS "not IPv4" "$(ipv4 6 '' "$(flags 29)" | sed s/0800/0806/)0000"
	treat case07 no_xmas
	unchanged
	is_small case07.bpf.c
}

# bats test_tags=packets
@test "TODO(8): knocked writes the sender as text [2]" {
	local a b
	draw a 100 100
	draw b 0 256
	row PASS "from 10.0.1.2" "$(ipv4 1)"
	row PASS "from 203.0.$a.$b" "$(ipv4 1 | sed "s/0a000102/cb00$(printf %02x%02x "$a" "$b")/")"
	row PASS "not IPv4" "$(ipv4 1 | sed s/0800/0806/)"
	row PASS "a header that is cut" "$(ipv4 1 | sed 's/..$//')"
	treat case08 knocked
	unchanged
	equal "the variable last" "last:203.0.$a.$b" "$(variables)"
	is_small case08.bpf.c
}

# bats test_tags=packets
@test "TODO(10): untag takes the tag out, and touches nothing else [2]" {
	local n payload i
	draw n 1 90
	zeros payload "$n"
	payload=00112233445566778899$payload
	row PASS "VLAN $n" "$(tag "$n" 3)0800$payload"
	row PASS "VLAN 666" "$(tag 666 0)86dd$payload"
	row PASS "two tags" "$(tag 7 0)$(tag "$n" 0)0800$payload"
	row PASS "not a byte behind the tag" "$(tag 7 0)0800"
	row PASS "no tag" "0800$payload"
	row PASS "a tag that is cut" "810002"
	row PASS "no more than an Ethernet header" "8100"
	treat case10 untag

	for i in 0 1 2 3; do # without what stands behind the addresses, four bytes
		FRAMES[i]=${FRAMES[i]:0:24}${FRAMES[i]:32}
	done
	printf '%s\n' "${FRAMES[@]}" | frames "$TMPDIR/want.pcap"
	cmp -s -i 24 "$TMPDIR/want.pcap" "$TMPDIR/out.pcap" ||
		red "to, from, then what stood behind the tag: frames 1 to 4; the others unchanged" "$OUT"
	is_small case10.bpf.c
}

# bats test_tags=packets
@test "TODO(11): distances counts packets by their TTL, the highest in the last place [2]" {
	local own ttl counts=() i
	for ((i = 0; i < 64; i++)); do counts[i]=0; done
	draw own 2 60
	for ttl in 0 1 "$own" 62 63 64 65 "$own" 127 128 255; do
		row PASS "TTL $ttl" "$(ipv4 1 | sed "s/00004001/0000$(printf %02x "$ttl")01/")"
		i=$((ttl > 63 ? 63 : ttl))
		counts[i]=$((counts[i] + 1))
	done
	row PASS "not IPv4" "$(ipv4 1 | sed s/0800/0806/)"
	row PASS "a header that is cut" "$(ipv4 1 | sed 's/..$//')"
	treat case11 distances
	unchanged
	equal "the counters" "packets:$(IFS=, && echo "${counts[*]}")" "$(variables)"
	is_small case11.bpf.c
}

# bats test_tags=packets
@test "TODO(12): no_zeros drops what carries nothing but zeros [2]" {
	local n pad
	draw n 40 900
	zeros pad "$n"
	row DROP "$((n + 14)) bytes" "88b5$pad"
	row DROP "15 bytes" 88b500
	row DROP "1514 bytes" "88b5$(printf %03000d 0)"
	row PASS "a one in the last byte" "88b5${pad}01"
	row PASS "a one in the last of 1514 bytes" "88b5$(printf %02998d 0)01"
	row PASS "a one in the first byte" "88b501$pad"
	row PASS "80 somewhere" "88b500${pad}80$pad"
	treat case12 no_zeros
	unchanged
	is_small case12.bpf.c
}

# The exclusive or of some bytes, in hex
combined() { # HEX
	local i sum=0
	for ((i = 0; i < ${#1}; i += 2)); do sum=$((sum ^ 0x${1:i:2})); done
	printf %02x "$sum"
}

# bats test_tags=packets
@test "heavy and light judge alike, and right [1]" {
	local n some many last program
	draw n 100 900
	zeros some "$n"
	zeros many 1483 # 1497 bytes, with what stands before them
	last=$(combined "${ETHERNET}88b5abcd")
	for program in heavy light; do
		FRAMES=() WHAT=() WANTED=()
		row DROP "$((n + 16)) bytes that give $last" "88b5ab${some}cd"
		row PASS "$((n + 17)) bytes that give 00" "88b5ab${some}cd$last"
		row DROP "14 bytes that give 3e" 88b5
		row PASS "15 bytes that give 00" 88b53e
		row PASS "1500 bytes that give 00" "88b5${many}abcd$last"
		row PASS "1501 bytes, the first 1500 give 00" "88b5${many}abcd${last}ff"
		row DROP "1501 bytes that give 00, but not the first 1500" "88b5${many}abcd00$last"
		treat "$program" "$program"
		unchanged
	done
}

@test "TODO(1): on the wire, too [1]" {
	local drops passes i
	draw drops 2 6
	draw passes 2 6
	for ((i = 0; i < drops; i++)); do row DROP "" "$(tag 666 "$i")$(printf %096d 0)"; done
	for ((i = 0; i < passes; i++)); do row PASS "" "$(tag "$i" 0)$(printf %096d 0)"; done
	printf '%s\n' "${FRAMES[@]}" | frames "$TMPDIR/in.pcap"
	loads case01
	loader_start --dev veth0 "$BIN/case01.bpf.o"
	sent "from peer, $drops frames of VLAN 666, $passes of others"
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	equal "frames that XDP took from veth0 (ethtool -S)" $((drops + passes)) "$(nic lab veth0 xdp_packets)"
	equal "frames that XDP dropped there (ethtool -S)" "$drops" "$(nic lab veth0 xdp_drops)"
	equal "runs of the program (run_cnt)" $((drops + passes)) "$(run_cnt "$(xdp_id veth0)")"
	loader_stop TERM
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
}

# An ARP frame of that operation, from the peer's address with another last number, about that address
arp() { # OPERATION LAST-NUMBER TARGET
	printf '080600010800060400%02x0200000001020a0001%02x0000000000000a0002%02x' "$@"
}

# What the loader told, after its line about being attached
told() {
	sed '1,/Ctrl-C/d' "$LOADER_LOG"
}
told_lines() { (($(told | grep -c .) >= $1)); }

@test "TODO(9): asks tells of each ARP request, and of nothing else [3]" {
	local n i wanted=''
	draw n 3 20
	for ((i = 1; i <= n; i++)); do
		row PASS "" "$(arp 1 $((100 + i)) "$i")"
		wanted+=$'\n'"10.0.1.$((100 + i)) asks for 10.0.2.$i"
		((i % 3)) || row PASS "" "$(arp 2 200 "$i")"
	done
	row PASS "" "$(arp 1 99 99 | cut -c 1-58)" # too short
	row PASS "" "$(arp 1 98 98 | sed s/0806/0800/)"
	row PASS "" "$(arp 1 250 251)"
	wanted+=$'\n'"10.0.1.250 asks for 10.0.2.251"
	printf '%s\n' "${FRAMES[@]}" | frames "$TMPDIR/in.pcap"
	loads case09
	loader_start --dev veth0 "$BIN/case09.bpf.o"
	sent "from peer, $((n + 1)) ARP requests, $((${#FRAMES[@]} - n - 1)) frames that are none"
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	wait_for 1 told_lines $((n + 1)) || true
	equal "what the loader tells" "${wanted#$'\n'}" "$(told)"
	equal "frames that XDP took from veth0 (ethtool -S)" "${#FRAMES[@]}" "$(nic lab veth0 xdp_packets)"
	equal "frames that XDP dropped there (ethtool -S)" 0 "$(nic lab veth0 xdp_drops)"
	loader_stop TERM
	is_small case09.bpf.c
}

@test "TODO(10): behind untag, the host sees frames without a tag [1]" {
	local vlan
	draw vlan 1 4000
	row PASS "" "$(tag "$vlan" 0)88b5$(printf %0100d 7)"
	row PASS "" "88b6$(printf %0100d 7)"
	printf '%s\n' "${FRAMES[@]}" | frames "$TMPDIR/in.pcap"
	loads case10
	expect "bpftool attaches your program to veth0" \
		bpftool net attach xdpdrv pinned "$PINS/untag" dev veth0
	capture lab veth0 "$TMPDIR/came.pcap"
	sent "from peer, a frame of VLAN $vlan, and one without"
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	capture_end 2 || true
	FRAMES[0]=${FRAMES[0]/"$(tag "$vlan" 0)"/}
	equal "frames that arrive, in hex" "$(printf '%s\n' "${FRAMES[@]}")" \
		"$(tcpdump -n -xx -r "$TMPDIR/came.pcap" 2> /dev/null |
			awk '/^\t/ { sub(/.*: */, ""); gsub(/ /, ""); line = line $0; next }
				line != "" { print line; line = "" } END { print line }')"
	equal "frames that XDP took from veth0 (ethtool -S)" 2 "$(nic lab veth0 xdp_packets)"
}

# What the kernel says that a program cost the verifier, in instructions: it tells those who hold the
# program, so the loader does
verified() { # PROGRAM
	local file words cost=''
	loader_start --dev lo "$BIN/$1.bpf.o"
	for file in "/proc/$(pgrep -u "$STUDENT" -f "^$BIN/$LOADER" | tail -n 1)"/fdinfo/*; do
		words=$(< "$file")
		[[ ! $words =~ verified_insns:[[:blank:]]*([0-9]+) ]] || cost=${BASH_REMATCH[1]}
	done
	loader_stop TERM
	printf -v "$1" %d "${cost:-0}"
}

# bats test_tags=no-network
@test "TODO(13): light costs the verifier a tenth of what heavy does [3]" {
	local heavy light
	verified heavy
	verified light
	((light > 1 && light * 10 <= heavy)) ||
		red "instructions that the verifier walks through (verified_insns in /proc/…/fdinfo):
heavy $heavy, light at most $((heavy / 10))" "heavy $heavy, light $light"
}
