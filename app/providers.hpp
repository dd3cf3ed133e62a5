// The providers of the configuration by their names, each behind the port that the pool calls.
#pragma once

#include "net/credentials/credential.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/chat_provider.hpp"

#include "settings/settings.hpp"
#include <boost/asio/io_context.hpp>
#include <caf/actor_system.hpp>

#include <map>
#include <memory>
#include <string>

namespace parlance {

using Providers = std::map<std::string, std::unique_ptr<ChatProvider>>;

// Everything outlives the providers.
struct ProviderTools {
  caf::actor_system& actors;
  boost::asio::io_context& io;
  net::CredentialReader& credentials;
  const Clock& clock;
};

// Errors: invalid_value, for a key that cannot be read, a base_url or a ca_file; it names the
// provider.
Result<Providers> make_providers(const std::map<std::string, ProviderSettings>& settings,
                                 const ProviderTools& tools);

}  // namespace parlance
