#!/usr/bin/env python3
"""Checks the add-on's files against what Home Assistant's Supervisor and its linter want.

python3 tests/addon/lint_addon.py [--gateway BINARY]    BINARY: is asked whether it takes the default options and the examples
"""

import argparse
import json
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
ADDON = ROOT / "addon"
KEYS = set("""name version slug description arch image url startup boot stage ports ports_description host_network ingress ingress_port ingress_entry ingress_stream panel_icon panel_title
panel_admin services options schema environment timeout tmpfs backup backup_exclude backup_pre backup_post apparmor homeassistant machine breaking_versions init map""".split())
BANNED = "webui watchdog advanced full_access docker_api privileged hassio_role codenotary auto_uart".split()
DEFAULTS = {"apparmor": True, "backup": "hot", "boot": "auto", "host_network": False, "ingress": False, "ingress_stream": False, "tmpfs": False, "ingress_port": 8099, "init": True, "options": {},
            "panel_admin": True, "panel_icon": "mdi:puzzle", "schema": {}, "stage": "stable", "startup": "application", "timeout": 10, "ingress_entry": "/"}
LEAF = re.compile(r"^(|bool|email|url|port|device(\(subsystem=[a-z]+\))?|str(\(\d*,?\d*\))?|password(\(\d*,?\d*\))?|int(\(-?\d*,-?\d*\))?|float(\([-.\d]*,[-.\d]*\))?|match\(.*\)|list\(.+\))\??$")
TAKEN_PORTS = {8554, 8555, 1984, 18554, 18555, 11984, 5000, 8971, 1883, 1884, 8883, 8884, 8099, 8123, 8080, 8485}
BASE_SET = {"name", "host"}
faults = []


def check(good, sentence):
    if not good:
        faults.append(sentence)


def leaf(path, kind):
    check(LEAF.match(kind), f"schema {path}: '{kind}' is no type the Supervisor knows")
    if kind.startswith("match("):
        re.compile(kind.rstrip("?")[6:-1])
    if any(word in path.rsplit(".", 1)[-1] for word in ("password", "secret", "token")):
        check(kind.startswith("password"), f"schema {path}: a secret needs the type password")


def fits(kind, value):
    bare = kind.rstrip("?")
    if bare.startswith("list("):
        return value in bare[5:-1].split("|")
    if bare.startswith("match("):
        return isinstance(value, str) and re.match(bare[6:-1], value)
    if bare.startswith("int") or bare == "port":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, bool if bare == "bool" else str)


def schema_and_options(schema, options):
    for key, kind in schema.items():
        if isinstance(kind, dict):
            check(key in options, f"options: '{key}' is missing; a nested object cannot be optional")
            for inner, inner_kind in kind.items():
                for one in inner_kind if isinstance(inner_kind, list) else [inner_kind]:
                    check(isinstance(one, str), f"schema {key}.{inner}: nested too deep")
                    leaf(f"{key}.{inner}", one)
                    if not one.endswith("?"):
                        check(inner in options.get(key, {}), f"options {key}.{inner}: is needed and has no default")
        elif isinstance(kind, list):
            check(key in options, f"options: '{key}' is missing")
            for inner, one in (kind[0].items() if isinstance(kind[0], dict) else [("", kind[0])]):
                check(isinstance(one, str), f"schema {key}[].{inner}: nested too deep")
                leaf(f"{key}.{inner}", one)
                check(one.endswith("?") or inner in BASE_SET, f"schema {key}[].{inner}: a new key without ? breaks every installation on update")
        else:
            leaf(key, kind)
            check(kind.endswith("?") or key in options, f"options: '{key}' has no default")
    for key, value in options.items():
        check(key in schema, f"options: '{key}' is not in the schema")
        if isinstance(value, dict):
            for inner, one in value.items():
                check(inner in schema[key] and fits(schema[key][inner], one), f"options {key}.{inner}: {one!r} does not fit the schema")
        elif not isinstance(value, list):
            check(fits(schema[key], value), f"options {key}: {value!r} does not fit the schema")


