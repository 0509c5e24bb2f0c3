// SPDX-License-Identifier: MIT
#pragma once
// A site with pages, siblings, a hashed name and a part that can be protected, and a function to send requests to it:
// each goes to a new server.

#include <string>
#include <string_view>

#include "unit/serve/small_site.h"

namespace minhttp::test {

struct RoutedSite : SmallSite {
  RoutedSite() {
    tree.file("404.html", "no");
    tree.file("about.html", "about");
    tree.file("style.css", "in plain text");
    tree.file("style.css.gz", "gzip");
    tree.file("style.css.br", "brotli");
    tree.file("main.3f2a9c1b.js", "js");
    tree.file("private/index.html", "secret");
    for (const char* name : {"style.css", "style.css.gz", "style.css.br"}) tree.modified(name, 1'704'164'645, 0);
  }

  // Sends one request and returns the whole response.
  std::string ask(std::string_view target, std::string_view fields = "", std::string_view method = "GET") {
    Plan with = plan();
    with.previous = previous;
    with.options = options;
    with.access = access;
    with.listings = listings;
    with.cache_files = cache_files;
    with.log = log;
    TestServer house(with);
    house.server().context.trace = trace;
    Client client(house);
    client.send(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) +
                "\r\n");
    logged = house.log();
    return client.output();
  }
  std::string status(std::string_view target, std::string_view fields = "") { return ask(target, fields).substr(9, 3); }
  bool says(std::string_view answer, std::string_view line) {
    return count(answer, "\r\n" + std::string(line) + "\r\n") == 1;
  }

  std::vector<std::string> previous;
  serve::SiteOptions options;
  auth::Access access;
  uint32_t listings = 0;
  uint32_t cache_files = 0;
  conn::LogFormat log = conn::LogFormat::off;
  serve::Trace* trace = nullptr;
  std::string logged; // by the last request
};

} // namespace minhttp::test
