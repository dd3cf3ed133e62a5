// What a newcomer does first: the shipped configuration, a question to the library, the mock as provider.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import OpenAI from 'openai';
import { call, configuration, configuration_with, EventStream, Mock, parlance, Program, root, Server } from './harness.mjs';

const question = 'What happens when the mailbox of a thread is full?';
const ask = (model, content, more = {}) => ({ model, messages: [{ role: 'user', content }], ...more });

test('the shipped configuration serves, with the environment over it', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-test-'));
  const program = new Program(parlance, ['serve', '--config', path.join(root, 'config/parlance.json'), '--dev'], {
    env: { PARLANCE_HTTP__PORT: '0', PARLANCE_STORAGE__PATH: path.join(folder, 'data') },
  });
  t.after(async () => {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const [, url] = await program.says(/^parlance: ready on (http:\/\/127\.0\.0\.1:\d+)$/m);
  const models = await call(`${url}/v1/models`);
  assert.equal(models.status, 200);
  assert.deepEqual(models.json.data.map((model) => model.id).sort(), ['chat', 'concierge', 'library']);
  assert.equal((await call(`${url}/livez`)).status, 200);
  assert.equal((await call(`${url}/readyz`)).status, 200);
});

test('the library streams a cited answer from the documents', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  const stream = new EventStream(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    body: ask('library', question, { stream: true }),
  });
  assert.equal(await stream.end(), 'clean', stream.body);
  assert.equal(stream.status, 200);
  assert.match(stream.headers['content-type'], /^text\/event-stream/);
  assert.equal(stream.frames.at(-1).data, '[DONE]');
  const chunks = stream.frames.slice(0, -1).map((frame) => JSON.parse(frame.data));
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
  assert.match(text, /\[\d+\]/, 'it cites');
  assert.ok(chunks.length > 5, 'in pieces');
});

test('the official client gets the same answer, and a plain no where the documents say nothing', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'dev', maxRetries: 0 });
  const cited = await client.chat.completions.create(ask('library', question));
  assert.match(cited.choices[0].message.content, /\[\d+\]/);
  const none = await client.chat.completions.create(ask('library', 'Who painted the ceiling of the Sistine Chapel?'));
  assert.doesNotMatch(none.choices[0].message.content, /\[\d+\]/);
});

test('a declined answer is streamed to a good end, and no draft is shown', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'dev', maxRetries: 0 });
  const ask_streamed = async (content) => {
    const pieces = [];
    for await (const chunk of await client.chat.completions.create(ask('concierge', content, { stream: true }))) {
      pieces.push(chunk.choices[0]?.delta.content ?? '');
    }
    return pieces;
  };
  const declined = await ask_streamed('Is there a bowling alley at the pool of the resort?');
  assert.match(declined.join(''), /^I have no information about that\./);
  const cited = await ask_streamed('Can I bring my dog?');
  assert.match(cited.join(''), /\[\d+\]$/);
  assert.ok(cited.length > 5, 'in pieces');
});

test('the designed configuration works with a provider, and its key stays out of the log', async (t) => {
  const mock = await Mock.start(t, { tokens: 12, first_token_delay: '10ms', token_delay: '1ms', key: 'upstream-secret' });
  const server = await Server.start(t, {
    configuration: configuration_with(mock, {
      http: { body_max: '64KiB' },
      models: {
        main: [
          { provider: 'upstream', model: 'mock-1', calls_at_once_max: 8, calls_waiting_max: 64 },
          { provider: 'local', model: 'extractive' },
        ],
      },
    }),
  });
  const answer = await server.call('/v1/chat/completions', { method: 'POST', body: ask('chat', 'Good morning') });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.json.choices[0].message.content, /Good morning/);
  assert.equal(answer.json.usage.completion_tokens, 12);
  const [seen] = await mock.journal();
  assert.equal(seen.model, 'mock-1');
  assert.equal(seen.text, 'Good morning');
  assert.doesNotMatch(server.program.output, /upstream-secret|Good morning/);
});

test('a failed call to a provider is logged, without what the provider quoted', async (t) => {
  const provider = http.createServer((request, response) => {
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: 'cannot answer "my PIN is 4711"', type: 'server_error' } }));
  });
  await new Promise((resolve) => provider.listen(0, '127.0.0.1', resolve));
  t.after(() => provider.close());
  const url = `http://127.0.0.1:${provider.address().port}`;
  const server = await Server.start(t, { configuration: configuration_with({ url }) });
  const answer = await server.call('/v1/chat/completions', { method: 'POST', body: ask('chat', 'my PIN is 4711') });
  assert.ok(answer.status >= 500, answer.text);
  const lines = server.program.output.split('\n').filter((line) => line.includes('"model_call_failed"'));
  assert.equal(lines.length, 3, server.program.output); // one for each attempt
  for (const line of lines.map((text) => JSON.parse(text))) {
    assert.equal(line.provider, 'upstream');
    assert.equal(line.model, 'mock-1');
    assert.equal(line.request, answer.headers['x-request-id']);
    assert.match(line.detail, /500/);
  }
  assert.doesNotMatch(server.program.output, /4711/);
});

test('why a provider cannot be reached is logged', async (t) => {
  const server = await Server.start(t, { configuration: configuration_with({ url: 'http://127.0.0.1:1' }) });
  const answer = await server.call('/v1/chat/completions', { method: 'POST', body: ask('chat', 'hello') });
  assert.ok(answer.status >= 500, answer.text);
  const lines = server.program.output.split('\n').filter((line) => line.includes('"model_call_failed"'));
  assert.deepEqual(lines.map((line) => JSON.parse(line).attempt), [1, 2, 3]);
  for (const line of lines) assert.equal(JSON.parse(line).detail, 'the provider failed (Connection refused)');
});

test('version, health and metrics answer; every response has a request id', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  for (const route of ['/ok', '/livez', '/readyz', '/version', '/metrics', '/v1/models']) {
    const answer = await server.call(route);
    assert.equal(answer.status, 200, `${route}: ${answer.text}`);
    assert.match(answer.headers['x-request-id'], /\S/);
  }
  const named = await server.call('/nowhere', { headers: { 'x-request-id': 'mine-1' } });
  assert.equal(named.status, 404);
  assert.equal(named.headers['x-request-id'], 'mine-1');
});
