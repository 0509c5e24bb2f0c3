import { allNotes } from "../notes.js";

export async function render() {
  const items = (await allNotes()).map((note) => `<li><a href="/notes/${note.id}">${note.title}</a></li>`);
  return { title: "Notes", html: `<h1>Notes</h1><ul class="notes">${items.join("")}</ul>` };
}
