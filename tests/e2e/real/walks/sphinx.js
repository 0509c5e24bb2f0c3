import { walk } from "../walk.js";

walk(async ({ page, base, step, picture }) => {
  const found = page.locator("#search-results .search-summary", { hasText: /found \d+ page/ });
  await step("start", "Python 3.11", () => page.goto(`${base}/`));
  await picture("sphinx-start");
  await step("contents", "The Python Standard Library", () => page.getByText("Library Reference").first().click());
  await step("deep", "Built-in Functions", () => page.getByText("Built-in Functions").first().click());
  await picture("sphinx-deep");
  await step("image", "Logging HOWTO", () => page.goto(`${base}/howto/logging.html`));
  await step("search", "Search", async () => {
    await page.locator("input[name=q]:visible").first().fill("lumberjack");
    await page.keyboard.press("Enter");
    await found.waitFor();
  });
  await picture("sphinx-search");
  await step("result", "pprint", () => page.locator("#search-results li a", { hasText: "pprint" }).first().click());
  await step("back", "Search", async () => {
    await page.goBack();
    await found.waitFor();
  });
});
