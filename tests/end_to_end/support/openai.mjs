// The official `openai` clients, unchanged: the one that Parlance was written against and the newest.

import test from 'node:test';
import OpenAI from 'openai';
import * as zod_helpers from 'openai/helpers/zod';
import { VERSION } from 'openai/version';
import NewestOpenAI from 'openai-newest';
import * as newest_zod_helpers from 'openai-newest/helpers/zod';
import { VERSION as newest_version } from 'openai-newest/version';
import { configuration_with } from './configuration.mjs';
import { Mock } from './mock.mjs';
import { Server } from './server.mjs';

const versions = [
  { version: VERSION, OpenAI, ...zod_helpers },
  { version: newest_version, OpenAI: NewestOpenAI, ...newest_zod_helpers },
];

export const user = (content) => [{ role: 'user', content }];

// One test with each version of the client: `body(t, openai)`, where `openai` has the class `OpenAI`,
// `zodResponseFormat` and `zodFunction`.
export function test_with_clients(name, body) {
  for (const openai of versions) test(`${name} (openai ${openai.version})`, (t) => body(t, openai));
}

// It tries once: what a server answered is what a test sees.
export const client_of = ({ OpenAI: Client }, server, options = {}) =>
  new Client({ baseURL: `${server.url}/v1`, apiKey: 'dev', maxRetries: 0, ...options });

export async function with_mock(t, openai, settings = {}, changes = {}) {
  const mock = await Mock.start(t, { tokens: 10, first_token_delay: '5ms', token_delay: '1ms', ...settings });
  const server = await Server.start(t, { configuration: configuration_with(mock, changes) });
  return { mock, server, client: client_of(openai, server) };
}

// The error that a promise is rejected with.
export const error_of = (promise) =>
  promise.then(
    (value) => {
      throw new Error(`it should have failed, and gave ${JSON.stringify(value)}`);
    },
    (error) => error,
  );
