import { walk } from "../walk.js";

walk(async ({ page, base, step, picture }) => {
  const sidebar = page.locator(".VPSidebar");
  await step("deep link", "First cup", () => page.goto(`${base}/guide/start`));
  await picture("vitepress-deep-link");
  await step("reload", "First cup", () => page.reload());
  await step("sidebar", "Descaling", () => sidebar.getByText("Descaling").click());
  await step("about", "About", () => sidebar.getByText("About").click());
  await step("back", "Descaling", () => page.goBack());
  await step("back again", "First cup", () => page.goBack());
  await step("forward", "Descaling", () => page.goForward());
  await step("home", "Kettle", () => page.locator(".VPNavBarTitle a").click());
  await picture("vitepress-home");
});