def config():
    document = yaml.safe_load((ADDON / "config.yaml").read_text())
    for key in ("name", "version", "slug", "description", "arch"):
        check(key in document, f"config.yaml: '{key}' is missing")
    for key, value in document.items():
        check(key in KEYS and key not in BANNED, f"config.yaml: '{key}' is not known or not wanted")
        check(key not in DEFAULTS or value != DEFAULTS[key], f"config.yaml: '{key}' has its default value; leave it out")
    version = document["version"]
    project = re.search(r"project\(tplink2mqtt VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    newest = re.search(r"^## (\S+)", (ADDON / "CHANGELOG.md").read_text(), re.M)[1]
    check(isinstance(version, str) and version == project == newest, f"versions differ: config.yaml {version}, CMakeLists.txt {project}, CHANGELOG.md {newest}")
    check(document["slug"] == "tplink2mqtt", "slug: must never change")
    check(sorted(document["arch"]) == ["aarch64", "amd64"], "arch: exactly aarch64 and amd64")
    check(re.fullmatch(r"[a-z0-9./-]+", document["image"]), "image: lower case, no tag, no {arch}")
    check(document["ingress_port"] not in (0, 8099) and 10 <= document["timeout"] <= 300, "ingress_port or timeout out of range")
    check(all(re.fullmatch(r"(mqtt|mysql):(provide|want|need)", service) for service in document["services"]), "services: not understood")
    for port in re.findall(r":(\d{2,5})\b", json.dumps(document["options"])):
        check(int(port) not in TAKEN_PORTS, f"options: port {port} belongs to another add-on")
    schema_and_options(document["schema"], document["options"])
    return document


def translations(schema):
    known = yaml.safe_load((ADDON / "translations" / "en.yaml").read_text())["configuration"]
    check(set(known) == set(schema), f"translations: differ from the schema: {set(known) ^ set(schema)}")
    docs = (ADDON / "DOCS.md").read_text()
    for key, kind in schema.items():
        node = known.get(key, {})
        check(node.get("name"), f"translations: '{key}' has no name")
        fields = kind if isinstance(kind, dict) else kind[0] if isinstance(kind, list) and isinstance(kind[0], dict) else {}
        check(set(node.get("fields", {})) == set(fields), f"translations: fields of '{key}' differ: {set(node.get('fields', {})) ^ set(fields)}")
        for field in fields:
            check(node.get("fields", {}).get(field, {}).get("name"), f"translations: '{key}.{field}' has no name")
            check(f"`{field}`" in docs or f"`{key}.{field}`" in docs, f"DOCS.md: '{key}.{field}' is not mentioned")
        check(fields or f"`{key}`" in docs, f"DOCS.md: '{key}' is not mentioned")


def pictures():
    for name, size in (("icon.png", (128, 128)), ("logo.png", (250, 100))):
        data = (ADDON / name).read_bytes()
        check(data[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", data[16:24]) == size and len(data) < 100_000, f"{name}: not a PNG of {size} below 100 kB")


def other_files():
    repository = yaml.safe_load((ROOT / "repository.yaml").read_text())
    check(isinstance(repository.get("name"), str), "repository.yaml: needs a name")
    for path in ROOT.rglob("config.*"):
        inside = path.relative_to(ROOT)
        if any(part.startswith(".") or part in ("rootfs", "build", "node_modules") for part in inside.parts):
            continue
        check(path.suffix not in (".json", ".yml", ".yaml") or path == ADDON / "config.yaml", f"{inside}: the Supervisor takes every config.* for an add-on; name it otherwise")
    for name in ("README.md", "DOCS.md", "CHANGELOG.md"):
        check((ADDON / name).stat().st_size > 100, f"{name}: is empty")
    check(not (ADDON / "build.yaml").exists(), "build.yaml: is deprecated")
    profile = (ADDON / "apparmor.txt").read_text()
    check(len(re.findall(r"^profile \S+ ", profile, re.M)) == 1 and re.sub(r"@\{\w+\}", "", profile).count("{") == re.sub(r"@\{\w+\}", "", profile).count("}"), "apparmor.txt: one profile, balanced braces")
    check("#include <tunables/global>" in profile, "apparmor.txt: tunables are missing")
    docker = (ADDON / "Dockerfile").read_text()
    check(all(":" in image or " AS " in image for image in re.findall(r"^FROM (.*)", docker, re.M)) and "BUILD_FROM" not in docker, "Dockerfile: every FROM with a tag")
    for word in ("HEALTHCHECK", "ENTRYPOINT", "io.hass.type", "io.hass.version", "io.hass.arch", "rm -rf /var/lib/apt/lists"):
        check(word in docker, f"Dockerfile: {word} is missing")
    check(docker.count("apt-get install") == docker.count("--no-install-recommends") and "ADD http" not in docker, "Dockerfile: apt-get install with --no-install-recommends, no ADD http")


def gateway(binary, options):
    """The gateway's own parser takes what Home Assistant would write, and every example."""
    with tempfile.TemporaryDirectory() as folder:
        samples = {"the defaults": options, "an account": {**options, "account": {"username": "me@example.com", "password": "pa\"ss#%$\\ö"}},
                   "devices": {**options, "devices": [{"name": "Hall", "host": "192.168.1.5", "family": "tapo_camera", "stream": "sd", "battery": "no", "poll_s": 10}, {"mac": "a8:42:a1:00:11:22"}]},
                   "another broker": {**options, "mqtt": {"host": "broker", "port": 8883, "tls": True, "discovery": "component"}, "discovery": {"targets": ["192.168.3.0/24"]}}}
        for name, sample in samples.items():
            path = Path(folder) / "options.json"
            path.write_text(json.dumps(sample))
            done = subprocess.run([binary, "check", "--config", str(path)], env={"SUPERVISOR_TOKEN": "x", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
            check(done.returncode == 0, f"the gateway refuses {name}: {done.stderr.strip() or done.stdout.strip()}")
        for path in sorted((ADDON / "examples").glob("*.yaml")):
            done = subprocess.run([binary, "check", "--config", str(path)], capture_output=True, text=True)
            check(done.returncode == 0, f"the gateway refuses {path.name}: {done.stderr.strip() or done.stdout.strip()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gateway")
    arguments = parser.parse_args()
    document = config()
    translations(document["schema"])
    pictures()
    other_files()
    if arguments.gateway:
        gateway(arguments.gateway, document["options"])
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
