# SPDX-License-Identifier: MIT
"""What the kernel says about processes and about itself: /proc, in bytes and nanoseconds."""
import pathlib
import re


def tree(pid):
    """The process and all below it."""
    result = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            result += tree(int(child))
    return result


def cpu_ns(pids):
    """User and kernel time of all threads, as the scheduler counts it."""
    return sum(int((task / "schedstat").read_text().split()[0])
               for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def wakeups(pids):
    """How often the processes have gone to sleep by themselves."""
    texts = (pathlib.Path(f"/proc/{pid}/status").read_text() for pid in pids)
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M)[1]) for text in texts)


def memory(pids):
    """Rss, Pss and Anonymous, summed. A page that two of them share counts twice in Rss, once in Pss."""
    total = {"Rss": 0, "Pss": 0, "Anonymous": 0}
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        for name in total:
            total[name] += int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M)[1]) * 1024
    return total


def meminfo():
    return {name: int(value) * 1024
            for name, value in re.findall(r"^([\w()]+):\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.M)}


def available():
    """Bytes that may still be taken: what the machine has, or what this control group leaves."""
    result = meminfo()["MemAvailable"]
    root = pathlib.Path("/sys/fs/cgroup")
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            folder, most, now = root / path.lstrip("/"), "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            folder, most, now = root / "memory" / path.lstrip("/"), "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        # Within a container the path may be the host's; then the root is the container's.
        for place in (folder, root, root / "memory"):
            try:
                limit = (place / most).read_text().strip()
                if limit != "max":
                    result = min(result, int(limit) - int((place / now).read_text()))
                break
            except (FileNotFoundError, PermissionError):
                continue
    return result


def slabs():
    """Bytes in use of each cache of kernel objects; empty where only root may know."""
    try:
        lines = pathlib.Path("/proc/slabinfo").read_text().splitlines()[2:]
    except PermissionError:
        return {}
    return {fields[0]: int(fields[1]) * int(fields[3]) for fields in map(str.split, lines)}


def sockets():
    """TCP's line of /proc/net/sockstat."""
    line = re.search(r"^TCP: (.*)$", pathlib.Path("/proc/net/sockstat").read_text(), re.M)[1].split()
    return dict(zip(line[::2], map(int, line[1::2])))


def kernel_memory():
    """All that the kernel holds for itself and would not give back: objects, tables of descriptors, page tables."""
    info = meminfo()
    names = ("Slab", "SReclaimable", "SUnreclaim", "VmallocUsed", "PageTables", "Percpu")
    return {name: info.get(name, 0) for name in names}


def machine():
    cpu = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return {"cpu": cpu[1] if cpu else "unknown", "memory_bytes": meminfo()["MemTotal"],
            "kernel": pathlib.Path("/proc/sys/kernel/osrelease").read_text().split("-")[0]}
