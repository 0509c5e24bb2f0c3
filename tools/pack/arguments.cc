// SPDX-License-Identifier: MIT
#include "pack/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
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

// What the command line says, as CLI11 fills it in.
struct Given {
  Arguments made;
  std::string hosts, list, extract, verify, siblings;
  std::vector<std::string> codings;
  bool no_cache = false;
  bool no_links = false;
  CLI::Option *directory, *output, *by_host, *to_list, *to_verify, *to_extract, *into, *beside;
};

// tools/gen/options.py reads names and texts from here.
void declare(CLI::App& app, Given& given) {
  given.directory = app.add_option("DIR", given.made.directory, "the site")->type_name("");
  given.output = app.add_option("-o,--output", given.made.file, "the executable to write")->type_name("FILE");
  given.by_host =
      app.add_option("--hosts", given.hosts, "instead of DIR: a directory for each host in it")->type_name("DIR");
  app.add_option("--with", given.made.with,
                 "options of the server that it starts with: --with '--spa --health /healthz'")
      ->type_name("OPTIONS");
  app.add_option("--server", given.made.server, "the server; else minhttp beside this program, or in PATH")
      ->type_name("FILE");
  app.add_option("--codings", given.codings, "what to compress with; else br,zstd,gzip")
      ->delimiter(',')
      ->check(CLI::IsMember({"br", "zstd", "gzip"}))
      ->type_name("LIST");
  auto* cache =
      app.add_option("--cache", given.made.cache, "where compressed files are kept for the next run")->type_name("DIR");
  app.add_flag("--no-cache", given.no_cache, "compress everything anew")->excludes(cache);
  app.add_option("-j,--jobs", given.made.jobs, "threads; else one for each processor")
      ->check(CLI::Range(1U, jobs_max))
      ->type_name("N");
  app.add_flag("-n,--dry-run", given.made.dry_run, "do everything, but write no executable");
  app.add_flag("--strict", given.made.strict, "warnings are mistakes: links that lead nowhere, too");
  app.add_flag("--no-links", given.no_links, "do not look whether links lead anywhere");
  app.add_flag("-a,--all", given.made.all_lines, "print every warning, not the first 20 of a kind");
  app.add_flag("-q,--quiet", given.made.quiet, "print only what is wrong");
  given.to_list = app.add_option("--list", given.list, "print what is in a packed site")->type_name("FILE");
  given.to_verify = app.add_option("--verify", given.verify, "check every byte of a packed site")->type_name("FILE");
  given.to_extract = app.add_option("--extract", given.extract, "write the files of a packed site")->type_name("FILE");
  given.into = app.add_option("-C", given.made.directory, "with --extract: into this directory, which is new or empty")
                   ->type_name("DIR");
  given.beside = app.add_option("--siblings", given.siblings, "write .br, .zst and .gz beside the files of a directory")
                     ->type_name("DIR");
}

void check_together(const Given& given) {
  std::array kinds = {given.to_list, given.to_verify, given.to_extract, given.beside};
  auto kind = std::count_if(kinds.begin(), kinds.end(), [](auto* one) { return one->count() > 0; });
  if (kind > 1) throw CLI::ValidationError("--list, --verify, --extract, --siblings: one of them");
  if (kind == 1 && (given.directory->count() + given.by_host->count() + given.output->count() > 0)) {
    throw CLI::ValidationError("--list, --verify, --extract and --siblings name their FILE or DIR themselves");
  }
  if (given.into->count() > 0 && given.extract.empty()) throw CLI::ValidationError("-C goes with --extract FILE");
  if (!given.extract.empty() && given.into->count() == 0) throw CLI::ValidationError("--extract FILE needs -C DIR");
  if (kind == 0 && given.directory->count() + given.by_host->count() != 1) {
    throw CLI::ValidationError("name one directory: minhttp-pack DIR -o FILE");
  }
  if (kind == 0 && given.made.file.empty() && !given.made.dry_run) throw CLI::ValidationError("-o FILE is missing");
}

Arguments settle(const Given& given) {
  Arguments made = given.made;
  if (!given.hosts.empty()) {
    made.hosts = true;
    made.directory = given.hosts;
  }
  made.command = !given.list.empty()       ? Command::list
                 : !given.verify.empty()   ? Command::verify
                 : !given.extract.empty()  ? Command::extract
                 : !given.siblings.empty() ? Command::siblings
                                           : Command::pack;
  if (made.command != Command::pack && made.command != Command::siblings)
    made.file = given.list + given.verify + given.extract;
  if (made.command == Command::siblings) made.directory = given.siblings;
  if (given.no_cache) made.cache.clear();
  made.links = !given.no_links;
  made.codings = codings_of(given.codings);
  return made;
}

} // namespace

std::optional<Arguments> read_arguments(int count, char** words, int& status) {
  Given given = {};
  given.made.cache = BodyCache::default_directory();
  given.made.jobs = std::max(1U, std::thread::hardware_concurrency());
  CLI::App app("Lays a site into a copy of the server: one executable that needs nothing else.", "minhttp-pack");
  app.formatter(std::make_shared<Form>());
  app.set_version_flag("-V,--version", std::string("minhttp-pack ") + MINHTTP_VERSION);
  declare(app, given);
  try {
    app.parse(count, words);
    check_together(given);
  } catch (const CLI::Success& done) { // --help, --version
    status = app.exit(done);
    return {};
  } catch (const CLI::ParseError& mistake) {
    std::cerr << "minhttp-pack: " << mistake.what() << "\nminhttp-pack --help lists the options\n";
    status = 2;
    return {};
  }
  return settle(given);
}

} // namespace minhttp::packer
