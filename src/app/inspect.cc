#include "app/inspect.h"

#include "app/message.h"
#include "sys/entries.h"
#include "sys/file.h"

namespace minhttp::app {
namespace {

using site::Found;
using Text = std::string_view;

class Inspection {
 public:
  Inspection(const site::Site& site, Text place) : site_(site), place_(place) {}

  void targets() {
    for (uint32_t i = 1; i < site_.rules.redirects.used; i++) {
      const site::RedirectRule& rule = site_.rules.redirects[i];
      if (rule.redirects() || rule.same || rule.target.captures) continue;
      Text target = site_.rules.text.view(rule.target.text);
      target = take(target, find(take(target, find(target, '#')), '?'));
      char decoded[limits::target_max];
      http::Path path = http::decode_path(target, decoded);
      Found found = site_.files.find(path);
      if (found.kind == Found::Kind::redirect) {
        path.directory = true;
        found = site_.files.find(path);
      }
      if (found.kind == Found::Kind::file) continue;
      count_++;
      Message(1) << place_ << "/_redirects:" << uint64_t{rule.line} << ": no file is there to be served: '" << target
                 << "'";
    }
  }

  // name: of a directory, empty for the root.
  void directory(Text name, uint32_t depth) {
    auto opened = site_.files.open_directory({.status = http::Status::ok, .directory = true, .name = name});
    if (!opened.ok()) return complain(name, words(opened.error()));
    sys::Fd fd(opened.value());
    while (true) {
      char entries[limits::listing_read_bytes];
      auto bytes = sys::getdents(fd.number(), entries, sizeof entries);
      if (!bytes.ok()) return complain(name, words(bytes.error()));
      if (bytes.value() == 0) return;
      sys::for_each_entry({entries, bytes.value()},
                          [&](const char* entry, unsigned type) { this->entry(name, entry, type, depth); });
    }
  }

  uint32_t count() const { return count_; }

 private:
  void entry(Text directory, Text last, unsigned type, uint32_t depth) {
    char path[limits::path_max];
    if (last[0] == '.' || directory.size() + 1 + last.size() >= sizeof path) return; // hidden, or no path leads there
    Writer out(path);
    if (!directory.empty()) out.text(directory).byte('/');
    Text name = out.text(last).view();
    if (directory.empty() && site::is_rule_file(name)) return;
    Found found = site_.files.open({.base = name});
    if (found.kind == Found::Kind::directory) {
      if (type == sys::abi::type_link) return; // what it leads to is looked at where it stands
      if (depth == limits::inspected_depth) return complain(name, "too deep: what is below it was not looked at");
      return this->directory(name, depth + 1);
    }
    if (found.kind == Found::Kind::file) return sibling(name, found);
    complain(name, found.status == http::Status::forbidden ? "not readable for the server's user: visitors get 403"
                   : type == sys::abi::type_link           ? "a link that leads nowhere, or out of the site: not served"
                                                           : "not a regular file: not served");
  }

  void sibling(Text name, const Found& found) {
    for (size_t i = 1; i < http::coding_count; i++) {
      Text suffix = http::coding_suffix(static_cast<http::Coding>(i));
      if (name.size() == suffix.size() || !ends_with(name, suffix)) continue;
      Found original = site_.files.open({.base = take(name, name.size() - suffix.size())});
      if (original.kind != Found::Kind::file) continue;
      if (site::is_older(found.validators, original.validators)) {
        complain(name, "older than the file that it was made from, so it is not sent: compress it again");
      } else if (found.body.length > original.body.length) {
        complain(name, "larger than the file that it was made from, so it is not sent: remove it");
      }
    }
  }

  void complain(Text name, Text what) {
    count_++;
    Message(1) << place_ << "/" << name << ": " << what;
  }

  const site::Site& site_;
  Text place_;
  uint32_t count_ = 0;
};

} // namespace

uint32_t inspect(const site::Site& site, Text place) {
  Inspection inspection(site, place);
  inspection.targets();
  inspection.directory({}, 0);
  return inspection.count();
}

} // namespace minhttp::app
