"""The gateway as a whole: real broker, simulated devices, real sockets. Each test is a promise to the user.

python3 tests/e2e/gateway_e2e.py --build build/dev [unittest words]
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script"))
import demo as world  # noqa: E402  (the demo's own starter: what the demo shows is what is tested)

# A promised time holds for the program as shipped; script/sanitize allows its slow builds a multiple of it.
TIME_FACTOR = float(os.environ.get("TIME_FACTOR", "1"))


class Listener:
    """Everything on the broker under some topics, as it comes."""

    def __init__(self, port, *topics):
        self.messages, self.changed = [], threading.Condition()
        filters = [word for topic in topics for word in ("-t", topic)]
        self.process = subprocess.Popen(["mosquitto_sub", "-V", "5", "--retain-as-published", "-p", str(port), "-F", "%j", *filters], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            try:
                message = json.loads(line.decode(errors="replace"))
            except ValueError:
                continue  # a picture: its bytes are no text
            with self.changed:
                self.messages.append((time.monotonic(), message))
                self.changed.notify_all()

    def wait(self, topic, accept=lambda payload: True, seconds=10, since=0.0):
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                for at, message in self.messages:
                    if at >= since and message["topic"] == topic and accept(message["payload"]):
                        return at, message
                left = deadline - time.monotonic()
                if left <= 0:
                    last = [m["payload"] for _, m in self.messages if m["topic"] == topic][-3:]
                    raise AssertionError(f"{topic}: not seen within {seconds} s; last: {last}")
                self.changed.wait(left)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Devices:
    """The simulators' own view: the truth to compare with."""

    def __init__(self, document):
        self.control, self.all = document["control"], document["devices"]
        self.list = [d for d in self.all if d["kind"] != "kasa_cloud"]  # a service, no device

    def of(self, kind):
        return next(d for d in self.all if d["kind"].endswith(kind))

    def state(self, device):
        return json.loads(world.get(f"{self.control}/devices/{device['mac']}/state")[1])

    def faults(self, device, **faults):
        status, body = world.post(f"{self.control}/devices/{device['mac']}/faults", faults)
        assert status == 200, body

    @staticmethod
    def id(device):
        return device["mac"].lower().replace(":", "").replace("-", "")


class OwnDevices(world.Demo):
    """The demo's starter with simulated devices of a test's own: own_devices() lists them."""

    def start_simulators(self):
        path = self.folder / "simulators.json"
        path.write_text(json.dumps({**world.ACCOUNT, "devices": self.own_devices()}))
        process = self.start("simulators", [self.program("device_simulators"), "--config", str(path), "--discovery-port", "-1"], stdout=subprocess.PIPE)
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the simulators did not start; their log:\n" + self.log_of("simulators"))
        return json.loads(line)


def run():
    """A program of tests: --build FOLDER and unittest's words."""
    global BUILD
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--build", required=True)
    known, rest = parser.parse_known_args()
    BUILD = os.path.abspath(known.build)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


class GatewayCase(unittest.TestCase):
    """One world for all tests of a class."""

    starter = world.Demo
    account = world.ACCOUNT
    only = None  # kinds of devices the gateway is told of; None: all

    @classmethod
    def setUpClass(cls):
        cls.demo = cls.starter(argparse.Namespace(build=BUILD, listen="127.0.0.1", mqtt=None, check=False))
        try:
            cls.broker = cls.demo.start_broker()
            cls.devices = Devices(cls.demo.start_simulators())
            world.ACCOUNT = cls.account
            cls.demo.start_gateway(cls.broker, [d for d in cls.devices.all if cls.only is None or d["kind"].endswith(cls.only)])
        except BaseException:
            cls.demo.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        if cls.demo.gateway_failed():
            print(cls.demo.log_of("gateway"))
        cls.demo.stop()

    def listen(self, *topics):
        listener = Listener(self.broker[1], *topics)
        self.addCleanup(listener.close)
        return listener

    def send(self, topic, payload, *words):
        subprocess.run(["mosquitto_pub", "-p", str(self.broker[1]), "-q", "1", "-t", topic, "-m", payload, *words], check=True)

    def until(self, condition, seconds, sentence):
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                sentence = sentence() if callable(sentence) else sentence
                self.fail(f"{sentence} (waited {seconds} s)\n{self.demo.log_of('gateway')}")
            time.sleep(0.05)

    def online(self, device, seconds=30):
        return self.until(lambda: next((d for d in world.api(self.demo.page) if d["id"] == Devices.id(device) and d["online"]), None), seconds,
                          f"{device['kind']} did not come online")

    def gateway(self):
        return next(p for p in reversed(self.demo.processes) if p.name == "gateway")


