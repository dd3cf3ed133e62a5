// The conversations that this browser knows: ids and titles, newest first. What was said is the server's.

import { by_id, copy_of } from './element.js';
import { recall, remember } from './storage.js';

const storage_name = 'parlance.conversations';
const conversations_max = 200;
const title_characters_max = 80;

function read() {
  try {
    const list = JSON.parse(recall(localStorage, storage_name) ?? '[]');
    return Array.isArray(list) ? list.filter((entry) => typeof entry?.id === 'string') : [];
  } catch {
    return [];
  }
}

export class ConversationList {
  #box = by_id('conversations');
  #lines = new Map(); // by id
  #on_remove;
  #open = null;

  // `on_remove(id, title)` when the user wants to delete one.
  constructor(on_remove) {
    this.#on_remove = on_remove;
    // Another tab may have begun or deleted one.
    addEventListener('storage', (event) => event.key === storage_name && this.draw());
    this.draw();
  }

  title_of(id) {
    return read().find((entry) => entry.id === id)?.title ?? null;
  }

  add(id, text) {
    // One line, and none of the signs that turn around what is written after them.
    const title = text.replace(/[\s\u202a-\u202e\u2066-\u2069]+/g, ' ').trim().slice(0, title_characters_max);
    this.#write([{ id, title }, ...read().filter((entry) => entry.id !== id)]);
  }

  remove(id) {
    this.#write(read().filter((entry) => entry.id !== id));
  }

  // Marks the one that is open; null for a new one.
  show_open(id) {
    this.#open = id;
    this.draw();
  }

  // What stays keeps its elements, and with them the focus; from a line that goes the focus moves to its neighbour.
  draw() {
    const before = [...this.#box.children];
    const at = before.findIndex((line) => line.contains(document.activeElement));
    const entries = read();
    const lines = entries.map((entry) => this.#lines.get(entry.id) ?? this.#line(entry));
    this.#lines = new Map(entries.map(({ id }, n) => [id, lines[n]]));
    for (const line of before) if (!lines.includes(line)) line.remove();
    for (const [n, line] of lines.entries()) {
      if (this.#box.children[n] !== line) this.#box.insertBefore(line, this.#box.children[n] ?? null);
      const link = line.querySelector('.title');
      if (entries[n].id === this.#open) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    if (at >= 0 && !before[at].isConnected) this.#focus(lines[at] ?? lines.at(-1));
  }

  #focus(line) {
    (line?.querySelector('.title') ?? by_id('new')).focus();
  }

  #line({ id, title }) {
    const line = copy_of('conversation_template');
    const link = line.querySelector('.title');
    link.href = `#thread=${encodeURIComponent(id)}`;
    link.textContent = title || 'Conversation';
    link.title = title;
    const button = line.querySelector('.remove');
    button.setAttribute('aria-label', `Delete “${title}”`);
    button.addEventListener('click', () => this.#on_remove(id, title));
    return line;
  }

  #write(list) {
    remember(localStorage, storage_name, JSON.stringify(list.slice(0, conversations_max)));
    this.draw();
  }
}
