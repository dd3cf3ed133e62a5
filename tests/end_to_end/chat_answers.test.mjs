// What the chat page makes of a model's answer: its Markdown, and what is said when there is no answer, or half of one.

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { configuration_with, Mock, Server, until } from './harness.mjs';
import { ChatPage, close_browser } from './support/browser.mjs';
import { deltas_of, fixed_provider, refusing, streaming_provider } from './support/fixed_provider.mjs';

const question = 'When does the pool open?';

after(close_browser);

// The agent `chat` with a model that says just this.
async function opened_with(t, provider, options) {
  const server = await Server.start(t, { configuration: configuration_with(provider) });
  const chat = await ChatPage.open(t, server, options);
  await chat.choose('chat');
  return chat;
}

const opened_saying = async (t, text, { delay_ms = 0, ...options } = {}) =>
  opened_with(t, await streaming_provider(t, deltas_of(text), { delay_ms }), options);

test('a model that refuses is heard', async (t) => {
  const provider = await fixed_provider(t, 200, refusing('I will not say.'));
  const chat = await opened_with(t, provider);
  await chat.ask(question);
  await chat.turn('done');
  assert.match(await chat.text(), /I will not say\./);
});

const calling = (...names) =>
  names.map((name, index) => ({
    tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: '{}' } }],
  }));

const without_text = [
  { deltas: [], says: 'The answer was empty.' },
  { deltas: deltas_of(' \n'), says: 'The answer was empty.' },
  { deltas: calling('find_room'), says: 'The agent called the tool find_room and gave no text.' },
  { deltas: calling('find_room', 'book'), says: 'The agent called the tools find_room and book and gave no text.' },
];

for (const { deltas, says } of without_text) {
  test(`an answer without a text is told, and announced: ${says} (${deltas.length} deltas)`, async (t) => {
    const chat = await opened_with(t, await streaming_provider(t, deltas));
    await chat.ask(question);
    const turn = await chat.turn('done');
    assert.equal(await turn.locator('.outcome').textContent(), says);
    assert.equal(await chat.page.locator('#announcer').textContent(), says);
    await chat.page.reload();
    const again = await chat.turn('done');
    assert.equal(await again.locator('.outcome').textContent(), says);
    assert.equal(await again.locator('.thinking').isVisible(), false);
    chat.assert_clean();
  });
}

test('an answer with a text says nothing of its tools', async (t) => {
  const chat = await opened_with(t, await streaming_provider(t, [...deltas_of('Let me look.'), ...calling('find_room')]));
  await chat.ask(question);
  const turn = await chat.turn('done');
  assert.equal(await chat.text(), 'Let me look.');
  assert.equal(await turn.locator('.outcome').isVisible(), false);
});

test('half an answer stays, with why it broke off, and can be asked for again', async (t) => {
  const mock = await Mock.start(t, { tokens: 6, first_token_delay: '10ms', token_delay: '10ms', fault: 'cut', fault_count_max: 1 });
  const chat = await opened_with(t, mock);
  const broken = "The answer broke off: the model's connection was lost.";
  await chat.ask('Count for me');
  const turn = await chat.turn('failed');
  const half = await chat.text();
  assert.match(half, /^Count for me w1/);
  assert.equal(await turn.locator('.reason').textContent(), broken);
  assert.equal(await chat.page.locator('#announcer').textContent(), broken);
  await chat.page.reload();
  const again = await chat.turn('failed');
  await again.getByText(broken).waitFor();
  assert.equal(await chat.text(), half);
  await again.locator('.again').click();
  await chat.turn('done');
  assert.equal(await chat.text(), 'Count for me w1 w2 w3 w4 w5');
  assert.equal(await chat.page.locator('.turn').count(), 1);
  chat.assert_clean();
});

test('a model that never answered cannot be reached', async (t) => {
  const chat = await opened_with(t, await Mock.start(t, { fault: '503' }));
  await chat.ask(question);
  const turn = await chat.turn('failed');
  assert.equal(await turn.locator('.reason').textContent(), 'The model cannot be reached just now.');
  chat.assert_clean({ failures: true });
});

const line = `print("${'long '.repeat(60)}")`;
const formatted = `Some **bold**, *slanted*, \`code\` and [a link](https://example.com/a).

## A heading

1. one
   - inner

> quoted

\`\`\`python
${line}
\`\`\`

| Day | Price |
|:--|--:|
| Monday | 12 |

---

The **end**.`;

