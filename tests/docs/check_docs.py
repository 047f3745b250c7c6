#!/usr/bin/env python3
"""Holds the documentation against the tree and the programs. Every message says what to do.

links                    relative links and their #anchors in every *.md
citations                pages (and "sections" of them) that comments of the code name
keys                     configuration keys the program reads stand in README.md, and no others do
entities PROGRAM         the entity tables of README.md are the output of list_entities; --write puts it there
configurations PROGRAM   every yaml block of README.md and CONTRIBUTING.md passes `tplink2mqtt check`
self-test                each check finds a planted mistake
"""
import pathlib, re, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BEGIN, END = "<!-- entities: script/entity_table -->", "<!-- end of entities -->"


def files(root, pattern):
    found = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True).stdout.splitlines()
    skipped = {"build", "node_modules", ".git"}
    found = found or [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    return [root / name for name in found if re.search(pattern, name) and not skipped & set(pathlib.Path(name).parts) and (root / name).is_file()]


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))


def headings(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.S | re.M)
    return [re.sub(r"[`*]", "", line).strip() for line in re.findall(r"^#+ +(.*)$", text, re.M)]


def anchors(path):
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(path)}


def links(root):
    for page in files(root, r"\.md$"):
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
            if re.match(r"[a-z]+:", target): continue
            path, _, anchor = target.partition("#")
            other = (page.parent / path).resolve() if path else page
            if not other.exists(): yield f"{page.relative_to(root)}: {target} is not there: correct the link"
            elif anchor and other.suffix == ".md" and anchor not in anchors(other):
                yield f"{page.relative_to(root)}: {target}: no such heading"


def citations(root):
    pages = files(root, r"\.md$")
    for source in files(root, r"^(protocols|media|gateway|tests/simulators)/.*\.([ch]pp|txt|py)$"):
        for line_number, line in enumerate(source.read_text(errors="replace").split("\n"), 1):
            where = f"{source.relative_to(root)}:{line_number}"
            if re.search(r"(control|media|plugs) page\b", line):
                yield f"{where}: names a page of somebody else: cite a page beside the code, such as camera.md, \"L3\""
            for name, section in re.findall(r'(?<![\w/.])([\w/]+\.md)(?:, "([^"]+)")?', line):
                candidates = [page for page in pages if str(page.relative_to(root)) == name or page == (source.parent / name).resolve()]
                candidates = candidates or [page for page in pages if page.name == name]
                if not candidates: yield f"{where}: {name} is not there: write it or cite another page"
                elif section and not any(section in headings(page) for page in candidates):
                    yield f"{where}: {name} has no section \"{section}\": cite one it has"


def keys(root):
    code = (root / "gateway/config/configuration.cpp").read_text()
    known = set(re.findall(r'\.(?:text|flag|number|seconds|texts|listen|section|sections|secret|choice(?:<\w+(?:::\w+)?>)?)\(\s*"(\w+)"', code))
    page = (root / "README.md").read_text().partition("## Configuration")[2].partition("\n## ")[0]
    named = set()
    for cell in re.findall(r"^\| (.*?) \|", page, re.M):
        for text in re.findall(r"`([\w.]+)`", cell): named.update(text.split("."))
    for key in sorted(known - named): yield f"README.md: configuration key {key} is not in the table: add its line"
    for key in sorted(named - known): yield f"README.md: configuration key {key} is in the table, but the program does not read it"


def entities(root, program, write=False):
    table = subprocess.run([program], capture_output=True, text=True, check=True).stdout.strip()
    page = root / "README.md"
    before, begin, rest = page.read_text().partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end: yield f"README.md: the markers {BEGIN} and {END} are missing: put them back"
    elif write: page.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")
    elif old.strip() != table: yield "README.md: the entity tables differ from the program: run script/entity_table"


def configurations(root, program):
    for name in ("README.md", "CONTRIBUTING.md"):
        page = root / name
        if not page.exists(): continue
        for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.S | re.M):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(block)
                file.flush()
                answer = subprocess.run([program, "check", "--config", file.name], capture_output=True, text=True)
            if answer.returncode != 0: yield f"{name}: this configuration is refused: {answer.stderr.strip()}\n{block}"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {
            "README.md": "# A\n[x](b.md) [y](#a) [z](#nowhere)\n## Configuration\n| `mqtt.host` | |\n| `made_up` | |\n" + BEGIN + "\nold\n" + END,
            "protocols/a.hpp": '// Source: b.md. And c.md, "Gone". See the plugs page 1.\n', "protocols/c.md": "# Here\n",
            "gateway/config/configuration.cpp": 'mqtt.text("host", x); in.section("mqtt"); in.flag("forgotten", y);',
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        counts = {"links": len(list(links(root))), "citations": len(list(citations(root))), "keys": len(list(keys(root))),
                  "entities": len(list(entities(root, "/bin/true")))}
    return [] if counts == {"links": 2, "citations": 3, "keys": 2, "entities": 1} else [f"planted mistakes found: {counts}"]


def main(arguments):
    what, rest = arguments[0], [word for word in arguments[1:] if word != "--write"]
    if what == "self-test": faults = self_test()
    elif what == "entities": faults = list(entities(ROOT, rest[0], "--write" in arguments))
    elif what == "configurations": faults = list(configurations(ROOT, rest[0]))
    else: faults = list({"links": links, "citations": citations, "keys": keys}[what](ROOT))
    for fault in faults: print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
