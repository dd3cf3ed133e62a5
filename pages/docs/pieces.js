// Small pieces of the page. Text of the document becomes text nodes, never markup.

import { by_id, element } from '/chat/element.js';

// Text with `code` in backquotes.
export const prose = (text) =>
  (text ?? '').split('`').map((part, index) => (index % 2 ? element('code', { textContent: part }) : part));

export const method_badge = (method) =>
  element('span', { className: `method ${method.toLowerCase()}`, textContent: method });

// A path whose parameters stand out, and that may break after each segment.
export function path_text(path) {
  const made = element('code', { className: 'path' });
  for (const part of path.split(/(?<=\/)/)) {
    const parameter = /^(\{\w+\})(.*)$/.exec(part);
    if (parameter) {
      made.append(element('span', { className: 'parameter', textContent: parameter[1] }), parameter[2]);
    } else {
      made.append(part);
    }
    made.append(element('wbr'));
  }
  return made;
}

// Preformatted text that the keyboard can scroll.
export function listing(label, text) {
  const made = element('pre', { tabIndex: 0 }, element('code', { textContent: text }));
  made.setAttribute('role', 'region');
  made.setAttribute('aria-label', label);
  return made;
}

// Details whose inside is made when they are first opened.
export function folded(className, summary, inside) {
  const made = element('details', { className }, summary);
  made.addEventListener('toggle', () => made.append(...inside()), { once: true });
  return made;
}

export const announce = (text) => (by_id('announcer').textContent = text);

export function copy_button(label, text_now) {
  const button = element('button', { type: 'button', className: 'small', textContent: 'Copy' });
  button.setAttribute('aria-label', `Copy ${label}`);
  button.addEventListener('click', async () => {
    const done = await navigator.clipboard.writeText(text_now()).then(() => true, () => false);
    button.textContent = done ? 'Copied' : 'Not allowed';
    announce(done ? `${label} copied` : 'The browser does not allow copying');
    setTimeout(() => (button.textContent = 'Copy'), 2_000);
  });
  return button;
}
