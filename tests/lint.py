#!/usr/bin/env python3
"""The project's own rules, those no compiler or clang-tidy knows. Every message says what to do instead.

tests/lint.py              checks every file git knows (or would add); exit 1 on a breach, notes alone pass
tests/lint.py --self-test  writes each rule's bad example into a temporary folder; every rule must fire on it
"""
import pathlib, re, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = r"^(protocols|media|gateway)/.*\.[ch]pp$"  # the product's C++
CPP = r"\.[ch]pp$"
TEXT = r"(\.([ch]pp|py|sh|ts|mjs|css|html|ya?ml|md|txt|json)|^script/\w+|^\.ci/\w+)$"

# name, files, but not in, what of the file ("code": without comments, "bare": without texts too, "all"), pattern, advice, bad example
RULES = [
    ("crypto", OURS, r"^protocols/base/crypto(_\w+)?\.cpp$", "code", r"#include <openssl/(?!ssl|tls1|err|x509)",
     "call a function of protocols/base/crypto*.hpp; if they lack one, add it there", ("media/a.cpp", "#include <openssl/evp.h>")),
    ("tls", OURS, r"^protocols/(base/crypto(_\w+)?\.cpp|net/)", "code", r"#include <openssl/(ssl|tls1|err|x509)",
     "TLS lives in protocols/net/: use its HttpClient or TcpStream", ("gateway/app/a.cpp", "#include <openssl/ssl.h>")),
    ("httplib", OURS, r"^(protocols/net|gateway/web)/.*\.cpp$", "code", r"#include <httplib\.h>",
     "use protocols/net/http_client.hpp, or gateway/web/server.hpp when serving", ("gateway/app/a.cpp", "#include <httplib.h>")),
    ("egress", OURS, r"^protocols/(net/|kasa/cloud_account\.cpp$)|^gateway/app/sound_file\.cpp$", "code", r"Tls::public_",
     "what leaves the local network goes through net::EgressGuard, which local_only shuts", ("gateway/app/a.cpp", "x = net::Tls::public_;")),
    ("paho", OURS, r"^gateway/mqtt/paho_connection\.cpp$", "code", r"#include <(mqtt/|MQTT)",
     "use gateway/mqtt/connection.hpp; Paho's headers stay in paho_connection.cpp", ("gateway/mqtt/a.cpp", "#include <mqtt/client.h>")),
    ("gstreamer", OURS, r"^media/", "code", r"#include <(gst|glib|gio)\b",
     "go through media/service.hpp; only media/ knows GStreamer", ("gateway/app/a.cpp", "#include <gst/gst.h>")),
    ("layers of protocols", r"^protocols/", None, "code", r'#include ("(media|gateway)/|<spdlog/)',
     "protocols/ is the lowest layer and never logs: return a Result with the reason, take what you need as a parameter",
     ("protocols/a.cpp", '#include "gateway/version.hpp"')),
    ("layers of media", r"^media/", None, "code", r'#include ("gateway/|<boost/json)',
     "media/ knows bytes and time only: let gateway/ translate and pass plain types", ("media/a.cpp", "#include <boost/json.hpp>")),
    ("topics", r"^gateway/(?!web/|capabilities/).*\.[ch]pp$", r"^gateway/mqtt/topics\.", "code",
     r'"[^"\n]*(homeassistant/|bridge/|/(set|get|state|availability|result|config|event|snapshot)")',
     "only gateway/mqtt/topics.* spells topics: call a function of Topics", ("gateway/mqtt/a.cpp", 'x = base + "/availability";')),
    ("error numbers", r"^(protocols|gateway)/.*\.[ch]pp$", r"^protocols/(error_codes|kasa/cloud_codes)\.", "code", r"(?<![\w.])-\d{4,5}\b",
     "decide on Errc; numbers of devices belong into the table of protocols/error_codes.cpp", ("protocols/a.cpp", "if (code == -40401) x();")),
    ("output", OURS, r"^gateway/(main|app/inspect)\.cpp$", "bare", r"std::(cout|cerr|clog)\b|\b(f?printf|f?puts)\(",
     "return the text or log through gateway/diagnostics/log.hpp; only the command line prints", ("media/a.cpp", 'std::cerr << "x";')),
    ("sleeping", CPP, r"/wait_until\.hpp$", "bare", r"\b(sleep_for|sleep_until|usleep|nanosleep)\b",
     "wait on a condition with a deadline (condition variable, poll(), or wait_until.hpp in tests)",
     ("tests/a_test.cpp", "std::this_thread::sleep_for(1s);")),
    ("json braces", CPP, None, "bare", r"json::value\s+\w+\{\w",
     "write json::value x(y) or = y: braces make an array with g++ and a copy with clang", ("gateway/a.cpp", "json::value b{a};")),
    ("unfinished", TEXT, r"package-lock", "all", r"\b(TODO|FIXME|XXX)\b",
     "do it, or leave it out; what is missing goes into an issue", ("protocols/a.cpp", "// TODO later")),
    ("machine paths", TEXT, None, "all", r"(?<![\w.])/(work|root|home|Users)/",
     "write a path relative to the project, or take it from the environment", ("script/a", "cd /home/somebody/project")),
    ("registry", r"package-lock\.json$", None, "all", r'"resolved": "https?:',
     "set omit-lockfile-registry-resolved=true in .npmrc and write the lock file again", ("package-lock.json", '"resolved": "https://x/y"')),
    ("secrets", TEXT, r"package-lock", "all", r"\b(ghp_|github_pat_|glpat-|xox[bp]-|AKIA[0-9A-Z]{8})\w|PRIVATE KEY-----[\\n\s]*[\w+/]{20}|\beyJ[\w-]{20,}\.",
     "take it out and revoke it; tests make their keys at run time", ("tests/a.py", 'token = "ghp_0123456789"')),
    ("long constants", OURS, None, "code", r'"(?!ABCDEFGHIJKL|yLwVl0zKqws7|0xqxv9aYb4M9|wmCAHoic4HYb)(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[\w+/=]{40,}"',
     "if it is published, cite its source and add its first characters to this rule; if it is a secret, take it out",
     ("protocols/a.cpp", 'key = "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy12";')),
    ("globbing", r"CMakeLists\.txt$", None, "all", r"file\s*\(\s*GLOB", "list the sources by name", ("a/CMakeLists.txt", "file(GLOB x *.cpp)")),
]
TOKEN = re.compile(r'(//[^\n]*|/\*.*?\*/)|R"(\w*)\(.*?\)\2"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\[^\']*|[^\'\\\n])\'', re.S)


