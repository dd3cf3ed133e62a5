// From an answer to its sources: where it cites, what it says there, and where a passage says the same.

const citation = /\[(\d+(?:\s*,\s*\d+)*)\]/g;

function paragraphs(answer, passages_count) {
  return answer
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim())
    .map((paragraph) => pieces(paragraph, passages_count));
}

// A text as pieces, {text} or {cites: number[]}. Only numbers of passages that exist are citations.
export function pieces(text, passages_count) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(citation)) {
    const cites = match[1].split(',').map(Number);
    if (!cites.every((cite) => cite >= 1 && cite <= passages_count)) continue;
    const before = text.slice(from, match.index).trimEnd();
    if (before) found.push({ text: before });
    found.push({ cites });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

// What the answer says with each passage behind it: a map from its number to sentences.
export function claims(answer, passages_count) {
  const said = new Map();
  for (const paragraph of paragraphs(answer, passages_count)) {
    let claim = '';
    for (const [at, piece] of paragraph.entries()) {
      if (piece.text !== undefined) claim = paragraph[at - 1]?.cites ? piece.text : claim + piece.text;
      for (const cite of piece.cites ?? []) {
        said.set(cite, [...(said.get(cite) ?? []), ...claim.split(/(?<=[.!?])\s+|\n/)]);
      }
    }
  }
  return said;
}

// An answer without its citations and the signs of its markup, as it is read out.
export const spoken = (answer) => plain(answer.replace(/ ?\[[\d,\s]+\]/g, ''));

// A passage without the signs of its markup, as an answer quotes it.
export function plain(text) {
  return text
    .split('\n')
    .filter((line) => !/^\s*(```|\|[\s:|-]+\|\s*$)/.test(line))
    .map((line) => line.replace(/^\s*\|(.*)\|\s*$/, (_, cells) => cells.split('|').map((cell) => cell.trim()).join(' · ')))
    .map((line) => line.replace(/^#+\s+/, '').replace(/`|\*\*/g, ''))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const words = (text) =>
  [...text.matchAll(/[\p{L}\p{N}]+/gu)].map((match) => ({
    word: match[0].toLowerCase(),
    begin: match.index,
    end: match.index + match[0].length,
  }));

// Where `text` has the sentence, word by word, whatever stands between the words: [begin, end] or null.
function find_sentence(text, sentence) {
  const have = words(text);
  const want = words(sentence).map(({ word }) => word);
  if (want.length === 0) return null;
  for (let at = 0; at + want.length <= have.length; at++) {
    if (want.some((word, n) => have[at + n].word !== word)) continue;
    const { end } = have[at + want.length - 1];
    return [have[at].begin, end + /^[.!?]?/.exec(text.slice(end))[0].length];
  }
  return null;
}

// `text` as pieces {text, marked}: marked where it has one of the sentences.
export function marked(text, sentences) {
  const ranges = sentences
    .map((sentence) => find_sentence(text, sentence))
    .filter(Boolean)
    .sort((a, b) => a[0] - b[0]);
  const found = [];
  let from = 0;
  for (const [begin, end] of ranges) {
    if (end <= from) continue;
    if (begin > from) found.push({ text: text.slice(from, begin), marked: false });
    found.push({ text: text.slice(Math.max(begin, from), end), marked: true });
    from = end;
  }
  if (from < text.length) found.push({ text: text.slice(from), marked: false });
  return found;
}

const excerpt_before = 60;
const excerpt_after = 140;

// The pieces around the first mark, short enough for a card, on lines that run on.
export function excerpt(all) {
  const first = all.findIndex((piece) => piece.marked);
  const shown = first < 0 ? all.slice(0, 1) : all.slice(Math.max(0, first - 1), first + 2);
  return shown.map((piece, at) => {
    const before = first > 0 && at === 0;
    const text = piece.marked ? piece.text : before ? tail(piece.text, excerpt_before) : head(piece.text, excerpt_after);
    return { marked: piece.marked, text: text.replace(/\s*\n\s*/g, ' ') };
  });
}

function head(text, characters) {
  return text.length <= characters ? text : `${text.slice(0, characters).replace(/\s+\S*$/, '')} …`;
}

// From the beginning of a sentence or line where there is one.
function tail(text, characters) {
  const line = text.slice(text.search(/[^\n]*\s*$/));
  if (line.length <= characters) return line;
  const end = line.slice(-characters);
  const sentence = end.search(/(?<=[.!?]\s)\S/);
  return sentence >= 0 ? end.slice(sentence) : `… ${end.replace(/^\S*\s+/, '')}`;
}
