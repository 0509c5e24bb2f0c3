// SPDX-License-Identifier: MIT
// A tour: next() reads the directory slice by slice. consider() finds out what an entry is, and hold() keeps it while
// it is among the first that fit. When the directory is read, the entries become a heap with the first one on top, and
// next() takes them off one by one. It is a heap because that needs no extra memory, and no input makes it slow.

#include "site/listing.h"

#include <new>

#include "base/bytes.h"
#include "site/pack.h"
#include "sys/entries.h"
#include "sys/file.h"

namespace minhttp::site {
namespace {

using http::ListingRow;

constexpr unsigned kind_of(int mode) { return static_cast<unsigned>(mode & sys::abi::type_mask); }

void copy(char* to, std::string_view from) { __builtin_memcpy(to, from.data(), from.size()); }

// Names that http::decode_path refuses are not served, so they are not listed.
bool is_hidden(std::string_view name) {
  return name.empty() || name[0] == '.' || name.size() > limits::name_max || find(name, '\\') < name.size();
}

} // namespace

void Listing::Mark::put(const ListingRow& at) {
  set = true;
  copy(name, at.name);
  row = at;
  row.name = {name, at.name.size()};
}

void Listing::begin(std::string_view path, http::ListingOrder order) {
  CHECK(path.size() < limits::path_max);
  copy(path_, path);
  path_size_ = path.size();
  order_ = order;
  counts_ = {};
  row_ = {};
  rows_left_ = 0;
  pack_next_ = 0;
  used_ = count_ = 0;
  has_row_ = false;
  reading_ = first_reading_ = true;
  last_.set = bound_.set = false;
}

Listing::Step Listing::next(const Files& files, int directory) {
  if (has_row_) return Step::row;
  if (reading_) {
    auto more = read_slice(files, directory);
    if (!more.ok()) return Step::failed;
    if (more.value()) return Step::pause;
    reading_ = false;
    if (first_reading_) rows_left_ = counts_.directories + counts_.files;
    first_reading_ = false;
    make_heap(false);
  }
  if (rows_left_ == 0) return Step::end;
  if (count_ > 0) {
    if (!take_first(directory)) return Step::pause;
    has_row_ = true;
    return Step::row;
  }
  if (!bound_.set) return Step::end;
  if (!rewind(files, directory).ok()) return Step::failed;
  bound_.set = false;
  used_ = 0;
  reading_ = true;
  return Step::pause;
}

Result<> Listing::rewind(const Files& files, int directory) {
  pack_next_ = 0;
  return files.pack() != nullptr ? Result<>() : sys::rewind(directory);
}

// Entries of a pack have no times; they are as many in a slice as a reading of a directory brings. EIO: an entry is
// damaged, and a listing without it would look like a whole one.
Result<bool> Listing::read_pack_slice(const Files& files) {
  const Pack& pack = *files.pack();
  char memory[limits::path_max];
  std::string_view directory = files.name_in_pack(path(), memory);
  Pack::Item parent;
  if (pack.find(directory, parent) != Pack::Lookup::found || !parent.is_directory()) return Errno::EIO_;
  uint32_t end = parent.entry->count;
  if (end - pack_next_ > limits::listing_pack_entries) end = pack_next_ + limits::listing_pack_entries;
  for (; pack_next_ < end; pack_next_++) {
    Pack::Item item;
    if (pack.at(parent.entry->first + pack_next_, item) != Pack::Lookup::found) return Errno::EIO_;
    if (files.hides(item)) continue;
    std::string_view name = name_in(item, directory);
    if (name.empty() || name.size() > limits::name_max || is_hidden(name)) continue;
    const pack::Body* body = pack.body(item, http::Coding::identity);
    keep({.name = name,
          .directory = item.is_directory(),
          .link = false,
          .size = body == nullptr ? 0 : body->size,
          .seconds = -1},
         true);
  }
  return pack_next_ < parent.entry->count;
}

// False: the end of the directory.
Result<bool> Listing::read_slice(const Files& files, int directory) {
  if (files.pack() != nullptr) return read_pack_slice(files);
  size_t bytes = TRY(sys::getdents(directory, read_, sizeof read_));
  sys::for_each_entry({read_, bytes}, [&](const char* name, unsigned type) { consider(files, directory, name, type); });
  return bytes > 0;
}

void Listing::consider(const Files& files, int directory, std::string_view name, unsigned type) {
  cost::add(cost::Kind::entries);
  if (is_hidden(name) || (path_size_ == 0 && is_rule_file(name)) || path_size_ + 1 + name.size() + 1 > limits::path_max)
    return;
  ListingRow row = {.name = name};
  bool known = false;
  if (find_out(files, directory, type, row, known)) keep(row, known);
}

// Counts the entry, and holds it if its turn is not over.
void Listing::keep(const ListingRow& row, bool known) {
  if (first_reading_) row.directory ? counts_.directories++ : counts_.files++;
  if (last_.set && !http::stands_before(last_.row, row, order_)) return;
  if (bound_.set && !http::stands_before(row, bound_.row, order_)) return;
  hold(row, known);
}

// type: as in a mode, 0 if the file system does not say. False: the entry is not listed. known: size and time are set;
// if the order does not need them, they are read when the row is due, once instead of at each reading.
bool Listing::find_out(const Files& files, int directory, unsigned type, ListingRow& row, bool& known) {
  bool needed = order_.key != http::ListingOrder::Key::name;
  if (type == 0 || (needed && type != kind_of(sys::abi::type_link))) {
    struct statx facts = {};
    if (!sys::stat_entry(directory, row.name.data(), facts).ok()) return false; // removed meanwhile
    type = kind_of(facts.stx_mode);
    row.size = facts.stx_size;
    row.seconds = facts.stx_mtime.tv_sec;
    known = true;
  }
  if (type == kind_of(sys::abi::type_link)) return known = find_target(files, row);
  row.directory = type == kind_of(sys::abi::type_directory);
  return row.directory || type == kind_of(sys::abi::type_file);
}

// Finds the target of a link as a request for it would. False: it is nothing that we serve.
bool Listing::find_target(const Files& files, ListingRow& row) {
  size_t end = path_size_;
  if (end > 0) path_[end++] = '/';
  copy(path_ + end, row.name);
  path_[end + row.name.size()] = 0;
  struct statx facts = {};
  if (!files.look(path_, facts).ok()) return false;
  row.link = true;
  row.size = facts.stx_size;
  row.seconds = facts.stx_mtime.tv_sec;
  row.directory = kind_of(facts.stx_mode) == kind_of(sys::abi::type_directory);
  return row.directory || kind_of(facts.stx_mode) == kind_of(sys::abi::type_file);
}

void Listing::hold(const ListingRow& row, bool known) {
  // NUL-terminated, as statx needs it.
  size_t bytes = (sizeof(Entry) + row.name.size() + 1 + entry_align - 1) / entry_align * entry_align;
  if (limits::listing_bytes - used_ < bytes) {
    let_go_of_last();
    if (!http::stands_before(row, bound_.row, order_)) return;
  }
  CHECK(count_ < entries_max && limits::listing_bytes - used_ >= bytes);
  auto offset = static_cast<uint32_t>(used_);
  new (bytes_ + used_) Entry{.size = row.size,
                             .seconds = row.seconds,
                             .name_size = static_cast<uint16_t>(row.name.size()),
                             .directory = row.directory,
                             .link = row.link,
                             .known = known,
                             .let_go = false,
                             .unused = 0};
  char* name = bytes_ + used_ + sizeof(Entry);
  copy(name, row.name);
  name[row.name.size()] = 0;
  heap_[count_++] = offset;
  used_ += bytes;
}

// Drops the entries that are last in the order. An eighth of the memory has room for many more, and freeing it is so
// little work that other connections do not notice.
void Listing::let_go_of_last() {
  auto bytes_of = [&](const Entry& e) {
    return (sizeof(Entry) + e.name_size + 1 + entry_align - 1) / entry_align * entry_align;
  };
  make_heap(true);
  for (size_t kept = used_; kept > limits::listing_bytes / 8 * 7;) {
    Entry& last = entry(pop(true));
    last.let_go = true;
    kept -= bytes_of(last);
  }
  bound_.put(row_of(heap_[0]));
  size_t end = used_;
  used_ = count_ = 0;
  for (size_t at = 0; at < end;) {
    Entry& e = entry(static_cast<uint32_t>(at));
    size_t bytes = bytes_of(e);
    if (!e.let_go) {
      __builtin_memmove(bytes_ + used_, bytes_ + at, bytes);
      heap_[count_++] = static_cast<uint32_t>(used_);
      used_ += bytes;
    }
    at += bytes;
  }
}

// Makes the first entry the row. False: it was removed meanwhile, or came twice.
bool Listing::take_first(int directory) {
  uint32_t offset = pop(false);
  ListingRow row = row_of(offset);
  if (last_.set && !http::stands_before(last_.row, row, order_)) return false;
  last_.put(row);
  rows_left_--;
  if (!entry(offset).known) {
    struct statx facts = {};
    if (!sys::stat_entry(directory, row.name.data(), facts).ok()) return false;
    int type = row.directory ? sys::abi::type_directory : sys::abi::type_file;
    if (kind_of(facts.stx_mode) != kind_of(type)) return false;
    row.size = facts.stx_size;
    row.seconds = facts.stx_mtime.tv_sec;
  }
  row_ = row;
  return true;
}

ListingRow Listing::row_of(uint32_t offset) {
  const Entry& e = entry(offset);
  return {.name = {bytes_ + offset + sizeof(Entry), e.name_size},
          .directory = e.directory,
          .link = e.link,
          .size = e.size,
          .seconds = e.seconds};
}

// The order of the heap: the first entry on top, or with last_first the last one.
bool Listing::goes_above(uint32_t a, uint32_t b, bool last_first) {
  cost::add(cost::Kind::entries);
  return last_first ? http::stands_before(row_of(b), row_of(a), order_)
                    : http::stands_before(row_of(a), row_of(b), order_);
}

void Listing::sift_down(size_t at, bool last_first) {
  uint32_t moved = heap_[at];
  while (at * 2 + 1 < count_) {
    size_t child = at * 2 + 1;
    if (child + 1 < count_ && goes_above(heap_[child + 1], heap_[child], last_first)) child++;
    if (!goes_above(heap_[child], moved, last_first)) break;
    heap_[at] = heap_[child];
    at = child;
  }
  heap_[at] = moved;
}

void Listing::make_heap(bool last_first) {
  for (size_t at = count_ / 2; at > 0; at--) sift_down(at - 1, last_first);
}

uint32_t Listing::pop(bool last_first) {
  CHECK(count_ > 0);
  uint32_t top = heap_[0];
  heap_[0] = heap_[--count_];
  if (count_ > 0) sift_down(0, last_first);
  return top;
}

} // namespace minhttp::site
