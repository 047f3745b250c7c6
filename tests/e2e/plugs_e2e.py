"""Plugs, strips, switches and bulbs of every transport, from discovery to Home Assistant. Each test is a promise to the user.

python3 tests/e2e/plugs_e2e.py --build build/dev [unittest words]
"""

import argparse
import json
import random
import subprocess
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "script"), str(ROOT / "tests" / "bench"), str(ROOT / "tests" / "e2e")]
import gateway_e2e  # noqa: E402
import world as bench_world  # noqa: E402
from mqtt_client import Mqtt  # noqa: E402
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

    def settles(self, id, property, value, seconds=30):
        """What is published last is that."""
        deadline = time.monotonic() + seconds
        with self.listener.changed:
            while self.state(id).get(property) != value:
                left = deadline - time.monotonic()
                self.assertGreater(left, 0, f"{id}: {property} is {self.state(id).get(property)} and not {value}")
                self.listener.changed.wait(left)

    def results(self, id, property, since, count, seconds=30):
        """So many results of one property, in order."""
        deadline = time.monotonic() + seconds
        with self.listener.changed:
            while True:
                topic = f"tplink2mqtt/{id}/result"
                found = [json.loads(m["payload"]) for at, m in self.listener.messages if at >= since and m["topic"] == topic]
                found = [result for result in found if result["property"] == property]
                if len(found) >= count:
                    return found
                left = deadline - time.monotonic()
                self.assertGreater(left, 0, f"{id} {property}: {len(found)} of {count} results")
                self.listener.changed.wait(left)

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

    def test_a_running_countdown_is_replaced(self):
        for alias in ("Klap", "Xor"):
            id = self.id(self.device(alias))
            self.online(id)
            for minutes in (30, 45, 0):
                with self.subTest(f"{alias} {minutes}"):
                    result = self.command(id, "countdown", minutes)
                    self.assertEqual(result["status"], "ok", result)
                    self.assertEqual(self.state(id)["countdown"], minutes)

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

    BAD = ("maybe", "", "1e309", "NaN", '{"a": {"b": [1]}}', "[[1]]", "null", "-1e309")
    # One property of each kind: switch, number, select, colour, button; of SMART and IOT.
    KINDS = (("Klap", "state"), ("Klap", "auto_off_minutes"), ("Klap", "power_on_behavior"), ("Klap", "reboot"), ("Xor", "state"), ("Xor", "countdown"),
             ("Bulb", "brightness"), ("Bulb", "color"), ("Bulb", "color_temp"), ("Old bulb", "color"), ("Old bulb", "brightness"))

    def device(self, alias):
        return next(d for d in self.simulators.devices if d["alias"] == alias)

    def next_result(self, id, topic, payload):
        """Of something sent as it is; payload: bytes."""
        since = time.monotonic()
        pipe = subprocess.Popen(["mosquitto_pub", "-p", str(self.house.mqtt_port), "-q", "1", "-t", f"tplink2mqtt/{id}/{topic}", "-s"], stdin=subprocess.PIPE)
        pipe.communicate(payload)
        return json.loads(self.listener.wait(f"tplink2mqtt/{id}/result", bool, 30, since)[1]["payload"])

    def test_bad_values_reach_no_device(self):
        used = sorted({alias for alias, _ in self.KINDS})
        for alias in used:
            self.online(self.id(self.device(alias)))
            self.components(self.id(self.device(alias)))
        before = {alias: self.truth(self.device(alias)) for alias in used}
        client = Mqtt(self.house.mqtt_port, "bad")
        for alias, property in self.KINDS:
            id, since = self.id(self.device(alias)), time.monotonic()
            for value in self.BAD:
                client.publish(f"tplink2mqtt/{id}/{property}/set", value)
                client.publish(f"tplink2mqtt/{id}/set", f'{{"{property}": {json.dumps(value)}, "transaction": 1}}')

            with self.subTest(f"{alias} {property}"):
                found = self.results(id, property, since, 2 * len(self.BAD))
                self.assertEqual({result["code"] for result in found}, {"invalid_value"}, found)
        client.close()
        id = self.id(self.device("Klap"))
        self.assertEqual(self.next_result(id, "state/set", b"x" * 10_000_000)["code"], "invalid_value")
        for value in ("1e309", "NaN", '{"a": [1]}', "null", "[]", ""):  # as JSON, not as text
            self.assertEqual(self.next_result(id, "set", f'{{"auto_off_minutes": {value}}}'.encode())["code"], "invalid_value", value)
        for alias in used:
            after = self.truth(self.device(alias))
            self.assertEqual([before[alias].get(key) for key in ("switched", "brightness", "hue")], [after.get(key) for key in ("switched", "brightness", "hue")])

    def test_raw_requests_are_off_unless_asked_for(self):
        device = self.device("Klap")
        id = self.id(device)
        self.online(id)
        before = self.truth(device)["switched"]
        client = Mqtt(self.house.mqtt_port, "raw")
        client.publish(f"tplink2mqtt/{id}/raw/request", json.dumps({"method": "set_device_info", "params": {"device_on": not self.truth(device)["device_on"]}}))
        client.close()
        self.assertEqual(self.command(id, "state", "maybe")["code"], "invalid_value")  # whoever answers this had heard the other
        self.assertEqual(self.truth(device)["switched"], before)
        self.assertIsNone(self.last(f"tplink2mqtt/{id}/raw/response"))


