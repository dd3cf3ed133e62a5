// POST /v1/embeddings through the official `openai` clients (which ask for base64 by themselves), against both APIs of
// providers that embed: vectors, usage, the ledger, budgets, fallback, limits.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration_with, Mock, Server, until } from './harness.mjs';
import { client_of, error_of, test_with_clients, user } from './support/openai.mjs';

const prices = { version: 'test-1', models: { 'embed-1': { input: '1', output: '0' } } };

async function started(t, { providers = {}, models = {}, ...changes } = {}, { kind = 'openai', base = '/v1', ...settings } = {}) {
  const mock = await Mock.start(t, { first_token_delay: '5ms', token_delay: '1ms', key: 'upstream-secret', ...settings });
  const upstream = { kind, base_url: mock.url + base };
  const embed = [{ provider: 'upstream', model: 'embed-1' }];
  const embeddings = { roles: ['embed'], inputs_max: 4 };
  const server = await Server.start(t, {
    configuration: configuration_with(mock, { providers: { upstream, ...providers }, models: { embed, ...models }, embeddings, prices, ...changes }),
  });
  return { mock, server };
}

const length_of = (vector) => Math.hypot(...vector);

async function ledger(server) {
  const { status, json, text } = await server.call('/v1/admin/usage?user=ada');
  assert.equal(status, 200, text);
  return json.rows;
}

const input = ['a table for two', 'the wine list', 'a table for two'];

test_with_clients('texts are embedded, as numbers and in base64 alike', async (t, openai) => {
  const { mock, server } = await started(t);
  const client = client_of(openai, server);
  const asked = { model: 'embed', input, dimensions: 5, user: 'ada' };
  const packed = await client.embeddings.create(asked);
  const plain = await client.embeddings.create({ ...asked, encoding_format: 'float' });
  assert.equal(packed.object, 'list');
  assert.equal(packed.model, 'embed-1');
  assert.deepEqual(packed.usage, { prompt_tokens: 9, total_tokens: 9 });
  assert.deepEqual(packed.data.map((each) => [each.object, each.index]), [['embedding', 0], ['embedding', 1], ['embedding', 2]]);
  for (const [index, { embedding }] of packed.data.entries()) {
    assert.equal(embedding.length, 5);
    assert.ok(Math.abs(length_of(embedding) - 1) < 1e-6);
    assert.deepEqual([...embedding], plain.data[index].embedding.map(Math.fround));
  }
  assert.deepEqual(packed.data[0].embedding, packed.data[2].embedding);
  assert.notDeepEqual(packed.data[0].embedding, packed.data[1].embedding);
  const seen = await mock.journal();
  assert.deepEqual(seen.map((request) => [request.options.dimensions, request.options.user]), [[5, 'ada'], [5, 'ada']]);

  const rows = await ledger(server);
  assert.equal(rows.length, 2);
  const { tokens_in, tokens_out, money, model, provider, node, counted } = rows[0];
  assert.deepEqual([tokens_in, tokens_out, money, model, provider, node, counted], [9, 0, '0.000009', 'embed-1', 'upstream', 'embed', 'told']);
  const metrics = await server.metrics();
  assert.equal(metrics.sum('parlance_lane_input_tokens_total', { lane: 'upstream/embed-1' }), 18);
});

test_with_clients('one text and tokens are embedded', async (t, openai) => {
  const { server } = await started(t);
  const client = client_of(openai, server);
  const [one] = (await client.embeddings.create({ model: 'embed', input: 'a table for two' })).data;
  assert.equal(one.embedding.length, 8);
  const tokens = await client.embeddings.create({ model: 'embed', input: [[1, 2], [3]] });
  assert.equal(tokens.data.length, 2);
});

