// A PostgreSQL of Debian's in a folder of its own, as durable as it is installed: fsync and synchronous_commit are on.

import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { Program, run, until } from '../../tests/end_to_end/harness.mjs';

const versions = '/usr/lib/postgresql';
const programs = () => path.join(versions, readdirSync(versions).sort().at(-1), 'bin');

// It refuses to run as root; the package has a user for it.
const user = () => execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }).trim();
function as_its_user(file, args) {
  if (process.getuid() !== 0) return [file, args];
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--init-groups', file, ...args]];
}

export class Postgres {
  static settings = ['shared_buffers=512MB', 'max_connections=100', 'fsync=on', 'synchronous_commit=on'];

  static async start() {
    if (!existsSync(versions)) throw new Error('PostgreSQL is not installed: scripts/bench-peers does that');
    const postgres = new Postgres();
    postgres.folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-pg-'));
    if (process.getuid() === 0) chownSync(postgres.folder, Number(user()), -1);
    const data = path.join(postgres.folder, 'data');
    await postgres.#run('initdb', ['-D', data, '-U', 'bench', '--auth=trust', '--no-sync']);
    const settings = [...Postgres.settings, 'listen_addresses=', `unix_socket_directories=${postgres.folder}`];
    const [file, args] = as_its_user(path.join(programs(), 'postgres'), ['-D', data, ...settings.flatMap((each) => ['-c', each])]);
    postgres.program = new Program(file, args);
    await until('PostgreSQL answers', () => postgres.query('select 1'), { within: 30_000, every: 100 });
    return postgres;
  }

  get pid() {
    return this.program.pid;
  }

  async #run(name, args) {
    const end = await run(...as_its_user(path.join(programs(), name), args));
    if (end.code !== 0) throw new Error(`${name} ended with ${end.code}: ${end.stderr}`);
    return end.stdout;
  }

  query(text) {
    return this.#run('psql', ['-h', this.folder, '-U', 'bench', '-d', 'postgres', '-qAt', '-c', text]);
  }

  #databases = 0;

  // The address of a new, empty database.
  async database() {
    const name = `bench_${(this.#databases += 1)}`;
    await this.query(`create database ${name}`);
    return `postgresql://bench@/${name}?host=${this.folder}`;
  }

  async version() {
    return (await this.#run('postgres', ['--version'])).trim();
  }

  async stop() {
    await this.program.stop('SIGINT');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
