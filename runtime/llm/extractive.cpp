#include "runtime/llm/extractive.hpp"

#include "runtime/llm/citations.hpp"
#include "runtime/llm/sentences.hpp"
#include "runtime/llm/text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace parlance {
namespace {

constexpr std::size_t passages_max = 50;
constexpr std::size_t sentences_max = 2'000;
constexpr std::size_t sentence_words_min = 4;
constexpr std::size_t sentence_bytes_max = 600;
constexpr std::size_t quotes_max = 3;

constexpr double score_min = 0.5;      // of the question, headings included
constexpr double covered_min = 0.3;    // of the question, by the sentence alone
constexpr double title_weight = 0.5;   // of what the heading covers and the sentence does not
constexpr double subject_bonus = 0.3;  // for what the sentence begins with
constexpr double heading_min = 0.8;    // a heading so like the question is about it
constexpr double heading_bonus =
    0.4;  // for the first sentence under such a heading, less for later ones
constexpr double definition_bonus = 0.3;  // "A lane is …" when "What is a lane?" was asked
constexpr double rank_bonus = 0.05;       // for the passage that the retriever put first
constexpr double length_cost = 0.2;       // of a sentence of the greatest length
constexpr double second_share = 0.85;     // a further quote scores at least this share of the best

using Terms = std::set<std::string>;

struct Candidate {
  std::string text;
  Terms terms;
  std::size_t passage = 0;
  std::size_t place = 0;  // among the passage's sentences
  double score = 0;
};

const std::string& question_of(const ChatRequest& request) {
  static const std::string none;
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message) {
    if ((*message)->role == Role::human) return (*message)->text;
  }
  return none;
}

Terms terms_in(std::string_view text) {
  const auto terms = terms_of(text);
  return {terms.begin(), terms.end()};
}

std::vector<Candidate> candidates_of(const std::vector<Passage>& passages) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < std::min(passages.size(), passages_max); ++i) {
    std::size_t place = 0;
    for (auto& sentence : sentences_of(passages[i].text)) {
      if (candidates.size() == sentences_max) return candidates;
      if (count_words(sentence) < sentence_words_min || sentence.size() > sentence_bytes_max)
        continue;
      if (sentence.ends_with(':') || sentence.ends_with('?') || has_citation(sentence)) continue;
      auto terms = terms_in(sentence);
      candidates.push_back({std::move(sentence), std::move(terms), i, place++, 0});
    }
  }
  return candidates;
}

// What each term of the question weighs: much when few sentences hold it.
std::map<std::string, double> weights_of(const Terms& asked,
                                         const std::vector<Candidate>& candidates) {
  std::map<std::string, double> weights;
  for (const auto& term : asked) {
    const auto holding =
        std::count_if(candidates.begin(), candidates.end(), [&](const auto& candidate) {
          return candidate.terms.contains(term);
        });
    weights[term] = std::log(1.0 + static_cast<double>(candidates.size() + 1) /
                                       (static_cast<double>(holding) + 0.5));
  }
  return weights;
}

// The first words of a sentence: what it is about, more often than not.
Terms subject_of(std::string_view sentence) {
  constexpr std::size_t words_max = 4;
  std::size_t end = 0;
  for (std::size_t words = 0; words < words_max && end < sentence.size(); ++words) {
    end = std::min(sentence.find(' ', end + 1), sentence.size());
  }
  return terms_in(sentence.substr(0, end));
}

// "Passivation" of "Threads > Passivation".
std::string_view last_heading(std::string_view title) {
  constexpr std::string_view border = " > ";
  const auto at = title.rfind(border);
  return at == std::string_view::npos ? title : title.substr(at + border.size());
}

// What the heading covers of the question, less what it says besides.
double likeness(const std::map<std::string, double>& weights, const Terms& heading) {
  double covered = 0;
  std::size_t common = 0;
  for (const auto& [term, weight] : weights) {
    if (!heading.contains(term)) continue;
    covered += weight;
    ++common;
  }
  return common == 0 ? 0
                     : covered * static_cast<double>(common) / static_cast<double>(heading.size());
}

bool asks_what_it_is(std::string_view question) {
  const auto words = words_of(question);
  return words.size() > 1 && words[0] == "what" && (words[1] == "is" || words[1] == "are");
}

// "A lane is …", "Parlance is …"
bool says_what_it_is(std::string_view sentence) {
  const auto words = words_of(sentence.substr(0, 60));
  const auto end =
      words.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(words.size(), 5));
  return std::any_of(
      words.begin(), end, [](const auto& word) { return word == "is" || word == "are"; });
}

