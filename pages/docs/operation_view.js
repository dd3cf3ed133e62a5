// One operation: what it is on the left, how it is used on the right.

import { element } from '/chat/element.js';
import { curl_of } from './curl.js';
import { field, field_tree } from './fields.js';
import { copy_button, folded, listing, method_badge, path_text, prose } from './pieces.js';
import { can_be_tried, try_it } from './try_it.js';

export function operation_view(document, operation) {
  const link = element('a', { href: `#${operation.id}`, textContent: operation.summary });
  const title = element('h3', { id: `${operation.id}_title` }, link);
  const route = element('p', { className: 'route' }, method_badge(operation.method), ' ', path_text(operation.path));
  if (operation.is_open) route.append(' ', element('span', { className: 'open', textContent: 'no key' }));
  const left = element('div', { className: 'meaning' }, title, route);
  if (operation.description) left.append(element('p', {}, ...prose(operation.description)));
  left.append(...parameters(document, operation), ...body(document, operation), ...responses(document, operation));

  const right = element('div', { className: 'use' }, request(operation), ...answers(operation));
  if (can_be_tried(operation)) right.append(try_it(operation));

  const made = element('article', { className: 'operation', id: operation.id }, left, right);
  made.setAttribute('aria-labelledby', title.id);
  return made;
}

const heading = (text) => element('h4', { textContent: text });

function parameters(document, operation) {
  if (operation.parameters.length === 0) return [];
  const list = element('ul', { className: 'fields' });
  for (const each of operation.parameters) {
    list.append(field(document, { ...each, is_required: each.required, place: `in the ${each.in}` }));
  }
  return [heading('Parameters'), list];
}

function body(document, operation) {
  if (!operation.requestBody) return [];
  const [[type, { schema }]] = Object.entries(operation.requestBody.content);
  const title = heading('Body');
  title.append(' ', element('span', { className: 'type', textContent: type }));
  if (operation.requestBody.required) title.append(' ', element('span', { className: 'required', textContent: 'required' }));
  return [title, field_tree(document, schema) ?? ''];
}

function responses(document, operation) {
  const made = element('div', { className: 'responses' });
  for (const response of operation.responses) {
    const look = `status ${is_good(response) ? 'good' : 'bad'}`;
    const summary = element('summary', {}, element('span', { className: look, textContent: response.status }), ' ');
    summary.append(element('span', {}, ...prose(response.description)));
    made.append(folded('', summary, () => [...contents(document, response), ...header_list(document, response)]));
  }
  return [heading('Answers'), made];
}

const is_good = (response) => Number(response.status) < 400;

function contents(document, response) {
  return Object.entries(response.content ?? {}).flatMap(([type, { schema, example }]) => {
    const head = element('p', { className: 'media' }, element('code', { textContent: type }), ' ');
    head.append(element('span', { className: 'type', textContent: document.type_of(schema) }));
    const made = [head];
    const tree = field_tree(document, schema);
    const text = document.resolve(schema).description;
    if (tree) made.push(tree);
    else if (text) made.push(element('p', { className: 'field_text' }, ...prose(text)));
    if (!is_good(response) && example !== undefined) made.push(listing(`Example of ${response.status}`, as_text(example)));
    return made;
  });
}

function header_list(document, response) {
  const names = Object.keys(response.headers ?? {});
  if (names.length === 0) return [];
  const list = element('ul', { className: 'fields' });
  for (const name of names) {
    const { schema, description } = document.resolve(response.headers[name]);
    list.append(field(document, { name, schema, description }));
  }
  return [element('details', { className: 'inner' }, element('summary', { textContent: `${names.length} headers` }), list)];
}

const as_text = (value) => (typeof value === 'string' ? value.trimEnd() : JSON.stringify(value, null, 2));

// [{summary, value}] of one media type.
function examples_of(media) {
  if (media?.example !== undefined) return [{ summary: '', value: media.example }];
  return Object.values(media?.examples ?? {});
}

function request(operation) {
  const examples = examples_of(operation.requestBody?.content['application/json']);
  let text = curl_of(operation, examples[0]?.value);
  const shown = listing(`Request: ${operation.summary}`, text);
  const choice = choice_of(examples, operation);
  choice?.addEventListener('change', () => {
    text = curl_of(operation, examples[choice.selectedIndex].value);
    shown.firstElementChild.textContent = text;
  });
  const head = element('div', { className: 'listing_head' }, choice ?? element('span', { textContent: 'Request' }));
  head.append(copy_button('the command', () => text));
  return element('div', { className: 'listing' }, head, shown);
}

function choice_of(examples, operation) {
  if (examples.length < 2) return null;
  const select = element('select', {}, ...examples.map((each) => element('option', { textContent: each.summary })));
  select.setAttribute('aria-label', `Example of a request: ${operation.summary}`);
  return select;
}

function answers(operation) {
  return operation.responses
    .filter(is_good)
    .flatMap((response) =>
      Object.entries(response.content ?? {}).flatMap(([type, media]) =>
        examples_of(media).map((each) => {
          const name = [response.status, each.summary || type].join(' · ');
          const summary = element('summary', { textContent: name });
          return element('details', { className: 'listing' }, summary, listing(`Answer ${name}`, as_text(each.value)));
        }),
      ),
    );
}