class DailyLife(GatewayCase):
    def test_every_device_appears_with_entities_and_state(self):
        listener = self.listen("homeassistant/device/+/config", "tplink2mqtt/#")
        for device in self.devices.list:
            self.online(device)
            id = Devices.id(device)
            _, config = listener.wait(f"homeassistant/device/tplink2mqtt_{id}/config", bool)
            self.assertTrue(config["retain"])
            components = json.loads(config["payload"])
            components = components.get("components") or components["cmps"]
            # A strip's sockets are devices of their own and the box has no switch; a bulb is one light.
            main = {"P300": "led", "L530": "light", "H200": "siren"}.get(device["model"], "privacy" if "camera" in device["kind"] else "state")
            self.assertIn(main, components)
            _, state = listener.wait(f"tplink2mqtt/{id}/state", bool)
            self.assertTrue(state["retain"])
            listener.wait(f"tplink2mqtt/{id}/availability", lambda payload: payload == "online")
        listener.wait("tplink2mqtt/bridge/state", lambda payload: payload == "online")

    def test_page_mqtt_and_device_agree_within_a_second(self):
        plug = self.devices.of("plug_klap")
        self.online(plug)
        id = Devices.id(plug)
        listener = self.listen(f"tplink2mqtt/{id}/state", f"tplink2mqtt/{id}/result")
        for word in ("ON", "OFF", "ON"):
            begun = time.monotonic()
            status, body = world.post(f"{self.demo.page}/api/devices/{id}/set", {"state": word})
            self.assertEqual((status, json.loads(body)[0]["status"]), (200, "ok"), body)
            listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)["state"] == word, 1, begun - 5)
            self.assertIs(self.devices.state(plug)["device_on"], word == "ON")
            self.assertLess(time.monotonic() - begun, 1 * TIME_FACTOR)
        self.send(f"tplink2mqtt/{id}/state/set", "OFF")
        listener.wait(f"tplink2mqtt/{id}/result", lambda p: json.loads(p)["code"] == "ok")
        self.assertIs(self.devices.state(plug)["device_on"], False)

    def test_bad_commands_never_reach_a_device_and_are_answered(self):
        plug = self.devices.of("plug_aes")
        self.online(plug)
        id = Devices.id(plug)
        listener = self.listen(f"tplink2mqtt/{id}/result", "tplink2mqtt/bridge/response/#")
        before = self.devices.state(plug)["device_on"]
        for topic, payload, code in ((f"{id}/state/set", "sideways", "invalid_value"), (f"{id}/no_such/set", "1", "unknown_property"), (f"{id}/rssi/set", "-40", "read_only")):
            at = time.monotonic()
            self.send(f"tplink2mqtt/{topic}", payload)
            listener.wait(f"tplink2mqtt/{id}/result", lambda p, code=code: json.loads(p)["code"] == code, 5, at)
        self.send(f"tplink2mqtt/{id}/set", "{not json")
        self.send(f"tplink2mqtt/{id}/state/set", "\x00\x01\x02" * 10 if False else "[[[[")
        self.send("tplink2mqtt/bridge/request/device/remove", '{"id":"nobody","transaction":"t1"}')
        _, answer = listener.wait("tplink2mqtt/bridge/response/device/remove")
        self.assertEqual(json.loads(answer["payload"])["status"], "error")
        self.assertEqual(json.loads(answer["payload"])["transaction"], "t1")
        self.assertIs(self.devices.state(plug)["device_on"], before)
        self.assertIsNone(self.gateway().poll())

    def test_a_button_pressed_at_the_plug_is_seen_within_the_poll_interval(self):
        plug = self.devices.of("plug_klap")
        self.online(plug)
        id = Devices.id(plug)
        listener = self.listen(f"tplink2mqtt/{id}/state")
        wanted = not self.devices.state(plug)["device_on"]
        begun = time.monotonic()
        status, body = world.post(f"{self.devices.control}/devices/{plug['mac']}/state", {"device_on": wanted})
        self.assertEqual(status, 200, body)
        listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)["state"] == ("ON" if wanted else "OFF"), 12, begun)

    def test_an_expired_session_is_renewed_unseen(self):
        for kind in ("plug_aes", "plug_klap", "camera_l1", "camera_l3"):
            device = self.devices.of(kind)
            self.online(device)
            self.devices.faults(device, expire_sessions=True)
            property = "state" if "plug" in kind else "led"
            for word in ("OFF", "ON"):
                status, body = world.post(f"{self.demo.page}/api/devices/{Devices.id(device)}/set", {property: word})
                self.assertEqual(json.loads(body)[0]["code"], "ok", f"{kind}: {body}")

    def test_a_dead_device_goes_offline_by_the_rule_and_comes_back(self):
        plug = self.devices.of("plug_klap")
        self.online(plug)
        id = Devices.id(plug)
        listener = self.listen(f"tplink2mqtt/{id}/availability", f"tplink2mqtt/{id}/result")
        shown = self.listen(f"tplink2mqtt/{id}/state")
        _, state = shown.wait(f"tplink2mqtt/{id}/state", bool)
        before, begun = json.loads(state["payload"])["state"], time.monotonic()
        self.devices.faults(plug, kill=True)
        self.send(f"tplink2mqtt/{id}/state/set", "OFF" if before == "ON" else "ON")
        listener.wait(f"tplink2mqtt/{id}/result", lambda p: json.loads(p)["status"] == "error", 12, begun)
        shown.wait(f"tplink2mqtt/{id}/state", bool, 5, begun)  # so that the toggle snaps back
        self.assertEqual({json.loads(m["payload"])["state"] for _, m in shown.messages}, {before})
        listener.wait(f"tplink2mqtt/{id}/availability", lambda p: p == "offline", 40, begun)
        begun = time.monotonic()
        self.devices.faults(plug, revive=True)
        listener.wait(f"tplink2mqtt/{id}/availability", lambda p: p == "online", 30, begun)

    def test_one_lost_answer_is_no_outage(self):
        plug = self.devices.of("plug_aes")
        self.online(plug)
        id = Devices.id(plug)
        listener = self.listen(f"tplink2mqtt/{id}/availability")
        listener.wait(f"tplink2mqtt/{id}/availability", lambda p: p == "online")
        begun = time.monotonic()
        self.devices.faults(plug, garbage=1)
        self.until(lambda: self.devices.state(plug)["faults"]["garbage"] == 0 if "faults" in self.devices.state(plug) else time.monotonic() > begun + 8, 15, "the fault did not strike")
        time_after = time.monotonic()
        self.online(plug)
        self.assertFalse([m for at, m in listener.messages if begun <= at <= time_after + 1 and m["payload"] == "offline"])

    def test_sighup_applies_what_changed_and_disturbs_nobody_else(self):
        camera, plug = self.devices.of("camera_l1"), self.devices.of("plug_klap")
        self.online(camera)
        self.online(plug)
        listener = self.listen(f"homeassistant/device/tplink2mqtt_{Devices.id(camera)}/config", "tplink2mqtt/+/availability")
        path = self.demo.folder / "tplink2mqtt.yaml"
        config = json.loads(path.read_text())
        next(d for d in config["devices"] if d["host"] == camera["address"])["name"] = "Renamed by SIGHUP"
        logins = self.devices.state(plug)["login_attempts"]
        begun = time.monotonic()
        path.write_text("{ broken")
        self.gateway().send_signal(signal.SIGHUP)
        self.until(lambda: "the old one stays in use" in self.demo.log_of("gateway"), 5, "a broken file is not reported")
        path.write_text(json.dumps(config))
        self.gateway().send_signal(signal.SIGHUP)
        listener.wait(f"homeassistant/device/tplink2mqtt_{Devices.id(camera)}/config", lambda p: "Renamed by SIGHUP" in p, 15, begun)
        self.online(camera)
        self.assertEqual(self.devices.state(plug)["login_attempts"], logins, "the plug was disturbed")
        self.assertFalse([m for at, m in listener.messages if at > begun and m["payload"] == "offline" and Devices.id(plug) in m["topic"]])

    def test_diagnostics_hold_no_secret(self):
        listener = self.listen("tplink2mqtt/#", "homeassistant/#")
        at = time.monotonic()
        self.send("tplink2mqtt/bridge/request/diagnostics", "{}")
        listener.wait("tplink2mqtt/bridge/response/diagnostics", bool, 10, at)
        everything = json.dumps([m for _, m in listener.messages]) + self.demo.log_of("gateway") + world.get(self.demo.page + "/api/devices")[1] + world.get(self.demo.page + "/metrics")[1]
        self.assertNotIn(self.account["password"], everything)


