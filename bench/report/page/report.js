'use strict';

// A load run's figures (docs/bench-report.schema.json) as a page. No part of it comes from elsewhere.

const figures = JSON.parse(document.getElementById('figures').textContent);
const report = document.getElementById('report');

function element(name, { of = report, text, kind } = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  of.append(made);
  return made;
}

const number = (value, digits = 0) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const ms = (value) => (value >= 10_000 ? `${number(value / 1_000, 1)} s` : `${number(value, value < 10 ? 2 : value < 100 ? 1 : 0)} ms`);
const share = (part, all) => (all > 0 ? `${number((100 * part) / all, 2)} %` : '–');

const due = figures.sent + figures.not_sent;
const { scenario } = figures;

function load_text() {
  const people = scenario.burst ? `a burst of ${number(scenario.burst)}` : `${number(scenario.clients)} clients`;
  const rates = scenario.open && `${scenario.open} ${scenario.sessions ? 'sessions' : 'turns'}/s (${scenario.arrivals}), `;
  const arrivals = rates || (scenario.trace ? `${scenario.trace}, ` : '');
  return `${scenario.agent} at ${scenario.url} (${scenario.surface}, ${scenario.mode}): ${arrivals}${people}, ${number(figures.elapsed_s, 1)} s`;
}

function show_head() {
  document.title = `Load report: ${scenario.agent}`;
  element('h1', { text: 'Load report' });
  element('p', { kind: 'about', text: load_text() });
  const { expectations, audit } = figures;
  const broken = expectations.filter(({ held }) => !held).length;
  if (!audit.valid) element('p', { kind: 'verdict bad', text: `INVALID: ${audit.reason}` });
  if (broken > 0) element('p', { kind: 'verdict bad', text: `${broken} of ${expectations.length} expectations do not hold` });
  if (audit.valid && broken === 0 && expectations.length > 0) element('p', { kind: 'verdict', text: 'Every expectation holds' });
}

function show_tiles() {
  const tiles = element('div', { kind: 'tiles' });
  const tile = (text, value, bad = false) => {
    const made = element('div', { of: tiles, kind: bad ? 'tile bad' : 'tile' });
    element('b', { of: made, text: value });
    element('span', { of: made, text });
  };
  const { turn, first_text } = figures.ms;
  tile('finished turns/s', number(figures.finished_per_second, 1));
  if (scenario.slo) tile('good turns', share(figures.good, due), figures.good < due);
  tile('turn, median', ms(turn.p50));
  tile('turn, p99', ms(turn.p99));
  if (first_text.count > 0) tile('first text, p99', ms(first_text.p99));
  tile('refused', share(figures.refused, due));
  tile('failed', share(figures.failed, due), figures.failed > 0);
  if (figures.not_sent > 0) tile('not sent', share(figures.not_sent, due), true);
}

function show_table(title, head, rows) {
  if (rows.length === 0) return;
  element('h2', { text: title });
  const table = element('table', { of: element('div', { kind: 'framed' }) });
  const top = element('tr', { of: element('thead', { of: table }) });
  for (const text of head) element('th', { of: top, text });
  const body = element('tbody', { of: table });
  for (const row of rows) {
    const line = element('tr', { of: body });
    for (const cell of row) element('td', { of: line, text: cell.text ?? cell, kind: cell.bad ? 'bad' : undefined });
  }
}

const of_turns = figures.timeline;

// `gaps`: nothing was measured where it is 0.
function show_chart(title, shown, series, points = of_turns, second_of = (_, index) => ((index + 1) * figures.period_ms) / 1_000) {
  const seen = series.filter(({ of }) => points.some((point) => of(point) > 0));
  if (points.length < 2 || seen.length === 0) return;
  const holder = element('div', { kind: 'chart' });
  element('h3', { of: holder, text: title });
  const of_theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  const probe = element('i', { of: holder });
  const shade = (name) => {
    probe.style.color = of_theme(name);
    return getComputedStyle(probe).color;
  };
  const axis = { stroke: shade('--quiet'), grid: { stroke: shade('--line'), width: 1 }, ticks: { stroke: shade('--line'), width: 1 } };
  const line = ({ label, color, dash }) => ({
    label, stroke: shade(color), width: 1.6, dash, points: { show: false }, value: (_, value) => (value === null ? '–' : shown(value)),
  });
  const size = () => ({ width: holder.clientWidth - 16, height: 220 });
  const options = {
    ...size(),
    scales: { x: { time: false } },
    axes: [{ ...axis, values: (_, splits) => splits.map((second) => `${second} s`) }, { ...axis, size: 70, values: (_, splits) => splits.map(shown) }],
    series: [{ label: 'at', value: (_, second) => (second === null ? '–' : `${second} s`) }, ...seen.map(line)],
  };
  const times = points.map(second_of);
  const values = seen.map(({ of, gaps }) => points.map((point) => (gaps && of(point) === 0 ? null : of(point))));
  const plot = new uPlot(options, [times, ...values], holder);
  probe.remove();
  new ResizeObserver(() => plot.setSize(size())).observe(holder);
}

