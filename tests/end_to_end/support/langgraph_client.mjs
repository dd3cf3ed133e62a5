// The official LangGraph client, unchanged, with what it talks to.

import { Client } from '@langchain/langgraph-sdk';
import { configuration, configuration_with } from './configuration.mjs';
import { Mock } from './mock.mjs';
import { Server } from './server.mjs';

export const client_of = (server, more = {}) => new Client({ apiUrl: server.url, apiKey: 'dev', ...more });

export async function started(t, changes = {}) {
  const server = await Server.start(t, { configuration: configuration(changes) });
  return { server, client: client_of(server) };
}

export async function started_with_mock(t, settings, changes = {}) {
  const mock = await Mock.start(t, { tokens: 8, first_token_delay: '5ms', token_delay: '2ms', ...settings });
  const server = await Server.start(t, { configuration: configuration_with(mock, changes) });
  return { mock, server, client: client_of(server) };
}

export async function all_of(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
