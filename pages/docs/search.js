// Finding operations by words of their path, their text and their fields.

import { by_id } from '/chat/element.js';

const text_of = (document_, operation) =>
  [
    operation.method,
    operation.path,
    operation.summary,
    operation.description,
    ...operation.parameters.map((each) => each.name),
    ...Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema }) => document_.field_names_of(schema)),
    ...operation.responses.map((each) => each.description),
  ]
    .join(' ')
    .toLowerCase();

export function set_up_search(document_, shown) {
  const field = by_id('search');
  const texts = shown.map(({ operation }) => text_of(document_, operation));
  const groups = new Set(shown.map(({ section }) => section));

  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    shown.forEach(({ view, entry }, index) => {
      const fits = words.every((word) => texts[index].includes(word));
      view.hidden = entry.hidden = !fits;
      if (fits) found += 1;
    });
    for (const group of groups) {
      const members = shown.filter(({ section }) => section === group);
      group.hidden = members[0].heading.hidden = members.every(({ view }) => view.hidden);
    }
    by_id('nothing').hidden = found > 0;
    by_id('found').textContent = words.length ? `${found} of ${shown.length} routes` : '';
  };

  field.addEventListener('input', search);
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !field.value) return;
    event.stopPropagation();
    field.value = '';
    search();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, select, textarea')) return;
    event.preventDefault();
    field.focus();
  });
}
