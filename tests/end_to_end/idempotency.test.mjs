// What is sent again under the same Idempotency-Key is done once: one turn, one call of the provider, one answer,
// whoever asks, whenever, whatever happened to the server in between.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import OpenAI from 'openai';
import { configuration_with, create_thread, EventStream, free_port, history_texts, human, Mock, run_body, Server, until } from './harness.mjs';

async function started(t, settings = {}, changes = {}) {
  const mock = await Mock.start(t, { tokens: 20, first_token_delay: '50ms', token_delay: '5ms', ...settings });
  const server = await Server.start(t, { configuration: configuration_with(mock, changes) });
  return { mock, server };
}

const post = (server, route, body, key) => server.call(route, { method: 'POST', body, headers: { 'idempotency-key': key } });

const stream = (server, thread, text, key) =>
  new EventStream(`${server.url}/threads/${thread}/runs/stream`, {
    method: 'POST',
    body: run_body('chat', text, { stream_mode: ['values', 'messages-tuple'] }),
    headers: { 'idempotency-key': key },
  });

const raw = (events) => events.frames.map((frame) => frame.raw);

async function metric(server, name) {
  const { samples } = await server.metrics();
  return samples.find((sample) => sample.name === name)?.value;
}

test('a hundred posts at once with one key: one turn, one call, one answer; the same after a restart', async (t) => {
  const { mock, server } = await started(t);
  const thread = await create_thread(server);
  const key = randomUUID();
  const waiting = () => post(server, `/threads/${thread}/runs/wait`, run_body('chat', 'once'), key);
  const answers = await Promise.all(Array.from({ length: 100 }, waiting));
  for (const answer of answers) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, answers[0].text);
    assert.equal(answer.headers['content-location'], answers[0].headers['content-location']);
  }
  assert.equal(answers.filter((answer) => answer.headers['idempotent-replayed'] === 'true').length, 99);
  assert.equal((await mock.journal()).length, 1);
  assert.equal((await history_texts(server, thread)).length, 2);
  assert.equal(await metric(server, 'parlance_turns_repeated_total'), 99);

  await server.kill();
  await server.begin();
  const again = await waiting();
  assert.equal(again.text, answers[0].text);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal((await mock.journal()).length, 1);
});

test('a hundred streams at once with one key show the same events, and so does a later one', async (t) => {
  const { mock, server } = await started(t);
  const thread = await create_thread(server);
  const key = randomUUID();
  const streams = Array.from({ length: 100 }, () => stream(server, thread, 'once', key));
  for (const each of streams) assert.equal(await each.end(), 'clean', each.body);
  await server.stop();
  await server.begin();
  streams.push(stream(server, thread, 'once', key));
  assert.equal(await streams.at(-1).end(), 'clean');
  for (const each of streams) assert.deepEqual(raw(each), raw(streams[0]));
  assert.ok(streams[0].frames.length > 20);
  assert.equal((await mock.journal()).length, 1);
});

test('kill -9 in mid-answer: the client sends its request again and gets the whole answer, asked once', async (t) => {
  const { mock, server } = await started(t, { tokens: 100, token_delay: '20ms' });
  const thread = await create_thread(server);
  const key = randomUUID();
  const first = stream(server, thread, 'once', key);
  await first.reaches('some text', (each) => each.frames.filter((frame) => frame.event === 'messages').length > 5);
  await server.kill();
  await first.end();
  await server.begin();
  const second = stream(server, thread, 'once', key);
  assert.equal(await second.end(), 'clean');
  assert.deepEqual(raw(second).slice(0, first.frames.length), raw(first), 'what was shown stays');
  assert.equal((await history_texts(server, thread)).length, 2);
  const { json: runs } = await server.call(`/threads/${thread}/runs`);
  assert.deepEqual(runs.map((run) => run.status), ['success']);
  assert.ok((await mock.journal()).length <= 2, 'the provider was asked again for the text that the crash cut, and by nobody else');
});

test('the openai client: its own retry after kill -9 repeats the key, and the turn is not asked twice', async (t) => {
  const port = await free_port();
  const { server } = await started(t, { tokens: 40, token_delay: '20ms' }, { http: { port } });
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'dev', maxRetries: 10 });
  const asking = openai.chat.completions.create(
    { model: 'chat', messages: [{ role: 'user', content: 'once' }], thread_id: 'customer-7' },
    { headers: { 'Idempotency-Key': randomUUID() } },
  );
  await until('the turn is on disk', async () => (await metric(server, 'parlance_turns_accepted_total')) === 1);
  await server.kill();
  await server.begin();
  const answer = await asking;
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.deepEqual((await history_texts(server, 'customer-7')).length, 2);
});

