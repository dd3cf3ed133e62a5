// One episode of a crash run: a data directory, a seed, and so many kills under load; then quiet, a last look at
// everything, and the judgement of the checker.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Random } from '../end_to_end/support/random.mjs';
import { within } from '../end_to_end/support/wait.mjs';
import { check } from './checker.mjs';
import { Client } from './clients.mjs';
import { choose_fault } from './faults.mjs';
import { final_read } from './final_read.mjs';
import { History } from './history.mjs';
import { Stopped, World } from './world.mjs';

const clients_count = 16;
const idle_within_ms = 20_000;
const answered_within_ms = 90_000; // longer than a turn may take

// Faults under which a process that ends by itself does what it should.
const may_end = new Set(['abort_before_write', 'abort_after_write', 'failing_write', 'failing_sync', 'full_disk', 'failing_thread', 'failing_writer', 'lost_thread']);

async function kills_of({ world, history, random, kills, faults, mutant }) {
  const armed = mutant ? `mutant.${mutant}=fire@1+` : '';
  let killed_at;
  for (let kill = 1; kill <= kills; kill++) {
    const fault = choose_fault(random, faults);
    const failpoints = [fault.failpoints, armed].filter(Boolean).join();
    let ready_ms;
    try {
      await world.begin(failpoints);
      ready_ms = killed_at && Date.now() - killed_at;
      world.open();
    } catch (error) {
      if (!may_end.has(fault.how)) throw error;
    }
    const { streams, by_itself, ended_at } = await world.end(fault);
    killed_at = ended_at;
    history.note('kill', { kill, how: fault.how, failpoints, streams, ready_ms, end: by_itself ?? null });
    if (by_itself && !may_end.has(fault.how)) {
      throw new Error(`the process ended by itself (${JSON.stringify(by_itself)}) under ${fault.how}:\n${world.server.program.tail()}`);
    }
  }
  await world.begin(armed);
  return killed_at;
}

// {entries, violations, quiet_ms, folder}; the folder is kept when there are violations.
export async function episode({ seed, kills, faults, binary, mutant }) {
  const random = new Random(seed);
  const history = new History();
  const world = await World.start({ binary, random: new Random(seed), small_disk: faults.includes('full_disk') });
  const clients = Array.from({ length: clients_count }, (_, index) =>
    new Client({ name: `${seed}-${index}`, history, server: world, random: new Random(seed * 1_000 + index) }),
  );
  let quiet_ms;
  try {
    const working = clients.map((client) =>
      client.run().catch((error) => {
        if (!(error instanceof Stopped)) throw error;
      }),
    );
    const failed = Promise.all(working).then(() => new Promise(() => {}));
    try {
      const killed_at = await Promise.race([failed, kills_of({ world, history, random, kills, faults, mutant })]);
      world.stopping = true;
      world.open();
      await within(answered_within_ms, 'every client has what it asked for', Promise.all(working));
      const idle_at = await world.idle(idle_within_ms);
      quiet_ms = (idle_at ?? Date.now()) - killed_at;
      if (!idle_at) history.note('no_restart', { detail: `turns are still inside ${quiet_ms} ms after the last kill` });
      history.note('final', await final_read(world.url, history.entries, clients[0]));
    } catch (error) {
      world.stopping = true;
      world.open();
      history.note('no_restart', { detail: error.message });
    }
    history.note('provider', { calls: await world.mock.journal() });
    history.note('webhooks', { posts: world.receiver.posts() });
  } finally {
    world.stopping = true;
    world.open();
  }
  const violations = check(history.entries);
  const { folder } = world.server;
  if (violations.length > 0) writeFileSync(path.join(folder, 'history.json'), JSON.stringify(history.entries, null, 1));
  await world.close({ keep: violations.length > 0 });
  return { seed, entries: history.entries, violations, quiet_ms, folder };
}
