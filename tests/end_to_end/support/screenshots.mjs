// Takes the pictures of the chat page in docs/images:
//
//   tests/end_to_end/node_modules/.bin/node tests/end_to_end/support/screenshots.mjs
//
// They look as the page does on most machines when the font Inter is installed (Debian's fonts-inter).

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { configuration } from './configuration.mjs';
import { ChatPage, close_browser } from './browser.mjs';
import { root } from './program.mjs';
import { Server } from './server.mjs';

const agent = 'concierge';
const earlier = ['Can I bring my dog?', 'Do you have vegan food?'];
const question = 'When does the pool open?';
const folder = path.join(root, 'docs/images');

const desktop = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 };
const pictures = {
  'chat-light': { options: { ...desktop, colorScheme: 'light' } },
  'chat-dark': { options: { ...desktop, viewport: { width: 1280, height: 1000 }, colorScheme: 'dark' }, with_steps: true },
  'chat-phone': { options: { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true } },
};

const ends = [];
const lifetime = { after: (end) => ends.unshift(end) };
try {
  const server = await Server.start(lifetime, { configuration: configuration() });
  mkdirSync(folder, { recursive: true });
  for (const [name, { options, with_steps }] of Object.entries(pictures)) {
    const chat = await ChatPage.open(lifetime, server, options);
    await chat.choose(agent);
    for (const text of [...earlier, question]) {
      if (text !== earlier[0]) await chat.page.evaluate(() => document.getElementById('new').click());
      await chat.ask(text);
      await chat.turn('done');
    }
    if (with_steps) await chat.page.locator('.steps summary').click();
    await chat.page.locator('#question').focus();
    await chat.page.screenshot({ path: path.join(folder, `${name}.png`) });
    console.log(`docs/images/${name}.png`);
  }
} finally {
  for (const end of ends) await end();
  await close_browser();
}
