# shellcheck shell=bash
# What the tests of the virtual machine share.

bats_require_minimum_version 1.5.0
load /usr/lib/bats/bats-support/load
load /usr/lib/bats/bats-assert/load

# Into the tree; skip where `make vm` would name packages that are missing
machines() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	# shellcheck source=tests/lib/common.bash
	. tests/lib/common.bash
	# shellcheck source=tests/lib/packages.bash
	. tests/lib/packages.bash
	[[ -z $(missing vm) ]] || skip "not here: $(missing vm | cut -d ' ' -f 1 | xargs)"
}

# What takes minutes without KVM
boots() {
	[[ ${VM_TESTS-} ]] || skip "it boots a machine; VM_TESTS=1 runs it"
}
