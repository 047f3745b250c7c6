#!/usr/bin/env python3
"""The add-on under a simulated Supervisor: broker by service, options.json, ingress, stop. In a network of its own, so that the Supervisor has its real address.

python3 tests/addon/supervisor_test.py --gateway BINARY            the program as it was built
python3 tests/addon/supervisor_test.py --rootfs FOLDER             the image, made by rootfs.py
"""

import argparse
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

SKIPPED = 77
TIME_FACTOR = float(os.environ.get("TIME_FACTOR", "1"))  # script/sanitize allows its slow builds a multiple
GATEWAY, SUPERVISOR = "172.30.32.1", "172.30.32.2"  # the addresses a real Supervisor uses
TOKEN, INGRESS = "supervisor-token-canary", "/api/hassio_ingress/abcDEF123"
OPTIONS = {"account": {"username": "demo@example.com", "password": "demo-password"}, "mqtt": {}, "discovery": {"targets": []}, "http": {}, "rtsp": {}, "webrtc": {}, "onvif": {}, "media": {},
           "log": {"level": "info"}, "cloud": {}, "local_only": False, "devices": []}


class Supervisor(http.server.BaseHTTPRequestHandler):
    answer = (400, {"result": "error", "message": "Service not enabled"})
    asked = 0

    def do_GET(self):
        type(self).asked += 1
        status, body = self.answer
        if self.path != "/services/mqtt" or self.headers["Authorization"] != f"Bearer {TOKEN}":
            status, body = 403, {"result": "error"}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def service(password):
    return 200, {"result": "ok", "data": {"host": "127.0.0.1", "port": "1883", "ssl": False, "protocol": "3.1.1", "username": "addons", "password": password, "addon": "core_mosquitto"}}


def get(path, source=None, host=GATEWAY, method="GET", **headers):
    connection = http.client.HTTPConnection(host, 8745, timeout=40, source_address=(source, 0) if source else None)
    try:
        connection.request(method, path, headers=headers)
        reply = connection.getresponse()
        return reply.status, reply.read().decode(errors="replace")
    except OSError:
        return 0, ""
    finally:
        connection.close()


def through_ingress(path):
    """As Home Assistant asks: from the Supervisor's address, with the prefix in a header."""
    return get(path, SUPERVISOR, **{"X-Ingress-Path": INGRESS, "X-Forwarded-Host": "ha.example.org", "X-Remote-User-Name": "anna"})


def command_through_ingress(path):
    return get(path, SUPERVISOR, method="POST", **{"X-Ingress-Path": INGRESS, "Origin": "https://ha.example.org", "Content-Length": "0"})


def until(condition, seconds, sentence):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{sentence} (waited {seconds} s)")
        time.sleep(0.05)


