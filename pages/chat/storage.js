// Reading and writing the browser's storage, which may be full or forbidden: the page works without it.

export function recall(storage, name) {
  try {
    return storage.getItem(name);
  } catch {
    return null;
  }
}

export function remember(storage, name, text) {
  try {
    storage.setItem(name, text);
  } catch {
    // Forgotten at the next load, and nothing else is lost.
  }
}
