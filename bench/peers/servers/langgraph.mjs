// The open LangGraph server, and its engine without it.

import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../../tests/end_to_end/harness.mjs';
import { NodeProgram, package_folder } from './node_program.mjs';

const programs = path.join(root, 'bench/peers/langgraph');

export const version_of = (name) => JSON.parse(readFileSync(path.join(package_folder, name, 'package.json'), 'utf8')).version;

const running = (program, pids) => ({
  url: program.url,
  load: [],
  headers: {},
  model: 'chat',
  pids,
  kill: () => program.kill(),
  again: () => program.again(),
  close: () => program.close(),
});

const env_of = (stand) => ({ MODEL_URL: `${stand.mock.url}/v1` });

export const langgraph_dev = {
  name: 'langgraph_dev',
  title: 'LangGraph development server',
  settings:
    '`@langchain/langgraph-api` as its command `langgraphjs dev` starts it, without reload: 10 jobs per worker (its default), NODE_ENV=production. It says of ' +
    'itself that it is for development; the server that LangChain sells was not measured',
  version: async () => `@langchain/langgraph-api ${version_of('@langchain/langgraph-api')}`,
  durable: 'in memory; a file is written when nothing has changed for 3 s',

  async start(stand) {
    const program = await NodeProgram.start({
      env: env_of(stand),
      ready: '/ok',
      arguments_of: ({ port, folder }) => [path.join(programs, 'dev_server.mjs'), String(port), folder],
    });
    return running(program, () => [program.program.pid]);
  },
};

const engine_version = () => `@langchain/langgraph ${version_of('@langchain/langgraph')}`;

async function start_engine(stand, { processes, durability, database }) {
  return NodeProgram.start({
    env: env_of(stand),
    ready: '/threads',
    arguments_of: ({ port }) => [path.join(programs, 'engine_server.mjs'), port, processes, durability, database ?? ''].map(String),
  });
}

export const langgraph_memory = {
  name: 'langgraph_memory',
  title: 'LangGraph engine, in memory',
  settings: '`invoke` and `stream` behind node:http with its `MemorySaver`, one process, as its threads are in its memory; NODE_ENV=production',
  version: async () => engine_version(),
  durable: 'nothing is kept',

  async start(stand) {
    const program = await start_engine(stand, { processes: 1, durability: 'async' });
    return running(program, () => [program.program.pid]);
  },
};

const with_postgres = ({ durability, ...words }) => ({
  ...words,
  version: async (stand) =>
    `${engine_version()}, @langchain/langgraph-checkpoint-postgres ${version_of('@langchain/langgraph-checkpoint-postgres')}, ` +
    (await (await stand.postgres()).version()),

  async start(stand) {
    const postgres = await stand.postgres();
    const database = await postgres.database();
    const program = await start_engine(stand, { processes: os.availableParallelism(), durability, database });
    return running(program, () => [program.program.pid, postgres.pid]);
  },
});

export const langgraph_postgres = with_postgres({
  name: 'langgraph_postgres',
  title: 'LangGraph engine, Postgres',
  durability: 'async',
  settings:
    '`invoke` and `stream` behind node:http with its `PostgresSaver` after `setup()` (the README of the package), durability `async` ' +
    '([its default](https://docs.langchain.com/oss/javascript/langgraph/durable-execution): written before `invoke` returns), NODE_ENV=production, a process for each core by ' +
    '[node:cluster](https://nodejs.org/docs/latest-v22.x/api/cluster.html), a [pool](https://node-postgres.com/apis/pool) of 20 connections each, twice its default; PostgreSQL on the same disk by a Unix socket, as ' +
    'Debian installs it (fsync and synchronous_commit on) but for [shared_buffers](https://www.postgresql.org/docs/15/runtime-config-resource.html) of 512 MB',
  durable: 'each checkpoint is committed before the turn is answered',
});

export const langgraph_postgres_exit = with_postgres({
  name: 'langgraph_postgres_exit',
  title: 'LangGraph engine, Postgres, `exit`',
  durability: 'exit',
  settings: 'as the one before, with durability `exit`: one checkpoint a turn, when the graph has ended',
  durable: 'the last checkpoint is committed before the turn is answered',
});
