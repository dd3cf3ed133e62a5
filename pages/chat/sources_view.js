// The passages behind an answer as cards: those that it cites, and on request the others that were read.

import { claims, excerpt, marked, plain } from './citations.js';
import { copy_of, element } from './element.js';

const still = matchMedia('(prefers-reduced-motion: reduce)');
const lit_ms = 1_600;

export class SourcesView {
  #section;
  #list;
  #more;
  #cards = new Map(); // by number
  #passages = null; // what is drawn
  #shows_all = false;
  #cited = [];

  constructor(section) {
    this.#section = section;
    this.#list = section.querySelector('.source_list');
    this.#more = section.querySelector('.more');
    this.#more.addEventListener('click', () => {
      this.#shows_all = !this.#shows_all;
      this.#show();
    });
  }

  // The turn's sources; none while it is not over.
  draw(turn) {
    this.#section.hidden = !turn || turn.passages.length === 0;
    if (!turn || turn.passages === this.#passages) return;
    this.#passages = turn.passages;
    const said = claims(turn.text, turn.passages.length);
    this.#cited = [...said.keys()];
    this.#cards.clear();
    this.#list.replaceChildren();
    const numbers = turn.passages.map((_, at) => at + 1);
    const others = numbers.filter((number) => !said.has(number));
    for (const number of [...this.#cited, ...others]) {
      const card = this.#card(number, turn.passages[number - 1], said.get(number) ?? []);
      this.#cards.set(number, card);
      this.#list.append(card.element);
    }
    this.#show();
  }

  // Shows where a citation points to.
  open(number) {
    const card = this.#cards.get(number);
    if (!card || this.#section.hidden) return;
    card.unfold(true);
    card.head.focus({ preventScroll: true });
    card.element.scrollIntoView({ block: 'nearest', behavior: still.matches ? 'auto' : 'smooth' });
    card.element.classList.add('lit');
    setTimeout(() => card.element.classList.remove('lit'), lit_ms);
  }

  #show() {
    for (const [number, card] of this.#cards) card.element.hidden = !this.#shows_all && !this.#cited.includes(number);
    const others = this.#cards.size - this.#cited.length;
    const passages = others === 1 ? 'passage' : 'passages';
    this.#more.hidden = others === 0;
    this.#more.setAttribute('aria-expanded', String(this.#shows_all));
    this.#more.textContent = this.#shows_all
      ? 'Show fewer'
      : this.#cited.length > 0
        ? `${others} more ${passages} read`
        : `${others} ${passages} read, none cited`;
  }

  #card(number, passage, sentences) {
    const box = copy_of('source_template');
    const head = box.querySelector('.source_head');
    const trail = (passage.title ?? passage.source ?? `Source ${number}`).split(' > ');
    const title = trail.pop();
    box.querySelector('.number').textContent = String(number);
    box.querySelector('.source_title').textContent = title;
    box.querySelector('.source_place').textContent = [...trail, passage.source].filter(Boolean).join(' › ');
    const all = marked(plain(passage.text ?? ''), sentences);
    const unfold = (open) => {
      head.setAttribute('aria-expanded', String(open));
      const pieces = open ? all : excerpt(all);
      const node_of = ({ text, marked }) => (marked ? element('mark', { textContent: text }) : text);
      box.querySelector('.passage').replaceChildren(...pieces.map(node_of));
    };
    head.addEventListener('click', () => unfold(head.getAttribute('aria-expanded') !== 'true'));
    unfold(false);
    return { element: box, head, unfold };
  }
}
