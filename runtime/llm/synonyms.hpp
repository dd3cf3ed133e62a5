// Words and short phrases that mean the same where an agent works: "pool, swim, swimming".
//
// One group a line, its members separated by commas; what follows a '#' is a comment. A word stands
// in one group at most. Endings are left to stem().
//
// Threading: immutable once read.
//
// Bounds: groups_max groups of members_max members of words_max words.
#pragma once

#include "runtime/base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

using Phrase = std::vector<std::string>;  // the stems of its words, stop words among them

struct Synonym {
  std::string text;
  Phrase stems;
};

class Synonyms {
 public:
  static constexpr std::size_t groups_max = 1'000;
  static constexpr std::size_t members_max = 32;
  static constexpr std::size_t words_max = 5;

  // Errors: invalid_value, with the line.
  static Result<Synonyms> parse(std::string_view text);

  // Null for an empty `file`. Errors: invalid_value, with the setting's name as its field.
  static Result<std::shared_ptr<const Synonyms>> load(const std::filesystem::path& folder,
                                                      const std::string& file);

  struct Found {
    std::size_t words = 0;  // how many of the stems the member takes; 0: none begins with them
    std::span<const Synonym> members;
  };

  // The longest member that `stems` begin with.
  Found find(std::span<const std::string> stems) const;

  // Of the text that they were parsed from: the same after a restart.
  const std::string& digest() const { return digest_; }

 private:
  std::string digest_;
  std::vector<std::vector<Synonym>> groups_;
  std::map<Phrase, std::size_t> group_of_;
};

}  // namespace parlance
