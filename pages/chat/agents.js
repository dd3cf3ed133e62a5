// The agents that the server has, and what one could ask them first.

const preferred = ['concierge', 'library'];

const questions = {
  concierge: [
    'When does the pool open?',
    'Where can I have dinner late?',
    'Is there parking?',
    'How do I set a limit on my play?',
  ],
  library: [
    'What happens when a mailbox is full?',
    'What survives a crash of the server?',
    'How do I create a key?',
    'How does a client resume a stream?',
  ],
  chat: [
    'What can you help me with?',
    'Write a short note of thanks',
    'Give me a name for a sailing boat',
    'Explain tides to a child',
  ],
};

const greetings = { concierge: 'How can I help with your stay?', library: 'What would you like to look up?' };

export const name_of = (agent) => agent.charAt(0).toUpperCase() + agent.slice(1).replace(/[-_]/g, ' ');
export const questions_for = (agent) => questions[agent] ?? [];
export const greeting_of = (agent) => greetings[agent] ?? 'How can I help?';

// The one to begin with.
export function first_choice(agents) {
  const names = agents.map((agent) => agent.graph_id);
  return preferred.find((name) => names.includes(name)) ?? names[0] ?? null;
}
