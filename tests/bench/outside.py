"""What a process costs, seen from outside: CPU time, memory, threads, file descriptors."""

import os
import time


class Outside:
    def __init__(self, pid):
        self.pid = pid

    def cpu_s(self):
        """User and system time of all its threads, ended ones too; ns resolution where the kernel gives the clock away."""
        try:
            return time.clock_gettime((~self.pid << 3) | 2)  # CPUCLOCK_SCHED of that process
        except OSError:
            with open(f"/proc/{self.pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def status(self, key):
        with open(f"/proc/{self.pid}/status") as file:
            for line in file:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
        return 0

    def rss_mb(self):
        return self.status("VmRSS") / 1024

    def peak_mb(self):
        return self.status("VmHWM") / 1024

    def own_mb(self):
        """Without the pages of files (libraries), which other processes may share."""
        return self.status("RssAnon") / 1024

    def threads(self):
        return self.status("Threads")

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Interval:
    """CPU of several processes over the same span of time: with Interval(a, b) as spent: ...; spent.cpu_s[0]."""

    def __init__(self, *pids):
        self.processes = [Outside(pid) for pid in pids]

    def __enter__(self):
        self.begun = time.monotonic()
        self.before = [process.cpu_s() for process in self.processes]
        return self

    def __exit__(self, *_):
        self.cpu_s = [process.cpu_s() - before for process, before in zip(self.processes, self.before)]
        self.seconds = time.monotonic() - self.begun

    def percent(self, index=0):
        """Of one core."""
        return 100 * self.cpu_s[index] / self.seconds


def median(values):
    return sorted(values)[len(values) // 2]


def p95(values):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
