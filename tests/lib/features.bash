# shellcheck shell=bash
# What a lab may ask of a machine beyond the version of its kernel: `needs: NAME...` in lab.meta for
# the whole lab, or a first line `needs NAME` in one check, which is skipped where NAME is missing.
#
# A feature is one function: feature_NAME, with _ for -. It runs as root inside the sandbox, tries
# the thing in the cheapest way that can't be wrong, and prints one line that says what is there;
# or it ends with `lacks WHY CURE`. To add a feature, add a function.

FEATURE_OBJECTS=${BASH_SOURCE[0]%/*}/../../build/tools

lacks() { # WHY CURE
	printf '%s\n' "$@"
	return 1
}

# Try feature NAME: prints what is there; or why not, and on a second line the cure, and returns 1.
# 2 when no feature is called that.
feature() { # NAME
	declare -F "feature_${1//-/_}" > /dev/null || {
		lacks "no feature is called $1; there are: $(features | xargs)" \
			"correct the name, or add it in tests/lib/features.bash"
		return 2
	}
	"feature_${1//-/_}"
}

# The names of all features, one a line
features() {
	declare -F | sed -n 's/^declare -f feature_//p' | tr _ -
}

# In a check: skip it, with the reason, where this machine lacks one of these
needs() { # NAME...
	local name said status
	for name; do
		status=0
		said=$(feature "$name") || status=$?
		((status != 2)) || { echo "$said" && return 1; }
		((status == 0)) || skip "$name: ${said%%$'\n'*}"
	done
}

# What helps where the kernel was built without something
other_kernel="boot your distribution's own kernel, 6.1 or newer; nothing can be installed for this"

feature_native_xdp() {
	local said
	# in a network of its own, that nobody has to take down afterwards
	# shellcheck disable=SC2016
	said=$(unshare --net bash -c '
		ip link add name probe0 type veth peer name probe1 &&
			ip link set dev probe0 xdpdrv obj "$1" sec xdp' \
		_ "$FEATURE_OBJECTS/pass.bpf.o" 2>&1) ||
		lacks "no XDP program in the driver of a veth: $(tail -n 1 <<< "$said")" \
			"$other_kernel" || return
	echo "XDP programs run in the driver of a veth (a virtual network cable)"
}

feature_trace() {
	[[ ${SANDBOX_TRACE-} ]] ||
		lacks "no trace of our own: ${SANDBOX_NO_TRACE:-the sandbox was made without --trace}" \
			"$other_kernel" || return
	[[ $(cat /sys/kernel/tracing/events/bpf_trace/bpf_trace_printk/enable 2>&1) == 1 ]] ||
		lacks "the lines of bpf_printk can't be switched on: lockdown, or a kernel before 5.9" \
			"$other_kernel" || return
	echo "what programs print by bpf_printk is read in a trace of our own"
}

feature_btf() {
	[[ -s /sys/kernel/btf/vmlinux ]] ||
		lacks "no /sys/kernel/btf/vmlinux: the kernel doesn't describe its own types" \
			"$other_kernel" || return
	echo "the kernel describes its own types (/sys/kernel/btf/vmlinux)"
}

# The symbols can be there and the kernel refuses all the same, so it is asked.
feature_fentry() {
	local pin=/sys/fs/bpf/probe-fentry-$BASHPID said
	said=$(bpftool prog load "$FEATURE_OBJECTS/probe-fentry.bpf.o" "$pin" 2>&1) ||
		lacks "no program at the entry of a kernel function: $(
			sed -n 's/.*load failed: //p' <<< "$said" | head -n 1 | grep . ||
				tail -n 1 <<< "$said"
		)" "$other_kernel" || return
	rm -f "$pin"
	echo "programs run at the entry of the kernel's functions"
}

feature_kprobe() {
	[[ -e /sys/bus/event_source/devices/kprobe ]] ||
		lacks "the kernel was built without kprobes" "$other_kernel" || return
	echo "programs run at any instruction of the kernel"
}

feature_tcx() {
	grep -qw tcx_link_attach /proc/kallsyms ||
		lacks "no tcx, the newer way to attach behind XDP: it came with Linux 6.6" \
			"$other_kernel" || return
	echo "programs at tcx, the newer way to attach behind XDP"
}

feature_conntrack() {
	grep -qw bpf_xdp_ct_lookup /proc/kallsyms ||
		lacks "no bpf_xdp_ct_lookup: conntrack isn't loaded, or the kernel is older than 5.18" \
			"modprobe nf_conntrack" || return
	echo "XDP programs can ask the kernel's table of connections (bpf_xdp_ct_lookup)"
}

feature_native_code() {
	local pin=/sys/fs/bpf/native-code-$BASHPID said status=0
	bpftool prog load "$FEATURE_OBJECTS/pass.bpf.o" "$pin" > /dev/null 2>&1
	said=$("$FEATURE_OBJECTS/jitdump" --write /dev/null --pinned "$pin" 2>&1) || status=1
	rm -f "$pin"
	((status == 0)) || lacks "no machine code to look at: ${said##*: the}" \
		"sysctl net.core.bpf_jit_enable=1 kernel.kptr_restrict=1" || return
	echo "the kernel shows root the machine code of programs"
}
