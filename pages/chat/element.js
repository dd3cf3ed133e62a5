// The page's own elements, by id and out of its templates.

export const by_id = (id) => document.getElementById(id);

export const copy_of = (template) => by_id(template).content.firstElementChild.cloneNode(true);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
