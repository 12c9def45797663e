// The charts, in the page's colours. Without Chart.js there are none, and the tables tell the same.
"use strict";

const charts = (() => {
  const made = {};
  const COLOURS = ["#3b6fe0", "#d9822b", "#2f9e63", "#a34bc9", "#cc3f57", "#1795a5", "#8f7a1f", "#7a6cf0", "#808a99"];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function options(stacked, unit, precision) {
    const axis = (more) => ({ stacked, ticks: { color: colour("--quiet"), maxRotation: 0, autoSkip: true, precision }, grid: { color: colour("--line") }, ...more });
    const many = { labels: { color: colour("--text"), boxWidth: 12 }, position: "bottom" };
    return {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: { x: axis({}), y: axis({ beginAtZero: true, title: { display: Boolean(unit), text: unit, color: colour("--quiet") } }) },
      plugins: { legend: many },
    };
  }

  // Draws anew what changed: `datasets` are [label, numbers].
  function show(id, type, labels, datasets, { stacked = false, unit = "", legend = true, whole = false } = {}) {
    if (typeof Chart === "undefined") return;
    const data = {
      labels,
      datasets: datasets.map(([label, numbers], i) => ({
        label, data: numbers, borderColor: COLOURS[i % 9], backgroundColor: COLOURS[i % 9], borderWidth: type === "line" ? 2 : 0, pointRadius: 0, tension: 0,
      })),
    };
    const wanted = options(stacked, unit, whole ? 0 : undefined);
    wanted.plugins.legend.display = legend;
    if (!made[id]) {
      made[id] = new Chart(document.getElementById(id), { type, data, options: wanted });
      return;
    }
    made[id].data = data;
    made[id].options = wanted;
    made[id].update("none");
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const chart of Object.values(made)) {
      const unit = chart.options.scales.y.title.text;
      const precision = chart.options.scales.y.ticks.precision;
      const legend = chart.options.plugins.legend.display;
      chart.options = options(chart.options.scales.x.stacked, unit, precision);
      chart.options.plugins.legend.display = legend;
      chart.update("none");
    }
  });
  return { show };
})();
