// The official LangGraph client, unchanged, against the LangGraph family: assistants, threads and runs. Its streams
// are in langgraph_streams.test.mjs.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { human, rejoin, texts, until } from './harness.mjs';
import { all_of, client_of, started, started_with_mock } from './support/langgraph_client.mjs';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const is_recent = (time) => Math.abs(Date.parse(time) - Date.now()) < 60_000;

test('assistants are the agents', async (t) => {
  const { client } = await started(t);
  const found = await client.assistants.search();
  assert.deepEqual(found.map((assistant) => assistant.graph_id).sort(), ['chat', 'concierge', 'echo', 'library', 'slow']);
  const echo = await client.assistants.get('echo');
  assert.deepEqual([echo.graph_id, echo.name, echo.version, echo.metadata.created_by], ['echo', 'echo', 1, 'system']);
  assert.equal(echo.description, 'Answers "echo: " and what it was sent.');
  assert.match(echo.assistant_id, uuid);
  assert.deepEqual(await client.assistants.get(echo.assistant_id), echo);
  await assert.rejects(client.assistants.get('nope'), { status: 404 });
});

test('assistants are searched by graph and name, and paged', async (t) => {
  const { client } = await started(t);
  const names = async (query) => (await client.assistants.search(query)).map((assistant) => assistant.name);
  assert.deepEqual(await names({ graphId: 'slow' }), ['slow']);
  assert.deepEqual(await names({ name: 'ibra' }), ['library']);
  assert.deepEqual(await names({ graphId: 'nope' }), []);
  const all = await names();
  assert.deepEqual([...(await names({ limit: 3 })), ...(await names({ limit: 3, offset: 3 }))], all);
});

test('threads are created, read, found to exist, and deleted', async (t) => {
  const { client } = await started(t);
  const made = await client.threads.create({ metadata: { customer: '7' } });
  assert.match(made.thread_id, uuid);
  assert.deepEqual([made.status, made.metadata, made.values, made.interrupts], ['idle', { customer: '7' }, {}, {}]);
  assert.ok(is_recent(made.created_at) && is_recent(made.updated_at));
  assert.deepEqual(await client.threads.get(made.thread_id), made);
  await assert.rejects(client.threads.create({ threadId: made.thread_id }), { status: 409 });
  const same = await client.threads.create({ threadId: made.thread_id, ifExists: 'do_nothing' });
  assert.deepEqual(same, made);
  const chosen = randomUUID();
  assert.equal((await client.threads.create({ threadId: chosen })).thread_id, chosen);
  await client.threads.delete(made.thread_id);
  await assert.rejects(client.threads.get(made.thread_id), { status: 404 });
  await assert.rejects(client.threads.delete(made.thread_id), { status: 404 });
});

test('a thread tells whether it is busy, and is not deleted while it is', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create({ graphId: 'slow' });
  const run = await client.runs.create(thread_id, 'slow', { input: human('{"ms":300}') });
  assert.equal((await client.threads.get(thread_id)).status, 'busy');
  await assert.rejects(client.threads.delete(thread_id), { status: 409 });
  await client.runs.join(thread_id, run.run_id);
  const thread = await client.threads.get(thread_id);
  assert.deepEqual([thread.status, thread.metadata.graph_id], ['idle', 'slow']);
  assert.equal(thread.metadata.assistant_id, run.assistant_id);
  assert.deepEqual(texts(thread.values.messages), ['{"ms":300}', 'waited 300 ms']);
  await client.threads.delete(thread_id);
});

test('a thread of its own time to live is gone after it', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create({ ttl: 0.02 }); // minutes
  await until('it expires', () => client.threads.get(thread_id).then(() => false, ({ status }) => status === 404));
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
  assert.deepEqual(state.values, values);
  assert.deepEqual([state.next, state.tasks], [[], []]);
  assert.ok(is_recent(state.created_at));
});

test('a fresh thread has an empty state and no history', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  const state = await client.threads.getState(thread_id);
  assert.deepEqual([state.values, state.next, state.tasks], [{}, [], []]);
  assert.deepEqual([state.checkpoint, state.parent_checkpoint, state.created_at], [null, null, null]);
  assert.deepEqual(await client.threads.getHistory(thread_id), []);
});

