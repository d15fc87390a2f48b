// The report's sample browser: filters, list, chosen prompt, keys, links. Folds open for print and for links.
(async () => {
  const PAGE = 60;
  const $ = (id) => document.getElementById(id);
  const WORDS = {
    task: "task", category: "category", variant: "variant", outcome: "verdict", judges: "filter by judges",
    flip: "flip", against: "variant to compare with", search: "search",
  };
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
  let seen = new Set(); // what of the chosen prompt's covered texts the reader uncovered (cards.js)

  function filters() {
    return Object.fromEntries(links.KEYS.map((k) => [k, $("f-" + k).value.trim()]));
  }

  function address(prompt) {
    const f = filters();
    return links.write(prompt, { ...f, against: f.against === base ? "" : f.against });
  }

  function remember() {
    history.replaceState(null, "", address(chosen));
  }

  // Beside an address of another section, so that a reload there still finds the filters.
  function keep() {
    history.replaceState({ view: address(chosen) }, "", location.hash || undefined);
  }

  // The categories of the chosen task; says so where that drops the chosen one.
  function categories() {
    const [task, before] = [$("f-task").value, $("f-category").value];
    const own = prompts.filter((p) => (!task || p.task === task) && p.category).map((p) => p.category);
    options($("f-category"), [...new Set(own)].sort());
    return before && !$("f-category").value ? "This task has no such category, so that filter was cleared." : "";
  }

  function refresh() {
    const notice = categories();
    shown = table.chosen(filters());
    $("list").replaceChildren();
    drawn = 0;
    if (!shown.includes(chosen)) choose(shown[0] || null);
    drawUpTo(PAGE);
    list(shown.indexOf(chosen));
    drawDetail();
    count(notice);
  }

  // Lists a prompt by its number and brings it into view within the list, wherever the page is.
  function list(at) {
    if (at >= drawn) drawUpTo(Math.ceil((at + 1) / PAGE) * PAGE);
    if (at < 0) return;
    const [pane, line] = [$("list").parentElement, $("list").children[at]];
    const top = line.getBoundingClientRect().top - pane.getBoundingClientRect().top + pane.scrollTop;
    if (top < pane.scrollTop) pane.scrollTop = top;
    else if (top + line.offsetHeight > pane.scrollTop + pane.clientHeight) pane.scrollTop = top + line.offsetHeight - pane.clientHeight;
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
      drawing.promptBox(chosen, address(chosen), { seen, toggle }),
      drawing.cards(chosen, { variant: f.variant, against: f.against, seen, toggle }),
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

  function toggle(key) {
    if (!seen.delete(key)) seen.add(key);
    drawDetail();
    $("detail").querySelector('[data-cell="' + key + '"]').focus();
  }

  function toggleAll() {
    if (!chosen) return;
    const f = filters();
    const wanted = f.variant ? [f.variant, f.against] : variants;
    const covered = drawing.covered(chosen, wanted.flatMap((v) => table.columns.get(v)));
    const open = covered.every((key) => seen.has(key));
    covered.forEach((key) => (open ? seen.delete(key) : seen.add(key)));
    const inside = $("detail").contains(document.activeElement);
    drawDetail();
    if (inside) $("detail").focus();
  }

  function step(by) {
    const at = shown.indexOf(chosen) + by;
    if (at < 0 || at >= shown.length) return;
    list(at);
    show(shown[at]);
    const button = $("list").children[at].firstChild;
    button.focus({ preventScroll: true });
    button.scrollIntoView({ block: "nearest" });
  }

  // A move within the page: to a link of ours, or to another section.
  function moved() {
    const link = links.read(location.hash);
    if (link) {
      follow(link);
      return $("samples").scrollIntoView();
    }
    keep();
    return unfold();
  }

  // As `moved`; where the address is another section's, the filters that were kept beside it.
  function begin() {
    const kept = !links.read(location.hash) && history.state && links.read(String(history.state.view));
    if (kept) follow(kept);
    return location.hash.length > 1 ? moved() : undefined;
  }

  // Shows what a link asks for, and says what of it cannot be had.
  function follow(link) {
    $("filters").reset();
    options($("f-category"), [...new Set(prompts.map((p) => p.category).filter(Boolean))].sort());
    const unknown = Object.entries(link.filters).filter(([key, value]) => !place($("f-" + key), value)).map(([key]) => key);
    const [task, id] = link.sample || [];
    const prompt = link.sample && prompts.find((p) => p.task === task && p.id === id);
    if (prompt) choose(prompt);
    const notices = [];
    if (link.broken) notices.push("The link cannot be read, so nothing of it was applied");
    for (const key of unknown) notices.push("The link names a " + WORDS[key] + " that this report does not have");
    if (link.strange.length) notices.push("The link holds a filter that this report does not know");
    if (link.sample && !prompt) notices.push("The link names a sample that this report does not have");
    if (categories()) notices.push("The link's category is not one of its task, so that filter was cleared");
    refresh();
    if (prompt && chosen !== prompt) {
      $("filters").reset();
      $("f-variant").value = link.filters.variant && variants.includes(link.filters.variant) ? link.filters.variant : "";
      choose(prompt);
      refresh();
      notices.push("The link's filters leave its sample out, so they were cleared");
    }
    count(notices.map((one) => one + ".").join(" "));
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
    const actions = { j: () => step(1), k: () => step(-1), u: toggleAll, "/": () => $("f-search").focus() };
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
  if (!table.severalJudges) {
    $("f-judges").replaceChildren(new Option("any", ""));
    $("f-judges").parentElement.hidden = true;
  }
  let waiting = 0;
  const changed = () => { refresh(); remember(); };
  $("filters").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(changed, 120); });
  $("clear").addEventListener("click", () => { $("filters").reset(); changed(); });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("more").addEventListener("click", () => drawUpTo(drawn + PAGE));
  document.addEventListener("keydown", keys);
  window.addEventListener("hashchange", moved);
  $("unpacking").hidden = true;
  $("browser").hidden = false;
  refresh();
  begin();
  $("browser").dataset.ready = String(Math.round(performance.now()));
})();
