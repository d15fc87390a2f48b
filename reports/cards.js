// One prompt's completions as cards: every variant's, or two variants' seed by seed, with the words that differ marked.
function cardMaker(table) {
  const { checkpoints, columns } = table;
  const ENDS = { length: " · truncated", prompt_too_long: " · prompt too long", choice: " · chosen by likelihood" };

  function promptBox(prompt, address) {
    const box = make("div", "prompt-box");
    const link = make("a", "", "link to this view");
    link.href = address;
    const meta = make("p", "hint", table.title(prompt.task) + (prompt.category ? " · " + prompt.category : "") + " · " + prompt.id + " · ");
    meta.append(link);
    box.append(make("h3", "", "Prompt"), hostile(prompt.prompt));
    if (prompt.sent !== null) {
      const fold = make("details", "sent");
      fold.append(make("summary", "", "as it was sent, in its wrapper"), hostile(prompt.sent));
      box.append(fold);
    }
    box.append(meta);
    if (prompt.target) box.append(make("p", "hint", "Reference answer"), hostile(prompt.target));
    return box;
  }

  // Which checkpoints lie side by side: by seed where both have it; a variant beside itself: its first seed and each other.
  function pairs(left, right) {
    const [ls, rs] = [columns.get(left), columns.get(right)];
    if (left === right) return rs.length > 1 ? rs.slice(1).map((r) => [rs[0], r]) : [[rs[0]]];
    const like = (i, others) => others.find((o) => checkpoints[o].seed === checkpoints[i].seed);
    const rows = rs.map((r) => [like(r, ls) ?? ls[0], r]);
    const met = new Set(rows.map(([l]) => l));
    return [...rows, ...ls.filter((l) => !met.has(l)).map((l) => [l, like(l, rs) ?? rs[0]])];
  }

  // `seen` has the covered checkpoints that the reader uncovered; `uncover(i, node)` is called for one more.
  function cards(prompt, { variant, against, seen, uncover }) {
    const open = (i) => {
      const cell = i === undefined ? null : table.cell(prompt, i);
      return cell && cell.completion !== null && (!cell.covered || seen.has(i)) ? cell.completion : null;
    };
    const context = { prompt, seen, uncover, long: false };
    function marks(i, other) {
      const [mine, theirs] = [open(i), open(other)];
      if (i === other || mine === null || theirs === null) return null;
      const both = differing(mine, theirs);
      if (!both) context.long = true;
      return both && both[0];
    }
    const node = make("div", variant ? "pairs" : "cards");
    if (variant) {
      for (const row of pairs(against, variant)) {
        row.forEach((i, k) => node.append(card([i], context, () => marks(i, row[1 - k]))));
        if (row.length === 1) node.append(make("p", "hint", "One completion only: nothing to lay beside it."));
      }
    } else {
      for (const [, own] of columns) {
        const reference = (i) => pairs(against, checkpoints[i].variant).find((row) => row[1] === i);
        node.append(card(own, context, (i) => {
          const row = checkpoints[i].variant === against ? null : reference(i);
          return row ? marks(i, row[0]) : null;
        }));
      }
    }
    const words = context.long ? "Some completions are too long for their words to be compared." : "Words that differ are marked, where both completions lie open.";
    const all = make("div");
    all.append(node, make("p", "hint", words));
    return all;
  }

  function card(indices, context, marks) {
    const { variant, mark } = checkpoints[indices[0]];
    const node = make("section", "card m" + mark);
    const head = make("h4", "", variant);
    head.dir = "auto";
    node.append(head);
    for (const i of indices) node.append(one(i, context, marks));
    return node;
  }

  function badge(prompt, cell) {
    const tone = cell.counted < 0 ? "none" : (cell.counted === 1) === table.lowerIsBetter(prompt.task) ? "bad" : "good";
    return make("span", "badge " + tone, cell.outcome);
  }

  function one(i, context, marks) {
    const { prompt, seen, uncover } = context;
    const [cell, seed] = [table.cell(prompt, i), checkpoints[i].seed];
    const node = make("div", "one");
    const meta = make("p", "meta");
    node.append(meta);
    const of = seed === null ? "" : "seed " + seed + " · ";
    if (!cell) {
      meta.textContent = of + "no sample";
      return node;
    }
    meta.append(badge(prompt, cell), of + cell.tokens.toLocaleString("en") + " tokens" + (ENDS[cell.finish] || ""));
    if (cell.completion === null) node.append(make("p", "hint", "Left out of this redacted file."));
    else if (cell.covered && !seen.has(i)) node.append(cover(cell, (event) => uncover(i, event.currentTarget)));
    else if (cell.covered) {
      const shown = make("div", "uncovered");
      shown.tabIndex = -1;
      shown.dataset.cell = i;
      reveal(shown, cell, marks(i));
      node.append(shown, make("p", "on-paper", "Covered, may be harmful (judged: " + cell.outcome + ")."));
    } else reveal(node, cell, marks(i));
    return node;
  }

  function cover(cell, act) {
    const button = make("button", "cover", "Covered, may be harmful (judged: " + cell.outcome + "). Show it");
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  }

  function reveal(node, cell, marks) {
    node.append(cell.completion ? hostile(cell.completion, marks) : make("p", "hint", "(empty)"));
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

  return { promptBox, cards };
}
