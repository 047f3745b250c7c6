#!/usr/bin/env python3
"""Makes the add-on's root file system without Docker: debootstrap for FROM, then the Dockerfile's own steps of its last stage.

python3 tests/addon/rootfs.py --variant full|control-only --gateway BINARY FOLDER
Ends with 77 and one sentence when this machine cannot do it.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77


def skip(sentence):
    print(f"SKIPPED: {sentence}")
    sys.exit(SKIPPED)


def mirror():
    """Where this machine gets its packages from."""
    for path in [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]:
        for line in path.read_text(errors="replace").splitlines() if path.is_file() else []:
            found = re.match(r"\s*(?:deb\s+(?:\[[^]]*\]\s+)?|URIs:\s*)(\S+)", line)
            if found and "security" not in found[1]:
                return found[1]
    return "http://deb.debian.org/debian"


def steps(dockerfile):
    """Instructions of the last stage: [(word, text)]; continued lines joined."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", dockerfile, flags=re.M))
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    last = max(i for i, (word, _) in enumerate(lines) if word == "FROM")
    return lines[last:]


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)[:200]} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def bootstrap(image, folder):
    suite = re.fullmatch(r"debian:(\w+)-slim", image)[1]
    if os.getuid() != 0:
        skip("a root file system can only be made by root")
    if not shutil.which("debootstrap"):
        skip("debootstrap is not installed; script/test --all installs it")
    done = subprocess.run(["debootstrap", "--variant=minbase", suite, str(folder), mirror()], capture_output=True, text=True)
    if done.returncode != 0:
        skip(f"debootstrap gets nothing from {mirror()}: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
    for path in Path("/etc/apt/apt.conf.d").glob("*"):  # a proxy of this machine's
        if "Acquire" in path.read_text(errors="replace"):
            shutil.copy(path, folder / "etc/apt/apt.conf.d")
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")


def copy(words, folder, gateway):
    source, target = words.split()[-2:]
    target = folder / target.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if words.startswith("--from=build"):
        run(["strip", "-o", str(target), gateway])
        target.chmod(0o755)
    else:
        shutil.copy(ROOT / source, target)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", choices=["full", "control-only"], required=True)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "VARIANT": arguments.variant, "DEBIAN_FRONTEND": "noninteractive",
                   **{key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")}}
    image = {"env": {}}
    for word, text in steps((ROOT / "addon/Dockerfile").read_text()):
        if word == "FROM":
            bootstrap(text.strip(), arguments.folder)
        elif word == "RUN":
            run(["chroot", str(arguments.folder), "/bin/sh", "-c", text], env=environment)
        elif word == "COPY":
            copy(text, arguments.folder, arguments.gateway)
        elif word == "ENV":
            name, value = text.split("=", 1)
            image["env"][name] = value
        elif word in ("ENTRYPOINT", "CMD"):
            image[word.lower()] = json.loads(text)
        elif word == "HEALTHCHECK":
            image["healthcheck"] = json.loads(text[text.index("["):])
        elif word not in ("ARG", "LABEL"):
            raise SystemExit(f"the Dockerfile has a step this test does not know: {word}")
    run(["chroot", str(arguments.folder), "/bin/sh", "-c", "apt-get clean"], env=environment)
    (arguments.folder / "image.json").write_text(json.dumps(image))
    size = sum(path.lstat().st_size for path in arguments.folder.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"{arguments.variant}: {size >> 20} MiB")


if __name__ == "__main__":
    main()
