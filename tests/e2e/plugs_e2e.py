"""Plugs, strips, switches and bulbs of every transport, from discovery to Home Assistant. Each test is a promise to the user.

python3 tests/e2e/plugs_e2e.py --build build/dev [unittest words]
"""

import argparse
import json
import random
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "script"), str(ROOT / "tests" / "bench"), str(ROOT / "tests" / "e2e")]
import gateway_e2e  # noqa: E402
import world as bench_world  # noqa: E402
from demo import ACCOUNT, api, get, post  # noqa: E402


class House(bench_world.World):
    """Devices that are found by discovery."""

    def simulators(self, *groups):
        # Everybody answers on the usual ports, so another run on this machine needs addresses of its own.
        for net in [f"127.{random.randrange(65, 255)}.{random.randrange(200)}" for _ in range(5)]:
            path = self.folder / "simulators.json"
            listed = [{**group, "address": group["address"].replace("NET", net)} for group in groups]
            path.write_text(json.dumps({**ACCOUNT, "devices": listed}))
            process = self.start("simulators", [self.program("device_simulators"), "--config", str(path)], stdout=subprocess.PIPE)
            line = process.stdout.readline()
            if line:
                document = json.loads(line)
                process.devices, process.control = document["devices"], document["control"]
                return process
            self.processes.remove(process)
        raise RuntimeError("the simulators did not start: " + self.log("simulators"))

    def settle(self, devices, **keys):
        """The gateway's configuration: nothing but where to look."""
        self.http, self.rtsp = bench_world.free_port(0, "127.0.0.1"), bench_world.free_port(0, "127.0.0.1")
        self.page = f"http://127.0.0.1:{self.http}"
        self.config = self.folder / "tplink2mqtt.yaml"
        self.config.write_text(json.dumps({
            "mqtt": {"host": "127.0.0.1", "port": self.mqtt_port}, "account": ACCOUNT,
            "discovery": {"targets": sorted({d["address"] for d in devices}), "interval_s": 10}, "onvif": {"enabled": False},
            "http": {"listen": f"127.0.0.1:{self.http}"}, "rtsp": {"enabled": False, "listen": f"127.0.0.1:{self.rtsp}"},
            "state_dir": str(self.folder / "state"), **keys}))


class HouseCase(unittest.TestCase):
    groups = ()
    keys = {}

    @classmethod
    def setUpClass(cls):
        cls.house = House(BUILD)
        cls.addClassCleanup(cls.house.close)
        cls.simulators = cls.house.simulators(*cls.groups)
        cls.listener = gateway_e2e.Listener(cls.house.mqtt_port, "homeassistant/device/+/config", "tplink2mqtt/#")
        cls.addClassCleanup(cls.listener.close)
        cls.house.settle(cls.simulators.devices, **cls.keys)
        cls.begun = time.monotonic()
        cls.gateway = cls.house.gateway()

    def id(self, device):
        return device["mac"].lower().replace(":", "").replace("-", "")

    def online(self, id, seconds=15):
        self.listener.wait(f"tplink2mqtt/{id}/availability", lambda payload: payload == "online", seconds)

    def last(self, topic):
        with self.listener.changed:
            found = [m["payload"] for _, m in self.listener.messages if m["topic"] == topic]
        return found[-1] if found else None

    def state(self, id):
        return json.loads(self.last(f"tplink2mqtt/{id}/state") or "{}")

    def components(self, id, seconds=15):
        _, message = self.listener.wait(f"homeassistant/device/tplink2mqtt_{id}/config", bool, seconds)
        return json.loads(message["payload"])

    def truth(self, device):
        return json.loads(get(f"{self.simulators.control}/devices/{device['mac']}/state")[1])

    def change(self, device, what, **values):
        status, body = post(f"{self.simulators.control}/devices/{device['mac']}/{what}", values)
        self.assertEqual(status, 200, body)

    def command(self, id, property, value, seconds=10):
        """Sends it and waits for its one result."""
        transaction = random.randrange(1 << 30)
        since = time.monotonic()
        topic, payload = f"tplink2mqtt/{id}/set", json.dumps({property: value, "transaction": transaction})
        subprocess.run(["mosquitto_pub", "-p", str(self.house.mqtt_port), "-q", "1", "-t", topic, "-m", payload], check=True)
        _, message = self.listener.wait(f"tplink2mqtt/{id}/result", lambda text: json.loads(text).get("transaction") == transaction, seconds, since)
        return json.loads(message["payload"])


