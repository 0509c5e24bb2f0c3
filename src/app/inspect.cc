// SPDX-License-Identifier: MIT
#include "app/inspect.h"

#include "app/loader.h"
#include "app/message.h"
#include "rules/review.h"
#include "site/hashed.h"
#include "site/pack.h"
#include "sys/entries.h"
#include "sys/file.h"

namespace minhttp::app {
namespace {

using site::Found;
using Text = std::string_view;

class Inspection {
 public:
  Inspection(const site::Site& site, Text place) : site_(site), place_(place), said_(room_) {}

  // Checks of rules that need no files.
  void rules() { rules::review_rules(site_.rules, said_); }

  void targets() {
    for (uint32_t i = 1; i < site_.rules.redirects.used; i++) {
      const rules::RedirectRule& rule = site_.rules.redirects[i];
      if (rule.redirects() || rule.same || rule.target.captures) continue;
      Text target = site_.rules.text.view(rule.target.text);
      target = take(target, find(take(target, find(target, '#')), '?'));
      char decoded[limits::target_max];
      http::Path path = http::decode_path(target, decoded);
      if (is_served(path)) continue;
      count_.mistakes++;
      Message(1) << place_ << "/_redirects:" << uint64_t{rule.line} << ": no file is there to be served: '" << target
                 << "'";
    }
  }

  // name: of a directory, empty for the root.
  void directory(Text name, uint32_t depth) {
    auto opened = site_.files.open_directory({.status = http::Status::ok, .directory = true, .name = name});
    if (!opened.ok()) return complain(name, describe(opened.error()));
    sys::Fd fd(opened.value());
    while (true) {
      char entries[limits::listing_read_bytes];
      auto bytes = sys::getdents(fd.number(), entries, sizeof entries);
      if (!bytes.ok()) return complain(name, describe(bytes.error()));
      if (bytes.value() == 0) return;
      sys::for_each_entry({entries, bytes.value()},
                          [&](const char* entry, unsigned type) { this->entry(name, entry, type, depth); });
    }
  }

  // Checks every entry of the site's pack, and every body against its digest.
  void pack() {
    const site::Pack& pack = *site_.files.pack();
    char memory[limits::path_max];
    Text root = site_.files.name_in_pack({}, memory);
    for (uint32_t i = 0; i < pack.entry_count(); i++) {
      site::Pack::Item item;
      if (pack.at(i, item) != site::Pack::Lookup::found) {
        count_.mistakes++;
        Message(1) << place_ << ": entry " << uint64_t{i} << " of the pack is damaged";
        continue;
      }
      Text name = item.path;
      if (!root.empty() && !(starts_with(name, root) && name.size() > root.size() && name[root.size()] == '/'))
        continue;
      if (!root.empty()) name = drop(name, root.size() + 1);
      if (!item.is_directory()) packed_file(pack, item, name);
    }
  }

  // Looks for Netlify's configuration, beside the rules or one directory above, where the site may have been built.
  void other_rules() {
    for (const char* name : {"netlify.toml", "../netlify.toml"}) {
      char text[limits::netlify_toml_read];
      if (!has_rules(read_start(name, text))) continue;
      warn(name, "its redirects and headers are not read: write them into _redirects and _headers"sv);
    }
  }

  // One warning for all such texts, because one option helps all of them.
  void uncompressed_texts() {
    if (texts_ == 0) return;
    count_.warnings++;
    Message message(1);
    message << place_ << "/" << Text(largest_text_, largest_name_) << ": warning: nobody compresses this text";
    if (texts_ > 1) message << ", and " << uint64_t{texts_ - 1} << " more";
    message << ": let --compress and the cache be on, or add siblings";
  }

  Complaints count() {
    Loader::print_diagnostics(1, said_, {.directory = place_});
    count_.warnings += said_.warnings();
    return count_;
  }

