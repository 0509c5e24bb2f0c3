# SPDX-License-Identifier: MIT
"""Reads the text format of Prometheus, version 0.0.4, strictly."""

import re

_SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="[^"\\\n]*",?)+)\})? (-?[0-9]+(?:\.[0-9]+)?)')
_LABEL = re.compile(r'([a-z_]+)="([^"]*)"')
TYPES = ("counter", "gauge", "histogram")


class Metrics:
    """`samples`: a value for each name and its labels; `families`: the type of each metric."""

    def __init__(self, text):
        assert text.endswith("\n") and "\n\n" not in text
        self.families = {}
        self.help = {}
        self.samples = {}
        family = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                _, _, family, help_ = line.split(" ", 3)
                assert family not in self.help, f"{family} comes twice"
                self.help[family] = help_
            elif line.startswith("# TYPE "):
                _, _, name, type_ = line.split(" ")
                assert name == family and type_ in TYPES, line
                self.families[family] = type_
            else:
                self._read_sample(line, family)
        assert self.help.keys() == self.families.keys()
        for name, type_ in self.families.items():
            assert (type_ == "counter") == name.endswith("_total"), f"{name} is a {type_}"
            assert any(sample[0].startswith(name) for sample in self.samples), f"{name} has no sample"
            if type_ == "histogram":
                self._check_histogram(name)

    def _read_sample(self, line, family):
        found = _SAMPLE.fullmatch(line)
        assert found, f"no sample: {line}"
        name, labels, value = found.groups()
        endings = ("", "_bucket", "_sum", "_count") if self.families[family] == "histogram" else ("",)
        assert name in [family + ending for ending in endings], f"{line} below {family}"
        key = (name, frozenset(_LABEL.findall(labels or "")))
        assert key not in self.samples, f"{line} comes twice"
        self.samples[key] = float(value)

    def _check_histogram(self, name):
        buckets = [(float(dict(labels)["le"]), value) for (sample, labels), value in self.samples.items()
                   if sample == name + "_bucket"]
        assert buckets == sorted(buckets) and [b[1] for b in buckets] == sorted(b[1] for b in buckets)
        assert buckets[-1] == (float("inf"), self.get(name + "_count"))

    def get(self, name, **labels):
        """The value of one sample; 0 where it is not there, as those of requests that nobody has sent."""
        return self.samples.get((name, frozenset(labels.items())), 0)

    def sum(self, name, **labels):
        """Over all samples that have these labels."""
        return sum(value for (sample, has), value in self.samples.items() if sample == name and labels.items() <= dict(has).items())
