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
		[[ ${words[1]} != $'\\' ]] || words[1]=${words[2]}
		echo "${words[1]}"
	done
}

# Of each file that was changed: its name, how many lines are new in it, and how many are gone
changes() {
	local given yours
	mapfile -t yours < <(sources)
	given=("${yours[@]##*/}")
	lines_of '' "${given[@]/#/$GIVEN/}" > "$TMPDIR/given"
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
	[[ $(< "$GIVEN/$1") =~ ([0-9]+)\ lines?\ (is|are)\ enough ]]
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

# Begin anew
no_rows() { WANTED=() WHAT=() FRAMES=(); }

# The functions below leave what they make in HEX: no process for it, which would take longer than
# all that the kernel has to do here.

# That many bytes of zeros
zeros() { # BYTES
	HEX=
	(($1 == 0)) || printf -v HEX '%0*d' $(($1 * 2)) 0
}

# A VLAN tag, EtherType and all, with four bits of something before the number
tag() { # VLAN BITS
	printf -v HEX 8100%x%03x "$2" "$1"
}

# An IPv4 header with these options, in words of four bytes
ipv4() { # PROTOCOL [OPTIONS [BEHIND-IT]]
	local options=${2-}
	printf -v HEX '08004%x0000540000000040%02x00000a0001020a000101%s%s' \
		$((5 + ${#options} / 8)) "$1" "$options" "${3-}"
}

# Bytes of text
text() { # TEXT
	local i byte
	HEX=
	for ((i = 0; i < ${#1}; i++)); do
		printf -v byte %02x "'${1:i:1}"
		HEX+=$byte
	done
}

# A question for a name: UDP to that port, the DNS header, length and text of the name
question() { # PORT LENGTH TEXT [PROTOCOL [OPTIONS]]
	local behind
	text "$3"
	printf -v behind 'c000%04x00000000%024d%02x%s' "$1" 0 "$2" "$HEX"
	ipv4 "${4:-17}" "${5-}" "$behind"
}

# A key of the map asked: a length, 15 bytes of text, zeros behind it
key() { # TEXT
	local length name
	printf -v length %02x ${#1}
	text "$1"
	name=$HEX
	zeros $((15 - ${#1}))
	HEX=$length$name$HEX
}

# An ARP frame of that operation, from the peer's address with another last number, about that address
arp() { # OPERATION LAST-NUMBER TARGET
	printf -v HEX '080600010800060400%02x0200000001020a0001%02x0000000000000a0002%02x' "$@"
}

# The exclusive or of some bytes
combined() { # BYTES
	local i sum=0
	for ((i = 0; i < ${#1}; i += 2)); do sum=$((sum ^ 0x${1:i:2})); done
	printf -v HEX %02x "$sum"
}

# The kernel refuses a case. As it was given, that is what the log is to be read for; later, explain
# has a word.
refused() { # CASE
	read_changes "$1.bpf.c"
	if ((NEW + GONE)); then
		COLUMNS=77 capture_output /run/workbook/tools/explain -l "/run/workbook/logs/$1" "$BIN/$1.bpf.o"
		OUT=${OUT//"/run/workbook/logs/$1"/$1.verifier.log}
	else
		OUT="it refuses what you were given. Why? (make shell, then: clinic $1.bpf.o)"
	fi
	SHOWN=20 red "the verifier accepts $1" "$OUT"
}

# Load the programs of a case: they are pinned in PINS, their maps in PINS-maps
loads() { # CASE
	PINS=/sys/fs/bpf/$1-$BASHPID
	capture_output bpftool prog loadall "$BIN/$1.bpf.o" "$PINS" pinmaps "$PINS-maps"
	# shellcheck disable=SC2153 # capture_output sets it
	((STATUS == 0)) || refused "$1"
}

# Run the frames of the rows, one after the other, through a program of a case: the one that `loads`
# has loaded, or one that is loaded for this. The verdicts must be those of the rows.
treat() { # CASE PROGRAM
	local i wrong=0 wanted='' came='' verdict which=(--prog "$2" "$BIN/$1.bpf.o")
	[[ -z ${PINS-} ]] || which=(--pinned "$PINS/$2")
	printf '%s\n' "${FRAMES[@]}" | frames "$TMPDIR/in.pcap"
	capture_output /run/workbook/tools/pktrun --write "$TMPDIR/out.pcap" "${which[@]}" "$TMPDIR/in.pcap"
	((STATUS != 2)) || refused "$1"
	sent "${#FRAMES[@]} frames, one after the other, through BPF_PROG_TEST_RUN"
	((STATUS == 0)) || red "every frame is run" "$OUT"
	for ((i = 0; i < ${#FRAMES[@]}; i++)); do
		verdict=''
		[[ ! $OUT =~ (^|$'\n')$((i + 1)):\ [0-9]+\ bytes,\ (XDP_)?([^,]*) ]] || verdict=${BASH_REMATCH[3]}
		[[ $verdict == "${WANTED[i]}" ]] && continue
		((++wrong <= 6)) || continue
		wanted+=$'\n'"${WANTED[i]}: frame $((i + 1)), ${WHAT[i]}"
		came+=$'\n'"$verdict: frame $((i + 1))"
	done
	((wrong <= 6)) || wanted+=$'\n'"and so on: of ${#FRAMES[@]} frames, $wrong went wrong"
	[[ -z $wanted ]] || red "${wanted#$'\n'}" "${came#$'\n'}"
}

# None of the frames was changed
unchanged() {
	[[ $OUT != *', changed'* ]] || red "no frame is changed" "$OUT"
}

# The entries of a hash or array of the case that is treated: KEY, in hex, and VALUE
in_map() { # NAME
	bpftool -j map dump pinned "$PINS-maps/$1" | awk -v RS='[{]"key":\\[' '
	NR > 1 {
		key = value = $0
		sub(/\].*/, "", key)
		gsub(/0x|[",]/, "", key)
		sub(/.*"value":/, "", value)
		print key, value + 0
	}' | sort
}

# The global variables of that case: NAME:VALUE
variables() {
	bpftool map dump pinned "$PINS-maps/"*bss | tr -d '{}[]" \t\n' | sed 's/^value:.bss://'
}

# Of such an array, what is not 0: packets[1]=1 packets[63]=6
not_0() {
	awk -F '[:,]' '{ for (i = 2; i <= NF; i++) if ($i) printf "%s[%d]=%d ", $1, i - 2, $i }'
}

# bats test_tags=packets
@test "TODO(1): quarantine drops VLAN 666 and nothing else [2]" {
	local other ip
	draw other 700 300
	zeros 28
	ip=0800$HEX
	tag 666 0 && row DROP "VLAN 666" "$HEX$ip"
	tag 666 14 && row DROP "VLAN 666 with a priority" "$HEX$ip"
	tag 666 0 && row DROP "VLAN 666 and not a byte behind the tag" "${HEX}0800"
	row PASS "VLAN 666, cut within the tag" "810002"
	row PASS "VLAN 666, cut before the tag" "8100"
	tag "$other" 0 && row PASS "VLAN $other" "$HEX$ip"
	tag 154 2 && row PASS "VLAN 154, with bits as if it were 666" "$HEX$ip"
	tag 665 0 && row PASS "VLAN 665" "$HEX$ip"
	row PASS "no tag, but 029a in that place" "0800029a0800"
	row PASS "no tag, no more than an Ethernet header" "0800"
	treat case01 quarantine
	unchanged
	is_small case01.bpf.c
}

# bats test_tags=packets
@test "TODO(2): languages counts each EtherType, from its first frame on [2]" {
	local own type n i wanted=''
	draw own 1000 1000
	for type in 0608 0800 "$own" 86dd; do
		draw n 1 9
		for ((i = 0; i < n; i++)); do
			zeros $((i * 2))
			row PASS "EtherType $type" "$type$HEX"
		done
		wanted+=$'\n'"$type $n"
	done
	loads case02
	treat case02 languages
	unchanged
	equal "the map frames (EtherType, frames)" "${wanted#$'\n'}" "$(in_map frames)"
	is_small case02.bpf.c
}

# bats test_tags=packets
@test "TODO(3): no_alert finds the router alert behind any padding, and counts padding [2]" {
	local alert=94040000 nop=01010101 all n
	all=$nop$nop$nop$nop$nop$nop$nop$nop$nop$nop
	draw n 1 7
	ipv4 1 $alert && row DROP "router alert" "$HEX"
	ipv4 1 "${all:0:n*8}$alert" && row DROP "router alert behind $n words of no operation" "$HEX"
	ipv4 1 "${all:8}$alert" && row DROP "router alert as the last of ten words" "$HEX"
	ipv4 1 "88040001$nop$alert$nop" && row DROP "router alert behind another option" "$HEX"
	ipv4 1 "$all" && row PASS "ten words of no operation" "$HEX"
	ipv4 1 "$all" $alert
	row PASS "ten words of no operation, and what looks like an alert behind them" "$HEX"
	ipv4 1 '' $alert && row PASS "no option; what looks like one is payload" "$HEX"
	row PASS "a header length below the least" "${HEX/080045/080041}"
	ipv4 1 $nop && row PASS "an option, cut away" "${HEX%??}"
	ipv4 1 $alert && row PASS "not IPv4" "${HEX/0800/0806}"
	loads case03
	treat case03 no_alert
	unchanged
	equal "words of no operation that were counted" "padding:$((n + 9 + 1 + 10 + 10))" "$(variables)"
	is_small case03.bpf.c
}

# bats test_tags=packets
@test "TODO(4): names counts the names of up to 15 bytes [2]" {
	local i n long=abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz short wanted
	draw n 2 9
	short=${long:n:n}
	question 53 3 www
	for ((i = 0; i < n; i++)); do
		row PASS "a question for www" "$HEX"
	done
	question 53 "$n" "$short" && row PASS "a question for $short" "${HEX}0003636f6d00"
	question 53 15 "${long:0:15}" && row PASS "15 bytes" "$HEX"
	question 53 16 "${long:0:16}" && row PASS "16 bytes" "$HEX"
	question 53 63 "$long" && row PASS "63 bytes" "$HEX"
	question 53 64 "$long-" && row PASS "64 bytes" "$HEX"
	question 53 9 "${long:0:8}" && row PASS "a name that is cut" "$HEX"
	question 54 3 www && row PASS "to port 54" "$HEX"
	question 53 3 www 6 && row PASS "TCP" "$HEX"
	question 53 3 www 17 01010101 && row PASS "options in the IPv4 header" "$HEX"
	question 53 3 '' && row PASS "not even the length" "${HEX%??}"
	loads case04
	treat case04 names
	unchanged
	key www && wanted="$HEX $n"
	key "$short" && wanted+=$'\n'"$HEX 1"
	key "${long:0:15}" && wanted+=$'\n'"$HEX 1"
	equal "the map asked: length and text in hex, and how often" "$(sort <<< "$wanted")" "$(in_map asked)"
	is_small case04.bpf.c
}

# bats test_tags=packets
@test "TODO(5): fuse lets eight frames pass, and no more [2]" {
	local i n
	draw n 11 9
	for ((i = 0; i < 8; i++)); do row PASS "the same as the others" 88b50000; done
	for (( ; i < n; i++)); do row DROP "the same as the others" 88b50000; done
	loads case05
	treat case05 fuse
	unchanged
	equal "the map seen" "00000000 $n" "$(in_map seen)"
	is_small case05.bpf.c
}

# bats test_tags=packets
@test "TODO(6): one_of_two drops what came by network B [2]" {
	local n some many
	draw n 8 900
	zeros "$n" && some=88b5$HEX
	zeros 1494 && many=88b5$HEX
	row DROP "LAN B, $((n + 20)) bytes" "${some}0001b00a88fb"
	row DROP "LAN B, the largest size" "${some}fffebfff88fb"
	row DROP "LAN B, 1514 bytes" "${many}0001b5d488fb"
	row DROP "LAN B, nothing between the header and the trailer" "88b50001b00688fb"
	row PASS "LAN B in 19 bytes: the header would be part of the trailer" "88b501b00688fb"
	row PASS "LAN A" "${some}0001a00a88fb"
	row PASS "another suffix" "${some}0001b00a88fa"
	row PASS "the suffix with its bytes the other way" "${some}0001b00afb88"
	row PASS "the trailer two bytes too early" "${some}0001b00a88fb0000"
	row PASS "no more than a header" "88fb"
	treat case06 one_of_two
	unchanged
	is_small case06.bpf.c
}

# bats test_tags=packets
@test "TODO(7): no_xmas drops FIN, PSH and URG together, wherever the TCP header begins [2]" {
	local n tcp=c0000050000000000000000050 options
	draw n 1 9
	zeros $((n * 4)) && options=$HEX
	ipv4 6 '' ${tcp}290000 && row DROP "FIN, PSH, URG" "$HEX"
	ipv4 6 '' ${tcp}ff0000 && row DROP "all flags" "$HEX"
	ipv4 6 "$options" ${tcp}290000 && row DROP "the three, behind $n words of options" "$HEX"
	ipv4 6 '' ${tcp}29 && row DROP "the three in the last byte of the frame" "$HEX"
	ipv4 6 '' $tcp && row PASS "the three, cut away" "$HEX"
	ipv4 6 '' ${tcp}090000 && row PASS "FIN, PSH" "$HEX"
	ipv4 6 '' ${tcp}210000 && row PASS "FIN, URG" "$HEX"
	ipv4 6 '' ${tcp}280000 && row PASS "PSH, URG" "$HEX"
	ipv4 6 00000000000000000000000000290000 ${tcp}020000
	row PASS "SYN behind options; 29 in the byte where the flags would be without" "$HEX"
	ipv4 17 '' ${tcp}290000 && row PASS "UDP" "$HEX"
	ipv4 6 '' ${tcp}290000 && row PASS "not IPv4" "${HEX/0800/0806}"
	treat case07 no_xmas
	unchanged
	is_small case07.bpf.c
}

# bats test_tags=packets
@test "TODO(8): knocked writes the sender as text [2]" {
	local a b address
	draw a 100 100
	draw b 0 256
	printf -v address cb00%02x%02x "$a" "$b"
	ipv4 1
	row PASS "from 10.0.1.2" "$HEX"
	row PASS "from 203.0.$a.$b" "${HEX/0a000102/$address}"
	row PASS "not IPv4" "${HEX/0800/0806}"
	row PASS "a header that is cut" "${HEX%??}"
	loads case08
	treat case08 knocked
	unchanged
	equal "the variable last" "last:203.0.$a.$b" "$(variables)"
	is_small case08.bpf.c
}

# bats test_tags=packets
@test "TODO(10): untag takes the tag out, and touches nothing else [2]" {
	local n payload two i
	draw n 1 90
	zeros "$n" && payload=00112233445566778899$HEX
	tag "$n" 3 && row PASS "VLAN $n" "${HEX}0800$payload"
	two=$HEX
	tag 666 0 && row PASS "VLAN 666" "${HEX}86dd$payload"
	tag 7 0 && row PASS "two tags" "$HEX${two}0800$payload"
	row PASS "not a byte behind the tag" "${HEX}0800"
	row PASS "no tag" "0800$payload"
	row PASS "a tag that is cut" "810002"
	row PASS "no more than an Ethernet header" "8100"
	treat case10 untag

	for i in "${!FRAMES[@]}"; do # the first four without what stands behind the addresses, four bytes
		((i < 4)) && echo "${FRAMES[i]:0:24}${FRAMES[i]:32}" || echo "${FRAMES[i]}"
	done | frames "$TMPDIR/want.pcap"
	cmp -s -i 24 "$TMPDIR/want.pcap" "$TMPDIR/out.pcap" ||
		red "to, from, then what stood behind the tag: frames 1 to 4; the others unchanged" "$OUT"
	is_small case10.bpf.c
}

# bats test_tags=packets
@test "TODO(11): distances counts packets by their TTL, the highest in the last place [2]" {
	local own ttl hex counts=() i
	for ((i = 0; i < 64; i++)); do counts[i]=0; done
	draw own 2 60
	ipv4 1
	for ttl in 0 1 "$own" 62 63 64 65 "$own" 127 128 255; do
		printf -v hex 0000%02x01 "$ttl"
		row PASS "TTL $ttl" "${HEX/00004001/$hex}"
		i=$((ttl > 63 ? 63 : ttl))
		counts[i]=$((counts[i] + 1))
	done
	row PASS "not IPv4" "${HEX/0800/0806}"
	row PASS "a header that is cut" "${HEX%??}"
	loads case11
	treat case11 distances
	unchanged
	equal "the counters that are not 0" "$(not_0 <<< "packets:$(IFS=, && echo "${counts[*]}")")" \
		"$(variables | not_0)"
	is_small case11.bpf.c
}

# bats test_tags=packets
@test "TODO(12): no_zeros drops what carries nothing but zeros [2]" {
	local n some many
	draw n 40 900
	zeros "$n" && some=$HEX
	zeros 1499 && many=$HEX
	row DROP "$((n + 14)) bytes" "88b5$some"
	row DROP "15 bytes" 88b500
	row DROP "1514 bytes" "88b500$many"
	row PASS "a one in the last byte" "88b5${some}01"
	row PASS "a one in the last of 1514 bytes" "88b5${many}01"
	row PASS "a one in the first byte" "88b501$some"
	row PASS "80 somewhere" "88b500${some}80$some"
	treat case12 no_zeros
	unchanged
	is_small case12.bpf.c
}

# bats test_tags=packets
@test "heavy and light judge alike, and right [1]" {
	local n some many last program
	draw n 100 900
	zeros "$n" && some=$HEX
	zeros 1483 && many=$HEX # 1497 bytes, with what stands before them
	combined "${ETHERNET}88b5abcd" && last=$HEX
	for program in heavy light; do
		no_rows
		row DROP "$((n + 16)) bytes that give $last" "88b5ab${some}cd"
		row PASS "$((n + 17)) bytes that give 00" "88b5ab${some}cd$last"
		row DROP "14 bytes that give 3e" 88b5
		row PASS "15 bytes that give 00" 88b53e
		row PASS "1500 bytes that give 00" "88b5${many}abcd$last"
		row PASS "1501 bytes, the first 1500 give 00" "88b5${many}abcd${last}ff"
		row DROP "1501 bytes that give 00, but not the first 1500" "88b5${many}abcd00$last"
		treat $program $program
		unchanged
	done
}

@test "TODO(1): on the wire, too [1]" {
	local drops passes i
	draw drops 2 6
	draw passes 2 6
	zeros 48
	for ((i = 0; i < drops; i++)); do row DROP '' "8100${i}29a$HEX"; done
	for ((i = 0; i < passes; i++)); do row PASS '' "810002${i}a$HEX"; done
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

# What the loader told, after its line about being attached
told() { sed '1,/Ctrl-C/d' "$LOADER_LOG"; }
told_lines() { (($(told | grep -c .) >= $1)); }

@test "TODO(9): asks tells of each ARP request, and of nothing else [3]" {
	local n i wanted=''
	draw n 3 20
	for ((i = 1; i <= n; i++)); do
		arp 1 $((100 + i)) "$i" && row PASS '' "$HEX"
		wanted+=$'\n'"10.0.1.$((100 + i)) asks for 10.0.2.$i"
		((i % 3)) || row PASS "" "${HEX/06040001/06040002}" # an answer
	done
	arp 2 200 201 && row PASS '' "$HEX"
	arp 1 99 99 && row PASS '' "${HEX:0:58}" # too short
	arp 1 98 98 && row PASS '' "${HEX/0806/0800}"
	arp 1 250 251 && row PASS '' "$HEX"
	wanted+=$'\n'"10.0.1.250 asks for 10.0.2.251"
	printf '%s\n' "${FRAMES[@]}" | frames "$TMPDIR/in.pcap"
	loads case09
	loader_start --dev veth0 "$BIN/case09.bpf.o"
	sent "from peer, $((n + 1)) ARP requests, $((${#FRAMES[@]} - n - 1)) frames that are none"
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	wait_for 1 told_lines $((n + 1)) || true
	equal "what the loader tells of those that are none" "" "$(told | grep -vxF "${wanted#$'\n'}")"
	equal "what the loader tells" "${wanted#$'\n'}" "$(told)"
	equal "frames that XDP took from veth0 (ethtool -S)" "${#FRAMES[@]}" "$(nic lab veth0 xdp_packets)"
	equal "frames that XDP dropped there (ethtool -S)" 0 "$(nic lab veth0 xdp_drops)"
	loader_stop TERM
	is_small case09.bpf.c
}

@test "TODO(10): behind untag, the host sees frames without a tag [1]" {
	local vlan payload
	draw vlan 1 4000
	zeros 40 && payload=88b507$HEX
	tag "$vlan" 0
	row PASS '' "$HEX$payload"
	row PASS '' "$payload"
	printf '%s\n' "${FRAMES[@]}" | frames "$TMPDIR/in.pcap"
	loads case10
	expect "bpftool attaches your program to veth0" \
		bpftool net attach xdpdrv pinned "$PINS/untag" dev veth0
	capture lab veth0 "$TMPDIR/came.pcap"
	sent "from peer, a frame of VLAN $vlan, and one without"
	expect "they leave" send peer veth0 "$TMPDIR/in.pcap"
	capture_end 2 || true
	equal "two frames that arrive, in hex" "${FRAMES[1]}
${FRAMES[1]}" "$(tcpdump -n -xx -r "$TMPDIR/came.pcap" 2> /dev/null |
		awk '/^\t/ { sub(/.*: */, ""); gsub(/ /, ""); line = line $0; next }
			line != "" { print line; line = "" }
			END { print line }')"
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

# What follows concerns the given loader: `make test` runs it on our solution.

# An object that the kernel refuses: a case with a licence that it doesn't know
refusable() {
	sed 's,Dual BSD/GPL,Dual BSD/XXX,' "$BIN/case08.bpf.o" > "$BIN/refused.bpf.o"
	chmod a+r "$BIN/refused.bpf.o"
}

# bats test_tags=author,no-network
@test "of a refused program, the loader shows the log's last lines and the last line of C" {
	local said
	refusable
	refuse "it is refused" "knocked: refused" as_student "$BIN/clinic" "$BIN/refused.bpf.o"
	said=$OUT
	equal "lines of the log" 5 "$(sed -n '/^log  /,$p' <<< "$OUT" | grep -c .)"
	expect "the line of C" grep -q '^source  bpf_snprintf' <<< "$said"
	expect "the reason" grep -q '^        cannot call GPL-restricted' <<< "$said"
	expect "the sums" grep -qE '^        processed [0-9]+ insns' <<< "$said"
	refuse "--lines 3" "knocked: refused" as_student "$BIN/clinic" --lines 3 "$BIN/refused.bpf.o"
	equal "lines of the log, with --lines 3" 3 "$(sed -n '/^log  /,$p' <<< "$OUT" | grep -c .)"
	refuse "--lines 999" "log     0: R1=ctx" as_student "$BIN/clinic" --lines 999 "$BIN/refused.bpf.o"
	refuse "a device changes nothing" "knocked: refused" \
		as_student "$BIN/clinic" --level 2 --dev lo "$BIN/refused.bpf.o"
}

# bats test_tags=author,no-network
@test "of a program that loads, it shows what it cost; more of the log at level 2" {
	local one two
	expect "it loads" as_student "$BIN/clinic" "$BIN/light.bpf.o"
	equal "the first line" "light: accepted" "${OUT%%$'\n'*}"
	equal "one line of the log" 1 "$(grep -cE '^log     processed [0-9]+ insns' <<< "$OUT")"
	one=$(as_student "$BIN/clinic" --lines 9999 "$BIN/light.bpf.o" | wc -l)
	two=$(as_student "$BIN/clinic" --lines 9999 --level 2 "$BIN/light.bpf.o" | wc -l)
	no_less "lines at level 2" "$one" "$two"
}

# bats test_tags=author
@test "what can't be opened or attached is named, and why" {
	refuse "no such object" "can't open nosuch.o: No such file" as_student "$BIN/clinic" nosuch.o
	echo text > "$BIN/text.o"
	refuse "not an object" "can't open $BIN/text.o" as_student "$BIN/clinic" "$BIN/text.o"
	refuse "no such device" "nosuch: no such device here" \
		as_student "$BIN/clinic" --dev nosuch "$BIN/heavy.bpf.o"
	ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	refuse "taken" "can't attach to veth0: Device or resource busy" \
		as_student "$BIN/clinic" --dev veth0 "$BIN/heavy.bpf.o"
	equal "name of the program on veth0" pass "$(xdp_name veth0)"
	refuse "no rights" "CAP_BPF and CAP_NET_ADMIN" setpriv --reuid "$STUDENT" --regid "$STUDENT" \
		--clear-groups --bounding-set=-all --inh-caps=-all "$BIN/clinic" "$BIN/heavy.bpf.o"
}

# bats test_tags=author,no-network
@test "wrong options show the right ones" {
	local wrong
	for wrong in '' 'a b' '--level 3 a' '--level x a' '--lines 0 a' '--nosuch a' '--dev'; do
		# shellcheck disable=SC2086 # words
		refuse "with: $wrong" "usage: clinic [--level 1|2]" as_student "$BIN/clinic" $wrong
	done
}

# bats test_tags=author
@test "killed with no chance to clean up, it leaves nothing behind" {
	local id
	loader_start --dev veth0 "$BIN/case09.bpf.o"
	id=$(xdp_id veth0)
	loader_stop KILL
	equal "mode of the program on veth0 (ip -j link)" none "$(xdp_mode veth0)"
	expect "its program is gone" wait_for 1 prog_gone "$id"
}
