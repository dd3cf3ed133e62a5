// The chat page's conversations: left, loaded, stopped, deleted and shown elsewhere, all at the wrong moment.

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { configuration, configuration_with, create_thread, free_port, Mock } from './harness.mjs';
import { history_texts, run_wait, Server, until } from './harness.mjs';
import { ChatPage, close_browser } from './support/browser.mjs';

const agent = 'concierge';
const question = 'When does the pool open?';
const endless = { tokens: 2_000, first_token_delay: '100ms', token_delay: '40ms' };

after(close_browser);

// On a port that outlives the process, and with the mock as provider if there is one.
async function opened(t, mock = null) {
  const http = { port: await free_port() };
  const settings = mock ? configuration_with(mock, { http }) : configuration({ http });
  const server = await Server.start(t, { configuration: settings });
  return { server, chat: await ChatPage.open(t, server) };
}

// With an echo of `text`.
async function opened_with(t, text) {
  const page = await opened(t);
  await page.chat.choose('echo');
  await page.chat.ask(text);
  await page.chat.turn('done');
  return page;
}

// With an answer that is coming.
async function opened_endless(t) {
  const page = await opened(t, await Mock.start(t, endless));
  await page.chat.choose('chat');
  await page.chat.ask('Count for me');
  await page.chat.turn('streaming');
  return page;
}

const thread_of = (chat) => /#thread=(.*)$/.exec(chat.page.url())[1];
const statuses = async (server, thread) => (await server.call(`/threads/${thread}/runs`)).json.map(({ status }) => status);
const focused = (chat) => chat.page.evaluate(() => document.activeElement.id || document.activeElement.textContent);

