// Keeps the end of the conversation in sight while it grows, until the reader looks elsewhere.

import { by_id } from './element.js';

const near_end_px = 60;

export class Scroll {
  #talk = by_id('talk');
  #follows = true;

  constructor() {
    this.#talk.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#talk;
      this.#follows = scrollHeight - scrollTop - clientHeight < near_end_px;
    });
    // Who opens a source or the steps wants to read them.
    by_id('turns').addEventListener('click', () => (this.#follows = false));
    new ResizeObserver(() => this.#follows && this.to_end()).observe(by_id('turns'));
  }

  to_end() {
    this.#follows = true;
    this.#talk.scrollTop = this.#talk.scrollHeight;
  }
}
