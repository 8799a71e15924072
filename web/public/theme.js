// Before the first paint, and in a file of its own: the page's policy allows no inline script.
(() => {
  try {
    const theme = localStorage.getItem("lockkeeper.theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is forbidden: the system's preference it is.
  }
})();
