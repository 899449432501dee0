'use strict';
/* The sky view of a report. Places on a field are pixels of its deepest zoom from the upper left corner of its
   square; Leaflet's plane (CRS.Simple) has 256 units a side: lng = x / 2^depth, lat = -y / 2^depth. */
const SB = (() => {
  const data = {};
  const waiting = {};
  return {
    put(key, value) {
      data[key] = value;
      if (key === 'view') whenReady(() => SkyView.start(value));
      for (const then of waiting[key] || []) then(value);
    },
    /** Hands over the rows of a data file, from its script the first time. */
    rows(key, then) {
      if (data[key]) then(data[key]);
      else if (waiting[key]) waiting[key].push(then);
      else {
        waiting[key] = [then];
        const script = document.createElement('script');
        script.src = 'data/sky/' + key + '.js';
        script.addEventListener('error', () => complain('Rows are missing: the directory data belongs beside this page as a whole.'));
        document.head.append(script);
      }
    },
  };
  function whenReady(start) {
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
    else start();
  }
})();

/** The gnomonic plane of a field: what SkyPicture is on the other side. */
class Plane {
  constructor(field) {
    this.ra0 = field.ra * Math.PI / 180;
    this.dec0 = field.dec * Math.PI / 180;
    this.half = Math.tan(field.widthDeg * Math.PI / 360);
    this.size = 256 * 2 ** field.depth;
  }

  /** {ra, dec} in degrees of a place. */
  sky(x, y) {
    const xi = this.half * (1 - 2 * x / this.size);
    const eta = this.half * (1 - 2 * y / this.size);
    const below = Math.cos(this.dec0) - eta * Math.sin(this.dec0);
    const ra = (this.ra0 + Math.atan2(xi, below)) * 180 / Math.PI;
    const dec = Math.atan2(Math.sin(this.dec0) + eta * Math.cos(this.dec0), Math.hypot(xi, below));
    return { ra: ((ra % 360) + 360) % 360, dec: dec * 180 / Math.PI };
  }

  /** Place of a direction in degrees; null beyond the horizon of the plane. */
  place(ra, dec) {
    const a = ra * Math.PI / 180 - this.ra0;
    const d = dec * Math.PI / 180;
    const depth = Math.sin(d) * Math.sin(this.dec0) + Math.cos(d) * Math.cos(this.dec0) * Math.cos(a);
    if (!(depth > 0)) return null;
    const xi = Math.cos(d) * Math.sin(a) / depth;
    const eta = (Math.sin(d) * Math.cos(this.dec0) - Math.cos(d) * Math.sin(this.dec0) * Math.cos(a)) / depth;
    return { x: this.size / 2 * (1 - xi / this.half), y: this.size / 2 * (1 - eta / this.half) };
  }

  /** Arcsec of a pixel at the centre. */
  get pixel() {
    return 2 * this.half / this.size * 180 / Math.PI * 3600;
  }
}

/** Angles as people write them. */
const Angle = {
  sexagesimal(value, digits, sign) {
    const scale = 10 ** digits;
    const total = Math.round(Math.abs(value) * 3600 * scale);
    const seconds = total % (60 * scale);
    const minutes = Math.floor(total / (60 * scale)) % 60;
    const two = n => String(n).padStart(2, '0');
    const text = (seconds / scale).toFixed(digits).padStart(digits + 3, '0');
    return (sign ? (value < 0 ? '-' : '+') : '') + two(Math.floor(total / (3600 * scale))) + ':' + two(minutes) + ':' + text;
  },
  degrees: (ra, dec) => ra.toFixed(5) + ' ' + (dec < 0 ? '' : '+') + dec.toFixed(5),
  words: (ra, dec) => Angle.degrees(ra, dec) + ' (' + Angle.sexagesimal(ra / 15, 2, false) + ' ' + Angle.sexagesimal(dec, 1, true) + ')',
  /** {ra, dec} of "150.1 2.2" or "10:00:27.9 +02:12:20"; null when it is neither. */
  parse(text) {
    const parts = text.trim().split(/[\s,;]+/);
    if (parts.length !== 2) return null;
    const hours = parts[0].includes(':');
    const [ra, dec] = parts.map(part => {
      if (!/^[+-]?\d+(\.\d*)?(:\d+(\.\d*)?){0,2}$/.test(part)) return NaN;
      const value = part.replace(/^[+-]/, '').split(':').reduce((sum, p, k) => sum + Number(p) / 60 ** k, 0);
      return part.startsWith('-') ? -value : value;
    });
    const out = { ra: hours ? ra * 15 : ra, dec };
    return out.ra >= -180 && out.ra <= 360 && Math.abs(dec) <= 90 ? out : null;
  },
};

