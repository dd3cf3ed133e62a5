// The open LangGraph server as its command `langgraphjs dev` starts it, without the reload on changes:
// node dev_server.mjs PORT FOLDER. What it keeps is in FOLDER.

import path from 'node:path';
import { startServer } from '@langchain/langgraph-api/server';

const jobs_per_worker = 10; // the command's default

const [port, cwd] = process.argv.slice(2);
const file = path.join(import.meta.dirname, 'graphs.mjs');
await startServer({
  port: Number(port),
  host: '127.0.0.1',
  nWorkers: jobs_per_worker,
  cwd,
  graphs: { echo: `${file}:echo`, chat: `${file}:chat` },
});
