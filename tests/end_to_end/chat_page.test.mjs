// The chat page in a real browser, against the real server.

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { configuration, configuration_with, free_port, Mock, Server, until } from './harness.mjs';
import { ChatPage, close_browser } from './support/browser.mjs';
import { Proxy } from './support/proxy.mjs';

const agent = 'concierge';
const question = 'When does the pool open?';
const outside = 'Who painted the ceiling of the Sistine Chapel?';
const tokens = 60;
const slow = { tokens, first_token_delay: '100ms', token_delay: '40ms' };
// The words that the mock answers with after its first.
const numbered = (text) => text.match(/\bw\d+\b/g) ?? [];
const repeats = (text) => new Set(numbered(text)).size < numbered(text).length;

after(close_browser);

async function opened(t, options) {
  const server = await Server.start(t, { configuration: configuration() });
  const chat = await ChatPage.open(t, server, options);
  return { server, chat };
}

// The agent `chat` with a model that takes its time.
async function opened_slow(t, settings = slow, http = {}) {
  const mock = await Mock.start(t, settings);
  const port = await free_port();
  const server = await Server.start(t, { configuration: configuration_with(mock, { http: { port, ...http } }) });
  const chat = await ChatPage.open(t, server);
  await chat.choose('chat');
  return { mock, server, chat };
}

test('a question gets a cited answer with its sources and steps', async (t) => {
  const { chat } = await opened(t);
  const { page } = chat;
  await chat.choose(agent);
  await chat.ask(question);
  const turn = await chat.turn('done');
  assert.match(await chat.text(), /\w/);
  const cards = turn.locator('.source:visible');
  const cites = await turn.locator('.cite').allTextContents();
  assert.ok(cites.length > 0, 'it cites');
  assert.equal(await cards.count(), new Set(cites).size, 'the cited sources alone are shown');
  const quoted = (await cards.first().locator('mark').allTextContents()).join(' ');
  assert.ok((await chat.text()).includes(quoted.split('.')[0]), `"${quoted}" is what the answer quotes`);

  await turn.locator('.cite').first().click();
  const head = cards.first().locator('.source_head');
  assert.equal(await head.getAttribute('aria-expanded'), 'true');
  assert.ok(await head.evaluate((each) => each === document.activeElement), 'the source has the focus');
  await turn.locator('.more').click();
  assert.ok((await cards.count()) > new Set(cites).size, 'the others on request');

  assert.match(await turn.locator('.steps summary').textContent(), /^\d+ steps · [\d.]+ (µs|ms|s)$/);
  await turn.locator('.steps summary').click();
  const nodes = await turn.locator('.step .node').allTextContents();
  assert.ok(nodes.includes('retrieve') && nodes.includes('generate'), nodes.join(' '));
  await until('the answer is announced, once', async () => (await page.locator('#announcer p').count()) === 1);
  chat.assert_clean();
});

test('a question that the documents do not answer is declined', async (t) => {
  const { chat } = await opened(t);
  await chat.choose(agent);
  await chat.ask(outside);
  const turn = await chat.turn('done');
  assert.match(await chat.text(), /\w/);
  assert.equal(await turn.locator('.cite').count(), 0);
  assert.equal(await turn.locator('.source:visible').count(), 0);
  chat.assert_clean();
});

test('an answer appears in pieces, and stops when told', async (t) => {
  const { mock, chat } = await opened_slow(t, { ...slow, tokens: 2_000 });
  await chat.ask('Count for me');
  await chat.turn('streaming');
  const early = (await chat.text()).length;
  await until('it grows', async () => (await chat.text()).length > early);
  await chat.page.click('#stop');
  const turn = await chat.turn('stopped');
  const text = await chat.text();
  assert.ok(text.length > early, 'what was said stays');
  assert.match(await turn.locator('.outcome').textContent(), /Stopped/);
  await until('the provider saw its client go', async () => (await mock.journal())[0].outcome === 'client_closed');
  assert.equal(await chat.page.locator('#announcer').textContent(), 'Stopped.');

  await chat.page.reload();
  await chat.turn('stopped');
  await until('it is still there', async () => (await chat.text()) === text);
  chat.assert_clean();
});