const $ = id => document.getElementById(id);

/** What is wrong, above the picture; nothing when empty. */
function complain(text) {
  $('wrong').textContent = text;
}

function node(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children.map(child => (child instanceof Node ? child : String(child))));
  return made;
}

class SkyView {
  static start(view) {
    window.skyView = new SkyView(view);
  }

  constructor(view) {
    this.view = view;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    $('view').hidden = false;
    $('missing').hidden = true;
    this.map = L.map('sky', {
      crs: L.CRS.Simple, attributionControl: false, maxBoundsViscosity: 0.8, zoomAnimation: !calm, fadeAnimation: !calm,
      inertia: !calm, markerZoomAnimation: !calm, renderer: L.canvas({ padding: 0.2 }), keyboardPanDelta: 60,
    });
    this.rings = L.layerGroup().addTo(this.map);
    this.outlines = L.layerGroup().addTo(this.map);
    this.mark = L.layerGroup().addTo(this.map);
    this.shown = new Set(view.catalogues.filter(c => c.shown).map(c => c.key));
    this.controls();
    this.compass();
    this.map.on('moveend', () => { this.draw(); this.tell(this.map.getCenter(), 'centre '); this.announce(); });
    this.map.on('mousemove', e => this.tell(e.latlng, ''));
    this.map.on('click', e => this.choose(e.latlng, matchMedia('(pointer: coarse)').matches ? 24 : 14));
    $('sky').addEventListener('keydown', e => {
      if (e.key === 'Enter' && e.target === $('sky')) {
        e.preventDefault();
        this.choose(this.map.getCenter(), Infinity, true);
      }
    });
    this.open(0);
    window.addEventListener('hashchange', () => this.follow(SkyView.address()));
    this.follow(SkyView.address());
  }

