# bats file_tags=outside
# The Makefile: what is rebuilt when, from where it can be called, what editors get.

bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export TREE=$PWD/build/proof/build
	rm -rf "$TREE"
	mkdir -p "$TREE"
	# two labs, the second with a header of its own
	git ls-files -z -co --exclude-standard -- ':!labs/0[2-9]*' ':!labs/[1-9]*' |
		xargs -0 cp --parents -t "$TREE"
	cp -r "$TREE/labs/01-hello-world" "$TREE/labs/77-second"
	printf '#define GREETING "Hello World"\n' > "$TREE/labs/77-second/hello.h"
	sed -i '/bpf_helpers.h/a #include "hello.h"' "$TREE"/labs/77-second/{,solution/}hello.bpf.c
	unset MAKEFLAGS MAKELEVEL LAB
	make -s -C "$TREE" student-tree solution-tree tools
}

teardown_file() {
	rm -rf "$TREE"
}

setup() {
	unset MAKEFLAGS MAKELEVEL LAB
	cd "$TREE" || return
}

@test "a second make has nothing to do" {
	run make student-tree solution-tree tools
	assert_success
	refute_output --partial "CLANG"
	refute_output --partial "LOADER"
}

@test "a lab's header rebuilds the object, the skeleton and the loader, on both sides, of that lab" {
	touch labs/77-second/hello.h
	run make student-tree solution-tree
	assert_success
	for side in student solution; do
		assert_line "  CLANG     $side/77-second/hello.bpf.o"
		assert_line "  SKELETON  $side/77-second/hello.skel.h"
		assert_line "  LOADER    $side/77-second/hello"
	done
	refute_output --partial 01-hello-world
}

@test "a header of common/ rebuilds every loader, and no object" {
	touch common/netdev.h
	run make student-tree solution-tree
	assert_success
	assert_line "  LOADER    student/01-hello-world/hello"
	assert_line "  LOADER    solution/77-second/hello"
	refute_output --partial "hello.bpf.o"
}

@test "an edit of the solution leaves the student's side alone" {
	touch labs/77-second/solution/hello.bpf.c
	run make student-tree
	refute_output --partial CLANG
	run make solution-tree
	assert_line "  CLANG     solution/77-second/hello.bpf.o"
}

@test "built by eight jobs at once or by one, it is the same" {
	make -s clean
	run make -s -j8 student-tree solution-tree tools
	assert_success
	(cd build/student && find . -name '*.bpf.o' -exec sha256sum {} +) | sort > many
	make -s clean
	make -s -j1 student-tree
	(cd build/student && find . -name '*.bpf.o' -exec sha256sum {} +) | sort > one
	run diff one many
	assert_success
	make -s student-tree solution-tree tools
}

@test "a lab is called 77, 77-second, or by its folder; 1 is 01" {
	for name in 77 77-second; do
		touch labs/77-second/hello.bpf.c
		run make $name
		assert_success
		assert_line "  CLANG     student/77-second/hello.bpf.o"
		refute_output --partial 01-hello
	done
	touch labs/01-hello-world/hello.bpf.c
	run make 1
	assert_line "  CLANG     student/01-hello-world/hello.bpf.o"
	touch labs/77-second/hello.bpf.c labs/01-hello-world/hello.bpf.c
	run make -C labs/77-second
	assert_line "  CLANG     student/77-second/hello.bpf.o"
	refute_output --partial 01-hello
	touch labs/01-hello-world/hello.bpf.c
	run make LAB=1
	assert_line "  CLANG     student/01-hello-world/hello.bpf.o"
}

@test "another lab's error is no hindrance" {
	cp labs/77-second/hello.bpf.c saved
	echo 'int broken(' >> labs/77-second/hello.bpf.c
	run make 01
	assert_success
	run make 77
	assert_failure
	assert_output --partial "hello.bpf.c:"
	cp saved labs/77-second/hello.bpf.c
}

@test "a warning is an error, in programs and in loaders" {
	for file in hello.bpf.c hello.c; do
		cp labs/77-second/$file saved
		echo 'static int nobody_calls_this(void) { int x; return 1; }' >> labs/77-second/$file
		run make 77
		assert_failure
		assert_output --partial "-Werror"
		cp saved labs/77-second/$file
	done
}

@test "V=1 shows the whole commands" {
	touch labs/77-second/hello.bpf.c
	run make 77 V=1
	assert_output --partial "clang -target bpf -g -O2"
	refute_output --partial "  CLANG  "
}

@test "editors find every file's commands, and clangd has no complaint on either side" {
	make -s
	run jq -r '.[].file' build/compile_commands.json
	assert_success
	for file in labs/01-hello-world/hello.bpf.c labs/01-hello-world/hello.c \
		labs/01-hello-world/solution/hello.c common/netdev.c common/tools/pktrun.c; do
		assert_line "$file"
	done
	for file in hello.bpf.c hello.c solution/hello.bpf.c solution/hello.c; do
		run clangd --check=labs/01-hello-world/$file
		assert_success
		refute_output --partial "error:"
	done
}

@test "clangd shows a real mistake, on both sides" {
	make -s
	for file in hello.bpf.c hello.c; do
		cp labs/77-second/$file saved
		sed -i 's/XDP_PASS;/XDP_PAS;/; s/while (!exiting)/while (!leaving)/' labs/77-second/$file
		run clangd --check=labs/77-second/$file --check-lines=1-1
		cp saved labs/77-second/$file
		assert_output --partial "use of undeclared identifier"
		refute_output --partial "file not found"
	done
}

@test "make help lists the targets of the README" {
	run make help
	for target in start doctor check shell test help; do
		assert_output --partial "make $target "
	done
}

@test "a block inside a block, a block without an end, a starter line without its mark: refused" {
	run awk -f common/blocks.awk <<< $'//: solution 1\n//: solution 2\n//: end'
	assert_failure
	assert_output --partial "a solution block inside another"
	run awk -f common/blocks.awk <<< $'//: solution 1\nx'
	assert_failure
	assert_output --partial "the last block has no end"
	run awk -f common/blocks.awk <<< $'//: solution 1\n//: starter\nx\n//: end'
	assert_failure
	assert_output --partial "a starter line begins with"
	run awk -f common/blocks.awk <<< '//: solutoin 1'
	assert_failure
	assert_output --partial "not a marker here"
}

@test "keep and drop choose the blocks" {
	text=$'a\n//: solution 1\none\n//: starter\n//- ONE\n//: end\n#: solution 2\ntwo\n#: end\nb'
	run awk -f common/blocks.awk <<< "$text"
	assert_output $'a\nONE\nb'
	run awk -v keep="2" -f common/blocks.awk <<< "$text"
	assert_output $'a\nONE\ntwo\nb'
	run awk -v keep=all -v drop=2 -f common/blocks.awk <<< "$text"
	assert_output $'a\none\nb'
}
