# Results in every form that others read: jq -r --arg mark MARK -f report.jq results/*.json
# prints for each file that is to be written a line "MARK PATH", and then what is in it.
#
# Everything that a student wrote passes through @html, @csv or JSON's own quoting.

def legal: gsub("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]"; "\ufffd");
def html: legal | @html;
def at($path; $text): "\($mark) \($path)\n\($text)";
def said: .said | join("\n");
def why: if .said != [] then said elif .reason // "" != "" then .reason else .verdict end;

# -- Gradescope's results.json; what the machine could not check is shown, and counts for nothing
def gradescope:
	{visibility: "visible", stdout_visibility: "hidden",
	output: ((.refused + (.labs | map(select(.reason != "") | "\(.lab): \(.reason)"))) | join("\n") | legal),
	tests: [.labs[] as $lab | $lab.checks[]
		| {name: "\($lab.lab): \(.name)", visibility: (if .hidden then "after_published" else "visible" end),
			output: (if .verdict == "pass" then "" elif .said != [] then said else $lab.reason end | legal)}
		+ (if .verdict == "env" then {output: "not checked: this machine lacked something; no points are lost"}
			else {score: (.points * $lab.weight), max_score: (.of * $lab.weight),
				status: (if .verdict == "pass" then "passed" else "failed" end)} end)]};

# -- GitHub Classroom: what its reporter reads of a grader, before base64
def classroom:
	{version: 1, status: (if .verdict == "pass" then "pass" elif .verdict == "fail" then "fail" else "error" end),
	max_score: (.of - .env),
	tests: [.labs[] as $lab | $lab.checks[] | select(.verdict != "env")
		| {name: "\($lab.lab): \(.name)", status: (if .verdict == "pass" then "pass" elif .verdict == "fail" then "fail" else "error" end),
			score: (.points * $lab.weight), message: (if .verdict == "pass" then null elif .said != [] then said else $lab.reason end),
			test_code: "make check LAB=\($lab.lab[0:2])", filename: "", line_no: 0, duration: 0}]};

# -- JUnit
def junit:
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"\(.student | html)\">\n" +
	([.labs[] as $lab
		| "<testsuite name=\"\($lab.lab)\" tests=\"\($lab.checks | length)\" failures=\"\([$lab.checks[] | select(.verdict == "fail")] | length)\" errors=\"\([$lab.checks[] | select(.verdict == "error")] | length)\" skipped=\"\([$lab.checks[] | select(.verdict == "env")] | length)\">\n" +
		([$lab.checks[]
			| "  <testcase classname=\"\($lab.lab)\" name=\"\(.name | html)\"" +
			(if .verdict == "pass" then "/>"
			elif .verdict == "env" then "><skipped message=\"\(said | html)\"/></testcase>"
			elif .verdict == "fail" then "><failure message=\"\(.said[0] // "" | html)\">\(said | html)</failure></testcase>"
			else "><error message=\"\($lab.reason | html)\">\([$lab.build, $lab.load] | join("\n") | html)</error></testcase>" end)
			+ "\n"] | join("")) + "</testsuite>\n"] | join("")) + "</testsuites>";

