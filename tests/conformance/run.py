#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plays the conformance cases against a server on 127.0.0.1 and says which of them it misses."""

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cases as case_data  # noqa: E402  (the line above makes them importable from anywhere)
import judge  # noqa: E402
import play  # noqa: E402
import wires  # noqa: E402


def run(port, cases, workers=8, quiet=play.QUIET_SECONDS):
    """The verdicts on all cases, in the cases' order. After `quiet` seconds of silence an answer is over."""
    player = play.Player(port, quiet)

    def one(case):
        return judge.judge(case, player.play(case))

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, cases))


def compare(port, cases, workers=8, quiet=play.QUIET_SECONDS):
    """The same cases over HTTP/1 and HTTP/2: comparisons, in the cases' order."""
    return wires.run(port, cases, play.Player(port, quiet).values, workers)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int, metavar="PORT")
    parser.add_argument("--http2", action="store_true", help="ask over HTTP/1 and HTTP/2, and compare the responses")
    parser.add_argument("--out", metavar="FILE", help="write one verdict a line, as JSON")
    parser.add_argument("--slow", action="store_true", help="only the cases that wait for deadlines")
    parser.add_argument("--only", metavar="PREFIX", help="cases whose id begins so")
    parser.add_argument("--group", action="append", default=[], metavar="G", help="only this group; repeatable")
    parser.add_argument("--without", action="append", default=[], metavar="G", help="not this group; repeatable")
    parser.add_argument("--cases", default=case_data.CASES_FILE, metavar="FILE")
    parser.add_argument("--workers", type=int, default=8, metavar="N", help="connections at a time (8)")
    return parser.parse_args()


def _chosen(options, file):
    return case_data.select(case_data.load(file), options.slow, options.only, options.group, options.without)


def main_of_both_wires(options):
    cases = _chosen(options, options.cases) + _chosen(options, case_data.HTTP2_CASES_FILE)
    comparisons = compare(options.port, cases, options.workers)
    differing = [comparison for comparison in comparisons if comparison.differences]
    for comparison in differing:
        print("DIFFERS", comparison.identity, "; ".join(comparison.differences))
    print("\n".join(wires.summary(comparisons)))
    return 1 if differing else 0


def main():
    options = arguments()
    if options.http2:
        return main_of_both_wires(options)
    chosen = _chosen(options, options.cases)
    verdicts = run(options.port, chosen, options.workers)
    if options.out:
        lines = [json.dumps(verdict.as_dict(), ensure_ascii=False) + "\n" for verdict in verdicts]
        Path(options.out).write_text("".join(lines), encoding="utf-8")
    for verdict in verdicts:
        if not verdict.passed:
            print("MISS", verdict.identity, verdict.observed, "; ".join(verdict.misses))
    passed = sum(verdict.passed for verdict in verdicts)
    print(f"{passed} passed, {len(verdicts) - passed} failed")
    return 0 if passed == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
