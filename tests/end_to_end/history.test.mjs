// A thread's history, checkpoint by checkpoint, and copies of threads, with the official LangGraph client: each
// checkpoint once, under an id that leads to it, whatever happened to the server in between.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { configuration, create_thread, elapse, human, Random, Server, texts, until } from './harness.mjs';
import { client_of, started, started_with_mock } from './support/langgraph_client.mjs';

const id_of = (state) => state.checkpoint.checkpoint_id;

// The whole history, read backwards by pages of `limit`.
async function paged(client, thread, limit) {
  const all = [];
  for (let before; ; before = { configurable: { checkpoint_id: id_of(all.at(-1)) } }) {
    const page = await client.threads.getHistory(thread, { limit, before });
    if (page.length === 0) return all;
    assert.ok(page.length <= limit);
    all.push(...page);
  }
}

async function take_turns(client, thread, count) {
  for (let n = 0; n < count; n++) await client.runs.wait(thread, 'echo', { input: human(`turn ${n}`) });
}

async function refused(promise, status, words) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.status, status, error.message);
    assert.match(error.message, words);
    return true;
  });
}

test('a turn is its input, its start and its steps, as on the LangGraph server', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  const run = await client.runs.create(thread_id, 'echo', { input: human('hi'), metadata: { customer: '7' } });
  await client.runs.join(thread_id, run.run_id);
  const all = await client.threads.getHistory(thread_id);
  assert.deepEqual(all.map((state) => state.metadata.step), [1, 0, -1]);
  assert.deepEqual(all.map((state) => state.metadata.source), ['loop', 'loop', 'input']);
  assert.deepEqual(all.map((state) => state.next), [[], ['echo'], ['__start__']]);
  assert.deepEqual(all.map((state) => texts(state.values.messages)), [['hi', 'echo: hi'], ['hi'], []]);
  assert.deepEqual(all.map((state) => state.tasks.map((task) => task.name)), [[], ['echo'], ['__start__']]);
  assert.deepEqual(texts(all[1].tasks[0].result.messages), ['echo: hi']);
  for (const state of all) {
    const { run_id, graph_id, customer } = state.metadata;
    assert.deepEqual([run_id, graph_id, customer, state.metadata.thread_id], [run.run_id, 'echo', '7', thread_id]);
    assert.deepEqual(await client.threads.getState(thread_id, id_of(state)), state);
    assert.deepEqual(await client.threads.getState(thread_id, state.checkpoint), state);
    assert.deepEqual(await client.threads.getHistory(thread_id, { checkpoint: state.checkpoint }), [state]);
  }
  assert.deepEqual(await client.threads.getState(thread_id), all[0]);
});

test('five hundred turns, kill -9: pages of ten show each checkpoint once, before and after', async (t) => {
  const { server, client } = await started(t);
  const { thread_id } = await client.threads.create();
  await take_turns(client, thread_id, 499);
  const newest = await client.threads.getHistory(thread_id, { limit: 30 });
  await server.kill();
  await server.begin();
  const after = client_of(server);
  await take_turns(after, thread_id, 1);
  const all = await paged(after, thread_id, 10);
  assert.equal(all.length, 1500);
  const ids = all.map(id_of);
  assert.equal(new Set(ids).size, ids.length, 'each once');
  assert.deepEqual([...ids].sort().reverse(), ids, 'ids sort by time');
  assert.deepEqual(all.map((state) => state.metadata.step), Array.from({ length: 1500 }, (_, n) => 1498 - n));
  assert.deepEqual(all.map((state) => state.parent_checkpoint?.checkpoint_id), [...ids.slice(1), undefined]);
  assert.deepEqual(all.map((state) => state.values.messages.length), all.map((_, n) => 2 * Math.floor((1499 - n) / 3) + ((1499 - n) % 3)));
  assert.deepEqual(all.slice(3, 33), newest, 'as they were before the crash');
  const inputs = await after.threads.getHistory(thread_id, { limit: 5, metadata: { source: 'input' } });
  assert.deepEqual(inputs.map((state) => state.metadata.step), [1496, 1493, 1490, 1487, 1484]);
});

test("a running turn's steps are in the history; a rolled-back turn's are in none", async (t) => {
  const { client } = await started_with_mock(t, { tokens: 400, token_delay: '20ms' });
  const { thread_id } = await client.threads.create();
  await client.runs.wait(thread_id, 'echo', { input: human('before') });
  const kept = await client.threads.getHistory(thread_id);
  const { run_id } = await client.runs.create(thread_id, 'chat', { input: human('now') });
  let running;
  await until('it runs', async () => {
    running = await client.threads.getHistory(thread_id);
    return running.length === 5;
  });
  assert.deepEqual(running.slice(2), kept);
  assert.deepEqual([running[0].next, running[0].tasks[0].name, running[0].tasks[0].result], [['generate'], 'generate', null]);
  assert.deepEqual(await client.threads.getState(thread_id), running[0]);
  await client.runs.cancel(thread_id, run_id, true, 'rollback');
  assert.deepEqual(await client.threads.getHistory(thread_id), kept);
  await refused(client.threads.getState(thread_id, id_of(running[0])), 404, /no such checkpoint/);
});

