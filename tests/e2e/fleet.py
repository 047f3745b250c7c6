"""One simulated device of every kind, a broker that wants a password, and a gateway with a password on everything."""

import argparse
import base64
import io
import json
import os
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import gateway_e2e  # noqa: E402
from gateway_e2e import ROOT, Devices, world  # noqa: E402

DOCUMENTS = ROOT / "tests" / "documents"
MAIL = "Canary.Mail@example.com"
PASSWORD = 'canary-"Acc%1;\u00e4'  # quotes, percent, beyond ASCII: each has been mangled by somebody
NETWORK = "Demo network"  # what the simulators call their Wi-Fi
USERS = {"mqtt": ("canary-mqtt-user", "canary-mqtt-pass"), "http": ("canary-http-user", "canary-http-pass"), "rtsp": ("canary-rtsp-user", "canary-rtsp-pass"),
         "camera": ("canary-onvif-user", "canary-onvif-pass"), "vigi": ("admin", "canary-vigi-pass")}


def document(*path):
    return {"document": str(DOCUMENTS.joinpath(*path))}


def simulated():
    """(kind, model, name, options): the last number of address and MAC is the place in this list."""
    return [
        ("tapo_plug_aes", "P100", "My aes plug", {}),
        ("tapo_plug_klap", "P110", "My energy plug", {}),
        ("tapo_plug_klap", "P300", "My strip", {}),
        ("tapo_plug_klap", "S500D", "My dimmer", {}),
        ("tapo_plug_klap", "L530", "My bulb", {}),
        ("tapo_plug_tpap", "P115", "My tpap plug", {}),
        ("kasa_plug_xor", "HS110", "My kasa energy plug", {}),
        ("kasa_plug_xor", "HS300", "My kasa strip", {}),
        ("kasa_plug_xor", "HS220", "My kasa dimmer", {}),
        ("kasa_plug_xor", "KL130", "My kasa bulb", {}),
        ("kasa_plug_klap", "KP115", "My kasa klap plug", {}),
        ("tapo_camera_l1", "C200", "My hallway", {"onvif": True, "onvif_port": 2020, "camera_username": USERS["camera"][0], "camera_password": USERS["camera"][1]}),
        ("tapo_camera_l3", "C210", "My garden", document("tapo_camera", "pan_tilt_with_everything.json")),
        ("tapo_camera_l3", "C460", "My street", {**document("tapo_camera", "battery_camera.json"), "battery": True, "h265": True}),
        ("tapo_camera_l3", "D230S1", "My gate", document("tapo_camera", "battery_doorbell.json")),
        ("tapo_camera_l3", "H200", "My hub", document("tapo_hub", "h200_with_doorbell.json")),
        ("tapo_camera_l4", "C510W", "My porch", {}),
        ("vigi_camera", "VIGI C540V", "My office", {}),
        ("kasa_camera", "EC70(US)", "My kitchen", {"linkie": "redirect", "control_port": 0, "udp_port": 0, "talk_port": 0, "media_port": 0}),
        ("kasa_cloud", "", "My account cloud", {}),
    ]


