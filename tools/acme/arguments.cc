// SPDX-License-Identifier: MIT
#include "acme/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "acme/http.h"
#include "acme/limits.h"
#include "acme/report.h"

namespace minhttp::acme {
namespace {

constexpr int64_t days_most = 36'500;

class Form : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: minhttps-acme --domain NAME --webroot DIR --state DIR --agree-to-terms [options]\n";
  }
  // Without the names of types.
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string type = option->get_type_name();
    return type.empty() ? std::string() : " " + type.substr(0, type.find(':'));
  }
};

struct Given {
  Arguments made;
  std::string key = "ecdsa";
  int64_t days = 0;
};

// tools/gen/options.py reads names and texts from here.
void declare(CLI::App& app, Given& given) {
  app.add_option(
         "-d,--domain", given.made.domains,
         "a host name of the certificate; several times for several. The first one names the certificate's directory")
      ->type_name("NAME");
  app.add_option("--webroot", given.made.webroot,
                 "the directory that these names serve on port 80, where .well-known/acme-challenge is written")
      ->type_name("DIR");
  app.add_option("--state", given.made.state,
                 "where accounts and certificates are kept: minhttps takes --cert DIR/NAME")
      ->type_name("DIR");
  app.add_flag("--agree-to-terms", given.made.agrees, "you have read the authority's terms of service, and agree");
  app.add_option("--email", given.made.email, "an address that the authority may write to")->type_name("ADDRESS");
  app.add_option("--directory", given.made.directory, "the authority's ACME directory; else that of Let's Encrypt")
      ->type_name("URL");
  app.add_option("--ca-bundle", given.made.ca_bundle,
                 "certificates that the authority's server is verified with, instead of the system's")
      ->type_name("FILE");
  app.add_option("--key", given.key, "the kind of key: ecdsa (P-256) or rsa (2048 bits); else ecdsa")
      ->check(CLI::IsMember({"ecdsa", "rsa"}))
      ->type_name("KIND");
  app.add_option("--renew-within", given.days,
                 "renew when so many days are left; else when a third of the life is, or the authority suggests it")
      ->check(CLI::Range(int64_t{1}, days_most))
      ->type_name("DAYS");
  app.add_flag("--renew-now", given.made.renew_now, "ask for a new certificate, whatever the age of the present one");
  app.add_flag("--retry", given.made.retry, "ask again now, although an attempt has failed a moment ago");
}

void settle_domains(std::vector<std::string>& domains) {
  std::vector<std::string> kept;
  for (std::string& name : domains) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (std::string problem = problem_of_domain(name); !problem.empty()) {
      throw CLI::ValidationError("--domain " + printable(name) + ": " + problem);
    }
    if (std::find(kept.begin(), kept.end(), name) == kept.end()) kept.push_back(name);
  }
  if (kept.empty()) throw CLI::ValidationError("name a host: --domain www.example.org");
  if (kept.size() > limits::domains) {
    throw CLI::ValidationError("--domain: a certificate has at most " + std::to_string(limits::domains) + " names");
  }
  domains = kept;
}

void settle(Given& given) {
  Arguments& made = given.made;
  settle_domains(made.domains);
  if (made.webroot.empty()) throw CLI::ValidationError("--webroot DIR is missing: the directory of the site");
  if (made.state.empty()) throw CLI::ValidationError("--state DIR is missing: where certificates are kept");
  if (!is_url(made.directory))
    throw CLI::ValidationError("--directory takes a URL of https: " + printable(made.directory));
  while (made.state.size() > 1 && made.state.ends_with('/')) made.state.pop_back();
  bool plain = std::all_of(made.email.begin(), made.email.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!made.email.empty() && (!plain || made.email.find('@') == std::string::npos)) {
    throw CLI::ValidationError("--email takes one address: " + printable(made.email));
  }
  made.key = given.key == "rsa" ? KeyKind::rsa : KeyKind::ecdsa;
  made.renew_within_s = given.days * limits::day_s;
}

} // namespace

std::string problem_of_domain(std::string_view name) {
  if (name.starts_with("*")) return "a wildcard cannot be proved by HTTP-01; name the hosts";
  if (name.empty() || name.size() > limits::domain_bytes) return "a host name has 1 to 253 characters";
  bool only_digits = true;
  size_t begin = 0;
  while (begin <= name.size()) {
    size_t end = std::min(name.find('.', begin), name.size());
    std::string_view label = name.substr(begin, end - begin);
    bool good = !label.empty() && label.size() <= limits::label_bytes && label.front() != '-' && label.back() != '-';
    for (char c : label) {
      bool digit = c >= '0' && c <= '9';
      good = good && (digit || (c >= 'a' && c <= 'z') || c == '-');
      only_digits = only_digits && digit;
    }
    if (!good) return "a host name has letters, digits and hyphens between dots; others are written as xn--...";
    begin = end + 1;
  }
  return only_digits ? "an address is no host name" : "";
}

std::optional<Arguments> read_arguments(int count, char** words, int& status) {
  Given given;
  given.made.directory = "https://acme-v02.api.letsencrypt.org/directory";
  CLI::App app("Gets a certificate for minhttps from Let's Encrypt or another authority (ACME), and renews it.",
               "minhttps-acme");
  app.formatter(std::make_shared<Form>());
  app.set_version_flag("-V,--version", std::string("minhttps-acme ") + MINHTTP_VERSION);
  declare(app, given);
  try {
    app.parse(count, words);
    settle(given);
  } catch (const CLI::Success& done) { // --help, --version
    status = app.exit(done);
    return {};
  } catch (const CLI::ParseError& mistake) {
    std::cerr << "minhttps-acme: " << mistake.what() << "\nminhttps-acme --help lists the options\n";
    status = 2;
    return {};
  }
  return given.made;
}

} // namespace minhttp::acme