test('history is newest first, each state after its parent, and read by cursor', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  for (const text of ['one', 'two', 'three']) await client.runs.wait(thread_id, 'echo', { input: human(text) });
  const all = await client.threads.getHistory(thread_id, { limit: 100 });
  assert.deepEqual(all[0], await client.threads.getState(thread_id));
  assert.deepEqual(all.map((state) => state.values.messages.length), [6, 5, 4, 4, 3, 2, 2, 1, 0]);
  assert.deepEqual(all.map((state) => state.metadata.source), [1, 2, 3].flatMap(() => ['loop', 'loop', 'input']));
  const ids = all.map((state) => state.checkpoint.checkpoint_id);
  assert.deepEqual(all.map((state) => state.parent_checkpoint?.checkpoint_id), [...ids.slice(1), undefined]);
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

test('runs are created, read and joined', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  let created;
  const run = await client.runs.create(thread_id, 'slow', {
    input: human('{"ms":300}'),
    metadata: { order: 7 },
    config: { tags: ['a'] },
    onRunCreated: (told) => (created = told),
  });
  assert.deepEqual(created, { run_id: run.run_id, thread_id });
  assert.deepEqual([run.thread_id, run.metadata.order, run.metadata.graph_id], [thread_id, 7, 'slow']);
  assert.deepEqual([run.multitask_strategy, run.kwargs.config], ['enqueue', { tags: ['a'] }]);
  assert.deepEqual(texts(run.kwargs.input.messages), ['{"ms":300}']);
  assert.ok(['pending', 'running'].includes((await client.runs.get(thread_id, run.run_id)).status));
  const values = await client.runs.join(thread_id, run.run_id);
  assert.deepEqual(texts(values.messages), ['{"ms":300}', 'waited 300 ms']);
  const { status, updated_at: _, ...kept } = await client.runs.get(thread_id, run.run_id);
  const { status: __, updated_at: ___, ...made } = run;
  assert.equal(status, 'success');
  assert.deepEqual(kept, made);
  assert.deepEqual(await client.runs.join(thread_id, run.run_id), values);
  await assert.rejects(client.runs.get(thread_id, randomUUID()), { status: 404 });
  await assert.rejects(client.runs.join(thread_id, randomUUID()), { status: 404 });
});

test('runs are listed, paged, and by status', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  const made = [];
  for (const text of ['{"ms":1}', '{"ms":2}', '{"ms":20000}', '{"ms":20001}']) {
    made.push((await client.runs.create(thread_id, 'slow', { input: human(text) })).run_id);
  }
  const listed = async (query) => (await client.runs.list(thread_id, query)).map((run) => run.run_id);
  await until('two have ended', async () => (await listed({ status: 'success' })).length === 2);
  assert.deepEqual(await listed(), made);
  assert.deepEqual(await listed({ limit: 2, offset: 1 }), made.slice(1, 3));
  assert.deepEqual(await listed({ status: 'success' }), made.slice(0, 2));
  assert.deepEqual(await listed({ status: 'running' }), [made[2]]);
  assert.deepEqual(await listed({ status: 'pending' }), [made[3]]);
  for (const run of made.slice(2)) await client.runs.cancel(thread_id, run, true);
  assert.deepEqual(await listed({ status: 'interrupted' }), made.slice(2));
});

test('a cancelled run ends at once and the thread goes on', async (t) => {
  const { server, client } = await started(t);
  const { thread_id } = await client.threads.create();
  for (const wait of [true, false]) {
    const run = await client.runs.create(thread_id, 'slow', { input: human('{"ms":30000}') });
    const status = async () => (await client.runs.get(thread_id, run.run_id)).status;
    await until('it runs', async () => (await status()) === 'running');
    const began = performance.now();
    await client.runs.cancel(thread_id, run.run_id, wait);
    if (!wait) await until('it is cancelled', async () => (await status()) === 'interrupted');
    assert.ok(performance.now() - began < 5_000);
    assert.equal(await status(), 'interrupted');
  }
  const values = await client.runs.wait(thread_id, 'echo', { input: human('next') });
  assert.equal(values.messages.at(-1).content, 'echo: next');
  assert.equal((await server.metrics()).sum('parlance_turns_ended_total', { outcome: 'cancelled' }), 2);
  await assert.rejects(client.runs.cancel(thread_id, randomUUID()), { status: 404 });
});

test('cancelling a run with a model behind it closes the call', async (t) => {
  const { mock, client } = await started_with_mock(t, { tokens: 2000, token_delay: '20ms' });
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
});

