// The server under test, its mock provider and the receiver of its webhooks, through kills and restarts, as clients
// find them.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { configuration_with } from '../end_to_end/support/configuration.mjs';
import { call } from '../end_to_end/support/http.mjs';
import { Mock } from '../end_to_end/support/mock.mjs';
import { root } from '../end_to_end/support/program.mjs';
import { free_port, Server } from '../end_to_end/support/server.mjs';
import { elapse, until } from '../end_to_end/support/wait.mjs';
import { Receiver } from './receiver.mjs';

const idle_ms = 500;

export const start_delay_ms_max = 1_000; // of turns that begin later

export class Stopped extends Error {}

export class World {
  stopping = false;
  process = 0; // counted from 1
  streams = new Set(); // that clients are reading

  #ready;
  #tell_ready;
  #cleanups = [];

  // `small_disk`: the data is on a file system of its own, which can be filled.
  static async start({ binary, random, tokens = 20, small_disk = false }) {
    const world = new World();
    world.#down();
    const after = (work) => world.#cleanups.unshift(work);
    world.mock = await Mock.start({ after }, { tokens, first_token_delay: '20ms', token_delay: '12ms' });
    world.receiver = await Receiver.start({ after }, random);
    const port = await free_port();
    const configuration = configuration_with(world.mock, {
      http: { port },
      threads: { attempts_max: 100, idle_time_max: '1s' },
      agents: { booking: path.join(root, 'bench/agents/booking') },
      webhooks: world.receiver.settings,
    });
    world.server = new Server({ configuration, binary, env: world.receiver.env });
    world.url = `http://127.0.0.1:${port}`;
    if (small_disk) {
      mkdirSync(world.server.data);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', world.server.data]);
      after(() => execFileSync('umount', [world.server.data]));
    }
    return world;
  }

  // Resolves while a process serves; rejects when no more is to be done.
  async up() {
    if (!this.stopping) await this.#ready;
    if (this.stopping) throw new Stopped();
  }

  // Who waits since a process that never served goes on waiting, for the next one.
  #down() {
    if (this.#tell_ready) return;
    this.#ready = new Promise((resolve) => (this.#tell_ready = resolve));
  }

  // Starts a process with these failpoints; clients find it when it has answered a request.
  async begin(failpoints) {
    this.process += 1;
    this.server.failpoints = failpoints;
    await this.server.begin();
    await call(`${this.url}/ok`, { agent: false });
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  }

  open() {
    this.#tell_ready?.();
    this.#tell_ready = undefined;
  }

  // Ends it as the fault says. Answers how many streams were open in the middle, whether it ended by itself, and when.
  async end({ kill_after_ms, stopped, ends, full }) {
    const { program } = this.server;
    if (full) {
      await elapse(kill_after_ms);
      this.#fill();
    }
    await Promise.race([program.ended, elapse(ends ? 1_500 : kill_after_ms)]);
    const streams = [...this.streams].filter((stream) => stream.frames.length > 0 && !stream.ending).length;
    this.#down();
    if (!program.end && stopped) {
      program.signal('SIGSTOP');
      await elapse(60);
    }
    const by_itself = program.end;
    if (!by_itself) await this.server.kill();
    const ended_at = Date.now();
    await this.receiver.catch_up();
    const report = program.sanitizer_report();
    if (report) throw new Error(`a sanitizer reported:\n${report}`);
    rmSync(this.#filler, { force: true });
    this.agent?.destroy();
    return { streams, by_itself, ended_at };
  }

  get #filler() {
    return path.join(this.server.data, 'filler');
  }

  #fill() {
    const { bavail, bsize } = statfsSync(this.server.data);
    try {
      writeFileSync(this.#filler, Buffer.alloc(bavail * bsize));
    } catch {
      // full
    }
  }

  // Resolves when no turn has been inside for a while and no webhook waits, without asking for any thread. Answers
  // since when, or undefined when that does not come in time. A server says that it is ready before it has found its
  // unfinished turns, and does not count one that begins later while its thread is out of memory.
  async idle(within_ms) {
    this.receiver.takes_all = true;
    const all_begun_at = Date.now() + start_delay_ms_max;
    let since;
    const stays_idle = async () => {
      const metrics = await this.server.metrics();
      const of_server = metrics.sum('parlance_mailbox_turns') + metrics.sum('parlance_webhooks_waiting');
      const inside = of_server + (await this.mock.stats()).at_once;
      since = inside === 0 ? (since ?? Date.now()) : undefined;
      return since !== undefined && Date.now() - since >= idle_ms && Date.now() >= all_begun_at;
    };
    return until('no turn is inside', stays_idle, { within: within_ms, every: 20 }).then(
      () => since,
      () => undefined,
    );
  }

  async close({ keep = false } = {}) {
    if (this.server.program && !this.server.program.end) await this.server.kill();
    for (const cleanup of this.#cleanups) await cleanup();
    if (!keep && existsSync(this.server.folder)) this.server.remove();
  }
}