class AddOn(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="tplink2mqtt-addon-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        passwords = self.folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "addons", "right"], check=True)
        passwords.chmod(0o644)
        self.folder.chmod(0o755)
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener 1883 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\npersistence false\n")
        self.spawn([shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", str(config)])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 8099), Supervisor)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        Supervisor.answer = (400, {"result": "error", "message": "Service not enabled"})
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def spawn(self, command, **options):
        log = open(self.folder / "log", "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen(command, stdout=log, stderr=log, **options)
        def end():
            process.kill()
            process.wait()
        self.addCleanup(end)
        return process

    def start(self):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SUPERVISOR_TOKEN": TOKEN, "TPLINK2MQTT_SUPERVISOR": "127.0.0.1:8099"}
        if ROOTFS:
            image = json.loads((ROOTFS / "image.json").read_text())
            data = ROOTFS / "data"
            shutil.rmtree(data, True)
            data.mkdir()
            command = [shutil.which("chroot") or "/usr/sbin/chroot", str(ROOTFS), *image["entrypoint"], *image["cmd"]]
            environment |= image["env"]
        else:
            data = self.folder / "data"
            data.mkdir()
            command = [GATEWAY_PROGRAM, "run", "--config", str(data / "options.json")]
            environment["TPLINK2MQTT__STATE_DIR"] = str(data)
            environment |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        (data / "options.json").write_text(json.dumps(OPTIONS))
        return self.spawn(command, env=environment)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def retained(self, topic):
        return subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-u", "addons", "-P", "right", "-t", topic, "-W", "1", "-F", "%p"], capture_output=True, text=True).stdout

    def test_the_broker_comes_late_and_its_password_changes(self):
        gateway = self.start()
        until(lambda: get("/healthz")[0] == 503, 10, "the gateway does not run without a broker\n" + self.log())
        until(lambda: "knows no MQTT broker yet" in self.log(), 10, "it does not say what is missing")
        Supervisor.answer = service("wrong")
        until(lambda: "MQTT" in self.log() and "password" in self.log(), 20, "a refused login is not told")
        Supervisor.answer = service("right")
        until(lambda: get("/healthz")[0] == 200, 20, "the new password was not taken\n" + self.log())
        until(lambda: self.retained("tplink2mqtt/bridge/state").strip() == "online", 10, "not online")
        self.assertIn("TP-Link gateway", self.retained("homeassistant/device/tplink2mqtt_bridge/config"))
        begun = time.monotonic()
        gateway.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(5 * TIME_FACTOR), 0)
        self.assertLess(time.monotonic() - begun, 5 * TIME_FACTOR)
        self.assertEqual(self.retained("tplink2mqtt/bridge/state").strip(), "offline")
        for secret in (TOKEN, "demo-password", "right"):
            self.assertNotIn(f"{secret}\n", self.log())
        self.assertNotIn(TOKEN, self.log())

    def test_ingress_opens_for_the_supervisor_alone_and_works_under_its_prefix(self):
        Supervisor.answer = service("right")
        self.start()
        until(lambda: through_ingress("/healthz")[0] == 200, 15, "not healthy\n" + self.log())
        status, page = through_ingress("/")
        self.assertEqual(status, 200)
        links = re.findall(r'(?:src|href)="([^"]+)"', page)
        self.assertTrue(links)
        for link in links:
            self.assertFalse(link.startswith("/") or "://" in link, f"{link} leaves the prefix")
            self.assertEqual(through_ingress("/" + link)[0], 200, link)
        self.assertEqual(through_ingress("/api/devices"), (200, "[]\n"))
        self.assertEqual(through_ingress("/api/settings")[0], 200)
        self.assertEqual(command_through_ingress("/api/discover")[0], 200)
        for path in ("/", "/api/devices", "/api/settings", "/metrics", "/api/diagnostics"):
            self.assertEqual(get(path)[0], 401, f"{path} is open to everybody")
            self.assertEqual(get(path, **{"X-Ingress-Path": INGRESS})[0], 401, "the header alone opens the door")
            self.assertEqual(get(path, host="127.0.0.1")[0], 401)
        self.assertEqual(get("/healthz", host="127.0.0.1")[0], 200)
        self.assertIn("password made for this gateway", self.log())
        if ROOTFS:
            check = json.loads((ROOTFS / "image.json").read_text())["healthcheck"]
            self.assertEqual(subprocess.run(["chroot", str(ROOTFS), *check]).returncode, 0, "the image's own health check")


def own_network(arguments):
    """Starts this script again where 172.30.32.2 can be had without touching the machine's network."""
    if "--inside" in arguments:
        return
    user = [] if os.getuid() == 0 else ["--map-root-user"]
    if not shutil.which("unshare") or subprocess.run(["unshare", *user, "--net", "true"], capture_output=True).returncode != 0:
        print("SKIPPED: this machine gives no network namespace (unshare --net), so the Supervisor cannot have its address.")
        sys.exit(SKIPPED)
    os.execvp("unshare", ["unshare", *user, "--net", sys.executable, *arguments, "--inside"])


if __name__ == "__main__":
    own_network(sys.argv)
    parser = argparse.ArgumentParser()
    parser.add_argument("--gateway")
    parser.add_argument("--rootfs", type=Path)
    parser.add_argument("--inside", action="store_true")
    known, rest = parser.parse_known_args()
    GATEWAY_PROGRAM, ROOTFS = known.gateway and os.path.abspath(known.gateway), known.rootfs
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (GATEWAY, SUPERVISOR):
        subprocess.run(["ip", "address", "add", f"{address}/23", "dev", "lo"], check=True)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
