# bats file_tags=outside
# make hint, reveal, solution: help, one step at a time.
# shellcheck disable=SC2016,SC2013,SC2030,SC2031 # commands for other shells; words without blanks; one test

load day

@test "hint: before the first check it says what to do" {
	run make -s hint LAB=1
	assert_failure
	assert_line --index 0 "01-hello-world was not checked yet. First: make check LAB=01"
	assert_line --index 1 "For a TODO of your choice: make hint LAB=01 TODO=1"
	run make -s -C labs/01-hello-world hint
	assert_line --index 0 "01-hello-world was not checked yet. First: make check"
}

@test "hint: a real check, and the ladder for its first red check, one rung a call" {
	run make -s check LAB=1
	assert_failure
	cd labs/01-hello-world || return
	run make -s hint
	assert_success
	assert_line --index 0 "TODO(1) of 01-hello-world, hint 1 of 2"
	assert_output --partial "The call takes four arguments: which device"
	assert_line --index -1 "The next one: make hint"
	run make -s hint
	assert_line --index 0 "TODO(1) of 01-hello-world, hint 2 of 2"
	assert_output --partial 'How: `mode | XDP_FLAGS_UPDATE_IF_NOEXIST`.'
	refute_output --partial "The call takes four arguments"
	refute_output --partial "The next one"
	run make -s hint
	assert_line --index 0 "TODO(1) of 01-hello-world, hint 2 of 2"
	assert_line --index -1 "That was the last one. The answer to this TODO alone: make reveal TODO=1"
	# the same words as in the worksheet
	run grep -F 'How: `mode | XDP_FLAGS_UPDATE_IF_NOEXIST`.' README.md
	assert_success
}

@test "hint: a TODO that became green starts over, others go on" {
	checked 01-hello-world fail 'TODO(1)' 1 'red TODO(1): a [2]' 'red TODO(2): b [2]'
	make -s hint LAB=1 && make -s hint LAB=1 && make -s hint LAB=1 TODO=2
	checked 01-hello-world fail 'TODO(2)' 3 'green TODO(1): a [2]' 'red TODO(2): b [2]'
	run make -s hint LAB=1
	assert_line --index 0 "TODO(2) of 01-hello-world, hint 2 of 2"
	checked 01-hello-world fail 'TODO(1)' 1 'red TODO(1): a [2]' 'red TODO(2): b [2]'
	run make -s hint LAB=1
	assert_line --index 0 "TODO(1) of 01-hello-world, hint 1 of 2"
}

@test "hint: the lab of the last check, when none is named in the root" {
	run make -s hint
	assert_failure
	assert_line --index 0 "Which lab? Say it as in: make hint LAB=01"
	assert_output --partial 03-globals
	assert_fits 100
	checked 03-globals fail 'TODO(2)' 3 'red TODO(2): b [2]'
	checked 01-hello-world fail 'TODO(3)' 3 'red TODO(3): b [2]'
	run make -s hint
	assert_success
	assert_line --index 0 "(no LAB named: 01-hello-world, which was checked last)"
	assert_line --index 1 "TODO(3) of 01-hello-world, hint 1 of 1"
}

@test "hint: words that can't be meant" {
	run common/bin/hint
	assert_failure 3
	LAB=77 run common/bin/hint
	assert_failure 3
	assert_line --index 0 "No lab is called 77; there are:"
	assert_fits 100
	LAB=1 TODO=9 run common/bin/hint
	assert_failure 3
	assert_output "01-hello-world has no TODO(9); its TODOs are: 1 2 3 4"
	LAB=1 TODO='.*' run common/bin/hint
	assert_failure 3
	LAB=1 TODO='1 2' run common/bin/hint
	assert_failure 3
}

@test "hint: a verdict that is older than the files is still used, and said to be old" {
	checked 01-hello-world fail 'TODO(2)' 3 'red TODO(2): b [2]'
	run make -s hint LAB=1
	refute_output --partial "You saved a file"
	touch labs/01-hello-world/hello.c
	run make -s hint LAB=1
	assert_success
	assert_line --index 0 "You saved a file after the last check; make check LAB=01 tells how it stands now."
	assert_line --index 1 "TODO(2) of 01-hello-world, hint 2 of 2"
	checked 01-hello-world fail 'TODO(2)' 3 'red TODO(2): b [2]'
	rm labs/01-hello-world/hello.c
	run make -s hint LAB=1
	assert_line --index 0 --partial "You saved a file after the last check"
}

