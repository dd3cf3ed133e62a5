// The page of the API: reads /openapi.json and shows it.

import { by_id, element } from '/chat/element.js';
import { ApiDocument } from './document.js';
import { operation_view } from './operation_view.js';
import { method_badge, prose } from './pieces.js';
import { set_up_search } from './search.js';
import { set_up_key } from './try_it.js';

function show_head(document_) {
  const { info, components } = document_.json;
  by_id('title').textContent = `The API of ${info.title}`;
  by_id('version').textContent = `Version ${info.version}`;
  by_id('description').append(...prose(info.description));
  for (const scheme of Object.values(components.securitySchemes)) {
    by_id('security').append(element('li', {}, ...prose(scheme.description)));
  }
}

// [{operation, view, entry, section, heading}] of every operation shown.
function show_groups(document_) {
  const shown = [];
  for (const { tag, operations } of document_.groups()) {
    const section = element('section', { className: 'group', id: `tag_${tag.name.toLowerCase()}` });
    const title = element('h2', { textContent: tag.name });
    section.append(element('div', { className: 'group_head' }, title, element('p', {}, ...prose(tag.description))));
    const list = element('ul', {});
    const heading = element('div', { className: 'index_group' }, element('h2', { textContent: tag.name }), list);
    for (const operation of operations) {
      const view = operation_view(document_, operation);
      const link = element('a', { href: `#${operation.id}`, title: operation.path });
      link.append(method_badge(operation.method), element('span', { textContent: operation.summary }));
      const entry = element('li', {}, link);
      list.append(entry);
      section.append(view);
      shown.push({ operation, view, entry, section, heading });
    }
    by_id('index').append(heading);
    by_id('operations').append(section);
  }
  return shown;
}

// The entry of the operation that is being read is marked.
function follow_reading(shown) {
  const links = new Map(shown.map(({ view, entry }) => [view, entry.firstElementChild]));
  const visible = new Set();
  const watcher = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting) visible.add(target);
        else visible.delete(target);
      }
      const current = shown.find(({ view }) => visible.has(view))?.view;
      for (const [view, link] of links) {
        if (view === current) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      }
      links.get(current)?.scrollIntoView({ block: 'nearest' });
    },
    { rootMargin: '-15% 0px -60% 0px' },
  );
  for (const { view } of shown) watcher.observe(view);
}

// On a narrow screen the routes are behind a button.
function set_up_menu() {
  const button = by_id('menu');
  const toggle = (open) => {
    button.setAttribute('aria-expanded', String(open));
    document.body.classList.toggle('menu_open', open);
  };
  button.addEventListener('click', () => toggle(button.getAttribute('aria-expanded') !== 'true'));
  by_id('index').addEventListener('click', (event) => {
    if (event.target.closest('a')) toggle(false);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || button.getAttribute('aria-expanded') !== 'true') return;
    toggle(false);
    button.focus();
  });
}

async function start() {
  set_up_menu();
  set_up_key();
  try {
    const document_ = await ApiDocument.load();
    show_head(document_);
    const shown = show_groups(document_);
    set_up_search(document_, shown);
    follow_reading(shown);
  } catch (error) {
    by_id('trouble').textContent = `The document cannot be shown. ${error.message}`;
    by_id('trouble').hidden = false;
    return;
  }
  // What the address names came into being just now.
  if (location.hash.length > 1) by_id(location.hash.slice(1))?.scrollIntoView();
}

start();
