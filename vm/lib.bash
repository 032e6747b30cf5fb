# shellcheck shell=bash
# What image, shell, test and throwaway share: where images are kept, how a machine is described to
# QEMU, whether KVM is any good here. Sourced.

# shellcheck source=tests/lib/common.bash
. "${BASH_SOURCE%/*}/../tests/lib/common.bash"
# shellcheck source=tests/lib/packages.bash
. tests/lib/packages.bash
colours 2

# Images are named by what went into them, so old and new ones can stand side by side
VM_CACHE=${VM_CACHE:-${XDG_CACHE_HOME:+$XDG_CACHE_HOME/xdp-workbook/vm}}
VM_CACHE=${VM_CACHE:-$ROOT/build/vm}

# Debian's name of this processor, QEMU's, the machine that QEMU plays, and where its console is
VM_ARCH=${VM_ARCH:-$(uname -m)}
case $VM_ARCH in
x86_64 | amd64) VM_ARCH=amd64 qemu=qemu-system-x86_64 board=q35 console=ttyS0 ;;
aarch64 | arm64) VM_ARCH=arm64 qemu=qemu-system-aarch64 board=virt console=ttyAMA0 ;;
*) die "there is no machine for $VM_ARCH here: amd64 and arm64 only" ;;
esac
export VM_ARCH VM_CACHE

say() { echo "$*" >&2; }

die() { # WHY
	say "${red}${0##*/}${plain}: $*"
	exit 3
}

# What the host must have; 3 and the cure if not
need_host_tools() {
	local list
	list=$(missing "vm|vm-$VM_ARCH")
	# (QEMU is in parts, one for each kind of processor)
	[[ $VM_ARCH == amd64 ]] || list=$(grep -v '^qemu-system-x86_64 ' <<< "$list")
	[[ -z $list ]] || die "missing on this machine: $(cut -d ' ' -f 1 <<< "$list" | xargs)
install it with: $(installation "$list")"
}

