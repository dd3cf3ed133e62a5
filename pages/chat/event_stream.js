// Server-sent events out of a response's body. Written here because EventSource can neither POST nor send
// a key or an id of its own choice.

// A server in good health sends a heartbeat long before; a connection this silent is dead.
const silence_max_ms = 60_000;

function parse(frame) {
  const event = { name: 'message', data: '', id: null };
  for (const line of frame.split('\n')) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === 'event') event.name = value;
    if (field === 'id') event.id = value;
    if (field === 'data') event.data += value;
  }
  return event;
}

async function read_in_time(reader) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new TypeError('the connection fell silent')), silence_max_ms);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}

// Yields {name, data, id} with `data` parsed. Throws what fetch throws when the connection breaks or `signal` aborts.
export async function* read_events(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream(), { signal }).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await read_in_time(reader);
      if (done) return;
      text += value;
      for (let end; (end = text.indexOf('\n\n')) >= 0; ) {
        const event = parse(text.slice(0, end));
        text = text.slice(end + 2);
        // Without data it is a heartbeat.
        if (event.data) yield { ...event, data: JSON.parse(event.data) };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
