# shellcheck shell=bash
# What the programs behind `make release`, `offline` and `update` share: files that are there whole or
# not at all, and paths as they were typed. Sourced; as tests/lib/common.bash, it sets ROOT and works there.

# shellcheck source=tests/lib/common.bash
. "$(dirname "${BASH_SOURCE[0]}")/../../tests/lib/common.bash"

stop() { # TEXT: why, and what helps
	fold -s -w 98 <<< "$*" | sed 's/ *$//' >&2
	exit 1
}

# A path as it was typed: HERE is the lab's folder where make was called in one
typed() { # PATH
	case $1 in
	/*) echo "$1" ;;
	*) echo "${HERE:-$ROOT}/$1" ;;
	esac
}

# A folder for what is only needed on the way; it goes when this program ends. Sets WORK.
work_folder() {
	WORK=$(mktemp -d) || stop "there is no room for a temporary folder in ${TMPDIR:-/tmp}"
	trap 'rm -rf "$WORK" ${partial:+"$partial"}' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

unwritten() { stop "OUT=$OUT could not be written: is the disk full?"; }

# Where a bundle shall go, from OUT: a file that ends so, or a folder that exists; the name in a folder
# is NAME. Sets out, and partial beside it.
output() { # TARGET NAME END
	[[ ${OUT-} ]] || stop "make $1 wants OUT=FILE$3, or OUT=FOLDER"
	out=$(typed "$OUT")
	if [[ -d $out ]]; then
		out=${out%/}/$2$3
	elif [[ $out != *?"$3" ]]; then
		stop "OUT=$OUT: there is no such folder, and no file whose name ends in $3 either"
	fi
	[[ ! -e $out && ! -L $out ]] || stop "OUT=$OUT: ${out##*/} exists already; remove it, or choose another name"
	[[ -d ${out%/*} ]] || stop "OUT=$OUT: that folder does not exist"
	partial=${out%/*}/.${out##*/}.partial
	: 2> /dev/null > "$partial" || stop "OUT=$OUT: that folder can't be written"
}

# What was written to partial gets its name, and is on the disk
finish() {
	sync "$partial" && mv -n "$partial" "$out" && [[ ! -e $partial ]] ||
		stop "OUT=$OUT: it could not be given its name; does it exist by now?"
	partial=''
}

# The bundle in $WORK as an archive that is the same whoever makes it, on standard output. VERSION comes
# last: before it is there, nothing is taken over (common/bin/update). (tar ends with 1 when a file's times
# changed while it was read; on a tmpfs they may, and nobody else knows of this folder.)
pack() { # SECONDS: the time of the commit
	cd "$WORK" && { find xdp-workbook -type f ! -path xdp-workbook/VERSION | LC_ALL=C sort && echo xdp-workbook/VERSION; } |
		{ tar -cf - --format=ustar --no-recursion -T - --mtime="@$1" --owner=0 --group=0 --numeric-owner \
			--mode=u=rwX,go=rX || (($? == 1)); }
}