class Broker(GatewayCase):
    def test_a_broker_that_restarts_finds_everything_again(self):
        for device in self.devices.list:
            self.online(device)
        broker = next(p for p in self.demo.processes if p.name == "mosquitto")
        broker.kill()
        broker.wait()
        self.until(lambda: world.get(self.demo.page + "/healthz")[0] == 503, 5, "healthz does not tell that the broker is gone")
        self.demo.processes.remove(broker)
        begun = time.monotonic()
        config = self.demo.folder / "mosquitto.conf"
        self.demo.start("mosquitto", broker.args)
        world.wait_for(lambda: world.can_connect("127.0.0.1", self.broker[1]), 10, "the broker did not start again")
        listener = self.listen("homeassistant/device/+/config", "tplink2mqtt/#")
        for device in self.devices.list:
            id = Devices.id(device)
            for topic in (f"homeassistant/device/tplink2mqtt_{id}/config", f"tplink2mqtt/{id}/state", f"tplink2mqtt/{id}/availability"):
                listener.wait(topic, bool, max(0.1, 10 - (time.monotonic() - begun)))
        listener.wait("tplink2mqtt/bridge/state", lambda p: p == "online", max(0.1, 10 - (time.monotonic() - begun)))

    def test_ends_within_two_seconds_while_callers_wait_for_a_dead_camera(self):
        camera = self.devices.of("camera_l3")
        self.online(camera)
        self.devices.faults(camera, kill=True)
        url = f"{self.demo.page}/api/devices/{Devices.id(camera)}"
        callers = [threading.Thread(target=world.get, args=(url + "/snapshot.jpg?max_age_s=0",)), threading.Thread(target=world.post, args=(url + "/set", {"led": "OFF"}))]
        for caller in callers:
            caller.start()
        waiting_since = time.monotonic()
        self.until(lambda: time.monotonic() > waiting_since + 0.5, 5, "")
        gateway = self.gateway()
        begun = time.monotonic()
        gateway.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(10), 0)
        self.assertLess(time.monotonic() - begun, 2.5 * TIME_FACTOR)
        for caller in callers:
            caller.join()
        self.demo.processes.remove(gateway)
        self.devices.faults(camera, revive=True)
        self.demo.start("gateway", gateway.args)
        world.wait_for(lambda: world.get(self.demo.page + "/healthz")[0] == 200, 20, "the gateway did not start again")

    def test_stop_says_offline_at_once_and_a_kill_by_the_will(self):
        listener = self.listen("tplink2mqtt/bridge/state")
        listener.wait("tplink2mqtt/bridge/state", lambda p: p == "online")
        gateway = self.gateway()
        begun = time.monotonic()
        gateway.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(5 * TIME_FACTOR), 0)
        self.assertLess(time.monotonic() - begun, 2.5 * TIME_FACTOR, "it must end within 2 s")
        listener.wait("tplink2mqtt/bridge/state", lambda p: p == "offline", 2 * TIME_FACTOR, begun)
        self.demo.processes.remove(gateway)
        begun = time.monotonic()
        again = self.demo.start("gateway", gateway.args)
        listener.wait("tplink2mqtt/bridge/state", lambda p: p == "online", 20, begun)
        begun = time.monotonic()
        again.kill()
        again.wait()
        listener.wait("tplink2mqtt/bridge/state", lambda p: p == "offline", 46, begun)
        self.demo.processes.remove(again)
        self.demo.start("gateway", gateway.args)
        listener.wait("tplink2mqtt/bridge/state", lambda p: p == "online", 20, begun)


