// nginx in front of a server, as its documents say: keep-alive to both sides, one worker for each core.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { call } from './http.mjs';
import { Program } from './program.mjs';
import { free_port } from './server.mjs';
import { until } from './wait.mjs';

const configuration = (folder, port, host) => `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes auto;
events { worker_connections 8192; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; keepalive_requests 1000000;
  upstream model { server ${host}; keepalive 128; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} reuseport;
    location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`;

// {url, pid, stop}; `model_url` answers GET /v1/models.
export async function start_nginx(model_url) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-nginx-'));
  const port = await free_port();
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, new URL(model_url).host));
  const program = new Program('nginx', ['-c', file, '-p', folder]);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  await until('nginx answers', async () => (await call(`${url}/v1/models`)).status === 200);
  return { url, pid: program.pid, stop };
}
