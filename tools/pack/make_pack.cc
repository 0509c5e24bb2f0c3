// SPDX-License-Identifier: MIT
// A tour: read_tree() finds the files; their rules and links are checked; read_contents() hashes them;
// encode_contents() compresses each content, and PackWriter writes it behind a copy of the server. The server itself
// checks the result before it gets its name.

#include "pack/make_pack.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "pack/contents.h"
#include "pack/elf.h"
#include "pack/figures.h"
#include "pack/file.h"
#include "pack/links.h"
#include "pack/progress.h"
#include "pack/report.h"
#include "pack/server_program.h"
#include "pack/site_rules.h"
#include "pack/tree.h"
#include "pack/words.h"
#include "pack/write_pack.h"

namespace minhttp::packer {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t executable_mode = 0777; // less the umask

// The next run would pack what this one has written.
void refuse_inside(const std::string& directory, const std::string& output) {
  std::error_code error;
  if (fs::is_directory(output, error)) throw Failure(printable(output) + " is a directory; -o names a file", 2);
  fs::path root = fs::weakly_canonical(directory, error);
  fs::path parent = fs::weakly_canonical(fs::absolute(output).parent_path(), error);
  for (fs::path at = parent; !error; at = at.parent_path()) {
    if (at == root)
      throw Failure("-o " + printable(output) + " lies in " + printable(directory) + ": write it elsewhere", 2);
    if (at == at.parent_path()) return;
  }
}

// In a directory the server hides the password file of --auth; in a pack it would be a file as any other.
Apart apart_of(const Arguments& arguments, const std::vector<std::string>& words) {
  std::string output;
  if (!arguments.dry_run) output = fs::absolute(arguments.file).parent_path();
  return {.secrets = secret_files(words), .output = output};
}

// The sites of a tree: their prefixes.
std::vector<std::string> prefixes_of(const Tree& tree, bool hosts) {
  if (!hosts) return {""};
  std::vector<std::string> all;
  for (const std::string& name : tree.directories) {
    if (!name.empty() && name.find('/') == std::string::npos) all.push_back(name + "/");
  }
  return all;
}

// How many pages were not checked for links, though they should have been.
size_t check_sites(const Tree& tree, const Arguments& arguments, const LinkOptions& options, Report& report) {
  size_t unchecked = 0;
  for (const std::string& prefix : prefixes_of(tree, arguments.hosts)) {
    SiteRules rules(tree, prefix, report);
    if (arguments.links) unchecked += LinkCheck(tree, prefix, rules, options).run(arguments.jobs, report);
  }
  return unchecked;
}

void end_if_wrong(Report& report, bool strict, bool last) {
  bool wrong = report.mistakes() > 0 || (strict && last && report.warnings() > 0);
  if (!wrong && !last) return;
  report.close();
  if (!wrong) return;
  throw Failure(report.mistakes() > 0
                    ? counted(report.mistakes(), "mistake", "mistakes") + ": nothing was written"
                    : counted(report.warnings(), "warning", "warnings") + ", and --strict: nothing was written");
}

// A server that becomes a packed site.
class Executable {
 public:
  Executable(const std::string& server, const std::string& path)
      : server_(server), attachment_(attach_or_name(server_, server)), out_(path, executable_mode) {
    out_.append(server_.bytes());
    out_.pad(site::pack::content_align);
    writer_.emplace(out_);
  }

  PackWriter& writer() { return *writer_; }
  const std::string& machine() const { return attachment_.machine; }
  uint64_t server_bytes() const { return server_.bytes().size(); }
  uint64_t bytes() const { return out_.size(); }

  void finish(const Tree& tree, const Contents& contents, const std::string& options, bool hosts,
              NewFile::Durable durable) {
    writer_->finish(tree, contents, options, hosts ? uint32_t{site::pack::virtual_hosts} : 0);
    out_.overwrite(0, attach(server_.bytes(), writer_->size()).head);
    out_.finish(durable);
  }

  // Asks the server itself, if this machine can run it.
  void check(bool quiet) {
    CheckResult result = run_check(out_.temporary_path());
    if (!result.ran) {
      if (!quiet) (void)std::fprintf(stderr, "minhttp-pack: for %s: not checked here\n", machine().c_str());
      return;
    }
    if (result.status == 0) return;
    (void)std::fputs(result.output.c_str(), stderr);
    if (result.status == 2) throw Failure("the server does not take these options (--with): nothing was written", 2);
    (void)std::fputs("minhttp-pack: warning: here, this site would not start\n", stderr);
  }

  void commit() { out_.commit(); }

 private:
  static Attachment attach_or_name(const MappedFile& server, const std::string& name) {
    try {
      return attach(server.bytes(), 0);
    } catch (const Failure& failure) {
      throw Failure("the server " + printable(name) + ": " + failure.what());
    }
  }

  MappedFile server_;
  Attachment attachment_;
  NewFile out_;
  std::optional<PackWriter> writer_;
};

// Options are tried with an empty site, before anything takes long.
void try_options(const std::string& server, const Arguments& arguments, const std::string& options) {
  if (options.empty() || arguments.hosts) return;
  Executable probe(server, arguments.file);
  Tree empty;
  empty.directories.emplace_back();
  probe.finish(empty, {}, options, false, NewFile::Durable::no);
  probe.check(true);
}

} // namespace

int make_pack(const Arguments& arguments) {
  auto begun = std::chrono::steady_clock::now();
  std::vector<std::string> words = split_words(arguments.with);
  std::string options = packed_options(words);
  LinkOptions link = link_options(words);
  std::optional<Executable> out;
  if (!arguments.dry_run) {
    std::string server = find_server(arguments.server);
    refuse_inside(arguments.directory, arguments.file);
    try_options(server, arguments, options);
    out.emplace(server, arguments.file);
  }

  Report report(arguments.directory, arguments.all_lines);
  Apart apart = apart_of(arguments, words);
  Tree tree = arguments.hosts ? read_host_trees(arguments.directory, apart, report)
                              : read_tree(arguments.directory, apart, report);
  size_t unchecked = check_sites(tree, arguments, link, report);
  end_if_wrong(report, arguments.strict, false);
  Contents contents = read_contents(tree, Purpose::pack, arguments.jobs, report);
  end_if_wrong(report, arguments.strict, true);

  BodyCache cache(arguments.cache);
  Figures figures;
  {
    Progress progress("compressing", work_of(contents), arguments.quiet);
    encode_contents(tree, contents, Which::all, cache, arguments.jobs, arguments.codings,
                    [&](size_t i, std::string_view bytes, Encoded& encoded) {
                      figures.add(contents.all[i], encoded);
                      if (out) out->writer().add(i, bytes, encoded);
                      if (contents.all[i].compress) progress.add(contents.all[i].size);
                    });
  }
  cache.shrink();
  figures.close(tree, contents);
  if (out) {
    out->finish(tree, contents, options, arguments.hosts, NewFile::Durable::yes);
    out->check(arguments.quiet);
    out->commit();
  }
  if (arguments.quiet) return 0;
  if (out) {
    (void)std::printf("%s: %s for %s: server %s, site %s, of which index %s\n", printable(arguments.file).c_str(),
                      in_units(out->bytes()).c_str(), out->machine().c_str(), in_units(out->server_bytes()).c_str(),
                      in_units(out->writer().size()).c_str(), in_units(out->writer().index_bytes()).c_str());
  } else {
    (void)std::printf("%s: nothing was written (--dry-run)\n", printable(arguments.directory).c_str());
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  (void)std::fputs(figures.text(tree, unchecked, took.count()).c_str(), stdout);
  return 0;
}

} // namespace minhttp::packer
