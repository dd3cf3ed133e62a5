// More clients than a model has places, and readers who take nothing.

import { call, elapse, for_all, RawSocket } from '../../../tests/end_to_end/harness.mjs';
import { langgraph_dev, langgraph_memory, langgraph_postgres } from '../servers/langgraph.mjs';
import { parlance } from '../servers/parlance.mjs';
import { loaded, memory_mib, warmed_up } from '../measure.mjs';

const clients = 500;
const slots = 10;

export const burst = {
  name: 'burst',
  title: '500 clients at once on a model with 10 places',
  runs_max: 1,
  text:
    'One turn of `chat` each, all at the same moment, on a model that answers after 1 s and has 10 places; it keeps the others in a line of its own. Connections are open before ' +
    'the clock starts; clients wait up to two minutes. Parlance\'s lane is told of the 10 places, the other settings are the defaults. *Told* is answered with 429 or 503 and how long to wait; *lost* got ' +
    'an error, or nothing.',
  peers: [parlance, langgraph_postgres, langgraph_dev],
  columns: [
    { figure: 'answered', title: 'answered' },
    { figure: 'told', title: 'told to come later' },
    { figure: 'told_after_p99_ms', title: 'told after, p99 ms' },
    { figure: 'lost', title: 'lost' },
    { figure: 'waited_p50_ms', title: 'answered after, p50 ms' },
    { figure: 'waited_max_ms', title: 'the last after, ms' },
    { figure: 'model_at_once_max', title: 'most at the model at once' },
  ],
  bounds: [{ text: 'Parlance, clients lost', most: 0, of: (m) => m('parlance', 'lost') }],

  async measure({ start, stand }) {
    await stand.mock.set({ tokens: 1, first_token_delay: '0ms', token_delay: '0ms' });
    const peer = await start({ model_calls_at_once_max: slots });
    await warmed_up(peer, ['--agent', 'chat', '--check', 'mock', '--clients', 4, '--turns', 20]);
    await stand.mock.set({ first_token_delay: '1s', slots, queue: clients });
    await stand.mock.reset();
    try {
      const figures = await loaded(peer, ['--agent', 'chat', '--check', 'mock', '--burst', clients, '--turns-per-thread', 1, '--timeout', '120s']);
      const { at_once_max, waiting_max } = await stand.mock.stats();
      return {
        answered: figures.finished - figures.wrong_answers,
        told: figures.with_retry_after,
        told_after_p99_ms: figures.refused > 0 ? figures.ms.refusal.p99 : null,
        lost: figures.failed + figures.wrong_answers + figures.refused - figures.with_retry_after,
        waited_p50_ms: figures.ms.turn.p50,
        waited_max_ms: figures.ms.turn.max,
        model_at_once_max: at_once_max + waiting_max,
      };
    } finally {
      await stand.mock.set({ slots: 0 });
    }
  },
};

const readers = 20;
const answer_tokens = 5_000;
const stalled_ms = 8_000;
const rest_ms = 5_000;

async function stalled_reader(peer) {
  const json = { 'content-type': 'application/json', ...peer.headers };
  const { thread_id } = (await call(`${peer.url}/threads`, { method: 'POST', body: {}, headers: json })).json;
  const body = JSON.stringify({ assistant_id: 'chat', stream_mode: ['messages-tuple'], input: { messages: [{ role: 'user', content: `hello ${thread_id}` }] } });
  const { hostname, port } = new URL(peer.url);
  const raw = await RawSocket.connect(Number(port), hostname);
  raw.socket.pause();
  const lines = [`POST /threads/${thread_id}/runs/stream HTTP/1.1`, `host: ${hostname}`, `content-length: ${Buffer.byteLength(body)}`];
  raw.send(`${[...lines, ...Object.entries(json).map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n${body}`);
  return raw;
}

export const stalled = {
  name: 'stalled',
  title: '20 readers who take nothing of 5,000 tokens',
  runs_max: 3,
  text:
    `${readers} clients ask \`chat\` for a stream of ${answer_tokens.toLocaleString('en')} tokens and read nothing for ${stalled_ms / 1_000} s; the provider sends as fast as it is read. Memory as above, at most ` +
    `meanwhile, and ${rest_ms / 1_000} s after they left, against before.`,
  peers: [parlance, langgraph_postgres, langgraph_memory, langgraph_dev],
  columns: [
    { figure: 'before_mib', title: 'before, MiB' },
    { figure: 'most_mib', title: 'at most, + MiB' },
    { figure: 'kept_mib', title: 'afterwards, + MiB' },
  ],
  bounds: [],

  async measure({ start, stand }) {
    await stand.mock.set({ tokens: 20, first_token_delay: '0ms', token_delay: '0ms' });
    const peer = await start();
    await warmed_up(peer, ['--agent', 'chat', '--mode', 'stream', '--check', 'mock', '--clients', 16, '--turns', 200]);
    await stand.mock.set({ tokens: answer_tokens });
    const before_mib = memory_mib(peer);
    const sockets = await for_all(Array.from({ length: readers }), readers, () => stalled_reader(peer));
    let most_mib = 0;
    for (const until = performance.now() + stalled_ms; performance.now() < until; await elapse(250)) {
      most_mib = Math.max(most_mib, memory_mib(peer) - before_mib);
    }
    sockets.forEach((socket) => socket.close());
    await elapse(rest_ms);
    return { before_mib, most_mib, kept_mib: memory_mib(peer) - before_mib };
  },
};
