// Failures in words for people, and what can be done about them.

const reasons = {
  // By the server's code, where it says more than the status.
  agent_not_found: 'This agent is no longer on the server.',
  context_length_exceeded: 'This conversation is longer than the model can read. Please begin a new one.',
  credentials_refused: 'The model cannot be reached just now.',
  deadline_passed: 'The answer took too long.',
  draining: 'The server is restarting.',
  mailbox_full: 'This conversation has enough questions waiting.',
  model_unavailable: 'The model cannot be reached just now.',
  provider_failed: 'The model cannot be reached just now.',
  thread_busy: 'This conversation is still being answered. Stop it first.',
  thread_full: 'This conversation is full. Please begin a new one.',
  // By status.
  401: 'This server needs a key to answer.',
  403: 'Your key does not allow this.',
  404: 'This conversation is no longer on the server.',
  413: 'This message is longer than the server accepts.',
  429: 'Many questions are being answered just now.',
  503: 'Many questions are being answered just now.',
};

const broken_off = "The answer broke off: the model's connection was lost.";
const unreachable = 'The server cannot be reached just now.';
// Nothing that the same question could change.
const final = ['agent_not_found', 'context_length_exceeded', 'thread_full', 404];

const sentence = (text) => {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
};

// {reason, again, wait_ms} of a turn that failed, whose `error` is a Refusal, the data of an `error` event, or what
// a broken connection throws. `again` is 'ask', 'edit' or null; it should not happen before `wait_ms` have passed.
export function trouble_of({ error, text = '' }) {
  const { status, code, message, retry_after_ms } = error ?? {};
  const known = code === 'provider_failed' && text !== '' ? broken_off : (reasons[code] ?? reasons[status]);
  const reason = known ?? (error instanceof TypeError ? unreachable : sentence(message || 'the answer failed'));
  const again = status === 413 ? 'edit' : final.includes(code) || final.includes(status) ? null : 'ask';
  return { reason, again, wait_ms: retry_after_ms ?? 0 };
}
