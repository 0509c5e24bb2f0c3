// SPDX-License-Identifier: MIT
// A tour: the key (RemoteKey) and the functions of keymgmt, provider-keymgmt(7), which hand on to the public half; then
// the functions of a signature, provider-signature(7), of which a server needs only the one that digests and signs in
// one call; then the tables by which OpenSSL finds them, and what the header offers.

#include "tls/provider.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include <string_view>

#include "base/bytes.h"

namespace minhttp::tls {
namespace {

using Text = std::string_view;

constexpr const char* own = "provider=minhttp";
constexpr const char* standard = "provider=default";
constexpr const char* param_half = "minhttp-public-half"; // an EVP_PKEY*
constexpr const char* param_name = "minhttp-key-name";    // a KeyName

constinit KeyChannel* the_channel = nullptr;

struct RemoteKey {
  EVP_PKEY* half; // null: nothing was imported yet
  KeyName name;
  bool signs; // false: only a public key, which OpenSSL compares with one of ours
};

// keymgmt. OpenSSL keeps count of references itself, in the EVP_PKEY around a key.

void* key_new(void*) { return OPENSSL_zalloc(sizeof(RemoteKey)); }

void key_free(void* data) {
  auto* key = static_cast<RemoteKey*>(data);
  if (key == nullptr) return;
  EVP_PKEY_free(key->half);
  OPENSSL_free(key);
}

int key_has(const void* data, int selection) {
  const auto* key = static_cast<const RemoteKey*>(data);
  if (key == nullptr || key->half == nullptr) return 0;
  return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || key->signs ? 1 : 0;
}

int key_match(const void* a, const void* b, int) {
  const auto* one = static_cast<const RemoteKey*>(a);
  const auto* other = static_cast<const RemoteKey*>(b);
  if (one->half == nullptr || other->half == nullptr) return 0;
  return EVP_PKEY_eq(one->half, other->half) == 1 ? 1 : 0;
}

// A key of remote_key(), or the numbers of a public key in the form of its kind.
int key_import(RemoteKey* key, const char* kind, const OSSL_PARAM params[]) {
  const OSSL_PARAM* half = OSSL_PARAM_locate_const(params, param_half);
  const OSSL_PARAM* name = OSSL_PARAM_locate_const(params, param_name);
  if (half != nullptr && name != nullptr) {
    const void* pointer = nullptr;
    size_t size = 0;
    if (OSSL_PARAM_get_octet_ptr(half, &pointer, &size) == 0 || name->data_size != sizeof key->name) return 0;
    auto* given = static_cast<EVP_PKEY*>(const_cast<void*>(pointer)); // NOLINT: it is counted, not changed
    if (EVP_PKEY_up_ref(given) == 0) return 0;
    key->half = given;
    key->signs = true;
    __builtin_memcpy(&key->name, name->data, sizeof key->name);
    return 1;
  }
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, kind, standard);
  if (context == nullptr) return 0;
  auto* numbers = const_cast<OSSL_PARAM*>(params); // NOLINT: EVP_PKEY_fromdata does not change them
  bool made =
      EVP_PKEY_fromdata_init(context) == 1 && EVP_PKEY_fromdata(context, &key->half, EVP_PKEY_PUBLIC_KEY, numbers) == 1;
  EVP_PKEY_CTX_free(context);
  return made ? 1 : 0;
}

// The private half is not here: whoever asks for it must come to this provider.
int key_export(void* data, int selection, OSSL_CALLBACK* take, void* argument) {
  auto* key = static_cast<RemoteKey*>(data);
  if (key->half == nullptr || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) return 0;
  return EVP_PKEY_export(key->half, selection, take, argument);
}

int key_get_params(void* data, OSSL_PARAM params[]) {
  auto* key = static_cast<RemoteKey*>(data);
  return key->half == nullptr ? 0 : EVP_PKEY_get_params(key->half, params);
}

const OSSL_PARAM* key_gettable(void*) {
  static constexpr OSSL_PARAM none = OSSL_PARAM_END;
  return &none;
}

const OSSL_PARAM* key_types(int) {
  static constexpr OSSL_PARAM none = OSSL_PARAM_END; // unneeded: both sides hand all parameters on
  return &none;
}

template <int kind>
int import_kind(void* data, int, const OSSL_PARAM params[]) {
  constexpr const char* name = kind == EVP_PKEY_RSA ? "RSA" : kind == EVP_PKEY_EC ? "EC" : "ED25519";
  return key_import(static_cast<RemoteKey*>(data), name, params);
}

template <int kind>
const char* operation_name(int) {
  return kind == EVP_PKEY_RSA ? "RSA" : kind == EVP_PKEY_EC ? "ECDSA" : "ED25519";
}

// signature

struct Signing {
  const RemoteKey* key;
  uint32_t digest_bits; // 0: none, for Ed25519
  bool pss;
  bool unusual; // a padding or salt that no TLS signature has
};

void* signing_new(void*, const char*) { return OPENSSL_zalloc(sizeof(Signing)); }
void signing_free(void* data) { OPENSSL_free(data); }

uint32_t digest_bits(Text name) {
  if (equal_ignoring_case(name, "sha256"sv) || equal_ignoring_case(name, "sha2-256"sv)) return 256;
  if (equal_ignoring_case(name, "sha384"sv) || equal_ignoring_case(name, "sha2-384"sv)) return 384;
  if (equal_ignoring_case(name, "sha512"sv) || equal_ignoring_case(name, "sha2-512"sv)) return 512;
  return 0;
}

int signing_set(void* data, const OSSL_PARAM params[]) {
  auto* signing = static_cast<Signing*>(data);
  if (params == nullptr) return 1;
  if (const OSSL_PARAM* padding = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE)) {
    int number = 0;
    if (padding->data_type == OSSL_PARAM_UTF8_STRING) {
      Text text = static_cast<const char*>(padding->data);
      signing->pss = equal(text, "pss"sv);
      signing->unusual |= !signing->pss && !equal(text, "pkcs1"sv);
    } else if (OSSL_PARAM_get_int(padding, &number) != 0) {
      signing->pss = number == RSA_PKCS1_PSS_PADDING;
      signing->unusual |= !signing->pss && number != RSA_PKCS1_PADDING;
    }
  }
  if (const OSSL_PARAM* salt = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN)) {
    int number = 0;
    if (salt->data_type == OSSL_PARAM_UTF8_STRING) {
      signing->unusual |= !equal(Text(static_cast<const char*>(salt->data)), "digest"sv);
    } else if (OSSL_PARAM_get_int(salt, &number) != 0) {
      signing->unusual |= number != RSA_PSS_SALTLEN_DIGEST;
    }
  }
  return 1;
}

