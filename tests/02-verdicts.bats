# bats file_tags=lab
# Lab 02: each program of the object gives every frame its fate; the loader takes the one that is
# asked for, and no other; what was found out is what the kernel says.

load lib/lab

export LOADER=verdicts

# -- frames

# A small echo request from peer to lab, with right checksums: lab's kernel answers it
echo_request() {
	echo 020000000101 020000000102 0800 4500003000004000400124cb 0a000102 0a000101 \
		0800f7f700070001 0000000000000000000000000000000000000000
}

# A datagram of the same length to UDP port 9, where nobody listens: lab's kernel says so by ICMP
udp_datagram() {
	echo 020000000101 020000000102 0800 4500003000004000401124bb 0a000102 0a000101 \
		c3500009001c0000 0000000000000000000000000000000000000000
}

# An IPv4 frame of that many bytes, with that protocol, the rest of it zeros or decoys: type of
# service and time to live are 1, which is the number of ICMP
ipv4_frame() { # BYTES PROTOCOL
	local zeros
	printf -v zeros '%0*d' $(($1 * 2)) 0
	printf '020000000101 020000000102 0800 4501 %04x 0001 0000 01%02x 0000 0a000102 0a000101 %s\n' \
		$(($1 - 14)) "$2" "${zeros:68}"
}

repeat() { # N CMD...
	local i frame
	frame=$("${@:2}")
	for ((i = 0; i < $1; i++)); do echo "$frame"; done
}

# -- the packet stage

# Three frames of different lengths all get this verdict, and stay as they are
all_get() { # PROGRAM VERDICT
	local a=$((60 + $(own_number 1))) b=$((61 + $(own_number 2)))
	sent "frames of $a, 14 and $b bytes, each once through BPF_PROG_TEST_RUN"
	for length in $a 14 $b; do plain_frame "$length"; done | frames "$TMPDIR/in.pcap"
	packets verdicts.bpf.o "$1" "$TMPDIR/in.pcap"
	equal "the verdicts" "1: $a bytes, $2, unchanged
2: 14 bytes, $2, unchanged
3: $b bytes, $2, unchanged" "$PACKETS"
}

# bats test_tags=packets
@test "pass lets every frame through [1]" {
	all_get pass XDP_PASS
}

# bats test_tags=packets
@test "TODO(2): drop drops every frame [1]" {
	all_get drop XDP_DROP
}

# bats test_tags=packets
@test "TODO(3): aborted gives up on every frame [1]" {
	all_get aborted XDP_ABORTED
}

# bats test_tags=packets
@test "TODO(4): by_parity passes even lengths and drops odd ones [2]" {
	local a=$((30 + 2 * ($(own_number 3) / 2))) b=$((31 + 2 * ($(own_number 4) / 2)))
	sent "frames of $a, $b, 14, 15, 1514 and 1513 bytes, each once through BPF_PROG_TEST_RUN"
	for length in $a $b 14 15 1514 1513; do plain_frame "$length"; done | frames "$TMPDIR/in.pcap"
	packets verdicts.bpf.o by_parity "$TMPDIR/in.pcap"
	equal "the verdicts" "1: $a bytes, XDP_PASS, unchanged
2: $b bytes, XDP_DROP, unchanged
3: 14 bytes, XDP_PASS, unchanged
4: 15 bytes, XDP_DROP, unchanged
5: 1514 bytes, XDP_PASS, unchanged
6: 1513 bytes, XDP_DROP, unchanged" "$PACKETS"
}

# bats test_tags=packets
@test "TODO(5): tx sends every frame back as it is [1]" {
	all_get tx XDP_TX
}

# bats test_tags=packets
@test "TODO(6): nine returns 9 [1]" {
	all_get nine "9 (not an XDP verdict; the kernel treats it as XDP_ABORTED)"
}