test_with_clients('what cannot be embedded is a typed error', async (t, openai) => {
  const { server } = await started(t);
  const client = client_of(openai, server);
  const refused = async (body) => error_of(client.embeddings.create({ model: 'embed', input: 'a', ...body }));
  const unknown = await refused({ model: 'chat' });
  assert.deepEqual([unknown.status, unknown.code, unknown.param], [404, 'model_not_found', 'model']);
  const many = await refused({ input: ['a', 'b', 'c', 'd', 'e'] });
  assert.deepEqual([many.status, many.code, many.param], [422, 'invalid_value', 'input']);
  assert.equal((await refused({ input: [] })).param, 'input');
  const listed = [];
  for await (const model of client.models.list()) listed.push(model.id);
  assert.ok(listed.includes('embed'));
});

test("Gemini's provider embeds texts, whose tokens are estimated, and no lists of tokens", async (t) => {
  const { mock, server } = await started(t, {}, { kind: 'gemini', base: '/v1beta' });
  const ask = (body) => server.call('/v1/embeddings', { method: 'POST', body: { model: 'embed', ...body } });
  const { status, json, text } = await ask({ input, dimensions: 4, user: 'ada' });
  assert.equal(status, 200, text);
  assert.deepEqual(json.data.map((each) => each.embedding.length), [4, 4, 4]);
  assert.deepEqual(json.data[0].embedding, json.data[2].embedding);
  assert.equal((await mock.journal())[0].model, 'embed-1');
  const [row] = await ledger(server);
  assert.equal(row.counted, 'estimated');
  assert.equal(row.tokens_in, json.usage.prompt_tokens);
  assert.ok(row.tokens_in >= 9);
  const tokens = await ask({ input: [1, 2] });
  assert.deepEqual([tokens.status, tokens.json.error.code], [400, 'request_rejected']);
});

test('a budget is reserved, and holds', async (t) => {
  const budgets = { tenant: { total: { tokens_max: 30 } } };
  const { mock, server } = await started(t, { budgets });
  const ask = () => server.call('/v1/embeddings', { method: 'POST', body: { model: 'embed', input: 'the wine list', user: 'ada' } });
  const statuses = [];
  for (let i = 0; i < 12; ++i) statuses.push((await ask()).status);
  const paid = statuses.filter((status) => status === 200).length;
  assert.deepEqual([...new Set(statuses)].sort(), [200, 429]);
  const seen = await mock.journal();
  assert.equal(seen.length, paid);
  const told = seen.reduce((sum, entry) => sum + entry.tokens_in, 0);
  assert.ok(told <= 30);
  const rows = await ledger(server);
  assert.equal(rows.reduce((sum, row) => sum + row.tokens_in, 0), told);
});

test('a lane that is down is retried, and then another one embeds', async (t) => {
  const other = await Mock.start(t, { first_token_delay: '5ms' });
  const { mock, server } = await started(t, {
    providers: { other: { kind: 'openai', base_url: `${other.url}/v1` } },
    models: { embed: [{ provider: 'upstream', model: 'embed-1' }, { provider: 'other', model: 'embed-1' }] },
  });
  await mock.set({ fault: '503', retry_after: '10ms' });
  const answer = await server.call('/v1/embeddings', { method: 'POST', body: { model: 'embed', input: 'a' } });
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await other.journal()).length, 1);
});

test('a client that leaves closes the call of the provider', async (t) => {
  const { mock, server } = await started(t, {}, { first_token_delay: '30s' });
  const leaving = new AbortController();
  const asked = fetch(`${server.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'embed', input: 'a' }),
    signal: leaving.signal,
  }).catch(() => 'left');
  await until('the call', async () => (await mock.journal()).length === 1);
  leaving.abort();
  assert.equal(await asked, 'left');
  await until('the end of the call', async () => (await mock.journal())[0].outcome === 'client_closed');
});

test('a broken answer is a failed call, and the agents go on beside', async (t) => {
  const { mock, server } = await started(t);
  await mock.set({ fault: 'garbage', fault_count_max: 1 });
  const broken = await server.call('/v1/embeddings', { method: 'POST', body: { model: 'embed', input: 'a' } });
  assert.deepEqual([broken.status, broken.json.error.code], [502, 'provider_failed']);
  const answer = await server.call('/v1/chat/completions', { method: 'POST', body: { model: 'chat', messages: user('hi') } });
  assert.equal(answer.status, 200, answer.text);
});
