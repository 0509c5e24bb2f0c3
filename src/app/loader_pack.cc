// SPDX-License-Identifier: MIT
// Another part of app/loader.cc: the sites in a pack.

#include <new>

#include "app/loader.h"
#include "app/packed_site.h"
#include "http/host.h"

namespace minhttp::app {

using Text = std::string_view;
using site::Pack;

bool Loader::read_pack(Arena& arena, site::Sites& sites) {
  if (config_.pack->has_hosts()) return read_packed_hosts(arena, sites);
  sites.all = arena.take<site::Site>(1);
  site::Site* site = new (&sites.all[0]) site::Site;
  site->files.use_pack(*config_.pack, {});
  sites.default_site = site;
  return read_rules(arena, *site, {.directory = packed_site()});
}

// Each directory at the top of the pack is a site, as in that of --hosts.
bool Loader::read_packed_hosts(Arena& arena, site::Sites& sites) {
  const Pack& pack = *config_.pack;
  Place place; // not from a list: that would be copied from a constant with a pointer, which needs a relocation on
               // aarch64
  place.directory = packed_site();
  Pack::Item root;
  if (pack.at(0, root) != Pack::Lookup::found || !root.is_directory()) return complain(place, {}, "damaged"sv);
  sites.all = arena.take<site::Site>(limits::hosts_max).first(0);
  bool good = true;
  for (uint32_t i = 0; i < root.entry->count; i++) {
    Pack::Item item;
    if (pack.at(root.entry->first + i, item) != Pack::Lookup::found) return complain(place, {}, "damaged"sv);
    if (!item.is_directory() || item.path.empty() || item.path[0] == '.') continue;
    place.host = item.path;
    if (sites.all.size() == limits::hosts_max) return complain(place, {}, "more than 256 hosts"sv);
    sites.all = {sites.all.data(), sites.all.size() + 1}; // there is room
    site::Site& site = *new (&sites.all.back()) site::Site;
    if (!http::is_canonical_host(item.path)) {
      good = complain(place, {}, "no host is called so: write it in lower case, without a port"sv);
      continue;
    }
    site.files.use_pack(pack, item.path);
    if (equal(item.path, "default")) {
      sites.default_site = &site;
    } else {
      site.host = item.path;
    }
    good = read_rules(arena, site, place) && good;
  }
  place.host = {};
  if (good && sites.all.empty()) return complain(place, {}, "no directory is named as a host, as in example.com/"sv);
  return good;
}

} // namespace minhttp::app