test('a reload finds the conversation again; another is begun, opened, deleted', async (t) => {
  const { server, chat } = await opened(t);
  const { page } = chat;
  await chat.choose(agent);
  await chat.ask(question);
  await chat.turn('done');
  const answer = await chat.text();
  const [, thread] = /#thread=(.*)$/.exec(page.url());
  await page.reload();
  const turn = await chat.turn('done');
  await turn.locator('.source:visible').first().waitFor();
  await turn.locator('.steps summary').waitFor();
  assert.equal(await chat.text(), answer);
  assert.equal(await page.inputValue('#agent'), agent);
  assert.equal(await page.locator('.conversation [aria-current]').textContent(), question);

  await page.click('#new');
  await chat.choose('echo');
  await chat.ask('another');
  await chat.turn('done');
  const first = page.locator('.conversation', { hasText: question });
  await first.locator('.title').click();
  await until('the first one is shown', async () => (await chat.text()) === answer);
  await page.goBack();
  await until('the second one is shown', async () => (await chat.text()) === 'echo: another');

  await first.hover();
  await first.locator('.remove').click();
  await page.locator('#delete_dialog .danger').click();
  await until('it is gone', async () => (await page.locator('.conversation').count()) === 1);
  assert.equal((await server.call(`/threads/${thread}`)).status, 404);
  assert.equal(await chat.text(), 'echo: another');
  chat.assert_clean();
});

test('a reload joins an answer that is still coming', async (t) => {
  const { chat } = await opened_slow(t);
  await chat.ask('Count for me');
  await until('a few words', async () => numbered(await chat.text()).length > 3);
  await chat.page.reload();
  await chat.turn('streaming');
  assert.equal(await chat.page.locator('#stop').isVisible(), true);
  await chat.turn('done');
  const text = await chat.text();
  assert.ok(numbered(text).length > tokens / 2 && !repeats(text), `it is whole: ${text}`);
  chat.assert_clean();
});

test('the server is killed in mid-answer: the page shows the whole answer, once', async (t) => {
  const { server, chat } = await opened_slow(t);
  await chat.ask('Count for me');
  await until('a few words', async () => numbered(await chat.text()).length > 5);
  await chat.watch();
  await server.kill();
  await chat.page.locator('.thinking_about', { hasText: 'Reconnecting' }).waitFor();
  await server.begin();
  await chat.turn('done');
  assert.ok(numbered(await chat.text()).length > tokens / 2, 'it is whole');
  const { texts, states } = await chat.shown();
  assert.deepEqual(texts.filter(repeats), [], 'no word was ever there twice');
  assert.ok(states.some((state) => /begins again/.test(state)), `it says that it begins again: ${states}`);
  assert.equal(await chat.page.locator('.turn').count(), 1);
  const [, thread] = /#thread=(.*)$/.exec(chat.page.url());
  const state = await server.call(`/threads/${thread}/state`);
  assert.equal(await chat.text(), state.json.values.messages.at(-1).content);
  chat.assert_clean({ failures: true });
});

test('a connection that is cut again and again costs nothing of the answer', async (t) => {
  const mock = await Mock.start(t, slow);
  const server = await Server.start(t, { configuration: configuration_with(mock) });
  const network = await Proxy.start(t, server.port);
  const chat = await ChatPage.open(t, network);
  await chat.choose('chat');
  await chat.ask('Count for me');
  await chat.turn('streaming');
  await chat.watch();
  for (const words of [5, 15, 30]) {
    await until(`${words} words`, async () => numbered(await chat.text()).length > words);
    network.cut();
  }
  await chat.turn('done');
  assert.ok(numbered(await chat.text()).length > tokens / 2, 'it is whole');
  const { texts, states } = await chat.shown();
  assert.ok(texts.every((text, at) => text.startsWith(texts[at - 1] ?? '')), 'the text only ever grows');
  assert.ok(states.includes('Reconnecting…'));
  chat.assert_clean({ failures: true });
});

test('a question that the server is not there for can be asked again', async (t) => {
  const { server, chat } = await opened_slow(t, { ...slow, tokens: 5 });
  await server.kill();
  await chat.ask('Are you there?');
  const failed = await chat.turn('failed');
  assert.match(await failed.locator('.reason').textContent(), /cannot be reached/);
  await server.begin();
  await failed.locator('.again').click();
  await chat.turn('done');
  assert.equal(await chat.page.locator('.turn').count(), 1);
  chat.assert_clean({ failures: true });
});