class FleetCase(gateway_e2e.GatewayCase):
    kinds = None  # of simulated(), by name; None: all

    @classmethod
    def setUpClass(cls):
        cls.demo = world.Demo(argparse.Namespace(build=gateway_e2e.BUILD, listen="127.0.0.1", mqtt=None, check=False))
        try:
            cls.broker = cls.start_broker()
            cls.devices = cls.simulate()
            cls.start_gateway()
        except BaseException:
            cls.demo.stop()
            raise

    @classmethod
    def start_broker(cls):
        """Two doors: one with a password for the gateway, one without for the tests."""
        guarded, free = world.free_port(0, "127.0.0.1"), world.free_port(0, "127.0.0.1")
        users = cls.demo.folder / "users"
        subprocess.run(["mosquitto_passwd", "-c", "-b", str(users), *USERS["mqtt"]], check=True, capture_output=True)
        users.chmod(0o644)
        cls.demo.folder.chmod(0o755)  # the broker gives up its rights before it reads the file
        path = cls.demo.folder / "mosquitto.conf"
        path.write_text(f"per_listener_settings true\nset_tcp_nodelay true\nlistener {guarded} 127.0.0.1\nallow_anonymous false\npassword_file {users}\n"
                        f"listener {free} 127.0.0.1\nallow_anonymous true\n")
        cls.demo.start("mosquitto", ["mosquitto" if os.access("/usr/bin/mosquitto", os.X_OK) else "/usr/sbin/mosquitto", "-c", str(path)])
        world.wait_for(lambda: world.can_connect("127.0.0.1", free), 10, "the broker did not start")
        cls.guarded = guarded
        return "127.0.0.1", free

    @classmethod
    def simulate(cls):
        for net in [f"127.{random.randrange(65, 255)}.{random.randrange(256)}" for _ in range(5)]:
            listed = []
            for number, (kind, model, name, options) in enumerate(simulated(), 1):
                if cls.kinds is not None and name not in cls.kinds:
                    continue
                entry = {"kind": kind, "address": f"{net}.{number}", "mac": f"02-00-00-00-F1-{number:02X}", "alias": name, "options": options}
                listed.append({**entry, **({"model": model} if model else {}), **({"username": "admin", "password": USERS["vigi"][1]} if kind == "vigi_camera" else {})})
            path = cls.demo.folder / "simulators.json"
            path.write_text(json.dumps({"username": MAIL, "password": PASSWORD, "devices": listed}))
            process = cls.demo.start("simulators", [cls.demo.program("device_simulators"), "--config", str(path)], stdout=subprocess.PIPE)
            line = process.stdout.readline()
            if line:
                return Devices(json.loads(line))
            cls.demo.processes.remove(process)
            process.wait()
            if "cannot listen" not in cls.demo.log_of("simulators"):
                break
        raise SystemExit("the simulators did not start; their log:\n" + cls.demo.log_of("simulators"))

    @classmethod
    def configuration(cls):
        cls.demo.http, cls.demo.rtsp, cls.onvif = (world.free_port(0, "127.0.0.1") for _ in range(3))
        entries = []
        for device in cls.devices.list:
            if "camera" in device["kind"]:
                entry = world.camera_entry(device)
                if device["kind"] == "vigi_camera":
                    entry.update(username="admin", password=USERS["vigi"][1])
                if device.get("onvif_port"):
                    entry["camera_account"] = dict(zip(("username", "password"), USERS["camera"]))
                entries.append(entry)
        login = lambda of: dict(zip(("username", "password"), USERS[of]))
        return {"mqtt": {"host": "127.0.0.1", "port": cls.guarded, **login("mqtt")}, "account": {"username": MAIL, "password": PASSWORD},
                "cloud": cls.demo.cloud_config(cls.devices.all), "discovery": {"targets": sorted({d["address"] for d in cls.devices.list}), "interval_s": 30},
                "http": {"listen": f"127.0.0.1:{cls.demo.http}", **login("http")}, "rtsp": {"listen": f"127.0.0.1:{cls.demo.rtsp}", **login("rtsp")},
                "onvif": {"port": cls.onvif}, "log": {"level": "trace"}, "state_dir": str(cls.demo.folder / "state"), "devices": entries}

    @classmethod
    def start_gateway(cls):
        path = cls.demo.folder / "tplink2mqtt.yaml"
        path.write_text(json.dumps(cls.configuration(), indent=1))
        cls.demo.start("gateway", [cls.demo.program("tplink2mqtt"), "run", "--config", str(path)])
        cls.demo.page = f"http://127.0.0.1:{cls.demo.http}"
        world.wait_for(lambda: cls.demo.alive() and world.get(cls.demo.page + "/healthz")[0] == 200, 30, lambda: "the gateway did not become healthy:\n" + cls.demo.log_of("gateway"))

    # The page with its password.
    @classmethod
    def ask(cls, path, method="GET", body=None, **headers):
        data = None if body is None else json.dumps(body).encode()
        login = {"Authorization": "Basic " + base64.b64encode(":".join(USERS["http"]).encode()).decode()}
        request = urllib.request.Request(cls.demo.page + path, data, {"Content-Type": "application/json", **login, **headers}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read()

    @classmethod
    def listed(cls):
        status, body = cls.ask("/api/devices")
        return json.loads(body) if status == 200 else []

    def online(self, device, seconds=40):
        id = Devices.id(device)
        return self.until(lambda: next((d for d in self.listed() if d["id"] == id and d["online"]), None), seconds, f"{device['alias']} did not come online")

    def everybody(self):
        return [self.online(device) for device in self.devices.list]

    def request(self, what, body, seconds=20):
        mark = f"t{time.monotonic()}"
        answers = subprocess.Popen(["mosquitto_rr", "-V", "5", "-p", str(self.broker[1]), "-t", f"tplink2mqtt/bridge/request/{what}", "-e", f"tplink2mqtt/bridge/response/{what}",
                                    "-m", json.dumps({**body, "transaction": mark}), "-W", str(seconds)], stdout=subprocess.PIPE, text=True)
        return json.loads(answers.communicate(timeout=seconds + 5)[0])

    def log_text(self):
        return (self.demo.folder / "gateway.log").read_text(errors="replace")