test('a stateless call is repeated too, and another call under its key is refused', async (t) => {
  const { mock, server } = await started(t);
  const key = randomUUID();
  const body = { model: 'chat', messages: [{ role: 'user', content: 'once' }] };
  const first = await post(server, '/v1/chat/completions', body, key);
  const again = await post(server, '/v1/chat/completions', body, key);
  assert.equal(first.status, 200, first.text);
  assert.equal(again.text, first.text);
  assert.equal((await mock.journal()).length, 1);
  const other = await post(server, '/v1/chat/completions', { ...body, temperature: 1 }, key);
  assert.equal(other.status, 422);
  assert.equal(other.json.error.code, 'idempotency_key_reused');
});

test('what makes a thread shares its keys: none makes what another one made', async (t) => {
  const { server } = await started(t);
  const made = randomUUID();
  const thread = await post(server, '/threads', { if_exists: 'do_nothing' }, made);
  assert.equal(thread.status, 200, thread.text);
  const ran = randomUUID();
  const run = { assistant_id: 'chat', input: human('once') };
  assert.equal((await post(server, '/runs/wait', run, ran)).status, 200);
  const refused = [
    await post(server, '/runs/wait', run, made),
    await post(server, '/threads', { if_exists: 'do_nothing' }, ran),
    await post(server, `/threads/${thread.json.thread_id}/copy`, {}, ran),
    await post(server, `/threads/${thread.json.thread_id}/copy`, {}, made),
  ];
  for (const answer of refused) {
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.headers['x-error-code'], 'idempotency_key_reused');
  }
});

test('threads, copies and changes of a state say that they were done before', async (t) => {
  const { server } = await started(t);
  const doings = [['/threads', { metadata: { graph_id: 'chat' } }]];
  const { json: thread } = await post(server, ...doings[0], randomUUID());
  doings.push([`/threads/${thread.thread_id}/state`, { values: human('a note') }], [`/threads/${thread.thread_id}/copy`, {}]);
  for (const [route, body] of doings) {
    const key = randomUUID();
    const first = await post(server, route, body, key);
    assert.equal(first.status, 200, first.text);
    assert.equal(first.headers['idempotent-replayed'], undefined);
    if (route === '/threads') assert.equal(first.json.updated_at, first.json.created_at);
    const again = await post(server, route, body, key);
    assert.equal(again.headers['idempotent-replayed'], 'true', route);
    assert.equal(again.text, first.text);
  }
});

test('a client that leaves comes back for its answer', async (t) => {
  const { mock, server } = await started(t, { tokens: 40, token_delay: '20ms' });
  const key = randomUUID();
  const body = { model: 'chat', messages: [{ role: 'user', content: 'once' }], stream: true };
  const options = { method: 'POST', body, headers: { 'idempotency-key': key } };
  const first = new EventStream(`${server.url}/v1/chat/completions`, options);
  await first.reaches('some text', (each) => each.frames.length > 3);
  first.cut();
  const second = new EventStream(`${server.url}/v1/chat/completions`, options);
  assert.equal(await second.end(), 'clean');
  assert.equal(second.frames.at(-1).data, '[DONE]');
  assert.deepEqual(raw(second).slice(0, first.frames.length), raw(first));
  assert.equal((await mock.journal()).length, 1);
});

test('a key counts within its tenant', async (t) => {
  const mock = await Mock.start(t, { tokens: 5 });
  const server = new Server({ configuration: configuration_with(mock, { auth: { keys_file: 'keys.json' } }), dev: false });
  t.after(() => server.close());
  const keys = [await server.create_key({ tenant: 'blue' }), await server.create_key({ tenant: 'red' })];
  await server.begin();
  const key = randomUUID();
  const body = { model: 'chat', messages: [{ role: 'user', content: 'once' }] };
  for (const api_key of keys) {
    const headers = { 'idempotency-key': key, authorization: `Bearer ${api_key}` };
    const answer = await server.call('/v1/chat/completions', { method: 'POST', body, headers });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['idempotent-replayed'], undefined);
  }
  assert.equal((await mock.journal()).length, 2);
});
