"""Speech on every way to the camera's speaker: what the simulated camera heard is compared with what was said.

python3 tests/e2e/talk_e2e.py --build build/dev [unittest words]
"""

import array
import base64
import http.server
import json
import math
import random
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import gateway_e2e as base  # noqa: E402
from gateway_e2e import ROOT, world  # noqa: E402

NET = f"127.{random.randrange(65, 255)}.{random.randrange(256)}"
RATE = 8000
SPEECH_S = 1.5


def sweep(time_s):
    """Like itself at one place only."""
    return 0.5 * math.sin(2 * math.pi * (300 + 200 * time_s) * time_s) if 0 <= time_s <= SPEECH_S else 0.0


FINE = 4 * RATE  # as finely as heard and said are laid upon each other
SWEEP = [sweep(n / FINE) for n in range(round(SPEECH_S * FINE) + 1)]


def wav(rate, channels, seconds=SPEECH_S):
    samples = array.array("h")
    for n in range(round(rate * seconds)):
        samples.extend([round(32767 * sweep(n / rate))] * channels)
    data = samples.tobytes()
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * 2 * channels, 2 * channels, 16) + b"data" + struct.pack("<I", len(data)) + data


def alaw_to_linear(code):
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    magnitude = mantissa * 16 + 8 if exponent == 0 else (mantissa * 16 + 264) << (exponent - 1)
    return magnitude / 32768 if code & 0x80 else -magnitude / 32768


def linear_to_alaw(sample):
    magnitude, sign = min(abs(round(sample * 32767)), 32635) , 0x80 if sample >= 0 else 0
    exponent = 7
    while exponent > 0 and not magnitude & (0x80 << exponent):
        exponent -= 1
    mantissa = magnitude >> (4 if exponent == 0 else exponent + 3) & 15
    return (sign | exponent << 4 | mantissa) ^ 0x55


def correlation(heard, shift_s, first, last, step=1):
    """Of heard[first:last] with the sweep that began shift_s after the first sample."""
    ab = aa = bb = 0.0
    shift = round(shift_s * FINE)
    for n in range(first, last, step):
        at = 4 * n - shift
        a, b = heard[n], SWEEP[at] if 0 <= at < len(SWEEP) else 0.0
        ab, aa, bb = ab + a * b, aa + a * a, bb + b * b
    return ab / math.sqrt(aa * bb) if aa and bb else 0.0


def likeness(heard, shifts, coarse_step=5):
    """Best correlation over these shifts in seconds, searched coarsely and then finely; and where."""
    first, last = 400, len(heard) - 400
    coarse = max(shifts, key=lambda s: correlation(heard, s, first, last, coarse_step))
    fine = max((coarse + n / RATE / 4 for n in range(-8, 9)), key=lambda s: correlation(heard, s, first, last, 3))
    return correlation(heard, fine, first, last), fine


class TalkingCameras(base.OwnDevices):
    extra = {"discovery": {"enabled": False}, "onvif": {"enabled": False}}

    def own_devices(self):
        return [{"kind": "tapo_camera_l3", "address": f"{NET}.5", "mac": "02-00-00-00-0C-05", "alias": "Front door"}]


