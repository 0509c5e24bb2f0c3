# SPDX-License-Identifier: MIT
"""What deploy/prometheus asks for exists: metrics, and the values of their labels."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"
TABLE = (ROOT / "tables/metrics.def").read_text()
FAMILIES = {name: type_ for type_, name in re.findall(r'^FAMILY\((\w+), "(\w+)"', TABLE, re.MULTILINE)}
VALUES = set(re.findall(r'=\\"(\w+)\\"', TABLE))
OF_PROMETHEUS = {"job", "instance"}
LABELS = set(re.findall(r'\{(\w+)=\\"', TABLE)) | {"method", "code", "le", "worker", "version", "arch", "compiler"}


def dashboard_expressions():
    dashboard = json.loads((PROMETHEUS / "dashboard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def alert_expressions():
    text = (PROMETHEUS / "alerts.yml").read_text()
    return re.findall(r"expr: (?:\|\n)?((?:.+\n)(?:            .+\n)*)", text)


def names_of(expression):
    return re.findall(r"\b(?:minhttp|process)_\w+", re.sub(r"\{.*?\}", "{}", expression))


def family_of(name):
    for ending in ("_bucket", "_sum", "_count"):
        if FAMILIES.get(name.removesuffix(ending)) == "histogram":
            return name.removesuffix(ending)
    return name


def test_every_metric_exists():
    expressions = dashboard_expressions() + alert_expressions()
    assert len(dashboard_expressions()) > 20 and len(alert_expressions()) >= 8
    unknown = {name for expression in expressions for name in names_of(expression) if family_of(name) not in FAMILIES}
    assert unknown == set()


def test_every_label_and_value_exists():
    for expression in dashboard_expressions() + alert_expressions():
        for label, operator, value in re.findall(r'(\w+)(=~?)"([^"]*)"', expression):
            assert label in LABELS | OF_PROMETHEUS, expression
            if operator == "=" and label not in OF_PROMETHEUS:
                assert value in VALUES, expression
        for labels in re.findall(r"\bby \(([^)]*)\)", expression):
            assert set(labels.split(", ")) <= LABELS | OF_PROMETHEUS, expression


def test_counters_are_shown_as_rates():
    for expression in dashboard_expressions() + alert_expressions():
        for name in names_of(expression):
            counts = FAMILIES[family_of(name)] in ("counter", "histogram")
            is_rate = re.search(rf"\b(?:rate|increase)\({name}\b", expression) is not None
            assert counts == is_rate, expression


def test_the_dashboard_shows_every_metric():
    shown = {family_of(name) for expression in dashboard_expressions() for name in names_of(expression)}
    assert shown == set(FAMILIES)


def test_panels_do_not_overlap():
    taken = set()
    for panel in json.loads((PROMETHEUS / "dashboard.json").read_text())["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