 private:
  // Whether a rule can serve path, to a client that accepts every coding (serve_target() in serve/decide.cc).
  bool is_served(http::Path path) const {
    Found found = site_.files.find(path);
    if (found.kind == Found::Kind::redirect) {
      path.directory = true;
      found = site_.files.find(path);
    }
    if (found.kind == Found::Kind::file) return true;
    if (path.directory) return false;
    if (has_file(site_.files, path.name)) return true;
    if (!site::has_content_hash(path.name)) return false;
    for (const site::Files& files : site_.previous) {
      if (files.is_open() && has_file(files, path.name)) return true;
    }
    return false;
  }

  // Whether there is a file of that name, or one that is stored compressed.
  static bool has_file(const site::Files& files, Text name) {
    size_t codings = http::is_stored_compressed(name) ? http::coding_count : 1;
    for (size_t i = 0; i < codings; i++) {
      if (files.open({.base = name, .coding = static_cast<http::Coding>(i)}).kind == Found::Kind::file) return true;
    }
    return false;
  }

  void entry(Text directory, Text last, unsigned type, uint32_t depth) {
    char path[limits::path_max];
    bool hidden = last[0] == '.' && !(directory.empty() && equal(last, ".well-known")); // as in decode_path()
    if (hidden || directory.size() + 1 + last.size() >= sizeof path) return; // or the path is too long to be requested
    Writer out(path);
    if (!directory.empty()) out.text(directory).byte('/');
    Text name = out.text(last).view();
    if (directory.empty() && site::is_rule_file(name)) return;
    Found found = site_.files.open({.base = name});
    if (found.kind == Found::Kind::directory) {
      if (type == sys::abi::type_link) return; // its target is checked in its own place
      if (depth == limits::inspected_depth) return complain(name, "too deep: what is below it was not looked at"sv);
      return this->directory(name, depth + 1);
    }
    if (found.kind == Found::Kind::file) {
      if (is_backup(name)) warn(name, "a backup that visitors can read"sv);
      cache_control(name);
      text(name, found);
      return sibling(name, found);
    }
    complain(name, found.status == http::Status::forbidden ? "not readable for the server's user: visitors get 403"sv
                   : type != sys::abi::type_link           ? "not a regular file: not served"sv
                   : leads_into_site(name) ? "a link with an absolute path: not served; write it relative"sv
                                           : "a link that leads nowhere, or out of the site: not served"sv);
  }

  void packed_file(const site::Pack& pack, const site::Pack::Item& item, Text name) {
    for (size_t i = 0; i < http::coding_count; i++) {
      const site::pack::Body* body = pack.body(item, static_cast<http::Coding>(i));
      if (body != nullptr && !(digest_of(pack.bytes_of(*body)) == body->digest)) {
        complain(name, i == 0 ? "damaged"sv : "damaged in one of its content codings"sv);
      }
    }
    site::Pack::Item found;
    if (pack.find(item.path, found) != site::Pack::Lookup::found) complain(name, "not found in the pack's index"sv);
    if (item.is_hidden()) return;
    if (is_backup(name)) warn(name, "a backup that visitors can read"sv);
    cache_control(name);
  }

  static bool is_backup(Text name) {
    return ends_with(name, "~"sv) || ends_with(name, ".bak"sv) || ends_with(name, ".orig"sv) ||
           ends_with(name, ".swp"sv);
  }

  // Whether a link that is not followed leads by an absolute path to something beneath the root.
  bool leads_into_site(Text name) const {
    char link[limits::path_max];
    Writer(link).text(name).byte(0);
    char target[limits::path_max];
    auto size = sys::readlinkat(site_.files.root(), link, target, sizeof target - 1);
    if (!size.ok() || size.value() == 0 || target[0] != '/') return false;
    target[size.value()] = '\0';
    auto opened = sys::openat(AT_FDCWD, target, O_PATH);
    if (!opened.ok()) return false;
    sys::Fd(opened.value()).close();
    return lies_in_a_site({target, size.value()}, {&site_, 1});
  }

