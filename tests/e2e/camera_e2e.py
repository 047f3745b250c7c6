"""Cameras as a whole: a doorbell's press, what a camera notices, a battery camera asleep. Real broker, real sockets.

python3 tests/e2e/camera_e2e.py --build build/dev [unittest words]
"""

import datetime
import json
import random
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import gateway_e2e as base  # noqa: E402
import onvif_client  # noqa: E402
from gateway_e2e import ROOT, world  # noqa: E402

NET = f"127.{random.randrange(65, 255)}.{random.randrange(256)}"
DOCUMENTS = ROOT / "tests" / "documents"


class Cameras(base.OwnDevices):
    """The demo's starter with cameras of our own."""

    def own_devices(self):
        return [
            {"kind": "tapo_camera_l3", "address": f"{NET}.21", "mac": "02-00-00-00-0E-21", "alias": "Front door",
             "options": {"document": str(DOCUMENTS / "tapo_camera" / "battery_doorbell.json")}},
            {"kind": "tapo_camera_l3", "address": f"{NET}.22", "mac": "02-00-00-00-0E-22", "alias": "Garden",
             "options": {"document": str(DOCUMENTS / "tapo_camera" / "pan_tilt_with_everything.json")}},
            {"kind": "tapo_camera_l3", "address": f"{NET}.23", "mac": "02-00-00-00-0E-23", "alias": "Hub",
             "options": {"document": str(DOCUMENTS / "tapo_hub" / "h200_with_doorbell.json"), "shuffles_batches": True}},
        ]



class CameraCase(base.GatewayCase):
    starter = Cameras

    def device(self, end):
        return next(d for d in self.devices.list if d["mac"].upper().endswith(end))

    def change(self, device, **state):
        status, body = world.post(f"{self.devices.control}/devices/{device['mac']}/state", state)
        self.assertEqual(status, 200, body)


class PullPoint:
    """What a recorder or Home Assistant's ONVIF integration hears of one camera."""

    def __init__(self, urls):
        self.client = onvif_client.Client(*urls["onvif"].split("/")[2].split(":"))
        self.point = onvif_client.text(self.client.call("events", "CreatePullPointSubscription", "<InitialTerminationTime>PT60S</InitialTerminationTime>"), "Address")
        self.heard = []

    def wait(self, topic, value, seconds=20):
        deadline = time.monotonic() + seconds
        while (topic, [value]) not in self.heard:
            if time.monotonic() > deadline:
                raise AssertionError(f"{topic} {value} was not told; heard: {self.heard}")
            answer = self.client.call("events", "PullMessages", "<Timeout>PT2S</Timeout><MessageLimit>20</MessageLimit>", address=self.point)
            for message in onvif_client.every(answer, "NotificationMessage"):
                self.heard.append((onvif_client.text(message, "Topic"), [item.attrib["Value"] for item in onvif_client.every(onvif_client.every(message, "Data")[0], "SimpleItem")]))


