"""Everything at once: what Home Assistant would say, and where a secret might slip out. Each test is a promise to the user.

python3 tests/e2e/fleet_e2e.py --build build/dev [unittest words]
"""

import argparse
import base64
import io
import json
import os
import random
import re
import socket
import stat
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fleet  # noqa: E402
import gateway_e2e  # noqa: E402
from fleet import MAIL, NETWORK, PASSWORD, USERS, FleetCase  # noqa: E402
from gateway_e2e import Devices, world  # noqa: E402


GOLDEN = {"My aes plug": "plug", "My energy plug": "energy_plug", "My strip": "strip", "My strip 1": "strip_outlet", "My dimmer": "dimmer", "My bulb": "bulb",
          "My kasa energy plug": "kasa_energy_plug", "My kasa strip 1": "kasa_strip_outlet", "My kasa dimmer": "kasa_dimmer", "My kasa bulb": "kasa_bulb", "My hallway": "wired_camera",
          "My garden": "camera_with_everything", "My street": "battery_camera", "My gate": "doorbell", "My hub": "hub", "Front door": "hub_child", "My porch": "newest_camera",
          "My office": "vigi_camera", "My kitchen": "kasa_camera"}


def spellings(word):
    """As somebody might write it: plain, in JSON, in a URL, in Base64 at each of its three offsets, in hex."""
    raw = word.encode()
    out = {word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1], urllib.parse.quote(word), urllib.parse.quote(word, safe=""), raw.hex(), raw.hex().upper()}
    for shift in range(3):
        middle = base64.b64encode(b"\0" * shift + raw + b"\0" * 3).decode()
        out.add(middle[{0: 0, 1: 2, 2: 3}[shift]:(shift + len(raw)) * 8 // 6 - 1])
    return {spelling for spelling in out if len(spelling) >= 6}


class Replay:
    """A world made of a bundle: one camera for each document, and a gateway of its own."""

    def __init__(self):
        self.demo = world.Demo(argparse.Namespace(build=gateway_e2e.BUILD, listen="127.0.0.1", mqtt=None, check=False))

    def run(self, sent):
        net, devices = f"127.{random.randrange(65, 255)}.{random.randrange(256)}", []
        for number, (model, (device, answers)) in enumerate(sorted(sent.items()), 1):
            path = self.demo.folder / f"{model}.json"
            path.write_text(json.dumps(answers))
            devices.append({"kind": "tapo_camera_l3", "model": model, "address": f"{net}.{number}", "mac": f"02-00-00-00-F2-{number:02X}", "alias": f"Sent {model}", "options": {"document": str(path), "battery": "asleep" in device["capabilities"]}})
        config = self.demo.folder / "simulators.json"
        config.write_text(json.dumps({**world.ACCOUNT, "devices": devices}))
        process = self.demo.start("simulators", [self.demo.program("device_simulators"), "--config", str(config), "--discovery-port", "-1"], stdout=subprocess.PIPE)
        line = process.stdout.readline()
        assert line, self.demo.log_of("simulators")
        self.demo.start_gateway(self.demo.start_broker(), json.loads(line)["devices"])


class Everybody(FleetCase):
    """The whole fleet; the tests run in the order of their numbers, because the later ones take devices away."""

    def capture(self, *topics, seconds=2):
        """Retained messages under some topics, pictures left out."""
        words = [word for topic in topics for word in ("-t", topic)]
        lines = subprocess.run(["mosquitto_sub", "-V", "5", "--retain-as-published", "-p", str(self.broker[1]), "-W", str(seconds), "-F", "%j", *words], capture_output=True).stdout
        found = []
        for line in lines.decode(errors="replace").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
        return found

    def published(self, devices):
        """All discovery and state messages, once they are there."""
        wanted = {f"tplink2mqtt/{device['id']}/{leaf}" for device in devices for leaf in ("state", "availability")}
        wanted |= {f"homeassistant/device/tplink2mqtt_{device['id']}/config" for device in devices}

        def complete():
            seen = self.capture("homeassistant/device/#", "tplink2mqtt/#")
            return seen if wanted <= {message["topic"] for message in seen if message["payload"]} else None
        return self.until(complete, 40, "not everything was published")

    def test_1_home_assistant_finds_no_fault_with_any_device(self):
        self.everybody()
        seen = self.published(self.listed())
        lint = subprocess.run([self.demo.program("lint_capture"), "homeassistant", "tplink2mqtt"], input="\n".join(map(json.dumps, seen)), capture_output=True, text=True)
        self.assertEqual(lint.returncode, 0, lint.stdout + lint.stderr)
        linter = fleet.ROOT.parent / "shared" / "tools" / "ha_lint.py"
        if linter.is_file():  # another pair of eyes, where it is at hand
            path = self.demo.folder / "capture.jsonl"
            path.write_text("\n".join(map(json.dumps, seen)))
            other = subprocess.run([sys.executable, str(linter), str(path), "--need-state"], capture_output=True, text=True)
            self.assertEqual(other.returncode, 0, other.stdout[-3000:] + other.stderr[-1000:])
        self.until(lambda: not self.lost(self.capture("homeassistant/device/#")), 30, lambda: str(self.lost(self.capture("homeassistant/device/#"))))
        type(self).birth = self.listen_for_all()
        self.send("homeassistant/status", "online")  # what follows is looked at after the next test: it may take 10 s
        type(self).born = time.monotonic()
        for message in seen:  # every state has every key, and no key without a value is missing
            if message["topic"].endswith("/state") and "/bridge/" not in message["topic"]:
                self.assertLessEqual(len(message["payload"]), 8192, message["topic"])

    @classmethod
    def listen_for_all(cls):
        listener = gateway_e2e.Listener(cls.broker[1], "tplink2mqtt/#", "homeassistant/#")
        cls.addClassCleanup(listener.close)
        return listener

    def lost(self, seen):
        """What was published once stays as it is: names, ids, units. More entities may come; UPDATE_GOLDEN=1 writes them down."""
        lost, missing = [], set(GOLDEN.values())
        for message in seen:
            if not message["topic"].startswith("homeassistant/device/tplink2mqtt_02"):
                continue
            document = json.loads(message["payload"])
            name = GOLDEN.get(document["device"]["name"])
            if name is None:
                continue
            missing.discard(name)
            path = fleet.ROOT / "tests" / "golden" / "fleet" / f"{name}.json"
            if os.environ.get("UPDATE_GOLDEN"):
                path.parent.mkdir(exist_ok=True)
                lines = [f" {json.dumps(id)}: {json.dumps(value, sort_keys=True, ensure_ascii=False)}" for id, value in sorted(document["components"].items())]
                path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
            lost += [f"{name}: {id}: {document['components'].get(id)} instead of {value}" for id, value in json.loads(path.read_text()).items() if document["components"].get(id) != value]
        return lost + sorted(missing)

    def test_2b_when_home_assistant_starts_everything_is_told_again(self):
        for device in self.listed():
            for topic in (f"homeassistant/device/tplink2mqtt_{device['id']}/config", f"tplink2mqtt/{device['id']}/availability", f"tplink2mqtt/{device['id']}/state"):
                self.birth.wait(topic, bool, max(1.0, 15 - (time.monotonic() - self.born)), self.born)
        self.birth.wait("tplink2mqtt/bridge/state", lambda p: p == "online", 5, self.born)

    # Secrets.

    def secrets(self):
        out = {"account password": PASSWORD, "e-mail": MAIL, **{f"{of} password": pair[1] for of, pair in USERS.items()}}
        out["camera user"] = USERS["camera"][0]  # those of broker and RTSP stand in the settings' form
        for device in self.devices.all:
            state = self.devices.state(device)
            for number, secret in enumerate([*state.get("secrets", []), *([state["stok"]] if "stok" in state else [])]):
                out[f"token {number} of {device['alias']}"] = secret
        return out

    def told_by_events(self, seconds):
        """What the page is told as it happens."""
        host, port = self.demo.page.split("/")[2].split(":")
        login = base64.b64encode(":".join(USERS["http"]).encode()).decode()
        text, end = b"", time.monotonic() + seconds
        with socket.create_connection((host, int(port)), 5) as stream:
            stream.sendall(f"GET /api/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {login}\r\n\r\n".encode())
            while (left := end - time.monotonic()) > 0:
                stream.settimeout(left)
                try:
                    text += stream.recv(65536)
                except TimeoutError:
                    break
        return text.decode(errors="replace")

    def places(self):
        """Where a secret might be seen, by name."""
        listener = self.listen("tplink2mqtt/#", "homeassistant/#")
        listener.wait("tplink2mqtt/bridge/state", bool)
        events = []
        watcher = threading.Thread(target=lambda: events.append(self.told_by_events(6)))
        watcher.start()
        self.provoke()
        bundle = zipfile.ZipFile(io.BytesIO(self.ask("/api/diagnostics")[1]))
        out = {f"diagnostics {name}": name + bundle.read(name).decode() for name in bundle.namelist()}
        out["diagnostics by MQTT"] = json.dumps(self.request("diagnostics", {}), ensure_ascii=False)
        paths = ["/", "/metrics", "/healthz", "/api/devices", "/api/settings", "/api/egress", "/api/cloud", "/api/tokens"]
        paths += [f"/api/devices/{device['id']}{leaf}" for device in self.listed() for leaf in ("", "/exchanges", "/snapshot.jpg", "/recordings?date=2026-01-01", "/nothing")]
        for path in paths:
            out[path] = self.ask(path)[1].decode(errors="replace")
        for method, path, body in (("POST", "/api/probe", {"host": self.devices.of("camera_l3")["address"], "port": self.devices.of("camera_l3")["port"]}),
                                   ("POST", "/api/discover", {}), ("PATCH", "/api/settings", {"account.passwort": PASSWORD})):
            out[f"{method} {path}"] = self.ask(path, method, body)[1].decode(errors="replace")
        for path in ("", "/sub", "/2"):
            request = f"DESCRIBE rtsp://{USERS['rtsp'][0]}@127.0.0.1:{self.demo.rtsp}/{Devices.id(self.devices.of('camera_l1'))}{path} RTSP/1.0\r\nCSeq: 1\r\n\r\n"
            with socket.create_connection(("127.0.0.1", self.demo.rtsp), 10) as stream:
                stream.sendall(request.encode())
                out[f"RTSP {path}"] = stream.recv(65536).decode(errors="replace")
        watcher.join()
        out["events of the page"] = events[0]
        out["broker"] = "\n".join(m["topic"] + " " + str(m["payload"]) for _, m in listener.messages if "/request/" not in m["topic"])
        out["log"] = self.log_text()
        process = self.gateway().pid
        out["command line"] = Path(f"/proc/{process}/cmdline").read_bytes().decode()
        return out

    def provoke(self):
        """What makes programs talkative: expired sessions, refusals, dead devices, odd commands, a wrong login, a picture."""
        camera = self.devices.of("camera_l1")
        for kind in ("plug_aes", "plug_klap", "camera_l1", "camera_l3", "plug_tpap", "vigi_camera"):
            device = self.devices.of(kind)
            self.devices.faults(device, expire_sessions=True)
            self.ask(f"/api/devices/{Devices.id(device)}/set", "POST", {"led": "OFF"})
            self.devices.faults(device, garbage=1)
            self.ask(f"/api/devices/{Devices.id(device)}/set", "POST", {"led": "ON"})
        self.send(f"tplink2mqtt/{Devices.id(camera)}/set", json.dumps({"led": "ON", "colour": 1}))
        self.ask("/api/probe", "POST", {"host": camera["address"], "port": camera["port"], "username": MAIL, "password": PASSWORD + "x"})
        self.ask("/api/devices", "POST", {"host": camera["address"], "password": PASSWORD, "colour": "red"})
        self.request("device/options", {"id": Devices.id(camera), "options": {"camera_account": {"username": USERS["camera"][0], "password": USERS["camera"][1]}}})
        self.request("device/add", {"host": "127.0.0.1", "username": MAIL, "password": PASSWORD, "nonsense": 1})
        user = ":".join(urllib.parse.quote(word, safe="") for word in USERS["rtsp"])
        subprocess.run(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", f"rtsp://{user}@127.0.0.1:{self.demo.rtsp}/{Devices.id(camera)}", "-frames:v", "1", "-f", "null", "-"], capture_output=True, timeout=30)
        wrong = base64.b64encode(f"{USERS['http'][0]}:{USERS['http'][1]}x".encode()).decode()
        self.ask("/api/devices", Authorization="Basic " + wrong)

    def test_2_no_secret_shows_anywhere(self):
        self.everybody()
        first = self.secrets()
        places = self.places()
        secrets = {**first, **self.secrets()}
        self.assertGreater(len([name for name in secrets if name.startswith("token")]), 10, secrets)
        self.assertTrue(any(name.endswith("account cloud") for name in secrets), "the cloud was not asked")
        found = []
        for name, secret in secrets.items():
            for word in spellings(secret):
                for place, text in places.items():
                    # The probe is told its own login by whoever asks; a user name alone opens nothing, but is nobody's business either.
                    at = text.find(word)
                    if at >= 0:
                        found.append(f"{name} in {place}: ...{text[max(0, at - 80):at + 40]}")
        self.assertEqual(found, [])
        network = [f"network in {place}" for word in spellings(NETWORK) for place, text in places.items() if word in text]
        self.assertEqual(network, [])

    def test_3_strangers_get_no_address_and_no_name_from_the_diagnostics(self):
        devices = self.everybody()
        bundle = zipfile.ZipFile(io.BytesIO(self.ask("/api/diagnostics")[1]))
        places = {name: (name + bundle.read(name).decode()).lower() for name in bundle.namelist()}
        places["by MQTT"] = json.dumps(self.request("diagnostics", {})).lower()
        found = []
        for device in self.listed():
            mac = device["mac"].replace(":", "").lower()
            words = [device["id"], mac, "-".join(re.findall("..", mac)), ":".join(re.findall("..", mac)), device["host"], device["name"].lower()]
            found += [f"{word} in {place}" for word in words for place, text in places.items() if len(word) > 3 and word in text]
        self.assertGreater(len(devices), 10)
        self.assertEqual(found, [])

    def test_4_neither_the_state_nor_a_crash_tells_the_passwords(self):
        path = self.demo.folder / "state" / "state.json"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0)
        text = path.read_text()
        for of in ("mqtt", "http", "rtsp", "vigi"):  # the file's own; what came by a request has no other place to stay
            self.assertNotIn(USERS[of][1], text, of)
        self.assertNotIn(PASSWORD, text)
        limits = Path(f"/proc/{self.gateway().pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ", "a crash would write the memory, passwords included, to a file")

    def test_4b_a_bundle_replays_in_the_simulators(self):
        """What a user sends in can be looked at here: simulators made of it offer what the device offered."""
        self.everybody()
        bundle = zipfile.ZipFile(io.BytesIO(self.ask("/api/diagnostics")[1]))
        sent = {}
        for device in json.loads(bundle.read("diagnostics.json"))["devices"]:
            if device["transport"] == "tapo3" and not device.get("via") and device["model"] != "H200":
                sent[device["model"]] = (device, json.loads(bundle.read(f"devices/{device['id']}.json")))
        self.assertGreaterEqual(len(sent), 3, set(sent))
        replay = Replay()
        self.addCleanup(replay.demo.stop)
        replay.run(sent)
        for number, (model, (device, _)) in enumerate(sorted(sent.items()), 1):
            wanted = set(device["capabilities"])
            offered = lambda: {row["id"] for d in world.api(replay.demo.page) if d["mac"].endswith(f"{number:02x}") for row in d["capabilities"]}
            self.until(lambda: wanted <= offered(), 30, lambda: f"{model} lacks {wanted - offered()}")

    # Names and goings.

    def announced(self):
        """By device id: what the newest discovery message says."""
        found = {}
        for message in self.capture("homeassistant/device/+/config", seconds=1):
            document = json.loads(message["payload"])
            found[document["device"]["identifiers"][0]] = document
        return found

    def test_5_a_new_name_changes_no_id(self):
        self.everybody()
        self.published(self.listed())
        ids = lambda document: {key: value.get("unique_id") for key, value in document["components"].items()}
        before = {device: ids(document) for device, document in self.announced().items()}
        names = {f"tplink2mqtt_{d['id']}": (d["id"], "New name of " + d["name"]) for d in self.listed()}
        self.assertGreater(len(names), 25)
        listener = self.listen("homeassistant/#")
        for id, name in names.values():  # a strip that is asked anew knows its outlets a moment later
            self.until(lambda: self.ask(f"/api/devices/{id}", "PATCH", {"name": name})[0] == 200, 15, f"{name}: refused")
        wrong = [None]

        def renamed():
            now = self.announced()
            wrong[:] = [name for device, (_, name) in names.items() if now[device]["device"]["name"] != name or not before[device].items() <= ids(now[device]).items()]
            return not wrong
        self.until(renamed, 40, lambda: f"these lost their name, or an entity lost its id: {wrong}")
        gone = [m["topic"] for _, m in listener.messages if not m["payload"]]
        gone += [key for _, m in listener.messages if m["payload"] for key, value in json.loads(m["payload"]).get("components", {}).items() if len(value) == 1]
        self.assertEqual(gone, [], "removed and made anew: what the user has set for it is lost")

    def test_6_a_removed_device_leaves_no_retained_topic(self):
        self.published(self.listed())
        for device in self.devices.list:
            self.assertEqual(self.request("device/remove", {"id": Devices.id(device)})["status"], "ok", device["alias"])
        self.until(lambda: not self.listed(), 10, "still listed")
        leaves = lambda: [m["topic"] for m in self.capture("tplink2mqtt/#", "homeassistant/#", seconds=1) if "bridge" not in m["topic"] and m["retain"]]
        self.until(lambda: not leaves(), 10, "something was left behind")
        self.assertNotIn("02000000f1", json.dumps(self.capture("tplink2mqtt/bridge/devices", seconds=1)))


if __name__ == "__main__":
    gateway_e2e.run()
