// The chat page in headless Chromium, watched: what a page must never do is collected while a test runs.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

let browser;

// One browser for a whole file of tests, each of which has a profile of its own.
export async function new_page(options) {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'], // tests run as root, and where there is no screen
  });
  const context = await browser.newContext({ viewport: { width: 1200, height: 860 }, reducedMotion: 'reduce', ...options });
  return context.newPage();
}

export const close_browser = () => browser?.close();

export class ChatPage {
  foreign = []; // requests to another origin
  complaints = []; // of the console, violations of the page's policy among them

  // A page on the server's `/`; after the test it must have kept to itself and said nothing.
  static async open(t, server, options = {}) {
    const chat = new ChatPage(server, await new_page(options));
    t.after(() => chat.page.context().close());
    await chat.#begin('/');
    return chat;
  }

  // The same address in another tab of the same browser.
  async another_tab() {
    const chat = new ChatPage(this.server, await this.page.context().newPage());
    await chat.#begin(`/${new URL(this.page.url()).hash}`);
    return chat;
  }

  constructor(server, page) {
    this.server = server;
    this.page = page;
    page.setDefaultTimeout(20_000);
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(server.url).origin) this.foreign.push(request.url());
    });
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.stack));
  }

  async #begin(path) {
    await this.page.goto(`${this.server.url}${path}`);
    await this.page.locator('#agent option, #key_dialog[open]').first().waitFor({ state: 'attached' });
  }

  async choose(agent) {
    await this.page.selectOption('#agent', agent);
  }

  async ask(text) {
    await this.page.fill('#question', text);
    await this.page.keyboard.press('Enter');
  }

  // The last turn, once it is in this status: waiting, streaming, done, stopped or failed.
  async turn(status) {
    const turn = this.page.locator(`.turn:last-child[data-status="${status}"]`);
    await turn.waitFor();
    return turn;
  }

  questions() {
    return this.page.locator('.question').allTextContents();
  }

  // The line of the sidebar with this title, or all of them.
  listed(title = '') {
    return this.page.locator('.conversation', { hasText: title });
  }

  // The words of the last answer so far, without the numbers of its citations.
  text() {
    return this.page.evaluate(() => {
      const box = document.querySelector('.turn:last-child .text')?.cloneNode(true);
      box?.querySelectorAll('.cite').forEach((cite) => cite.remove());
      return box?.textContent ?? '';
    });
  }

  // From now on everything that the last answer shows, however briefly: its texts, and what it says of its state.
  async watch() {
    await this.page.evaluate(() => {
      window.shown = { texts: [], states: [] };
      const note = (list, text) => list.at(-1) !== text && list.push(text);
      new MutationObserver(() => {
        note(window.shown.texts, document.querySelector('.turn:last-child .text').textContent);
        note(window.shown.states, document.querySelector('.turn:last-child .thinking_about').textContent);
      }).observe(document.getElementById('turns'), { subtree: true, childList: true, characterData: true });
    });
  }

  shown() {
    return this.page.evaluate(() => window.shown);
  }

  // `failures`: requests failed on purpose, which the browser reports by itself.
  assert_clean({ failures = false } = {}) {
    const complaints = this.complaints.filter((text) => !(failures && /Failed to load resource|net::ERR_/.test(text)));
    assert.deepEqual(complaints, []);
    assert.deepEqual(this.foreign, []);
  }
}
