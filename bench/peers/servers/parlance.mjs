// Parlance as docs/operating.md says to run it: keys are asked for, the journal is on the disk that everybody uses.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { agent_folder, configuration_with, parlance as binary, root, run, Server } from '../../../tests/end_to_end/harness.mjs';

const answer_tokens_max = 8_192; // 5,000 are streamed to readers who take none

// The agent `chat` that ships, with room for the longest answer.
function chat_folder(t) {
  const text = readFileSync(path.join(root, 'agents/chat/agent.json'), 'utf8').replaceAll(/^\s*\/\/.*$/gm, '');
  const agent = JSON.parse(text);
  return agent_folder(t, { ...agent, limits: { ...agent.limits, tokens_out_max: answer_tokens_max } });
}

export const parlance = {
  name: 'parlance',
  title: 'Parlance',
  settings:
    'the release build, keys asked for, every setting at its default (docs/operating.md) but the lane to the model, which does not adapt and has as many ' +
    'places as the scenario says; one thread for HTTP',
  version: async () => (await run(binary, ['version'])).stdout.trim(),
  durable: 'each turn is synced before it is answered',

  async start(stand, { model_calls_at_once_max = 256 } = {}) {
    const cleanups = [];
    const t = { after: (work) => cleanups.unshift(work) };
    const server = new Server({
      dev: false,
      configuration: configuration_with(stand.mock, {
        auth: { keys_file: 'keys.json' },
        lane: { calls_at_once_max: model_calls_at_once_max },
        agents: { chat: chat_folder(t) },
      }),
    });
    t.after(() => server.close());
    const key = await server.create_key({ tenant: 'bench' });
    await server.begin();
    return {
      get url() {
        return server.url;
      },
      load: ['--key', key],
      headers: { 'x-api-key': key },
      model: 'chat',
      pids: () => [server.program.pid],
      kill: () => server.kill(),
      again: () => server.begin(),
      async close() {
        for (const cleanup of cleanups) await cleanup();
      },
    };
  },
};
