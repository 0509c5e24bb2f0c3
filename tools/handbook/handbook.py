#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the handbook, a site of plain HTML: tools/handbook/handbook.py DIRECTORY. Its pages are those of docs/ and a few
others, in the order of contents.txt; a page of docs/ that is not named there comes last. Needs Debian's python3-markdown."""
import hashlib
import html
import os
import pathlib
import re
import shutil
import sys

import markdown
from markdown.extensions.toc import TocExtension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

import tables

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import project  # noqa: E402

ROOT = HERE.parents[1]
LOST = "# There is no such page\n\nThe handbook has no page at this address. The contents are a good place to look for it, and [the first page](docs/start.md)."


class Page:
    def __init__(self, source, title, part):
        self.source, self.title, self.part = source, title, part
        self.text = (ROOT / source).read_text() if source else LOST
        name = source.removeprefix("docs/").removesuffix(".md").lower() if source else "404"
        self.name = re.sub(r"^start$|readme$", "index", name) + ".html"

    def heading(self):
        return re.search(r"^# (.+)", self.text, re.M)[1].replace("`", "")


def contents():
    """All pages, in their order; those of decisions have no line of their own in the navigation."""
    pages, part = [], ""
    for line in (HERE / "contents.txt").read_text().splitlines():
        if line.startswith("= "):
            part = line[2:]
        elif not line.startswith("#"):
            source, title = line.split(maxsplit=1)
            pages.append(Page(source, title, part))
    named = {page.source for page in pages}
    for path in sorted((ROOT / "docs").glob("*.md")):
        if (source := f"docs/{path.name}") not in named:
            pages.append(Page(source, "", "More"))
            pages[-1].title = pages[-1].heading()
    decisions = [f"docs/decisions/{path.name}" for path in sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))]
    return pages + [Page(source, "", "") for source in decisions]


class Adapt(Treeprocessor):
    """Links to pages lead to pages, those to other files of the project become text; a cell knows its column's head."""

    def __init__(self, md, page, pages):
        super().__init__(md)
        self.page, self.pages, self.pictures = page, {page.source: page for page in pages}, []

    def run(self, root):
        for link in root.iter("a"):
            target, _, fragment = link.get("href").partition("#")
            if target and not re.match(r"[a-z]+:", target):
                page = self.pages.get(self.path(target))
                if page:
                    link.set("href", self.way(page) + ("#" + fragment if fragment else ""))
                    if link.text == target.rpartition("/")[2]:
                        link.text = page.title or page.heading()
                else:
                    link.tag = "span"
                    del link.attrib["href"]
        for image in root.iter("img"):
            self.pictures.append(self.path(image.get("src")))
            image.set("src", way(self.page.name, "pictures/" + self.pictures[-1].rpartition("/")[2]))
        for code in root.iter("code"):
            if code.text and len(code.text) < 28:
                code.set("class", "short")
        for table in root.iter("table"):
            for code in table.iter("code"):
                code.text = AtomicString(code.text.replace("\\|", "|"))
            heads = ["".join(cell.itertext()) for cell in table.iter("th")]
            for row in table.find("tbody"):
                for head, cell in zip(heads, row):
                    cell.set("data-head", head)

    def path(self, target):
        return os.path.normpath(os.path.join(os.path.dirname(self.page.source or "."), target))

    def way(self, page):
        return way(self.page.name, page.name)


def way(here, there):
    """The relative link; from the page that is shown at every address, one from the root."""
    return "/" + there if here == "404.html" else os.path.relpath(there, os.path.dirname(here) or ".")


def slug(text, _separator):
    """The anchors that code hosts make, so that links to them hold in both places."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def render(page, pages):
    """HTML of the text, the headings below the first one, the pictures."""
    text = re.sub(r"<!-- handbook: (\w+) -->", lambda match: tables.TABLES[match[1]](), page.text)
    toc = TocExtension(slugify=slug, toc_depth="2-2")
    md = markdown.Markdown(extensions=["tables", "fenced_code", toc], output_format="html")
    adapt = Adapt(md, page, pages)
    md.treeprocessors.register(adapt, "adapt", 5)  # behind those that make links and anchors
    body = md.convert(text)
    body = re.sub(r"<table>.*?</table>", lambda match: f'<div class="table">{match[0]}</div>', body, flags=re.S)
    return body, [(token["id"], token["name"]) for token in md.toc_tokens], adapt.pictures


def navigation(page, pages, headings):
    lines, part = [], None
    for other in pages:
        if not other.part:
            continue
        if other.part != part:
            part = other.part
            lines.append(("</ul>\n" if lines else "") + f"<h2>{html.escape(part)}</h2>\n<ul>")
        here = other is page or (page.source or "").startswith("docs/decisions/") and other.source == "docs/decisions/README.md"
        line = f'<li><a href="{way(page.name, other.name)}"{" aria-current=page" * here}>{html.escape(other.title)}</a>'
        if other is page and len(headings) > 2:
            items = "".join(f'<li><a href="#{anchor}">{name}</a></li>' for anchor, name in headings)
            line += f"<ul>{items}</ul>"
        lines.append(line + "</li>")
    return "\n".join(lines) + "\n</ul>"


def neighbours(page, pages):
    shown = [other for other in pages if other.part]
    if page not in shown:
        return ""
    at = shown.index(page)
    links = ""
    for rel, arrow, other in (("prev", "← {}", shown[at - 1] if at else None), ("next", "{} →", (shown + [None])[at + 1])):
        if other:
            links += f'<a rel="{rel}" href="{way(page.name, other.name)}">{arrow.format(html.escape(other.title))}</a>\n'
    return f'<nav class="turn" aria-label="Next and previous page">\n{links}</nav>'


def main():
    out = pathlib.Path(sys.argv[1])
    shutil.copytree(HERE / "static", out, dirs_exist_ok=True)
    css = (HERE / "style.css").read_bytes()
    style = f"style.{hashlib.sha256(css).hexdigest()[:12]}.css"  # so that browsers keep it for a year
    (out / style).write_bytes(css)
    version = project.version()
    template = (HERE / "page.html").read_text()
    pages = contents()
    for page in [*pages, Page(None, "Not found", "")]:
        body, headings, pictures = render(page, pages)
        path = out / page.name
        path.parent.mkdir(exist_ok=True)
        path.write_text(template.format(
            title=html.escape(page.heading(), quote=False), version=version, body=body, icon=way(page.name, "favicon.svg"), style=way(page.name, style),
            start=way(page.name, "index.html"), navigation=navigation(page, pages, headings), turn=neighbours(page, pages)))
        for picture in pictures:
            (out / "pictures").mkdir(exist_ok=True)
            shutil.copy(ROOT / picture, out / "pictures")


if __name__ == "__main__":
    main()
