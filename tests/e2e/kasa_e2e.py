"""Kasa cameras through the whole gateway: locally, by the cloud when allowed, and a clear no otherwise.

python3 tests/e2e/kasa_e2e.py --build build/dev [unittest words]
"""

import argparse
import json
import queue
import random
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import gateway_e2e  # noqa: E402
from gateway_e2e import Devices, world  # noqa: E402

PASSWORD = "canary-Pass%1\u00e4"  # not ASCII: signed and sent as it is
MAIL = "canary.user@example.com"


class KasaCase(gateway_e2e.GatewayCase):
    """One camera, one cloud, and a gateway told how far it may go."""

    camera = {}  # options of the simulators
    cloud = {}
    settings = {}  # of the gateway, besides the devices
    device = {}
    ca = True  # the gateway is told the cloud's authority

    @classmethod
    def setUpClass(cls):
        cls.demo = world.Demo(argparse.Namespace(build=gateway_e2e.BUILD, listen="127.0.0.1", mqtt=None, check=False))
        try:
            cls.broker = cls.demo.start_broker()
            cls.devices = Devices(cls.simulate())
            cls.kasa, cls.sky = cls.devices.of("kasa_camera"), cls.devices.of("kasa_cloud")
            cls.start_gateway()
        except BaseException:
            cls.demo.stop()
            raise

    @classmethod
    def simulate(cls):
        net = f"127.{random.randrange(65, 255)}.{random.randrange(256)}"
        devices = [{"kind": "kasa_camera", "address": net + ".41", "mac": "02-00-00-00-00-41", "alias": "Yard camera", "port": 0,
                    "options": {"control_port": 0, "udp_port": 0, "talk_port": 0, "media_port": 0, **cls.camera}},
                   {"kind": "kasa_cloud", "address": net + ".42", "mac": "02-00-00-00-00-42", "port": 0, "options": cls.cloud}]
        path = cls.demo.folder / "world.json"
        path.write_text(json.dumps({"username": MAIL, "password": PASSWORD, "devices": devices}))
        process = cls.demo.start("simulators", [cls.demo.program("device_simulators"), "--config", str(path), "--discovery-port", "-1"], stdout=subprocess.PIPE)
        first = queue.Queue()
        threading.Thread(target=lambda: first.put(process.stdout.readline()), daemon=True).start()
        line = first.get(timeout=60)
        assert line, cls.demo.log_of("simulators")
        return json.loads(line)

    @classmethod
    def start_gateway(cls):
        authority = cls.demo.folder / "ca.pem"
        authority.write_text(cls.sky["ca_pem"])
        cls.demo.http, cls.demo.rtsp = world.free_port(0, "127.0.0.1"), world.free_port(0, "127.0.0.1")
        config = {
            "mqtt": {"host": cls.broker[0], "port": cls.broker[1]},
            "account": {"username": MAIL, "password": PASSWORD},
            "cloud": {"enabled": True, "url": cls.sky["url"], **({"ca_file": str(authority)} if cls.ca else {})},
            "discovery": {"enabled": False},
            "http": {"listen": f"127.0.0.1:{cls.demo.http}"},
            "rtsp": {"listen": f"127.0.0.1:{cls.demo.rtsp}"},
            "webrtc": {"candidates": ["127.0.0.1"]},
            "log": {"level": "trace"},
            "media": {"linger_s": 1},
            "state_dir": str(cls.demo.folder / "state"),
            "devices": [{"host": cls.kasa["address"], "port": cls.kasa["port"], "state_port": cls.kasa["udp_port"], "media_port": cls.kasa["media_port"],
                         "talk_port": cls.kasa["talk_port"], "family": "kasa_camera", **cls.device}],
        }
        for section, values in cls.settings.items():
            config[section] = {**config[section], **values} if isinstance(values, dict) else values
        cls.adjust(config)
        cls.config = config
        cls.write(config)
        cls.demo.start("gateway", [cls.demo.program("tplink2mqtt"), "run", "--config", str(cls.demo.folder / "tplink2mqtt.yaml")])
        cls.demo.page = f"http://127.0.0.1:{cls.demo.http}"
        world.wait_for(lambda: cls.demo.alive() and world.get(cls.demo.page + "/healthz")[0] == 200, 20, "the gateway did not become healthy:\n" + cls.demo.log_of("gateway"))

    @classmethod
    def adjust(cls, config):
        pass

    @classmethod
    def write(cls, config):
        (cls.demo.folder / "tplink2mqtt.yaml").write_text(json.dumps(config))

    def setUp(self):
        self.id = Devices.id(self.kasa)
        self.online(self.kasa)

    def set(self, **values):
        status, body = world.post(f"{self.demo.page}/api/devices/{self.id}/set", values)
        self.assertEqual(status, 200, body)
        return json.loads(body)[0]

    def shown(self):
        return json.loads(world.get(f"{self.demo.page}/api/devices/{self.id}")[1])

    def offers(self, *properties):
        return self.until(lambda: set(properties) <= {c["id"] for c in self.shown()["capabilities"]}, 30, f"{properties} are not offered")

    def sky_state(self):
        return self.devices.state(self.sky)

    def change_sky(self, **values):
        status, body = world.post(f"{self.devices.control}/devices/{self.sky['mac']}/state", values)
        self.assertEqual(status, 200, body)

    def account(self):
        return json.loads(world.get(self.demo.page + "/api/cloud")[1])

    def logins(self):
        return sum(count for name, count in self.sky_state()["calls"].items() if name.endswith("login"))

    def switch(self):
        """Privacy on and off again: told, done, and read back."""
        for wanted in ("ON", "OFF"):
            result = self.set(privacy=wanted)
            self.assertEqual(result["status"], "ok", result)
            self.assertEqual(self.shown()["state"]["privacy"], wanted)
            self.assertEqual(self.devices.state(self.kasa)["camera_on"], wanted == "OFF")

    def play(self):
        url = f"rtsp://127.0.0.1:{self.demo.rtsp}/{self.id}"
        seen = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name,width", "-of", "csv=p=0", url],
                              capture_output=True, text=True, timeout=40)
        self.assertIn("h264", seen.stdout, seen.stderr + self.demo.log_of("gateway"))
        return seen.stdout

    def no_secret_in_any_log(self):
        """Nor on the broker, in diagnostics, or in the state of anything but the session itself."""
        places = {path.name: path.read_text(errors="replace") for path in self.demo.folder.glob("*.log")}
        places["api"] = world.get(self.demo.page + "/api/devices")[1] + world.get(self.demo.page + "/api/cloud")[1] + world.get(self.demo.page + "/metrics")[1]
        places["mqtt"] = subprocess.run(["mosquitto_sub", "-p", str(self.broker[1]), "-t", "tplink2mqtt/bridge/#", "-W", "1", "-v"], capture_output=True, text=True).stdout
        state = (self.demo.folder / "state" / "state.json").read_text()
        self.assertNotIn(PASSWORD, state)
        self.assertEqual((self.demo.folder / "state" / "state.json").stat().st_mode & 0o077, 0)
        secrets = {PASSWORD, "314bc6700b3140ca80bc655e527cb062", *self.devices.state(self.sky)["secrets"]}
        places["state.json"] = state  # the session lies there sealed
        for name, text in places.items():
            for secret in secrets:
                self.assertFalse(secret in text, f"{name} holds a secret")


