// The list of conversations beside the page, or on a narrow screen over it, behind a button.

import { by_id } from './element.js';

const narrow = matchMedia('(max-width: 860px)');

export class Sidebar {
  #menu = by_id('menu');

  constructor() {
    this.#menu.addEventListener('click', () => this.show(true));
    by_id('shade').addEventListener('click', () => this.show(false));
    narrow.addEventListener('change', () => this.show(false));
    addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.is_over_page || document.querySelector('dialog[open]')) return;
      event.stopImmediatePropagation();
      this.show(false);
      this.#menu.focus();
    });
  }

  get is_over_page() {
    return !by_id('shade').hidden;
  }

  show(open) {
    const over = open && narrow.matches;
    document.body.classList.toggle('with_sidebar', over);
    by_id('shade').hidden = !over;
    by_id('page').inert = over;
    this.#menu.setAttribute('aria-expanded', String(over));
    if (over) by_id('new').focus();
  }
}
