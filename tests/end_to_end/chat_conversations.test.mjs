// The chat page's conversations: left, loaded, stopped, deleted and shown elsewhere, all at the wrong moment.

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { configuration, configuration_with, free_port } from './harness.mjs';
import { run_wait, Server, until } from './harness.mjs';
import { ChatPage, close_browser } from './support/browser.mjs';

const agent = 'concierge';
const question = 'When does the pool open?';

after(close_browser);

// On a port that outlives the process, and with the mock as provider if there is one.
async function opened(t, mock = null) {
  const http = { port: await free_port() };
  const settings = mock ? configuration_with(mock, { http }) : configuration({ http });
  const server = await Server.start(t, { configuration: settings });
  return { server, chat: await ChatPage.open(t, server) };
}

const thread_of = (chat) => /#thread=(.*)$/.exec(chat.page.url())[1];
const focused = (chat) => chat.page.evaluate(() => document.activeElement.id || document.activeElement.textContent);

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