  /** The position in the page's address; an escape that is none is left as it is. */
  static address() {
    const text = location.hash.slice(1);
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  /** Controls that the data call for. */
  controls() {
    const box = (key, title, mark, on) => {
      const input = node('input', { type: 'checkbox', 'data-layer': key });
      input.checked = on;
      input.addEventListener('change', () => this.toggle(key, input.checked));
      $('layers').append(node('label', {}, input, mark, title));
    };
    for (const c of this.view.catalogues) {
      const { color, shape } = SkyView.MARKS[c.mark];
      box(c.key, c.title + ' (' + c.drawn.toLocaleString('en') + ')', node('i', { class: shape + (c.flagged ? ' flagged' : ''), 'aria-hidden': 'true', style: 'color: ' + color }), this.shown.has(c.key));
    }
    box('outline', 'Tracts and patches', node('i', { class: 'outline', 'aria-hidden': 'true', style: 'color: ' + SkyView.OUTLINE }), true);
    const field = $('field');
    this.view.fields.forEach((f, k) => field.append(node('option', { value: k }, (k + 1) + ': ' + Angle.degrees(f.ra, f.dec))));
    $('choose').hidden = this.view.fields.length < 2;
    field.addEventListener('change', () => this.open(Number(field.value)));
    $('controls').addEventListener('submit', e => { e.preventDefault(); this.follow($('goto').value, true); });
    for (const link of document.querySelectorAll('a[data-catalogue]')) {
      link.addEventListener('click', e => { e.preventDefault(); this.visit(link.dataset); });
    }
  }

  compass() {
    const control = L.control({ position: 'bottomleft' });
    control.onAdd = () => { this.scale = node('div', { class: 'compass', 'aria-hidden': 'true' }); return this.scale; };
    control.addTo(this.map);
  }

  latLng(x, y) { return L.latLng(-y / this.unit, x / this.unit); }

  place(latLng) { return { x: latLng.lng * this.unit, y: -latLng.lat * this.unit }; }

  /** Shows a field as a whole. */
  open(index) {
    const field = this.view.fields[index];
    this.index = index;
    this.field = field;
    this.plane = new Plane(field);
    this.unit = 2 ** field.depth;
    $('field').value = index;
    if (this.tiles) this.tiles.remove();
    this.tiles = new Tiles(field).addTo(this.map);
    this.tiles.on('tileerror', () => complain('Tiles are missing: the directory sky belongs beside this page as a whole.'));
    const bounds = Tiles.bounds(field);
    const most = field.depth + 3;
    this.map.setMinZoom(0).setMaxZoom(most).setMaxBounds(bounds.pad(0.5));
    this.map.setMinZoom(Math.max(0, Math.min(field.depth, this.map.getBoundsZoom(bounds) - 1)));
    this.outlineLayers();
    this.mark.clearLayers();
    this.map.fitBounds(bounds, { animate: false });
  }

  outlineLayers() {
    this.outlines.clearLayers();
    for (const o of this.field.outlines) {
      const corners = [0, 2, 4, 6].map(k => this.latLng(o.at[k], o.at[k + 1]));
      const tract = o.patch < 0;
      this.outlines.addLayer(L.polygon(corners, { color: SkyView.OUTLINE, weight: tract ? 3 : 1, fill: false, interactive: false }));
    }
  }

  toggle(key, on) {
    if (key === 'outline') {
      if (on) this.outlines.addTo(this.map);
      else this.outlines.remove();
    } else {
      if (on) this.shown.add(key);
      else this.shown.delete(key);
      this.draw();
    }
  }

  /** Squares of a catalogue that a view needs: those it meets, down to two zooms above its own, which are few. */
  squares(catalogue) {
    const zoom = Math.max(0, this.map.getZoom() - 2);
    const view = this.map.getBounds().pad(0.1);
    const flat = catalogue.nodes[this.index];
    const keys = [];
    for (let k = 0; k < flat.length; k += 3) {
      const side = 256 / 2 ** flat[k];
      const square = L.latLngBounds([-flat[k + 2] * side, flat[k + 1] * side], [-(flat[k + 2] + 1) * side, (flat[k + 1] + 1) * side]);
      if (flat[k] <= zoom && square.intersects(view)) keys.push([catalogue.key, this.index, flat[k], flat[k + 1], flat[k + 2]].join('-'));
    }
    return keys;
  }

  /** Draws the rows in view; squares that are still to be read are drawn when they come. */
  draw() {
    const drawing = (this.drawing || 0) + 1;
    this.drawing = drawing;
    this.rings.clearLayers();
    this.rows = [];
    const view = this.map.getBounds().pad(0.2);
    const wanted = this.view.catalogues.filter(c => this.shown.has(c.key)).flatMap(c => this.squares(c).map(key => [c, key]));
    this.coming = wanted.length;
    for (const [catalogue, key] of wanted) {
      SB.rows(key, rows => {
        if (this.drawing !== drawing) return;
        this.coming--;
        for (const row of rows) this.ring(catalogue, row, view);
      });
    }
  }

  ring(catalogue, row, view) {
    const at = this.latLng(row[1], row[2]);
    if (!view.contains(at)) return;
    this.rows.push({ catalogue, row, at });
    const radius = row[3] === null ? 5 : Math.max(5, Math.min(14, 24 - row[3] * 0.8));
    const { color, shape } = SkyView.MARKS[catalogue.mark];
    this.rings.addLayer(new Mark(at, {
      radius: shape === 'diamond' ? radius + 3 : radius, shape, color, weight: catalogue.flagged ? 1 : 1.5, fill: false, interactive: false,
      flagged: catalogue.flagged, opacity: catalogue.flagged ? 0.6 : 1, dashArray: row[4] ? '3 3' : null,
    }));
  }

  /** Tells of the row nearest to a point within so many pixels of the screen. */
  choose(latLng, reach, focus) {
    const point = this.map.latLngToContainerPoint(latLng);
    let best = null;
    let least = reach;
    for (const candidate of this.rows) {
      const distance = point.distanceTo(this.map.latLngToContainerPoint(candidate.at));
      if (distance < least || (!best && distance <= least)) {
        best = candidate;
        least = distance;
      }
    }
    if (best) this.tellRow(best.catalogue, best.row, focus);
    else this.say('Nothing of the catalogues there.');
    return best;
  }

  /** Goes to a row of the table below, which the squares have. */
  visit(wanted) {
    if (Number(wanted.field) !== this.index) this.open(Number(wanted.field));
    const catalogue = this.view.catalogues.find(c => c.key === wanted.catalogue);
    const at = this.latLng(Number(wanted.x), Number(wanted.y));
    this.map.setView(at, Math.max(this.map.getZoom(), this.field.depth), { animate: false });
    const flat = catalogue.nodes[this.index];
    for (let k = 0; k < flat.length; k += 3) {
      const scale = 2 ** flat[k] / this.plane.size;
      if (flat[k + 1] === Math.floor(wanted.x * scale) && flat[k + 2] === Math.floor(wanted.y * scale)) {
        SB.rows([catalogue.key, this.index, flat[k], flat[k + 1], flat[k + 2]].join('-'), rows => {
          const row = rows.find(r => r[0] === wanted.id);
          if (row) this.tellRow(catalogue, row, true);
        });
      }
    }
    $('sky').scrollIntoView({ block: 'nearest' });
  }

  /** Goes to a position that somebody typed, or that the address has: of that no mistake is told. */
  follow(text, typed) {
    complain('');
    if (!text || (!typed && !Angle.parse(text))) return;
    const at = Angle.parse(text);
    if (!at) {
      complain('Expected right ascension and declination, in degrees (150.1163 2.2058) or as 10:00:27.9 +02:12:20.');
      return;
    }
    const inside = k => {
      const plane = new Plane(this.view.fields[k]);
      const p = plane.place(at.ra, at.dec);
      return p && Tiles.bounds(this.view.fields[k]).contains([-p.y * 256 / plane.size, p.x * 256 / plane.size]);
    };
    const order = [this.index, ...this.view.fields.keys()];
    const found = order.find(inside);
    if (found === undefined) {
      complain(Angle.words(at.ra, at.dec) + ' is in no field.');
      return;
    }
    if (found !== this.index) this.open(found);
    const p = this.plane.place(at.ra, at.dec);
    this.map.setView(this.latLng(p.x, p.y), Math.max(this.map.getZoom(), this.field.depth), { animate: false });
  }

  /** Coordinates below the picture, with the tract and patch there. */
  tell(latLng, what) {
    const p = this.place(latLng);
    const at = this.plane.sky(p.x, p.y);
    const around = this.field.outlines.filter(o => o.patch >= 0 && SkyView.holds(o.at, p));
    $('where').textContent = what + Angle.words(at.ra, at.dec) + around.map(o => ', tract ' + o.tract + ' patch ' + o.patch).join('');
    const arcsec = this.plane.pixel * 2 ** (this.field.depth - this.map.getZoom());
    const length = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 18000].find(l => l / arcsec >= 50) || 36000;
    this.scale.replaceChildren(
      (length < 60 ? length + '″' : length < 3600 ? length / 60 + '′' : length / 3600 + '°') + ', N up, E left', node('span', { style: 'width: ' + Math.round(length / arcsec) + 'px' }));
  }

