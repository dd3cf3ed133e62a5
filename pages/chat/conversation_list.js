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

  draw() {
    this.#box.replaceChildren(...read().map((entry) => this.#line(entry)));
  }

  #line({ id, title }) {
    const line = copy_of('conversation_template');
    const link = line.querySelector('.title');
    link.href = `#thread=${encodeURIComponent(id)}`;
    link.textContent = title || 'Conversation';
    link.title = title;
    if (id === this.#open) link.setAttribute('aria-current', 'page');
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
