# bats file_tags=lab
# Lab 04: the program counts frames by protocol, by sender and in all; the loader reads its maps;
# hello-map counts the programs that each user starts.

load lib/lab

export LOADER=counters

# -- what is sent

# An IPv4 frame from the peer, with that source address (in hex) and protocol. Its length is not
# that of the IPv4 packet in it, which has a header and no more.
ipv4_frame() { # SADDR PROTOCOL BYTES
	local zeros
	printf -v zeros '%0*d' $(($3 * 2)) 0
	printf '020000000101 020000000102 0800 4500 0014 0000 0000 40%02x 0000 %s 0a000101 %s\n' \
		"$2" "$1" "${zeros:68}"
}

# N senders, with addresses, numbers of packets and sizes of frames of our own; and their frames.
# No address reads the same from both ends. (What loops stands in functions: bats traces every
# command of a check itself.)
many_senders() { # N
	local i x
	draw x 0 1000
	for ((i = 1; i <= $1; i++)); do
		printf -v "ADDRESS[$i]" '0a%02x%02x%02x' $(((x + 37 * i) % 250)) $(((x * 3 + 91 * i) % 250)) \
			$((32 + i))
		draw "COUNT[$i]" 1 6
		draw "SIZE[$i]" 515 1000
		times "${COUNT[i]}" ipv4_frame "${ADDRESS[i]}" 17 "${SIZE[i]}"
	done > "$TMPDIR/frames"
}

# What the map shall hold of senders FIRST to LAST: the lines that `senders` prints
table_of() { # FIRST LAST
	local i
	for ((i = $1; i <= $2; i++)); do
		echo "${ADDRESS[i]} ${COUNT[i]} $((COUNT[i] * SIZE[i]))"
	done | sort
}

# The packets of senders FIRST to LAST
packets_of() { # FIRST LAST
	local i n=0
	for ((i = $1; i <= $2; i++)); do n=$((n + COUNT[i])); done
	echo "$n"
}

# Put senders FIRST to LAST into MAP, by bpftool
fill_senders() { # FIRST LAST
	local i bytes address
	for ((i = $1; i <= $2; i++)); do
		bytes=$((COUNT[i] * SIZE[i]))
		address=${ADDRESS[i]}
		printf 'map update %s %s key hex %s %s %s %s value hex %02x 0 0 0 0 0 0 0 %02x %02x 0 0 0 0 0 0\n' \
			"${MAP[@]}" "${address:0:2}" "${address:2:2}" "${address:4:2}" "${address:6:2}" \
			"${COUNT[i]}" $((bytes & 255)) $((bytes >> 8))
	done > "$TMPDIR/batch"
	OUT=$(bpftool batch file "$TMPDIR/batch" 2>&1) || red "bpftool fills the map" "$OUT"
}

# The address as a person writes it
dotted() { # HEX
	printf '%d.%d.%d.%d\n' "0x${1:0:2}" "0x${1:2:2}" "0x${1:4:2}" "0x${1:6:2}"
}

# N times what CMD prints
times() { # N CMD...
	local n=$1 i
	shift
	for ((i = 0; i < n; i++)); do "$@"; done
}

# -- what the kernel has; MAP is two words: pinned PATH, or id N

# Load the student's program and pin it and its maps, for this check alone
pin_counters() {
	PINS=/sys/fs/bpf/check-$BATS_SUITE_TEST_NUMBER
	OUT=$(bpftool prog load "$BIN/counters.bpf.o" "$PINS-counters" pinmaps "$PINS" 2>&1) ||
		red "your program loads" "$OUT"
	MAP=(pinned "$PINS/senders")
}

# The map of that name that the program uses; it is in MAP
program_map() { # PROG_ID NAME
	MAP=(id "$(map_id "$1" "$2")")
	[[ ${MAP[1]} ]] || red "your program uses the map $2 (bpftool prog show: map_ids)" "it does not"
}