test('foreign and made-up ids are not found, also among tenants', async (t) => {
  const server = new Server({ configuration: configuration({ auth: { keys_file: 'keys.json' } }), dev: false });
  t.after(() => server.close());
  const keys = { blue: await server.create_key({ tenant: 'blue' }), red: await server.create_key({ tenant: 'red' }) };
  await server.begin();
  const blue = client_of(server, { apiKey: keys.blue });
  const red = client_of(server, { apiKey: keys.red });
  const thread = await create_thread(server, { key: keys.blue });
  const other = await create_thread(server, { key: keys.blue });
  for (const id of [thread, other]) await take_turns(blue, id, 1);
  const [{ checkpoint: own }] = await blue.threads.getHistory(thread);
  const [{ checkpoint: foreign }] = await blue.threads.getHistory(other);
  for (const id of [foreign.checkpoint_id, randomUUID(), 'zz']) {
    await refused(blue.threads.getState(thread, id), 404, /no such checkpoint/);
    await refused(blue.threads.getHistory(thread, { before: { configurable: { checkpoint_id: id } } }), 404, /no such checkpoint/);
  }
  await refused(red.threads.getState(thread, own.checkpoint_id), 404, /no such thread/);
  await refused(red.threads.getHistory(thread), 404, /no such thread/);
  await refused(red.threads.copy(thread), 404, /no such thread/);
  // A thread of the same name is another one to another tenant.
  await red.threads.create({ threadId: thread });
  await take_turns(red, thread, 1);
  await refused(red.threads.getState(thread, own.checkpoint_id), 404, /no such checkpoint/);
});

test('a copy is a thread of its own with the whole history, also after kill -9', async (t) => {
  const { server, client } = await started(t);
  const { thread_id } = await client.threads.create({ metadata: { customer: '7' } });
  await take_turns(client, thread_id, 20);
  const original = await paged(client, thread_id, 50);
  const copy = await client.threads.copy(thread_id);
  assert.notEqual(copy.thread_id, thread_id);
  assert.equal(copy.metadata.customer, '7');
  assert.equal(copy.values.messages.length, 40);
  await server.kill();
  await server.begin();
  const after = client_of(server);
  const copied = await paged(after, copy.thread_id, 50);
  assert.deepEqual(copied.map((state) => state.values), original.map((state) => state.values));
  assert.deepEqual(copied.map((state) => state.created_at), original.map((state) => state.created_at));
  assert.ok(copied.every((state, n) => id_of(state) !== id_of(original[n])));
  assert.ok(copied.every((state) => state.metadata.thread_id === copy.thread_id));
  const runs = await after.runs.list(copy.thread_id, { limit: 100 });
  assert.deepEqual([runs.length, runs[0].status], [20, 'success']);
  assert.deepEqual(await after.runs.join(copy.thread_id, runs.at(-1).run_id), copied[0].values);

  await take_turns(after, copy.thread_id, 1);
  assert.equal((await after.threads.getState(copy.thread_id)).metadata.step, 61);
  assert.equal((await after.threads.getState(thread_id)).metadata.step, 58);
  await after.threads.delete(thread_id);
  assert.equal((await after.threads.getState(copy.thread_id)).values.messages.length, 42);
  await refused(after.threads.copy(thread_id), 404, /no such thread/);
});

test('a copy is made once for each Idempotency-Key, and after a crash is whole or is not', async (t) => {
  const { server, client } = await started(t);
  const { thread_id } = await client.threads.create();
  await take_turns(client, thread_id, 200);
  const random = new Random(11);
  const copy = (key) => server.call(`/threads/${thread_id}/copy`, { method: 'POST', headers: { 'idempotency-key': key } });
  for (let round = 0; round < 6; round++) {
    const key = randomUUID();
    const first = copy(key).catch(() => undefined);
    await elapse(random.between(0, 12));
    await server.kill();
    const answered = await first;
    await server.begin();
    const copies = await Promise.all([copy(key), copy(key), copy(key)]);
    for (const made of copies) {
      assert.equal(made.status, 200, made.text);
      assert.equal(made.text, copies[0].text);
      assert.equal(made.json.values.messages.length, 400);
    }
    if (answered?.status === 200) assert.equal(answered.text, copies[0].text);
    const history = await paged(client_of(server), copies[0].json.thread_id, 100);
    assert.equal(history.length, 600);
  }
});