const OSSL_PARAM* signing_settable(void*, void*) {
  static constexpr OSSL_PARAM all[] = {
      {OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PARAM_UTF8_STRING, nullptr, 0, OSSL_PARAM_UNMODIFIED},
      {OSSL_SIGNATURE_PARAM_PSS_SALTLEN, OSSL_PARAM_UTF8_STRING, nullptr, 0, OSSL_PARAM_UNMODIFIED},
      {OSSL_SIGNATURE_PARAM_MGF1_DIGEST, OSSL_PARAM_UTF8_STRING, nullptr, 0, OSSL_PARAM_UNMODIFIED},
      OSSL_PARAM_END};
  return all;
}

int signing_begin(void* data, const char* digest, void* key, const OSSL_PARAM params[]) {
  auto* signing = static_cast<Signing*>(data);
  if (key != nullptr) signing->key = static_cast<const RemoteKey*>(key);
  if (signing->key == nullptr || !signing->key->signs) return 0;
  if (digest != nullptr && *digest != 0) {
    signing->digest_bits = digest_bits(digest);
    if (signing->digest_bits == 0) return 0;
  }
  return signing_set(data, params);
}

// None: TLS does not sign like this.
Scheme scheme_of(const Signing& signing) {
  uint32_t bits = signing.digest_bits;
  if (signing.unusual) return Scheme::none;
  switch (EVP_PKEY_get_base_id(signing.key->half)) {
    case EVP_PKEY_RSA:
      if (bits == 256) return signing.pss ? Scheme::rsa_pss_sha256 : Scheme::rsa_pkcs1_sha256;
      if (bits == 384) return signing.pss ? Scheme::rsa_pss_sha384 : Scheme::rsa_pkcs1_sha384;
      return bits != 512 ? Scheme::none : signing.pss ? Scheme::rsa_pss_sha512 : Scheme::rsa_pkcs1_sha512;
    case EVP_PKEY_EC:
      return bits == 256   ? Scheme::ecdsa_sha256
             : bits == 384 ? Scheme::ecdsa_sha384
             : bits == 512 ? Scheme::ecdsa_sha512
                           : Scheme::none;
    case EVP_PKEY_ED25519: return bits == 0 ? Scheme::ed25519 : Scheme::none;
    default: return Scheme::none;
  }
}

// Without `to`: only says how long a signature can be.
int signing_end(void* data, unsigned char* to, size_t* size, size_t room, const unsigned char* message, size_t bytes) {
  auto* signing = static_cast<Signing*>(data);
  Scheme scheme = scheme_of(*signing);
  if (scheme == Scheme::none || the_channel == nullptr) return 0;
  if (to == nullptr) {
    *size = static_cast<size_t>(EVP_PKEY_get_size(signing->key->half));
    return 1;
  }
  *size = the_channel->sign(signing->key->name, scheme, {message, bytes}, {to, room});
  return *size != 0 ? 1 : 0;
}

