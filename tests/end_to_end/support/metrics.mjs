// Prometheus text, read into samples.

export function parse_metrics(text) {
  const samples = [];
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    samples.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return {
    samples,
    // The sum over all samples of that name whose labels include these.
    sum(name, wanted = {}) {
      const found = samples.filter(
        (sample) => sample.name === name && Object.entries(wanted).every(([label, value]) => sample.labels[label] === value),
      );
      if (found.length === 0) throw new Error(`there is no metric ${name} ${JSON.stringify(wanted)}`);
      return found.reduce((sum, sample) => sum + sample.value, 0);
    },
  };
}
