// Nothing that a client was told is taken back by a crash, a power cut or a failing disk.
//
// CRASH_ROUNDS, CRASH_SEED and CRASH_TOKENS make it longer (scripts/crash).

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  configuration_with, create_thread, free_port, history_texts, Mock, parlance_debug, Random, run_wait, Server, within, works,
} from './harness.mjs';
import { crash_round } from './support/crash_round.mjs';

const rounds = Number(process.env.CRASH_ROUNDS ?? 20);
const seed = Number(process.env.CRASH_SEED ?? 1);
const tokens = Number(process.env.CRASH_TOKENS ?? 50);
const token_ms = 20;
const streams = 20;

// `first_seed`, `first_seed` + 1, …: one crash each, on the same data.
async function crash(t, { count, first_seed, options = {} }) {
  const mock = await Mock.start(t, { tokens, first_token_delay: '20ms', token_delay: `${token_ms}ms` });
  const port = await free_port();
  const server = await Server.start(t, { configuration: configuration_with(mock, { http: { port } }), ...options });
  const found = [];
  let cut = 0;
  let acknowledged = 0;
  for (let round_seed = first_seed; round_seed < first_seed + count; round_seed++) {
    const round = await crash_round({ server, random: new Random(round_seed), streams, answer_ms: tokens * token_ms });
    cut += round.cut;
    acknowledged += round.acknowledged;
    found.push(...round.violations.map((text) => `seed ${round_seed}: ${text}`));
    if (found.length > 0) break;
  }
  t.diagnostic(`${count} rounds from seed ${first_seed}: ${cut} streams cut, ${acknowledged} turns acknowledged`);
  return { found, cut };
}

test('kill -9 in mid-stream: every client gets every event once, in order, and a finished turn', async (t) => {
  const { found, cut } = await crash(t, { count: rounds, first_seed: seed });
  assert.deepEqual(found, []);
  assert.ok(cut >= rounds, 'the crashes came while streams were open');
});

const unsynced_in_memory = 'storage.unsynced_in_memory=fire@1+';

test('a power cut, which loses what was not synced, takes nothing back either', async (t) => {
  const { found } = await crash(t, {
    count: Math.max(3, Math.floor(rounds / 4)),
    first_seed: seed,
    options: { binary: parlance_debug, failpoints: unsynced_in_memory },
  });
  assert.deepEqual(found, []);
});

test('a build that skips the sync fails this very test', async (t) => {
  const { found } = await crash(t, {
    count: 3,
    first_seed: seed,
    options: { binary: parlance_debug, failpoints: `${unsynced_in_memory},mutant.skip_sync=fire@1+` },
  });
  assert.notEqual(found.length, 0, 'the check found nothing wrong with a journal that is never synced');
});

test('a failing sync ends the process, and the restart is consistent', async (t) => {
  const mock = await Mock.start(t, { tokens: 5, first_token_delay: '1ms', token_delay: '1ms' });
  const server = await Server.start(t, {
    configuration: configuration_with(mock),
    binary: parlance_debug,
    failpoints: 'storage.sync_fails=fire@40',
  });
  const acknowledged = [];
  const give_turns = async () => {
    for (let count = 0; count < 1_000; count++) {
      const thread = await create_thread(server);
      const answer = await run_wait(server, thread, 'echo', `turn ${count}`);
      if (answer.status === 200) acknowledged.push({ thread, text: `turn ${count}` });
    }
  };
  await give_turns().catch(() => {}); // the connection ends with the process
  const end = await within(10_000, 'the process ends', server.program.ended);
  assert.notEqual(end.code, 0);
  assert.equal(end.signal, null, 'it ends by itself, with a reason');
  assert.match(server.program.output, /sync|journal|storage/i);
  assert.ok(acknowledged.length > 5 && acknowledged.length < 1_000);

  server.failpoints = '';
  await server.begin();
  for (const { thread, text } of acknowledged) {
    assert.deepEqual(await history_texts(server, thread), [text, `echo: ${text}`]);
  }
  await works(server);
});
