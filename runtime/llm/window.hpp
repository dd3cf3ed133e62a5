// The part of a conversation that a model is shown: its newest messages, in whole rounds.
//
// A round is a message that calls tools together with the answers directly behind it, or any other
// message alone. Providers refuse a call without its answers and an answer without its call, so
// rounds are taken whole or not at all, the newest first, and a window does not begin with what a
// tool said without a call. Two messages stay however far back they
// are: the newest of a human, which is what the model is asked (a loop of tool calls may follow
// it), and a system message that opens the conversation, which speaks for all of it.
//
// Threading: pure.
//
// Bounds: `messages_max` messages, of about `tokens_max` tokens (runtime/llm/tokens.hpp). Only the
// newest round and the newest human message are kept beyond it, because without them there is
// nothing to answer: a single round that is larger than the bound is shown whole, with that human
// message and nothing else.
#pragma once

#include "runtime/llm/chat.hpp"

#include <cstddef>
#include <cstdint>

namespace parlance {

Messages window_of(const Messages& conversation,
                   std::size_t messages_max,
                   std::uint64_t tokens_max = UINT64_MAX);

}  // namespace parlance