// Requests to `pattern` wait until the answer is called.
async function hold(page, pattern) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(pattern, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

// What is written while the conversation is not there yet stays in the field, and is sent when it is.
async function write_early(chat, text, come) {
  const { page } = chat;
  await chat.ask(text);
  assert.equal(await page.inputValue('#question'), text);
  assert.equal(await page.locator('#send').isDisabled(), true);
  assert.equal(await page.locator('.turn').count(), 0);
  await come();
  await page.locator('#send:enabled').waitFor();
  await page.press('#question', 'Enter');
  await until('it is answered', async () => (await chat.text()) === `echo: ${text}`);
}

test('nothing is asked in a conversation before it is loaded; then its own agent answers', async (t) => {
  const { server, chat } = await opened_with(t, 'first');
  const { page } = chat;
  await page.click('#new');
  await chat.choose(agent);
  const release = await hold(page, '**/threads/*/state');
  await chat.listed('first').locator('.title').click();
  await page.getByText('Loading…').waitFor();
  await write_early(chat, 'second', release);
  assert.equal(await page.inputValue('#agent'), 'echo');
  assert.equal(await page.locator('#line').isVisible(), false);
  assert.deepEqual(await chat.questions(), ['first', 'second']);
  assert.deepEqual(await history_texts(server, thread_of(chat)), ['first', 'echo: first', 'second', 'echo: second']);
  chat.assert_clean();
});

test('a conversation that is opened while the server is away comes before what is asked in it', async (t) => {
  const { server, chat } = await opened_with(t, 'first');
  await chat.page.click('#new');
  await server.kill();
  await chat.listed('first').locator('.title').click();
  await chat.page.getByText('Reconnecting…').waitFor();
  await write_early(chat, 'second', () => server.begin());
  assert.deepEqual(await chat.questions(), ['first', 'second']);
  chat.assert_clean({ failures: true });
});

test('a stop that the server is not there for is carried out when it is back', async (t) => {
  const { server, chat } = await opened_endless(t);
  await server.kill();
  await chat.page.getByText('Reconnecting…').first().waitFor();
  await chat.page.click('#stop');
  await chat.page.getByText('Stopping as soon as the server is back…').waitFor();
  assert.equal(await chat.page.locator('#stop').isDisabled(), true);
  assert.equal(await chat.page.getByText('Stopped here.').count(), 0);
  await server.begin();
  const turn = await chat.turn('stopped');
  assert.equal(await turn.locator('.outcome').textContent(), 'Stopped here.');
  assert.deepEqual(await statuses(server, thread_of(chat)), ['interrupted']);
  chat.assert_clean({ failures: true });
});

test('a stop outlives leaving the conversation', async (t) => {
  const { server, chat } = await opened_endless(t);
  const thread = thread_of(chat);
  const release = await hold(chat.page, '**/cancel');
  await chat.page.click('#stop');
  await chat.page.click('#new');
  release();
  await until('it is stopped', async () => (await statuses(server, thread))[0] === 'interrupted');
  chat.assert_clean();
});

for (const [name, refusal, presses] of [
  ['for now is tried again', { status: 503, headers: { 'retry-after-ms': '10' }, body: 'busy' }, 1],
  ['for good can be told again', { status: 403, body: 'no' }, 2],
]) {
  test(`a stop that is refused ${name}`, async (t) => {
    const { chat } = await opened_endless(t);
    await chat.page.route('**/cancel', (route) => route.fulfill(refusal), { times: 1 });
    for (let pressed = 0; pressed < presses; pressed++) {
      const answered = chat.page.waitForResponse('**/cancel');
      await chat.page.locator('#stop:enabled').click();
      await answered;
    }
    await chat.turn('stopped');
    chat.assert_clean({ failures: true });
  });
}

test('an Escape that ends the input of a character does not stop the answer', async (t) => {
  const { chat } = await opened_endless(t);
  const is_stopping = (isComposing) =>
    chat.page.evaluate((composing) => {
      const key = new KeyboardEvent('keydown', { key: 'Escape', isComposing: composing, bubbles: true });
      document.getElementById('question').dispatchEvent(key);
      return document.getElementById('stop').disabled;
    }, isComposing);
  assert.equal(await is_stopping(true), false);
  assert.equal(await is_stopping(false), true);
  await chat.turn('stopped');
  chat.assert_clean();
});

test('a question is sent although its conversation is left at once', async (t) => {
  const { chat } = await opened(t);
  const { page } = chat;
  await chat.choose('echo');
  const release = await hold(page, '**/runs/stream');
  await chat.ask('left at once');
  await page.click('#new');
  assert.equal(await chat.listed().count(), 0, 'what is listed is on the server');
  release();
  await chat.listed('left at once').locator('.title').click();
  await until('it is answered', async () => (await chat.text()) === 'echo: left at once');
  chat.assert_clean();
});

test('a conversation without questions shows the welcome', async (t) => {
  const { server, chat } = await opened(t);
  await chat.choose('echo');
  const thread = await create_thread(server);
  await chat.page.goto(`${server.url}/#thread=${thread}`);
  await chat.page.locator('#welcome').waitFor();
  await chat.page.locator('#send').waitFor();
  await chat.ask('hello');
  await chat.turn('done');
  assert.equal(thread_of(chat), thread);
  chat.assert_clean();
});

test('a conversation that is gone is told, and a new one begins', async (t) => {
  const { server, chat } = await opened(t);
  await chat.page.goto(`${server.url}/#thread=0b9f3a54-5b0f-4a57-9a3e-3f6c4a6f2c11`);
  await chat.page.getByText('This conversation is no longer on the server.').waitFor();
  assert.equal(await chat.page.locator('#welcome').isVisible(), true);
  await chat.choose('echo');
  await chat.ask('hello');
  await chat.turn('done');
  assert.equal(await chat.listed('hello').count(), 1);
  chat.assert_clean({ failures: true });
});

test('what one tab asks appears in the others, in the order of the server', async (t) => {
  const { server, chat } = await opened_with(t, 'one');
  const other = await chat.another_tab();
  await other.turn('done');
  await other.ask('two');
  await until('it is in the first tab', async () => (await chat.text()) === 'echo: two');
  await chat.ask('three');
  await until('it is in the other tab', async () => (await other.text()) === 'echo: three');
  for (const tab of [chat, other]) assert.deepEqual(await tab.questions(), ['one', 'two', 'three']);

  // Another device tells nobody: its question is there when one comes back to the tab.
  await run_wait(server, thread_of(chat), 'echo', 'four');
  await chat.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await until('it is in the first tab', async () => (await chat.text()) === 'echo: four');
  assert.deepEqual(await chat.questions(), ['one', 'two', 'three', 'four']);
  chat.assert_clean();
  other.assert_clean();
});

test('a conversation that another tab deleted does not come back', async (t) => {
  const { server, chat } = await opened_with(t, 'first');
  const other = await chat.another_tab();
  await other.listed('first').hover();
  await other.listed('first').locator('.remove').click();
  await other.page.locator('#delete_dialog .danger').click();
  await until('it is gone from the list', async () => (await chat.listed().count()) === 0);
  await chat.ask('second');
  const turn = await chat.turn('failed');
  assert.equal(await turn.locator('.reason').textContent(), 'This conversation is no longer on the server.');
  assert.equal(await turn.locator('.again').isVisible(), false);
  assert.equal((await server.call(`/threads/${thread_of(chat)}`)).status, 404);
  chat.assert_clean({ failures: true });
});

test('the list of conversations keeps the focus', async (t) => {
  const { chat } = await opened(t);
  const { page } = chat;
  await chat.choose('echo');
  for (const text of ['one', 'two', 'three']) {
    await page.click('#new');
    await chat.ask(text);
    await until('it is answered', async () => (await chat.text()) === `echo: ${text}`);
  }
  const remove = async (title) => {
    await chat.listed(title).locator('.remove').press('Enter');
    await page.locator('#delete_dialog .danger').press('Enter');
    await until('it is gone', async () => (await chat.listed(title).count()) === 0);
  };
  await chat.listed('two').locator('.title').press('Enter');
  await until('it is open', async () => (await chat.text()) === 'echo: two');
  assert.equal(await focused(chat), 'two');
  await remove('three');
  await until('the next one has the focus', async () => (await focused(chat)) === 'two');
  await remove('one');
  await until('the one before has the focus', async () => (await focused(chat)) === 'two');
  await remove('two');
  await until('the question has the focus', async () => (await focused(chat)) === 'question');
  chat.assert_clean();
});

test('a long conversation shows after a reload what it showed before, as one comes to it', async (t) => {
  const { server, chat } = await opened(t);
  const { page } = chat;
  const answers_later = 24;
  await chat.choose(agent);
  await chat.ask(question);
  await chat.turn('done');
  const first = page.locator('.answer').first();
  const shown = await first.innerText();
  const is_first_as_before = async () => (await first.innerText()) === shown;
  assert.ok((await first.locator('.source:visible').count()) > 0 && /\d steps/.test(shown), shown);
  for (let asked = 0; asked < answers_later; asked++) await run_wait(server, thread_of(chat), agent, question);

  let replays = 0;
  page.on('request', (request) => (replays += request.method() === 'GET' && /\/stream\?/.test(request.url())));
  await page.reload();
  await page.locator('.turn:last-child .steps').waitFor();
  assert.equal(await page.locator('.turn').count(), answers_later + 1);
  assert.equal(await is_first_as_before(), false, 'what is far away is not fetched');
  assert.ok(replays < answers_later, `${replays} replays`);
  await page.evaluate(() => (document.getElementById('talk').scrollTop = 0));
  await until('the first answer is as it was', is_first_as_before);
  chat.assert_clean();
});
