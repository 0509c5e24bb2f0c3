// SPDX-License-Identifier: MIT
// minhttps-acme: gets certificates for minhttps by ACME (RFC 8555, HTTP-01), and renews them. docs/tls.md is for its
// users; run.cc has the tour. A timer starts it twice a day; most runs find nothing to do.

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include "acme/arguments.h"
#include "acme/report.h"
#include "acme/run.h"

int main(int count, char** words) {
  using namespace minhttp::acme;
  watch_signals();
  int status = 0;
  try {
    auto arguments = read_arguments(count, words, status);
    if (!arguments) return status;
    run(*arguments);
    if (std::fflush(stdout) != 0) fail_with_errno("standard output");
  } catch (const Failure& failure) {
    warn(failure.what());
    return failure.status();
  } catch (const Interrupted&) {
    warn("ended by a signal; the certificate is as it was before");
    (void)std::signal(caught_signal(), SIG_DFL);
    (void)std::raise(caught_signal());
  } catch (const std::bad_alloc&) {
    warn("out of memory");
    return 1;
  } catch (const std::exception& problem) {
    warn(problem.what());
    return 1;
  }
  return status;
}
