#include "runtime/graph/nodes/all.hpp"

#include "runtime/graph/nodes/ask_human.hpp"
#include "runtime/graph/nodes/echo.hpp"
#include "runtime/graph/nodes/generate.hpp"
#include "runtime/graph/nodes/match.hpp"
#include "runtime/graph/nodes/reply.hpp"
#include "runtime/graph/nodes/respond.hpp"
#include "runtime/graph/nodes/retrieve.hpp"
#include "runtime/graph/nodes/validate.hpp"
#include "runtime/graph/nodes/wait.hpp"

namespace parlance {

NodeKinds node_kinds() {
  return {
      {"ask_human", AskHumanNode::make},
      {"echo", EchoNode::make},
      {"generate", GenerateNode::make},
      {"match", MatchNode::make},
      {"reply", ReplyNode::make},
      {"respond", RespondNode::make},
      {"retrieve", RetrieveNode::make},
      {"validate", ValidateNode::make},
      {"wait", WaitNode::make},
  };
}

}  // namespace parlance
