// The mock provider, and the load generator of the same program.

import { readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { call } from './http.mjs';
import { Program, parlance_bench, run } from './program.mjs';

export class Mock {
  // `settings` as in POST /mock/settings: {tokens: 20, first_token_delay: '200ms', token_delay: '20ms', …}.
  static async start(t, settings = {}) {
    const mock = new Mock();
    mock.program = new Program(parlance_bench, ['mock', '--port', '0']);
    t.after(() => mock.program.stop());
    [, mock.url] = await mock.program.says(/^parlance-bench mock: ready on (http:\/\/\S+)$/m);
    await mock.set(settings);
    return mock;
  }

  async set(settings) {
    const answer = await call(`${this.url}/mock/settings`, { method: 'POST', body: settings });
    if (answer.status !== 200) throw new Error(`the mock refused its settings: ${answer.text}`);
  }

  async stats() {
    return (await call(`${this.url}/mock/stats`)).json;
  }

  // The requests it saw, oldest first.
  async journal() {
    const { json } = await call(`${this.url}/mock/journal`);
    return Array.isArray(json) ? json : json.entries;
  }

  async reset() {
    await call(`${this.url}/mock/reset`, { method: 'POST' });
  }
}

let reports = 0;

const usable = new Set([0, 3]); // 3: the generator was the bottleneck, and counts are right all the same

// `parlance-bench run` with these arguments: the figures of its --json file.
export async function load(server, args, ms = 120_000) {
  const file = path.join(os.tmpdir(), `parlance-load-${process.pid}-${reports++}.json`);
  try {
    const end = await run(parlance_bench, ['run', '--url', server.url, '--json', file, ...args.map(String)], { ms });
    if (!usable.has(end.code)) throw new Error(`parlance-bench run ended with ${end.code ?? end.signal}:\n${end.stdout}\n${end.stderr}`);
    return { ...JSON.parse(readFileSync(file, 'utf8')), printed: end.stdout };
  } finally {
    rmSync(file, { force: true });
  }
}
