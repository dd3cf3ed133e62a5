// Measures Parlance beside its peers and writes docs/benchmarks.md; scripts/bench-peers starts it.
//
//   node bench/peers/main.mjs [--runs N] [--seconds N] [--warm-up-seconds N] [--turns N] [--only SCENARIO,...]
//                             [--peers PEER,...] [--seed N] [--results FILE] [--document FILE] [--write-only]

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { Mock, Random, root } from '../../tests/end_to_end/harness.mjs';
import { conditions, machine } from './machine.mjs';
import { Postgres } from './postgres.mjs';
import { render } from './render.mjs';
import { scenarios } from './scenarios/all.mjs';

const text = (value) => ({ type: 'string', default: value });

function read_options() {
  const { values } = parseArgs({
    options: {
      runs: text('5'),
      seconds: text('5'),
      'warm-up-seconds': text('5'),
      turns: text('500000'),
      only: text(''),
      peers: text(''),
      seed: text('1'),
      results: text(path.join(root, 'bench/peers/results.json')),
      document: text(path.join(root, 'docs/benchmarks.md')),
      'write-only': { type: 'boolean', default: false },
    },
  });
  const list = (names) => names.split(',').filter(Boolean);
  const [only, peers] = [list(values.only), list(values.peers)];
  const unknown = only.find((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown) throw new Error(`"${unknown}" is no scenario: ${scenarios.map(({ name }) => name).join(', ')}`);
  return {
    ...values,
    scenarios: scenarios.filter(({ name }) => only.length === 0 || only.includes(name)),
    takes_part: ({ name }) => peers.length === 0 || peers.includes(name),
    runs: Number(values.runs),
    settings: { seconds: Number(values.seconds), warm_up_seconds: Number(values['warm-up-seconds']), turns_in_all: Number(values.turns) },
    random: new Random(Number(values.seed)),
  };
}

// What the peers share: the model, and one PostgreSQL, which is started when it is first asked for.
class Stand {
  #cleanups = [];
  #postgres;

  static async start() {
    const stand = new Stand();
    stand.mock = await Mock.start({ after: (work) => stand.#cleanups.unshift(work) });
    return stand;
  }

  postgres() {
    this.#postgres ??= Postgres.start().then((postgres) => {
      this.#cleanups.unshift(() => postgres.stop());
      return postgres;
    });
    return this.#postgres;
  }

  async stop() {
    for (const cleanup of this.#cleanups) await cleanup();
  }
}

function shuffled(items, random) {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const other = random.between(0, i);
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}

// A peer's figures, or why there are none.
async function measure(scenario, definition, stand, settings) {
  const started = [];
  const start = async (options) => {
    const peer = await definition.start(stand, options);
    started.push(peer);
    return peer;
  };
  try {
    return await scenario.measure({ ...settings, definition, start, stand });
  } catch (error) {
    return { error: error.message };
  } finally {
    for (const peer of started) await peer.close();
  }
}

const short = (figures) =>
  Object.entries(figures)
    .filter(([, value]) => !Array.isArray(value))
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', ');

async function measure_runs(scenario, options, stand) {
  const runs = [];
  for (let i = 0; i < Math.min(options.runs, scenario.runs_max ?? Infinity); i++) {
    const order = shuffled(scenario.peers.filter(options.takes_part), options.random);
    const figures = {};
    for (const definition of order) {
      figures[definition.name] = await measure(scenario, definition, stand, options.settings);
      console.log(`${scenario.name} ${i + 1}: ${definition.name}: ${short(figures[definition.name])}`);
    }
    runs.push({ figures });
  }
  return runs;
}

// What was measured before and on the same machine stays: --only measures some of it again.
function known_results(file) {
  const here = machine();
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return isDeepStrictEqual(known.machine, here) ? known : { machine: here, versions: {}, scenarios: {} };
}

async function measure_all(options) {
  const results = known_results(options.results);
  const before = conditions();
  const stand = await Stand.start();
  try {
    for (const scenario of options.scenarios) {
      for (const peer of scenario.peers.filter(options.takes_part)) results.versions[peer.name] = await peer.version(stand);
      results.scenarios[scenario.name] = { conditions: before, settings: options.settings, runs: await measure_runs(scenario, options, stand) };
      writeFileSync(options.results, `${JSON.stringify(results, null, 1)}\n`);
    }
  } finally {
    await stand.stop();
  }
}

const options = read_options();
if (!options['write-only']) await measure_all(options);
writeFileSync(options.document, render(JSON.parse(readFileSync(options.results, 'utf8')), scenarios));
console.log(`written: ${path.relative(process.cwd(), options.document)}`);
