// Where the question is written: grows with its text, sends on Enter, turns into a stop button while an answer comes.

import { by_id } from './element.js';

export class Composer {
  #field = by_id('question');
  #send = by_id('send');
  #stop = by_id('stop');
  #is_busy = false;
  #is_ready = false;

  constructor({ on_send, on_stop }) {
    by_id('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.#field.value.trim();
      if (!text || this.#is_busy || !this.#is_ready) return;
      this.write('');
      on_send(text);
    });
    this.#field.addEventListener('input', () => this.#fit());
    this.#field.addEventListener('keydown', (event) => {
      // A key that ends the input of a character is not meant for us.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      by_id('composer').requestSubmit();
    });
    this.#stop.addEventListener('click', () => {
      on_stop();
      this.focus();
    });
    addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing || document.querySelector('dialog[open]')) return;
      if (this.#is_busy) on_stop();
    });
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  write(text) {
    this.#field.value = text;
    this.#fit();
  }

  // `is_ready`: there is an agent to talk to, and all that was said before is here. `is_busy`: it is talking.
  // `is_stopping`: it was told to stop.
  show({ is_ready, is_busy, is_stopping }) {
    this.#is_ready = is_ready;
    this.#is_busy = is_busy;
    this.#send.hidden = is_busy;
    this.#stop.hidden = !is_busy;
    this.#stop.disabled = is_stopping;
    this.#show_send();
  }

  name_agent(name) {
    this.#field.placeholder = name ? `Ask ${name}` : 'Ask a question';
  }

  #show_send() {
    this.#send.disabled = !this.#is_ready || this.#field.value.trim() === '';
  }

  // The style sheet bounds the height.
  #fit() {
    this.#field.style.height = 'auto';
    this.#field.style.height = `${this.#field.scrollHeight}px`;
    this.#show_send();
  }
}
