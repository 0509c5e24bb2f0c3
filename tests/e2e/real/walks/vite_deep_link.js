import { walk } from "../walk.js";

walk(async ({ page, base, step, picture }) => {
  await step("deep link", "A slow worm", () => page.goto(`${base}/notes/slow-worm`));
  await picture("vite-deep-link");
  await step("reload", "A slow worm", () => page.reload());
  await step("no such route", "Nothing here", () => page.goto(`${base}/no/such/route`));
});
