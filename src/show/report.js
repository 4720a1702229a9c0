/* The report's script: selection that runs through all figures, keyboard, export, values under
   the pointer, and the height field.  Without it the page says all it says. */
(function () {
'use strict';
var root = document.documentElement, data = JSON.parse(document.getElementById('data').textContent);
var byId = {}, order = data.points.map(function (p) { byId[p.id] = p; return p.id; });
var now = document.getElementById('now'), bar = document.getElementById('bar');
var selected = null, NS = 'http://www.w3.org/2000/svg';
function all(what, inside) { return Array.prototype.slice.call((inside || document).querySelectorAll(what)); }
function make(tag, text, to) {
  var e = document.createElement(tag);
  if (text) e.textContent = text;
  if (to) to.appendChild(e);
  return e;
}
root.classList.add('js');

/* ---- selection ---------------------------------------------------------------------------- */

/* A ring around the mark, the first shapes of the group. */
function ring(g, name, grow) {
  var old = g.querySelector('.' + name), shape = g.querySelector('path,circle,rect'), c, box;
  if (old || !shape) return old;
  box = shape.getBBox();
  c = document.createElementNS(NS, 'circle');
  c.setAttribute('cx', box.x + box.width / 2);
  c.setAttribute('cy', box.y + box.height / 2);
  c.setAttribute('r', Math.max(box.width, box.height) / 2 + grow);
  c.setAttribute('class', name);
  g.appendChild(c);
  return c;
}

/* Far from the window nothing is laid out, and there is nothing to measure. */
function near(e) { return !e.checkVisibility || e.checkVisibility({ contentVisibilityAuto: true }); }

function mark(e, on) {
  e.classList.toggle('on', on);
  if (e.namespaceURI !== NS) {
    if (on) e.setAttribute('aria-current', 'true'); else e.removeAttribute('aria-current');
    return;
  }
  all('.ring,.halo', e).forEach(function (c) { c.remove(); });
  if (!on || !near(e) || !e.ownerSVGElement.getClientRects().length) return;
  ring(e, 'halo', 4);
  ring(e, 'ring', 4);
  e.parentNode.appendChild(e); /* on top */
}

/* Panels of the point; where there is none, a sentence says so. */
function panels(id) {
  var has = {};
  all('.panel').forEach(function (p) {
    var on = p.dataset.of === String(id);
    p.classList.toggle('on', on);
    p.open = on;
    has[p.dataset.kind] = has[p.dataset.kind] || on;
  });
  all('.none').forEach(function (p) {
    p.hidden = Boolean(has[p.dataset.kind]);
    p.querySelector('.which').textContent = 'point ' + id;
  });
}

/* Scrolls the table, not the page, to the row. */
function reveal(by) {
  var row = document.querySelector('#point-table .point.on'), box = row && row.closest('.scroll');
  if (!row || by === row || !near(row)) return;
  if (row.offsetTop < box.scrollTop + 40 || row.offsetTop + 40 > box.scrollTop + box.clientHeight) {
    box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }
}

document.addEventListener('contentvisibilityautostatechange', function (event) {
  if (event.skipped) return;
  all('.point.on', event.target).forEach(function (e) { mark(e, true); });
  if (event.target.id === 'points') reveal();
}, true);

function select(id, by) {
  var p = byId[id];
  if (!p) return;
  selected = p.id;
  panels(selected);
  all('.point[data-id]').forEach(function (e) { mark(e, e.dataset.id === String(selected)); });
  if (now) now.querySelector('strong').textContent = p.text;
  reveal(by);
  if (solid.draw) solid.draw();
}

function step(by) {
  var k = order.indexOf(selected) + by;
  if (k >= 0 && k < order.length) select(order[k]);
}

document.addEventListener('click', function (event) {
  var e = event.target.closest('.point[data-id]');
  if (e) select(e.dataset.id, e);
});
document.addEventListener('keydown', function (event) {
  var e = event.target.closest && event.target.closest('.point[data-id]'), next;
  if (!e || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === 'Enter' || event.key === ' ') {
    select(e.dataset.id, e);
    event.preventDefault();
  }
  if (e.tagName === 'TR' && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    next = event.key === 'ArrowDown' ? e.nextElementSibling : e.previousElementSibling;
    if (next) { next.focus(); select(next.dataset.id, next); }
    event.preventDefault();
  }
});

/* ---- export --------------------------------------------------------------------------------- */

function save(blob, name) {
  var a = make('a'), url = URL.createObjectURL(blob);
  a.href = url;
  a.download = name;
  document.body.appendChild(a);
  a.click();
  a.remove();
  setTimeout(function () { URL.revokeObjectURL(url); }, 10000);
}

/* The picture that shows, with its style and its ground, as a file of its own. */
function svgText(figure) {
  var shown = all('.svg', figure).filter(function (d) { return getComputedStyle(d).display !== 'none'; });
  var svg = (shown[0] || figure.querySelector('.svg')).querySelector('svg').cloneNode(true);
  var style = document.createElementNS(NS, 'style'), ground = document.createElementNS(NS, 'rect');
  style.textContent = document.getElementById('theme').textContent +
    '.nd .ring{fill:none;stroke:var(--nd-2);stroke-width:2.2}.nd .halo{fill:none;stroke:var(--nd-1);stroke-width:5}';
  ground.setAttribute('class', 'f1');
  ground.setAttribute('width', '100%');
  ground.setAttribute('height', '100%');
  svg.insertBefore(ground, svg.firstChild);
  svg.insertBefore(style, ground);
  return new XMLSerializer().serializeToString(svg);
}

function savePng(figure, name) {
  var image = new Image(), url = URL.createObjectURL(new Blob([svgText(figure)], { type: 'image/svg+xml' }));
  image.onload = function () {
    var c = make('canvas');
    c.width = 2 * image.width;
    c.height = 2 * image.height;
    c.getContext('2d').drawImage(image, 0, 0, c.width, c.height);
    URL.revokeObjectURL(url);
    c.toBlob(function (blob) { save(blob, name + '.png'); });
  };
  image.src = url;
}

function numbers(key) {
  return key.split('/').reduce(function (o, k) { return o ? o[k] : undefined; }, data);
}

function tools(figure) {
  var name = 'nadir-' + figure.dataset.name, t = make('div'), picture = figure.querySelector('.svg');
  t.className = 'tools';
  function button(text, run) {
    var b = make('button', text, t);
    b.type = 'button';
    b.setAttribute('aria-label', 'save ' + figure.dataset.name + ' as ' + text);
    b.addEventListener('click', run);
  }
  if (picture) {
    button('SVG', function () { save(new Blob([svgText(figure)], { type: 'image/svg+xml' }), name + '.svg'); });
    button('PNG', function () { savePng(figure, name); });
  }
  button('JSON', function () {
    var found = { about: data.about, figure: figure.dataset.key, data: numbers(figure.dataset.key) };
    save(new Blob([JSON.stringify(found, null, 1)], { type: 'application/json' }), name + '.json');
  });
  figure.insertBefore(t, figure.querySelector('details'));
}

/* ---- the slice: values under the pointer, height field ------------------------------------------- */

function floats(text) {
  var s = atob(text), bytes = new Uint8Array(s.length), k;
  for (k = 0; k < s.length; k++) bytes[k] = s.charCodeAt(k);
  return new Float32Array(bytes.buffer);
}
function short(x) { return isFinite(x) ? String(Number(x.toPrecision(4))) : '–'; }

var slice = data.slice, solid = {};
var figure = document.querySelector('figure[data-key=slice]');
if (slice && slice.loss) {
  slice = { nx: slice.across[0], ny: slice.across[1], lo: slice.lo, hi: slice.hi, points: slice.points,
    loss: floats(slice.loss), errors: floats(slice.errors) };
} else slice = null;

function hover() {
  var read = make('p', 'Point at the picture to read values.');
  read.className = 'readout';
  figure.insertBefore(read, figure.querySelector('.tools'));
  figure.addEventListener('pointermove', function (event) {
    var svg = event.target.closest('svg.nd'), frame, at, s, t, i, j, k;
    frame = svg && svg.querySelector('.axes > rect');
    if (!frame) return;
    at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    s = (at.x - frame.getAttribute('x')) / frame.getAttribute('width');
    t = 1 - (at.y - frame.getAttribute('y')) / frame.getAttribute('height');
    if (!(s >= 0 && s <= 1 && t >= 0 && t <= 1)) return;
    i = Math.round(s * (slice.nx - 1));
    j = slice.ny > 1 ? Math.round(t * (slice.ny - 1)) : 0;
    k = j * slice.nx + i;
    read.textContent = 's = ' + short(slice.lo[0] + i / (slice.nx - 1) * (slice.hi[0] - slice.lo[0])) +
      (slice.ny > 1 ? ', t = ' + short(slice.lo[1] + j / (slice.ny - 1) * (slice.hi[1] - slice.lo[1])) : '') +
      ': loss ' + short(slice.loss[k]) + ', ' + slice.errors[k] + (slice.errors[k] === 1 ? ' error' : ' errors');
  });
}

/* Cividis at 9 places. */
var knots = [[0, 34, 78], [26, 56, 111], [67, 78, 108], [97, 100, 111], [124, 123, 120], [155, 147, 118],
  [187, 173, 108], [221, 201, 88], [254, 232, 56]];
function colour(v, light) {
  var x = Math.max(0, Math.min(.9999, v)) * 8, k = Math.floor(x), a = knots[k], b = knots[k + 1];
  return 'rgb(' + a.map(function (c, i) { return Math.round((c + (x - k) * (b[i] - c)) * light); }).join(',') + ')';
}

/* Heights 0 .. 1; the top of a steep rim is cut so that the middle shows. */
function heights() {
  var which = figure.querySelector('.views input:checked').id.replace('view-', '');
  var z = which === 'errors' ? slice.errors : slice.loss, log = which === 'log';
  var f = Array.prototype.map.call(z, function (x) { return log ? (x > 0 ? Math.log(x) : NaN) : x; });
  var good = f.filter(isFinite).sort(function (a, b) { return a - b; });
  var lo = good[0], hi = good[Math.floor((log || which === 'errors' ? 1 : .92) * (good.length - 1))];
  if (!(hi > lo)) hi = lo + 1;
  function scale(x) { return isFinite(x) ? Math.min(1.15, (x - lo) / (hi - lo)) : x === -Infinity ? 0 : 1.15; }
  return { h: f.map(scale), at: function (loss) { return scale(which === 'errors' ? NaN : log ? Math.log(loss) : loss); }, which: which };
}

function heightField() {
  var button = make('button', '3-D'), canvas = make('canvas'), turn = -.6, tilt = .9, drag = null;
  button.type = 'button';
  button.setAttribute('aria-pressed', 'false');
  canvas.width = 960;
  canvas.height = 720;
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', 'The slice as a height field; arrow keys turn it. A slice, not a proof.');
  figure.querySelector('.extra').appendChild(button);
  figure.insertBefore(canvas, figure.querySelector('.readout'));

  function project(x, y, z) { /* x, y in -1 .. 1, z in 0 .. 1 */
    var c = Math.cos(turn), s = Math.sin(turn), u = c * x - s * y, v = s * x + c * y, w = (z - .4) * .9;
    var depth = v * Math.sin(tilt) + w * Math.cos(tilt), k = 1 / (1 + .12 * v * Math.sin(tilt));
    return [480 + 300 * u * k, 375 - 300 * (w * Math.sin(tilt) + v * Math.cos(tilt)) * k, v, depth];
  }
  function quads(f) {
    var list = [], st = Math.max(1, Math.floor(slice.nx / 60)), i, j, a, b, corner, z, light;
    function point(i, j) { return project(2 * i / (slice.nx - 1) - 1, 2 * j / (slice.ny - 1) - 1, f.h[j * slice.nx + i]); }
    for (j = 0; j + 1 < slice.ny; j += st) for (i = 0; i + 1 < slice.nx; i += st) {
      a = Math.min(i + st, slice.nx - 1);
      b = Math.min(j + st, slice.ny - 1);
      corner = [[i, j], [a, j], [a, b], [i, b]];
      z = corner.reduce(function (s, q) { return s + f.h[q[1] * slice.nx + q[0]] / 4; }, 0);
      light = .9 + 1.6 * (f.h[j * slice.nx + i] - f.h[b * slice.nx + a]);
      corner = corner.map(function (q) { return point(q[0], q[1]); });
      list.push({ far: corner.reduce(function (s, q) { return s + q[2]; }, 0), p: corner,
        c: colour(z, Math.max(.72, Math.min(1.12, light))) });
    }
    return list.sort(function (p, q) { return q.far - p.far; });
  }
  function dots(g, f) {
    var named = [];
    slice.points.forEach(function (p) {
      var x = 2 * (p.s - slice.lo[0]) / (slice.hi[0] - slice.lo[0]) - 1;
      var y = 2 * (p.t - slice.lo[1]) / (slice.hi[1] - slice.lo[1]) - 1, i, j, q;
      if (Math.abs(x) > 1 || Math.abs(y) > 1) return;
      i = Math.round((x + 1) / 2 * (slice.nx - 1));
      j = Math.round((y + 1) / 2 * (slice.ny - 1));
      q = project(x, y, f.h[j * slice.nx + i] + .02);
      var main = p.id === selected || !(p.distance > 1e-6);
      g.beginPath();
      g.arc(q[0], q[1], p.id === selected ? 11 : main ? 8 : 4, 0, 7);
      g.fillStyle = p.id === selected ? '#d55e00' : '#ffffff';
      g.fill();
      g.lineWidth = 2.5;
      g.strokeStyle = '#000000';
      g.stroke();
      if (!main || named.some(function (o) { return Math.hypot(o[0] - q[0], o[1] - q[1]) < 20; })) return;
      named.push(q);
      g.font = 'bold 24px system-ui, sans-serif';
      g.lineWidth = 5;
      g.strokeStyle = '#ffffff';
      g.strokeText(p.id, q[0] + 13, q[1] - 10);
      g.fillStyle = '#000000';
      g.fillText(p.id, q[0] + 13, q[1] - 10);
    });
  }
  solid.draw = function () {
    var g = canvas.getContext('2d'), f;
    if (!figure.classList.contains('solid')) return;
    f = heights();
    g.clearRect(0, 0, canvas.width, canvas.height);
    quads(f).forEach(function (q) {
      g.beginPath();
      q.p.forEach(function (c, k) { if (k) g.lineTo(c[0], c[1]); else g.moveTo(c[0], c[1]); });
      g.closePath();
      g.fillStyle = g.strokeStyle = q.c;
      g.lineWidth = 1;
      g.fill();
      g.stroke();
    });
    dots(g, f);
  };
  function move(dx, dy) {
    turn += dx;
    tilt = Math.max(.25, Math.min(1.5, tilt + dy));
    solid.draw();
  }
  button.addEventListener('click', function () {
    var on = figure.classList.toggle('solid');
    button.setAttribute('aria-pressed', String(on));
    solid.draw();
  });
  all('.views input', figure).forEach(function (i) { i.addEventListener('change', function () { select(selected); }); });
  canvas.addEventListener('pointerdown', function (e) { drag = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener('pointerup', function () { drag = null; });
  canvas.addEventListener('pointercancel', function () { drag = null; });
  canvas.addEventListener('pointermove', function (e) {
    if (!drag) return;
    move((e.clientX - drag[0]) / 150, (e.clientY - drag[1]) / 200);
    drag = [e.clientX, e.clientY];
  });
  canvas.addEventListener('keydown', function (e) {
    var by = { ArrowLeft: [-.1, 0], ArrowRight: [.1, 0], ArrowUp: [0, -.06], ArrowDown: [0, .06] }[e.key];
    if (!by) return;
    move(by[0], by[1]);
    e.preventDefault();
  });
}

/* ---- begin ------------------------------------------------------------------------------------- */

all('figure[data-key]').forEach(tools);
if (figure && slice) {
  hover();
  if (slice.ny > 1) heightField();
}
[['before', -1], ['after', 1]].forEach(function (b) {
  var e = document.getElementById(b[0]);
  if (!e) return;
  e.hidden = false;
  e.addEventListener('click', function () { step(b[1]); });
});
select(bar ? bar.dataset.first : order[0]);
root.dataset.ready = 'true';
}());
