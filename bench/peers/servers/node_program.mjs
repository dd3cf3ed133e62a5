// A peer that is a Node.js program on a port, with NODE_ENV=production and a folder of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { call, free_port, Program, root, until } from '../../../tests/end_to_end/harness.mjs';
import { tree_of } from '../../../tests/end_to_end/support/processes.mjs';

export const package_folder = path.join(root, 'bench/peers/node_modules');

const start_time_max_ms = 60_000;

export class NodeProgram {
  // `arguments_of({port, folder})`: the file and its arguments; `ready`: a path that answers when the program does.
  static async start({ arguments_of, ready, env = {} }) {
    const made = new NodeProgram();
    made.folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-peer-'));
    made.port = await free_port();
    made.launch = () => new Program(process.execPath, arguments_of(made), { cwd: made.folder, env: { NODE_ENV: 'production', ...env } });
    made.ready = ready;
    try {
      await made.again();
    } catch (error) {
      await made.close();
      throw error;
    }
    return made;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async again() {
    this.program = this.launch();
    await until(`${this.program.name} answers`, () => this.#answers(), { within: start_time_max_ms, every: 50 });
  }

  async #answers() {
    if (this.program.end) throw new Error(this.program.tail());
    return (await call(this.url + this.ready)).status > 0;
  }

  // kill -9 of all its processes, those first that would end with another.
  async kill() {
    for (const pid of tree_of(this.program.pid).reverse()) process.kill(pid, 'SIGKILL');
    await this.program.ended;
  }

  async close() {
    if (!this.program.end) await this.kill(); // nobody measures how it stops
    rmSync(this.folder, { recursive: true, force: true });
  }
}
