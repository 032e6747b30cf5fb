# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # commands for other shells; what run sets
# A workbook of its own for the tests of what a student calls all day: all labs, the starters of 01 and 03
# built. Each test begins with it as new.

bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	unset MAKEFLAGS MAKELEVEL LAB TODO FILE YES FORCE VERIFY
	make -s student-tree tools LAB=1
	make -s student-tree tools LAB=3
	export PRISTINE=$PWD/build/proof/${BATS_TEST_FILENAME##*/}.$$
	rm -rf "$PRISTINE"
	mkdir -p "$PRISTINE/build/student"
	git ls-files -z -co --exclude-standard | xargs -0 cp -p --parents -t "$PRISTINE"
	cp -rp build/common build/tools "$PRISTINE/build/"
	cp -rp build/student/0[13]-* "$PRISTINE/build/student/"
	rm -f "$PRISTINE"/build/student/*/.verdict "$PRISTINE"/build/student/*/.hints
}

teardown_file() {
	rm -rf "$PRISTINE"
}

setup() {
	unset MAKEFLAGS MAKELEVEL LAB TODO FILE YES FORCE VERIFY WORKBOOK_LANG LC_ALL LC_MESSAGES LANG
	TREE=$PRISTINE.$BATS_SUITE_TEST_NUMBER
	rm -rf "$TREE"
	cp -rp "$PRISTINE" "$TREE"
	cd "$TREE" || return
}

teardown() {
	cd / && rm -rf "$TREE"
}

# What tests/check would have written of a whole check that ended now
checked() { # LAB VERDICT NEXT POINTS RESULT...
	local results
	results=$(printf '\n%s' "${@:5}")
	bash -c '. tests/lib/common.bash; . tests/lib/state.bash; remember "$@"' _ \
		"$1" "$2" "$EPOCHREALTIME" "$3" "$results" "$4" 11
}

# What stands before a command so that it doesn't wait for whoever else uses this machine: what is
# measured then is what a student meets
first_served() {
	chrt -r 1 true 2> /dev/null && echo chrt -r 1 || true
}

# The fastest of ten runs, in milliseconds
fastest() { # CMD...
	local began took best=999999 first
	read -ra first < <(first_served)
	for _ in {1..10}; do
		began=${EPOCHREALTIME/[.,]/}
		"${first[@]}" "$@" > "$BATS_TEST_TMPDIR/said" 2>&1 || true
		took=$((${EPOCHREALTIME/[.,]/} - began))
		((took >= best)) || best=$took
	done
	echo $((best / 1000))
}

# Columns, not bytes
assert_fits() { # COLUMNS; of $output
	local long
	long=$(LC_ALL=C.UTF-8 grep -E ".{$(($1 + 1))}" <<< "$output") || return 0
	fail "more than $1 columns: $long"
}

# Run a command on a terminal of 100 columns where somebody types these keys
on_terminal() { # KEYS CMD
	run timeout -k 1 30 script -qec "stty cols 100; $2" /dev/null < <(sleep 0.3 && printf '%b' "$1" && sleep 1)
}

# Run a command in a workbook that can't be written: read-only, or on a disk that is full
in_full_tree() { # CMD
	run unshare --mount bash -c 'mkdir "$1.full" && mount -t tmpfs -o size=20M tmpfs "$1.full" &&
		cp -rp "$1/." "$1.full" && cd "$1.full" || exit 99
		cat /dev/zero > full 2> /dev/null
		eval "$2"' _ "$TREE" "$1"
	rmdir "$TREE.full"
}

in_readonly_tree() { # CMD
	run unshare --mount bash -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" || exit 99
		eval "$2"' _ "$TREE" "$1"
}
