// SIGTERM: what can finish finishes, what cannot is told so and can be resumed; exit code 0 in time.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  configuration_with, create_thread, free_port, Mock, rejoin, run_stream, Server, streamed_text, until, works,
} from './harness.mjs';

const drain_seconds = 10;
const spare_seconds = 5; // of a machine that does much else
const stream_mode = 'messages-tuple';

async function drained(t, settings) {
  const mock = await Mock.start(t, settings);
  const server = await Server.start(t, { configuration: configuration_with(mock, { http: { port: await free_port() } }) });
  const clients = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const thread = await create_thread(server);
      return { thread, stream: run_stream(server, thread, 'chat', `question ${index}`, { stream_mode }) };
    }),
  );
  for (const { stream } of clients) await stream.reaches('some text', () => stream.frames.length > 3);
  const began = performance.now();
  const end = await server.stop((drain_seconds + 2 * spare_seconds) * 1000);
  const seconds = (performance.now() - began) / 1000;
  t.diagnostic(`drained in ${seconds.toFixed(1)} s`);
  assert.deepEqual(end, { code: 0, signal: null });
  assert.ok(seconds <= drain_seconds + spare_seconds, `it took ${seconds} s`);
  for (const { stream } of clients) assert.equal(await stream.end(spare_seconds * 1000), 'clean');
  return { mock, server, clients };
}

test('streams that can finish within the drain time do', async (t) => {
  const { server, clients } = await drained(t, { tokens: 100, first_token_delay: '5ms', token_delay: '20ms' });
  await server.begin();
  for (const { thread, stream } of clients) {
    assert.notEqual(stream.frames.at(-1).event, 'error', stream.frames.at(-1).data);
    const { json } = await server.call(`/threads/${thread}/state`);
    assert.equal(streamed_text(stream.frames), json.values.messages.at(-1).content);
  }
});

test('streams that cannot end by a closing event, and go on after the restart', async (t) => {
  const { mock, server, clients } = await drained(t, { tokens: 900, first_token_delay: '5ms', token_delay: '20ms' });
  for (const { stream } of clients) {
    const last = stream.frames.at(-1);
    assert.equal(last.event, 'error');
    const { error, code } = JSON.parse(last.data);
    assert.equal(code ?? error, 'draining');
  }
  await mock.set({ tokens: 20, token_delay: '1ms' });
  await server.begin();
  for (const { thread, stream } of clients) {
    const run = JSON.parse(stream.frames[0].data).run_id;
    const resumed = rejoin(server, thread, run, { last_id: stream.last_id, stream_mode });
    assert.equal(await resumed.end(), 'clean', resumed.body);
    const replay = rejoin(server, thread, run, { stream_mode });
    await replay.end();
    const recorded = stream.frames.filter((frame) => frame.event !== 'error');
    assert.deepEqual(
      [...recorded, ...resumed.frames].map((frame) => frame.raw),
      replay.frames.map((frame) => frame.raw),
    );
    const { json } = await server.call(`/threads/${thread}/runs/${run}`);
    assert.equal(json.status, 'success');
  }
  await works(server);
});

test('while it drains it is not ready and takes no new turns', async (t) => {
  const mock = await Mock.start(t, { tokens: 200, first_token_delay: '5ms', token_delay: '20ms' });
  const server = await Server.start(t, { configuration: configuration_with(mock) });
  const thread = await create_thread(server);
  const stream = run_stream(server, thread, 'chat', 'long', { stream_mode });
  await stream.reaches('some text', () => stream.frames.length > 3);
  server.program.signal('SIGTERM');
  // Either the listener is closed already, or what still gets in is refused.
  await until('it takes nothing new', async () => {
    try {
      return (await server.call('/readyz', { agent: false })).status === 503;
    } catch {
      return true;
    }
  });
  assert.equal(await stream.end(), 'clean');
  assert.equal((await server.program.ended).code, 0);
});
