// A new release while somebody reads: the chunks that the open page knows of are gone.
import { cpSync, readdirSync, rmSync } from "node:fs";
import { walk } from "../walk.js";

walk(async ({ page, base, step, rest, tell }) => {
  const [root, release] = rest;
  const footer = async () => tell("text", { text: await page.locator("footer").textContent() });
  await step("start", "Out on the hill", () => page.goto(`${base}/`));
  await step("list", "Notes", () => page.locator("header").getByText("Notes", { exact: true }).click());
  await footer();
  for (const name of readdirSync(root)) rmSync(`${root}/${name}`, { recursive: true });
  cpSync(release, root, { recursive: true, preserveTimestamps: true });
  await step("note", "Red kite", () => page.getByText("Red kite over the quarry").click());
  await footer();
});