  static holds(at, p) {
    let sign = 0;
    for (let k = 0; k < 8; k += 2) {
      const cross = (at[(k + 2) % 8] - at[k]) * (p.y - at[k + 1]) - (at[(k + 3) % 8] - at[k + 1]) * (p.x - at[k]);
      if (sign * cross < 0) return false;
      sign = Math.sign(cross) || sign;
    }
    return true;
  }

  /** Says where the picture is, once it rests, to who moves it with keys. */
  announce() {
    clearTimeout(this.saying);
    if (document.activeElement !== $('sky')) return;
    this.saying = setTimeout(() => {
      const p = this.place(this.map.getCenter());
      const at = this.plane.sky(p.x, p.y);
      const inView = this.rows.filter(r => this.map.getBounds().contains(r.at)).length;
      this.say('Centre ' + Angle.degrees(at.ra, at.dec) + ', zoom ' + this.map.getZoom() + ', ' + inView + ' rows in view.');
    }, 700);
  }

  /** Tells readers of the screen, instead of what was still to be said. */
  say(text) {
    clearTimeout(this.saying);
    $('said').textContent = text;
  }

  /** All that is known of a row. */
  tellRow(catalogue, row, focus) {
    this.mark.clearLayers();
    this.mark.addLayer(L.circleMarker(this.latLng(row[1], row[2]), { radius: 17, color: '#ffffff', weight: 3, fill: false, interactive: false }));
    $('what').textContent = catalogue.one[0].toUpperCase() + catalogue.one.slice(1) + ' ' + row[0];
    $('panel').dataset.id = row[0];
    const facts = node('tbody');
    const fact = (label, value) => {
      if (value !== null && value !== '') facts.append(node('tr', {}, node('th', { scope: 'row' }, label), node('td', {}, value)));
    };
    fact('RA, Dec', Angle.words(row[5], row[6]));
    fact(catalogue.magnitude, row[3] === null ? null : row[3].toFixed(3));
    fact('kind', catalogue.kinds[row[4]]);
    catalogue.values.forEach((v, k) => {
      const value = row[7 + k];
      fact(v.label, value === null ? null : (v.digits < 0 ? value : value.toFixed(v.digits)) + (v.unit ? ' ' + v.unit : ''));
    });
    const at = 7 + catalogue.values.length;
    const parts = catalogue.bands.length ? [this.magnitudes(catalogue, row, at)] : [];
    parts.push(node('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Values' }, node('table', {}, facts)));
    const bits = row[at + 2 * catalogue.bands.length * catalogue.fluxes.length];
    const set = catalogue.flags.filter((name, k) => bits & (1 << k));
    parts.push(node('p', {}, 'Flags that are set: ' + (set.length ? set.join(', ') : 'none') + ' (of ' + catalogue.flags.length + ' looked at, a band flag in any band).'));
    parts.push(node('p', {}, 'All columns: ', node('code', {},
      './starbeam sql --repo REPO --run ' + this.view.run + ' "select * from ' + catalogue.table + ' where ' + catalogue.idColumn + ' = ' + row[0] + '"')));
    $('row').replaceChildren(...parts);
    this.say($('what').textContent + (row[3] === null ? '' : ', magnitude ' + row[3].toFixed(2)) + ', ' + catalogue.kinds[row[4]]);
    if (focus) $('panel').focus();
  }

  magnitudes(catalogue, row, at) {
    const head = node('tr', {}, node('th', { scope: 'col' }, 'mag'), ...catalogue.fluxes.map(f => node('th', { scope: 'col' }, f)));
    const body = node('tbody');
    catalogue.bands.forEach((band, b) => {
      const cells = catalogue.fluxes.map((flux, f) => {
        const k = at + 2 * (b * catalogue.fluxes.length + f);
        if (row[k] === null) return node('td', {}, '');
        return node('td', {}, row[k].toFixed(3), ...(row[k + 1] === null ? [] : [node('small', {}, '± ' + row[k + 1].toFixed(3))]));
      });
      body.append(node('tr', {}, node('th', { scope: 'row' }, band), ...cells));
    });
    return node('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Magnitudes' }, node('table', {}, node('thead', {}, head), body));
  }
}
/* Okabe and Ito's yellow, sky blue and pink: light enough on black. */
SkyView.MARKS = { object: { color: '#f0e442', shape: 'ring' }, dia: { color: '#56b4e9', shape: 'diamond' } };
SkyView.OUTLINE = '#cc79a7';

