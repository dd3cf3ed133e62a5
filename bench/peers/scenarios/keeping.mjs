// What becomes of a server that has done much: its speed after half a million turns, and its memory.

import { elapse } from '../../../tests/end_to_end/harness.mjs';
import { langgraph_dev, langgraph_memory, langgraph_postgres } from '../servers/langgraph.mjs';
import { parlance } from '../servers/parlance.mjs';
import { loaded, memory_mib, warmed_up } from '../measure.mjs';

const parts = 10;
const turns_to_warm_up = 20_000;
const rest_ms = 5_000;
const load_args = ['--agent', 'echo', '--clients', 64];

export const long_run = {
  name: 'long_run',
  title: 'The last tenth of a long run',
  runs_max: 1,
  text:
    'The load of the first table, in ten parts of as many turns each: Parlance does half a million after 20,000 to warm up; the others, which would take hours, do what they ' +
    'can in ten parts of the same time each. What counts is the last part against the first.',
  peers: [parlance, langgraph_postgres, langgraph_memory, langgraph_dev],
  columns: [
    { figure: 'turns', title: 'turns' },
    { figure: 'first_per_second', title: 'first tenth, turns/s' },
    { figure: 'last_per_second', title: 'last tenth, turns/s' },
    { figure: 'last_to_first', title: 'last ÷ first', digits: 2 },
  ],
  bounds: [{ text: 'Parlance, last tenth ÷ first tenth', least: 0.9, of: (m) => m('parlance', 'last_to_first') }],

  async measure({ start, definition, seconds, turns_in_all, warm_up_seconds }) {
    const peer = await start();
    const counted = definition === parlance;
    await warmed_up(peer, [...load_args, ...(counted ? ['--turns', turns_to_warm_up] : ['--time', `${warm_up_seconds}s`])]);
    const part = counted ? ['--turns', turns_in_all / parts] : ['--time', `${seconds}s`];
    const rates = [];
    let turns = 0;
    for (let i = 0; i < parts; i++) {
      const { finished, finished_per_second } = await loaded(peer, [...load_args, ...part]);
      rates.push(finished_per_second);
      turns += finished;
    }
    return { turns, first_per_second: rates[0], last_per_second: rates.at(-1), last_to_first: rates.at(-1) / rates[0], rates };
  },
};

export const memory = {
  name: 'memory',
  title: 'Memory for 5,000 turns on 1,000 threads',
  runs_max: 2,
  text:
    'Proportional set size of all processes of a peer (for the engine with Postgres also the database), after 200 turns to warm up, and 5 s after another 5,000 turns of `echo` ' +
    'on 1,000 threads by 64 clients.',
  peers: [parlance, langgraph_postgres, langgraph_memory, langgraph_dev],
  columns: [
    { figure: 'before_mib', title: 'before, MiB' },
    { figure: 'after_mib', title: 'after, MiB' },
    { figure: 'kib_per_turn', title: 'KiB a turn', digits: 1 },
  ],
  bounds: [],

  async measure({ start }) {
    const peer = await start();
    await warmed_up(peer, [...load_args, '--turns', 200]);
    const before_mib = memory_mib(peer);
    const { finished } = await loaded(peer, [...load_args, '--turns', 5_000]);
    await elapse(rest_ms);
    const after_mib = memory_mib(peer);
    return { before_mib, after_mib, kib_per_turn: ((after_mib - before_mib) * 1_024) / finished };
  },
};
