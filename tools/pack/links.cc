// SPDX-License-Identifier: MIT
#include "pack/links.h"

#include <gumbo.h>

#include <csetjmp>
#include <deque>
#include <memory>

#include "http/coding.h"
#include "http/mime.h"
#include "http/path.h"
#include "pack/file.h"
#include "pack/lower_case.h"
#include "pack/nesting.h"
#include "pack/parallel.h"
#include "pack/urls.h"
#include "tables/limits.h"

namespace minhttp::packer {
namespace {

std::string_view without_prefix(std::string_view name, std::string_view prefix) {
  name.remove_prefix(prefix.size());
  return name;
}

// What gumbo allocates for one page. It is freed as a whole: gumbo's own way of freeing calls itself for each level of
// nesting, and would use up the stack. gumbo cannot be told that there is no memory left; so parse() is left at once.
class PageMemory {
 public:
  std::jmp_buf no_more; // where to go then

  static void* allocate(void* self, size_t size) {
    auto* memory = static_cast<PageMemory*>(self);
    constexpr size_t piece = 256 * 1024;
    size = (size + 15) & ~size_t{15};
    if (size > LinkCheck::page_memory_max - memory->used_) std::longjmp(memory->no_more, 1); // NOLINT(cert-err52-cpp)
    memory->used_ += size;
    if (size > memory->left_) {
      memory->left_ = size > piece ? size : piece;
      memory->pieces_.push_back(std::make_unique<std::byte[]>(memory->left_));
      memory->next_ = memory->pieces_.back().get();
    }
    std::byte* start = memory->next_;
    memory->next_ += size;
    memory->left_ -= size;
    return start;
  }
  static void release(void* /*self*/, void* /*bytes*/) {}

 private:
  std::deque<std::unique_ptr<std::byte[]>> pieces_;
  std::byte* next_ = nullptr;
  size_t left_ = 0;
  uint64_t used_ = 0;
};

// Null if the page takes too much memory. What longjmp() leaves has no destructors: it is C, and allocate().
const GumboOutput* parse(std::string_view html, PageMemory& memory) {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &PageMemory::allocate;
  options.deallocator = &PageMemory::release;
  options.userdata = &memory;
  options.max_errors = 0;
  if (setjmp(memory.no_more) != 0) return nullptr; // NOLINT(cert-err52-cpp)
  return gumbo_parse_with_options(&options, html.data(), html.size());
}

struct Link {
  unsigned line;
  std::string_view url;
  bool navigation; // a person goes there, so that --spa may answer
};

std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found == nullptr ? std::string_view() : std::string_view(found->value);
}

// A link that a browser follows by its origin only.
bool is_hint(std::string_view rel) {
  std::string lower = in_lower_case(rel);
  return lower == "preconnect" || lower == "dns-prefetch";
}

void collect(const GumboElement& element, std::vector<Link>& links, std::string_view& base) {
  auto add = [&](const char* name, bool navigation = false) {
    std::string_view url = attribute(element, name);
    if (!url.empty()) links.push_back({element.start_pos.line, url, navigation});
  };
  auto add_set = [&](const char* name) {
    for (std::string_view url : srcset_urls(attribute(element, name)))
      links.push_back({element.start_pos.line, url, false});
  };
  switch (element.tag) {
    case GUMBO_TAG_A:
    case GUMBO_TAG_AREA: return add("href", true);
    case GUMBO_TAG_BASE:
      if (base.empty()) base = attribute(element, "href");
      return;
    case GUMBO_TAG_LINK:
      if (!is_hint(attribute(element, "rel"))) add("href");
      return add_set("imagesrcset");
    case GUMBO_TAG_META:
      if (in_lower_case(attribute(element, "http-equiv")) == "refresh") {
        std::string_view url = refresh_url(attribute(element, "content"));
        if (!url.empty()) links.push_back({element.start_pos.line, url, true});
      }
      return;
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_FRAME: return add("src", true);
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_EMBED:
    case GUMBO_TAG_AUDIO:
    case GUMBO_TAG_TRACK:
    case GUMBO_TAG_INPUT: return add("src");
    case GUMBO_TAG_IMG:
    case GUMBO_TAG_SOURCE: add("src"); return add_set("srcset");
    case GUMBO_TAG_VIDEO: add("src"); return add("poster");
    case GUMBO_TAG_OBJECT: return add("data");
    default: return;
  }
}

// All links of a page, in the order of the page. A <template> is filled in by a script first.
std::vector<Link> links_of(const GumboOutput& page, std::string_view& base) {
  std::vector<Link> links;
  std::vector<const GumboNode*> left = {page.root};
  while (!left.empty()) {
    const GumboNode* node = left.back();
    left.pop_back();
    if (node->type != GUMBO_NODE_ELEMENT) continue;
    const GumboElement& element = node->v.element;
    collect(element, links, base);
    for (unsigned i = element.children.length; i > 0; i--) {
      left.push_back(static_cast<const GumboNode*>(element.children.data[i - 1]));
    }
  }
  return links;
}

} // namespace

