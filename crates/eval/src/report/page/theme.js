// Light or dark: what the system asks for, until the reader picks. The pick is
// remembered where the browser lets a page from a disk remember anything.
(() => {
  const root = document.documentElement;
  const remembered = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const pick = remembered();
  if (pick === "light" || pick === "dark") root.dataset.theme = pick;
  window.theme = {
    dark: () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark",
    toggle() {
      root.dataset.theme = window.theme.dark() ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* it holds for this visit */ }
    },
  };
})();
