"""Requests, configuration, page and diagnostics, from outside: each test is a promise of the contract.

python3 tests/e2e/home_e2e.py --build build/dev [unittest words]
"""

import base64
import contextlib
import http.client
import io
import json
import shutil
import signal
import ssl
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import gateway_e2e  # noqa: E402
import onvif_client  # noqa: E402
from gateway_e2e import Devices, world  # noqa: E402


def ask(url, method="GET", body=None, **headers):
    """Status, headers, bytes; whatever the status."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.headers, problem.read()


class StaysHere(urllib.request.HTTPRedirectHandler):
    """A redirect is looked at, not followed."""

    def redirect_request(self, *_):
        return None


class HomeCase(gateway_e2e.GatewayCase):
    def api(self, path, method="GET", body=None):
        status, _, answer = ask(self.demo.page + path, method, body)
        return status, json.loads(answer) if answer else None

    def request(self, what, body, seconds=15):
        listener = self.listen(f"tplink2mqtt/bridge/response/{what}")
        mark = f"t{time.monotonic()}"
        time.sleep(0.2)  # the listener's subscription
        self.send(f"tplink2mqtt/bridge/request/{what}", json.dumps({**body, "transaction": mark}))
        _, message = listener.wait(f"tplink2mqtt/bridge/response/{what}", lambda p: json.loads(p).get("transaction") == mark, seconds)
        return json.loads(message["payload"])


class Requests(HomeCase):
    def test_every_refusal_has_its_status_a_code_a_sentence_and_a_hint(self):
        plug = self.devices.of("plug_klap")
        self.online(plug)
        id = Devices.id(plug)
        for method, path, body, status in (("GET", "/api/devices/nobody", None, 404), ("DELETE", "/api/devices/nobody", None, 404), ("PATCH", "/api/devices/nobody", {"name": "x"}, 404),
                                           ("PATCH", f"/api/devices/{id}", {"poll_s": "often"}, 400), ("PATCH", f"/api/devices/{id}", {"colour": "red"}, 400),
                                           ("PATCH", f"/api/devices/{id}", {"host": "127.0.0.1"}, 400), ("PATCH", f"/api/devices/{id}", {}, 400),
                                           ("POST", "/api/devices", {"name": "no address"}, 400), ("POST", "/api/discover", {"targets": "everything"}, 400),
                                           ("POST", "/api/account/mfa", {}, 400), ("POST", "/api/account/mfa", {"code": "12ab"}, 400), ("POST", "/api/account/mfa", {"code": "123456"}, 409),
                                           ("GET", f"/api/devices/{id}/snapshot.jpg", None, 404), ("PUT", "/api/devices", {}, 405), ("GET", "/api/nothing", None, 404)):
            got, answer = self.api(path, method, body)
            self.assertEqual(got, status, f"{method} {path} {body}: {answer}")
            self.assertTrue(answer["error"]["code"] and answer["error"]["message"], answer)
            self.assertIn("hint", answer["error"])

    def test_mqtt_requests_answer_like_the_api(self):
        camera = self.devices.of("camera_l1")
        self.online(camera)
        id = Devices.id(camera)
        self.assertEqual(self.request("health_check", {})["data"], {"healthy": True})
        self.assertEqual(self.request("device/rename", {"id": id, "name": "Porch"})["data"], {"id": id, "name": "Porch"})
        self.until(lambda: self.api(f"/api/devices/{id}")[1]["name"] == "Porch", 5, "not renamed")
        self.online(camera)
        self.assertEqual(self.request("snapshot", {"id": id})["status"], "ok")
        self.assertEqual(self.request("device/reconnect", {"id": id})["status"], "ok")
        for what, body, code in (("device/remove", {"id": "nobody"}, "not_found"), ("device/remove", {}, "bad_request"), ("no/such", {}, "not_found"),
                                 ("options", {"log_level": "loud"}, "bad_request"), ("device/add", {"host": "127.0.0.1", "colour": "red"}, "bad_request")):
            answer = self.request(what, body)
            self.assertEqual((answer["status"], answer["data"]["code"]), ("error", code), answer)
            self.assertTrue(answer["error"])
        answer = self.request("device/options", {"id": id, "options": self.account})
        self.assertEqual(answer["status"], "ok")
        self.assertNotIn(self.account["password"], json.dumps(answer))

    def test_a_login_is_tried_and_told_step_by_step(self):
        camera = self.devices.of("camera_l3")
        status, answer = self.api("/api/probe", "POST", {"host": camera["address"], "port": camera["port"], "token": "t"})
        self.assertEqual((status, answer["ok"]), (200, True), answer)
        self.assertEqual(answer["device"]["mac"].replace(":", ""), Devices.id(camera))
        self.assertTrue(any("Password accepted" in step["text"] for step in answer["steps"]))
        attempts = self.devices.state(camera)["login_attempts"]
        status, answer = self.api("/api/probe", "POST", {"host": camera["address"], "port": camera["port"], "username": "x@example.com", "password": "canary-wrong"})
        self.assertEqual((status, answer["ok"]), (200, False), answer)
        self.assertFalse(answer["steps"][-1]["ok"])
        self.assertTrue(answer["hint"])
        self.assertLessEqual(self.devices.state(camera)["login_attempts"] - attempts, 1, "a wrong password is tried once")
        self.assertNotIn("canary-wrong", json.dumps(answer))
        self.assertEqual(self.api("/api/probe", "POST", {"mac": "02:00:00:00:00:99"})[0], 400)

    def test_the_ledger_names_broker_and_devices_and_nothing_unexpected(self):
        devices = [self.online(device) for device in self.devices.list]
        _, answer = self.api("/api/egress")
        reasons = {entry["reason"] for entry in answer["addresses"]}
        self.assertIn("MQTT broker", reasons)
        for device in devices:
            self.assertIn(f"device: {device['name']}", reasons)
        self.assertEqual([entry for entry in answer["addresses"] if entry["reason"] == "not expected"], [])
        self.assertTrue(next(entry for entry in answer["addresses"] if entry["reason"] == "MQTT broker")["open"])
        _, answer = self.api(f"/api/devices/{devices[0]['id']}/exchanges")
        self.assertTrue(answer["exchanges"])

    def test_a_removed_device_leaves_nothing_and_comes_back_when_added(self):
        camera = self.devices.of("camera_l3")  # stands in the configuration file
        self.online(camera)
        id = Devices.id(camera)
        listener = self.listen("homeassistant/#", "tplink2mqtt/#")
        listener.wait(f"tplink2mqtt/{id}/state", bool)
        time.sleep(1)
        self.assertEqual(self.api(f"/api/devices/{id}", "DELETE")[0], 200)
        self.until(lambda: id not in json.dumps(world.api(self.demo.page)), 5, "still listed")
        time.sleep(1)
        left = subprocess.run(["mosquitto_sub", "-p", str(self.broker[1]), "-t", f"tplink2mqtt/{id}/#", "-t", f"homeassistant/device/tplink2mqtt_{id}/config", "-W", "2", "-F", "%t"],
                              capture_output=True, text=True).stdout
        self.assertEqual(left, "")
        status, answer = self.api("/api/devices", "POST", {"host": camera["address"], "port": camera["port"], "media_port": camera["media_port"], "family": "tapo_camera", "name": "Back again"})
        self.assertEqual(status, 201, answer)
        self.online(camera)
        self.assertEqual(self.api("/api/devices", "POST", {"host": camera["address"], "port": camera["port"]})[0], 409)


class Restart(HomeCase):
    def test_a_restart_comes_back_with_everything_and_a_broken_file_forbids_it(self):
        plug = self.devices.of("plug_klap")
        self.online(plug)
        listener = self.listen("tplink2mqtt/#")
        path = self.demo.folder / "tplink2mqtt.yaml"
        text = path.read_text()
        path.write_text("{ broken")
        self.assertEqual(self.api("/api/restart", "POST", {})[0], 409)
        answer = self.request("restart", {})
        self.assertEqual((answer["status"], answer["data"]["code"]), ("error", "conflict"))
        path.write_text(text)
        begun, process = time.monotonic(), self.gateway()
        self.assertEqual(self.request("restart", {})["status"], "ok")
        listener.wait("tplink2mqtt/bridge/state", lambda p: p == "offline", 10, begun)
        listener.wait("tplink2mqtt/bridge/state", lambda p: p == "online", 20, begun + 0.1)
        listener.wait(f"tplink2mqtt/{Devices.id(plug)}/availability", lambda p: p == "online", 20, begun + 0.1)
        self.assertIsNone(process.poll(), "the process itself stays")
        self.online(plug)


class Settings(HomeCase):
    """A change restarts what it concerns and nothing else."""

    def patch(self, **values):
        status, answer = self.api("/api/settings", "PATCH", {key.replace("__", "."): value for key, value in values.items()})
        self.assertEqual(status, 200, answer)

    def test_a_new_base_topic_moves_everything_and_disturbs_no_device(self):
        plug = self.devices.of("plug_klap")
        self.online(plug)
        id = Devices.id(plug)
        listener = self.listen("homeassistant/#", "tplink2mqtt/#", "other/#")
        listener.wait(f"tplink2mqtt/{id}/state", bool)
        logins = self.devices.state(plug)["login_attempts"]
        self.patch(mqtt__base_topic="other")
        listener.wait(f"other/{id}/state", bool, 15)
        listener.wait("other/bridge/state", lambda p: p == "online")
        listener.wait(f"homeassistant/device/other_{id}/config", bool)
        time.sleep(1)
        left = subprocess.run(["mosquitto_sub", "-p", str(self.broker[1]), "-t", "tplink2mqtt/#", "-t", "homeassistant/device/+/config", "-W", "2", "-F", "%t"], capture_output=True, text=True).stdout
        self.assertNotIn("tplink2mqtt/", left)
        self.assertNotIn("device/tplink2mqtt_", left)
        self.send(f"other/{id}/state/set", "ON")
        listener.wait(f"other/{id}/result", lambda p: json.loads(p)["code"] == "ok")
        self.patch(mqtt__base_topic=None)  # the file's again
        listener.wait(f"tplink2mqtt/{id}/state", bool, 15, time.monotonic())
        self.assertEqual(self.devices.state(plug)["login_attempts"], logins, "the plug was logged in again")

    def test_rtsp_moves_alone_and_the_page_moves_alone(self):
        camera = self.devices.of("camera_l1")
        self.online(camera)
        gateway = self.gateway().pid
        viewer = subprocess.Popen(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", f"rtsp://127.0.0.1:{self.demo.rtsp}/{Devices.id(camera)}", "-f", "null", "-"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            streams = lambda: self.api(f"/api/devices/{Devices.id(camera)}")[1]["media"]["streams"]
            self.until(lambda: streams()[0]["viewers"] == 1, 15, "nobody watches")
            page = world.free_port(0, "127.0.0.1")
            self.patch(http__listen=f"127.0.0.1:{page}", media__linger_s=3)
            old, self.demo.page = self.demo.page, f"http://127.0.0.1:{page}"
            type(self).demo.page = self.demo.page
            self.until(lambda: world.get(self.demo.page + "/healthz")[0] == 200, 5, "the page did not move")
            self.assertEqual(world.get(old + "/healthz")[0], 0)
            self.assertIsNone(viewer.poll(), "the viewer was thrown out")
            self.assertEqual(streams()[0]["viewers"], 1)
            rtsp = world.free_port(0, "127.0.0.1")
            self.patch(rtsp__listen=f"127.0.0.1:{rtsp}")
            self.until(lambda: world.can_connect("127.0.0.1", rtsp), 5, "RTSP did not move")
            self.assertFalse(world.can_connect("127.0.0.1", self.demo.rtsp))
            type(self).demo.rtsp = rtsp
        finally:
            viewer.kill()
            viewer.wait()
        picture = subprocess.run(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", f"rtsp://127.0.0.1:{rtsp}/{Devices.id(camera)}", "-frames:v", "1", "-f", "image2", "-c:v", "mjpeg", "-y", "-"],
                                 capture_output=True, timeout=25)
        self.assertEqual(picture.stdout[:2], b"\xff\xd8", picture.stderr)
        self.assertEqual(self.gateway().pid, gateway)
        self.assertIsNone(self.gateway().poll())

    def test_settings_are_told_without_secrets_and_bad_ones_change_nothing(self):
        self.patch(log__level="debug", account__password="canary-account")
        _, answer = self.api("/api/settings")
        told = answer["settings"]
        self.assertEqual(told["log.level"], {"value": "debug", "default": "info", "source": "page"})
        self.assertEqual(told["account.password"]["value"], "***")
        self.assertNotIn("canary", json.dumps(told))
        self.assertEqual(told["http.listen"]["source"] in ("file", "page"), True)
        for values in ({"log.level": "loud"}, {"log.lvl": "info"}, {"devices": []}, {"http.password_file": "/etc/passwd"}, {"account.password": "***"}, {}, {"mqtt.port": 0}):
            status, answer = self.api("/api/settings", "PATCH", values)
            self.assertEqual((status, answer["error"]["code"]), (400, "bad_request"), values)
        self.patch(log__level=None, account__password=None)
        self.assertEqual(self.api("/api/settings")[1]["settings"]["log.level"]["source"], "default")
        self.assertEqual(self.request("options", {"log_level": "warning"})["data"]["log_level"], "warning")
        self.assertEqual(self.request("options", {"options": {"log.level": "info"}})["data"]["log_level"], "info")

    def test_a_token_opens_what_the_password_opens(self):
        page = world.free_port(0, "127.0.0.1")
        status, answer = self.api("/api/tokens", "POST", {"name": "Grafana"})
        self.assertEqual(status, 200, answer)
        token = answer["token"]
        self.assertEqual(self.api("/api/tokens")[1], {"tokens": ["Grafana"]})
        self.patch(http__password="a password", http__listen=f"127.0.0.1:{page}")
        old = self.demo.page
        try:
            self.demo.page = f"http://127.0.0.1:{page}"
            self.until(lambda: world.get(self.demo.page + "/healthz")[0] == 200, 10, "the page did not move")
            self.assertEqual(ask(self.demo.page + "/api/devices")[0], 401)
            self.assertEqual(ask(self.demo.page + "/api/devices", Authorization=f"Bearer {token}")[0], 200)
            self.assertNotIn(token, (self.demo.folder / "state" / "state.json").read_text())
            self.assertEqual(ask(self.demo.page + "/api/tokens/Grafana", "DELETE", Authorization=f"Bearer {token}")[0], 200)
            self.assertEqual(ask(self.demo.page + "/api/devices", Authorization=f"Bearer {token}")[0], 401)
            basic = {"Authorization": "Basic " + base64.b64encode(b"admin:a password").decode()}
            self.assertEqual(ask(self.demo.page + "/api/settings", "PATCH", {"http.password": None, "http.listen": None}, **basic)[0], 200)
        finally:
            self.demo.page = old
        self.until(lambda: world.get(self.demo.page + "/healthz")[0] == 200, 10, "the page did not come back")

    def test_the_form_signs_in_and_out_and_slows_guesses_down(self):
        port, old = world.free_port(0, "127.0.0.1"), self.demo.page
        self.patch(http__password="a password", http__listen=f"127.0.0.1:{port}")
        self.demo.page = f"http://127.0.0.1:{port}"
        self.until(lambda: world.get(self.demo.page + "/healthz")[0] == 200, 10, "the page did not move")
        browser = {"Host": "gateway.local", "Accept": "text/html,*/*;q=0.8", "Origin": "http://gateway.local"}

        def sign_in(password, **headers):
            form = urllib.parse.urlencode({"username": "admin", "password": password}).encode()
            opener = urllib.request.build_opener(StaysHere)
            request = urllib.request.Request(self.demo.page + "/login", form, {**browser, **headers})
            try:
                with opener.open(request, timeout=20) as reply:
                    return reply.status, reply.headers
            except urllib.error.HTTPError as problem:
                return problem.code, problem.headers

        status, headers, page = ask(self.demo.page + "/", **browser)
        self.assertEqual((status, headers["WWW-Authenticate"]), (401, 'Bearer realm="tplink2mqtt"'))
        self.assertIn(b'action="login"', page)
        status, headers, _ = ask(self.demo.page + "/")
        self.assertEqual((status, headers["WWW-Authenticate"].split()[0]), (401, "Basic"), "machines as ever")
        self.assertEqual(sign_in("wrong")[0], 401)
        self.assertEqual(sign_in("a password", Origin="http://evil.example")[0], 403)
        sessions = []
        for _ in range(2):
            status, headers = sign_in("a password")
            self.assertEqual((status, headers["Location"]), (303, "./"))
            self.assertRegex(headers["Set-Cookie"], r"; HttpOnly; SameSite=Lax; Max-Age=\d+$")
            sessions.append({**browser, "Cookie": headers["Set-Cookie"].split(";")[0]})
        stays, goes = sessions
        self.assertEqual(ask(self.demo.page + "/api/devices", **goes)[0], 200)
        self.assertEqual(json.loads(ask(self.demo.page + "/api/session", **goes)[2]), {"by": "session"})
        unsaid = {key: value for key, value in goes.items() if key != "Origin"}
        for foreign in (unsaid, {**goes, "Origin": "http://evil.example"}, {**goes, "Sec-Fetch-Site": "same-site"}):
            self.assertEqual(ask(self.demo.page + "/api/settings", "PATCH", {"log.level": "debug"}, **foreign)[0], 403, foreign)
        self.assertEqual(ask(self.demo.page + "/logout", "POST", {}, **goes)[0], 200)
        self.assertEqual(ask(self.demo.page + "/api/devices", **goes)[0], 401)
        guesses = [sign_in(f"guess {number}")[0] for number in range(11)]
        self.assertEqual(guesses, [401] * 10 + [429])
        self.assertEqual(ask(self.demo.page + "/api/devices", **stays)[0], 200, "who is in stays in")
        text = (self.demo.folder / "state" / "state.json").read_text() + self.demo.log_of("gateway")
        for secret in ("a password", *(session["Cookie"].split("=")[1] for session in sessions)):
            self.assertFalse(secret in text, "a secret is written down")
        self.assertEqual(ask(self.demo.page + "/api/settings", "PATCH", {"http.password": None, "http.listen": old.split("//")[1].strip("/")}, **stays)[0], 200)
        self.demo.page = old
        self.until(lambda: world.get(self.demo.page + "/healthz")[0] == 200, 10, "the page did not come back")

    def test_https_with_a_certificate_of_its_own(self):
        file = self.demo.folder / "tplink2mqtt.yaml"
        before, plain = file.read_text(), self.demo.page
        secure, port = plain.replace("http:", "https:"), plain.split(":")[2].strip("/")

        def make(name):
            pair = [str(self.demo.folder / f"{name}.{part}") for part in ("crt", "key")]
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=gateway",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-out", pair[0], "-keyout", pair[1]], check=True, capture_output=True)
            return pair

        def trusted(pair):
            """The page with nothing but that certificate trusted."""
            try:
                with urllib.request.urlopen(secure + "/api/devices", timeout=20, context=ssl.create_default_context(cafile=pair[0])) as reply:
                    return reply.status == 200 and len(json.loads(reply.read())) > 0
            except OSError:
                return False

        def use(cert, key):
            config = json.loads(before)
            config["http"].update(ssl_cert=cert, ssl_key=key)
            file.write_text(json.dumps(config))
            self.gateway().send_signal(signal.SIGHUP)

        first, second = make("first"), make("second")
        live = [str(self.demo.folder / "live.crt"), str(self.demo.folder / "live.key")]
        for source, target in zip(first, live):
            shutil.copy(source, target)
        try:
            use(*live)
            self.until(lambda: trusted(first), 30, "no HTTPS")
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)) as old:
                old.request("GET", "/api/devices")
                reply = old.getresponse()
                self.assertEqual((reply.status, reply.getheader("Location")), (307, secure + "/api/devices"))
            device = json.loads(urllib.request.urlopen(secure + "/api/devices", timeout=20, context=ssl.create_default_context(cafile=first[0])).read())[0]
            self.assertTrue(device["id"])
            for source, target in zip(second, live):
                shutil.copy(source, target)
            self.gateway().send_signal(signal.SIGHUP)  # as a renewal's hook does
            self.until(lambda: trusted(second), 30, "the renewed certificate is not taken")
            use(first[0], second[1])
            self.until(lambda: "second.key is not the key of the certificate" in self.demo.log_of("gateway"), 30, "a key that does not fit is not reported")
            self.assertTrue(trusted(second))
        finally:
            file.write_text(before)
            self.gateway().send_signal(signal.SIGHUP)
        self.until(lambda: world.get(plain + "/healthz")[0] == 200, 30, "plain HTTP did not come back")

    def test_json_log_lines_from_the_moment_they_are_wanted(self):
        self.patch(log__format="json")
        self.until(lambda: "configuration read again" in self.demo.log_of("gateway"), 5, "not read again")
        self.patch(discovery__interval_s=31)
        self.until(lambda: '"configuration read again"' in self.demo.log_of("gateway"), 5, "no JSON line")
        line = json.loads(next(l for l in self.demo.log_of("gateway").splitlines() if l.startswith("{")))
        self.assertEqual(set(line), {"time", "level", "device", "message"})
        self.patch(log__format=None, discovery__interval_s=None)


class Onvif(HomeCase):
    """What Home Assistant's ONVIF integration and recorders ask, in their order."""

    only = ("camera_l1", "camera_l3", "plug_klap")

    def setUp(self):
        self.camera = self.devices.of("camera_l1")
        self.online(self.camera)
        if not getattr(type(self), "moved", 0):
            type(self).moved = world.free_port(0, "127.0.0.1")
            status, answer = self.api("/api/settings", "PATCH", {"onvif.port": self.moved, "rtsp.username": "viewer", "rtsp.password": "p&<w o"})
            self.assertEqual(status, 200, answer)
        found = self.until(lambda: [match for match in onvif_client.probe("239.255.255.250", seconds=1) if any(self.mac() in scope for scope in match["scopes"]) and self.ours(match)], 15, "not found by WS-Discovery")
        self.xaddr = found[0]["xaddrs"][0]
        host, port = self.xaddr.split("/")[2].split(":")
        self.client = onvif_client.Client(host, int(port), "viewer", "p&<w o")
        self.scopes = found[0]["scopes"]

    def ours(self, match):
        """Other gateways of this machine may answer too."""
        return self.moved <= int(match["xaddrs"][0].split("/")[2].split(":")[1]) < self.moved + 10

    def mac(self):
        return self.camera["mac"].lower().replace("-", ":")

    def test_it_is_found_set_up_and_streams_from_the_answered_address(self):
        self.assertEqual(self.api(f"/api/devices/{Devices.id(self.camera)}")[1]["media"]["urls"]["onvif"], self.xaddr)
        self.assertTrue(any(scope.startswith("onvif://www.onvif.org/name/") for scope in self.scopes))
        self.assertTrue(any(scope.startswith("onvif://www.onvif.org/hardware/") for scope in self.scopes))
        self.assertIn("onvif://www.onvif.org/Profile/Streaming", self.scopes)
        call, text, every = self.client.call, onvif_client.text, onvif_client.every
        nobody = onvif_client.Client(*self.xaddr.split("/")[2].split(":"))
        self.assertEqual(int(text(nobody.call("device", "GetSystemDateAndTime"), "Year")), time.gmtime().tm_year)
        capabilities = call("device", "GetCapabilities", "<Category>All</Category>")
        media = text(every(capabilities, "Media")[0], "XAddr")
        self.assertTrue(every(call("device", "GetServices", "<IncludeCapability>false</IncludeCapability>"), "Service"))
        information = call("device", "GetDeviceInformation")
        self.assertEqual(text(information, "Manufacturer"), "TP-Link")
        self.assertTrue(text(information, "SerialNumber") and text(information, "FirmwareVersion") and text(information, "Model"))
        self.assertEqual(text(call("device", "GetNetworkInterfaces"), "HwAddress"), self.mac())
        self.assertEqual(every(call("media", "GetServiceCapabilities", address=media), "Capabilities")[0].attrib["SnapshotUri"], "true")
        profiles = every(call("media", "GetProfiles", address=media), "Profiles")
        self.assertEqual(text(profiles[0], "Encoding"), "H264")
        token = profiles[0].attrib["token"]
        setup = f'<StreamSetup xmlns:tt="http://www.onvif.org/ver10/schema"><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport></StreamSetup><ProfileToken>{token}</ProfileToken>'
        uri = text(call("media", "GetStreamUri", setup, address=media), "Uri")
        user = urllib.parse.quote("viewer:p&<w o", safe=":")
        picture = subprocess.run(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", uri.replace("rtsp://", f"rtsp://{user}@"), "-frames:v", "1", "-f", "image2", "-c:v", "mjpeg", "-y", "-"], capture_output=True, timeout=30)
        self.assertEqual(picture.stdout[:2], b"\xff\xd8", picture.stderr)
        still = text(call("media", "GetSnapshotUri", f"<ProfileToken>{token}</ProfileToken>", address=media), "Uri")
        for kind in (urllib.request.HTTPDigestAuthHandler, urllib.request.HTTPBasicAuthHandler):
            passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            passwords.add_password(None, still, "viewer", "p&<w o")
            with urllib.request.build_opener(kind(passwords)).open(still, timeout=15) as reply:
                self.assertEqual((reply.headers["Content-Type"], reply.read(2)), ("image/jpeg", b"\xff\xd8"))
        self.assertEqual(ask(still)[0], 401)

    def test_a_wrong_password_an_old_request_and_rubbish_open_nothing(self):
        host, port = self.xaddr.split("/")[2].split(":")
        for client in (onvif_client.Client(host, port), onvif_client.Client(host, port, "viewer", "wrong"), onvif_client.Client(host, port, "admin", "p&<w o")):
            with self.assertRaisesRegex(onvif_client.Fault, "NotAuthorized"):
                client.call("device", "GetDeviceInformation")
        recorded = self.client.envelope("device", "GetDeviceInformation")
        self.client.send(self.xaddr, recorded)
        with self.assertRaisesRegex(onvif_client.Fault, "NotAuthorized"):
            self.client.send(self.xaddr, recorded)
        for rubbish in ("", "<", "<a/>", "<Envelope><Body/></Envelope>", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><Envelope><Body>&b;</Body></Envelope>", "<e>" * 20000):
            with self.assertRaisesRegex(onvif_client.Fault, "^400"):
                self.client.send(self.xaddr, rubbish)
        for operation, inside in (("GetStreamUri", "<ProfileToken>nobody</ProfileToken>"), ("GetProfile", "")):
            with self.assertRaisesRegex(onvif_client.Fault, "InvalidArgVal"):
                self.client.call("media", operation, inside)
        with self.assertRaisesRegex(onvif_client.Fault, "ActionNotSupported"):
            self.client.call("device", "SystemReboot")

    def test_z_guessing_is_slowed_down(self):  # last: this address is shut out for a minute
        guesser = onvif_client.Client(*self.xaddr.split("/")[2].split(":"), "viewer", "guess")
        for _ in range(20):
            self.assertRaises(onvif_client.Fault, guesser.call, "device", "GetDeviceInformation")
        with self.assertRaisesRegex(onvif_client.Fault, "wait a minute"):
            self.client.call("device", "GetDeviceInformation")

    def test_it_moves_and_goes_to_presets(self):
        call, every = self.client.call, onvif_client.every
        token = every(call("media", "GetProfiles"), "Profiles")[0].attrib["token"]
        self.assertTrue(every(call("ptz", "GetConfigurations"), "PTZConfiguration"))
        before = self.devices.state(self.camera)
        call("ptz", "ContinuousMove", f'<ProfileToken>{token}</ProfileToken><Velocity><PanTilt xmlns="http://www.onvif.org/ver10/schema" x="0.5" y="0"/></Velocity>')
        call("ptz", "Stop", f"<ProfileToken>{token}</ProfileToken>")
        self.assertNotEqual(before, self.devices.state(self.camera), "the camera did not move")
        for preset in every(call("ptz", "GetPresets", f"<ProfileToken>{token}</ProfileToken>"), "Preset")[:1]:
            call("ptz", "GotoPreset", f"<ProfileToken>{token}</ProfileToken><PresetToken>{preset.attrib['token']}</PresetToken>")

    def test_events_are_pulled(self):
        call, text, every = self.client.call, onvif_client.text, onvif_client.every
        self.assertTrue(every(call("events", "GetEventProperties"), "CellMotionDetector"))
        point = text(call("events", "CreatePullPointSubscription", "<InitialTerminationTime>PT60S</InitialTerminationTime>"), "Address")
        begun = time.monotonic()
        call("events", "PullMessages", "<Timeout>PT1S</Timeout><MessageLimit>10</MessageLimit>", address=point)
        self.assertLess(time.monotonic() - begun, 5 * gateway_e2e.TIME_FACTOR)
        call("wsnt", "Renew", "<TerminationTime>PT60S</TerminationTime>", address=point)
        call("wsnt", "Unsubscribe", address=point)
        with self.assertRaisesRegex(onvif_client.Fault, "InvalidArgVal"):
            call("events", "PullMessages", "<Timeout>PT1S</Timeout>", address=point)


class Diagnostics(HomeCase):
    def test_the_bundle_is_a_zip_without_secrets_and_identities(self):
        devices = [self.online(device) for device in self.devices.list]
        self.api(f"/api/devices/{devices[0]['id']}/set", "POST", {"led": "OFF"})
        status, headers, body = ask(self.demo.page + "/api/diagnostics")
        self.assertEqual((status, headers["Content-Type"]), (200, "application/zip"))
        bundle = zipfile.ZipFile(io.BytesIO(body))
        self.assertIsNone(bundle.testzip())
        names = bundle.namelist()
        self.assertIn("diagnostics.json", names)
        self.assertGreaterEqual(sum(name.startswith("devices/") for name in names), len(devices), names)  # a strip's sockets too
        everything = "\n".join(names) + "".join(bundle.read(name).decode() for name in names)
        private = [self.account["username"], self.account["password"], json.dumps(self.account["password"])[1:-1]]
        for device in devices:
            private += [device["id"], device["mac"], device["mac"].upper().replace(":", "-"), device["host"], device["name"]]
        for word in private:
            at = everything.lower().find(word.lower())
            self.assertEqual(at, -1, f"{word}: {everything[max(0, at - 100):at + 100]}")
        exchanges = [json.loads(bundle.read(name)) for name in names if name.startswith("exchanges/")]
        logins = sum(any(line["what"].startswith("login") for line in lines) for lines in exchanges)
        self.assertGreaterEqual(logins, sum(device["transport"] != "xor" for device in devices))  # port 9999 knows no login
        self.assertTrue(any(line["what"].startswith("call ") for lines in exchanges for line in lines))
        again = zipfile.ZipFile(io.BytesIO(ask(self.demo.page + "/api/diagnostics")[2]))
        self.assertEqual(set(again.namelist()), set(names), "pseudonyms changed")

    def test_canary_secrets_appear_nowhere(self):
        for device in self.devices.list:
            self.online(device)
        listener = self.listen("tplink2mqtt/#", "homeassistant/#")
        self.assertEqual(self.request("diagnostics", {})["status"], "ok")
        everything = json.dumps([m for _, m in listener.messages]) + (self.demo.folder / "gateway.log").read_text(errors="replace")
        for path in ("/api/devices", "/metrics", "/healthz", "/", "/api/settings"):
            everything += ask(self.demo.page + path)[2].decode()
        for secret in self.account.values():
            at = everything.find(secret)
            self.assertEqual(at, -1, f"{secret}: {everything[max(0, at - 100):at + 100]}")


if __name__ == "__main__":
    gateway_e2e.run()
