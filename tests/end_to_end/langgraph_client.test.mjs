// The official LangGraph client, unchanged, against the LangGraph family.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { Client } from '@langchain/langgraph-sdk';
import { configuration, configuration_with, human, Mock, Server, texts, until } from './harness.mjs';
import { Proxy } from './support/proxy.mjs';

const client_of = (server, more = {}) => new Client({ apiUrl: server.url, apiKey: 'dev', ...more });

async function started(t, changes = {}) {
  const server = await Server.start(t, { configuration: configuration(changes) });
  return { server, client: client_of(server) };
}

async function started_with_mock(t, settings) {
  const mock = await Mock.start(t, settings);
  const server = await Server.start(t, { configuration: configuration_with(mock) });
  return { mock, server, client: client_of(server) };
}

test('assistants are the agents', async (t) => {
  const { client } = await started(t);
  const found = await client.assistants.search();
  assert.deepEqual(found.map((assistant) => assistant.graph_id).sort(), ['chat', 'echo', 'library', 'slow']);
  const echo = await client.assistants.get('echo');
  assert.equal(echo.graph_id, 'echo');
  assert.deepEqual(await client.assistants.get(echo.assistant_id), echo);
  await assert.rejects(client.assistants.get('nope'), { status: 404 });
});

test('threads are created, read, found to exist, and deleted', async (t) => {
  const { client } = await started(t);
  const made = await client.threads.create({ metadata: { customer: '7' } });
  assert.equal(made.status, 'idle');
  assert.deepEqual((await client.threads.get(made.thread_id)).metadata.customer, '7');
  await assert.rejects(client.threads.create({ threadId: made.thread_id }), { status: 409 });
  const same = await client.threads.create({ threadId: made.thread_id, ifExists: 'do_nothing' });
  assert.equal(same.thread_id, made.thread_id);
  assert.deepEqual((await client.threads.getState(made.thread_id)).values, {});
  await client.threads.delete(made.thread_id);
  await assert.rejects(client.threads.get(made.thread_id), { status: 404 });
});

test('a run is waited for, and the thread remembers', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  await client.runs.wait(thread_id, 'echo', { input: human('one') });
  const values = await client.runs.wait(thread_id, 'echo', { input: human('two') });
  const expected = ['one', 'echo: one', 'two', 'echo: two'];
  assert.deepEqual(texts(values.messages), expected);
  assert.deepEqual(values.messages.map((message) => message.type), ['human', 'ai', 'human', 'ai']);
  const state = await client.threads.getState(thread_id);
  assert.deepEqual(texts(state.values.messages), expected);
  assert.deepEqual(state.next, []);
});

test('history is newest first, and read by cursor', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  for (const text of ['one', 'two', 'three']) await client.runs.wait(thread_id, 'echo', { input: human(text) });
  const all = await client.threads.getHistory(thread_id, { limit: 100 });
  assert.equal(texts(all[0].values.messages).length, 6);
  const ids = all.map((state) => state.checkpoint.checkpoint_id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([...ids].sort().reverse(), ids);
  const paged = [];
  for (let before; ; ) {
    const page = await client.threads.getHistory(thread_id, { limit: 2, before });
    if (page.length === 0) break;
    paged.push(...page.map((state) => state.checkpoint.checkpoint_id));
    before = { configurable: { checkpoint_id: paged.at(-1) } };
    assert.ok(paged.length <= ids.length, 'the cursor moves');
  }
  assert.deepEqual(paged, ids);
});

test('a stream shows the run in the modes asked for', async (t) => {
  const { client } = await started_with_mock(t, { tokens: 8, first_token_delay: '5ms', token_delay: '2ms' });
  const { thread_id } = await client.threads.create();
  const parts = [];
  let created;
  const stream = client.runs.stream(thread_id, 'chat', {
    input: human('talk'),
    streamMode: ['values', 'updates', 'messages-tuple'],
    onRunCreated: (run) => (created = run),
  });
  for await (const part of stream) parts.push(part);
  assert.equal(parts[0].event, 'metadata');
  assert.equal(parts[0].data.run_id, created.run_id);
  assert.equal(created.thread_id, thread_id);
  const kinds = new Set(parts.map((part) => part.event));
  for (const kind of ['values', 'updates', 'messages']) assert.ok(kinds.has(kind), `${kind} of ${[...kinds]}`);
  const pieces = parts.filter((part) => part.event === 'messages').map((part) => part.data[0]);
  const last = parts.findLast((part) => part.event === 'values').data.messages.at(-1);
  assert.equal(pieces.map((piece) => piece.content).join(''), last.content);
  assert.deepEqual(new Set(pieces.map((piece) => piece.id)), new Set([last.id]));
});