class WrongPassword(GatewayCase):
    account = {"username": "demo@example.com", "password": "not-the-password"}
    only = ("camera_l1", "camera_l3", "plug_aes")

    def test_is_tried_once_and_said_once(self):
        wanted = [d for d in self.devices.list if d["kind"].endswith(self.only)]
        self.until(lambda: len([d for d in world.api(self.demo.page) if d["problem"] and d["problem"]["code"] == "auth_failed"]) >= len(wanted), 30,
                   "the refused password is not shown")
        for device in world.api(self.demo.page):
            self.assertTrue(device["problem"]["message"] and device["problem"]["hint"])
        attempts = {d["mac"]: self.devices.state(d)["login_attempts"] for d in wanted}
        for mac, count in attempts.items():
            self.assertLessEqual(count, 1, f"{mac}: more than one attempt")
        for device in world.api(self.demo.page):
            world.post(f"{self.demo.page}/api/devices/{device['id']}/set", {"state": "ON"})
            world.get(f"{self.demo.page}/api/devices/{device['id']}/snapshot.jpg")
        begun = time.monotonic()
        self.until(lambda: time.monotonic() > begun + 12, 20, "")  # two poll intervals in which nothing may be tried
        self.assertEqual(attempts, {d["mac"]: self.devices.state(d)["login_attempts"] for d in wanted})


    def test_the_right_password_cures_it_without_a_restart(self):
        path = self.demo.folder / "tplink2mqtt.yaml"
        config = json.loads(path.read_text())
        config["account"]["password"] = "demo-password"
        path.write_text(json.dumps(config))
        self.gateway().send_signal(signal.SIGHUP)
        for device in self.devices.list:
            if device["kind"].endswith(self.only):
                self.online(device)