  // Reviews Cache-Control for the paths under which a file can be requested.
  void cache_control(Text name) {
    if (site_.rules.blocks.used <= 2) return;
    http::Path path = {.name = name};
    rules::review_cache_control(site_.rules, {.path = path, .query = {}, .host = site_.host}, said_);
    if (!drop_end(path.name, ".html"sv)) return;
    if (drop_end(path.name, "index"sv)) {
      (void)drop_end(path.name, "/"sv);
      path.directory = true;
    }
    rules::review_cache_control(site_.rules, {.path = path, .query = {}, .host = site_.host}, said_);
  }

  // The start of a file, as much as fits; empty if it cannot be read.
  Text read_start(const char* name, std::span<char> to) const {
    auto opened = sys::openat(site_.files.root(), name, O_NONBLOCK);
    if (!opened.ok()) return {};
    sys::Fd fd(opened.value());
    size_t used = 0;
    while (used < to.size()) {
      auto count = sys::read(fd.number(), to.data() + used, to.size() - used);
      if (!count.ok() || count.value() == 0) break;
      used += count.value();
    }
    return {to.data(), used};
  }

  static bool has_rules(Text toml) {
    while (!toml.empty()) {
      Text line = trim(take_until(toml, '\n'));
      if (!starts_with(line, "[[")) continue;
      line = trim(drop(line, 2));
      if (starts_with(line, "redirects") || starts_with(line, "headers")) return true;
    }
    return false;
  }

  void text(Text name, const Found& found) {
    if (found.body.length <= limits::uncompressed_text_max || !http::is_text(found.type)) return;
    for (size_t i = 1; i < http::coding_count; i++) {
      auto coding = static_cast<http::Coding>(i);
      if (site_.files.open({.base = name, .coding = coding}).kind == Found::Kind::file) return;
    }
    texts_++;
    if (found.body.length <= largest_bytes_) return;
    largest_bytes_ = found.body.length;
    largest_name_ = name.size();
    __builtin_memcpy(largest_text_, name.data(), name.size());
  }

  void sibling(Text name, const Found& found) {
    for (size_t i = 1; i < http::coding_count; i++) {
      Text suffix = http::coding_suffix(static_cast<http::Coding>(i));
      if (name.size() == suffix.size() || !ends_with(name, suffix)) continue;
      Found original = site_.files.open({.base = take(name, name.size() - suffix.size())});
      if (original.kind != Found::Kind::file) continue;
      if (site::is_older(found.validators, original.validators)) {
        complain(name, "older than the file that it was made from, so it is not sent: compress it again"sv);
      } else if (found.body.length > original.body.length) {
        complain(name, "larger than the file that it was made from, so it is not sent: remove it"sv);
      }
    }
  }

  void complain(Text name, Text what) {
    count_.mistakes++;
    Message(1) << place_ << "/" << name << ": " << what;
  }

  void warn(Text name, Text what) {
    count_.warnings++;
    Message(1) << place_ << "/" << name << ": warning: " << what;
  }

  const site::Site& site_;
  Text place_;
  std::array<rules::Diagnostic, limits::mistakes_shown> room_;
  rules::Diagnostics said_; // about rules
  Complaints count_;
  uint32_t texts_ = 0; // number of texts that are sent uncompressed; below, the largest
  uint64_t largest_bytes_ = 0;
  size_t largest_name_ = 0;
  char largest_text_[limits::path_max] = {};
};

} // namespace

Complaints inspect(const site::Site& site, Text place, bool compresses) {
  Inspection inspection(site, place);
  inspection.rules();
  if (site.files.pack() != nullptr) {
    inspection.targets();
    inspection.pack();
    return inspection.count();
  }
  inspection.other_rules();
  inspection.targets();
  inspection.directory({}, 0);
  if (!compresses) inspection.uncompressed_texts();
  return inspection.count();
}

} // namespace minhttp::app
