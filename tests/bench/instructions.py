"""Instructions the gateway itself runs for one poll, which no neighbour on the machine disturbs: the figure for before and after a change.

python3 tests/bench/instructions.py --build build/release KIND...   (xor klap aes tpap; needs valgrind)
The kernel's part is not in it, and cryptography counts for more than it costs: valgrind hides the processor's instructions for it.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from world import World  # noqa: E402


def measure(world, kind, count, seconds):
    family = "kasa" if kind == "xor" else "tapo"
    simulators = world.simulators({"kind": f"{family}_plug_{kind}", "address": "127.0.52.1", "mac": "02-00-00-52-00-00", "alias": "Plug", "repeat": count})
    world.configure(simulators.devices, poll_s=1, family=f"{family}_plug")
    out = world.folder / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}", world.program("tplink2mqtt"), "run", "--config", str(world.config)]
    # Valgrind loses sight of a program that starts itself anew; what it would set then is set here.
    gateway = world.start("gateway", command, env={**os.environ, "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"})
    world.wait_online(count, 180)
    time.sleep(4)  # what only the first polls do
    before = world.total("device_polls_total")
    subprocess.run(["callgrind_control", "-i", "on", str(gateway.pid)], check=True, capture_output=True)
    time.sleep(seconds)  # the measured span itself
    subprocess.run(["callgrind_control", "-i", "off", str(gateway.pid)], check=True, capture_output=True)
    polls = world.total("device_polls_total") - before
    world.end(gateway)
    totals = re.search(r"^totals: (\d+)", out.read_text(), re.M)  # its "summary" is that of the last switch
    return int(totals.group(1)) / polls, polls


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("kinds", nargs="+", choices=["xor", "klap", "aes", "tpap"])
    arguments = parser.parse_args()
    for kind in arguments.kinds:
        world = World(arguments.build)
        try:
            instructions, polls = measure(world, kind, count=10, seconds=20)
            print(f"{kind.upper()}: {instructions:.0f} instructions a poll, of {polls:.0f} polls")
        finally:
            world.close()


if __name__ == "__main__":
    main()
