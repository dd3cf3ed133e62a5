// Whatever comes over the socket gets a typed error or a clean close, and the next good request works.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { after, before } from 'node:test';
import { gzipSync } from 'node:zlib';
import { configuration, create_thread, RawSocket, Server, works } from './harness.mjs';

const chat = '/v1/chat/completions';
const good = { model: 'echo', messages: [{ role: 'user', content: 'hi' }] };

let server;
let thread;
before(async () => {
  server = new Server({ configuration: configuration() });
  await server.begin();
  thread = await create_thread(server);
});
after(() => server.close());

function post(route, body, { headers = '', length } = {}) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const head =
    `POST ${route} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${length ?? bytes.length}\r\n${headers}\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

const nested = (depth) => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
const message = (content) => ({ ...good, messages: [{ role: 'user', content }] });

// [what, bytes, statuses that are right, code (OpenAI family), the named field]
const openai_cases = [
  ['a body over 64 KiB', post(chat, message('x'.repeat(70_000))), [413], 'body_too_large'],
  ['a body announced as 1 GB', post(chat, '{', { length: 1_000_000_000 }), [413], 'body_too_large'],
  ['JSON nested too deep', post(chat, `{"model":"echo","messages":${nested(200)}}`), [400], 'too_deep'],
  ['JSON nested absurdly deep', post(chat, nested(30_000)), [400], 'too_deep'],
  ['a compressed body', post(chat, gzipSync(JSON.stringify(good)), { headers: 'Content-Encoding: gzip\r\n' }), [415], 'encoding_unsupported'],
  ['a body that calls itself compressed', post(chat, good, { headers: 'Content-Encoding: gzip\r\n' }), [415], 'encoding_unsupported'],
  ['no JSON', post(chat, 'hello'), [400], 'malformed_json'],
  ['half a JSON', post(chat, '{"model":"echo","messages":['), [400], 'malformed_json'],
  ['an empty body', post(chat, ''), [400, 422], null],
  ['not UTF-8', post(chat, Buffer.from('{"model":"echo","messages":[{"role":"user","content":"\xff\xfe"}]}', 'latin1')), [400], 'not_utf8'],
  ['an overlong UTF-8 form', post(chat, Buffer.from('{"model":"echo","messages":[{"role":"user","content":"\xc0\xaf"}]}', 'latin1')), [400], 'not_utf8'],
  ['a lone surrogate', post(chat, '{"model":"echo","messages":[{"role":"user","content":"\\ud800"}]}'), [400, 422], null],
  ['an array as body', post(chat, '[]'), [400, 422], 'invalid_value'],
  ['a number as body', post(chat, '7'), [400, 422], 'invalid_value'],
  ['no model', post(chat, { messages: good.messages }), [422], 'invalid_value', /^model/],
  ['a number as model', post(chat, { ...good, model: 7 }), [422], 'invalid_value', /^model/],
  ['no messages', post(chat, { model: 'echo' }), [422], 'invalid_value', /^messages/],
  ['an empty list of messages', post(chat, { model: 'echo', messages: [] }), [422], 'invalid_value', /^messages/],
  ['a text as messages', post(chat, { model: 'echo', messages: 'hi' }), [422], 'invalid_value', /^messages/],
  ['an unknown role', post(chat, { model: 'echo', messages: [{ role: 'king', content: 'hi' }] }), [422], 'invalid_value', /messages.*role/],
  ['an object as content', post(chat, message({ a: 1 })), [422], 'invalid_value', /messages.*content/],
  ['a text as temperature', post(chat, { ...good, temperature: 'hot' }), [422], 'invalid_value', /^temperature/],
  ['a negative max_tokens', post(chat, { ...good, max_tokens: -1 }), [422], 'invalid_value', /^max_tokens/],
  ['a text as stream', post(chat, { ...good, stream: 'yes' }), [422], 'invalid_value', /^stream/],
  ['a thread id with a slash', post(chat, { ...good, thread_id: '../x' }), [422], 'invalid_value', /^thread_id/],
  ['a thread id of 10,000 characters', post(chat, { ...good, thread_id: 'x'.repeat(10_000) }), [422], 'invalid_value', /^thread_id/],
  ['an unknown model', post(chat, { ...good, model: 'nope' }), [404], null],
  ['an unknown path', post('/v1/nothing', good), [404], 'not_found'],
  ['the wrong method', Buffer.from(`DELETE ${chat} HTTP/1.1\r\nHost: localhost\r\n\r\n`), [405], 'method_not_allowed'],
];

for (const [what, bytes, statuses, code, field] of openai_cases) {
  test(`OpenAI family: ${what}`, async () => {
    const socket = await RawSocket.connect(server.port);
    socket.send(bytes);
    const response = await socket.response();
    socket.close();
    assert.ok(response, 'an answer');
    assert.ok(statuses.includes(response.status), `${response.status} ${response.text}`);
    assert.match(response.headers['x-request-id'], /\S/);
    const { error } = JSON.parse(response.text);
    for (const name of ['message', 'type', 'param', 'code']) assert.ok(name in error, `${name} in ${response.text}`);
    if (code) assert.equal(error.code, code, response.text);
    if (field) assert.match(error.param, field);
    await works(server);
  });
}

const run = (changes) => ({ assistant_id: 'echo', input: { messages: [{ role: 'user', content: 'hi' }] }, ...changes });
const runs = () => `/threads/${thread}/runs/wait`;
const unknown = randomUUID();

// [what, route, body, statuses, code]; errors of this family are plain text with the code in a header.
const langgraph_cases = [
  ['no JSON', runs, 'hello', [400], 'malformed_json'],
  ['a body over 64 KiB', runs, run({ x: 'x'.repeat(70_000) }), [413], 'body_too_large'],
  ['JSON nested too deep', runs, `{"input":${nested(200)}}`, [400], 'too_deep'],
  ['no assistant', runs, { input: {} }, [422], 'invalid_value'],
  ['a number as assistant', runs, run({ assistant_id: 7 }), [422], 'invalid_value'],
  ['an unknown assistant', runs, run({ assistant_id: 'nope' }), [404], null],
  ['a text as input', runs, run({ input: 'hi' }), [422], 'invalid_value'],
  ['a number as messages', runs, run({ input: { messages: 7 } }), [422], 'invalid_value'],
  ['an unknown strategy', runs, run({ multitask_strategy: 'shout' }), [422], 'invalid_value'],
  ['an unknown stream mode', () => `/threads/${thread}/runs/stream`, run({ stream_mode: 'loud' }), [422], 'invalid_value'],
  ['a webhook, where none are sent', runs, run({ webhook: 'http://127.0.0.1/' }), [400], 'webhooks_off'],
  ['a number as webhook', runs, run({ webhook: 7 }), [422], 'invalid_value'],
  ['a command beside an input', runs, run({ command: { resume: 1 } }), [422], 'invalid_value'],
  ['a start that is never', runs, run({ after_seconds: 1e300 }), [422], 'invalid_value'],
  ['a start in the past', runs, run({ after_seconds: -1 }), [422], 'invalid_value'],
  ['an unknown thread', () => `/threads/${unknown}/runs/wait`, run(), [404], 'thread_not_found'],
  ['a thread id that is none', () => '/threads/no-uuid/runs/wait', run(), [404, 422], null],
  ['a new thread whose id is no UUID', () => '/threads', { thread_id: 'mine' }, [422], 'invalid_value'],
  ['a number as metadata', () => '/threads', { metadata: 7 }, [422], 'invalid_value'],
  ['an absurd limit', () => `/threads/${thread}/history`, { limit: 1_000_000 }, [422], 'invalid_value'],
];

for (const [what, route, body, statuses, code] of langgraph_cases) {
  test(`LangGraph family: ${what}`, async () => {
    const answer = await server.call(route(), { method: 'POST', body });
    assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.text}`);
    assert.ok(answer.text.length > 0);
    assert.match(answer.headers['x-request-id'], /\S/);
    if (code) assert.equal(answer.headers['x-error-code'], code, answer.text);
    await works(server);
  });
}