# -- the gradebook
def style: "<style>
:root{color-scheme:light dark;--ok:#1f7a37;--no:#b3261e;--err:#8a4b00;--env:#5f6368;--line:#dadce0;--bg:#fff;--fg:#1f2328;--dim:#57606a;--soft:#f6f8fa;--bar:#3fa55a;--rest:#e4e7eb}
@media(prefers-color-scheme:dark){:root{--ok:#6fcf85;--no:#ff8a80;--err:#ffb74d;--env:#aaa;--line:#3a3f45;--bg:#16181b;--fg:#e6e6e6;--dim:#9aa4ae;--soft:#20242a;--bar:#4caf68;--rest:#363c44}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:76rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0}h2{font-size:1.2rem;margin:2.2rem 0 .4rem}a{color:inherit;text-underline-offset:.2em}
.dim,small{color:var(--dim)}small{font-size:.82rem}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:separate;border-spacing:0;width:100%}th,td{padding:.4rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:600;white-space:nowrap}thead th{border-bottom:2px solid var(--line)}tbody tr:hover{background:var(--soft)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td.v{width:4.2rem;white-space:nowrap}
.book td:first-child,.book th:first-child{position:sticky;left:0;background:var(--bg);min-width:8rem;max-width:20rem}.book tbody tr:hover td:first-child{background:var(--soft)}
.book td{min-width:4.6rem}.book tfoot td{border:0;color:var(--dim)}
pre{background:var(--soft);border-left:3px solid var(--line);padding:.6rem .8rem;overflow-x:auto;font:13px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}
.pass{color:var(--ok)}.fail{color:var(--no)}.error{color:var(--err)}.env{color:var(--env)}
p b.pass,p b.fail,p b.error,p b.env{border:1px solid;border-radius:1em;padding:.05em .6em;font-size:.9rem}
.bar{display:block;height:.55rem;background:var(--rest);border-radius:.3rem;overflow:hidden;margin:.35rem 0 .1rem}.bar i{display:block;height:100%;background:var(--bar)}
.bar.error{background:repeating-linear-gradient(135deg,var(--err) 0 3px,var(--rest) 3px 9px)}.bar.env,.bar.none{background:none;border:1px dashed var(--env)}
.sum{display:flex;flex-wrap:wrap;align-items:baseline;gap:.4rem 2.2rem;margin:1rem 0;padding:0;list-style:none}.sum b{font-size:1.3rem;font-variant-numeric:tabular-nums}
.labs{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.4rem 1rem;margin:1rem 0;padding:0;list-style:none}
summary{cursor:pointer;color:var(--dim);margin:.4rem 0}.add{color:var(--ok)}.del{color:var(--no)}.name{overflow-wrap:anywhere}
@media(max-width:40rem){body{padding:1rem .7rem 3rem}.book td:first-child,.book th:first-child{min-width:6.5rem;max-width:9rem}th,td{padding:.35rem .4rem}td.v{width:2.9rem}}
@media print{.wide{overflow:visible}.book td:first-child{position:static}}</style>";
def page($title; $body):
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/>" +
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>" +
	"<title>\($title | html)</title>\(style)</head><body>\n\($body)\n</body></html>";
def percent: if .of - .env > 0 then (100 * .points / (.of - .env) | floor) else 0 end;
# what was not handed in is no bar at all
def bar: if .reason // "" | startswith("nothing was handed in") then "<span class=\"bar none\" title=\"nothing was handed in\"></span>" else "<span class=\"bar \(.verdict)\" title=\"\(.verdict)\(if .reason // "" != "" then ": " + (.reason | html) else "" end)\"><i style=\"width:\(percent)%\"></i></span>" end;
def diff: split("\n") | map(html as $l | if startswith("+") then "<span class=\"add\">\($l)</span>"
	elif startswith("-") then "<span class=\"del\">\($l)</span>" else $l end) | join("\n");
def list: if length == 0 then "" else "<ul>" + (map("<li>\(html)</li>") | join("")) + "</ul>" end;
# the points stand in a column of their own
def called: sub(" \\[[0-9]+\\]$"; "") | html;

def check_row:
	"<tr><td class=\"v \(.verdict)\">\(.verdict)</td><td>\(.name | called)\(if .hidden then " <i>(the instructor's)</i>" else "" end)" +
	(if .said != [] then "<pre>\(said | html)</pre>" else "" end) +
	"</td><td class=\"n\">\(.points)/\(.of)</td></tr>\n";
def lab_part:
	"<h2 id=\"lab\(.lab[0:2])\">\(.lab[0:2]) \(.title | html)</h2>\(bar)<p><b class=\"\(.verdict)\">\(.verdict)</b> " +
	"\(.points) of \(.of - .env) points\(if .weight != 1 then ", counted \(.weight) times" else "" end)\(if .reason != "" then ": " + (.reason | html) else "" end)</p>" +
	(.refused | list) +
	(if .absent != [] and .took != [] then "<p class=\"dim\">Not handed in, so the starter's was used: \(.absent | map(html) | join(", "))</p>" else "" end) +
	(if .build != "" then "<p>What the compiler said:</p><pre>\(.build | html)</pre>" else "" end) +
	(if .load != "" then "<p>What the kernel's verifier said:</p><pre>\(.load | html)</pre>" else "" end) +
	(if .checks | any(.said != []) or (map(.verdict) | unique | length > 1) then "<table>\(.checks | map(check_row) | join(""))</table>"
	else "<details><summary>its \(.checks | length) checks</summary><table>\(.checks | map(check_row) | join(""))</table></details>" end) +
	(if .diff != "" then "<details><summary>what was changed in the starter</summary><pre>\(.diff | diff)</pre></details>" else "" end);
def student_page:
	page("\(.student): \(.points) of \(.of - .env)";
		"<p class=\"dim\"><a href=\"../index.html\">the class</a></p><h1 class=\"name\">\(.student | html)</h1>" +
		"<p><b class=\"\(.verdict)\">\(.verdict)</b> \(.points) of \(.of - .env) points <small>graded in isolation: \(.isolation)</small></p>" +
		(if .env > 0 then "<p class=\"env\">\(.env) points could not be graded, for want of something on the grader's machine. They cost nothing.</p>" else "" end) +
		(if .refused != [] then "<h2>Refused</h2>\(.refused | list)" else "" end) +
		(if .labs | length > 1 then "<ul class=\"labs\">" + (.labs | map("<li><a href=\"#lab\(.lab[0:2])\">\(.lab[0:2])</a> <small>\(.points)/\(.of - .env)</small>\(bar)</li>") | join("")) + "</ul>" else "" end) +
		([.labs[] | lab_part] | join("\n")) +
		(if .ignored != [] then "<h2>Ignored</h2><p>Handed in, but not the student's to change: the instructor's files were used.</p><details><summary>\(.ignored | length) files</summary>\(.ignored | list)</details>" else "" end));

# The checks that most of the class has red: [{lab, name, n}]
def hardest: to_entries | map({lab: .key[0:2], name: .key[3:], n: .value}) | sort_by(-.n, .lab, .name)[0:10];
def median: sort | if length == 0 then 0 elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def class_page($red):
	. as $all
	| page("Grades";
		"<h1>Grades</h1><ul class=\"sum\"><li><b>\(length)</b> hand-ins</li><li><b>\(map(select(.verdict == "pass")) | length)</b> pass everything</li>" +
		"<li><b>\(map(percent) | median | floor)%</b> of the points is the median</li>" +
		(map(select(.verdict == "error")) | length | if . > 0 then "<li><b class=\"error\">\(.)</b> with an error</li>" else "" end) +
		(map(select(.env > 0)) | length | if . > 0 then "<li><b class=\"env\">\(.)</b> to be graded again: this machine could not</li>" else "" end) +
		"<li class=\"dim\">isolation: \(map(.isolation) | unique | join(", "))</li></ul>" +
		"<div class=\"wide\"><table class=\"book\">\n<thead><tr><th>student</th><th class=\"n\">points</th>" +
		(.[0].labs | map("<th title=\"\(.lab)\">\(.lab[0:2])</th>") | join("")) + "<th>verdict</th></tr></thead><tbody>\n" +
		(map(. as $s | "<tr><td class=\"name\"><a href=\"students/\(.key | @uri).html\">\(.student | html)</a></td><td class=\"n\">\(.points)/\(.of - .env)</td>" +
			(.labs | map("<td>\(bar)<small>\(.points)/\(.of - .env)</small></td>") | join("")) +
			"<td class=\"\(.verdict)\">\(.verdict)\(if .refused != [] then ", refused" else "" end)</td></tr>\n") | join("")) + "</tbody>" +
		"<tfoot><tr><td>pass</td><td></td>" + ([range(.[0].labs | length) as $i | $all | map(select(.labs[$i].verdict == "pass")) | "<td>\(length)</td>"] | join("")) + "<td></td></tr></tfoot></table></div>" +
		(if $red == {} then "" else
			"<h2>Most often red</h2><table>" + ($red | hardest | map("<tr><td class=\"n\">\(.n)</td><td class=\"n\">\(.lab)</td><td>\(.name | called)</td></tr>\n") | join("")) + "</table>" end));

# what the class table needs of each; a thousand whole results would fill the memory
def short: {student, key, digest, entry, isolation, verdict, points, of, env, refused,
	labs: (.labs | map({lab, weight, verdict, reason, points, of, env}))};
def key: input_filename | split("/")[-1] | sub("\\.json$"; "");

foreach (inputs, null) as $r ({class: [], red: {}};
	if $r == null then .emit = [
			at("class.json"; {schema: "xdp-workbook/class/1", students: .class} | tojson),
			at("grades.csv"; ["student", "points", "of", "not graded", "verdict"] + (.class[0].labs // [] | map(.lab)) | @csv),
			(.class[] | [.student, .points, .of - .env, .env, .verdict] + (.labs | map(.points)) | map(if type == "string" and test("^[=+@\t-]") then "'" + . else . end) | @csv),
			at("index.html"; .red as $red | .class | class_page($red))]
	else ($r + {key: key}) as $s
		| .class += [$s | short]
		| reduce ($s.labs[] | .lab[0:2] as $lab | .checks[] | select(.verdict == "fail" and (.hidden | not)) | "\($lab) \(.name)") as $check (.; .red[$check] += 1)
		| .emit = [at("students/\($s.key).html"; $s | student_page),
			at("junit/\($s.key).xml"; $s | junit),
			at("gradescope/\($s.key).json"; $s | gradescope | tojson),
			at("classroom/\($s.key).json"; $s | classroom | tojson)] end;
	.emit[])
