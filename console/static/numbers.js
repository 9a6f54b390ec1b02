// Draws each figure of the page from the table that stands with it, so that both say the same.
"use strict";

const COLOURS = ["#0b5c55", "#c9741a", "#5a6fb0"];
const UNITS = { percent: " %", ms: " ms", minutes: " min" };
const MOST_ROWS = 12;

function read(figure) {
  const heads = [...figure.querySelectorAll("thead th")];
  const rows = [...figure.querySelectorAll("tbody tr")];
  const asRows = figure.dataset.drawn === "rows";
  const told = asRows ? rows.slice(0, MOST_ROWS) : rows;
  const series = heads
    .map((head, at) => ({ head, at }))
    .filter(({ head }) => head.hasAttribute("data-series"))
    .map(({ head, at }) => ({
      title: head.textContent,
      unit: UNITS[head.dataset.unit] || "",
      values: told.map((row) => (row.cells[at].dataset.value === "" ? null : Number(row.cells[at].dataset.value))),
    }));
  return { labels: told.map((row) => row.cells[0].textContent), series, asRows };
}

// A day between days without a figure has no line to either side: only a dot shows it.
function alone({ dataset, dataIndex }) {
  const near = [dataset.data[dataIndex - 1], dataset.data[dataIndex + 1]];
  return near.every((value) => value === null || value === undefined) ? 3 : 0;
}

function draw(figure) {
  const canvas = figure.querySelector("canvas");
  if (!canvas || Chart.getChart(canvas)) return;
  const { labels, series, asRows } = read(figure);
  const isLine = figure.dataset.drawn === "line";
  const isShare = series.every((each) => each.unit === " %");
  const values = { beginAtZero: true, grid: { color: "#e6e8e4" }, ticks: { precision: 0, callback: (value) => value.toLocaleString("en") + series[0].unit } };
  if (isShare && !asRows) values.suggestedMax = Math.max(...series.flatMap((each) => each.values)) > 50 ? 100 : undefined;
  const names = { grid: { display: false }, ticks: { maxRotation: 0, autoSkip: !asRows, autoSkipPadding: 12 } };
  new Chart(canvas, {
    type: isLine ? "line" : "bar",
    data: {
      labels,
      datasets: series.map((each, at) => ({
        label: each.title,
        data: each.values,
        borderColor: COLOURS[at],
        backgroundColor: COLOURS[at],
        borderWidth: isLine ? 2 : 0,
        borderRadius: isLine ? 0 : 3,
        borderDash: isLine && at > 0 ? [5, 4] : undefined,
        pointRadius: labels.length > 14 ? alone : 3,
        pointHitRadius: 12,
        maxBarThickness: 34,
        tension: 0.25,
      })),
    },
    options: {
      indexAxis: asRows ? "y" : "x",
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false, axis: asRows ? "y" : "x" },
      scales: asRows ? { x: values, y: names } : { x: names, y: values },
      plugins: {
        legend: { display: series.length > 1, position: "bottom", labels: isLine ? { usePointStyle: true, pointStyle: "line", pointStyleWidth: 24 } : { boxWidth: 12, boxHeight: 12 } },
        tooltip: { callbacks: { label: (item) => ` ${item.dataset.label}: ${item.formattedValue}${series[item.datasetIndex].unit}` } },
      },
    },
  });
}

function drawAll() {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.color = "#55646a";
  document.querySelectorAll(".figure").forEach(draw);
}

document.addEventListener("DOMContentLoaded", drawAll);
document.addEventListener("htmx:afterSettle", drawAll);
document.addEventListener("htmx:beforeSwap", () => {
  document.querySelectorAll(".figure canvas").forEach((canvas) => Chart.getChart(canvas)?.destroy());
});