def blank(match, texts_too):
    return re.sub(r"[^\n]", " ", match[0]) if match[1] or texts_too else match[0]


def functions(lines):
    """First and last line (from 0) of every function of a formatted file: its brace closes at the indentation it began with."""
    start = re.compile(r"^( {0,4})[\w~].*\)[^;=]*\{$|^( {0,4})[\w}].*\) \{$")
    for at, line in enumerate(lines):
        found = start.match(line)
        if not found or re.match(r"\s*(if|for|while|switch|else|do|try|namespace|return|struct|class|enum)\b", line) or " = " in line.split("(")[0]:
            continue
        end = next((k for k in range(at + 1, len(lines)) if lines[k].startswith((found[1] or found[2] or "") + "}")), at)
        yield at, end


def table_lines(lines):
    """Numbers (from 0) of the lines of constant tables, which may be as long as the facts they list."""
    numbers = set()
    for at, line in enumerate(lines):
        begun = re.match(r"^(\s*)(static |inline )?const.*[\w\]=] ?\{$", line)
        if not begun: continue
        end = next((k for k in range(at + 1, len(lines)) if re.match(begun[1] + r"\}+;", lines[k])), at)
        numbers.update(range(at, end + 1))
    return numbers


def sizes(path, lines, bare):
    tables = table_lines(lines)
    if (length := len(lines) - len(tables)) > 400:
        yield length > 600, 1, "file length", f"{length} lines without tables: split by concern (fails over 600)"
    for at, end in functions(bare.split("\n")) if path.endswith("pp") else ():
        if (length := end - at + 1 - len(tables & set(range(at, end + 1)))) > 60:
            yield length > 80, at + 1, "function length", f"{length} lines: name its steps as functions (fails over 80)"


