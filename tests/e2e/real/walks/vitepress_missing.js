import { walk } from "../walk.js";

walk(async ({ page, base, step, picture }) => {
  await step("no such page", "PAGE NOT FOUND", () => page.goto(`${base}/guide/no-such-page`));
  await picture("vitepress-missing");
  await step("home", "Kettle", () => page.getByText("Take me home").click());
});
