// Keeps the end of the conversation in sight while it grows, until the reader looks elsewhere. Sources come below
// an answer and may be seen beginning; they do not push it away. Tells what comes near the reader's sight.

import { by_id } from './element.js';

const near_end_px = 60;
const sources_seen_px = 160;

export class Scroll {
  #talk = by_id('talk');
  #follows = true;
  #works = new WeakMap(); // by the element that they wait for
  #sight = new IntersectionObserver((seen) => this.#see(seen), { root: this.#talk, rootMargin: '100%' });

  constructor() {
    this.#talk.addEventListener('scroll', () => {
      this.#follows = this.#end() - this.#talk.scrollTop < near_end_px;
    });
    // Who opens a source or the steps wants to read them.
    by_id('turns').addEventListener('click', () => (this.#follows = false));
    new ResizeObserver(() => this.#follows && this.to_end()).observe(by_id('turns'));
  }

  to_end() {
    this.#follows = true;
    this.#talk.scrollTop = Math.max(this.#talk.scrollTop, this.#end());
  }

  // `work` is done once, when less than a screen lies between `element` and what is seen.
  when_near(element, work) {
    this.#works.set(element, work);
    this.#sight.observe(element);
  }

  #see(seen) {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      this.#sight.unobserve(target);
      this.#works.get(target)();
    }
  }

  #end() {
    const { scrollHeight, scrollTop, clientHeight } = this.#talk;
    const sources = this.#talk.querySelector('.turn:last-child .sources:not([hidden])');
    if (!sources) return scrollHeight - clientHeight;
    const below = sources.getBoundingClientRect().top - this.#talk.getBoundingClientRect().top;
    return Math.min(scrollHeight, scrollTop + below + sources_seen_px) - clientHeight;
  }
}
