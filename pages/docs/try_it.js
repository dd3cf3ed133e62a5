// Asks the server itself, and shows what it answers.

import { by_id, element } from '/chat/element.js';
import { recall, remember } from '/chat/storage.js';
import { announce, listing } from './pieces.js';

const shown_characters_max = 100_000;
const key_name = 'parlance.key';

export function set_up_key() {
  const field = by_id('key');
  field.value = recall(sessionStorage, key_name) ?? '';
  field.addEventListener('input', () => remember(sessionStorage, key_name, field.value));
}

export const can_be_tried = (operation) =>
  operation.method === 'GET' && !operation.parameters.some((parameter) => parameter.required);

export function try_it(operation) {
  const button = element('button', { type: 'button', className: 'try', textContent: 'Try it' });
  button.setAttribute('aria-label', `Try ${operation.method} ${operation.path}`);
  const answer = element('div', { className: 'answer' });
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      answer.replaceChildren(...(await asked(operation)));
    } catch {
      answer.replaceChildren(element('p', { className: 'trouble', textContent: 'The server cannot be reached.' }));
      announce('The server cannot be reached');
    }
    button.disabled = false;
    button.focus();
  });
  return element('div', { className: 'trial' }, button, answer);
}

async function asked(operation) {
  const key = by_id('key').value.trim();
  const began = performance.now();
  const headers = key && !operation.is_open ? { 'x-api-key': key } : {};
  const response = await fetch(operation.path, { headers, cache: 'no-store' });
  const text = await response.text();
  const ms = Math.round(performance.now() - began);
  const status = `${response.status} ${response.statusText}`;
  announce(`Answered ${status}`);
  const head = element('p', { className: 'answer_head' });
  head.append(
    element('span', { className: `status ${response.ok ? 'good' : 'bad'}`, textContent: status }),
    ` in ${ms} ms`,
  );
  const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  return [head, listing('Headers of the answer', lines), listing('Body of the answer', readable(response, text))];
}

function readable(response, text) {
  let shown = text;
  if (response.headers.get('content-type')?.startsWith('application/json')) {
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // Shown as it came.
    }
  }
  return shown.length > shown_characters_max ? `${shown.slice(0, shown_characters_max)}\n…` : shown;
}
