// Schemas as trees of fields, and parameters and headers as lists of the same look.

import { element } from '/chat/element.js';
import { folded, prose } from './pieces.js';

const words_at_once_max = 12;

export function field(document, { name, schema, is_required = false, description, place }) {
  const head = element('p', { className: 'field_head' }, element('code', { className: 'name', textContent: name }), ' ');
  head.append(element('span', { className: 'type', textContent: document.type_of(schema) }));
  if (place) head.append(' ', element('span', { className: 'place', textContent: place }));
  if (is_required) head.append(' ', element('span', { className: 'required', textContent: 'required' }));
  const made = element('li', { className: 'field' }, head);
  const text = description ?? document.resolve(schema)?.description;
  if (text) made.append(element('p', { className: 'field_text' }, ...prose(text)));
  const words = document.words_of(schema);
  if (words.length > 1 || (words.length === 1 && document.type_of(schema) === 'string')) made.append(word_list(words));
  const facts = document.facts_of(schema);
  if (facts.length > 0) made.append(element('p', { className: 'facts', textContent: facts.join(' · ') }));
  return made;
}

function word_list(words) {
  const made = element('p', { className: 'words' });
  words.forEach((word, index) => made.append(index ? ' ' : '', element('code', { textContent: word })));
  if (words.length <= words_at_once_max) return made;
  return element('details', {}, element('summary', { textContent: `${words.length} words` }), made);
}

// A shape that stands around itself is not shown again.
const shapes_to_show = (document, schema, seen) =>
  document.shapes_of(schema).filter((shape) => !seen.includes(shape.schema.properties));

const has_fields = (document, schema, seen) => shapes_to_show(document, schema, seen).length > 0;

// The fields of every shape that the schema may have; null when it has none.
export function field_tree(document, schema, depth = 0, seen = []) {
  const shapes = shapes_to_show(document, schema, seen);
  if (shapes.length === 0) return null;
  const made = element('div', { className: 'tree' });
  for (const shape of shapes) {
    const { properties, required = [], description } = shape.schema;
    if (shapes.length > 1) {
      const name = element('span', { className: 'type', textContent: shape.name ?? 'object' });
      made.append(element('p', { className: 'shape' }, name, ' ', ...prose(description)));
    } else if (depth === 0 && description) {
      made.append(element('p', { className: 'field_text' }, ...prose(description)));
    }
    const list = element('ul', { className: 'fields' });
    for (const [name, each] of Object.entries(properties)) {
      const item = field(document, { name, schema: each, is_required: required.includes(name) });
      const path = [...seen, properties];
      if (has_fields(document, each, path)) {
        const of_what = element('span', { className: 'unseen', textContent: ` of ${name}` });
        const summary = element('summary', { textContent: 'Fields' }, of_what);
        item.append(folded('inner', summary, () => [field_tree(document, each, depth + 1, path)]));
      }
      list.append(item);
    }
    made.append(list);
  }
  return made;
}
