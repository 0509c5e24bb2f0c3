// Every page but the first is a chunk of its own, fetched when somebody goes there.
const routes = [
  [/^\/$/, () => import("./pages/home.js")],
  [/^\/notes\/?$/, () => import("./pages/notes.js")],
  [/^\/notes\/([a-z-]+)$/, () => import("./pages/note.js")],
  [/^\/about$/, () => import("./pages/about.js")],
];

let latest = 0;

export async function show(path) {
  const turn = ++latest;
  const [pattern, load] = routes.find(([pattern]) => pattern.test(path)) ?? [/^/, () => import("./pages/missing.js")];
  const page = await load();
  if (!page) return; // the chunk is gone, and a reload is under way
  const { title, html } = await page.render(...(pattern.exec(path) ?? []).slice(1));
  if (turn !== latest) return; // somebody clicked on meanwhile
  document.title = `${title} · Field notes`;
  document.querySelector("#page").innerHTML = html;
  for (const link of document.querySelectorAll("nav a")) {
    link.toggleAttribute("aria-current", path.startsWith(link.pathname));
  }
}
