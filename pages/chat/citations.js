// From an answer to its sources: where it cites, what it says there, and where a passage says the same.

import { blocks } from './markdown.js';

// Where a span has spans of its own.
const inner_of = ({ spans, bold, italic, struck }) => spans ?? bold ?? italic ?? struck;

// Spans as pieces of the same line, {text} or {cites: number[]}.
function pieces_of(spans) {
  return spans.flatMap((span) => {
    const inner = inner_of(span);
    return inner ? pieces_of(inner) : span.cites ? [span] : [{ text: span.text ?? span.code }];
  });
}

// What a block says, line by line, each as such pieces; a row of a table is one.
const lines_of = (block) => readers[block.type](block);
const row_of = (cells) => cells.flatMap((cell, at) => [{ text: at > 0 ? ' · ' : '' }, ...pieces_of(cell)]);
const readers = {
  paragraph: ({ spans }) => [pieces_of(spans)],
  heading: ({ spans }) => [pieces_of(spans)],
  rule: () => [],
  code: ({ text }) => [[{ text }]],
  quote: ({ blocks }) => blocks.flatMap(lines_of),
  list: ({ items }) => items.flat().flatMap(lines_of),
  table: ({ head, rows }) => [head, ...rows].map(row_of),
};

// What the answer says with each passage behind it: a map from its number to sentences.
export function claims(answer, passages_count) {
  const said = new Map();
  for (const line of blocks(answer, { passages_count }).flatMap(lines_of)) {
    let claim = '';
    for (const [at, piece] of line.entries()) {
      if (piece.text !== undefined) claim = line[at - 1]?.cites ? piece.text : claim + piece.text;
      for (const cite of piece.cites ?? []) {
        if (!said.has(cite)) said.set(cite, []);
        for (const sentence of claim.split(/(?<=[.!?])\s+|\n/)) said.get(cite).push(sentence);
      }
    }
  }
  return said;
}

// What the page shows of an answer, without its citations: as it is read out.
export const spoken = (answer, passages_count) =>
  blocks(answer, { passages_count })
    .flatMap(lines_of)
    .map((line) => line.map((piece) => piece.text ?? '').join(''))
    .join('\n');

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