class Events(CameraCase):
    def pull_point(self, id):
        def urls():
            media = next(d for d in world.api(self.demo.page) if d["id"] == id)["media"] or {}
            return media.get("urls") if "onvif" in media.get("urls", {}) else None
        return PullPoint(self.until(urls, 20, "not offered by ONVIF"))

    def test_a_press_reaches_mqtt_at_once_and_once(self):
        bell = self.device("21")
        self.online(bell)
        id = base.Devices.id(bell)
        listener = self.listen(f"tplink2mqtt/{id}/event", f"tplink2mqtt/{id}/state", "homeassistant/device/+/config")
        _, config = listener.wait(f"homeassistant/device/tplink2mqtt_{id}/config", bool)
        components = json.loads(config["payload"])["components"]
        self.assertEqual(components["ring"]["platform"], "event")
        self.assertEqual(components["ring"]["device_class"], "doorbell")
        self.assertEqual(components["ring_trigger"]["platform"], "device_automation")
        self.assertEqual(components["motion"]["platform"], "binary_sensor")
        listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)["ringing"] == "OFF" and json.loads(p)["motion"] == "OFF")
        recorder = self.pull_point(id)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            out.bind((bell["address"], 0))
            pressed = time.monotonic()
            for _ in range(3):  # a doorbell repeats itself
                out.sendto(b"whatever it says", ("127.255.255.255", 20005))
        at, message = listener.wait(f"tplink2mqtt/{id}/event", lambda p: json.loads(p)["event_type"] == "ring")
        self.assertLess(at - pressed, 0.3)
        self.assertEqual(json.loads(message["payload"])["source"], "broadcast")
        listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)["ringing"] == "ON", since=pressed)
        listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)["ringing"] == "OFF", since=pressed)
        rings = [m for _, m in listener.messages if m["topic"].endswith("/event")]
        self.assertEqual(len(rings), 1, rings)
        for value in ("true", "false"):
            recorder.wait("tns1:RuleEngine/MyRuleDetector/Visitor", value)

    def test_what_a_camera_keeps_in_its_list_is_told_while_another_sleeps(self):
        """How long what the list told stays on is EventDesk's: events_test and onvif_loopback_test move their clock for it."""
        bell = self.device("21")
        asleep = self.until(lambda: next((d for d in world.api(self.demo.page) if d["id"] == base.Devices.id(bell) and d["asleep"]), None), 30, "it does not sleep")
        self.assertTrue(asleep["online"])
        asked_while_asleep = self.devices.state(bell)["requests"]
        began_to_sleep = time.monotonic()
        camera = self.device("22")
        self.online(camera)
        id = base.Devices.id(camera)
        listener = self.listen(f"tplink2mqtt/{id}/event", f"tplink2mqtt/{id}/state")
        listener.wait(f"tplink2mqtt/{id}/state", bool)  # then it is subscribed
        self.until(lambda: self.devices.state(camera)["actions"].get("searchDetectionList", 0) >= 1, 30, "the list is not asked")  # tells only what is old
        recorder = self.pull_point(id)
        self.change(camera, event={"kind": "motion"})
        self.change(camera, event={"kind": "person"})
        listener.wait(f"tplink2mqtt/{id}/event", lambda p: json.loads(p)["event_type"] == "person" and json.loads(p)["source"] == "alarm_list", seconds=30)
        listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)["person"] == "ON")
        _, config = self.listen("homeassistant/device/+/config").wait(f"homeassistant/device/tplink2mqtt_{id}/config", bool)
        promised = {kind for entity in json.loads(config["payload"])["components"].values() for kind in entity.get("event_types", [])}
        self.assertLessEqual({json.loads(m["payload"])["event_type"] for _, m in listener.messages if m["topic"].endswith("/event")}, promised)
        recorder.wait("tns1:RuleEngine/MyRuleDetector/PeopleDetect", "true")
        recorder = self.pull_point(id)  # who comes later is told how it is
        recorder.wait("tns1:RuleEngine/CellMotionDetector/Motion", "true", 30)
        time.sleep(max(0.0, began_to_sleep + 5 - time.monotonic()))
        self.assertEqual(self.devices.state(bell)["requests"], asked_while_asleep, "nothing is asked while it sleeps")

    def test_a_hub_shows_its_children(self):
        hub = self.device("23")
        self.online(hub)
        child = self.until(lambda: next((d for d in world.api(self.demo.page) if d["via"] == base.Devices.id(hub) and "privacy" in d["state"]), None), 60, "no child appeared")
        self.assertIn("battery", child["state"])
        listener = self.listen(f"tplink2mqtt/{child['id']}/#")
        listener.wait(f"tplink2mqtt/{child['id']}/state", bool)  # then it is subscribed
        self.send(f"tplink2mqtt/{child['id']}/privacy/set", "ON")
        _, result = listener.wait(f"tplink2mqtt/{child['id']}/result", seconds=20)
        self.assertEqual(json.loads(result["payload"])["status"], "ok", result["payload"])
        self.send(f"tplink2mqtt/{child['id']}/privacy/set", "OFF")
        listener.wait(f"tplink2mqtt/{child['id']}/state", lambda p: json.loads(p)["privacy"] == "OFF", 20)
        # Its picture comes through the hub's port, which is told which of its cameras is meant.
        url = f"rtsp://127.0.0.1:{self.demo.rtsp}/{child['id']}"
        with subprocess.Popen(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0", url],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as viewer:
            watched = self.until(lambda: next((d for d in world.api(self.demo.page) if d["id"] == child["id"] and d["state"].get("asleep") == "OFF"), None), 30, "a viewer keeps it awake")
            self.assertIn("awake_today", watched["state"])
            seen, errors = viewer.communicate(timeout=40)
        self.assertIn("h264", seen, errors)


class OnvifCameras(Cameras):
    """A wired camera with a camera account, whose clock is seven hours off."""

    def own_devices(self):
        return [{"kind": "tapo_camera_l3", "address": f"{NET}.31", "mac": "02-00-00-00-0E-31", "alias": "Gate", "model": "C210",
                 "options": {"onvif": True, "clock_skew_s": -7 * 3600, "has_person_detection": True, "reboot_ms": 300}}]

    def start_gateway(self, broker, devices):
        account = {"username": "camera", "password": "camera-password"}
        self.extra = {"devices": [{**world.camera_entry(d), "camera_account": account} for d in devices]}
        super().start_gateway(broker, devices)


class Onvif(CameraCase):
    starter = OnvifCameras

    def subscribed(self, times):
        return self.until(lambda: (s := self.devices.state(self.device("31"))["onvif"])["created"] >= times and s["subscriptions"] == 1, 30, "no subscription")

    def test_motion_and_person_arrive_and_clear_by_themselves(self):
        gate = self.device("31")
        self.online(gate)
        id = base.Devices.id(gate)
        listener = self.listen(f"tplink2mqtt/{id}/event", f"tplink2mqtt/{id}/state")
        listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)["motion"] == "OFF" and json.loads(p)["person"] == "OFF", 30)
        self.subscribed(1)
        for kind in ("motion", "person"):
            begun = time.monotonic()
            self.change(gate, event={"kind": kind})
            _, message = listener.wait(f"tplink2mqtt/{id}/event", lambda p: json.loads(p)["event_type"] == kind, 30, begun)
            event = json.loads(message["payload"])
            self.assertEqual(event["source"], "onvif")
            happened = datetime.datetime.fromisoformat(event["time"])
            self.assertLess(abs(time.time() - happened.timestamp()), 60, "the time is ours, not the camera's")
            listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)[kind] == "ON", 30, begun)
            self.change(gate, event={"kind": kind, "active": False})
            listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)[kind] == "OFF", 30, begun)
        events = [m for _, m in listener.messages if m["topic"].endswith("/event")]
        self.assertEqual(len(events), 2, events)
        self.assertEqual(self.devices.state(gate)["onvif"]["refusals"], 0, "the token carries the camera's time")

    def test_a_restarted_camera_is_subscribed_again(self):
        gate = self.device("31")
        self.online(gate)
        id = base.Devices.id(gate)
        self.subscribed(1)
        before = self.devices.state(gate)["onvif"]["created"]
        self.devices.faults(gate, reboot=True)
        self.subscribed(before + 1)
        listener = self.listen(f"tplink2mqtt/{id}/event", f"tplink2mqtt/{id}/state")
        listener.wait(f"tplink2mqtt/{id}/state", bool)  # then it is subscribed
        begun = time.monotonic()
        self.change(gate, event={"kind": "motion"})
        listener.wait(f"tplink2mqtt/{id}/event", lambda p: json.loads(p)["event_type"] == "motion", 30, begun)
        listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)["motion"] == "ON", 30, begun)
        self.change(gate, event={"kind": "motion", "active": False})
        begun = time.monotonic()  # what comes next would else be a part of this motion
        listener.wait(f"tplink2mqtt/{id}/state", lambda p: json.loads(p)["motion"] == "OFF", 30, begun)


if __name__ == "__main__":
    base.run()
