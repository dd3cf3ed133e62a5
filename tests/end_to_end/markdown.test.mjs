// What the chat page reads out of an answer's Markdown and its citations. No browser is needed: it is data until it is
// shown.

import assert from 'node:assert/strict';
import test from 'node:test';
import { claims, spoken } from '../../pages/chat/citations.js';
import { blocks } from '../../pages/chat/markdown.js';
import { safe_address, spans } from '../../pages/chat/markdown_spans.js';

const text = (words) => [{ text: words }];
const paragraph = (words) => ({ type: 'paragraph', spans: text(words), grows: false });
const list = (start, ...items) => ({ type: 'list', start, items });

const inline = {
  '**a** and __b__': [{ bold: text('a') }, { text: ' and ' }, { bold: text('b') }],
  '*a* _b_ ~~c~~': [{ italic: text('a') }, { text: ' ' }, { italic: text('b') }, { text: ' ' }, { struck: text('c') }],
  '***a***': [{ italic: [{ bold: text('a') }] }],
  '**a *b* c**': [{ bold: [{ text: 'a ' }, { italic: text('b') }, { text: ' c' }] }],
  '**a *b**': [{ text: '*' }, { italic: [{ text: 'a ' }, { italic: text('b') }] }],
  'turns_waiting_max, 2 * 3 * 4, a ~ b': text('turns_waiting_max, 2 * 3 * 4, a ~ b'),
  '`a *b*` ``c`d``': [{ code: 'a *b*' }, { text: ' ' }, { code: 'c`d' }],
  '`a': text('`a'),
  '\\*a\\* \\[b\\] c:\\d': text('*a* [b] c:\\d'),
  'It opens at nine. [1] [2, 3]': text('It opens at nine. [1] [2, 3]'),
  'a\nb': text('a\nb'),
  '<b>a</b> &amp;': text('<b>a</b> &amp;'),
  '[a *b*](https://x.org/y_(z) "t")': [{ link: 'https://x.org/y_(z)', spans: [{ text: 'a ' }, { italic: text('b') }] }],
  '![a](https://x.org/y.png)': [{ link: 'https://x.org/y.png', spans: text('a') }],
  'See https://x.org/a_b.': [
    { text: 'See ' },
    { link: 'https://x.org/a_b', spans: text('https://x.org/a_b') },
    { text: '.' },
  ],
  '<mailto:a@x.org>': [{ link: 'mailto:a@x.org', spans: text('a@x.org') }],
  '[a](javascript:alert(1))': text('a'),
  '[a': text('[a'),
  '**Note:**a **b**': [{ bold: text('Note:') }, { text: 'a ' }, { bold: text('b') }],
  '*(*a*)*': [{ italic: [{ text: '(' }, { italic: text('a') }, { text: ')' }] }],
  '**「引用」**です': [{ bold: text('「引用」') }, { text: 'です' }],
  'これは**「引用」**': [{ text: 'これは' }, { bold: text('「引用」') }],
  '2**(a) and 3**(b)': text('2**(a) and 3**(b)'),
};

for (const [markdown, expected] of Object.entries(inline)) {
  test(`within a line: ${JSON.stringify(markdown)}`, () => assert.deepEqual(merged(spans(markdown)), merged(expected)));
}

const cited = {
  'It opens at nine. [1] [2, 3]': [{ text: 'It opens at nine.' }, { cites: [1] }, { cites: [2, 3] }],
  '**It opens [1]** at nine.': [{ bold: [{ text: 'It opens' }, { cites: [1] }] }, { text: ' at nine.' }],
  'In [2024] or [0] or [1, 4].': text('In [2024] or [0] or [1, 4].'),
  '\\[1\\] `a[1]`': [{ text: '[1] ' }, { code: 'a[1]' }],
  '[see [1]](https://x.org/)': [{ link: 'https://x.org/', spans: text('see [1]') }],
  '[1](https://x.org/)': [{ link: 'https://x.org/', spans: text('1') }],
};

for (const [markdown, expected] of Object.entries(cited)) {
  test(`citations of three passages: ${JSON.stringify(markdown)}`, () => {
    assert.deepEqual(spans(markdown, { passages_count: 3 }), expected);
  });
}

test('what is said with a passage behind it is what stands before its number, and code cites nothing', () => {
  const answer = `It *is* heated. It opens at nine. [2] It closes at ten. [1, 2]

- Towels: \`towels[1]\` [3]
- Sauna

| Day | Price |
|--|--|
| Monday | 12 [1] |

\`\`\`
a[1] = b
\`\`\``;
  const said = [...claims(answer, 3)].map(([number, sentences]) => [number, sentences.map((sentence) => sentence.trim())]);
  assert.deepEqual(said, [
    [2, ['It is heated.', 'It opens at nine.', 'It closes at ten.']],
    [1, ['It closes at ten.', 'Monday · 12']],
    [3, ['Towels: towels[1]']],
  ]);
});