test('runs are created, listed, read and joined', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  const run = await client.runs.create(thread_id, 'slow', { input: human('{"ms":300}') });
  assert.ok(['pending', 'running'].includes((await client.runs.get(thread_id, run.run_id)).status));
  const values = await client.runs.join(thread_id, run.run_id);
  assert.match(values.messages.at(-1).content, /waited 300 ms/);
  assert.equal((await client.runs.get(thread_id, run.run_id)).status, 'success');
  assert.deepEqual((await client.runs.list(thread_id)).map((listed) => listed.run_id), [run.run_id]);
  const replayed = [];
  for await (const part of client.runs.joinStream(thread_id, run.run_id, { lastEventId: '-1' })) replayed.push(part.event);
  assert.equal(replayed[0], 'metadata');
  await assert.rejects(client.runs.get(thread_id, randomUUID()), { status: 404 });
});

test('a cancelled run ends at once and the thread goes on', async (t) => {
  const { server, client } = await started(t);
  const { thread_id } = await client.threads.create();
  const run = await client.runs.create(thread_id, 'slow', { input: human('{"ms":30000}') });
  await until('it runs', async () => (await client.runs.get(thread_id, run.run_id)).status === 'running');
  const began = performance.now();
  await client.runs.cancel(thread_id, run.run_id, true);
  assert.ok(performance.now() - began < 5_000);
  assert.equal((await client.runs.get(thread_id, run.run_id)).status, 'interrupted');
  const values = await client.runs.wait(thread_id, 'echo', { input: human('next') });
  assert.equal(values.messages.at(-1).content, 'echo: next');
  assert.equal((await server.metrics()).sum('parlance_turns_ended_total', { outcome: 'cancelled' }), 1);
});

test('cancelling a run with a model behind it closes the call', async (t) => {
  const { mock, client } = await started_with_mock(t, { tokens: 2000, first_token_delay: '5ms', token_delay: '20ms' });
  const { thread_id } = await client.threads.create();
  const run = await client.runs.create(thread_id, 'chat', { input: human('endless') });
  await until('the provider answers', async () => (await mock.journal())[0]?.tokens_sent > 3);
  await client.runs.cancel(thread_id, run.run_id, true);
  await until('the provider saw its client go', async () => (await mock.journal())[0].outcome === 'client_closed');
});

test('a second run is enqueued or rejected, as asked', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  const first = await client.runs.create(thread_id, 'slow', { input: human('{"ms":400}') });
  await assert.rejects(
    client.runs.wait(thread_id, 'echo', { input: human('no'), multitaskStrategy: 'reject' }),
    { status: 409 },
  );
  const values = await client.runs.wait(thread_id, 'echo', { input: human('yes'), multitaskStrategy: 'enqueue' });
  assert.match(values.messages[1].content, /waited 400 ms/);
  assert.equal(values.messages.at(-1).content, 'echo: yes');
  assert.equal((await client.runs.get(thread_id, first.run_id)).status, 'success');
  for (const multitaskStrategy of ['interrupt', 'rollback']) {
    await assert.rejects(client.runs.wait(thread_id, 'echo', { input: human('x'), multitaskStrategy }), { status: 422 });
  }
});

test('stateless runs answer and leave no thread', async (t) => {
  const { client } = await started(t);
  const values = await client.runs.wait(null, 'echo', { input: human('alone') });
  assert.equal(values.messages.at(-1).content, 'echo: alone');
  const parts = [];
  for await (const part of client.runs.stream(null, 'echo', { input: human('alone') })) parts.push(part);
  assert.equal(parts.at(-1).data.messages.at(-1).content, 'echo: alone');
});

test('runs on unknown threads and agents are refused, or create the thread when asked to', async (t) => {
  const { client } = await started(t);
  await assert.rejects(client.runs.wait(randomUUID(), 'echo', { input: human('x') }), { status: 404 });
  const { thread_id } = await client.threads.create();
  await assert.rejects(client.runs.wait(thread_id, 'nope', { input: human('x') }), { status: 404 });
  const fresh = randomUUID();
  const values = await client.runs.wait(fresh, 'echo', { input: human('x'), ifNotExists: 'create' });
  assert.equal(values.messages.length, 2);
  assert.equal((await client.threads.get(fresh)).thread_id, fresh);
});

test('the client reconnects by itself after a cut socket and misses nothing', async (t) => {
  const { server } = await started_with_mock(t, { tokens: 80, first_token_delay: '5ms', token_delay: '20ms' });
  const proxy = await Proxy.start(t, server.port);
  const client = client_of({ url: proxy.url });
  const { thread_id } = await client.threads.create();
  let pieces = 0;
  let text = '';
  for await (const part of client.runs.stream(thread_id, 'chat', { input: human('on and on'), streamMode: 'messages-tuple' })) {
    if (part.event !== 'messages') continue;
    text += part.data[0].content;
    pieces += 1;
    if (pieces === 10 || pieces === 30) proxy.cut();
  }
  const state = await client.threads.getState(thread_id);
  assert.equal(text, state.values.messages.at(-1).content);
  assert.ok(proxy.connections >= 3, 'it was cut and came back');
});