class EveryKind(HouseCase):
    groups = [
        {"kind": "tapo_plug_klap", "address": "NET.1", "mac": "02-00-00-00-01-01", "alias": "Klap"},
        {"kind": "tapo_plug_aes", "address": "NET.2", "mac": "02-00-00-00-01-02", "alias": "Aes"},
        {"kind": "tapo_plug_tpap", "address": "NET.3", "mac": "02-00-00-00-01-03", "alias": "Tpap"},
        {"kind": "kasa_plug_xor", "address": "NET.4", "mac": "02-00-00-00-01-04", "alias": "Xor", "model": "HS110"},
        {"kind": "kasa_plug_klap", "address": "NET.5", "mac": "02-00-00-00-01-05", "alias": "Kasa klap", "model": "KP115"},
        {"kind": "tapo_plug_klap", "address": "NET.6", "mac": "02-00-00-00-01-06", "alias": "Strip", "model": "P304M"},
        {"kind": "kasa_plug_xor", "address": "NET.7", "mac": "02-00-00-00-01-07", "alias": "Old strip", "model": "HS300"},
        {"kind": "tapo_plug_klap", "address": "NET.8", "mac": "02-00-00-00-01-08", "alias": "Bulb", "model": "L530"},
        {"kind": "kasa_plug_xor", "address": "NET.9", "mac": "02-00-00-00-01-09", "alias": "Old bulb", "model": "KL130"},
        {"kind": "kasa_plug_xor", "address": "NET.10", "mac": "02-00-00-00-01-0a", "alias": "Dimmer", "model": "HS220"},
    ]

    def test_each_is_found_and_toggled(self):
        for device in self.simulators.devices:
            id = self.id(device)
            with self.subTest(device["alias"]):
                self.online(id)
                if device["alias"] == "Strip":
                    continue  # it has no relay of its own
                for value in ("OFF", "ON"):
                    result = self.command(id, "state", value)
                    self.assertEqual(result["status"], "ok", result)
                    self.assertEqual(self.state(id)["state"], value)

    def test_outlets_are_devices_of_their_own(self):
        for alias, count in (("Strip", 4), ("Old strip", 6)):
            parent = self.id(next(d for d in self.simulators.devices if d["alias"] == alias))
            for number in range(1, count + 1):
                id = f"{parent}_{number}"
                with self.subTest(id):
                    self.online(id)
                    config = self.components(id)
                    self.assertEqual(config["device"]["via_device"], f"tplink2mqtt_{parent}")
                    self.assertIn("state", config["components"])
                    self.assertNotIn("reboot", config["components"])
            result = self.command(f"{parent}_2", "state", "OFF")
            self.assertEqual(result["status"], "ok", result)
            self.assertEqual(self.state(f"{parent}_2")["state"], "OFF")
            result = self.command(f"{parent}_1", "state", "ON")
            self.assertEqual(result["status"], "ok", result)
            self.assertEqual(self.state(f"{parent}_1")["state"], "ON")
            self.assertEqual(self.state(f"{parent}_2")["state"], "OFF", "only the outlet that was meant")

    def test_a_bulb_is_one_light(self):
        for alias in ("Bulb", "Old bulb", "Dimmer"):
            id = self.id(next(d for d in self.simulators.devices if d["alias"] == alias))
            with self.subTest(alias):
                self.online(id)
                light = self.components(id)["components"]["light"]
                self.assertIsNone(light["name"])
                self.assertEqual(light["brightness_scale"], 100)
                self.assertEqual(self.command(id, "brightness", 42)["status"], "ok")
                self.assertEqual(self.state(id)["brightness"], 42)
                if "hs_command_topic" in light:
                    self.assertEqual(self.command(id, "color", "240,80")["status"], "ok")
                    self.assertEqual(self.state(id)["color"], "240,80")
                    self.assertEqual(self.command(id, "color_temp", 3000)["status"], "ok")
                    self.assertEqual(self.state(id)["color_mode"], "color_temp")

    def test_bad_values_reach_no_device(self):
        id = self.id(self.simulators.devices[0])
        self.online(id)
        before = self.truth(self.simulators.devices[0])
        for property, value in (("state", "maybe"), ("state", ""), ("auto_off_minutes", "1e309"), ("auto_off_minutes", "NaN"), ("auto_off_minutes", ""),
                                ("auto_off_minutes", "Infinity"), ("auto_off_minutes", "-5"), ("state", {"a": [1]}), ("state", None)):
            with self.subTest(f"{property} {value}"):
                self.assertEqual(self.command(id, property, value)["code"], "invalid_value")
        since = time.monotonic()
        pipe = subprocess.Popen(["mosquitto_pub", "-p", str(self.house.mqtt_port), "-q", "1", "-t", f"tplink2mqtt/{id}/state/set", "-s"], stdin=subprocess.PIPE)
        pipe.communicate(b"x" * 10_000_000)
        _, message = self.listener.wait(f"tplink2mqtt/{id}/result", lambda text: json.loads(text).get("property") == "state", 15, since)
        self.assertEqual(json.loads(message["payload"])["code"], "invalid_value")
        after = self.truth(self.simulators.devices[0])
        self.assertEqual(before.get("device_on"), after.get("device_on"))


