# SPDX-License-Identifier: MIT
"""Pages that nobody may touch lie between the parts of the one block of memory (app/setup.cc)."""

import re
from pathlib import Path

import pytest

import programs
import sites

FENCE = 64 * 1024  # limits::fence_bytes
AREA = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ 0 +$", re.M)  # memory of no file, without a name


def areas(server):
    text = Path(f"/proc/{server.process.pid}/maps").read_text()
    return [(int(begin, 16), int(end, 16), rights) for begin, end, rights in AREA.findall(text)]


@pytest.mark.parametrize("options, parts", [([], 2), (["SITE"], 5), (["SITE", "--listing"], 5), (["SITE", "--cache-files", "0"], 4)])
def test_every_group_of_parts_lies_between_guard_pages(start, place, options, parts):
    sites.write_files(place, {"a.txt": "a"})
    options = [str(place) if option == "SITE" else option for option in options]
    # Without the sandbox, or nobody may look; without strace, whose memory it would be.
    server = start(*options, "--workers", "1", "--sandbox", "off", before=programs.UNTRACED)
    found = areas(server)
    between = [i for i in range(1, len(found) - 1)
               if found[i][2] == "rw-p" and found[i - 1][2] == found[i + 1][2] == "---p"
               and found[i - 1][1] == found[i][0] and found[i][1] == found[i + 1][0]]
    assert len(between) >= parts
    assert all(found[i - 1][1] - found[i - 1][0] >= FENCE for i in between)
