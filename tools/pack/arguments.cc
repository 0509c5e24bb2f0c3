// SPDX-License-Identifier: MIT
#include "pack/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>

#include "pack/body_cache.h"
#include "pack/report.h"

namespace minhttp::packer {
namespace {

using http::Coding;

constexpr unsigned jobs_max = 256;

class Form : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: minhttp-pack DIR -o FILE [options]\n"
           "       minhttp-pack --siblings DIR\n"
           "       minhttp-pack --list FILE | --verify FILE | --extract FILE -C DIR\n";
  }
  // Without the names of types and of other options.
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string type = option->get_type_name();
    return type.empty() || option->get_positional() ? std::string() : " " + type.substr(0, type.find(':'));
  }
};

std::vector<Coding> codings_of(const std::vector<std::string>& names) {
  std::vector<Coding> codings;
  for (size_t c = 1; c < http::coding_count; c++) { // in this order, whatever the order of the names
    auto coding = static_cast<Coding>(c);
    bool wanted = names.empty();
    for (const std::string& name : names) wanted = wanted || name == http::coding_token(coding);
    if (wanted) codings.push_back(coding);
  }
  return codings;
}

} // namespace

std::optional<Arguments> read_arguments(int count, char** words, int& status) {
  Arguments made;
  made.cache = BodyCache::default_directory();
  made.jobs = std::max(1U, std::thread::hardware_concurrency());
  std::string hosts, list, extract, verify, siblings;
  std::vector<std::string> codings;
  bool no_cache = false;
  bool no_links = false;

  CLI::App app("Lays a site into a copy of the server: one executable that needs nothing else.", "minhttp-pack");
  app.formatter(std::make_shared<Form>());
  app.set_version_flag("-V,--version", std::string("minhttp-pack ") + MINHTTP_VERSION);
  auto* directory = app.add_option("DIR", made.directory, "the site")->type_name("");
  auto* output = app.add_option("-o,--output", made.file, "the executable to write")->type_name("FILE");
  auto* by_host = app.add_option("--hosts", hosts, "instead of DIR: a directory for each host in it")->type_name("DIR");
  app.add_option("--with", made.with, "options of the server that it starts with: --with '--spa --health /healthz'")
      ->type_name("OPTIONS");
  app.add_option("--server", made.server, "the server; else minhttp beside this program, or in PATH")
      ->type_name("FILE");
  app.add_option("--codings", codings, "what to compress with; else br,zstd,gzip")
      ->delimiter(',')
      ->check(CLI::IsMember({"br", "zstd", "gzip"}))
      ->type_name("LIST");
  auto* cache =
      app.add_option("--cache", made.cache, "where compressed files are kept for the next run")->type_name("DIR");
  app.add_flag("--no-cache", no_cache, "compress everything anew")->excludes(cache);
  app.add_option("-j,--jobs", made.jobs, "threads; else one for each processor")
      ->check(CLI::Range(1U, jobs_max))
      ->type_name("N");
  app.add_flag("-n,--dry-run", made.dry_run, "do everything, but write no executable");
  app.add_flag("--strict", made.strict, "warnings are mistakes: links that lead nowhere, too");
  app.add_flag("--no-links", no_links, "do not look whether links lead anywhere");
  app.add_flag("-a,--all", made.all_lines, "print every warning, not the first 20 of a kind");
  app.add_flag("-q,--quiet", made.quiet, "print only what is wrong");
  auto* to_list = app.add_option("--list", list, "print what is in a packed site")->type_name("FILE");
  auto* to_verify = app.add_option("--verify", verify, "check every byte of a packed site")->type_name("FILE");
  auto* to_extract = app.add_option("--extract", extract, "write the files of a packed site")->type_name("FILE");
  auto* into = app.add_option("-C", made.directory, "with --extract: into this directory, which is new or empty")
                   ->type_name("DIR");
  auto* beside = app.add_option("--siblings", siblings, "write .br, .zst and .gz beside the files of a directory")
                     ->type_name("DIR");
  try {
    app.parse(count, words);
    std::vector<CLI::Option*> kinds = {to_list, to_verify, to_extract, beside};
    auto given = std::count_if(kinds.begin(), kinds.end(), [](auto* one) { return one->count() > 0; });
    if (given > 1) throw CLI::ValidationError("--list, --verify, --extract, --siblings: one of them");
    if (given == 1 && (directory->count() + by_host->count() + output->count() > 0)) {
      throw CLI::ValidationError("--list, --verify, --extract and --siblings name their FILE or DIR themselves");
    }
    if (into->count() > 0 && extract.empty()) throw CLI::ValidationError("-C goes with --extract FILE");
    if (!extract.empty() && into->count() == 0) throw CLI::ValidationError("--extract FILE needs -C DIR");
    if (given == 0 && directory->count() + by_host->count() != 1) {
      throw CLI::ValidationError("name one directory: minhttp-pack DIR -o FILE");
    }
    if (given == 0 && made.file.empty() && !made.dry_run) throw CLI::ValidationError("-o FILE is missing");
  } catch (const CLI::Success& done) { // --help, --version
    status = app.exit(done);
    return {};
  } catch (const CLI::ParseError& mistake) {
    std::cerr << "minhttp-pack: " << mistake.what() << "\nminhttp-pack --help lists the options\n";
    status = 2;
    return {};
  }
  if (!hosts.empty()) {
    made.hosts = true;
    made.directory = hosts;
  }
  made.command = !list.empty()       ? Command::list
                 : !verify.empty()   ? Command::verify
                 : !extract.empty()  ? Command::extract
                 : !siblings.empty() ? Command::siblings
                                     : Command::pack;
  if (made.command != Command::pack && made.command != Command::siblings) made.file = list + verify + extract;
  if (made.command == Command::siblings) made.directory = siblings;
  if (no_cache) made.cache.clear();
  made.links = !no_links;
  made.codings = codings_of(codings);
  return made;
}

} // namespace minhttp::packer
