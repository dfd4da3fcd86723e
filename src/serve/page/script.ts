/**
 * What makes pages better where scripts run: parts that show what is under way are asked for again. It takes over what
 * the service has rendered, and makes no HTML of its own.
 */
export const SCRIPT = `(() => {
  'use strict';
  const parts = () => [...document.querySelectorAll('[data-live]')];
  if (parts().length === 0) return;
  const said = document.getElementById('said');
  const USUAL = 2000;
  const LONGEST = 60000;
  let wait = USUAL;
  const again = () => setTimeout(ask, wait);
  const take = (fresh) => {
    for (const part of parts()) {
      const next = fresh.getElementById(part.id);
      if (!next || next.isEqualNode(part)) continue;
      const at = document.activeElement;
      const focused = part.contains(at) ? at.getAttribute('href') : null;
      // Whoever is within a part keeps their place, or keeps the part.
      const same = focused === null ? null : [...next.querySelectorAll('a[href]')].find((one) => one.getAttribute('href') === focused);
      if (part.contains(at) && !same) continue;
      const news = next.dataset.live;
      if (said && news && news !== part.dataset.live) said.textContent = news;
      part.replaceWith(document.adoptNode(next));
      if (same) same.focus({ preventScroll: true });
    }
  };
  const ask = () => {
    if (document.hidden) { again(); return; }
    const request = new XMLHttpRequest();
    request.open('GET', location.href);
    request.responseType = 'document';
    request.timeout = 10000;
    request.onload = () => {
      // The session is over: the page as it is now says how to go on.
      if (new URL(request.responseURL).pathname !== location.pathname) { location.reload(); return; }
      if (request.status === 200 && request.response) { take(request.response); wait = USUAL; }
      else wait = Math.min(LONGEST, wait * 2);
      again();
    };
    request.onerror = request.ontimeout = () => { wait = Math.min(LONGEST, wait * 2); again(); };
    request.send();
  };
  again();
})();
`;
