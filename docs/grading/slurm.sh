#!/usr/bin/env bash
# One hand-in a task, as a Slurm array. In a clone of this tree that all nodes see under one name, and
# where `make student-tree tools` was run:
#
#	export GRADE_SALT=a-secret-word ISOLATION=vm      (or sandbox: hand-ins of people that you trust)
#	entries=(hand-ins/*)
#	sbatch --wait --array=1-${#entries[@]}%8 docs/grading/slurm.sh hand-ins grades 01-hello-world 03-globals
#	common/bin/grade-report grades
#
#SBATCH --job-name=grade
#SBATCH --cpus-per-task=1
#SBATCH --mem=1500M
#SBATCH --time=00:30:00
#SBATCH --output=grade-%A-%a.log
set -u
cd "$SLURM_SUBMIT_DIR" || exit 3
entries=("$1"/*) out=$2
shift 2
mkdir -p "$out" || exit 3
# sandboxes take root
become=()
((EUID == 0)) || become=(sudo "--preserve-env=GRADE_SALT,ISOLATION,TESTS")
exec "${become[@]}" common/bin/grade-one "${entries[SLURM_ARRAY_TASK_ID - 1]}" "$out" "$@"