class Local(KasaCase):
    """10443 answers: the cloud is allowed and yet never asked."""

    camera = {"linkie": "works", "has_spotlight": True, "has_siren": True}
    device = {"poll_s": 1}

    def test_switches_reads_and_plays_without_the_cloud(self):
        self.offers("privacy", "led", "motion_detection", "night_vision", "ptz_left", "spotlight", "siren", "rssi", "firmware")
        self.switch()
        for values in ({"led": "OFF"}, {"motion_detection": "OFF"}, {"night_vision": "on"}, {"ptz_left": "PRESS"}, {"spotlight": "ON"}):
            self.assertEqual(self.set(**values)["status"], "ok", values)
        self.assertTrue(self.shown()["transport"].startswith("linkie2/"))
        self.play()
        self.assertEqual(self.sky_state()["calls"], {})
        self.assertEqual(self.account()["egress"]["hosts"], [])
        self.no_secret_in_any_log()

    def test_speech_reaches_the_speaker(self):
        samples = bytes(16000)  # 1 s of 8 kHz, 16 bit
        head = b"RIFF" + (36 + len(samples)).to_bytes(4, "little") + b"WAVEfmt " + bytes([16, 0, 0, 0, 1, 0, 1, 0]) + (8000).to_bytes(4, "little") + \
            (16000).to_bytes(4, "little") + bytes([2, 0, 16, 0]) + b"data" + len(samples).to_bytes(4, "little")
        request = urllib.request.Request(f"{self.demo.page}/api/devices/{self.id}/talk", head + samples, {"Content-Type": "audio/wav"})
        try:
            urllib.request.urlopen(request, timeout=20).close()
        except urllib.error.HTTPError as problem:
            self.fail(problem.read().decode() + self.demo.log_of("gateway"))
        heard = self.devices.state(self.kasa)
        self.assertGreaterEqual(heard["talk_bytes"], 7500, heard)

    def test_motion_comes_and_goes(self):
        self.offers("motion")
        self.assertEqual(self.shown()["state"]["motion"], "OFF")
        world.post(f"{self.devices.control}/devices/{self.kasa['mac']}/state", {"activity": True})
        self.until(lambda: self.shown()["state"]["motion"] == "ON", 10, "motion was not seen")

    def test_a_picture_is_decoded(self):
        with urllib.request.urlopen(f"{self.demo.page}/api/devices/{self.id}/snapshot.jpg?max_age_s=1", timeout=20) as reply:
            self.assertEqual(reply.read()[:2], b"\xff\xd8")

    def test_privacy_by_mqtt_with_one_result(self):
        listener = self.listen("tplink2mqtt/#")
        at = 0.0
        for wanted in ("ON", "OFF"):
            self.send(f"tplink2mqtt/{self.id}/privacy/set", wanted)
            at, _ = listener.wait(f"tplink2mqtt/{self.id}/state", lambda p, wanted=wanted: (json.loads(p) if isinstance(p, str) else p)["privacy"] == wanted, since=at)
        self.until(lambda: self.devices.state(self.kasa)["camera_on"], 5, "the camera was not switched on again")


