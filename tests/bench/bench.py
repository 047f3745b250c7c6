"""Measures the release build from outside: python3 tests/bench/bench.py --build build/release [PART...]

Parts: house poll_klap poll_aes poll_tpap poll_xor thousand cameras streams whep together browser, all of them unless some are named;
and cycles, which takes minutes and runs only when it is named. Called by script/bench.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mqtt_client import Mqtt  # noqa: E402
from outside import Interval, Outside, median, p95  # noqa: E402
from table import Table  # noqa: E402
from world import World, can_connect, device_id, get  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MIX = ({"kind": "tapo_plug_klap", "address": "127.0.41.1", "mac": "02-00-00-41-00-00", "alias": "Klap", "repeat": 30},
       {"kind": "tapo_plug_aes", "address": "127.0.42.1", "mac": "02-00-00-42-00-00", "alias": "Aes", "repeat": 12},
       {"kind": "tapo_camera_l3", "address": "127.0.43.1", "mac": "02-00-00-43-00-00", "alias": "Camera", "repeat": 8})


def wait(seconds):
    time.sleep(seconds)  # the measured span itself


def start_and_publish(world, count):
    """Seconds from the start to both listeners, and to the state and discovery of all devices."""
    watcher = Mqtt(world.mqtt_port, "bench_start")
    watcher.subscribe("homeassistant/device/+/config", "tplink2mqtt/+/availability", "tplink2mqtt/+/state")
    gateway = world.gateway()
    world.until(lambda: can_connect("127.0.0.1", world.http) and can_connect("127.0.0.1", world.rtsp), 20, "no listener: " + world.log("gateway"), 0.002)
    listening = time.monotonic() - gateway.begun
    told, published = {"config": set(), "availability": set(), "state": set()}, None
    for at, topic, payload in watcher.messages(time.monotonic() + 30):
        leaf = topic.rsplit("/", 1)[1]
        if at > gateway.begun and payload and payload != "offline" and "bridge" not in topic:
            told[leaf].add(topic)
        if all(len(topics) >= count for topics in told.values()):
            published = at - gateway.begun
            break
    watcher.close()
    if published is None:
        raise TimeoutError(f"published: { {leaf: len(topics) for leaf, topics in told.items()} } of {count}")
    return gateway, listening, published


def commands(world, device, property, words, count):
    """ms from publishing a command to the state that confirms it."""
    id = device_id(device)
    client = Mqtt(world.mqtt_port, "bench_" + id)
    client.subscribe(f"tplink2mqtt/{id}/state")
    times = []
    for n in range(count + 2):
        word = words[n % 2]
        begun = time.monotonic()
        client.publish(f"tplink2mqtt/{id}/{property}/set", word)
        for at, _, payload in client.messages(begun + 5):
            if payload and json.loads(payload).get(property) == word and at > begun:
                times.append(1000 * (at - begun))
                break
        wait(0.06)
    client.close()
    if len(times) < count:
        raise TimeoutError(f"{property}: {count + 2 - len(times)} of {count + 2} commands were not confirmed")
    return times[2:]  # the first two may find the state as it was


def house(world, table):
    simulators = world.simulators(*MIX)
    devices = simulators.devices
    world.configure(devices)
    gateway, listening, published = start_and_publish(world, len(devices))
    wait(6)  # first polls, first pictures
    seen = Outside(gateway.pid)
    with Interval(gateway.pid, simulators.pid) as idle:
        wait(8)
    table.add("start -> listening", listening, "s", 0.5, 0.2)
    table.add("start -> 50 devices published", published, "s", 3, 1, "first start, 30 KLAP + 12 AES plugs, 8 cameras")
    table.add("RSS idle, 50 devices, no viewer", seen.rss_mb(), "MB", 20, 12, f"{seen.own_mb():.0f} MB without libraries, peak {seen.peak_mb():.0f} MB, {seen.threads()} threads, {seen.fds()} fds")
    table.add("CPU idle, 50 devices at their default intervals", idle.percent(), "% of a core")
    for kind, property, words in (("plug_klap", "state", ("ON", "OFF")), ("plug_aes", "state", ("ON", "OFF")), ("camera_l3", "led", ("OFF", "ON"))):
        device = next(d for d in devices if d["kind"].endswith(kind))
        with Interval(gateway.pid) as spent:
            times = commands(world, device, property, words, 60)
        own = idle.percent() / 100 * spent.seconds
        must, dream = (10, 3) if kind == "plug_klap" else (None, None)
        table.add(f"MQTT command -> confirmed state, {kind}, p95", p95(times), "ms", must, dream, f"median {median(times):.2f} ms; a broker without set_tcp_nodelay adds up to 40 ms", n=len(times))
        table.add(f"CPU per command, {kind}", 1000 * max(0, spent.cpu_s[0] - own) / 62, "ms")
    table.cost("50 idle simulators", idle.percent(1), "% of a core")
    table.add("stop", world.end(gateway), "s", 2, 0.5, f"exit code {gateway.returncode}")
    again, listening, published = start_and_publish(world, len(devices))
    table.add("second start -> 50 devices published", published, "s", note=f"listening after {listening:.2f} s")
    world.end(again)


def poll_floor(world, count, seconds=3):
    """ms of CPU that this machine takes at this moment for sending a request and receiving its answer, without doing anything with them."""
    peers = world.simulators({"kind": "kasa_plug_xor", "address": "127.0.51.1", "mac": "02-00-00-51-00-00", "alias": "Peer", "repeat": count})
    command = [world.program("poll_floor"), str(seconds), *(f"{d['address']}:{d['port']}" for d in peers.devices)]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
    world.end(peers)
    if report["failures"] or not report["exchanges"]:
        raise RuntimeError(f"the bare loop failed: {report}")
    return report["cpu_ms"]


def start_alone(world):
    """Seconds of CPU of a gateway without a device: its libraries, its listeners, its broker."""
    world.configure([])
    gateway = world.gateway()
    world.until(lambda: can_connect("127.0.0.1", world.http), 20, "no listener: " + world.log("gateway"))
    wait(1)
    spent_s = Outside(gateway.pid).cpu_s()
    world.end(gateway)
    return spent_s


def poll(world, table, kind, must=None, dream=None, count=200, family="tapo"):
    simulators = world.simulators({"kind": f"{family}_plug_{kind}", "address": "127.0.50.1", "mac": "02-00-00-50-00-00", "alias": "Plug", "repeat": count})
    floor_ms = poll_floor(world, count)
    start_s = start_alone(world)
    world.configure(simulators.devices, poll_s=1, family=f"{family}_plug")
    gateway = world.gateway()
    world.wait_online(count, 60)
    logins, first_polls, login_s = world.total("device_logins_total"), world.total("device_polls_total"), Outside(gateway.pid).cpu_s() - start_s
    wait(3)
    begun, before = time.monotonic(), world.total("device_polls_total")
    with Interval(gateway.pid, simulators.pid, world.broker.pid) as spent:
        wait(10)
    rate = (world.total("device_polls_total") - before) / (time.monotonic() - begun)
    polls = rate * spent.seconds
    each_ms = 1000 * spent.cpu_s[0] / polls
    table.add(f"first login, {kind.upper()}, CPU with everything that follows it", (1000 * login_s - first_polls * each_ms) / max(1, logins), "ms", 5, 3,
              note=f"of {logins:.0f}; without the process's own start ({start_s:.2f} s) and the polls meanwhile")
    table.add(f"poll of a plug, {kind.upper()}, CPU", each_ms, "ms", must, dream, f"{polls:.0f} polls of {count} plugs; a bare send and receive takes {floor_ms:.3f} ms of it", n=int(polls))
    table.add(f"the same without a bare send and receive, {kind.upper()}", each_ms - floor_ms, "ms")
    table.cost(f"a poll, {kind.upper()}: simulator", 1000 * spent.cpu_s[1] / polls, "ms")
    table.cost("broker", 1000 * spent.cpu_s[2] / polls, "ms")


def thousand(world, table):
    simulators = world.simulators({"kind": "tapo_plug_klap", "address": "127.0.60.1", "mac": "02-00-00-60-00-00", "alias": "Plug", "repeat": 1000})
    world.configure(simulators.devices, poll_s=10)
    gateway = world.gateway()
    world.wait_online(1000, 90)
    online = time.monotonic() - gateway.begun
    wait(6)
    seen = Outside(gateway.pid)
    with Interval(gateway.pid, simulators.pid) as spent:
        wait(20)
    table.add("1000 plugs polled every 10 s, CPU of one core", spent.percent(), "%", 10, 4, f"all online after {online:.1f} s")
    table.add("RSS with 1000 plugs", seen.rss_mb(), "MB", note=f"peak {seen.peak_mb():.0f} MB, {seen.threads()} threads, {seen.fds()} fds")
    table.cost("1000 simulated plugs", spent.percent(1), "% of a core")


def control(world, table, seconds=62):
    """50 cameras of three logins at their usual 30 s; what they noticed is asked every 10 s beside that. Two full periods."""
    simulators = world.simulators(*({"kind": f"tapo_camera_{login}", "address": f"127.0.8{n}.1", "mac": f"02-00-00-8{n}-00-00", "alias": f"Camera {login}", "repeat": count}
                                    for n, (login, count) in enumerate((("l1", 10), ("l3", 30), ("l4", 10)))))
    world.configure(simulators.devices)
    gateway = world.gateway()
    world.wait_online(50, 60)
    wait(15)  # first pictures, slow facts
    def asked():  # by the cameras' own count: the gateway tells its counters when something changes
        states = [json.loads(get(f"{simulators.control}/devices/{d['mac']}/state")[1]) for d in simulators.devices]
        return sum(s["requests"] for s in states), sum(s["login_attempts"] for s in states)
    requests, logins = asked()
    with Interval(gateway.pid, simulators.pid) as spent:
        wait(seconds)
    requests, logins = (now - before for now, before in zip(asked(), (requests, logins)))
    table.add("control of 50 cameras polled every 30 s, CPU of one core", spent.percent(), "%", 1, 0.5, f"{requests} requests of them {logins} logins in {seconds} s, no viewer", n=requests)
    table.cost("50 simulated cameras", spent.percent(1), "% of a core")


def cameras(world, count):
    simulators = world.simulators({"kind": "tapo_camera_l3", "address": "127.0.70.1", "mac": "02-00-00-70-00-00", "alias": "Camera", "repeat": count,
                                   "options": {"bench_clip": True}})
    world.configure(simulators.devices)
    gateway = world.gateway()
    world.wait_online(count, 60)
    wait(4)  # first pictures
    return simulators, gateway


def urls(world, simulators, count):
    return [f"rtsp://127.0.0.1:{world.rtsp}/{device_id(device)}" for device in simulators.devices[:count]]


def begin_viewers(world, addresses):
    load = world.start("viewers", [world.program("rtsp_load"), "--pause-ms", "40", *addresses], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if load.stdout.readline().strip() != "settled":
        raise RuntimeError("the viewers did not start")
    return load


def end_viewers(world, load):
    out, _ = load.communicate(timeout=20)
    world.processes.remove(load)
    return [json.loads(line) for line in out.splitlines()]


def streams(world, table):
    simulators, gateway = cameras(world, 50)
    seen = Outside(gateway.pid)
    idle_mb = seen.rss_mb()
    with Interval(gateway.pid) as idle:
        wait(6)
    for count in (1, 10, 50):
        load = begin_viewers(world, urls(world, simulators, count))
        wait(2)
        with Interval(gateway.pid, simulators.pid, load.pid) as spent:
            wait(10)
        rss, threads, fds = seen.rss_mb(), seen.threads(), seen.fds()
        if count == 1:
            second_viewers(world, table, urls(world, simulators, 1))
        reports = end_viewers(world, load)
        failed = [r for r in reports if r["error"] or r["keyframe_ms"] < 0]
        lost = sum(r["lost"] for r in reports)
        cpu = spent.cpu_s[0] - idle.percent() / 100 * spent.seconds  # the control side of 50 cameras is not the stream's
        note = f"{threads} threads, {fds} fds" + (f", {len(failed)} viewers FAILED: {failed[0]['error']}" if failed else "") + (f", {lost} packets LOST" if lost else "")
        limits = (2.4, 1.2) if count == 50 else (None, None)
        table.add(f"8800 -> RTSP/TCP viewer, N = {count}: CPU per stream-second", 1000 * cpu / count / spent.seconds, "ms", *limits, note)
        if count == 50:
            table.add("the same: peak RSS of the process", seen.peak_mb(), "MB", 57, 40, f"{rss:.0f} MB while they watch ({seen.own_mb():.0f} without libraries), {idle_mb:.0f} MB before the first")
        else:
            table.add(f"the same, N = {count}: RSS", rss, "MB")
        good = [r["keyframe_ms"] for r in reports if r not in failed]
        if count == 10 and good:
            table.add("first viewer, TCP connect -> complete keyframe (RTSP), p95", p95(good), "ms", note=f"median {median(good):.0f} ms, camera session included", n=len(good))
        table.cost(f"N = {count}: cameras", 1000 * spent.cpu_s[1] / count / spent.seconds, "ms per stream-second")
        wait(2.5)  # the cameras' sessions end
    table.add("RSS after the last viewer left", seen.rss_mb(), "MB", note=f"{seen.threads()} threads, {seen.fds()} fds")


def second_viewers(world, table, addresses, count=40):
    load = world.start("second", [world.program("rtsp_load"), "--keyframe", "--pause-ms", "60", *addresses * count], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    out = load.stdout.read()  # its input stays open: the end of that would stop it
    load.communicate()
    world.processes.remove(load)
    reports = [json.loads(line) for line in out.splitlines()]
    times = [r["keyframe_ms"] for r in reports if not r["error"]]
    table.add("second viewer, TCP connect -> complete keyframe (RTSP), p95", p95(times), "ms", 50, 10, f"median {median(times):.1f} ms of {len(times)}", n=len(times))


def browser(world, table):
    name = "WHEP: POST -> first decoded frame in Chromium, warm, p95"
    if not (ROOT / "tests/browser/node_modules/playwright-core").is_dir():
        return table.add(name, None, "ms", 400, 180, "tests/browser has no playwright-core; run npm ci there")
    simulators, gateway = cameras(world, 1)
    load = begin_viewers(world, urls(world, simulators, 1))
    try:
        before = Outside(gateway.pid).rss_mb()
        command = ["node", str(ROOT / "tests/bench/whep_time.mjs"), f"http://127.0.0.1:{world.http}", device_id(simulators.devices[0]), "20"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=100)
        if result.returncode != 0:
            return table.add(name, None, "ms", 400, 180, (result.stderr or result.stdout).strip().splitlines()[-1][:160])
        runs = json.loads(result.stdout)
        first, frames, answers = runs[0], [r["frame_ms"] for r in runs[1:]], [r["answer_ms"] for r in runs[1:]]
        table.add(name, p95(frames), "ms", 400, 180, f"median {median(frames):.0f} ms; answer: median {median(answers):.0f}, p95 {p95(answers):.0f} ms", n=len(frames))
        table.add("the same, first viewer after the start", first["frame_ms"], "ms", note=f"answer after {first['answer_ms']:.0f} ms")
        table.add("RSS after 20 WHEP viewers, one at a time", Outside(gateway.pid).rss_mb(), "MB", note=f"{before:.0f} MB before the first")
    finally:
        end_viewers(world, load)


def begin_whep(world, addresses):
    load = world.start("whep", [world.program("whep_load"), *addresses], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if load.stdout.readline().strip() != "settled":
        raise RuntimeError("the WHEP viewers did not start")
    return load


def pages(world, simulators, count):
    return [f"http://127.0.0.1:{world.http}/api/devices/{device_id(device)}/whep" for device in simulators.devices[:count]]


def whep(world, table):
    simulators, gateway = cameras(world, 10)
    seen = Outside(gateway.pid)
    with Interval(gateway.pid) as idle:
        wait(4)
    load = begin_whep(world, pages(world, simulators, 10))
    wait(2)
    with Interval(gateway.pid, simulators.pid, load.pid) as spent:
        wait(10)
    rss, threads = seen.rss_mb(), seen.threads()
    reports = end_viewers(world, load)
    failed = [r for r in reports if r["error"] or r["frames"] < 100]
    cpu = spent.cpu_s[0] - idle.percent() / 100 * spent.seconds
    note = f"{threads} threads, {rss:.0f} MB" + (f", {len(failed)} viewers FAILED: {failed[0]['error'] or failed[0]['frames']}" if failed else "")
    table.add("8800 -> WHEP viewer, N = 10: CPU per stream-second", 1000 * cpu / 10 / spent.seconds, "ms", 8, 4, note)
    table.cost("10 WHEP viewers", 1000 * spent.cpu_s[2] / 10 / spent.seconds, "ms per stream-second")


def together(world, table):
    simulators, _ = cameras(world, 20)
    wait(2)  # the sessions of the first pictures end
    load = world.start("viewers", [world.program("rtsp_load"), *urls(world, simulators, 20)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    load.stdout.readline()
    reports = end_viewers(world, load)
    failed = [r for r in reports if r["error"] or r["keyframe_ms"] < 0]
    times = [r["keyframe_ms"] for r in reports if r not in failed]
    note = f"median {median(times):.0f} ms; the cameras' logins included" + (f"; {len(failed)} FAILED: {failed[0]['error']}" if failed else "")
    table.add("20 streams started together, TCP connect -> complete keyframe (RTSP), slowest", max(times), "ms", 300, 150, note, n=len(times))


def cycles(world, table, count=300, warm=50):
    """Viewers that come and go: what each leaves behind."""
    simulators, gateway = cameras(world, 1)
    seen = Outside(gateway.pid)
    address, page = urls(world, simulators, 1)[0], pages(world, simulators, 1)[0]
    keeper = begin_viewers(world, [address])
    rounds = {"RTSP": lambda n: [world.program("rtsp_load"), "--keyframe", *[address] * n], "WHEP": lambda n: [world.program("whep_load"), "--cycles", str(n), page]}
    try:
        for kind, command in rounds.items():
            marks, failed = [], 0
            for n in (warm, count - warm):
                load = world.start(kind, command(n), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                out = load.stdout.read()
                load.communicate()
                world.processes.remove(load)
                failed += sum(1 for line in out.splitlines() if json.loads(line)["error"])
                wait(6)  # what was closed is cleared away
                marks.append((seen.own_mb(), seen.rss_mb(), seen.threads(), seen.fds()))
            (own0, rss0, threads0, fds0), (own1, rss1, threads1, fds1) = marks
            note = f"own memory {own0:.1f} -> {own1:.1f} MB, RSS {rss0:.1f} -> {rss1:.1f} MB, threads {threads0} -> {threads1}, fds {fds0} -> {fds1}" + (f", {failed} FAILED" if failed else "")
            table.add(f"{count} {kind} viewers that come and go: memory left by each", 1024 * (own1 - own0) / (count - warm), "KB", 10, 1, note, n=count)
    finally:
        end_viewers(world, keeper)


PARTS = {"house": house, "poll_klap": lambda w, t: poll(w, t, "klap", 0.15, 0.08), "poll_aes": lambda w, t: poll(w, t, "aes"), "poll_tpap": lambda w, t: poll(w, t, "tpap", 0.2, 0.1),
         "poll_xor": lambda w, t: poll(w, t, "xor", 0.05, 0.03, family="kasa"), "thousand": thousand, "cameras": control,
         "streams": streams, "whep": whep, "together": together, "cycles": cycles, "browser": browser}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", default=str(ROOT / "build/bench.json"))
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS])
    arguments = parser.parse_args()
    table, begun, load = Table(), time.monotonic(), os.getloadavg()[0]
    for name in arguments.parts or [part for part in PARTS if part != "cycles"]:
        print(f"{name} ...", file=sys.stderr, flush=True)
        world = World(arguments.build)
        try:
            PARTS[name](world, table)
        except (OSError, RuntimeError, subprocess.SubprocessError, ValueError, StopIteration, IndexError) as problem:
            table.add(name, None, "", note=" ".join(str(problem).split())[:300])
        finally:
            world.close()
    table.print()
    seconds = time.monotonic() - begun
    print(f"\n{os.cpu_count()} cores, load {load:.1f} at the start (above 0.5 others disturb the times), {seconds:.0f} s in all")
    Path(arguments.out).parent.mkdir(parents=True, exist_ok=True)
    table.write(Path(arguments.out), cores=os.cpu_count(), load_at_start=load, seconds=round(seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
