// kill -9 under load: which of the turns that clients have answers to are there afterwards.

import { call, elapse, for_all } from '../../../tests/end_to_end/harness.mjs';
import { langgraph_dev, langgraph_memory, langgraph_postgres } from '../servers/langgraph.mjs';
import { parlance } from '../servers/parlance.mjs';

const clients = 32;
const turns_per_thread = 5;
const load_ms = 10_000;

// Turns one after the other on threads of its own, until nothing answers; what it got answers to is in `acknowledged`.
async function client(peer, number, acknowledged) {
  const post = (route, body) => call(peer.url + route, { method: 'POST', body, headers: peer.headers });
  for (let turn = 0; ; turn += turns_per_thread) {
    const { thread_id } = (await post('/threads', {})).json;
    const texts = [];
    acknowledged.set(thread_id, texts);
    for (let i = 0; i < turns_per_thread; i++) {
      const text = `client ${number} turn ${turn + i}`;
      const answer = await post(`/threads/${thread_id}/runs/wait`, { assistant_id: 'echo', input: { messages: [{ role: 'user', content: text }] } });
      if (answer.status !== 200 || !answer.text.includes(`echo: ${text}`)) throw new Error(`${answer.status} ${answer.text}`);
      texts.push(`echo: ${text}`);
    }
  }
}

const lost_of = async (peer, thread, texts) => {
  const { json } = await call(`${peer.url}/threads/${thread}/state`, { headers: peer.headers });
  const kept = new Set((json?.values?.messages ?? []).map(({ content }) => content));
  return texts.filter((text) => !kept.has(text)).length;
};

export const kill = {
  name: 'kill',
  title: 'Turns lost by kill -9',
  runs_max: 3,
  text:
    `${clients} clients run turns of \`echo\`; after ${load_ms / 1_000} s all processes of the peer are killed (the database of the engine with Postgres is not) and it is started again. Lost is a turn whose answer a client ` +
    'had and that the state of its thread does not show.',
  peers: [parlance, langgraph_postgres, langgraph_memory, langgraph_dev],
  columns: [
    { figure: 'acknowledged', title: 'turns answered' },
    { figure: 'lost', title: 'lost' },
    { figure: 'lost_share', title: 'share lost', digits: 3 },
    { figure: 'again_ms', title: 'started again in, ms' },
  ],
  bounds: [{ text: 'Parlance, turns lost', most: 0, of: (m) => m('parlance', 'lost') }],

  async measure({ start }) {
    const peer = await start();
    const acknowledged = new Map();
    const working = Array.from({ length: clients }, (_, number) => client(peer, number, acknowledged).catch(() => {}));
    await elapse(load_ms);
    await peer.kill();
    await Promise.all(working);
    const before = performance.now();
    await peer.again();
    const again_ms = performance.now() - before;
    const threads = [...acknowledged].filter(([, texts]) => texts.length > 0);
    const lost = (await for_all(threads, clients, ([thread, texts]) => lost_of(peer, thread, texts))).reduce((sum, each) => sum + each, 0);
    const turns = threads.reduce((sum, [, texts]) => sum + texts.length, 0);
    if (turns === 0) throw new Error('it answered no turn before it was killed');
    return { acknowledged: turns, lost, lost_share: lost / turns, again_ms };
  },
};
