# SPDX-License-Identifier: MIT
"""The cache of minhttp-pack: it saves time, and nothing else depends on it; what it does not know it leaves alone."""

import os

from packing import SERVER, lay, lay_site, pack, run


def test_the_cache_changes_nothing_but_the_time(tmp_path):
    site = lay_site(tmp_path / "site")
    pack(site, tmp_path / "out")
    expected = (tmp_path / "out").read_bytes()
    cache = tmp_path / "cache"
    for damage in None, None, lambda content: content[::-1], lambda content: b"":
        kept = [path for path in cache.rglob("*") if path.is_file()]
        for path in kept if damage else []:
            path.write_bytes(damage(path.read_bytes()))
        done = run(site, "-o", tmp_path / "again", "--cache", cache, "--server", SERVER)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "again").read_bytes() == expected
    assert len(kept) > 5 and not [path for path in kept if path.name.startswith(".")]
    (tmp_path / "file").write_text("no directory")
    done = run(site, "-o", tmp_path / "again", "--cache", tmp_path / "file", "--server", SERVER)
    assert done.returncode == 0 and (tmp_path / "again").read_bytes() == expected


def test_only_what_the_cache_has_written_is_removed(tmp_path):
    """--cache names any directory; its files of more than 2 GiB are made of a hole, which takes no room."""
    site = lay_site(tmp_path / "site")
    cache = tmp_path / "cache"
    old, ours = "ab" * 63, "cd" * 63
    lay(cache, {"letter.txt": "old", "film.mkv": "large", "ab/notes": "old", f"other/{old}.br1": "no directory of the cache",
                f"ab/{old}.txt": "no encoder", f"cd/{ours}.br1-11-24": "", "cd/.minhttp-pack-abcdefgh": "left behind"})
    (cache / "ef").symlink_to("other")
    for name in "film.mkv", f"cd/{ours}.br1-11-24":
        os.truncate(cache / name, 3 << 30)
    before = {path for path in cache.rglob("*") if path.is_file()}
    for path in before:
        os.utime(path, (10, 10))
    done = run(site, "--dry-run", "--cache", cache)
    assert done.returncode == 0, done.stderr
    gone = {path.relative_to(cache).as_posix() for path in before if not path.exists()}
    assert f"cd/{ours}.br1-11-24" in gone and gone <= {f"cd/{ours}.br1-11-24", "cd/.minhttp-pack-abcdefgh"}
