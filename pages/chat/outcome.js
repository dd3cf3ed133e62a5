// How an answer ended, in words for people, where its text does not say it: '' when it does. Of failures, see trouble.js.

export function outcome_of({ status, text, tools }) {
  if (status === 'stopped') return 'Stopped here.';
  if (status !== 'done' || text.trim() !== '') return '';
  if (tools.length === 0) return 'The answer was empty.';
  const names = new Intl.ListFormat('en').format(tools);
  return `The agent called the ${tools.length === 1 ? 'tool' : 'tools'} ${names} and gave no text.`;
}
