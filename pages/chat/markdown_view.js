// Builds the elements of an answer's Markdown. Nothing of it is ever parsed as HTML: text becomes text nodes.

import { element } from './element.js';

const copied_ms = 2_000;
const heading_level_min = 3; // below the question, which is one of the second level

// A block that stands on its own, written from the side that its first letters are; code, always from the left.
// `cite_of(number)` is the element of a citation.
export function element_of(block, cite_of) {
  const made = element_within(block, cite_of);
  made.dir ||= 'auto';
  return made;
}

function element_within(block, cite_of) {
  const inner = (spans) => spans.flatMap((span) => nodes_of(span, cite_of));
  const within = (blocks) => blocks.map((each) => element_within(each, cite_of));
  return makers[block.type](block, inner, within);
}

const makers = {
  paragraph: ({ spans, grows }, inner) => element('p', grows ? { className: 'grows' } : {}, ...inner(spans)),
  heading: ({ level, spans }, inner) => element(`h${Math.min(6, level + heading_level_min - 1)}`, {}, ...inner(spans)),
  rule: () => element('hr'),
  quote: ({ blocks }, _, within) => element('blockquote', {}, ...within(blocks)),
  list: ({ start, items }, _, within) => {
    const lines = items.map((blocks) => element('li', {}, ...within(blocks)));
    return start === null ? element('ul', {}, ...lines) : element('ol', { start }, ...lines);
  },
  code: code_block,
  table: ({ alignments, head, rows }, inner) => {
    const row = (tag) => (cells) =>
      element('tr', {}, ...cells.map((cell, at) => element(tag, { className: alignments[at] }, ...inner(cell))));
    const table = element('table', {}, element('thead', {}, row('th')(head)), element('tbody', {}, ...rows.map(row('td'))));
    return scroller('div', 'Table', { className: 'table' }, table);
  },
};

// What may be wider than the page, and is scrolled by the keyboard as well.
function scroller(tag, name, properties, ...children) {
  const box = element(tag, { tabIndex: 0, ...properties }, ...children);
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', name);
  return box;
}

function code_block({ language, text }) {
  const copy = element('button', { type: 'button', className: 'copy', textContent: 'Copy' });
  copy.setAttribute('aria-label', 'Copy the code');
  const bar = element('div', { className: 'code_bar' }, element('span', { textContent: language }), copy);
  const lines = scroller('pre', 'Code', {}, element('code', { textContent: text }));
  return element('div', { className: 'code', dir: 'ltr' }, bar, lines);
}

function nodes_of(span, cite_of) {
  const inner = (spans) => spans.flatMap((each) => nodes_of(each, cite_of));
  if (span.text !== undefined) return [span.text];
  if (span.code !== undefined) return [element('code', { dir: 'ltr', textContent: span.code })];
  if (span.cites) return span.cites.map(cite_of);
  if (span.bold) return [element('strong', {}, ...inner(span.bold))];
  if (span.italic) return [element('em', {}, ...inner(span.italic))];
  if (span.struck) return [element('s', {}, ...inner(span.struck))];
  const away = { href: span.link, target: '_blank', rel: 'noopener noreferrer' };
  return [element('a', away, ...inner(span.spans))];
}

// Makes `old` look like `fresh` and changes only what differs: the rest keeps its focus, selection and scroll.
export function update(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
  } else if (old.nodeType === Node.TEXT_NODE) {
    update_text(old, fresh.data);
  } else {
    update_attributes(old, fresh);
    const wanted = [...fresh.childNodes];
    while (old.childNodes.length > wanted.length) old.lastChild.remove();
    wanted.forEach((node, at) => (old.childNodes[at] ? update(old.childNodes[at], node) : old.append(node)));
  }
}

// A selection is lost in what is written anew: that is what comes after the part that both have.
function update_text(node, wanted) {
  const { data } = node;
  let same = 0;
  while (same < data.length && data[same] === wanted[same]) same++;
  node.replaceData(same, data.length - same, wanted.slice(same));
}

function update_attributes(old, fresh) {
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

// Puts the code beside this button on the clipboard, and says so on the button.
export async function copy_code(button) {
  const code = button.closest('.code').querySelector('code');
  const is_copied = await put_on_clipboard(code);
  button.textContent = is_copied ? 'Copied' : 'Not copied';
  setTimeout(() => (button.textContent = 'Copy'), copied_ms);
}

// A page without a certificate has no navigator.clipboard; the older way copies what is selected.
async function put_on_clipboard(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    const is_copied = document.execCommand('copy');
    getSelection().removeAllRanges();
    return is_copied;
  }
}
