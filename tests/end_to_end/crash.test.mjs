// Nothing that a client was told is taken back by a crash, a power cut, a full or a failing disk; and a server that
// breaks one of its rules is found by the same clients. tests/crash/ has both; scripts/crash makes it longer.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import test from 'node:test';
import { mutants } from '../crash/faults.mjs';
import { describe, run } from '../crash/run.mjs';
import {
  configuration_with, create_thread, history_texts, Mock, parlance_debug, run_wait, Server, within, works,
} from './harness.mjs';

const kills = Number(process.env.CRASH_KILLS ?? 300);
const seed = Number(process.env.CRASH_SEED ?? 1);
const kills_of_mutant_max = 50;

test(`${kills} kills: every promise to every client is kept`, async (t) => {
  const totals = await run({ kills, seed });
  t.diagnostic(`seed ${seed}: ${totals}`);
  t.diagnostic(JSON.stringify(totals.by_fault));
  assert.deepEqual(totals.violations.slice(0, 3).map(describe), []);
  assert.equal(totals.kills, kills);
  assert.ok(totals.in_mid_stream >= kills / 2, 'the crashes came while streams were open');
});

for (const mutant of Object.keys(mutants)) {
  test(`a server with the mutant ${mutant} is found within ${kills_of_mutant_max} kills`, async (t) => {
    const totals = await run({ kills: kills_of_mutant_max, seed, mutant, at_once: 1, kills_each: 5 });
    t.diagnostic(`after ${totals.kills} kills: ${[...new Set(totals.violations.map(({ rule }) => rule))]}`);
    assert.notEqual(totals.violations.length, 0);
    for (const { folder } of totals.violations) rmSync(folder, { recursive: true, force: true }); // as it should be
  });
}

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
