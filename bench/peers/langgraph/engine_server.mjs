// LangGraph's engine without its server: the least of HTTP around `invoke` and `stream` that a load on the LangGraph
// surface needs. node engine_server.mjs PORT PROCESSES DURABILITY [DATABASE]: without a database, threads are in memory.

import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { MemorySaver } from '@langchain/langgraph';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import pg from 'pg';
import { graphs } from './graphs.mjs';

const connections_max = 20; // of a process to its database: twice what the driver takes by itself

const [port, processes, durability, database] = process.argv.slice(2);

async function saver_of() {
  if (!database) return new MemorySaver();
  return new PostgresSaver(new pg.Pool({ connectionString: database, max: connections_max }));
}

const shown = (message) => ({ type: message.getType(), id: message.id, content: message.content });

const input_of = ({ input }) => ({ messages: input.messages });

const config_of = (thread) => ({ configurable: { thread_id: thread }, durability });

async function wait(graph, thread, body, response) {
  const { messages } = await graph.invoke(input_of(body), config_of(thread));
  response.end(JSON.stringify({ messages: messages.map(shown) }));
}

// A reader that takes nothing is waited for, as Node's documents ask of who writes.
async function stream(graph, thread, body, response) {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.setHeader('content-type', 'text/event-stream');
  const config = { ...config_of(thread), streamMode: 'messages', signal: gone.signal };
  for await (const [chunk, { langgraph_node }] of await graph.stream(input_of(body), config)) {
    const more = response.write(`event: messages\ndata: ${JSON.stringify([shown(chunk), { langgraph_node }])}\n\n`);
    if (!more) await once(response, 'drain', { signal: gone.signal });
  }
  response.end();
}

async function state(graph, thread, response) {
  const { values } = await graph.getState(config_of(thread));
  response.end(JSON.stringify({ values: { messages: (values.messages ?? []).map(shown) } }));
}

async function answer(compiled, request, response) {
  const [, , thread, ...rest] = request.url.split('/');
  const body = request.method === 'POST' ? JSON.parse(await text(request)) : {};
  response.setHeader('content-type', 'application/json');
  if (!thread) return response.end(JSON.stringify({ thread_id: randomUUID() })); // the engine has no threads to create
  if (rest[0] === 'state') return state(compiled.echo, thread, response);
  return (rest[1] === 'stream' ? stream : wait)(compiled[body.assistant_id], thread, body, response);
}

async function serve() {
  const checkpointer = await saver_of();
  const compiled = Object.fromEntries(Object.entries(graphs).map(([name, graph]) => [name, graph.compile({ checkpointer })]));
  const failed = (response) => (error) => {
    if (!response.headersSent) response.statusCode = 500;
    response.end(JSON.stringify({ error: error.message }));
  };
  const server = http.createServer((request, response) => answer(compiled, request, response).catch(failed(response)));
  server.listen(Number(port), '127.0.0.1');
}

if (cluster.isPrimary && database) await PostgresSaver.fromConnString(database).setup();
if (cluster.isPrimary && Number(processes) > 1) {
  for (let i = 0; i < Number(processes); i++) cluster.fork();
} else {
  await serve();
}
