# shellcheck shell=bash
# What the kernel itself says happened: one line each. None of these can be told a lie by the
# student's program, and every behavioural check asks two of them.

# shellcheck source=tests/lib/wait.bash
. "${BASH_SOURCE%/*}/wait.bash"

# -- attached programs: `ip link`

# What `ip -j -d link` says of a device's XDP program: MODE ID NAME; nothing when there is none.
# (jq would say it, too, but takes 14 ms to start, and some checks ask eight times.)
xdp_of() { # DEVICE
	[[ $(ip -j -d link show dev "$1") =~ \
		\"xdp\":\{\"mode\":([0-9]+),\"prog\":\{\"id\":([0-9]+),\"name\":\"([^\"]*)\" ]] &&
		echo "${BASH_REMATCH[*]:1}"
}

# native, generic, offload, multi or none
xdp_mode() { # DEVICE
	local modes=(none native generic offload multi) of
	of=$(xdp_of "$1")
	echo "${modes[${of%% *}]}"
}

xdp_id() { # DEVICE
	local of
	of=$(xdp_of "$1") || return 0
	of=${of#* }
	echo "${of% *}"
}

xdp_name() { # DEVICE
	local of
	of=$(xdp_of "$1") || return 0
	echo "${of##* }"
}

# -- programs and maps: bpftool

prog_gone() { # ID
	! bpftool prog show id "$1" > /dev/null 2>&1
}

# how often the program ran (counted while `withstats` runs, as it does around every check)
run_cnt() { # ID
	[[ $(bpftool -j prog show id "$1") =~ \"run_cnt\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}" || echo 0
}

# Do CMD; and again, if meanwhile the kernel left out a run of the loader's programs, nine times at most. Since
# Linux 7.0 one on a tracepoint of system calls can be preempted, and until it goes on, it is told nothing
# more on that CPU. (recursion_misses of `bpftool prog show`, in fdinfo since 5.12; seen on 7.2)
all_told() { # CMD...
	local pid was i
	loader_process pid
	for i in {1..9}; do
		was=$(left_out "$pid")
		"$@"
		[[ $(left_out "$pid") != "$was" ]] || break
	done
}

left_out() { # PID
	grep -hs ^recursion_misses "/proc/$1/fdinfo"/* || true
}

# The id of the map of that name that the program uses (names are cut to 15 characters)
map_id() { # PROG_ID MAP_NAME
	local id
	[[ $(bpftool -j prog show id "$1") =~ \"map_ids\":\[([0-9,]*) ]] || return
	for id in ${BASH_REMATCH[1]//,/ }; do
		[[ $(bpftool -j map show id "$id") == *"\"name\":\"${2:0:15}\""* ]] && echo "$id" && return
	done
	return 1
}

# The instructions that the kernel runs, without the names of helpers: to find these, bpftool reads
# all symbols of the kernel, which takes 90 ms
xlated() { # id|pinned WHICH [opcodes|linum]
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount --bind /dev/null /proc/kallsyms && exec bpftool prog dump xlated "$@"' \
		_ "$@"
}

# A value of a map that the program uses, as JSON: the entry with that key, or the whole map
map_value() { # PROG_ID MAP_NAME [KEY]
	local id
	id=$(map_id "$1" "$2") || return
	bpftool -j map dump id "$id" |
		if [[ $# == 3 ]]; then
			jq -c --argjson key "$3" '.[] | (.formatted // .) | select(.key == $key).value'
		else
			jq -c '[.[] | .formatted // .]'
		fi
}

# The values of global variables of a program, as the kernel holds them; nothing for one that it hasn't
global() { # PROG_ID VARIABLE...
	local id name dumps='' values=()
	[[ $(bpftool -j prog show id "$1") =~ \"map_ids\":\[([0-9,]*)\] ]] || return
	for id in ${BASH_REMATCH[1]//,/ }; do
		dumps+=$(bpftool -j map dump id "$id")
	done
	for name in "${@:2}"; do
		[[ ! $dumps =~ \"$name\":(-?[0-9]+|true|false) ]] || values+=("${BASH_REMATCH[1]}")
	done
	[[ ${values[*]} ]] && echo "${values[*]}"
}

# -- the lab's answer file: what the student found out, as "key = value"

# The student's answer, in lower case, or as it was typed; without blanks around it, a comment behind
# it, and what some editors end lines with; nothing when there is none
answer() { # KEY [as-typed]
	local line lines found=''
	mapfile -t lines < "$BIN/answers.txt"
	for line in "${lines[@]%$'\r'}"; do
		line=${line%%[[:blank:]]#*}
		[[ $line == *"$1"*=* && $line =~ ^[[:blank:]]*$1[[:blank:]]*=[[:blank:]]*(.*[^[:blank:]])[[:blank:]]*$ ]] &&
			found=${BASH_REMATCH[1]}
	done
	[[ ${2-} == as-typed ]] || found=${found,,}
	[[ -z $found ]] || echo "$found"
}

# -- devices: `ethtool -S`, summed over the queues: xdp_packets, xdp_drops, xdp_tx, xdp_tx_errors, …

nic() { # HOST DEVICE COUNTER...
	local i name words n=()
	read -r -d '' -a words <<< "$(in_host "$1" ethtool -S "$2")" || true
	for name in "${@:3}"; do
		n+=(0)
		for ((i = 0; i < ${#words[@]}; i++)); do
			[[ ! ${words[i]} =~ ^[rt]x_queue_[0-9]+_$name:$ ]] || : $((n[-1] += words[i + 1]))
		done
	done
	echo "${n[*]}"
}

# -- the private trace (labs with `needs: trace`)

# What CMD reads in the trace, read until two in a row agree: a trace that somebody else's program prints
# to at this moment may seem to end early.
agreed() { # CMD...
	local once twice i
	twice=$("$@")
	for i in {1..10}; do
		once=$twice
		twice=$("$@")
		[[ $twice != "$once" ]] || break
	done
	[[ -z $twice ]] || echo "$twice"
}

# Lines that the program printed by bpf_printk while the program PACKETS_AS was on the CPU, or all. Which
# process that was, the line of its exec tells: the names that the trace puts before its lines are guesses,
# and "<...>" when the kernel has noted too many others since.
trace_lines() { # [PACKETS_AS]
	agreed trace_lines_now "$@"
}

trace_lines_now() { # [PACKETS_AS]
	awk -v as="${1-}" '
		/ sched_process_exec: / {
			if (as && index($0, "/" as " ") && match($0, / pid=[0-9]+/))
				mine = "-" substr($0, RSTART + 5, RLENGTH - 5) " +\\["
			next
		}
		(!as || mine && $0 ~ mine) && sub(/^.* bpf_trace_printk: /, "")' /sys/kernel/tracing/trace
}

# Switch an event on or off in the private trace: xdp/xdp_exception 1. What is on at the end of a
# check is switched off.
trace_event() { # EVENT 0|1
	echo "$2" > "/sys/kernel/tracing/events/$1/enable"
	TRACE_EVENTS+=" $1"
}

# What an event switched on so told of a program, one a line: ABORTED, REDIRECT, 0x9, ...
xdp_events() { # EVENT PROG_ID
	agreed sed -n "s/.* $1: prog_id=$2 action=\([^ ]*\).*/\1/p" /sys/kernel/tracing/trace
}

# -- frames

# Whole Ethernet frames in hex (standard input, one a line, blanks allowed) into a pcap
frames() { # FILE
	# all at once: bash reads a pipe line by line with one system call a byte
	printf '%b' "\\xd4\\xc3\\xb2\\xa1\\x02\\0\\x04\\0\\0\\0\\0\\0\\0\\0\\0\\0\\xff\\xff\\0\\0\\x01\\0\\0\\0$(
		awk '{
			gsub(/[^0-9a-fA-F]/, "")
			n = length($0) / 2
			length_twice = sprintf("\\x%02x\\x%02x\\0\\0", n % 256, n / 256)
			gsub(/../, "\\x&")
			printf "\\0\\0\\0\\0\\0\\0\\0\\0%s%s%s", length_twice, length_twice, $0
		}'
	)" > "$1"
}

# One frame in hex from the peer to the lab, an ethertype and zeros up to that length
plain_frame() { # BYTES [ETHERTYPE]
	local zeros
	printf -v zeros '%0*d' $(($1 * 2)) 0
	echo "020000000101 020000000102 ${2:-88b5} ${zeros:28}"
}

# Send every frame of a pcap, as it is. trafgen writes such files from a description.
send() { # HOST DEVICE PCAP [OPTION-OF-PKTSEND...]
	in_host "$1" "$TOOLS/pktsend" "${@:4}" "$2" "$3"
}

# Capture what arrives at a device until `capture_end`
capture() { # HOST DEVICE FILE [FILTER...]
	local host=$1 device=$2
	CAPTURE=$3
	shift 3
	in_host "$host" tcpdump --immediate-mode -U -Q in -n -i "$device" -w "$CAPTURE" "$@" \
		> "$CAPTURE.log" 2>&1 3>&- &
	CAPTURE_PID=$!
	wait_for 2 grep -q 'listening on' "$CAPTURE.log"
}

captured() { # FILE
	# what tcpdump can't read it dumps in lines that begin with a tab
	tcpdump -n -r "$1" 2> /dev/null | grep -vc $'^\t'
}

# Wait until N frames have come, then stop. 1 when fewer came.
capture_end() { # N
	local enough=0
	wait_for 1 captured_at_least "$1" || enough=1
	kill "$CAPTURE_PID"
	wait "$CAPTURE_PID" 2> /dev/null || true
	return $enough
}

captured_at_least() { (($(captured "$CAPTURE") >= $1)); }

# The wrong checksums in a capture, one a line: nothing is printed when all are right
wrong_checksums() { # FILE
	tcpdump -vv -n -r "$1" 2> /dev/null | grep -E 'bad cksum|incorrect|wrong icmp cksum'
}
