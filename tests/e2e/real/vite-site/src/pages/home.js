import hill from "../hill.svg";

export function render() {
  return {
    title: "Home",
    html: `
      <h1>Out on the hill</h1>
      <img src="${hill}" alt="A hill under an evening sun" width="640" height="240">
      <p>What we saw, heard and nearly stepped on. <a href="/notes">Read the notes</a>.</p>`,
  };
}