test('the keyboard alone does', async (t) => {
  const { chat } = await opened_slow(t, { ...slow, tokens: 2_000 });
  const { page } = chat;
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
  await page.reload();
  await until('the question has the focus', async () => (await focused()) === 'question');
  await page.selectOption('#agent', 'chat');
  await page.keyboard.type('One line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('and another');
  assert.equal(await page.inputValue('#question'), 'One line\nand another');
  await page.keyboard.press('Enter');
  await chat.turn('streaming');
  assert.equal(await page.inputValue('#question'), '');
  await page.keyboard.press('Escape');
  await chat.turn('stopped');

  await page.locator('#new').focus();
  await page.keyboard.press('Enter');
  await until('the question has the focus again', async () => (await focused()) === 'question');
  await page.selectOption('#agent', agent);
  const examples = page.locator('.suggestion');
  await examples.first().focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.question').textContent(), question);
  await chat.page.keyboard.press('Escape');
  chat.assert_clean();
});

test('a phone shows everything without scrolling sideways', async (t) => {
  const { chat } = await opened(t, { viewport: { width: 360, height: 700 }, hasTouch: true, isMobile: true });
  const { page } = chat;
  const fits = async (what) => {
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, document.querySelector('#talk').scrollWidth]);
    assert.ok(Math.max(...widths) <= 360, `${what} is ${widths} wide`);
  };
  await chat.choose(agent);
  await fits('the beginning');
  await chat.ask(`${question} ${'Supercalifragilistic'.repeat(12)}`);
  await chat.turn('done');
  await fits('a very long word');
  await chat.ask(question);
  const turn = await chat.turn('done');
  await turn.locator('.more').click();
  await turn.locator('.steps summary').click();
  await fits('an answer with everything open');
  assert.equal(await page.locator('#sidebar').isVisible(), false);
  await page.click('#menu');
  assert.equal(await page.locator('#sidebar').isVisible(), true);
  await fits('the list of conversations');
  await page.keyboard.press('Escape');
  await until('it is closed', async () => !(await page.locator('#sidebar').isVisible()));
  chat.assert_clean();
});

test('an answer stays in sight when its sources come below it', async (t) => {
  const { chat } = await opened(t, { viewport: { width: 360, height: 700 } });
  const sight = (selector) =>
    chat.page.evaluate((each) => {
      const box = document.querySelector(`.turn:last-child ${each}`).getBoundingClientRect();
      const talk = document.getElementById('talk').getBoundingClientRect();
      return box.top >= talk.top && box.top < talk.bottom;
    }, selector);
  await chat.choose(agent);
  for (let turns = 1; turns <= 2; turns++) {
    await chat.ask(question);
    const turn = await chat.turn('done');
    await turn.locator('.source:visible').first().waitFor();
    await until('the sources are seen beginning', () => sight('.source'));
    assert.ok(await sight('.question'), 'the question and all of the answer are there');
  }
  chat.assert_clean();
});

test('a server with keys asks for one, and for another when it is wrong', async (t) => {
  const server = new Server({ configuration: configuration({ auth: { keys_file: 'keys.json' } }), dev: false });
  t.after(() => server.close());
  const key = await server.create_key({ tenant: 'resort' });
  await server.begin();
  const chat = await ChatPage.open(t, server);
  const { page } = chat;
  await page.fill('#key', 'pk_wrong');
  await page.keyboard.press('Enter');
  await page.getByText('did not accept that key').waitFor();
  await page.fill('#key', key);
  await page.keyboard.press('Enter');
  await chat.choose(agent);
  await chat.ask(question);
  await chat.turn('done');
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.ok(!kept.includes(key), 'the key goes with the tab');
  chat.assert_clean({ failures: true });
});

test('refusals are told in words: too long, and too much at once', async (t) => {
  const { chat } = await opened_slow(t, { ...slow, tokens: 5 }, { body_max: '64KiB' });
  const long_text = 'so much to say '.repeat(5_000).trim();
  await chat.ask(long_text);
  const long = await chat.turn('failed');
  assert.match(await long.locator('.reason').textContent(), /longer than the server accepts/);
  await long.locator('.again').click();
  assert.equal(await chat.page.inputValue('#question'), long_text);
  assert.equal(await chat.page.locator('.turn').count(), 0);

  const headers = { 'retry-after': '2', 'retry-after-ms': '1500', 'x-error-code': 'model_queue_full' };
  const busy = { status: 429, headers, body: 'the queue is full' };
  await chat.page.route('**/runs/stream', (route) => route.fulfill(busy), { times: 1 });
  await chat.ask('Now?');
  const failed = await chat.turn('failed');
  assert.match(await failed.locator('.again').textContent(), /in \d s$/);
  assert.equal(await failed.locator('.again').isDisabled(), true);
  await chat.page.locator('.again:enabled').click();
  await chat.turn('done');
  chat.assert_clean({ failures: true });
});
