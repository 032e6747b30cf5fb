# What tests/lib/graded said of one hand-in, judged: jq -R -s -r -f verdict.jq OPTION... < STREAM. The first
# line that comes out is for grade-one: "VERDICT POINTS/OF LAB,LAB" with the labs that are to be tried
# again, or "-"; then the result. The options are verdict_of's in grade-one.
#
# Nothing counts but what all three say: the plan, which names each check; the lines of results, each
# planned one once, in its order, under its name; and the exit status. The text of docs/grading.md
# describes what comes out.
#
# class: [{labs: [{lab, title, weight}], plan: ["LAB\tpublic|hidden\tpackets|network\tNAME"]}];
# starter: [its result] or nothing; passed: results of labs whose files somebody has handed in before, but
# for comments and blanks, and passed; student, entry, digest, given, isolation; died: why the isolation
# did, or ""; started and seconds: when and how long. All that is the hand-in's own is a string.

# numbers that the kernel hands out are others each time
def steady: gsub("(?<w>\\b(program|id|pid)) [0-9]+"; "\(.w) N") | gsub("line [0-9]+: +[0-9]+ "; "")
	| gsub("/grade/(built|tree|hidden)/([0-9]{2}-[^/ ]*/)?"; "") | gsub("/run/workbook/(logs|bin)/"; "");

def lab_of: split(" ") | if .[0] | IN("took", "same", "untouched", "digest", "absent", "refused", "nothing", "built", "run", "hidden") then .[1] else null end;

# the records of the stream: {at: LAB, kind, text}
def records:
	reduce .[] as $line ({at: "-", out: []};
		if $line | startswith("@") then
			($line[1:]) as $text | ($text | lab_of) as $lab
			| (if $lab then .at = $lab else . end)
			| .out += [{at: (if $lab then $lab else "-" end), kind: ($text | split(" ")[0]),
				text: ($text | sub("^[^ ]+ ?"; "") | if $lab then sub("^[^ ]+ ?"; "") else . end)}]
		else .out += [{at: .at, kind: $line[0:1], text: $line[2:]}] end)
	| .out;

