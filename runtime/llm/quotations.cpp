#include "runtime/llm/quotations.hpp"

#include "runtime/llm/citations.hpp"
#include "runtime/llm/sentences.hpp"
#include "runtime/llm/text.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>
#include <utility>

namespace parlance {
namespace {

constexpr std::size_t passages_max = 50;
constexpr std::size_t sentences_max = 2'000;
constexpr std::size_t sentence_words_min = 4;
constexpr std::size_t sentence_bytes_max = 600;
constexpr std::size_t quotes_max = 3;

// In rare terms, as the header says.
constexpr double score_min = 2.4;       // of an answer
constexpr double passage_weight = 1.0;  // of a passage that says all of the question
constexpr double heading_weight = 1.5;  // of a heading that says all of the question and no more
constexpr double bm25_weight = 1.0 / 8.0;
constexpr double wanted_weight = 0.2;   // of a sum of money when a price was asked for
constexpr double place_weight = 0.05;   // of a passage's first sentence
constexpr double unknown_cost = 1.0;    // of a rare term that no document has
constexpr double synonym_match = 0.8;   // of a term that is said in other words
constexpr double leaned_weight = 0.5;   // of a term of the turn before
constexpr double further_margin = 0.3;  // a further quotation scores at most this less

using Stems = std::set<std::string, std::less<>>;

struct Term {
  const QuestionTerm* said = nullptr;
  double weight = 0;
  bool known = false;
};
using Terms = std::vector<Term>;

// How well each term is said, in their order. 1: in its own words; less: in others; 0: not at all.
using Matches = std::vector<double>;

struct Candidate {
  std::string text;
  std::vector<std::string> words;
  Stems stems;
  std::size_t passage = 0;
  std::size_t place = 0;  // among the passage's sentences
  Matches matches;
  double score = 0;
};

// How many documents hold the term, in whichever of its words is the most common.
std::size_t documents_with(const QuestionTerm& term, const DocumentFrequencies& frequencies) {
  const auto holding = [&](const std::string& text) {
    const auto found = frequencies.holding.find(text);
    return found == frequencies.holding.end() ? 0 : found->second;
  };
  std::size_t most = holding(term.text);
  for (const auto& other : term.others)
    most = std::max(most, holding(other.text));
  return most;
}

double inverse_document_frequency(std::size_t holding, std::size_t documents) {
  const auto held = static_cast<double>(std::min(holding, documents));
  return std::log(1 + (static_cast<double>(documents) - held + 0.5) / (held + 0.5));
}

Terms weigh(const Question& question, const DocumentFrequencies& frequencies) {
  Terms terms;
  const double rarest = inverse_document_frequency(0, frequencies.documents);
  for (const auto& term : question.terms) {
    const auto holding = documents_with(term, frequencies);
    const double rarity = inverse_document_frequency(holding, frequencies.documents) / rarest;
    terms.push_back({&term, (term.leaned ? leaned_weight : 1.0) * rarity, holding > 0});
  }
  return terms;
}

double weight_of(const Matches& matches, const Terms& terms) {
  double weight = 0;
  for (std::size_t i = 0; i < terms.size(); ++i)
    weight += terms[i].weight * matches[i];
  return weight;
}

Matches best_of(Matches one, const Matches& other) {
  std::transform(one.begin(), one.end(), other.begin(), one.begin(), [](double a, double b) {
    return std::max(a, b);
  });
  return one;
}

Stems stems_of(const std::vector<std::string>& words) {
  Stems stems;
  for (const auto& word : words)
    stems.insert(stem(word));
  return stems;
}

double match(const QuestionTerm& term, const Stems& stems) {
  const auto has_all = [&](const Phrase& phrase) {
    return std::all_of(
        phrase.begin(), phrase.end(), [&](const auto& word) { return stems.contains(word); });
  };
  if (has_all(term.words)) return 1;
  const bool by_others = std::any_of(term.others.begin(),
                                     term.others.end(),
                                     [&](const auto& other) { return has_all(other.stems); });
  return by_others ? synonym_match : 0;
}

Matches matches_in(std::string_view heading, const Terms& terms) {
  const auto stems = stems_of(words_of(heading));
  Matches matches;
  for (const auto& term : terms)
    matches.push_back(match(*term.said, stems));
  return matches;
}

Matches matches_in(const Candidate& sentence, const Terms& terms) {
  Matches matches;
  for (const auto& [term, weight, known] : terms) {
    const bool by_kind = term->kind && holds(sentence.words, *term->kind);
    matches.push_back(std::max(match(*term, sentence.stems), by_kind ? synonym_match : 0));
  }
  return matches;
}

std::vector<Candidate> candidates_of(const std::vector<Passage>& passages, const Terms& terms) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < std::min(passages.size(), passages_max); ++i) {
    std::size_t place = 0;
    for (auto& sentence : sentences_of(passages[i].text)) {
      if (candidates.size() == sentences_max) return candidates;
      if (count_words(sentence) < sentence_words_min || sentence.size() > sentence_bytes_max)
        continue;
      if (sentence.ends_with(':') || sentence.ends_with('?') || has_citation(sentence)) continue;
      auto& candidate = candidates.emplace_back();
      candidate.words = words_of(sentence);
      candidate.stems = stems_of(candidate.words);
      candidate.text = std::move(sentence);
      candidate.passage = i;
      candidate.place = place++;
      candidate.matches = matches_in(candidate, terms);
    }
  }
  return candidates;
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

// The share of the heading's words that the question speaks of.
double spoken_share(std::string_view heading, const Terms& terms) {
  const auto words = terms_of(heading);
  if (words.empty()) return 0;
  const auto common = std::count_if(words.begin(), words.end(), [&](const auto& word) {
    return std::any_of(
        terms.begin(), terms.end(), [&](const auto& term) { return speaks_of(*term.said, word); });
  });
  return static_cast<double>(common) / static_cast<double>(words.size());
}

// What speaks for a passage, whichever of its sentences is looked at. `matches`: by any of it.
double passage_score(const Passage& passage, const Matches& matches, const Terms& terms) {
  double total = 0;
  double unknown = 0;
  for (const auto& term : terms) {
    total += term.weight;
    if (!term.known) unknown += term.weight;
  }
  const auto heading = last_heading(passage.title);
  const double by_heading = weight_of(matches_in(heading, terms), terms) / total;
  return bm25_weight * passage.score + passage_weight * weight_of(matches, terms) / total +
         heading_weight * by_heading * spoken_share(heading, terms) - unknown_cost * unknown;
}

double sentence_score(const Candidate& sentence,
                      const Matches& title,
                      const Question& question,
                      const Terms& terms) {
  double score = weight_of(best_of(sentence.matches, title), terms) +
                 place_weight / (1.0 + static_cast<double>(sentence.place));
  for (const auto wanted : question.wanted) {
    if (holds(sentence.words, wanted))
      score += wanted_weight / static_cast<double>(question.wanted.size());
  }
  return score;
}

void score(std::vector<Candidate>& candidates,
           const Question& question,
           const std::vector<Passage>& passages,
           const Terms& terms) {
  std::vector<Matches> titles;
  for (const auto& passage : passages)
    titles.push_back(matches_in(passage.title, terms));
  auto matches = titles;
  for (const auto& candidate : candidates)
    matches[candidate.passage] = best_of(matches[candidate.passage], candidate.matches);
  std::vector<double> passage_scores;
  for (std::size_t i = 0; i < passages.size(); ++i)
    passage_scores.push_back(passage_score(passages[i], matches[i], terms));
  for (auto& candidate : candidates) {
    candidate.score = passage_scores[candidate.passage] +
                      sentence_score(candidate, titles[candidate.passage], question, terms);
  }
}

bool says_the_same(const Candidate& one, const Candidate& other) {
  const auto common = std::count_if(one.stems.begin(), one.stems.end(), [&](const auto& word) {
    return other.stems.contains(word);
  });
  return 10 * static_cast<std::size_t>(common) >=
         9 * std::min(one.stems.size(), other.stems.size());
}

// No sentence without a price behind one that has it.
bool holds_as_much(const Candidate& candidate, const Candidate& first, const Question& question) {
  return std::all_of(question.wanted.begin(), question.wanted.end(), [&](Wanted wanted) {
    return holds(candidate.words, wanted) || !holds(first.words, wanted);
  });
}

bool says_more(const Candidate& candidate, const Candidate& other) {
  return std::inner_product(candidate.matches.begin(),
                            candidate.matches.end(),
                            other.matches.begin(),
                            false,
                            std::logical_or(),
                            std::greater());
}

// Whether it is worth saying after those that were chosen: the same of something else, or more of
// the question.
bool adds(const Candidate& candidate,
          const std::vector<const Candidate*>& chosen,
          const Question& question) {
  return holds_as_much(candidate, *chosen.front(), question) &&
         std::all_of(chosen.begin(), chosen.end(), [&](const auto* have) {
           return !says_the_same(*have, candidate) &&
                  (candidate.passage != have->passage || says_more(candidate, *have));
         });
}

bool stands_word_for_word(const Candidate& candidate, const Passage& passage) {
  return comparable(passage.text).find(comparable(candidate.text)) != std::string::npos;
}

// Best first.
std::vector<Quotation> choose(std::vector<Candidate> candidates,
                              const Question& question,
                              const std::vector<Passage>& passages) {
  std::erase_if(candidates, [](const auto& each) { return each.score < score_min; });
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& one, const auto& other) {
    return one.score > other.score;
  });
  std::vector<const Candidate*> chosen;
  std::vector<Quotation> quotations;
  for (const auto& candidate : candidates) {
    if (quotations.size() == quotes_max) break;
    if (!chosen.empty() && candidate.score < chosen.front()->score - further_margin) break;
    if (!chosen.empty() && !adds(candidate, chosen, question)) continue;
    if (!stands_word_for_word(candidate, passages[candidate.passage])) continue;
    chosen.push_back(&candidate);
    quotations.push_back({candidate.text, candidate.passage});
  }
  return quotations;
}

}  // namespace

std::vector<Quotation> quotations_for(const Question& question,
                                      const std::vector<Passage>& passages,
                                      const DocumentFrequencies& frequencies) {
  if (question.terms.empty()) return {};
  const auto terms = weigh(question, frequencies);
  auto candidates = candidates_of(passages, terms);
  score(candidates, question, passages, terms);
  return choose(std::move(candidates), question, passages);
}

}  // namespace parlance