test('unknown runs, and ids to resume from that are none', async () => {
  const answer = await server.call(`/threads/${thread}/runs/${unknown}`);
  assert.equal(answer.status, 404);
  assert.equal(answer.headers['x-error-code'], 'run_not_found');
  const made = await server.call(`/threads/${thread}/runs`, { method: 'POST', body: run() });
  const stream = `/threads/${thread}/runs/${made.json.run_id}/stream`;
  for (const last_id of ['x', '1', '1-', '-1-1', '99999999999999999999-1']) {
    const resumed = await server.call(stream, { headers: { 'last-event-id': last_id } });
    assert.equal(resumed.status, 422, `${last_id}: ${resumed.text}`);
  }
});

test('control characters do not reach the conversation', async () => {
  const answer = await server.call(chat, { method: 'POST', body: message('a\u0000b\u001bc\nd') });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.choices[0].message.content, 'echo: abc\nd');
});

test('without keys, neither strange pages nor strange names of this machine are answered', async () => {
  const own = `http://127.0.0.1:${server.port}`;
  const ask = (headers) => server.call(chat, { method: 'POST', body: good, headers });
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json']) {
    assert.equal((await ask({ 'content-type': type })).status, 200, type);
    assert.equal((await ask({ 'content-type': type, origin: own })).status, 200, type);
    for (const strange of [{ origin: 'https://evil.example' }, { origin: 'null' }, { host: `evil.example:${server.port}` }]) {
      const answer = await ask({ 'content-type': type, ...strange });
      assert.deepEqual([answer.status, answer.json.error.code], [403, 'origin_refused'], JSON.stringify(strange));
    }
  }
  assert.equal((await server.call('/', { headers: { host: 'evil.example' } })).status, 403);
  for (const host of ['localhost', `[::1]:${server.port}`]) assert.equal((await server.call('/', { headers: { host } })).status, 200);
});

