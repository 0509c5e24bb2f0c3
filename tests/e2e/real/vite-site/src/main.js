import "./style.css";
import { show } from "./router.js";

// A page that was loaded before a deployment asks for chunks that are gone; only a reload helps. That works because
// the answer was a 404 and not the index page, which would be a script that does not parse, and stays in the cache.
addEventListener("vite:preloadError", (event) => {
  event.preventDefault();
  location.reload();
});

document.querySelector("footer").textContent = `The ${__RELEASE__} release`;

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.origin !== location.origin) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show(location.pathname);
});
addEventListener("popstate", () => show(location.pathname));
show(location.pathname);
