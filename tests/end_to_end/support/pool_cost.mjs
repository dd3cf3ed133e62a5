// What a call to a model costs more when it goes through Parlance: added time and CPU beside nginx, and a thousand
// streams at once. Every comparison is made within one run; scripts/bench-pool starts it.
//
//   node tests/end_to_end/support/pool_cost.mjs [--seconds N] [--rounds N] [--streams N]

import { parseArgs } from 'node:util';
import { configuration_with } from './configuration.mjs';
import { synced_write_ms } from './disk.mjs';
import { load, Mock } from './mock.mjs';
import { start_nginx } from './nginx.mjs';
import { cpu_seconds } from './processes.mjs';
import { Server } from './server.mjs';
import { median, spread } from './statistics.mjs';
import { elapse } from './wait.mjs';

const calls_per_second = 500;
const clients = 64;
const chunks_per_second = 20;
const chunks = 200;

async function start_parlance(after, mock) {
  const configuration = configuration_with(mock, {
    lane: { adapts: false, calls_at_once_max: 4_096, calls_waiting_max: 4_096 },
    threads: { resident_max: 20_000 },
    prices: { version: '1', models: { 'mock-1': { input: '0.15', output: '0.60' } } },
    budgets: { tenant: { day: { money_max: '1000000' } } },
  });
  const server = new Server({ configuration });
  after(() => server.close());
  await server.begin();
  return server;
}

const openai = ['--surface', 'openai', '--check', 'none', '--quiet'];

async function measure(target, { model, seconds }) {
  const before = target.pid ? cpu_seconds(target.pid) : 0;
  const figures = await load(target, [...openai, '--agent', model, '--open', calls_per_second, '--clients', clients, '--time', `${seconds}s`]);
  const took = target.pid ? cpu_seconds(target.pid) - before : 0;
  if (figures.failed + figures.refused > 0) throw new Error(`${target.name}: ${figures.failed} failed, ${figures.refused} refused`);
  return { p50: figures.ms.turn.p50, p99: figures.ms.turn.p99, cpu_us: (took / figures.finished) * 1e6, valid: figures.audit.valid };
}

async function compare({ mock, targets, server, rounds, seconds }) {
  const seen = new Map(targets.map(({ name }) => [name, []]));
  const writes = [];
  await mock.set({ tokens: 1, first_token_delay: '20ms', token_delay: '0ms' });
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) seen.get(target.name).push(await measure(target, { model: target.model, seconds }));
    writes.push(synced_write_ms(server.folder));
  }
  const of = (name, figure) => seen.get(name).map((each) => each[figure]);
  const rows = targets.map(({ name }) => ({
    path: name,
    'p50 ms': median(of(name, 'p50')).toFixed(3),
    'spread of p50': spread(of(name, 'p50')),
    'p99 ms': median(of(name, 'p99')).toFixed(3),
    'CPU µs a call': name === 'direct' ? '–' : median(of(name, 'cpu_us')).toFixed(0),
    valid: of(name, 'valid').every(Boolean),
  }));
  console.table(rows);
  const added = (name) => median(of(name, 'p50').map((p50, round) => p50 - of('direct', 'p50')[round]));
  const write = median(writes);
  const bound = 2 * write + 0.3;
  console.log(`a synced write of 1 KiB: ${write.toFixed(3)} ms (${spread(writes)})`);
  console.log(`added by nginx ${added('nginx').toFixed(3)} ms; by Parlance ${added('parlance').toFixed(3)} ms, bound ${bound.toFixed(3)} ms`);
  return added('parlance') <= bound;
}

// Streams of 20 chunks a second, all at once.
async function hold_streams({ mock, server, streams }) {
  const delay = 1_000 / chunks_per_second;
  await mock.set({ tokens: chunks, first_token_delay: '100ms', token_delay: `${delay}ms` });
  const wanted = [...openai, '--mode', 'stream', '--burst', streams, '--timeout', '60s'];
  const direct = await load(mock, [...wanted, '--agent', 'mock-1']);
  let rss_max = 0;
  const watching = setInterval(() => (rss_max = Math.max(rss_max, server.memory().resident)), 100);
  const through = await load(server, [...wanted, '--agent', 'chat']);
  clearInterval(watching);
  const [mock_gap, gap] = [direct.ms.gap.p99, through.ms.gap.p99];
  console.log(
    `${streams} streams of ${chunks_per_second} chunks/s: ${through.finished} finished; p99 gap ${gap} ms, the mock's ${mock_gap} ms (bound + 25); ` +
      `memory at most ${(rss_max / 2 ** 20).toFixed(0)} MiB (bound 150)`,
  );
  return through.finished === streams && gap <= mock_gap + 25 && rss_max < 150 * 2 ** 20;
}

async function main() {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '10' }, rounds: { type: 'string', default: '5' }, streams: { type: 'string', default: '1000' } },
  });
  const cleanups = [];
  const after = (work) => cleanups.unshift(work);
  try {
    const mock = await Mock.start({ after });
    const nginx = await start_nginx(mock.url);
    after(() => nginx.stop());
    const server = await start_parlance(after, mock);
    const targets = [
      { name: 'direct', url: mock.url, model: 'mock-1' },
      { name: 'nginx', url: nginx.url, pid: nginx.pid, model: 'mock-1' },
      { name: 'parlance', url: server.url, pid: server.program.pid, model: 'chat' },
    ];
    await elapse(500);
    const cheap = await compare({ mock, targets, server, rounds: Number(values.rounds), seconds: Number(values.seconds) });
    const held = await hold_streams({ mock, server, streams: Number(values.streams) });
    console.log(cheap && held ? 'all bounds hold' : 'a bound does NOT hold');
    process.exitCode = cheap && held ? 0 : 1;
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}

await main();
