// Connections that do nothing, say their headers slowly or never read.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration, configuration_with, create_thread, for_all, Mock, RawSocket, rejoin, run_body, Server, until, works } from './harness.mjs';

const MiB = 1024 * 1024;

test('10,000 idle connections leave room for the next good request', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  const before = server.memory().resident;
  const sockets = await for_all(Array.from({ length: 10_000 }), 200, () => RawSocket.connect(server.port));
  t.after(() => sockets.forEach((socket) => socket.close()));
  const began = performance.now();
  await works(server);
  t.diagnostic(
    `the next request took ${(performance.now() - began).toFixed(0)} ms; memory rose by ` +
      `${((server.memory().resident - before) / MiB).toFixed(0)} MiB`,
  );
  assert.ok(performance.now() - began < 10_000);
  sockets.forEach((socket) => socket.close());
  await works(server);
});

test('headers that come slowly end in 408 or a close, and hold up nobody', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  const slow = await for_all(Array.from({ length: 50 }), 50, () => RawSocket.connect(server.port));
  for (const socket of slow) socket.send('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const dripping = setInterval(() => slow.forEach((socket) => socket.closed || socket.send('a')), 500);
  t.after(() => clearInterval(dripping));
  await works(server);
  for (const socket of slow) {
    const response = await socket.response(20_000);
    if (response) assert.equal(response.status, 408);
    socket.close();
  }
  await works(server);
});

test('a body that never comes is given up', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  const socket = await RawSocket.connect(server.port);
  socket.send('POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"model"');
  const response = await socket.response(40_000);
  if (response) assert.equal(response.status, 408);
  await works(server);
});

test('readers that never read are cut, cost little, and can resume', async (t) => {
  const mock = await Mock.start(t, { tokens: 1_500, first_token_delay: '1ms', token_delay: '1ms' });
  const server = await Server.start(t, { configuration: configuration_with(mock, { http: { write_time_max: '2s' } }) });
  await works(server);
  const before = server.memory().resident;
  const readers = await for_all(Array.from({ length: 20 }), 20, async (_, index) => {
    const thread = await create_thread(server);
    const socket = await RawSocket.connect(server.port);
    socket.socket.pause();
    // `messages` repeats the whole text with each piece: far more than any buffer holds.
    const body = JSON.stringify(run_body('chat', `question ${index}`, { stream_mode: ['messages', 'messages-tuple'] }));
    socket.send(
      `POST /threads/${thread}/runs/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    return { thread, socket };
  });
  t.after(() => readers.forEach(({ socket }) => socket.close()));
  await until(
    'all turns have ended, readers or not',
    async () => (await server.metrics()).sum('parlance_turns_ended_total', { outcome: 'finished' }) >= 1 + readers.length,
    { within: 60_000, every: 200 },
  );
  await until(
    'all readers were cut',
    async () => (await server.metrics()).sum('parlance_http_streams_open') === 0,
    { within: 30_000, every: 100 },
  );
  assert.equal((await server.metrics()).sum('parlance_http_streams_cut_total'), readers.length);
  const rise = server.memory().resident_max - before;
  t.diagnostic(`memory rose by ${(rise / MiB).toFixed(1)} MiB`);
  assert.ok(rise < 64 * MiB, `${rise} bytes for 20 readers`);

  for (const { thread, socket } of readers) {
    socket.socket.resume();
    await socket.closing;
    const { json: runs } = await server.call(`/threads/${thread}/runs`);
    assert.equal(runs[0].status, 'success');
    const seen = [...socket.received.toString().matchAll(/^id: (\S+)\n\n/gm)].map((match) => match[1]);
    const stream_mode = ['messages', 'messages-tuple'];
    // On a slow machine a reader may be cut again: each resumption has to get further.
    let last_id = seen.at(-1);
    let end;
    for (let tries = 0; end !== 'clean'; tries += 1) {
      assert.ok(tries < 5, 'five resumptions are enough');
      const resumed = rejoin(server, thread, runs[0].run_id, { last_id, stream_mode });
      end = await resumed.end();
      const ids = resumed.frames.map((frame) => frame.id);
      assert.ok(ids.length > 0, 'there was more to read');
      for (const id of ids) assert.ok(!seen.includes(id), `${id} came twice`);
      seen.push(...ids);
      last_id = ids.at(-1);
    }
  }
  await works(server);
});
