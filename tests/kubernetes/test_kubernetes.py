# SPDX-License-Identifier: MIT
"""deploy/kubernetes: what kustomize makes of it is what Kubernetes takes, also in a restricted namespace; the server starts with the
options that it says, answers the probes, and ends within the time that it is given."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest
import yaml

import programs
import raw
import sites
from own_network import own_network
from server import Server, wait_until

DEPLOY = programs.PROJECT / "deploy/kubernetes"
OVERLAYS = ["gateway", "ingress"]
KUBECTL = os.environ.get("KUBECTL", "kubectl")
os.umask(0o022)  # the server, another user, must be able to read what tests write


def kubectl(*arguments):
    return subprocess.run([KUBECTL, *map(str, arguments)], check=True, capture_output=True, text=True, timeout=60).stdout


@pytest.fixture(scope="module")
def place():
    directory = programs.open_directory()
    yield directory
    shutil.rmtree(directory)
    programs.copies.remove()


@pytest.fixture(scope="module", params=OVERLAYS)
def objects(request, place):
    """The objects of an overlay by kind. Debian's kubectl has a kustomize of 2019, with other words for a base and for patches."""
    tree = place / request.param
    shutil.copytree(DEPLOY, tree)
    if "kustomizeVersion" not in json.loads(kubectl("version", "--client", "--output", "json")):
        for file in tree.rglob("kustomization.yaml"):
            text = file.read_text().replace("patches:\n", "patchesStrategicMerge:\n").replace("  - path: ", "  - ")
            file.write_text(text.replace("resources:\n  - ../../base\n", "bases:\n  - ../../base\nresources:\n"))
    made = list(yaml.safe_load_all(kubectl("kustomize", tree / "overlays" / request.param)))
    assert len({item["kind"] for item in made}) == len(made)
    return {item["kind"]: item for item in made}


def faults(objects):
    result = subprocess.run(["node", "validate.js"], input=json.dumps(list(objects)), check=True, capture_output=True, text=True, timeout=60)
    return json.loads(result.stdout)


def pod_of(objects):
    return objects["Deployment"]["spec"]["template"]["spec"]


def container_of(objects):
    (container,) = pod_of(objects)["containers"]
    return container


def test_the_schemas_of_kubernetes_accept_it(objects):
    assert faults(objects.values()) == []
    assert faults([{**objects["Service"], "nonsense": 1}]) == ["unknown: Service site/nonsense"], "unknown fields are found"


def test_it_is_complete(objects):
    assert {"Namespace", "Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler"} < set(objects)
    assert {"HTTPRoute", "Ingress"} & set(objects)
    assert {item["metadata"].get("namespace", "site") for item in objects.values()} == {"site"}
    assert container_of(objects)["image"] == "registry.example/site:1"


def test_the_parts_find_each_other(objects):
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    for selector in (objects["Deployment"]["spec"]["selector"]["matchLabels"], objects["Service"]["spec"]["selector"],
                     objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"], objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
                     *(one["labelSelector"]["matchLabels"] for one in pod_of(objects)["topologySpreadConstraints"])):
        assert selector and selector.items() <= labels
    ports = {port["name"] for port in container_of(objects)["ports"]}
    (service_port,) = objects["Service"]["spec"]["ports"]
    assert service_port["targetPort"] in ports
    allowed = [port["port"] for rule in objects["NetworkPolicy"]["spec"]["ingress"] for port in rule["ports"]]
    assert sorted(allowed) == sorted(ports), "each port has those who may ask it"
    assert objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == objects["Deployment"]["metadata"]["name"]
    if "HTTPRoute" in objects:
        (backend,) = objects["HTTPRoute"]["spec"]["rules"][0]["backendRefs"]
        assert (backend["name"], backend["port"]) == (objects["Service"]["metadata"]["name"], service_port["port"])
    else:
        backend = objects["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        assert (backend["name"], backend["port"]["name"]) == (objects["Service"]["metadata"]["name"], service_port["name"])
    assert ("MINHTTP_H2C" in settings_of(objects)) == (service_port.get("appProtocol") == "kubernetes.io/h2c")


def test_a_restricted_namespace_takes_the_pod(objects):
    """The Pod Security Standards' profile `restricted`, and what else a server of files can do without."""
    assert objects["Namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    pod, container = pod_of(objects), container_of(objects)
    assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes", "initContainers"} & set(pod)
    assert not [port for port in container["ports"] if "hostPort" in port]
    assert pod["enableServiceLinks"] is False and pod["automountServiceAccountToken"] is False
    assert "lifecycle" not in container, "no preStop: the image has no shell"
    assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]


def settings_of(objects):
    return {setting["name"]: setting["value"] for setting in container_of(objects).get("env", [])}


def probe(objects, name):
    asked = container_of(objects)[name]["httpGet"]
    port = next(port["containerPort"] for port in container_of(objects)["ports"] if port["name"] == asked["port"])
    return raw.ask(port, asked["path"]).status


def test_the_server_starts_with_it_and_ends_in_time(objects, place):
    site = sites.write_files(place / f"site-{next(iter(settings_of(objects)))}", {"index.html": "front"})
    grace = pod_of(objects)["terminationGracePeriodSeconds"]
    assert not any(argument.startswith("--drain-ms") for argument in container_of(objects)["args"])
    drain = int(re.search(r"^constexpr \w+ drain_ms = ([\d']+);", (programs.PROJECT / "tables/limits.h").read_text(), re.M)[1].replace("'", "")) / 1000
    (delay,) = (int(argument[14:-1]) for argument in container_of(objects)["args"] if argument.startswith("--drain-delay="))
    assert delay + drain < grace
    readiness = container_of(objects)["readinessProbe"]
    assert delay > 2 * readiness["periodSeconds"] * readiness["failureThreshold"], "others hear of it before"
    with own_network():
        settings = [f"{name}={value}" for name, value in settings_of(objects).items()]
        server = Server(site, *container_of(objects)["args"], before=("env", *settings))
        try:
            assert probe(objects, "readinessProbe") == probe(objects, "livenessProbe") == 200
            annotations = objects["Deployment"]["spec"]["template"]["metadata"]["annotations"]
            assert b"minhttp_ready 1\n" in raw.ask(int(annotations["prometheus.io/port"]), annotations["prometheus.io/path"]).body
            raw.ask(8080, "/", x_forwarded_for="203.0.113.7")
            line = server.out.wait_for(lambda text: '"path":"/"' in text)
            assert json.loads(line)["client"] == "127.0.0.1", "a peer outside of the pods' network is not believed"
            begin = time.monotonic()
            server.signal(signal.SIGTERM)
            assert wait_until(lambda: probe(objects, "readinessProbe") == 503)
            assert probe(objects, "livenessProbe") == 200 and raw.ask(8080, "/").status == 200
            assert server.wait(grace) == 0
            assert delay <= time.monotonic() - begin < grace
        finally:
            server.process.kill()
            server.process.wait()