class Found(KasaCase):
    """Nothing but its address as a target: the camera is found, taken in, and plays at its usual ports."""

    camera = {"linkie": "works", "control_port": 10443, "udp_port": 9999, "talk_port": 18443, "media_port": 19443}

    @classmethod
    def adjust(cls, config):
        config["devices"] = []
        config["discovery"] = {"targets": [cls.kasa["address"]], "interval_s": 10}

    def test_is_taken_in_and_works(self):
        self.assertEqual(self.shown()["family"], "kasa_camera")
        self.switch()
        self.play()


class FoundAndConfigured(Found):
    """Both at once: still one device."""

    @classmethod
    def adjust(cls, config):
        config["discovery"] = {"targets": [cls.kasa["address"]], "interval_s": 10}

    def test_is_taken_in_and_works(self):
        self.set(led="OFF")
        status, found = world.post(self.demo.page + "/api/discover", {})
        self.assertEqual(status, 200, found)
        self.assertTrue(json.loads(found)["devices"][0]["known"])
        self.assertEqual([d["id"] for d in world.api(self.demo.page)], [self.id])


class ByCloud(KasaCase):
    """10443 redirects away; the user allowed the cloud."""

    camera = {"linkie": "redirect"}

    def test_switches_by_the_cloud_and_keeps_the_book(self):
        self.switch()
        self.assertEqual(self.shown()["transport"], "cloud")
        book = self.account()
        self.assertEqual(book["account"]["state"], "ok")
        self.assertTrue(sum(host["requests"] for host in book["egress"]["hosts"]) >= 3, book)
        self.assertLessEqual(self.logins(), 1)
        self.assertEqual(self.sky_state()["bad_signatures"], 0)
        self.offers("motion_detection")
        self.assertEqual(self.set(motion_detection="OFF")["status"], "ok")
        self.play()
        self.no_secret_in_any_log()