# The map of that name that the loader holds, whether its program uses it or not; it is in MAP
loader_map() { # NAME
	local id pid
	pid=$(pgrep -u "$STUDENT" -f "^$BIN/$LOADER" | tail -n 1)
	while read -r _ id; do
		MAP=(id "$id")
		[[ $(bpftool -j map show id "$id") != *"\"name\":\"$1\""* ]] || return 0
	done < <(cat "/proc/$pid/fdinfo"/* | grep '^map_id:')
	red "your loader holds a map $1" "none of that name"
}

# Run frames (hex, standard input) through a loaded program, on that CPU
run_frames() { # --pinned PATH|--id N [CPU]
	local on=()
	[[ $# == 2 ]] || on=(taskset -c "$3")
	frames "$TMPDIR/in.pcap"
	OUT=$("${on[@]}" /run/workbook/tools/pktrun "$1" "$2" "$TMPDIR/in.pcap" 2>&1) ||
		red "every frame is run" "$OUT" "pktrun $1 $2"
}

# PROTOCOL:PACKETS of the cells that are not 0. (This and the next would be shorter with jq, which
# takes 14 ms to start.)
protocols() { # MAP
	bpftool -j map dump "$@" | awk -v RS='"formatted":{"key":' -F '[,:}]' 'NR > 1 && $3 {
		printf "%s%d:%d", cells++ ? " " : "", $1, $3
	}'
}

# KEY PACKETS BYTES of each entry, sorted; the key is the bytes in the map, as they stand there
senders() { # MAP
	bpftool -j map dump "$@" | awk -v RS='"key":\\[' -F '[],:{}"]+' '/packets/ {
		key = $2 $3 $4 $5
		gsub("0x", "", key)
		for (i = 6; $i != "packets"; i++);
		print key, $(i + 1), $(i + 3)
	}' | sort
}

# PACKETS BYTES of each CPU, one a line
cpus() { # MAP
	bpftool -j map dump "$@" | awk -v RS='"packets":' -F '[,:}]' 'NR > 1 { print $1, $3 }'
}

# The sums of the columns
sums() {
	awk '{ a += $1; b += $2 } END { print a + 0, b + 0 }'
}

misses() { # MAP
	[[ $(bpftool -j map dump "$@") =~ \"misses\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# The first and the last CPU that we may use: FIRST, LAST
two_cpus() {
	local key cpus
	while read -r key cpus; do
		[[ $key != Cpus_allowed_list: ]] || break
	done < /proc/self/status
	FIRST=${cpus%%[,-]*} LAST=${cpus##*[,-]}
}

# -- the checks

# bats test_tags=packets
@test "every frame passes unchanged, whole or cut short [1]" {
	sent "an IPv4 frame and an ARP frame of 60 bytes, at every length from 14 bytes on"
	{
		ipv4_frame 0a000102 17 60
		plain_frame 60 0806
	} | frames "$TMPDIR/in.pcap"
	packets counters.bpf.o counters "$TMPDIR/in.pcap" --cut
	equal "the verdicts" "1: 14-60 bytes XDP_PASS
2: 14-60 bytes XDP_PASS" "$PACKETS"
}

# bats test_tags=packets
@test "TODO(1): each protocol's packets are counted in its own cell [2]" {
	local icmp udp tcp other
	draw icmp 3 5
	draw udp 4 7
	draw tcp 5 9
	draw other 128 127
	pin_counters
	sent "$icmp ICMP, $udp UDP, $tcp TCP packets, one of protocol $other; ARP, IPv6, a cut one"
	{
		times "$icmp" ipv4_frame 0a000102 1 60
		times "$udp" ipv4_frame 0a000102 17 60
		plain_frame 60 0806
		times "$tcp" ipv4_frame 0a000102 6 60
		ipv4_frame 0a000102 "$other" 34
		ipv4_frame 0a000102 17 60 | sed 's/ 0800 / 86dd /'
		ipv4_frame 0a000102 17 34 | sed 's/.. *$//'
	} | run_frames --pinned "$PINS-counters"
	equal "frames that were run (run_cnt)" $((icmp + udp + tcp + 4)) \
		"$(run_cnt_pinned "$PINS-counters")"
	equal "cells of protocols that are not 0, PROTOCOL:PACKETS (bpftool map dump)" \
		"1:$icmp 6:$tcp 17:$udp $other:1" "$(protocols pinned "$PINS/protocols")"
}

run_cnt_pinned() { # PATH
	[[ $(bpftool -j prog show pinned "$1") =~ \"run_cnt\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# bats test_tags=packets
@test "TODO(2): packets and bytes are counted for each sender, from its first packet on [2]" {
	pin_counters
	many_senders 3
	sent "packets of 3 senders: address in hex, packets, bytes of their frames
          $(table_of 1 3 | sed '2,$s/^/          /')"
	# those of the last one first
	sort -r "$TMPDIR/frames" | run_frames --pinned "$PINS-counters"
	equal "entries in senders, the key's bytes first (bpftool map dump)" "$(table_of 1 3)" \
		"$(senders pinned "$PINS/senders")"
	equal "frames that were run (run_cnt)" "$(packets_of 1 3)" "$(run_cnt_pinned "$PINS-counters")"
}

# bats test_tags=packets
@test "TODO(3): when the table is full, each packet of a new sender is a miss [2]" {
	local before
	pin_counters
	many_senders 6
	fill_senders 1 4
	before=$(bpftool map dump "${MAP[@]}")
	sent "with 4 of 4 entries taken: ${COUNT[5]} and ${COUNT[6]} packets of two other senders"
	tail -n "$(packets_of 5 6)" "$TMPDIR/frames" | run_frames --pinned "$PINS-counters"
	equal "misses (bpftool map dump)" "$(packets_of 5 6)" "$(misses pinned "$PINS/counters_bss")"
	equal "entries in senders, the same as before" "$before" "$(bpftool map dump "${MAP[@]}")"
}

# bats test_tags=packets
@test "TODO(5): each CPU counts every frame in a value of its own [2]" {
	local n m came want
	draw n 3 9
	draw m 2 9
	two_cpus
	pin_counters
	sent "on CPU $FIRST: $n IPv4 frames of 60 bytes; on CPU $LAST: $m ARP frames of 42 bytes"
	times "$n" ipv4_frame 0a000102 17 60 | run_frames --pinned "$PINS-counters" "$FIRST"
	times "$m" plain_frame 42 0806 | run_frames --pinned "$PINS-counters" "$LAST"
	came=$(cpus pinned "$PINS/totals")
	want=$(awk -v n="$n" -v m="$m" -v first="$FIRST" -v last="$LAST" '{
		cpu = NR - 1
		print (cpu == first) * n + (cpu == last) * m, (cpu == first) * n * 60 + (cpu == last) * m * 42
	}' <<< "$came")
	equal "kind of map (bpftool map show)" percpu_array "$(map_type pinned "$PINS/totals")"
	equal "packets and bytes of each CPU in totals (bpftool map dump)" "$want" "$came"
	equal "frames that were run (run_cnt)" $((n + m)) "$(run_cnt_pinned "$PINS-counters")"
}

map_type() { # MAP
	[[ $(bpftool -j map show "$@") =~ \"type\":\"([a-z_]+)\" ]] && echo "${BASH_REMATCH[1]}"
}

@test "TODO(1): ICMP, UDP and TCP over the wire are counted as many as came [1]" {
	local icmp udp tcp
	draw icmp 3 5
	draw udp 4 7
	draw tcp 5 9
	expect "ip attaches your program to veth0" attach veth0 counters.bpf.o
	sent "from peer: $icmp pings, $udp UDP datagrams, $tcp attempts to open a TCP connection"
	expect "all pings are answered" in_peer ping -q -f -c "$icmp" -W 1 "$LAB0"
	# to a closed port: the answers are an ICMP message and a TCP reset
	in_peer bash -c "for ((i = 0; i < $udp; i++)); do echo > /dev/udp/$LAB0/9; done
		for ((i = 0; i < $tcp; i++)); do : < /dev/tcp/$LAB0/9; done" 2> /dev/null || true
	equal "frames that XDP took from veth0 (ethtool -S)" $((icmp + udp + tcp)) \
		"$(nic lab veth0 xdp_packets)"
	program_map "$(xdp_id veth0)" protocols
	equal "cells of protocols that are not 0 (bpftool map dump)" "1:$icmp 6:$tcp 17:$udp" \
		"$(protocols "${MAP[@]}")"
}

@test "TODO(2): pings are counted under the address of peer, with their frames' bytes [1]" {
	local n m bytes
	draw n 3 5
	draw m 4 7
	draw bytes 50 1000
	expect "ip attaches your program to veth0" attach veth0 counters.bpf.o
	sent "from peer: $n pings in frames of 98 bytes, $m in frames of $((bytes + 42))"
	expect "all are answered" in_peer ping -q -f -c "$n" -W 1 "$LAB0"
	expect "all are answered" in_peer ping -q -f -c "$m" -W 1 -s "$bytes" "$LAB0"
	equal "frames that XDP took from veth0 (ethtool -S)" $((n + m)) "$(nic lab veth0 xdp_packets)"
	program_map "$(xdp_id veth0)" senders
	equal "entries in senders: the key's bytes in hex, packets, bytes (bpftool map dump)" \
		"0a000102 $((n + m)) $((n * 98 + m * (bytes + 42)))" "$(senders "${MAP[@]}")"
}

@test "TODO(3): six senders, room for four: 4 entries, and the other packets are misses [2]" {
	local id
	loader_start --dev veth0
	id=$(xdp_id veth0)
	many_senders 6
	frames "$TMPDIR/in.pcap" < "$TMPDIR/frames"
	sent "$(packets_of 1 6) packets of 6 senders, $(packets_of 5 6) of them of the last two"
	send peer veth0 "$TMPDIR/in.pcap"
	equal "frames that XDP took from veth0 (ethtool -S)" "$(packets_of 1 6)" \
		"$(nic lab veth0 xdp_packets)"
	program_map "$id" counters.bss
	equal "misses (bpftool map dump)" "$(packets_of 5 6)" "$(misses "${MAP[@]}")"
	program_map "$id" senders
	equal "entries in senders (bpftool map dump)" "$(table_of 1 4)" "$(senders "${MAP[@]}")"
}

# bats test_tags=no-network
@test "TODO(4): hello-map counts the programs that each user starts [3]" {
	# users that nobody else on this machine is, and a group that is not the user's number
	local a n m
	first_user
	draw n 3 4
	draw m 2 4
	LOADER=hello-map
	loader_start
	all_told two_users
	times 2 /bin/true
	loader_map counter_table
	equal "kind of map (bpftool map show)" hash "$(map_type "${MAP[@]}")"
	expect "the map has 10240 entries (bpftool map show)" map_says "key 8B  value 8B  max_entries 10240"
	equal "calls of user $a (bpftool map dump)" "$n" "$(calls "$a")"
	equal "calls of user $((a + 1)) (bpftool map dump)" "$m" "$(calls $((a + 1)))"
	expect "at least 4 calls of root (bpftool map dump)" test "$(calls 0)" -ge 4
	loader_stop INT
	equal "its exit status" 0 "$LOADER_STATUS"
	equal "lines about these users" "ID $a: $n
ID $((a + 1)): $m" "$(grep -E "^ID ($a|$((a + 1))):" "$LOADER_LOG" | sort)"
}

# Two other users each time
two_users() {
	a=$((a + 2))
	sent "user $a starts $n programs, user $((a + 1)) $m, root at least 4"
	start_programs "$a" "$n"
	start_programs $((a + 1)) "$m"
}

# Numbers of users of this sandbox alone begin behind A
first_user() { a=$((1000000000 + SANDBOX_ID * 20)); }

map_says() { # WORDS
	bpftool map show "${MAP[@]}" | grep "$1" || { bpftool map show "${MAP[@]}" && return 1; }
}

# The value of that key in MAP
calls() { # UID
	[[ $(bpftool -j map dump "${MAP[@]}") =~ \"key\":$1,\"value\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# N times execve() by that user, and fewer times fork(): a shell, and what it starts
start_programs() { # UID N
	# shellcheck disable=SC2016 # for the other shell
	setpriv --reuid "$1" --regid 4242 --clear-groups \
		/bin/sh -c 'n=$1; while [ $n -gt 1 ]; do /bin/true; n=$((n - 1)); done' sh "$2"
}

# bats test_tags=no-network
@test "TODO(6): the loader prints what is in senders, the busiest first [2]" {
	local want
	loader_start --dev lo --entries 9 --json
	loader_map senders
	sent "nothing; bpftool puts 6 entries into senders"
	many_senders 6
	fill_senders 1 6
	want=$(for i in {1..6}; do
		echo "$(dotted "${ADDRESS[i]}") ${COUNT[i]} $((COUNT[i] * SIZE[i]))"
	done | sort -k 2,2nr -k 1,1V)
	loader_stop INT
	ended_well
	equal "senders in its JSON" "$want" "$(tail -n 1 "$LOADER_LOG" |
		jq -r '.senders[] | "\(.address) \(.packets) \(.bytes)"' 2>&1)"
}

# bats test_tags=no-network
@test "TODO(7): the loader adds up what all CPUs have counted [2]" {
	local n m want
	draw n 3 5
	draw m 9 5
	two_cpus
	loader_start --dev lo --json
	loader_map totals
	expect "bpftool puts 1000 packets, 2000 bytes into the value of each CPU" bpftool map update \
		"${MAP[@]}" key hex 0 0 0 0 value hex e8 3 0 0 0 0 0 0 d0 7 0 0 0 0 0 0
	sent "then, by pktrun, $n frames of 60 bytes on CPU $FIRST, $m of 42 on CPU $LAST"
	times "$n" plain_frame 60 | run_frames --id "$(xdp_id lo)" "$FIRST"
	times "$m" plain_frame 42 | run_frames --id "$(xdp_id lo)" "$LAST"
	want=$(cpus "${MAP[@]}" | sums)
	loader_stop INT
	ended_well
	equal "the total in its JSON (bpftool map dump, added up)" "$want" "$(sed -nE \
		's/.*"total":\{"packets":([0-9]+),"bytes":([0-9]+)\}.*/\1 \2/p' "$LOADER_LOG")"
}

@test "TODO(5): two senders on two CPUs lose no count [1]" {
	local n m id
	draw n 99 250
	draw m 99 250
	two_cpus
	expect "ip attaches your program to veth0" attach veth0 counters.bpf.o
	id=$(xdp_id veth0)
	sent "at the same time, $n pings by CPU $FIRST and $m by CPU $LAST"
	in_peer taskset -c "$FIRST" ping -q -f -l 9 -c "$n" -W 1 "$LAB0" > "$TMPDIR/ping" 3>&- &
	in_peer taskset -c "$LAST" ping -q -f -l 9 -c "$m" -W 1 "$LAB0" > /dev/null || true
	wait $! || true
	# of two senders at once, a veth now and then keeps the last frame until another one comes
	in_peer ping -q -c 1 -W 1 "$LAB0" > /dev/null
	m=$((m + 1))
	equal "frames that XDP took from veth0 (ethtool -S)" $((n + m)) "$(nic lab veth0 xdp_packets)"
	program_map "$id" totals
	equal "packets and bytes of all CPUs in totals (bpftool map dump, added up)" \
		"$((n + m)) $(((n + m) * 98))" "$(cpus "${MAP[@]}" | sums)"
}

# bats test_tags=no-network
@test "TODO(8): with --lru a new sender always finds room [2]" {
	local n table
	draw n 6 8
	loader_start --dev lo --lru
	loader_map senders
	equal "kind of map (bpftool map show)" lru_hash "$(map_type "${MAP[@]}")"
	many_senders "$n"
	sent "with room for 4 senders: packets of $n, one after the other, by pktrun"
	run_frames --id "$(xdp_id lo)" < "$TMPDIR/frames"
	table=$(senders "${MAP[@]}")
	expect "at most 4 entries in senders" test "$(wc -l <<< "$table")" -le 4
	equal "the entry of the last sender (bpftool map dump)" "$(table_of "$n" "$n")" \
		"$(grep "^${ADDRESS[n]}" <<< "$table")"
	loader_map counters.bss
	equal "misses (bpftool map dump)" 0 "$(misses "${MAP[@]}")"
}

# bats test_tags=no-network
@test "TODO(9): answers.txt says what the kernel says [2]" {
	local shown found
	pin_counters
	bpftool map update pinned "$PINS/senders" key hex 0a 00 01 02 value hex 1 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0
	[[ $(bpftool map dump pinned "$PINS/senders") =~ \"key\":\ ([0-9]+) ]]
	answered peer_key "${BASH_REMATCH[1]}" "bpftool map dump"
	capture_output as_student /run/workbook/tools/explain -l "$TMPDIR/log" "$BIN/unchecked.bpf.o"
	[[ $OUT =~ invalid\ mem\ access\ \'([a-z_]+)\' ]]
	answered unchecked "${BASH_REMATCH[1]}" "explain unchecked.bpf.o, one word without its quotes"

	expect "hello-map.bpf.o loads" bpftool prog load "$BIN/hello-map.bpf.o" "$PINS-hello" \
		pinmaps "$PINS-hello-maps"
	shown=$(bpftool -j prog show pinned "$PINS-hello")
	[[ $shown =~ \"type\":\"([a-z_]+)\".*\"map_ids\":\[([0-9,]*)\] ]] ||
		red "hello uses a map, as TODO(4) wants it" "$shown"
	answered hello_type "${BASH_REMATCH[1]}" "bpftool prog show"
	answered hello_maps "$(wc -w <<< "${BASH_REMATCH[2]//,/ }")" "bpftool prog show, map_ids"
	[[ $(bpftool -j map show pinned "$PINS-hello-maps/counter_table") =~ \
		\"type\":\"([a-z_]+)\".*\"bytes_key\":([0-9]+),\"bytes_value\":([0-9]+),\"max_entries\":([0-9]+) ]]
	found=("${BASH_REMATCH[@]:1}")
	answered map_type "${found[0]-}" "bpftool map show"
	answered key_bytes "${found[1]-}" "bpftool map show, without the B"
	answered value_bytes "${found[2]-}" "bpftool map show, without the B"
	answered max_entries "${found[3]-}" "bpftool map show"
}

# What follows concerns the given parts: `make test` runs it on our solution.

# bats test_tags=author
@test "Ctrl-C prints the tables, ties by address, and leaves nothing in the kernel" {
	local id
	loader_start --dev veth0
	id=$(xdp_id veth0)
	equal "mode of the program on veth0" native "$(xdp_mode veth0)"
	{
		ipv4_frame 0a000205 17 60
		times 2 ipv4_frame 0a000204 6 60
		ipv4_frame 0a000203 1 1514
		plain_frame 60 0806
	} | frames "$TMPDIR/in.pcap"
	send peer veth0 "$TMPDIR/in.pcap"
	loader_stop INT
	equal "its exit status" 0 "$LOADER_STATUS"
	equal "what it prints" "protocol            packets
1                         1
6                         2
17                        1
sender              packets       bytes
10.0.2.4                  2         120
10.0.2.3                  1        1514
10.0.2.5                  1          60
misses                    0
total                     5        1754" "$(tail -n +3 "$LOADER_LOG")"
	equal "mode of the program on veth0" none "$(xdp_mode veth0)"
	expect "program $id is gone" wait_for 1 prog_gone "$id"
}

# bats test_tags=author
@test "its JSON is JSON, also where nothing has come; SIGTERM ends it, too" {
	loader_start --dev veth0 --json
	loader_stop TERM
	equal "its exit status" 0 "$LOADER_STATUS"
	equal "its last line" '{"protocols":{},"senders":[],"misses":0,"total":{"packets":0,"bytes":0}}' \
		"$(tail -n 1 "$LOADER_LOG" | jq -c .)"
}

# bats test_tags=author
@test "after kill -9 the device is free: the link has gone with the loader" {
	loader_start --dev veth0
	loader_stop KILL
	expect "nothing is on veth0" wait_for 1 test "$(xdp_mode veth0)" == none
	loader_start --dev veth0
}

# bats test_tags=author
@test "a device that doesn't exist, or is busy, is named" {
	refuse "the loader gives up" "nosuch: no such device here" as_student "$BIN/counters" --dev nosuch
	ip link set dev veth0 xdpdrv obj /run/workbook/tools/pass.bpf.o sec xdp
	refuse "the loader gives up" "can't attach to veth0: Device or resource busy" \
		as_student "$BIN/counters" --dev veth0
	equal "name of the program on veth0" pass "$(xdp_name veth0)"
}

# bats test_tags=author
@test "without rights both loaders say which ones they take" {
	local without=(setpriv --reuid "$STUDENT" --regid "$STUDENT" --clear-groups --bounding-set=-all
		--inh-caps=-all)
	refuse "it fails" "CAP_BPF and CAP_NET_ADMIN" "${without[@]}" "$BIN/counters" --dev veth0
	refuse "it fails" "CAP_BPF and CAP_PERFMON" "${without[@]}" "$BIN/hello-map"
}

# bats test_tags=author
@test "wrong options show the right ones" {
	local words
	for words in "" "--dev veth0 x" "--dev veth0 --dev veth0" "--dev veth0 --entries 0" \
		"--dev veth0 --entries x" "--dev veth0 --lru=1" "--dvv veth0"; do
		# shellcheck disable=SC2086 # words
		refuse "counters $words" "usage: counters --dev NAME" as_student "$BIN/counters" $words
	done
	for words in x "--every 0" "--every" "--evry 2"; do
		# shellcheck disable=SC2086
		refuse "hello-map $words" "usage: hello-map" as_student "$BIN/hello-map" $words
	done
}

# bats test_tags=author
@test "hello-map --every prints again and again, and leaves nothing in the kernel" {
	local a
	first_user
	LOADER=hello-map
	loader_start --every 1
	loader_map counter_table
	all_told one_program
	expect "the line comes while it runs" wait_for 3 grep -q "^ID $a: 1$" "$LOADER_LOG"
	loader_stop TERM
	equal "its exit status" 0 "$LOADER_STATUS"
	expect "its map is gone" wait_for 1 map_gone "${MAP[1]}"
}

one_program() { start_programs $((++a)) 1; }

map_gone() { # ID
	! bpftool map show id "$1" > /dev/null 2>&1
}

# bats test_tags=author
@test "unchecked.bpf.c is refused where it reads what the lookup gave" {
	refuse "the verifier refuses it" "unchecked.bpf.c:22: *packets += 1;" \
		as_student /run/workbook/tools/explain -l "$TMPDIR/log" "$BIN/unchecked.bpf.o"
}
