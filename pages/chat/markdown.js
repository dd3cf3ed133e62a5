// The common part of Markdown as a tree of plain data, for markdown_view.js to build elements of.
//
// Blocks:  {type: 'paragraph', spans, grows} · {type: 'heading', level, spans} · {type: 'rule'}
//          {type: 'code', language, text} · {type: 'quote', blocks}
//          {type: 'list', start, items: blocks[]}, whose start is null when it has bullets
//          {type: 'table', alignments, head: spans[], rows: spans[][]}
// Spans:   markdown_spans.js
//
// A line's end within a paragraph stays one, a tab stays a tab, and HTML is text. Bounds: containers within
// containers up to depth_max, deeper ones are text; the time is linear in the text, whatever it is. That is why
// this is no library: those that Debian 12 has as one file take seconds for 100 kB that is hostile, and run every
// frame here.

import { spans } from './markdown_spans.js';

const depth_max = 8;
const tab_columns = 4;

const fence = /^[ \t]*(`{3,}|~{3,})([^`]*)$/;
const heading = /^ {0,3}(#{1,6})(?:[ \t](.*))?$/;
const quoted = /^ {0,3}> ?/;
const item = /^[ \t]*([-*+]|\d{1,9}[.)])([ \t]+|$)/;

// While an answer grows, what may still become the mark of a block: "-", "##", "12.", "``".
const half_block = /^(?:[-*+#>|`~_=]+|\d{1,9}[.)]?)$/;

const is_blank = (line) => line.trim() === '';

// Where a sign stands that follows another one in this column.
const column_after = (sign, column) => (sign === '\t' ? column + tab_columns - (column % tab_columns) : column + 1);
const columns_of = (text) => [...text].reduce((column, sign) => column_after(sign, column), 0);
const indent_of = (line) => columns_of(/^[ \t]*/.exec(line)[0]);

// The line without so many columns of its indent; of a tab that reaches further, spaces are left.
function outdented(line, columns) {
  let column = 0;
  let at = 0;
  while (column < columns && (line[at] === ' ' || line[at] === '\t')) column = column_after(line[at++], column);
  return ' '.repeat(Math.max(0, column - columns)) + line.slice(at);
}

// `grows`: more of the text will come, and marks that are half there are taken as what they will be.
// `passages_count`: how many passages the text may cite.
export function blocks(text, { grows = false, passages_count = 0 } = {}) {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  // What the next line will be is not known yet: it is no blank one.
  if (grows && lines.at(-1) === '') lines.pop();
  return blocks_of(lines, { grows, passages_count, depth: 0 });
}

// What stands within a container, whose end may be that of the whole text.
const inner = (context, is_last) => ({ ...context, grows: context.grows && is_last, depth: context.depth + 1 });

function blocks_of(lines, context) {
  const found = [];
  for (let at = 0; at < lines.length; ) {
    if (is_blank(lines[at])) {
      at++;
      continue;
    }
    const read = readers.find((reader) => reader.begins(lines, at, context.depth));
    const { block, end } = read.take(lines, at, context);
    if (block) found.push(block);
    at = end;
  }
  return found;
}

function is_rule(line) {
  const signs = line.replace(/[ \t]/g, '');
  return /^(?:-{3,}|\*{3,}|_{3,})$/.test(signs);
}

const is_table = (lines, at) =>
  lines[at].includes('|') &&
  at + 1 < lines.length &&
  /^[ \t|:-]+$/.test(lines[at + 1]) &&
  /\|/.test(lines[at + 1]) &&
  /-/.test(lines[at + 1]) &&
  cells(lines[at]).length === cells(lines[at + 1]).length;

// What ends a paragraph without a blank line. A number that is not 1 may well be within a sentence.
function interrupts(lines, at, depth) {
  const line = lines[at];
  if (fence.test(line) || heading.test(line) || is_rule(line) || is_table(lines, at)) return true;
  if (depth >= depth_max) return false;
  const mark = item.exec(line);
  return quoted.test(line) || (mark !== null && mark[2] !== '' && /^(?:[-*+]|1[.)])$/.test(mark[1]));
}

function take_code(lines, at, { grows }) {
  const [, signs, language] = fence.exec(lines[at]);
  const indent = indent_of(lines[at]);
  const closes = (line, length_min = signs.length) => {
    const bare = line.trim();
    return bare.length >= length_min && bare === signs[0].repeat(bare.length);
  };
  let end = at + 1;
  while (end < lines.length && !closes(lines[end])) end++;
  const is_half = grows && end === lines.length && closes(lines[end - 1], 1);
  const text = lines.slice(at + 1, is_half ? end - 1 : end).map((line) => outdented(line, indent));
  return { block: { type: 'code', language: language.trim().split(/\s/)[0], text: text.join('\n') }, end: end + 1 };
}

function take_heading(lines, at, context) {
  const [, signs, words = ''] = heading.exec(lines[at]);
  const text = words.trim().replace(/(?:^|\s)#+$/, '').trim();
  const grows = context.grows && at + 1 === lines.length;
  return {
    block: text && { type: 'heading', level: signs.length, spans: spans(text, { ...context, grows }) },
    end: at + 1,
  };
}

function take_quote(lines, at, context) {
  let end = at;
  while (end < lines.length && quoted.test(lines[end])) end++;
  const own = lines.slice(at, end).map((line) => line.replace(quoted, ''));
  return { block: { type: 'quote', blocks: blocks_of(own, inner(context, end === lines.length)) }, end };
}

// Items are of one kind. What is indented by two belongs to the item above, as models write it, and so does
// a line that goes on with its paragraph.
function take_list(lines, at, context) {
  const [, first] = item.exec(lines[at]);
  const outer = indent_of(lines[at]);
  const is_numbered = /\d/.test(first);
  const found = [];
  let end = at;
  while (end < lines.length) {
    const line = lines[end];
    const mark = item.exec(line);
    const is_inner = indent_of(line) >= outer + 2;
    if (is_blank(line)) {
      found.at(-1).lines.push('');
    } else if (is_inner) {
      found.at(-1).lines.push(outdented(line, found.at(-1).width));
    } else if (mark && !is_rule(line)) {
      if (/\d/.test(mark[1]) !== is_numbered) break;
      found.push({ width: columns_of(mark[0]), lines: [line.slice(mark[0].length)] });
    } else if (found.at(-1).lines.at(-1) !== '' && !interrupts(lines, end, context.depth)) {
      found.at(-1).lines.push(line);
    } else {
      break;
    }
    end++;
  }
  const items = found.map((each, n) =>
    blocks_of(each.lines, inner(context, end === lines.length && n === found.length - 1)),
  );
  return { block: { type: 'list', start: is_numbered ? parseInt(first, 10) : null, items }, end };
}

function cells(line) {
  const bare = line.trim().replace(/^\|/, '');
  const all = bare.split(/(?<!\\)\|/);
  if (all.length > 1 && all.at(-1).trim() === '') all.pop();
  return all.map((cell) => cell.trim().replace(/\\\|/g, '|'));
}

// A row that is half there waits for its end.
function take_table(lines, at, { grows, passages_count }) {
  const head = cells(lines[at]);
  let end = at + 2;
  while (end < lines.length && lines[end].includes('|')) end++;
  const is_whole = (line) => /(?<!\\)\|\s*$/.test(line) && cells(line).length >= head.length;
  const is_half = grows && end > at + 2 && end === lines.length && !is_whole(lines[end - 1]);
  const rows = lines.slice(at + 2, is_half ? end - 1 : end).map((line) => cells(line).slice(0, head.length));
  const alignments = cells(lines[at + 1]).map((cell) =>
    /^:.*:$/.test(cell) ? 'center' : cell.endsWith(':') ? 'right' : 'left',
  );
  const of_row = (row) => row.map((cell) => spans(cell, { passages_count }));
  return { block: { type: 'table', alignments, head: of_row(head), rows: rows.map(of_row) }, end };
}

function take_paragraph(lines, at, context) {
  let end = at + 1;
  while (end < lines.length && !is_blank(lines[end]) && !interrupts(lines, end, context.depth)) end++;
  const own = lines.slice(at, end).map((line) => line.trim());
  const grows = context.grows && end === lines.length;
  if (grows && half_block.test(own.at(-1))) own.pop();
  // The head of a table is one when the line below it is whole.
  while (grows && own.at(-1)?.startsWith('|')) own.pop();
  const block = own.length > 0 && { type: 'paragraph', spans: spans(own.join('\n'), { ...context, grows }), grows };
  return { block, end };
}

const readers = [
  { begins: (lines, at) => fence.test(lines[at]), take: take_code },
  { begins: (lines, at) => heading.test(lines[at]), take: take_heading },
  { begins: (lines, at) => is_rule(lines[at]), take: (lines, at) => ({ block: { type: 'rule' }, end: at + 1 }) },
  { begins: (lines, at, depth) => depth < depth_max && quoted.test(lines[at]), take: take_quote },
  { begins: (lines, at, depth) => depth < depth_max && item.test(lines[at]), take: take_list },
  { begins: is_table, take: take_table },
  { begins: () => true, take: take_paragraph },
];