def check(root, path):
    """Yields (breach or only a note, line, rule, advice)."""
    text = (root / path).read_text(errors="replace")
    seen = {"all": text, "code": TOKEN.sub(lambda m: blank(m, False), text), "bare": TOKEN.sub(lambda m: blank(m, True), text)}
    for name, files, exempt, part, pattern, advice, _ in RULES:
        if re.search(files, path) and not (exempt and re.search(exempt, path)):
            for found in re.finditer(pattern, seen[part]):
                yield True, text.count("\n", 0, found.start()) + 1, name, advice
    if path.endswith(".hpp") and "#pragma once" not in text: yield True, 1, "include guard", "begin the header with #pragma once"
    if re.search(r"\.(cpp|hpp|py|ts|mjs)$|^script/", path): yield from sizes(path, text.split("\n"), seen["bare"])
    if pathlib.PurePath(path).stem == "config" and path != "addon/config.yaml":
        yield True, 1, "name of the add-on's file", "call it configuration.* or after what it holds: the Supervisor looks for config.* in the whole repository"
    if re.match(r"#!.*\b(ba)?sh\b", text):
        if not (root / path).stat().st_mode & 0o100: yield True, 1, "scripts", "chmod +x it (a file meant to be sourced has no #! line)"
        commands = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
        if len(commands) > 1 and not re.search(r"^set -e", text, re.M): yield True, 1, "scripts", "begin with: set -euo pipefail"


def lint(root, paths):
    found = [(path, *breach) for path in paths for breach in check(root, path)]
    for path, fails, line, name, advice in found: print(f"{path}:{line}: {'' if fails else 'note: '}[{name}] {advice}")
    return {name for _, fails, _, name, _ in found if fails}


def self_test():
    bad = [(rule[0], *rule[6]) for rule in RULES] + [
        ("include guard", "media/a.hpp", "int x();"), ("scripts", "script/b", "#!/usr/bin/env bash\nx\ny"),
        ("name of the add-on's file", "tests/config.json", "{}"),
        ("file length", "gateway/long.cpp", "int x;\n" * 700),
        ("function length", "gateway/f.cpp", "int f() {\n" + "    x();\n" * 90 + "}\n")]
    good = "// std::cout, -40401\nconstexpr Row kTable[] = {\n" + '    {"a", "sleep_for"},\n' * 900 + "};\nint f(int x) { return x - 40401; }\n"
    with tempfile.TemporaryDirectory() as folder:
        root, silent = pathlib.Path(folder), []
        for at, (name, path, text) in enumerate(bad + [("", "protocols/fine.cpp", good)]):
            file = root / str(at) / path
            file.parent.mkdir(parents=True)
            file.write_text(text + "\n")
            if {name} - {""} != lint(root / str(at), [path]): silent.append(name or "a good file")
    print(f"{len(bad)} bad examples; wrongly judged: {', '.join(silent) or 'none'}")
    return 1 if silent else 0


if __name__ == "__main__":
    if "--self-test" in sys.argv: sys.exit(self_test())
    git = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    known = git.stdout.splitlines() or [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if not {"build", ".git", "node_modules"} & set(p.parts)]
    breaches = lint(ROOT, [p for p in known if (ROOT / p).is_file() and p != "tests/lint.py" and "/corpus/" not in p and "/vectors/" not in p])
    sys.exit(1 if breaches else 0)