LinkCheck::LinkCheck(const Tree& tree, const std::string& prefix, const SiteRules& rules, const LinkOptions& options)
    : tree_(tree), prefix_(prefix), rules_(rules), options_(options) {
  for (const TreeFile& file : tree.files) {
    if (!file.name.starts_with(prefix) || file.rules) continue;
    std::string name(without_prefix(file.name, prefix));
    by_lower_.try_emplace(in_lower_case(name), name);
    files_.insert(std::move(name));
  }
  for (const std::string& directory : tree.directories) {
    if (directory.starts_with(prefix)) directories_.emplace(without_prefix(directory, prefix));
  }
  directories_.emplace();
}

// As site::Files::find() and serve/decide.cc, without the rules.
bool LinkCheck::is_served(const http::Path& path) const {
  std::string name(path.name);
  std::string index = name.empty() ? "index.html" : name + "/index.html";
  if (path.directory) {
    return has_file(index) || (options_.listing && directories_.contains(name)) ||
           (!name.empty() && has_file(name + ".html"));
  }
  if (has_file(name) || has_file(name + ".html")) return true;
  if (directories_.contains(name)) return has_file(index) || options_.listing;
  if (!http::is_stored_compressed(name)) return false;
  for (size_t c = 1; c < http::coding_count; c++) {
    if (has_file(name + std::string(http::coding_suffix(static_cast<http::Coding>(c))))) return true;
  }
  return false;
}

// A name that differs only in case: there it works, where file systems ignore it.
std::string LinkCheck::like(std::string_view name) const {
  std::string lower = in_lower_case(name);
  for (const char* suffix : {"", ".html", "/index.html"}) {
    auto found = by_lower_.find(lower + suffix);
    if (found != by_lower_.end()) return found->second;
  }
  return {};
}

std::string LinkCheck::evaluate(std::string_view link, std::string_view base, bool navigation) const {
  auto target = resolve(link, base);
  if (!target) return {};
  for (const std::string& path : options_.paths) {
    if (target->path == path) return {};
  }
  std::string_view raw = target->path;
  if (!options_.base_path.empty()) {
    if (!raw.starts_with(options_.base_path)) return {}; // another server's, behind the same proxy
    raw.remove_prefix(options_.base_path.size());
    if (raw.empty()) return {}; // redirected to its slash
    if (raw[0] != '/') return {};
  }
  if (raw.size() > limits::target_max) return "too long for a URL";
  std::string decoded(raw.size(), '\0');
  http::Path path = http::decode_path(raw, decoded);
  if (path.status == http::Status::bad_request) return "malformed";
  if (path.status != http::Status::ok) return "hidden: its name begins with a dot, or has an empty part";
  if (is_served(path)) return {};
  char memory[limits::target_max];
  auto redirect = rules::match_redirect(rules_.rules(), {.path = path, .query = target->query, .host = {}}, memory);
  if (redirect && redirect->status != http::Status::not_found) return {};
  if (navigation && options_.spa && !http::has_known_extension(path.name)) return {};
  std::string other = like(path.name);
  if (!other.empty() && !equal(other, path.name)) return "leads nowhere: the file is called " + other;
  return "leads nowhere";
}

LinkCheck::Findings LinkCheck::check_page(const TreeFile& page) const {
  Findings findings;
  if (page.size > page_max) return {.complaints = {}, .unchecked = "it is larger than 32 MiB"};
  MappedFile file(tree_.path_of(page));
  if (nesting_of(file.bytes()) > nesting_max) {
    return {.complaints = {}, .unchecked = "it nests more than 10,000 elements"};
  }
  PageMemory memory;
  const GumboOutput* parsed = parse(file.bytes(), memory);
  if (parsed == nullptr) return {.complaints = {}, .unchecked = "its elements take more than 1 GiB of memory"};
  std::string base = options_.base_path + "/" + std::string(without_prefix(page.name, prefix_));
  base.resize(base.rfind('/') + 1);
  std::string_view moved;
  std::vector<Link> links = links_of(*parsed, moved);
  if (!moved.empty()) {
    auto other = resolve(moved, base);
    if (!other) return findings; // all of its links lead to another host
    base = other->path.substr(0, other->path.rfind('/') + 1);
  }
  for (const Link& link : links) {
    std::string why = evaluate(link.url, base, link.navigation);
    if (!why.empty()) findings.complaints.push_back({link.line, "the link '" + std::string(link.url) + "' " + why});
  }
  return findings;
}

size_t LinkCheck::run(unsigned jobs, Report& report) const {
  std::vector<const TreeFile*> pages;
  for (const TreeFile& file : tree_.files) {
    if (!file.name.starts_with(prefix_) || file.rules || file.size == 0) continue;
    std::string_view type = http::media_type(file.name);
    if (type.starts_with("text/html") || type.starts_with("application/xhtml+xml")) pages.push_back(&file);
  }
  size_t unchecked = 0;
  auto check = [&](size_t i) { return check_page(*pages[i]); };
  in_order(pages.size(), jobs, 256, check, [&](size_t i, const Findings& findings) {
    for (const Complaint& complaint : findings.complaints) {
      report.warning("links", pages[i]->name + ":" + std::to_string(complaint.line), complaint.text);
    }
    if (findings.unchecked.empty()) return;
    unchecked++;
    report.warning("pages not checked for links", pages[i]->name,
                   "not checked for links: " + std::string(findings.unchecked));
  });
  return unchecked;
}

} // namespace minhttp::packer
