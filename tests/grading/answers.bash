# shellcheck shell=bash
# Right and wrong answers to every lab, as hand-ins: `answers FOLDER LAB...` writes the students solution,
# starter, and wrong-01, wrong-02, ..., of whom each has one planted wrong answer for each lab that has as
# many (tests/mutants). It prints a line for each: NAME, LAB, MUTANT, and how the check begins that must be
# red. Sourced; runs in the tree's root.

# A lab's solution, without the marks of its blocks
plain_solution() { # LAB FOLDER
	local file
	mkdir -p "$2"
	for file in "labs/$1/solution"/*; do
		awk -v keep=all -f common/blocks.awk "$file" > "$2/${file##*/}" || return
	done
}

# The planted wrong answers of a lab, one a line: MUTANT, CATCH, FILE, SED, with tabs between
planted() { # LAB
	awk '
		function out() { if (sed != "") print mutant "\t" catch "\t" file "\t" sed; sed = "" }
		/^mutant / { out(); mutant = $2; sub(/:$/, "", mutant) }
		/^catch / { catch = $0; sub(/^catch +/, "", catch) }
		/^file / { file = $2 }
		/^sed / { sed = $0; sub(/^sed +/, "", sed) }
		END { out() }' "tests/mutants/$1"
}

answers() { # FOLDER LAB...
	local folder=$1 lab n name mutant catch file edit
	shift
	for lab; do
		plain_solution "$lab" "$folder/solution/$lab" || return
		printf 'solution\t%s\t\t\n' "$lab"
		mkdir -p "$folder/starter/$lab"
		for file in "labs/$lab/solution"/*; do
			cp "labs/$lab/${file##*/}" "$folder/starter/$lab" || return
		done
		printf 'starter\t%s\t\t\n' "$lab"
		n=0
		while IFS=$'\t' read -r mutant catch file edit; do
			printf -v name wrong-%02d $((n += 1))
			plain_solution "$lab" "$folder/$name/$lab" && sed -i "$edit" "$folder/$name/$lab/$file" || return
			printf '%s\t%s\t%s\t%s\n' "$name" "$lab" "$mutant" "$catch"
		done < <(planted "$lab")
	done
}