void score(std::vector<Candidate>& candidates,
           std::string_view question,
           const std::vector<Passage>& passages) {
  const auto weights = weights_of(terms_in(question), candidates);
  const bool definition = asks_what_it_is(question);
  double total = 0;
  for (const auto& [term, weight] : weights)
    total += weight;
  std::vector<Terms> titles;
  std::vector<double> headings;
  for (const auto& passage : passages) {
    titles.push_back(terms_in(passage.title));
    headings.push_back(likeness(weights, terms_in(last_heading(passage.title))) / total);
  }

  for (auto& candidate : candidates) {
    const auto subject = subject_of(candidate.text);
    double covered = 0;
    double by_title = 0;
    const double heading = headings[candidate.passage];
    double as_subject = 0;
    for (const auto& [term, weight] : weights) {
      if (candidate.terms.contains(term)) {
        covered += weight / total;
      } else if (titles[candidate.passage].contains(term)) {
        by_title += weight / total;
      }
      if (subject.contains(term)) as_subject += weight / total;
    }
    const bool fits = covered >= covered_min && covered + title_weight * by_title >= score_min;
    if (!fits && heading < heading_min) continue;
    // One word alone stands in too many sentences that are about something else.
    if (weights.size() == 1 && as_subject == 0 && heading < heading_min) continue;
    const double rank = 1.0 / (1.0 + static_cast<double>(candidate.passage));  // best passage first
    const double length = static_cast<double>(candidate.text.size()) / sentence_bytes_max;
    candidate.score = covered + title_weight * by_title + subject_bonus * as_subject +
                      rank_bonus * rank - length_cost * length;
    if (heading >= heading_min) {
      candidate.score += heading_bonus / (1.0 + static_cast<double>(candidate.place));
    }
    if (definition && as_subject > 0 && says_what_it_is(candidate.text)) {
      candidate.score += definition_bonus * as_subject;
    }
  }
}

bool says_the_same(const Candidate& one, const Candidate& other) {
  const auto common = std::count_if(one.terms.begin(), one.terms.end(), [&](const auto& term) {
    return other.terms.contains(term);
  });
  return 10 * static_cast<std::size_t>(common) >=
         7 * std::min(one.terms.size(), other.terms.size());
}

// Best first.
std::vector<Candidate> choose(std::vector<Candidate> candidates,
                              const std::vector<Passage>& passages) {
  std::erase_if(candidates, [](const auto& candidate) { return candidate.score <= 0; });
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& one, const auto& other) {
    return one.score > other.score;
  });
  std::vector<Candidate> chosen;
  for (auto& candidate : candidates) {
    if (chosen.size() == quotes_max) break;
    if (!chosen.empty() && candidate.score < second_share * chosen.front().score) break;
    const bool said = std::any_of(chosen.begin(), chosen.end(), [&](const auto& have) {
      return says_the_same(have, candidate);
    });
    const bool quotes =
        comparable(passages[candidate.passage].text).find(comparable(candidate.text)) !=
        std::string::npos;
    if (!said && quotes) chosen.push_back(std::move(candidate));
  }
  return chosen;
}

std::string quote(const ChatRequest& request) {
  const auto& question = question_of(request);
  if (terms_in(question).empty()) return std::string(extractive_decline);
  auto candidates = candidates_of(request.passages);
  score(candidates, question, request.passages);
  std::string text;
  for (const auto& chosen : choose(std::move(candidates), request.passages)) {
    if (!text.empty()) text += ' ';
    text += chosen.text + " [" + std::to_string(chosen.passage + 1) + ']';
  }
  return text.empty() ? std::string(extractive_decline) : text;
}

}  // namespace

ChatAnswer answer_from_passages(const ChatRequest& request) {
  ChatAnswer answer;
  answer.model = extractive_model;
  answer.text =
      request.passages.empty() ? std::string(extractive_without_passages) : quote(request);
  if (auto pieces = pieces_of(answer.text); pieces.size() > request.tokens_out_max) {
    answer.text.clear();
    for (std::size_t i = 0; i < request.tokens_out_max; ++i)
      answer.text += pieces[i];
    answer.stop_reason = StopReason::length;
  }
  std::size_t words_in = 0;
  for (const auto& message : request.messages)
    words_in += count_words(message->text);
  answer.usage = {static_cast<std::uint32_t>(words_in),
                  static_cast<std::uint32_t>(count_words(answer.text))};
  return answer;
}

std::vector<std::string> pieces_of(std::string_view text) {
  constexpr std::string_view space = " \t\n\r\f\v";
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const auto word = text.find_first_not_of(space);
    const auto end = word == std::string_view::npos ? word : text.find_first_of(space, word);
    pieces.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  }
  return pieces;
}

}  // namespace parlance
