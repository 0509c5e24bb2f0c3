// SPDX-License-Identifier: MIT
#include "acme/http.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "acme/limits.h"
#include "acme/report.h"

namespace minhttp::acme {
namespace {

struct Transfer {
  Reply reply;
  size_t head_bytes = 0;
  bool too_large = false;
};

// The value of a line of the head, if the field has this name, in lower case.
std::optional<std::string> field(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return {};
  for (size_t i = 0; i < name.size(); i++) {
    char c = line[i];
    if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != name[i]) return {};
  }
  std::string_view value = line.substr(name.size() + 1);
  constexpr std::string_view blank = " \t\r\n";
  size_t begin = value.find_first_not_of(blank);
  if (begin == std::string_view::npos) return "";
  return std::string(value.substr(begin, value.find_last_not_of(blank) - begin + 1));
}

size_t take_head(const char* bytes, size_t size, size_t count, void* to) {
  Transfer& transfer = *static_cast<Transfer*>(to);
  Reply& reply = transfer.reply;
  std::string_view line(bytes, size * count);
  transfer.head_bytes += line.size();
  transfer.too_large = transfer.head_bytes > limits::head_bytes;
  if (transfer.too_large) return 0;
  if (line.starts_with("HTTP/")) reply = {}; // behind 100 Continue comes another head
  if (auto value = field(line, "content-type")) reply.type = *value;
  if (auto value = field(line, "replay-nonce")) reply.nonce = *value;
  if (auto value = field(line, "location")) reply.location = *value;
  if (auto value = field(line, "date")) {
    time_t date = curl_getdate(value->c_str(), nullptr);
    if (date >= 0) reply.date_s = date;
  }
  return line.size();
}

size_t take_body(const char* bytes, size_t size, size_t count, void* to) {
  Transfer& transfer = *static_cast<Transfer*>(to);
  transfer.too_large = transfer.reply.body.size() + size * count > limits::answer_bytes;
  if (transfer.too_large) return 0;
  transfer.reply.body.append(bytes, size * count);
  return size * count;
}

// Not 0: the transfer is given up. libcurl asks about once a second.
int is_interrupted(void* /*nothing*/, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return caught_signal(); }

// Verification fails at a clock that is wrong as it does at a certificate that is.
std::string about_dates(CURL* curl) {
  long result = 0;
  (void)curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &result);
  if (result != X509_V_ERR_CERT_NOT_YET_VALID && result != X509_V_ERR_CERT_HAS_EXPIRED) return {};
  return "; by this machine's clock it is " + utc(time(nullptr)) + ": set the clock if that is wrong";
}

} // namespace

bool is_url(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  bool printable_ascii = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return text.starts_with(scheme) && text.size() > scheme.size() && text.size() <= limits::url_bytes && printable_ascii;
}

Http::Http(const std::string& ca_bundle, Clock::time_point end) : ca_bundle_(ca_bundle), end_(end) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw Failure("libcurl does not start");
  curl_ = curl_easy_init();
  if (curl_ == nullptr) throw Failure("libcurl does not start");
}

Http::~Http() {
  curl_easy_cleanup(curl_);
  curl_global_cleanup();
}

Reply Http::get(const std::string& url) {
  (void)curl_easy_setopt(curl_, CURLOPT_HTTPGET, 1L);
  return perform(url);
}

Reply Http::head(const std::string& url) {
  (void)curl_easy_setopt(curl_, CURLOPT_NOBODY, 1L);
  return perform(url);
}

Reply Http::post(const std::string& url, const std::string& body, const char* accept) {
  curl_slist* fields = curl_slist_append(nullptr, "Content-Type: application/jose+json");
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owner(
      curl_slist_append(fields, (std::string("Accept: ") + accept).c_str()), curl_slist_free_all);
  (void)curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, owner.get());
  (void)curl_easy_setopt(curl_, CURLOPT_POST, 1L);
  (void)curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  (void)curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.c_str());
  return perform(url);
}

// Sets what holds for each request, and all options back at the end; connections are kept.
Reply Http::perform(const std::string& url) {
  check_interrupted();
  if (!is_url(url)) throw Failure("the authority names no https URL: " + printable(url), temporary_failure);
  int64_t left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
  if (left_ms <= 0) {
    throw Failure("the authority is too slow: it has not done in " + std::to_string(limits::run.count()) +
                      " minutes what it was asked for",
                  temporary_failure);
  }
  Transfer transfer;
  char error[CURL_ERROR_SIZE] = {};
  auto set = [&](CURLoption option, auto value) { (void)curl_easy_setopt(curl_, option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits::connect_s));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::min<int64_t>(left_ms, limits::request_s * int64_t{1'000})));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "minhttps-acme/" MINHTTP_VERSION);
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(error));
  set(CURLOPT_HEADERFUNCTION, take_head);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(CURLOPT_WRITEFUNCTION, take_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(CURLOPT_XFERINFOFUNCTION, is_interrupted);
  set(CURLOPT_NOPROGRESS, 0L);
  if (!ca_bundle_.empty()) {
    set(CURLOPT_CAINFO, ca_bundle_.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  CURLcode done = curl_easy_perform(curl_);
  std::string dates = done == CURLE_PEER_FAILED_VERIFICATION ? about_dates(curl_) : "";
  curl_off_t retry_s = 0;
  (void)curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &transfer.reply.status);
  (void)curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &retry_s);
  curl_easy_reset(curl_);
  check_interrupted();
  if (transfer.too_large) {
    throw Failure("the answer of " + printable(url) + " is larger than " + std::to_string(limits::answer_bytes >> 20) +
                      " MiB, or its head than " + std::to_string(limits::head_bytes >> 10) + " KiB",
                  temporary_failure);
  }
  if (done != CURLE_OK) {
    std::string why = error[0] != 0 ? static_cast<const char*>(error) : curl_easy_strerror(done);
    throw Failure("cannot ask " + printable(url) + ": " + printable(why) + dates, temporary_failure);
  }
  if (retry_s > 0) transfer.reply.retry_s = std::min<int64_t>(retry_s, limits::wait_most_s);
  return std::move(transfer.reply);
}

} // namespace minhttp::acme
