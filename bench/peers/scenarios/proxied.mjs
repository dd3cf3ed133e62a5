// One call in OpenAI's shape that is handed to a provider: how many, and how much later.

import { direct, haproxy, nginx, portkey } from '../servers/gateways.mjs';
import { parlance } from '../servers/parlance.mjs';
import { loaded, turn_columns, turn_figures, warmed_up } from '../measure.mjs';

const args_for = (peer) => ['--surface', 'openai', '--agent', peer.model, '--check', 'mock'];
const paths = [parlance, portkey, nginx, haproxy, direct];

export const calls = {
  name: 'calls',
  timed: true,
  title: 'Proxied calls a second',
  text:
    '`POST /v1/chat/completions` without a stream, answered by a mock provider that takes no time, 64 clients in a closed loop. Parlance writes each call and its answer to the disk; the others keep nothing. ' +
    'Generator and mock share the cores, so calls/s of the fast ones are theirs; calls/s per core are 1 s ÷ the CPU that a call takes of the peer.',
  peers: paths,
  columns: [...turn_columns('call'), { figure: 'per_core', title: 'calls/s per core' }],
  bounds: [
    { text: 'calls/s per core, Parlance ÷ Portkey', least: 8, of: (m) => m('parlance', 'per_core') / m('portkey', 'per_core') },
    { text: 'calls/s, Parlance ÷ Portkey', of: (m) => m('parlance', 'per_second') / m('portkey', 'per_second') },
    { text: 'CPU a call, Parlance ÷ nginx', of: (m) => m('parlance', 'cpu_us') / m('nginx', 'cpu_us') },
  ],

  async measure({ start, stand, seconds, warm_up_seconds }) {
    await stand.mock.set({ tokens: 1, first_token_delay: '0ms', token_delay: '0ms' });
    const peer = await start();
    const args = [...args_for(peer), '--clients', 64];
    await warmed_up(peer, [...args, '--time', `${warm_up_seconds}s`]);
    const figures = turn_figures(await loaded(peer, [...args, '--time', `${seconds}s`]));
    return { ...figures, per_core: figures.cpu_us === null ? null : 1e6 / figures.cpu_us };
  },
};

const streams_per_second = 50;

export const added = {
  name: 'added',
  timed: true,
  title: 'Added latency of a proxied stream',
  text:
    `${streams_per_second} streams a second (open loop, constant), each of 20 tokens, the first after 20 ms and the others 5 ms apart. What is added is against *no proxy* in the same run.`,
  peers: paths,
  columns: [
    { figure: 'first_p50_ms', title: 'first token, p50 ms', digits: 2 },
    { figure: 'first_p99_ms', title: 'p99 ms', digits: 2 },
    { figure: 'p50_ms', title: 'whole, p50 ms', digits: 2 },
    { figure: 'cpu_us', title: 'CPU µs a stream' },
    { figure: 'not_right', title: 'failed, refused or wrong' },
  ],
  bounds: [
    { text: 'ms added to the first token by Parlance', of: (m) => m('parlance', 'first_p50_ms') - m('direct', 'first_p50_ms'), digits: 2 },
    { text: 'ms added to the first token by Portkey', of: (m) => m('portkey', 'first_p50_ms') - m('direct', 'first_p50_ms'), digits: 2 },
    { text: 'ms added to the first token by nginx', of: (m) => m('nginx', 'first_p50_ms') - m('direct', 'first_p50_ms'), digits: 2 },
    { text: 'ms added to the first token by haproxy', of: (m) => m('haproxy', 'first_p50_ms') - m('direct', 'first_p50_ms'), digits: 2 },
  ],

  async measure({ start, stand, seconds, warm_up_seconds }) {
    await stand.mock.set({ tokens: 20, first_token_delay: '20ms', token_delay: '5ms' });
    const peer = await start();
    const args = [...args_for(peer), '--mode', 'stream', '--clients', 64, '--open', streams_per_second];
    await warmed_up(peer, [...args, '--time', `${warm_up_seconds}s`]);
    const figures = await loaded(peer, [...args, '--time', `${seconds}s`]);
    const { first_text } = figures.ms;
    return { ...turn_figures(figures), first_p50_ms: first_text.p50, first_p99_ms: first_text.p99 };
  },
};
