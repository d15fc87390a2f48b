// The report's sample browser. Every text from the store is hostile and enters the page by textContent alone.
(() => {
  "use strict";
  const PAGE = 60;
  const store = JSON.parse(document.getElementById("sample-store").textContent);
  const text = (i) => (i < 0 ? null : store.texts[i]);
  const checkpoints = store.checkpoints.map(([variant, seed, mark]) => ({ variant, seed, mark }));
  const variants = [...new Set(checkpoints.map((c) => c.variant))];
  const base = (checkpoints.find((c) => c.seed === null) || checkpoints[0] || {}).variant;
  const columns = new Map(variants.map((v) => [v, checkpoints.flatMap((c, i) => (c.variant === v ? [i] : []))]));
  const prompts = store.prompts.map(([task, id, category, prompt, target, cells, sent]) => ({
    task: text(task), id: text(id), category: text(category), prompt: text(prompt), target: text(target), sent: text(sent),
    cells: cells.map((c) => c && {
      completion: text(c[0]), outcome: text(c[1]), counted: c[2], finish: text(c[3]), tokens: c[4], covered: c[5],
      judges: c[6].map(([j, o, e]) => ({ judge: text(j), outcome: text(o), evidence: text(e) })),
    }),
  }));
  const $ = (id) => document.getElementById(id);
  const fields = ["task", "category", "variant", "outcome", "flip", "search"];
  let shown = [];
  let drawn = 0;
  let chosen = null;
  let drawnFor = ""; // the variant filter under which the chosen prompt was drawn

  function make(tag, className, content) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (content !== undefined) node.textContent = content;
    return node;
  }

  function hostile(content, className) {
    const node = make("div", "hostile " + (className || ""));
    node.dir = "auto";
    for (const part of content.split(/(⟦U\+[0-9A-F]{4,6}⟧)/)) {
      if (/^⟦U\+/.test(part)) node.append(make("span", "ctl", part));
      else if (part) node.append(document.createTextNode(part));
    }
    return node;
  }

  function options(select, values) {
    const keep = select.value;
    while (select.options.length > 1) select.remove(1);
    for (const value of values) {
      const option = make("option", "", value || "(none)");
      option.value = value;
      select.append(option);
    }
    select.value = [...select.options].some((o) => o.value === keep) ? keep : "";
  }

  // A variant's outcome on a prompt: 1, 0, "mixed" (seeds disagree, no majority counted apart) or null (unscored).
  function answers(prompt, variant) {
    return (columns.get(variant) || []).map((i) => prompt.cells[i]).filter((c) => c && c.counted >= 0).map((c) => c.counted);
  }
  function majority(values) {
    if (!values.length) return null;
    return values.reduce((a, b) => a + b, 0) * 2 > values.length ? 1 : 0;
  }
  function flips(prompt, variant, kind) {
    const values = answers(prompt, variant);
    if (kind === "mixed") return values.includes(0) && values.includes(1);
    const before = majority(answers(prompt, base));
    const after = majority(values);
    if (before === null || after === null || variant === base) return false;
    return kind === "flip" ? before !== after : kind === "rose" ? after > before : after < before;
  }

  function matches(prompt, f) {
    if (f.task && prompt.task !== f.task) return false;
    if (f.category && prompt.category !== f.category) return false;
    const wanted = f.variant ? [f.variant] : variants;
    if (f.outcome && !wanted.some((v) => columns.get(v).some((i) => prompt.cells[i] && prompt.cells[i].outcome === f.outcome))) return false;
    if (f.flip && !wanted.some((v) => flips(prompt, v, f.flip))) return false;
    if (!f.search) return true;
    const needle = f.search.toLowerCase();
    const has = (s) => s !== null && s.toLowerCase().includes(needle);
    return has(prompt.prompt) || has(prompt.id) || wanted.some((v) => columns.get(v).some((i) => prompt.cells[i] && has(prompt.cells[i].completion)));
  }

  function filters() {
    return Object.fromEntries(fields.map((f) => [f, $("f-" + f).value]));
  }

  function refresh() {
    const f = filters();
    options($("f-category"), [...new Set(prompts.filter((p) => (!f.task || p.task === f.task) && p.category).map((p) => p.category))].sort());
    f.category = $("f-category").value;
    shown = prompts.filter((p) => matches(p, f));
    $("count").textContent = shown.length.toLocaleString("en") + " of " + prompts.length.toLocaleString("en") + " prompts";
    $("list").replaceChildren();
    drawn = 0;
    drawMore();
    if (!shown.includes(chosen)) chosen = null;
    if (chosen && f.variant === drawnFor) markChosen();
    else if (chosen) show(chosen);
    else if (shown.length) show(shown[0]);
    else $("detail").replaceChildren(make("p", "hint", "No prompt matches. Clear a filter."));
  }

  function title(task) {
    return store.tasks[task] ? store.tasks[task][0] : task;
  }

  function drawMore() {
    for (const prompt of shown.slice(drawn, drawn + PAGE)) {
      const button = make("button");
      button.type = "button";
      const what = make("span", "what", prompt.prompt);
      what.dir = "auto";
      button.append(what, make("span", "where", title(prompt.task) + (prompt.category ? " · " + prompt.category : "")));
      button.addEventListener("click", () => show(prompt, true));
      const line = make("li");
      line.append(button);
      $("list").append(line);
    }
    drawn = Math.min(shown.length, drawn + PAGE);
    $("more").hidden = drawn >= shown.length;
    markChosen();
  }

  function markChosen() {
    const at = shown.indexOf(chosen);
    [...$("list").children].forEach((line, i) => line.firstChild.setAttribute("aria-current", String(i === at)));
  }

  function address(prompt) {
    return "#sample=" + encodeURIComponent(prompt.task) + "/" + encodeURIComponent(prompt.id);
  }

  function show(prompt, asked) {
    chosen = prompt;
    if (asked) history.replaceState(null, "", address(prompt));
    markChosen();
    const box = make("div", "prompt-box");
    const link = make("a", "", "link to this sample");
    link.href = address(prompt);
    const meta = make("p", "hint", title(prompt.task) + (prompt.category ? " · " + prompt.category : "") + " · " + prompt.id + " · ");
    meta.append(link);
    box.append(make("h3", "", "Prompt"), hostile(prompt.prompt));
    if (prompt.sent !== null) box.append(wrapped(prompt.sent));
    box.append(meta);
    if (prompt.target) box.append(make("p", "hint", "Reference answer"), hostile(prompt.target));
    const only = $("f-variant").value;
    drawnFor = only;
    const cards = make("div", "cards");
    for (const variant of variants) if (!only || variant === only || variant === base) cards.append(card(prompt, variant));
    $("detail").replaceChildren(box, cards);
    if (asked && matchMedia("(max-width: 52rem)").matches) $("detail").scrollIntoView();
  }

  function wrapped(sent) {
    const fold = make("details", "sent");
    fold.append(make("summary", "", "as it was sent, in its wrapper"), hostile(sent));
    return fold;
  }

  function card(prompt, variant) {
    const indices = columns.get(variant);
    const node = make("section", "card m" + (checkpoints[indices[0]].mark));
    const head = make("h4", "", variant);
    head.dir = "auto";
    node.append(head);
    for (const i of indices) node.append(one(prompt, prompt.cells[i], checkpoints[i].seed));
    return node;
  }

  function badge(prompt, cell) {
    const lower = store.tasks[prompt.task] && store.tasks[prompt.task][3] === "lower";
    const tone = cell.counted < 0 ? "none" : (cell.counted === 1) === lower ? "bad" : "good";
    return make("span", "badge " + tone, cell.outcome);
  }

  function one(prompt, cell, seed) {
    const node = make("div", "one");
    const meta = make("p", "meta");
    node.append(meta);
    if (!cell) {
      meta.textContent = (seed === null ? "" : "seed " + seed + " · ") + "no sample";
      return node;
    }
    const ends = { length: " · truncated", prompt_too_long: " · prompt too long", choice: " · chosen by likelihood" };
    meta.append(badge(prompt, cell), (seed === null ? "" : "seed " + seed + " · ") + cell.tokens + " tokens" + (ends[cell.finish] || ""));
    if (cell.completion === null) node.append(make("p", "hint", "Left out of this redacted file."));
    else if (cell.covered) node.append(cover(cell));
    else reveal(node, cell);
    return node;
  }

  function cover(cell) {
    const button = make("button", "cover", "Covered, may be harmful (judged: " + cell.outcome + "). Show it");
    button.type = "button";
    button.addEventListener("click", () => {
      const node = button.parentNode;
      button.remove();
      reveal(node, cell);
    });
    return button;
  }

  function reveal(node, cell) {
    node.append(cell.completion ? hostile(cell.completion) : make("p", "hint", "(empty)"));
    if (!cell.judges.length) return;
    const fold = make("details", "judges");
    fold.append(make("summary", "", cell.judges.length === 1 ? "what the judge went by" : "what the judges went by"));
    const list = make("ul");
    for (const j of cell.judges) {
      const line = make("li", "", j.judge + ": " + j.outcome);
      if (j.evidence) line.append(hostile(j.evidence));
      list.append(line);
    }
    fold.append(list);
    node.append(fold);
  }

  function step(by) {
    const at = shown.indexOf(chosen) + by;
    if (at < 0 || at >= shown.length) return;
    while (at >= drawn) drawMore();
    show(shown[at], true);
    const button = $("list").children[at].firstChild;
    button.focus();
    button.scrollIntoView({ block: "nearest" });
  }

  function follow() {
    const match = /^#sample=([^/]+)\/(.+)$/.exec(location.hash);
    if (!match) return unfold();
    let task, id;
    try {
      [task, id] = [decodeURIComponent(match[1]), decodeURIComponent(match[2])];
    } catch {
      return undefined;
    }
    const prompt = prompts.find((p) => p.task === task && p.id === id);
    if (!prompt) {
      $("count").textContent = "The link names a sample that this report does not have.";
      return $("samples").scrollIntoView();
    }
    if (!shown.includes(prompt)) {
      $("filters").reset();
      refresh();
    }
    while (shown.indexOf(prompt) >= drawn) drawMore();
    show(prompt);
    $("list").children[shown.indexOf(prompt)].scrollIntoView({ block: "nearest" });
    return $("samples").scrollIntoView();
  }

  function unfold() {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  }

  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
    const actions = {
      j: () => step(1), k: () => step(-1), "/": () => $("f-search").focus(),
      u: () => [...$("detail").querySelectorAll(".cover")].forEach((b) => b.click()),
    };
    if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  }

  options($("f-task"), [...new Set(prompts.map((p) => p.task))]);
  [...$("f-task").options].slice(1).forEach((o) => { o.textContent = title(o.value); });
  options($("f-variant"), variants);
  options($("f-outcome"), [...new Set(prompts.flatMap((p) => p.cells.filter(Boolean).map((c) => c.outcome)))].sort());
  let waiting = 0;
  $("filters").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(refresh, 120); });
  $("filters").addEventListener("reset", () => setTimeout(refresh, 0));
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("more").addEventListener("click", drawMore);
  $("browser").addEventListener("keydown", keys);
  window.addEventListener("hashchange", follow);
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main > section details:not([open])")];
    opened.forEach((d) => { d.open = true; });
  });
  window.addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));
  $("browser").hidden = false;
  refresh();
  follow();
})();
