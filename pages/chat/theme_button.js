// The button that turns light to dark and back. Until it is used the system's choice stands, and is followed.

import { remember } from './storage.js';

const system_dark = matchMedia('(prefers-color-scheme: dark)');

const is_dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : system_dark.matches;
};

export function set_up_theme(button) {
  const show = () => button.setAttribute('aria-label', is_dark() ? 'Use the light theme' : 'Use the dark theme');
  button.addEventListener('click', () => {
    const next = is_dark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = next;
    remember(localStorage, 'parlance.theme', next);
    show();
  });
  system_dark.addEventListener('change', show);
  show();
}
