# SPDX-License-Identifier: MIT
"""Containers by Podman and runc, images by Buildah; nothing is pulled, and no daemon runs."""
import json
import subprocess
import time

import programs

STOP_SECONDS = 30
# As little as a container can have. The limits of descriptors and processes are given because Podman would raise them, which root
# without CAP_SYS_RESOURCE may not.
LEAST = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=12345:0", "--memory=16m", "--pids-limit=20",
         "--ulimit=nofile=1024:1024", "--ulimit=nproc=100:100", "--network=none"]


class Tools:
    def __init__(self, folder):
        self.store = ["--root", folder / "storage", "--runroot", folder / "run", "--storage-driver", "vfs"]
        # crun of Debian 12 knows no machine that has control groups of both versions; runc does.
        self.podman_command = ["podman", *self.store, "--cgroup-manager", "cgroupfs", "--runtime", "runc", "--events-backend", "file"]

    def podman(self, *arguments, check=True):
        return subprocess.run([*self.podman_command, *arguments], check=check, capture_output=True, text=True, timeout=300)

    def buildah(self, *arguments, check=True):
        return subprocess.run(["buildah", *self.store, *arguments], check=check, capture_output=True, text=True, timeout=900)

    def build(self, folder, *arguments, check=True):
        return self.buildah("bud", "--isolation", "chroot", "--pull-never", *arguments, folder, check=check)

    def config_of(self, image):
        return json.loads(self.podman("image", "inspect", image).stdout)[0]


class Container:
    """`podman run`, until its server is ready."""

    def __init__(self, tools, name, *arguments):
        self.tools, self.name = tools, name
        self.process = subprocess.Popen([*tools.podman_command, "run", "--rm", "--name", name, *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.messages = []
        for line in self.process.stderr:
            self.messages.append(line)
            if " serving " in line:
                break
        else:
            raise AssertionError(f"it did not start: {self.messages}")
        self.pid = int(tools.podman("inspect", "--format", "{{.State.Pid}}", name).stdout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.tools.podman("rm", "--force", "--time", "1", self.name, check=False)
        self.process.communicate(timeout=STOP_SECONDS)

    def curl(self, *arguments):
        """From inside the container's network, where nothing of the image is needed."""
        command = ["nsenter", "--target", str(self.pid), "--net", "curl", "--silent", "--show-error", "--max-time", "10", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def status(self):
        lines = open(f"/proc/{self.pid}/status").read().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def control_group(self, controller, file):
        """A file of its control group, of version 1 or 2."""
        for line in open(f"/proc/{self.pid}/cgroup").read().splitlines():
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(","):
                return open(f"/sys/fs/cgroup/{controller}{path}/{file[0]}").read().strip()
        return open(f"/sys/fs/cgroup{path}/{file[1]}").read().strip()

    def stop(self):
        """Returns the exit status of the server, and the seconds that it took."""
        begin = time.monotonic()
        self.tools.podman("stop", "--time", str(STOP_SECONDS), self.name)
        output, messages = self.process.communicate(timeout=STOP_SECONDS)
        self.messages.append(messages)
        return self.process.returncode, time.monotonic() - begin


def make_image(out, *arguments):
    subprocess.run([programs.PROJECT / "tools/oci", out, programs.MINHTTP, *arguments], check=True, capture_output=True, timeout=60)
    return out