# bats test_tags=packets
@test "TODO(7): no_icmp drops ICMP over IPv4 and nothing else [3]" {
	local long=$((64 + $(own_number 5))) zeros want='' number=0 what verdict
	printf -v zeros '%060d' 0
	sent "twelve frames, each once through BPF_PROG_TEST_RUN"
	{
		echo_request
		ipv4_frame $long 1 # echo reply
		ipv4_frame 98 1 | sed 's/ 4501 / 4601 /'
		ipv4_frame 34 1
		ipv4_frame $long 17
		ipv4_frame 98 6
		ipv4_frame 98 129
		ipv4_frame 98 58
		ipv4_frame 98 1 | sed 's/ 0800 / 0806 /'
		ipv4_frame 98 1 | sed 's/ 0800 / 0008 /'
		ipv4_frame 98 1 | sed 's/ 0800 / 86dd /'
		ipv4_frame 98 1 | sed 's/ 0800 / 8100 0001 0800 /'
	} | frames "$TMPDIR/in.pcap"
	while read -r verdict what; do
		number=$((number + 1))
		want+=${want:+$'\n'}"$number: $verdict   $what"
	done <<-END
		XDP_DROP ICMP echo request
		XDP_DROP ICMP echo reply, $long bytes
		XDP_DROP ICMP behind IPv4 options
		XDP_DROP ICMP, nothing behind the IPv4 header
		XDP_PASS UDP, $long bytes
		XDP_PASS TCP
		XDP_PASS protocol 129
		XDP_PASS protocol 58, ICMPv6
		XDP_PASS ethertype 0806 (ARP)
		XDP_PASS ethertype 0008
		XDP_PASS ethertype 86dd (IPv6)
		XDP_PASS ethertype 8100 (VLAN)
	END
	packets verdicts.bpf.o no_icmp "$TMPDIR/in.pcap"
	equal "the verdicts" "$want" "$(paste -d ' ' \
		<(sed -n 's/^\([0-9]*\): .* bytes, \(XDP_[A-Z]*\), unchanged$/\1: \2 /p' <<< "$PACKETS") \
		<(sed 's/^[^ ]* [^ ]* *//' <<< "$want") | sed 's/  */ /g; s/ \([^X]\)/   \1/')"
}

# bats test_tags=packets
@test "TODO(7): no_icmp passes what is too short to tell [1]" {
	sent "an ICMP frame of 98 bytes, cut to every length from 14"
	ipv4_frame 98 1 | frames "$TMPDIR/in.pcap"
	packets verdicts.bpf.o no_icmp "$TMPDIR/in.pcap" --cut
	equal "the verdicts" "1: 14-33 bytes XDP_PASS, 34-98 bytes XDP_DROP" "$PACKETS"
}

# -- the network stage

# Put a program of the student's on veth0, alone; ID is its id
put() { # PROGRAM
	expect "ip attaches your program $1 to veth0" attach veth0 verdicts.bpf.o "$1"
	read -r _ ID _ < <(xdp_of veth0)
	trace_event xdp/xdp_exception 1
	trace_event xdp/xdp_redirect_err 1
}

# Read a file of the kernel's with one number into a variable; without a new process
number() { # VARIABLE veth0/COUNTER
	read -r "$1" < "/sys/class/net/${2/\///statistics/}"
}

