// SPDX-License-Identifier: MIT
#pragma once
// Decides what the response to a request is. Nothing is written here, and no connection is seen.

#include "serve/context.h"
#include "serve/exchange.h"
#include "serve/response.h"

namespace minhttp::serve {

// Fills in the response to the exchange's request; context has sites. False: there is none yet, for one of two reasons.
// Either a password is being checked (Authenticator::waits(ticket)): ask again when finished() gives the ticket back.
// Or a file's hash is being computed, or the file has just changed: ask again in the next turn.
bool decide(Context& context, Exchange& exchange, Response& response);

// Fills in the response that refuses a request that could not be read, or not in time: its status and a short text.
void decide_refusal(Context& context, Exchange& exchange, http::Refusal refusal, Response& response);

// Whether the request is a check of the server's health: GET or HEAD of the path of --health.
bool asks_for_health(const Context& context, const http::Request& request);

// Whether the site answers the method with something else than 405 and 501.
bool serves(const Context& context, http::Method method);

} // namespace minhttp::serve