# A folder that goes with us, however this ends. (What was left by somebody who was killed goes now.)
scratch() { # sets SCRATCH
	local old
	mkdir -p "$VM_CACHE" && SCRATCH=$(mktemp -d --suffix=".$$" "$VM_CACHE/.run.XXXXXX") ||
		die "$VM_CACHE can't be written"
	for old in "$VM_CACHE"/.run.*.*; do
		[[ -d /proc/${old##*.} ]] || rm -rf --one-file-system "$old"
	done
	# shellcheck disable=SC2064
	trap "rm -rf '$SCRATCH'" EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

# What a machine is to do, for vm/guest
job() { # NAME=VALUE...
	local pair
	for pair; do
		printf '%s=%q\n' "${pair%%=*}" "${pair#*=}"
	done
}

# What each boot adds to the initrd of the kernel: our scripts, and what this machine is to do
add_initrd() { # FILE NAME=VALUE...
	local file=$1 tree=$SCRATCH/add
	shift
	mkdir -p "$tree/vm"
	cp vm/init "$tree/init" && cp vm/guest "$tree/vm/guest" && chmod +x "$tree/init" "$tree/vm/guest"
	job "$@" > "$tree/vm/job"
	(cd "$tree" && find . | busybox cpio -o -H newc 2> /dev/null) > "$file"
}

# Describe the machine to QEMU, in the array MACHINE: what all of them have. ROOT_IMAGE and KERNEL_IMAGE
# are what vm/image printed.
describe() { # MEMORY-MB PROCESSORS ACCEL NAME=VALUE...
	local memory=$1 processors=$2 accel=$3 cpu=max options=''
	# (QEMU emulates what these promise to be fast byte by byte, and walks through tables of five levels; after
	# cmpxchg16b two kernels died, its flags garbage; of a pointer's signature it need not be the real one)
	[[ $VM_ARCH$accel != amd64tcg* ]] || cpu=max,erms=off,fsrm=off,la57=off,cx16=off
	[[ $VM_ARCH$accel != arm64tcg* ]] || cpu=max,pauth-impdef=on
	# (what stands at the same address in each process is translated once: half of the time)
	[[ $accel != tcg* ]] || options=norandmaps
	# (with a steady clock Linux 6.1 waits at boot for its second processor for ever; vm/guest starts it)
	[[ ! ${CLOCK[*]-} ]] || options+=' maxcpus=1'
	shift 3
	add_initrd "$SCRATCH/add.cpio" "$@"
	cat "$KERNEL_IMAGE/initrd" "$SCRATCH/add.cpio" > "$SCRATCH/initrd"
	MACHINE=("$qemu" -nodefaults -no-user-config -display none -no-reboot -nic none
		-name xdp-workbook -M "$board" -cpu "$cpu" -m "$memory" -smp "$processors" -accel "$accel"
		-kernel "$KERNEL_IMAGE/linux" -initrd "$SCRATCH/initrd"
		-append "console=$console quiet panic=-1 mitigations=off no_timer_check $options"
		-drive "if=none,id=root,format=raw,readonly=on,file=$ROOT_IMAGE"
		-device "virtio-blk-pci,drive=root,serial=root"
		-device virtio-rng-pci -device virtio-serial-pci)
}

size() { stat -c %s "$1"; }

# A folder of the host, in the machine
share() { # FOLDER TAG [readonly=on]
	MACHINE+=(-fsdev "local,id=$2,path=$1,security_model=none,multidevs=remap${3:+,$3}"
		-device "virtio-9p-pci,fsdev=$2,mount_tag=$2")
}

# A file of the host's as a disk
disk() { # FILE NAME [OPTION...]
	local IFS=,
	MACHINE+=(-drive "if=none,id=$2,format=raw,file=$1${3:+,${*:3}}"
		-device "virtio-blk-pci,drive=$2,serial=$2")
}

# Network cards for the machine, all on one cable: a bridge and taps (the backend that carries frames merged by
# the sender: vnet_hdr) in a network that exists for QEMU alone. PRIVATE makes it, and starts QEMU there.
cards() { # [CARD[,OPTION]...]...
	local card i=0
	PRIVATE=()
	(($#)) || return 0
	PRIVATE=(unshare --net)
	((EUID == 0)) || PRIVATE+=(--map-root-user)
	# shellcheck disable=SC2016 # for the bash there
	PRIVATE+=(bash -ec '
		echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
		ip link add cable type bridge
		for ((i = 1; i <= $1; i++)); do
			ip tuntap add "cable$i" mode tap vnet_hdr
			ip link set "cable$i" master cable up
		done
		ip link set cable up
		exec "${@:2}"' cable $#)
	for card; do
		((++i))
		MACHINE+=(-netdev "tap,id=cable$i,ifname=cable$i,script=no,downscript=no"
			-device "$card,netdev=cable$i,mac=02:00:00:00:00:0$i,romfile=")
	done
}

# A file that the machine can append to
port() { # FILE NAME
	MACHINE+=(-chardev "file,id=$2,path=$1" -device "virtserialport,chardev=$2,name=$2")
}

# kvm where a machine was really booted with it, else emulation. /dev/kvm can be there and run
# nothing, so it is tried, and what came of it is remembered until the host boots again.
acceleration() {
	local emulation="tcg,thread=multi" known status why
	known=$VM_CACHE/kvm-$(cat /proc/sys/kernel/random/boot_id 2> /dev/null)
	if [[ ${VM_ACCEL-} ]]; then
		echo "$VM_ACCEL"
		return
	elif [[ $VM_ARCH != "$(dpkg --print-architecture 2> /dev/null || echo "$VM_ARCH")" ]]; then
		why="this machine's processor is no $VM_ARCH"
	elif [[ ! -e /dev/kvm ]]; then
		why="there is no /dev/kvm"
	elif [[ ! -r /dev/kvm || ! -w /dev/kvm ]]; then
		why="/dev/kvm is not yours to use (sudo usermod -aG kvm $(id -un), then log in again)"
	elif [[ -e $known ]]; then
		why=$(< "$known")
	else
		say "trying KVM: a machine boots with it in 2 seconds, or not at all"
		local MACHINE=()
		describe 256 1 kvm mode=probe
		timeout -k 1 10 "${MACHINE[@]}" -serial "file:$SCRATCH/probe" > "$SCRATCH/probe.err" 2>&1 < /dev/null
		status=$?
		if grep -qs '^vm: up' "$SCRATCH/probe"; then
			why=''
		elif ((status == 124 || status == 137)); then
			why="/dev/kvm is there, and a machine that was tried with it did nothing for 10 seconds"
		else
			why="QEMU can't use /dev/kvm: $(tail -n 1 "$SCRATCH/probe.err" | sed "s|^qemu[^:]*: *||")"
		fi
		rm -f "$VM_CACHE"/kvm-*
		echo "$why" > "$known"
	fi
	if [[ -z $why ]]; then
		echo kvm
	else
		say "emulating, which is slower: $why"
		echo "$emulation"
	fi
}

# For proofs: ACCEL and PROCESSORS, and in CLOCK options for QEMU. Where a processor is emulated, its
# clock goes by what it has done: then nothing is late because the host is slow or busy. (Several take turns
# on one of the host's: that costs a sixth more than one, and what counts per CPU is proved.)
# shellcheck disable=SC2034 # for who sources this
steady_clock() { # PROCESSORS
	ACCEL=$(acceleration) PROCESSORS=$1 CLOCK=()
	[[ $ACCEL == tcg* ]] || return 0
	ACCEL=tcg,thread=single,tb-size=512 CLOCK=(-icount shift=1)
}

# Do programs that were built here run in a machine with that release?
runs_there() { # RELEASE
	[[ $VM_ARCH == "$(dpkg --print-architecture 2> /dev/null)" ]] &&
		grep -qsx "VERSION_CODENAME=$1" /etc/os-release
}

# Run CMD in the root that ROOT_IMAGE holds, in its own mounts, with FOLDER as /workbook: what the tools of
# another release make, made as fast as here. Takes root, or a user namespace.
beside() { # FOLDER CMD...
	local root=$SCRATCH/root alone=(unshare --mount)
	((EUID == 0)) || alone+=(--map-root-user)
	[[ -d $root ]] || unsquashfs -q -n -d "$root" "$ROOT_IMAGE" > "$SCRATCH/unpacked" 2>&1 || ((EUID)) ||
		die "the image can't be unpacked: $(tail -n 1 "$SCRATCH/unpacked")"
	# shellcheck disable=SC2016 # for the bash there
	"${alone[@]}" bash -ec '
		mkdir -p "$1/workbook"
		mount --rbind /dev "$1/dev"
		mount --rbind /proc "$1/proc"
		mount --bind "$2" "$1/workbook"
		exec chroot "$1" env -C /workbook PATH=/usr/sbin:/usr/bin:/sbin:/bin "${@:3}"' beside "$root" "$1" "${@:2}"
}

# The tree as git sees it, in $SCRATCH/tree, a disk. What has been built of it comes along, unless that is to
# be done inside: the starters alone, also the solutions, or also the wrong answers. Programs that were built
# outside, here, run there when both have the same C library, and that is so with the same release; for
# another one they are built beside, with the image's tools. PACKED says where they are built.
pack() { # RELEASE outside|beside|inside|'' starters|solutions|wrong LAB...
	local release=$1 what=$3 files=$SCRATCH/files lab checks='' targets=(student-tree tools) tree=. within=()
	PACKED=$2
	shift 3
	# (new files where the workbook's own are, and not a folder of hand-ins beside them)
	{ git ls-files -z && git ls-files -z -o --exclude-standard common labs tests vm; } | sort -zu > "$files" ||
		die "the tree must be git's"
	if [[ ! $PACKED ]]; then
		PACKED=beside
		! runs_there "$release" || PACKED=outside
		[[ $VM_ARCH == "$(dpkg --print-architecture 2> /dev/null)" ]] || PACKED=inside
	fi
	if [[ $PACKED == beside ]]; then
		tree=$SCRATCH/copy within=(beside "$tree")
		mkdir "$tree" && tar --null -T "$files" --ignore-failed-read -cf - | tar -C "$tree" -xf - || return
	fi
	[[ $what == starters ]] || targets+=(solution-tree)
	if [[ $PACKED != inside ]]; then
		for lab; do
			"${within[@]}" make -s -j"$(nproc)" "${targets[@]}" LAB="$lab" >&2 || return
			(cd "$tree" && find "build/student/$lab" -type f -print0) >> "$files"
			[[ $what == starters ]] || (cd "$tree" && find "build/solution/$lab" -type f -print0) >> "$files"
			[[ $what == wrong ]] || continue
			say "building the wrong answers of $lab"
			tests/lib/proof answers "$lab" | "${within[@]}" env PROOF_TREES=build/trees \
				xargs -n 8 -P "$(nproc)" tests/lib/proof trees "$lab" >&2
			(cd "$tree" && find "build/trees/$lab" -type f -print0) >> "$files"
		done
		(cd "$tree" && find build/common build/tools build/tests -type f -print0 2> /dev/null) >> "$files"
	fi
	if [[ ${GRADE_CHECKS-} ]]; then
		checks=$(realpath "$SCRATCH")/checks
		mkdir -p "$checks/.checks" && cp "$GRADE_CHECKS"/*.bats "$checks/.checks" || return
	fi
	# (not compressed: one thing less for an emulated processor to do)
	sort -zu "$files" | tar -C "$tree" --null --verbatim-files-from -T - --ignore-failed-read \
		${checks:+-C "$checks" .checks} -cf - |
		mksquashfs - "$SCRATCH/tree" -tar -all-root -noI -noD -noF -noX -quiet -no-progress > /dev/null
}
