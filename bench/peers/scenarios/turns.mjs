// Turns of 64 clients who wait for nothing: durable ones without a model, and streamed ones with.

import { bare_path, bare_server } from '../servers/bare.mjs';
import { langgraph_dev, langgraph_memory, langgraph_postgres, langgraph_postgres_exit } from '../servers/langgraph.mjs';
import { parlance } from '../servers/parlance.mjs';
import { loaded, turn_columns, turn_figures, warmed_up } from '../measure.mjs';

const tokens = 20;

async function turns({ start, seconds, warm_up_seconds }, args) {
  const peer = await start();
  await warmed_up(peer, [...args, '--time', `${warm_up_seconds}s`]);
  return turn_figures(await loaded(peer, [...args, '--time', `${seconds}s`]));
}

export const echo = {
  name: 'echo',
  timed: true,
  title: 'Durable turns a second, without a model',
  text:
    'The agent `echo` by `runs/wait`, 64 clients in a closed loop, five turns on a thread and then a new one, whose creation is counted in the time and the CPU. ' +
    'CPU is that of all the processes of a peer, its database among them, without the generator.',
  peers: [parlance, langgraph_postgres, langgraph_postgres_exit, langgraph_memory, langgraph_dev, bare_path, bare_server],
  columns: turn_columns('turn'),
  bounds: [
    { text: 'turns/s, Parlance ÷ LangGraph engine with Postgres', least: 60, of: (m) => m('parlance', 'per_second') / m('langgraph_postgres', 'per_second') },
    { text: 'turns/s, Parlance ÷ the same with durability `exit`', of: (m) => m('parlance', 'per_second') / m('langgraph_postgres_exit', 'per_second') },
    { text: 'CPU a turn, LangGraph engine with Postgres ÷ Parlance', of: (m) => m('langgraph_postgres', 'cpu_us') / m('parlance', 'cpu_us') },
    { text: 'turns/s, Parlance as a share of the bare path', least: 0.5, of: (m) => m('parlance', 'per_second') / m('bare_path', 'per_second') },
    { text: 'CPU a turn, the bare path as a share of Parlance', of: (m) => m('bare_path', 'cpu_us') / m('parlance', 'cpu_us') },
    { text: 'turns/s, Parlance as a share of the bare Beast server', of: (m) => m('parlance', 'per_second') / m('bare_server', 'per_second') },
  ],
  measure: (run) => turns(run, ['--agent', 'echo', '--clients', 64]),
};

export const stream = {
  name: 'stream',
  timed: true,
  title: 'Streamed turns a second, through a provider',
  text:
    `The agent \`chat\` by \`runs/stream\`, ${tokens} tokens from a mock provider that takes no time, 64 clients in a closed loop, five turns on a thread. ` +
    'Parlance writes a turn before it calls the provider, and its text before it shows it.',
  peers: [parlance, langgraph_postgres, langgraph_memory, langgraph_dev],
  columns: turn_columns('turn'),
  bounds: [
    { text: 'turns/s, Parlance ÷ LangGraph engine with Postgres', least: 30, of: (m) => m('parlance', 'per_second') / m('langgraph_postgres', 'per_second') },
    { text: 'turns/s, Parlance ÷ LangGraph engine in memory', of: (m) => m('parlance', 'per_second') / m('langgraph_memory', 'per_second') },
  ],
  async measure(run) {
    await run.stand.mock.set({ tokens, first_token_delay: '0ms', token_delay: '0ms' });
    return turns(run, ['--agent', 'chat', '--mode', 'stream', '--check', 'mock', '--clients', 64]);
  },
};
