'use strict';
const KINDS = [['done', 'done'], ['adopted', 'adopted'], ['no_work', 'without work'], ['failed', 'failed'],
  ['blocked', 'blocked'], ['running', 'running']];
const $ = id => document.getElementById(id);

function element(tag, attributes, ...children) {
  const svg = ['svg', 'g', 'polygon', 'rect', 'text', 'title'].includes(tag);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'click') node.addEventListener('click', value);
    else if (name === 'width' && !svg) node.style.width = value;
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  for (const child of children) node.append(child instanceof Node ? child : String(child));
  return node;
}

function fill(parent, ...children) { parent.replaceChildren(...children); }
const whole = n => n.toLocaleString('en');
function clock(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const two = n => String(n).padStart(2, '0');
  return Math.floor(s / 3600) + ':' + two(Math.floor(s / 60) % 60) + ':' + two(s % 60);
}
const short = n => n === null || n === undefined ? '' : Math.abs(n) >= 100 ? n.toFixed(0) : n.toPrecision(3);
const STEPS = ['ingest', 'calibs', 'step1', 'step2', 'step3', 'step4', 'step5', 'step6', 'step7'];
const core = seconds => seconds < 3600 ? (seconds / 60).toFixed(1) + ' core-min' : (seconds / 3600).toFixed(1) + ' core-h';
const ended = c => c.done + c.adopted + c.no_work + c.failed + c.blocked + c.skipped;
const percent = (part, all) => all > 0 ? Math.floor(100 * part / all) + ' %' : '0 %';

function cause(problem) {
  const message = problem.message;
  if (!message.startsWith(problem.task + '(')) return message;
  const files = message.indexOf(']: '), end = message.indexOf('): ');
  const from = files >= 0 && (end < 0 || files < end) ? files : end;
  return from < 0 ? message : message.slice(from + 3);
}

function verdict(run) {
  const c = run.totals, bad = c.failed + c.blocked;
  const failure = run.failures[0];
  const why = failure ? `; most often ${failure.errorClass} ${failure.errorCode} in ${failure.task}` : '';
  const trouble = bad > 0 ? `, ${whole(c.failed)} failed and ${whole(c.blocked)} are blocked by them${why}` : ', nothing failed';
  const seconds = run.forecast.seconds;
  let badge, tone, text;
  if (run.state === 'running') {
    badge = bad > 0 ? 'running, with failures' : 'running';
    tone = bad > 0 ? 'warn' : 'busy';
    const end = seconds === null ? '' : `, ends about ${new Date(Date.now() + 1000 * seconds).toLocaleTimeString()}`
      + ` (in ${clock(seconds)} \u00b1${Math.round(100 * run.forecast.errorFraction)} %)`;
    text = `in ${run.step}, ${STEPS.indexOf(run.step) + 1} of ${STEPS.length} steps${end}${trouble}.`;
  } else if (run.state === 'ended') {
    const code = run.launchExitCode;
    badge = bad > 0 ? 'ended, with failures' : code === 5 ? 'ended, stopped by a gate' : code > 0 ? `ended, exit code ${code}` : 'ended well';
    tone = bad > 0 || code > 0 ? 'bad' : 'good';
    text = `after ${clock(run.elapsedSeconds)}${trouble}.`;
  } else if (run.state === 'stopped') {
    badge = 'stopped'; tone = 'bad';
    text = `nobody works on it, ${whole(c.running)} quanta were begun${trouble}. Launch it again to go on.`;
  } else {
    badge = run.state; tone = run.state === 'paused' ? 'bad' : 'busy';
    text = run.state === 'paused' ? 'the disk is full; it goes on by itself when there is room.' : 'no quantum has begun.';
  }
  $('badge').textContent = badge;
  $('badge').className = 'badge ' + tone;
  $('sentence').textContent = text;
  document.title = `${badge} - ${run.run} - Starbeam`;
}

function segments(c) {
  const total = Math.max(1, c.total);
  return KINDS.filter(([kind]) => c[kind] > 0).map(([kind, name]) =>
    element('span', {class: kind, width: 100 * c[kind] / total + '%', title: `${whole(c[kind])} ${name}`}));
}