class CloudFaults(KasaCase):
    camera = {"linkie": "redirect"}

    def test_faults_end_in_their_actions(self):
        self.set(led="ON")
        begun = self.logins()
        status, _ = world.post(f"{self.devices.control}/devices/{self.sky['mac']}/faults", {"expire_sessions": True})
        self.set(led="OFF")
        self.assertEqual(self.logins(), begun, "an expired token is renewed")
        self.change_sky(fail_next={"code": -20002, "count": 1})
        self.assertEqual(self.set(led="ON")["status"], "ok", "a lost write is looked after")
        self.change_sky(http_502=1)
        self.assertEqual(self.set(led="OFF")["status"], "ok")
        self.change_sky(token_squeezed=True)
        self.assertEqual(self.set(led="ON")["status"], "ok", "one login wins the session back")
        self.change_sky(fail_next={"code": -20004, "count": 1})
        refused = self.set(led="OFF")
        self.assertEqual(refused["status"], "error", refused)
        self.assertIn("too often", refused["message"])
        self.assertEqual(self.account()["account"]["state"], "rate_limited")
        self.assertTrue(self.shown()["online"], "the camera is not to blame")
        self.assertLessEqual(self.logins(), 3)
        self.no_secret_in_any_log()


class Forbidden(KasaCase):
    """Neither way: read-only, and the sentence says what to do."""

    camera = {"linkie": "closed"}
    settings = {"cloud": {"enabled": False}}

    def test_says_cloud_disabled_and_sends_nothing_outside(self):
        result = self.set(privacy="ON")
        self.assertEqual(result["code"], "cloud_disabled", result)
        self.assertIn("cloud.enabled: true", result["message"])
        self.assertEqual(self.shown()["state"]["privacy"], "OFF")
        self.play()
        self.assertEqual(self.sky_state()["calls"], {})
        # Allowed now, without a restart; then local_only wins over everything.
        config = json.loads(json.dumps(self.config))
        config["cloud"]["enabled"] = True
        self.write(config)
        self.gateway().send_signal(signal.SIGHUP)
        self.until(lambda: self.account()["egress"]["allowed"], 5, "the consent was not taken")
        self.switch()
        calls = dict(self.sky_state()["calls"])
        config["local_only"] = True
        self.write(config)
        self.gateway().send_signal(signal.SIGHUP)
        self.until(lambda: not self.account()["egress"]["allowed"], 5, "local_only was not taken")
        result = self.set(privacy="ON")
        self.assertEqual(result["code"], "cloud_disabled", result)
        self.assertIn("local_only", result["message"])
        self.assertEqual(self.sky_state()["calls"], calls, "not one request more")


