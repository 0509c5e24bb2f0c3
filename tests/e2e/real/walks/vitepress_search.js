import { walk } from "../walk.js";

walk(async ({ page, base, step, picture }) => {
  await step("start", "Kettle", () => page.goto(`${base}/`));
  await step("result", "Descaling", async () => {
    await page.getByRole("button", { name: "Search" }).first().click();
    await page.locator("#localsearch-input").fill("vinegar");
    const result = page.locator(".VPLocalSearchBox .result", { hasText: "Descaling" }).first();
    await result.waitFor();
    await picture("vitepress-search");
    await result.click();
  });
});
