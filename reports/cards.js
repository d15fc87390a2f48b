// One prompt's completions as cards: every variant's, or two variants' seed by seed, with the words that differ marked.
// `seen` has what of the covered the reader uncovered, checkpoints by number and TARGET; `toggle(key)` turns one over.
const TARGET = "target";
function cardMaker(table) {
  const { checkpoints, columns } = table;
  const ENDS = { length: " · truncated", prompt_too_long: " · prompt too long", choice: " · chosen by likelihood" };

  function promptBox(prompt, address, veils) {
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
    if (prompt.target !== "") box.append(make("p", "hint", "Reference answer"), ...reference(prompt, veils));
    return box;
  }

  function reference(prompt, veils) {
    if (prompt.target === null) return [make("p", "hint", "Left out of this redacted file.")];
    if (!prompt.targetCovered) return [hostile(prompt.target)];
    return veil(TARGET, "Covered, may be harmful", veils, (node) => node.append(hostile(prompt.target)));
  }

  // What may harm: a button in its place, or once asked for the thing itself with a button that covers it again.
  function veil(key, words, { seen, toggle }, draw) {
    const open = seen.has(key);
    const button = make("button", open ? "again" : "cover", open ? "Cover it again" : words + ". Show it");
    button.type = "button";
    button.dataset.cell = key;
    button.addEventListener("click", () => toggle(key));
    if (!open) return [button];
    const shown = make("div", "uncovered");
    shown.tabIndex = -1;
    shown.dataset.cell = key;
    shown.append(button);
    draw(shown);
    return [shown, make("p", "on-paper", words + ".")];
  }

  // Which checkpoints lie side by side: by seed where both have it, else with the first.
  function pairs(left, right) {
    const [ls, rs] = [columns.get(left), columns.get(right)];
    const like = (i, others) => others.find((o) => checkpoints[o].seed === checkpoints[i].seed);
    const rows = rs.map((r) => [like(r, ls) ?? ls[0], r]);
    const met = new Set(rows.map(([l]) => l));
    return [...rows, ...ls.filter((l) => !met.has(l)).map((l) => [l, like(l, rs) ?? rs[0]])];
  }

  function cards(prompt, { variant, against, seen, toggle }) {
    const context = { prompt, seen, toggle, long: false, several: false };
    const node = variant ? sideBySide(against, variant, context) : everyVariant(against, context);
    const each = context.several ? "; on the side that stands once, those that any of the others lacks" : "";
    const words = context.long ? "Some completions are too long for their words to be compared." : "Words that differ are marked, where both completions lie open" + each + ".";
    const all = make("div");
    all.append(node, make("p", "hint", words));
    return all;
  }

  function everyVariant(against, context) {
    const node = make("div", "cards");
    for (const [variant, own] of columns) {
      const rows = variant === against ? [] : pairs(against, variant);
      node.append(card(own, context, (i) => {
        const row = rows.find(([, r]) => r === i);
        return row ? marks(i, row[0], context) : null;
      }));
    }
    return node;
  }

  // Two variants seed by seed; one with a single checkpoint stands once, and a variant beside itself by its first seed.
  function sideBySide(left, right, context) {
    const [ls, rs] = [columns.get(left), columns.get(right)];
    if (left === right) return once(rs[0], rs.slice(1), context);
    if (ls.length === 1) return once(ls[0], rs, context);
    if (rs.length === 1) return once(rs[0], ls, context, true);
    const node = make("div", "pairs");
    for (const row of pairs(left, right)) {
      row.forEach((i, k) => node.append(card([i], context, () => marks(i, row[1 - k], context))));
    }
    return node;
  }

  function once(i, others, context, last) {
    const node = make("div", "pairs once"), stack = make("div", "stack");
    context.several = others.length > 1;
    const alone = card([i], context, () => lacking(others.map((o) => marks(i, o, context))));
    for (const o of others) stack.append(card([o], context, () => marks(o, i, context)));
    if (!others.length) stack.append(make("p", "hint", "One completion only: nothing to lay beside it."));
    node.append(...(last ? [stack, alone] : [alone, stack]));
    return node;
  }

  // The words that any of those lacks that a completion was compared with.
  function lacking(compared) {
    const open = compared.filter(Boolean);
    return open.length ? open[0].map(([piece], at) => [piece, open.some((one) => one[at][1])]) : null;
  }

  function marks(i, other, context) {
    const [mine, theirs] = [opened(i, context), opened(other, context)];
    if (i === other || mine === null || theirs === null) return null;
    const both = differing(mine, theirs);
    if (!both) context.long = true;
    return both && both[0];
  }

  // A completion that lies open; null where it does not.
  function opened(i, { prompt, seen }) {
    const cell = table.cell(prompt, i);
    return cell && cell.completion !== null && (!cell.covered || seen.has(i)) ? cell.completion : null;
  }

  function card(indices, context, differ) {
    const { variant, mark } = checkpoints[indices[0]];
    const node = make("section", "card m" + mark);
    const head = make("h4", "", variant);
    head.dir = "auto";
    node.append(head);
    for (const i of indices) node.append(one(i, context, differ));
    return node;
  }

  function badge(prompt, cell) {
    const bad = (cell.counted === 1) === table.lowerIsBetter(prompt.task);
    const odd = cell.covered || cell.outcome === "incoherent"; // not counted, and yet no good answer
    return make("span", "badge " + (cell.counted < 0 ? "none" : bad ? "bad" : odd ? "odd" : "good"), cell.outcome);
  }

  function one(i, context, differ) {
    const { prompt } = context;
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
    else if (!cell.covered) reveal(node, cell, differ(i));
    else node.append(...veil(i, "Covered, may be harmful (judged: " + cell.outcome + ")", context, (into) => reveal(into, cell, differ(i))));
    return node;
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

  // What of a prompt's covered texts this view has: checkpoints' numbers and TARGET.
  function covered(prompt, indices) {
    const own = indices.filter((i) => {
      const cell = table.cell(prompt, i);
      return cell && cell.covered && cell.completion !== null;
    });
    return prompt.targetCovered && prompt.target !== null ? [TARGET, ...own] : own;
  }

  return { promptBox, cards, covered };
}
