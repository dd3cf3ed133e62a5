// The two questions that the page asks in a dialog.

import { by_id } from './element.js';

// What the dialog was closed with; an empty text when it was left.
function shown(dialog) {
  dialog.returnValue = '';
  dialog.querySelector('.plain').onclick = () => dialog.close();
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true }));
}

let asking = null;

// A key, or null. Calls that need one at the same time share the question.
export function ask_for_key(was_refused) {
  asking ??= (async () => {
    const field = by_id('key');
    field.value = '';
    by_id('key_reason').textContent = was_refused
      ? 'The server did not accept that key. Is it whole, and has it not expired?'
      : 'It is kept until this tab is closed, and sent to this server alone.';
    const answer = await shown(by_id('key_dialog'));
    const key = field.value.trim();
    field.value = '';
    asking = null;
    return answer === 'use' && key ? key : null;
  })();
  return asking;
}

export async function confirm_delete(title) {
  by_id('delete_name').textContent = title;
  return (await shown(by_id('delete_dialog'))) === 'delete';
}
