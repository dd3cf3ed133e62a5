// docs/benchmarks.md out of bench/peers/results.json: every figure on the page is one of these, or follows from them.

import { median } from '../../tests/end_to_end/support/statistics.mjs';

const quiet_load_per_core = 0.5;
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n');

const number = (value, digits = 0) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const is_number = (value) => typeof value === 'number' && Number.isFinite(value);

// What a peer's figure was in the runs that measured it.
const seen = (measured, peer, figure) => measured.runs.map((run) => run.figures[peer]?.[figure]).filter(is_number);

function cell(measured, peer, { figure, digits }) {
  const values = seen(measured, peer, figure);
  if (values.length === 0) return '–';
  const limited = figure === 'per_second' && measured.runs.some((run) => run.figures[peer]?.generator_limited);
  const middle = `${limited ? '≥ ' : ''}${number(median(values), digits)}`;
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => number(value, digits));
  return least === most ? middle : `${middle} (${least} to ${most})`;
}

// {text, value, bound, holds}; what was not measured does not hold.
function judged(scenario, measured) {
  const m = (peer, figure) => {
    const values = measured ? seen(measured, peer, figure) : [];
    return values.length > 0 ? median(values) : NaN;
  };
  return scenario.bounds.map(({ text, of, least, most, digits }) => {
    const value = of(m);
    const shown = is_number(value) ? number(value, digits ?? (Number.isInteger(value) || Math.abs(value) >= 10 ? 0 : 2)) : 'not measured';
    const bound = least !== undefined ? `≥ ${least}` : most !== undefined ? `≤ ${most}` : '';
    const holds = is_number(value) && value >= (least ?? -Infinity) && value <= (most ?? Infinity);
    return { text, shown, bound, holds: bound === '' ? '' : holds ? 'yes' : '**no**' };
  });
}

const bounds_table = (judgements) =>
  table(['', 'measured', 'wanted', 'holds'], judgements.map(({ text, shown, bound, holds }) => [text, shown, bound, holds]));

function troubles(scenario, measured) {
  const titles = new Map(scenario.peers.map(({ name, title }) => [name, title]));
  return measured.runs.flatMap((run, number_of_run) =>
    Object.entries(run.figures)
      .filter(([, { error }]) => error)
      .map(([peer, { error }]) => `- ${titles.get(peer) ?? peer}, run ${number_of_run + 1}: not measured. ${error.split('\n')[0]}`),
  );
}

function section(scenario, measured) {
  const peers = scenario.peers.filter(({ name }) => measured.runs.some((run) => run.figures[name]));
  const rows = peers.map(({ name, title }) => [title, ...scenario.columns.map((column) => cell(measured, name, column))]);
  const { at, commit, load_average, synced_write_ms } = measured.conditions;
  const runs = measured.runs.length;
  const times = scenario.timed ? `, ${measured.settings.seconds} s each after ${measured.settings.warm_up_seconds} s to warm up` : '';
  const parts = [
    `## ${scenario.title}`,
    scenario.text,
    table(['', ...scenario.columns.map(({ title }) => title)], rows),
    ...(scenario.bounds.length > 0 ? [bounds_table(judged(scenario, measured))] : []),
    ...(troubles(scenario, measured).length > 0 ? [troubles(scenario, measured).join('\n')] : []),
    `${runs} run${runs > 1 ? 's' : ''}${times}; ${at} UTC, commit ${commit}, load average of the machine before it began ${load_average}, a synced write of 1 KiB ${synced_write_ms} ms.`,
  ];
  return parts.join('\n\n');
}

function conditions_text(results) {
  const { machine, scenarios } = results;
  const worst = Math.max(...Object.values(scenarios).map(({ conditions }) => conditions.load_average));
  const busy = worst > quiet_load_per_core * machine.cores;
  return busy
    ? `**Provisional: other programs were at work.** The load average before a run was up to ${worst} on ${machine.cores} cores. All peers met the same trouble, in random order, but figures and ratios of a quiet machine differ.`
    : `The machine was quiet before the runs: a load average of at most ${worst} on ${machine.cores} cores.`;
}

function peers_table(scenarios, versions) {
  const peers = new Map(scenarios.flatMap((scenario) => scenario.peers.map((peer) => [peer.name, peer])));
  const rows = [...peers.values()].map(({ name, title, settings, durable }) => row([title, versions[name] ?? 'not measured', settings, durable]));
  return [row(['', 'version', 'settings', 'what is kept']), row(['---', '---', '---', '---']), ...rows].join('\n');
}

export function render(results, scenarios) {
  const { machine } = results;
  const measured = scenarios.filter(({ name }) => results.scenarios[name]);
  const judgements = scenarios.flatMap((scenario) =>
    judged(scenario, results.scenarios[scenario.name])
      .filter(({ bound }) => bound !== '')
      .map((judgement) => ({ ...judgement, text: `${scenario.title}: ${judgement.text}` })),
  );
  return `${[
    '# Benchmarks',
    'Written by `scripts/bench-peers` from `bench/peers/results.json`; no figure is by hand. `scripts/bench-peers` measures all of it again, `--write-only` writes this page again.',
    '## What was wanted',
    bounds_table(judgements),
    '## How it is measured',
    `All peers run on one machine in one run, one at a time, each started anew and in an order drawn anew for each round; clients (\`parlance-bench run\`), model and server share its cores over loopback. ` +
      'Each peer is warmed up under the load that it is measured with, and one whose answers are not right is not measured. A figure is the median of the runs, with the least and the most in brackets; ' +
      '≥: the generator was the bottleneck in at least one run, and the server can do more. Failed, refused and wrong answers are counted and shown, and not as turns.',
    conditions_text(results),
    `The machine: ${machine.processor}, ${machine.cores} cores, ${machine.memory_gib} GiB; ${machine.system}. The peers that are Node.js programs run on Node.js ${machine.node}.`,
    ...measured.map((scenario) => section(scenario, results.scenarios[scenario.name])),
    '## Who takes part',
    peers_table(scenarios, results.versions),
    'Where the time of a turn goes, and so what stands between Parlance and the bare path, is in [profile.md](profile.md).',
  ].join('\n\n')}\n`;
}
