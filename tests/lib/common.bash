# shellcheck shell=bash
# What check, doctor, start, shell and prove share: where things are, which labs there are, how to
# speak, how to become root. Sourced; sets ROOT and the working folder.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$ROOT" || exit 3
export PATH=$PATH:/usr/sbin:/sbin
# a make above us must not hand its flags and job slots to the makes that we start
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

# colours on a terminal only; NO_COLOR is https://no-color.org
colours() { # FD
	red='' green='' yellow='' bold='' plain=''
	if [[ -t $1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then
		red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' bold=$'\e[1m' plain=$'\e[0m'
	fi
	export red green yellow bold plain
}

# Whoever started us may be killed in any way: from now on we end with it, and a sandbox of ours with us
die_with_parent() { # OUR-ARGS...
	local self=$0
	[[ $self == /* ]] || self=$OLDPWD/$self
	[[ ${DIES_WITH_PARENT-} == "$$" ]] ||
		DIES_WITH_PARENT=$$ exec setpriv --pdeathsig TERM "$self" "$@"
}

# The language that students are spoken to in, as in zh; nothing for English: the first one that there
# is a translation into, of those in WORKBOOK_LANG, or else in what chooses messages everywhere.
language() { echo "$spoken"; }

spoken=${WORKBOOK_LANG:-${LANGUAGE-}:${LC_ALL:-${LC_MESSAGES:-${LANG-}}}}
for spoken in ${spoken//:/ } ''; do
	spoken=${spoken%%[_.@]*}
	[[ $spoken == [a-z][a-z] && -e common/$spoken.po || ! $spoken || $spoken == en ]] && break
done
[[ $spoken != en ]] || spoken=''
# Whoever runs below us needs to look no more. And the programs that we call speak as in the worksheets,
# in every locale: what they say is compared, too.
export WORKBOOK_LANG=${spoken:-en} LC_ALL=C.UTF-8
unset LANGUAGE

# the names of all labs, in order
labs() {
	local lab
	for lab in labs/[0-9][0-9]-*/; do
		lab=${lab#labs/}
		echo "${lab%/}"
	done
}

# 3, 03 or 03-globals -> 03-globals; 1 if there is none
find_lab() { # NUMBER-OR-NAME
	local lab
	for lab in $(labs); do
		case $lab in "$1" | "$1"-* | "0$1"-*) echo "$lab" && return ;; esac
	done
	return 1
}

# one value of lab.meta, or of a key that stands there several times all, one a line
meta() { # LAB KEY
	local key value
	while read -r key value; do
		[[ $key != "$2:" ]] || echo "$value"
	done < "$ROOT/labs/$1/lab.meta"
}

# Can --rate ask for that many frames a second? Says so if not.
good_rate() { # RATE
	[[ $1 =~ ^[1-9][0-9]{0,3}$ ]] && (($1 <= 1000)) && return
	printf 'traffic: the rate is a number of frames a second from 1 to 1000, not "%s"\n' "$1" >&2
	return 1
}

# is version $1 at least version $2? Both are numbers with dots between them; what follows one is
# no part of it, as in 6.9.0+
at_least() { # HAVE WANT
	local is least i number
	IFS=. read -ra is <<< "$1"
	IFS=. read -ra least <<< "$2"
	for i in "${!least[@]}"; do
		number=${is[i]-}
		number=${number%%[!0-9]*}
		((10#${number:-0} == 10#${least[i]})) || return $((10#${number:-0} < 10#${least[i]}))
	done
}

# The checks of a lab, one a line, from the only place that names them: "STAGE<TAB>NAME" in the
# order of the file. STAGE is packets, network, or author (run by `make test` only).
checks() { # LAB [FOLDER]
	awk '
	/^# bats test_tags=/ { tags = $0 }
	/^@test / {
		stage = tags ~ /author/ ? "author" : tags ~ /packets/ ? "packets" : "network"
		sub(/^@test ["\047]/, "")
		sub(/["\047] \{$/, "")
		print stage "\t" $0
		tags = ""
	}' "${2:-tests}/$1.bats"
}

# Where a lab's files stand as they were given. In a student's bundle these are its starters; in the
# repository they are its solutions, of which blocks.awk makes the starters (and leaves those as they are).
given() { # LAB
	if [[ -d common/starters/$1 ]]; then echo "common/starters/$1"; else echo "labs/$1/solution"; fi
}

# One file of a lab as it was given, on standard output; 1 if it was not
starter_of() { # LAB FILE
	local file
	file=$(given "$1")/$2
	[[ -e $file ]] || file=labs/$1/$2 # a file without a TODO, in the repository
	awk -f common/blocks.awk "$file"
}

# A bundle for students has none
has_solution() { # LAB
	[[ -d labs/$1/solution ]]
}

# What stands before a command to run it as root: nothing, or sudo
sudo=()
((EUID == 0)) || sudo=(sudo "--preserve-env=PATH,TERM,NO_COLOR,WORKBOOK_LANG,red,green,yellow,bold,plain" --)

# Run a command as root, asking for a password only where somebody can type it. 3 when it can't be.
as_root() { # CMD...
	if ((EUID)) && ! command -v sudo > /dev/null; then
		echo "this needs root, and there is no sudo: run it as root" >&2
		return 3
	elif ((EUID)) && [[ ! -t 0 && ! -t 1 && ! -t 2 ]] && ! sudo -n true 2> /dev/null; then
		echo "this needs root, and sudo wants a password that nobody is here to type" >&2
		return 3
	fi
	"${sudo[@]}" "$@"
}

# The worksheet of a lab, in the reader's language where there is one
worksheet_of() { # LAB
	local worksheet=labs/$1/README.$spoken.md
	[[ $spoken && -r $worksheet ]] || worksheet=labs/$1/README.md
	echo "$worksheet"
}
