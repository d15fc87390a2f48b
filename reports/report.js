// The report's sample browser: filters, list, chosen prompt, keys, links. Folds open for print and for links.
(async () => {
  const PAGE = 60;
  const $ = (id) => document.getElementById(id);
  const number = (n) => n.toLocaleString("en");
  folds();
  let table;
  try {
    table = sampleTable(await readStore($("sample-store")));
  } catch (error) {
    $("unpacking").textContent = "The samples in this file cannot be read: " + error.message;
    return;
  }
  const { prompts, variants, base } = table;
  const drawing = cardMaker(table);
  let shown = [], drawn = 0, chosen = null;
  let seen = new Set(); // checkpoints whose covered completion of the chosen prompt the reader uncovered

  function filters() {
    return Object.fromEntries(links.KEYS.map((k) => [k, $("f-" + k).value]));
  }

  function address(prompt) {
    const f = filters();
    return links.write(prompt, { ...f, against: f.against === base ? "" : f.against });
  }

  function remember() {
    history.replaceState(null, "", address(chosen));
  }

  function refresh() {
    const task = $("f-task").value;
    options($("f-category"), [...new Set(prompts.filter((p) => (!task || p.task === task) && p.category).map((p) => p.category))].sort());
    shown = table.chosen(filters());
    $("list").replaceChildren();
    drawn = 0;
    if (!shown.includes(chosen)) choose(shown[0] || null);
    drawUpTo(PAGE);
    drawDetail();
    count();
  }

  function count(notice) {
    const at = shown.indexOf(chosen);
    const where = at < 0 ? "" : " · number " + number(at + 1) + " is open";
    $("count").textContent = number(shown.length) + " of " + number(prompts.length) + " prompts" + where + (notice ? ". " + notice : "");
  }

  function choose(prompt) {
    if (prompt !== chosen) seen = new Set();
    chosen = prompt;
  }

  function drawUpTo(wanted) {
    const lines = shown.slice(drawn, wanted).map((prompt) => {
      const button = make("button");
      button.type = "button";
      const what = make("span", "what", prompt.prompt);
      what.dir = "auto";
      button.append(what, make("span", "where", table.title(prompt.task) + (prompt.category ? " · " + prompt.category : "")));
      button.addEventListener("click", () => show(prompt));
      const line = make("li");
      line.append(button);
      return line;
    });
    $("list").append(...lines);
    drawn = Math.max(drawn, Math.min(shown.length, wanted));
    $("more").hidden = drawn >= shown.length;
    $("more").textContent = "Show more (" + number(drawn) + " of " + number(shown.length) + " listed)";
    markChosen();
  }

  // One stop for the tab key: the chosen prompt's.
  function markChosen() {
    const at = shown.indexOf(chosen);
    [...$("list").children].forEach((line, i) => {
      line.firstChild.setAttribute("aria-current", String(i === at));
      line.firstChild.tabIndex = i === Math.max(at, 0) ? 0 : -1;
    });
  }

  function drawDetail() {
    if (!chosen) return $("detail").replaceChildren(make("p", "hint", "No prompt matches. Clear a filter."));
    const f = filters();
    $("detail").replaceChildren(
      drawing.promptBox(chosen, address(chosen)),
      drawing.cards(chosen, { variant: f.variant, against: f.against, seen, uncover }),
    );
    return undefined;
  }

  function show(prompt) {
    choose(prompt);
    remember();
    markChosen();
    drawDetail();
    count();
    if (matchMedia("(max-width: 52rem)").matches) $("detail").scrollIntoView();
  }

  function uncover(i) {
    seen.add(i);
    drawDetail();
    $("detail").querySelector('[data-cell="' + i + '"]').focus();
  }

  function uncoverAll() {
    if (!chosen) return;
    const f = filters();
    const wanted = f.variant ? [f.variant, f.against] : variants;
    wanted.flatMap((v) => table.columns.get(v)).forEach((i) => seen.add(i));
    const inside = $("detail").contains(document.activeElement);
    drawDetail();
    if (inside) $("detail").focus();
  }

  function step(by) {
    const at = shown.indexOf(chosen) + by;
    if (at < 0 || at >= shown.length) return;
    if (at >= drawn) drawUpTo(Math.ceil((at + 1) / PAGE) * PAGE);
    show(shown[at]);
    const button = $("list").children[at].firstChild;
    button.focus({ preventScroll: true });
    button.scrollIntoView({ block: "nearest" });
  }

  function follow() {
    const link = links.read(location.hash);
    if (!link) return unfold();
    $("filters").reset();
    options($("f-category"), [...new Set(prompts.map((p) => p.category).filter(Boolean))].sort());
    const unknown = Object.entries(link.filters).filter(([key, value]) => !place($("f-" + key), value));
    const [task, id] = link.sample || [];
    const prompt = link.sample && prompts.find((p) => p.task === task && p.id === id);
    if (prompt) choose(prompt);
    refresh();
    let notice = unknown.length ? "The link names a " + unknown[0][0] + " that this report does not have." : "";
    if (link.sample && !prompt) notice = "The link names a sample that this report does not have.";
    if (prompt && chosen !== prompt) {
      $("filters").reset();
      $("f-variant").value = link.filters.variant && variants.includes(link.filters.variant) ? link.filters.variant : "";
      choose(prompt);
      refresh();
      notice = "The link's filters leave its sample out, so they were cleared.";
    }
    if (prompt) {
      drawUpTo(Math.ceil((shown.indexOf(prompt) + 1) / PAGE) * PAGE);
      $("list").children[shown.indexOf(prompt)].scrollIntoView({ block: "nearest" });
    }
    count(notice);
    return $("samples").scrollIntoView();
  }

  function place(field, value) {
    field.value = value;
    return field.value === value;
  }

  function unfold() {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  }

  function keys(event) {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || !$("f-keys").checked) return;
    if (target === $("f-search") && event.key === "Escape") return $("list").querySelector('[tabindex="0"]')?.focus();
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
    const actions = { j: () => step(1), k: () => step(-1), u: uncoverAll, "/": () => $("f-search").focus() };
    if ($("list").contains(target)) Object.assign(actions, { ArrowDown: actions.j, ArrowUp: actions.k });
    if (!actions[event.key] || !(target === document.body ? inView() : $("browser").contains(target))) return;
    event.preventDefault();
    actions[event.key]();
  }

  function inView() {
    const box = $("browser").getBoundingClientRect();
    return box.top < innerHeight * 0.7 && box.bottom > innerHeight * 0.3;
  }

  // A closed fold would print as its title alone.
  function folds() {
    let opened = [];
    window.addEventListener("beforeprint", () => {
      opened = [...document.querySelectorAll("main > section details:not([open], .not-on-paper)")];
      opened.forEach((d) => { d.open = true; });
    });
    window.addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));
  }

  options($("f-task"), [...new Set(prompts.map((p) => p.task))], table.title);
  options($("f-variant"), variants);
  options($("f-against"), variants);
  options($("f-outcome"), table.outcomes());
  let waiting = 0;
  const changed = () => { refresh(); remember(); };
  $("filters").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(changed, 120); });
  $("clear").addEventListener("click", () => { $("filters").reset(); changed(); });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("more").addEventListener("click", () => drawUpTo(drawn + PAGE));
  document.addEventListener("keydown", keys);
  window.addEventListener("hashchange", follow);
  $("unpacking").hidden = true;
  $("browser").hidden = false;
  refresh();
  follow();
  $("browser").dataset.ready = String(Math.round(performance.now()));
})();