function show_charts() {
  const rate = (name) => (point) => (point[name] * 1_000) / figures.period_ms;
  const count = (value) => number(value);
  element('h2', { text: 'Over time' });
  show_chart('Turns a second', count, [
    { label: 'sent', color: '--quiet', dash: [4, 4], of: rate('sent') },
    { label: 'finished', color: '--good', of: rate('finished') },
    { label: 'refused', color: '--third', of: rate('refused') },
    { label: 'failed', color: '--warn', of: rate('failed') },
  ]);
  show_chart('How long turns took, by when they ended', ms, [
    { label: 'turn p99', color: '--warn', gaps: true, of: (point) => point.turn_p99 },
    { label: 'turn p50', color: '--good', gaps: true, of: (point) => point.turn_p50 },
    { label: 'first text p99', color: '--third', gaps: true, of: (point) => point.first_text_p99 },
    { label: 'first text p50', color: '--second', gaps: true, of: (point) => point.first_text_p50 },
  ]);
  show_chart('Turns at once', count, [{ label: 'at once', color: '--second', of: (point) => point.at_once_max }]);
  const of_server = (title, shown, series) => show_chart(title, shown, series, figures.server, ({ at_s }) => at_s);
  of_server('In the server', count, [
    { label: 'turns inside', color: '--second', of: (sample) => sample.turns_inside },
    { label: 'calls running', color: '--good', of: (sample) => sample.calls_running },
    { label: 'calls waiting', color: '--third', of: (sample) => sample.calls_waiting },
  ]);
  of_server('Threads in the server\'s memory', count, [{ label: 'threads', color: '--good', of: (sample) => sample.threads_resident }]);
  of_server('The server\'s memory', (bytes) => `${number(bytes / 1_048_576)} MiB`, [
    { label: 'resident', color: '--second', of: (sample) => sample.resident_bytes },
  ]);
}

const titles = {
  turn: 'turn',
  service: 'turn, since it was sent',
  first_text: 'first text',
  first_text_service: 'first text, since it was sent',
  gap: 'gap between texts',
  stall: 'longest gap',
  per_text: 'time per text',
  session: 'session',
  refusal: 'refusal',
  new_thread: 'new thread',
  start_delay: 'start delay',
};
const percentiles = (times) => [number(times.count), ms(times.p50), ms(times.p90), ms(times.p99), ms(times.p99_9), ms(times.max)];

function show_tables() {
  const head = ['', 'count', 'p50', 'p90', 'p99', 'p99.9', 'max'];
  const judged = ({ text, measured, held }) => [text, measured, { text: held ? 'holds' : 'does not', bad: !held }];
  show_table('Expectations', ['', 'measured', ''], figures.expectations.map(judged));
  const measured = Object.entries(titles).filter(([name]) => figures.ms[name].count > 0);
  show_table('Times', head, measured.map(([name, title]) => [title, ...percentiles(figures.ms[name])]));
  if (figures.by_turn.length > 1) {
    show_table('By place in the conversation', head, figures.by_turn.map(({ turn }, index) => [`turn ${index + 1}`, ...percentiles(turn)]));
  }
  const outcomes = ['finished', 'refused', 'failed', 'not_sent', 'wrong_answers'].map((name) => [name.replace('_', ' '), figures[name]]);
  const codes = Object.entries(figures.errors_by_code).map(([code, count]) => [`code ${code}`, count]);
  show_table('Outcomes', ['', 'turns', 'of all due'], [...outcomes, ...codes].map(([name, count]) => [name, number(count), share(count, due)]));
}

function show_repeat() {
  const { on_cpu, waited_for_cpu } = figures.audit;
  const took = `${number(on_cpu * 100, 1)} % of a core, and waited for it ${number(waited_for_cpu * 100, 1)} % of the time`;
  element('h2', { text: 'The same again' });
  element('p', { kind: 'about', text: `A scenario for parlance-bench run --scenario; schedule ${figures.schedule}. The generator took ${took}.` });
  element('pre', { text: JSON.stringify(scenario, null, 2) });
}

show_head();
show_tiles();
show_charts();
show_tables();
show_repeat();
