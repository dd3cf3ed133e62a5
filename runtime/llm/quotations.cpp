#include "runtime/llm/quotations.hpp"

#include "runtime/llm/citations.hpp"
#include "runtime/llm/sentences.hpp"
#include "runtime/llm/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parlance {
namespace {

constexpr std::size_t passages_max = 50;
constexpr std::size_t sentences_max = 2'000;
constexpr std::size_t sentence_words_min = 4;
constexpr std::size_t sentence_bytes_max = 600;
constexpr std::size_t quotes_max = 3;

constexpr double topic_min = 0.55;   // of the question, by the passage and its heading
constexpr double own_min = 0.5;      // of it, as far as it was not taken over from the turn before
constexpr double covered_min = 0.3;  // of the question, by the sentence and its heading
constexpr double elsewhere_weight = 0.5;  // of what only the rest of the passage covers
constexpr double title_weight = 1.0;      // of what the heading covers and the sentence does not
constexpr double subject_bonus = 0.3;     // for what the sentence begins with
constexpr double heading_min = 0.8;       // a heading so like the question is about it
constexpr double heading_bonus =
    0.4;  // for the first sentence under such a heading, less for later ones
constexpr double alike_bonus = 0.2;       // for what the heading shares with the question
constexpr double place_bonus = 0.1;       // for the passage's first sentence, less for later ones
constexpr double definition_bonus = 0.3;  // "A lane is …" when "What is a lane?" was asked
constexpr double wanted_bonus = 0.2;      // a sum of money when a price was asked for
constexpr double rank_bonus = 0.05;       // for the passage that the retriever put first
constexpr double length_cost = 0.2;       // of a sentence of the greatest length
constexpr double second_share = 0.95;     // a further quote scores at least this share of the best
constexpr double synonym_match = 0.8;     // of a term that is said in other words
constexpr double leaned_weight = 0.5;     // of a term of the turn before

using Stems = std::set<std::string, std::less<>>;

struct Candidate {
  std::string text;
  Stems stems;
  std::size_t passage = 0;
  std::size_t place = 0;  // among the passage's sentences
  double score = 0;
};

// A term of the question and its share of it.
struct Share {
  const QuestionTerm* term = nullptr;
  double share = 0;
};

Stems stems_in(std::string_view text) {
  Stems stems;
  for (const auto& word : words_of(text))
    stems.insert(stem(word));
  return stems;
}

bool has_all(const Stems& stems, const Phrase& phrase) {
  return std::all_of(
      phrase.begin(), phrase.end(), [&](const auto& word) { return stems.contains(word); });
}

// 1: in its own words; less: in others; 0: not at all.
double match(const QuestionTerm& term, const Stems& stems) {
  if (has_all(stems, term.words)) return 1;
  const bool by_others =
      std::any_of(term.others.begin(), term.others.end(), [&](const auto& other) {
        return has_all(stems, other.stems);
      });
  return by_others ? synonym_match : 0;
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
      auto stems = stems_in(sentence);
      candidates.push_back({std::move(sentence), std::move(stems), i, place++, 0});
    }
  }
  return candidates;
}

// Every term of the question counts alike: what is rare in the passages is as often a word of no
// consequence as the one that matters.
std::vector<Share> shares_of(const Question& question) {
  double total = 0;
  for (const auto& term : question.terms)
    total += term.leaned ? leaned_weight : 1.0;
  std::vector<Share> shares;
  for (const auto& term : question.terms)
    shares.push_back({&term, (term.leaned ? leaned_weight : 1.0) / total});
  return shares;
}

double covered_by(const Stems& stems, const std::vector<Share>& shares) {
  double covered = 0;
  for (const auto& [term, share] : shares)
    covered += share * match(*term, stems);
  return covered;
}

