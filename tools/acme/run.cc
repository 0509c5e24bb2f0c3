// SPDX-License-Identifier: MIT
// The tour of minhttps-acme: run() asks Place for the present certificate, renewal.h whether it is old, Client and
// obtain() for a new one, and Place to install it. What has failed is remembered, so that the authority is not asked
// all the time.
#include "acme/run.h"

#include <algorithm>
#include <ctime>
#include <random>

#include "acme/certificate.h"
#include "acme/client.h"
#include "acme/encoding.h"
#include "acme/limits.h"
#include "acme/order.h"
#include "acme/renewal.h"
#include "acme/report.h"
#include "acme/store.h"

namespace minhttp::acme {
namespace {

Validity validity_of(const Chain& chain) {
  return {.begins_s = begins_s(chain.leaf()), .ends_s = ends_s(chain.leaf())};
}

class Run {
 public:
  explicit Run(const Arguments& arguments)
      : arguments_(arguments),
        name_(arguments.domains.front()),
        store_(arguments.state),
        place_(arguments.state, name_),
        http_(arguments.ca_bundle),
        client_(http_, arguments.directory),
        now_s_(time(nullptr)) {}

  void run() {
    renewal_ = place_.renewal();
    present_ = place_.present();
    std::string reason = why_at_once();
    if (reason.empty() && arguments_.renew_now) reason = "--renew-now";
    if (reason.empty()) {
      ask_for_window();
      reason = why_now(validity_of(present_->chain), renewal_.window, arguments_.renew_within_s, now_s_);
    }
    if (reason.empty()) return say_nothing_to_do();
    check_waiting();
    say(name_ + ": asking for a certificate: " + reason);
    try {
      renew();
    } catch (const Failure& failure) {
      if (failure.status() != 2) remember(failure);
      throw;
    }
  }

 private:
  // Whatever its age; "": it is the one that is wanted.
  std::string why_at_once() const {
    if (!present_) return "there is none";
    if (int64_t begins = begins_s(present_->chain.leaf()); begins > now_s_ + limits::begin_most_s) {
      throw Failure(name_ + ": the certificate begins on " + utc(begins) + ", and this machine's clock says " +
                    utc(now_s_) + ": set the clock (timedatectl set-ntp true)");
    }
    std::vector<std::string> names = arguments_.domains;
    std::sort(names.begin(), names.end());
    if (names_of(present_->chain.leaf()) != names) return "the names are others than before";
    if (!is_kind(present_->key.get(), arguments_.key)) return "the kind of key is another than before";
    if (!renewal_.directory.empty() && renewal_.directory != arguments_.directory)
      return "the authority is another than before";
    return {};
  }

  // Renewal information is help, not a condition: whatever fails is said, and the certificate's own dates decide.
  void ask_for_window() {
    std::string id = ari_id(present_->chain.leaf());
    bool wanted = arguments_.renew_within_s == 0 && renewal_.directory == arguments_.directory &&
                  waits_until_s(renewal_, arguments_.directory, now_s_) == 0 &&
                  is_asked_for(renewal_.window, id, now_s_);
    if (!wanted) return;
    if (renewal_.window.id != id) renewal_.window = {.id = id};
    renewal_.window.asked_s = now_s_;
    renewal_.window.next_s = now_s_ + limits::ari_again_s;
    try {
      const std::string& base = client_.directory().renewal_info;
      if (!base.empty()) take_window(client_.get(base + (base.ends_with('/') ? "" : "/") + id));
    } catch (const Failure& failure) {
      warn(name_ + ": no renewal information, which is only a suggestion: " + failure.what());
    }
    save("it is asked for at the next run, too");
  }

  // What is remembered is no condition for anything: that it cannot be written is said, with what follows from that.
  void save(const char* otherwise) const {
    try {
      place_.save(renewal_);
    } catch (const Failure& failure) {
      warn(std::string(failure.what()) + ": " + otherwise);
    }
  }

  void take_window(const Answer& answer) {
    Window& window = renewal_.window;
    auto suggested = answer.json.find("suggestedWindow");
    if (suggested == answer.json.end() || !suggested->is_object()) {
      throw Failure("it has no \"suggestedWindow\"", temporary_failure);
    }
    auto start = parse_rfc3339(text_member(*suggested, "start", "window"));
    auto end = parse_rfc3339(text_member(*suggested, "end", "window"));
    if (!start || !end || !is_usable(*start, *end, validity_of(present_->chain))) {
      throw Failure("its window is none in which the certificate could be renewed", temporary_failure);
    }
    window.next_s = now_s_ + std::clamp(answer.reply.retry_s.value_or(limits::ari_again_s), limits::ari_least_s,
                                        limits::ari_most_s);
    if (window.start_s == *start && window.end_s == *end) return; // the time that was chosen stays
    std::random_device random;
    window.start_s = *start;
    window.end_s = *end;
    window.chosen_s = std::uniform_int_distribution<int64_t>(*start, *end)(random);
  }

  void say_nothing_to_do() const {
    Validity validity = validity_of(present_->chain);
    say(name_ + ": valid until " + utc(validity.ends_s) + ", renewed from " +
        utc(renewed_from_s(validity, renewal_.window, arguments_.renew_within_s)) + " on: nothing to do");
  }

