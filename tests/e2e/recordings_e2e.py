"""Recordings of a camera's card through the gateway: listed, fetched, looked at on the page.

python3 tests/e2e/recordings_e2e.py --build build/dev [unittest words]
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import gateway_e2e as base  # noqa: E402
from gateway_e2e import ROOT, world  # noqa: E402

NET = f"127.{random.randrange(65, 255)}.{random.randrange(256)}"
DAY = "2026-09-18"
NOON = 1789732800  # of that day, UTC
# An hour of two recordings a page each, so that the search has pages.
MINUTES = [{"start_s": NOON + n * 100, "end_s": NOON + n * 100 + 60, "type": 1 + n % 2} for n in range(130)]
SKEW = -10 * 3600 - 77  # of two cameras' clocks
PICTURE = str(ROOT / "tests" / "browser" / "picture.jpg")


class CamerasWithCards(base.OwnDevices):
    """One for each dialect of the search."""

    extra = {"discovery": {"enabled": False}, "onvif": {"enabled": False}}

    def own_devices(self):
        return [{"kind": "tapo_camera_l3", "address": f"{NET}.{20 + playback}", "mac": f"02-00-00-00-0D-{playback:02d}", "alias": f"playback {playback}",
                    "options": {"playback": playback, "recordings": MINUTES, "jpeg": PICTURE}} for playback in (1, 3, 6)] + [
            {"kind": "tapo_camera_l3", "address": f"{NET}.{30 + playback}", "mac": f"02-00-00-00-0E-{playback:02d}", "alias": f"late {playback}",
                    "options": {"playback": playback, "recordings": MINUTES, "clock_skew_s": SKEW}} for playback in (1, 6)]

    def start(self, name, command, **options):
        os.environ["TZ"] = "UTC"  # days are those of the gateway's time zone
        return super().start(name, command, **options)


class Recordings(base.GatewayCase):
    starter = CamerasWithCards

    def camera(self, playback, word="playback"):
        device = next(d for d in self.devices.list if d["alias"] == f"{word} {playback}")
        self.online(device)
        return device

    def url(self, device, path):
        return f"{self.demo.page}/api/devices/{base.Devices.id(device)}/recordings{path}"

    def change(self, device, **state):
        status, body = world.post(f"{self.devices.control}/devices/{device['mac']}/state", state)
        self.assertEqual(status, 200, body)

    def listed(self, device):
        status, body = world.get(self.url(device, f"?date={DAY}"))
        self.assertEqual(status, 200, body)
        return json.loads(body)["recordings"]

    def fetch(self, url, **headers):
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as reply:
            return reply.status, reply.headers, reply.read()

    def probe(self, data):
        """Codec -> (packets, seconds) of an MP4 file."""
        path = self.demo.folder / "fetched.mp4"
        path.write_bytes(data)
        out = subprocess.run(["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,duration,nb_read_packets", "-of", "json", str(path)],
                             capture_output=True, text=True, timeout=30)
        self.assertEqual(out.stderr, "")
        return {s["codec_name"]: (int(s["nb_read_packets"]), float(s["duration"])) for s in json.loads(out.stdout)["streams"]}

    def assert_whole(self, device, recording, data):
        truth = next(r for r in self.devices.state(device)["recordings"] if f"{r['start_s']}-{r['end_s']}" == recording["id"])
        tracks = self.probe(data)
        self.assertEqual(tracks["h264"][0], truth["frames"])
        # Sound becomes AAC: at 16 kHz, 1024 samples a packet, of which the encoder adds one or two at the ends.
        self.assertAlmostEqual(tracks["aac"][0], truth["samples"] * 2 / 1024, delta=3)
        self.assertAlmostEqual(tracks["aac"][1], truth["samples"] / 8000, delta=0.2)
        return f"{tracks['h264'][0]} frames, {truth['samples']} samples"

    def test_every_dialect_lists_a_day(self):
        for playback, methods in ((1, {"getUserID", "searchVideoWithUTC", "searchVideoOfDay"}), (3, {"getUserID", "searchVideoWithUTC"}), (6, {"searchVideoWithUTC"})):
            device = self.camera(playback)
            found = self.listed(device)
            of_day = [m for m in MINUTES if NOON // 86400 == m["start_s"] // 86400]
            self.assertEqual([r["id"] for r in found], [f"{m['start_s']}-{m['end_s']}" for m in of_day])
            self.assertEqual([r["type"] for r in found[:2]], ["continuous", "motion"])
            self.assertEqual(set(self.devices.state(device)["card"]) - {"searchDateWithVideo"}, methods)
            self.assertEqual(json.loads(world.get(self.url(device, "?date=2026-09-01"))[1])["recordings"], [])
            users = self.devices.state(device)["card"].get("getUserID")
            self.listed(device)
            self.assertEqual(self.devices.state(device)["card"].get("getUserID"), users, "cameras have few user ids")

    def test_times_are_ours_when_the_cameras_clock_is_off(self):
        begin = NOON // 86400 * 86400
        for playback in (1, 6):
            device = self.camera(playback, "late")
            of_day = [m for m in MINUTES if m["end_s"] - SKEW > begin and m["start_s"] - SKEW < begin + 86400]
            self.assertLess(len(of_day), len(MINUTES))
            found = self.listed(device)
            self.assertEqual([r["id"] for r in found], [f"{m['start_s']}-{m['end_s']}" for m in of_day])
            told = datetime.fromisoformat(found[0]["start"].replace("Z", "+00:00")).timestamp()
            self.assertEqual(told, of_day[0]["start_s"] - SKEW)
            self.assertEqual(self.days(device), ["2026-09-18", "2026-09-19"])

    def test_days_that_have_recordings_are_told(self):
        for playback in (1, 3, 6):
            device = self.camera(playback)
            self.assertEqual(self.days(device), sorted({datetime.fromtimestamp(m["start_s"], timezone.utc).date().isoformat() for m in MINUTES}))
            self.assertEqual(self.days(device, "2026-08"), [])
        self.assertEqual(world.get(self.url(device, "?month=2026-13"))[0], 400)

    def days(self, device, month="2026-09"):
        status, body = world.get(self.url(device, f"?month={month}"))
        self.assertEqual(status, 200, body)
        return json.loads(body)["days"]

    def test_a_user_id_that_the_camera_forgot_is_fetched_again(self):
        device = self.camera(3)
        one = self.listed(device)[0]
        self.change(device, card="forget_users")
        self.assertEqual(self.fetch(self.url(device, f"/{one['id']}.jpg"))[2], Path(PICTURE).read_bytes())
        self.change(device, card="forget_users")
        self.assertTrue(self.listed(device))

    def test_a_card_that_was_taken_out_is_said(self):
        device = self.camera(6)
        self.change(device, card="taken_out")
        self.addCleanup(self.change, device, card="back")
        status, body = world.get(self.url(device, f"?date={DAY}"))
        self.assertEqual(status, 503)
        self.assertIn("no storage", body)

    def test_a_minute_arrives_whole_also_when_the_line_breaks_twice(self):
        for playback in (1, 6):
            device = self.camera(playback)
            first, second, third = self.listed(device)[:3]
            status, headers, data = self.fetch(self.url(device, f"/{first['id']}.mp4"))
            self.assertEqual((status, headers["Content-Type"], int(headers["Content-Length"])), (200, "video/mp4", len(data)))
            print(f"playback {playback}:", self.assert_whole(device, first, data), flush=True)
            before = self.devices.state(device)["media"]["downloads_total"]
            self.devices.faults(device, media={"part": "reset", "after_parts": 500})
            mended = subprocess.Popen([sys.executable, "-c", MENDER, self.devices.control, device["mac"], str(before + 3)])
            try:
                status, _, data = self.fetch(self.url(device, f"/{second['id']}.mp4"))
            finally:
                self.assertEqual(mended.wait(30), 0)
            self.assertEqual(status, 200)
            self.assertGreaterEqual(self.devices.state(device)["media"]["downloads_total"], before + 3, "it was not cut twice")
            self.assert_whole(device, second, data)
            status, body = world.get(self.url(device, "/5-65.mp4"))
            self.assertEqual(status, 404, body)

    def test_it_is_seen_while_it_is_still_fetched(self):
        device = self.camera(6)
        listed = self.listed(device)
        _, _, whole = self.fetch(self.url(device, f"/{listed[5]['id']}.mp4"))
        self.devices.faults(device, media={"bytes_per_s": len(whole) // 6})
        self.addCleanup(self.devices.faults, device, media={})
        before = self.devices.state(device)["media"]["bytes"]
        with urllib.request.urlopen(self.url(device, f"/{listed[6]['id']}.mp4?progressive=1"), timeout=60) as reply:
            data = reply.read(1000)
            first = self.devices.state(device)["media"]["bytes"] - before
            self.assertLess(first, len(whole) // 2, "it began when most of it was there")
            self.assertEqual(reply.headers["Accept-Ranges"], "none")
            self.devices.faults(device, media={})
            data += reply.read()
        print(f"the first byte came after {first} of {len(whole)}:", self.assert_whole(device, listed[6], data), flush=True)
        status, headers, complete = self.fetch(self.url(device, f"/{listed[6]['id']}.mp4?progressive=1"))
        self.assertEqual((status, headers["Accept-Ranges"], int(headers["Content-Length"])), (200, "bytes", len(complete)))
        self.assertEqual(self.fetch(self.url(device, f"/{listed[6]['id']}.mp4"), Range="bytes=100-199")[2], complete[100:200])

    def test_pieces_of_a_file_can_be_asked_for(self):
        device = self.camera(6)
        url = self.url(device, f"/{self.listed(device)[3]['id']}.mp4")
        _, headers, whole = self.fetch(url)
        self.assertEqual(headers["Accept-Ranges"], "bytes")
        status, headers, piece = self.fetch(url, Range="bytes=1000-1999")
        self.assertEqual((status, piece, headers["Content-Range"]), (206, whole[1000:2000], f"bytes 1000-1999/{len(whole)}"))
        self.assertEqual(self.fetch(url, Range="bytes=-500")[2], whole[-500:])
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.fetch(url, Range=f"bytes={len(whole)}-")
        self.assertEqual(refused.exception.code, 416)

    def test_the_page_lists_and_plays_them(self):
        device = self.camera(6)
        self.devices.faults(device, media={"bytes_per_s": 400_000})  # so that the page plays before all is there
        self.addCleanup(self.devices.faults, device, media={})
        result = subprocess.run(["node", "tests/browser/recordings_check.mjs", self.demo.page, base.Devices.id(device), DAY, f"{self.devices.control}/devices/{device['mac']}/faults"], cwd=ROOT, capture_output=True, text=True, timeout=90)
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        print(result.stdout.strip(), flush=True)

    def test_zz_a_stop_waits_for_no_silent_camera(self):  # the last: the gateway is gone then
        device = self.camera(6)
        one = self.listed(device)[20]
        before = self.devices.state(device)["media"]["downloads_total"]
        self.devices.faults(device, media={"part": "stall", "after_parts": 100})
        threading.Thread(target=lambda: world.get(self.url(device, f"/{one['id']}.mp4")), daemon=True).start()
        self.until(lambda: self.devices.state(device)["media"]["downloads_total"] > before, 20, "nothing was asked of the card")
        self.gateway().send_signal(signal.SIGTERM)
        self.assertEqual(self.gateway().wait(12), 0)  # the camera may be silent for 20 s before it is given up


# Ends the fault once the camera was asked often enough.
MENDER = """
import json, sys, time, urllib.request
control, mac, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
url = f"{control}/devices/{mac}/"
end = time.monotonic() + 25
while json.load(urllib.request.urlopen(url + "state"))["media"]["downloads_total"] < wanted:
    assert time.monotonic() < end
    time.sleep(0.05)
urllib.request.urlopen(urllib.request.Request(url + "faults", b'{"media":{}}', {"Content-Type": "application/json"}))
"""


if __name__ == "__main__":
    base.run()