/** A ring or a diamond, struck through when it is flagged. */
const Mark = L.CircleMarker.extend({
  _updatePath() {
    const canvas = this._renderer;
    if (!canvas._drawing || this._empty()) return;
    const { x, y } = this._point;
    const r = this._radius;
    const path = canvas._ctx;
    path.beginPath();
    if (this.options.shape === 'diamond') {
      for (const [dx, dy] of [[0, -r], [r, 0], [0, r], [-r, 0]]) path.lineTo(x + dx, y + dy);
      path.closePath();
    } else {
      path.arc(x, y, r, 0, 2 * Math.PI);
    }
    if (this.options.flagged) {
      path.moveTo(x - r, y + r);
      path.lineTo(x + r, y - r);
    }
    canvas._fillStroke(path, this);
  },
});

/** The tiles of a field; those that do not exist are not asked for. */
const Tiles = L.TileLayer.extend({
  initialize(field) {
    this._there = field.levels.map(flat => {
      const set = new Set();
      for (let k = 0; k < flat.length; k += 2) set.add(flat[k] + ',' + flat[k + 1]);
      return set;
    });
    L.TileLayer.prototype.initialize.call(this, field.tiles + '/{z}/{y}/{x}.jpg', {
      bounds: [[-256, 0], [0, 256]], noWrap: true, minNativeZoom: 0, maxNativeZoom: field.levels.length - 1, maxZoom: 30, keepBuffer: 1,
    });
  },
  createTile(coords, done) {
    const level = this._there[coords.z];
    if (level && level.has(coords.x + ',' + coords.y)) return L.TileLayer.prototype.createTile.call(this, coords, done);
    const nothing = document.createElement('img');
    nothing.alt = '';
    nothing.src = L.Util.emptyImageUrl;
    setTimeout(() => done(null, nothing), 0);
    return nothing;
  },
});

/** What the tiles of a field cover, on Leaflet's plane. */
Tiles.bounds = field => {
  const level = field.levels.findLastIndex(flat => flat.length > 0);
  const flat = field.levels[level];
  const side = 256 / 2 ** level;
  const out = L.latLngBounds([]);
  for (let k = 0; k < flat.length; k += 2) {
    out.extend([-flat[k + 1] * side, flat[k] * side]).extend([-(flat[k + 1] + 1) * side, (flat[k] + 1) * side]);
  }
  return out;
};
