/**
 * What makes the page better, where scripts run: a filter over all that is listed. It reads the page as it is, so that
 * nothing foreign is in it; without it everything is there to be unfolded.
 */
export const SCRIPT = `
(() => {
  'use strict';
  const filter = document.getElementById('filter');
  const search = document.getElementById('search');
  const said = document.getElementById('said');
  const rows = [...document.querySelectorAll('tr[data-status]')].map((row) => {
    const host = row.closest('details[data-host]');
    const words = (host.dataset.host + ' ' + row.textContent).toLowerCase();
    return { row, host, status: row.dataset.status, words };
  });
  const hosts = [...document.querySelectorAll('details[data-host]')].map((host) => ({
    host, status: host.dataset.status, was: host.open, words: host.dataset.host.toLowerCase(),
    folds: [...host.querySelectorAll('details')].map((fold) => ({ fold, was: fold.open })),
  }));
  const boxes = [...filter.querySelectorAll('input[type=checkbox]')];
  const apply = () => {
    const terms = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const isActive = terms.length > 0 || kinds.size > 0;
    const shown = new Map();
    let count = 0;
    for (const { row, host, status, words } of rows) {
      const fits = (kinds.size === 0 || kinds.has(status)) && terms.every((term) => words.includes(term));
      if (row.hidden === fits) row.hidden = !fits;
      if (!fits) continue;
      count += 1;
      shown.set(host, (shown.get(host) || 0) + 1);
    }
    let some = 0;
    for (const { host, status, was, words, folds } of hosts) {
      const own = (kinds.size === 0 || kinds.has(status)) && terms.every((term) => words.includes(term));
      const fits = !isActive || shown.has(host) || (own && terms.length > 0) || (kinds.has(status) && own);
      if (host.hidden === fits) host.hidden = !fits;
      if (fits) some += 1;
      const open = isActive ? fits && some <= 50 : was;
      if (host.open !== open) host.open = open;
      for (const { fold, was: before } of folds) fold.open = isActive ? open : before;
    }
    said.textContent = isActive ? count + ' on ' + some + ' hosts' : '';
  };
  let timer = 0;
  const soon = () => { clearTimeout(timer); timer = setTimeout(apply, 80); };
  filter.hidden = false;
  filter.addEventListener('input', soon);
  document.getElementById('all').addEventListener('click', () => {
    search.value = '';
    for (const box of boxes) box.checked = false;
    apply();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  reveal();
  addEventListener('beforeprint', () => { for (const { host } of hosts) host.open = true; });
})();
`;
