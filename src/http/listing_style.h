// SPDX-License-Identifier: MIT
#pragma once
// The listing's style sheet, part of the page, so that a listing is one response. The page's policy allows only this
// text, by its hash; tests/e2e/test_listing.py reports the right hash.

namespace minhttp::http {

// An array, because a string_view would be a pointer, which somebody would have to relocate.
constexpr char listing_style[] =
    ":root{color-scheme:light dark;--text:#1c2126;--soft:#5b656f;--line:#dde2e7;--link:#0a54ad;--over:#f2f5f8;"
    "background:#fff;color:var(--text);font:1rem/1.5 system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){:root{--text:#e4e8ec;--soft:#9ba6b1;--line:#30373f;--link:#83b9ff;"
    "--over:#1e242a;background:#14181c}}"
    "body{margin:0}"
    "main{max-width:60rem;margin:auto;padding:1rem}"
    "a{color:var(--link);text-decoration:none}"
    "a:hover,a:focus-visible{text-decoration:underline}"
    "nav,p,td,th a{color:var(--soft)}"
    "nav,h1,td:first-child{overflow-wrap:anywhere;white-space:pre-wrap}"
    "h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0}"
    "p{margin:0 0 1rem}"
    "table{width:100%;border-collapse:collapse}"
    "th,td{text-align:right;vertical-align:baseline;white-space:nowrap;border-bottom:1px solid var(--line);"
    "padding:.5rem 0 .5rem 1rem;font-variant-numeric:tabular-nums}"
    "th:first-child,td:first-child{text-align:left;padding-left:0;width:100%}"
    "td a,th a{padding:.5rem 0}"
    "th{font-weight:600}"
    "th[aria-sort] a{color:var(--text)}"
    "[aria-sort=ascending] a::after{content:\" \\2191\"}"
    "[aria-sort=descending] a::after{content:\" \\2193\"}"
    "tbody tr:hover{background:var(--over)}"
    ".d a{font-weight:600}"
    "i{font-size:.75rem;font-style:normal;border:1px solid var(--line);border-radius:.25rem;padding:0 .25rem;"
    "margin-left:.25rem}"
    "@media(max-width:36rem){td span,th span{display:block}"
    "th,td{padding-left:.625rem;font-size:.875rem}td:first-child{font-size:1rem}}";

#define LISTING_STYLE_HASH "sha256-zRUUg/1gL/HWPaj8UcLPNWQQMMT+SLiwFC5lRdpd3I4="

} // namespace minhttp::http
