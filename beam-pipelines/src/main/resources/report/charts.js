'use strict';
/* Charts of a report's page: one for each column of the table below them, a point for each row in the order of the
   rows, which is that of time: a survey has more gaps than nights. A band is a colour and a shape. The library is
   uPlot; the shapes and the lines of limits are drawn over what it draws. */
const $ = id => document.getElementById(id);

function node(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children.map(child => (child instanceof Node ? child : String(child))));
  return made;
}

/** A colour that the style sheet names. */
const color = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

/** A number as short as an axis needs it. */
const short = value => (Math.abs(value) >= 1e5 ? value.toExponential() : String(Number(value.toPrecision(6))));

/** Shapes of bands as paths around a point. */
const SHAPES = [
  (c, x, y, r) => c.arc(x, y, r, 0, 2 * Math.PI),
  (c, x, y, r) => c.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r),
  (c, x, y, r) => polygon(c, [[x, y - 1.2 * r], [x + 1.1 * r, y + 0.8 * r], [x - 1.1 * r, y + 0.8 * r]]),
  (c, x, y, r) => polygon(c, [[x, y - 1.3 * r], [x + 1.3 * r, y], [x, y + 1.3 * r], [x - 1.3 * r, y]]),
  (c, x, y, r) => polygon(c, [[x, y + 1.2 * r], [x + 1.1 * r, y - 0.8 * r], [x - 1.1 * r, y - 0.8 * r]]),
  (c, x, y, r) => { c.rect(x - 1.3 * r, y - 0.4 * r, 2.6 * r, 0.8 * r); c.rect(x - 0.4 * r, y - 1.3 * r, 0.8 * r, 2.6 * r); },
];

function polygon(context, corners) {
  corners.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
}

/** The table that all charts of the page are drawn from. */
class Series {
  constructor(table) {
    this.visits = table.dataset.visits;
    this.heads = [...table.tHead.rows[0].cells];
    this.rows = [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent));
    const named = name => this.heads.findIndex(head => head.textContent === name);
    this.at = { visit: named('visit'), night: named('night'), band: named('band') };
    this.places = this.rows.map((row, k) => k);
    this.nights = this.places.filter(k => k === 0 || this.night(k) !== this.night(k - 1));
    const order = 'ugrizy';
    const rank = band => (order.includes(band) ? order.indexOf(band) : order.length);
    this.bands = [...new Set(this.rows.map(row => row[this.at.band]))].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  }

  night(row) { return this.rows[row][this.at.night]; }

  /** Rows with which a night begins, so many that their names have room. */
  ticks(u, axis, low, high) {
    const room = 76 * (high - low) / u.width;
    const out = [];
    for (const k of this.nights) {
      if (k >= low && k <= high && (!out.length || k - out[out.length - 1] >= room)) out.push(k);
    }
    return out;
  }

  /** Columns that are drawn, by their places. */
  get columns() { return this.heads.flatMap((head, k) => (head.dataset.name ? [k] : [])); }

  /** Values of a column in a band, null in all other rows. */
  values(column, band) {
    return this.rows.map(row => (row[this.at.band] === band && row[column] !== '' ? Number(row[column]) : null));
  }
}

class Chart {
  constructor(page, column, index) {
    this.page = page;
    this.column = column;
    const { name, unit, meaning, limits, said } = page.series.heads[column].dataset;
    this.name = name;
    this.unit = unit;
    this.limits = limits ? limits.split(' ').map(Number) : [];
    this.data = [page.series.places, ...page.series.bands.map(band => page.series.values(column, band))];
    const all = this.data.slice(1).flat().filter(value => value !== null);
    this.low = all.reduce((a, b) => Math.min(a, b), Infinity);
    this.high = all.reduce((a, b) => Math.max(a, b), -Infinity);
    const title = name + (unit ? ' [' + unit + ']' : '');
    this.plotted = node('div', { role: 'img', class: 'plot', 'aria-label': title + ' in the order of time: ' + all.length + ' values from ' + this.low + ' to ' + this.high + '. The table of the charts has them.' });
    const caption = node('figcaption', { id: 'chart-' + index }, node('strong', {}, title + '.'), ' ' + (meaning ? meaning + ' ' : '') + '(n = ' + all.length + ')');
    if (said) caption.append(' Gate or limit: ' + said + (this.limits.some(l => !this.isNear(l)) ? ' (beyond the chart)' : '') + '.');
    this.figure = node('figure', {}, this.plotted, caption);
  }

  /** Whether a limit can be drawn without squeezing the points into a corner. */
  isNear(limit) {
    const range = this.high - this.low;
    return limit > this.low - 2 * range && limit < this.high + 2 * range;
  }

