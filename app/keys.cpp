#include "app/keys.hpp"

#include <string>

namespace parlance {
namespace {

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

}  // namespace

Result<net::KeyStore> open_keys(const Settings& settings, Mode mode) {
  if (mode == Mode::development) {
    if (is_loopback(settings.http.address)) return net::KeyStore::dev();
    return Error{ErrorCode::invalid_value,
                 "--dev serves on loopback only; http.address is " + settings.http.address,
                 {},
                 {}};
  }
  if (settings.auth.keys_file.empty()) {
    return Error{ErrorCode::invalid_value,
                 "auth.keys_file is not set: make a key with `parlance keys create`, or use `serve "
                 "--dev` on loopback",
                 {},
                 {}};
  }
  return net::KeyStore::load(settings.auth.keys_file);
}

}  // namespace parlance