test('what is read out of an answer is what the page shows, without its citations', () => {
  const answer = `# Pool\n\nIt is *open* in [2024]. [1]\n\n> [see](https://x.org) \\[1\\]\n\n1. \`arr[1]\`\n\n| a | b |\n|-|-|\n| 1 | **2** |

---

\`\`\`
a[1] = b[2] * c[3]
\`\`\``;
  const heard = ['Pool', 'It is open in [2024].', 'see [1]', 'arr[1]', 'a · b', '1 · 2', 'a[1] = b[2] * c[3]'];
  assert.equal(spoken(answer, 3), heard.join('\n'));
});

// Texts side by side are one.
function merged(all) {
  const found = [];
  for (const span of all) {
    const inner = Object.entries(span).map(([name, value]) => [name, Array.isArray(value) ? merged(value) : value]);
    if (span.text !== undefined && found.at(-1)?.text !== undefined) found.at(-1).text += span.text;
    else found.push(Object.fromEntries(inner));
  }
  return found;
}

const structure = {
  'a\n\nb': [paragraph('a'), paragraph('b')],
  '## a ##': [{ type: 'heading', level: 2, spans: text('a') }],
  '#hashtag': [paragraph('#hashtag')],
  'a\n---\nb': [paragraph('a'), { type: 'rule' }, paragraph('b')],
  '- a\n- b': [list(null, [paragraph('a')], [paragraph('b')])],
  '* a\n  * b\n    1. c\n* d': [
    list(null, [paragraph('a'), list(null, [paragraph('b'), list(1, [paragraph('c')])])], [paragraph('d')]),
  ],
  '3. a\n  - b\n\n4. c': [list(3, [paragraph('a'), list(null, [paragraph('b')])], [paragraph('c')])],
  '1. a\n- b': [list(1, [paragraph('a')]), list(null, [paragraph('b')])],
  '- a\nb\n\nc': [list(null, [paragraph('a\nb')]), paragraph('c')],
  'Born in\n1984. A year': [paragraph('Born in\n1984. A year')],
  '> a\n> - b': [{ type: 'quote', blocks: [paragraph('a'), list(null, [paragraph('b')])] }],
  '```js x\n<b>\n  *c*\n```\nd': [{ type: 'code', language: 'js', text: '<b>\n  *c*' }, paragraph('d')],
  '````\n```\n````': [{ type: 'code', language: '', text: '```' }],
  '~~~\na\n\n# b': [{ type: 'code', language: '', text: 'a\n\n# b' }],
  '| a | b |\n|:-:|--:|\n| 1 |\n| 2\\|3 | 4 | 5 |': [
    {
      type: 'table',
      alignments: ['center', 'right'],
      head: [text('a'), text('b')],
      rows: [[text('1')], [text('2|3'), text('4')]],
    },
  ],
  'a | b\nc': [paragraph('a | b\nc')],
  '```\n\ta\tb\n```': [{ type: 'code', language: '', text: '\ta\tb' }],
  '-\ta\n\t- b\n\n\t  ```\n\t  \tc\n\t  ```': [
    list(null, [paragraph('a'), list(null, [paragraph('b'), { type: 'code', language: '', text: '\tc' }])]),
  ],
  '- ```\n\ta\n\t\tb\n  ```': [list(null, [{ type: 'code', language: '', text: '  a\n  \tb' }])],
  'a\tb': [paragraph('a\tb')],
  '': [],
};

for (const [markdown, expected] of Object.entries(structure)) {
  test(`blocks: ${JSON.stringify(markdown)}`, () => assert.deepEqual(blocks(markdown), expected));
}

// What is shown of an answer that is still coming.
const half = {
  'a **b': [{ text: 'a ' }, { bold: text('b') }],
  'a **b*': [{ text: 'a ' }, { bold: text('b') }],
  'a **': text('a '),
  'a `b': [{ text: 'a ' }, { code: 'b' }],
  'a [b](https://x.o': text('a b'),
  'It opens at nine. [1': text('It opens at nine.'),
  'It opens at nine. [1]': text('It opens at nine. [1]'),
  'a <': text('a '),
  'a <https:/': text('a '),
  'a <https://x.org/b': [{ text: 'a ' }, { link: 'https://x.org/b', spans: text('https://x.org/b') }],
  'a [1](https://x.o': text('a 1'),
  'a \\': text('a '),
  'a \\[': text('a ['),
  'a \\*': text('a *'),
};

for (const [markdown, expected] of Object.entries(half)) {
  test(`while it grows: ${JSON.stringify(markdown)}`, () => {
    const [{ spans: shown, grows }] = blocks(markdown, { grows: true });
    assert.equal(grows, true);
    assert.deepEqual(merged(shown), expected);
  });
}

