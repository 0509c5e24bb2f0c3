import "./about.css"; // with its page only: a style sheet that is fetched late

export function render() {
  return {
    title: "About",
    html: `<h1>About</h1><p class="card">Three people, one dog, no plan. The dog decides where we go.</p>`,
  };
}