// OpenSSL's way to a table of functions: numbers, and pointers of one type for all.
template <typename Function>
OSSL_DISPATCH entry(int id, Function function) {
  return {id, reinterpret_cast<void (*)()>(function)};
}

template <int kind>
const OSSL_DISPATCH* key_functions() {
  static OSSL_DISPATCH all[12]; // NOLINT: constant after the first call; only one thread is there
  size_t i = 0;
  all[i++] = entry(OSSL_FUNC_KEYMGMT_NEW, key_new);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_FREE, key_free);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_HAS, key_has);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_MATCH, key_match);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_IMPORT, import_kind<kind>);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_types);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_EXPORT, key_export);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, key_types);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable);
  all[i++] = entry(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation_name<kind>);
  all[i] = {};
  return all;
}

const OSSL_DISPATCH* signature_functions() {
  static OSSL_DISPATCH all[8]; // NOLINT: as above
  size_t i = 0;
  all[i++] = entry(OSSL_FUNC_SIGNATURE_NEWCTX, signing_new);
  all[i++] = entry(OSSL_FUNC_SIGNATURE_FREECTX, signing_free);
  all[i++] = entry(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signing_begin);
  all[i++] = entry(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signing_end);
  all[i++] = entry(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signing_set);
  all[i++] = entry(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signing_settable);
  all[i] = {};
  return all;
}

const OSSL_ALGORITHM* query(void*, int operation, int* never_cached) {
  *never_cached = 0;
  static OSSL_ALGORITHM keys[4];       // NOLINT: as above
  static OSSL_ALGORITHM signatures[4]; // NOLINT: as above
  if (operation == OSSL_OP_KEYMGMT) {
    keys[0] = {"RSA:rsaEncryption:1.2.840.113549.1.1.1", own, key_functions<EVP_PKEY_RSA>(), nullptr};
    keys[1] = {"EC:id-ecPublicKey:1.2.840.10045.2.1", own, key_functions<EVP_PKEY_EC>(), nullptr};
    keys[2] = {"ED25519:1.3.101.112", own, key_functions<EVP_PKEY_ED25519>(), nullptr};
    return keys;
  }
  if (operation != OSSL_OP_SIGNATURE) return nullptr;
  signatures[0] = {"RSA:rsaEncryption:1.2.840.113549.1.1.1", own, signature_functions(), nullptr};
  signatures[1] = {"ECDSA", own, signature_functions(), nullptr};
  signatures[2] = {"ED25519:1.3.101.112", own, signature_functions(), nullptr};
  return signatures;
}

int start_provider(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH*, const OSSL_DISPATCH** functions,
                   void** context) {
  static OSSL_DISPATCH all[2]; // NOLINT: as above
  all[0] = entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query);
  all[1] = {};
  *functions = all;
  *context = const_cast<OSSL_CORE_HANDLE*>(handle); // NOLINT: not null, and not used
  return 1;
}

} // namespace

// Whoever asks for no provider gets OpenSSL's own: a client's certificate must not be verified here.
bool load_provider() {
  return OSSL_PROVIDER_load(nullptr, "default") != nullptr &&
         OSSL_PROVIDER_add_builtin(nullptr, "minhttp", start_provider) == 1 &&
         OSSL_PROVIDER_load(nullptr, "minhttp") != nullptr &&
         EVP_set_default_properties(nullptr, "?provider=default") == 1;
}

void sign_through(KeyChannel& channel) { the_channel = &channel; }

EVP_PKEY* remote_key(EVP_PKEY* public_half, const KeyName& name) {
  const char* kind = nullptr;
  switch (EVP_PKEY_get_base_id(public_half)) {
    case EVP_PKEY_RSA: kind = "RSA"; break;
    case EVP_PKEY_EC: kind = "EC"; break;
    case EVP_PKEY_ED25519: kind = "ED25519"; break;
    default: return nullptr;
  }
  void* half = public_half;
  KeyName copy = name;
  OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_ptr(param_half, &half, sizeof half),
                         OSSL_PARAM_construct_octet_string(param_name, &copy, sizeof copy), OSSL_PARAM_construct_end()};
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, kind, own);
  EVP_PKEY* made = nullptr;
  if (context != nullptr && EVP_PKEY_fromdata_init(context) == 1) {
    (void)EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, params);
  }
  EVP_PKEY_CTX_free(context);
  return made;
}

} // namespace minhttp::tls
