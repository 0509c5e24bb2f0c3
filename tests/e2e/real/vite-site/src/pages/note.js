import { allNotes } from "../notes.js";

export async function render(id) {
  const note = (await allNotes()).find((note) => note.id === id);
  if (!note) return (await import("./missing.js")).render();
  return {
    title: note.title,
    html: `<article><h1>${note.title}</h1><p class="seen">Seen: ${note.seen}</p><p>${note.text}</p></article>`,
  };
}
