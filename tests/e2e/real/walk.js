// One walk through a site: a fresh Chromium, steps that wait for what a visitor would wait for, and a report in
// JSON lines: where each step led, what travelled meanwhile, and what the browser had to complain of.
// Usage: node walks/NAME.js BASE PROFILE PICTURES [what the walk itself asks for...]
import { chromium } from "playwright-core";

const [, , base, profile, pictures, ...rest] = process.argv;

const DEADLINE = 30_000; // milliseconds; only ends what would hang
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
  // Whatever a page links to, nothing leaves the machine.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

function tell(kind, what) {
  console.log(JSON.stringify({ kind, ...what }));
}

// What the network log of the developer tools shows. Playwright's own events do not tell what came from the cache.
async function watchNetwork(page, currentStep) {
  const underWay = new Map();
  const answers = [];
  let changed = () => {};
  const session = await page.context().newCDPSession(page);

  const head = (answer, { status, fromDiskCache, fromPrefetchCache, headers }) => {
    answer.status = status;
    answer.cached ||= fromDiskCache || fromPrefetchCache;
    for (const [name, value] of Object.entries(headers)) answer.headers[name.toLowerCase()] = value;
  };
  const on = (event, react) =>
    session.on(`Network.${event}`, (told) => {
      const answer = underWay.get(told.requestId);
      if (answer) react(answer, told);
    });
  const end = (id) => {
    underWay.delete(id);
    changed();
  };

  session.on("Network.requestWillBeSent", ({ requestId, request, type, redirectResponse }) => {
    if (!request.url.startsWith("http")) return;
    // A redirect goes on under the same id.
    if (redirectResponse && underWay.has(requestId)) head(underWay.get(requestId), redirectResponse);
    const { pathname, search } = new URL(request.url);
    const document = type === "Document";
    const answer = { step: currentStep(), path: pathname + search, document, cached: false, headers: {}, decoded: 0 };
    underWay.set(requestId, answer);
    answers.push(answer);
  });
  on("requestServedFromCache", (answer) => (answer.cached = true));
  on("responseReceived", (answer, { response }) => head(answer, response));
  on("dataReceived", (answer, { dataLength }) => (answer.decoded += dataLength));
  on("loadingFinished", (answer, { requestId, encodedDataLength }) => {
    answer.travelled = encodedDataLength;
    end(requestId);
  });
  on("loadingFailed", (answer, { requestId, errorText }) => {
    answer.failed = errorText;
    end(requestId);
  });
  await session.send("Network.enable");

  return {
    answers,
    // When nothing is under way any more; whatever hangs is named.
    async settle() {
      let late = false;
      const timer = setTimeout(() => ((late = true), changed()), DEADLINE);
      while (underWay.size > 0 && !late) await new Promise((resolve) => (changed = resolve));
      clearTimeout(timer);
      if (late) throw new Error(`still under way: ${JSON.stringify([...underWay.values()])}`);
    },
  };
}

export async function walk(steps) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
    viewport: { width: 1200, height: 900 },
  });
  const page = context.pages()[0];
  page.setDefaultTimeout(DEADLINE);

  let current = "";
  const complain = (text, url = "") => tell("complaint", { step: current, text, url });
  page.on("pageerror", (error) => complain(String(error)));
  page.on("requestfailed", (request) => complain(request.failure().errorText, request.url()));
  page.on("console", (message) => message.type() === "error" && complain(message.text(), message.location().url));
  const network = await watchNetwork(page, () => current);

  // Does something, waits for the heading that it should lead to, and tells where that was.
  const step = async (name, heading, act) => {
    current = name;
    await act();
    await page.locator("h1", { hasText: heading }).first().waitFor();
    await network.settle();
    const { pathname, search } = new URL(page.url());
    const broken = await page.evaluate(() =>
      [...document.images].filter((image) => image.complete && !image.naturalWidth).map((image) => image.src),
    );
    tell("place", { step: name, path: pathname + search, title: await page.title(), broken });
  };
  const picture = (name) => page.screenshot({ path: `${pictures}/${name}.png` });

  await steps({ page, base, step, picture, rest, tell });
  await network.settle();
  for (const answer of network.answers) tell("answer", answer);
  await context.close();
}