class SecondFactor(KasaCase):
    camera = {"linkie": "redirect"}
    cloud = {"mfa": True}

    def test_the_code_is_entered_once_and_survives_a_restart(self):
        self.assertEqual(self.set(led="OFF")["code"], "auth_failed")
        self.until(lambda: self.account()["account"]["state"] == "mfa_needed", 5, "the state does not say that a code is needed")
        self.assertEqual(self.set(led="OFF")["code"], "auth_failed")
        self.assertEqual(self.sky_state()["codes_mailed"], 1)
        gateway = self.gateway()
        gateway.send_signal(signal.SIGTERM)
        gateway.wait(10)
        self.demo.processes.remove(gateway)
        self.start_gateway()
        self.online(self.kasa)
        status, body = world.post(self.demo.page + "/api/account/mfa", {"code": "000000" if self.sky_state()["mailed_code"] != "000000" else "000001"})
        self.assertGreaterEqual(status, 400, body)
        listener = self.listen("tplink2mqtt/bridge/response/#")
        self.send("tplink2mqtt/bridge/request/account/mfa", json.dumps({"code": self.sky_state()["mailed_code"], "transaction": "t1"}))
        _, answer = listener.wait("tplink2mqtt/bridge/response/account/mfa")
        answer = answer["payload"] if isinstance(answer["payload"], dict) else json.loads(answer["payload"])
        self.assertEqual(answer["status"], "ok", answer)
        self.switch()
        self.assertLessEqual(self.logins(), 3)
        self.assertEqual(self.sky_state()["codes_mailed"], 1)
        self.no_secret_in_any_log()


class WrongAuthority(KasaCase):
    camera = {"linkie": "redirect"}
    cloud = {"certificate": "wrong_authority"}

    def test_no_password_goes_to_a_stranger(self):
        result = self.set(privacy="ON")
        self.assertEqual(result["status"], "error", result)
        self.until(lambda: self.account()["account"]["state"] == "tls_untrusted", 5, "the state does not name the certificate")
        self.assertEqual(self.sky_state()["calls"], {})


class ForeignRedirect(KasaCase):
    camera = {"linkie": "redirect"}
    cloud = {"entry_redirects": True, "foreign_redirect": "https://cloud.example.org"}

    def test_the_password_does_not_follow(self):
        result = self.set(privacy="ON")
        self.assertEqual(result["status"], "error", result)
        self.assertIn("example.org", result["message"])
        self.assertEqual([h["host"] for h in self.account()["egress"]["hosts"]], [self.sky["address"]])


class LockedAccount(KasaCase):
    camera = {"linkie": "redirect"}

    def test_stops_at_the_first_word(self):
        self.change_sky(locked=True, token_squeezed=True)  # the next call needs a login
        result = self.set(privacy="ON")
        self.assertEqual(result["code"], "locked_out", result)
        before = self.logins()
        for _ in range(3):
            self.assertEqual(self.set(privacy="ON")["code"], "locked_out")
        self.assertEqual(self.logins(), before)
        self.assertEqual(self.account()["account"]["state"], "locked")


class Streams(KasaCase):
    """Content-Length: -1, static RSA, no time stamps, LF alone, no sound."""

    camera = {"linkie": "works", "head": "length", "suites": "static_rsa_only", "older_path": True, "secret": "base64"}

    def test_odd_streams_play(self):
        for faults in ({}, {"lf_only": True, "blank_lines": True}, {"no_timestamp": True, "foreign_parts": True}, {"no_audio": True}):
            self.devices.faults(self.kasa, media=faults)
            codecs = self.play()
            self.assertEqual("pcm" in codecs, "no_audio" not in faults, f"{faults}: {codecs}")
            self.until(lambda: self.devices.state(self.kasa)["open_media_sessions"] == 0, 30, "the session outlived its viewer")
        self.switch()
        self.assertEqual(self.shown()["transport"], "linkie/base64")


class OldTls(KasaCase):
    """The oldest firmwares end TLS at 1.0: commands and pictures pass all the same."""

    camera = {"linkie": "works", "suites": "tls10_only"}

    def test_commands_and_pictures_pass(self):
        self.assertIn("pcm", self.play())
        self.switch()


class OldTlsOneDotOne(OldTls):
    camera = {"linkie": "works", "suites": "tls11_only"}


if __name__ == "__main__":
    gateway_e2e.run()