test('Markdown becomes elements while it streams, and its marks are never seen', async (t) => {
  const chat = await opened_saying(t, formatted, { delay_ms: 5 });
  await chat.page.evaluate(() => {
    window.seen = [];
    const turns = document.getElementById('turns');
    const note = () => window.seen.push(turns.querySelector('.text')?.textContent ?? '');
    new MutationObserver(note).observe(turns, { subtree: true, childList: true, characterData: true });
  });
  await chat.ask('Show *me*');
  const turn = await chat.turn('done');
  assert.equal(await chat.page.locator('.question').textContent(), 'Show *me*', "one's own words stay as they are");
  const text = turn.locator('.text');
  const tags = await text.evaluate((box) => [...box.children].map((each) => each.tagName.toLowerCase()));
  assert.deepEqual(tags, ['p', 'h4', 'ol', 'blockquote', 'div', 'div', 'hr', 'p']);
  const has = { strong: 'bold', em: 'slanted', 'p > code': 'code', 'ol > li > ul > li': 'inner', 'td.right': '12' };
  for (const [selector, words] of Object.entries(has)) {
    assert.equal(await text.locator(selector).first().textContent(), words, selector);
  }
  const seen = await chat.page.evaluate(() => window.seen);
  assert.ok(seen.length > 10, 'it came in pieces');
  assert.deepEqual(seen.filter((each) => /\*|`|\||#|\]|> q/.test(each)), []);
  const heard = ['Some bold, slanted, code and a link.', 'A heading', 'one', 'inner', 'quoted', line, 'Day · Price', 'Monday · 12'];
  assert.equal(await chat.page.locator('#announcer').textContent(), [...heard, 'The end.'].join('\n'));
  chat.assert_clean();
});

test('a link opens elsewhere and tells nobody where from; others are words', async (t) => {
  const links_to = ['https://example.com/', 'javascript:alert(1)', 'data:text/html,x', '/docs'];
  const hostile = `${links_to.map((to) => `[a](${to})`).join(' ')} <img src=x onerror=alert(1)>`;
  const chat = await opened_saying(t, hostile);
  await chat.ask(question);
  const turn = await chat.turn('done');
  const links = await turn.locator('.text a').evaluateAll((all) => all.map(({ href, target, rel }) => ({ href, target, rel })));
  assert.deepEqual(links, [{ href: 'https://example.com/', target: '_blank', rel: 'noopener noreferrer' }]);
  assert.equal(await chat.text(), 'a a a a <img src=x onerror=alert(1)>');
  assert.equal(await turn.locator('.text img').count(), 0);
  chat.assert_clean();
});

test('code is copied by the keyboard, and both code and tables scroll by it on a narrow phone', async (t) => {
  const chat = await opened_saying(t, formatted, { viewport: { width: 320, height: 700 } });
  const { page } = chat;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await chat.ask(question);
  const turn = await chat.turn('done');
  const widths = await page.evaluate(() => [document.documentElement.scrollWidth, document.querySelector('#talk').scrollWidth]);
  assert.ok(Math.max(...widths) <= 320, `it is ${widths} wide`);
  await turn.locator('.text a').focus();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'copy');
  await page.keyboard.press('Enter');
  await turn.getByText('Copied', { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), line);
  // As on a page without a certificate.
  await page.evaluate(async () => {
    await navigator.clipboard.writeText('another');
    navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
  });
  await page.keyboard.press('Enter');
  await until('it is copied the older way', async () => (await page.evaluate(() => navigator.clipboard.readText())) === line);
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await until('the code scrolls', () => turn.locator('pre').evaluate((box) => box.scrollLeft > 0));
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'table');
  chat.assert_clean();
});

test('a tab in code is one on the page and on the clipboard', async (t) => {
  const code = 'all:\n\tcc a.c\t# b';
  const chat = await opened_saying(t, `- Write this:\n  \`\`\`make\n${code.replaceAll(/^/gm, '  ')}\n  \`\`\``);
  await chat.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await chat.ask(question);
  const turn = await chat.turn('done');
  assert.equal(await turn.locator('pre').textContent(), code);
  await turn.locator('.copy').click();
  await turn.getByText('Copied', { exact: true }).waitFor();
  assert.equal(await chat.page.evaluate(() => navigator.clipboard.readText()), code);
  chat.assert_clean();
});

const counted = Array.from({ length: 40 }, (_, n) => `word ${n}`).join(' ');
for (const [where, text] of Object.entries({ p: `${counted} **bold** ${counted}\n\nThe end.`, pre: `\`\`\`\n${counted}\n\`\`\`\nThe end.` })) {
  test(`what is selected in a <${where}> stays so while it grows, and after it`, async (t) => {
    const chat = await opened_saying(t, text, { delay_ms: 20 });
    await chat.ask(question);
    const box = chat.page.locator(`.text ${where}`).first();
    await until('it has begun', async () => /word 2/.test(await box.textContent()));
    const before = await box.evaluate((each) => {
      const [node] = [each.querySelector('code') ?? each].map((holder) => holder.firstChild);
      getSelection().setBaseAndExtent(node, 0, node, 6);
      return each.textContent.length;
    });
    assert.equal(await chat.page.locator('.turn').getAttribute('data-status'), 'streaming');
    await chat.turn('done');
    assert.ok((await box.textContent()).length > before, 'it grew');
    assert.equal(await chat.page.evaluate(() => getSelection().toString()), 'word 0');
    chat.assert_clean();
  });
}

test('what is written from the right is laid out from there, and code from the left', async (t) => {
  const asked = 'متى يفتح المسبح؟';
  const answer = 'يفتح في **التاسعة**.\n\n- `pool open` هكذا\n\n> مقتبس\n\n```\nopen(pool)\n```\n\nIn English.';
  const chat = await opened_saying(t, answer);
  const { page } = chat;
  const direction = (selector) => page.locator(selector).first().evaluate((each) => getComputedStyle(each).direction);
  await page.fill('#question', asked);
  assert.equal(await direction('#question'), 'rtl');
  await page.keyboard.press('Enter');
  await chat.turn('done');
  for (const selector of ['.question', '.title', '.text > p', '.text li', '.text blockquote p']) {
    assert.equal(await direction(selector), 'rtl', selector);
  }
  for (const selector of ['#question', '.text li code', '.text pre', '.text > p:last-child', '.turn']) {
    assert.equal(await direction(selector), 'ltr', selector);
  }
  const [mark, words] = await page.evaluate(() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector('.text li'));
    return [document.querySelector('.text ul'), range].map((each) => each.getBoundingClientRect().right);
  });
  assert.ok(mark > words, 'a mark of a list stands on the right of it');
  chat.assert_clean();
});

