(function () {
  var root = document.documentElement, rows = Array.from(document.querySelectorAll('.checks tbody tr'));
  var field = function (name) { return document.getElementById('f-' + name); };
  function setLang(lang) { root.dataset.lang = lang; root.lang = lang === 'zh' ? 'zh-CN' : 'en'; }
  setLang(location.hash === '#zh' || (!location.hash && (navigator.language || '').startsWith('zh')) ? 'zh' : 'en');
  document.getElementById('lang').onclick = function () { setLang(root.dataset.lang === 'zh' ? 'en' : 'zh'); };
  function filter() {
    var wanted = field('text').value.toLowerCase(), shown = 0;
    rows.forEach(function (row) {
      var fits = ['status', 'severity', 'table', 'family'].every(function (k) { return !field(k).value || row.dataset[k] === field(k).value; });
      fits = fits && (!wanted || row.querySelector('summary').textContent.toLowerCase().includes(wanted));
      row.hidden = !fits; if (fits) shown += 1;
    });
    document.getElementById('shown').textContent = shown;
  }
  document.querySelectorAll('.filters select,.filters input').forEach(function (e) { e.oninput = filter; });
  document.querySelector('.filters').onsubmit = function (e) { e.preventDefault(); };
  document.querySelectorAll('.chip').forEach(function (chip) {
    chip.onclick = function () { var f = field('status'); f.value = f.value === chip.dataset.status ? '' : chip.dataset.status; filter(); document.getElementById('checks').scrollIntoView(); };
  });
  document.querySelectorAll('.jump').forEach(function (a) {
    a.onclick = function () { ['status', 'severity', 'table', 'family', 'text'].forEach(function (k) { field(k).value = ''; }); filter(); var row = document.getElementById(a.getAttribute('href').slice(1)); if (row) row.querySelector('details').open = true; };
  });
  document.querySelectorAll('.copy').forEach(function (b) {
    b.onclick = function () {
      var pre = b.nextElementSibling, range = document.createRange(); range.selectNodeContents(pre);
      var sel = getSelection(); sel.removeAllRanges(); sel.addRange(range);
      if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(pre.textContent); } else { document.execCommand('copy'); }
    };
  });
  filter();
})();
