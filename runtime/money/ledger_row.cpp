#include "runtime/money/ledger_row.hpp"

namespace parlance {

std::string_view to_string(Counted counted) {
  switch (counted) {
    case Counted::reserved:
      return "reserved";
    case Counted::estimated:
      return "estimated";
    case Counted::told:
      break;
  }
  return "told";
}

}  // namespace parlance