# TAP, against the names that are planned: {seen: {NAME: {ok, skip, said}}, odd: [WHAT IS NOT AS PLANNED]}
def tap($packets; $network):
	reduce .[] as $line ({stage: "load", next: 0, seen: {}, plans: [], odd: [], env: [], said: [], last: null};
		(if .stage == "packets" then $packets elif .stage == "network" then $network else [] end) as $names
		| if .stage == "load" and $line == "# loaded" then .stage = "packets"
		elif .stage == "packets" and $line == "# network" and .next == ($packets | length) then
			.stage = "network" | .next = 0 | .last = null
		elif .stage == "packets" and $line == "# packets" and .next == ($packets | length) then .last = null
		elif $line | test("^1\\.\\.[0-9]+$") then
			if .stage != "load" and $line == "1..\($names | length)" and .next == 0 then .plans += [.stage]
			else .odd += ["the plan says \($line)"] end
		elif $line | test("^(not )?ok\\b") then
			($line | capture("^(?<not>not )?ok (?<n>[0-9]+) (?<rest>.*)$") // null) as $m
			| if $m == null or .stage == "load" or .next >= ($names | length) or ($m.n | tonumber) != .next + 1
			then .odd += [$line]
			else $names[.next] as $name
			| if $m.rest == $name then .seen[$name] = {ok: ($m.not == null), said: []} | .next += 1 | .last = $name
			elif $m.not == null and ($m.rest | startswith($name + " # skip ")) then
				.seen[$name] = {ok: false, skip: $m.rest[($name | length) + 8:], said: []} | .next += 1 | .last = $name
			else .odd += [$line] end end
		else
			(if $line | startswith("# env ") then .env += [$line[6:]] else . end)
			| if .last and ($line | startswith("# ")) then .last as $name | .seen[$name].said += [$line[2:]]
			else .said += [$line] end
		end);

def points: (capture("\\[(?<n>[0-9]+)\\]$").n | tonumber) // 0;
def todo: (capture("^TODO\\((?<n>[0-9]+)\\)").n | tonumber) // null;

# grade-one's words
def too_long: "it took too long, and was ended";

# All checks of one lab and kind (public or hidden), with the lab's verdict as far as they tell it
def judged($plan; $lines; $ends; $died; $word):
	($plan | map(select(.stage == "packets").name)) as $packets
	| ($plan | map(select(.stage == "network").name)) as $network
	| ($lines | tap($packets; $network)) as $tap
	| (if $ends | length == 1 then $ends[0] | tonumber else null end) as $status
	| ([$tap.seen[] | select(.ok | not) | select(.skip == null)] | length) as $reds
	| ($plan | length == ($tap.seen | length)) as $whole
	| (if $ends | length > 1 then "its checks ended \($ends | length) times"
		elif $tap.odd != [] then "a line of results is not as planned: \($tap.odd[0][0:100])"
		elif $status == 0 and ($reds > 0 or ($whole | not)) then "the checks ended well, but their lines don't say so"
		elif $status == 1 and $reds == 0 then "the checks ended badly, and their lines don't say where"
		elif $status == 1 and ($whole | not) or ($status | IN(0, 1)) and $tap.plans != ["packets", "network"] then "a line of results is missing"
		else "" end) as $forged
	| (if $forged != "" then {verdict: "error", reason: "the results can't be trusted: \($forged)"}
		elif $status == null and $died != "" then {verdict: "error", reason: $died}
		elif $status == null then {verdict: "env", reason: "the \($word) ended before the checks did"}
		elif $status == 0 then {verdict: "pass", reason: ""}
		elif $status == 1 then {verdict: "fail", reason: ""}
		elif $status == 2 then {verdict: "error", reason: "the kernel refuses to load it"}
		elif $status == 3 then {verdict: "env", reason: ($tap.env[0] // "the checks can't be made here")}
		elif $status == 124 or $status == 137 then {verdict: "error", reason: "the checks took too long, and were ended"}
		else {verdict: "error", reason: "the checks ended with status \($status)"} end) as $lab
	| ($lab.verdict == "pass" or $lab.verdict == "fail" or
		($forged == "" and ($status == 124 or $status == 137 or ($status == null and $died != "")))) as $counts
	| $lab + {said: ($tap.said | map(select(startswith("# loaded") | not))),
		checks: ($plan | map(. as $check | $tap.seen[.name] as $seen
			| {name, todo: (.name | todo), stage, hidden: .hidden, of: (.name | points)}
			+ (if $lab.verdict == "env" then {verdict: "env", said: []}
				elif ($counts | not) or $seen == null then {verdict: "error", said: []}
				elif $seen.skip then {verdict: "env", said: [$seen.skip]}
				elif $seen.ok then {verdict: "pass", said: []}
				else {verdict: "fail", said: ($seen.said | map(steady))} end)
			| .points = (if .verdict == "pass" then .of else 0 end)))};

# The worst word of several: an error outweighs a red check, and both what the machine lacks
def worst: if any(. == "error") then "error" elif any(. == "fail") then "fail" elif any(. == "env") then "env"
	else "pass" end;

{student: $student, entry: $entry, digest: $digest, given: $given, isolation: $isolation, died: $died,
	starter: $starter[0], labs: $class[0].labs, plan: $class[0].plan} as $f
| ($f.plan | map(split("\t") | {lab: .[0], hidden: (.[1] == "hidden"), stage: .[2], name: .[3]})) as $plan
| (split("\n") | records) as $all
| ($all | map(select(.kind == "refused-all").text)) as $refused_all
| ($all | map(select(.kind == "env").text)) as $env_all
| {schema: "xdp-workbook/grade/1", student: $f.student, entry: $f.entry, digest: $f.digest,
	isolation: $f.isolation,
	refused: ($refused_all + ($all | map(select(.kind == "refused" and .at == "-").text))),
	ignored: ($all | map(select(.kind == "ignored").text)),
	labs: ($f.labs | map(. as $l | ($all | map(select(.at == $l.lab))) as $mine
		| ($plan | map(select(.lab == $l.lab))) as $p
		| ($mine | map(select(.kind == "refused").text)) as $refused
		| ($mine | map(select(.kind == "built").text)) as $built
		| ($mine | map(select(.kind == "b").text)) as $build
		| (($f.starter // {labs: []}).labs | map(select(.lab == $l.lab))[0]) as $untouched
		| ($mine | map(select(.kind == "digest").text)[0]) as $files
		| ($passed | map(select(.files == $files))[0]) as $passed
		| (if $refused_all != [] then {verdict: "error", reason: "refused: \($refused_all[0])"}
			elif $env_all != [] then {verdict: "env", reason: $env_all[0]}
			elif $refused != [] then {verdict: "error", reason: "refused: \($refused[0])"}
			elif $mine | any(.kind == "nothing") then {verdict: "error", reason: "nothing was handed in for this lab"}
			elif $built == ["0"] or ($untouched and ($mine | any(.kind == "untouched"))) then null
			elif $built == [] and $files and $passed then null
			elif $built == ["124"] or $built == ["137"] then {verdict: "error", reason: "the build took too long, and was ended"}
			elif $built | length == 1 then {verdict: "error", reason: "it does not build"}
			elif $f.died != "" then {verdict: "error", reason: $f.died}
			else {verdict: "env", reason: "the \($f.isolation) ended before it was built"} end) as $early
		| (if $early then [$early + {said: [], checks: ($p | map({name, todo: (.name | todo), stage, hidden,
				of: (.name | points), verdict: $early.verdict, said: [], points: 0}))}]
			else [judged($p | map(select(.hidden | not)); $mine | map(select(.kind == "t").text);
					$mine | map(select(.kind == "run").text); $f.died; $f.isolation)]
				+ if $p | any(.hidden) then
					[judged($p | map(select(.hidden)); $mine | map(select(.kind == "h").text);
						$mine | map(select(.kind == "hidden").text); $f.died; $f.isolation)]
				else [] end end) as $parts
		| ($parts | map(.checks) | add) as $checks
		| {took: ($mine | map(select(.kind == "took").text)), absent: ($mine | map(select(.kind == "absent").text)),
			diff: ($mine | map(select(.kind == "d").text) | join("\n"))} as $own
		| if $early == null and ($mine | any(.kind == "untouched")) then
			$untouched + $own
		elif $early == null and $built == [] then
			($passed | del(.files)) + $own
		else {lab: $l.lab, title: $l.title, weight: $l.weight, slow: ($f.died == too_long and ($mine | any(.kind == "run") | not) or
				($mine | any((.kind | IN("built", "run", "hidden")) and (.text | IN("124", "137"))))),
			verdict: ([$parts[].verdict, (if $checks | any(.verdict == "env") then "env" else "pass" end)] | worst),
			reason: ([$parts[].reason | select(. != "")][0] // ""),
			points: ($checks | map(.points) | add // 0), of: ($checks | map(.of) | add // 0),
			env: ($checks | map(select(.verdict == "env").of) | add // 0),
			took: $own.took,
			absent: $own.absent,
			refused: $refused,
			build: ($build | map(steady) | join("\n")),
			load: ($parts[0] | if .verdict == "error" then .said | map(steady) | join("\n") else "" end),
			diff: $own.diff,
			checks: $checks} end))}
| .verdict = ([.labs[].verdict] | worst)
| .points = ([.labs[] | .points * .weight] | add)
| .of = ([.labs[] | .of * .weight] | add)
| .env = ([.labs[] | .env * .weight] | add)
| .given = $f.given
| .times = {started: ($started | tonumber), seconds: ($seconds | tonumber)}
| ([.labs[] | select(.slow or .verdict == "env" or .env > 0).lab] | join(",")) as $again
| .labs |= map(del(.slow))
| "\(.verdict) \(.points)/\(.of) \(if $again == "" then "-" else $again end)", .
