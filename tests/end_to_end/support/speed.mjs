// What a turn costs, measured in one run: durable turns a second, and the time that Parlance adds to the first token.
// Run by scripts/speed; prints figures and judges nothing.

import { configuration, load, Mock, Server } from '../harness.mjs';
import { median } from './statistics.mjs';

const cleanups = [];
const t = { after: (cleanup) => cleanups.unshift(cleanup) };
const ms = (value) => `${value.toFixed(2)} ms`;

// The median of a histogram between two readings, in milliseconds, by interpolation inside its bucket.
function histogram_median(before, after, name) {
  const counts = (metrics) => metrics.samples.filter((sample) => sample.name === `${name}_bucket`);
  const old = new Map(counts(before).map(({ labels, value }) => [labels.le, value]));
  const buckets = counts(after).map(({ labels, value }) => ({ upto: Number(labels.le.replace('+Inf', 'Infinity')), value: value - (old.get(labels.le) ?? 0) }));
  const half = buckets.at(-1).value / 2;
  let lower = { upto: 0, value: 0 };
  for (const bucket of buckets) {
    if (bucket.value >= half) {
      const share = (half - lower.value) / (bucket.value - lower.value);
      return 1000 * (lower.upto + share * (bucket.upto - lower.upto));
    }
    lower = bucket;
  }
  return Infinity;
}

async function turns_a_second(server) {
  const args = ['--surface', 'langgraph', '--agent', 'echo', '--clients', 64, '--turns-per-thread', 5, '--mode', 'wait'];
  await load(server, [...args, '--time', '2s']);
  const { printed } = await load(server, [...args, '--time', '10s']);
  console.log(`echo, 64 clients, runs/wait, 5 turns a thread, creation counted:\n\n${printed}`);
}

async function first_token(server, mock, clients) {
  const args = ['--surface', 'openai', '--mode', 'stream', '--turns-per-thread', 0, '--clients', clients, '--time', '3s'];
  const added = [];
  const before = await server.metrics();
  for (let round = 0; round < 5; round += 1) {
    const direct = await load(mock, [...args, '--agent', 'mock-1']);
    const through = await load(server, [...args, '--agent', 'chat']);
    added.push(through.ms.first_text.p50 - direct.ms.first_text.p50);
  }
  const write = histogram_median(before, await server.metrics(), 'parlance_journal_write_seconds');
  console.log(
    `first token through chat, ${clients} client${clients > 1 ? 's' : ''}: +${ms(median(added))} at the median ` +
      `(5 rounds: ${added.map(ms).join(', ')}); two synced writes + 1 ms = ${ms(2 * write + 1)}`,
  );
}

try {
  const mock = await Mock.start(t, { tokens: 20, first_token_delay: '20ms', token_delay: '5ms' });
  const server = await Server.start(t, {
    configuration: configuration({
      providers: { upstream: { kind: 'openai', base_url: `${mock.url}/v1` } },
      models: { main: [{ provider: 'upstream', model: 'mock-1', calls_at_once_max: 64, adapts: false, calls_waiting_max: 64 }] },
    }),
  });
  await turns_a_second(server);
  for (const clients of [1, 4]) await first_token(server, mock, clients);
} finally {
  for (const cleanup of cleanups) await cleanup();
}
