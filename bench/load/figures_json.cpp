#include "bench/load/figures_json.hpp"

#include "bench/load/report.hpp"
#include "bench/load/scenario.hpp"

namespace parlance::bench {
namespace {

Json times_of(const Figures& figures) {
  return {{"turn", to_json(figures.turn)},
          {"service", to_json(figures.service)},
          {"first_text", to_json(figures.first_text)},
          {"first_text_service", to_json(figures.first_text_service)},
          {"gap", to_json(figures.gap)},
          {"stall", to_json(figures.stall)},
          {"per_text", to_json(figures.per_text)},
          {"session", to_json(figures.session)},
          {"refusal", to_json(figures.refusal)},
          {"new_thread", to_json(figures.new_thread)},
          {"start_delay", to_json(figures.start_delay)}};
}

Json by_index_of(const Figures& figures) {
  Json list = Json::array();
  for (const auto& index : figures.by_index)
    list.push_back({{"turn", to_json(index.turn)}, {"first_text", to_json(index.first_text)}});
  return list;
}

Json timeline_of(const Figures& figures) {
  Json list = Json::array();
  for (const auto& each : figures.timeline.intervals()) {
    list.push_back({{"sent", each.sent},
                    {"finished", each.finished},
                    {"refused", each.refused},
                    {"failed", each.failed},
                    {"good", each.good},
                    {"at_once_max", each.at_once_max},
                    {"turn_p50", each.turn_p50_ms},
                    {"turn_p99", each.turn_p99_ms},
                    {"first_text_p50", each.first_text_p50_ms},
                    {"first_text_p99", each.first_text_p99_ms}});
  }
  return list;
}

Json server_of(const Figures& figures) {
  Json list = Json::array();
  for (const auto& sample : figures.server)
    list.push_back(to_json(sample));
  return list;
}

Json audit_of(const LoadPlan& plan, const Figures& figures) {
  const auto reason = invalid_because(plan, figures);
  return {{"valid", !reason},
          {"reason", reason ? Json(*reason) : Json(nullptr)},
          {"on_cpu", figures.audit.on_cpu},
          {"waited_for_cpu", figures.audit.waited_for_cpu},
          {"lag", to_json(figures.audit.lag)}};
}

}  // namespace

Json to_json(const ServerSample& sample) {
  Json json{{"at_s", sample.at_s}};
  for (const auto& [name, value] : sampled_figures)
    json[std::string(name)] = sample.*value;
  return json;
}

Json to_json(const LoadPlan& plan,
             const Figures& figures,
             const std::vector<Judgement>& judgements) {
  const std::chrono::duration<double> seconds = figures.elapsed;
  Json json{{"version", report_version},
            {"scenario", scenario_of(plan)},
            {"schedule", figures.schedule},
            {"sent", figures.sent},
            {"finished", figures.finished},
            {"refused", figures.refused},
            {"failed", figures.failed},
            {"good", figures.good},
            {"wrong_answers", figures.wrong_answers},
            {"not_sent", figures.not_sent},
            {"responses", figures.responses},
            {"with_retry_after", figures.with_retry_after},
            {"threads_created", figures.threads_created},
            {"sessions", figures.sessions},
            {"sessions_finished", figures.sessions_finished},
            {"sessions_good", figures.sessions_good},
            {"bytes_sent", figures.bytes_sent},
            {"bytes_received", figures.bytes_received},
            {"elapsed_s", seconds.count()},
            {"finished_per_second", figures.finished_per_second()},
            {"errors_by_status", Json::object()},
            {"errors_by_code", Json::object()},
            {"ms", times_of(figures)},
            {"by_turn", by_index_of(figures)},
            {"period_ms", Timeline::period.count()},
            {"timeline", timeline_of(figures)},
            {"server", server_of(figures)},
            {"metrics", figures.metrics.is_empty() ? Json(nullptr) : figures.metrics.to_json()},
            {"audit", audit_of(plan, figures)},
            {"expectations", Json::array()}};
  for (const auto& [status, count] : figures.errors_by_status)
    json["errors_by_status"][std::to_string(status)] = count;
  for (const auto& [code, count] : figures.errors_by_code)
    json["errors_by_code"][code] = count;
  for (const auto& each : judgements)
    json["expectations"].push_back(
        {{"text", each.text}, {"held", each.held}, {"measured", each.measured}});
  return json;
}

}  // namespace parlance::bench
