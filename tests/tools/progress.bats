# bats file_tags=outside
# make progress, and the file that it reads; make reset.
# shellcheck disable=SC2016 # commands for other shells

load day

@test "progress: before any check, the first lab is next" {
	run make -s progress
	assert_success
	assert_line --index 0 "01-hello-world             ..........    0/11  next"
	assert_line --index -2 --regexp '^0 of [0-9]+ labs are done, 0 of [0-9]+ points\.$'
	assert_line --index -1 "Next: labs/01-hello-world"
	assert_fits 100
	# the points that README.md gives
	local lab points
	while IFS='|' read -r _ lab _ _ _ _ points _; do
		lab=${lab#*[} lab=${lab%%]*}
		assert_line --regexp "^$lab .* 0/${points// /}( |$)"
	done < <(grep '^| \[[0-9]' README.md)
}

@test "progress: a real check writes its line, from the root and from the lab's folder" {
	run make -s check LAB=1
	assert_failure
	run cat progress
	assert_line --index 0 --regexp '^# lab  points  of  best  passed  checked'
	assert_line --index 1 --regexp '^hello-world 1 11 1 - 20[0-9-]{8}T[0-9:]{5}$'
	run make -s -C labs/01-hello-world progress
	assert_line --index 0 "01-hello-world             ..........    1/11  next"
	assert_line --index -1 "Next: TODO(1) in labs/01-hello-world"
	# a check of our answer, of a stage or of one check says nothing about the student's
	for how in '--solution' '--stage packets' '--filter TODO.1.'; do
		cp progress "$BATS_TEST_TMPDIR/before"
		# shellcheck disable=SC2086
		tests/check $how 1 > /dev/null || true
		cmp progress "$BATS_TEST_TMPDIR/before"
	done
	assert_equal "$(git -C "$TREE" check-ignore progress labs/01-hello-world/hello.c.1.saved 2> /dev/null | wc -l)" 2
}

@test "progress: done stays done, the best points stay, and what is worse now is told" {
	checked 01-hello-world pass '' 11 'green TODO(1): b [2]'
	checked 02-verdicts fail 'TODO(3)' 8 'red TODO(3): b [2]'
	checked 01-hello-world fail 'TODO(1)' 5 'red TODO(1): b [2]'
	checked 02-verdicts error '' 0
	run make -s progress
	assert_line --index 0 --regexp '^01-hello-world +########## +11/11  done 20[0-9-]+, now 5 points$'
	assert_line --index 1 --regexp '^02-verdicts +##\.{8} +8/31  next$'
	assert_line --index -2 --partial "1 of "
	assert_line --index -1 "Next: labs/02-verdicts"
}

@test "progress: a newer edition renumbers a lab, drops one, changes the points: the file is still right" {
	checked 03-globals pass '' 20 'green TODO(1): b [2]'
	checked 02-verdicts fail 'TODO(3)' 31 'red TODO(3): b [2]'
	mv labs/03-globals labs/33-globals && mv tests/03-globals.bats tests/33-globals.bats
	rm -r labs/02-verdicts tests/02-verdicts.bats
	sed -i '0,/ \[2\]" {/s// [1]" {/' tests/33-globals.bats
	run make -s progress
	assert_line --regexp '^33-globals +########## +19/19  done 20[0-9-]+$'
	refute_output --partial verdicts
	checked 01-hello-world pass '' 11 'green TODO(1): b [2]'
	run grep -c '^verdicts 31' progress
	assert_output 1
	# and what is in build/ is not needed
	make -s clean
	run make -s progress
	assert_line --regexp '^33-globals +########## +19/19  done 20[0-9-]+$'
}

@test "progress: lines that somebody has spoilt, and an empty file, are no stumbling block" {
	printf 'hello-world eleven 11\n\n\0\377 x\nglobals 4 20 999 - x\nverdicts 2\n' > progress
	run make -s progress
	assert_success
	assert_line --regexp '^01-hello-world .* 0/11  next'
	assert_line --regexp '^03-globals +########## +20/20'
	checked 01-hello-world pass '' 11 'green TODO(1): b [2]'
	run make -s progress
	assert_line --regexp '^01-hello-world .* 11/11  done'
	: > progress
	run make -s progress
	assert_success
}

@test "progress: forty checks that end at once lose no line" {
	local i
	for i in {1..40}; do
		checked "$((i + 50))-lab$i" fail 'TODO(1)' "$i" 'red TODO(1): b [2]' 3>&- &
	done
	wait
	for i in {1..40}; do
		run grep -c "^lab$i $i 11 $i - " progress
		assert_output 1
	done
	assert_equal "$(ls -d progress*)" progress
}

@test "progress: VERIFY=1 checks again what has a line, and believes what it finds" {
	checked 01-hello-world pass '' 11 'green TODO(1): b [2]'
	run make -s progress VERIFY=1
	assert_success
	assert_line --index 0 --partial "fail: 01-hello-world: 1 of 7 checks are green"
	assert_line --index 1 "01-hello-world             ..........    1/11  next"
	refute_output --partial "fail: 03-globals"
	awk -v keep=all -f common/blocks.awk labs/01-hello-world/solution/hello.bpf.c > labs/01-hello-world/hello.bpf.c
	awk -v keep=all -f common/blocks.awk labs/01-hello-world/solution/hello.c > labs/01-hello-world/hello.c
	run make -s progress VERIFY=1
	assert_line --index 0 --partial "pass: 01-hello-world"
	assert_line --index 1 --regexp '^01-hello-world +########## +11/11  done'
}

@test "progress: a full disk or a read-only tree costs the line, not the verdict, and not the lines before" {
	checked 03-globals pass '' 20 'green TODO(1): b [2]'
	make -s student-tree tools LAB=1
	in_readonly_tree 'make -s check LAB=1'
	assert_line --index -1 --partial ": 01-hello-world: "
	refute_output --partial "progress"
	in_readonly_tree 'make -s progress'
	assert_success
	assert_line --regexp '^03-globals +########## +20/20  done'
	in_full_tree '. tests/lib/common.bash; . tests/lib/state.bash
		remember 01-hello-world fail 1 "TODO(1)" $'"'\\\\nred TODO(1): x'"' 1 11; echo "status $?"
		cat progress; ls -d progress*; make -s progress'
	assert_line --index 0 "status 0"
	assert_line --regexp '^globals 20 11 20 '
	refute_output --partial "progress.new"
	refute_output --partial "No space"
	assert_line --regexp '^03-globals +########## +20/20  done'
}

# ---- reset --------------------------------------------------------------------------------------

@test "reset: the starter again, and the student's file beside it under a name that is free" {
	local lab=labs/01-hello-world i
	cp $lab/hello.bpf.c "$BATS_TEST_TMPDIR/starter"
	for i in 1 2 3; do
		echo "// mine, $i" >> $lab/hello.bpf.c
		run make -s -C $lab reset
		assert_success
		assert_line --index 0 "$lab/hello.bpf.c is the starter again; yours is saved as hello.bpf.c.$i.saved"
		assert_line --index 1 "$lab/hello.c is the starter already"
		cmp $lab/hello.bpf.c "$BATS_TEST_TMPDIR/starter"
		run tail -n 1 $lab/hello.bpf.c.$i.saved
		assert_output "// mine, $i"
	done
	# they are no part of the lab
	run make -s student-tree LAB=1
	assert_success
	assert_output ""
}

@test "reset: what was saved and is put back by mv, older as it is, is what the next check builds" {
	local lab=labs/01-hello-world
	awk -v keep=all -f common/blocks.awk $lab/solution/hello.bpf.c > $lab/hello.bpf.c
	run make -s check LAB=1
	assert_line --index -1 --partial "3 of 7 checks are green"
	make -s reset LAB=1
	run make -s check LAB=1
	assert_line --index -1 --partial "1 of 7 checks are green"
	mv $lab/hello.bpf.c.1.saved $lab/hello.bpf.c
	run make -s check LAB=1
	assert_line --index -1 --partial "3 of 7 checks are green"
}

@test "reset: a file that was deleted, one of several, a path" {
	local lab=labs/01-hello-world
	rm $lab/hello.c
	echo '// mine' >> $lab/hello.bpf.c
	run make -s reset LAB=1 FILE=hello.c
	assert_success
	assert_output "$lab/hello.c was missing, and is the starter again"
	run make -s reset LAB=01 FILE=$lab/hello.bpf.c
	assert_success
	assert_output "$lab/hello.bpf.c is the starter again; yours is saved as hello.bpf.c.1.saved"
}

@test "reset: from the starters of a workbook that has no answers" {
	local lab=labs/01-hello-world
	mkdir -p common/starters/01-hello-world
	cp $lab/hello.c $lab/hello.bpf.c common/starters/01-hello-world/
	rm -r labs/*/solution
	echo '// mine' >> $lab/hello.bpf.c
	run make -s reset LAB=1
	assert_success
	assert_line --index 0 "$lab/hello.bpf.c is the starter again; yours is saved as hello.bpf.c.1.saved"
	cmp $lab/hello.bpf.c common/starters/01-hello-world/hello.bpf.c
	run make -s reset LAB=3
	assert_failure
	assert_line --index 0 "There are no starters of 03-globals in this workbook."
}

@test "reset: words that can't be meant change nothing" {
	echo '// mine' >> labs/01-hello-world/hello.bpf.c
	checked 01-hello-world fail 'TODO(1)' 3 'red TODO(1): b [2]'
	run common/bin/reset
	assert_failure 3
	assert_line --index 0 "Which lab? Say it as in: make reset LAB=01"
	LAB=1 FILE=README.md run common/bin/reset
	assert_failure 3
	assert_output "01-hello-world has no starter README.md; it has: hello.bpf.c hello.c"
	LAB=1 FILE='*' run common/bin/reset
	assert_failure 3
	LAB=x run common/bin/reset
	assert_failure 3
	run tail -n 1 labs/01-hello-world/hello.bpf.c
	assert_output '// mine'
}

@test "reset: two at once save what there was, once or twice, and lose nothing" {
	local lab=labs/01-hello-world i
	for i in 1 2 3 4 5; do
		echo "// mine, $i" >> $lab/hello.bpf.c
		common/bin/reset > /dev/null 3>&- & LAB=1 common/bin/reset > /dev/null 3>&- &
		LAB=1 common/bin/reset > /dev/null 3>&- &
		wait
		run cat $lab/*.saved
		assert_line "// mine, $i"
		refute_output ""
	done
	run find $lab -name '.*.new.*'
	assert_output ""
}

@test "reset: when nothing can be written, nothing is changed" {
	local lab=labs/01-hello-world
	echo '// mine' >> $lab/hello.bpf.c
	in_readonly_tree 'make -s reset LAB=1; tail -n 1 labs/01-hello-world/hello.bpf.c'
	assert_line "$lab/hello.bpf.c: nothing was changed, because nothing can be written beside it"
	assert_line --index -1 '// mine'
	refute_output --partial "Read-only"
	in_full_tree 'make -s reset LAB=1; tail -n 1 labs/01-hello-world/hello.bpf.c; ls -A labs/01-hello-world'
	assert_line "$lab/hello.bpf.c: nothing was changed, because nothing can be written beside it"
	assert_line '// mine'
	refute_output --partial ".saved"
	refute_output --partial ".new"
}

@test "reset: a folder, or a link, in the file's place is left alone" {
	local lab=labs/01-hello-world
	rm $lab/hello.c && mkdir $lab/hello.c
	run make -s reset LAB=1 FILE=hello.c
	assert_failure
	assert [ -d $lab/hello.c ]
	rmdir $lab/hello.c && ln -s hello.bpf.c $lab/hello.c
	run make -s reset LAB=1 FILE=hello.c
	assert_success
	assert [ ! -L $lab/hello.c ]
	assert_equal "$(head -n 1 $lab/hello.bpf.c)" "// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause"
}
