// The fault table: what a provider can do wrong, a row each, over real sockets, and what a client of Parlance sees of it. The
// table is printed at the end: expected outcome, seen outcome, time taken, calls made, money that the ledger charges.

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { configuration, EventStream, free_port, Server, within } from './harness.mjs';
import { user } from './support/openai.mjs';
import { chunk, event, raw_provider, stream_end, stream_head, whole } from './support/raw_provider.mjs';

const limits = { connect_time_max: '1s', first_token_time_max: '1s', gap_time_max: '1s', total_time_max: '3s' };
// A token of a question costs a millionth, one of an answer a thousandth.
const prices = { version: '1', models: { m: { input: '1', output: '1000' } } };
// What a provider refused, or never heard of, costs nothing.
const free = ['model_unavailable', 'model_throttled', 'context_length_exceeded', 'credentials_refused', 'provider_refused'];
const time_spare_ms = 4_000; // of a machine that does much else

// OpenAI's words.
const piece = (content) => event({ model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const stop = event({ model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const usage = (counts) => event({ choices: [], usage: counts });
const done = event('[DONE]');
const error = (code) => ({ error: { message: 'the reason', type: 'x', param: null, code } });
// Anthropic's, Gemini's.
const anthropic = (data) => event(data, data.type);
const anthropic_text = (text) =>
  anthropic({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const gemini = (text, more = {}) => event({ candidates: [{ content: { parts: [{ text }] }, ...more }] });

const unavailable = { status: 503, code: 'model_unavailable' };
const throttled = { status: 429, code: 'model_throttled' };
const failed = { status: 502, code: 'provider_failed' };
const said = (text) => ({ status: 200, text });

const stream_of = (...events) => (say) => {
  say(stream_head);
  for (const each of events) say(each);
  say(stream_end);
};
const refusal = (status, fields) => (say) => say(whole(status, error('x'), fields));
const in_seconds = (seconds) => new Date(Date.now() + seconds * 1000).toUTCString();
const bytewise = (text) => [...Buffer.from(text)].map((byte) => chunk(Buffer.from([byte])));
const words = `data: ${JSON.stringify({ choices: [{ delta: { content: 'a€😀z' } }] })}\n\n`;

const rows = [
  ['429 with Retry-After in seconds', refusal(429, { 'Retry-After': 7 }), { ...throttled, retry_after: [7, 7] }],
  ['429 with Retry-After as a date', (say) => refusal(429, { 'Retry-After': in_seconds(9) })(say), { ...throttled, retry_after: [1, 9] }],
  ['429 without Retry-After', refusal(429), { ...throttled, retry_after: [1, 1] }],
  ['429 for the account\'s money', (say) => say(whole(429, error('insufficient_quota'))), { status: 502, code: 'provider_refused' }],
  ['500', refusal(500), unavailable],
  ['503', refusal(503, { 'Retry-After': 2 }), { ...unavailable, retry_after: [2, 2] }],
  ['529', refusal(529), unavailable],
  ['a key refused', refusal(401), { status: 502, code: 'credentials_refused' }],
  ['a conversation too long', (say) => say(whole(400, error('context_length_exceeded'))), { status: 400, code: 'context_length_exceeded' }],
  ['refused', null, unavailable],
  ['reset', (say) => say.reset(), unavailable],
  ['closed without an answer', (say) => say.cut(), unavailable],
  ['accepted, then silent', () => {}, unavailable],
  ['a head, then silent', (say) => say(stream_head), unavailable],
  ['heartbeats alone', (say) => {
    say(stream_head);
    const beating = setInterval(() => say(chunk(': busy\n\n')), 50);
    setTimeout(() => clearInterval(beating), 3_000);
  }, unavailable],
  ['a slow first token', (say) => {
    say(stream_head);
    setTimeout(() => [piece('late'), stop, done, stream_end].forEach(say), 200);
  }, said('late')],
  ['stalled in mid-stream', (say) => [stream_head, piece('half')].forEach(say), failed],
  ['cut in mid-stream', (say) => {
    [stream_head, piece('half')].forEach(say);
    say.cut();
  }, failed],
  ['reset in mid-stream', (say) => {
    [stream_head, piece('half')].forEach(say);
    setTimeout(say.reset, 50);
  }, failed],
  ['endless, token by token', (say) => {
    say(stream_head);
    const talking = setInterval(() => say(piece('x')), 100);
    setTimeout(() => clearInterval(talking), 5_000);
  }, failed],
  ['EOF without [DONE], but with a finish_reason', stream_of(piece('all'), stop), said('all')],
  ['EOF without a finish_reason', stream_of(piece('half')), failed],
  ['[DONE] without a finish_reason', stream_of(piece('half'), done), failed],
  ['an empty stream', stream_of(), failed],
  ['broken JSON', stream_of(piece('half'), event('{"choices":[{'), stop, done), failed],
  ['UTF-8 split between bytes', stream_of(...bytewise(words), stop, done), said('a€😀z')],
  ['UTF-8 that is none', stream_of(chunk(Buffer.from('data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n', 'latin1')), stop, done), failed],
  ['an error event before the first word', stream_of(event(error('rate_limit_exceeded'))), throttled],
  ['an error event in mid-stream', stream_of(piece('half'), event(error('rate_limit_exceeded')), done), failed],
  ['a 200 with an error body', (say) => say(whole(200, error('server_error'))), failed],
  ['a 200 with the body of a throttling', (say) => say(whole(200, error('rate_limit_exceeded'))), throttled],
  ['a 200 with a page', (say) => say(whole(200, '<html>', { 'Content-Type': 'text/html' })), failed],
  ['a giant chunk', stream_of(piece('x'.repeat(2 << 20)), stop, done), failed],
  ['a giant answer', stream_of(...Array.from({ length: 40 }, () => piece('x'.repeat(16 << 10))), stop, done), { status: 502, code: 'answer_too_long' }],
  ['wrong usage', stream_of(piece('all'), stop, usage({ prompt_tokens: 7, completion_tokens: -3, prompt_tokens_details: { cached_tokens: 900 } }), done), {
    ...said('all'),
    usage: { prompt_tokens: 7, completion_tokens: 0, total_tokens: 7, prompt_tokens_details: { cached_tokens: 7 } },
  }],
  ['529 of Anthropic', (say) => say(whole(529, overloaded)), unavailable, 'anthropic'],
  ['an overload in Anthropic\'s stream', stream_of(anthropic(overloaded)), unavailable, 'anthropic'],
  ['an overload behind Anthropic\'s first word', stream_of(anthropic_text('half'), anthropic(overloaded)), failed, 'anthropic'],
  ['Anthropic\'s stream without an end', stream_of(anthropic_text('half')), failed, 'anthropic'],
  ['429 of Gemini with the time in its details', (say) => say(whole(429, {
    error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'quota', details: [{ '@type': 'RetryInfo', retryDelay: '33.2s' }] },
  })), { ...throttled, retry_after: [34, 34] }, 'gemini'],
  ['Gemini\'s stream without an end', stream_of(gemini('half')), failed, 'gemini'],
  ['Gemini\'s stream with its end', stream_of(gemini('all', { finishReason: 'STOP' })), said('all'), 'gemini'],
  ['an answer of Gemini\'s that went wrong', stream_of(gemini('', { finishReason: 'MALFORMED_FUNCTION_CALL' })), failed, 'gemini'],
];

const seen = [];
const outcome = ({ status, code, text }) => (status === 200 ? `200 ${text.slice(0, 12)}` : `${status} ${code}`);

after(() => {
  const line = (cells) => cells.map((cell, at) => String(cell).padEnd([48, 30, 30, 7, 6, 9][at])).join(' ');
  console.log([line(['fault', 'expected', 'seen', 'ms', 'calls', 'money']), ...seen.map(line)].join('\n'));
});

async function started(t, script, kind = 'openai') {
  const provider = script ? await raw_provider(t, script) : { url: `http://127.0.0.1:${await free_port()}`, calls: 0 };
  const upstream = { kind, base_url: `${provider.url}/v1`, api_key: { env: 'UPSTREAM_KEY' }, ...limits };
  const models = { main: [{ provider: 'upstream', model: 'm' }] };
  // Of an answer that comes at once, a slow machine reads more than its buffer holds.
  const http = { stream_buffer_max: '4MiB' };
  const server = await Server.start(t, { configuration: configuration({ http, providers: { upstream }, models, prices }) });
  return { provider, server };
}

const body = { model: 'chat', messages: user('hello') };

async function asked(server) {
  const answer = await server.call('/v1/chat/completions', { method: 'POST', body });
  const { choices, usage, error } = answer.json;
  return {
    status: answer.status,
    code: error?.code,
    text: choices?.[0].message.content,
    usage,
    retry_after: Number(answer.headers['retry-after']),
  };
}

// The one call that was charged.
async function charged(server) {
  const { json } = await server.call('/v1/admin/usage');
  assert.equal(json.rows.length, 1);
  return { ...json.rows[0], money: Number(json.rows[0].money) };
}

// A stream ends by its error or by its finish_reason, never by both, and never without either.
async function streamed(server) {
  const stream = new EventStream(`${server.url}/v1/chat/completions`, { method: 'POST', body: { ...body, stream: true } });
  await within(15_000, 'the end of a stream', stream.ended);
  if (stream.status !== 200) return { status: stream.status, code: JSON.parse(stream.body).error.code, ended: false };
  const parts = stream.frames.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data));
  return {
    status: 200,
    code: parts.find((part) => part.error)?.error.code,
    ended: parts.some((part) => part.choices?.[0]?.finish_reason),
  };
}

for (const [name, script, expected, kind] of rows) {
  test(name, async (t) => {
    const { provider, server } = await started(t, script, kind);
    const began = performance.now();
    const answer = await asked(server);
    const took_ms = performance.now() - began;
    const { money, tokens_in, tokens_out } = await charged(server);
    seen.push([name, outcome(expected), outcome(answer), Math.round(took_ms), provider.calls, money]);
    assert.equal(outcome(answer), outcome(expected));
    assert.equal(money === 0, free.includes(expected.code), `it cost ${money}`);
    if (expected.text !== undefined) assert.equal(answer.text, expected.text);
    if (answer.usage) assert.deepEqual([answer.usage.prompt_tokens, answer.usage.completion_tokens], [tokens_in, tokens_out]);
    if (expected.usage) assert.deepEqual(answer.usage, expected.usage);
    if (expected.retry_after) {
      const [least, most] = expected.retry_after;
      assert.ok(answer.retry_after >= least && answer.retry_after <= most, `retry after ${answer.retry_after} s`);
    }
    assert.ok(took_ms < 3_000 + time_spare_ms, `it took ${took_ms} ms`);

    const stream = await streamed(server);
    assert.equal(stream.code, expected.code);
    assert.equal(stream.ended, expected.status === 200);
  });
}
