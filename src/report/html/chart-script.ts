/**
 * The page's own script, as text: it runs in the reader's browser, not here. It is no stringified function, because what
 * `toString` gives depends on who stripped the types or instrumented the code, and its hash is part of the page. It only
 * draws: the figures in its JSON block are final. Tests run it against a stand-in for uPlot and the DOM.
 */
export const CHART_SCRIPT = String.raw`'use strict';
(() => {
  const block = document.getElementById('chart-data');
  if (block === null || typeof uPlot !== 'function') return;
  const charts = JSON.parse(block.textContent);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const px = (value) => Math.round(value * devicePixelRatio);

  const duration = (s) => {
    if (s === 0) return '0';
    if (s >= 3600) return Math.floor(s / 3600) + ' h ' + String(Math.floor((s % 3600) / 60)).padStart(2, '0') + ' min';
    if (s < 60) return Number(s.toFixed(1)) + ' s';
    const rest = Math.round(s % 60);
    return Math.floor(s / 60) + ' min' + (rest === 0 ? '' : ' ' + String(rest).padStart(2, '0') + ' s');
  };
  const ms = (value) => (value < 1000 ? Number(value.toPrecision(3)) + ' ms' : duration(value / 1000));
  const percentile = (x) => 'p' + Number((100 * (1 - 10 ** -x)).toPrecision(5));
  const number = (value) => value == null ? '–' : String(Number(value.toPrecision(value < 1000 ? 3 : 6))).replace(/\B(?=(\d{3})+$)/g, ',');

  const percent = (value) => Number((value * 100).toPrecision(3)) + ' %';
  const inUnit = (chart, value) => (chart.unit === 'ms' ? ms(value) : chart.unit === 'share' ? percent(value) : number(value));

  /** The same stripes as in the static chart: colour is never the only cue. */
  const fill = (chart, line) => (u) => {
    const colour = css('--c-' + line.colour);
    if (!chart.patterns[line.colour]) return colour;
    const tile = document.createElement('canvas');
    tile.width = tile.height = px(6);
    const pen = tile.getContext('2d');
    pen.fillStyle = colour;
    pen.fillRect(0, 0, tile.width, tile.height);
    pen.scale(tile.width / 6, tile.height / 6);
    pen.strokeStyle = css('--paper');
    pen.lineWidth = 1.3;
    pen.stroke(new Path2D(chart.patterns[line.colour]));
    return u.ctx.createPattern(tile, 'repeat');
  };

  const stroke = (line) => () => css('--c-' + line.colour);
  const stepped = uPlot.paths.stepped({ align: 1 });

  /** Areas are drawn from the top edge of the stack down, each over the one before; the legend shows the raw value. */
  const rows = (chart) => {
    let below = chart.x.map(() => 0);
    const areas = chart.lines
      .filter((line) => line.shape === 'area')
      .map((line) => ({ line, values: (below = line.values.map((value, i) => (value ?? 0) + below[i])) }));
    const others = chart.lines.filter((line) => line.shape !== 'area').map((line) => ({ line, values: line.values }));
    return [...areas.reverse(), ...others];
  };

  const seriesOf = (chart, { line }) => ({
    label: line.label,
    stroke: stroke(line),
    fill: line.shape === 'area' ? fill(chart, line) : undefined,
    width: line.shape === 'area' ? 0 : 1.5,
    dash: line.shape === 'limit' ? [6, 4] : line.shape === 'dots' ? chart.dashes[line.colour] : undefined,
    paths: line.shape === 'area' || line.shape === 'step' ? stepped : undefined,
    spanGaps: line.shape === 'line',
    points: line.shape === 'dots' ? { show: line.values.length <= 120, size: 6, fill: stroke(line) } : { show: false },
    value: (u, _, __, index) => {
      const raw = index == null ? null : line.values[index];
      return raw == null ? '–' : inUnit(chart, raw) + (chart.unit === 'perSecond' ? '/s' : '');
    },
  });

  const axes = (chart) => {
    const look = { stroke: () => css('--soft'), grid: { stroke: () => css('--hair'), width: 1 }, ticks: { stroke: () => css('--rule'), width: 1, size: 5 }, font: '11.5px system-ui, sans-serif' };
    const share = chart.ticks.length > 0;
    return [
      { ...look, grid: { show: false }, size: 30,
        ...(share
          ? { splits: (u, _, min, max) => chart.ticks.map((tick) => tick.at).filter((at) => at >= min && at <= max),
              values: (u, splits) => splits.map((at) => chart.ticks.find((tick) => tick.at === at).label) }
          : { incrs: [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400], space: 90,
              values: (u, splits) => splits.map(duration) }) },
      { ...look, size: 62,
        ...(chart.log ? { splits: (u, _, min, max) => chart.yTicks.filter((at) => at >= min && at <= max) } : {}),
        values: (u, splits) => splits.map((at) => (at == null ? '' : inUnit(chart, at))) },
    ];
  };

  const options = (chart, drawn, width) => ({
    width,
    height: 300,
    scales: { x: { time: false, ...(chart.range === null ? {} : { range: chart.range }) }, y: chart.log ? { distr: 3, range: (u, min, max) => [min / 1.15, max * 1.15] } : { range: (u, min, max) => [0, (max || 1) * 1.05] } },
    series: [{ label: chart.xLabel, value: (u, x) => (x == null ? '–' : chart.ticks.length > 0 ? percentile(x) : duration(x)) },
      ...drawn.map((row) => seriesOf(chart, row))],
    axes: axes(chart),
    legend: { markers: { fill: (u, index) => (drawn[index - 1]?.line.shape === 'area' ? css('--c-' + drawn[index - 1].line.colour) : 'transparent') } },
    cursor: { points: { show: false }, drag: { x: true, y: false } },
  });

  const live = [];
  const draw = () => {
    for (const { plot } of live.splice(0)) plot.destroy();
    for (const chart of charts) {
      const figure = document.getElementById(chart.id);
      const host = figure === null ? null : figure.querySelector('.live-chart');
      if (host === null) continue;
      figure.classList.add('live');
      const drawn = rows(chart);
      const plot = new uPlot(options(chart, drawn, host.clientWidth), [chart.x, ...drawn.map((row) => row.values)], host);
      live.push({ plot, host });
    }
  };
  const resize = () => {
    for (const { plot, host } of live) {
      if (host.clientWidth > 0 && host.clientWidth !== plot.width) plot.setSize({ width: host.clientWidth, height: 300 });
    }
  };
  draw();
  addEventListener('resize', resize);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
`;
