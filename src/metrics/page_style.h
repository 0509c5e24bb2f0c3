// SPDX-License-Identifier: MIT
#pragma once
// The page's style sheet. The page's policy allows only this text, by its hash; tests/e2e/test_admin.py reports the
// right hash.

namespace minhttp::metrics {

constexpr char page_style[] =
    ":root{color-scheme:light dark;--text:#1c2126;--soft:#5b656f;--line:#dde2e7;--card:#f5f7f9;--draw:#0a54ad;"
    "--bad:#b3261e;background:#fff;color:var(--text);font:1rem/1.5 system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){:root{--text:#e4e8ec;--soft:#9ba6b1;--line:#30373f;--card:#1e242a;"
    "--draw:#83b9ff;--bad:#ff897d;background:#14181c}}"
    "body{margin:0}"
    "main{max-width:60rem;margin:auto;padding:1rem}"
    "h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0}"
    "h2{font-size:1rem;margin:0}"
    "p{margin:0 0 1rem;color:var(--soft)}"
    "b{font-weight:600;color:var(--text)}"
    ".bad,.bad b{color:var(--bad)}"
    "section{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem}"
    "article{background:var(--card);border-radius:.5rem;padding:.75rem 1rem;min-width:0}"
    "article p{margin:0;font-size:.875rem}"
    "svg{display:block;width:100%;height:5rem;margin-top:.5rem;border-bottom:1px solid var(--line)}"
    "polyline{fill:none;stroke:var(--draw);stroke-width:2;vector-effect:non-scaling-stroke}"
    ".e{stroke:var(--bad)}"
    "table{width:100%;border-collapse:collapse;margin-top:.25rem}"
    "th,td{font-weight:400;text-align:left;padding:.25rem 0;border-bottom:1px solid var(--line)}"
    "tr:last-child>*{border:0}"
    "td{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-left:1rem}"
    "section+section{margin-top:1rem}"
    "a{color:var(--draw)}";

#define PAGE_STYLE_HASH "sha256-9BF77udwIp4RWtK/F04Y7KeJQCB11VCCkEHCgJWHSUo="

} // namespace minhttp::metrics
