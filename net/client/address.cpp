#include "net/client/address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace parlance::net {
namespace {

namespace ip = boost::asio::ip;

struct Network {
  std::uint32_t address;
  unsigned bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

constexpr std::array special_v4{Network{v4(0, 0, 0, 0), 8},
                                Network{v4(10, 0, 0, 0), 8},
                                Network{v4(100, 64, 0, 0), 10},
                                Network{v4(127, 0, 0, 0), 8},
                                Network{v4(169, 254, 0, 0), 16},
                                Network{v4(172, 16, 0, 0), 12},
                                Network{v4(192, 0, 0, 0), 24},
                                Network{v4(192, 0, 2, 0), 24},
                                Network{v4(192, 88, 99, 0), 24},
                                Network{v4(192, 168, 0, 0), 16},
                                Network{v4(198, 18, 0, 0), 15},
                                Network{v4(198, 51, 100, 0), 24},
                                Network{v4(203, 0, 113, 0), 24},
                                Network{v4(224, 0, 0, 0), 3}};

bool is_public_v4(std::uint32_t address) {
  return std::none_of(special_v4.begin(), special_v4.end(), [&](const Network& each) {
    return (address ^ each.address) >> (32U - each.bits) == 0;
  });
}

// Global unicast is 2000::/3; within it 2001::/23 is for protocols (Teredo among them), 2001:db8::
// and 3fff::/20 for documents, and 2002::/16 stands for IPv4 addresses.
bool is_public_v6(const ip::address_v6::bytes_type& bytes) {
  const auto first = static_cast<unsigned>(bytes[0] << 8U | bytes[1]);
  const auto second = static_cast<unsigned>(bytes[2] << 8U | bytes[3]);
  if (first >> 13U != 1) return false;
  if (first == 0x2001 && (second >> 9U == 0 || second == 0x0DB8)) return false;
  if (first == 0x3FFF && second >> 12U == 0) return false;
  return first != 0x2002;
}

}  // namespace

bool is_public(const ip::address& address) {
  if (address.is_v4()) return is_public_v4(address.to_v4().to_uint());
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return is_public_v4(ip::make_address_v4(ip::v4_mapped, v6).to_uint());
  return is_public_v6(v6.to_bytes());
}

}  // namespace parlance::net
