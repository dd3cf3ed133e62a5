// What stands between a client and a model: Portkey's gateway, and proxies that know nothing of models.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { call, free_port, Program, until } from '../../../tests/end_to_end/harness.mjs';
import { start_nginx } from '../../../tests/end_to_end/support/nginx.mjs';
import { version_of } from './langgraph.mjs';
import { NodeProgram, package_folder } from './node_program.mjs';

const first_line = (file, args) => execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n')[0];

const model = 'mock-1';
const running = ({ url, pids, close, load = [] }) => ({ url, pids, close, load, headers: {}, model });

export const direct = {
  name: 'direct',
  title: 'no proxy',
  settings: 'the mock provider itself',
  version: async () => 'parlance-bench mock',
  durable: '–',
  start: async (stand) => running({ url: stand.mock.url, pids: () => [], close: async () => {} }),
};

export const nginx = {
  name: 'nginx',
  title: 'nginx',
  settings: 'a worker for each core, [keep-alive to both sides](https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive), no buffering of answers, no log',
  version: async () => execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim().replace('nginx version: ', ''),
  durable: 'nothing is kept',

  async start(stand) {
    const started = await start_nginx(stand.mock.url);
    return running({ url: started.url, pids: () => [started.pid], close: () => started.stop() });
  },
};

const haproxy_configuration = (port, host) => `global
  nbthread ${os.availableParallelism()}
  maxconn 8192
defaults
  mode http
  option http-no-delay
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:${port}
  default_backend model
backend model
  server mock ${host}
`;

export const haproxy = {
  name: 'haproxy',
  title: 'haproxy',
  settings: 'a thread for each core, `http-reuse always`, `option http-no-delay` ([its manual](https://docs.haproxy.org/2.6/configuration.html): else it holds back the small pieces of a stream)',
  version: async () => first_line('haproxy', ['-v']).replace(/ - .*/, ''),
  durable: 'nothing is kept',

  async start(stand) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-haproxy-'));
    const file = path.join(folder, 'haproxy.cfg');
    const port = await free_port();
    writeFileSync(file, haproxy_configuration(port, new URL(stand.mock.url).host));
    const program = new Program('haproxy', ['-db', '-f', file]);
    const url = `http://127.0.0.1:${port}`;
    await until('haproxy answers', async () => (await call(`${url}/v1/models`)).status === 200);
    const close = async () => {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    return running({ url, pids: () => [program.pid], close });
  },
};

export const portkey = {
  name: 'portkey',
  title: 'Portkey gateway',
  settings: 'the open gateway of npm, `--headless`, NODE_ENV=production, one process, [as its documents start it](https://github.com/Portkey-AI/gateway/blob/main/docs/installation-deployments.md); the provider is named by its headers',
  version: async () => `@portkey-ai/gateway ${version_of('@portkey-ai/gateway')} on @hono/node-server ${version_of('@hono/node-server')}: with newer ones it cannot stream`,
  durable: 'nothing is kept',

  async start(stand) {
    const program = await NodeProgram.start({
      ready: '/',
      arguments_of: ({ port }) => [path.join(package_folder, '@portkey-ai/gateway/build/start-server.js'), `--port=${port}`, '--headless'],
    });
    const load = ['--header', 'x-portkey-provider: openai', '--header', `x-portkey-custom-host: ${stand.mock.url}/v1`];
    return running({ url: program.url, pids: () => [program.program.pid], close: () => program.close(), load });
  },
};
