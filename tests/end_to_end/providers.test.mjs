// The three APIs of providers, each through Parlance against the mock: text, streams, tools, usage, stop reasons, keys.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration_with, EventStream, Mock, Server, within } from './harness.mjs';
import { user } from './support/openai.mjs';

const apis = [
  { kind: 'openai', base: '/v1' },
  { kind: 'anthropic', base: '/v1' },
  { kind: 'gemini', base: '/v1beta' },
];

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'tells the weather',
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city'] },
  },
};
const arguments_text = { city: 'Oslo', days: 42 };

async function started(t, api, settings = {}) {
  const mock = await Mock.start(t, { tokens: 4, first_token_delay: '5ms', token_delay: '1ms', key: 'upstream-secret', ...settings });
  const upstream = { kind: api.kind, base_url: mock.url + api.base };
  const server = await Server.start(t, { configuration: configuration_with(mock, { providers: { upstream } }) });
  const ask = async (body) => {
    const answer = await server.call('/v1/chat/completions', { method: 'POST', body: { model: 'chat', ...body } });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  };
  return { mock, server, ask };
}

async function streamed(server, body) {
  const stream = new EventStream(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    body: { model: 'chat', stream: true, stream_options: { include_usage: true }, ...body },
  });
  assert.equal(await within(10_000, 'the end of a stream', stream.ended), 'clean');
  assert.equal(stream.frames.at(-1).data, '[DONE]');
  return stream.frames.slice(0, -1).map((frame) => JSON.parse(frame.data));
}

