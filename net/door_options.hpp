// Who may come in how often, as it is configured (`limits`).
//
// Threading: plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace parlance::net {

struct DoorOptions {
  std::chrono::milliseconds window{60'000};
  // In a window; 0: no limit.
  std::uint64_t requests_per_address_max = 0;
  std::uint64_t requests_per_key_max = 0;
  std::uint64_t requests_per_tenant_max = 0;
  std::uint64_t requests_per_user_max = 0;
  std::uint64_t tokens_per_key_max = 0;
  std::uint64_t tokens_per_tenant_max = 0;
  std::uint64_t tokens_per_user_max = 0;
  std::uint64_t wrong_keys_max = 20;
  std::uint64_t clients_max = 10'000;
  std::vector<std::string> proxies_trusted;  // for each, Door::is_address()
};

}  // namespace parlance::net
