import { defineConfig } from "vitepress";

export default defineConfig({
  title: "Kettle",
  description: "A handbook for a kettle that does not exist",
  cleanUrls: true,
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/kettle.svg" }]],
  themeConfig: {
    logo: "/kettle.svg",
    nav: [
      { text: "Guide", link: "/guide/start" },
      { text: "About", link: "/about" },
    ],
    sidebar: [
      {
        text: "Guide",
        items: [
          { text: "First cup", link: "/guide/start" },
          { text: "Descaling", link: "/guide/descaling" },
        ],
      },
      { text: "About", link: "/about" },
    ],
    search: { provider: "local" },
  },
});
