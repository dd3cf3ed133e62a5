// What stands within a line of Markdown: a list of
//
//   {text} · {code} · {link, spans} · {bold: spans} · {italic: spans} · {struck: spans} · {cites: number[]}
//
// A link goes to http, https or mailto; of any other one its words stay, and of an image, too, a link.
// A citation is "[2]" or "[1, 3]", with numbers of passages that exist; within a link it is text.
// Bounds: marks within marks up to open_max, more are text; the time is linear in the text.

const open_max = 16;
const half_mark_characters_max = 300;

const escaped = /\\[!-/:-@[-`{-~]/y;
const bare_address = /https?:\/\/[^\s<>"`*[\]]+/y;
const bracketed_address = /<((?:https?:\/\/|mailto:)[^\s<>]*)>/y;
const growing_address = /<((?:https?:\/\/|mailto:)[^\s<>]*)(?:>|$)/y;
const citation = /\[(\d+(?:\s*,\s*\d+)*)\]/y;
const destination = /\( ?<?([^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?(?: "[^"\n]*")? ?\)/y;
const kinds = { '*': ['italic', 'bold'], _: ['italic', 'bold'], '~': [null, 'struck'] };

const is_space = (character) => character === undefined || /\s/.test(character);
const is_sign = (character) => /[\p{P}\p{S}]/u.test(character);
const ends_words = (character) => /[.,:;!?%\p{Pe}\p{Pf}]/u.test(character);
// Of scripts whose words, or endings of words, follow without a space.
const is_unspaced = (character) => /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u.test(character);
const is_border = (character) => is_space(character) || is_sign(character) || is_unspaced(character);

// The address as a browser understands it, or null when a page should not lead there.
export function safe_address(text) {
  if (!URL.canParse(text)) return null;
  const { href, protocol } = new URL(text);
  return ['http:', 'https:', 'mailto:'].includes(protocol) ? href : null;
}

// `grows`: the end is still to come. A mark that is half there is left out, and one that is open
// marks all that follows. `passages_count`: how many passages may be cited.
export function spans(text, { grows = false, passages_count = 0 } = {}) {
  return new Line(grows ? without_half_mark(text) : text, { grows, passages_count }).read();
}

function without_half_mark(text) {
  const from = Math.max(0, text.length - half_mark_characters_max);
  const end = text
    .slice(from)
    .replace(/\\$/, '')
    .replace(/\s?!?(?<!\\)\[[\d,\s]*$/, '')
    .replace(/!?(?<!\\)\[(?![\d,\s]*\](?!\())([^\]\n]*)(?:\](?:\([^)\s]*)?)?$/, '$1')
    .replace(/(?<=^|\s)[*_~`]{1,3}$|(?<=[^\s*_~`\\])[*~`]{1,2}$|(?<!\\)(?:!|<[a-z]{0,6}:?\/?)$/, '');
  return text.slice(0, from) + end;
}

class Line {
  #text;
  #grows;
  #passages_count;
  #is_in_link;
  #at = 0;
  #found = [];
  #openers = []; // {sign, width, at}: marks in #found that wait for their end
  #brackets; // where each "[" ends
  #ticks; // where runs of so many "`" are, the first one last

  constructor(text, { grows = false, passages_count = 0, is_in_link = false }) {
    this.#text = text;
    this.#grows = grows;
    this.#passages_count = passages_count;
    this.#is_in_link = is_in_link;
  }

  read() {
    const text = this.#text;
    while (this.#at < text.length) {
      const sign = text[this.#at];
      const read =
        (sign === '\\' && this.#escape()) ||
        (sign === '`' && this.#code()) ||
        (sign in kinds && this.#mark(sign)) ||
        (!this.#is_in_link && (sign === '[' || sign === '!') && this.#link()) ||
        (sign === '[' && this.#cite()) ||
        (!this.#is_in_link && (sign === '<' || sign === 'h') && this.#address());
      if (!read) this.#say(text[this.#at++]);
    }
    if (this.#grows) this.#close_all();
    return this.#found.filter((span) => span.text !== '').map(({ is_mark, ...span }) => span);
  }

  #say(text) {
    const last = this.#found.at(-1);
    if (last?.text !== undefined && !last.is_mark) last.text += text;
    else this.#found.push({ text });
  }

  #match(pattern, at = this.#at) {
    pattern.lastIndex = at;
    return pattern.exec(this.#text);
  }

  #run(sign) {
    let end = this.#at;
    while (this.#text[end] === sign) end++;
    return end - this.#at;
  }

  #escape() {
    if (!this.#match(escaped)) return false;
    this.#say(this.#text[this.#at + 1]);
    this.#at += 2;
    return true;
  }

  #code() {
    const width = this.#run('`');
    const begin = this.#at + width;
    const end = this.#closing_ticks(width, begin);
    if (end === undefined && !this.#grows) {
      this.#say('`'.repeat(width));
      this.#at = begin;
      return true;
    }
    const inner = this.#text.slice(begin, end).replace(/\n/g, ' ');
    const is_padded = inner.startsWith(' ') && inner.endsWith(' ') && inner.trim() !== '';
    this.#found.push({ code: is_padded ? inner.slice(1, -1) : inner });
    this.#at = end === undefined ? this.#text.length : end + width;
    return true;
  }

  #closing_ticks(width, from) {
    if (!this.#ticks) {
      this.#ticks = new Map();
      for (const { 0: run, index } of [...this.#text.matchAll(/`+/g)].reverse()) {
        if (!this.#ticks.has(run.length)) this.#ticks.set(run.length, []);
        this.#ticks.get(run.length).push(index);
      }
    }
    const places = this.#ticks.get(width) ?? [];
    while (places.at(-1) < from) places.pop();
    return places.at(-1);
  }

  // By CommonMark's rules on what stands before and after; "_" does not mark within a word. Looser where its rules
  // leave marks in texts as models write them: "**Note:**text", and signs beside words of unspaced scripts.
  #mark(sign) {
    const width = this.#run(sign);
    const before = this.#text[this.#at - 1];
    const after = this.#text[this.#at + width];
    this.#at += width;
    const signs = sign.repeat(width);
    if (width > 3 || (sign === '~' && width !== 2)) {
      this.#say(signs);
      return true;
    }
    const is_awaited = ends_words(before) && this.#openers.some((opener) => opener.sign === sign && opener.width === width);
    const is_left = !is_space(after) && (!is_sign(after) || is_border(before));
    const is_right = !is_space(before) && (!is_sign(before) || is_border(after) || is_awaited);
    const ends = is_right && (sign !== '_' || !is_left || is_sign(after));
    const begins = is_left && (sign !== '_' || !is_right || is_sign(before));
    const left = ends ? this.#close(sign, width) : width;
    if (left > 0 && begins && this.#openers.length < open_max) {
      this.#openers.push({ sign, width: left, at: this.#found.length });
      this.#found.push({ text: sign.repeat(left), is_mark: true });
    } else if (left > 0) {
      this.#say(sign.repeat(left));
    }
    return true;
  }

  // Ends marks of this sign; answers how much of `width` found none. Openers in between stay text.
  #close(sign, width) {
    while (width > 0 && this.#openers.some((opener) => opener.sign === sign)) {
      while (this.#openers.at(-1).sign !== sign) this.#openers.pop();
      const opener = this.#openers.at(-1);
      const used = Math.min(2, opener.width, width);
      const inner = this.#found.splice(opener.at + 1).map(({ is_mark, ...span }) => span);
      this.#found.push({ [kinds[sign][used - 1]]: inner.filter((span) => span.text !== '') });
      opener.width -= used;
      this.#found[opener.at].text = sign.repeat(opener.width);
      if (opener.width === 0) this.#openers.pop();
      width -= used;
    }
    return width;
  }

  #close_all() {
    while (this.#openers.length > 0) this.#close(this.#openers.at(-1).sign, this.#openers.at(-1).width);
  }

  #link() {
    const begin = this.#at + (this.#text[this.#at] === '!' ? 1 : 0);
    const end = this.#text[begin] === '[' ? this.#closing_bracket(begin) : undefined;
    const to = end !== undefined && this.#match(destination, end + 1);
    if (!to) return false;
    this.#lead(to[1], new Line(this.#text.slice(begin + 1, end), { is_in_link: true }).read());
    this.#at = end + 1 + to[0].length;
    return true;
  }

  // The space before a citation goes with it.
  #cite() {
    const match = this.#passages_count > 0 && this.#match(citation);
    const cites = match ? match[1].split(',').map(Number) : [];
    if (!match || !cites.every((cite) => cite >= 1 && cite <= this.#passages_count)) return false;
    const last = this.#found.at(-1);
    if (last?.text !== undefined) last.text = last.text.trimEnd();
    this.#found.push({ cites });
    this.#at += match[0].length;
    return true;
  }

  #closing_bracket(begin) {
    if (!this.#brackets) {
      this.#brackets = new Map();
      const open = [];
      for (const { 0: sign, index } of this.#text.matchAll(/\\.|[[\]]/g)) {
        if (sign === '[') open.push(index);
        if (sign === ']' && open.length > 0) this.#brackets.set(open.pop(), index);
      }
    }
    return this.#brackets.get(begin);
  }

  #address() {
    const bracketed = this.#match(this.#grows ? growing_address : bracketed_address);
    const bare = !bracketed && !/\w/.test(this.#text[this.#at - 1] ?? '') && this.#match(bare_address);
    if (!bracketed && !bare) return false;
    const address = bracketed ? bracketed[1] : without_end_of_sentence(bare[0]);
    this.#lead(address, [{ text: address.replace(/^mailto:/, '') }]);
    this.#at += bracketed ? bracketed[0].length : address.length;
    return true;
  }

  #lead(address, words) {
    const link = safe_address(address);
    if (link === null) this.#found.push(...words);
    else this.#found.push({ link, spans: words });
  }
}

function without_end_of_sentence(address) {
  let end = address.length;
  const signs = address.includes('(') ? '.,;:!?\'' : '.,;:!?\')';
  while (signs.includes(address[end - 1])) end--;
  return address.slice(0, end);
}