class TwoHundred(HouseCase):
    groups = [
        {"kind": "tapo_plug_klap", "address": "NET.1", "mac": "02-00-00-00-02-01", "alias": "Klap", "repeat": 50},
        {"kind": "tapo_plug_aes", "address": "NET.51", "mac": "02-00-00-00-03-01", "alias": "Aes", "repeat": 50},
        {"kind": "tapo_plug_tpap", "address": "NET.101", "mac": "02-00-00-00-04-01", "alias": "Tpap", "repeat": 50},
        {"kind": "kasa_plug_xor", "address": "NET.151", "mac": "02-00-00-00-05-01", "alias": "Xor", "model": "HS110", "repeat": 50},
    ]

    def test_all_are_published_within_ten_seconds_and_survive_a_bad_network(self):
        ids = [self.id(d) for d in self.simulators.devices]
        self.assertEqual(len(ids), 200)
        for id in ids:
            self.online(id, max(0.1, self.begun + 30 - time.monotonic()))
            self.components(id, 1)
        with self.listener.changed:
            last = max(next(at for at, m in self.listener.messages if m["topic"] == f"tplink2mqtt/{id}/availability" and m["payload"] == "online") for id in ids)
        print(f"200 devices published after {last - self.begun:.1f} s", file=sys.stderr)
        self.assertLess(last - self.begun, 10)
        self.storm(ids)

    def storm(self, ids):
        """One request of five is lost, sessions end; nothing may go away, no command may be lost or done twice."""
        over = threading.Event()

        def strike():
            # 200 devices asked every 5 s make 40 requests a second: a fifth of them is struck.
            while not over.wait(0.5):
                for device in random.sample(self.simulators.devices, 4):
                    fault = random.choice([{"drop": 1}, {"deaf": 1}, {"forbid": 1}, {"reset": 1}])
                    post(f"{self.simulators.control}/devices/{device['mac']}/faults", fault)

        begun = time.monotonic()
        thread = threading.Thread(target=strike, daemon=True)
        thread.start()
        wanted = {}
        try:
            for round in range(2):
                for device in random.sample(self.simulators.devices, 12):
                    id, value = self.id(device), random.choice(("ON", "OFF"))
                    result = self.command(id, "state", value, 25)
                    if result["status"] == "ok":
                        wanted[id] = (device, value)
        finally:
            over.set()
            thread.join()
        time.sleep(1)
        with self.listener.changed:
            gone = [m["topic"] for at, m in self.listener.messages if at > begun and m["topic"].endswith("/availability") and m["payload"] == "offline"]
        self.assertEqual(gone, [], "unavailable although it answered most of the time")
        self.assertGreater(len(wanted), 8, "most commands must succeed")
        for id, (device, value) in wanted.items():
            self.assertEqual(self.state(id)["state"], value, "confirmed, then forgotten")


class Firmware(HouseCase):
    groups = [{"kind": "tapo_plug_tpap", "address": "NET.1", "mac": "02-00-00-00-06-01", "alias": "Flips", "options": {"third_party": True}}]

    def test_an_update_that_changes_the_login_is_followed_and_undone(self):
        device = self.simulators.devices[0]
        id = self.id(device)
        self.online(id)
        for third_party in (False, True):
            self.change(device, "state", third_party=third_party)
            begun = time.monotonic()
            while True:
                result = self.command(id, "state", random.choice(("ON", "OFF")), 20)
                if result["status"] == "ok":
                    break
                self.assertNotIn(result["code"], ("auth_failed", "locked_out"), result)
                self.assertLess(time.monotonic() - begun, 15, result)
                time.sleep(0.3)
            self.assertLess(time.monotonic() - begun, 15)
            print(f"third party {third_party}: commands work again after {time.monotonic() - begun:.1f} s", file=sys.stderr)
        truth = self.truth(device)
        failures = truth.get("auth_failures", truth.get("failed_logins", 0))
        self.assertLessEqual(failures, 1, truth)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/dev")
    arguments, words = parser.parse_known_args()
    BUILD = Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *words], verbosity=2)