  void check_waiting() const {
    int64_t until_s = waits_until_s(renewal_, arguments_.directory, now_s_);
    if (until_s == 0 || (arguments_.retry && !renewal_.told_to_wait)) return;
    std::string why = renewal_.told_to_wait ? "the authority wants not to be asked before " : "not asked again before ";
    throw Failure(name_ + ": " + why + utc(until_s) + (renewal_.told_to_wait ? "" : " (--retry asks now)") +
                      "; the last attempt, on " + utc(renewal_.failed_s) + ": " + printable(renewal_.reason),
                  temporary_failure);
  }

  void remember(const Failure& failure) {
    place_.discard(); // which leaves room for what is remembered, if the disk is full
    int64_t ends = present_ ? ends_s(present_->chain.leaf()) : 0;
    note_failure(renewal_, {.directory = arguments_.directory,
                            .reason = failure.what(),
                            .told_s = failure.wait_s(),
                            .now_s = time(nullptr),
                            .ends_s = ends});
    save("the next run does not know that this one has failed");
    if (renewal_.told_to_wait) warn(name_ + ": the authority wants not to be asked before " + utc(renewal_.until_s));
    if (place_.has_switched()) {
      warn(name_ + ": the new certificate is in " + printable(place_.path()) + "/current already");
    } else if (present_) {
      warn(name_ + ": the present certificate, valid until " + utc(ends) + ", stays in use");
    }
  }

  // Makes the account known to the authority, or asks which one it is: both is the same request (RFC 8555 section 7.3).
  void register_account(EVP_PKEY* account) {
    const Directory& directory = client_.directory();
    if (directory.needs_external) {
      throw Failure(printable(arguments_.directory) +
                    " wants an account that was made elsewhere (external account binding), which "
                    "minhttps-acme cannot name: choose another authority");
    }
    if (!arguments_.agrees) {
      throw Failure("read the terms of service" + (directory.terms.empty() ? "" : ", " + directory.terms) +
                        ", and say --agree-to-terms if you do",
                    2);
    }
    client_.use_account(account, "");
    Json payload = {{"termsOfServiceAgreed", true}};
    if (!arguments_.email.empty()) payload["contact"] = {"mailto:" + arguments_.email};
    std::string url = client_.post(directory.new_account, payload).reply.location;
    if (!is_url(url)) throw Failure("the authority gives no URL of the account: " + printable(url), temporary_failure);
    store_.save_account_url(arguments_.directory, url);
    client_.use_account(account, url);
  }

  std::string obtain_from_account(EVP_PKEY* account, const Wanted& wanted) {
    std::string url = store_.account_url(arguments_.directory);
    bool known = is_url(url);
    if (known) {
      client_.use_account(account, url);
    } else {
      register_account(account);
    }
    try {
      return obtain(client_, wanted);
    } catch (const Refusal& refusal) {
      // RFC 8555 section 7.3.6: what is asked with a key that was deactivated is refused like this.
      if (known && refusal.is("unauthorized")) {
        throw Failure(std::string(refusal.what()) + "; if the account was deactivated, remove " +
                          printable(arguments_.state) + "/_account.pem, so that a new account is made",
                      refusal.status(), refusal.wait_s());
      }
      if (!known || !refusal.is("accountDoesNotExist")) throw;
    }
    register_account(account); // the authority has forgotten it
    return obtain(client_, wanted);
  }

  void renew() {
    Key account = store_.account_key();
    Key key = make_key(arguments_.key);
    place_.prepare(key.get());
    Wanted wanted = {.names = arguments_.domains,
                     .csr = make_csr(key.get(), arguments_.domains),
                     .replaces = {},
                     .webroot = arguments_.webroot};
    if (!client_.directory().renewal_info.empty() && present_ && renewal_.directory == arguments_.directory) {
      wanted.replaces = ari_id(present_->chain.leaf());
    }
    Chain chain = read_chain(obtain_from_account(account.get(), wanted));
    if (std::string problem = problem_of(chain, key.get(), arguments_.domains); !problem.empty()) {
      throw Failure("the authority's certificate is not used: " + problem, temporary_failure);
    }
    check_dates(chain);
    place_.install(chain);
    note_success(renewal_);
    renewal_.directory = arguments_.directory;
    renewal_.window = {};
    say(name_ + ": new certificate in " + printable(place_.path()) + ", valid until " + utc(ends_s(chain.leaf())));
    save("the next run does not know from which authority it is");
  }

  // minhttps would not take one that is not valid yet, and look at it again only when it changes.
  void check_dates(const Chain& chain) const {
    int64_t early_s = begins_s(chain.leaf()) - time(nullptr);
    if (early_s > limits::begin_most_s) {
      throw Failure("the new certificate is not used: it begins on " + utc(begins_s(chain.leaf())) +
                    ", and this machine's clock says " + utc(time(nullptr)) +
                    ": set the clock (timedatectl set-ntp true)");
    }
    if (early_s > 0) pause_ms(early_s * 1'000);
    if (ends_s(chain.leaf()) <= time(nullptr)) {
      throw Failure("the new certificate is not used: it ends on " + utc(ends_s(chain.leaf())) +
                    ", and this machine's clock says " + utc(time(nullptr)) +
                    ": set the clock (timedatectl set-ntp true)");
    }
  }

  const Arguments& arguments_;
  std::string name_;
  Store store_;
  Place place_;
  Http http_;
  Client client_;
  int64_t now_s_;
  Renewal renewal_;
  std::optional<Pair> present_;
};

} // namespace

void run(const Arguments& arguments) { Run(arguments).run(); }

} // namespace minhttp::acme