  draw() {
    if (this.plot) this.plot.destroy();
    const axis = { stroke: color('ink'), grid: { stroke: color('line'), width: 1 }, ticks: { stroke: color('line'), width: 1 }, font: '12px system-ui, sans-serif' };
    const reach = () => {
      const near = this.limits.filter(l => this.isNear(l));
      const low = Math.min(this.low, ...near);
      const high = Math.max(this.high, ...near);
      return [low - 0.06 * (high - low), high + 0.06 * (high - low)];
    };
    this.plot = new uPlot({
      width: this.plotted.clientWidth || 400,
      height: 220,
      legend: { show: false },
      scales: { x: { time: false, range: (u, low, high) => [low - 0.6, high + 0.6] }, y: { range: reach } },
      axes: [{ ...axis, splits: (u, ...range) => this.page.series.ticks(u, ...range), values: (u, ticks) => ticks.map(k => this.page.series.night(k)) }, { ...axis, size: 64, values: (u, ticks) => ticks.map(short) }],
      cursor: { sync: { key: 'visits' }, points: { show: false }, y: false, drag: { x: true, y: false } },
      series: [{}, ...this.page.series.bands.map((band, k) => ({ label: band, show: this.page.isShown(k), paths: () => null, points: { show: false } }))],
      hooks: { draw: [u => this.over(u)], setCursor: [u => this.page.point(this, u)] },
    }, this.data, this.plotted);
  }

  /** The points and the limits. */
  over(u) {
    const c = u.ctx;
    const ratio = devicePixelRatio;
    const { left, top, width, height } = u.bbox;
    c.save();
    c.beginPath();
    c.rect(left, top, width, height);
    c.clip();
    this.page.series.bands.forEach((band, k) => {
      if (!this.page.isShown(k)) return;
      c.fillStyle = color('band' + (k % SHAPES.length));
      this.data[k + 1].forEach((value, row) => {
        if (value === null) return;
        c.beginPath();
        SHAPES[k % SHAPES.length](c, u.valToPos(this.data[0][row], 'x', true), u.valToPos(value, 'y', true), 3 * ratio);
        c.fill();
      });
    });
    c.strokeStyle = color('bad');
    c.lineWidth = 1.5 * ratio;
    c.setLineDash([6 * ratio, 4 * ratio]);
    for (const limit of this.limits) {
      const y = u.valToPos(limit, 'y', true);
      c.beginPath();
      c.moveTo(left, y);
      c.lineTo(left + width, y);
      c.stroke();
    }
    c.restore();
  }
}

class ChartPage {
  constructor(table) {
    this.series = new Series(table);
    this.hidden = new Set();
    this.charts = this.series.columns.map((column, k) => new Chart(this, column, k));
    $('charts').hidden = false;
    $('numbers-of-charts').open = false;
    this.controls();
    $('plots').append(...this.charts.map(chart => chart.figure));
    this.draw();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    new ResizeObserver(() => this.fit()).observe($('plots'));
  }

  isShown(band) { return !this.hidden.has(band); }

  controls() {
    this.series.bands.forEach((band, k) => {
      const input = node('input', { type: 'checkbox', 'data-band': band });
      input.checked = true;
      input.addEventListener('change', () => {
        if (input.checked) this.hidden.delete(k);
        else this.hidden.add(k);
        for (const chart of this.charts) chart.plot.redraw();
      });
      const mark = node('canvas', { width: 28, height: 28, 'aria-hidden': 'true', 'data-mark': k });
      $('bands').append(node('label', {}, input, mark, band || 'no band'));
    });
  }

  draw() {
    for (const mark of document.querySelectorAll('canvas[data-mark]')) {
      const c = mark.getContext('2d');
      const k = Number(mark.dataset.mark) % SHAPES.length;
      c.clearRect(0, 0, 28, 28);
      c.fillStyle = color('band' + k);
      c.beginPath();
      SHAPES[k](c, 14, 14, 8);
      c.fill();
    }
    for (const chart of this.charts) chart.draw();
  }

  fit() {
    for (const chart of this.charts) {
      const width = chart.plotted.clientWidth;
      if (width && width !== chart.plot.width) chart.plot.setSize({ width, height: 220 });
    }
  }

  /** Tells of the row under the pointer; of the charts that follow it nothing is told. */
  point(chart, u) {
    const row = u.cursor.idx;
    if (row === null || row === undefined || !u.cursor.event) return;
    const cells = this.series.rows[row];
    const { visit, night, band } = this.series.at;
    const which = visit < 0 ? ['night ', cells[night]] : ['visit ', this.series.visits ? node('a', { href: this.series.visits + cells[visit] }, cells[visit]) : cells[visit], ', night ' + cells[night]];
    $('read').replaceChildren(...which, ', ' + cells[band] + ': ' + chart.name + ' ' + (cells[chart.column] || 'not measured') + (cells[chart.column] && chart.unit ? ' ' + chart.unit : ''));
  }
}

window.chartPage = new ChartPage($('drawn'));