// The first words of a sentence: what it is about, more often than not.
Stems subject_of(std::string_view sentence) {
  constexpr std::size_t words_max = 4;
  std::size_t end = 0;
  for (std::size_t words = 0; words < words_max && end < sentence.size(); ++words) {
    end = std::min(sentence.find(' ', end + 1), sentence.size());
  }
  return stems_in(sentence.substr(0, end));
}

// "Passivation" of "Threads > Passivation".
std::string_view last_heading(std::string_view title) {
  constexpr std::string_view border = " > ";
  const auto at = title.rfind(border);
  return at == std::string_view::npos ? title : title.substr(at + border.size());
}

bool speaks_of(const QuestionTerm& term, const std::string& word) {
  const auto has_word = [&](const Phrase& phrase) {
    return std::find(phrase.begin(), phrase.end(), word) != phrase.end();
  };
  return has_word(term.words) ||
         std::any_of(term.others.begin(), term.others.end(), [&](const auto& other) {
           return has_word(other.stems);
         });
}

// What the heading covers of the question, less what it says besides.
double likeness(const std::vector<Share>& shares, std::string_view heading) {
  const auto words = terms_of(heading);
  if (words.empty()) return 0;
  const auto common = std::count_if(words.begin(), words.end(), [&](const auto& word) {
    return std::any_of(shares.begin(), shares.end(), [&](const auto& each) {
      return speaks_of(*each.term, word);
    });
  });
  return covered_by(stems_in(heading), shares) * static_cast<double>(common) /
         static_cast<double>(words.size());
}

// "A lane is …", "Parlance is …"
bool says_what_it_is(std::string_view sentence) {
  const auto words = words_of(sentence.substr(0, 60));
  const auto end =
      words.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(words.size(), 5));
  return std::any_of(
      words.begin(), end, [](const auto& word) { return word == "is" || word == "are"; });
}

// What is known of a passage before its sentences are looked at.
struct Topic {
  Stems title;
  double covered = 0;   // of the question, by all of the passage
  double own = 0;       // of what was not taken over from the turn before
  double likeness = 0;  // of its heading
};

Topic topic_of(std::size_t passage,
               const std::string& title,
               const std::vector<Candidate>& candidates,
               const std::vector<Share>& shares) {
  Topic topic{stems_in(title), 0, 0, likeness(shares, last_heading(title))};
  Stems stems = topic.title;
  for (const auto& candidate : candidates) {
    if (candidate.passage == passage) stems.insert(candidate.stems.begin(), candidate.stems.end());
  }
  const auto holds_kind = [&](Wanted kind) {
    return std::any_of(candidates.begin(), candidates.end(), [&](const auto& candidate) {
      return candidate.passage == passage && holds(candidate.text, kind);
    });
  };
  double own_total = 0;
  for (const auto& [term, share] : shares) {
    double matched = match(*term, stems);
    if (matched == 0 && term->kind && holds_kind(*term->kind)) matched = synonym_match;
    topic.covered += share * matched;
    if (term->leaned) continue;
    topic.own += share * matched;
    own_total += share;
  }
  topic.own = own_total == 0 ? 1 : topic.own / own_total;
  return topic;
}

double score_of(const Candidate& candidate,
                const Question& question,
                const std::vector<Share>& shares,
                const Topic& topic) {
  double covered = 0;
  double by_title = 0;
  for (const auto& [term, share] : shares) {
    double here = match(*term, candidate.stems);
    if (here == 0 && term->kind && holds(candidate.text, *term->kind)) here = synonym_match;
    covered += share * here;
    by_title += share * std::max(0.0, match(*term, topic.title) - here);
  }
  const double as_subject = covered_by(subject_of(candidate.text), shares);

  const bool about_it = topic.likeness >= heading_min;
  const bool fits =
      topic.covered >= topic_min && topic.own >= own_min && covered + by_title >= covered_min;
  if (!fits && !about_it) return 0;
  // One word alone stands in too many sentences that are about something else.
  if (shares.size() == 1 && as_subject == 0 && by_title == 0 && !about_it) return 0;

  const double rank = 1.0 / (1.0 + static_cast<double>(candidate.passage));
  const double length = static_cast<double>(candidate.text.size()) / sentence_bytes_max;
  const double elsewhere = std::max(0.0, topic.covered - covered - by_title);
  double score = covered + title_weight * by_title + elsewhere_weight * elsewhere +
                 subject_bonus * as_subject + rank_bonus * rank - length_cost * length;
  const double place = 1.0 / (1.0 + static_cast<double>(candidate.place));
  score += alike_bonus * topic.likeness + place_bonus * place;
  if (about_it) score += heading_bonus * place;
  if (as_subject > 0 && asks_what_it_is(question) && says_what_it_is(candidate.text))
    score += definition_bonus * as_subject;
  for (const auto wanted : question.wanted) {
    if (holds(candidate.text, wanted))
      score += wanted_bonus / static_cast<double>(question.wanted.size());
  }
  return score;
}