class Talk(base.GatewayCase):
    starter = TalkingCameras

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.camera = cls.devices.list[0]
        cls.id = base.Devices.id(cls.camera)

    def setUp(self):
        self.online(self.camera)
        self.begun = len(self.spoken())

    def spoken(self):
        return base64.b64decode(json.loads(world.get(f"{self.devices.control}/devices/{self.camera['mac']}/speech")[1])["alaw"])

    def heard(self):
        return [alaw_to_linear(code) for code in self.spoken()[self.begun:]]

    def talks(self):
        return self.devices.state(self.camera)["media"]

    def assert_heard(self, way, live=False):
        """All of it, as it was said; and the line is free."""
        if live:
            self.until(lambda: len(self.heard()) >= SPEECH_S * RATE - 160, 15, "not all was heard")
        ended = time.monotonic()
        self.until(lambda: not self.talks()["talks_open"], 10, "the line is not free again")
        free_ms = (time.monotonic() - ended) * 1000
        heard = self.heard()
        like, _ = likeness(heard, [n / RATE for n in range(-160, 161, 2)])
        print(f"{way}: {len(heard) / RATE * 1000:.0f} ms heard of {SPEECH_S * 1000:.0f}, correlation {like:.4f}, line free after {free_ms:.0f} ms", flush=True)
        self.assertAlmostEqual(len(heard) / RATE, SPEECH_S, delta=0.0201)
        self.assertGreater(like, 0.95)

    def post(self, path, body, type):
        request = world.urllib.request.Request(f"{self.demo.page}/api/devices/{self.id}{path}", body, {"Content-Type": type})
        with world.urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status

    def test_by_http(self):
        for rate, channels in ((44100, 2), (16000, 1)):
            self.begun = len(self.spoken())
            self.assertEqual(self.post("/talk", wav(rate, channels), "audio/wav"), 200)
            self.assert_heard(f"POST /talk, WAV of {rate} Hz with {channels} channels")

    def test_by_mqtt(self):
        sound = wav(22050, 1)

        class Sound(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "audio/wav")
                self.send_header("Content-Length", str(len(sound)))
                self.end_headers()
                self.wfile.write(sound)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sound)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        listener = self.listen("tplink2mqtt/bridge/response/talk")
        self.send("tplink2mqtt/bridge/request/talk", json.dumps({"id": self.id, "url": f"http://127.0.0.1:{server.server_port}/tts.wav", "transaction": "t9"}))
        _, answer = listener.wait("tplink2mqtt/bridge/response/talk", bool, 20)
        self.assertEqual((json.loads(answer["payload"])["status"], json.loads(answer["payload"])["transaction"]), ("ok", "t9"), answer)
        self.assert_heard("MQTT request with the URL of a WAV of 22050 Hz")

    def test_by_the_rtsp_backchannel(self):
        url, require, session = f"rtsp://127.0.0.1:{self.demo.rtsp}/{self.id}/sub", "Require: www.onvif.org/ver20/backchannel\r\n", ""
        with socket.create_connection(("127.0.0.1", self.demo.rtsp), 10) as player:
            player.settimeout(15)
            count = 0

            def ask(method, target, headers=""):
                nonlocal count, session
                count += 1
                player.sendall(f"{method} {target} RTSP/1.0\r\nCSeq: {count}\r\n{headers}{session}\r\n".encode())
                reply = b""
                while b"\r\n\r\n" not in reply:
                    reply += player.recv(1)
                self.assertTrue(reply.startswith(b"RTSP/1.0 200"), reply)
                for line in reply.decode().split("\r\n"):
                    if line.startswith("Session:"):
                        session = line.split(";")[0] + "\r\n"
                    if line.startswith("Content-Length:"):
                        left = int(line.split(":")[1])
                        while left:
                            left -= len(player.recv(left))

            ask("DESCRIBE", url, require)
            ask("SETUP", url + "/stream=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")
            ask("SETUP", url + "/stream=2", require + "Transport: RTP/AVP/TCP;unicast;interleaved=4-5;mode=record\r\n")
            ask("PLAY", url)
            threading.Thread(target=lambda: self.drain(player), daemon=True).start()
            begun = time.monotonic()
            for n in range(round(SPEECH_S * 50)):
                while time.monotonic() < begun + n * 0.02:
                    time.sleep(0.002)
                sound = bytes(linear_to_alaw(sweep((n * 160 + i) / RATE)) for i in range(160))
                packet = struct.pack(">BBHII", 0x80, 8 | (0x80 if n == 0 else 0), n, n * 160, 7) + sound
                player.sendall(b"$" + struct.pack(">BH", 4, len(packet)) + packet)
            self.assert_heard("RTSP backchannel", live=True)

    @staticmethod
    def drain(player):
        try:
            while player.recv(65536):
                pass
        except OSError:
            pass

    def test_by_the_browsers_microphone(self):
        sound = self.demo.folder / "microphone.wav"
        sound.write_bytes(wav(48000, 1))  # Chromium plays it again and again
        result = subprocess.run(["node", "tests/browser/talk_check.mjs", self.demo.page, self.id, str(sound)], cwd=ROOT, capture_output=True, text=True, timeout=90)
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        print(result.stdout.strip(), flush=True)
        self.until(lambda: not self.talks()["talks_open"], 10, "the line is not free again")
        heard = self.heard()
        # A piece of the middle of the WebRTC session, which came first, wherever in the file that was.
        # The file begins anew each 1.5 s: one of these windows lies within one turn of it.
        windows = [heard[n:n + 4000] for n in range(RATE // 4, RATE // 4 + 16000, 3000)]
        best = 0.0
        while windows and best <= 0.95:
            best = max(best, likeness(windows.pop(0), [-n / FINE for n in range(0, FINE, 2)], 24)[0])
        print(f"microphone: {len(heard) / RATE:.1f} s heard, correlation {best:.4f}", flush=True)
        self.assertGreater(best, 0.95)


if __name__ == "__main__":
    base.run()
