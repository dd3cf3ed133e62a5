// Shows a turn. Text appears a little at a time and evenly, however it comes from the network.

import { copy_of, element } from './element.js';
import { blocks } from './markdown.js';
import { copy_code, element_of, update } from './markdown_view.js';
import { outcome_of } from './outcome.js';
import { SourcesView } from './sources_view.js';
import { draw_steps } from './steps_view.js';
import { trouble_of } from './trouble.js';

const catch_up_ms = 200;
const frame_ms = 16;
const still = matchMedia('(prefers-reduced-motion: reduce)');

export class TurnView {
  #turn;
  #on_again;
  #shown = ''; // the part of the text that is on the page
  #drawn = []; // its blocks, as JSON: only what changed is drawn again
  #frame = 0;
  #drawn_at = null; // when, while one frame follows another
  #countdown = 0;
  #trouble; // the error that is shown
  #sources;

  // `on_again(turn, how)` when the user wants another try. A turn that was over before is shown at once.
  constructor(turn, on_again) {
    this.#turn = turn;
    this.#on_again = on_again;
    this.element = copy_of('turn_template');
    this.#at('.question').textContent = turn.question.text;
    this.#sources = new SourcesView(this.#at('.sources'));
    this.#at('.again').addEventListener('click', () => this.#on_again(turn, trouble_of(turn).again));
    this.#at('.text').addEventListener('click', (event) => this.#on_click(event));
    this.is_instant = turn.is_over;
    this.draw();
  }

  #at(selector) {
    return this.element.querySelector(selector);
  }

  draw() {
    this.#frame ||= requestAnimationFrame((now) => this.#draw_frame(now));
  }

  #draw_frame(now) {
    this.#frame = 0;
    const turn = this.#turn;
    this.#reveal(this.#drawn_at === null ? frame_ms : now - this.#drawn_at);
    const is_whole = this.#shown === turn.text;
    this.#drawn_at = is_whole ? null : now;
    const is_over = turn.is_over && is_whole;
    this.element.dataset.status = is_over ? turn.status : this.#shown ? 'streaming' : 'waiting';
    this.element.classList.toggle('entering', !this.is_instant);
    this.#draw_text(is_over);
    this.#draw_waiting(is_over);
    this.#draw_outcome(is_over);
    this.#at('.about').hidden = !is_over;
    this.#sources.draw(is_over ? turn : null);
    if (is_over) {
      draw_steps(this.#at('.steps'), turn.steps);
      this.#draw_model();
    }
    if (!is_whole) this.draw();
  }

  // Evenly in time: where an answer is so long that frames are late, each brings more of it.
  #reveal(passed_ms) {
    const { text } = this.#turn;
    if (!text.startsWith(this.#shown)) this.#shown = '';
    const left = text.length - this.#shown.length;
    const share = this.is_instant || still.matches ? 1 : Math.min(1, passed_ms / catch_up_ms);
    const step = Math.max(2, Math.ceil(left * share));
    this.#shown = text.slice(0, this.#shown.length + step);
  }

  #draw_text(is_over) {
    const passages_count = this.#turn.passages.length;
    const wanted = blocks(this.#shown, { grows: !is_over, passages_count });
    const box = this.#at('.text');
    const drawn = wanted.map((block) => JSON.stringify(block));
    while (box.children.length > wanted.length) box.lastElementChild.remove();
    for (const [at, block] of wanted.entries()) {
      if (drawn[at] === this.#drawn[at]) continue;
      const fresh = element_of(block, (number) => this.#cite(number));
      if (at < box.children.length) update(box.children[at], fresh);
      else box.append(fresh);
    }
    this.#drawn = drawn;
  }

  #cite(number) {
    const button = element('button', { type: 'button', className: 'cite', textContent: String(number), value: number });
    button.setAttribute('aria-label', `Source ${number}: ${this.#turn.passages[number - 1].title ?? ''}`);
    return button;
  }

  // One listener for all that is in the text, since its elements come and go while it grows.
  #on_click({ target }) {
    const button = target.closest('button');
    if (button?.matches('.cite')) this.#sources.open(Number(button.value));
    if (button?.matches('.copy')) copy_code(button);
  }

  #draw_waiting(is_over) {
    const turn = this.#turn;
    const is_bare = this.#at('.text').childElementCount === 0;
    const waits = !is_over && (is_bare || turn.is_reconnecting || turn.has_begun_again);
    this.#at('.thinking').hidden = !waits;
    const about = turn.is_reconnecting
      ? turn.is_stopping
        ? 'Stopping as soon as the server is back…'
        : 'Reconnecting…'
      : turn.has_begun_again
        ? 'The answer was interrupted and begins again…'
        : '';
    this.#at('.thinking_about').textContent = about;
  }

  #draw_outcome(is_over) {
    const { status, error } = this.#turn;
    const outcome = this.#at('.outcome');
    outcome.textContent = is_over ? outcome_of(this.#turn) : '';
    outcome.hidden = outcome.textContent === '';
    const box = this.#at('.trouble');
    const has_trouble = is_over && status === 'failed';
    box.hidden = !has_trouble;
    if (!has_trouble) {
      clearInterval(this.#countdown);
      this.#trouble = undefined;
    } else if (this.#trouble !== error) {
      this.#trouble = error;
      this.#begin_trouble(trouble_of(this.#turn));
    }
  }

  // The button comes alive when the server's advice on waiting has been followed.
  #begin_trouble({ reason, again, wait_ms }) {
    const button = this.#at('.again');
    this.#at('.reason').textContent = reason;
    button.hidden = again === null;
    const deadline = Date.now() + wait_ms;
    const name = again === 'edit' ? 'Shorten it' : 'Try again';
    const show = () => {
      const seconds = Math.ceil((deadline - Date.now()) / 1000);
      button.disabled = seconds > 0;
      button.textContent = seconds > 0 ? `${name} in ${seconds} s` : name;
      if (seconds <= 0) clearInterval(this.#countdown);
    };
    clearInterval(this.#countdown);
    this.#countdown = setInterval(show, 250);
    show();
  }

  #draw_model() {
    const { model } = this.#turn;
    const line = this.#at('.model');
    line.hidden = !model;
    line.textContent = /extractive/.test(model ?? '') ? 'answered by the offline extractive model' : `answered by ${model}`;
  }
}
