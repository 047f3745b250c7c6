"""Starts and supervises the demo: broker, simulators, gateway. Called by script/demo."""

import argparse
import base64
import json
import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

ACCOUNT = {"username": "demo@example.com", "password": "demo-password"}
PAGE_PASSWORD = "demo"  # where others can reach the page
LOGIN = {}  # header of our own requests then


def free_port(preferred, address):
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                return probe.getsockname()[1]
            except OSError:
                continue
    raise SystemExit(f"No free port on {address}.")


class Demo:
    extra = {}  # keys of the gateway's configuration that tests want otherwise

    def __init__(self, arguments):
        self.arguments = arguments
        self.build = Path(arguments.build)
        self.folder = Path(tempfile.mkdtemp(prefix="tplink2mqtt-demo-"))
        self.processes = []

    def start(self, name, command, **options):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                                       stdout=options.get("stdout", log))
        process.name = name
        self.processes.append(process)
        return process

    def program(self, name):
        found = [path for path in self.build.rglob(name) if path.is_file() and os.access(path, os.X_OK)]
        if not found:
            raise SystemExit(f"{name} was not built below {self.build}.")
        return str(found[0])

    def start_broker(self):
        if self.arguments.mqtt:
            host, _, port = self.arguments.mqtt.rpartition(":")
            return host, int(port)
        port = free_port(1883, "127.0.0.1")
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n")
        self.start("mosquitto", [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", str(config)])
        wait_for(lambda: can_connect("127.0.0.1", port), 10, "the broker did not start")
        return "127.0.0.1", port

    def start_simulators(self):
        # Devices answer discovery on one port, so a second demo or test run on this machine needs addresses of its own.
        for net in ["127.0.0"] + [f"127.{random.randrange(65, 255)}.{random.randrange(256)}" for _ in range(5)]:
            process = self.start("simulators", [self.program("device_simulators"), "--demo", "--net", net], stdout=subprocess.PIPE)
            first = queue.Queue()
            threading.Thread(target=lambda out=process.stdout, first=first: first.put(out.readline()), daemon=True).start()
            try:
                line = first.get(timeout=60)  # empty: the program ended
            except queue.Empty:
                raise SystemExit("the simulators did not start within 60 s")
            if line:
                return json.loads(line)
            self.processes.remove(process)
            process.wait()
            if "cannot listen" not in self.log_of("simulators"):
                break
        raise SystemExit("the simulators did not start; their log:\n" + self.log_of("simulators"))

    def cloud_config(self, devices):
        """The simulated cloud signs with an authority of its own; Kasa cameras that refuse port 10443 need it."""
        for cloud in (d for d in devices if d["kind"] == "kasa_cloud"):
            authority = self.folder / "cloud-ca.pem"
            authority.write_text(cloud["ca_pem"])
            return {"enabled": True, "url": cloud["url"], "ca_file": str(authority)}
        return {"enabled": False}

    def page_login(self):
        if self.arguments.listen.startswith("127."):
            return {}
        LOGIN["Authorization"] = "Basic " + base64.b64encode(f"admin:{PAGE_PASSWORD}".encode()).decode()
        return {"username": "admin", "password": PAGE_PASSWORD}

    def start_gateway(self, broker, devices):
        listen = self.arguments.listen
        self.http = free_port(8745, listen)
        self.rtsp = free_port(8654, listen)
        # Cameras by address, because their simulators cannot take port 443; plugs are found by discovery.
        cameras = [camera_entry(d) for d in devices if "camera" in d["kind"]]
        config = {
            "mqtt": {"host": broker[0], "port": broker[1]},
            "account": ACCOUNT,
            "cloud": self.cloud_config(devices),
            "discovery": {"targets": sorted({d["address"] for d in devices if d["kind"] != "kasa_cloud"}), "interval_s": 30},
            "http": {"listen": f"{listen}:{self.http}", **self.page_login()},
            "rtsp": {"listen": f"{listen}:{self.rtsp}"},
            "onvif": {"port": free_port(8746, listen)},
            "webrtc": {"candidates": [listen] if listen != "0.0.0.0" else []},
            "state_dir": str(self.folder / "state"),
            "devices": cameras,
            **self.extra,
        }
        path = self.folder / "tplink2mqtt.yaml"
        path.write_text(json.dumps(config, indent=2))
        self.start("gateway", [self.program("tplink2mqtt"), "run", "--config", str(path)])
        self.page = f"http://{'127.0.0.1' if listen == '0.0.0.0' else listen}:{self.http}"
        wait_for(lambda: self.alive() and get(self.page + "/healthz")[0] == 200, 20,
                 "the gateway did not become healthy; its log:\n" + self.log_of("gateway"))

    def alive(self):
        for process in self.processes:
            if process.poll() is not None:
                raise SystemExit(f"{process.name} ended with {process.returncode}; its log:\n{self.log_of(process.name)}")
        return True

    def gateway_failed(self):
        return any(p.name == "gateway" and p.poll() not in (None, 0, -signal.SIGKILL) for p in self.processes)

    def log_of(self, name):
        path = self.folder / f"{name}.log"
        return "".join(path.read_text(errors="replace").splitlines(keepends=True)[-30:]) if path.exists() else ""

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self):
        broker = self.start_broker()
        world = self.start_simulators()
        devices = world["devices"]
        self.start_gateway(broker, devices)
        expected = {mac_id(d["mac"]) for d in devices if d["kind"] != "kasa_cloud"} | {child["id"] for d in devices for child in children_of(world, d)}
        # A camera configured by address is listed under that until its MAC is known; what hangs on a hub comes after the hub.
        def settled():
            return expected <= {d["id"] for d in api(self.page) if d["online"]}
        wait_for(lambda: self.alive() and settled(), 40,
                 lambda: "not every device came online; the gateway's log:\n" + self.log_of("gateway"))
        present = api(self.page)
        if self.arguments.check:
            return Check(self, broker, world, present).run()
        shown = self.page.replace("127.0.0.1", socket.gethostname()) if LOGIN else self.page
        print(f"\nPage:    {shown}/" + (f"   user admin, password {PAGE_PASSWORD}; of RTSP too" if LOGIN else ""))
        print(f"Broker:  {broker[0]}:{broker[1]}   (mosquitto_sub -p {broker[1]} -v -t 'tplink2mqtt/#')")
        for device in present:
            for url in (device.get("media") or {}).get("urls", {}).get("rtsp", [])[:1]:
                print(f"RTSP:    {url}   {device['name']} ({device['model']})")
        print(f"Devices: {', '.join(d['name'] for d in present)}\n\nCtrl-C ends it.", flush=True)
        while self.alive():
            time.sleep(0.5)
        return 0


class Check:
    """What the demo promises, looked at from outside."""

    def __init__(self, demo, broker, world, present):
        self.demo, self.broker, self.world, self.present = demo, broker, world, present
        self.failures = 0

    def step(self, name, action):
        begun = time.monotonic()
        try:
            detail, good = action() or "", True
        except (AssertionError, OSError, subprocess.SubprocessError, KeyError, ValueError) as problem:
            detail, good = str(problem), False
        self.failures += not good
        print(f"{'ok  ' if good else 'FAIL'}  {name:<42} {time.monotonic() - begun:5.1f} s  {detail}", flush=True)

    def run(self):
        begun = time.monotonic()
        self.step("entities published", self.entities)
        self.step("plugs toggled by MQTT and read back", self.plugs)
        self.step("privacy toggled on the page's API", self.privacy)
        self.step("pictures over RTSP", self.rtsp)
        self.step("page in Chromium: switch, picture and sound", self.whep)
        self.step("H.265 in Chromium: battery and hub camera", self.h265)
        self.step("the README's pictures", self.pictures)
        print(f"{'Everything works' if not self.failures else str(self.failures) + ' checks failed'}, "
              f"{time.monotonic() - begun:.0f} s")
        if self.failures:
            print("The gateway's log:\n" + self.demo.log_of("gateway"))
        return 1 if self.failures else 0

    def subscribe(self, topic, seconds=6, count=None):
        command = ["mosquitto_sub", "-h", self.broker[0], "-p", str(self.broker[1]), "-t", topic, "-F", "%j", "-W", str(seconds)]
        output = subprocess.run(command + (["-C", str(count)] if count else []), capture_output=True, text=True, timeout=seconds + 5).stdout
        return [json.loads(line) for line in output.splitlines()]

    def entities(self):
        # Discovery waits for a moment of silence per device, so that Home Assistant gets one message, not five.
        for _ in range(5):
            messages = self.subscribe("homeassistant/device/+/config", 2)
            configs = [json.loads(message["payload"]) for message in messages if message["payload"]]
            if len(configs) > len(self.present):
                break
        assert len(configs) == len(self.present) + 1, f"{len(configs)} discovery messages for {len(self.present)} devices and the bridge"
        return f"{sum(len(c.get('components') or c.get('cmps')) for c in configs)} entities of {len(configs)} devices"

    def truth(self, device):
        mac, _, socket_number = device["id"].partition("_")
        for known in self.world["devices"]:
            if mac_id(known["mac"]) == mac:
                state = state_of(self.world, known)
                return (state.get("sockets") or state["outlets"])[int(socket_number) - 1] if socket_number else state
            for child in children_of(self.world, known):
                if child["id"] == mac:
                    return state_of(self.world, known)["children"][child["device_id"]]
        raise KeyError(f"no simulator has {device['id']}")

    def plugs(self):
        plugs = self.switches()
        assert plugs, "no plug was found by discovery"
        for plug in plugs:
            before = self.truth(plug)["device_on"]
            topic = f"tplink2mqtt/{plug['id']}"
            listener = subprocess.Popen(["mosquitto_sub", "-h", self.broker[0], "-p", str(self.broker[1]), "-t", topic + "/result", "-C", "1", "-W", "5"],
                                        stdout=subprocess.PIPE, text=True)
            time.sleep(0.3)
            subprocess.run(["mosquitto_pub", "-h", self.broker[0], "-p", str(self.broker[1]), "-q", "1", "-t", topic + "/state/set", "-m", "OFF" if before else "ON"], check=True)
            answer = json.loads(listener.communicate(timeout=8)[0] or "{}")
            assert answer.get("status") == "ok", f"result: {answer}"
            published = json.loads(self.subscribe(topic + "/state", 3, 1)[0]["payload"])
            assert self.truth(plug)["device_on"] is (not before), "the simulator did not switch"
            assert published["state"] == ("OFF" if before else "ON"), f"published: {published['state']}"
        return ", ".join(f"{p['name']} ({p['transport']})" for p in plugs)

    def switches(self):
        """Plugs, bulbs and of each strip the first socket."""
        return [d for d in self.present if d["family"].endswith("plug") and "state" in d["state"] and d["id"].partition("_")[2] in ("", "1")]

    def cameras(self):
        return [d for d in self.present if d["family"].endswith("camera") and d.get("media")]  # a hub has no picture of its own

    def privacy(self):
        cameras = self.cameras()
        for camera in cameras:
            for word in ("ON", "OFF"):
                status, body = post(f"{self.demo.page}/api/devices/{camera['id']}/set", {"privacy": word})
                assert status == 200 and json.loads(body)[0]["status"] == "ok", f"{camera['name']}: {body}"
                truth = self.truth(camera)
                covered = not truth["camera_on"] if "camera_on" in truth else truth["lens_mask"] == "on"
                assert covered is (word == "ON"), f"{camera['name']}: the simulator says {covered}"
        return ", ".join(f"{c['name']} ({c['transport']})" for c in cameras)

    def rtsp(self):
        seen, h265 = [], [d["id"] for d in self.h265_cameras()]
        for camera in self.cameras():
            url = f"rtsp://{self.demo.arguments.listen}:{self.demo.rtsp}/{camera['id']}"
            probe = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0", url],
                                   capture_output=True, text=True, timeout=25)
            codecs = probe.stdout.split()
            assert ("pcm_alaw" in codecs or "pcm_mulaw" in codecs) and ("h264" in codecs or "hevc" in codecs), f"{url}: {codecs} {probe.stderr.strip()}"
            assert camera["id"] not in h265 or codecs == ["hevc", "pcm_alaw"], f"{url}: {codecs}"
            picture = subprocess.run(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-frames:v", "1", "-f", "image2", "-c:v", "mjpeg", "-y", "-"],
                                     capture_output=True, timeout=25)
            assert picture.stdout[:2] == b"\xff\xd8" and len(picture.stdout) > 2000, f"{url}: no picture: {picture.stderr.decode()[:200]}"
            seen.append(f"{camera['model']} {'+'.join(codecs)}")
        return ", ".join(seen)

    def whep(self):
        camera = next(d for d in self.present if d["family"] == "tapo_camera")
        plug = next(d for d in self.switches() if "_" not in d["id"])
        result = subprocess.run(["node", "tests/browser/whep_check.mjs", self.demo.page, camera["id"], plug["id"]], capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, (result.stderr or result.stdout).strip()[-400:]
        return result.stdout.strip()

    def pictures(self):
        """As they are; script/pictures takes them over."""
        folder = "build/screenshots/readme"
        result = subprocess.run(["node", "tests/browser/pictures.mjs", self.demo.page, folder], capture_output=True, text=True, timeout=90)
        assert result.returncode == 0, (result.stderr or result.stdout).strip()[-400:]
        return folder

    def h265_cameras(self):
        """The battery camera, and the one on the hub, whose parts are signed (HKDF key exchange)."""
        hubs = [d["id"] for d in self.present if d["model"] == "H200"]
        return [next(d for d in self.cameras() if d["model"] == "C460"), next(d for d in self.cameras() if d["via"] in hubs)]

    def h265(self):
        """The page shows both by itself: H.265 where the browser takes it, else the lesser stream in H.264."""
        seen = []
        for camera in self.h265_cameras():
            result = subprocess.run(["node", "tests/browser/watch_check.mjs", self.demo.page, camera["id"], "whep"], capture_output=True, text=True, timeout=60)
            assert result.returncode == 0, f"{camera['name']}: {(result.stderr or result.stdout).strip()[-400:]}"
            seen.append(f"{camera['name']} ({camera['model']}) {result.stdout.strip()}")
        return ", ".join(seen)


def mac_id(mac):
    return mac.lower().replace(":", "").replace("-", "")


def state_of(world, device):
    """What a simulator says of itself."""
    return json.loads(get(f"{world['control']}/devices/{device['mac']}/state")[1])


def children_of(world, device):
    """What hangs on a simulated hub: {"id", "device_id"}."""
    if "camera" not in device["kind"]:
        return []
    listed = (state_of(world, device).get("document") or {}).get("getChildDeviceList") or {}
    return [{"id": mac_id(child["mac"]), "device_id": child["device_id"]} for child in listed.get("child_device_list", [])]


def camera_entry(device):
    """An entry of devices[] for a simulated camera."""
    family = next(f for f in ("tapo_camera", "vigi_camera", "kasa_camera") if device["kind"].startswith(f))
    entry = {"host": device["address"], "port": device["port"], "media_port": device["media_port"], "family": family}
    if family == "kasa_camera":
        entry.update(state_port=device["udp_port"], talk_port=device["talk_port"])
    return entry


def can_connect(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


def get(url):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=LOGIN), timeout=5) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()
    except OSError:
        return 0, ""


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **LOGIN})
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read().decode()


def api(page):
    status, body = get(page + "/api/devices")
    return json.loads(body) if status == 200 else []


def wait_for(condition, seconds, sentence):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(sentence() if callable(sentence) else sentence)
        time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--mqtt")
    parser.add_argument("--check", action="store_true")
    demo = Demo(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs in its background with Ctrl-C ignored
    try:
        return demo.run()
    except KeyboardInterrupt:
        return 0
    finally:
        demo.stop()


if __name__ == "__main__":
    sys.exit(main())
