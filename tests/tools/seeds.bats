# bats file_tags=outside
# docs/seeds.md: each row leads to the step where what it names is done. And what reads it, seeds.awk,
# sees when it does not.

bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	cp --parents docs/*.md labs/*/README.md "$BATS_FILE_TMPDIR"
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	READER=$BATS_TEST_DIRNAME/seeds.awk
}

# Of a row or a worksheet that is edited so, in a copy, this is said
seen() { # WHAT FILE SED
	local copy=$BATS_FILE_TMPDIR/$2
	sed "$3" "$2" > "$copy"
	run awk -f "$READER" "$BATS_FILE_TMPDIR/docs/seeds.md"
	cp "$2" "$copy"
	assert_failure 1
	assert_line --partial "$1"
}

@test "each row of docs/seeds.md leads to the step where its words stand" {
	run awk -f "$READER" docs/seeds.md
	assert_success
	# no table was lost on the way
	((${output%% *} > 100))
}

@test "a link that leads nowhere is seen" {
	seen "has no heading #locate" docs/seeds.md '/ls .sys.fs.bpf/s/#load/#locate/'
	seen "has no TODO(9) below #do" docs/seeds.md '/^| hello-tail.py/s/TODO(8)/TODO(9)/'
	seen "should be the heading's words, Load" docs/seeds.md '/ls .sys.fs.bpf/s/, Load/, Look/'
	seen "should begin with the number of the lab" docs/seeds.md '/ls .sys.fs.bpf/s/\[01/[02/'
	seen "there is no " docs/seeds.md '/ls .sys.fs.bpf/s/README/readme/'
	seen "has no heading #compile" labs/01-hello-world/README.md 's/^### Compile/### Build/'
}

@test "a step that no longer does what is said of it is seen" {
	seen '"rm /sys/fs/bpf/hello" is not typed in' labs/01-hello-world/README.md \
		'/^lab# rm .sys.fs.bpf.hello/d'
	# the text still tells of it; another TODO does it
	seen '"bpftool map list" is not typed in' labs/03-globals/README.md 's/^lab# bpftool map list/(&)/'
	seen '"hello --dev lo --mode generic" is not typed in' docs/seeds.md \
		'/hello --dev lo/s/TODO(4)/TODO(1)/'
	seen '"bytes_memlock" is not in' labs/01-hello-world/README.md 's/bytes_memlock/bytes_locked/'
	seen '"512" is not in' labs/06-bpf-to-bpf-calls/README.md '/^## Read/,/^## Look/s/512/0x200/'
}

@test "a row without a link must say why, and a lab that is there must be linked to" {
	seen "the last cell should hold links" docs/seeds.md '/xdp_liz/s/comes with lab 15/later/'
	seen "the last cell should hold links" docs/seeds.md '/on a kprobe/s/checked in the VM//'
	seen "lab 04 is there" docs/seeds.md '/xdp_liz/s/lab 15/lab 04/'
	seen "no command stands in the first cell" docs/seeds.md 's/^| .make. |/| make |/'
	seen "nothing in backticks" docs/seeds.md '/^| 4\. /s/`//g'
	seen "there is no row" docs/seeds.md '/^|/d'
}
