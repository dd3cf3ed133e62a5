// The bodies and queries of the LangGraph family: what the server does not know is ignored, what is wrong is named.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { configuration, Server } from './harness.mjs';

const input = { messages: [{ role: 'user', content: 'hi', unknown: [1], id: 'm-1' }], unknown: true };
const run = { assistant_id: 'echo', input };
const unknown = {
  unknown_field: { deep: [1, 2, { three: null }] },
  durability: 'async',
  checkpoint_during: true,
  feedback_keys: ['a'],
  langsmith_tracer: { project_name: 'p' },
  stream_subgraphs: true,
};

async function started(t) {
  const server = await Server.start(t, { configuration: configuration() });
  const post = (route, body) => server.call(route, { method: 'POST', body });
  const thread = (await post('/threads', {})).json.thread_id;
  return { server, post, thread };
}

test('an unknown field breaks no call', async (t) => {
  const { server, post, thread } = await started(t);
  const bodies = {
    '/assistants/search': {},
    '/threads': { thread_id: randomUUID() },
    [`/threads/${thread}/runs/wait`]: run,
    [`/threads/${thread}/runs/stream`]: run,
    [`/threads/${thread}/runs`]: run,
    [`/threads/${thread}/history`]: { limit: 3 },
    '/runs': run,
    '/runs/wait': run,
    '/runs/stream': run,
  };
  for (const [route, body] of Object.entries(bodies)) {
    const answer = await post(route, { ...body, ...unknown });
    assert.equal(answer.status, 200, `${route}: ${answer.status} ${answer.text}`);
    assert.doesNotMatch(answer.text, /__error__|event: error/, route);
  }
  assert.equal((await server.call(`/threads/${thread}/runs?unknown=1`)).status, 200);
});

const wrong = [
  [{ assistant_id: 7 }, 'assistant_id'],
  [{ input: 'hi' }, 'input'],
  [{ input: {} }, 'input.messages'],
  [{ input: { messages: [] } }, 'input.messages'],
  [{ input: { messages: [{ role: 'pilot', content: 'x' }] } }, 'input.messages[0].role'],
  [{ input: { messages: [{ role: 'user' }] } }, 'input.messages[0].content'],
  [{ input: { messages: [{ role: 'user', content: [{ type: 'image' }] }] } }, 'input.messages[0].content[0].type'],
  [{ input: { messages: [{ role: 'user', content: 'x', id: 'a b' }] } }, 'input.messages[0].id'],
  [{ stream_mode: 'everything' }, 'stream_mode'],
  [{ multitask_strategy: 'dance' }, 'multitask_strategy'],
  [{ if_not_exists: 'maybe' }, 'if_not_exists'],
  [{ on_disconnect: 'sing' }, 'on_disconnect'],
  [{ metadata: 'x' }, 'metadata'],
  [{ config: { configurable: 3 } }, 'config.configurable'],
  [{ config: { recursion_limit: '25' } }, 'config.recursion_limit'],
  [{ config: { recursion_limit: 0 } }, 'config.recursion_limit'],
  [{ config: { configurable: { temperature: 'hot' } } }, 'config.configurable.temperature'],
  [{ config: { configurable: { tools: [{ type: 'function' }] } } }, 'config.configurable.tools[0].function.name'],
];

test('a wrong value in a run is refused, and named by its path', async (t) => {
  const { post, thread } = await started(t);
  for (const [changes, place] of wrong) {
    for (const route of [`/threads/${thread}/runs/wait`, '/runs/stream']) {
      const answer = await post(route, { ...run, ...changes });
      assert.equal(answer.status, 422, `${route} ${JSON.stringify(changes)}: ${answer.status} ${answer.text}`);
      assert.equal(answer.headers['x-error-code'], 'invalid_value');
      assert.ok(answer.text.startsWith(`${place}: `), `${JSON.stringify(changes)}: ${answer.text}`);
    }
  }
});

test('what the agent would ignore is refused, and the agent named', async (t) => {
  const { post, thread } = await started(t);
  const instructed = { messages: [{ type: 'system', content: 'Talk like a pirate.' }, { type: 'human', content: 'hi' }] };
  for (const [changes, place] of [
    [{ input: instructed }, 'input.messages[0].role'],
    [{ config: { configurable: { stop: '.' } } }, 'config.configurable.stop'],
    [{ config: { configurable: { response_format: { type: 'json_object' } } } }, 'config.configurable.response_format'],
  ]) {
    const answer = await post(`/threads/${thread}/runs/wait`, { ...run, assistant_id: 'concierge', ...changes });
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.headers['x-error-code'], 'unsupported');
    assert.ok(answer.text.startsWith(`${place}: the agent concierge `), answer.text);
  }
});

