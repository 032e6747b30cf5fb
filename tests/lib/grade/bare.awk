# C sources without comments, and with blanks in one way: `awk -f bare.awk FILE...` prints the same for two
# sets of files only when they are the same programs to the compiler, and to a check that counts lines of
# code. It may miss that: what stands in quotes or in a directive keeps its blanks, and a line its end.
# Files that are no sources are printed as they are.
FNR == 1 { print "@@" FILENAME; source = FILENAME ~ /\.[ch]$/; comment = 0 }
# in a raw string nothing is a comment
/R"/ { source = 0 }
!source { print; next }
{
	first = FNR
	while (sub(/\\\r?$/, "") && (getline more) > 0)
		$0 = $0 more
	if (length > 4000) { # of these many would take minutes
		source = 0
		print
		next
	}
	directive = !comment && /^[ \t]*(#|%:)/
	bare = ""
	while ($0 != "") {
		if (comment) {
			if (!(end = index($0, "*/")))
				break
			$0 = substr($0, end + 2)
			comment = 0
			add(" ")
		}
		if (!match($0, /["']|\/\*|\/\//)) {
			add($0)
			break
		}
		add(substr($0, 1, RSTART - 1))
		$0 = substr($0, RSTART)
		if (/^\/\//)
			break
		if (/^\/\*/) {
			comment = 1
			$0 = substr($0, 3)
		} else {
			if (!match($0, /^("([^"\\]|\\.)*"|'([^'\\]|\\.)*')/))
				RLENGTH = length
			bare = bare substr($0, 1, RLENGTH)
			$0 = substr($0, RLENGTH + 1)
		}
	}
	sub(/ $/, "", bare)
	if (bare != "")
		print bare (FNR > first ? " \\" FNR - first : "") (bare ~ /__LINE__|assert/ ? " @" first : "")
}

# What stands between quotes and comments: a blank around each bracket, comma and run of operators, but for
# numbers as 1e-9; and where there are more, one. None begins a line.
function add(text) {
	if (!directive && text !~ /[0-9][0-9A-Za-z.]*[EePp][-+]/) {
		gsub(/[][(){};,?~]/, " & ", text)
		gsub(/[-+&|<>=*%^!:\/]+/, " & ", text)
	}
	gsub(/[ \t\r\f\v]+/, " ", text)
	if (bare == "" || bare ~ / $/)
		sub(/^ /, "", text)
	bare = bare text
}