class Storm(HouseCase):
    """Every transport at once, and a network that loses one request of five."""

    groups = [
        {"kind": "tapo_plug_klap", "address": "NET.1", "mac": "02-00-00-00-02-01", "alias": "Klap", "repeat": 40},
        {"kind": "tapo_plug_aes", "address": "NET.41", "mac": "02-00-00-00-03-01", "alias": "Aes", "repeat": 40},
        {"kind": "tapo_plug_tpap", "address": "NET.81", "mac": "02-00-00-00-04-01", "alias": "Tpap", "repeat": 40},
        {"kind": "kasa_plug_klap", "address": "NET.121", "mac": "02-00-00-00-05-01", "alias": "Kasa klap 1", "model": "HS110", "repeat": 20, "options": {"version": 1}},
        {"kind": "kasa_plug_klap", "address": "NET.141", "mac": "02-00-00-00-06-01", "alias": "Kasa klap 2", "model": "KP115", "repeat": 20, "options": {"version": 2}},
        {"kind": "kasa_plug_xor", "address": "NET.161", "mac": "02-00-00-00-07-01", "alias": "Xor", "model": "HS110", "repeat": 40},
    ]
    LOSS = {"drop_percent": 20, "expire_every": 10}  # of 100 requests; all sessions after so many
    CALM = {"drop_percent": 0, "expire_every": 0}

    def faults(self, each):
        for seed, device in enumerate(self.simulators.devices):  # each has luck of its own
            post(f"{self.simulators.control}/devices/{device['mac']}/faults", {**each, "seed": 7919 * (seed + 1)})

    def test_all_are_published_and_no_command_is_lost_or_doubled(self):
        ids = [self.id(d) for d in self.simulators.devices]
        self.assertEqual(len(ids), 200)
        for id in ids:
            self.online(id, max(0.1, self.begun + 60 - time.monotonic()))
            self.components(id, 1)
        with self.listener.changed:
            last = max(next(at for at, m in self.listener.messages if m["topic"] == f"tplink2mqtt/{id}/availability" and m["payload"] == "online") for id in ids)
        print(f"200 devices published after {last - self.begun:.1f} s", file=sys.stderr)
        self.assertLess(last - self.begun, 10 * gateway_e2e.TIME_FACTOR)
        self.storm()

    def storm(self):
        begun = time.monotonic()
        chosen = [d for first in range(0, 200, 20) for d in self.simulators.devices[first:first + 8]]
        self.faults(self.LOSS)
        self.judge(*self.command_all(chosen, 1))
        again = self.command_all(chosen[::2], 2)  # by now their sessions have ended in the middle
        self.judge(*again)
        self.faults(self.CALM)
        for device in chosen:
            self.settles(self.id(device), "state", "ON" if self.truth(device)["device_on"] else "OFF")
        with self.listener.changed:
            gone = [m["topic"] for at, m in self.listener.messages if at > begun and m["topic"].endswith("/availability") and m["payload"] == "offline"]
            count = sum(m["topic"].endswith("/result") for _, m in self.listener.messages)
        self.assertEqual(gone, [], "unavailable although it answered most of the time")
        self.assertEqual(count, len(chosen) + len(chosen[::2]), "one result for each command")

    def command_all(self, chosen, round):
        before = {self.id(d): self.truth(d) for d in chosen}
        for device in chosen[::8]:  # carried out, but the answer is lost
            self.change(device, "faults", drop=1)
        client = Mqtt(self.house.mqtt_port, "storm")
        sent = {}
        for device in chosen:
            id = self.id(device)
            value = "OFF" if before[id]["device_on"] else "ON"
            sent[id] = (device, value, time.monotonic())
            client.publish(f"tplink2mqtt/{id}/set", json.dumps({"state": value, "transaction": f"{id} {round}"}))
        results = {id: self.only_result(id, f"{id} {round}") for id in sent}
        client.close()
        slowest = max(results[id][0] - sent[id][2] for id in sent)
        refused = [result["code"] for _, result in results.values() if result["status"] != "ok"]
        print(f"{len(sent)} commands in the storm: {len(refused)} refused {sorted(set(refused))}, the slowest answer after {slowest:.1f} s", file=sys.stderr)
        self.assertLess(len(refused), len(sent) // 2, refused)
        return sent, before, results

    def only_result(self, id, transaction):
        at, message = self.listener.wait(f"tplink2mqtt/{id}/result", lambda text: json.loads(text).get("transaction") == transaction, 30)
        return at, json.loads(message["payload"])

    def judge(self, sent, before, results):
        """Each command had its one effect, or a reason why not."""
        for id, (device, value, _) in sent.items():
            result = results[id][1]
            after = self.truth(device)
            effects = after["switched"] - before[id]["switched"]
            with self.subTest(device["alias"], result=result):
                if result["status"] == "ok":
                    self.assertEqual((effects, after["device_on"]), (1, value == "ON"), "confirmed: done, and done once")
                else:
                    self.assertLessEqual(effects, 1)
                    self.assertTrue(result["message"])


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
                self.assertLess(time.monotonic() - begun, 15 * gateway_e2e.TIME_FACTOR, result)
                time.sleep(0.3)
            self.assertLess(time.monotonic() - begun, 15 * gateway_e2e.TIME_FACTOR)
            print(f"third party {third_party}: commands work again after {time.monotonic() - begun:.1f} s", file=sys.stderr)
        truth = self.truth(device)
        self.assertGreaterEqual(truth["login_attempts"], 3, "each way had its login")
        self.assertLessEqual(truth["login_failures"], 1, truth)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/dev")
    arguments, words = parser.parse_known_args()
    BUILD = Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *words], verbosity=2)
