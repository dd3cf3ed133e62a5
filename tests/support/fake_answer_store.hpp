// An AnswerStore that keeps what it is told, in memory.
#pragma once

#include "runtime/ports/answer_store.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace parlance::tests {

class FakeAnswerStore : public AnswerStore {
 public:
  void keep(const KeptAnswer& answer) override { answers[answer.key.identity] = answer; }
  void remove(const AnswerKey& key) override { answers.erase(key.identity); }
  void forget(const std::string& tenant, Forgotten done) override {
    if (failure) return done(*failure);
    std::erase_if(answers, [&](const auto& each) {
      return tenant.empty() || each.second.key.tenant == tenant;
    });
    done({});
  }

  std::map<std::string, KeptAnswer> answers;  // by identity
  std::optional<Error> failure;               // of every forget()
};

}  // namespace parlance::tests
