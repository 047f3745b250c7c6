"""What cameras do wrong on their video port, with an RTSP and a WHEP viewer watching through the gateway.

python3 tests/e2e/faults_e2e.py --build build/dev [unittest words]
"""

import json
import random
import select
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import gateway_e2e as base  # noqa: E402
from gateway_e2e import world  # noqa: E402

NET = f"127.{random.randrange(65, 255)}.{random.randrange(256)}"
# fault -> what it does to the video port, counters that must tell of it (any of a row counts)
FAULTS = {
    "short_part": ({"part": "short_part"}, ["bad_parts", "resyncs"]),
    "cut_header": ({"part": "cut_header"}, ["resyncs"]),
    "negative_length": ({"part": "negative_length"}, ["resyncs"]),
    "huge_length": ({"part": "huge_length"}, ["resyncs"]),
    "bad_padding": ({"part": "bad_padding"}, ["bad_parts"]),
    "truncated_cipher": ({"part": "truncated_cipher"}, ["bad_parts"]),
    "wrong_hmac": ({"part": "wrong_hmac"}, ["bad_parts"]),
    "noise": ({"part": "noise"}, ["resyncs"]),
    "unaligned_ts": ({"part": "unaligned_ts"}, []),
    "continuity_gap": ({"part": "continuity_gap"}, ["gaps"]),
    "lost_sync": ({"part": "lost_sync"}, ["lost_sync"]),
    "broken_crc": ({"part": "broken_crc"}, ["bad_tables"]),
    "pts_jump": ({"part": "pts_jump"}, ["clock_jumps"]),
    "no_pts": ({"part": "no_pts"}, ["missing_stamps"]),
    "stall": ({"part": "stall"}, ["reconnects"]),
    "reset": ({"part": "reset"}, ["reconnects"]),
    "close": ({"part": "close"}, ["reconnects"]),
    "finish": ({"end_streams": "finished"}, ["reconnects"]),
    "slow": ({"bytes_per_s": 36_000}, []),
    "plain": ({"part": "plain"}, []),
    "plain_stays": ({"part": "plain_stays"}, []),
}
# A picture must be back within 5 s; twice that is asserted, because the machine may be busy with other tests.
LONGEST_GAP_MS = 10_000
# The gateway sends a browser away that says nothing for 12 s; one that reports as it should stays.
LEAST_VIEW_S = 14


class FaultyCameras(base.OwnDevices):
    """One camera for each fault."""

    extra = {"media": {"viewers_max": 100, "linger_s": 1}, "discovery": {"enabled": False}, "onvif": {"enabled": False}}

    def own_devices(self):
        return [{"kind": "tapo_camera_l3", "address": f"{NET}.{10 + n}", "mac": f"02-00-00-00-0F-{10 + n:02d}", "alias": fault,
                    "options": {"key_exchange": "hkdf"} if fault == "wrong_hmac" else {}} for n, fault in enumerate(FAULTS)]


class Watching:
    """watch_streams, asked over its pipes."""

    def __init__(self, program, urls):
        self.process = subprocess.Popen([program, "h264_sub", *urls], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.line(60)

    def line(self, seconds):
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise AssertionError("watch_streams says nothing")
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"watch_streams ended with {self.process.wait()}")
        return line

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def report(self):
        self.say("report")
        return {viewer["url"]: viewer for viewer in json.loads(self.line(20))}

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


class Table(base.GatewayCase):
    starter = FaultyCameras

    def urls(self, fault):
        id = base.Devices.id(self.cameras[fault])
        return f"rtsp://127.0.0.1:{self.demo.rtsp}/{id}/sub", f"{self.demo.page}/api/devices/{id}/whep?stream=sub"

    def counters(self):
        """fault -> facts of the stream that is watched."""
        names = {base.Devices.id(camera): fault for fault, camera in self.cameras.items()}
        devices = []

        def all_told():  # a busy machine may once not answer in time
            devices[:] = world.api(self.demo.page)
            return len(devices) == len(names)

        self.until(all_told, 30, "the list of devices is not whole")
        return {names[device["id"]]: device["media"]["streams"][1] for device in devices}

    def plan(self, fault, body):
        self.devices.faults(self.cameras[fault], media=body)

    def test_every_fault_leaves_its_viewers_in_their_seats(self):
        self.cameras = {camera["alias"]: camera for camera in self.devices.list}
        self.until(lambda: sum(d["online"] for d in world.api(self.demo.page)) == len(FAULTS), 30, "not every camera came online")
        watching = Watching(self.demo.program("watch_streams"), [url for fault in FAULTS for url in self.urls(fault)])
        self.addCleanup(watching.close)
        self.until(lambda: all(v["frames"] > 30 for v in watching.report().values()), 30, "not every viewer got pictures")
        before, begun = watching.report(), time.monotonic()
        watching.say("mark")
        for fault, (body, _) in FAULTS.items():
            self.plan(fault, {**body, "only_running": True, "after_parts": 3})

        def waits_for():
            seen, facts = watching.report(), self.counters()
            missing = [f"{url}: no pictures" for url, viewer in seen.items() if viewer["frames"] < before[url]["frames"] + 100]
            return missing + [f"{fault}: {kinds}" for fault, (_, kinds) in FAULTS.items() if kinds and not any(facts[fault][k] for k in kinds)]

        deadline = time.monotonic() + 40
        while (missing := waits_for()) and time.monotonic() < deadline:
            time.sleep(0.2)
        if missing:
            silent = [viewer for viewer in watching.report().values() if viewer["since_ms"] > 1000]
            self.fail(f"{missing}\n{silent}\n{self.demo.log_of('gateway')}")
        for fault in FAULTS:
            self.plan(fault, {})
        struck = watching.report()
        self.until(lambda: time.monotonic() - begun > LEAST_VIEW_S and all(v["frames"] > struck[url]["frames"] + 30 for url, v in watching.report().items()), 20, "a stream did not go on")
        seen, facts = watching.report(), self.counters()
        for fault in FAULTS:
            told = {k: v for k, v in facts[fault].items() if v and k in ("bad_parts", "resyncs", "gaps", "lost_sync", "bad_tables", "dropped_frames", "clock_jumps", "missing_stamps", "reconnects")}
            print(f"{fault:<17} longest gap " + ", ".join(f"{kind} {seen[url]['gap_ms']:>5} ms" for kind, url in zip(("RTSP", "WHEP"), self.urls(fault))), told, flush=True)
        for url, viewer in seen.items():
            self.assertEqual((viewer["broken"], viewer["complaint"], viewer["ended"]), (0, "", ""), url)
            self.assertLess(viewer["gap_ms"], LONGEST_GAP_MS, url)
        self.assertIsNone(self.gateway().poll())


if __name__ == "__main__":
    base.run()