function head(run) {
  const c = run.totals;
  verdict(run);
  $('run').textContent = run.run;
  fill($('bar'), ...segments(c));
  $('bar').setAttribute('aria-label', `${percent(ended(c), c.total)} of ${whole(c.total)} quanta ended`);
  const rest = c.total - ended(c) - c.running;
  fill($('legend'), ...KINDS.map(([kind, name]) => element('li', {}, element('i', {class: kind}), `${whole(c[kind])} ${name}`)),
    ...(rest > 0 ? [element('li', {}, element('i', {class: 'rest'}), `${whole(rest)} to come`)] : []));
  const rate = run.tasks.reduce((sum, t) => sum + t.perMinute, 0);
  const figures = [
    run.planned ? [percent(ended(c), c.total), `of ${whole(c.total)} quanta`]
      : [whole(ended(c)), run.state === 'ended' ? 'quanta' : 'quanta so far, no plan'],
    [clock(run.elapsedSeconds), 'worked'],
    [run.forecast.seconds === null ? (run.state === 'running' ? 'unknown' : '-') : clock(run.forecast.seconds), 'left'],
    [rate.toFixed(rate < 10 ? 1 : 0), 'quanta a minute'],
    [run.slotEfficiency === null ? '-' : Math.round(100 * run.slotEfficiency) + ' %', `of ${run.slots} slots used`],
    [core(run.coreSeconds), 'spent'],
    [whole(c.degraded), 'degraded']];
  fill($('figures'), ...figures.map(([value, name]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
}

function table(target, heads, rows) {
  const cells = heads.map(([name, kind]) => element('th', {scope: 'col', class: kind}, name));
  fill(target, element('thead', {}, element('tr', {}, ...cells)), element('tbody', {}, ...rows));
}

const count = (n, tone) => element('td', {class: 'n ' + (n === 0 ? 'zero' : tone || '')}, whole(n));

function failures(run) {
  const all = [...run.failures, ...run.caveats];
  $('failureSection').querySelector('h2').textContent = run.failures.length > 0 ? 'What failed'
    : run.caveats.length > 0 ? 'Nothing failed; what is degraded' : 'Nothing failed';
  table($('failures'), all.length === 0 ? [] : [['quanta', 'n'], ['kind'], ['task'], ['for example']],
    all.slice(0, 12).map(f => element('tr', {},
      count(f.count, f.errorClass === 'DEGRADED' ? 'warnnumber' : 'badnumber'),
      element('td', {}, (f.errorClass === 'DEGRADED' ? 'degraded: ' : f.errorClass + ' ') + f.errorCode),
      element('td', {}, f.task),
      element('td', {}, element('button', {type: 'button', click: () => detail(f.exampleId)}, f.example || f.task),
        ' ', element('span', {class: 'message'}, cause(f).slice(0, 240))))));
}

function matrix(run) {
  const windows = [...new Set(run.windows.map(w => w.window))].sort().slice(-40);
  const begun = new Set(run.windows.map(w => w.step));
  const steps = run.state === 'ended' ? STEPS.filter(s => begun.has(s)) : STEPS;
  const heads = element('tr', {}, element('th', {}), ...windows.map(w => element('th', {scope: 'col'}, w)));
  const rows = steps.map(step => element('tr', {class: begun.has(step) ? '' : 'tocome'},
    element('th', {scope: 'row'}, step), ...(begun.has(step) ? [] : [element('td', {colspan: windows.length + 1}, 'to come')]), ...windows.map(window => {
    const found = run.windows.find(w => w.step === step && w.window === window);
    if (!begun.has(step)) return '';
    if (!found) return element('td', {});
    const words = KINDS.filter(([k]) => found[k] > 0).map(([k, n]) => `${whole(found[k])} ${n}`).join(', ');
    const bad = found.failed + found.blocked;
    return element('td', {}, element('div', {class: 'cell', title: `${step} ${window}: ${words}`},
      element('b', {}, `${whole(ended(found) - bad)}/${whole(found.total)}` + (bad > 0 ? ` \u2717${whole(bad)}` : '')),
      element('div', {class: 'fill'}, ...segments(found))));
  })));
  fill($('matrix'), element('thead', {}, heads), element('tbody', {}, ...rows));
}

function tasks(run) {
  table($('tasks'), [['step'], ['task'], ['total', 'n'], ['done', 'n'], ['adopted', 'n'], ['failed', 'n'], ['blocked', 'n'],
    ['no work', 'n'], ['running', 'n'], ['degraded', 'n'], ['per min', 'n'], ['p50 s', 'n'], ['p95 s', 'n'], ['core-min', 'n']],
    run.tasks.map(t => element('tr', {}, element('td', {}, t.step), element('th', {scope: 'row'}, t.task), count(t.total),
      count(t.done), count(t.adopted), count(t.failed, 'badnumber'), count(t.blocked, 'warnnumber'), count(t.no_work + t.skipped),
      count(t.running), count(t.degraded, 'warnnumber'), element('td', {class: 'n'}, t.perMinute.toFixed(1)),
      element('td', {class: 'n'}, short(t.p50Seconds)), element('td', {class: 'n'}, short(t.p95Seconds)),
      element('td', {class: 'n'}, (t.coreSeconds / 60).toFixed(1)))));
}

function slowest(run) {
  table($('slowest'), [['seconds', 'n'], ['CPU s', 'n'], ['task'], ['data id'], ['window'], ['worker']],
    run.slowest.slice(0, 10).map(q => element('tr', {}, element('td', {class: 'n'}, q.wallSeconds.toFixed(1)),
      element('td', {class: 'n'}, q.cpuSeconds.toFixed(1)), element('td', {}, q.task),
      element('td', {}, element('button', {type: 'button', click: () => detail(q.id)}, q.dataId || '(all)')),
      element('td', {}, q.window), element('td', {}, q.worker))));
}

function tone(c) {
  return c.failed > 0 ? 'failed' : c.blocked > 0 ? 'blocked' : c.running > 0 ? 'running' : c.done > 0 ? 'done'
    : c.adopted > 0 ? 'adopted' : 'no_work';
}
const colour = kind => getComputedStyle(document.documentElement).getPropertyValue('--' + kind.replace('_', '')).trim();

function dark(paint) {
  const parts = paint.startsWith('#') ? [1, 3, 5].map(i => parseInt(paint.slice(i, i + 2), 16)) : paint.match(/\d+/g).map(Number);
  return 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 140;
}

function ramp(share) {
  const stops = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  const place = Math.min(3.999, Math.max(0, share * 4)), i = Math.floor(place), t = place - i;
  return 'rgb(' + stops[i].map((v, k) => Math.round(v + t * (stops[i + 1][k] - v))).join(',') + ')';
}

function focal(cells, metric) {
  const placed = cells.every(c => c.corners.length === 8);
  const grid = Math.ceil(Math.sqrt(cells.length));
  const shape = (cell, i) => placed ? cell.corners.map((v, k) => k % 2 ? -v : v)
    : [[0, 0], [1, 0], [1, 1], [0, 1]].flatMap(([x, y]) => [(i % grid + x) * 10, (Math.floor(i / grid) + y) * 10]);
  const shapes = cells.map(shape), all = shapes.flat();
  const xs = all.filter((v, k) => k % 2 === 0), ys = all.filter((v, k) => k % 2);
  if (cells.length === 0) { fill($('focal'), element('p', {class: 'hint'}, 'No detector yet.')); return; }
  const x0 = Math.min(...xs), y0 = Math.min(...ys), height = 100 * (Math.max(...ys) - y0) / Math.max(Math.max(...xs) - x0, Math.max(...ys) - y0), size = Math.max(Math.max(...xs) - x0, Math.max(...ys) - y0);
  const values = cells.map(c => c.value).filter(v => v !== null), low = Math.min(...values), high = Math.max(...values);
  const scale = 100 / size;
  const polygons = cells.map((cell, i) => {
    const points = shapes[i].map((v, k) => (v - (k % 2 ? y0 : x0)) * scale);
    const kind = tone(cell.counts);
    const paint = metric ? (cell.value === null ? colour('rest') : ramp(high > low ? (cell.value - low) / (high - low) : 0.5)) : colour(kind);
    const cx = (points[0] + points[4]) / 2, cy = (points[1] + points[5]) / 2;
    const label = metric ? short(cell.value) : cell.counts.failed + cell.counts.blocked > 0 ? '\u2717' + (cell.counts.failed + cell.counts.blocked) : '';
    return element('g', {}, element('polygon', {points: points.join(' '), fill: paint, class: 'frame'},
      element('title', {}, `${cell.name} (${cell.detector}): ${cell.counts.done + cell.counts.adopted} done, ${cell.counts.failed} failed, `
        + `${cell.counts.blocked} blocked${metric ? `; ${metric} ${short(cell.value)} of ${cell.frames} frames` : ''}`)),
      element('text', {x: cx, y: cy + 1, class: dark(paint) ? 'ondark' : 'onlight'}, cells.length <= 40 ? `${cell.name} ${label}` : label));
  });
  const range = metric && values.length ? `${metric}: ${short(low)} (dark) to ${short(high)} (bright), median of each detector's frames`
    : 'Worst status of each detector; numbers count failed and blocked quanta.';
  fill($('focal'), element('svg', {viewBox: `-1 -1 102 ${height + 2}`, role: 'img', 'aria-label': 'focal plane'}, ...polygons),
    element('p', {class: 'hint'}, range));
}

function tracts(cells) {
  if (cells.length === 0) { fill($('tracts'), element('p', {class: 'hint'}, 'No patch yet.')); return; }
  const names = [...new Set(cells.map(c => c.tract))];
  fill($('tracts'), ...names.slice(0, 12).map(name => {
    const own = cells.filter(c => c.tract === name);
    const x0 = Math.min(...own.map(c => c.x)), y0 = Math.min(...own.map(c => c.y));
    const size = Math.max(...own.map(c => Math.max(c.x - x0, c.y - y0))) + 1, side = 100 / size;
    const bottom = Math.max(...own.map(c => c.y - y0)) + 1;
    return element('div', {}, element('p', {class: 'hint'}, `tract ${name}, ${own.length} patches`),
      element('svg', {viewBox: `-1 -1 102 ${bottom * side + 2}`, role: 'img', 'aria-label': `patches of tract ${name}`}, ...own.map(c => {
        const bad = c.counts.failed + c.counts.blocked;
        return element('g', {}, element('rect', {x: (c.x - x0) * side, y: (bottom - 1 - c.y + y0) * side, width: side, height: side,
          fill: colour(tone(c.counts)), class: 'frame'},
          element('title', {}, `patch ${c.patch}: ${c.counts.done + c.counts.adopted} done, ${c.counts.failed} failed, ${c.counts.blocked} blocked, ${c.counts.running} running`)),
          element('text', {class: dark(colour(tone(c.counts))) ? 'ondark' : 'onlight', x: (c.x - x0 + 0.5) * side, y: (bottom - 0.5 - c.y + y0) * side + 1}, size <= 12 ? c.patch + (bad > 0 ? ` \u2717${bad}` : '') : bad > 0 ? '\u2717' : ''));
      })));
  }));
}

async function get(path) {
  const response = await fetch('/api/v1/' + path);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

async function detail(id) {
  const [quantum, log] = await Promise.all([get('quanta/' + id), get(`quanta/${id}/log`)]);
  $('detail').hidden = false;
  $('detailTitle').textContent = `${quantum.task}(${quantum.dataId})`;
  const {record, ...known} = quantum;
  const lines = [`${known.status} ${known.error}${known.caveats}, attempt ${known.attempt}, ${known.wallSeconds.toFixed(1)} s on ${known.worker}`];
  if (record && record.message) lines.push(record.message);
  if (record && record.rootCauses.length > 0) lines.push('because of ' + record.rootCauses.join('; '));
  if (record && record.stack) lines.push(record.stack);
  $('detailText').textContent = lines.join('\n');
  $('detailLog').textContent = log.length === 0 ? 'no log lines'
    : log.map(l => `${l.t} ${l.level} ${l.msg}`).join('\n');
  $('detail').scrollIntoView({behavior: 'smooth'});
}

let mapsAt = 0;
async function maps() {
  if (Date.now() - mapsAt < 5000) return;
  mapsAt = Date.now();
  const metric = $('metric').value;
  const [detectors, patches, gates] = await Promise.all([get('detectors?metric=' + encodeURIComponent(metric)), get('patches'), get('gates')]);
  focal(detectors, metric);
  tracts(patches);
  $('gateSection').hidden = gates.gates.length === 0;
  const tones = {fail: 'badnumber', unknown: 'warnnumber'};
  table($('gates'), [['step'], ['gate'], ['severity'], ['verdict'], ['value', 'n'], ['allowed'], ['why']], gates.gates.map(g =>
    element('tr', {}, element('td', {}, g.step), element('td', {title: g.metric}, g.id), element('td', {}, g.severity),
      element('td', {class: tones[g.verdict] || ''}, g.verdict + (g.accepted ? ' (accepted)' : '')),
      element('td', {class: 'n'}, short(g.value)), element('td', {}, g.allowed ?? ''), element('td', {class: 'message'}, g.why ?? ''))));
}

function show(run) {
  head(run); failures(run); matrix(run); tasks(run); slowest(run);
  maps().catch(e => fill($('focal'), e.message));
}

const METRICS = ['seeing', 'skyBg', 'skyNoise', 'zeroPoint', 'magLim', 'nPsfStar', 'nSource'];
$('metric').append(element('option', {value: ''}, 'status'), ...METRICS.map(m => element('option', {value: m}, m)));
$('metric').addEventListener('change', () => { mapsAt = 0; maps(); });

function follow() {
  const source = new EventSource('/api/v1/events');
  source.addEventListener('run', event => show(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    $('badge').textContent = 'not connected';
    $('badge').className = 'badge bad';
    $('sentence').textContent = 'the server does not answer; what you see is old.';
  });
}

// With ?still the page shows the run once and does not follow it, for printing.
if (new URLSearchParams(location.search).has('still')) get('run').then(show); else follow();
