"""What a real browser shows of cameras that are not easy: H.265, a hub's camera with signed parts, no WebRTC at all.

python3 tests/e2e/watching_e2e.py --build build/dev [unittest words]
"""

import json
import random
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import gateway_e2e as base  # noqa: E402
from gateway_e2e import ROOT, world  # noqa: E402

NET = f"127.{random.randrange(65, 255)}.{random.randrange(256)}"
DOCUMENTS = ROOT / "tests" / "documents"


class OddCameras(base.OwnDevices):
    extra = {"discovery": {"enabled": False}, "onvif": {"enabled": False}}

    def own_devices(self):
        return [
            {"kind": "tapo_camera_l3", "address": f"{NET}.3", "mac": "02-00-00-00-0B-03", "alias": "Street",
             "options": {"document": str(DOCUMENTS / "tapo_camera" / "battery_camera.json"), "h265": True, "battery": True}},
            {"kind": "tapo_camera_l3", "address": f"{NET}.4", "mac": "02-00-00-00-0B-04", "alias": "Hub",
             "options": {"document": str(DOCUMENTS / "tapo_hub" / "h200_with_doorbell.json"), "h265": True, "key_exchange": "hkdf", "heartbeat_ms": 3000}},
            {"kind": "tapo_camera_l3", "address": f"{NET}.5", "mac": "02-00-00-00-0B-05", "alias": "Garden"},
        ]


class Watching(base.GatewayCase):
    starter = OddCameras

    def camera(self, name):
        return next(d for d in self.devices.list if d["alias"] == name)

    def hub_child(self):
        hub = base.Devices.id(self.camera("Hub"))
        return self.until(lambda: next((d for d in world.api(self.demo.page) if d["via"] == hub and d.get("media") and d["online"]), None), 60, "the hub's camera did not appear")["id"]

    def codecs(self, id):
        url = f"rtsp://127.0.0.1:{self.demo.rtsp}/{id}"
        probe = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0", url], capture_output=True, text=True, timeout=30)
        return probe.stdout.split(), probe.stderr + self.demo.log_of("gateway")

    def browser(self, id, way):
        result = subprocess.run(["node", "tests/browser/watch_check.mjs", self.demo.page, id, way], cwd=ROOT, capture_output=True, text=True, timeout=90)
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout + self.demo.log_of("gateway"))
        print(f"{way}: {result.stdout.strip()}", flush=True)

    def test_an_h265_battery_camera(self):
        camera = self.camera("Street")
        self.online(camera)
        codecs, log = self.codecs(base.Devices.id(camera))
        self.assertEqual(codecs, ["hevc", "pcm_alaw"], log)
        self.browser(base.Devices.id(camera), "whep")

    def test_a_hubs_camera_with_signed_parts(self):
        id = self.hub_child()
        codecs, log = self.codecs(id)
        self.assertEqual(codecs, ["hevc", "pcm_alaw"], log)
        self.browser(id, "whep")

    def test_without_webrtc(self):
        camera = self.camera("Garden")
        self.online(camera)
        self.browser(base.Devices.id(camera), "mse")
        self.browser(base.Devices.id(camera), "no-webrtc")


if __name__ == "__main__":
    base.run()
