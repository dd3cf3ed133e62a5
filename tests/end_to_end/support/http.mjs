// Requests as bytes on sockets: nothing is retried, cached or decompressed behind a test's back.

import http from 'node:http';

const agents = new Map();

// Connections are kept and reused, so many to each server.
function agent_for(host) {
  if (!agents.has(host)) agents.set(host, new http.Agent({ keepAlive: true, maxSockets: 64 }));
  return agents.get(host);
}

export function open_request(url, { method = 'GET', body, headers = {}, agent } = {}) {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const request = http.request(url, {
    method,
    agent,
    headers: {
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...headers,
    },
  });
  request.end(text);
  return request;
}

// {status, headers, text, json}: `json` is undefined when the body is none.
export function call(url, options = {}) {
  return new Promise((resolve, reject) => {
    const request = open_request(url, { agent: agent_for(new URL(url).host), ...options });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (piece) => (text += piece));
      response.on('end', () => {
        let json;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ status: response.statusCode, headers: response.headers, text, json });
      });
    });
  });
}
