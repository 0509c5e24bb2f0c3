# SPDX-License-Identifier: MIT
# The source files, once: for the freestanding programs and for the library of the tests.

# What every request passes through.
set(MINHTTP_FAST
    src/rt/output.cc src/log/log.cc
    src/h1/parse.cc src/http/path.cc src/h1/write_head.cc src/http/date.cc src/http/mime.cc
    src/h2/huffman.cc src/h2/hpack_decode.cc
    src/site/files.cc src/site/pack.cc
    src/crypto/sha512.cc src/crypto/content_hash.cc
    src/conn/answer.cc src/conn/response_cache.cc src/conn/step.cc src/conn/http1.cc)

# What runs once, once a second, or for the first of several equal requests: there, small is better than fast.
set(MINHTTP_SMALL
    src/base/errno_text.cc src/crypto/sha512_crypt.cc
    src/gzip/crc32.cc src/gzip/huffman.cc src/gzip/block.cc src/gzip/matches.cc src/gzip/encoder.cc
    src/http/forwarded.cc src/h1/proxy_protocol.cc src/http/host.cc src/h1/body.cc src/http/range.cc src/http/values.cc
    src/http/validators.cc src/http/conditional.cc src/http/multipart.cc src/auth/basic.cc
    src/http/escape.cc src/http/error_page.cc src/http/accept.cc src/http/listing.cc src/http/coding.cc
    src/site/cache.cc src/site/compressor.cc src/site/walk.cc src/site/tag_table.cc src/site/tags.cc src/site/files_tag.cc src/site/folding.cc src/site/files_folding.cc src/site/files_pack.cc src/auth/passwords.cc src/site/listing.cc src/site/hashed.cc src/site/site.cc
    src/rules/trie.cc src/rules/pattern.cc src/rules/rules.cc src/rules/redirects_parse.cc
    src/rules/redirect_cycles.cc src/rules/headers_parse.cc
    src/rules/conditions.cc src/rules/query.cc src/rules/bound.cc src/rules/review.cc
    src/rules/template.cc src/rules/redirects_match.cc src/rules/headers_match.cc
    src/metrics/counters.cc src/metrics/text.cc src/metrics/page.cc
    src/h2/static_table.cc src/h2/hpack_encode.cc src/h2/request.cc src/h2/write_head.cc
    src/h2/control_frames.cc src/h2/session.cc src/h2/session_control.cc src/h2/session_dropping.cc src/h2/block_dropper.cc src/h2/session_turns.cc src/h2/priority.cc
    src/conn/http2.cc src/conn/http2_streams.cc src/conn/http2_data.cc
    src/serve/decide.cc src/serve/reply.cc src/serve/admin.cc src/serve/content_coding.cc
    src/serve/clock.cc src/serve/listings.cc src/conn/listing_body.cc src/auth/credential_cache.cc src/auth/rate_limiter.cc src/auth/verifier.cc src/auth/authenticator.cc
    src/auth/access.cc src/conn/uptake.cc src/conn/slot_shares.cc src/conn/client_limits.cc src/conn/admission.cc src/serve/header_overrides.cc src/conn/access_log.cc src/conn/log_format.cc
    src/loop/listen.cc
    src/app/message.cc src/app/cpus.cc src/app/cgroup.cc src/app/memory.cc src/app/arguments.cc src/app/options.cc src/app/option_values.cc src/app/help.cc src/app/settings.cc src/app/admin.cc src/app/together.cc src/app/config_file.cc src/app/packed_site.cc src/app/env_js.cc src/app/address.cc src/app/announce.cc src/app/default_headers.cc src/app/protected_path.cc src/app/media_types.cc src/app/site_options.cc src/app/trusted_proxies.cc src/app/client_tables.cc src/app/loader.cc src/app/loader_pack.cc src/app/user.cc)

# What only the program itself has.
set(MINHTTP_PROGRAM
    src/arch/${MINHTTP_ARCH}/start.S
    src/rt/start.cc src/rt/panic.cc
    src/loop/epoll.cc src/loop/epoll_accept.cc src/loop/epoll_drain.cc src/loop/epoll_evict.cc src/loop/epoll_pass.cc)
set(MINHTTP_PROGRAM_SMALL src/loop/epoll_metrics.cc src/loop/plain.cc src/loop/plain_http.cc src/app/listeners.cc src/app/setup.cc src/app/check.cc src/app/healthcheck.cc src/app/inspect.cc
    src/guard/guard.cc src/app/sandbox.cc src/app/unix_listener.cc src/app/inherited.cc src/app/control.cc src/app/log_file.cc src/app/launcher.cc src/app/notify.cc src/app/watch.cc src/app/supervisor.cc src/app/supervisor_ends.cc src/app/supervisor_orders.cc src/app/run.cc src/app/main.cc)

# What only minhttps has: the C library's entry point, and TLS. The tests of units have certificates and keys, too.
set(MINHTTP_KEYS
    src/tls/heap.cc src/tls/names.cc src/tls/policy.cc src/tls/tickets.cc src/tls/provider.cc src/tls/key_channel.cc src/tls/contexts.cc
    src/tls/certificates.cc src/tls/self_signed.cc src/tls/key_store.cc src/tls/key_server.cc)
set(MINHTTP_TLS_SOURCES ${MINHTTP_KEYS}
    src/tls/memory.cc src/tls/transport.cc src/tls/transport_send.cc src/tls/transport_bio.cc
    src/serve/https.cc src/loop/epoll_secure.cc src/app/tls.cc src/app/tls_options.cc src/app/key_files.cc src/app/key_process.cc src/app/hosted_main.cc)