bool says_the_same(const Candidate& one, const Candidate& other) {
  const auto common = std::count_if(one.stems.begin(), one.stems.end(), [&](const auto& word) {
    return other.stems.contains(word);
  });
  return 10 * static_cast<std::size_t>(common) >=
         7 * std::min(one.stems.size(), other.stems.size());
}

// No sentence without a price behind one that has it.
bool holds_as_much(const Candidate& candidate, const Candidate& first, const Question& question) {
  return std::all_of(question.wanted.begin(), question.wanted.end(), [&](Wanted wanted) {
    return holds(candidate.text, wanted) || !holds(first.text, wanted);
  });
}

// Whether it speaks of something in the question that the chosen ones leave out.
bool adds_a_term(const Candidate& candidate,
                 const std::vector<const Candidate*>& chosen,
                 const Question& question) {
  return std::any_of(question.terms.begin(), question.terms.end(), [&](const QuestionTerm& term) {
    return match(term, candidate.stems) > 0 &&
           std::none_of(chosen.begin(), chosen.end(), [&](const auto* have) {
             return match(term, have->stems) > 0;
           });
  });
}

// Best first.
std::vector<Quotation> choose(std::vector<Candidate> candidates,
                              const Question& question,
                              const std::vector<Passage>& passages) {
  std::erase_if(candidates, [](const auto& candidate) { return candidate.score <= 0; });
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& one, const auto& other) {
    return one.score > other.score;
  });
  std::vector<const Candidate*> chosen;
  for (const auto& candidate : candidates) {
    if (chosen.size() == quotes_max) break;
    if (!chosen.empty() && candidate.score < second_share * chosen.front()->score) break;
    const bool said = std::any_of(chosen.begin(), chosen.end(), [&](const auto* have) {
      return says_the_same(*have, candidate);
    });
    const bool quotes =
        comparable(passages[candidate.passage].text).find(comparable(candidate.text)) !=
        std::string::npos;
    const bool goes_on = chosen.empty() || (holds_as_much(candidate, *chosen.front(), question) &&
                                            (candidate.passage == chosen.front()->passage ||
                                             adds_a_term(candidate, chosen, question)));
    if (!said && quotes && goes_on) chosen.push_back(&candidate);
  }
  std::vector<Quotation> quotations;
  for (const auto* each : chosen)
    quotations.push_back({each->text, each->passage});
  return quotations;
}

}  // namespace

std::vector<Quotation> quotations_for(const Question& question,
                                      const std::vector<Passage>& passages) {
  if (question.terms.empty()) return {};
  auto candidates = candidates_of(passages);
  const auto shares = shares_of(question);
  std::vector<Topic> topics;
  for (std::size_t i = 0; i < std::min(passages.size(), passages_max); ++i)
    topics.push_back(topic_of(i, passages[i].title, candidates, shares));
  for (auto& candidate : candidates)
    candidate.score = score_of(candidate, question, shares, topics[candidate.passage]);
  return choose(std::move(candidates), question, passages);
}

}  // namespace parlance
