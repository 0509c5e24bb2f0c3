export function render() {
  return { title: "Nothing here", html: `<h1>Nothing here</h1><p>Try the <a href="/notes">notes</a>.</p>` };
}
