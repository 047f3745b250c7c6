"""Broker, simulated devices and the gateway, each its own process, for one run of the bench."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "script"))
from demo import ACCOUNT, can_connect, free_port, get  # noqa: E402


class World:
    """Everything it started ends with it, by process id."""

    def __init__(self, build):
        self.build, self.processes = Path(build), []
        self.folder = Path(tempfile.mkdtemp(prefix="tplink2mqtt-bench-"))
        self.mqtt_port = free_port(0, "127.0.0.1")
        config = self.folder / "mosquitto.conf"
        # Without TCP_NODELAY mosquitto holds a command back while an earlier packet is unacknowledged, up to 40 ms: not ours to measure.
        config.write_text(f"listener {self.mqtt_port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n")
        self.broker = self.start("mosquitto", [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", str(config)])
        self.until(lambda: can_connect("127.0.0.1", self.mqtt_port), 10, "the broker did not start")

    def program(self, name):
        for path in self.build.rglob(name):
            if path.is_file() and os.access(path, os.X_OK):
                return str(path)
        raise FileNotFoundError(f"{name} was not built below {self.build}")

    def start(self, name, command, **options):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(command, stderr=log, start_new_session=True, **{"stdin": subprocess.DEVNULL, "stdout": log, **options})
        process.name = name
        self.processes.append(process)
        return process

    def end(self, process):
        """Seconds until it was gone."""
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.processes.remove(process)
        return time.monotonic() - begun

    def close(self):
        for process in list(reversed(self.processes)):
            self.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def until(condition, seconds, sentence, pause_s=0.02):
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{sentence} (waited {seconds} s)")
            time.sleep(pause_s)
        return value

    def simulators(self, *groups):
        """groups: entries of device_simulators' configuration. The process; its `devices` say where each listens."""
        path = self.folder / "simulators.json"
        path.write_text(json.dumps({**ACCOUNT, "discovery_port": -1, "devices": groups}))
        process = self.start("simulators", [self.program("device_simulators"), "--config", str(path)], stdout=subprocess.PIPE)
        if not select.select([process.stdout], [], [], 60)[0]:
            raise TimeoutError("the simulators did not start")
        document = json.loads(process.stdout.readline() or b"{}")
        if "devices" not in document:
            raise RuntimeError("the simulators did not start: " + self.log("simulators"))
        process.devices, process.control = document["devices"], document.get("control")
        return process

    def configure(self, devices, state="state", **each):
        """Writes the gateway's configuration. each: keys added to every device."""
        self.http, self.rtsp = free_port(0, "127.0.0.1"), free_port(0, "127.0.0.1")
        listed = []
        for device in devices:
            camera = "camera" in device["kind"]
            entry = {"host": device["address"], "port": device["port"], "name": device["alias"], "family": "tapo_camera" if camera else "tapo_plug", **each}
            listed.append({**entry, "media_port": device["media_port"]} if "media_port" in device else entry)
        self.config = self.folder / "tplink2mqtt.yaml"
        self.config.write_text(json.dumps({
            "mqtt": {"host": "127.0.0.1", "port": self.mqtt_port}, "account": ACCOUNT, "discovery": {"enabled": False}, "onvif": {"enabled": False},
            "http": {"listen": f"127.0.0.1:{self.http}"}, "rtsp": {"listen": f"127.0.0.1:{self.rtsp}"}, "webrtc": {"candidates": ["127.0.0.1"]},
            "media": {"viewers_max": 200, "linger_s": 1}, "log": {"level": "warning"}, "state_dir": str(self.folder / state), "devices": listed}))

    def gateway(self):
        """Starts it on the last configuration; `begun` is the moment before."""
        begun = time.monotonic()
        process = self.start("gateway", [self.program("tplink2mqtt"), "run", "--config", str(self.config)])
        process.begun = begun
        return process

    def metrics(self):
        status, text = get(f"http://127.0.0.1:{self.http}/metrics")
        if status != 200:
            raise RuntimeError(f"/metrics answered {status}: {self.log('gateway')}")
        return [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]

    def total(self, name):
        return sum(float(value) for key, value in self.metrics() if key.startswith(f"tplink2mqtt_{name}{{"))

    def wait_online(self, count, seconds):
        self.until(lambda: can_connect("127.0.0.1", self.http), 20, "the gateway does not listen: " + self.log("gateway"))
        self.until(lambda: self.total("device_online") >= count, seconds, f"not all {count} devices came online", 0.5)

    def log(self, name):
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-600:] if path.exists() else ""


def device_id(device):
    return device["mac"].lower().replace("-", "").replace(":", "")