@test "hint: nothing is red, nothing builds, or what is red belongs to no TODO" {
	checked 01-hello-world pass '' 11 'green TODO(2): b [2]'
	run make -s hint LAB=1
	assert_success
	assert_line --index 0 "All checks of 01-hello-world are green: there is nothing to hint at."
	checked 01-hello-world error '' 0
	run make -s hint LAB=1
	assert_failure
	assert_line --index 0 "It does not build, or the verifier refuses it: make check LAB=01 shows the place."
	checked 01-hello-world fail 'every frame passes' 0 'red every frame passes' 'red TODO(1): a'
	run make -s hint LAB=1
	assert_failure
	assert_line --index 1 "  every frame passes"
	assert_output --partial "It was green in the starter: one of your edits turned it red."
}

@test "hint: every rung of every lab's worksheet is told, in its order, on 100 columns" {
	local lab todo count in_sheet rung of rungs=0
	for lab in $(cd labs && echo [0-9]*); do
		in_sheet=$(grep -oE '<summary>(TODO\([0-9]+\)(, )?)+' "labs/$lab/README.md" | grep -o 'TODO' | wc -l)
		count=0
		for todo in $(sed -nE 's/^@test .TODO\(([0-9]+)\).*/\1/p' "tests/$lab.bats" | sort -un); do
			of=1
			for ((rung = 1; rung <= of; rung++)); do
				LAB=$lab TODO=$todo run common/bin/hint
				[[ ${lines[0]} =~ hint\ $rung\ of\ ([0-9]) ]] || break
				of=${BASH_REMATCH[1]} count=$((count + 1))
				assert_line --index 0 --partial "TODO($todo) of $lab, hint"
				((${#lines[@]} >= 2))
				refute_output --partial '</'
				assert_fits 100
			done
			assert_success
		done
		assert_equal "$lab $count" "$lab $in_sheet"
		rungs=$((rungs + count))
	done
	((rungs > 100))
}

@test "hint: in the reader's language where the worksheet has it, rung by rung" {
	cat > labs/01-hello-world/README.zh.md <<- 'END'
		<details><summary>TODO(1)、TODO(3)，提示一</summary>

		四个参数。

		都在变量里。
		</details>
	END
	WORKBOOK_LANG=zh LAB=1 TODO=1 run common/bin/hint
	assert_line --index 0 "TODO(1)，01-hello-world，提示 1 / 2"
	assert_line "  四个参数。"
	assert_line "  都在变量里。"
	refute_output --partial "four arguments"
	WORKBOOK_LANG=zh LAB=1 TODO=1 run common/bin/hint
	assert_output --partial 'How: `mode | XDP_FLAGS_UPDATE_IF_NOEXIST`.'
	LANG=zh_CN.UTF-8 LAB=1 TODO=3 run common/bin/hint
	assert_line "  四个参数。"
	WORKBOOK_LANG=de LANG=zh_CN.UTF-8 LAB=1 TODO=2 run common/bin/hint
	assert_output --partial '`ctx->data` is a 32-bit number'
}

@test "hint: in a tree that can't be written it still answers, and says what it can't keep" {
	checked 01-hello-world fail 'TODO(1)' 3 'red TODO(1): b [2]'
	in_readonly_tree 'make -s hint LAB=1'
	assert_success
	assert_line --index 0 "TODO(1) of 01-hello-world, hint 1 of 2"
	assert_output --partial "This can not be noted down under build/"
	assert_line --index -1 "labs/01-hello-world/README.md"
	refute_output --partial "Read-only"
	in_full_tree 'make -s hint LAB=1; echo; ls build/student/*/.hints*'
	assert_output --partial "This can not be noted down under build/"
	refute_output --partial "No space"
	refute_output --partial ".hints.new"
}

@test "hint, reveal and progress answer within 100 ms, from a lab's folder" {
	checked 01-hello-world fail 'TODO(2)' 3 'red TODO(2): b [2]'
	local took
	for target in 'hint' 'reveal TODO=2 YES=1' 'progress'; do
		# shellcheck disable=SC2086 # two words
		took=$(fastest make -s -C labs/01-hello-world $target)
		echo "# make $target: $took ms" >&3
		((took < 100)) || fail "make $target takes $took ms"
	done
}

@test "on a terminal there is colour, with NO_COLOR and elsewhere there is none" {
	checked 01-hello-world fail 'TODO(2)' 3 'red TODO(2): b [2]'
	on_terminal '' 'TERM=xterm make -s hint LAB=1'
	assert_output --partial $'\e[1mTODO(2)'
	on_terminal '' 'NO_COLOR=1 TERM=xterm make -s hint LAB=1'
	refute_output --partial $'\e'
	run make -s progress
	refute_output --partial $'\e'
	run make -s reveal LAB=1 TODO=2 YES=1
	refute_output --partial $'\e'
	on_terminal 'y\n' 'TERM=xterm make -s reveal LAB=1 TODO=2'
	assert_output --partial $'\e[32m+'
}

# ---- reveal -------------------------------------------------------------------------------------

@test "reveal: for every TODO of every lab, that block, on the starter and with all else solved" {
	local solution file lab todo others tried=0
	for solution in labs/*/solution/*; do
		file=${solution/solution\//} lab=${solution#labs/} lab=${lab%%/*}
		for todo in $(sed -nE 's,^\s*(//|#): solution ([0-9]+)$,\2,p' "$solution" | sort -un); do
			others=$(sed -nE 's,^\s*(//|#): solution ([0-9]+)$,\2,p' "$solution" | sort -un | grep -vx "$todo" | xargs)
			for kept in '' "$others"; do
				awk -v keep="$kept" -f common/blocks.awk "$solution" > "$file"
				awk -v keep="$kept $todo" -f common/blocks.awk "$solution" > "$BATS_TEST_TMPDIR/answer"
				LAB=$lab TODO=$todo YES=1 run common/bin/reveal
				assert_success
				# of a TODO in two files, the part for this one
				patch -s -o "$BATS_TEST_TMPDIR/patched" "$file" < <(
					awk -v file="$file" '/^--- / { on = $2 == file } on' <<< "$output"
				)
				diff -u "$BATS_TEST_TMPDIR/answer" "$BATS_TEST_TMPDIR/patched" ||
					fail "TODO($todo) of $file, with '$kept' solved"
				tried=$((tried + 1))
			done
			awk -v keep='' -f common/blocks.awk "$solution" > "$file"
		done
	done
	((tried > 150))
}

@test "reveal: what the student wrote elsewhere stays, what stands in the block gives way; nothing is written" {
	local before
	sed -i -e 's/bpf_printk("Hello World");/bpf_printk("Hello %d", ctx->data);/' \
		-e '1i // my own remark' labs/01-hello-world/hello.bpf.c
	before=$(find . -type f -exec md5sum {} + | sort)
	LAB=1 TODO=2 YES=1 run common/bin/reveal
	assert_success
	assert_line --index 0 "--- labs/01-hello-world/hello.bpf.c"
	assert_line --index 1 "+++ labs/01-hello-world/hello.bpf.c with TODO(2)"
	assert_line $'-\tbpf_printk("Hello %d", ctx->data);'
	assert_line $'+\tbpf_printk("Hello World: %ld bytes", data_end - data);'
	refute_output --partial "my own remark"
	refute_output --partial "<<<<"
	assert_equal "$(find . -type f -exec md5sum {} + | sort)" "$before"
	assert_equal "$(find . -name '*.saved')" ""
}

@test "reveal: an answer that is there already, and a file that is not" {
	awk -v keep=all -f common/blocks.awk labs/01-hello-world/solution/hello.bpf.c > labs/01-hello-world/hello.bpf.c
	LAB=1 TODO=2 YES=1 run common/bin/reveal
	assert_success
	assert_output "labs/01-hello-world/hello.bpf.c has it already, word for word."
	rm labs/01-hello-world/hello.bpf.c
	LAB=1 TODO=2 YES=1 run common/bin/reveal
	assert_failure 1
	assert_output "labs/01-hello-world/hello.bpf.c is missing; the starter of it again: make reset LAB=01 FILE=hello.bpf.c"
	: > labs/01-hello-world/hello.bpf.c
	LAB=1 TODO=2 YES=1 run common/bin/reveal
	assert_success
	assert_output --partial $'+\tbpf_printk("Hello World: %ld bytes", data_end - data);'
}

@test "reveal: it asks on a terminal, and anything but y is no" {
	on_terminal 'y\n' 'TERM=xterm make -s reveal LAB=1 TODO=2'
	assert_success
	assert_output --partial "Show our answer to TODO(2) of 01-hello-world? [y/N]"
	assert_output --partial 'bpf_printk("Hello World: %ld bytes"'
	local keys
	for keys in '\n' 'n\n' '\004' 'x\n'; do
		on_terminal "$keys" 'make -s reveal LAB=1 TODO=2'
		assert_failure
		assert_output --partial "Nothing is shown. A hint instead: make hint LAB=01 TODO=2"
		refute_output --partial "bpf_printk"
	done
	on_terminal '\003' 'make -s reveal LAB=1 TODO=2'
	assert_failure
	refute_output --partial "bpf_printk"
}

@test "reveal: without a terminal it wants YES=1; without or with a wrong TODO it says which there are" {
	run make -s reveal LAB=1 TODO=2 < /dev/null
	assert_failure
	assert_line --index 0 "This shows an answer. If you mean it: make reveal LAB=01 TODO=2 YES=1"
	run make -s reveal LAB=1
	assert_failure
	assert_line --index 0 "Which TODO? 01-hello-world has 1 2 3 4: make reveal LAB=01 TODO=2"
	LAB=1 TODO=0 YES=1 run common/bin/reveal
	assert_failure 3
	assert_output "01-hello-world has no TODO(0); its TODOs are: 1 2 3 4"
}

# ---- solution -----------------------------------------------------------------------------------

@test "solution: not before the lab has passed, but with FORCE=1; and after that, even when it is red again" {
	run make -s solution LAB=1
	assert_failure
	assert_line --index 0 "01-hello-world has not passed yet. The answer to one TODO: make reveal LAB=01 TODO=1"
	assert_line --index 1 "All of it, even so: make solution LAB=01 FORCE=1"
	run make -s solution LAB=1 FORCE=1
	assert_success
	assert_line "==== labs/01-hello-world/hello.bpf.c"
	assert_line "==== labs/01-hello-world/hello.c"
	assert_line $'\tbpf_printk("Hello World: %ld bytes", data_end - data);'
	refute_output --partial '//: '
	checked 01-hello-world fail 'TODO(1)' 3 'red TODO(1): b [2]'
	run make -s solution LAB=1
	assert_failure
	checked 01-hello-world pass '' 11 'green TODO(1): b [2]'
	run make -s solution LAB=1
	assert_success
	checked 01-hello-world fail 'TODO(1)' 3 'red TODO(1): b [2]'
	make -s clean
	run make -s solution LAB=1
	assert_success
}

@test "solution: on a terminal it comes a page at a time" {
	PAGER='cat' on_terminal '' 'make -s solution LAB=1 FORCE=1'
	assert_output --partial "==== labs/01-hello-world/hello.c"
	on_terminal 'q' 'env -u PAGER TERM=xterm make -s solution LAB=1 FORCE=1'
	assert_output --partial "==== labs/01-hello-world/hello.bpf.c"
	refute_output --partial 'sigaction'
}

@test "a workbook without answers says so" {
	rm -r labs/*/solution
	local target
	for target in 'reveal LAB=1 TODO=2 YES=1' 'solution LAB=1' 'solution LAB=1 FORCE=1'; do
		# shellcheck disable=SC2086
		run make -s $target
		assert_failure
		assert_line --index 0 "This workbook came without the answers: whoever gave it to you has them."
	done
	# and hints work
	run make -s hint LAB=1 TODO=2
	assert_success
	assert_line --index 0 "TODO(2) of 01-hello-world, hint 1 of 2"
}