test('a run takes no more steps than its recursion limit', async (t) => {
  const { post, thread } = await started(t);
  const ask = (recursion_limit) =>
    post(`/threads/${thread}/runs/wait`, { assistant_id: 'library', input: { messages: 'What is a lane?' }, config: { recursion_limit } });
  assert.equal((await ask(1000)).json.messages.at(-1).type, 'ai');
  const refused = await ask(1);
  assert.deepEqual([refused.status, refused.headers['x-error-code']], [500, 'steps_exceeded'], refused.text);
});

test('assistants are searched by their metadata, and sorted', async (t) => {
  const { post } = await started(t);
  const names = async (body) => (await post('/assistants/search', body)).json.map((each) => each.name);
  const all = ['chat', 'concierge', 'echo', 'library', 'slow'];
  assert.deepEqual(await names({ metadata: { created_by: 'system' } }), all);
  assert.deepEqual(await names({ metadata: { created_by: 'nobody' } }), []);
  assert.deepEqual(await names({ sort_by: 'name', sort_order: 'desc', limit: 2, offset: 1 }), ['library', 'echo']);
  const wrong = await post('/assistants/search', { sort_by: 'colour' });
  assert.deepEqual([wrong.status, wrong.text.split(':')[0]], [422, 'sort_by']);
});

test('a namespace that no graph has holds no history', async (t) => {
  const { post, thread } = await started(t);
  await post(`/threads/${thread}/runs/wait`, run);
  const history = async (checkpoint) => (await post(`/threads/${thread}/history`, { checkpoint })).json;
  assert.equal((await history({ checkpoint_ns: '' })).length, 3);
  assert.deepEqual(await history({ checkpoint_ns: 'agent:1' }), []);
});

test('a history begins before a checkpoint of its thread, and before no other word', async (t) => {
  const { server, post, thread } = await started(t);
  await post(`/threads/${thread}/runs/wait`, run);
  const [newest, ...older] = (await post(`/threads/${thread}/history`, {})).json;
  const { checkpoint_id } = newest.checkpoint;
  assert.deepEqual((await post(`/threads/${thread}/history`, { before: checkpoint_id })).json, older);
  for (const before of ['zz', randomUUID(), { configurable: { checkpoint_id: 'zz' } }]) {
    const answer = await post(`/threads/${thread}/history`, { before });
    assert.deepEqual([answer.status, answer.headers['x-error-code']], [404, 'checkpoint_not_found'], answer.text);
    assert.ok(answer.text.startsWith('before: '), answer.text);
  }
  assert.equal((await server.call(`/threads/${thread}/history?before=zz`)).status, 404);
});

test('a UUID is the same in either case', async (t) => {
  const { server, post } = await started(t);
  const id = randomUUID();
  const upper = id.toUpperCase();
  const made = await post('/threads', { thread_id: upper });
  assert.equal(made.json.thread_id, id);
  const done = await post(`/threads/${upper}/runs`, run);
  const { run_id, thread_id } = done.json;
  assert.equal(thread_id, id);
  assert.equal((await server.call(`/threads/${id}/runs/${run_id.toUpperCase()}/join`)).json.messages.length, 2);
  await post('/v1/chat/completions', { model: 'echo', messages: [{ role: 'user', content: 'more' }], thread_id: upper });
  assert.equal((await server.call(`/threads/${id}/state`)).json.values.messages.length, 4);
});

test('calls for lists of threads are refused by name', async (t) => {
  const { post } = await started(t);
  for (const call of ['search', 'count']) {
    const { status, headers, text } = await post(`/threads/${call}`, { limit: 10 });
    assert.deepEqual([status, headers['x-error-code']], [400, 'unsupported']);
    assert.match(text, new RegExp(`^threads.${call} is not in this version`));
  }
});

test('a wrong value in a query is refused, and named', async (t) => {
  const { server, post, thread } = await started(t);
  const { run_id } = (await post(`/threads/${thread}/runs`, run)).json;
  const runs = `/threads/${thread}/runs`;
  for (const [method, route, name] of [
    ['GET', `${runs}?status=sleepy`, 'status'],
    ['GET', `${runs}?limit=none`, 'limit'],
    ['GET', `${runs}/${run_id}/join?cancel_on_disconnect=yes`, 'cancel_on_disconnect'],
    ['GET', `${runs}/${run_id}/stream?stream_mode=everything`, 'stream_mode'],
    ['POST', `${runs}/${run_id}/cancel?wait=perhaps`, 'wait'],
    ['POST', `${runs}/${run_id}/cancel?action=explode`, 'action'],
    ['GET', `/threads/${thread}/history?offset=2`, 'offset'],
  ]) {
    const answer = await server.call(route, { method });
    assert.equal(answer.status, 422, `${route}: ${answer.status} ${answer.text}`);
    assert.ok(answer.text.startsWith(`${name}: `), `${route}: ${answer.text}`);
  }
});