# Add the XDP counters of veth0, N times each, to GROWN
declare -gA GROWN
add_counters() { # N
	local name value
	while read -r name value; do
		[[ $name != rx_queue_* ]] || : $((GROWN[${name#rx_queue_[0-9]*_}] += $1 * value))
	done < <(ethtool -S veth0 | tr -d :)
}

# Send the frames of in.pcap from peer to veth0, and wait until they went through the program. (Not
# until tcpreplay ends: closing its socket takes it longer than all the rest.)
# Sets, where N of them (all, unless it is said) should meet the same fate:
#   TAKEN    how many went through XDP
#   FATE     what grew by N beside: the counters, and the actions of events; with the number where it
#            isn't N
#   ANSWERS  how many frames lab's kernel sent by veth0
through() { # FRAMES [N]
	local had answers name action n=${2-$1}
	local -A events=()
	GROWN=()
	add_counters -1
	number had veth0/rx_packets
	number answers veth0/tx_packets
	send peer veth0 "$TMPDIR/in.pcap" 3>&- &
	wait_for 1 taken $((had + $1))
	add_counters 1
	number ANSWERS veth0/tx_packets
	ANSWERS=$((ANSWERS - answers)) TAKEN=${GROWN[xdp_packets]} FATE=''
	unset 'GROWN[xdp_packets]' 'GROWN[xdp_bytes]'
	for name in "${!GROWN[@]}"; do
		((GROWN[$name] == 0)) || tell "$name" "${GROWN[$name]}" $n
	done
	FATE=${FATE:-none}
	name=$FATE FATE=''
	while read -r action; do
		: $((events[$action] += 1))
	done < <(xdp_events 'xdp_[er][a-z_]*' "$ID")
	for action in "${!events[@]}"; do
		tell "$action" "${events[$action]}" $n
	done
	FATE="$name ${FATE:-none}"
}

tell() { # NAME COUNT N
	FATE+="${FATE:+ }$1"
	(($2 == $3)) || FATE+="($2)"
}

taken() { # N
	local now
	number now veth0/rx_packets
	((now >= $1))
}

# A program that lets nothing through
swallows() { # PROGRAM FATE
	local n=$((2 + $(own_number 6) % 17))
	put "$1"
	sent "$n echo requests from peer"
	repeat $n echo_request | frames "$TMPDIR/in.pcap"
	through $n
	equal "frames that XDP took from veth0 (ethtool -S)" $n "$TAKEN"
	equal "what else grew (ethtool -S), and the action in as many events" "$2" "$FATE"
	equal "runs of the program (run_cnt)" $n "$(run_cnt "$ID")"
	equal "answers of lab's kernel" 0 "$ANSWERS"
}

@test "TODO(1): --prog attaches the program of that name, and loads no other [3]" {
	local names=(by_parity redirect no_icmp) name said
	name=${names[$(own_number 7) % 3]}
	refuse "no program is called ${name%?}" "no program is called ${name%?}" \
		as_student "$BIN/verdicts" --dev veth0 --prog "${name%?}"
	loader_start --dev veth0 --prog "$name"
	equal "name of the program on veth0 (ip -j -d link)" "$name" "$(xdp_name veth0)"
	equal "mode of the program on veth0 (ip -j link)" native "$(xdp_mode veth0)"
	said=$(bpftool prog show | grep -B 1 "uid $STUDENT\$" | grep -o ' name [^ ]*' | xargs)
	equal "your programs in the kernel (bpftool prog show)" "name $name" "$said"

	sent "3 frames from peer"
	send peer veth0 <(repeat 3 plain_frame 61 | frames /dev/stdout)
	equal "frames that XDP took from veth0 (ethtool -S)" 3 "$(nic lab veth0 xdp_packets)"
	equal "runs of the program (run_cnt)" 3 "$(run_cnt "$(xdp_id veth0)")"
}

@test "TODO(2): what drop drops is counted, and no event tells of it [2]" {
	swallows drop "xdp_drops none"
}

@test "TODO(3): for each frame, aborted leaves one event ABORTED [2]" {
	swallows aborted "xdp_drops ABORTED"
}

@test "TODO(4): under by_parity, the network is alive for even frames, and only for them [2]" {
	local even=$((2 + $(own_number 8) % 9)) odd=$((3 + $(own_number 9) % 8))
	put by_parity
	sent "$even echo requests of 62 bytes and $odd frames of 61 bytes from peer"
	{ repeat $even echo_request && repeat $odd plain_frame 61; } | frames "$TMPDIR/in.pcap"
	through $((even + odd)) $odd
	equal "frames that XDP took from veth0 (ethtool -S)" $((even + odd)) "$TAKEN"
	equal "what else grew (ethtool -S), and the action in events" "xdp_drops none" "$FATE"
	equal "answers of lab's kernel" $even "$ANSWERS"
}

@test "TODO(5): without a program on peer, the frames of tx are lost; with one, they come back [2]" {
	local n=$((2 + $(own_number 10) % 9))
	repeat $n echo_request | frames "$TMPDIR/in.pcap"
	put tx
	sent "$n echo requests from peer, whose veth0 has no program"
	through $n
	equal "what grew on veth0 beside xdp_packets, and events" "xdp_tx_errors none" "$FATE"

	in_peer ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	capture peer veth0 "$TMPDIR/back.pcap" -p
	sent "$n echo requests from peer, whose veth0 has pass.bpf.o"
	through $n
	equal "what grew on veth0 beside xdp_packets, and events" "xdp_tx none" "$FATE"
	equal "frames that XDP took from peer's veth0 (ethtool -S)" $n "$(nic peer veth0 xdp_packets)"
	expect "$n frames come back to peer" capture_end $n
	equal "the frames that came back" "$(repeat $n echo_request | tr -d ' ')" \
		"$(tcpdump -n -xx -r "$TMPDIR/back.pcap" 2> /dev/null | awk '
			/^\t/ { for (i = 2; i <= NF; i++) frame = frame $i; next }
			frame { print frame; frame = "" }
			END { print frame }')"
}

@test "TODO(6): for each frame, nine leaves one event 0x9 [2]" {
	swallows nine "xdp_drops 0x9"
}

@test "TODO(7): under no_icmp, pings are lost and UDP is answered [2]" {
	local n=$((2 + $(own_number 11) % 9)) udp
	put no_icmp
	sent "$n echo requests and 1 UDP datagram to a closed port, from peer"
	{ repeat $n echo_request && udp_datagram; } | frames "$TMPDIR/in.pcap"
	through $((n + 1)) $n
	equal "frames that XDP took from veth0 (ethtool -S)" $((n + 1)) "$TAKEN"
	equal "what else grew (ethtool -S), and events" "xdp_drops none" "$FATE"
	equal "answers of lab's kernel" 1 "$ANSWERS"
}

@test "TODO(8): answers.txt has the counter and the action of each fate [3]" {
	local program want='' came=''
	repeat 3 plain_frame 60 | frames "$TMPDIR/in.pcap"
	for program in pass drop aborted nine redirect tx_alone tx; do
		[[ $program != tx ]] ||
			in_peer ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
		put "${program%_alone}"
		through 3
		want+="$program = ${FATE,,}"$'\n'
		came+="$program = $(answer "$program")"$'\n'
	done
	sent "3 frames from peer through each program"
	equal "the kernel says
$want" "" "$(diff <(echo "$want") <(echo "$came") | sed -n 's/^> /answers.txt: /p')"
}

@test "TODO(8): answers.txt knows who still gets answers while aborted is on veth0 [2]" {
	local answered=''
	put aborted
	sent "echo requests from peer, from third, and by lo, while aborted is on veth0"
	repeat 2 echo_request | frames "$TMPDIR/in.pcap"
	through 2
	((ANSWERS == 0)) || answered+='peer '
	! in_third ping -q -f -c 2 -W 1 "$LAB1" > /dev/null || answered+='third '
	! ping -q -f -c 2 -W 1 127.0.0.1 > /dev/null || answered+='lo '
	equal "answered" "$(xargs -n 1 <<< "$answered" | sort | xargs)" \
		"$(answer answered | tr ',' ' ' | xargs -n 1 | sort | xargs)"
	case $answered in
	*third*) equal "cuts_off" device "$(answer cuts_off)" ;;
	*) equal "cuts_off" namespace "$(answer cuts_off)" ;;
	esac
}