test('a second run interrupts the first, whose question stays, or rolls it back, and nothing stays', async (t) => {
  const { client } = await started(t);
  for (const [multitaskStrategy, first_status] of [['interrupt', 'interrupted'], ['rollback', undefined]]) {
    const { thread_id } = await client.threads.create();
    const first = await client.runs.create(thread_id, 'slow', { input: human('{"ms":60000}') });
    const values = await client.runs.wait(thread_id, 'echo', { input: human('instead'), multitaskStrategy });
    const kept = first_status ? ['{"ms":60000}'] : [];
    assert.deepEqual(texts(values.messages), [...kept, 'instead', 'echo: instead'], multitaskStrategy);
    const runs = await client.runs.list(thread_id);
    assert.deepEqual(runs.find((run) => run.run_id === first.run_id)?.status, first_status);
    assert.equal(runs.at(-1).multitask_strategy, multitaskStrategy);
    assert.equal(runs.at(-1).status, 'success');
  }
});

test('a running run is rolled back: its input, checkpoints and events are gone, and the provider is left', async (t) => {
  let { client, mock, server } = await started_with_mock(t, { tokens: 1000, token_delay: '20ms' });
  const { thread_id } = await client.threads.create();
  await client.runs.wait(thread_id, 'echo', { input: human('before') });
  const before = await client.threads.getHistory(thread_id);
  const run = await client.runs.create(thread_id, 'chat', { input: human('endless') });
  const stream = rejoin(server, thread_id, run.run_id, { stream_mode: ['messages-tuple'] });
  await stream.reaches('some text', (each) => each.frames.length > 5);
  await client.runs.cancel(thread_id, run.run_id, true, 'rollback');
  await stream.end();
  assert.equal(stream.frames.at(-1).event, 'error');
  assert.match(stream.frames.at(-1).data, /rolled back/);
  await until('the provider saw its client go', async () => (await mock.journal())[0].outcome === 'client_closed');

  for (const restarted of [false, true]) {
    if (restarted) {
      await server.kill();
      await server.begin();
      client = client_of(server);
    }
    assert.deepEqual(await client.threads.getHistory(thread_id), before);
    assert.equal((await client.threads.get(thread_id)).status, 'idle');
    assert.equal((await client.runs.list(thread_id)).length, 1);
    await assert.rejects(client.runs.get(thread_id, run.run_id), { status: 404 });
    const gone = rejoin(server, thread_id, run.run_id);
    await gone.end();
    assert.equal(gone.status, 404);
  }
  await assert.rejects(client.runs.cancel(thread_id, (await client.runs.list(thread_id))[0].run_id, true, 'rollback'), {
    status: 422,
  });
});

test('a run that fails is an error to who waits, and is told by its thread', async (t) => {
  const { client } = await started_with_mock(t, { fault: 'cut' });
  const { thread_id } = await client.threads.create();
  const run = await client.runs.create(thread_id, 'chat', { input: human('x') });
  const { __error__ } = await client.runs.join(thread_id, run.run_id);
  assert.match(__error__.error, /^(provider_failed|answer_superseded)$/);
  assert.ok(__error__.message.length > 10);
  assert.equal((await client.runs.get(thread_id, run.run_id)).status, 'error');
  assert.equal((await client.threads.get(thread_id)).status, 'error');
});

test('stateless runs answer and leave no thread, unless it is to be kept', async (t) => {
  const { client } = await started(t);
  const values = await client.runs.wait(null, 'echo', { input: human('alone') });
  assert.deepEqual(texts(values.messages), ['alone', 'echo: alone']);
  const parts = await all_of(client.runs.stream(null, 'echo', { input: human('alone') }));
  assert.deepEqual(parts.map((part) => part.event), ['metadata', 'values', 'values']);
  assert.deepEqual(texts(parts.at(-1).data.messages), ['alone', 'echo: alone']);

  const gone = await client.runs.create(null, 'echo', { input: human('gone') });
  const kept = await client.runs.create(null, 'echo', { input: human('kept'), onCompletion: 'keep' });
  assert.deepEqual(texts((await client.runs.join(kept.thread_id, kept.run_id)).messages), ['kept', 'echo: kept']);
  await until('it is gone', () => client.threads.get(gone.thread_id).then(() => false, ({ status }) => status === 404));
  assert.equal((await client.threads.get(kept.thread_id)).status, 'idle');
});

test('runs on unknown threads and agents are refused, or create the thread when asked to', async (t) => {
  const { client } = await started(t);
  await assert.rejects(client.runs.wait(randomUUID(), 'echo', { input: human('x') }), { status: 404 });
  const { thread_id } = await client.threads.create();
  await assert.rejects(client.runs.wait(thread_id, 'nope', { input: human('x') }), { status: 404 });
  const fresh = randomUUID();
  const values = await client.runs.wait(fresh, 'echo', { input: human('x'), ifNotExists: 'create' });
  assert.deepEqual(texts(values.messages), ['x', 'echo: x']);
  assert.equal((await client.threads.get(fresh)).thread_id, fresh);
});
