// The configuration of DESIGN's shape that tests start from, and its changes.

import path from 'node:path';
import { root } from './program.mjs';

const agent = (folder) => path.join(root, folder);

const is_object = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

// `changes` over `base`: objects are merged, everything else is replaced; undefined removes.
export function merged(base, changes) {
  const result = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) {
      delete result[name];
    } else {
      result[name] = is_object(value) && is_object(result[name]) ? merged(result[name], value) : value;
    }
  }
  return result;
}

// Everything on one machine without a provider; paths are relative to the file, in the test's folder.
export function configuration(changes = {}) {
  const base = {
    http: { address: '127.0.0.1', port: 0 },
    storage: { path: 'data', thread_ttl: '30d' },
    threads: { turns_waiting_max: 8, idle_time_max: '5m', resident_max: 10000 },
    providers: { local: { kind: 'offline' } },
    models: { main: [{ provider: 'local', model: 'extractive' }] },
    agents: {
      chat: agent('agents/chat'),
      concierge: agent('agents/concierge'),
      library: agent('agents/library'),
      echo: agent('bench/agents/echo'),
      slow: agent('bench/agents/slow'),
    },
  };
  return merged(base, changes);
}

// The same with the mock as provider of the role `main`.
export function configuration_with(mock, { lane = {}, ...changes } = {}) {
  return configuration(
    merged(
      {
        providers: { upstream: { kind: 'openai', base_url: `${mock.url}/v1`, api_key: { env: 'UPSTREAM_KEY' } } },
        models: { main: [{ provider: 'upstream', model: 'mock-1', calls_at_once_max: 64, adapts: false, calls_waiting_max: 64, ...lane }] },
      },
      changes,
    ),
  );
}
