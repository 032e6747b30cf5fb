# shellcheck shell=bash
# Wrong answers to lab 01, made on the spot, for the tests of the checking machinery.

LAB=01-hello-world

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	unset MAKEFLAGS MAKELEVEL
	PLACE=build/proof/check/$BATS_SUITE_TEST_NUMBER
	rm -rf "$PLACE"
	mkdir -p "$PLACE/src"
}

teardown() {
	rm -rf "$PLACE"
}

# Build the solution with files of ours in place of its own; each is read from standard input. What
# is not ours is built already.
answer() { # [FILE]
	[[ $# == 0 ]] || cat > "$PLACE/src/$1"
	local file
	for file in "labs/$LAB/solution"/*; do
		[[ -e $PLACE/src/${file##*/} ]] || cp -p "$file" "$PLACE/src/"
	done
	cp -a "build/solution/$LAB" "$PLACE/out"
	sed -i "s|build/solution/$LAB/|$PLACE/out/|g" "$PLACE/out"/.*.d
	make -s tree LAB=$LAB SRC="$PLACE/src" OUT="$PLACE/out"
}

check() {
	run timeout -k 1 180 tests/check --tree "$PLACE/out" "$@" $LAB
}

# The same through make, from a copy of the tree in which the student's file is ours
copy_of_tree() {
	local file
	git ls-files -z -co --exclude-standard -- ':!labs/0[2-9]*' ':!labs/[1-9]*' |
		xargs -0 cp --parents -t "$PLACE/src"
	mkdir "$PLACE/src/build"
	cp -r build/common build/tools "$PLACE/src/build/"
	for file in "labs/$LAB/solution"/*; do
		cp "$file" "$PLACE/src/labs/$LAB/"
	done
}

# A loader that does this and nothing else
loader() { # C STATEMENTS
	answer hello.c <<-END
		#define _GNU_SOURCE
		#include <errno.h>
		#include <fcntl.h>
		#include <signal.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			$1
			return 0;
		}
	END
}
