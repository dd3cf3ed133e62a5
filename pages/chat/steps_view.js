// The steps that a turn took, folded into one line: "4 steps · 12 ms".

import { copy_of } from './element.js';

function duration(us) {
  if (us < 1_000) return `${us} µs`;
  const ms = us / 1_000;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function draw_steps(box, steps) {
  box.hidden = steps.length === 0;
  const list = box.querySelector('.step_list');
  if (list.children.length === steps.length) return;
  const total = steps.reduce((sum, step) => sum + step.time_us, 0);
  const longest = Math.max(...steps.map((step) => step.time_us));
  box.querySelector('summary').textContent = `${steps.length} ${steps.length === 1 ? 'step' : 'steps'} · ${duration(total)}`;
  list.replaceChildren(...steps.map((step) => line_of(step, longest)));
}

function line_of({ node, edge, time_us }, longest) {
  const line = copy_of('step_template');
  line.querySelector('.node').textContent = node;
  line.querySelector('.node').title = edge ? `went on by ${edge}` : '';
  line.querySelector('.time').textContent = duration(time_us);
  // Set by script: the page's policy allows no style in its markup.
  line.querySelector('.share').style.setProperty('--share', longest > 0 ? time_us / longest : 0);
  return line;
}
