# SPDX-License-Identifier: MIT
"""A headless Chromium, spoken to over its debugging pipe: JSON messages, each ended by a zero byte."""

import base64
import json
import os
import select
import subprocess
import time
from dataclasses import dataclass

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1200,900", "--remote-debugging-pipe",
    # Whatever a page links to, nothing leaves the machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
ANSWER_SECONDS = 180 # for a gibibyte on a busy machine


@dataclass
class Complaint:
    url: str
    text: str


class Browser:
    def __init__(self, profile, *flags):
        browser_reads, self._to = os.pipe()
        self._from, browser_writes = os.pipe()
        # The browser reads from descriptor 3 and writes to descriptor 4; a shell puts them there.
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec "$@" 3<&{browser_reads} 4>&{browser_writes}', "bash",
             "/usr/bin/chromium", *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=[browser_reads, browser_writes],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(browser_reads)
        os.close(browser_writes)
        self._unread = b""
        self._count = 0
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Runtime", "Network"):
            self.call_page(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        finally:
            os.close(self._to)
            os.close(self._from)
            try:
                self._process.wait(ANSWER_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def call(self, method, session=None, **parameters):
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        answer = self._wait_for(lambda message: message.get("id") == self._count)
        assert "error" not in answer, answer
        return answer["result"]

    def call_page(self, method, **parameters):
        return self.call(method, session=self._session, **parameters)

    def open(self, url):
        """Loads a page and all that belongs to it; returns what the browser had to complain of."""
        self.events.clear()
        result = self.call_page("Page.navigate", url=url)
        assert "errorText" not in result, result
        if not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._wait_for(lambda message: message.get("method") == "Page.loadEventFired")
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
        urls = {sent["requestId"]: sent["request"]["url"] for sent in self._sent()}
        return [complaint for event in self.events if (complaint := _complaint(event, urls))]

    def evaluate(self, expression):
        result = self.call_page("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return result["result"].get("value")

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call_page("Page.captureScreenshot")["data"]))

    def requested(self):
        return [sent["request"]["url"] for sent in self._sent()]

    def _sent(self):
        return [event["params"] for event in self.events if event["method"] == "Network.requestWillBeSent"]

    def _wait_for(self, wanted):
        end = time.monotonic() + ANSWER_SECONDS
        while True:
            while b"\0" in self._unread:
                raw, _, self._unread = self._unread.partition(b"\0")
                message = json.loads(raw)
                if "method" in message:
                    self.events.append(message)
                if wanted(message):
                    return message
            readable, _, _ = select.select([self._from], [], [], max(0, end - time.monotonic()))
            assert readable, "the browser does not answer"
            data = os.read(self._from, 1 << 16)
            assert data, "the browser has ended"
            self._unread += data


def _complaint(event, urls):
    """What a developer would see in red: errors said by the page, thrown by it, or met while loading."""
    method, parameters = event["method"], event["params"]
    if method == "Runtime.exceptionThrown":
        details = parameters["exceptionDetails"]
        thrown = details.get("exception", {}).get("description", details["text"])
        return Complaint(details.get("url", ""), thrown.partition("\n")[0])
    if method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
        return Complaint("", str(parameters["args"]))
    if method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
        return Complaint(parameters["entry"].get("url", ""), parameters["entry"]["text"])
    if method == "Network.responseReceived" and parameters["response"]["status"] >= 400:
        return Complaint(parameters["response"]["url"], f"status {parameters['response']['status']}")
    if method == "Network.loadingFailed":
        return Complaint(urls.get(parameters["requestId"], ""), parameters["errorText"])
    return None