test('pages keep to the rules of copies, of methods and of the last slash', async () => {
  const { headers } = await server.call('/docs');
  const status = async (copy) => (await server.call('/docs', { headers: { 'if-none-match': copy } })).status;
  const { etag } = headers;
  for (const copy of [etag, `W/${etag}`, `"other", ${etag}`, '*']) assert.equal(await status(copy), 304, copy);
  for (const copy of ['"other"', `"x${etag.slice(1)}`, etag.slice(1, -1)]) assert.equal(await status(copy), 200, copy);
  const wrong = await server.call('/docs', { method: 'DELETE' });
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, HEAD']);
  const slash = await server.call('/docs/');
  assert.deepEqual([slash.status, slash.headers.location], [308, '/docs']);
});

// Refused before it is known which family is asked.
test('heads that are too large, and paths that are none', async () => {
  const long_header = `x-long: ${'a'.repeat(40_000)}\r\n`;
  const cases = [
    [post(chat, good, { headers: long_header }), 431, 'headers_too_large'],
    [post('/%00%ff/../..//', good), 404, 'not_found'],
  ];
  for (const [bytes, status, code] of cases) {
    const socket = await RawSocket.connect(server.port);
    socket.send(bytes);
    const response = await socket.response();
    socket.close();
    assert.equal(response?.status, status);
    assert.equal(response.headers['x-error-code'], code);
  }
  await works(server);
});

test('garbage instead of HTTP ends in 400 or a close', async () => {
  const garbage = ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'GET\r\n\r\n', '\0'.repeat(1_000), `GET / HTTP/9.9\r\n\r\n`, 'A'.repeat(100_000)];
  for (const bytes of garbage) {
    const socket = await RawSocket.connect(server.port);
    socket.send(Buffer.from(bytes, 'latin1'));
    const response = await socket.response(20_000);
    socket.close();
    if (response) assert.ok([400, 413, 414, 431, 505].includes(response.status), String(response.status));
  }
  await works(server);
});

test('lengths that contradict each other are refused', async () => {
  const both =
    `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /ok HTTP/1.1\r\n\r\n`;
  const twice = `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`;
  for (const bytes of [both, twice]) {
    const socket = await RawSocket.connect(server.port);
    socket.send(bytes);
    const response = await socket.response(20_000);
    socket.close();
    if (response) assert.ok(response.status >= 400, String(response.status));
  }
  await works(server);
});

test('pipelined, chunked, HTTP/1.0, HEAD and Expect are understood', async () => {
  const body = JSON.stringify(good);
  const chunked =
    `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n` +
    `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const cases = [
    [chunked, 200],
    ['GET /ok HTTP/1.0\r\n\r\n', 200],
    [post(chat, good), 200],
    [post(`http://localhost:${server.port}${chat}`, good), 200],
    [post(`http://evil.example${chat}`, good), 403],
  ];
  for (const [bytes, status] of cases) {
    const socket = await RawSocket.connect(server.port);
    socket.send(bytes);
    assert.equal((await socket.response())?.status, status);
    socket.close();
  }

  const pipelined = await RawSocket.connect(server.port);
  pipelined.send('GET /ok HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await pipelined.closing;
  assert.equal(pipelined.received.toString().match(/HTTP\/1\.1 200/g)?.length, 2);

  const expecting = await RawSocket.connect(server.port);
  expecting.send(`POST ${chat} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`);
  assert.equal((await expecting.response())?.status, 100);
  expecting.send(body);
  await expecting.closing;
  assert.match(expecting.received.toString(), /HTTP\/1\.1 200/);

  const head = await RawSocket.connect(server.port);
  head.send('HEAD /ok HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await head.closing;
  assert.match(head.received.toString(), /^HTTP\/1\.1 (200|405)/);
});
