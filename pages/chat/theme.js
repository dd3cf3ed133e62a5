// Puts the chosen theme on the document before anything is painted, so that no page flashes in the other
// one. A classic script for that reason; the button that changes the choice is in theme_button.js.

try {
  const chosen = localStorage.getItem('parlance.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Without storage the system's choice stands.
}
