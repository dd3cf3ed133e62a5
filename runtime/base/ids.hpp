// Names of things, each its own type, so that a RunId cannot be passed where a ThreadId belongs.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace parlance {

template <class Tag>
struct Id {
  std::string value;

  auto operator<=>(const Id&) const = default;
};

using TenantId = Id<struct TenantTag>;
using ThreadId = Id<struct ThreadTag>;
using RunId = Id<struct RunTag>;  // a turn, as clients name it

// A thread's whole name. A tenant's threads are its own: the same ThreadId under another tenant
// is another thread.
struct ThreadKey {
  TenantId tenant;
  ThreadId thread;

  auto operator<=>(const ThreadKey&) const = default;
};

// True for 1 to 128 characters of A-Z a-z 0-9 . _ : - (what may stand in a key and in a path).
bool is_identifier(std::string_view text);

// True for the 8-4-4-4-12 hexadecimal form.
bool is_uuid(std::string_view text);

// An identifier as it is looked up and kept, from what a client wrote; none for what is not one.
// UUIDs are the same in either case (RFC 9562, 4), and lower-case here; nothing else changes.
std::optional<std::string> parse_identifier(std::string_view text);

// A random (version 4) UUID from the operating system's generator, by way of a per-thread one.
std::string random_uuid();

// The name-based (version 5, SHA-1) UUID of `name` in the URL namespace: the same each time.
std::string named_uuid(std::string_view name);

}  // namespace parlance

template <class Tag>
struct std::hash<parlance::Id<Tag>> {
  std::size_t operator()(const parlance::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};

template <>
struct std::hash<parlance::ThreadKey> {
  std::size_t operator()(const parlance::ThreadKey& key) const noexcept {
    return std::hash<parlance::TenantId>{}(key.tenant) * 31 +
           std::hash<parlance::ThreadId>{}(key.thread);
  }
};