class Video(GatewayCase):
    def url(self, device, path=""):
        return f"rtsp://127.0.0.1:{self.demo.rtsp}/{Devices.id(device)}{path}"

    def probe(self, url, *words):
        return subprocess.run(["ffprobe", "-v", "error", *(words or ("-rtsp_transport", "tcp")), "-show_entries", "stream=codec_name", "-of", "csv=p=0", url],
                              capture_output=True, text=True, timeout=30)

    def cameras(self):
        return [d for d in self.devices.list if "camera" in d["kind"] and d["model"] != "H200"]  # a hub has no picture of its own

    def sessions(self, device):
        return self.devices.state(device)["open_media_sessions"]

    def test_codecs_are_told_truthfully_and_no_session_outlives_its_viewers(self):
        seen = set()
        for device in self.cameras():
            self.online(device)
            for transport in ("tcp", "udp"):
                names = self.probe(self.url(device), "-rtsp_transport", transport).stdout.split()
                self.assertIn("pcm_alaw", names)
                seen.update(names)
        self.assertLessEqual({"h264", "hevc", "pcm_alaw"}, seen)
        self.until(lambda: not any(self.sessions(d) for d in self.cameras()), 25, "a camera session is still open after its last viewer")

    def test_unknown_paths_and_privacy_have_their_status(self):
        device = self.devices.of("camera_l3")
        self.online(device)
        self.assertIn("404", self.probe(f"rtsp://127.0.0.1:{self.demo.rtsp}/nobody").stderr)
        id = Devices.id(device)
        world.post(f"{self.demo.page}/api/devices/{id}/set", {"privacy": "ON"})
        try:
            self.assertIn("503", self.describe(device).split("\r\n")[0])
            self.assertIn("rivacy", self.describe(device).split("\r\n")[0])
            for query in ("?max_age_s=0", "?max_age_s=3600", ""):  # nor a picture from before
                self.assertEqual(world.get(f"{self.demo.page}/api/devices/{id}/snapshot.jpg{query}")[0], 503, query)
            plug, offer = Devices.id(self.devices.of("plug_klap")), {"Content-Type": "application/sdp"}
            for path in (f"{plug}/whep", f"{id}/whep?stream=bogus", "nobody/whep"):
                request = world.urllib.request.Request(f"{self.demo.page}/api/devices/{path}", b"v=0\r\n", offer)
                with self.assertRaises(world.urllib.error.HTTPError, msg=path) as refused:
                    world.urllib.request.urlopen(request, timeout=10)
                self.assertEqual(refused.exception.code, 404, path)
        finally:
            world.post(f"{self.demo.page}/api/devices/{id}/set", {"privacy": "OFF"})

    def describe(self, device):
        with socket.create_connection(("127.0.0.1", self.demo.rtsp), 15) as connection:
            connection.settimeout(15)
            connection.sendall(f"DESCRIBE {self.url(device)} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n".encode())
            return connection.recv(4096).decode(errors="replace")

    def test_viewers_stay_and_resume_when_the_camera_dies_in_the_middle(self):
        device = self.devices.of("camera_l3")
        self.online(device)
        viewer = subprocess.Popen(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", self.url(device), "-map", "0:v", "-c", "copy", "-f", "framecrc", "-flush_packets", "1", "-"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines = []
        threading.Thread(target=lambda: [lines.append(time.monotonic()) for line in viewer.stdout if not line.startswith("#")], daemon=True).start()
        try:
            self.until(lambda: len(lines) > 20, 20, "no frames before the fault")
            self.devices.faults(device, kill=True)
            stopped = time.monotonic()
            self.until(lambda: time.monotonic() > stopped + 3, 10, "")
            before = len(lines)
            self.devices.faults(device, revive=True)
            self.until(lambda: len(lines) > before + 20, 25, "the viewer did not get frames again")
            self.assertIsNone(viewer.poll(), "the viewer was thrown out")
        finally:
            viewer.kill()
            viewer.wait()
            viewer.stdout.close()

    def test_a_snapshot_is_a_picture_with_its_time_and_opens_one_session_at_most(self):
        device = self.devices.of("camera_l1")
        self.online(device)
        import urllib.request
        with urllib.request.urlopen(f"{self.demo.page}/api/devices/{Devices.id(device)}/snapshot.jpg?max_age_s=5&width=320", timeout=15) as reply:
            picture = reply.read()
            self.assertTrue(reply.headers["X-Picture-Time"])
        self.assertEqual(picture[:2], b"\xff\xd8")
        self.assertGreater(len(picture), 1000)
        self.assertLessEqual(self.sessions(device), 1)


if __name__ == "__main__":
    run()
