// Waiting for something to become true: by asking again until a deadline, never by sleeping and hoping.

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Answers the first value of `check` that is neither false, null nor undefined.
export async function until(what, check, { within = 10_000, every = 20 } = {}) {
  const deadline = performance.now() + within;
  let last;
  for (;;) {
    try {
      const value = await check();
      if (value !== false && value !== null && value !== undefined) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${within} ms: ${what}${last ? ` (${last.message})` : ''}`);
    }
    await pause(every);
  }
}

// The promise's value, or an error that says what did not come in time.
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Time that has to pass because the test is about it: the moment of a crash, a TTL.
export const elapse = pause;

// `work` on every item, at most `at_once` of them at a time; answers in the items' order.
export async function for_all(items, at_once, work) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(at_once, items.length) }, worker));
  return results;
}
