// Clients whose connections do not last: whatever they ask to see, they see all of it, once and in order.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration_with, create_thread, elapse, history_texts, human, Mock, rejoin, Server } from './harness.mjs';

const streams = 200;
const connection_ms = 50;
const kinds = ['values', 'updates', 'messages-tuple', 'custom'];
const sets_of_modes = Array.from({ length: 2 ** kinds.length - 1 }, (_, set) => kinds.filter((_, kind) => (set + 1) & (1 << kind)));

// Reads a run to its end by connections that are cut connection_ms after the answer began.
async function read_in_pieces(server, thread, run, stream_mode) {
  const frames = [];
  for (let connections = 1; ; connections++) {
    const stream = rejoin(server, thread, run, { stream_mode, last_id: frames.findLast((frame) => frame.id)?.id });
    await stream.opened;
    assert.equal(stream.status, 200, stream.body);
    await Promise.race([stream.ended, elapse(connection_ms)]);
    const has_ended = stream.ending === 'clean';
    stream.cut();
    frames.push(...stream.frames);
    if (has_ended) return { frames, connections };
  }
}

test(`${streams} streams whose connections last ${connection_ms} ms are complete, with any set of stream modes`, async (t) => {
  const mock = await Mock.start(t, { tokens: 80, first_token_delay: '20ms', token_delay: '20ms' });
  const lane = { calls_at_once_max: streams, calls_waiting_max: streams };
  const server = await Server.start(t, { configuration: configuration_with(mock, { lane }) });
  let connections = 0;
  await Promise.all(
    Array.from({ length: streams }, async (_, index) => {
      const stream_mode = sets_of_modes[index % sets_of_modes.length];
      const thread = await create_thread(server);
      const body = { assistant_id: 'chat', input: human(`stream ${index}`), stream_mode };
      const { json: run } = await server.call(`/threads/${thread}/runs`, { method: 'POST', body });
      const read = await read_in_pieces(server, thread, run.run_id, stream_mode);
      connections += read.connections;

      const whole = rejoin(server, thread, run.run_id, { stream_mode });
      assert.equal(await whole.end(), 'clean');
      const raw = (frames) => frames.map((frame) => frame.raw);
      assert.deepEqual(raw(read.frames), raw(whole.frames), `${stream_mode}`);
      const ids = read.frames.map((frame) => frame.id).filter(Boolean);
      assert.equal(new Set(ids).size, ids.length);
      assert.match((await history_texts(server, thread)).at(-1), / w79$/);
    }),
  );
  t.diagnostic(`${connections} connections for ${streams} streams`);
  assert.ok(connections > 2 * streams, `${connections} connections`);
  assert.equal((await mock.journal()).length, streams);
});
