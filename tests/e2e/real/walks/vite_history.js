import { walk } from "../walk.js";

walk(async ({ page, base, step, picture }) => {
  const header = page.locator("header");
  await step("start", "Out on the hill", () => page.goto(`${base}/`));
  await picture("vite-start");
  await step("list", "Notes", () => header.getByText("Notes", { exact: true }).click());
  await step("note", "Red kite", () => page.getByText("Red kite over the quarry").click());
  await step("about", "About", () => header.getByText("About").click());
  await picture("vite-about");
  await step("back", "Red kite", () => page.goBack());
  await step("back again", "Notes", () => page.goBack());
  await step("forward", "Red kite", () => page.goForward());
  await step("reload", "Red kite", () => page.reload());
  await step("back after reload", "Notes", () => page.goBack());
});