test('a title keeps its own direction from what follows', async (t) => {
  const chat = await opened_saying(t, 'Yes.');
  await chat.ask('Is it\u202e open?');
  await chat.turn('done');
  assert.equal(await chat.page.locator('.title').textContent(), 'Is it open?');
  chat.assert_clean();
});

test("in the system's own colours all that has an edge shows it, and the question that it has the focus", async (t) => {
  const chat = await opened_saying(t, formatted, { forcedColors: 'active' });
  const { page } = chat;
  const style = (selector, names) =>
    page.locator(selector).first().evaluate((each, all) => all.map((name) => getComputedStyle(each)[name]), names);
  const shows_edge = async (selector) => {
    const edge = await style(selector, ['borderTopStyle', 'borderTopWidth']);
    assert.deepEqual(edge, ['solid', '1px'], selector);
  };
  for (const selector of ['.field', '.new', '.suggestion', '#send']) await shows_edge(selector);
  await page.locator('#question').focus();
  assert.deepEqual(await style('.field', ['outlineStyle', 'outlineWidth']), ['solid', '2px']);
  await page.locator('.new').focus();
  assert.deepEqual(await style('.field', ['outlineStyle']), ['none']);
  await chat.ask(question);
  await chat.turn('done');
  for (const selector of ['.question', '.code', '.copy', '.table', '.conversation']) await shows_edge(selector);
  await page.locator('.steps summary').click();
  const [bar, track] = [await style('.share', ['backgroundColor']), await style('body', ['backgroundColor'])];
  assert.notDeepEqual(bar, track, 'the bars of the steps are seen');
  chat.assert_clean();
});

test('the button on code keeps the focus while more of the answer comes', async (t) => {
  const lines = Array.from({ length: 60 }, (_, n) => `line ${n}`).join('\n');
  const chat = await opened_saying(t, `\`\`\`\n${lines}\n\`\`\`\nThe end.`, { delay_ms: 20 });
  await chat.ask(question);
  await chat.page.locator('.copy').focus();
  assert.equal(await chat.page.locator('.turn').getAttribute('data-status'), 'streaming');
  await chat.turn('done');
  assert.equal(await chat.page.evaluate(() => document.activeElement.className), 'copy');
  chat.assert_clean();
});

for (const half_mark of ['*a ', '[a](']) {
  test(`100 kB of "${half_mark}" are shown within a minute, also where a machine does much else`, async (t) => {
    const text = half_mark.repeat(Math.ceil(100_000 / half_mark.length));
    const provider = await streaming_provider(t, deltas_of(text, 200), { delay_ms: 2 });
    const chat = await opened_with(t, provider, { reducedMotion: 'no-preference' });
    chat.page.setDefaultTimeout(60_000);
    await chat.ask(question);
    await chat.turn('done');
    assert.equal(await chat.text(), text.trim());
    chat.assert_clean();
  });
}

// Luminance and contrast as WCAG 2 counts them, of the text and the first background behind it.
function contrasts(selectors) {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb(color).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    return rgb(color)[3] > 0 ? color : behind(node.parentElement);
  };
  return selectors.map((selector) => {
    const node = document.querySelector(selector);
    const [low, high] = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => a - b);
    return [selector, (high + 0.05) / (low + 0.05)];
  });
}

for (const colorScheme of ['light', 'dark']) {
  test(`all parts of an answer are well readable in the ${colorScheme} theme`, async (t) => {
    const chat = await opened_saying(t, `${formatted} ~~Gone~~.`, { colorScheme });
    await chat.ask(question);
    await chat.turn('done');
    const parts = ['p', 'p a', 'p code', 'h4', 's', 'blockquote', '.code_bar span', '.copy', 'pre code', 'th', 'td'];
    for (const [part, contrast] of await chat.page.evaluate(contrasts, parts.map((part) => `.text ${part}`))) {
      assert.ok(contrast >= 4.5, `${part} has ${contrast.toFixed(2)}`);
    }
    chat.assert_clean();
  });
}
