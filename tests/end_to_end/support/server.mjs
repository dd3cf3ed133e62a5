// A Parlance server in a folder of its own, which outlives the processes that serve it.

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { call } from './http.mjs';
import { parse_metrics } from './metrics.mjs';
import { Program, parlance, run } from './program.mjs';

const first_port = 20_000;
const ports = 12_000;
let next_port = (process.pid * 10) % ports; // those that run beside each other begin apart

function is_free(port) {
  return new Promise((resolve) => {
    const probe = net.createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

// A port that was free a moment ago, each time another: for tests in which a second process takes over from the first. It is
// below those that Linux gives to connections and to who asks for any, so that nobody is given it meanwhile.
export async function free_port() {
  for (let tried = 0; tried < ports; tried += 1) {
    const port = first_port + next_port;
    next_port = (next_port + 1) % ports;
    if (await is_free(port)) return port;
  }
  throw new Error(`no port from ${first_port} to ${first_port + ports - 1} is free`);
}

export class Server {
  // Options: `binary`; `configuration` (an object); `dev` (false: keys are asked for); `failpoints` (a
  // list as in runtime/base/failpoint.hpp); `env`. It is stopped and its folder removed after the test.
  static async start(t, options) {
    const server = new Server(options);
    t.after(() => server.close());
    await server.begin();
    return server;
  }

  constructor({ configuration, binary = parlance, dev = true, failpoints = '', env = {} }) {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-test-'));
    this.config_file = path.join(this.folder, 'parlance.json');
    this.data = path.resolve(this.folder, configuration.storage.path);
    this.binary = binary;
    this.dev = dev;
    this.env = { UPSTREAM_KEY: 'upstream-secret', ...env };
    this.failpoints = failpoints;
    writeFileSync(this.config_file, JSON.stringify(configuration, null, 2));
  }

  // Starts a process without waiting for it to be ready.
  launch() {
    const env = { ...this.env };
    if (this.failpoints) env.PARLANCE_FAILPOINTS = this.failpoints;
    this.program = new Program(
      this.binary,
      ['serve', '--config', this.config_file, ...(this.dev ? ['--dev'] : [])],
      { env, cwd: this.folder },
    );
    return this.program;
  }

  // Starts a process and waits for its ready line.
  async begin() {
    this.launch();
    const [, url] = await this.program.says(/^parlance: ready on (http:\/\/\S+)$/m);
    this.url = url;
    this.port = Number(new URL(url).port);
  }

  // kill -9, and all is gone that was not on disk.
  async kill() {
    this.program.signal('SIGKILL');
    await this.program.ended;
  }

  async stop(ms) {
    const end = await this.program.stop('SIGTERM', ms);
    const report = this.program.sanitizer_report();
    if (report) throw new Error(`a sanitizer reported:\n${report}`);
    return end;
  }

  async close() {
    try {
      if (this.program && !this.program.end) await this.stop();
      const report = this.program?.sanitizer_report();
      if (report) throw new Error(`a sanitizer reported:\n${report}`);
    } finally {
      this.remove();
    }
  }

  remove() {
    if (process.env.KEEP_FOLDERS) {
      console.log(`kept ${this.folder}`);
    } else {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  call(route, options) {
    return call(this.url + route, options);
  }

  async metrics({ key } = {}) {
    const answer = await this.call('/metrics', { headers: key === undefined ? {} : { 'x-api-key': key } });
    if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status} ${answer.text}`);
    return parse_metrics(answer.text);
  }

  memory() {
    return this.program.memory();
  }

  // `parlance keys create`: the new key.
  async create_key({ tenant, scopes = 'chat', expires = '90d', weight = 1, criticality = 'normal' }) {
    const made = await run(this.binary, [
      'keys', 'create', '--config', this.config_file, '--tenant', tenant, '--scopes', scopes, '--expires', expires,
      '--weight', String(weight), '--criticality', criticality,
    ]);
    const key = /pk_\S+/.exec(made.stdout)?.[0];
    if (made.code !== 0 || !key) throw new Error(`keys create ended with ${made.code}: ${made.stdout} ${made.stderr}`);
    return key;
  }

  // Bytes of all files in the data folder; files come and go while this looks.
  data_bytes(folder = this.data) {
    if (!existsSync(folder)) return 0;
    return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return sum + this.data_bytes(file);
      try {
        return sum + statSync(file).size;
      } catch {
        return sum;
      }
    }, 0);
  }
}