for (const api of apis) {
  const test_api = (name, body) => test(`${api.kind}: ${name}`, body);

  test_api('text, usage and the end of an answer', async (t) => {
    const { ask, server } = await started(t, api, { cached: 3 });
    const answer = await ask({ messages: [{ role: 'system', content: 'You are brief and kind.' }, ...user('hello there')] });
    assert.equal(answer.choices[0].message.content, 'hello there w1 w2 w3');
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.equal(answer.usage.completion_tokens, 4);
    assert.ok(answer.usage.prompt_tokens >= 5);
    assert.deepEqual(answer.usage.prompt_tokens_details, { cached_tokens: 3 });
    const metrics = await server.metrics();
    const counted = (kind) => metrics.sum(`parlance_lane_${kind}_tokens_total`, { lane: 'upstream/mock-1' });
    assert.deepEqual([counted('input'), counted('cached_input'), counted('output')], [answer.usage.prompt_tokens, 3, 4]);
    const [row] = (await server.call('/v1/admin/usage')).json.rows;
    assert.deepEqual([row.tokens_in, row.tokens_in_cached, row.tokens_out], [answer.usage.prompt_tokens, 3, 4]);
  });

  test_api('a cache of prompts that never holds anything is reported, once', async (t) => {
    const { ask, server } = await started(t, api, { tokens: 1, first_token_delay: '0ms' });
    const long = 'a long story '.repeat(1_300); // more than 4,096 tokens
    for (let number = 0; number < 22; ++number) await ask({ messages: user(`${number} ${long}`) });
    const metrics = await server.metrics();
    assert.equal(metrics.sum('parlance_lane_long_prompts_missed_total', { lane: 'upstream/mock-1' }), 22);
    const reports = [...server.program.output.matchAll(/prompts_not_kept.*/g)];
    assert.equal(reports.length, 1);
    assert.match(reports[0][0], /upstream/);
  });

  test_api('a stream in pieces, with usage', async (t) => {
    const { server } = await started(t, api, { token_delay: '20ms' });
    const chunks = await streamed(server, { messages: user('hello') });
    const texts = chunks.map((chunk) => chunk.choices[0]?.delta?.content).filter(Boolean);
    assert.deepEqual(texts, ['hello', ' w1', ' w2', ' w3']);
    assert.equal(chunks.at(-1).usage.completion_tokens, 4);
    assert.equal(chunks.at(-1).usage.prompt_tokens_details, undefined);
  });

  test_api('limits and stop sequences end an answer', async (t) => {
    const { ask } = await started(t, api, { tokens: 20 });
    const limited = (await ask({ messages: user('hi'), max_tokens: 3 })).choices[0];
    assert.deepEqual([limited.message.content, limited.finish_reason], ['hi w1 w2', 'length']);
    const stopped = (await ask({ messages: user('hi'), stop: [' w2'] })).choices[0];
    assert.deepEqual([stopped.message.content, stopped.finish_reason], ['hi w1', 'stop']);
  });

  test_api('a tool is called, answered, and the answer spoken', async (t) => {
    const { ask, server } = await started(t, api);
    const body = { messages: user('Oslo'), tools: [weather] };
    const { message, finish_reason } = (await ask(body)).choices[0];
    assert.equal(finish_reason, 'tool_calls');
    assert.equal(message.content, null);
    assert.equal(message.tool_calls.length, 1);
    const [called] = message.tool_calls;
    assert.ok(called.id);
    assert.equal(called.function.name, 'weather');
    assert.deepEqual(JSON.parse(called.function.arguments), arguments_text);

    const chunks = await streamed(server, body);
    const pieces = chunks.flatMap((chunk) => chunk.choices[0]?.delta?.tool_calls ?? []);
    assert.equal(pieces[0].function.name, 'weather');
    assert.deepEqual(JSON.parse(pieces.map((piece) => piece.function.arguments).join('')), arguments_text);

    const said = { role: 'tool', tool_call_id: called.id, content: 'sunny' };
    const spoken = await ask({ ...body, messages: [...body.messages, message, said] });
    assert.equal(spoken.choices[0].message.content, 'sunny w1 w2 w3');
  });

  test_api('a tool may be forbidden or named', async (t) => {
    const { ask } = await started(t, api);
    const time = { ...weather, function: { ...weather.function, name: 'time' } };
    const body = { messages: user('Oslo'), tools: [weather, time] };
    const without = (await ask({ ...body, tool_choice: 'none' })).choices[0];
    assert.equal(without.message.content, 'Oslo w1 w2 w3');
    const named = (await ask({ ...body, tool_choice: { type: 'function', function: { name: 'time' } } })).choices[0];
    assert.deepEqual(named.message.tool_calls.map((call) => call.function.name), ['time']);
  });

  test_api('an answer in JSON fits its schema', async (t) => {
    const { ask } = await started(t, api);
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const response_format = { type: 'json_schema', json_schema: { name: 'place', schema } };
    const answer = await ask({ messages: user('Oslo'), response_format });
    assert.deepEqual(JSON.parse(answer.choices[0].message.content), { city: 'Oslo' });
  });

  test_api('a wrong key is said to be refused, and no more than that', async (t) => {
    const { mock, server } = await started(t, api);
    await mock.set({ key: 'another' });
    const refused = await server.call('/v1/chat/completions', { method: 'POST', body: { model: 'chat', messages: user('hi') } });
    assert.equal(refused.status, 502);
    assert.equal(refused.json.error.code, 'credentials_refused');
    assert.doesNotMatch(refused.text, /upstream-secret|Incorrect|x-api-key/i);
    assert.doesNotMatch(server.program.stderr, /upstream-secret/);
  });
}

for (const { kind, base } of apis.slice(1)) {
  test(`${kind}: an option that its API has no place for is named`, async (t) => {
    const { server, mock } = await started(t, { kind, base });
    const body = { model: 'chat', messages: user('hi'), logit_bias: { 1: 2 } };
    const refused = await server.call('/v1/chat/completions', { method: 'POST', body });
    assert.equal(refused.status, 400);
    assert.equal(refused.json.error.code, 'request_rejected');
    assert.match(refused.json.error.message, /logit_bias/);
    assert.equal((await mock.stats()).requests, 0);
  });
}