test('while it grows, half a block is not shown as text', () => {
  for (const markdown of ['-', '##', '12.', '``', '| a | b |', '| a | b |\n|', '| a | b |\n|:--|', '>']) {
    assert.equal(JSON.stringify(blocks(markdown, { grows: true })).includes('"text"'), false, markdown);
  }
});

test('while a table grows, a row is there once it is whole, and stays', () => {
  const table = '| a | b |\n|-|-|\n| 1 | 2 |\n| 3 | 4\\| |\n| 5 |';
  const counts = Array.from({ length: table.length }, (_, at) => blocks(table.slice(0, at + 1), { grows: true })[0]?.rows?.length);
  const head = table.indexOf('-|\n');
  assert.deepEqual([...new Set(counts.slice(head))], [0, 1, 2]);
  assert.deepEqual(counts.slice(head), counts.slice(head).sort());
  assert.equal(blocks(`${table}\n`, { grows: true })[0].rows.length, 2, 'a short row may still go on');
  assert.equal(blocks(table)[0].rows.length, 3);
});

test('no beginning of an answer shows a mark', () => {
  const answer = `Some **bold**, *slanted*, ~~gone~~, ***both***, \`code\` and [a link](https://example.com/a),
<https://example.com/b>.

## A heading

1. one *a*
   - inner **b**

> quoted

\`\`\`js
f()
\`\`\`

| Day | Price |
|:--|--:|
| **Monday** | 12 |
| Tuesday | 14 |

---

The **end**.`;
  const words = (value) => {
    if (typeof value !== 'object' || value === null) return [value];
    return Object.entries(value).flatMap(([name, each]) => (name === 'link' ? [] : words(each)));
  };
  for (let end = 1; end <= answer.length; end++) {
    const shown = words(blocks(answer.slice(0, end), { grows: true })).join(' ');
    assert.doesNotMatch(shown, /[*`|~#[\]<>]|--/, JSON.stringify(answer.slice(Math.max(0, end - 30), end)));
  }
});

test('only http, https and mailto lead away', () => {
  const scripts = ['javascript:alert(1)', 'JaVaScRiPt:x', 'java\nscript:x', ' javascript:x', '\u0001javascript:x'];
  for (const address of [...scripts, 'data:text/html,x', 'vbscript:x', 'file:///etc', 'blob:x', '/docs', '//x.org', '', 'x']) {
    assert.equal(safe_address(address), null, address);
  }
  assert.equal(safe_address('HTTPS://x.org'), 'https://x.org/');
});

const long = (piece) => piece.repeat(Math.ceil(100_000 / piece.length));
const hostile = [
  ...['*', '*a ', '**a *b', '*a _b ', '_', '~~a ', '[', '![', '[a](', '[a](b(c)', '`', '`a``b', '```\n', '\\', '<'],
  ...['<http://', 'http://', '>', '> ', '> - ', '- ', '* ', '1. ', '- a\n', '- a\n  - b\n', '#', '# '],
  ...['|', '|-', '|a\n|-\n', 'a\n', '\n', '\r', ' ', '\t', '-\t', '\t- a\n', '[1', '[1,', '[1] ', '**a:**'],
]
  .map(long)
  .concat([
    `${long('**a ')}${long('b** ')}`,
    `${long('[')}${long('](b)')}`,
    `${long('|-')}\n${long('|-')}a`,
    `[a](${long(' ')}`,
    `a${long(' ')}b`,
    `https://a${long('.')}b`,
    `\`\`\`${long(' ')}\``,
    Array.from({ length: 400 }, (_, n) => `${' '.repeat(n * 2)}- a`).join('\n'),
    Array.from({ length: 400 }, (_, n) => `${'`'.repeat(n)}a`).join(''),
  ]);

// Of the processor: what else a machine does costs nothing.
function in_time(markdown, read) {
  const begin = process.cpuUsage();
  read(markdown);
  const { user, system } = process.cpuUsage(begin);
  const ms = (user + system) / 1_000;
  assert.ok(ms < 1_500, `${JSON.stringify(markdown.slice(0, 12))}… took ${Math.round(ms)} ms`);
}

test('100 kB of whatever takes no longer than 100 kB', () => {
  for (const markdown of hostile) {
    for (const grows of [false, true]) {
      in_time(markdown, (text) => JSON.stringify(blocks(text, { grows, passages_count: 9 })));
    }
  }
});

test('100 kB of citations are followed to what they stand behind as fast', () => {
  for (const markdown of ['[1] ', 'a[1]: ', '- a [1]\n', 'A. B. [1]\n'].map(long)) in_time(markdown, (text) => claims(text, 9));
});
